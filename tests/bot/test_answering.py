"""Answers to general questions, and what is kept of those that have none."""

import json
from collections.abc import AsyncIterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import Services
from bot.actions.conversation import Clarify
from bot.actions.questions import AnswerQuestion, RateAnswer, articles_of
from bot.topics import ASKED
from knowledge_base import GapKind, GapLog, KnowledgeBase
from shop import Policies, SqlShop
from shop.policies import BUNDLED
from storage import Database, migrate
from tests.knowledge_base.conftest import write_article  # noqa: F401
from tests.knowledge_base.samples import WriteArticle

RETURNS, REFUNDS = "return-policy", "refund-times"

BODY = """\
It must be complete.

## Proof

You need no receipt; the order number is enough.
"""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/test.db"
    migrate(url)
    return url


@pytest.fixture
async def services(
    tmp_path: Path,
    write_article: WriteArticle,  # noqa: F811
    database_url: str,
) -> AsyncIterator[Services]:
    write_article(RETURNS, title="Returns", answer="{{ returns.window_days }} days in {{ country }}.", body=BODY)
    write_article(REFUNDS, title="Refunds", answer="Soon.", questions=("when is my money back",), body="Soon.")
    write_article(RETURNS, "de", title="Rückgabe", answer="{{ returns.window_days }} Tage.", questions=("wie lange",))
    database = Database(database_url)
    policies = Policies.load(BUNDLED)
    used: dict[str, Any] = {
        "shop": SqlShop(database),
        "policies": policies,
        "knowledge_base": KnowledgeBase(tmp_path, policies.for_country),
        "gaps": GapLog(database),
        "languages": ["en", "de"],
        "public_url": "https://shop.example",
    }
    # Answers need no more than these.
    yield Services(**{field.name: None for field in fields(Services) if field.default is MISSING} | used)
    await database.close()


def tracker(
    text: str = "how long?",
    ranking: list[tuple[str, float]] | None = None,
    *,
    intent: str = "ask_faq",
    confidence: float = 0.9,
    entities: dict[str, str] | None = None,
    slots: dict[str, Any] | None = None,
    form: str | None = None,
    **fields: Any,
) -> Tracker:
    selector = {"ranking": [{"intent_response_key": f"ask_faq/{s}", "confidence": c} for s, c in ranking or []]}
    message = {
        "text": text,
        "intent": {"name": intent},
        "intent_ranking": [{"name": intent, "confidence": confidence}, {"name": "track_order", "confidence": 0.1}],
        "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
        "response_selector": {"ask_faq": selector},
        **fields,
    }
    return Tracker("sender", slots or {}, message, [], False, None, {"name": form} if form else {}, "action_listen")


