"""Training one language's pipeline outside of a model: for cross-validation, learning curves, other people's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.model_selection import KFold

from bot.nlu.attributes import LANGUAGE
from bot.nlu.pipelines import LanguagePipelines

Components = Sequence[dict[str, Any]]
"""A pipeline as `config.yml` writes it under its language."""


@dataclass(frozen=True)
class Guess:
    """What a message is taken for: an intent, or the sub-intent of a retrieval intent, and how likely that is."""

    label: str
    confidence: float

    @property
    def intent(self) -> str:
        """The intent without the sub-intent."""
        return self.label.partition("/")[0]


def label_of(example: Message) -> str:
    """The intent of an example, or its sub-intent."""
    return str(example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))


def without_entities(components: Components) -> list[dict[str, Any]]:
    """The components that say something of the intent."""
    extractor = {DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR}
    return [entry for entry in components if DefaultV1Recipe._from_registry(entry["name"]).types != extractor]


def classify(language: str, components: Components, data: TrainingData, texts: Iterable[str]) -> list[Guess]:
    """Train the pipeline on `data`, and say what it takes the texts for."""
    # Training marks the messages that it is given.
    examples = [Message(data=dict(example.data)) for example in data.training_examples]
    data = TrainingData(examples, lookup_tables=data.lookup_tables)
    for example in examples:
        example.set(LANGUAGE, language)
    config = {"languages": {language: list(components)}}
    resource, context = Resource("pipelines"), ExecutionContext(GraphSchema({}))
    with TemporaryDirectory() as directory:
        storage = LocalModelStorage(Path(directory))
        LanguagePipelines.create(config, storage, resource, context).train(data)
        pipelines = LanguagePipelines.load(config, storage, resource, context)
    messages = [Message(data={TEXT: text, LANGUAGE: {"name": language}}) for text in texts]
    return [_guess(message) for message in pipelines.process(messages)]


def cross_validate(language: str, components: Components, data: TrainingData, folds: int = 5) -> list[Guess]:
    """What the pipeline takes each example for when it is trained without it and a fifth of the others."""
    examples = data.training_examples
    guesses: list[Guess | None] = [None] * len(examples)
    for learnt, asked in _splits(len(examples), folds):
        part = TrainingData([examples[i] for i in learnt], lookup_tables=data.lookup_tables)
        texts = [examples[i].get(TEXT) for i in asked]
        for i, guess in zip(asked, classify(language, components, part, texts), strict=True):
            guesses[i] = guess
    return [guess for guess in guesses if guess is not None]


def sample(data: TrainingData, share: float, seed: int = 0) -> TrainingData:
    """A random share of the examples, from 0 to 1."""
    chosen = np.random.default_rng(seed).random(len(data.training_examples)) < share
    examples = [example for example, keep in zip(data.training_examples, chosen, strict=True) if keep]
    return TrainingData(examples, lookup_tables=data.lookup_tables)


def _splits(n: int, folds: int) -> Iterator[tuple[list[int], list[int]]]:
    for learnt, asked in KFold(folds, shuffle=True, random_state=0).split(range(n)):
        yield learnt.tolist(), asked.tolist()


def _guess(message: Message) -> Guess:
    intent = message.get(INTENT)
    selector = (message.get(RESPONSE_SELECTOR) or {}).get(intent["name"])
    label = selector["ranking"][0]["intent_response_key"] if selector else intent["name"]
    return Guess(label, intent["confidence"])
