"""Training data that deserves a second look: doubtful labels, near-duplicates, intents that lack width."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.spelling import normalized
from bot.nlu.text import normalize
from bot.nlu.trial import Components, Guess, cross_validate, label_of, sample, without_entities

SURE = 0.8
"""From this confidence on, a guess that differs from the label is a reason to read the boundary table again."""

ALIKE = 0.9
"""From this cosine of their character n-grams on, two examples are near-duplicates."""

FREQUENT = 0.02
"""Character n-grams in a larger share of the examples are not compared."""

RISING = 0.05
"""An intent is still learning when all examples recognise so many more of it than half of them."""

SHARES = (0.5, 1.0)


@dataclass(frozen=True)
class Doubt:
    """An example that the model, trained without it, takes for something else."""

    text: str
    label: str
    guess: Guess


@dataclass(frozen=True)
class Pair:
    """Two examples of different intents that are nearly the same, or two of one intent that are the same."""

    first: str
    first_label: str
    second: str
    second_label: str
    likeness: float


@dataclass(frozen=True)
class Curve:
    """How many of an intent's examples are recognised by models trained on half of the others, and on all of them."""

    label: str
    examples: int
    half: float
    all: float


@dataclass
class Audit:
    """What was found in the training data of one language; each list begins with the most striking."""

    examples: int
    doubts: list[Doubt] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    rising: list[Curve] = field(default_factory=list)


def audit(language: str, components: Components, data: TrainingData) -> Audit:
    """Look through the training data of one language.

    Args:
        language: its code.
        components: its pipeline, as `config.yml` has it.
        data: its examples.
    """
    classifier = without_entities(components)
    examples = data.training_examples
    guesses = cross_validate(language, classifier, data)
    half = sample(data, SHARES[0])
    return Audit(
        examples=len(examples),
        doubts=doubts(examples, guesses),
        pairs=near_duplicates(examples),
        rising=rising(
            _recognised(examples, guesses),
            _recognised(half.training_examples, cross_validate(language, classifier, half, folds=3)),
        ),
    )


def doubts(examples: Sequence[Message], guesses: Sequence[Guess]) -> list[Doubt]:
    """The examples whose intent the guess contradicts with high confidence; articles are compared with articles only
    as to whether they are questions, since one question may fit two of them."""
    found = [
        Doubt(example.get(TEXT), label_of(example), guess)
        for example, guess in zip(examples, guesses, strict=True)
        if guess.intent != label_of(example).partition("/")[0] and guess.confidence >= SURE
    ]
    return sorted(found, key=lambda doubt: -doubt.guess.confidence)


def near_duplicates(examples: Sequence[Message]) -> list[Pair]:
    """The pairs of examples that are alike and have different labels, and those that are the same."""
    texts = [normalized(example) for example in examples]
    # Frequent n-grams say little of likeness, and would make the product of the matrices a dense one.
    frequent = max(10, int(FREQUENT * len(texts)))
    terms = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_df=frequent, lowercase=False, dtype=np.float32)
    matrix = terms.fit_transform(texts)
    pairs = []
    for start in range(0, len(texts), 1000):
        likeness = (matrix[start : start + 1000] @ matrix.T).tocoo()
        for row, column, value in zip(likeness.row, likeness.col, likeness.data, strict=True):
            first, second = start + int(row), int(column)
            if first < second and value >= ALIKE:
                labels = label_of(examples[first]), label_of(examples[second])
                if labels[0] != labels[1] or _same(examples[first], examples[second]):
                    pairs.append(
                        Pair(examples[first].get(TEXT), labels[0], examples[second].get(TEXT), labels[1], float(value))
                    )
    return sorted(pairs, key=lambda pair: -pair.likeness)


def _same(first: Message, second: Message) -> bool:
    return normalize(first.get(TEXT)) == normalize(second.get(TEXT))


def rising(all_examples: dict[str, list[bool]], half: dict[str, list[bool]]) -> list[Curve]:
    """The labels of which twice the examples teach clearly more."""
    curves = [
        Curve(label, len(right), float(np.mean(half.get(label, [False]))), float(np.mean(right)))
        for label, right in all_examples.items()
    ]
    return sorted(
        (curve for curve in curves if curve.all - curve.half >= RISING), key=lambda curve: curve.half - curve.all
    )


def _recognised(examples: Sequence[Message], guesses: Sequence[Guess]) -> dict[str, list[bool]]:
    """For each intent and article, whether each of its examples was recognised."""
    right = defaultdict(list)
    for example, guess in zip(examples, guesses, strict=True):
        right[label_of(example)].append(guess.label == label_of(example))
    return dict(right)
