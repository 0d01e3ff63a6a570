"""WeChat's own codes for faces and things, turned into what the rest of the world writes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("emoji.yml")


def with_emoji(text: str) -> str:
    """`text` with Unicode's emoji in place of codes (`/::)`) and names (`[微笑]`); links stay as they are."""
    meanings, pattern = _codes()
    return pattern.sub(lambda found: meanings.get(found[0], found[0]), text)


@cache
def _codes() -> tuple[dict[str, str], re.Pattern[str]]:
    table: dict[str, list[str]] = yaml.load(TABLE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    meanings = {code: emoji for emoji, codes in table.items() for code in codes}
    # The longest first: "/:@@" is not "/:@" and an "@". A code may be followed by anything: "/::Dthanks".
    codes = "|".join(re.escape(code) for code in sorted(meanings, key=len, reverse=True))
    return meanings, re.compile(rf"https?://\S+|{codes}")
