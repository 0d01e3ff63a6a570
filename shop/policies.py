"""The shop's promises per country, from one YAML file (`shop/policies.yml` is the demonstration shop's).

The file has these parts: `shop` (facts about the company), `language_country`, `default` (a `currency`, a
`region` and sections of figures), `regions` (groups of `countries`, and what differs from `default` in them; may be
missing) and `countries` (what differs in a country). `default` says which sections and keys there are and of which
type; an override that does not fit is an error with its line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from shop.model import Money
from shop.yaml_nodes import DataFileError, NodeReader

BUNDLED = Path(__file__).with_name("policies.yml")
"""The demonstration shop's policies."""


class PoliciesError(DataFileError):
    """A policies file cannot be used. The message begins with the file and, where known, the line."""


class Section(Mapping[str, Any]):
    """A read-only mapping whose keys are attributes too: `policies.returns.window_days`."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __getattr__(self, key: str) -> Any:
        # Copying and pickling ask for names before there is anything to look them up in.
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self._values[key]
        except KeyError:
            raise AttributeError(f"there is no {key!r} here, only {', '.join(self._values)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Section({self._values!r})"


class Policies:
    """The policies of a shop, for every country."""

    def __init__(self, default: Section, countries: Mapping[str, Section], language_country: Mapping[str, str]) -> None:
        self._default = default
        self._countries = dict(countries)
        self.language_country = dict(language_country)
        """The country (ISO 3166) that stands in for the customer's own while only the language is known."""

    @classmethod
    def load(cls, path: Path) -> "Policies":
        """Reads and checks a file. Raises `PoliciesError`."""
        return _Reader(path).policies()

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that have policies of their own, or their region's."""
        return tuple(self._countries)

    def for_country(self, country: str | None) -> Section:
        """What holds in a country (ISO 3166 code, any case); in an unknown one, or None, the default.

        The result has `shop`, `currency` (ISO 4217), `region`, and the file's sections; amounts are `Money`
        in the country's currency: `for_country("GB").shipping.standard_fee` is 4.50 GBP.
        """
        return self._countries.get((country or "").upper(), self._default)


@dataclass(frozen=True)
class _Value:
    """A value of the file, and the line it stands in. Amounts are dicts from currency code to `Decimal`."""

    value: Any
    line: int


_Sections = dict[str, dict[str, _Value]]

_PARTS = ("shop", "language_country", "default", "countries")
_REGIONS = "regions"


