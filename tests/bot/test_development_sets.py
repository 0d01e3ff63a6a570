"""The messages in tests/nlu and tests/faq are for measuring: what is trained on measures nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercare.languages import served_languages
from bot.nlu.text import normalize

ROOT = Path(__file__).parents[2]
LANGUAGES = served_languages(ROOT / "config.yml")
SETS = sorted((ROOT / "tests" / "nlu").glob("*.jsonl"))
HELD_OUT = sorted((ROOT / "tests" / "nlu" / "held_out").glob("*.jsonl"))
"""What is measured at the end only, and not to be looked at in between."""
SEVERAL = sorted((ROOT / "tests" / "nlu" / "several").glob("*.jsonl"))
"""Messages with more than one matter in them, and some that only look so."""
QUESTIONS = sorted((ROOT / "tests" / "faq").rglob("*.jsonl"))
"""General questions, alone and after others, and questions that no article answers."""
NEVER_SAID = {"unserved_language", "nlu_fallback", "rate_answer"}
"""Intents that the pipeline or a button sets; no message is labelled so."""

LEAST = 15
"""So many messages of each intent in each language."""

LEAST_HELD_OUT = 7
LEAST_OF_AN_ARTICLE = 2
LEAST_QUESTIONS = 4
"""So many questions that each article answers, in each of the sets that are only about articles."""


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "tests"))


def said(sample: dict[str, Any]) -> str:
    return str(sample.get("text") or sample["query"])


def overlap(path: Path, texts: set[str]) -> list[str]:
    lines = enumerate(read(path), start=1)
    return [f"{name(path)}:{number}: {said(sample)}" for number, sample in lines if normalize(said(sample)) in texts]


def articles(language: str) -> set[str]:
    """The slugs of a language's articles."""
    return {path.stem for path in (ROOT / "knowledge_base" / "articles" / language).glob("*.md")}


@pytest.fixture(scope="module")
def intents() -> set[str]:
    """What a customer may want."""
    domain = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))
    return set(domain["intents"]) - NEVER_SAID


@pytest.fixture(scope="module")
def trained_on(rasa: None) -> set[str]:
    """The texts of all examples, the articles' questions among them, as they are compared."""
    from bot.nlu.importer import MultilingualImporter

    data = MultilingualImporter(str(ROOT / "config.yml")).get_nlu_data()
    return {normalize(example.get("text")) for example in data.training_examples}


@pytest.mark.parametrize("path", [*SETS, *HELD_OUT, *SEVERAL, *QUESTIONS], ids=name)
def test_no_message_is_trained_on(path: Path, trained_on: set[str]) -> None:
    assert overlap(path, trained_on) == []


def test_every_served_language_has_sets_of_its_own() -> None:
    for sets in (SETS, HELD_OUT, SEVERAL):
        assert {path.stem for path in sets} >= set(LANGUAGES)
        for path in sets:
            assert {sample["language"] for sample in read(path)} == {path.stem}


@pytest.mark.parametrize("path", SETS, ids=name)
def test_every_intent_has_messages_enough(path: Path, intents: set[str]) -> None:
    assert too_few(path, intents, LEAST) == {}


@pytest.mark.parametrize("path", HELD_OUT, ids=name)
def test_every_intent_has_messages_enough_that_are_held_out(path: Path, intents: set[str]) -> None:
    assert too_few(path, intents, LEAST_HELD_OUT) == {}


def too_few(path: Path, intents: set[str], least: int) -> dict[str, int]:
    counts = Counter(sample["intent"].partition("/")[0] for sample in read(path))
    assert set(counts) <= intents
    return {intent: counts[intent] for intent in sorted(intents) if counts[intent] < least}


@pytest.mark.parametrize("path", HELD_OUT, ids=name)
def test_every_article_has_messages_enough_that_are_held_out(path: Path) -> None:
    counts = Counter(sample["article"] for sample in read(path) if "article" in sample)
    assert set(counts) <= articles(path.stem)
    assert {slug: counts[slug] for slug in sorted(articles(path.stem)) if counts[slug] < LEAST_OF_AN_ARTICLE} == {}


@pytest.mark.parametrize("path", HELD_OUT, ids=name)
def test_questions_and_nothing_else_name_an_article(path: Path) -> None:
    assert [sample["text"] for sample in read(path) if (sample["intent"] == "ask_faq") != ("article" in sample)] == []


@pytest.mark.parametrize("path", HELD_OUT, ids=name)
def test_what_is_held_out_is_not_developed_with(path: Path) -> None:
    assert overlap(path, {normalize(sample["text"]) for other in SETS for sample in read(other)}) == []


@pytest.mark.parametrize("path", [*SETS, *HELD_OUT, *SEVERAL, *QUESTIONS], ids=name)
def test_no_message_stands_in_a_set_twice(path: Path) -> None:
    counts = Counter(normalize(said(sample) + sample.get("after", "")) for sample in read(path))
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", [*SETS, *HELD_OUT], ids=name)
def test_the_values_of_entities_stand_in_their_message(path: Path) -> None:
    domain = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))
    for sample in read(path):
        for entity in sample.get("entities", []):
            assert entity["value"] in sample["text"], sample
            assert entity["value"].strip(), sample
            assert entity["entity"] in domain["entities"], sample


@pytest.mark.parametrize("path", SEVERAL, ids=name)
def test_messages_of_several_matters_name_intents_and_articles_that_there_are(path: Path, intents: set[str]) -> None:
    assert read(path) != []
    for sample in read(path):
        assert sample["text"].strip()
        assert sample["intents"], sample
        assert set(sample["intents"]) <= intents, sample
        slugs = sample.get("articles") or [None] * len(sample["intents"])
        for intent, slug in zip(sample["intents"], slugs, strict=True):
            assert (intent == "ask_faq") == (slug is not None), sample
            assert slug is None or slug in articles(path.stem), sample


@pytest.mark.parametrize("path", QUESTIONS, ids=name)
def test_questions_name_an_article_that_there_is_or_none(path: Path) -> None:
    of_set = read(path)
    assert {sample["language"] for sample in of_set} == {path.stem}
    named = {sample["article"] for sample in of_set}
    if path.parent.name == "unanswerable":
        assert named == {None}
    else:
        assert named <= articles(path.stem)
    assert {bool(sample.get("after")) for sample in of_set} == {path.parent.name == "follow_ups"}


@pytest.mark.parametrize("path", [path for path in QUESTIONS if path.parent.name in ("faq", "held_out")], ids=name)
def test_every_article_has_questions_enough(path: Path) -> None:
    counts = Counter(sample["article"] for sample in read(path))
    assert {slug: counts[slug] for slug in sorted(articles(path.stem)) if counts[slug] < LEAST_QUESTIONS} == {}


def test_what_is_held_out_of_the_questions_is_not_developed_with() -> None:
    for path in (ROOT / "tests" / "faq" / "held_out").glob("*.jsonl"):
        developed = {normalize(said(sample)) for sample in read(ROOT / "tests" / "faq" / path.name)}
        assert overlap(path, developed) == []
