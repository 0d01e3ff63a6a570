"""How well messages are understood: the metrics of `aftercare evaluate nlu`."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from aftercare.errors import ConfigurationError
from bot.intents import NOT_UNDERSTOOD
from shop import order_digits

Parse = Callable[[str], Awaitable[dict[str, Any]]]
"""Parses a text as the server would; returns Rasa's parse result."""

Record = TypeVar("Record")

CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Sample:
    """One labelled message."""

    text: str
    language: str
    intent: str
    entities: frozenset[tuple[str, str]]
    """Type and value, the value as it is compared."""
    article: str | None = None
    """Of a question, the slug of the article that answers it."""


Result = tuple[Sample, dict[str, Any]]
"""A sample, and what it was parsed as."""


@dataclass
class LanguageReport:
    """The figures of one language; shares are 0..1."""

    n: int = 0
    language_accuracy: float = 0.0
    intent_accuracy: float = 0.0
    intent_f1: float = 0.0
    entity_f1: float = 0.0
    article_accuracy: float = 0.0
    """The share of questions for which the likeliest article is the right one, whatever their intent was taken for."""
    calibration_error: float = 0.0
    fallbacks: int = 0
    """How many messages were not understood surely enough; their likeliest intent counts for the accuracy."""
    intents: dict[str, dict[str, float]] = field(default_factory=dict)
    entities: dict[str, dict[str, float]] = field(default_factory=dict)
    confusions: list[dict[str, Any]] = field(default_factory=list)


def read_samples(paths: Iterable[Path]) -> list[Sample]:
    """The samples of JSON-lines files. Raises `ConfigurationError` as `read_records` does."""
    return list(read_records(paths, _sample))


def read_records(paths: Iterable[Path], make: Callable[[dict[str, Any]], Record]) -> Iterator[Record]:
    """What `make` makes of each line of JSON-lines files.

    Raises:
        ConfigurationError: naming the file and the line that it can make nothing of.
    """
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield make(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ConfigurationError(f"{path}:{number}: no sample: {error!r}") from error


def _sample(record: dict[str, Any]) -> Sample:
    entities = frozenset(
        (entity["entity"], comparable(entity["entity"], entity["value"])) for entity in record.get("entities", [])
    )
    intent, _, slug = str(record["intent"]).partition("/")
    return Sample(str(record["text"]), str(record["language"]), intent, entities, record.get("article") or slug or None)


def comparable(entity: str, value: str) -> str:
    """A value as it is compared: order numbers by their digits, all else without regard to case and outer space."""
    return order_digits(value) if entity == "order_number" else value.strip().casefold()


async def evaluate(parse: Parse, samples: list[Sample]) -> dict[str, LanguageReport]:
    """Parse every sample and report by its true language."""
    return {language: report(results) for language, results in (await parse_all(parse, samples)).items()}


async def parse_all(parse: Parse, samples: Iterable[Sample]) -> dict[str, list[Result]]:
    """Every sample with what it was parsed as, by its true language."""
    by_language: dict[str, list[Result]] = defaultdict(list)
    for sample in samples:
        by_language[sample.language].append((sample, await parse(sample.text)))
    return dict(sorted(by_language.items()))


def report(results: list[Result]) -> LanguageReport:
    """The figures of one language."""
    truth = [sample.intent for sample, _ in results]
    guesses = [likeliest(parsed) for _, parsed in results]
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
        article_accuracy=_article_accuracy(results),
        calibration_error=_calibration_error(np.array([confidence for _, confidence in guesses]), right),
        fallbacks=sum(parsed["intent"]["name"] == NOT_UNDERSTOOD for _, parsed in results),
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


def _readings(parsed: dict[str, Any]) -> list[dict[str, Any]]:
    """The ranking of intents without the one that says that none is sure."""
    return [entry for entry in parsed.get("intent_ranking", []) if entry["name"] != NOT_UNDERSTOOD]


def likeliest(parsed: dict[str, Any]) -> tuple[str, float]:
    """The likeliest intent and its confidence, also where it was not sure enough to act on."""
    ranking = _readings(parsed)
    best = ranking[0] if ranking else parsed["intent"]
    return str(best["name"]), float(best["confidence"])


def _article_accuracy(results: list[Result]) -> float:
    right = [
        _articles(parsed)[:1] == [f"{sample.intent}/{sample.article}"] for sample, parsed in results if sample.article
    ]
    return float(np.mean(right)) if right else 1.0


def _articles(parsed: dict[str, Any]) -> list[str]:
    """The articles that may answer a question, the likeliest first, as sub-intents."""
    selectors = (parsed.get("response_selector") or {}).values()
    rankings = [selector["ranking"] for selector in selectors if isinstance(selector, dict) and "ranking" in selector]
    return [entry["intent_response_key"] for ranking in rankings for entry in ranking]


def _language(parsed: dict[str, Any]) -> str | None:
    return (parsed.get("language") or {}).get("name")


def _entity_scores(results: list[Result]) -> dict[str, dict[str, float]]:
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


# What a message costs that is answered wrongly, asked back about with the right reading among the choices, asked back
# about without it, and not understood. A wrong answer is the worst: it takes the customer's trust and time.
_COST_WRONG, _COST_CHOICE, _COST_WRONG_CHOICE, _COST_NONE = 1.0, 0.3, 0.8, 0.6
_CHOICES = 3
_GRID = np.arange(0.0, 0.96, 0.05)


def best_thresholds(results: list[Result]) -> tuple[float, float]:
    """The thresholds `sure` and `offer` (see `bot.decision.Thresholds`) at which these messages cost the least."""
    confidence = np.array([likeliest(parsed)[1] for _, parsed in results])
    right = np.array([likeliest(parsed)[0] == sample.intent for sample, parsed in results])
    offered = np.array(
        [sample.intent in [entry["name"] for entry in _readings(parsed)[:_CHOICES]] for sample, parsed in results]
    )
    acted = np.where(right, 0.0, _COST_WRONG)
    asked = np.where(offered, _COST_CHOICE, _COST_WRONG_CHOICE)

    def cost(sure: float, offer: float) -> float:
        return float(np.where(confidence >= sure, acted, np.where(confidence >= offer, asked, _COST_NONE)).mean())

    costs = {(float(sure), float(offer)): cost(sure, offer) for sure in _GRID for offer in _GRID if offer <= sure}
    least = min(costs.values())
    # Many thresholds cost the same: the middle one is the farthest from those that cost more.
    plateau = sorted(pair for pair, value in costs.items() if value <= least + 1e-9)
    return plateau[len(plateau) // 2]


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the same messages."""

    fixed: int
    """Messages whose intent only the first one recognises."""
    broken: int
    """Messages whose intent only the second one recognises."""
    p_value: float
    """Of McNemar's exact test: how probable so unequal numbers are if both were equally good."""


def compare(results: list[Result], others: list[Result]) -> Comparison:
    """Compare what two models make of the same samples, in the same order."""
    ours, theirs = ([likeliest(parsed)[0] == sample.intent for sample, parsed in some] for some in (results, others))
    fixed = sum(a and not b for a, b in zip(ours, theirs, strict=True))
    broken = sum(b and not a for a, b in zip(ours, theirs, strict=True))
    p_value = binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    return Comparison(fixed, broken, float(p_value))
