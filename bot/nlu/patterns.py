"""Values that are recognised by their shape: order numbers, e-mail addresses, tracking numbers, and their like.

The shapes are the same in all languages; only the words that announce a one-time code differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.nlu.text import fold_width

# No letter or digit of the Latin alphabet may touch the value; Chinese characters may.
_START = r"(?<![A-Za-z0-9@_-])(?<!\d\.)"
_END = r"(?![A-Za-z0-9@])"

# Latin letters with accents too; \w would take the Chinese characters before an address for a part of it.
_LETTERS = "A-Za-z0-9À-ÖØ-öø-ÿ"
EMAIL = re.compile(rf"(?<![{_LETTERS}])[{_LETTERS}][{_LETTERS}._%+-]*@[{_LETTERS}-]+(?:\.[{_LETTERS}-]+)+")

ORDER_NUMBER = re.compile(rf"{_START}(?:#?AC[-–—_ ]?#?\d{{4,8}}|#\d{{4,8}}){_END}", re.IGNORECASE)
BARE_ORDER_NUMBER = re.compile(rf"{_START}(?:# ?)?\d{{6}}(?![-.,]?\d|[A-Za-z%€$£¥]){_END}")

# The Universal Postal Union's S10, UPS, and the carriers' long numbers, some with a few letters before or between.
TRACKING_NUMBER = re.compile(
    rf"""{_START}(?:
        [A-Z]{{2}}\d{{9}}[A-Z]{{2}}                      # S10: RR123456789NL
      | 1Z[0-9A-Z]{{9,16}}                               # UPS
      | (?=[A-Z0-9]*\d{{5}})(?:[A-Z]{{1,6}}\d|\d[A-Z])[A-Z0-9]{{7,20}}  # JD014600006281, 3SABCD4820193
      | \d{{12,24}}                                      # DHL, DPD, USPS
      | \d{{2}}\.\d{{2}}\.\d{{6}}\.\d{{8}}               # Swiss Post: 99.00.123456.78901234
    ){_END}""",
    re.VERBOSE | re.IGNORECASE,
)

PHONE = re.compile(
    rf"""{_START}(?:
        \+\d{{1,3}}[\s.-]?(?:\(?\d{{1,4}}\)?[\s./-]?){{2,6}}\d{{1,4}}
      | \(\d{{2,4}}\)[\s.-]?\d{{3,4}}[\s.-]?\d{{3,4}}
      | 0\d{{1,4}}(?:[\s./-]?\d{{2,8}}){{1,5}}
      | \d{{3}}-\d{{4}}
      | \d{{2,5}}(?:[ .-]\d{{2,5}}){{1,4}}
      | 1[3-9]\d{{9}}
      | \d{{8,11}}
    ){_END}""",
    re.VERBOSE,
)

_CURRENCY_WORDS = (
    r"€|\$|£|¥|￥|₹|zł|EUR|USD|GBP|CHF|CNY|RMB|CAD|AUD|MXN|PLN|euros?|dollars?|bucks|quid|pounds?|rupees|rs|pesos?|"
    r"dólares|dolares|libras|soles|franken|francs?|stutz|rappen|balles|piasses|piastres|dirhams?|dinars?|cfa|fr\.|kr|"
    r"złot\w*|元|块钱|块|欧元|美元|美金|英镑|日元|港币|港元|人民币|欧|刀"
)
AMOUNT = re.compile(
    rf"""(?<![A-Za-z0-9])(?<!\d[.,])(?:
        (?:HK|NT|US|CA|A|C|S/\s?|R)?[€$£¥￥₹]\s?\d[\d.,'\s]*\d|(?:HK|NT|US|CA|A|C)?[€$£¥￥₹]\s?\d
      | (?:CHF|EUR|USD|GBP|RMB|MXN|INR|S/|Rs\.?)\s?\d(?:[\d.,']*\d)?
      | (?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+(?:[.,]\d+)?|\d(?:[\d.,']*\d)?)\s?(?:{_CURRENCY_WORDS})(?![a-z])
    )""",
    re.VERBOSE | re.IGNORECASE,
)

_CODE_WORDS = (
    r"(?<!zip )(?<!post )(?<!postal )code(?! postal)|codes|otp|pin|passcode|einmalcode|sicherheitscode|"
    r"bestätigungscode|c[óo]digo(?! postal)|clave|token|cod|verification|vérification|verificación|verificar|"
    r"contraseña|码|碼|密码|口令|sms|短信"
)
_CODE_ANNOUNCED = re.compile(rf"(?<![a-z])(?:{_CODE_WORDS})(?![a-z])", re.IGNORECASE)
_TRACKING_ANNOUNCED = re.compile(
    r"track|courier|waybill|awb|sendung|paketnummer|guía|guia|seguimiento|rastreo|suivi|colis|运单|快递单|单号|物流|顺丰|圆通",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(rf"{_START}\d{{10,11}}{_END}")
CODE = re.compile(rf"{_START}(?:\d{{4}}|\d{{6}}|\d{{3}} \d{{3}}|\d{{2}} \d{{2}} \d{{2}}){_END}")


@dataclass(frozen=True)
class Match:
    """A value in a text: its entity type, and where it stands (`text[start:end]`)."""

    entity: str
    start: int
    end: int


@lru_cache(maxsize=8)  # The components of a pipeline ask for the same text one after the other.
def find(text: str) -> tuple[Match, ...]:
    """The values in `text` that are known by their shape, in the order in which they stand; they never overlap."""
    text = fold_width(text)
    if not any(character.isdigit() or character == "@" for character in text):
        return ()
    taken: list[Match] = []
    for match in _candidates(text):
        if not any(match.start < other.end and other.start < match.end for other in taken):
            taken.append(match)
    return tuple(sorted(taken, key=lambda match: match.start))


def _candidates(text: str) -> Iterator[Match]:
    """All that might be a value, the surer kinds first."""
    for entity, pattern in (("email", EMAIL), ("order_number", ORDER_NUMBER), ("amount", AMOUNT)):
        yield from _matches(entity, pattern, text)
    if _CODE_ANNOUNCED.search(text):
        yield from _matches("code", CODE, text)
    yield from _matches("tracking_number", TRACKING_NUMBER, text)
    if _TRACKING_ANNOUNCED.search(text):
        yield from _matches("tracking_number", _LONG_NUMBER, text)
    for match in _matches("phone", PHONE, text):
        value = text[match.start : match.end]
        if 7 <= sum(character.isdigit() for character in value) <= 15 and not _is_date(value):
            yield match
    yield from _matches("order_number", BARE_ORDER_NUMBER, text)


def _matches(entity: str, pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    for found in pattern.finditer(text):
        yield Match(entity, found.start(), found.end())


def _is_date(value: str) -> bool:
    return re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}", value) is not None


def mask(text: str) -> str:
    """`text` with each value replaced by its type, since a message about one order number is the same about another."""
    for match in reversed(find(text)):
        text = f"{text[: match.start]} {match.entity.replace('_', '')} {text[match.end :]}"
    return text


def blank(text: str) -> str:
    """`text` without the values in it."""
    for match in reversed(find(text)):
        text = f"{text[: match.start]} {text[match.end :]}"
    return text
