"""The catalogues of what is said, and how values are written in each language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations

from bot.nlu.text import without_accents

OTHER_NAMES = Path(__file__).parent / "data" / "language_names.yml"

BUTTON = "button"
"""The gettext context of the titles of buttons in `domain.yml`."""

PLURAL = "plural"
"""In the metadata of a response: its text for several things."""

_CODE_BEFORE_AMOUNT = re.compile(r"(?<=[A-Z])(?=\d)")
"""Where CLDR wants a space in "CHF 10", which Babel leaves out."""

DOMAIN = "aftercare"
"""The gettext domain of what the bot says: its catalogues are `<folder>/<language>/LC_MESSAGES/aftercare.po`."""


class CatalogueError(ValueError):
    """A catalogue that cannot be read; says which file and line, and why."""


def catalogue_file(folder: Path, language: str, domain: str = DOMAIN) -> Path:
    return folder / language / "LC_MESSAGES" / f"{domain}.po"


class Catalogues:
    """The gettext catalogues of every language under a folder, compiled in memory from their PO files.

    Args:
        domain: the name of the files, without `.po`.

    Raises:
        CatalogueError: when a file is broken.
    """

    def __init__(self, folder: Path, domain: str = DOMAIN) -> None:
        self._translations = {
            path.parent.parent.name: _compile(path) for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po"))
        }

    @property
    def languages(self) -> list[str]:
        """The codes of the languages that have a catalogue."""
        return list(self._translations)

    def translations(self, language: str) -> NullTranslations:
        """The catalogue of a language as gettext has it; one that leaves messages as they are where there is none."""
        return self._translations.get(language) or NullTranslations()

    def text(self, language: str, context: str, message: str) -> str:
        """`message` in `language`, or as it is where it has no translation."""
        return str(self.translations(language).pgettext(context, message))

    def plural(self, language: str, context: str, one: str, many: str, count: int) -> str:
        """The form of a message that `language` uses for `count` things."""
        return str(self.translations(language).npgettext(context, one, many, count))


def _compile(path: Path) -> Translations:
    """A catalogue; one that has not changed since is compiled once. Raises `CatalogueError`."""
    state = path.stat()
    return _compiled(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=128)
def _compiled(path: Path, modified: int, size: int) -> Translations:
    language = path.parent.parent.name
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
        _check_strings(path)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        return Translations(compiled, domain=path.stem)
    except PoFileError as error:
        # Babel counts the lines of a file from zero.
        raise CatalogueError(f"{path}:{error.lineno + 1}: {error.args[0]}") from error
    except CatalogueError:
        raise
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}:1: not UTF-8: {error}") from error
    except (ValueError, LookupError) as error:
        # What Babel says of a broken header, an unknown encoding, a wrong number of plural forms has no line.
        raise CatalogueError(f"{path}:1: {error}") from error


def _check_strings(path: Path) -> None:
    """Raise for a string that is not closed: Babel takes it for an empty one."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith("#") and not text.endswith('"'):
            raise CatalogueError(f"{path}:{number}: the string is not closed: {text}")


@cache
def locale_of(language: str) -> Locale:
    """The CLDR locale of a language code; English where CLDR does not know it."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def language_name(code: str, in_language: str | None = None) -> str:
    """The name of a language, in another or in itself (then as a heading); the code where CLDR has no name.

    >>> language_name("fr", "de"), language_name("fr")
    ('Französisch', 'Français')
    """
    if in_language is not None:
        return str(locale_of(in_language).languages.get(code, code))
    try:
        own = Locale.parse(code)
    except (ValueError, UnknownLocaleError):
        return code
    name = own.get_language_name(code) or code
    return name[:1].upper() + name[1:]


def language_code(text: str, languages: Iterable[str]) -> str | None:
    """The language that a word names, in any of `languages`, in English or in itself; None where it names none.

    >>> language_code("auf Deutsch", ["en", "de"]), language_code("kiswahili", ["en"]), language_code("lamp", ["en"])
    ('de', 'sw', None)
    """
    names = _language_names(tuple(languages))
    whole = without_accents(text.strip())
    return next((names[word] for word in (whole, *reversed(whole.split())) if word in names), None)


@cache
def _language_names(languages: tuple[str, ...]) -> dict[str, str]:
    """The names of all languages that CLDR knows, and those that people use besides, to their codes."""
    names: dict[str, str] = {}
    for code in sorted(Locale("en").languages):
        if len(code) == 2:
            own = [language_name(code), *(language_name(code, language) for language in (*languages, "en"))]
            for name in (code, *own):
                names.setdefault(without_accents(name), code)
    for code, others in yaml.load(OTHER_NAMES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
        names.update((without_accents(name), code) for name in others)
    return names


def country_name(code: str, language: str) -> str:
    """The name of a country (ISO 3166 code) in a language; the code where CLDR has no name."""
    return str(locale_of(language).territories.get(code, code))


def plain(value: Any, language: str) -> str:
    """A value of `bot.values` (other than a sentence) or a plain one, as the language writes it."""
    locale = locale_of(language)
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, int | float | Decimal):
        return str(format_decimal(value, locale=locale))
    if not isinstance(value, Mapping):
        return str(value)
    match value["kind"]:
        case "money":
            written = format_currency(Decimal(value["amount"]), value["currency"], locale=locale)
            return _CODE_BEFORE_AMOUNT.sub("\xa0", written)
        case "day":
            return str(format_date(date.fromisoformat(value["day"]), format="long", locale=locale))
        case "days":
            return _span(date.fromisoformat(value["first"]), date.fromisoformat(value["last"]), locale)
        case "weekday":
            return str(format_skeleton("MMMMEd", date.fromisoformat(value["day"]), locale=locale))
        case "moment":
            moment = datetime.fromisoformat(value["moment"]).astimezone(ZoneInfo(value["zone"]))
            # Not the short date: 11/10/26 is not the same day everywhere.
            on = format_skeleton("yMMMd", moment, locale=locale)
            return str(locale.datetime_formats["medium"]).format(_time(moment, locale), on)
        case "clock":
            moment = datetime.fromisoformat(value["moment"])
            return _time(moment.astimezone(ZoneInfo(value["zone"])), locale)
        case "language":
            return language_name(value["code"], None if value["own"] else language)
        case "country":
            return country_name(value["code"], language)
        case "names":
            return str(value["names"].get(language) or value["names"]["en"])
    raise ValueError(f"unknown kind of value: {value['kind']!r}")


def _time(moment: datetime, locale: Locale) -> str:
    return str(format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale))


def join(items: Iterable[str], language: str) -> str:
    """Items joined as the language joins them."""
    return str(format_list(list(items), locale=locale_of(language)))


def _span(first: date, last: date, locale: Locale) -> str:
    if first == last:
        return str(format_date(first, format="long", locale=locale))
    return str(format_interval(first, last, skeleton="yMMMMd", locale=locale))
