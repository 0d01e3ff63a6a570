"""What there is to read: the articles of each category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from help_centre.collation import sort_key
from help_centre.readers import Reader
from help_centre.site import Site
from knowledge_base import Article, ArticleError, KnowledgeBase, UnknownArticle
from knowledge_base.articles import CATEGORIES

logger = structlog.get_logger()

MOST = 12
"""The articles of a category that are listed beside others; its own page has all of them."""


@dataclass(frozen=True)
class Card:
    """An article in a list; its language is another than the reader's where it stands in for a missing one."""

    slug: str
    language: str
    title: str
    answer: str


@dataclass(frozen=True)
class Shelf:
    """A category, and articles of it by title."""

    category: str
    cards: list[Card]
    complete: bool = True
    """Whether these are all of its articles."""


def shelves_of(knowledge_base: KnowledgeBase, reader: Reader) -> list[Shelf]:
    """The categories that have articles, in their order, and up to `MOST` articles of each."""
    articles: dict[str, list[Article]] = {category: [] for category in CATEGORIES}
    for article in readable(knowledge_base, reader.language):
        articles[article.category].append(article)
    return [
        Shelf(category, _cards(knowledge_base, reader, of_category[:MOST]), len(of_category) <= MOST)
        for category, of_category in articles.items()
        if of_category
    ]


def shelf_of(knowledge_base: KnowledgeBase, reader: Reader, category: str) -> Shelf:
    """A category with all of its articles; without any if there is no such category."""
    articles = (article for article in readable(knowledge_base, reader.language) if article.category == category)
    return Shelf(category, _cards(knowledge_base, reader, articles))


def others_of(knowledge_base: KnowledgeBase, reader: Reader, article: Article) -> list[Card]:
    """Up to `MOST` other articles of an article's category."""
    others = [
        other
        for other in readable(knowledge_base, reader.language)
        if other.category == article.category and other.slug != article.slug
    ]
    return _cards(knowledge_base, reader, others[:MOST])


def readable(knowledge_base: KnowledgeBase, language: str) -> list[Article]:
    """The articles in a language and, from the fallback language, those that it lacks; by slug."""
    own = {article.slug: article for article in knowledge_base.articles(language)}
    for slug in knowledge_base.missing(language):
        try:
            own[slug] = knowledge_base.article(slug, language).article
        except UnknownArticle:
            continue  # Taken away since it was listed.
    return [own[slug] for slug in sorted(own)]


def languages_of(knowledge_base: KnowledgeBase, site: Site, article: Article) -> list[str]:
    """The site's languages in which there is a version of an article, its own first."""
    written = [code for code in site.languages if _is_written(knowledge_base, article.slug, code)]
    return sorted(written or site.languages, key=lambda code: code != article.language)


def _is_written(knowledge_base: KnowledgeBase, slug: str, language: str) -> bool:
    try:
        return not knowledge_base.article(slug, language).fallback
    except UnknownArticle:
        return False


def _cards(knowledge_base: KnowledgeBase, reader: Reader, articles: Iterable[Article]) -> list[Card]:
    cards = []
    for article in articles:
        try:
            rendered = knowledge_base.answer(article.slug, reader.language, reader.country).rendered
        except (ArticleError, UnknownArticle) as error:
            logger.error("help.article_left_out", reason=str(error))
            continue
        cards.append(Card(article.slug, rendered.language, rendered.title, rendered.answer))
    return sorted(cards, key=lambda card: sort_key(card.title, reader.language))
