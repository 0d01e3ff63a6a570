"""Pictures of an evaluation: confusion matrices, reliability, learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("agg")

from matplotlib import pyplot
from sklearn.metrics import ConfusionMatrixDisplay

from aftercare.evaluation import CALIBRATION_BINS, Result, likeliest


def confusion_matrix(language: str, results: Sequence[Result], path: Path) -> None:
    """Which intents were taken for which, as a picture in `path`; each row adds up to 100 %."""
    truth = [sample.intent for sample, _ in results]
    found = [likeliest(parsed)[0] for _, parsed in results]
    labels = sorted({*truth, *found})
    figure, axes = pyplot.subplots(figsize=(14, 13), layout="constrained")
    display = ConfusionMatrixDisplay.from_predictions(
        truth,
        found,
        labels=labels,
        normalize="true",
        cmap="Blues",
        include_values=False,
        xticks_rotation="vertical",
        ax=axes,
    )
    for row, column in zip(*np.nonzero(display.confusion_matrix), strict=True):
        share = display.confusion_matrix[row, column]
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color="white" if share > 0.5 else "black")
    axes.set(title=f"{language}: {len(results)} messages", xlabel="taken for", ylabel="intent")
    _save(figure, path)


def reliability(by_language: Mapping[str, Sequence[Result]], path: Path) -> None:
    """How often a confidence is right, as a picture in `path`; on the diagonal it means what it says."""
    figure, axes = pyplot.subplots(figsize=(7, 7), layout="constrained")
    axes.plot([0, 1], [0, 1], color="grey", linestyle="dotted")
    for language, results in by_language.items():
        confidences = np.array([likeliest(parsed)[1] for _, parsed in results])
        right = np.array([likeliest(parsed)[0] == sample.intent for sample, parsed in results])
        bins = np.minimum((confidences * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        used = np.unique(bins)
        axes.plot(
            [confidences[bins == number].mean() for number in used],
            [right[bins == number].mean() for number in used],
            marker="o",
            label=language,
        )
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    _save(figure, path)


def learning_curves(curves: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """The intent accuracy by number of examples, as a picture in `path`."""
    figure, axes = pyplot.subplots(figsize=(8, 6), layout="constrained")
    for language, points in curves.items():
        axes.plot(list(points), list(points.values()), marker="o", label=language)
    axes.set(xlabel="examples", ylabel="intent accuracy", xscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _save(figure: pyplot.Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
