"""Texts that are too long for one message, in parts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate

import regex  # type: ignore[import-untyped]

from knowledge_base.imports.sentences import sentences

LANGUAGES = ("en", "de", "es", "fr")
"""Languages whose abbreviations end no sentence; in Chinese, no full stop does."""

FULL_ENOUGH = 1 / 3
"""A part that a cut leaves fuller than this is not too short; otherwise it is cut elsewhere."""

_CLUSTER = regex.compile(r"\X")
_LETTERS = "[0-9A-Za-z\u00c0-\u024f\u0370-\u04ff]"  # of scripts that put spaces between words
# What belongs together: a link with its title, an address, marked text, a word or an order's number.
_TOGETHER = re.compile(
    r'<a href="[^"\n]*">[^<\n]*</a>'
    r"|https?://[^\s\x00-\x1f\x7f<>“”‘’「」『』《》（）【】，。；：！？、]+"
    r"|(?<![^\W_])(?P<mark>```|[*_~])(?=\S)[^\n]{1,200}?(?<=\S)(?P=mark)(?![^\W_])"
    rf"|{_LETTERS}+(?:[._@/+'’-]{_LETTERS}+)*"
)
_CLAUSE_ENDS = "，、；："


class Cut(IntEnum):
    """Where a text is cut, the better places last."""

    CHARACTERS = 0
    WORDS = 1
    SENTENCES = 2
    LINES = 3
    PARAGRAPHS = 4


@dataclass(frozen=True)
class _Unit:
    """What is not cut: a grapheme cluster, or several that belong together."""

    text: str
    size: int

    @property
    def blank(self) -> bool:
        return self.text.isspace()


def split(text: str, limit: int, size: Callable[[str], int] = len) -> list[str]:
    """A text in parts that are no larger than `limit`.

    It is cut between paragraphs, else between lines, sentences (in all scripts), words, or characters, but never inside
    a grapheme cluster, an address, a link or a marked span that fits into a part. Joined, the parts are the text but
    for white space at the cuts, at its beginning and at its end; a text of white space has no parts.

    Args:
        limit: in the unit of `size`.
        size: measures a text; of two texts in a row it is the sum of both. WeChat counts the bytes of UTF-8.

    Raises:
        ValueError: for a limit that is smaller than one of the characters.
    """
    units = list(_units(text, limit, size))
    cuts = _cuts(text, units)
    sums = [0, *accumulate(unit.size for unit in units)]
    end = len(units)
    while end and units[end - 1].blank:
        end -= 1
    parts = []
    start = _skip_blank(units, 0, end)
    while start < end:
        # So far, and no farther, reaches what fits.
        reach = min(bisect_right(sums, sums[start] + limit) - 1, end)
        stop = reach if reach == end else _best(cuts, sums, start, reach, limit)
        parts.append("".join(unit.text for unit in units[start:stop]))
        start = _skip_blank(units, stop, end)
    return parts


def _best(cuts: list[Cut | None], sums: list[int], start: int, reach: int, limit: int) -> int:
    """The unit before which to cut: the last of the best places that leave the part full enough, else the last one."""
    found = reach
    best = Cut.CHARACTERS
    for place in range(reach, start, -1):
        cut = cuts[place]
        if cut is None:
            continue
        if sums[place] - sums[start] < limit * FULL_ENOUGH:
            break
        if cut > best:
            found, best = place, cut
    while found > start + 1 and cuts[found] is None:  # inside white space
        found -= 1
    return found


def _skip_blank(units: list[_Unit], place: int, end: int) -> int:
    while place < end and units[place].blank:
        place += 1
    return place


def _units(text: str, limit: int, size: Callable[[str], int]) -> Iterator[_Unit]:
    clusters: list[str] = _CLUSTER.findall(text)
    together = [match.span() for match in _TOGETHER.finditer(text)]
    at, place = 0, 0
    for begin, end in together:
        while place < len(clusters) and at < begin:
            yield from _fitting(clusters[place], limit, size)
            at += len(clusters[place])
            place += 1
        joined = ""
        while place < len(clusters) and at + len(joined) < end:
            joined += clusters[place]
            place += 1
        at += len(joined)
        if joined:
            yield from _fitting(joined, limit, size)
    for cluster in clusters[place:]:
        yield from _fitting(cluster, limit, size)


def _fitting(text: str, limit: int, size: Callable[[str], int]) -> Iterator[_Unit]:
    """A text as one unit, or if that is too large as its clusters, or as their characters."""
    whole = size(text)
    if whole <= limit:
        yield _Unit(text, whole)
        return
    if len(text) == 1:
        raise ValueError(f"nothing can be cut to a size of {limit}")
    clusters = _CLUSTER.findall(text)
    for part in clusters if len(clusters) > 1 else text:
        yield from _fitting(part, limit, size)


def _cuts(text: str, units: list[_Unit]) -> list[Cut | None]:
    """How good a cut is before each unit; None before white space's second unit and behind white space."""
    ends = _sentence_ends(text)
    cuts: list[Cut | None] = [None]
    offset = 0
    for place in range(1, len(units) + 1):
        before = units[place - 1]
        offset += len(before.text)
        if before.blank or place == len(units):
            cuts.append(None)
        elif units[place].blank:
            cuts.append(_cut_at_space(text, offset, offset in ends))
        elif offset in ends:
            cuts.append(Cut.SENTENCES)
        else:
            cuts.append(Cut.WORDS if before.text[-1] in _CLAUSE_ENDS else Cut.CHARACTERS)
    return cuts


def _cut_at_space(text: str, offset: int, sentence: bool) -> Cut:
    end = offset
    while end < len(text) and text[end].isspace():
        end += 1
    breaks = text.count("\n", offset, end)
    if breaks:
        return Cut.PARAGRAPHS if breaks > 1 else Cut.LINES
    return Cut.SENTENCES if sentence else Cut.WORDS


def _sentence_ends(text: str) -> frozenset[int]:
    """Where sentences end in any language: behind their marks, before the space that follows."""
    found = []
    for language in LANGUAGES:
        starts = accumulate(len(sentence) for sentence in sentences(text, language))
        found.append({len(text[:start].rstrip()) for start in starts})
    return frozenset(set.intersection(*found))
