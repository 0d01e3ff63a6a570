"""Text as the search sees it: stems for what is said, character n-grams for how it is spelled.

Adding a language takes an entry in `STEMMERS`, or in `UNSPACED` where words are not set apart by spaces; a
language in neither is searched by its words as they stand.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

import Stemmer  # type: ignore[import-not-found]

with warnings.catch_warnings():
    # jieba is old: it writes escapes that Python warns of.
    warnings.simplefilter("ignore")
    # It finds its dictionary without pkg_resources too, which takes long to import.
    _there = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = None  # type: ignore[assignment]
    try:
        import jieba  # type: ignore[import-untyped]
    finally:
        del sys.modules["pkg_resources"]
        if _there:
            sys.modules["pkg_resources"] = _there

STEMMERS = {"de": "german", "en": "english", "es": "spanish", "fr": "french"}
"""The names that Snowball gives to the languages."""
UNSPACED = frozenset({"zh"})
"""Cut into words by jieba."""

_WORD = re.compile(r"[^\W_]+")
_TEMPLATE_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# Four letters did as well as any mixture of two to five, at a fraction of the cost.
_NGRAM = 4

jieba.setLogLevel("WARNING")


def without_tags(template: str) -> str:
    """A template's text. What a tag becomes depends on the country; this is what all countries have in common."""
    return _TEMPLATE_TAG.sub(" ", template)


class Analyzer:
    """Turns text of one language into features: articles and queries alike."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.unspaced = language in UNSPACED
        self._stemmer = Stemmer.Stemmer(STEMMERS[language]) if language in STEMMERS else None

    def words(self, text: str) -> list[str]:
        """The words in their order, without inflection, case and accents."""
        return self._words(_normalise(text), jieba.cut)

    def parts(self, text: str) -> list[str]:
        """The words, and where no spaces set them apart, those inside long ones too (发票 and 抬头 in 发票抬头)."""
        return self._words(_normalise(text), jieba.cut_for_search)

    def stems(self, text: str) -> list[str]:
        """The parts; then their pairs (`how long`)."""
        stems = self.parts(text)
        return stems + [f"{first} {second}" for first, second in zip(["", *stems], stems, strict=False)]

    def ngrams(self, text: str) -> list[str]:
        """The words in overlapping pieces of four letters, a space marking where a word begins and ends; in
        Chinese the single characters, and their pairs."""
        words = _WORD.findall(_normalise(text))
        pieces = _characters if self.unspaced else _pieces
        return [piece for word in words for piece in pieces(word)]

    def _words(self, text: str, cut: Callable[[str], Iterable[str]]) -> list[str]:
        if self.unspaced:
            return [word for word in cut(text) if _WORD.fullmatch(word)]
        words = _WORD.findall(text)
        # Snowball knows accents, so they go last.
        return [_fold(word) for word in (self._stemmer.stemWords(words) if self._stemmer else words)]


def _normalise(text: str) -> str:
    """Full-width letters and digits become plain ones, capitals small."""
    return unicodedata.normalize("NFKC", text).casefold()


def _fold(word: str) -> str:
    """Without accents."""
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


# Few words make up most of a text: remembering their pieces makes indexing several times as fast.
@lru_cache(maxsize=2**16)
def _pieces(word: str) -> tuple[str, ...]:
    word = f" {_fold(word)} "
    return tuple(word[i : i + _NGRAM] for i in range(max(1, len(word) - _NGRAM + 1)))


def _characters(run: str) -> Iterator[str]:
    yield from run
    yield from (first + second for first, second in pairwise(run))
