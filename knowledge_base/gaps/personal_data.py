"""The words around personal data, by language (`personal_data.yml`), and what is found by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from knowledge_base.gaps.identifiers import ALNUM, BEGIN, END, LETTER, any_of

DATA = Path(__file__).with_suffix(".yml")

CAPITAL = f"[{''.join(filter(str.isupper, map(chr, range(0x590))))}]"
REST = rf"(?:{LETTER}|['’-](?={LETTER})){{0,40}}+{END}"
"""What follows the first letter of a word; what is longer is none."""
PAUSE = r"(?=\s*+(?:[.,;:!?…)。，、；：！？）]|$))"

# A word's limits, where what stands there is a word: next to Chinese characters and signs there are none.
_FRONT = rf"(?:{BEGIN}|(?!{ALNUM}))"
_BACK = rf"(?:{END}|(?<!{ALNUM}))"

_MONTH = rf"{LETTER}{{3,12}}\.?"
_DAY = rf"(?<!\d)(?:\d{{1,2}}(?i:st|nd|rd|th|\.|º)?|1er)\s(?i:(?:of|de)\s|d['’])?{_MONTH}"


class Phrases:
    """The lists of a language, each after the one that holds for all; of an unknown language only these."""

    def __init__(self, language: str) -> None:
        data = _data()
        self._lists = (data["general"], data.get(language, {}))

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return tuple(phrase for lists in self._lists for phrase in lists.get(name, ()))

    def pattern(self, name: str) -> str:
        """A pattern for one of the phrases of a list, in any case and with any spaces and apostrophes."""
        phrases = any_of(self[name]).replace("'", "['’]?").replace(r"\ ", r"\s++")
        return f"{_FRONT}{phrases}{_BACK}"


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Mapping[str, Any]]:
    # Everything is text to this loader: "no" and "on" are words here.
    loaded: Mapping[str, Mapping[str, Any]] = yaml.load(DATA.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return loaded


def handles(phrases: Phrases) -> Iterator[re.Pattern[str]]:
    """Names on social networks; what is personal is the group `it`."""
    platform = rf"{phrases.pattern('platforms')}(?:\s?{phrases.pattern('accounts')}){{0,2}}"
    character = rf"(?:{ALNUM}|[_.-])"
    # After a colon it is one for sure (`instagram: anna`), else only an odd word is (`my insta is anna_92`).
    yield re.compile(rf"{platform}\s?[:：=]\s?(?P<it>@?[A-Za-z]{character}{{2,40}})(?=\s*+(?:[,;!?。，]|\.?$))")
    yield re.compile(
        rf"{platform}(?:\s?[:：=]|\s(?:is|ist|es|est|c['’]est)(?=\s)|是|为|為|叫)?\s?"
        rf"(?P<it>@?(?=[A-Za-z.-]{{1,30}}[\d_])[A-Za-z]{character}{{3,40}})"
    )


def births(phrases: Phrases) -> Iterator[re.Pattern[str]]:
    """Dates and years of birth; what is personal is the group `it`."""
    year = r"(?<!\d)(?:19|20)\d\d(?!\d)"
    date = rf"{_date('(?:19|20)[0-9]{2}')}|{year}|\d{{1,2}}月\d{{1,2}}[日号號]?|{_DAY}"
    yield re.compile(rf"{phrases.pattern('birth')}[^\d!?\n]{{0,20}}?(?P<it>{date})")
    yield re.compile(rf"(?P<it>{_date('(?:19|20)[0-9]{2}')}|{year}年?)(?={phrases.pattern('birth_after')})")
    # Who tells a shop of a day so long ago speaks of a birthday.
    yield re.compile(rf"(?P<it>{_date('(?:19[0-9]{2}|200[0-9])')})")


def _date(year: str) -> str:
    return (
        rf"(?<!\d)\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?{year}(?!\d)"
        rf"|(?<!\d){year}\s?[./年-]\s?\d{{1,2}}\s?[./月-]\s?\d{{1,2}}(?!\d)[日号號]?"
        rf"|{_DAY},?\s(?i:del?\s)?{year}{END}"
        rf"|{BEGIN}{_MONTH}\s\d{{1,2}}(?i:st|nd|rd|th)?,?\s{year}{END}"
    )


def addresses(phrases: Phrases) -> Iterator[re.Pattern[str]]:
    """Streets with a number, postcodes with a town."""
    word = rf"{CAPITAL}{REST}"
    abbreviations = {
        "<begin>": BEGIN,
        "<end>": END,
        "<nr>": rf"\d{{1,5}}(?:\s?[/-]\s?\d{{1,4}}){{0,3}}(?:[A-Za-z]|\s[a-hA-H])?{END}",
        "<Name>": rf"{word}(?:[\s-]{word}){{0,2}}",
        "<Word>": word,
        "<word>": rf"{LETTER}{REST}",
        "<han>": han(phrases["no_places"]),
        "<unit>": rf"{any_of((*phrases['units'], *phrases['currencies']))}{END}",
        "<pause>": PAUSE,
    }
    for pattern in phrases["addresses"]:
        for abbreviation, meaning in abbreviations.items():
            pattern = pattern.replace(abbreviation, meaning)
        yield re.compile(pattern, re.VERBOSE)


def han(others: Iterable[str]) -> str:
    """A pattern for a Chinese character that is not one of the others."""
    return f"(?:(?![{''.join(others)}])[\u4e00-\u9fff])"
