"""The pages that search engines shall find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from help_centre.addresses import Addresses
from help_centre.head import Place, alternates
from help_centre.shelves import languages_of, readable
from help_centre.site import Site
from knowledge_base import KnowledgeBase
from knowledge_base.articles import CATEGORIES


@dataclass(frozen=True)
class Entry:
    """A page in one language, its sisters in others, and the day of its last change where that is known."""

    url: str
    alternates: Mapping[str, str]
    updated: date | None = None


def sitemap_entries(knowledge_base: KnowledgeBase, site: Site) -> Iterator[Entry]:
    """Every page that is not about a request alone; articles only in the languages in which they are written."""
    articles = {article.slug: article for code in site.languages for article in readable(knowledge_base, code)}
    filled = {article.category for article in articles.values()}
    yield from _entries(site, Addresses.home, site.languages)
    for category in CATEGORIES:
        if category in filled:
            yield from _entries(site, partial(Addresses.category, category=category), site.languages)
    for slug in sorted(articles):
        written = languages_of(knowledge_base, site, articles[slug])
        updated = {code: knowledge_base.article(slug, code).article.updated for code in written}
        yield from _entries(site, partial(Addresses.article, slug=slug), written, updated)


def _entries(
    site: Site, place: Place, written: Sequence[str], updated: Mapping[str, date] | None = None
) -> Iterator[Entry]:
    sisters = alternates(site, place, written)
    for code in written:
        yield Entry(sisters[code], sisters, (updated or {}).get(code))
