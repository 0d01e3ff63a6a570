"""Names of people, found by what announces them: `my name is …`, `Mrs …`, `Kind regards, …`, `…先生`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from knowledge_base.gaps.identifiers import LETTER, Finder, Span
from knowledge_base.gaps.personal_data import PAUSE, REST, Phrases, han

EndOfName = Callable[[str, int], int]
"""Where in a text a name ends that would begin at a position; the position itself if no name does."""

MOST_WORDS = 4
"""A name has no more words, not counting titles and particles."""

_WORD = re.compile(rf"\s*+(?P<word>{LETTER}{REST})(?P<dot>\.)?")
_OPENING = r"\s*+[:：,，]?\s*+[\"“„«]?"
_SIGN = r"\s*+[,.!，。\n]\s*+"
_PAUSE = re.compile(PAUSE)
_END_OF_LINE = re.compile(r"[.!。]?[^\S\n]*+(?:\n|\Z)")


def names(phrases: Phrases) -> Iterator[Finder]:
    """What finds the names in texts of a language, the surest first."""
    latin, chinese = _LatinNames(phrases), _ChineseNames(phrases)
    name = _longest(latin.capitalised, chinese.with_surname)

    def after(announcement: str, then: str, end_of_name: EndOfName) -> Finder:
        return _after(re.compile(phrases.pattern(announcement) + then), end_of_name)

    yield after("introductions", _OPENING, _longest(latin.loose, chinese.with_surname, chinese.alone))
    yield after("doubtful", _OPENING, _longest(latin.capitalised, _before(_PAUSE, chinese.with_surname)))
    yield after("titles", r"\.?\s++", latin.capitalised)
    yield chinese.before_titles
    yield after("farewells", r"\s++", _before(_END_OF_LINE, name))
    yield after("farewells", _SIGN, _before(_END_OF_LINE, _longest(latin.loose, chinese.with_surname)))
    yield after("thanks", _SIGN, _before(_END_OF_LINE, name))


def _after(announcement: re.Pattern[str], end_of_name: EndOfName) -> Finder:
    def find(text: str) -> Iterator[Span]:
        position = 0
        while announced := announcement.search(text, position):
            start = announced.end()
            end = end_of_name(text, start)
            if end > start:
                yield start, end
                position = end
            else:  # within an announcement there may be another one: `läuft auf den Namen`
                position = announced.start() + 1

    return find


def _longest(*ends: EndOfName) -> EndOfName:
    return lambda text, start: max(end(text, start) for end in ends)


def _before(what: re.Pattern[str], end_of_name: EndOfName) -> EndOfName:
    """Only names with something certain after them."""

    def find_end(text: str, start: int) -> int:
        end = end_of_name(text, start)
        return end if what.match(text, end) else start

    return find_end


class _LatinNames:
    """Names as they are written in the Latin alphabet, with their titles."""

    def __init__(self, phrases: Phrases) -> None:
        self._titles = {title.casefold().rstrip(".") for title in phrases["titles"]}
        self._particles = frozenset(phrases["particles"])
        self._no_names = frozenset(phrases["no_names"])

    def capitalised(self, text: str, start: int) -> int:
        """The end of a name whose words begin with capitals."""
        return self._end(text, start, without_capitals=0)

    def loose(self, text: str, start: int) -> int:
        """The end of a name that may have no capitals, but then no more than two words."""
        return self._end(text, start, without_capitals=2)

    def _end(self, text: str, start: int, *, without_capitals: int) -> int:
        begin = end = start
        words = 0
        for _ in range(2 * MOST_WORDS):
            found = _WORD.match(text, start)
            if not found or words == MOST_WORDS:
                break
            start, word = found.end(), found["word"]
            key = word.casefold()
            if words and key in self._particles:
                continue
            if not words and key in self._titles:
                continue
            if key in self._no_names or key in self._titles:
                break
            if word[0].isupper():
                without_capitals = 0
            elif not words and key in self._particles:
                continue
            elif words >= without_capitals:
                break
            words += 1
            end = start
            if found["dot"] and len(word) > 1:  # a sentence ends, unless it is an initial
                end = found.end("word")
                break
        return end if end - begin > 1 else begin


class _ChineseNames:
    """Names in Chinese characters."""

    def __init__(self, phrases: Phrases) -> None:
        character = han(phrases["no_given"])
        surname = f"[小老阿]?(?:{'|'.join(phrases['surnames']) or '(?!)'})"
        self._no_names = phrases["no_names"]
        self._with_surname = re.compile(f"{surname}{character}{{0,2}}")
        self._alone = re.compile(f"{character}{{2,6}}{PAUSE}")
        self._before_titles = re.compile(f"{surname}{character}{{0,2}}?(?={phrases.pattern('titles_after')})")

    def with_surname(self, text: str, start: int) -> int:
        """The end of a name that begins with a usual surname."""
        return self._end(self._with_surname, text, start)

    def alone(self, text: str, start: int) -> int:
        """The end of a name, whatever it begins with, if nothing follows it."""
        return self._end(self._alone, text, start)

    def before_titles(self, text: str) -> Iterator[Span]:
        """Names that stand before a title."""
        for found in self._before_titles.finditer(text):
            if not text.startswith(self._no_names, found.start()):
                yield found.span()

    def _end(self, pattern: re.Pattern[str], text: str, start: int) -> int:
        found = pattern.match(text, start)
        return found.end() if found and not text.startswith(self._no_names, start) else start
