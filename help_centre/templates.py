"""The templates of the pages, an environment for each language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from babel.dates import format_date

from bot.localization import Catalogues, language_name

TEMPLATES = Path(__file__).parent / "templates"


class Templates:
    """Writes pages in each of some languages; templates are compiled when they are first needed, and kept."""

    def __init__(self, catalogues: Catalogues, languages: Iterable[str]) -> None:
        self._environments = {language: _environment(catalogues, language) for language in languages}

    def render(self, name: str, language: str, **values: Any) -> str:
        """A template of the folder, in one of the languages."""
        return self._environments[language].get_template(name).render(values)


def _environment(catalogues: Catalogues, language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # The extension adds what mypy does not see.
    environment.install_gettext_translations(catalogues.translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["language"] = language
    environment.filters.update(language_name=language_name, long_date=_long_date)
    return environment


def _long_date(day: date, locale: Locale) -> str:
    """`20. November 2026`."""
    return str(format_date(day, "long", locale))
