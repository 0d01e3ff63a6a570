"""The messages in tests/nlu are for measuring: what is trained on measures nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from aftercare.languages import served_languages
from bot.nlu.text import normalize

ROOT = Path(__file__).parents[2]
LANGUAGES = served_languages(ROOT / "config.yml")
SETS = sorted((ROOT / "tests" / "nlu").glob("*.jsonl"))
NEVER_SAID = {"unserved_language", "nlu_fallback"}
"""Intents that the pipeline sets; no message is labelled so."""

LEAST = 15
"""So many messages of each intent in each language."""


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def trained_on(rasa: None) -> set[str]:
    """The texts of all examples, the articles' questions among them, as they are compared."""
    from bot.nlu.importer import MultilingualImporter

    data = MultilingualImporter(str(ROOT / "config.yml")).get_nlu_data()
    return {normalize(example.get("text")) for example in data.training_examples}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name)
def test_no_message_is_trained_on(path: Path, trained_on: set[str]) -> None:
    lines = enumerate(read(path), start=1)
    both = [
        f"{path.name}:{number}: {sample['text']}" for number, sample in lines if normalize(sample["text"]) in trained_on
    ]
    assert both == []


def test_every_served_language_has_a_set_of_its_own() -> None:
    assert {path.stem for path in SETS} >= set(LANGUAGES)
    for path in SETS:
        assert {sample["language"] for sample in read(path)} == {path.stem}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name)
def test_every_intent_has_messages_enough(path: Path) -> None:
    domain = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))
    intents = set(domain["intents"]) - NEVER_SAID
    counts = Counter(sample["intent"].partition("/")[0] for sample in read(path))
    assert set(counts) <= intents
    assert {intent: counts[intent] for intent in sorted(intents) if counts[intent] < LEAST} == {}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name)
def test_no_message_stands_in_a_set_twice(path: Path) -> None:
    counts = Counter(normalize(sample["text"]) for sample in read(path))
    assert [text for text, count in counts.items() if count > 1] == []
