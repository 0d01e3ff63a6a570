"""The templates of the pages, an environment for each language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from babel import Locale
from babel.dates import format_date

from bot.localization import Catalogues, language_name
from web.templates import Templates

TEMPLATES = Path(__file__).parent / "templates"


def load_templates(catalogues: Catalogues, languages: Iterable[str]) -> Templates:
    """What writes the pages in each of some languages."""
    translations = {language: catalogues.translations(language) for language in languages}
    return Templates(TEMPLATES, translations, {"language_name": language_name, "long_date": _long_date})


def _long_date(day: date, locale: Locale) -> str:
    """`20. November 2026`."""
    return str(format_date(day, "long", locale))
