"""What a writer should mend in the articles, beyond what keeps a file from being an article at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from knowledge_base.articles import Article, ArticleError
from knowledge_base.rendering import Renderer

MIN_QUESTIONS = 25
BODY_WORDS = (120, 400)
BODY_CHARACTERS = (200, 600)
"""For the languages in `UNSPACED`, whose words are not set apart."""
UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
UNKNOWN_COUNTRY = "ZZ"
"""CLDR's code for an unknown country: what a customer sees whose country nobody knows."""

Articles = Mapping[str, Mapping[str, Article]]
"""By language, then by slug."""


def check_articles(
    articles: Articles,
    renderer: Renderer,
    folder: Path,
    catalogue_language: str,
    countries: Collection[str] = (),
) -> Iterator[ArticleError]:
    """The findings of all checks, in no particular order.

    Args:
        articles: by language, then by slug.
        renderer: knows the variables.
        folder: holds the languages' folders; a missing article is reported where it should lie.
        catalogue_language: the language whose slugs are the catalogue.
        countries: every article must render for each of them, and for an unknown one.
    """
    yield from _catalogue(articles, folder, catalogue_language)
    for of_language in articles.values():
        yield from _repeated_questions(of_language)
        for article in of_language.values():
            yield from _few_questions(article)
            yield from _rendering(article, renderer, dict.fromkeys((UNKNOWN_COUNTRY, *countries)))


def body_length(article: Article, body: str) -> int:
    """The length of a rendered body: words, or characters where words are not set apart."""
    text = re.sub(r"^#+|^[-*] |[*_`|>]", "", body, flags=re.MULTILINE)
    return len("".join(text.split())) if article.language in UNSPACED else len(text.split())


def _catalogue(articles: Articles, folder: Path, catalogue_language: str) -> Iterator[ArticleError]:
    catalogue = articles.get(catalogue_language, {})
    for language, of_language in articles.items():
        for slug in catalogue.keys() - of_language.keys():
            yield ArticleError(
                folder / language / f"{slug}.md", 1, f"missing: the article is there in {catalogue_language}"
            )
        for slug in of_language.keys() - catalogue.keys():
            yield ArticleError(of_language[slug].path, 1, f"there is no article '{slug}' in {catalogue_language}")


def _few_questions(article: Article) -> Iterator[ArticleError]:
    if len(article.questions) < MIN_QUESTIONS:
        message = f"{len(article.questions)} questions, expected at least {MIN_QUESTIONS}"
        yield ArticleError(article.path, article.lines["questions"], message)


def _repeated_questions(articles: Mapping[str, Article]) -> Iterator[ArticleError]:
    """Questions that are the same but for case, spaces and punctuation."""
    first: dict[str, tuple[Article, int]] = {}
    for article in articles.values():
        for i, question in enumerate(article.questions):
            line = article.lines[f"questions.{i}"]
            other, other_line = first.setdefault(re.sub(r"[\W_]+", "", question.casefold()), (article, line))
            if (other, other_line) != (article, line):
                message = f"the question '{question}' stands at {other.path}:{other_line} already"
                yield ArticleError(article.path, line, message)


def _rendering(article: Article, renderer: Renderer, countries: Collection[str]) -> Iterator[ArticleError]:
    """Variables and filters that fail, and bodies of a wrong length: each once, not for every country."""
    found: set[int] = set()
    try:
        for unknown in renderer.unknown_variables(article, UNKNOWN_COUNTRY):
            found.add(unknown.line)
            yield unknown
    except ArticleError as error:
        yield error
        return
    least, most = BODY_CHARACTERS if article.language in UNSPACED else BODY_WORDS
    unit = "characters" if article.language in UNSPACED else "words"
    lengths: dict[int, str] = {}
    for country in countries:
        try:
            rendered = renderer.render(article, country)
        except ArticleError as error:
            if error.line not in found:
                found.add(error.line)
                yield error
        else:
            lengths.setdefault(body_length(article, rendered.body), country)
    for length in {min(lengths), max(lengths)} if lengths else ():
        if not least <= length <= most:
            message = f"the body has {length} {unit} for {lengths[length]}, expected {least} to {most}"
            yield ArticleError(article.path, article.lines["body"], message)
