"""How the understanding grows with the examples, and how the pipeline does on other people's."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.errors import ConfigurationError
from aftercare.evaluation import Sample
from bot.nlu.trial import Components, classify, sample, without_entities

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)


def learning_curve(
    language: str, components: Components, data: TrainingData, samples: Sequence[Sample]
) -> dict[int, float]:
    """The intent accuracy on the samples, by the number of examples that were learnt from.

    The language is given and the knowledge base is not asked: this is the pipeline's classifier by itself.
    """
    curve = {}
    for share in SHARES:
        part = sample(data, share)
        guesses = classify(language, without_entities(components), part, [case.text for case in samples])
        right = [guess.intent == case.intent for guess, case in zip(guesses, samples, strict=True)]
        curve[len(part.training_examples)] = float(np.mean(right))
    return curve


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """Messages and their labels from a CSV file with a line of headings: the first column is the text, the second the
    label.

    Raises:
        ConfigurationError: naming the file, and the line of one that has no two columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, row) for row in reader][1:]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    for number, row in rows:
        if len(row) < 2:
            raise ConfigurationError(f"{path}:{number}: expected a text and a label: {row}")
    return [(row[0], row[1]) for _, row in rows]


def accuracy_elsewhere(
    language: str,
    components: Components,
    lookups: Sequence[Mapping[str, object]],
    learnt: Iterable[tuple[str, str]],
    asked: Iterable[tuple[str, str]],
) -> tuple[float, int]:
    """The accuracy of the pipeline trained on other data, and on how many messages.

    Messages whose label stands in no example (out-of-scope ones in HINT3) are left out, as in its in-scope accuracy.

    Raises:
        ConfigurationError: when that leaves none.
    """
    examples = [Message(data={TEXT: text, INTENT: label}) for text, label in learnt]
    labels = {example.get(INTENT) for example in examples}
    cases = [(text, label) for text, label in asked if label in labels]
    if not cases:
        raise ConfigurationError("no message to measure on has a label that stands in the examples")
    data = TrainingData(examples, lookup_tables=[dict(table) for table in lookups])
    guesses = classify(language, without_entities(components), data, [text for text, _ in cases])
    right = [guess.label == label for guess, (_, label) in zip(guesses, cases, strict=True)]
    return float(np.mean(right)), len(cases)
