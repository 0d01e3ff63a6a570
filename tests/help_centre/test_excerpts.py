import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from help_centre.excerpts import LENGTH, Highlighter

LONG = "Words that nobody asked for. " * 20


def excerpt(query: str, text: str, language: str = "en") -> str:
    return str(Highlighter(query, language).excerpt(text))


@pytest.mark.parametrize(
    ("language", "query", "text", "marked"),
    [
        ("en", "do I need the receipt", "Receipts help.", "<mark>Receipts</mark> help."),
        ("de", "gibt es Erstattungen?", "Die Erstattung dauert.", "Die <mark>Erstattung</mark> dauert."),
        ("es", "devolución", "Las devoluciones, gratis.", "Las <mark>devoluciones</mark>, gratis."),
        ("fr", "échanger", "Pour echanger, écrivez.", "Pour <mark>echanger</mark>, écrivez."),
        ("zh", "发票怎么开", "开具发票要三天。", "开具<mark>发票</mark>要三天。"),
        ("en", "is it on", "It is on.", "<mark>It</mark> <mark>is</mark> <mark>on</mark>."),
        ("en", "nothing of this", "Receipts help.", "Receipts help."),
        ("en", "", "Receipts help.", "Receipts help."),
        ("zh", "", "开具发票", "开具发票"),
    ],
)
def test_words_are_marked_in_whatever_form_they_have(language: str, query: str, text: str, marked: str) -> None:
    assert excerpt(query, text, language) == marked


def test_markup_stays_text() -> None:
    assert excerpt("bold", "<b>bold</b> & more") == "&lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; more"


def test_a_long_text_is_cut_around_the_first_word() -> None:
    found = excerpt("receipt", f"{LONG}The receipt is not needed. {LONG}")
    assert found.startswith("…") and found.endswith("…")
    assert "The <mark>receipt</mark> is not needed." in found
    assert len(found) <= LENGTH + len("……<mark></mark>")


def test_a_long_text_without_spaces_is_cut() -> None:
    found = excerpt("发票", "很长的句子，" * 60 + "发票", "zh")
    assert found.startswith("…") and "<mark>发票</mark>" in found


def test_the_text_with_the_most_words_is_the_best() -> None:
    highlighter = Highlighter("return without a receipt", "en")
    assert highlighter.best(["A receipt.", "Return it without receipts.", "Return, return, return."]) == (
        "Return it without receipts."
    )
    assert highlighter.best(["First.", "Second."]) == "First."
    assert highlighter.best([]) == ""


@given(st.text(max_size=40), st.text(max_size=600), st.sampled_from(("de", "zh", "it")))
def test_an_excerpt_is_a_part_of_the_text(query: str, text: str, language: str) -> None:
    found = excerpt(query, text, language)
    plain = html.unescape(found.replace("<mark>", "").replace("</mark>", ""))
    assert plain.removeprefix("…").removesuffix("…") in text or plain in text
    assert len(plain) <= LENGTH + 2
