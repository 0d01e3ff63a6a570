"""How well general questions are answered: the metrics of `aftercare evaluate faq`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from aftercare.errors import ConfigurationError
from aftercare.evaluation import read_records
from bot.actions.questions import articles_of
from knowledge_base import KnowledgeBase

RANKED = 10
"""How far down an article is looked for; further down it counts as not found."""

Converse = Callable[[str, str], Awaitable[list[dict[str, Any]]]]
"""Says a text in a conversation of some id, and returns what the assistant answers."""


@dataclass(frozen=True)
class Query:
    """A question, and the article that answers it.

    Attributes:
        article: a slug; None for a question that no article answers.
        after: the question that was asked before it in the conversation; "" for none.
    """

    text: str
    language: str
    article: str | None
    after: str = ""


class Outcome(StrEnum):
    """What became of a question in a conversation."""

    ANSWERED = "answered"
    """From the right article; one that has none was declined."""
    OFFERED = "offered"
    """The right article was among those to choose from."""
    WRONG = "wrong"
    """From another article."""
    NOTHING = "nothing"
    """Not answered, and the right article was not offered."""


@dataclass
class FaqReport:
    """The figures of one language; shares are 0..1. Questions that no article answers count for `declined` alone.

    Attributes:
        n: questions that an article answers.
        hit1, hit3: the share of questions whose article the search finds first, and among the first three.
        mrr: the mean of 1 / rank.
        answered, offered, lost: of questions in a conversation, the share answered from the right article, the share
            for which it was offered, and the rest.
        wrong: the part of `lost` that was answered from another article.
        unanswerable: questions that no article answers.
        declined: the share of these that were not answered from any article.
    """

    n: int
    hit1: float
    hit3: float
    mrr: float
    answered: float
    offered: float
    lost: float
    wrong: float
    unanswerable: int
    declined: float


def read_queries(paths: Iterable[Path]) -> list[Query]:
    """The queries of JSON-lines files: `{"query", "language", "article"}`, and perhaps `after`.

    Raises:
        ConfigurationError: naming the file and the line of one that is no query.
    """
    return list(read_records(paths, _query))


def _query(record: dict[str, Any]) -> Query:
    article = record["article"]
    return Query(
        text=str(record["query"]),
        language=str(record["language"]),
        article=None if article is None else str(article).removeprefix("ask_faq/"),
        after=str(record.get("after") or ""),
    )


def check_articles(queries: Iterable[Query], knowledge_base: KnowledgeBase) -> None:
    """Raise `ConfigurationError` for an article that does not exist: no search could find it."""
    unknown = {query.article for query in queries if query.article} - set(knowledge_base.slugs)
    if unknown:
        raise ConfigurationError(f"There is no article {', '.join(sorted(unknown))}.")


def ranks(knowledge_base: KnowledgeBase, queries: Iterable[Query]) -> list[float]:
    """The rank of each query's article in the search, from 1; infinite where it is not found."""
    found = []
    for query in queries:
        slugs = [hit.slug for hit in knowledge_base.search(query.text, query.language, RANKED)]
        found.append(slugs.index(query.article) + 1.0 if query.article in slugs else np.inf)
    return found


async def outcomes(converse: Converse, queries: Iterable[Query]) -> list[Outcome]:
    """What becomes of each query in a conversation of its own."""
    found = []
    for number, query in enumerate(queries):
        if query.after:
            await converse(str(number), query.after)
        found.append(_outcome(query, await converse(str(number), query.text)))
    return found


def _outcome(query: Query, messages: list[dict[str, Any]]) -> Outcome:
    answered, offered = articles_of(messages)
    if query.article is None:
        return Outcome.WRONG if answered else Outcome.OFFERED if offered else Outcome.ANSWERED
    if query.article in answered:
        return Outcome.ANSWERED
    if query.article in offered:
        return Outcome.OFFERED
    return Outcome.WRONG if answered else Outcome.NOTHING


def report(queries: Sequence[Query], found: Sequence[float], results: Sequence[Outcome]) -> dict[str, FaqReport]:
    """The figures by language, from `ranks` and `outcomes` of the same queries."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for i, query in enumerate(queries):
        by_language[query.language].append(i)
    reports = {}
    for language, own in sorted(by_language.items()):
        asked = [i for i in own if queries[i].article is not None]
        none = [results[i] for i in own if queries[i].article is None]
        rank = np.array([found[i] for i in asked])
        outcome = [results[i] for i in asked]
        answered, offered = _share(outcome, Outcome.ANSWERED), _share(outcome, Outcome.OFFERED)
        reports[language] = FaqReport(
            n=len(asked),
            hit1=_mean(rank <= 1),
            hit3=_mean(rank <= 3),
            mrr=_mean(1 / rank),
            answered=answered,
            offered=offered,
            lost=1.0 - answered - offered if asked else 0.0,
            wrong=_share(outcome, Outcome.WRONG),
            unanswerable=len(none),
            declined=1.0 - _share(none, Outcome.WRONG) if none else 0.0,
        )
    return reports


def _share(results: Sequence[Outcome], outcome: Outcome) -> float:
    return _mean(np.array([result is outcome for result in results]))


def _mean(values: np.ndarray[Any, Any]) -> float:
    return float(values.mean()) if values.size else 0.0
