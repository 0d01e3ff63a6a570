"""Which languages are served, and by which pipelines; and which of them a reader prefers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babel import negotiate_locale

MAX_TAGS = 20
"""The entries of an Accept-Language header that are looked at; browsers send a handful."""


def configured_pipelines(config: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The pipeline of each language in Rasa's configuration, in its order; empty where it has none."""
    for component in config.get("pipeline") or []:
        if "languages" in component:
            return dict(component["languages"])
    return {}


def pipeline_languages(config: Mapping[str, Any]) -> list[str]:
    """The codes of the languages that have a pipeline in Rasa's configuration, in its order."""
    return list(configured_pipelines(config))


def preferred_language(accept_language: str, languages: Sequence[str]) -> str | None:
    """The first of `languages` that an Accept-Language header asks for; None where it asks for none of them.

    >>> preferred_language("pt;q=0.9, de-AT;q=0.8", ["en", "de"]), preferred_language("", ["en", "de"])
    ('de', None)
    """
    tags = [tag.lower() for tag in accepted_tags(accept_language)]
    return negotiate_locale(tags, languages, sep="-")


def accepted_tags(accept_language: str) -> list[str]:
    """The language tags of an Accept-Language header (RFC 9110), the most wanted first."""
    weighted = []
    for entry in accept_language.split(",")[:MAX_TAGS]:
        tag, _, parameter = entry.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda entry: entry[0], reverse=True)]
