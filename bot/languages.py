"""Which languages are served, and by which pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def configured_pipelines(config: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The pipeline of each language in Rasa's configuration, in its order; empty where it has none."""
    for component in config.get("pipeline") or []:
        if "languages" in component:
            return dict(component["languages"])
    return {}


def pipeline_languages(config: Mapping[str, Any]) -> list[str]:
    """The codes of the languages that have a pipeline in Rasa's configuration, in its order."""
    return list(configured_pipelines(config))
