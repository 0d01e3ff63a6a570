"""What a browser asks for in its `Accept-…` headers (RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence

from babel import negotiate_locale

MAX_ENTRIES = 20
"""The entries of a header that are looked at; browsers send a handful."""


def accepted(header: str) -> list[str]:
    """The entries of a header such as `Accept-Language`, the most wanted first, without those that are refused.

    >>> accepted("de;q=0.5, en, fr;q=0")
    ['en', 'de']
    """
    weighted = []
    for entry in header.split(",")[:MAX_ENTRIES]:
        value, _, parameter = entry.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0 and value.strip():
            weighted.append((weight, value.strip()))
    return [value for _, value in sorted(weighted, key=lambda entry: entry[0], reverse=True)]


def preferred_language(accept_language: str, languages: Sequence[str]) -> str | None:
    """The first of `languages` that an `Accept-Language` header asks for; None where it asks for none of them.

    >>> preferred_language("pt;q=0.9, de-AT;q=0.8", ["en", "de"]), preferred_language("", ["en", "de"])
    ('de', None)
    """
    return negotiate_locale([tag.lower() for tag in accepted(accept_language)], languages, sep="-")
