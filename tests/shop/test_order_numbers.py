import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import order_digits
from shop.port import email_key


@pytest.mark.parametrize(
    "text",
    [
        "AC-104233",
        "ac104233",
        "#104233",
        "104233",
        "１０４２３３",
        "＃１０４２３３",
        " Ac 104 233. ",
        "١٠٤٢٣٣",
        "①⓪④②③③",
    ],
)
def test_one_number_however_it_is_written(text: str) -> None:
    assert order_digits(text) == "104233"


@pytest.mark.parametrize("text", ["", "AC-", "where is it?", "Ⅷ½"[0], "\x00"])
def test_no_digits(text: str) -> None:
    assert order_digits(text) == ""


@given(
    st.integers(0, 10**30),
    st.text(st.characters(blacklist_categories=["N"])).filter(lambda t: not order_digits(t)),
)
def test_what_surrounds_the_digits_does_not_matter(number: int, noise: str) -> None:
    # NFKC may join the noise with nothing of a plain digit.
    assert order_digits(f"{noise} {number} {noise}") == str(number)


@given(st.integers(0, 10**12))
def test_full_width_digits_are_digits(number: int) -> None:
    wide = "".join(chr(ord(char) - ord("0") + ord("０")) for char in str(number))
    assert order_digits(wide) == str(number)


@given(st.text())
def test_any_text_gives_plain_digits_and_keeps_them(text: str) -> None:
    digits = order_digits(text)
    assert all(char in "0123456789" for char in digits)
    assert order_digits(digits) == digits


def test_email_addresses_as_they_are_compared() -> None:
    assert email_key("  Anna.Lindner@Posteo.EXAMPLE ") == "anna.lindner@posteo.example"
    assert email_key("ａｎｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ") == "anna@mail.example"
    for text in ("", "anna", "an\x00na@mail.example", "\ud800@mail.example"):
        assert email_key(text) == ""
