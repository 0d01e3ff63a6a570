"""The sentences of the desk, and how templates and browsers get them.

They are in `interface/<part>.yml` as `key: English text`, or as `key: {one: …, other: …}` where they count. A key
begins with the name of its part. What browsers need is named `<part>_js_…`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale

from bot.localization import Catalogues
from bot.messages import Messages, Source

DOMAIN = "desk"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/desk.po`."""

ROOM = Path(__file__).parent
INTERFACE = ROOM / "interface"
LOCALES = ROOM / "locales"

SAMPLES = range(120)
"""Numbers among which there is one for each plural form of any language that there is."""

IN_BROWSER = "js"


class Words:
    """The sentences in one language; in English where it has no translation of one.

    Args:
        catalogues: of the domain `DOMAIN`.
        language: a code such as "de".
    """

    def __init__(self, catalogues: Catalogues, language: str) -> None:
        self._catalogues = catalogues
        self.language = language

    def text(self, key: str, **values: object) -> str:
        """A sentence, with the values that it leaves open. Raises `KeyError` for an unknown key or a missing value."""
        said = self._catalogues.text(self.language, key, _sources()[key].text)
        return said.format(**values) if values else said

    def plural(self, key: str, count: int, **values: object) -> str:
        """The form of a sentence for so many things; `{count}` in it is their number. Raises `KeyError` as `text`."""
        source = _sources()[key]
        said = self._catalogues.plural(self.language, key, source.text, source.plural, count)
        return said.format(count=count, **values)

    def word(self, group: str, name: object) -> str:
        """What something is called that is known by its name in data: `word("reason", "asked")`, `word("tag", "bug")`.

        Names that the desk has no word for, such as the tags of a shop, are shown as they are.
        """
        key = f"common_{group}_{name}"
        return self.text(key) if key in _sources() else str(name).replace("_", " ")


def desk_messages(locales: Path = LOCALES) -> Messages:
    """What the desk says, part by part. The key of a sentence is its context."""
    return Messages(locales, DOMAIN, _sources().values())


def bundle(catalogues: Catalogues, language: str) -> dict[str, Any]:
    """What a browser loads for a language: sentences by their keys, those that count by the CLDR's plural categories.

    Args:
        catalogues: of the domain `DOMAIN`.
    """
    return {key: _forms(source, catalogues, language) for key, source in _sources().items() if _is_in_browser(key)}


def _is_in_browser(key: str) -> bool:
    return IN_BROWSER in key.split("_")[:2]


def _forms(source: Source, catalogues: Catalogues, language: str) -> str | dict[str, str]:
    """A sentence, or its form for each of the plural categories, which `Intl.PluralRules` tells apart."""
    key, text, plural = source.context, source.text, source.plural
    if not plural:
        return catalogues.text(language, key, text)
    category = Locale.parse(language).plural_form
    return {category(number): catalogues.plural(language, key, text, plural, number) for number in SAMPLES}


@cache
def _sources() -> Mapping[str, Source]:
    """The sentences by their keys. Raises `ValueError` for a key that is in two parts."""
    found: dict[str, Source] = {}
    for source in (source for path in sorted(INTERFACE.glob("*.yml")) for source in _read(path)):
        if source.context in found:
            raise ValueError(f"{source.file}: {source.context} is in {found[source.context].file} already")
        found[source.context] = source
    return found


def _read(path: Path) -> Iterator[Source]:
    entries: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    for key, text in entries.items():
        if isinstance(text, str):
            yield Source(key, text, "", path.name, 0)
        else:
            yield Source(key, text["one"], text["other"], path.name, 0)
