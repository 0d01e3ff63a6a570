"""What goes on from the last question."""

from pathlib import Path
from typing import Any

import pytest

from bot.topics import ASKED, Signs, Topic, go_on, load_signs

SIGNS = load_signs(Path(__file__).parents[2] / "bot" / "follow_ups.yml")
TOPIC = Topic("return-policy", "How long can I return a coat?")


def parsed(text: str, intent: str, confidence: float, article: str = "", **fields: Any) -> dict[str, Any]:
    ranking = [{"intent_response_key": f"ask_faq/{article}", "confidence": 1.0}]
    return {
        "text": text,
        "language": {"name": "en"},
        "intent_ranking": [{"name": intent, "confidence": confidence}],
        "response_selector": {"ask_faq": {"ranking": ranking}} if article else {},
        "entities": [],
        **fields,
    }


class Understanding:
    """Takes every text for a question about an article."""

    def __init__(self, article: str, confidence: float = 0.9) -> None:
        self.texts: list[str] = []
        self._article, self._confidence = article, confidence

    def __call__(self, text: str) -> dict[str, Any]:
        self.texts.append(text)
        return parsed(text, "ask_faq", self._confidence, self._article)


@pytest.mark.parametrize(
    ("text", "language", "is_one"),
    [
        ("and for shoes?", "en", True),
        ("ok, and for shoes?", "en", True),
        ("What about Canada?", "en", True),
        ("android app?", "en", False),
        ("where is my order", "en", False),
        ("Und in der Schweiz?", "de", True),
        ("undichte Flasche", "de", False),
        ("¿y si es una camisa?", "es", True),
        ("ya no lo quiero", "es", False),
        ("et pour les chaussures ?", "fr", True),
        ("étiquette perdue", "fr", False),
        ("那鞋子呢？", "zh", True),
        ("鞋子也一样吗", "zh", True),
        ("鞋子怎么洗", "zh", False),
    ],
)
def test_a_follow_up_is_seen_by_its_first_and_last_words(text: str, language: str, is_one: bool) -> None:
    assert SIGNS[language].are_in(text) is is_one


def test_a_follow_up_is_understood_together_with_the_question_before_it() -> None:
    understand = Understanding("non-returnable-items")

    found = go_on(TOPIC, parsed("and for underwear?", "inform", 0.8), SIGNS, understand)

    assert understand.texts == ["How long can I return a coat, and for underwear?"]
    assert found is not None
    assert found["text"] == "and for underwear?"
    assert found[ASKED] == "How long can I return a coat, and for underwear?"
    assert found["response_selector"]["ask_faq"]["ranking"][0]["intent_response_key"] == "ask_faq/non-returnable-items"


def test_the_name_of_a_country_is_a_sign_too() -> None:
    alone = parsed("i live in Canada", "inform", 0.95)
    assert go_on(TOPIC, alone, SIGNS, Understanding("return-policy")) is not None
    assert go_on(TOPIC, alone | {"text": "i live in Camden"}, SIGNS, Understanding("return-policy")) is None
    bare = parsed("in Canada too?", "ask_faq", 0.9999, "international-shipping")
    assert go_on(TOPIC, bare, SIGNS, Understanding("return-policy")) is not None
    whole = parsed("what does shipping to Canada cost?", "ask_faq", 0.9999, "shipping-costs")
    assert go_on(TOPIC, whole, SIGNS, Understanding("return-policy")) is None


@pytest.mark.parametrize(
    "alone",
    [
        pytest.param(parsed("and how do I reset my password", "ask_faq", 0.995, "password-reset"), id="complete"),
        pytest.param(parsed("where is my order", "track_order", 0.9), id="another matter"),
        pytest.param(parsed("and thanks", "thank", 0.98), id="a move"),
        pytest.param(parsed("and AC-104233", "inform", 0.5, entities=[{"entity": "order_number"}]), id="data"),
        pytest.param(parsed("and " + "word " * 12, "inform", 0.1), id="long"),
        pytest.param(parsed("nine words and no sign of a follow up", "inform", 0.1), id="long without a sign"),
    ],
)
def test_a_message_that_makes_sense_alone_does_not_go_on(alone: dict[str, Any]) -> None:
    assert go_on(TOPIC, alone, SIGNS, Understanding("return-policy")) is None


def test_while_another_question_is_open_a_follow_up_must_look_like_one() -> None:
    alone = parsed("shoes", "inform", 0.3)
    assert go_on(TOPIC, alone, SIGNS, Understanding("return-policy"), marked_only=True) is None
    alone["text"] = "and shoes"
    assert go_on(TOPIC, alone, SIGNS, Understanding("return-policy"), marked_only=True) is not None


def test_without_a_sign_both_together_must_be_a_question() -> None:
    alone = parsed("blue?", "inform", 0.3)
    assert go_on(TOPIC, alone, SIGNS, Understanding("return-policy")) is not None
    assert go_on(TOPIC, alone, SIGNS, lambda text: parsed(text, "return_item", 0.9, "return-policy")) is None


def test_with_a_sign_it_goes_on_as_a_question() -> None:
    alone = parsed("and blue?", "inform", 0.98)
    found = go_on(TOPIC, alone, SIGNS, lambda text: parsed(text, "return_item", 0.9, "return-policy"))
    assert found is not None
    assert found["intent"]["name"] == found["intent_ranking"][0]["name"] == "ask_faq"


def test_what_leads_to_no_article_does_not_go_on() -> None:
    alone = parsed("and blue?", "inform", 0.3)
    assert go_on(TOPIC, alone, SIGNS, lambda text: parsed(text, "return_item", 0.9)) is None
    assert go_on(Topic("return-policy", ""), alone, SIGNS, Understanding("return-policy")) is None


def test_nothing_goes_on_from_a_question_that_was_not_answered() -> None:
    alone = parsed("and blue?", "inform", 0.3)
    assert go_on(Topic(None, "who founded you"), alone, SIGNS, Understanding("return-policy")) is None


def test_a_language_without_words_has_follow_ups_by_their_shortness_alone() -> None:
    alone = parsed("and blue?", "inform", 0.3)
    assert go_on(TOPIC, alone, {}, Understanding("return-policy")) is not None
    assert go_on(TOPIC, alone, {}, Understanding("return-policy"), marked_only=True) is None
    assert not Signs(openers=["and"]).are_in("blue")
