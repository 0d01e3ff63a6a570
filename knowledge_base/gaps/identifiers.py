"""What identifies a person or an order by its shape: e-mail addresses, links, handles, account and other numbers.

Each pattern looks a bounded way ahead from where it begins, or begins only once in a run of characters: whatever
the text, the time is linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

Span = tuple[int, int]
Finder = Callable[[str], Iterator[Span]]
"""Says where something stands in a text: from the first character to the one after the last."""

CJK = "\u2e80-\uffff"
"""A range of a character class: what is written without spaces, and may touch a Latin word or a number."""
ALNUM = rf"[^\W_{CJK}]"
LETTER = rf"[^\W\d_{CJK}]"
BEGIN = rf"(?<!{ALNUM})"
END = rf"(?!{ALNUM})"

_LOCAL = rf"[^\s@<>()\[\],;:\"¿¡„“”«»{CJK}]"
_AT = r"(?i:\s?[(\[]\s?(?:at|arroba|arobase|ät)\s?[)\]]\s?|\s(?:at|arroba|arobase|ät)\s)"
_DOT = r"(?i:\s?[(\[]\s?(?:dot|punto|point|punkt)\s?[)\]]\s?|\s(?:dot|punto|point|punkt)\s|\.)"
_DOTTED = rf"(?<![._-]){ALNUM}++(?:[._-]{ALNUM}++)*+"
EMAIL = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++@{ALNUM}++(?:[._-]++{ALNUM}++)*+"
    # anna.m (at) mail.com, anna arroba mail punto com
    rf"|{BEGIN}{_DOTTED}(?:{_DOT}{ALNUM}++){{0,2}}{_AT}(?!\d){ALNUM}++(?:{_DOT}(?!\d){ALNUM}++){{1,4}}(?!{_AT})"
)

LINK = re.compile(
    r"(?<![\w.-])(?:(?i:https?)://)?(?:[\w-]++\.)++[A-Za-z]{2,24}(?::\d{1,5})?"
    rf"[/?#][^\s<>\"{CJK}]*[^\s<>\".,;:!?)'{CJK}]"
)
"""An address on the web with more than a host."""

HANDLE = re.compile(
    rf"(?<![\w.@])@(?:(?=[\d._]{{0,20}}{LETTER})[^\W{CJK}](?:[^\W{CJK}]|\.){{1,40}}|[\u4e00-\u9fff]{{2,8}})"
)

_GROUP = r"\s?(?=[A-Za-z]{0,3}\d)[\dA-Za-z]"
IBAN = re.compile(
    rf"{BEGIN}[A-Za-z]{{2}}\d\d(?:\s?[A-Za-z]{{4}})?(?:\s?\d{{4}}){{2}}(?:{_GROUP}{{4}}){{0,5}}(?:{_GROUP}{{1,3}})?{END}"
)

_NUMBER = r"(?:\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3}){1,3}|\d{1,5})(?:[.,]\d{1,2})?(?!\d)"
_DATE = (
    rf"(?:\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})|(?:19|20)\d\d[./-]\d{{1,2}}[./-]\d{{1,2}})(?![./-]\d|{ALNUM})"
    rf"|(?:19|20)\d\d(?:er|s|['’]s){END}"
)
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def numbers(currencies: Collection[str], units: Collection[str]) -> Finder:
    """How to find the numbers that may identify somebody or something.

    These are order, tracking, card and phone numbers, codes, and all that has four digits in a row, or seven with
    spaces or hyphens between them. Years, dates, amounts (`50 euros`), measures and small numbers (`size 42`) are
    none.

    Args:
        currencies: names and signs of currencies, which stand before or after an amount.
        units: what stands after a measure.
    """
    short = any_of(unit for unit in units if len(unit) == 1)
    long = any_of(unit for unit in units if len(unit) > 1)
    currency = any_of(currencies)
    amounts = "|".join(
        (
            rf"{currency}\s?{_NUMBER}{END}",
            rf"{_NUMBER}(?:\s?[–-]\s?{_NUMBER})?\s?{currency}{END}",
            rf"\d{{1,5}}(?:[.,]\d{{1,2}})?\s?{long}{END}",
            rf"\d{{1,4}}(?:[.,]\d{{1,2}})?\s?{short}{END}",
            rf"\d{{1,4}}(?:\s?[xX×*]\s?\d{{1,4}}){{1,2}}(?:\s?[a-z]{{2}})?{END}",
        )
    )
    stays = rf"(?<!\d[.,])(?:{amounts}|{_DATE})"
    grouped = rf"[+#(]{{0,3}}\d++(?:[\s./()–‐-]{{1,3}}(?!{amounts})\d++)*+{END}"
    mixed = rf"#?{ALNUM}++(?:[-._/#–]{{1,2}}{ALNUM}++)*+"
    spelled = "[〇零一二两兩三四五六七八九幺]{5,}"
    pattern = re.compile(rf"{BEGIN}(?:{stays}|(?P<grouped>{grouped})|(?P<mixed>{mixed}))|(?P<spelled>{spelled})")

    def find(text: str) -> Iterator[Span]:
        for found in pattern.finditer(text):
            if found["spelled"] or _is_number(found["grouped"]) or _is_code(found["mixed"]):
                yield found.span()

    return find


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words in any case, the longest that fits; for nothing at all if there are none."""
    ordered = sorted({re.escape(word) for word in words}, key=lambda word: (-len(word), word))
    return f"(?i:{'|'.join(ordered)})" if ordered else "(?!)"


def _is_number(text: str | None) -> bool:
    """Whether groups of digits are one number, rather than several sizes, hours or amounts."""
    if text is None:
        return False
    if text.startswith("#") and len(text) > 4:
        return True
    groups = [len(digits) for digits in _DIGITS.findall(text) if not _YEAR.fullmatch(digits)]
    longest = max(groups, default=0)
    if longest >= 4 or re.fullmatch(r"\d{3}\s\d{3}", text):
        return True
    return sum(groups) >= 7 and (longest == 3 or text.startswith(("0", "+", "(")))


def _is_code(text: str | None) -> bool:
    """Whether some part of a word has four digits in a row and is no year, or is a long mixture with letters."""
    for part in re.split(r"[-._/#–]+", text or ""):
        runs = [len(digits) for digits in _DIGITS.findall(part)]
        if not _YEAR.fullmatch(part) and (max(runs, default=0) >= 4 or (sum(runs) >= 4 and len(part) >= 8)):
            return True
    return False
