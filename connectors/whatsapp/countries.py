"""What a customer's phone number, or user id, tells of their language."""

from __future__ import annotations

import phonenumbers
from babel import Locale, UnknownLocaleError

WORLD = "001"
"""What has no country, such as satellite telephones."""


def locale_of(sender: str) -> str | None:
    """The locale that most people have in the country of a sender, such as `de-AT`; None where that is unknown.

    Args:
        sender: a phone number's digits with its country code, or a user id, which begins with a country (ISO 3166-1).
    """
    region = _region(sender)
    if region is None or region == WORLD:
        return None
    try:
        # CLDR's likely subtags.
        likely = Locale.parse(f"und_{region}", resolve_likely_subtags=True)
    except (UnknownLocaleError, ValueError):
        return None
    return f"{likely.language}-{region}"


def _region(sender: str) -> str | None:
    if not sender.isdecimal():
        return sender.partition(".")[0]
    try:
        number = phonenumbers.parse(f"+{sender}")
    except phonenumbers.NumberParseException:
        return None
    # A number that nobody has yet still begins with a country's code.
    return phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
