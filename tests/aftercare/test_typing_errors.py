from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from aftercare.typing_errors import with_typing_error

SIGNS = " .,!?'-#@:/0123456789"
SPACED = st.text(st.sampled_from("abcdefgstzABÄäöüßéèñçœ" + SIGNS), max_size=30)
CHINESE = st.text(st.sampled_from("我的订单到哪了帮取消退货换色蓝牙耳机，。？ 0123456789"), max_size=20)
WORDS = st.text(st.sampled_from("abcdefgstzABÄäöüßéñ"), min_size=1, max_size=6)
SEEDS = st.integers(0, 2**32 - 1)


def typed(text: str, seed: int, *spared: str) -> str:
    return with_typing_error(text, np.random.default_rng(seed), spared)


def distance(one: str, other: str) -> int:
    """How many letters were left out, added or exchanged, or swapped with the next one."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            costs = [rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b)]
            if i > 1 and j > 1 and (a, one[i - 2]) == (other[j - 2], b):
                costs.append(rows[i - 2][j - 2] + 1)
            row.append(min(costs))
        rows.append(row)
    return rows[-1][-1]


def letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


@pytest.mark.parametrize(
    ("one", "other", "n"),
    [("order", "order", 0), ("order", "odrer", 1), ("order", "oder", 1), ("order", "orrder", 1), ("order", "rodre", 2)],
)
def test_the_distance_that_is_measured_with_is_right(one: str, other: str, n: int) -> None:
    assert distance(one, other) == distance(other, one) == n


@given(SPACED | CHINESE, SEEDS)
def test_there_is_one_error_at_most(text: str, seed: int) -> None:
    assert distance(text, typed(text, seed)) <= 1


@pytest.mark.parametrize("text", ["where is my order", "Wo bleibt die Größe 42?", "我的订单到哪了"])
def test_there_nearly_always_is_one(text: str) -> None:
    """A letter may be swapped with its like, or exchanged for itself."""
    assert sum(typed(text, seed) != text for seed in range(200)) > 180


def test_every_kind_of_error_happens() -> None:
    results = Counter(typed("abc", seed) for seed in range(500))
    assert {"bc", "ac", "ab"} <= set(results), "left out"
    assert {"aabc", "abbc", "abcc"} <= set(results), "twice"
    assert {"bac", "acb"} <= set(results), "in the wrong order"
    assert {result for result in results if len(result) == 3} - {"abc", "bac", "acb"}, "another one"


@given(SPACED | CHINESE, SEEDS)
@example("Straße 104233 abc", 3)
@example("abc-104233", 2)
def test_digits_and_signs_stay_where_they_are(text: str, seed: int) -> None:
    result = typed(text, seed)
    signs = re.sub(r"[^\W\d_]", "", text)
    assert re.sub(r"[^\W\d_]", "", result) == signs
    if len(result) == len(text):
        assert all(
            before.isalpha() and after.isalpha() for before, after in zip(text, result, strict=True) if before != after
        )


@given(SPACED, WORDS, SPACED, SEEDS)
@example("Größe und ", "Straße", "", 0)
@example("", "ab", "cdefg", 0)
def test_a_spared_word_is_left_alone(before: str, word: str, after: str, seed: int) -> None:
    assume(word.casefold() not in (before + after).casefold())
    result = typed(before + word + after, seed, word.casefold())
    assert result.startswith(before + word) or result.endswith(word + after)


@pytest.mark.parametrize(
    ("text", "spared"),
    [("我要退那双靴子", "靴子"), ("AC104233 bitte", "104233"), ("die blaue Straße", "blaue straße".casefold())],
)
def test_no_letter_changes_places_with_a_spared_one(text: str, spared: str) -> None:
    assert all(spared in typed(text, seed, spared).casefold() for seed in range(300))


@given(WORDS, SEEDS)
def test_where_all_is_spared_nothing_changes(word: str, seed: int) -> None:
    assert typed(f"{word}, {word}!", seed, word.casefold()) == f"{word}, {word}!"


@given(SPACED | CHINESE, SEEDS)
@example("ok", 0)
@example("", 0)
@example("AC-104233", 0)
def test_a_text_of_fewer_than_three_letters_stays_as_it_is(text: str, seed: int) -> None:
    assume(letters(text) < 3)
    assert typed(text, seed) == text


@given(CHINESE, SEEDS)
def test_in_chinese_no_letter_is_added(text: str, seed: int) -> None:
    assert Counter(typed(text, seed)) <= Counter(text)


@given(SPACED | CHINESE, SEEDS)
def test_the_same_seed_makes_the_same_error(text: str, seed: int) -> None:
    assert typed(text, seed) == typed(text, seed)


def test_other_seeds_make_other_errors() -> None:
    assert len({typed("where is my order", seed) for seed in range(50)}) > 10
