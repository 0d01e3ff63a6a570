"""How well answers to questions with fixed choices are told apart, by the least probability that is asked of one.

    uv run python -m benchmarks.choices [language ...]

Cross-validated on the examples in `bot/data/choices`, which are written to differ and overlap on purpose: the figures
are for choosing `BELIEVED` in `bot/choices/answers.py`. What customers say is in
`tests/bot/choices`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bot.choices.answers import UNRELATED, FixedAnswers, new_classifier
from bot.choices.reader import DATA

BOUNDS = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
FOLDS = 4

Reading = tuple[str, str, float]
"""The true class of a text, its likeliest value, and the probability of that."""


def readings(language: str) -> Iterator[Reading]:
    """The readings of all examples of a language, each by a classifier that was not trained on it."""
    answers = FixedAnswers(DATA, language)
    for question in answers.questions:
        examples = answers.examples(question)
        texts, labels = np.array(list(examples), dtype=object), np.array(list(examples.values()))
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, labels):
            classifier = new_classifier(language).fit(texts[train], labels[train])
            values = classifier.classes_ != UNRELATED
            probabilities = classifier.predict_proba(texts[test])[:, values]
            likeliest = classifier.classes_[values][probabilities.argmax(axis=1)]
            yield from zip(labels[test], likeliest, probabilities.max(axis=1), strict=True)


def main(languages: list[str]) -> None:
    """Print a table a language."""
    for language in languages:
        found = list(readings(language))
        answers = [(label, value, probability) for label, value, probability in found if label != UNRELATED]
        unrelated = [probability for label, _, probability in found if label == UNRELATED]
        print(f"{language}: {len(answers)} answers, {len(unrelated)} unrelated messages")
        for bound in BOUNDS:
            right = sum(label == value and probability >= bound for label, value, probability in answers) / len(answers)
            wrong = sum(label != value and probability >= bound for label, value, probability in answers) / len(answers)
            falsely = sum(probability >= bound for probability in unrelated) / len(unrelated)
            print(f"  {bound:.2f}: right {right:5.1%}, another value {wrong:5.1%}, falsely believed {falsely:5.1%}")


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(path.stem for path in (DATA / "choices").glob("*.yml")))
