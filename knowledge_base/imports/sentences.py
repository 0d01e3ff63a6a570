"""The sentences of a text, as far as it takes to quote its first ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import yaml

_ABBREVIATIONS: Mapping[str, frozenset[str]] = {
    language: frozenset(words)
    for language, words in yaml.load(
        Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    ).items()
}
# Quotation marks and brackets that may follow the end. “ closes in German, and opens in Chinese.
_CLOSING = "[\"'»”’“›)\\]]*"
_CLOSING_CHINESE = "[”’」』）】]*"
# In Chinese a sentence ends wherever the mark stands, elsewhere before a space.
_END_CHINESE = f"[。！？]+{_CLOSING_CHINESE}"
_END = re.compile(rf"{_END_CHINESE}|[.!?…]+{_CLOSING}(?=\s|$)")
_ENDED = re.compile(rf"(?:{_END_CHINESE}|[.!?…]+{_CLOSING})$")
_ENDED_CHINESE = re.compile(f"{_END_CHINESE}$")
_OPENING = "\"'«„“‘(["


def sentences(text: str, language: str) -> Iterator[str]:
    """The sentences, each with the space that follows it: joined, they are the text.

    A full stop ends none after a known abbreviation (`sentences.yml`), a single letter or a number, nor before a
    lower-case letter: rather two sentences in one than half a sentence.
    """
    abbreviations = _ABBREVIATIONS.get(language, frozenset())
    start = 0
    for match in _END.finditer(text):
        following = text[match.end() :].lstrip()
        before = text[max(0, match.start() - 40) : match.start() + 1]
        if following[:1].islower() or (match[0][0] == "." and _goes_on(before, abbreviations)):
            continue
        end = len(text) - len(following)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def first_sentences(paragraphs: Iterable[str], language: str, most: int = 3, limit: int = 300) -> str:
    """What a text begins with: whole sentences, or a part of the first if that alone is longer than `limit` characters.

    Args:
        paragraphs: in plain text. One without a sentence's end (a list item) is quoted only if it is the first.
        language: of the text.
        most: how many sentences at most.
        limit: how many characters at most.
    """
    found: list[str] = []
    for paragraph in paragraphs:
        if found and not (_ENDED.search(found[-1]) and _ENDED.search(paragraph)):
            break
        found += [sentence.strip() for sentence in islice(sentences(paragraph, language), most)]
        if len(found) >= most:
            break
    quoted = "".join(found[:1])
    for sentence in found[1:most]:
        longer = f"{quoted}{sentence}" if _ENDED_CHINESE.search(quoted) else f"{quoted} {sentence}"
        if len(longer) > limit:
            break
        quoted = longer
    return _cut(quoted, limit)


def _goes_on(before: str, abbreviations: frozenset[str]) -> bool:
    """Whether the full stop at the end of a text belongs to its last word, or the last two: `z. B.`"""
    words = [word.lstrip(_OPENING) for word in before.casefold().split()[-2:]]
    if words[-1] in abbreviations or "".join(words) in abbreviations:
        return True
    return re.fullmatch(r"\d+\.|[^\W\d_]\.", words[-1]) is not None


def _cut(text: str, limit: int) -> str:
    """The text, or its first words and an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(None, 1)[0] if re.search(r"\s", head[limit // 2 :]) else head
    return words.rstrip(" ,;:，；：、") + "…"
