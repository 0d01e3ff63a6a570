"""TF-IDF features of words and of character n-grams, as Rasa sparse featurizers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.attributes import FAMILIAR, LANGUAGE
from bot.nlu.patterns import mask
from bot.nlu.persistence import LearningComponent
from bot.nlu.text import normalize
from bot.nlu.tokenizers import tokenize


class _TfidfFeaturizer(LearningComponent, SparseFeaturizer):
    """Sentence features of shape (1, n) of a message's text; what the terms are is the subclass's matter.

    Values known by their shape (order numbers, e-mail addresses) are replaced by their type first. Options:
    `min_ngram`, `max_ngram`; `min_df`, in how many examples a term must stand to count.
    """

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        LearningComponent.__init__(self, config, model_storage, resource)
        SparseFeaturizer.__init__(self, resource.name, config)
        self._vectorizer = self._make_vectorizer()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {FEATURIZER_CLASS_ALIAS: None, LANGUAGE: None, "min_ngram": 1, "max_ngram": 2, "min_df": 1}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check beyond what the vectorizer checks itself."""

    @abstractmethod
    def _make_vectorizer(self) -> TfidfVectorizer:
        """An untrained vectorizer."""

    def _ngram_range(self) -> tuple[int, int]:
        return self._config["min_ngram"], self._config["max_ngram"]

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the vocabulary and the terms' weights."""
        self._vectorizer.fit(_texts(training_data.intent_examples))
        return self._keep(self._vectorizer)

    def _recall(self, learnt: Any) -> None:
        self._vectorizer = learnt

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process(training_data.intent_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages."""
        matrix: scipy.sparse.csr_matrix = self._vectorizer.transform(_texts(messages))
        for row, message in enumerate(messages):
            features = matrix[row] if len(messages) > 1 else matrix
            message.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordTfidfFeaturizer(_TfidfFeaturizer):
    """Words and runs of words, as the language's tokenizer finds them.

    Also says of each message whether any of its words is `familiar`: of what has none, nobody can be sure.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages, and whether they are familiar."""
        super().process(messages)
        weights = self._vectorizer.idf_
        for message in messages:
            row = message.features[-1].features
            # The rarest terms are those of a single example.
            message.set(FAMILIAR, bool((weights[row.indices] < weights.max()).any()))
        return messages

    def _make_vectorizer(self) -> TfidfVectorizer:
        language = self._config[LANGUAGE]
        return TfidfVectorizer(
            tokenizer=_Words(language),
            token_pattern=None,
            lowercase=False,
            ngram_range=self._ngram_range(),
            min_df=self._config["min_df"],
            sublinear_tf=True,
            dtype=np.float32,
        )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CharacterTfidfFeaturizer(_TfidfFeaturizer):
    """Runs of characters: inside words (`across_words: false`), or across them where words have no borders."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **_TfidfFeaturizer.get_default_config(),
            "min_ngram": 2,
            "max_ngram": 5,
            "min_df": 2,
            "across_words": False,
        }

    def _make_vectorizer(self) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer="char" if self._config["across_words"] else "char_wb",
            lowercase=False,
            ngram_range=self._ngram_range(),
            min_df=self._config["min_df"],
            sublinear_tf=True,
            dtype=np.float32,
        )


class _Words:
    """The tokenizer of a language as a picklable function."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str) -> list[str]:
        return tokenize(text, self.language)


def _texts(messages: Iterable[Message]) -> list[str]:
    return [normalize(mask(message.get(TEXT) or "")) for message in messages]
