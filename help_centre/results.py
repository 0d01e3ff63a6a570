"""What a search finds, as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from markupsafe import Markup

from help_centre.addresses import Addresses
from help_centre.excerpts import Highlighter
from help_centre.readers import Reader
from knowledge_base import ArticleError, Hit, KnowledgeBase, UnknownArticle
from knowledge_base.passages import WORTH_ADDING, blocks

logger = structlog.get_logger()

LEAST_FIRST = 0.1
"""The probability below which even the best article is no answer. Of 80 words that one would search in a shop's help,
in five languages, the hardest reached 0.25; of 39 queries that have nothing to do with a shop, 32 stayed below 0.1."""
LEAST = 0.01
"""The probability below which an article is not worth showing beside better ones."""
LEAST_SECTION = 0.1
"""The score below which a section has little but small words of the query: its article's answer says more."""


@dataclass(frozen=True)
class Result:
    """An article, and what it says about the query."""

    slug: str
    language: str
    category: str
    title: str
    section: str
    """The heading of the section that the excerpt is from; '' where it is the article's answer."""
    excerpt: Markup
    url: str


def relevant(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that are worth showing; none where nothing answers the query."""
    if not hits or hits[0].score < LEAST_FIRST:
        return []
    return [hit for hit in hits if hit.score >= LEAST]


def results(
    knowledge_base: KnowledgeBase, hits: Sequence[Hit], query: str, reader: Reader, links: Addresses
) -> list[Result]:
    """The results of a search, in the order of its hits; articles that cannot be shown are left out, and logged."""
    shown = []
    for hit in hits:
        try:
            shown.append(_result(knowledge_base, hit, query, reader, links))
        except (ArticleError, UnknownArticle) as error:
            logger.error("help.article_left_out", reason=str(error))
    return shown


def _result(knowledge_base: KnowledgeBase, hit: Hit, query: str, reader: Reader, links: Addresses) -> Result:
    article = knowledge_base.article(hit.slug, reader.language).article
    rendered = knowledge_base.answer(hit.slug, reader.language, reader.country).rendered
    highlighter = Highlighter(query, rendered.language)
    section, text = "", rendered.answer
    passage = knowledge_base.passage(query, rendered)
    if passage and passage.gain >= WORTH_ADDING:
        section, text = passage.heading, passage.text
    elif hit.section and hit.sections[0].score >= LEAST_SECTION:
        section = hit.section
        text = highlighter.best(block.text for block in blocks(rendered.body) if block.heading == section)
    return Result(
        slug=hit.slug,
        language=rendered.language,
        category=article.category,
        title=rendered.title,
        section=section,
        excerpt=highlighter.excerpt(text),
        url=links.article(hit.slug, section, query),
    )
