"""The sentences of the widget, and how the browser gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from babel import Locale

from bot.localization import Catalogues, language_name
from bot.messages import Messages, Source

DOMAIN = "widget"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/widget.po`."""

ROOM = Path(__file__).parent
INTERFACE = ROOM / "interface.yml"
LOCALES = ROOM / "locales"

SAMPLES = range(120)
"""Numbers among which there is one for each plural form of any language that there is."""


def widget_messages(locales: Path = LOCALES) -> Messages:
    """What the widget says, in the order of the file. The key of a sentence is its context."""
    return Messages(locales, DOMAIN, _sources())


def bundle(catalogues: Catalogues, language: str, offered: Sequence[str]) -> dict[str, Any]:
    """What a browser loads for a language.

    Args:
        catalogues: of the domain `DOMAIN`.
        offered: the languages between which a visitor can choose.
    """
    return {
        "lang": language,
        "dir": "rtl" if Locale.parse(language).text_direction == "rtl" else "ltr",
        "messages": {source.context: _text(source, catalogues, language) for source in _sources()},
        "languages": [{"lang": code, "name": language_name(code).capitalize()} for code in offered],
    }


def _text(source: Source, catalogues: Catalogues, language: str) -> str | dict[str, str]:
    """A sentence, or its form for each of the CLDR's plural categories, which `Intl.PluralRules` tells apart."""
    key, text, plural = source.context, source.text, source.plural
    if not plural:
        return catalogues.text(language, key, text)
    category = Locale.parse(language).plural_form
    return {category(number): catalogues.plural(language, key, text, plural, number) for number in SAMPLES}


def _sources() -> Iterator[Source]:
    entries: Mapping[str, Any] = yaml.load(INTERFACE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for key, text in entries.items():
        if isinstance(text, str):
            yield Source(key, text, "", INTERFACE.name, 0)
        else:
            yield Source(key, text["one"], text["other"], INTERFACE.name, 0)
