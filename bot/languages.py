"""Which languages are served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pipeline_languages(config: Mapping[str, Any]) -> list[str]:
    """The codes of the languages that have a pipeline in Rasa's configuration, in its order; empty where none has."""
    for component in config.get("pipeline") or []:
        if "languages" in component:
            return list(component["languages"])
    return []
