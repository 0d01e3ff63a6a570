"""Text without what says who wrote it: personal data gives way to masks such as `[name]` and `[number]`.

Better too much is masked than too little, as long as a question stays readable. Nothing is certain: a name that
no word announces stays, unless the caller knows it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from knowledge_base.gaps.identifiers import EMAIL, HANDLE, IBAN, LINK, Finder, numbers
from knowledge_base.gaps.names import names
from knowledge_base.gaps.personal_data import Phrases, addresses, births, handles

MASKS = ("name", "email", "link", "number", "date", "handle", "address", "personal")
"""What stands in brackets in the place of personal data; `personal` is what only the caller knew."""

# While the patterns are at work, each mask is one character that no pattern takes for text.
_TOKENS = {mask: chr(0xE000 + i) for i, mask in enumerate(MASKS)}
_TOKEN = re.compile(f"[{''.join(_TOKENS.values())}]")
_MASK = re.compile(rf"\[({'|'.join(MASKS)})\]")

Step = Callable[[str], str]


def anonymous(text: str, language: str, personal: Collection[str] = ()) -> str:
    """The text with masks in place of personal data; masking it again changes nothing.

    Invisible characters are removed, and full-width letters and digits become plain ones. The time is linear in
    the length of the text.

    Args:
        text: what somebody wrote.
        language: whose names and addresses are looked for; one without data gets what holds for all languages.
        personal: what is known to be personal, and is masked wherever it stands as whole words, in any case.
    """
    steps = _steps(language)
    text = _MASK.sub(lambda mask: _TOKENS[mask[1]], _plain(text))
    for value in sorted(map(_plain, personal), key=len, reverse=True):  # a long one may hold a shorter one
        text = _without(text, value, steps)
    while (masked := _through(steps, text)) != text:
        text = masked
    return _TOKEN.sub(lambda token: f"[{MASKS[ord(token[0]) - 0xE000]}]", text)


def without_masks(text: str) -> str:
    """An anonymous text without its masks: what was really said."""
    return _MASK.sub(" ", text)


def _through(steps: Iterable[Step], text: str) -> str:
    for step in steps:
        text = step(text)
    return text


@lru_cache(maxsize=32)
def _steps(language: str) -> tuple[Step, ...]:
    """What is done to a text, the surest first."""
    return tuple(_make_steps(Phrases(language)))


def _make_steps(phrases: Phrases) -> Iterator[Step]:
    for mask, pattern in (("email", EMAIL), ("link", LINK), ("handle", HANDLE), ("number", IBAN)):
        yield _masking(mask, _found_by(pattern))
    for mask, patterns in (("handle", handles), ("date", births), ("address", addresses)):
        for pattern in patterns(phrases):
            yield _masking(mask, _found_by(pattern))
    yield _masking("number", numbers(phrases["currencies"], phrases["units"]))
    for find in names(phrases):
        yield _masking("name", find)
    yield _merging("address")


def _found_by(pattern: re.Pattern[str]) -> Finder:
    """Finds what matches, or of that the group `it`."""
    group = "it" if "it" in pattern.groupindex else 0
    return lambda text: (found.span(group) for found in pattern.finditer(text))


def _masking(mask: str, find: Finder) -> Step:
    token = _TOKENS[mask]

    def replace(text: str) -> str:
        pieces: list[str] = []
        position = 0
        for start, end in find(text):
            pieces += (text[position:start], token)
            position = end
        return "".join(pieces) + text[position:]

    return replace


def _merging(mask: str) -> Step:
    """Make one mask of several that follow each other."""
    token = _TOKENS[mask]
    several = re.compile(rf"{token}(?:[\s,，]*+{token})+")
    return lambda text: several.sub(token, text)


def _without(text: str, value: str, steps: Iterable[Step]) -> str:
    """The text without a value that is known to be personal."""
    words = value.split()
    if not words:
        return text
    masked = _through(steps, value.strip())
    token = masked if _TOKEN.fullmatch(masked) else _TOKENS["personal"]
    # Words that are not set apart by spaces may touch others.
    start = r"(?<![^\W_])" if words[0][0].isascii() else ""
    end = r"(?![^\W_])" if words[-1][-1].isascii() else ""
    pattern = r"\s+".join(map(re.escape, words))
    return re.sub(f"{start}{pattern}{end}", token, text, flags=re.IGNORECASE)


def _plain(text: str) -> str:
    """Composed (NFC), without invisible characters; digits of any script and full-width letters as in ASCII."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", "".join(map(_plain_character, text)))


@lru_cache(maxsize=2**12)
def _plain_character(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Cc", "Cf", "Cs", "Co"}:
        return " " if character.isspace() else ""
    if "\uff01" <= character <= "\uff5e" and (character.isalpha() or character in "＠．＿－＋＃／"):
        return unicodedata.normalize("NFKC", character)
    return character