async def run(action: Any, tracked: Tracker) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the action says, and the slots that it sets."""
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracked, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def spoken(value: Any) -> str:
    """All that an answer is made of, one below the other: texts as they are, responses by name and values."""
    if isinstance(value, dict):
        inner = value.get("parts") or [value.get("response", ""), *value.get("values", {}).values(), value.get("code")]
        return "\n".join(spoken(part) for part in inner if part)
    return str(value)


async def test_the_answer_is_that_of_the_country_and_asks_whether_it_helped(services: Services) -> None:
    said, slots = await run(AnswerQuestion(services), tracker(ranking=[(RETURNS, 0.9)], slots={"country": "CN"}))

    answer = spoken(said[0]["answer"]).split("\n")
    assert answer[0] == "15 days in China."
    assert answer[-1] == "utter_did_this_help"
    assert "https://shop.example/help/en/articles/return-policy?country=CN" in answer
    assert articles_of([{"buttons": said[0]["choices"]}]) == ([RETURNS], [])
    assert slots["topic"] == {"article": RETURNS, "question": "how long?"}
    assert await services.gaps.gaps() == []


async def test_an_answer_that_is_not_quite_sure_offers_the_second_best_too(services: Services) -> None:
    ranking = [(RETURNS, 0.7), ("none", 0.15), (REFUNDS, 0.12)]
    said, _ = await run(AnswerQuestion(services), tracker(ranking=ranking))
    assert articles_of([{"buttons": said[0]["choices"]}]) == ([RETURNS], [REFUNDS])

    said, _ = await run(AnswerQuestion(services), tracker(ranking=[(RETURNS, 0.95), (REFUNDS, 0.04)]))
    assert articles_of([{"buttons": said[0]["choices"]}]) == ([RETURNS], [])


async def test_what_the_answer_leaves_out_is_added_from_the_article(services: Services) -> None:
    said, _ = await run(AnswerQuestion(services), tracker("do I need the receipt?", [(RETURNS, 0.9)]))
    answer = spoken(said[0]["answer"]).split("\n")
    assert answer[:2] == ["30 days in United States.", "You need no receipt; the order number is enough."]
    assert "https://shop.example/help/en/articles/return-policy?country=US#proof" in answer


async def test_a_follow_up_on_the_same_article_is_not_told_the_same_again(services: Services) -> None:
    topic = {"topic": {"article": RETURNS, "question": "how long"}}
    goes_on = tracker("receipt?", [(RETURNS, 0.9)], slots=topic, **{ASKED: "how long, receipt?"})
    said, _ = await run(AnswerQuestion(services), goes_on)
    assert spoken(said[0]["answer"]).startswith("You need no receipt")


@pytest.mark.parametrize("busy", [{"form": "track_order_form"}, {"slots": {"next_matter": "where is it"}}])
async def test_with_another_question_open_nobody_asks_whether_it_helped(
    services: Services, busy: dict[str, Any]
) -> None:
    said, _ = await run(AnswerQuestion(services), tracker(ranking=[(RETURNS, 0.9)], **busy))
    assert "utter_did_this_help" not in spoken(said[0]["answer"])
    assert "choices" not in said[0]


async def test_a_country_in_the_question_is_the_one_that_counts_from_then_on(services: Services) -> None:
    said, slots = await run(AnswerQuestion(services), tracker("how long in China?", [(RETURNS, 0.9)]))
    assert spoken(said[0]["answer"]).startswith("utter_for_country\nCN\n15 days in China.")
    assert slots["country"] == "CN"


async def test_an_article_that_is_missing_in_a_language_is_said_in_english(services: Services) -> None:
    german = {"language": "de"}
    said, _ = await run(AnswerQuestion(services), tracker("wann?", [(REFUNDS, 0.9)], slots=german))
    assert spoken(said[0]["answer"]).startswith("utter_in_english\nSoon.")
    assert "/help/en/articles/refund-times" in spoken(said[0]["answer"])

    said, _ = await run(AnswerQuestion(services), tracker("wie lange?", [(RETURNS, 0.9)], slots=german))
    assert spoken(said[0]["answer"]).startswith("30 Tage.")


async def test_where_several_may_be_meant_they_are_offered_and_the_question_is_kept(services: Services) -> None:
    ranking = [(RETURNS, 0.45), (REFUNDS, 0.4), ("none", 0.1)]
    said, slots = await run(AnswerQuestion(services), tracker("money for AC-104233?", ranking))

    assert said[0]["response"] == "utter_choose_article"
    assert [choice["title"] for choice in said[0]["choices"][:2]] == ["Returns", "Refunds"]
    assert articles_of([{"buttons": said[0]["choices"]}]) == ([], [RETURNS, REFUNDS])
    (gap,) = await services.gaps.gaps()
    assert (gap.kind, gap.language, gap.article) == (GapKind.UNSURE, "en", RETURNS)
    assert "104233" not in gap.question
    assert slots["topic"] == {"article": None, "question": "money for AC-104233?"}

    said, slots = await run(AnswerQuestion(services), tracker("/ask_faq", entities={"article": REFUNDS}, slots=slots))
    assert spoken(said[0]["answer"]).startswith("Soon.")
    assert slots["topic"] == {"article": REFUNDS, "question": "money for AC-104233?"}

    said, _ = await run(RateAnswer(services), tracker("/rate_answer", entities={"helpful": "no"}, slots=slots))
    assert said[0]["response"] == "utter_no_answer"


@pytest.mark.parametrize("ranking", [[("none", 0.8), (RETURNS, 0.2)], [("none", 0.4), (RETURNS, 0.3)], []])
async def test_a_question_that_no_article_answers_is_kept(services: Services, ranking: list[tuple[str, float]]) -> None:
    said, _ = await run(AnswerQuestion(services), tracker("who founded you?", ranking))
    assert said[0]["response"] == "utter_no_answer"
    (gap,) = await services.gaps.gaps()
    assert (gap.kind, gap.question, gap.article) == (GapKind.UNANSWERED, "who founded you?", None)


async def test_an_answer_that_did_not_help_is_kept_with_the_question(services: Services) -> None:
    topic = {"article": RETURNS, "question": "when is my money back"}
    pressed = tracker("/rate_answer", entities={"helpful": "no", "article": RETURNS}, slots={"topic": topic})

    said, _ = await run(RateAnswer(services), pressed)

    assert said[0]["response"] == "utter_rated_unhelpful"
    assert [choice["payload"] for choice in said[0]["choices"]] == [
        f"/ask_faq{json.dumps({'article': REFUNDS})}",
        "/human_handoff",
    ]
    (gap,) = await services.gaps.gaps()
    assert (gap.kind, gap.question, gap.article) == (GapKind.UNHELPFUL, "when is my money back", RETURNS)


async def test_of_an_older_answer_the_title_is_kept(services: Services) -> None:
    topic = {"article": REFUNDS, "question": "when is my money back"}
    pressed = tracker("/rate_answer", entities={"helpful": "no", "article": RETURNS}, slots={"topic": topic})
    said, _ = await run(RateAnswer(services), pressed)
    assert said[0]["response"] == "utter_rated_unhelpful_person"
    assert [gap.question for gap in await services.gaps.gaps()] == ["Returns"]


async def test_an_article_that_was_taken_away_is_no_answer_and_no_choice(services: Services) -> None:
    said, _ = await run(AnswerQuestion(services), tracker("what now?", [("gone", 0.9)]))
    assert said[0]["response"] == "utter_no_answer"
    assert [gap.question for gap in await services.gaps.gaps()] == ["what now?"]

    said, _ = await run(AnswerQuestion(services), tracker(ranking=[("gone", 0.4), (RETURNS, 0.3), (REFUNDS, 0.3)]))
    assert articles_of([{"buttons": said[0]["choices"]}]) == ([], [RETURNS, REFUNDS])

    pressed = tracker("/rate_answer", entities={"helpful": "no", "article": "gone"})
    said, _ = await run(RateAnswer(services), pressed)
    assert said[0]["response"] == "utter_rated_unhelpful_person"


async def test_an_answer_that_helped_is_no_gap(services: Services) -> None:
    said, _ = await run(RateAnswer(services), tracker(entities={"helpful": "yes", "article": RETURNS}))
    assert said[0]["response"] == "utter_rated_helpful"
    assert await services.gaps.gaps() == []


async def test_a_follow_up_is_kept_with_what_it_goes_on_from(services: Services) -> None:
    together = {ASKED: "how long, and for shoes?"}
    topic = {"topic": {"article": RETURNS, "question": "how long"}}

    _, slots = await run(AnswerQuestion(services), tracker("and for shoes?", [(RETURNS, 0.9)], slots=topic, **together))
    assert slots["topic"]["question"] == "how long"
    _, slots = await run(AnswerQuestion(services), tracker("and for shoes?", [(REFUNDS, 0.9)], slots=topic, **together))
    assert slots["topic"]["question"] == "how long, and for shoes?"
    await run(AnswerQuestion(services), tracker("and for shoes?", [("none", 0.9)], slots=topic, **together))
    assert [gap.question for gap in await services.gaps.gaps()] == ["how long, and for shoes?"]


async def test_an_unclear_message_offers_articles_among_its_readings(services: Services) -> None:
    unclear = tracker("money", [(RETURNS, 0.6), (REFUNDS, 0.4)], confidence=0.4, certainty="choice")
    said, slots = await run(Clarify(services), unclear)
    assert said[0]["response"] == "utter_clarify"
    assert [choice["payload"] for choice in said[0]["choices"]] == [
        f"/ask_faq{json.dumps({'article': RETURNS})}",
        f"/ask_faq{json.dumps({'article': REFUNDS})}",
        "/track_order",
        '/rate_answer{"helpful": "no"}',
    ]
    assert [gap.kind for gap in await services.gaps.gaps()] == [GapKind.UNSURE]
    assert slots["topic"] == {"article": None, "question": "money"}


async def test_a_message_that_may_be_a_question_but_is_not_understood_is_kept(services: Services) -> None:
    said, _ = await run(Clarify(services), tracker("xyz", [(RETURNS, 0.6)], confidence=0.1, certainty="none"))
    assert said[0]["response"] == "utter_no_answer"
    assert [gap.kind for gap in await services.gaps.gaps()] == [GapKind.UNANSWERED]

    other = tracker("xyz", intent="greet", confidence=0.1, certainty="none")
    said, _ = await run(Clarify(services), other)
    assert said[0]["response"] == "utter_rephrase"
    assert len(await services.gaps.gaps()) == 1
