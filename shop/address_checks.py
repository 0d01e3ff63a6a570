"""Whether an address can be delivered to, as far as its form tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shop.address_rules import AddressRules, rules_of
from shop.address_words import AddressWords, address_words, message_words
from shop.addresses import EXTRA_FIRST
from shop.model import Address

_NUMBER_FIRST = re.compile(r"(?:n[°ºo]\s*|#\s*|[A-Z]{1,3}\s+)?\d+(?!\d*(?:st|nd|rd|th|er|e|ème)\b)", re.IGNORECASE)
_NUMBER_LAST = re.compile(r"(?<=\w)[\s,.#º°]+\d+(?:\s?[a-z]\b)?|^[A-Z]\s?\d+", re.IGNORECASE)


class AddressField(StrEnum):
    """What of an address a customer can be asked for."""

    STREET = "street"
    HOUSE_NUMBER = "house_number"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"


class AddressFault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    INVALID = "invalid"
    """Not in the country's form, or no such region."""
    MISMATCH = "mismatch"
    """The postal code lies in another region."""
    PO_BOX = "po_box"
    OTHER_COUNTRY = "other_country"


@dataclass(frozen=True, slots=True)
class AddressProblem:
    """A field that cannot stay as it is. `value` is what was written there; of another country, its ISO 3166 code."""

    field: AddressField
    fault: AddressFault
    value: str | None = None


def check_address(address: Address) -> list[AddressProblem]:
    """The problems of an address, in the order of its lines; an empty field is a missing one.

    Packing stations and lockers are addresses as any other; a post-office box is not one that a carrier can deliver to.
    """
    rules, words = rules_of(address.country), address_words(address.country)
    return [*_street(address, words), *_postal_code(address, rules), *_city(address, rules), *_region(address, rules)]


def has_house_number(street: str, words: AddressWords) -> bool:
    """Whether a street has its number, where the country has it, or what stands for one.

    >>> gb, pl = address_words("GB"), address_words("PL")
    >>> has_house_number("5 Mill Lane", gb), has_house_number("5th Avenue", gb), has_house_number("ul. 3 Maja", pl)
    (True, False, False)
    """
    if words.unnumbered.search(street):
        return True
    if words.number_at == "anywhere":
        return any(map(str.isdigit, street))
    if words.number_at == "before":
        return _NUMBER_FIRST.match(street) is not None
    return any(_ends_name(street[m.end() :], words) for m in _NUMBER_LAST.finditer(street))


def _ends_name(rest: str, words: AddressWords) -> bool:
    """Whether what follows a number is no longer the name of the street, as "Maja" in "3 Maja" is."""
    rest = rest.removeprefix(".")
    following = rest.split()
    if not rest[:1].isspace() or not following or not following[0][:1].isalpha():
        return True
    return following[0] in words.units or following[0] in message_words().directions


def _street(address: Address, words: AddressWords) -> Iterator[AddressProblem]:
    po_box = message_words().po_box
    numbered = has_house_number(address.street, words)
    # Beside a house with its number, a box is where letters go.
    if box := po_box.search(address.street) or (None if numbered else po_box.search(address.extra or "")):
        yield AddressProblem(AddressField.STREET, AddressFault.PO_BOX, box.string)
    elif not address.street:
        yield AddressProblem(AddressField.STREET, AddressFault.MISSING)
    elif words.number_required and not numbered and not _names_house(address, words):
        yield AddressProblem(AddressField.HOUSE_NUMBER, AddressFault.MISSING)


def _names_house(address: Address, words: AddressWords) -> bool:
    """Whether the name of a house stands for its number, as it does in Great Britain."""
    if address.country not in EXTRA_FIRST:
        return False
    kind = address.street.split()[-1:]
    names = [*(word for word in kind if word not in words.streets), *(address.extra or "").split()]
    return any(word in words.buildings for word in names)


def _postal_code(address: Address, rules: AddressRules) -> Iterator[AddressProblem]:
    if address.postal_code:
        if not rules.has_form(address.postal_code):
            yield AddressProblem(AddressField.POSTAL_CODE, AddressFault.INVALID, address.postal_code)
    elif "postal_code" in rules.required:
        yield AddressProblem(AddressField.POSTAL_CODE, AddressFault.MISSING)


def _city(address: Address, rules: AddressRules) -> Iterator[AddressProblem]:
    if not address.city and "city" in rules.required:
        yield AddressProblem(AddressField.CITY, AddressFault.MISSING)


def _region(address: Address, rules: AddressRules) -> Iterator[AddressProblem]:
    if not address.region:
        if "region" in rules.required and not _is_municipality(address.city, rules):
            yield AddressProblem(AddressField.REGION, AddressFault.MISSING)
        return
    region = rules.region(address.region)
    if region is None:
        if rules.regions:
            yield AddressProblem(AddressField.REGION, AddressFault.INVALID, address.region)
    elif rules.has_form(address.postal_code) and not region.has(address.postal_code):
        yield AddressProblem(AddressField.REGION, AddressFault.MISMATCH, address.region)


def _is_municipality(city: str, rules: AddressRules) -> bool:
    """Whether a Chinese city is a region of its own, as Shanghai is."""
    region = rules.region(city) if rules.country == "CN" and city else None
    return region is not None and region.code.endswith("市")
