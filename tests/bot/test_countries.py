import pytest

from bot.countries import mentioned_country, region_of


@pytest.mark.parametrize(
    ("text", "language", "country"),
    [
        ("what about Canada?", "en", "CA"),
        ("and in the US", "en", "US"),
        ("do you ship to the u.k", "en", "GB"),
        ("to Papua New Guinea", "en", "PG"),
        ("und nach Österreich?", "de", "AT"),
        ("und nach osterreich", "de", "AT"),
        ("in den Niederlanden", "de", "NL"),
        ("in die USA", "de", "US"),
        ("y a EE. UU.", "es", "US"),
        ("¿y en mexico?", "es", "MX"),
        ("et aux Pays-Bas ?", "fr", "NL"),
        ("vers les etats-unis", "fr", "US"),
        ("那寄到加拿大呢", "zh", "CA"),
        ("香港可以吗", "zh", "HK"),
        ("does it work in Germany", "zh", "DE"),
        ("from France to Spain", "en", "ES"),
    ],
)
def test_a_country_is_found_by_the_names_people_use(text: str, language: str, country: str) -> None:
    assert mentioned_country(text, language) == country


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("tell us more", "en"),
        ("is the jersey washable", "en"),
        ("your warehouse in New Jersey", "en"),
        ("darf man das", "de"),
        ("una reunión", "es"),
        ("c'est pour maurice", "fr"),
        ("多少钱", "zh"),
        ("", "en"),
    ],
)
def test_other_words_are_no_countries(text: str, language: str) -> None:
    assert mentioned_country(text, language) is None


@pytest.mark.parametrize(
    ("locale", "country"),
    [
        ("de-AT", "AT"),
        ("de_at", "AT"),
        ("zh-Hans-CN", "CN"),
        ("es-419", None),
        ("en", None),
        ("", None),
        (None, None),
        ("?", None),
    ],
)
def test_the_country_of_a_locale(locale: str | None, country: str | None) -> None:
    assert region_of(locale) == country