class _Reader(NodeReader):
    """Turns a file's YAML nodes into policies."""

    error_class = PoliciesError

    def policies(self) -> Policies:
        parts = self._mapping(self._document())
        for part in _PARTS:
            if part not in parts:
                raise PoliciesError(self._path, None, f"the part {part!r} is missing")
        for part, node in parts.items():
            if part not in (*_PARTS, _REGIONS):
                raise self._error(node, f"unknown part {part!r}")
        shop = {key: self._value(node).value for key, node in self._mapping(parts["shop"]).items()}
        languages = {key: self._text(node) for key, node in self._mapping(parts["language_country"]).items()}

        heads, sections = self._country(parts["default"])
        for head in ("currency", "region"):
            if head not in heads:
                raise self._error(parts["default"], f"default has no {head}")
        default = self._resolve(shop, heads, sections, "default", parts["default"])
        countries = {}
        region_of = {}
        for region, node in self._mapping(parts[_REGIONS]).items() if _REGIONS in parts else ():
            members, of_region = self._region(node)
            region_heads, merged = heads | {"region": region}, self._merge(sections, of_region, region)
            resolved = self._resolve(shop, region_heads, merged, region, node)
            for code in members:
                region_of[code] = region_heads, merged
                countries[code] = resolved
        for code, node in self._mapping(parts["countries"]).items():
            self._check_code(code, node)
            own_heads, own = self._country(node)
            inherited_heads, inherited = region_of.get(code, (heads, sections))
            merged = self._merge(inherited, own, code)
            countries[code] = self._resolve(shop, inherited_heads | own_heads, merged, code, node)
        return Policies(default, countries, languages)

    def _region(self, node: yaml.Node) -> tuple[list[str], _Sections]:
        """A region: the codes of its countries, and its sections."""
        parts = self._mapping(node)
        members = parts.pop("countries", None)
        if not isinstance(members, yaml.SequenceNode):
            raise self._error(members or node, "a region needs the list of its `countries`")
        codes = [self._text(member) for member in members.value]
        for code, member in zip(codes, members.value, strict=True):
            self._check_code(code, member)
        return codes, {name: self._section(child) for name, child in parts.items()}

    def _section(self, node: yaml.Node) -> dict[str, _Value]:
        return {name: self._value(entry) for name, entry in self._mapping(node).items()}

    def _check_code(self, code: str, node: yaml.Node) -> None:
        if not (len(code) == 2 and code.isascii() and code.isupper()):
            raise self._error(node, f"{code!r} is not a country code")

    def _country(self, node: yaml.Node) -> tuple[dict[str, str], _Sections]:
        """`default` or a country: its currency and region, and its sections."""
        heads, sections = {}, {}
        for key, child in self._mapping(node).items():
            if key == "currency":
                heads[key] = self._text(child)
                if not _is_currency(heads[key]):
                    raise self._error(child, f"{heads[key]!r} is not a currency code")
            elif key == "region":
                heads[key] = self._text(child)
            else:
                sections[key] = self._section(child)
        return heads, sections

    def _merge(self, sections: _Sections, own: _Sections, code: str) -> _Sections:
        merged = {name: dict(section) for name, section in sections.items()}
        for name, section in own.items():
            if name not in merged:
                line = min((value.line for value in section.values()), default=None)
                raise PoliciesError(self._path, line, f"{code}: unknown section {name!r}")
            for key, value in section.items():
                if key not in merged[name]:
                    raise PoliciesError(self._path, value.line, f"{code}: unknown key {name}.{key}")
                default = merged[name][key]
                if problem := _mismatch(key, default.value, value.value):
                    raise PoliciesError(self._path, value.line, f"{code}: {name}.{key} {problem}")
                if isinstance(value.value, dict):
                    value = _Value(default.value | value.value, value.line)
                merged[name][key] = value
        return merged

    def _resolve(
        self, shop: dict[str, Any], heads: dict[str, str], sections: _Sections, code: str, node: yaml.Node
    ) -> Section:
        currency = heads["currency"]
        resolved: dict[str, Section] = {}
        for name, section in sections.items():
            values = {}
            for key, value in section.items():
                if isinstance(value.value, dict):
                    if currency not in value.value:
                        raise PoliciesError(
                            self._path,
                            value.line,
                            f"{name}.{key} has no amount in {currency}, the currency of {code}",
                        )
                    values[key] = Money(value.value[currency], currency)
                else:
                    values[key] = value.value
            resolved[name] = Section(values)
        if reserved := resolved.keys() & {"shop", "currency", "region"}:
            raise self._error(node, f"a section cannot be called {min(reserved)!r}")
        return Section({"shop": Section(shop), **heads, **resolved})

    def _check_key(self, key: str, node: yaml.Node) -> None:
        # The keys become attributes of a `Section`, which has some already.
        if key.startswith("_") or hasattr(Mapping, key):
            raise self._error(node, f"{key!r} cannot be a key")

    def _value(self, node: yaml.Node) -> _Value:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            entries = self._mapping(node)
            if not entries or not all(_is_currency(key) for key in entries):
                raise self._error(node, "a mapping must be money: currency codes and amounts")
            return _Value({currency: self._amount(child) for currency, child in entries.items()}, line)
        if isinstance(node, yaml.SequenceNode):
            return _Value(tuple(self._scalar(child) for child in node.value), line)
        return _Value(self._scalar(node), line)

    def _amount(self, node: yaml.Node) -> Decimal:
        # From the text as written: 4.90 is exact.
        try:
            amount = Decimal(self._text(node))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise self._error(node, f"{self._text(node)!r} is not an amount of money")
        return amount

    def _scalar(self, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, "expected a single value")
        try:
            value = _CONSTRUCTOR.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            raise self._error(node, f"{node.value!r} cannot be read: {error}") from error
        if not isinstance(value, str | int | float | bool):
            raise self._error(node, f"{node.value!r} is neither text, number nor true/false")
        return value


_CONSTRUCTOR = yaml.constructor.SafeConstructor()


def _is_currency(key: str) -> bool:
    return len(key) == 3 and key.isascii() and key.isalpha() and key.isupper()


def _mismatch(key: str, default: Any, value: Any) -> str | None:
    """Why an override does not fit the type of the default, if it does not."""
    if isinstance(default, tuple):
        if not isinstance(value, tuple):
            return "must be a list"
        kinds = {type(item) for item in default}
        return None if {type(item) for item in value} <= kinds else "has an item of another kind"
    if isinstance(default, dict) or isinstance(value, dict | tuple):
        return None if isinstance(default, dict) and isinstance(value, dict) else f"must be {_kind(default)}"
    if key.endswith("_percent") and isinstance(default, int | float) and not isinstance(default, bool):
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        fits = type(value) is type(default)
    return None if fits else f"must be {_kind(default)}, not {value!r}"


def _kind(value: Any) -> str:
    match value:
        case dict():
            return "money per currency"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case _:
            return "text"
