"""What the help centre is told of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Site:
    """The shop whose help centre this is, and where it is served."""

    name: str
    email: str
    phone: str
    website: str
    public_url: str
    """The address under which readers reach the server, without a slash at its end."""
    languages: tuple[str, ...]
    """The languages in which there are pages, in the order in which they are offered."""
    default_language: str
    """For readers who ask for none of them."""
    countries: tuple[str, ...]
    """The countries (ISO 3166) that have figures of their own."""
    language_country: Mapping[str, str]
    """For each language, the country that stands in for the reader's own while nothing tells it."""

    @property
    def root(self) -> str:
        """What stands before `/help` in links between pages: "", or the path under which a proxy serves all this."""
        return urlsplit(self.public_url).path.rstrip("/")

    def open_graph_locale(self, language: str) -> str:
        """A language as Open Graph names it: `de_DE`."""
        country = self.language_country.get(language)
        return f"{language}_{country}" if country else language
