"""Classifiers of answers and descriptions in files."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import yaml

from bot import text_classifier
from bot.choices import ChoiceReader, Option
from bot.symptoms import likeliest
from bot.trained_ahead import TrainedAhead
from shop.troubleshooting import BUNDLED, GENERAL, Guides


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A language with one question."""
    (tmp_path / "nlu" / "en").mkdir(parents=True)
    (tmp_path / "choices").mkdir()
    words = yaml.safe_load(Path("bot/data/choices/en.yml").read_text(encoding="utf-8"))["words"]
    questions = {"size": {"small": "too small\ntoo tight\n", "big": "too big\ntoo large\n"}}
    content = {"words": words, "questions": questions, "unrelated": "hello\nwhere is my parcel\n"}
    (tmp_path / "choices" / "en.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def test_what_was_trained_is_taken_from_the_files(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guides = Guides([Guides.load(BUNDLED).of(GENERAL)])
    ahead = TrainedAhead(tmp_path / "readers")
    assert not ahead.is_there(["en"])
    ahead.train(ChoiceReader(data), guides, ["en"])
    assert ahead.is_there(["en"])
    assert not ahead.is_there(["en", "de"])

    def train(*arguments: object) -> NoReturn:
        raise AssertionError("a customer would have had to wait for this")

    monkeypatch.setattr(text_classifier.TextClassifier, "learn", train)
    choices, guides = ChoiceReader(data), Guides([guides.of(GENERAL)])
    ahead.recall(choices, guides, ["en", "de"])
    assert choices.one("far too tight", "en", "size", [Option("small"), Option("big")]) == "small"
    assert len(likeliest(guides, GENERAL, "it smells burnt", "en")) == len(guides.of(GENERAL).problems)


def test_the_files_are_mapped_into_memory(data: Path, tmp_path: Path) -> None:
    guides = Guides([Guides.load(BUNDLED).of(GENERAL)])
    ahead = TrainedAhead(tmp_path / "readers")
    ahead.train(ChoiceReader(data), guides, ["en"])
    choices = ChoiceReader(data)
    ahead.recall(choices, guides, ["en"])
    mapped = choices.learn("en")["size"]._weights
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
