from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image, pyplot

from aftercare.evaluation import Result, Sample
from aftercare.pictures import confusion_matrix, learning_curves, reliability

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def results(labels: int, n: int = 60) -> list[Result]:
    """Messages of so many intents, three in four recognised, and the rest taken for the next intent."""
    random = np.random.default_rng(labels)
    made = []
    for number in range(n):
        guess = number if random.random() < 0.75 else number + 1
        intent = {"name": f"intent_{guess % labels}", "confidence": float(random.random())}
        parsed: dict[str, Any] = {"intent": intent, "intent_ranking": [intent], "entities": []}
        made.append((Sample(f"text {number}", "en", f"intent_{number % labels}", frozenset()), parsed))
    return made


def assert_is_a_picture(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(SIGNATURE)
    assert content.rstrip().endswith(b"IEND\xaeB`\x82")
    pixels = image.imread(path)
    assert min(pixels.shape[:2]) > 300
    assert pixels.min() < pixels.max(), "an empty page"


@pytest.mark.parametrize("labels", [1, 2, 7, 30])
def test_confusions_are_drawn_for_any_number_of_intents(tmp_path: Path, labels: int) -> None:
    confusion_matrix("en", results(labels), tmp_path / "confusion.png")
    assert_is_a_picture(tmp_path / "confusion.png")


def test_an_intent_that_no_message_has_may_be_taken_for_one(tmp_path: Path) -> None:
    nothing = {"intent": {"name": "nlu_fallback", "confidence": 0.3}, "entities": []}
    both = [*results(3), (Sample("?", "en", "intent_0", frozenset()), nothing)]
    confusion_matrix("zh", both, tmp_path / "confusion.png")
    assert_is_a_picture(tmp_path / "confusion.png")


def test_other_results_make_another_picture(tmp_path: Path) -> None:
    for labels in (3, 4):
        confusion_matrix("en", results(labels), tmp_path / f"{labels}.png")
    assert (tmp_path / "3.png").read_bytes() != (tmp_path / "4.png").read_bytes()


@pytest.mark.parametrize("languages", [["en"], ["de", "en", "es", "fr", "zh"]])
def test_reliability_is_drawn_for_any_number_of_languages(tmp_path: Path, languages: list[str]) -> None:
    by_language = {language: results(number) for number, language in enumerate(languages, start=2)}
    reliability(by_language, tmp_path / "reliability.png")
    assert_is_a_picture(tmp_path / "reliability.png")


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_reliability_has_a_place_for_the_least_and_the_greatest_confidence(tmp_path: Path, confidence: float) -> None:
    parsed = {"intent": {"name": "greet", "confidence": confidence}, "entities": []}
    reliability({"en": [(Sample("hi", "en", "greet", frozenset()), parsed)]}, tmp_path / "reliability.png")
    assert_is_a_picture(tmp_path / "reliability.png")


def test_learning_curves_are_drawn(tmp_path: Path) -> None:
    learning_curves({"en": {10: 0.4, 20: 0.6, 40: 0.9}, "zh": {12: 0.5}}, tmp_path / "curve.png")
    assert_is_a_picture(tmp_path / "curve.png")


def test_the_folder_is_made_and_a_picture_replaced(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "curve.png"
    learning_curves({"en": {10: 0.4, 20: 0.6}}, path)
    first = path.read_bytes()
    learning_curves({"en": {10: 0.6, 20: 0.4}}, path)
    assert path.read_bytes() != first
    assert_is_a_picture(path)


def test_no_figure_stays_open(tmp_path: Path) -> None:
    confusion_matrix("en", results(2), tmp_path / "confusion.png")
    reliability({"en": results(2)}, tmp_path / "reliability.png")
    learning_curves({"en": {10: 0.4}}, tmp_path / "curve.png")
    assert pyplot.get_fignums() == []
