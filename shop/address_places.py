"""Where in its country an address lies: postal code, city and region among the pieces of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.address_checks import has_house_number
from shop.address_message import Piece
from shop.address_rules import AddressRules, Region
from shop.address_words import AddressWords, folded, message_words

_NUMBER_BEFORE_WORD = re.compile(r"^(?P<code>(?:[A-Z]{1,3}-)?\d[\d-]+\d)\s+(?P<next>\W?[^\W\d]\S*)", re.IGNORECASE)
_SECOND_NUMBER_BEFORE_WORD = re.compile(r"(?<=\d\s)(?P<code>\d[\d-]+\d)\s+(?P<next>\W?[^\W\d]\S*)")
_FIGURES_AT_THE_END = re.compile(r"(?<!\S)(?P<code>\S*\d\S*(?:\s\S*\d\S*)?)$")
_CEDEX = re.compile(r"\bcedex\b", re.IGNORECASE)
_CITY_AND_DISTRICT = re.compile(r"[^\W\d]+(?:[ -][^\W\d]+)* \d{1,2}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place, empty where it was not found, and the pieces that stand before and after it."""

    postal_code: str
    city: str
    region: str | None
    before: list[Piece]
    after: list[Piece]


def find_place(pieces: list[Piece], rules: AddressRules, words: AddressWords) -> Place:
    """Finds the postal code by its form, and the city and the region beside it in the country's order."""
    return _Finder(pieces, rules, words).place()


