"""The templates of the pages, an environment for each language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency

from bot.localization import Catalogues, country_name, language_name
from shop import Money
from web.templates import Templates

TEMPLATES = Path(__file__).parent / "templates"


def load_templates(catalogues: Catalogues, languages: Iterable[str]) -> Templates:
    """What writes the pages in each of some languages."""
    translations = {language: catalogues.translations(language) for language in languages}
    filters: dict[str, Callable[..., Any]] = {
        "country_name": country_name,
        "language_name": language_name,
        "long_date": _long_date,
        "price": _price,
    }
    return Templates(TEMPLATES, translations, filters)


def _long_date(day: date, locale: Locale) -> str:
    """`20. November 2026`."""
    return str(format_date(day, "long", locale))


def _price(money: Money, locale: Locale) -> str:
    """`69,90 €`."""
    return str(format_currency(money.amount, money.currency, locale=locale))
