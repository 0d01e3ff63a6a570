"""The words by which addresses are read, from `address_words.yml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

PATH = Path(__file__).with_name("address_words.yml")

LANGUAGES = ("en", "de", "es", "fr", "zh")
"""Those in which customers name countries."""

_PHONE = r"\+\d[\d ()/.-]{6,}\d|(?<![\w-])0\d[\d /-]{7,}\d(?![\w-])|(?<![\w-])\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?![\w-])"
"""In international form, with the zero of a national one, or in North America's."""

_HAN = re.compile(r"[\u2e80-\u9fff]")


def folded(text: str) -> str:
    """Letters and digits alone, without case and accents, for comparing names.

    >>> folded("D.C."), folded("Île-de-France"), folded("Straße")
    ('dc', 'iledefrance', 'strasse')
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


class Vocabulary:
    """Words, and endings of words."""

    def __init__(self, entries: Iterable[str]) -> None:
        entries = list(entries)
        self._words = frozenset(_key(entry) for entry in entries if not entry.startswith("-"))
        self._endings = tuple(_key(entry) for entry in entries if entry.startswith("-"))

    def __contains__(self, word: str) -> bool:
        key = _key(word)
        return key in self._words or any(key.endswith(e) and len(key) > len(e) for e in self._endings)


def _key(word: str) -> str:
    # The apostrophe tells "I'm" from the German "im".
    pieces = re.split("['’]", word)
    key = "'".join(map(folded, pieces)).strip("'")
    # And the slash "c/" from the letter.
    return f"{key}/" if key and word.endswith("/") else key or word


@dataclass(frozen=True)
class AddressWords:
    """The words of the addresses of one country."""

    number_at: Literal["before", "after", "anywhere"]
    """Where the house number stands: before or after the street's name."""
    number_required: bool
    streets: Vocabulary
    leading_streets: Vocabulary
    """The kinds of street with which the name of a street begins."""
    units: Vocabulary
    buildings: Vocabulary
    unnumbered: re.Pattern[str]
    care_of: re.Pattern[str]
    kind_at: tuple[int, ...]
    """Where the kind stands in the name of a street or a building: 0 as in "rue Haute", -1 as in "High Street"."""
    counties: frozenset[str]
    """Folded names of what may stand beside the city and is left out."""

    @property
    def number_first(self) -> bool:
        """Whether the house number stands before the street's name."""
        return self.number_at == "before"


@dataclass(frozen=True)
class MessageWords:
    """What customers write around an address, in any language."""

    talk: Vocabulary
    attributes: Vocabulary
    connectors: Vocabulary
    closings: re.Pattern[str]
    labels: re.Pattern[str]
    """Matches a label with its colon at the beginning of a text; `lastgroup` is `name`, `phone` or `address`."""
    postal_code_marks: re.Pattern[str]
    """Matches what announces a postal code, at the end of a text."""
    directions: Vocabulary
    particles: Vocabulary
    """What is written small in people's names."""
    titles: Vocabulary
    phones: re.Pattern[str]
    """Finds telephone numbers, and what announces them."""
    po_box: re.Pattern[str]


@cache
def address_words(country: str) -> AddressWords:
    """The words of a country; of one that the file has not, those of its official languages or of English."""
    data = _data()
    entry = data["countries"].get(country)
    languages = entry["languages"] if entry else _official_languages(country)

    def of(kind: str) -> list[str]:
        return [word for language in languages for word in data["addresses"][language][kind]]

    return AddressWords(
        number_at=entry["house_number"] if entry else "before" if languages[0] in ("en", "fr") else "after",
        number_required=entry is not None,
        streets=Vocabulary(of("streets")),
        leading_streets=Vocabulary(
            word for n in languages if data["addresses"][n]["kind_at"] == 0 for word in data["addresses"][n]["streets"]
        ),
        units=Vocabulary(of("units")),
        buildings=Vocabulary(of("buildings")),
        unnumbered=_phrases(of("unnumbered")),
        care_of=re.compile(rf"\s*{_phrases([*of('care_of'), 'c/o']).pattern}", re.IGNORECASE),
        kind_at=tuple({data["addresses"][language]["kind_at"] for language in languages}),
        counties=frozenset(map(folded, data["counties"].get(country, ()))),
    )


