"""A linear intent classifier whose confidences are calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    PREDICTED_CONFIDENCE_KEY,
    RESPONSE,
    RESPONSE_IDENTIFIER_DELIMITER,
    RESPONSE_SELECTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax
from sklearn.model_selection import KFold, cross_val_score
from sklearn.svm import LinearSVC

from bot.nlu.attributes import FAMILIAR
from bot.nlu.persistence import LearningComponent

Floats = npt.NDArray[np.float32]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(LearningComponent, IntentClassifier):
    """One-vs-rest linear support vector machines on sentence features, sparse or dense.

    The sub-intents of a retrieval intent (`ask_faq/<slug>`) are classes of their own; the retrieval intent's
    confidence is their sum, and their ranking is put where Rasa's `ResponseSelector` would put it.

    Decision values become probabilities by a softmax at a fixed temperature (Guo et al., On Calibration of Modern
    Neural Networks, 2017). It is an option and not fitted on the examples: those are written to differ from each
    other and are harder than the messages that come. `aftercare evaluate nlu` reports the calibration error.

    Options:
        C: inverse regularisation strengths of the machines, to choose from by cross-validation.
        folds: of the cross-validation.
        sample: how many examples the cross-validation looks at, at most; its time depends on it, the best C hardly.
        class_weight: `balanced` where small classes are to count as much as large ones, or None.
        temperature: what decision values are divided by; the higher, the less sure.
        unfamiliar: what the confidences are multiplied by for a message without a familiar word.
        ranking_length: how many intents the ranking holds; sub-intents are ranked to the last.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "C": [0.5, 1.0, 2.0],
            "folds": 2,
            "sample": 2000,
            "class_weight": None,
            "temperature": 0.13,
            "unfamiliar": 0.35,
            "ranking_length": 10,
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._classes: list[str] = []
        self._weights = Weights(np.zeros((0, 0)))
        self._bias: Floats = np.zeros(0, dtype=np.float32)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the machines on all examples."""
        examples = training_data.intent_examples
        # Featurizer by featurizer: putting the rows of each example side by side first takes ten times as long.
        blocks = zip(*(_features(example) for example in examples), strict=True)
        features = scipy.sparse.hstack([scipy.sparse.vstack(block) for block in blocks], format="csr")
        labels = np.array([example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) for example in examples])
        strength = self._choose_strength(features, labels)
        machines = _machines(strength, class_weight=self._config["class_weight"]).fit(features, labels)
        self._classes = [str(label) for label in machines.classes_]
        coefficients, bias = machines.coef_, machines.intercept_
        if len(self._classes) == 2:
            # One machine tells two classes apart: what speaks for one speaks against the other.
            coefficients, bias = np.vstack([-coefficients, coefficients]), np.hstack([-bias, bias])
        self._weights = Weights(coefficients)
        self._bias = bias.astype(np.float32)
        return self._keep((self._classes, self._weights, self._bias))

    def _choose_strength(self, features: scipy.sparse.csr_matrix, labels: npt.NDArray[np.str_]) -> float:
        """The C with which most examples are recognised that the machines were not fitted on."""
        strengths: list[float] = self._config["C"]
        folds = min(self._config["folds"], len(labels))
        if len(strengths) == 1 or folds < 2:
            return strengths[0]
        if len(labels) > self._config["sample"]:
            chosen = np.random.default_rng(0).choice(len(labels), self._config["sample"], replace=False)
            features, labels = features[chosen], labels[chosen]
        parts = KFold(folds, shuffle=True, random_state=0)
        # The comparison needs no more of the optimum than that the order is right.
        candidates = [_machines(value, tol=1e-2, class_weight=self._config["class_weight"]) for value in strengths]
        means = [cross_val_score(machines, features, labels, cv=parts).mean() for machines in candidates]
        return strengths[int(np.argmax(means))]

    def _recall(self, learnt: Any) -> None:
        self._classes, self._weights, self._bias = learnt

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent, the ranking of intents, and the ranking of sub-intents."""
        for message in messages:
            probabilities = self._probabilities(_features(message))
            if not message.get(FAMILIAR, True):
                probabilities = probabilities * self._config["unfamiliar"]
            self._set_intents(message, probabilities)
        return messages

    def _probabilities(self, features: Sequence[scipy.sparse.csr_matrix]) -> Floats:
        columns, values, start = [], [], 0
        for block in features:
            columns.append(block.indices + start)
            values.append(block.data)
            start += block.shape[1]
        scores = self._weights.scores(np.concatenate(columns), np.concatenate(values)) + self._bias
        probabilities: Floats = softmax(scores / self._config["temperature"])
        return probabilities

    def _set_intents(self, message: Message, probabilities: Floats) -> None:
        intents: dict[str, float] = {}
        answers: dict[str, list[tuple[float, str]]] = {}
        for label, probability in zip(self._classes, probabilities.tolist(), strict=True):
            intent, delimiter, _ = label.partition(RESPONSE_IDENTIFIER_DELIMITER)
            intents[intent] = intents.get(intent, 0.0) + probability
            if delimiter:
                answers.setdefault(intent, []).append((probability, label))
        length = self._config["ranking_length"]
        ranking = [
            {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
            for name, confidence in sorted(intents.items(), key=lambda item: -item[1])[:length]
        ]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        if answers:
            message.set(RESPONSE_SELECTOR, _selector(answers), add_to_output=True)


class Weights:
    """What each feature says for each class. Most of a model's size is these.

    Two of three are zero, as few examples bear on a class; the others are kept in half precision, which changes no
    decision. Feature by feature, as a message has few of them.

    Args:
        coefficients: of shape (classes, features).
    """

    def __init__(self, coefficients: npt.NDArray[np.float64]) -> None:
        by_feature = scipy.sparse.csr_matrix(coefficients.astype(np.float16).astype(np.float32).T)
        self._number_of_classes = len(coefficients)
        self._starts = by_feature.indptr
        self._classes = by_feature.indices.astype(np.min_scalar_type(len(coefficients)))
        self._values = by_feature.data.astype(np.float16)

    def scores(self, features: npt.NDArray[np.int32], values: Floats) -> npt.NDArray[np.float64]:
        """The sum of what the features say, each times its value: shape (classes,)."""
        starts = self._starts[features]
        lengths = self._starts[features + 1] - starts
        # Where the weights of each feature lie, one after the other.
        ends = np.cumsum(lengths)
        at = np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)
        said = self._values[at] * np.repeat(values, lengths)
        return np.bincount(self._classes[at], said, self._number_of_classes).astype(np.float64, copy=False)


def _machines(strength: float, tol: float = 1e-3, class_weight: str | None = None) -> LinearSVC:
    return LinearSVC(C=strength, class_weight=class_weight, tol=tol, random_state=0)


def _selector(answers: dict[str, list[tuple[float, str]]]) -> dict[str, Any]:
    """What `ResponseSelector` would have said: for each retrieval intent, its sub-intents by their share of it."""
    selector: dict[str, Any] = {"all_retrieval_intents": list(answers)}
    for intent, labels in answers.items():
        total = sum(probability for probability, _ in labels)
        ranking = [
            {PREDICTED_CONFIDENCE_KEY: probability / total, INTENT_RESPONSE_KEY: label}
            for probability, label in sorted(labels, reverse=True)
        ]
        selector[intent] = {RESPONSE: ranking[0], "ranking": ranking}
    return selector


def _features(message: Message) -> list[scipy.sparse.csr_matrix]:
    """The sentence features of a message, of each featurizer one matrix of shape (1, n)."""
    return [
        features.features if features.is_sparse() else scipy.sparse.csr_matrix(features.features)
        for features in message.features
        if features.attribute == TEXT and features.type == FEATURE_TYPE_SENTENCE
    ]
