from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.nlu.patterns import blank, find, mask
from bot.nlu.text import fold_width
from shop import order_digits

# What values are made of, so that most of the texts hold some.
PIECES = st.sampled_from(
    [
        "AC-104233",
        "#104233",
        "104233",
        "ＡＣ－１０４２３３",
        "anna@mail.example",
        "@",
        "+49 170 1234567",
        "€",
        "12,50",
        "元",
        "$",
        "RR123456789NL",
        "1Z999AA10123456784",
        "99.00.123456.78901234",
        "12.03.2026",
        "code",
        "验证码",
        "单号",
        "1234567890",
        "482 913",
        " ",
        "-",
        ".",
        "(",
        "#",
        "AC",
        "１２",
        "①",
        "订单",
        "x",
        "0",
    ]
)
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


def values(text: str) -> list[tuple[str, str]]:
    """Type and value of everything that is found."""
    return [(match.entity, text[match.start : match.end]) for match in find(text)]


@pytest.mark.parametrize(
    "number",
    [
        "AC-104233",
        "ac104233",
        "Ac 104233",
        "#104233",
        "104233",
        "#AC-104233",
        "AC#104233",
        "AC–104233",
        "ac_104233",
        "ＡＣ－１０４２３３",
        "ａｃ１０４２３３",
        "＃１０４２３３",
        "１０４２３３",
    ],
)
@pytest.mark.parametrize(
    "sentence",
    [
        "{}",
        "{}.",
        "({})",
        "where is {}?",
        "¿dónde está mi pedido {}?",
        "wo ist {}, bitte",
        "Bestellung: {}",
        "commande n°{}",
        "我的订单{}到哪了",
        "订单号是{}。",
        "我的订单号：{}，谢谢",
    ],
)
def test_an_order_number_in_every_form_is_found_as_it_stands(number: str, sentence: str) -> None:
    text = sentence.format(number)
    assert values(text) == [("order_number", number)]
    assert order_digits(number) == "104233"


@pytest.mark.parametrize(
    "text",
    [
        "Nr.104233",
        "pedido nº104233",
        "n°104233",
        "№104233",
    ],
)
def test_an_order_number_right_after_its_abbreviation_is_found(text: str) -> None:
    assert values(text) == [("order_number", "104233")]


@pytest.mark.parametrize("hyphen", ["\N{NON-BREAKING HYPHEN}", "\N{HYPHEN}", "\N{MINUS SIGN}"])
def test_an_order_number_has_any_hyphen(hyphen: str) -> None:
    assert values(f"where is AC{hyphen}104233?") == [("order_number", f"AC{hyphen}104233")]


def test_several_order_numbers_are_found_in_their_order() -> None:
    assert values("AC-104233, #118204/AC-104877 and 120991") == [
        ("order_number", "AC-104233"),
        ("order_number", "#118204"),
        ("order_number", "AC-104877"),
        ("order_number", "120991"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "size 42",
        "iPhone 15",
        "10423",
        "1042333",
        "104233.50",
        "104233%",
        "AC-",
        "#",
        "A104233",
        "20%",
        "12.03.2026",
        "2026-03-12",
        "1/2/2026",
        "a@b",
        "@",
        "1234",
    ],
)
def test_what_has_none_of_the_shapes_is_no_value(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna@mail.example", "anna@mail.example"),
        ("write to Anna.Lindner+shop@posteo.co.uk, please", "Anna.Lindner+shop@posteo.co.uk"),
        ("it's o_k-1%x@a-b.example.", "o_k-1%x@a-b.example"),
        ("我的邮箱是anna@mail.example谢谢", "anna@mail.example"),
        ("ａｎｎａ１２＠ｍａｉｌ．ｅｘａｍｐｌｅ", "ａｎｎａ１２＠ｍａｉｌ．ｅｘａｍｐｌｅ"),
        ("anna＠mail.example", "anna＠mail.example"),
        ("jürgen@mail.example", "jürgen@mail.example"),
        ("anna@müller.example", "anna@müller.example"),
    ],
)
def test_an_email_address(text: str, address: str) -> None:
    assert values(text) == [("email", address)]


def test_an_order_number_inside_an_email_address_is_part_of_it() -> None:
    assert values("104233@mail.example") == [("email", "104233@mail.example")]


