"""How well messages are understood: the metrics of `aftercare evaluate nlu`."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from aftercare.errors import ConfigurationError
from shop import order_digits

Parse = Callable[[str], Awaitable[dict[str, Any]]]
"""Parses a text as the server would; returns Rasa's parse result."""

CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Sample:
    """One labelled message."""

    text: str
    language: str
    intent: str
    entities: frozenset[tuple[str, str]]
    """Type and value, the value as it is compared."""


@dataclass
class LanguageReport:
    """The figures of one language; shares are 0..1."""

    n: int = 0
    language_accuracy: float = 0.0
    intent_accuracy: float = 0.0
    intent_f1: float = 0.0
    entity_f1: float = 0.0
    calibration_error: float = 0.0
    fallbacks: int = 0
    """How many messages were not understood surely enough; their likeliest intent counts for the accuracy."""
    intents: dict[str, dict[str, float]] = field(default_factory=dict)
    entities: dict[str, dict[str, float]] = field(default_factory=dict)
    confusions: list[dict[str, Any]] = field(default_factory=list)


def read_samples(paths: Iterable[Path]) -> list[Sample]:
    """The samples of JSON-lines files.

    Raises:
        ConfigurationError: naming the file and the line of one that is no sample.
    """
    samples = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    samples.append(_sample(json.loads(line)))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ConfigurationError(f"{path}:{number}: no sample: {error!r}") from error
    return samples


def _sample(record: dict[str, Any]) -> Sample:
    entities = frozenset(
        (entity["entity"], comparable(entity["entity"], entity["value"])) for entity in record.get("entities", [])
    )
    return Sample(str(record["text"]), str(record["language"]), str(record["intent"]).partition("/")[0], entities)


def comparable(entity: str, value: str) -> str:
    """A value as it is compared: order numbers by their digits, all else without regard to case and outer space."""
    return order_digits(value) if entity == "order_number" else value.strip().casefold()


async def evaluate(parse: Parse, samples: list[Sample]) -> dict[str, LanguageReport]:
    """Parse every sample and report by its true language."""
    by_language: dict[str, list[tuple[Sample, dict[str, Any]]]] = defaultdict(list)
    for sample in samples:
        by_language[sample.language].append((sample, await parse(sample.text)))
    return {language: _report(results) for language, results in sorted(by_language.items())}


def _report(results: list[tuple[Sample, dict[str, Any]]]) -> LanguageReport:
    truth = [sample.intent for sample, _ in results]
    guesses = [_best(parsed) for _, parsed in results]
    found = [name for name, _ in guesses]
    right = np.array([guess == true for guess, true in zip(found, truth, strict=True)])
    labels = sorted(set(truth))
    scores = f1_score(truth, found, labels=labels, average=None, zero_division=0)
    entities = _entity_scores(results)
    confusions = Counter((true, guess) for true, guess in zip(truth, found, strict=True) if true != guess)
    return LanguageReport(
        n=len(results),
        language_accuracy=float(np.mean([_language(parsed) == sample.language for sample, parsed in results])),
        intent_accuracy=float(right.mean()),
        intent_f1=float(np.mean(scores)),
        entity_f1=entities.pop("all")["f1"],
        calibration_error=_calibration_error(np.array([confidence for _, confidence in guesses]), right),
        fallbacks=sum(parsed["intent"]["name"] == "nlu_fallback" for _, parsed in results),
        intents={
            label: {
                "n": truth.count(label),
                "accuracy": float(right[[i for i, true in enumerate(truth) if true == label]].mean()),
                "f1": float(score),
            }
            for label, score in zip(labels, scores, strict=True)
        },
        entities=entities,
        confusions=[{"intent": true, "taken_for": guess, "n": n} for (true, guess), n in confusions.most_common(15)],
    )


def _best(parsed: dict[str, Any]) -> tuple[str, float]:
    """The likeliest intent and its confidence, also where it was not sure enough to act on."""
    ranking = [entry for entry in parsed.get("intent_ranking", []) if entry["name"] != "nlu_fallback"]
    best = ranking[0] if ranking else parsed["intent"]
    return str(best["name"]), float(best["confidence"])


def _language(parsed: dict[str, Any]) -> str | None:
    return (parsed.get("language") or {}).get("name")


def _entity_scores(results: list[tuple[Sample, dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 over pairs of type and value; under "all" the micro average."""
    hits, spurious, missed = Counter[str](), Counter[str](), Counter[str]()
    for sample, parsed in results:
        found = {
            (entity["entity"], comparable(entity["entity"], str(entity["value"]))) for entity in parsed["entities"]
        }
        hits.update(entity for entity, _ in found & sample.entities)
        spurious.update(entity for entity, _ in found - sample.entities)
        missed.update(entity for entity, _ in sample.entities - found)
    scores = {
        entity: _f1(hits[entity], spurious[entity], missed[entity]) for entity in sorted(hits | spurious | missed)
    }
    scores["all"] = _f1(hits.total(), spurious.total(), missed.total())
    return scores


def _f1(hits: int, spurious: int, missed: int) -> dict[str, float]:
    return {
        "n": hits + missed,
        "precision": hits / (hits + spurious) if hits + spurious else 1.0,
        "recall": hits / (hits + missed) if hits + missed else 1.0,
        "f1": 2 * hits / (2 * hits + spurious + missed) if hits + spurious + missed else 1.0,
    }


def _calibration_error(confidences: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> float:
    """The expected calibration error: the mean distance of confidence and accuracy over equally wide bins."""
    bins = np.minimum((confidences * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(
        sum(
            abs(right[bins == number].mean() - confidences[bins == number].mean()) * (bins == number).mean()
            for number in np.unique(bins)
        )
    )
