"""Markdown as messengers write it, and plain text that stays what it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rendering import plain_to_markdown, to_plain, to_wechat, to_whatsapp
from connectors.rendering.formatting import WORD_JOINER

MARKS = "ab*_`#>|[]()!<&;~+-=.:\\{}%1/ \n"
# Surrogates are no characters, noncharacters are none for interchange, and NUL is none of Markdown's.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0")
WORDS = st.sampled_from(
    ["https://a.example/_b_", "```", "**b**", "1. ", "- ", "> ", "[t](https://u.example)", "&amp;", "AC_104_233"]
)
TEXTS = st.lists(st.one_of(st.text(CHARACTERS, max_size=4), st.sampled_from(MARKS), WORDS), max_size=30).map("".join)


def spaced(text: str) -> str:
    """A text with no white space but one space where there is some."""
    return " ".join(text.split())


def lines(text: str) -> list[str]:
    """The lines of a text that have something in them."""
    return [line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


@given(TEXTS)
def test_plain_text_survives_markdown(text: str) -> None:
    assert lines(to_plain(plain_to_markdown(text))) == lines(text)


@given(TEXTS)
def test_plain_text_survives_on_whatsapp_and_is_not_formatted_there(text: str) -> None:
    written = to_whatsapp(plain_to_markdown(text))
    assert lines(written.replace(WORD_JOINER, "")) == lines(text.replace(WORD_JOINER, ""))
    without_addresses = re.sub(r"https?://\S+", "", written)
    assert not re.search(r"(?<![^\s])([*_~])(?=\S)[^\n]*?\S\1(?!\w)", without_addresses)


@given(TEXTS)
def test_plain_text_survives_on_wechat_without_a_tag(text: str) -> None:
    written = to_wechat(plain_to_markdown(text))
    assert lines(written.replace("＜", "<")) == lines(text.replace("＜", "<"))
    assert not re.search(r"<[A-Za-z/!?]", written)


@given(TEXTS)
def test_any_markdown_can_be_written(text: str) -> None:
    letters = re.compile(r"[^\W\d_]")
    for written in (to_whatsapp(text), to_plain(text), to_wechat(text)):
        assert not re.search("[\ufdd0-\ufdef]", written)
        # Entities, addresses and the languages of code blocks aside, no word is lost.
        if not re.search(r"[&\[\]<:`~\\]", text):
            assert letters.findall(written) == letters.findall(text)


@given(TEXTS)
def test_wechat_knows_no_tag_but_those_of_links(text: str) -> None:
    without_links = re.sub(r'<a href="https?://[^"<>\s]*">([^<]*)</a>', r"|\1|", to_wechat(text))
    assert not re.search(r"<[A-Za-z/!?]", without_links)


@pytest.mark.parametrize(
    ("markdown", "whatsapp"),
    [
        ("**bold** and *italic*, ~~gone~~, `code`", "*bold* and _italic_, ~gone~, ```code```"),
        ("***both***", "_*both*_"),
        ("**one\ntwo**", "*one*\n*two*"),
        ("## Head\nText", "*Head*\nText"),
        ("- a\n- b\n  - c\n\nend", "- a\n- b\n  - c\n\nend"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("Steps:\n1. a\n2. b", "Steps:\n1. a\n2. b"),
        ("> a **b**\n>\n> c", "> a *b*\n>\n> c"),
        ("```python\na = *b*\n\nc\n```", "```a = *b*\n\nc```"),
        ("| a | b |\n| - | - |\n| 1 | **2** |", "a | b\n1 | *2*"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("one  \ntwo\nthree", "one\ntwo\nthree"),
        ("[Terms](https://a.example/t_x_y).", "Terms: https://a.example/t_x_y."),
        ("[https://a.example](https://a.example/)", "https://a.example/"),
        ("[a.example/x](https://a.example/x)", "https://a.example/x"),
        ("请看[条款](https://a.example/t)。", "请看条款：https://a.example/t 。"),
        ("[a](https://a.example/a)b", "a: https://a.example/a b"),
        ("[Write](mailto:a@b.example) or [call](tel:+4930)", "Write: a@b.example or call: +4930"),
        ("<a@b.example>", "a@b.example"),
        ("[here](/returns) [or](javascript:x)", "here [or](javascript:x)"),
        ("![The label](https://a.example/l.png)", "The label: https://a.example/l.png"),
        # A mark behind an address would belong to it.
        ("**[Pay](https://a.example)** **https://a.example**", "Pay: https://a.example https://a.example"),
        ("see https://a.example/_x_/*y*_", "see https://a.example/_x_/*y*_"),
        # WhatsApp sees no marks inside of words, and Chinese has no spaces between them.
        ("un**believ**able 这是**重要**的", "unbelievable 这是重要的"),
        ("**注意**：请看", "*注意*：请看"),
        ("(**a**)", "(*a*)"),
        ("**a *b* c**", "*a _b_ c*"),
        ("**a __b__ c**", "*a b c*"),
        ("**2\\*3**", "2*3"),
        ("Article AC_104_233, 2\\*3\\*4, \\* required", "Article AC_104_233, 2*3*4, * required"),
        ("\\*no\\* \\_emphasis\\_", "\u2060*no* \u2060_emphasis_"),
        ("`` a`b ``", "```a`b```"),
    ],
)
def test_whatsapp(markdown: str, whatsapp: str) -> None:
    assert to_whatsapp(markdown) == whatsapp


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("**bold** [Terms](https://a.example/t)", "bold Terms: https://a.example/t"),
        ("- a\n- b", "• a\n• b"),
        ("```\n*a*\n```", "*a*"),
        ("\\*no\\*", "*no*"),
    ],
)
def test_plain(markdown: str, plain: str) -> None:
    assert to_plain(markdown) == plain


@pytest.mark.parametrize(
    ("markdown", "wechat"),
    [
        ("**您好**，请看[条款](https://a.example/t)。", '您好，请看<a href="https://a.example/t">条款</a>。'),
        ("[a](https://a.example/?b=1&c=2)", '<a href="https://a.example/?b=1&c=2">a</a>'),
        ('[a](https://a.example/"b)', '<a href="https://a.example/%22b">a</a>'),
        ("[https://a.example/b](https://a.example/b)", "https://a.example/b"),
        ("[Write](mailto:a@b.example)", "Write: a@b.example"),
        ('<a href="https://evil.example">x</a>', '＜a href="https://evil.example">x＜/a>'),
        ('<**a href="weixin://bizmsgmenu?msgmenuid=1"**>x</a>', '＜a href="weixin://bizmsgmenu?msgmenuid=1">x＜/a>'),
        ('[<a href="x">](https://a.example)', '<a href="https://a.example">＜a href="x"></a>'),
        ("[</a>b](https://a.example)", '<a href="https://a.example">＜/a>b</a>'),
        ("1 < 2 <3", "1 < 2 <3"),
    ],
)
def test_wechat(markdown: str, wechat: str) -> None:
    assert to_wechat(markdown) == wechat


def test_time_is_linear_in_the_length_of_a_line() -> None:
    # Quadratic time would take minutes.
    line = "*a _b ~c `d " * 20_000
    assert spaced(to_whatsapp(plain_to_markdown(line)).replace(WORD_JOINER, "")) == spaced(line)
