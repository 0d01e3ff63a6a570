"""Who reads: the language and the country that a request asks for."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale, parse_locale

from help_centre.site import Site
from knowledge_base.checks import UNKNOWN_COUNTRY
from knowledge_base.rendering import locale_of
from web import negotiation


@dataclass(frozen=True)
class Reader:
    """The language of the pages, and the country whose figures they state."""

    language: str
    country: str
    chosen: bool
    """Whether the reader chose the country; if not, it was concluded from the languages that they read."""

    @property
    def locale(self) -> Locale:
        """How dates are written for this reader."""
        return locale_of(self.language, self.country)


def reader_of(site: Site, language: str, country: str | None, accept_language: str) -> Reader:
    """The reader of a page.

    Args:
        language: one of the site's languages.
        country: what the reader chose, if anything; no matter what they sent.
        accept_language: the header of the request, or "".
    """
    chosen = (country or "").upper()
    if chosen in site.countries:
        return Reader(language, chosen, chosen=True)
    region = _region(accept_language)
    usual = site.language_country.get(language, UNKNOWN_COUNTRY)
    return Reader(language, region if region in site.countries else usual, chosen=False)


def preferred_language(site: Site, accept_language: str) -> str:
    """The first of the reader's languages in which there are pages, or else the site's default language."""
    return negotiation.preferred_language(accept_language, site.languages) or site.default_language


def _region(accept_language: str) -> str | None:
    """The region of the first language that has one: `AT` of `de-AT,de;q=0.9,en-US;q=0.8`."""
    for tag in negotiation.accepted(accept_language):
        try:
            region = parse_locale(tag, sep="-")[1]
        except ValueError:
            continue
        if region:
            return region
    return None