@cache
def message_words() -> MessageWords:
    """The words of messages."""
    data = _data()
    messages = data["messages"].values()

    def of(kind: str) -> list[str]:
        return [word for language in messages for word in language[kind]]

    labels = {kind: [word for m in messages for word in m["labels"][kind]] for kind in ("name", "phone", "address")}
    label = "|".join(f"(?P<{kind}>{_alternatives(words)})" for kind, words in labels.items())
    po_box = [word for language in data["addresses"].values() for word in language["po_box"]]
    return MessageWords(
        talk=Vocabulary(of("talk")),
        attributes=Vocabulary([*of("attributes"), *labels["address"]]),
        connectors=Vocabulary(of("connectors")),
        closings=_phrases(of("closings")),
        labels=re.compile(rf"\s*(?:{label})\s*[:：]\s*", re.IGNORECASE),
        postal_code_marks=re.compile(rf"{_alternatives(data['postal_code_marks'])}[\s.:#]*$", re.IGNORECASE),
        directions=Vocabulary(data["directions"]),
        particles=Vocabulary(data["particles"]),
        titles=Vocabulary(data["titles"]),
        phones=re.compile(rf"(?:{_alternatives(labels['phone'])}\W*)?(?:{_PHONE})", re.IGNORECASE),
        # The number tells "BP 123" from other uses of two letters.
        po_box=re.compile(rf"{_phrases(po_box).pattern}\W*(?:n[°ºo.]+\s*)?\d", re.IGNORECASE),
    )


@cache
def region_names(country: str) -> Mapping[str, Collection[str]]:
    """Further names of a country's regions, by their codes."""
    names: dict[str, list[str]] = _data()["region_names"].get(country, {})
    return names


def country_named(text: str) -> str | None:
    """The country (ISO 3166 code) that a text is the name of, in one of the customers' languages or its own.

    >>> country_named("die Schweiz"), country_named("Polska"), country_named("Portland")
    ('CH', 'PL', None)
    """
    names = _country_names()
    return names.get(folded(text)) or names.get(folded(_ARTICLE.sub("", text)))


def country_in_chinese(text: str) -> str | None:
    """The first country (ISO 3166 code) that a text names in Chinese, where words are not set apart."""
    found = _chinese_country_names().search(text)
    return _country_names()[found.group()] if found else None


@cache
def _chinese_country_names() -> re.Pattern[str]:
    return _phrases(name for name in _country_names() if _HAN.match(name))


_ARTICLE = re.compile(
    r"^\s*(?:(?:in|nach|to|en|au|à|a)\s+)?(?:(?:the|die|der|den|la|le|les|los|el)\s+|l['’])?", re.IGNORECASE
)


@cache
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {}
    english = Locale("en").territories
    codes = [code for code in map(str, english) if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
    for code in codes:
        own = [language for language in _official(code) if _babel_knows(language)]
        for language in (*LANGUAGES, *own):
            if name := Locale.parse(language).territories.get(code):
                names.setdefault(folded(name), code)
    for code, others in _data()["country_names"].items():
        names.update((folded(name), code) for name in others)
    return names


_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ"})
"""Codes that CLDR has among the territories."""


def _official(country: str) -> list[str]:
    return [language.partition("_")[0] for language in get_official_languages(country, de_facto=True)]


def _babel_knows(language: str) -> bool:
    try:
        Locale.parse(language)
    except UnknownLocaleError:
        return False
    return True


def _official_languages(country: str) -> list[str]:
    known = _data()["addresses"]
    return [language for language in _official(country) if language in known] or ["en"]


def _phrases(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches any of the phrases as whole words."""
    return re.compile(_alternatives(phrases), re.IGNORECASE)


def _alternatives(phrases: Iterable[str]) -> str:
    """The phrases as one group, the longest first."""
    spelled = [_spelled(phrase) for phrase in sorted(phrases, key=len, reverse=True)]
    return f"(?:{'|'.join(spelled)})" if spelled else "(?!)"


def _spelled(phrase: str) -> str:
    """A pattern for a phrase that cares neither for accents nor for full stops."""
    if _HAN.search(phrase):
        return re.escape(phrase)
    return rf"(?<!\w){''.join(map(_letter, phrase))}\.?(?!\w)"


def _letter(character: str) -> str:
    if character == " ":
        return r"[\s.]+"
    if character == ".":
        return r"\.?"
    base = unicodedata.normalize("NFD", character)[0]
    return f"[{character}{base}]" if base != character else re.escape(character)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return data
