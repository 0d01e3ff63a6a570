"""How components keep what they have learnt."""

from __future__ import annotations

import gzip
import pickle
from abc import abstractmethod
from typing import Any, Self

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

LEARNT_FILE = "learnt.pickle.gz"

# Rasa packs a model at gzip's slowest level, which takes ten times as long on what is not compressed yet.
COMPRESSION = 1


class LearningComponent(GraphComponent):
    """A graph component that learns from examples and keeps what it has learnt in one file of its resource."""

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """A component that has learnt nothing yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """A component with what was learnt in training."""
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as directory, gzip.open(directory / LEARNT_FILE) as file:
            component._recall(pickle.load(file))  # noqa: S301  # whoever gives a model could give code as well
        return component

    def _keep(self, learnt: Any) -> Resource:
        """Store what `_recall` will be given."""
        with (
            self._model_storage.write_to(self._resource) as directory,
            gzip.open(directory / LEARNT_FILE, "wb", COMPRESSION) as file,
        ):
            pickle.dump(learnt, file, pickle.HIGHEST_PROTOCOL)
        return self._resource

    @abstractmethod
    def _recall(self, learnt: Any) -> None:
        """Take up what `_keep` was given."""
