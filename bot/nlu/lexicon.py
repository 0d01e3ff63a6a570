"""Words that say of what type they are: the lookup tables of the training data, as marks on the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.attributes import LANGUAGE
from bot.nlu.persistence import LearningComponent
from bot.nlu.text import normalize
from bot.nlu.tokenizers import tokenize

MARK = "lexicon"
"""The key in a token's data under which its mark stands: `B-product` on the first word of an entry, `I-product` on the
others, `~product` on a word that ends like an entry."""

SPELLED = "spelled"
"""The key in a token's data under which the word stands as the examples spell it."""

SHORTEST_HEAD = 5
"""The letters that the last part of a compound has at least."""


def word_of(token: Token) -> str:
    """The word of a token as it is compared."""
    spelled: str | None = token.data.get(SPELLED)
    return normalize(token.text) if spelled is None else spelled


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LexiconMatcher(LearningComponent):
    """Marks the tokens that stand in a lookup table of the training data (`- lookup: product`), longest entries first.

    A word that is no entry but ends in one, as compounds do (`Kinderbettwäsche`, `bookshelf`), has a mark of its own.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {LANGUAGE: None}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._entries: dict[tuple[str, ...], str] = {}
        self._longest: dict[str, int] = {}

    def train(self, training_data: TrainingData) -> Resource:
        """Take over the tables."""
        entries = {}
        for table in training_data.lookup_tables:
            for element in table["elements"]:
                words = tuple(normalize(word) for word in tokenize(element, self._config[LANGUAGE]))
                entries[words] = table["name"]
        entries.pop((), None)
        self._recall(entries)
        return self._keep(entries)

    def _recall(self, learnt: Any) -> None:
        self._entries = learnt
        for words in learnt:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Mark the tokens of the examples."""
        self.process(training_data.intent_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Mark the tokens of the messages."""
        for message in messages:
            tokens: list[Token] = message.get(TOKENS_NAMES[TEXT]) or []
            for token, mark in zip(tokens, self.marks([word_of(token) for token in tokens]), strict=True):
                token.data[MARK] = mark
        return messages

    def marks(self, words: Sequence[str]) -> list[str]:
        """The mark of each word, "" where it has none."""
        marks: list[str] = []
        while len(marks) < len(words):
            marks += self._entry(words, len(marks)) or [self._compound(words[len(marks)])]
        return marks

    def _entry(self, words: Sequence[str], start: int) -> list[str]:
        for end in range(min(start + self._longest.get(words[start], 0), len(words)), start, -1):
            entity = self._entries.get(tuple(words[start:end]))
            if entity:
                return [f"B-{entity}"] + [f"I-{entity}"] * (end - start - 1)
        return []

    def _compound(self, word: str) -> str:
        for start in range(2, len(word) - SHORTEST_HEAD + 1):
            entity = self._entries.get((word[start:],))
            if entity:
                return f"~{entity}"
        return ""
