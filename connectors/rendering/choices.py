"""Choices in messengers that have no buttons for them: numbers to answer with, and what such answers mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.nlu.text import normalize, without_accents
from connectors.rendering.formatting import plain_to_markdown
from connectors.rendering.phrases import Phrases
from connectors.rendering.pieces import Choice

NUMERALS = Path(__file__).with_name("numerals.yml")

LONGEST_ANSWER = 60
"""Whoever writes more characters says more than a number."""

_EMOJI_MARKS = str.maketrans({"\N{VARIATION SELECTOR-16}": None, "\N{COMBINING ENCLOSING KEYCAP}": None, "🔟": "10"})
_NUMERO = re.compile(r"№|\bn\.?\s?[º°]", re.IGNORECASE)
_ORDINAL_ENDING = "st|nd|rd|th|te|ter|tes|ten|ste|e|er|re|ere|eme|me|o|a|do|da|ro|ra|to|ta"
_NUMBERED_LINE = re.compile(r"(\d{1,2})\s*[.):、]?\s+(\S.*)", re.DOTALL)


def numbered(piece_text: str, choices: Sequence[Choice], phrases: Phrases) -> str:
    """A text with its choices as a numbered list, and the request to answer with a number.

    Args:
        piece_text: Markdown, as in `Piece.text`; the result is Markdown as well.
    """
    # Not a list of Markdown, which would go on with the numbers of one that the text ends with.
    lines = [f"{number}\\. {plain_to_markdown(choice.line)}" for number, choice in enumerate(choices, start=1)]
    parts = [piece_text, "\n".join(lines), plain_to_markdown(phrases.text("reply_with_number")) if lines else ""]
    return "\n\n".join(filter(None, parts))


def chosen(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice that an answer picks, by its title, its number, or a line of the list; None where it picks none.

    A number counts in digits of any kind and, up to ten, in words of the served languages, if nothing stands with it
    but what belongs to it ("number 2", "the second one", "第二个"): "2 items are missing" picks nothing. Where a title
    is itself a number, the title counts before the place in the list.
    """
    answer = _comparable(text)
    if not answer:
        return None
    titled = [choice for choice in choices if answer in (_comparable(choice.title), _comparable(choice.line))]
    if len(titled) == 1:
        return titled[0]
    place = _place(text)
    if place is None and (line := _NUMBERED_LINE.fullmatch(answer)):
        number, rest = int(line[1]), line[2]
        lines = {_comparable(part) for choice in choices[number - 1 : number] for part in (choice.title, choice.line)}
        place = number if rest in lines else None
    return choices[place - 1] if place is not None and 1 <= place <= len(choices) else None


def _comparable(text: str) -> str:
    """Without case, white space that does not matter, and the full stop at the end."""
    return " ".join(normalize(text.translate(_EMOJI_MARKS)).split()).rstrip(".!。！ ")


def _place(text: str) -> int | None:
    """The number that a text says, and nothing but that."""
    if len(text) > LONGEST_ANSWER:
        return None
    plain = _NUMERO.sub("#", text.translate(_EMOJI_MARKS))
    folded = " ".join(normalize(without_accents("".join(map(_digits, plain)))).split())
    grammar = _grammar()
    for pattern in grammar.patterns:
        if match := pattern.fullmatch(folded):
            word = match["number"]
            return int(word) if word.isdecimal() else grammar.numbers[word]
    return None


def _digits(character: str) -> str:
    """A number in a circle, which has no other form in Unicode (❷), in digits; other characters as they are."""
    if unicodedata.category(character) != "No" or unicodedata.normalize("NFKC", character) != character:
        return character
    value = unicodedata.numeric(character)
    return str(int(value)) if value.is_integer() else character


@dataclass(frozen=True)
class _Grammar:
    """How numbers are said: patterns with a group `number`, in digits or one of the words in `numbers`."""

    patterns: Sequence[re.Pattern[str]]
    numbers: Mapping[str, int]


@cache
def _grammar() -> _Grammar:
    content = yaml.load(NUMERALS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    cardinals, ordinals, chinese = (_values(content[kind]) for kind in ("cardinals", "ordinals", "chinese"))
    before, after = (_any([word for words in content[kind] for word in words]) for kind in ("before", "after"))
    chinese_before = _any(content["chinese_before"])
    classifiers, closing = (_any(content[kind]) for kind in ("classifiers", "chinese_after"))
    mark = r"[.):,\]、。!！]*"
    after = rf"(?:[\s,]*(?:{after}))*{mark}"
    patterns = [
        rf"(?:(?:{before})[\s:.]*)*[#(\[]*\s*(?P<number>\d{{1,2}}|{_any(cardinals)})\s*{mark}{after}",
        rf"(?:(?:{before})[\s:.]*)*(?P<number>\d{{1,2}})[.\s]?(?:{_ORDINAL_ENDING}){after}",
        rf"(?:(?:{before})[\s:.]*)*(?P<number>{_any(ordinals)}){after}",
        rf"(?:{chinese_before})*\s*[#(\[]*(?P<number>\d{{1,2}}|{_any(chinese)})\s*{mark}号?(?:{closing})*{mark}",
        rf"(?:{chinese_before})*第\s*(?P<number>\d{{1,2}}|{_any(chinese)})\s*(?:{classifiers})?(?:{closing})*{mark}",
    ]
    return _Grammar([re.compile(pattern) for pattern in patterns], {**cardinals, **ordinals, **chinese})


def _values(words: Mapping[int, Sequence[str]]) -> dict[str, int]:
    return {_folded(word): value for value, of_value in words.items() for word in of_value}


def _any(words: Sequence[str] | Mapping[str, int]) -> str:
    """A pattern of any of these words, the longest first; those of letters end where a word ends."""
    folded = sorted(map(_folded, words), key=len, reverse=True)
    return "|".join(re.escape(word) + (r"(?!\w)" if word.isascii() and word[-1].isalpha() else "") for word in folded)


def _folded(word: str) -> str:
    return normalize(without_accents(word))
