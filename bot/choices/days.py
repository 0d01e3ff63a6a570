"""Days: "tomorrow", "on Friday", "24.12.", "in three days"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import cached_property

from bot.choices.words import Words, fold, is_slip, words_of
from bot.localization import locale_of
from bot.matters import any_of

DAY_FIRST = frozenset({"de", "es", "fr"})
MONTH_FIRST = frozenset({"zh"})
"""How languages write days in figures; in any other, whose countries differ, 3/4 is no day that can be relied on."""

MIN_LETTERS_OF_SLIP = 6
"""Of names of days and months: shorter ones are a slip away from words that name no day."""

MOST_WORDS_OF_ABBREVIATION = 3
"""In a longer message "sat" and "so" are no days."""

_ISO = re.compile(r"(?<!\d)(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})(?!\d)")
_FIGURES = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?(?![\d/-])")
_MONTH_AND_DAY = re.compile(r"(\d{1,2})月(\d{1,2})(?!\d)")
_YEAR = r"(?:[\s,]*(?:de |del )?(\d{4}))?"
_OF_MONTH = r"\s?(?:st|nd|rd|th|er|\.|º|ª)?"


class Days:
    """The days of a language, as people say them.

    The names of months and days of the week are CLDR's.
    """

    def __init__(self, words: Words, language: str) -> None:
        self._words = words
        self._language = language

    def day(self, text: str, today: date) -> date | None:
        """The one day that a folded text names; None if it names none, or several.

        A day without a year is the next one; a day of the week is never today.

        Args:
            text: what was said.
            today: what "tomorrow" is counted from.
        """
        for readings in (self._dates, self._weekdays, self._relative, self._of_month):
            days = set(readings(self._spelled(text), today))
            if days:
                return days.pop() if len(days) == 1 else None
        return None

    def _dates(self, text: str, today: date) -> Iterator[date]:
        for year, month, day in _ISO.findall(text):
            yield from _date(int(day), int(month), year, today)
        text = _ISO.sub(" ", text)
        for month, day in _MONTH_AND_DAY.findall(text):
            yield from _date(int(day), int(month), "", today)
        for match in self._day_of_month.finditer(text):
            yield from _date(int(match[1]), self._months[match[2]], match[3], today)
        for match in self._month_day.finditer(text):
            yield from _date(int(match[2]), self._months[match[1]], match[3], today)
        for first, mark, second, year in _FIGURES.findall(text):
            day, month = self._order(int(first), mark, int(second))
            yield from _date(day, month, year, today)

    def _order(self, first: int, mark: str, second: int) -> tuple[int, int]:
        """Two figures as day and month; (0, 0) where it could be either."""
        if self._language in MONTH_FIRST and first <= 12:
            return second, first
        if self._language in DAY_FIRST or mark == "." or first > 12 or first == second:
            return first, second
        return (second, first) if second > 12 else (0, 0)

    def _weekdays(self, text: str, today: date) -> Iterator[date]:
        names = [match.group() for match in self._weekday.finditer(text)]
        if not names and len(words_of(text)) <= MOST_WORDS_OF_ABBREVIATION:
            content = self._words.content_of(text)
            names = [name for name in content if name in self._short_weekdays and len(content) == 1]
        for name in names:
            weekday = (self._long_weekdays | self._short_weekdays)[name]
            if self._words.next_week.search(text):
                yield today + timedelta(days=7 - today.weekday() + weekday)
            else:
                yield today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)

    def _relative(self, text: str, today: date) -> Iterator[date]:
        counted = [
            today + timedelta(days=length * self._numbered(match))
            for pattern, length in ((self._in_days, 1), (self._in_weeks, 7))
            for match in pattern.finditer(text)
        ]
        yield from counted
        if not counted:
            # What is counted may be counted from today, in words: "heute in einer Woche".
            for match in self._day_word.finditer(self._words.not_days.sub(" ", text)):
                yield today + timedelta(days=self._words.days[match.group()])

    def _numbered(self, match: re.Match[str]) -> int:
        number = next(group for group in match.groups() if group)
        return self._numbers[number] if number in self._numbers else int(number)

    def _of_month(self, text: str, today: date) -> Iterator[date]:
        for match in self._day_alone.finditer(text):
            day = int(match[1] or match[2])
            month = next((month for month in _months_from(today, day) if day <= monthrange(*month)[1]), None)
            if day and month:
                yield date(*month, day)

    def _spelled(self, text: str) -> str:
        """The text with the names of days as they are spelled, where a letter or two went wrong."""
        if self._unspaced:
            return text
        for word in words_of(text):
            if len(word) >= MIN_LETTERS_OF_SLIP and word not in self._vocabulary:
                meant = [name for name in self._vocabulary if len(name) >= MIN_LETTERS_OF_SLIP and is_slip(word, name)]
                if len(meant) == 1:
                    text = text.replace(word, meant[0])
        return text

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset([*self._months, *self._long_weekdays, *self._words.days])

    @cached_property
    def _unspaced(self) -> bool:
        return any(not name.isascii() for name in self._long_weekdays)

    @cached_property
    def _months(self) -> dict[str, int]:
        names = locale_of(self._language).months["format"]
        found = {
            fold(name).rstrip("."): month for width in ("wide", "abbreviated") for month, name in names[width].items()
        }
        return found | self._words.months

    @cached_property
    def _long_weekdays(self) -> dict[str, int]:
        names = locale_of(self._language).days["format"]["wide"]
        return {fold(name): weekday for weekday, name in names.items()} | self._words.weekdays

    @cached_property
    def _short_weekdays(self) -> dict[str, int]:
        days = locale_of(self._language).days
        widths = (days["format"]["abbreviated"], days["stand-alone"]["short"])
        return {fold(name).rstrip("."): weekday for names in widths for weekday, name in names.items()}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return self._words.numbers | dict.fromkeys(self._words.articles, 1)

    @cached_property
    def _weekday(self) -> re.Pattern[str]:
        return re.compile(any_of(list(self._long_weekdays)))

    @cached_property
    def _day_word(self) -> re.Pattern[str]:
        return re.compile(any_of(list(self._words.days)))

    @cached_property
    def _day_of_month(self) -> re.Pattern[str]:
        month = any_of(list(self._months))
        return re.compile(rf"(?<![\d.])(\d{{1,2}}){_OF_MONTH}\s*(?:of |de |del )?({month})\.?{_YEAR}")

    @cached_property
    def _month_day(self) -> re.Pattern[str]:
        return re.compile(rf"({any_of(list(self._months))})\.?\s*(?:the )?(\d{{1,2}}){_OF_MONTH}(?!\d){_YEAR}")

    @cached_property
    def _in_days(self) -> re.Pattern[str]:
        return self._counting(self._words.in_days)

    @cached_property
    def _in_weeks(self) -> re.Pattern[str]:
        return self._counting(self._words.in_weeks)

    def _counting(self, phrases: tuple[str, ...]) -> re.Pattern[str]:
        number = rf"(\d{{1,2}}|{any_of(list(self._numbers))})"
        return re.compile("|".join(re.escape(phrase).replace(r"\{n\}", number) for phrase in phrases))

    @cached_property
    def _day_alone(self) -> re.Pattern[str]:
        alone = rf"(?:{self._words.before_day})\s*(\d{{1,2}})(?![\d:h€$%]|\s?(?:h|uhr|am|pm)(?!\w))"
        return re.compile(rf"{alone}|(?<![\d.,:])(\d{{1,2}})(?:st|nd|rd|th|[日号號])(?!\w*\d)")


def _date(day: int, month: int, year: str, today: date) -> Iterator[date]:
    """The day, if there is such a day: of this year or the next where none was said."""
    with suppress(ValueError):
        if year:
            yield date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        else:
            this_year = date(today.year, month, day)
            yield this_year if this_year >= today else date(today.year + 1, month, day)


def _months_from(today: date, day: int) -> Iterator[tuple[int, int]]:
    """Years and months, from the first on in which a day of that number is still to come."""
    first = today.month if day >= today.day else today.month + 1
    for month in range(first, first + 12):
        yield today.year + (month - 1) // 12, (month - 1) % 12 + 1
