from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.decision import (
    RANKING_LENGTH,
    WORTH_A_SEARCH,
    Certainty,
    Decision,
    Thresholds,
    load_thresholds,
)
from bot.intents import NO_ARTICLE, NOT_UNDERSTOOD, QUESTION
from bot.languages import pipeline_languages
from knowledge_base import Hit

ROOT = Path(__file__).parents[2]

THRESHOLDS = {"en": Thresholds(0.5, 0.2), "fr": Thresholds(0.8, 0.4), "default": Thresholds(0.6, 0.3)}


class Search:
    """Finds what it is told, and notes what it was asked."""

    def __init__(self, found: Mapping[str, float]) -> None:
        self.found = found
        self.asked: list[tuple[str, str]] = []

    def __call__(self, text: str, language: str) -> list[Hit]:
        self.asked.append((text, language))
        return [Hit(slug, score, "", "") for slug, score in self.found.items()]


def parse(readings: Mapping[str, float], shares: Mapping[str, float] | None = None, language: str = "en") -> Any:
    """What the model makes of a message: its intents, and the articles' shares of the question."""
    ranking = [
        {"intent_response_key": f"{QUESTION}/{slug}", "confidence": share} for slug, share in (shares or {}).items()
    ]
    question = {"ranking": ranking, "response": ranking[0]} if ranking else None
    intents = [{"name": name, "confidence": confidence} for name, confidence in readings.items()]
    return {
        "text": "a message",
        "intent": intents[0],
        "intent_ranking": intents,
        "entities": [],
        "response_selector": {"all_retrieval_intents": [QUESTION], QUESTION: question} if question else None,
        "language": {"name": language, "confidence": 1.0, "served": True},
    }


def decide(parsed: Any, found: Mapping[str, float] | None = None) -> Any:
    return Decision(Search(found or {}), THRESHOLDS).decide(parsed)


def readings(decided: Any) -> dict[str, float]:
    return {entry["name"]: entry["confidence"] for entry in decided["intent_ranking"]}


def shares(decided: Any) -> dict[str, float]:
    ranking = decided["response_selector"][QUESTION]["ranking"]
    return {entry["intent_response_key"].partition("/")[2]: entry["confidence"] for entry in ranking}


def test_an_article_in_which_both_believe_wins() -> None:
    parsed = parse({QUESTION: 0.5, "return_item": 0.5}, {"return-policy": 0.6, "refund-times": 0.4})
    decided = decide(parsed, {"return-policy": 0.8})
    assert decided["intent"]["name"] == QUESTION
    assert readings(decided)[QUESTION] > 0.5
    assert list(shares(decided)) == ["return-policy", "refund-times"]
    assert shares(decided)["return-policy"] > 0.6


def test_the_search_lifts_an_article_that_the_classifier_ranked_second() -> None:
    parsed = parse({QUESTION: 0.9, "return_item": 0.1}, {"refund-times": 0.55, "return-policy": 0.45})
    decided = decide(parsed, {"return-policy": 0.7, "refund-times": 0.1})
    assert list(shares(decided)) == ["return-policy", "refund-times"]
    selector = decided["response_selector"][QUESTION]
    assert selector["response"] == selector["ranking"][0]


def test_the_search_alone_does_not_decide() -> None:
    parsed = parse({QUESTION: 0.9, "return_item": 0.1}, {"refund-times": 0.99, "return-policy": 0.01})
    assert next(iter(shares(decide(parsed, {"return-policy": 0.9})))) == "refund-times"


def test_a_question_that_no_article_answers_is_less_likely_one() -> None:
    parsed = parse({QUESTION: 0.6, "complain": 0.4}, {"return-policy": 0.6, "refund-times": 0.4})
    decided = decide(parsed)
    assert readings(decided)[QUESTION] < 0.6
    assert decided["intent"]["name"] == "complain"
    # Nothing was said of the articles.
    assert shares(decided) == pytest.approx({"return-policy": 0.6, "refund-times": 0.4})


def test_what_the_search_finds_decides_between_a_question_and_a_matter() -> None:
    parsed = parse({"return_item": 0.55, QUESTION: 0.45}, {"return-policy": 0.9, "refund-times": 0.1})
    likelier = [readings(decide(parsed, {"return-policy": score}))[QUESTION] for score in (0.0, 0.3, 0.6, 0.9)]
    assert likelier == sorted(likelier)
    assert likelier[0] < 0.45 < likelier[-1]


@pytest.mark.parametrize("total", [1.0, 0.35])
@pytest.mark.parametrize("found", [{}, {"return-policy": 0.9}, {"new": 0.5, "return-policy": 0.3}, {"new": 1.0}])
def test_the_total_probability_is_kept(total: float, found: dict[str, float]) -> None:
    parsed = parse({QUESTION: 0.5 * total, "greet": 0.3 * total, "stop": 0.2 * total}, {"return-policy": 1.0})
    decided = decide(parsed, found)
    assert sum(readings(decided).values()) == pytest.approx(total)
    assert sum(shares(decided).values()) == pytest.approx(1.0)
    assert list(readings(decided).values()) == sorted(readings(decided).values(), reverse=True)


def test_the_other_intents_keep_their_proportion() -> None:
    decided = readings(decide(parse({QUESTION: 0.5, "greet": 0.4, "stop": 0.1}, {"new": 1.0}), {"new": 0.7}))
    assert decided["greet"] / decided["stop"] == pytest.approx(4)


def test_the_search_is_asked_for_the_text_in_its_language() -> None:
    search = Search({})
    Decision(search, THRESHOLDS).decide(parse({QUESTION: 1.0}, {"return-policy": 1.0}, "fr"))
    assert search.asked == [("a message", "fr")]


