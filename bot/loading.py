"""Loading a trained model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider

from bot.runner import SequentialGraphRunner


class KnownDomain(DomainProvider):
    """Provides the domain of the model's metadata (`domain` of its configuration), which is in memory anyway.

    Rasa's own provider reads it again from YAML, three times over, which takes longer than all else in a model.
    """

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KnownDomain:
        """See `DomainProvider.load`."""
        return cls(model_storage, resource, config["domain"])


def load_model(folder: Path, archive: Path) -> tuple[ModelMetadata, SequentialGraphRunner]:
    """The metadata of a model, and what runs its graph.

    Args:
        folder: an empty one to unpack the model in; it is not needed afterwards.
        archive: the model.
    """
    storage, metadata = LocalModelStorage.from_model_archive(folder, archive)
    schema = metadata.predict_schema
    for name, node in schema.nodes.items():
        if node.uses is DomainProvider:
            schema.nodes[name] = replace(node, uses=KnownDomain, config={"domain": metadata.domain})
    context = ExecutionContext(schema, metadata.model_id)
    return metadata, SequentialGraphRunner.create(schema, storage, context)
