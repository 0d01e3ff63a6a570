"""Addresses in their countries' forms, and what is wrong with them."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from shop import Address, address_lines, check_address


def address(country: str, **fields: str) -> Address:
    return Address(**{"name": "Alex Kim", "street": "", "city": "", "postal_code": "", "country": country, **fields})


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (address("AT", street="Herrengasse 15", city="Graz", postal_code="8010"), ["Herrengasse 15", "8010 Graz"]),
        (
            address("CA", street="2840 Main Street", city="Vancouver", postal_code="V5T 3G2", region="BC"),
            ["2840 Main Street", "Vancouver BC V5T 3G2"],
        ),
        (address("CH", street="Langstrasse 94", city="Zürich", postal_code="8004"), ["Langstrasse 94", "8004 Zürich"]),
        (
            address("ES", street="Carrer Major 14", city="El Prat", postal_code="08820", region="Barcelona"),
            ["Carrer Major 14", "08820 El Prat", "Barcelona"],
        ),
        (
            address("FR", street="27 rue Oberkampf", extra="Bâtiment B", city="Paris", postal_code="75011"),
            ["27 rue Oberkampf", "Bâtiment B", "75011 Paris"],
        ),
        (
            address("GB", street="63 Chatsworth Road", extra="Flat 2", city="London", postal_code="E5 0LH"),
            ["Flat 2", "63 Chatsworth Road", "London", "E5 0LH"],
        ),
        (
            address("IT", street="Via Roma 12", city="Milano", postal_code="20121", region="MI"),
            ["Via Roma 12", "20121 Milano MI"],
        ),
        (
            address("MX", street="Av. Chapultepec 36", extra="Col. Americana", city="Guadalajara", postal_code="44160",
                    region="Jal."),
            ["Av. Chapultepec 36", "Col. Americana", "44160 Guadalajara, Jal."],
        ),
        (address("NL", street="Dam 1", city="Amsterdam", postal_code="1012 JS"), ["Dam 1", "1012 JS Amsterdam"]),
        (address("PL", street="ul. Długa 31/4", city="Kraków", postal_code="31-147"),
         ["ul. Długa 31/4", "31-147 Kraków"]),
        (
            address("US", street="9 Elm St", city="Portland", postal_code="97205", region="OR"),
            ["9 Elm St", "Portland, OR 97205"],
        ),
        (address("AU", street="5 George St", city="Sydney", postal_code="2000", region="NSW"),
         ["5 George St", "Sydney NSW 2000"]),
        (address("XX", street="Street 1", city="Town", postal_code="123"), ["Street 1", "123 Town"]),
    ],
)  # fmt: skip
def test_forms(written: Address, lines: list[str]) -> None:
    assert address_lines(written) == ("Alex Kim", *lines)


@pytest.mark.parametrize("country", sorted(map(str, Locale("en").territories)))
def test_every_country_has_a_form(country: str) -> None:
    written = address_lines(address(country, street="Street 1", city="Town"))
    assert "Alex Kim" in written and "Street 1" in " ".join(written)
    assert all(line.strip() == line and "%" not in line for line in written)


def test_the_recipient_stands_last_in_china() -> None:
    shanghai = address("CN", street="徐汇区安福路189号", extra="2栋1203室", city="上海市", postal_code="200031")
    assert address_lines(shanghai) == ("200031", "上海市", "徐汇区安福路189号", "2栋1203室", "Alex Kim")


GOOD = {
    "DE": address("DE", street="Torstraße 118", city="Berlin", postal_code="10119"),
    "ES": address("ES", street="Calle Mayor 5", city="Madrid", postal_code="28013"),
    "GB": address("GB", street="8 Mill Lane", city="Leeds", postal_code="LS1 5QL"),
    "US": address("US", street="9 Elm St", city="Portland", postal_code="97205", region="OR"),
    "CN": address("CN", street="徐汇区安福路189号", city="上海市", postal_code="200031"),
    "FR": address("FR", street="27 rue Oberkampf", city="Paris", postal_code="75011"),
    "CA": address("CA", street="2840 Main Street", city="Vancouver", postal_code="V5T 3G2", region="BC"),
}


@pytest.mark.parametrize("country", GOOD)
def test_good_addresses_have_no_problems(country: str) -> None:
    assert check_address(GOOD[country]) == []


@pytest.mark.parametrize(
    ("country", "change", "problems"),
    [
        ("DE", {"postal_code": ""}, ["postal_code missing"]),
        ("DE", {"postal_code": "1011"}, ["postal_code invalid"]),
        ("DE", {"city": "", "street": ""}, ["street missing", "city missing"]),
        ("DE", {"street": "Torstraße"}, ["house_number missing"]),
        ("DE", {"street": "Straße des 17. Juni"}, ["house_number missing"]),
        ("DE", {"street": "Packstation 145"}, []),
        ("DE", {"street": "Postfach 10 22 33"}, ["street po_box"]),
        ("GB", {"street": "PO Box 12"}, ["street po_box"]),
        ("US", {"street": "P.O. Box 771"}, ["street po_box"]),
        ("ES", {"street": "Apartado de correos 210"}, ["street po_box"]),
        ("FR", {"street": "BP 123"}, ["street po_box"]),
        ("CN", {"street": "邮政信箱88号"}, ["street po_box"]),
        ("FR", {"extra": "BP 123"}, []),
        ("GB", {"street": "Mill Lane"}, ["house_number missing"]),
        ("GB", {"street": "Mill Lane", "extra": "Rose Cottage"}, []),
        ("GB", {"postal_code": "LS1 5Q"}, ["postal_code invalid"]),
        ("US", {"region": ""}, ["region missing"]),
        ("US", {"region": "Atlantis"}, ["region invalid"]),
        ("US", {"region": "WA"}, ["region mismatch"]),
        ("CA", {"region": "ON"}, ["region mismatch"]),
        ("ES", {"region": "Barcelona"}, ["region mismatch"]),
        ("CN", {"city": "南京市"}, ["region missing"]),
    ],
)
def test_problems(country: str, change: dict[str, str], problems: list[str]) -> None:
    good = GOOD[country]
    fields = {name: getattr(good, name) for name in ("street", "city", "postal_code", "region", "extra")}
    found = check_address(address(country, **{**fields, **change}))
    assert [f"{problem.field} {problem.fault}" for problem in found] == problems


@given(st.sampled_from(sorted(GOOD)), st.text(), st.text(), st.text(), st.text())
def test_any_fields_can_be_checked_and_shown(
    country: str, street: str, city: str, postal_code: str, region: str
) -> None:
    odd = address(country, street=street, city=city, postal_code=postal_code, region=region)
    assert all(problem.value != "" for problem in check_address(odd))
    assert all(address_lines(odd))
