import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.text import fold_width, normalize

ANY_CHARACTER = st.characters()
WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
"""The full-width forms of ASCII's printable characters."""


@given(st.text(ANY_CHARACTER | st.sampled_from(WIDE + "ﬁ㎏½㈱ﾊﾞ…")))
def test_folding_keeps_the_length_of_any_text(text: str) -> None:
    assert len(fold_width(text)) == len(text)


@given(st.text(ANY_CHARACTER | st.sampled_from(WIDE)))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_width(fold_width(text)) == fold_width(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stays_as_it_is(text: str) -> None:
    assert fold_width(text) == text


def test_every_full_width_form_becomes_its_ascii_character() -> None:
    assert fold_width(WIDE) == "".join(map(chr, range(0x21, 0x7F)))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＣ－１０４２３３", "AC-104233"),
        ("订单＃１０４２３３", "订单#104233"),
        ("a\u3000b", "a b"),
        ("①", "1"),
        ("ﬁn", "ﬁn"),  # two characters in NFKC: offsets would move
        ("5㎏", "5㎏"),
        ("Größe", "Größe"),
        ("", ""),
    ],
)
def test_one_character_stands_for_one(text: str, folded: str) -> None:
    assert fold_width(text) == folded


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Where's MY Order", "where's my order"),
        ("where’s my order", "where's my order"),
        ("ＡＣ－１０４２３３", "ac-104233"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("ﬁt", "fit"),
        ("where\x00is\tit\n", "where is it "),
        ("退货\u200b运费", "退货 运费"),
        ("👍", "👍"),
        ("", ""),
    ],
)
def test_the_form_in_which_words_are_compared(text: str, normal: str) -> None:
    assert normalize(text) == normal


@given(st.text(ANY_CHARACTER))
def test_a_normal_form_holds_nothing_that_cannot_be_printed(text: str) -> None:
    assert normalize(text).isprintable()