@pytest.mark.parametrize(
    "number",
    [
        "RR123456789NL",
        "rr123456789nl",
        "ＲＲ１２３４５６７８９ＮＬ",
        "1Z999AA10123456784",
        "JD014600006281",
        "3SABCD4820193",
        "SF1234567890123",
        "00340434161094042557",
        "99.00.123456.78901234",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "where is {}?", "运单{}到哪了"])
def test_a_tracking_number(number: str, sentence: str) -> None:
    assert values(sentence.format(number)) == [("tracking_number", number)]


def test_ten_digits_are_a_tracking_number_where_one_is_spoken_of_and_a_phone_number_elsewhere() -> None:
    assert values("my tracking is 1234567890") == [("tracking_number", "1234567890")]
    assert values("顺丰单号1234567890") == [("tracking_number", "1234567890")]
    assert values("call me: 1234567890") == [("phone", "1234567890")]


@pytest.mark.parametrize(
    "number",
    [
        "+49 170 1234567",
        "+1 (212) 555-0147",
        "(212) 555-0147",
        "0170 1234567",
        "030/1234567",
        "06 12 34 56 78",
        "555-0147",
        "13812345678",
        "１３８１２３４５６７８",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "call {} please", "手机{}"])
def test_a_phone_number(number: str, sentence: str) -> None:
    assert values(sentence.format(number)) == [("phone", number)]


@pytest.mark.parametrize(
    "amount",
    [
        "49,90 €",
        "€49.90",
        "$1,299.00",
        "£5",
        "CHF 120",
        "USD 20",
        "12 euros",
        "20 zł",
        "HK$500",
        "￥129",
        "129元",
        "１２９元",
        "12块",
        "1.299,00 €",
        "104233€",
        "1 299,00 €",
    ],
)
def test_an_amount(amount: str) -> None:
    assert values(f"I paid {amount} for it") == [("amount", amount)]
    assert values(f"付了{amount}") == [("amount", amount)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("my code is 482913", "482913"),
        ("the code: 1234", "1234"),
        ("482 913 is the code", "482 913"),
        ("code 48 29 13", "48 29 13"),
        ("Der Sicherheitscode lautet 482913", "482913"),
        ("mi código es 4829", "4829"),
        ("验证码４８２９１３", "４８２９１３"),
    ],
)
def test_digits_are_a_code_where_one_is_announced(text: str, code: str) -> None:
    assert values(text) == [("code", code)]


def test_an_order_number_that_says_so_is_none_beside_the_word_code() -> None:
    assert values("code for AC-104233: 482913") == [("order_number", "AC-104233"), ("code", "482913")]


def test_values_of_every_kind_in_one_message() -> None:
    text = "AC-104233, anna@mail.example, +49 170 1234567, RR123456789NL, 49,90 €"
    assert [entity for entity, _ in values(text)] == ["order_number", "email", "phone", "tracking_number", "amount"]


@given(TEXTS)
@example("@" * 50)
@example("1" * 200)
@example("\x00104233\ud800")
def test_every_match_is_a_piece_of_the_text_and_none_overlap(text: str) -> None:
    matches = find(text)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    assert all(before.end <= after.start for before, after in pairwise(matches))


@given(TEXTS)
def test_every_value_holds_a_digit_or_an_at_sign(text: str) -> None:
    for match in find(text):
        value = fold_width(text[match.start : match.end])
        assert "@" in value or any(character.isdigit() for character in value)


def test_mask_puts_the_type_in_place_of_each_value() -> None:
    assert mask("where is AC-104233?").split() == ["where", "is", "ordernumber", "?"]
    assert mask("anna@mail.example #104233").split() == ["email", "ordernumber"]
    assert mask("订单１０４２３３到哪了").split() == ["订单", "ordernumber", "到哪了"]
    assert mask("nothing in here") == "nothing in here"


def test_blank_leaves_the_values_out() -> None:
    assert blank("where is AC-104233?").split() == ["where", "is", "?"]
    assert blank("anna@mail.example #104233").split() == []
    assert blank("nothing in here") == "nothing in here"


@given(st.integers(100_000, 999_999), st.integers(100_000, 999_999))
def test_messages_that_differ_by_the_order_number_mask_to_the_same(one: int, other: int) -> None:
    assert mask(f"where is AC-{one}?") == mask(f"where is AC-{other}?")


@given(TEXTS)
def test_blank_keeps_everything_that_is_no_value(text: str) -> None:
    kept = list(text)
    for match in reversed(find(text)):
        kept[match.start : match.end] = " "
    assert blank(text).split() == "".join(kept).split()
