"""What a page says of itself to browsers and search engines: its address, and its sisters in other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from help_centre.addresses import Addresses
from help_centre.site import Site

Place = Callable[[Addresses], str]
"""Which page it is, in any language: `lambda addresses: addresses.category("returns")`."""

ANY_LANGUAGE = "x-default"
"""What search engines call the page for readers of all other languages."""


@dataclass(frozen=True)
class Head:
    """The addresses around a page."""

    languages: Mapping[str, str]
    """For each of the site's languages, where the reader goes to read on in it."""
    canonical: str = ""
    """The public address of the page, or of the one that it repeats; "" for a page that is nothing to link to."""
    alternates: Mapping[str, str] | None = None
    """The public address in each language in which the page is written, and in `ANY_LANGUAGE`."""


def head_of(site: Site, links: Addresses, place: Place, written: Sequence[str]) -> Head:
    """The head of a page.

    Args:
        links: the addresses in the page's language, with what the reader chose.
        place: which page it is.
        written: the languages in which it is written, at least one; in others it shows the first of them.
    """
    language = links.language if links.language in written else written[0]
    return Head(
        languages={code: place(links.within(code)) for code in site.languages},
        canonical=place(Addresses(site.public_url, language)),
        alternates=alternates(site, place, written),
    )


def head_of_request(site: Site, links: Addresses) -> Head:
    """The head of a page that is about the request alone, such as the results of a search."""
    return Head(languages={code: links.within(code).home() for code in site.languages})


def alternates(site: Site, place: Place, written: Sequence[str]) -> dict[str, str]:
    """The public addresses of a page in the languages in which it is written, and in `ANY_LANGUAGE`."""
    urls = {code: place(Addresses(site.public_url, code)) for code in written}
    default = site.default_language if site.default_language in written else written[0]
    return {**urls, ANY_LANGUAGE: urls[default]}
