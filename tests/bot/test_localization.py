from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot import values
from bot.localization import (
    CatalogueError,
    Catalogues,
    catalogue_file,
    country_name,
    join,
    language_code,
    language_name,
    plain,
)
from shop import Money

LANGUAGES = ("en", "de", "es", "fr", "zh")

HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals};\\n"

"""
TWO_FORMS = "nplurals=2; plural=(n != 1)"


def write(folder: Path, language: str, messages: str, plurals: str = TWO_FORMS) -> Path:
    path = catalogue_file(folder, language)
    path.parent.mkdir(parents=True)
    path.write_text(HEADER.format(plurals=plurals) + messages, encoding="utf-8")
    return path


def spaced(text: str) -> str:
    """CLDR's spaces of many widths as plain ones."""
    return text.translate(dict.fromkeys(map(ord, "\xa0\u202f\u2009"), " "))


@pytest.fixture
def catalogues(tmp_path: Path) -> Catalogues:
    write(
        tmp_path,
        "de",
        """\
msgctxt "utter_paid"
msgid "paid"
msgstr "ist bezahlt"

msgctxt "utter_status_paid"
msgid "paid"
msgstr "bezahlt"

msgctxt "utter_orders"
msgid "{count} order"
msgid_plural "{count} orders"
msgstr[0] "{count} Bestellung"
msgstr[1] "{count} Bestellungen"

msgctxt "utter_open"
msgid "open"
msgstr ""

#, fuzzy
msgctxt "utter_unsure"
msgid "unsure"
msgstr "vielleicht"
""",
    )
    write(
        tmp_path,
        "zh",
        """\
msgctxt "utter_orders"
msgid "{count} order"
msgid_plural "{count} orders"
msgstr[0] "{count}个订单"
""",
        plurals="nplurals=1; plural=0",
    )
    return Catalogues(tmp_path)


def test_a_catalogue_is_found_by_the_folder_of_its_language(catalogues: Catalogues) -> None:
    assert catalogues.languages == ["de", "zh"]


def test_the_same_words_are_different_messages_in_different_contexts(catalogues: Catalogues) -> None:
    assert catalogues.text("de", "utter_paid", "paid") == "ist bezahlt"
    assert catalogues.text("de", "utter_status_paid", "paid") == "bezahlt"


@pytest.mark.parametrize(
    ("language", "context", "message"),
    [
        ("de", "utter_other", "paid"),
        ("de", "utter_paid", "not there"),
        ("de", "utter_open", "open"),
        ("de", "utter_unsure", "unsure"),
        ("zh", "utter_paid", "paid"),
        ("xx", "utter_paid", "paid"),
    ],
)
def test_without_a_translation_a_message_is_said_as_it_is(
    catalogues: Catalogues, language: str, context: str, message: str
) -> None:
    assert catalogues.text(language, context, message) == message


@pytest.mark.parametrize(
    ("language", "count", "form"),
    [
        ("de", 0, "{count} Bestellungen"),
        ("de", 1, "{count} Bestellung"),
        ("de", 2, "{count} Bestellungen"),
        ("zh", 1, "{count}个订单"),
        ("zh", 5, "{count}个订单"),
        ("xx", 1, "{count} order"),
        ("xx", 0, "{count} orders"),
    ],
)
def test_a_plural_has_the_form_of_its_language(catalogues: Catalogues, language: str, count: int, form: str) -> None:
    assert catalogues.plural(language, "utter_orders", "{count} order", "{count} orders", count) == form


@pytest.mark.parametrize("count", [1, 2])
def test_a_plural_without_translation_is_said_in_english(catalogues: Catalogues, count: int) -> None:
    assert catalogues.plural("de", "utter_parcels", "parcel", "parcels", count) == ("parcel", "parcels")[count - 1]


@pytest.mark.parametrize(
    ("messages", "line"),
    [
        ("garbage\n", 6),
        ('msgctxt "a"\nmsgid "x"\nmsgstr "y"\ngarbage here\n', 9),
        ('msgid "x"\n\nmsgid "y"\nmsgstr "z"\n', 6),
        ('msgid "x"\nmsgid_plural "xs"\nmsgstr[0] "1"\nmsgstr[1] "2"\nmsgstr[2] "3"\n', 6),
    ],
)
def test_a_broken_catalogue_is_named_with_its_line(tmp_path: Path, messages: str, line: int) -> None:
    path = write(tmp_path, "de", messages)
    with pytest.raises(CatalogueError) as caught:
        Catalogues(tmp_path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_catalogue_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "de", 'msgid "x"\nmsgstr "y"\n')
    path.write_bytes(path.read_bytes().replace(b'"y"', b'"\xe9"'))
    with pytest.raises(CatalogueError, match="not UTF-8") as caught:
        Catalogues(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [("(n != 1)", "(n !!! 1)"), ("utf-8", "klingon"), ('msgstr[0] "1"', 'msgstr[x] "1"')],
)
def test_a_broken_header_or_form_is_named_too(tmp_path: Path, old: str, new: str) -> None:
    path = write(tmp_path, "de", 'msgid "x"\nmsgid_plural "xs"\nmsgstr[0] "1"\nmsgstr[1] "2"\n')
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        Catalogues(tmp_path)
    assert str(caught.value).startswith(f"{path}:")


