"""What a number, or a user id, tells of a customer's language."""

import pytest

from connectors.whatsapp.countries import locale_of


@pytest.mark.parametrize(
    ("sender", "locale"),
    [
        ("4917604069042", "de-DE"),
        ("430000000000", "de-AT"),
        ("410000000000", "de-CH"),
        ("447700900123", "en-GB"),
        ("12025550123", "en-US"),
        ("33639980012", "fr-FR"),
        ("340000000000", "es-ES"),
        ("520000000000", "es-MX"),
        ("8600000000000", "zh-CN"),
        ("852000000000", "zh-HK"),
        ("DE.13491208655302741918", "de-DE"),
        ("CN.ENT.11815799212886844830", "zh-CN"),
    ],
)
def test_a_country_has_a_language(sender: str, locale: str) -> None:
    assert locale_of(sender) == locale


@pytest.mark.parametrize("sender", ["99912345678", "88213000000", "1", "", "XX.13491208655302741918"])
def test_what_has_no_country_has_no_language(sender: str) -> None:
    assert locale_of(sender) is None
