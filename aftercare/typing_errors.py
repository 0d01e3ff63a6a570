"""Slips of the finger, to measure how well messages are understood in spite of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_FIRST_UNSPACED = "\u2e80"
"""From here on, in Unicode, are the scripts in which a letter is a syllable or a word."""


def with_typing_error(text: str, random: np.random.Generator, spared: Iterable[str] = ()) -> str:
    """`text` with one error in one of its letters: left out, twice, another one, or in the wrong order.

    In Chinese a character is left out or in the wrong order. Digits and signs are left alone, and so are the words in
    `spared`, and a text of fewer than three letters.
    """
    hidden = text.casefold()
    for word in spared:
        hidden = hidden.replace(word, " " * len(word))
    # Case folding makes two letters of some.
    origins = [index for index, character in enumerate(text) for _ in character.casefold()]
    letters = sorted({index for index, character in zip(origins, hidden, strict=True) if character.isalpha()})
    if len(letters) < 3:
        return text
    at = int(random.choice(letters))
    before, letter, after = text[:at], text[at], text[at + 1 :]
    swapped = before + after[:1] + letter + after[1:] if at + 1 in letters else before + after
    if letter >= _FIRST_UNSPACED:
        return [before + after, swapped][random.integers(2)]
    another = chr(ord("a") + int(random.integers(26)))
    return [before + after, before + 2 * letter + after, before + another + after, swapped][random.integers(4)]
