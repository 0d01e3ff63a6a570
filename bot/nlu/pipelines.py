"""One NLU pipeline a language inside one Rasa model; a message goes through its own language's alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import progress
from bot.nlu.attributes import LANGUAGE, UNSERVED_LANGUAGE
from bot.nlu.processes import in_processes

ComponentType = DefaultV1Recipe.ComponentType


@dataclass(frozen=True)
class _Step:
    """One component of one language's pipeline, as the configuration names it."""

    name: str
    config: dict[str, Any]
    resource: Resource
    clazz: type[GraphComponent]
    is_trainable: bool
    prepares: bool
    """Whether the components after it train on what it makes of the examples (a tokenizer, a featurizer)."""


@DefaultV1Recipe.register([ComponentType.INTENT_CLASSIFIER, ComponentType.ENTITY_EXTRACTOR], is_trainable=True)
class LanguagePipelines(GraphComponent):
    """Creates, trains, persists and runs the pipelines that stand under `languages` in its configuration.

    `languages` maps a language's code to a list of components, written as in Rasa's own `pipeline`. Needs
    `LanguageIdentifier` before it. A message in a language without a pipeline gets the intent
    `unserved_language`.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"languages": {}}

    def __init__(
        self,
        config: Mapping[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._execution_context = execution_context
        self._steps = {language: _steps(language, components) for language, components in config["languages"].items()}
        self._pipelines: dict[str, list[GraphComponent]] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguagePipelines:
        """An untrained set of pipelines."""
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_data: TrainingData) -> Resource:
        """Train each language on its own examples, about as many languages at a time as there are cores.

        Raises:
            InvalidConfigException: when a configured language has no examples.
        """
        examples = {language: of_language(training_data, language) for language in self._steps}
        for language, own in examples.items():
            if not own.intent_examples:
                raise InvalidConfigException(
                    f"config.yml has a pipeline for '{language}', but there are no training examples for it "
                    f"(bot/data/nlu/{language}/)."
                )
        with self._model_storage.write_to(self._resource) as directory:
            # The longest first, so that no core is left with it at the end.
            order = sorted(examples, key=lambda language: -len(examples[language].intent_examples))
            in_processes(lambda language: self._train_language(language, examples[language], directory), order)
        return self._resource

    def _train_language(self, language: str, examples: TrainingData, directory: Path) -> None:
        # The parts live inside this component's own resource: Rasa's training cache restores that as a whole.
        storage = LocalModelStorage(directory)
        steps = self._steps[language]
        for done, step in enumerate(steps):
            progress.report(language, step.clazz.__name__, done, len(steps))
            component = step.clazz.create(step.config, storage, step.resource, self._execution_context)
            if step.is_trainable:
                component.train(training_data=examples)  # type: ignore[attr-defined]
            if step.prepares:
                examples = component.process_training_data(examples)  # type: ignore[attr-defined]
        progress.report(language, "", len(steps), len(steps))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguagePipelines:
        """The trained pipelines."""
        pipelines = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as directory:
            storage = LocalModelStorage(directory)
            for language, steps in pipelines._steps.items():
                pipelines._pipelines[language] = [
                    step.clazz.load(step.config, storage, step.resource, execution_context)
                    if step.is_trainable
                    else step.clazz.create(step.config, storage, step.resource, execution_context)
                    for step in steps
                ]
        return pipelines

    def process(self, messages: list[Message]) -> list[Message]:
        """Run each message through the pipeline of its language."""
        by_language: dict[str, list[Message]] = {}
        for message in messages:
            by_language.setdefault(message.get(LANGUAGE)["name"], []).append(message)
        for language, own in by_language.items():
            if language in self._pipelines:
                for component in self._pipelines[language]:
                    component.process(own)  # type: ignore[attr-defined]
            else:
                for message in own:
                    _mark_unserved(message)
        return messages


def of_language(training_data: TrainingData, language: str) -> TrainingData:
    """The examples and lookup tables of one language."""
    own = training_data.filter_training_examples(lambda example: example.get(LANGUAGE) == language)
    own.lookup_tables = [table for table in training_data.lookup_tables if table.get(LANGUAGE) == language]
    return own


def _steps(language: str, components: list[dict[str, Any]]) -> list[_Step]:
    steps = []
    for index, entry in enumerate(components):
        registered = DefaultV1Recipe._from_registry(entry["name"])
        config = {key: value for key, value in entry.items() if key != "name"}
        steps.append(
            _Step(
                name=entry["name"],
                config={**registered.clazz.get_default_config(), LANGUAGE: language, **config},
                resource=Resource(f"{language}_{index}"),
                clazz=registered.clazz,
                is_trainable=registered.is_trainable,
                prepares=bool(registered.types & {ComponentType.MESSAGE_TOKENIZER, ComponentType.MESSAGE_FEATURIZER}),
            )
        )
    return steps


def _mark_unserved(message: Message) -> None:
    intent = {INTENT_NAME_KEY: UNSERVED_LANGUAGE, PREDICTED_CONFIDENCE_KEY: message.get(LANGUAGE)["confidence"]}
    message.set(INTENT, intent, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [intent], add_to_output=True)
    message.set(ENTITIES, [], add_to_output=True)
