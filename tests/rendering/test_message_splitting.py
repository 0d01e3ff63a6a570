"""Texts in parts that fit: nothing lost, nothing torn."""

import re

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.rendering import split, to_wechat

CHARACTERS = st.characters(exclude_categories=["Cs"])
WORDS = st.sampled_from(
    [
        *(" ", "\n", "\n\n", ". ", "! ", "。", "，", "word", "字", "AC-104233"),
        *("👩‍👩‍👧", "🇩🇪", "e\u0301", "क्षि", "1️⃣", "\r\n", " \u0301"),
        *("https://a.example/x?y=1", '<a href="https://a.example/x">a title</a>', "*bold text*"),
    ]
)
TEXTS = st.lists(st.one_of(st.text(CHARACTERS, max_size=5), WORDS), max_size=40).map("".join)


def utf8(text: str) -> int:
    return len(text.encode())


def clusters(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@given(TEXTS, st.integers(min_value=1, max_value=60))
def test_parts_fit_and_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    at = 0
    for part in parts:
        found = text.index(part, at)
        assert text[at:found].strip() == ""
        at = found + len(part)
    assert text[at:].strip() == ""


@given(TEXTS, st.integers(min_value=4, max_value=80))
def test_bytes_are_counted_where_they_are_what_counts(text: str, limit: int) -> None:
    parts = split(text, limit, utf8)
    assert all(0 < utf8(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(TEXTS, st.integers(min_value=30, max_value=60))
@example(" \u0301" * 40, 31)
def test_no_grapheme_cluster_is_cut(text: str, limit: int) -> None:
    whole = clusters(text)
    if max(map(len, whole), default=0) > limit:
        return  # It has to be cut.
    parts = [cluster for part in split(text, limit) for cluster in clusters(part)]
    assert [each for each in parts if not each.isspace()] == [each for each in whole if not each.isspace()]


@given(TEXTS, st.integers(min_value=45, max_value=90))
def test_addresses_and_links_that_fit_are_whole(text: str, limit: int) -> None:
    for pattern in (r'<a href="[^"\n]*">[^<\n]*</a>', r"(?<!\S)https?://[!-;=?-Z_a-z~]+(?!\S)"):
        found = [match[0] for match in re.finditer(pattern, text) if len(match[0]) <= 30]
        parts = split(text, limit)
        assert [each for each in found if not any(each in part for part in parts)] == []


@given(TEXTS)
def test_a_text_that_fits_is_one_part(text: str) -> None:
    assert len(split(text, max(1, len(text)))) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 5, []),
        (" \n\n ", 5, []),
        ("One two.\nThree four.\n\nFive six.", 26, ["One two.\nThree four.", "Five six."]),
        ("One two.\nThree four. Five six.", 22, ["One two.", "Three four. Five six."]),
        ("One two. Three four, five six.", 22, ["One two.", "Three four, five six."]),
        (
            "Order 12. Please, ask z. B. Dr. Wolle about it. Thanks.",
            50,
            ["Order 12. Please, ask z. B. Dr. Wolle about it.", "Thanks."],
        ),
        ("您好。您的订单已发货！请查收。", 8, ["您好。", "您的订单已发货！", "请查收。"]),
        ("您的订单已经发货，请您注意查收包裹", 12, ["您的订单已经发货，", "请您注意查收包裹"]),
        ("订单AC-104233已经发货", 8, ["订单AC-104", "233已经发货"]),
        ("订单AC-104233已经发货", 9, ["订单", "AC-104233", "已经发货"]),
        ("Donaudampfschifffahrt", 8, ["Donaudam", "pfschiff", "fahrt"]),
        ("a https://a.example/b c", 19, ["a", "https://a.example/b", "c"]),
        ("see *the bold text* there", 16, ["see", "*the bold text*", "there"]),
        ("👩‍👩‍👧👩‍👩‍👧", 7, ["👩‍👩‍👧", "👩‍👩‍👧"]),
        ("👩‍👩‍👧", 2, ["👩\u200d", "👩\u200d", "👧"]),
        # Nothing is said in a part of its own only because it is a paragraph.
        (
            "Hello,\n\nthis goes on for quite a while. And on.",
            42,
            ["Hello,\n\nthis goes on for quite a while.", "And on."],
        ),
    ],
)
def test_cuts(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


def test_links_of_wechat_are_whole() -> None:
    text = to_wechat("您好" * 20 + "[请看这里的条款 和 说明](https://a.example/terms)" + "谢谢" * 20)
    parts = split(text, 200, utf8)
    assert sum('<a href="https://a.example/terms">请看这里的条款 和 说明</a>' in part for part in parts) == 1
    assert "".join(parts) == text


@pytest.mark.parametrize(("text", "limit"), [("a", 0), ("好", 2), ("👧", 3)])
def test_a_limit_for_which_characters_are_too_large_is_an_error(text: str, limit: int) -> None:
    with pytest.raises(ValueError, match="cut"):
        split(text, limit, utf8)


def test_long_texts_take_little_time() -> None:
    # Quadratic time would take minutes.
    text = "A sentence of some words, and more. " * 10_000
    assert " ".join(split(text, 1024)) == text.strip()
    assert len(split("*" * 100_000, 4096)) == 25
