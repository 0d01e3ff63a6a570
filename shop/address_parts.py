"""Recipient, street, and flat or building among the pieces of a message that are no place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.address_checks import has_house_number
from shop.address_message import Piece, has_digit
from shop.address_words import AddressWords, folded, message_words
from shop.addresses import EXTRA_FIRST

HOUSE_NUMBER = re.compile(
    r"(?:n[°ºo.]+\s*|#\s*)?\d+\s?(?:[a-z]\b|bis\b|ter\b|quater\b)?(?:\s?[-/]\s?\d+\s?[a-z]?)*", re.IGNORECASE
)
_ORDINAL = re.compile(r"\d+\s?(?:\.?[ºª°]|er\b|[eoa]\b)", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][^\d@/#]*")
_UNITS_IN_STREET = frozenset({"ES"})
"""Here floor and door belong to the line of the street."""
_NO_STREET = -2


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found; `name` is None where the message names nobody."""

    name: str | None = None
    street: str = ""
    extra: str | None = None


def find_parts(before: list[Piece], after: list[Piece], country: str, words: AddressWords, name: str) -> Parts:
    """Tells the pieces before and after the place apart. `name` is the customer's."""
    if any(_likeness(piece.text, words, name) > 0 for piece in before):
        # The street came first: behind the place, only what belongs to the house can follow.
        after = [piece for piece in after if _is_of_house(piece.text, words)]
    pieces = _with_numbers([*before, *after], words)
    scores = [_likeness(piece.text, words, name) for piece in pieces]
    best = max(scores, default=_NO_STREET)
    chosen = scores.index(best) if best > _NO_STREET else len(pieces)
    above = [piece.text for n, piece in enumerate(pieces[:chosen]) if _belongs(piece, pieces[chosen:], words)]
    recipient = next((text for text in above if _is_name(text, words, name)), None)
    above = [text for text in above if text != recipient]
    if chosen == len(pieces):
        return Parts(recipient, "", ", ".join(above) or None)
    street, unit = pieces[chosen].text, ""
    if words.number_first:
        street, unit = _without_unit(street, words)
    extras = [*above, unit]
    for piece in pieces[chosen + 1 :]:
        is_unit = _is_unit(piece.text, words)
        same_line = piece.line == pieces[chosen].line
        if (same_line and is_unit and country in _UNITS_IN_STREET) or (country in EXTRA_FIRST and not is_unit):
            street = f"{street}, {piece.text}"
        else:
            extras.append(piece.text)
    return Parts(recipient, street, ", ".join(filter(None, extras)) or None)


def _with_numbers(pieces: list[Piece], words: AddressWords) -> list[Piece]:
    """The pieces, with a number that stands alone put to its street: "Via Roma, 12" and "12, rue de la Paix"."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and _is_street_and_number(joined[-1].text, piece.text, words):
            joined[-1] = Piece(f"{joined[-1].text}, {piece.text}", joined[-1].line)
        else:
            joined.append(piece)
    return joined


def _is_street_and_number(first: str, second: str, words: AddressWords) -> bool:
    number, street = (first, second) if words.number_first else (second, first)
    if not HOUSE_NUMBER.fullmatch(number) or HOUSE_NUMBER.fullmatch(street):
        return False
    return not has_house_number(street, words) and not _is_unit(street, words)


def _likeness(text: str, words: AddressWords, name: str) -> int:
    """How much a piece looks like a street."""
    if words.care_of.match(text) or folded(text) == folded(name):
        return _NO_STREET
    score = 2 * has_house_number(text, words) + 2 * _names_street(text, words)
    score += 2 * (words.unnumbered.search(text) is not None or message_words().po_box.search(text) is not None)
    if _is_unit(text, words):
        # "Flat 7 Marlowe Court" stands above a street, "Unit 5 Dock Road" is one.
        score -= 2 if _names_street(text, words) else 4
    return score - _is_name(text, words, name)


def _is_unit(text: str, words: AddressWords) -> bool:
    """Whether a piece is a flat or a floor: "Apt 4", "#4", "2. Stock", "3.º B"."""
    first, *others = text.split()
    if words.number_first and _names_street(text, words) and any(HOUSE_NUMBER.fullmatch(word) for word in others[1:]):
        return False
    if first in words.units or first.startswith("#"):
        return True
    counted = bool(others) and first[0].isdigit() and others[0] in words.units
    return counted or (_ORDINAL.match(text) is not None and not any(word in words.streets for word in others))


def _names_street(text: str, words: AddressWords) -> bool:
    return any(word in words.streets for word in text.split())


def _is_of_house(text: str, words: AddressWords) -> bool:
    """Whether a piece is flat, building, or at whose place."""
    tokens = text.split()
    names_building = any(tokens[n] in words.buildings for n in words.kind_at)
    return names_building or _is_unit(text, words) or words.care_of.match(text) is not None


def _belongs(piece: Piece, following: list[Piece], words: AddressWords) -> bool:
    """Whether a piece before the street is more than a "hello" or a "yes"."""
    if words.care_of.match(piece.text) or has_digit(piece):
        return True
    vocabulary = message_words()
    is_greeting = all(token in vocabulary.attributes for token in piece.text.split())
    if piece.text in vocabulary.titles or piece.text.islower() or is_greeting:
        return False
    if _is_of_house(piece.text, words):
        return True
    has_line = not following or piece.line != following[0].line
    return _is_proper_name(piece.text) and (" " in piece.text or has_line)


def _is_name(text: str, words: AddressWords, name: str) -> bool:
    """Whether a piece can be who receives the parcel: the customer, or two to six words with capitals."""
    if folded(text) == folded(name):
        return True
    tokens = text.split()
    if not 2 <= len(tokens) <= 6 or not _NAME.fullmatch(text) or words.care_of.match(text):
        return False
    if any(tokens[n] in kind for n in words.kind_at for kind in (words.streets, words.units, words.buildings)):
        return False
    return _is_proper_name(text)


def _is_proper_name(text: str) -> bool:
    """Whether a text is written as names are, not as sentences."""
    particles = message_words().particles
    return not text.islower() and not any(t[0].islower() and t not in particles for t in text.split())


def _without_unit(street: str, words: AddressWords) -> tuple[str, str]:
    """Cuts a flat off the street that it stands before or behind: "640 Main St Unit 2"."""
    tokens = street.split()
    if tokens[0] in words.units and len(tokens) > 3 and tokens[2][0].isdigit():
        return " ".join(tokens[2:]), " ".join(tokens[:2])
    for n in range(2, len(tokens)):
        if tokens[n] in words.units or tokens[n].startswith("#"):
            return " ".join(tokens[:n]), " ".join(tokens[n:])
    return street, ""
