"""Reading addresses from messages: `addresses.yml`, the demonstration shop's customers, and any text at all."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shop import Address, AddressFault, AddressField, AddressProblem, address_lines, complete_address, read_address
from shop.demo.customers import load_customers

EXAMPLES = yaml.safe_load(Path(__file__).with_name("addresses.yml").read_text(encoding="utf-8"))
CUSTOMER = "Alex Kim"
COUNTRIES = sorted(EXAMPLES["development"])


def reads(example: dict[str, Any], country: str) -> bool:
    """Whether all fields and problems of an example come out as expected."""
    reading = read_address(example["text"], country, CUSTOMER)
    problems = example.get("problems", [])
    fields = {key: value for key, value in example.items() if key not in ("text", "problems")}
    if not problems:
        fields = {"name": CUSTOMER, "region": None, "extra": None} | fields
    return [f"{p.field} {p.fault}" for p in reading.problems] == problems and all(
        getattr(reading.address, field) == value for field, value in fields.items()
    )


@pytest.mark.parametrize(("part", "least"), [("development", 0.98), ("conversational", 0.93), ("held_out", 0.97)])
def test_accuracy(part: str, least: float) -> None:
    results = [reads(example, country) for country, examples in EXAMPLES[part].items() for example in examples]
    assert sum(results) / len(results) >= least


@pytest.mark.parametrize("country", COUNTRIES)
def test_countries_are_read_well(country: str) -> None:
    missed = [example["text"] for example in EXAMPLES["development"][country] if not reads(example, country)]
    assert not missed


@pytest.mark.parametrize("name", ["Somebody Else", None])
@pytest.mark.parametrize("separator", ["\n", ", "])
def test_an_address_that_is_shown_reads_as_itself(name: str | None, separator: str) -> None:
    for customer in load_customers():
        address = customer.address
        reading = read_address(separator.join(address_lines(address)), address.country, name or customer.name)
        assert reading.complete and reading.address == address


PIECES = st.sampled_from(
    [example["text"] for examples in EXAMPLES["development"].values() for example in examples]
    + ["10115", ":", ",", "(", "Berlin", "号", "上海市", "Name:", "please", "+49 176 04069012", "USA", "#", "c/o"]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5))).map(" ".join))


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from([*COUNTRIES, "AU", "BE", "HK", "IE", "JP", "ZZ", "XX"]))
def test_any_text_can_be_read(text: str, country: str) -> None:
    reading = read_address(text, country, CUSTOMER)
    assert reading.address.country == country
    for field in AddressField:
        assert complete_address(reading.address, field, text).address.country == country


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from(COUNTRIES))
def test_nothing_is_made_up(text: str, country: str) -> None:
    address = read_address(text, country, CUSTOMER).address
    said = "".join(filter(str.isdigit, text))
    figures = [c for field in (address.street, address.postal_code, address.extra or "") for c in field if c.isdigit()]
    assert all(character in said for character in figures)


def partial(**fields: str) -> Address:
    return Address(**{"name": CUSTOMER, "street": "", "city": "", "postal_code": "", "country": "DE", **fields})


@pytest.mark.parametrize(
    ("address", "field", "text", "expected"),
    [
        (
            partial(street="Torstraße", city="Berlin", postal_code="10119"),
            "house_number",
            "118",
            ("street", "Torstraße 118"),
        ),
        (
            partial(street="Torstraße", city="Berlin", postal_code="10119"),
            "house_number",
            "die Nummer ist 118 a",
            ("street", "Torstraße 118 a"),
        ),
        (
            partial(street="Torstraße", city="Berlin", postal_code="10119"),
            "house_number",
            "Torstraße 118",
            ("street", "Torstraße 118"),
        ),
        (
            partial(street="Mill Lane", city="Leeds", postal_code="LS1 5QL", country="GB"),
            "house_number",
            "it's 8",
            ("street", "8 Mill Lane"),
        ),
        (
            partial(street="香港中路", city="青岛市", postal_code="266071", country="CN", region="山东省"),
            "house_number",
            "40号",
            ("street", "香港中路40号"),
        ),
        (partial(street="Torstraße 118", city="Berlin"), "postal_code", "sorry, 10119", ("postal_code", "10119")),
        (
            partial(street="8 Mill Lane", city="Leeds", country="GB"),
            "postal_code",
            "ls15ql",
            ("postal_code", "LS1 5QL"),
        ),
        (partial(street="Torstraße 118", postal_code="10119"), "city", "die Stadt ist Berlin", ("city", "Berlin")),
        (partial(city="Berlin", postal_code="10119"), "street", "Torstraße 118, Hinterhaus", ("extra", "Hinterhaus")),
        (partial(street="9 Elm St", city="Bend", country="US"), "postal_code", "97701", ("region", "OR")),
        (
            partial(street="9 Elm St", city="Bend", country="US", postal_code="97701"),
            "region",
            "Oregon",
            ("region", "OR"),
        ),
        (partial(street="Torstraße"), "house_number", "Neue Schönhauser Str. 3, 10178 Berlin", ("city", "Berlin")),
    ],
)
def test_completing(address: Address, field: str, text: str, expected: tuple[str, str]) -> None:
    reading = complete_address(address, AddressField(field), text)
    assert reading.complete
    assert getattr(reading.address, expected[0]) == expected[1]


@pytest.mark.parametrize(("field", "text"), [("house_number", "das weiß ich nicht"), ("postal_code", "keine Ahnung")])
def test_an_answer_without_the_figure_changes_nothing(field: str, text: str) -> None:
    address = partial(street="Torstraße", city="Berlin")
    assert complete_address(address, AddressField(field), text).address == address


def test_a_city_in_chinese_brings_its_region() -> None:
    address = partial(country="CN", street="武侯区玉林西路66号", postal_code="610041")
    completed = complete_address(address, AddressField.CITY, "四川成都")
    assert completed.complete and (completed.address.region, completed.address.city) == ("四川省", "成都市")


def test_what_is_still_wrong_after_completing() -> None:
    address = partial(street="Torstraße 118", city="Berlin")
    reading = complete_address(address, AddressField.POSTAL_CODE, "1011")
    assert reading.problems == (AddressProblem(AddressField.POSTAL_CODE, AddressFault.INVALID, "1011"),)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ich wohne jetzt in Österreich, Mühlweg 4, 4600 Wels", "AT"),
        ("我搬到法国了", "FR"),
        ("寄到香港九龙弥敦道100号", "HK"),
        ("350 Rideau Street, Ottawa, ON K1N 5Y3, Canada", "CA"),
        ("calle Larios 5, 29005 Málaga, Espagne", "ES"),
    ],
)
def test_another_country_is_reported(text: str, named: str) -> None:
    country = "CN" if "\u4e00" <= text[0] <= "\u9fff" else "US"
    assert read_address(text, country, CUSTOMER).problems == (
        AddressProblem(AddressField.COUNTRY, AddressFault.OTHER_COUNTRY, named),
    )


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("77 Main Street, Atlanta, Georgia 30308", "US"),
        ("Calle Colima 187, Col. México, 06700 Ciudad de México", "MX"),
        ("Michael Jordan\n1901 W Madison St\nChicago, IL 60612", "US"),
        ("12 rue de France, 06000 Nice", "FR"),
    ],
)
def test_names_of_countries_that_mean_something_else(text: str, country: str) -> None:
    assert read_address(text, country, CUSTOMER).complete
