"""What a message is taken for: the classifier's opinion and the search's become one, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from bot.intents import FLOWS, NO_ARTICLE, NOT_UNDERSTOOD, QUESTION
from knowledge_base import Hit

Search = Callable[[str, str], Iterable[Hit]]
"""Searches the knowledge base for a text in a language; see `knowledge_base.Hit.score`."""

SEARCH_WEIGHT = 0.5
"""The exponent of the search's probabilities, against 1 for the classifier's: the search knows nothing of the intents
that are no questions."""

FLOOR = 0.05
"""What the search gives at least to everything: what it does not find is not impossible."""

WORTH_A_SEARCH = 0.02
"""The classifier's probability of a question from which on the search is asked."""

WORTH_OFFERING = 0.05
"""A reading or an article that is less likely than this is not offered."""

QUESTION_SURE = 0.5
"""From this probability on a question is answered, even in a language whose threshold is higher: a wrong answer says
what it is about and asks whether it helped, while a flow that is begun in error has to be got out of."""

MAYBE_A_QUESTION = 0.1
"""From this probability of a question on, a flow that is likelier is asked about before it begins: people ask how
something is done in the words in which others want it done. Of the messages that want a flow, 0.5 % are asked."""

RANKING_LENGTH = 10


class Certainty(StrEnum):
    """What to do with a message."""

    SURE = "sure"
    """Act upon the likeliest reading."""
    CHOICE = "choice"
    """Ask which of the likeliest readings it is."""
    NONE = "none"
    """Say that it was not understood."""


@dataclass(frozen=True)
class Thresholds:
    """Probabilities of the likeliest reading, for one language.

    Attributes:
        sure: from here on it is acted upon.
        offer: from here on the likeliest readings are offered; below, the message is not understood.
    """

    sure: float = 0.5
    offer: float = 0.2

    def certainty(self, confidence: float) -> Certainty:
        """What a likeliest reading of this probability allows."""
        if confidence >= self.sure:
            return Certainty.SURE
        return Certainty.CHOICE if confidence >= self.offer else Certainty.NONE


def load_thresholds(path: Path) -> dict[str, Thresholds]:
    """The thresholds of each language in a file; `default` is for those that have none."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    return {language: Thresholds(**values) for language, values in content.items()}


class Decision:
    """Decides what a message is taken for.

    The classifier says how likely each intent is, and each article of `ask_faq`; the search says how likely each
    article answers, and that none does. Their probabilities are multiplied (a product of experts: Hinton, Training
    Products of Experts by Minimizing Contrastive Divergence, 2002), so that an article which both believe in wins, and
    a message which no article answers is less likely to be a question.

    Args:
        search: of the knowledge base.
        thresholds: by language.
    """

    def __init__(self, search: Search, thresholds: Mapping[str, Thresholds]) -> None:
        self._search = search
        self._thresholds = thresholds

    def thresholds(self, language: str) -> Thresholds:
        """The thresholds of a language."""
        return self._thresholds.get(language) or self._thresholds.get("default") or Thresholds()

    def decide(self, parsed: dict[str, Any]) -> dict[str, Any]:
        """Rasa's parse result with the rankings that both opinions make together.

        `intent` is the likeliest one, or `nlu_fallback` where it is not sure; `intent_ranking` begins with the
        likeliest in any case, and `response_selector` ranks the articles, their confidences being shares of the
        question's. `certainty` is a `Certainty`.
        """
        language = (parsed.get("language") or {}).get("name", "")
        readings = {entry["name"]: entry["confidence"] for entry in parsed["intent_ranking"]}
        selector = (parsed.get("response_selector") or {}).get(QUESTION)
        if selector and readings.get(QUESTION, 0.0) >= WORTH_A_SEARCH:
            shares = {entry["intent_response_key"]: entry["confidence"] for entry in selector["ranking"]}
            found = {f"{QUESTION}/{hit.slug}": hit.score for hit in self._search(parsed["text"], language)}
            readings, shares = _multiply(readings, shares, found)
            selector = _selector(shares)
        ranking = [
            {"name": name, "confidence": confidence}
            for name, confidence in sorted(readings.items(), key=lambda item: -item[1])[:RANKING_LENGTH]
        ]
        best = ranking[0]
        certainty = self._certainty(best, readings.get(QUESTION, 0.0), self.thresholds(language))
        if certainty is not Certainty.SURE:
            best = {"name": NOT_UNDERSTOOD, "confidence": 1.0 - best["confidence"]}
        return {
            **parsed,
            "intent": best,
            "intent_ranking": ranking,
            "response_selector": {**(parsed.get("response_selector") or {}), QUESTION: selector} if selector else {},
            "certainty": certainty.value,
        }

    @staticmethod
    def _certainty(best: Mapping[str, Any], question: float, thresholds: Thresholds) -> Certainty:
        """What to do with a message, by its likeliest reading and the probability that it is a question."""
        if best["name"] == QUESTION and question >= QUESTION_SURE:
            return Certainty.SURE
        certainty = thresholds.certainty(best["confidence"])
        if certainty is Certainty.SURE and best["name"] in FLOWS and question >= MAYBE_A_QUESTION:
            return Certainty.CHOICE
        return certainty


def _multiply(
    readings: Mapping[str, float], shares: Mapping[str, float], found: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """The probabilities of the intents, and the articles' shares of the question's, after the search was heard."""
    nothing = max(1.0 - sum(found.values()), 0.0)
    none = (nothing + FLOOR) ** SEARCH_WEIGHT
    # Of an article that is younger than the model, only the search knows.
    shares = {**found, **shares}
    found = {**found, f"{QUESTION}/{NO_ARTICLE}": nothing}
    articles = {
        label: readings[QUESTION] * share * (found.get(label, 0.0) + FLOOR) ** SEARCH_WEIGHT
        for label, share in shares.items()
    }
    question = sum(articles.values())
    products = {name: confidence * none for name, confidence in readings.items()} | {QUESTION: question}
    # A message without a familiar word has less than 1 to give away, and keeps it.
    scale = sum(readings.values()) / sum(products.values())
    return (
        {name: product * scale for name, product in products.items()},
        {label: product / question for label, product in articles.items()},
    )


def _selector(shares: Mapping[str, float]) -> dict[str, Any]:
    ranking = [
        {"intent_response_key": label, "confidence": share}
        for label, share in sorted(shares.items(), key=lambda item: -item[1])[:RANKING_LENGTH]
    ]
    return {"response": ranking[0], "ranking": ranking}
