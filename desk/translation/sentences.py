"""Texts in sentences, and back: models translate a sentence at a time, and what is between sentences stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from desk.translation.languages import spaced

_INDENT = re.compile(r"\s*(?:(?:[-*•·–]|\d{1,3}[.)])\s+)?")
"""With the sign of a list's item."""

_OPENING = frozenset("([{<\"'«‹„“‘¿¡/-#@+£€¥$")


@dataclass(frozen=True)
class Piece:
    """A part of a text: a sentence that is to be translated, or something that stays."""

    text: str
    stays: bool = False


def split(text: str, language: str) -> list[Piece]:
    """The pieces of a text; together they are the text.

    Abbreviations end no sentence (`sentencex`, of the extra `translator`, knows those of many languages).
    """
    return list(_filled(piece for line in text.splitlines(keepends=True) for piece in _of_line(line, language)))


def lines(text: str) -> list[Piece]:
    """The pieces of a text, a line each."""
    return list(_filled(piece for line in text.splitlines(keepends=True) for piece in _framed(line)))


def join(parts: Iterable[str], target: str) -> str:
    """A text of translated sentences and of what is between them, spaced as the language wants it."""
    joined = ""
    for part in parts:
        if not part:
            continue
        if joined and spaced(target) and _needs_space(joined[-1], part[0]):
            joined += " "
        if joined and not spaced(target) and not part.strip(" ") and ord(joined[-1]) > 0x2FF:
            continue  # 。 has its space already
        joined += part
    return joined


def has_words(text: str) -> bool:
    """Whether there is anything to translate."""
    return any(character.isalpha() for character in text)


def _of_line(line: str, language: str) -> Iterator[Piece]:
    from sentencex import segment

    code = language.partition("-")[0]
    for piece in _framed(line):
        if piece.stays:
            yield piece
        else:
            for sentence in segment(code, piece.text):
                yield from _framed(sentence)


def _framed(text: str) -> Iterator[Piece]:
    """The text without the white space around it, which stays."""
    indent = _INDENT.match(text)
    start = indent.end() if indent else 0
    inner = text[start:].rstrip()
    yield Piece(text[:start], stays=True)
    yield Piece(inner, stays=not has_words(inner))
    yield Piece(text[start + len(inner) :], stays=True)


def _filled(pieces: Iterable[Piece]) -> Iterator[Piece]:
    return (piece for piece in pieces if piece.text)


def _needs_space(left: str, right: str) -> bool:
    return right.isalnum() and not left.isspace() and left not in _OPENING
