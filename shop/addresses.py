"""Addresses as they are written on a parcel in their country."""

import re

from shop.address_rules import rules_of
from shop.model import Address

EXTRA_FIRST = frozenset({"GB", "IE"})
"""Countries where flat and building stand above the street, elsewhere below it."""

_FORMATS = {
    # The province stands in a line of its own; the data would have it follow the city.
    "ES": "%N%n%A%n%Z %C%n%S",
}
_FIELD = re.compile("%[A-Z]")


def address_lines(address: Address) -> tuple[str, ...]:
    """The name and the address's lines in its country's form, without the country's own name."""
    street = [address.extra, address.street] if address.country in EXTRA_FIRST else [address.street, address.extra]
    values = {
        "%N": address.name,
        "%A": "%n".join(filter(None, street)),
        "%C": address.city,
        "%S": address.region or "",
        "%Z": address.postal_code,
    }
    form = _FORMATS.get(address.country, rules_of(address.country).format)
    # The name of a company and the district have no field of their own.
    lines = [_filled(part, values) for part in form.split("%n")]
    return tuple(line for part in lines for line in part.split("%n") if line)


def _filled(line: str, values: dict[str, str]) -> str:
    return _FIELD.sub(lambda field: values.get(field.group(), ""), line).strip(" ,-")
