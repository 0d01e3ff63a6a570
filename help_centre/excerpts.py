"""Excerpts of articles for a query, with its words marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from markupsafe import Markup, escape

from knowledge_base.words import UNSPACED, Analyzer

LENGTH = 220
"""The characters of an excerpt at most, without the marks of what was left out."""
LEAD = 60
"""The characters before the first marked word at most, where the beginning of a text is left out."""

_WORD = re.compile(r"[^\W_]+")


class Highlighter:
    """Finds the words of a query in texts of a language, in whatever form they have there."""

    def __init__(self, query: str, language: str) -> None:
        self._language = language
        words = _words(query, language)
        # Short words are in every text, unless there are no others.
        longest = max(map(len, words), default=0)
        shortest = 2 if language in UNSPACED else 4
        self._words = {word for word in words if len(word) >= min(shortest, longest)}

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the query's words stand."""
        if self._language in UNSPACED:
            alternatives = "|".join(map(re.escape, sorted(self._words, key=len, reverse=True)))
            yield from (found.span() for found in re.finditer(alternatives, text.lower()) if found.group())
            return
        for word in _WORD.finditer(text):
            if _stem(word.group(), self._language) in self._words:
                yield word.span()

    def best(self, texts: Iterable[str]) -> str:
        """The text with the most of the query's words, the first of equally good ones; "" of no texts."""
        return max(texts, key=lambda text: len({text[a:b].lower() for a, b in self.spans(text)}), default="")

    def excerpt(self, text: str) -> Markup:
        """The text, or its part around the query's first word, with these words marked."""
        text, left_out = _around(text, next(self.spans(text), (0, 0))[0])
        shown, left_out_after = _shortened(text)
        pieces = [escape("…" if left_out else "")]
        end = 0
        for start, stop in self.spans(shown):
            pieces += escape(shown[end:start]), Markup("<mark>{}</mark>").format(shown[start:stop])
            end = stop
        pieces += escape(shown[end:]), escape("…" if left_out_after else "")
        return Markup("").join(pieces)


def _around(text: str, first: int) -> tuple[str, bool]:
    """The text from shortly before a place in it, and whether anything was left out."""
    if first < LENGTH - LEAD:
        return text, False
    start = first - LEAD
    space = text.find(" ", start, first)
    return text[space + 1 if space >= 0 else start :], True


def _shortened(text: str) -> tuple[str, bool]:
    """The text up to the length of an excerpt, cut between words, and whether anything was left out."""
    if len(text) <= LENGTH:
        return text, False
    space = text.rfind(" ", LENGTH - LEAD, LENGTH)
    return text[: space if space >= 0 else LENGTH].rstrip(" ,;:，；："), True


def _words(text: str, language: str) -> set[str]:
    if language in UNSPACED:
        return set(_analyzer(language).parts(text))
    return {_stem(word.group(), language) for word in _WORD.finditer(text)}


@lru_cache(maxsize=2**14)
def _stem(word: str, language: str) -> str:
    return next(iter(_analyzer(language).words(word)), "")


@cache
def _analyzer(language: str) -> Analyzer:
    return Analyzer(language)
