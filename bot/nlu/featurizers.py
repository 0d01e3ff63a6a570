"""TF-IDF features of words and of character n-grams, as Rasa sparse featurizers."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import scipy.sparse
from pypinyin import lazy_pinyin
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS, TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu import patterns
from bot.nlu.attributes import FAMILIAR, LANGUAGE
from bot.nlu.lexicon import MARK, word_of
from bot.nlu.persistence import LearningComponent
from bot.nlu.spelling import normalized
from bot.nlu.terms import Analyze, Terms, Tfidf
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
        self._analyze: Analyze = self._vectorizer.build_analyzer()
        self._tfidf = Tfidf(Terms(np.zeros(0, dtype=np.uint64)), np.zeros(0, dtype=np.float32))
        self._of_examples: scipy.sparse.csr_matrix | None = None
        """The features of the examples, as training makes them anyway."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            FEATURIZER_CLASS_ALIAS: None,
            LANGUAGE: None,
            "min_ngram": 1,
            "max_ngram": 2,
            "min_df": 1,
            "weight": 1.0,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check beyond what the vectorizer checks itself."""

    @abstractmethod
    def _make_vectorizer(self) -> TfidfVectorizer:
        """An untrained vectorizer."""

    def _terms(self, tokenizer: Callable[[str], list[str]] | None = None, **options: Any) -> TfidfVectorizer:
        """A vectorizer of runs of what `tokenizer` (or the option `analyzer`) finds in a text."""
        return TfidfVectorizer(
            tokenizer=tokenizer,
            token_pattern=None,
            lowercase=False,
            ngram_range=(self._config["min_ngram"], self._config["max_ngram"]),
            min_df=self._config["min_df"],
            sublinear_tf=True,
            dtype=np.float32,
            **options,
        )

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the vocabulary and the terms' weights."""
        examples = training_data.intent_examples
        self._prepare(examples)
        self._tfidf, features = Tfidf.learn(self._vectorizer, self._texts(examples))
        self._of_examples = self._weigh(features)
        return self._keep(self._learnt())

    def _prepare(self, examples: list[Message]) -> None:
        """Learn what the texts are made with, where that must be learnt."""

    def _learnt(self) -> Any:
        """What `_recall` is to be given."""
        return self._tfidf

    def _recall(self, learnt: Any) -> None:
        self._tfidf = learnt

    def _texts(self, messages: Iterable[Message]) -> list[str]:
        """What the terms are taken from."""
        return [normalized(message) for message in messages]

    def _weigh(self, matrix: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
        weight = self._config["weight"]
        return matrix if weight == 1 else weight * matrix

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        examples = training_data.intent_examples
        if self._of_examples is None:
            self.process(examples)
        else:
            for example, features in zip(examples, self._of_examples, strict=True):
                self._attach(example, features)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages."""
        for message, text in zip(messages, self._texts(messages), strict=True):
            self._attach(message, self._weigh(self._tfidf.transform(self._analyze(text))))
        return messages

    def _attach(self, message: Message, features: scipy.sparse.csr_matrix) -> None:
        message.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordTfidfFeaturizer(_TfidfFeaturizer):
    """Words and runs of words, as the language's tokenizer finds them.

    Also says of each message whether any of its words is `familiar`: of what has none, nobody can be sure.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages, and whether they are familiar."""
        super().process(messages)
        weights = self._tfidf.weights
        for message in messages:
            row = message.features[-1].features
            # The rarest terms are those of a single example.
            message.set(FAMILIAR, bool((weights[row.indices] < weights.max()).any()))
        return messages

    def _make_vectorizer(self) -> TfidfVectorizer:
        return self._terms(_Words(self._config[LANGUAGE]))


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
        return self._terms(analyzer="char" if self._config["across_words"] else "char_wb")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TemplateTfidfFeaturizer(_TfidfFeaturizer):
    """Runs of the words that hold a message together, with a placeholder for each other one.

    "der Toaster", "los pantalones grises" and "size 44" are nothing but a value; "Anna Berg" is two capitalised words
    that nobody knows. A word is replaced by the type of value it stands for (see `bot.nlu.patterns` and
    `bot.nlu.lexicon`), or else, unless it is one of the `frequent` ones, by its shape.

    Options:
        frequent: how many words stay as they are.
        weight: of these features; 1 is that of the other featurizers.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **_TfidfFeaturizer.get_default_config(),
            "min_ngram": 2,
            "max_ngram": 3,
            "min_df": 2,
            "frequent": 300,
            "weight": 0.5,
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._frequent: frozenset[str] = frozenset()

    def _make_vectorizer(self) -> TfidfVectorizer:
        return self._terms(str.split)

    def _prepare(self, examples: list[Message]) -> None:
        counts = Counter(word_of(token) for example in examples for token in example.get(TOKENS_NAMES[TEXT]) or [])
        self._frequent = frozenset(word for word, _ in counts.most_common(self._config["frequent"]))

    def _learnt(self) -> Any:
        return self._frequent, self._tfidf

    def _recall(self, learnt: Any) -> None:
        self._frequent, self._tfidf = learnt

    def _texts(self, messages: Iterable[Message]) -> list[str]:
        return [f"^ {' '.join(self._template(message))} $" for message in messages]

    def _template(self, message: Message) -> Iterator[str]:
        values = patterns.find(message.get(TEXT) or "")
        for token in message.get(TOKENS_NAMES[TEXT]) or []:
            value = next((value for value in values if value.start <= token.start < value.end), None)
            mark = token.data.get(MARK, "")
            word = word_of(token)
            if value:
                if token.start == value.start:
                    yield f"<{value.entity}>"
            elif mark.startswith("B-"):
                yield f"<{mark[2:]}>"
            elif mark.startswith("I-"):
                continue
            elif word in self._frequent:
                yield word
            elif token.text.isdigit():
                yield "0" * min(len(word), 5)
            else:
                yield "Xx" if token.text[:1].isupper() else "x"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PinyinTfidfFeaturizer(_TfidfFeaturizer):
    """Runs of Chinese syllables without their tones: who types by sound picks a wrong character of the right sound."""

    def _make_vectorizer(self) -> TfidfVectorizer:
        return self._terms(str.split)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**_TfidfFeaturizer.get_default_config(), "min_df": 2}

    def _texts(self, messages: Iterable[Message]) -> list[str]:
        return [" ".join(lazy_pinyin(normalized(message))) for message in messages]


class _Words:
    """The tokenizer of a language as a picklable function."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str) -> list[str]:
        return tokenize(text, self.language)