def test_a_string_that_is_not_closed_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "de", 'msgid "x"\nmsgstr "y\n')
    with pytest.raises(CatalogueError) as caught:
        Catalogues(tmp_path)
    assert str(caught.value).startswith(f"{path}:7: ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("deutsch", "de"),
        ("auf Deutsch", "de"),
        ("ALEMÁN", "de"),
        ("aleman", "de"),
        ("allemand", "de"),
        ("德语", "de"),
        ("can we speak French please", "fr"),
        ("francais", "fr"),
        ("  Español ", "es"),
        ("中文", "zh"),
        ("普通话", "zh"),
        ("mandarin", "zh"),
        ("kiswahili", "sw"),
        ("en", "en"),
    ],
)
def test_a_language_is_known_by_its_name_in_any_served_language_and_its_own(text: str, code: str) -> None:
    assert language_code(text, LANGUAGES) == code


@pytest.mark.parametrize("text", ["", "   ", "lamp", "xx", "104233", "👍"])
def test_what_names_no_language(text: str) -> None:
    assert language_code(text, LANGUAGES) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("named", [*LANGUAGES, "it", "pt", "ja", "ar"])
def test_the_name_of_a_language_names_it(language: str, named: str) -> None:
    assert language_code(language_name(named, language), LANGUAGES) == named
    assert language_code(language_name(named), LANGUAGES) == named


def test_names_of_languages() -> None:
    assert [language_name("fr", language) for language in LANGUAGES] == [
        "French",
        "Französisch",
        "francés",
        "français",
        "法语",
    ]
    assert [language_name(code) for code in LANGUAGES] == ["English", "Deutsch", "Español", "Français", "中文"]


@pytest.mark.parametrize("code", ["zz", "not a code", ""])
def test_a_language_without_a_name_is_called_by_its_code(code: str) -> None:
    assert language_name(code) == code
    assert language_name(code, "de") == code


def test_names_of_countries() -> None:
    assert [country_name("CH", language) for language in LANGUAGES] == [
        "Switzerland",
        "Schweiz",
        "Suiza",
        "Suisse",
        "瑞士",
    ]
    assert country_name("??", "de") == "??"


WRITTEN: list[tuple[Any, tuple[str, str, str, str, str]]] = [
    (
        values.money(Money(Decimal("1234.50"), "EUR")),
        ("€1,234.50", "1.234,50 €", "1.234,50 €", "1 234,50 €", "€1,234.50"),
    ),
    (
        values.money(Money(Decimal("10"), "CHF")),
        ("CHF 10.00", "10,00 CHF", "10,00 CHF", "10,00 CHF", "CHF 10.00"),
    ),
    (
        values.day(date(2026, 3, 9)),
        ("March 9, 2026", "9. März 2026", "9 de marzo de 2026", "9 mars 2026", "2026年3月9日"),
    ),
    (
        values.days(date(2026, 3, 9), date(2026, 3, 12)),
        ("Mar 9 – 12, 2026", "9.–12. März 2026", "9–12 de marzo de 2026", "9–12 mars 2026", "2026年3月9日至12日"),
    ),
    (
        values.days(date(2026, 3, 9), date(2026, 3, 9)),
        ("March 9, 2026", "9. März 2026", "9 de marzo de 2026", "9 mars 2026", "2026年3月9日"),
    ),
    (
        values.moment(datetime(2026, 3, 9, 23, 30, tzinfo=UTC), "Europe/Berlin"),
        (
            "Mar 10, 2026, 12:30 AM",
            "10. März 2026, 00:30",
            "10 mar 2026, 0:30",
            "10 mars 2026, 00:30",
            "2026年3月10日 00:30",
        ),
    ),
    (values.language("fr"), ("French", "Französisch", "francés", "français", "法语")),
    (values.language("fr", own=True), ("Français",) * 5),
    (values.country("US"), ("United States", "Vereinigte Staaten", "Estados Unidos", "États-Unis", "美国")),
    (values.names({"en": "lamp", "de": "Lampe", "zh": "灯"}), ("lamp", "Lampe", "lamp", "lamp", "灯")),
    (12345, ("12,345", "12.345", "12.345", "12 345", "12,345")),
    (Decimal("0.25"), ("0.25", "0,25", "0,25", "0,25", "0.25")),
    ("AC-104233", ("AC-104233",) * 5),
    (None, ("",) * 5),
]


@pytest.mark.parametrize(("value", "written"), WRITTEN)
def test_a_value_is_written_as_each_language_writes_it(value: Any, written: tuple[str, ...]) -> None:
    assert tuple(spaced(plain(value, language)) for language in LANGUAGES) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_span_of_days_shows_both_years(language: str) -> None:
    written = plain(values.days(date(2026, 12, 30), date(2027, 1, 2)), language)
    assert "2026" in written
    assert "2027" in written


@pytest.mark.parametrize("currency", ["USD", "JPY", "CHF", "PLN"])
def test_money_has_the_decimals_of_its_currency(currency: str) -> None:
    written = plain(values.money(Money(Decimal("1500"), currency)), "en")
    assert written.endswith("1,500" if currency == "JPY" else "1,500.00")


def test_a_language_without_cldr_data_is_written_as_english() -> None:
    assert plain(values.day(date(2026, 3, 9)), "xx") == "March 9, 2026"


def test_an_unknown_kind_of_value_is_an_error() -> None:
    with pytest.raises(ValueError, match="colour"):
        plain({"kind": "colour"}, "en")


@pytest.mark.parametrize(
    ("language", "joined"),
    [("en", "a, b, and c"), ("de", "a, b und c"), ("es", "a, b y c"), ("fr", "a, b et c"), ("zh", "a、b和c")],
)
def test_things_are_joined_as_the_language_joins_them(language: str, joined: str) -> None:
    assert join(["a", "b", "c"], language) == joined
    assert join(iter(["a"]), language) == "a"
    assert join([], language) == ""
