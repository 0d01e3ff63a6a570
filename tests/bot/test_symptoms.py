"""Which problem of a guide a description is of, and whether it tells of a hazard."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import NoReturn

import pytest

from aftercare.languages import served_languages
from bot import symptoms
from bot.symptoms import hazard_in, likeliest, plainly_named, without
from shop.troubleshooting import BUNDLED, GENERAL, Guides

ROOT = Path(__file__).parents[2]
LANGUAGES = served_languages(ROOT / "config.yml")

DESCRIBES_NO_PROBLEM = frozenset({"greet", "affirm", "deny", "thank", "track_order", "cancel_order", "request_invoice"})
MOST_TAKEN_FOR_A_PROBLEM = 0.02
MOST_TAKEN_FOR_A_HAZARD = 0.05

guides = Guides.load(BUNDLED)
HAZARDS = [problem for problem in guides.of(GENERAL).problems if problem.is_hazard]


def said(language: str) -> list[str]:
    """What customers say who describe no problem."""
    paths = [ROOT / "tests" / "nlu" / f"{language}.jsonl", ROOT / "tests" / "nlu" / "held_out" / f"{language}.jsonl"]
    samples = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [sample["text"] for sample in samples if sample["intent"] in DESCRIBES_NO_PROBLEM]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_of_a_guide_comes_first(language: str) -> None:
    for category in guides.categories:
        for problem in guides.of(category).problems:
            for phrase in problem.phrases[language]:
                assert likeliest(guides, category, phrase, language)[0] == problem, phrase


def test_all_problems_of_the_guide_are_ranked() -> None:
    ranked = likeliest(guides, "audio", "it makes a noise", "en")
    assert sorted(p.key for p in ranked) == sorted(p.key for p in guides.of("audio").problems)


@pytest.mark.parametrize(
    ("category", "text", "language", "expected"),
    [
        ("audio", "won't pair with my phone", "en", "no_pairing"),
        ("audio", "lassen sich nicht koppeln", "de", "no_pairing"),
        ("kitchen", "pierde agua por abajo", "es", "leaking"),
        ("lighting", "la lumière clignote", "fr", "flicker"),
        ("audio", "连不上手机", "zh", "no_pairing"),
        ("audio", "it smells burnt", "en", None),
        ("lighting", "sorry, I mean the desk lamp", "en", None),
        ("kitchen", "hilft auch nicht", "de", None),
        ("kitchen", "", "en", None),
    ],
)
def test_only_what_is_plainly_named_stands_for_a_problem(
    category: str, text: str, language: str, expected: str | None
) -> None:
    named = plainly_named(guides, category, text, language)
    assert (named and named.key) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_messages_are_hardly_ever_taken_for_a_problem_or_a_hazard(language: str) -> None:
    texts = said(language)
    assert len(texts) > 100
    named = [text for text in texts if plainly_named(guides, "audio", text, language)]
    assert len(named) <= MOST_TAKEN_FOR_A_PROBLEM * len(texts), named
    hazards = [text for text in texts if hazard_in(guides, text, language)]
    assert len(hazards) <= MOST_TAKEN_FOR_A_HAZARD * len(texts), hazards


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_for_a_hazard_is_asked_about(language: str) -> None:
    for hazard in HAZARDS:
        for phrase in hazard.phrases[language]:
            assert hazard_in(guides, phrase, language) is not None, phrase


def test_words_of_injury_are_asked_about_whatever_they_are_like() -> None:
    assert hazard_in(guides, "my son got hurt and is in hospital", "en") is not None


def test_a_language_without_phrases_has_the_problem_s_english_name() -> None:
    assert plainly_named(guides, "audio", "It does not pair", "it") is not None


def test_names_are_taken_out_of_a_text() -> None:
    assert without("my earbuds won't pair", ["earbuds"]).split() == ["my", "won't", "pair"]
    assert without("我的耳机连不上", ["耳机"]) == "我的 连不上"


def test_what_was_kept_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pickle.dumps(symptoms.learn(guides, "en"))
    fresh = Guides.load(BUNDLED)
    symptoms.recall(fresh, "en", pickle.loads(kept))

    def train(*arguments: object) -> NoReturn:
        raise AssertionError("a customer would have had to wait for this")

    monkeypatch.setattr(symptoms.TextClassifier, "learn", train)
    assert plainly_named(fresh, "audio", "my phone can't find it", "en")
    assert not hazard_in(fresh, "my phone can't find it", "en")
