"""Choices as numbered text, and what an answer to it picks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rendering import Choice, Phrases, chosen, numbered, to_wechat, to_whatsapp
from tests.rendering.phrasing import CATALOGUES, ENGLISH

CHOICES = [
    Choice("Track my order", "/track"),
    Choice("Return  something", "/return", "within 30 days"),
    Choice("Größe ändern", "/size"),
]
TEN = [Choice(f"Thing {letter}", f"/{letter}") for letter in "abcdefghij"]


def test_choices_are_numbered_below_their_text() -> None:
    text = numbered("What *shall* we do?", [*CHOICES[:2], Choice("1. a_b*c*", "/x")], ENGLISH)
    assert to_whatsapp(text) == (
        "What _shall_ we do?\n\n1. Track my order\n2. Return something — within 30 days\n3. 1. a_b*c*\n\n"
        "Just reply with the number."
    )
    assert to_wechat(numbered("", CHOICES[:1], Phrases(CATALOGUES, "zh"))) == "1. Track my order\n\n直接回复序号即可。"
    assert numbered("Nothing to choose", [], ENGLISH) == "Nothing to choose"


def test_a_list_in_the_text_keeps_its_own_numbers() -> None:
    written = to_whatsapp(numbered("You have:\n\n1. a jumper\n2. a cap", CHOICES[:2], ENGLISH))
    assert "1. a jumper\n2. a cap" in written and "\n1. Track my order\n2. Return" in written


SECOND = [
    *(
        "2",
        "2.",
        "(2)",
        "2)",
        "[2]",
        "#2",
        "# 2",
        " 2 ",
        "２",
        "（２）",
        "②",
        "❷",
        "⓶",
        "⒉",
        "⑵",
        "2️⃣",
        "２。",
        "2!",
        "2、",
        "02",
        "٢",
    ),
    *(
        "nr 2",
        "Nr. 2",
        "No. 2",
        "nº 2",
        "n° 2",
        "№2",
        "N.º 2",
        "núm. 2",
        "number 2",
        "Number: 2",
        "numéro 2",
        "Numero 2",
    ),
    *(
        "número 2",
        "Nummer 2",
        "option 2",
        "Option zwei",
        "opción 2",
        "choice 2",
        "Auswahl 2",
        "choix 2",
        "la 2",
        "die 2",
    ),
    *(
        "2 please",
        "2, please",
        "2 bitte",
        "2, por favor",
        "2 s'il vous plaît",
        "2 S’il vous plaît",
        "2 svp",
        "2 gracias",
    ),
    *(
        "two",
        "zwei",
        "deux",
        "dos",
        "Two.",
        "ZWO",
        "number two",
        "the second one",
        "second",
        "die zweite",
        "das zweite",
    ),
    *("la deuxième", "el segundo", "la segunda opción"[:10], "2nd", "the 2nd one", "2e", "2ème", "2º", "2ª", "2da"),
    *(
        "二",
        "第二个",
        "第二項"[:2],
        "第二项",
        "第2个",
        "选2",
        "选二",
        "我选2",
        "我选第二个",
        "就第二个吧",
        "2号",
        "二号",
        "选项二",
        "㈡",
        "㊁",
    ),
    *("return something", "RETURN SOMETHING", "Return   something.", "2. Return something", "2 return something"),
    *("2. Return something — within 30 days", "Return something — within 30 days"),
]


@pytest.mark.parametrize("answer", SECOND)
def test_an_answer_picks_the_second(answer: str) -> None:
    assert chosen(answer, CHOICES) is CHOICES[1]


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "",
            " ",
            "?",
            "0",
            "4",
            "11",
            "99",
            "100",
            "2000",
            "-2",
            "+2",
            "2.5",
            "1/2",
            "½",
            "2-3",
            "1,2",
            "1 2",
            "2 3",
            "1 und 2",
        ),
        *(
            "2 items are missing",
            "2 items",
            "2 pieces",
            "order 2",
            "AC-2",
            "AC-104233",
            "104233",
            "2x",
            "x2",
            "2 €",
            "€2",
        ),
        *("I have 2 questions", "not 2", "no 2", "2 or 3", "2 days ago", "day 2", "12 2", "size 2", "2 Artikel fehlen"),
        *("a second", "one second", "un segundo", "une seconde", "eine Sekunde", "first of all", "second thoughts"),
        *("两个", "2个", "两件", "第二天", "第二次", "二手", "二月", "三天", "一共2件", "二十", "十二"),
        *(
            "both",
            "beide",
            "the last one",
            "nothing",
            "Return",
            "something",
            "Größe",
            "2. Track my order",
            "4. Track my order",
        ),
        *(
            "²³",
            "🙂",
            "👍",
            "number",
            "option",
            "the",
            "第",
            "选",
            "twofold",
            "zweifel",
            "zweite Frage",
            "dos veces",
            "2" * 40,
        ),
    ],
)
def test_an_answer_picks_nothing(answer: str) -> None:
    assert chosen(answer, CHOICES) is None


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        *(("10", 10), ("🔟", 10), ("1️⃣0️⃣", 10), ("⑩", 10), ("❿", 10), ("十", 10), ("dix", 10), ("the tenth", 10)),
        *(("acht", 8), ("huitième", 8), ("sept", 7), ("die Siebte", 7), ("fünf", 5), ("fuenf", 5), ("séptima", 7)),
        *(
            ("un", 1),
            ("uno", 1),
            ("eins", 1),
            ("one", 1),
            ("primero", 1),
            ("la première", 1),
            ("le 1er", 1),
            ("第一个", 1),
        ),
        *(("thing c", 3), ("THING J", 10)),
    ],
)
def test_an_answer_picks_one_of_ten(answer: str, place: int) -> None:
    assert chosen(answer, TEN) is TEN[place - 1]


@pytest.mark.parametrize("answer", ["grösse ändern", "GRÖSSE ÄNDERN", "Gro\u0308ße a\u0308ndern", "größe ändern!"])
def test_titles_are_compared_without_case(answer: str) -> None:
    assert chosen(answer, CHOICES) is CHOICES[2]


def test_a_title_that_is_a_number_counts_before_the_place() -> None:
    sizes = [Choice("2", "/two"), Choice("3", "/three"), Choice("4", "/four")]
    assert chosen("2", sizes) is sizes[0]
    assert chosen("1", sizes) is sizes[0]


def test_a_title_that_two_have_picks_neither() -> None:
    twins = [Choice("Jumper", "/a", "navy"), Choice("Jumper", "/b", "grey")]
    assert chosen("jumper", twins) is None
    assert chosen("Jumper — grey", twins) is twins[1]
    assert chosen("2", twins) is twins[1]


@given(st.text(max_size=80))
def test_any_answer_picks_one_or_none(text: str) -> None:
    assert chosen(text, CHOICES) in (None, *CHOICES)


@given(
    st.integers(min_value=0, max_value=10**12), st.text(st.characters(categories=["Ll", "Lu"]), min_size=4, max_size=9)
)
def test_numbers_beside_other_words_pick_nothing(number: int, word: str) -> None:
    spoken = {"bitte", "danke", "please", "option", "number", "merci", "choice", "opción", "numéro", "nummer", "punkt"}
    if word.casefold() not in spoken:
        assert chosen(f"{number} {word} x", TEN) is None


@given(st.integers(min_value=1, max_value=99))
def test_each_number_in_range_picks_its_choice_and_no_other(number: int) -> None:
    expected = TEN[number - 1] if number <= 10 else None
    assert chosen(str(number), TEN) is expected
    assert chosen(f"({number})", TEN) is expected
