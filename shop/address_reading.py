"""Reading a postal address from what a customer wrote.

The message is cut into pieces at its line breaks and commas. What is no address is left out, the postal code is found
by its country's form, the city and the region beside it in the country's order; of what remains, the piece that looks
most like a street is the street. Addresses in Chinese, which have no commas, are read in `shop.chinese_addresses`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shop.address_checks import AddressFault, AddressField, AddressProblem, check_address
from shop.address_message import IN_HAN, plain, read_message
from shop.address_parts import HOUSE_NUMBER, find_parts
from shop.address_places import find_place
from shop.address_rules import rules_of
from shop.address_words import address_words, folded
from shop.chinese_addresses import is_chinese, other_country_in_chinese, read_chinese
from shop.model import Address


@dataclass(frozen=True, slots=True)
class AddressReading:
    """What could be read. A field of `address` that was not found is empty, and `problems` says so."""

    address: Address
    problems: tuple[AddressProblem, ...]

    @property
    def complete(self) -> bool:
        """Whether the address can be used as it is."""
        return not self.problems


def read_address(text: str, country: str, name: str) -> AddressReading:
    """Reads the address in a message, as it is written in a country (ISO 3166 code).

    `name` is the recipient, unless the message begins with another. A region that the message leaves out is taken from
    the postal code where that tells it.

    >>> read = read_address("my new address is 8 Mill Lane, Leeds ls15ql", "GB", "Ann Lee")
    >>> read.address.street, read.address.city, read.address.postal_code, read.complete
    ('8 Mill Lane', 'Leeds', 'LS1 5QL', True)
    """
    text = plain(text)
    if country == "CN" and is_chinese(text):
        chinese = read_chinese(text, name)
        return _checked(chinese.address, chinese.other_country)
    rules, words = rules_of(country), address_words(country)
    message = read_message(text, country)
    if is_chinese(text) and country not in IN_HAN:
        message.other_country = other_country_in_chinese(text, country)
    place = find_place(message.pieces, rules, words)
    parts = find_parts(place.before, place.after, country, words, message.name or name)
    address = Address(
        name=message.name or parts.name or name,
        street=parts.street,
        city=place.city,
        postal_code=place.postal_code,
        country=country,
        region=place.region,
        extra=parts.extra,
    )
    return _checked(address, message.other_country)


def complete_address(address: Address, field: AddressField, text: str) -> AddressReading:
    """Puts what a further message says into one field of an address. A message with a whole address replaces it."""
    whole = read_address(text, address.country, address.name)
    if whole.complete or field is AddressField.COUNTRY:
        return whole
    rules, words = rules_of(address.country), address_words(address.country)
    pieces = read_message(text, address.country).pieces
    said = ", ".join(piece.text for piece in pieces) or plain(text).strip()
    place = whole.address if is_chinese(text) else find_place(pieces, rules, words)
    match field:
        case AddressField.STREET:
            parts = find_parts(pieces, [], address.country, words, address.name)
            address = replace(address, street=parts.street or said, extra=parts.extra or address.extra)
        case AddressField.HOUSE_NUMBER:
            address = replace(address, street=_numbered(address, said))
        case AddressField.POSTAL_CODE:
            figures = said if any(map(str.isdigit, said)) else address.postal_code
            address = replace(address, postal_code=place.postal_code or figures)
        case AddressField.CITY:
            address = replace(address, city=place.city or said, region=address.region or place.region)
        case AddressField.REGION:
            region = rules.region(said)
            address = replace(address, region=region.code if region else place.region or said)
    if not address.region:
        address = replace(address, region=rules.implied_region(address.postal_code))
    return _checked(address)


def _checked(address: Address, other_country: str | None = None) -> AddressReading:
    if other_country:
        # What the rules of the country say against the address has no weight.
        problem = AddressProblem(AddressField.COUNTRY, AddressFault.OTHER_COUNTRY, other_country)
        return AddressReading(address, (problem,))
    return AddressReading(address, tuple(check_address(address)))


def _numbered(address: Address, said: str) -> str:
    """A street with the number that was asked for; where the street was said again, that."""
    number = HOUSE_NUMBER.search(said)
    if number is None:
        return address.street
    if folded(address.street) in folded(said):
        return said
    if address.country == "CN":
        return f"{address.street}{number.group().strip()}号"
    if address_words(address.country).number_first:
        return f"{number.group().strip()} {address.street}"
    return f"{address.street} {number.group().strip()}"
