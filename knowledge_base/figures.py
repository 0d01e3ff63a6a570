"""Figures in texts: amounts of money, percents, and numbers with a unit of time, in words and marks of each language.

`figures.yml` says how they are written. Numbers that are spelled out (`two weeks`) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2 import nodes

from knowledge_base.articles import Article
from knowledge_base.rendering import PARTS


class Kind(StrEnum):
    """What a figure counts; figures of one kind can be compared."""

    MONEY = "money"
    PERCENT = "percent"
    MINUTES = "minutes"
    DAYS = "days"
    WORKDAYS = "workdays"
    MONTHS = "months"


# A unit, what it is counted in, and how many of these it has. Working days are written with the word for days, which
# must not be read first.
_UNITS = {
    "money": (Kind.MONEY, 1),
    "percent": (Kind.PERCENT, 1),
    "minutes": (Kind.MINUTES, 1),
    "hours": (Kind.MINUTES, 60),
    "workdays": (Kind.WORKDAYS, 1),
    "days": (Kind.DAYS, 1),
    "weeks": (Kind.DAYS, 7),
    "months": (Kind.MONTHS, 1),
    "years": (Kind.MONTHS, 12),
}
_WRITTEN: Mapping[str, Mapping[str, list[str]]] = yaml.load(
    Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
_NUMBER = r"\d{1,9}(?:[., \u00a0\u202f']\d{3})*(?:[.,]\d{1,2})?(?!\d)"
_SPACE = r"(?:[ \u00a0\u202f]|\n[ \t]*)?"
_TEMPLATES = jinja2.Environment(autoescape=False)  # noqa: S701  # Only cut into tags and text.


@dataclass(frozen=True)
class Figure:
    """A figure in a text, or a range of two."""

    text: str
    """As it is written, on one line: `3–5 days`."""
    kind: Kind
    values: tuple[Decimal, ...]
    """Counted in the kind's unit: hours in minutes, weeks in days, years in months."""
    line: int
    """Where it stands, from 1."""


def figures(text: str, language: str) -> Iterator[Figure]:
    """The figures in a plain text, in their order."""
    for match in _pattern(language).finditer(text):
        groups = match.groupdict()
        unit = next(unit for unit in _UNITS if groups.get(unit) or groups.get(f"{unit}_before"))
        kind, factor = _UNITS[unit]
        numbers = (groups["first"], groups["last"], groups["amount"])
        values = tuple(_decimal(number) * factor for number in numbers if number)
        line = text.count("\n", 0, match.start()) + 1
        yield Figure(re.sub(r"\n[ \t]*", " ", match[0]), kind, values, line)


def written_out(article: Article) -> Iterator[Figure]:
    """The figures that an article states itself, outside of its template's tags; their lines are those of the file."""
    for part in PARTS:
        start = article.lines[part]
        for line, token, text in _TEMPLATES.lex(getattr(article, part)):
            if token == "data":  # noqa: S105  # Jinja's name for what is no tag.
                for figure in figures(text, article.language):
                    yield replace(figure, line=start + line + figure.line - 2)


def names_used(article: Article) -> set[str]:
    """The variables that an article's templates use, by the first part of their names: `returns`, `country`."""
    trees = (_TEMPLATES.parse(getattr(article, part)) for part in PARTS)
    return {name.name for tree in trees for name in tree.find_all(nodes.Name)}


def policy_figures(variables: Iterable[Mapping[str, Any]]) -> dict[tuple[Kind, Decimal], set[str]]:
    """Which variables of templates state a figure, in any of the countries whose variables these are.

    What a number counts is told by its name, of which the unit is a part: `window_days`, `months`,
    `standard_workdays_min`. An amount of money is what has an `amount`.
    """
    names: dict[tuple[Kind, Decimal], set[str]] = {}
    for of_country in variables:
        for section, entries in of_country.items():
            for name, value in entries.items() if isinstance(entries, Mapping) else ():
                unit = "money" if hasattr(value, "amount") else next((u for u in name.split("_") if u in _UNITS), "")
                number = getattr(value, "amount", value)
                if unit and isinstance(number, int | float | Decimal) and number:
                    kind, factor = _UNITS[unit]
                    names.setdefault((kind, Decimal(str(number)) * factor), set()).add(f"{section}.{name}")
    return names


@lru_cache
def _pattern(language: str) -> re.Pattern[str]:
    """Numbers with units: one number, or a range of which the first may have its unit too."""
    written = [_WRITTEN["any"], _WRITTEN.get(language, {})]

    def either(unit: str) -> str:
        # The longer first: `US$` before `$`. A line may end within: `business\ndays`.
        choices = sorted((choice for of in written for choice in of.get(unit, ())), key=len, reverse=True)
        return "|".join(choice.replace(" ?", r"\s*").replace(" ", r"\s+") for choice in choices)

    units = "|".join(f"(?P<{unit}>{_words(either(unit))})" for unit in _UNITS if either(unit))
    any_unit = _words("|".join(either(unit) for unit in _UNITS if either(unit)))
    between = f"{_SPACE}(?:{either('range')}){_SPACE}"
    behind = f"(?:(?P<first>{_NUMBER})(?:{_SPACE}{any_unit})?{between})?(?P<last>{_NUMBER})(?:{_SPACE}|-)(?:{units})"
    before = f"(?P<money_before>{_words(either('money'))}){_SPACE}(?P<amount>{_NUMBER})"
    return re.compile(rf"(?<![0-9a-zà-ÿ.,])(?:{behind}|{before})", re.IGNORECASE)


def _words(choices: str) -> str:
    """The choices, as whole words where they are written in letters that are set apart by spaces."""
    return rf"(?:{choices})(?![a-zà-ÿ])"


def _decimal(number: str) -> Decimal:
    """`1,299.50`, `1.299,50` and `1 299,5`: what stands before one or two digits at the end is the decimal mark."""
    whole, _, cents = re.sub(r"[., \u00a0\u202f'](?=\d{1,2}$)", "|", number).partition("|")
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{cents or 0}")
