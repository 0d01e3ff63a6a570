"""What a conversation is about: the question that was asked last, and messages that go on from it.

"And for shoes?" is understood from what was asked before it. Such a message is read twice, alone and together with the
last question. Alone it counts if that makes good sense; how good depends on whether it looks like a follow-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.countries import mentioned_country
from bot.decision import Certainty
from bot.intents import MATTERS, QUESTION
from bot.matters import Matter, any_of
from bot.nlu.attributes import LANGUAGE, PERSONAL_ENTITIES
from bot.nlu.text import count_words

TOPIC_SLOT = "topic"

ASKED = "question"
"""In a parsed message that goes on from the last question: both together."""

MAX_WORDS, MAX_WORDS_UNMARKED = 12, 8
"""A longer message says itself what it is about: one that has the sign of a follow-up, and one that has not."""

FEW_WORDS = 4
"""So few words hardly ever say all of what they are about, whatever they look like."""

COMPLETE, COMPLETE_FEW_WORDS, COMPLETE_UNMARKED = 0.98, 0.999, 0.85
"""From this probability on the best reading of a message alone is believed: if it has the sign of a follow-up, and many
words or few; and if it has not."""

MOVE, MOVE_UNMARKED = 0.97, 0.5
"""The same for a move in the conversation, such as thanks, with the sign and without."""

LIKELY = 0.4
"""How probable the best article for both together must be, among all articles."""


@dataclass(frozen=True)
class Topic:
    """A general question.

    Attributes:
        article: the slug of the article that answered it; None while it is not answered.
        question: in the customer's words; "" where they are not known.
    """

    article: str | None
    question: str

    def as_dict(self) -> dict[str, Any]:
        """What the slot holds."""
        return asdict(self)


def topic_of(tracker: Any) -> Topic | None:
    """The topic of a conversation, from Rasa's or from rasa-sdk's tracker."""
    value = tracker.get_slot(TOPIC_SLOT)
    return Topic(**value) if value else None


class Signs:
    """The words of one language by which one sees that a message goes on from the last question."""

    def __init__(self, openers: Sequence[str], fillers: Sequence[str] = (), endings: Sequence[str] = ()) -> None:
        lead = rf"(?:(?:{any_of(fillers)})\W*)*" if fillers else ""
        self._opening = re.compile(rf"\W*{lead}(?:{any_of(openers)})", re.IGNORECASE)
        self._ending = re.compile(rf"(?:{any_of(endings)})\W*$") if endings else None

    def are_in(self, text: str) -> bool:
        """Whether a text begins or ends as a follow-up does."""
        return bool(self._opening.match(text) or (self._ending and self._ending.search(text)))


def load_signs(path: Path) -> dict[str, Signs]:
    """The signs of each language in a file."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {language: Signs(**words) for language, words in content.items()}


def go_on(
    topic: Topic,
    parsed: dict[str, Any],
    signs: Mapping[str, Signs],
    understand: Callable[[str], dict[str, Any]],
    marked_only: bool = False,
) -> dict[str, Any] | None:
    """A message as it is understood from the question before it; None where it is one of its own.

    Args:
        parsed: the message alone, after the decision.
        understand: parses a text in the same language.
        marked_only: whether it must look like a follow-up, because short messages answer another question.
    """
    text = parsed["text"]
    language = (parsed.get(LANGUAGE) or {}).get("name", "")
    marked = language in signs and signs[language].are_in(text)
    if not topic.question or topic.article is None or (marked_only and not marked):
        return None
    if any(found["entity"] in PERSONAL_ENTITIES for found in parsed["entities"]):
        return None
    place = mentioned_country(text, language) is not None
    words = count_words(text)
    if words > (MAX_WORDS if marked or place else MAX_WORDS_UNMARKED):
        return None
    together = f"{topic.question.rstrip(' ?？。.')}, {text}"
    if place and words <= (FEW_WORDS if marked else FEW_WORDS - 1):
        # Little more than the name of a country: the same question, for there.
        return _as_question(
            parsed, text, together, [{"intent_response_key": f"{QUESTION}/{topic.article}", "confidence": 1.0}]
        )
    if _makes_sense(Matter(text, parsed), words, marked or place):
        return None
    found = understand(together)
    ranking = ((found["response_selector"] or {}).get(QUESTION) or {}).get("ranking")
    # With the sign of a follow-up it is a question as the first one was, even if both together could also be a wish.
    is_question = marked or Matter(together, found).intent == QUESTION
    if not is_question or not ranking or ranking[0]["confidence"] < LIKELY:
        return None
    return _as_question(found, text, together, ranking)


def _as_question(parsed: dict[str, Any], text: str, together: str, ranking: list[dict[str, Any]]) -> dict[str, Any]:
    """A parse result with this ranking of articles."""
    intent = {"name": QUESTION, "confidence": ranking[0]["confidence"]}
    return {
        **parsed,
        "text": text,
        "intent": intent,
        "intent_ranking": [intent],
        "response_selector": {QUESTION: {"response": ranking[0], "ranking": ranking}},
        "certainty": Certainty.SURE.value,
        ASKED: together,
    }


def _makes_sense(alone: Matter, words: float, marked: bool) -> bool:
    """Whether a message can be believed as it stands.

    The bounds are measured on `tests/faq/follow_ups`, see docs/knowledge_base.md.
    """
    few = words <= FEW_WORDS
    if alone.intent == "inform":
        return not marked and alone.confidence >= COMPLETE_UNMARKED
    if alone.intent in MATTERS or alone.intent == "out_of_scope":
        if marked:
            return alone.confidence >= (COMPLETE_FEW_WORDS if few else COMPLETE)
        return alone.confidence >= (COMPLETE if few and alone.intent == QUESTION else COMPLETE_UNMARKED)
    return alone.confidence >= (MOVE if marked else MOVE_UNMARKED)
