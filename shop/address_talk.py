"""Where in a customer's sentence the address begins.

Words that customers use around an address are known in five languages; beyond those the form decides. A street begins
with its number in one country, with its kind ("via", "ul.") in another, and what stands before that in small letters is
talk.
"""

from __future__ import annotations

import re

from shop.address_words import AddressWords, message_words

_ORDER_NUMBER = re.compile(r"(?:[A-Z]{1,3}-?|#)?\d{6,}\W*", re.IGNORECASE)
_HOUSE_NUMBER = re.compile(r"#?\d+[a-z]?(?:[-/]\d+[a-z]?)?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:[?!]|(?P<last>\S*[^\W\d_A-ZÀ-Þ]{4})\.)\s+")
"""With a full stop only behind a longer word: "Blvd." and "Sra." are abbreviations."""


def split_talk(text: str, words: AddressWords) -> tuple[str, list[str]]:
    """The words of a sentence at the beginning of a text, and the pieces of an address that follow them.

    >>> from shop.address_words import address_words
    >>> split_talk("please send it to Ann Lee 8 Mill Lane", address_words("GB"))
    ('please send it to', ['Ann Lee', '8 Mill Lane'])
    """
    before, colon, after = text.rpartition(":")
    if colon and before.strip() in words.units:
        return "", [text]
    start = len(before) + len(colon) + _end_of_sentences(after, words)
    tokens = text[start:].split()
    end = _end_of_known_talk(tokens, words)
    head, rest = " ".join([text[:start], *tokens[:end]]).strip(), tokens[end:]
    if head and _is_small_talk(rest, words):
        return f"{head} {' '.join(rest)}", []
    street = _start_of_street(rest, words)
    if street and _is_capitalized(rest[:street]):
        return head, [" ".join(rest[:street]), " ".join(rest[street:])]
    head = " ".join([head, *rest[:street]]).strip()
    return head, [" ".join(rest[street:])] if rest[street:] else []


def _end_of_sentences(text: str, words: AddressWords) -> int:
    """Where the last sentence without a figure ends that is followed by something."""
    if message_words().po_box.search(text):
        return 0
    figure = re.search(r"\d", text)
    ends = [m.end() for m in _SENTENCE_END.finditer(text) if (m["last"] or "") not in words.streets]
    return max((end for end in ends if not figure or end <= figure.start()), default=0)


def _end_of_known_talk(tokens: list[str], words: AddressWords) -> int:
    vocabulary = message_words()
    end = 0
    joined = True  # whether nothing but attributes stands since the last word of talk
    for number, token in enumerate(tokens):
        if token in vocabulary.talk or (end and _ORDER_NUMBER.fullmatch(token)):
            end, joined = number + 1, True
        elif joined and token in vocabulary.connectors and (not end or token[0].islower()):
            end = number + 1 if end else 0
        elif token in words.streets or token not in vocabulary.attributes:
            if not token[0].islower() or token in words.streets or token in words.units:
                # Other words came between, but a preposition leads to the street.
                if end and tokens[number - 1][0].islower() and tokens[number - 1] in vocabulary.connectors:
                    end = number
                break
            joined = False
    return end


def _is_small_talk(tokens: list[str], words: AddressWords) -> bool:
    """Whether a sentence goes on in small letters, without anything of a street."""
    return all(token.islower() and token not in words.streets and token not in words.units for token in tokens)


def _start_of_street(tokens: list[str], words: AddressWords) -> int:
    """Where the street begins, if that can be told and what stands before it is talk or a name; else 0."""
    if words.number_first:
        start = next((n for n, token in enumerate(tokens[:-1]) if _HOUSE_NUMBER.fullmatch(token)), 0)
    else:
        start = next((n for n, token in enumerate(tokens) if token in words.leading_streets), 0)
    head = tokens[:start]
    if message_words().po_box.match(" ".join(tokens)) or words.care_of.match(" ".join(tokens)):
        return 0
    kinds = (words.streets, words.units, words.buildings)
    if any(token in kind and (token is head[-1] or not token.islower()) for token in head for kind in kinds):
        return 0
    has_small = any(token[0].islower() for token in head)
    return start if has_small or len(head) > 1 else 0


def _is_capitalized(tokens: list[str]) -> bool:
    return all(token[0].isupper() for token in tokens)
