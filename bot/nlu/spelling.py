"""What is compared with the examples: a message without its values and without slips of the finger."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from symspellpy import SymSpell, Verbosity

from bot.nlu.attributes import NORMALIZED
from bot.nlu.lexicon import SPELLED
from bot.nlu.patterns import mask
from bot.nlu.persistence import LearningComponent
from bot.nlu.text import normalize

_WORD = re.compile(r"[^\W\d_]+")


def normalized(message: Message) -> str:
    """The text of a message as the examples are compared with it, shaped values replaced by their type."""
    known: str | None = message.get(NORMALIZED)
    return normalize(mask(message.get(TEXT) or "")) if known is None else known


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SpellingCorrector(LearningComponent):
    """Replaces a word that no example has by the word of the examples that is one slip of the finger away.

    A slip is a letter too many, too few, another one, or two letters in the wrong order. Of several words the most
    frequent one is taken. Character n-grams forgive slips in long words; in a message of two words there is nothing
    else to go by. The text of the message, and so its entities, stay as they are.

    Options:
        min_count: in how many places of the examples a word must stand to replace another.
        min_length: of words that are corrected, in letters; among shorter ones every second slip is another word.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"min_count": 3, "min_length": 4}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._known: frozenset[str] = frozenset()
        self._index = SymSpell(max_dictionary_edit_distance=1)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the examples."""
        texts = (normalized(example) for example in training_data.intent_examples)
        counts = Counter(word for text in texts for word in _WORD.findall(text))
        self._recall(counts)
        return self._keep(counts)

    def _recall(self, learnt: Any) -> None:
        self._known = frozenset(learnt)
        for word, count in learnt.items():
            if count >= self._config["min_count"] and len(word) >= self._config["min_length"]:
                self._index.create_dictionary_entry(word, count)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Note the normalised text on the examples, all of whose words are known."""
        for example in training_data.intent_examples:
            example.set(NORMALIZED, normalized(example))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Note the normalised and corrected text on the messages."""
        for message in messages:
            message.set(NORMALIZED, _WORD.sub(lambda found: self._correct(found[0]), normalized(message)))
            for token in message.get(TOKENS_NAMES[TEXT]) or []:
                token.data[SPELLED] = self._correct(normalize(token.text))
        return messages

    def _correct(self, word: str) -> str:
        # A token that is more than letters, such as "-ils" or "e-mail", is no slip of the word within.
        if word in self._known or len(word) < self._config["min_length"] or not _WORD.fullmatch(word):
            return word
        likeliest = self._index.lookup(word, Verbosity.TOP)
        return likeliest[0].term if likeliest else word