@pytest.mark.parametrize(
    ("readings_of", "articles", "asked"),
    [
        ({"greet": 1 - WORTH_A_SEARCH, QUESTION: WORTH_A_SEARCH}, {"return-policy": 1.0}, 1),
        ({"greet": 0.99, QUESTION: 0.9 * WORTH_A_SEARCH}, {"return-policy": 1.0}, 0),
        ({"greet": 1.0}, {"return-policy": 1.0}, 0),
        ({QUESTION: 1.0}, None, 0),
    ],
)
def test_there_is_no_search_for_what_is_hardly_a_question(
    readings_of: dict[str, float], articles: dict[str, float] | None, asked: int
) -> None:
    search = Search({"return-policy": 0.9})
    decided = Decision(search, THRESHOLDS).decide(parse(readings_of, articles))
    assert len(search.asked) == asked
    if not asked:
        assert readings(decided) == readings_of


def test_an_article_that_is_younger_than_the_model_can_win() -> None:
    parsed = parse({QUESTION: 0.9, "greet": 0.1}, {"return-policy": 0.5, "refund-times": 0.5})
    decided = decide(parsed, {"trade-in": 0.9})
    assert next(iter(shares(decided))) == "trade-in"
    assert shares(decided).keys() == {"trade-in", "return-policy", "refund-times"}


def test_what_the_search_does_not_find_speaks_for_no_article() -> None:
    parsed = parse({QUESTION: 1.0}, {"return-policy": 0.5, NO_ARTICLE: 0.5})
    assert next(iter(shares(decide(parsed, {"return-policy": 0.05})))) == NO_ARTICLE
    assert next(iter(shares(decide(parsed, {"return-policy": 0.95})))) == "return-policy"


def test_a_question_is_answered_where_a_flow_would_not_begin() -> None:
    assert decide(parse({"return_item": 0.6, "stop": 0.4}, language="fr"))["certainty"] == Certainty.CHOICE
    question = parse({QUESTION: 0.6, "stop": 0.4}, language="fr")
    assert decide(question)["certainty"] == Certainty.SURE


@pytest.mark.parametrize(
    ("flow", "question", "certainty"),
    [
        ("return_item", 0.05, Certainty.SURE),
        ("return_item", 0.15, Certainty.CHOICE),
        ("human_handoff", 0.15, Certainty.SURE),
    ],
)
def test_a_flow_that_may_be_a_question_is_asked_about(flow: str, question: float, certainty: Certainty) -> None:
    assert decide(parse({flow: 0.8, QUESTION: question}))["certainty"] == certainty


def test_the_rankings_end_somewhere() -> None:
    many = {f"article-{number}": 1 / 40 for number in range(40)}
    intents = {QUESTION: 0.5} | {f"intent-{number}": 0.5 / 20 for number in range(20)}
    decided = decide(parse(intents, many), {"article-39": 0.9})
    assert len(decided["intent_ranking"]) == len(shares(decided)) == RANKING_LENGTH
    assert next(iter(shares(decided))) == "article-39"


def test_the_rest_of_the_parse_result_stays() -> None:
    parsed = parse({QUESTION: 0.9, "greet": 0.1}, {"return-policy": 1.0})
    before = repr(parsed)
    decided = decide(parsed, {"return-policy": 0.9})
    assert {key: decided[key] for key in ("text", "entities", "language")} == {
        key: parsed[key] for key in ("text", "entities", "language")
    }
    assert decided["response_selector"]["all_retrieval_intents"] == [QUESTION]
    assert repr(parsed) == before


@pytest.mark.parametrize(
    ("language", "confidence", "certainty"),
    [
        ("en", 0.5, Certainty.SURE),
        ("en", 0.49, Certainty.CHOICE),
        ("en", 0.2, Certainty.CHOICE),
        ("en", 0.19, Certainty.NONE),
        ("fr", 0.79, Certainty.CHOICE),
        ("fr", 0.39, Certainty.NONE),
        ("de", 0.6, Certainty.SURE),
        ("de", 0.59, Certainty.CHOICE),
        ("de", 0.29, Certainty.NONE),
    ],
)
def test_thresholds_are_the_languages_own_or_the_default(
    language: str, confidence: float, certainty: Certainty
) -> None:
    decided = decide(parse({"greet": confidence, "stop": 0.1}, language=language))
    assert decided["certainty"] == certainty.value
    if certainty is Certainty.SURE:
        assert decided["intent"] == {"name": "greet", "confidence": confidence}
    else:
        assert decided["intent"] == {"name": NOT_UNDERSTOOD, "confidence": pytest.approx(1 - confidence)}
    assert decided["intent_ranking"][0] == {"name": "greet", "confidence": confidence}


def test_there_are_thresholds_where_none_are_given() -> None:
    assert Decision(Search({}), {}).thresholds("en") == Thresholds()
    assert Decision(Search({}), {"fr": Thresholds(0.9, 0.1)}).thresholds("en") == Thresholds()


def test_a_message_whose_language_nobody_knows_is_decided() -> None:
    parsed = parse({"greet": 0.6})
    parsed["language"] = None
    assert decide(parsed)["certainty"] == "sure"


def test_the_projects_thresholds_are_probabilities_in_order() -> None:
    thresholds = load_thresholds(ROOT / "bot" / "thresholds.yml")
    served = pipeline_languages(yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8")))
    assert "default" in thresholds
    assert thresholds.keys() <= {"default", *served}
    for limits in thresholds.values():
        assert 0 <= limits.offer <= limits.sure <= 1


def test_an_empty_file_has_no_thresholds(tmp_path: Path) -> None:
    (tmp_path / "thresholds.yml").write_text("# nothing\n", encoding="utf-8")
    assert load_thresholds(tmp_path / "thresholds.yml") == {}
