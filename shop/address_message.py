"""The pieces of a customer's message that can be parts of an address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from shop.address_rules import rules_of
from shop.address_talk import split_talk
from shop.address_words import address_words, country_named, message_words

LONGEST = 1000
"""Characters of a message that are read; no address is as long."""
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_EMAIL = re.compile(r"\S+@\S+")
_SEPARATORS = re.compile(r"[,;|\t()、。]|\s[-–]\s|\s(?=c/o\s)", re.IGNORECASE)
_NEXT_SENTENCE = re.compile(r"(?<=\w{4})\.\s\D*$")
_HAN = re.compile(r"[\u2e80-\u9fff]+")
IN_HAN = frozenset({"CN", "HK", "JP", "MO", "TW"})
"""Countries whose addresses can be in Chinese characters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text between commas. `line` counts the message's lines from zero."""

    text: str
    line: int


@dataclass
class Message:
    """What a message says, without the words around it."""

    pieces: list[Piece] = field(default_factory=list)
    name: str | None = None
    """The recipient, if the message says who it is."""
    other_country: str | None = None
    """The ISO 3166 code of another country that the message names."""


def plain(text: str) -> str:
    """A text's beginning in composed characters, with full-width letters, figures and punctuation as ordinary ones."""
    return unicodedata.normalize("NFC", text[:LONGEST]).translate(_FULL_WIDTH)


def read_message(text: str, country: str) -> Message:
    """Cuts a message into pieces, and leaves out all that cannot belong to an address in the country."""
    message = Message()
    words = address_words(country)
    for piece in _cut(message_words().phones.sub("", _EMAIL.sub("", plain(text)))):
        if label := message_words().labels.match(piece.text):
            rest = piece.text[label.end() :].strip()
            if label.lastgroup == "name":
                message.name = rest or None
            if label.lastgroup != "address":
                continue
            piece = Piece(rest, piece.line)
        texts = [piece.text]
        if not any(map(has_digit, message.pieces)):
            talk, texts = split_talk(piece.text, words)
            message.other_country = message.other_country or _country_in(talk, country)
        message.pieces += [Piece(said, piece.line) for text in texts if (said := _without_closing(text))]
    _drop_ending(message)
    _drop_countries(message, country)
    if country not in IN_HAN:
        message.pieces = [piece for piece in message.pieces if not _HAN.search(piece.text)]
    return message


def _cut(text: str) -> Iterator[Piece]:
    for number, line in enumerate(text.splitlines()):
        # Words in Chinese around an address in another script are no part of it.
        for piece in _SEPARATORS.split(_HAN.sub(r",\g<0>,", line)):
            if stripped := " ".join(piece.split()).strip(' .-–!"“”„«»'):
                ending = "." if piece.rstrip().endswith(".") else ""
                yield Piece(stripped + ending, number)


def _without_closing(text: str) -> str:
    """The text, unless it begins with the customer's thanks."""
    return "" if message_words().closings.match(text) else text


def has_digit(piece: Piece) -> bool:
    """Whether there is a figure in a piece."""
    return any(map(str.isdigit, piece.text))


def _country_in(head: str, country: str) -> str | None:
    """Another country that a sentence speaks of."""
    tokens = head.split()
    for size in (3, 2, 1):
        for start in range(len(tokens) - size + 1):
            named = country_named(" ".join(tokens[start : start + size]))
            if named and named != country and tokens[start + size - 1][0].isupper():
                return named
    return None


def _drop_ending(message: Message) -> None:
    """Leaves out what follows the address in its last piece: thanks, verbs, the full stop."""
    while message.pieces:
        last = message.pieces.pop()
        text = last.text
        if closing := message_words().closings.search(text):
            text = text[: closing.start()]
        text = _NEXT_SENTENCE.sub("", text)
        tokens = text.strip(" .!?").split()
        while tokens and tokens[-1][0].islower() and tokens[-1] in message_words().talk:
            tokens.pop()
        if tokens:
            message.pieces.append(Piece(" ".join(tokens), last.line))
            return


def _drop_countries(message: Message, country: str) -> None:
    """Leaves out the country's name at the beginning, at the end or behind the last word, and notes another's."""
    for index in (-1, 0):
        while message.pieces:
            piece = message.pieces[index]
            start = _start_of_country(piece.text, country)
            if start is None or (index == 0 and start > 0):
                break
            named = country_named(piece.text[start:])
            if named != country:
                message.other_country = message.other_country or named
            rest = piece.text[:start].strip()
            del message.pieces[index]
            if rest:
                message.pieces.append(Piece(rest, piece.line))
                break


def _start_of_country(text: str, country: str) -> int | None:
    """Where the name of a country begins that a text ends with."""
    if rules_of(country).region(text) and country_named(text) != country:
        return None
    tokens = list(re.finditer(r"\S+", text))
    for number, token in enumerate(tokens):
        named = country_named(text[token.start() :])
        if not named:
            continue
        before = tokens[number - 1].group() if number else ""
        # Ciudad de México, New Mexico
        longer = rules_of(country).region(f"{before} {text[token.start() :]}") if before else None
        part_of_a_name = longer or (before[:1].islower() and before in message_words().connectors)
        is_region = rules_of(country).region(text[token.start() :]) and named != country
        return None if part_of_a_name or is_region else token.start()
    return None
