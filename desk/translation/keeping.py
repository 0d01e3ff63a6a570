"""What a translation must not change: numbers, order numbers, addresses.

Models copy them nearly always, and better in a sentence than out of it. So a sentence is translated as it is; where
something got lost, it is translated again around what has to stay.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from desk.translation.sentences import Piece, has_words, join

Translate = Callable[[list[str]], Awaitable[list[str]]]

_KEPT = re.compile(
    r"""
    # A link, without the full stop after it.
      (?:https?://|www\.) [^\s<>"，。；！？）】]* [^\s<>"，。；！？）】.,;:!?)]
    # An e-mail address.
    | (?<![A-Za-z0-9_.+-]) [A-Za-z0-9_.+-]+ @ [A-Za-z0-9-]+ (?:\.[A-Za-z0-9-]+)+
    # An amount, a date, a time.
    | (?<![A-Za-zÀ-ɏ0-9]) [0-9]+ (?:[.,:/][0-9]+)+ (?![A-Za-zÀ-ɏ0-9])
    # AC-1001, 4711; Chinese puts no spaces around them.
    | (?<![A-Za-zÀ-ɏ0-9]) (?=[A-Z0-9_-]{0,40}[0-9]) [A-Z0-9]+ (?:[-_][A-Z0-9]+)* (?![A-Za-zÀ-ɏ0-9])
    """,
    re.VERBOSE,
)

_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)+")


async def translate_keeping(texts: Sequence[str], translate: Translate, target: str) -> list[str]:
    """Translate sentences so that what has to stay is in their translations.

    Args:
        texts: with words in each.
        translate: translates; what it raises is raised.
        target: the language to translate into, to which the spaces are fitted.
    """
    translated = await translate(list(texts))
    damaged = [place for place, text in enumerate(texts) if _loses(text, translated[place])]
    apart = [_apart(texts[place]) for place in damaged]
    words = [piece.text for pieces in apart for piece in pieces if not piece.stays]
    again = iter(await translate(words) if words else [])
    for place, pieces in zip(damaged, apart, strict=True):
        translated[place] = join([piece.text if piece.stays else next(again) for piece in pieces], target)
    return translated


def _loses(text: str, translation: str) -> bool:
    there = {_essence(kept) for kept in _KEPT.findall(translation)}
    # A single digit may become a word.
    return any(len(kept) > 1 and _essence(kept) not in there for kept in _KEPT.findall(text))


def _essence(kept: str) -> str:
    """What has to be the same: 1.299,00 in one language is 1,299.00 in another."""
    return re.sub(r"\D", "", kept) if _AMOUNT.fullmatch(kept) else kept


def _apart(text: str) -> list[Piece]:
    """What has to stay, and the words between; the white space around those stays, too."""
    pieces: list[Piece] = []
    end = 0
    for found in _KEPT.finditer(text):
        pieces += [*_between(text[end : found.start()]), Piece(found.group(), stays=True)]
        end = found.end()
    return [*pieces, *_between(text[end:])]


def _between(text: str) -> list[Piece]:
    inner = text.strip()
    if not has_words(inner):
        return [Piece(text, stays=True)]
    before, _, after = text.partition(inner)
    return [Piece(before, stays=True), Piece(inner), Piece(after, stays=True)]
