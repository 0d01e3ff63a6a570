"""The metrics of `aftercare evaluate faq`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aftercare.errors import ConfigurationError
from aftercare.faq import Outcome, Query, check_articles, outcomes, ranks, read_queries, report
from knowledge_base import KnowledgeBase
from tests.knowledge_base.conftest import write_article  # noqa: F401
from tests.knowledge_base.samples import WriteArticle


def test_queries_are_read_with_what_was_asked_before(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    lines = [
        {"query": "how long", "language": "en", "article": "return-policy"},
        {"query": "and to Canada?", "language": "en", "article": "ask_faq/shipping-costs", "after": "what is shipping"},
        {"query": "who is the boss", "language": "en", "article": None},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    assert read_queries([path]) == [
        Query("how long", "en", "return-policy"),
        Query("and to Canada?", "en", "shipping-costs", "what is shipping"),
        Query("who is the boss", "en", None),
    ]


def test_a_line_that_is_no_query_is_named(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_text('{"query": "a", "language": "en", "article": "b"}\n{"query": "a"}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"faq\.jsonl:2"):
        read_queries([path])


def answer(article: str) -> dict[str, Any]:
    yes = json.dumps({"helpful": "yes", "article": article})
    return {"text": "…", "buttons": [{"title": "Yes", "payload": f"/rate_answer{yes}"}]}


def offer(*articles: str) -> dict[str, Any]:
    payloads = [f"/ask_faq{json.dumps({'article': article})}" for article in articles]
    return {"text": "…", "buttons": [{"title": "…", "payload": payload} for payload in payloads]}


@pytest.mark.parametrize(
    ("article", "messages", "outcome"),
    [
        ("a", [answer("a")], Outcome.ANSWERED),
        ("a", [answer("b")], Outcome.WRONG),
        ("a", [offer("b", "a")], Outcome.OFFERED),
        ("a", [offer("b", "c")], Outcome.NOTHING),
        ("a", [{"text": "…", "buttons": [{"title": "…", "payload": "/human_handoff"}]}], Outcome.NOTHING),
        ("a", [answer("b"), offer("a")], Outcome.OFFERED),
        (None, [{"text": "no idea"}], Outcome.ANSWERED),
        (None, [answer("a")], Outcome.WRONG),
        (None, [offer("a", "b")], Outcome.OFFERED),
    ],
)
async def test_the_outcome_is_read_from_the_answer(
    article: str | None, messages: list[dict[str, Any]], outcome: Outcome
) -> None:
    said = []

    async def converse(conversation: str, text: str) -> list[dict[str, Any]]:
        said.append((conversation, text))
        return messages

    assert await outcomes(converse, [Query("q", "en", article, after="first")]) == [outcome]
    assert said == [("0", "first"), ("0", "q")]


def test_figures_are_by_language_and_leave_out_what_has_no_article() -> None:
    queries = [
        Query("1", "en", "a"),
        Query("2", "en", "a"),
        Query("3", "en", "a"),
        Query("4", "en", "a"),
        Query("5", "en", None),
        Query("6", "en", None),
        Query("7", "de", "a"),
    ]
    results = [Outcome.ANSWERED, Outcome.OFFERED, Outcome.WRONG, Outcome.NOTHING, Outcome.WRONG, Outcome.ANSWERED]

    reports = report(queries, [1, 2, 4, np.inf, np.inf, np.inf, 1], [*results, Outcome.ANSWERED])

    english = reports["en"]
    assert list(reports) == ["de", "en"]
    assert (english.n, english.hit1, english.hit3) == (4, 0.25, 0.5)
    assert english.mrr == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert (english.answered, english.offered, english.lost, english.wrong) == (0.25, 0.25, 0.5, 0.25)
    assert (english.unanswerable, english.declined) == (2, 0.5)
    assert reports["de"].unanswerable == 0


def test_an_article_is_looked_for_in_the_language_of_the_query(tmp_path: Path, write_article: WriteArticle) -> None:  # noqa: F811
    write_article("returns", title="Returns", questions=("can I send it back",))
    write_article("payment", title="Payment", questions=("can I pay by card",), body="By card.")
    knowledge_base = KnowledgeBase(tmp_path, lambda country: {})
    queries = [Query("send it back", "en", "returns"), Query("send it back", "en", "payment")]

    found = ranks(knowledge_base, [*queries, Query("xyz", "en", "returns")])

    assert found[0] == 1
    assert found[1] > 1
    assert found[2] == np.inf
    check_articles(queries, knowledge_base)
    with pytest.raises(ConfigurationError, match="no article nothing"):
        check_articles([Query("q", "en", "nothing")], knowledge_base)