class _Finder:
    """Takes the parts of a place away from the pieces before and after the postal code."""

    def __init__(self, pieces: list[Piece], rules: AddressRules, words: AddressWords) -> None:
        # A county is no part of a British address, though many write it.
        self._before = [piece for n, piece in enumerate(pieces) if not (n and folded(piece.text) in words.counties)]
        self._after: list[Piece] = []
        self._rules = rules
        self._words = words
        self._postal_code = ""
        self._same_piece_before = self._same_piece_after = False

    def place(self) -> Place:
        self._cut_at_postal_code()
        if self._rules.postal_code_first and self._postal_code:
            city, region = self._city_around()
        else:
            city, region = self._city_before()
            if not city and self._after and self._can_be_city(self._after[0]):
                city = self._after.pop(0).text
        code = region.code if region else self._rules.implied_region(self._postal_code)
        return Place(self._postal_code, city, code, self._before, self._after)

    def _cut_at_postal_code(self) -> None:
        found = self._postal_code_matches() or self._failed_matches()
        if not found:
            return
        index, match = found[-1]
        piece = self._before[index]
        self._after = self._before[index + 1 :]
        del self._before[index:]
        self._postal_code = self._rules.written_postal_code(match.group("code"))
        head = message_words().postal_code_marks.sub("", piece.text[: match.start()]).strip(" -,:")
        tail = piece.text[match.end("code") :].strip(" -,.:")
        while head and head.split()[-1].islower() and head.split()[-1] in message_words().connectors:
            head = head.rpartition(" ")[0]
        if head:
            self._before.append(Piece(head, piece.line))
        if tail:
            self._after.insert(0, Piece(tail, piece.line))
        self._same_piece_before, self._same_piece_after = bool(head), bool(tail)

    def _postal_code_matches(self) -> list[tuple[int, re.Match[str]]]:
        found = [
            (n, match) for n, piece in enumerate(self._before) for match in self._rules.find_postal_codes(piece.text)
        ]
        if self._rules.postal_code_first:
            # With the city behind it, it is no house number of the same form.
            leading = [(n, match) for n, match in found if not match.start() and match.end() < len(match.string)]
            return leading or found
        return found

    def _failed_matches(self) -> list[tuple[int, re.Match[str]]]:
        """Figures that stand where the postal code should, in a form that it cannot have."""
        found = []
        for n, piece in enumerate(self._before):
            if self._rules.postal_code is None:
                break
            if self._rules.postal_code_first:
                match = _NUMBER_BEFORE_WORD.search(piece.text) if n else None
                match = match or _SECOND_NUMBER_BEFORE_WORD.search(piece.text)
                if match and match.group("next") not in self._words.streets:
                    found.append((n, match))
            elif n and (match := _FIGURES_AT_THE_END.search(piece.text)):
                first = piece.text.split()[0]
                if len(folded(match.group("code"))) > 3 and first not in self._words.units:
                    found.append((n, match))
        return found

    def _city_around(self) -> tuple[str, Region | None]:
        """The city where the postal code stands first: behind it, else before it."""
        if self._same_piece_after:
            piece = self._after.pop(0)
            if not self._can_be_city(piece) and not any(map(self._is_numbered, [*self._before, *self._after])):
                city, street = self._city_and_street(piece.text)
                if street:
                    self._after.insert(0, Piece(street, piece.line))
                    piece = Piece(city, piece.line)
        elif self._same_piece_before and self._can_be_city(self._before[-1]):
            piece = self._before.pop()
        elif self._after and self._can_be_city(self._after[0]):
            piece = self._after.pop(0)
        else:
            return self._city_before()
        city, region = self._without_region(piece.text)
        if region is None and self._after and (region := self._rules.region(self._after[0].text)):
            self._after.pop(0)
        return city, region

    def _city_before(self) -> tuple[str, Region | None]:
        """The city, and the region behind it, at the end of what stands before."""
        if not self._before:
            return "", None
        *_, last = self._before
        region = self._rules.region(last.text) if "region" in self._rules.required else None
        if region and len(self._before) > 1 and self._is_city(self._before[-2]):
            self._before.pop()
            city = self._before.pop().text
            return city, region
        if self._can_be_city(last) and (len(self._before) > 1 or self._after or self._postal_code):
            self._before.pop()
            city, behind = self._without_region(last.text)
            return city, behind or region
        street, city = self._street_and_city(last.text)
        if city:
            city, region = self._without_region(city)
        else:
            street, region = self._without_region(street)
        self._before[-1] = Piece(street, last.line)
        return city, region

    def _can_be_city(self, piece: Piece) -> bool:
        if not any(map(str.isdigit, piece.text)) or _CEDEX.search(piece.text):
            return True
        first = piece.text.split()[0]
        kinds = (self._words.units, self._words.buildings, self._words.streets)
        # Dublin 2, Lyon 3
        return (
            self._words.number_first
            and _CITY_AND_DISTRICT.fullmatch(piece.text) is not None
            and not any(first in kind for kind in kinds)
        )

    def _is_city(self, piece: Piece) -> bool:
        return self._can_be_city(piece) and piece.text.split()[0] not in self._words.buildings

    def _is_numbered(self, piece: Piece) -> bool:
        return has_house_number(piece.text, self._words)

    def _without_region(self, text: str) -> tuple[str, Region | None]:
        """A city without the region that follows it."""
        tokens = text.split()
        for start in range(max(1, len(tokens) - 4), len(tokens)):
            region = self._rules.region(" ".join(tokens[start:]))
            # Santiago de Querétaro is a city.
            if region and tokens[start - 1] not in message_words().connectors:
                return " ".join(tokens[:start]), region
        return text, None

    def _street_and_city(self, text: str) -> tuple[str, str]:
        """Cuts "8 Mill Lane Leeds" behind the street and what belongs to it."""
        tokens = text.split()
        end = self._end_of_street(tokens)
        while end and end < len(tokens):
            if tokens[end] in message_words().directions or tokens[end] in self._words.streets:
                end += 1
            elif tokens[end] in self._words.units or tokens[end].startswith("#"):
                end += 1 if any(map(str.isdigit, tokens[end])) else 2
            else:
                return " ".join(tokens[:end]), " ".join(tokens[end:])
        return text, ""

    def _end_of_street(self, tokens: list[str]) -> int:
        if self._words.number_first:
            number = next((n for n, token in enumerate(tokens) if any(map(str.isdigit, token))), len(tokens))
            return next((n + 1 for n in range(number + 2, len(tokens)) if tokens[n] in self._words.streets), 0)
        return next(
            (
                n
                for n in range(len(tokens), 1, -1)
                if has_house_number(" ".join(tokens[:n]), self._words) and any(map(str.isdigit, tokens[n - 1]))
            ),
            0,
        )

    def _city_and_street(self, text: str) -> tuple[str, str]:
        """Cuts "Berlin Torstraße 118" before the street."""
        tokens = text.split()
        start = next((n for n in range(1, len(tokens)) if tokens[n] in self._words.streets), len(tokens))
        return " ".join(tokens[:start]), " ".join(tokens[start:])
