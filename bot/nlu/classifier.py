"""A linear intent classifier whose confidences are calibrated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
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
from sklearn.svm import LinearSVC

from bot.nlu.attributes import FAMILIAR
from bot.nlu.persistence import LearningComponent

Floats = npt.NDArray[np.float32]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(LearningComponent, IntentClassifier):
    """One-vs-rest linear support vector machines on sparse sentence features.

    The sub-intents of a retrieval intent (`ask_faq/<slug>`) are classes of their own; the retrieval intent's
    confidence is their sum, and their ranking is put where Rasa's `ResponseSelector` would put it.

    Decision values become probabilities by a softmax at a fixed temperature (Guo et al., On Calibration of Modern
    Neural Networks, 2017). It is an option and not fitted on the examples: those are written to differ from each
    other and are harder than the messages that come. `aftercare evaluate nlu` reports the calibration error.

    Options:
        C: inverse regularisation strength of the support vector machines.
        temperature: what decision values are divided by; the higher, the less sure.
        unfamiliar: what the confidences are multiplied by for a message without a familiar word.
        ranking_length: how many intents, and how many sub-intents, the rankings hold.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"C": 1.0, "temperature": 0.13, "unfamiliar": 0.35, "ranking_length": 10}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._classes: list[str] = []
        self._weights: npt.NDArray[np.float16] = np.zeros((0, 0), dtype=np.float16)
        self._bias: Floats = np.zeros(0, dtype=np.float32)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the machines on all examples."""
        examples = training_data.intent_examples
        features = scipy.sparse.vstack([_features(example) for example in examples], format="csr")
        labels = np.array([example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) for example in examples])
        machines = LinearSVC(C=self._config["C"], class_weight="balanced", tol=1e-3, random_state=0).fit(
            features, labels
        )
        self._classes = [str(label) for label in machines.classes_]
        # Row by feature, as a message touches few rows; in half precision, which changes no decision, as
        # most of a model's size is these weights.
        self._weights = np.ascontiguousarray(machines.coef_.T, dtype=np.float16)
        self._bias = machines.intercept_.astype(np.float32)
        return self._keep((self._classes, self._weights, self._bias))

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

    def _probabilities(self, features: scipy.sparse.csr_matrix) -> Floats:
        scores = features.data @ self._weights[features.indices].astype(np.float32) + self._bias
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
            message.set(RESPONSE_SELECTOR, _selector(answers, length), add_to_output=True)


def _selector(answers: dict[str, list[tuple[float, str]]], length: int) -> dict[str, Any]:
    """What `ResponseSelector` would have said: for each retrieval intent, its sub-intents by their share of it."""
    selector: dict[str, Any] = {"all_retrieval_intents": list(answers)}
    for intent, labels in answers.items():
        total = sum(probability for probability, _ in labels)
        ranking = [
            {PREDICTED_CONFIDENCE_KEY: probability / total, INTENT_RESPONSE_KEY: label}
            for probability, label in sorted(labels, reverse=True)[:length]
        ]
        selector[intent] = {RESPONSE: ranking[0], "ranking": ranking}
    return selector


def _features(message: Message) -> scipy.sparse.csr_matrix:
    """All sparse sentence features of a message side by side, shape (1, n)."""
    _, sentence = message.get_sparse_features(attribute=TEXT)
    return sentence.features
