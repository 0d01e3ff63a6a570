"""Sentence features of a pre-trained encoder, as a Rasa dense featurizer. Optional: `config.yml` does not name it."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder_files import ENCODERS
from bot.nlu.sentence_encoder import EncoderError, SentenceEncoder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Sentence features of shape (1, d) and type float32: what a pre-trained encoder makes of a message's text.

    They are brought to length 1, and not trained further. Languages that name the same encoder share it. It is no part
    of the trained model, and must be there when the model is loaded. The search of the knowledge base uses it too.

    Options:
        model, folder, file, pooling, prefix, max_length, batch_size: see `SentenceEncoder`.
        weight: what the features are multiplied by; each TF-IDF featurizer's have length 1.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            FEATURIZER_CLASS_ALIAS: None,
            "model": None,
            "folder": str(ENCODERS),
            "file": None,
            "pooling": "mean",
            "prefix": "",
            "max_length": 128,
            "batch_size": 32,
            "weight": 1.0,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Check what can be checked without the encoder.

        Raises:
            InvalidConfigException: when an option has no value that makes sense.
        """
        try:
            SentenceEncoder.of(config)
        except EncoderError as error:
            raise InvalidConfigException(str(error)) from error

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoderFeaturizer:
        """A featurizer whose encoder is loaded and works.

        Raises:
            InvalidConfigException: when an option is wrong, or a package, the folder, or one of its files is missing or
                cannot be used; the message says what to do.
        """
        return cls(config, resource)

    def __init__(self, config: dict[str, Any], resource: Resource) -> None:
        super().__init__(resource.name, config)
        self._encoder = SentenceEncoder.of(config)
        try:
            self._encoder.open()
        except EncoderError as error:
            raise InvalidConfigException(str(error)) from error

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process(training_data.intent_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages."""
        if messages:
            vectors = self._encoder([message.get(TEXT) or "" for message in messages])
            vectors *= np.float32(self._config["weight"])
            for message, vector in zip(messages, vectors, strict=True):
                message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages
