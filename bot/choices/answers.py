"""What people answer where the choices are always the same: why something goes back, how the money is to come back.

A linear classifier a question and language, trained in a fraction of a second, ahead or at its first use, on what
people answer (`bot/data/choices/<lang>.yml`); what they say to other questions, and what they say to a shop anyway, is
a class of its own. An answer is believed from a probability on that is chosen by cross-validation
(`benchmarks/choices.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from operator import itemgetter
from pathlib import Path

import yaml

from bot.choices.words import fold, load_content
from bot.nlu.text import count_words
from bot.text_classifier import TextClassifier

UNRELATED = ""
"""The class of messages that answer something else."""

SAME_AS_INTENT = {
    ("yes_no", "yes"): "affirm",
    ("yes_no", "no"): "deny",
    ("solved", "yes"): "affirm",
    ("solved", "no"): "deny",
    ("safe_place", "looked"): "affirm",
    ("safe_place", "not_yet"): "deny",
    ("photos", "none"): "deny",
    ("change", "nothing"): "deny",
    ("order_number", "unknown"): "deny",
}
"""Answers for which a plain yes or no will do: the examples of these intents are such answers too, the short ones."""

MOST_WORDS_OF_YES_OR_NO = 3

ANSWERS_NOTHING = (
    "bot_challenge",
    "change_language",
    "greet",
    "help",
    "human_handoff",
    "list_orders",
    "out_of_scope",
    "request_invoice",
    "track_order",
)
"""Intents whose examples answer none of the questions."""

ALIKE = (
    frozenset({"resolution", "remedy", "change"}),
    frozenset({"reason", "damage_kind", "wrong_kind", "change"}),
    frozenset({"way_back", "repair_way", "change"}),
    frozenset({"code", "change"}),
    frozenset({"photos", "order_number"}),
)
"""Questions with answers in common: what answers one says nothing against answering another."""

PER_OTHER = 8
"""So many messages of each kind that answers something else: with more of them, whatever is not worded as an example is
taken for one of them."""

BELIEVED, BELIEVED_OF_A_QUESTION = 0.3, 0.6
"""The least probability of an answer; the latter of one that looks like a question: "how long does a refund take?" """

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


class FixedAnswers:
    """The answers to the questions of one language whose choices are always the same.

    Args:
        data: the folder of the training data, `bot/data`.
        language: of the answers.
    """

    def __init__(self, data: Path, language: str) -> None:
        self._content = load_content(data / "choices" / f"{language}.yml")
        self._intents_folder = data / "nlu" / language
        self._language = language
        self._classifiers: dict[str, TextClassifier] = {}

    @property
    def questions(self) -> list[str]:
        """The questions that there are answers for."""
        return list(self._content["questions"])

    def values(self, question: str) -> frozenset[str]:
        """The values that there are answers for, none where it is no such question."""
        return frozenset(self._content["questions"].get(question, ()))

    def read(self, text: str, question: str, asking: bool = False) -> str | None:
        """The value that a text answers a question with; None if it is something else, or not clear.

        Args:
            text: the customer's.
            question: the assistant's.
            asking: whether the text itself looks like a question.

        Raises:
            KeyError: when there are no answers for that question.
        """
        value, probability = self.likeliest(text, question)
        return value if probability >= (BELIEVED_OF_A_QUESTION if asking else BELIEVED) else None

    def likeliest(self, text: str, question: str) -> tuple[str, float]:
        """The value that a text answers a question with, if it answers it, and the probability of that."""
        probabilities = self._classifier(question).probabilities(prepared(text))
        return max(((value, p) for value, p in probabilities.items() if value != UNRELATED), key=itemgetter(1))

    def learn(self) -> dict[str, TextClassifier]:
        """The classifier of each question, to be kept for `recall`."""
        return {question: self._classifier(question) for question in self.questions}

    def recall(self, learnt: Mapping[str, TextClassifier]) -> None:
        """Take up what `learn` returned once."""
        self._classifiers.update(learnt)

    def examples(self, question: str) -> dict[str, str]:
        """What a question's classifier is trained on: prepared texts, and their class each."""
        # What is said last counts: an answer to the question itself is one, whatever else it may answer.
        return dict(self._examples(question))

    def _classifier(self, question: str) -> TextClassifier:
        trained = self._classifiers.get(question)
        if trained is None:
            examples = self.examples(question)
            trained, _ = TextClassifier.learn(self._language, list(examples), list(examples.values()))
            self._classifiers[question] = trained
        return trained

    def _examples(self, question: str) -> Iterator[tuple[str, str]]:
        answering = {intent for (asked, _), intent in SAME_AS_INTENT.items() if asked == question}
        for intent in sorted({*ANSWERS_NOTHING, "affirm", "deny"} - answering):
            yield from ((text, UNRELATED) for text in _spread(self._of_intent(intent)))
        alike = frozenset[str]().union(*(questions for questions in ALIKE if question in questions))
        others = [values for asked, values in self._questions.items() if asked != question and asked not in alike]
        for phrases in (*(_spread(phrases) for values in others for phrases in values.values()), self._unrelated):
            yield from ((prepared(phrase), UNRELATED) for phrase in phrases)
        for value, phrases in self._questions[question].items():
            yield from ((prepared(phrase), value) for phrase in phrases)
            if (question, value) in SAME_AS_INTENT:
                said = self._of_intent(SAME_AS_INTENT[question, value])
                yield from ((text, value) for text in said if count_words(text) <= MOST_WORDS_OF_YES_OR_NO)

    @cached_property
    def _questions(self) -> dict[str, dict[str, list[str]]]:
        return {
            question: {value: _lines(phrases) for value, phrases in values.items()}
            for question, values in self._content["questions"].items()
        }

    @cached_property
    def _unrelated(self) -> list[str]:
        return _lines(self._content["unrelated"])

    def _of_intent(self, intent: str) -> list[str]:
        return [prepared(example) for example in self._intents.get(intent, [])]

    @cached_property
    def _intents(self) -> dict[str, list[str]]:
        """The examples of the intents that are needed here, which are written for the assistant as a whole."""
        wanted = {*ANSWERS_NOTHING, *SAME_AS_INTENT.values()}
        found: dict[str, list[str]] = {}
        for path in sorted(self._intents_folder.glob("*.yml")):
            for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
                if block.get("intent") in wanted:
                    lines = (line.removeprefix("- ") for line in _lines(block["examples"]))
                    found.setdefault(block["intent"], []).extend(_ANNOTATION.sub(r"\1", line) for line in lines)
        return found


def prepared(text: str) -> str:
    """A text as the classifiers see it: that something is asked is a word of its own."""
    folded = fold(text)
    return f"{folded} question_mark" if "?" in folded else folded


def _spread(phrases: list[str]) -> list[str]:
    """As many of the phrases as are taken of those that answer something else, from all over the list."""
    return phrases[:: max(1, len(phrases) // PER_OTHER)]


def _lines(block: str) -> list[str]:
    return block.strip().splitlines()
