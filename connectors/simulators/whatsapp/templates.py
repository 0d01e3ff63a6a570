"""The approved templates of the simulated account."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from connectors.simulators.whatsapp.errors import GraphError

FILE = Path(__file__).parent / "templates.yml"

_PLACE = re.compile(r"\{\{(\d+)\}\}")


@cache
def load_templates() -> Mapping[str, Mapping[str, str]]:
    """The text of each template in each of its languages."""
    templates: dict[str, dict[str, str]] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return templates


def fill(name: str, language: str, parameters: Sequence[str]) -> str:
    """A template with its parameters. Raises `GraphError` as the platform answers."""
    text = load_templates().get(name, {}).get(language)
    if text is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}", status=404)
    expected = max((int(number) for number in _PLACE.findall(text)), default=0)
    if len(parameters) != expected:
        raise GraphError(
            132000,
            f"body: number of localizable_params ({len(parameters)}) does not match the expected number of params "
            f"({expected})",
        )
    if any(re.search(r"[\n\t]| {5}", parameter) for parameter in parameters):
        raise GraphError(100, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    return _PLACE.sub(lambda place: parameters[int(place[1]) - 1], text)
