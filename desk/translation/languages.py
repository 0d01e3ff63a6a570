"""Languages by the many names that models and servers have for them."""

from __future__ import annotations

from functools import cache

import langcodes
from langcodes.tag_parser import LanguageTagError

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages that put no spaces between words or sentences."""


@cache
def canonical(tag: str) -> str | None:
    """A language and its script, such as "zh-Hans" for "zh", "zh-CN", "zho_Hans" and "cmn"; None where it is none."""
    try:
        language = langcodes.get(langcodes.standardize_tag(tag, macro=True)).maximize()
    except LanguageTagError:
        return None
    return f"{language.language}-{language.script}" if language.is_valid() and language.script else None


def spaced(tag: str) -> bool:
    """Whether a language puts spaces between words and sentences."""
    return (canonical(tag) or "").partition("-")[0] not in UNSPACED
