"""Answers to general questions, from the knowledge base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.services import Services, entity_values
from knowledge_base import UnknownArticle

SURE = 0.45
"""From this score the best article is the answer."""

AHEAD = 0.2
"""So far ahead of the second, a less sure article is the answer too."""

WORTH_OFFERING = 0.05
"""Below this score an article is not even offered."""

MAX_CHOICES = 3

CLASSIFIER_WEIGHT = 0.5
"""What the classifier's ranking of articles counts for, against the search's."""


class AnswerQuestion(Action):
    """Answers from the likeliest article; asks which, where several are as likely."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        chosen = entity_values(tracker, "article")
        ranking = [(chosen[0], 1.0)] if chosen else rank_articles(self._services, tracker)
        if ranking and _is_sure(ranking):
            self._answer(dispatcher, tracker, ranking[0][0])
            return []
        choices = article_choices(self._services, tracker, ranking[:MAX_CHOICES])
        if choices:
            dispatcher.utter_message(response="utter_choose_article", choices=choices)
        else:
            dispatcher.utter_message(response="utter_no_answer")
        return []

    def _answer(self, dispatcher: CollectingDispatcher, tracker: Tracker, slug: str) -> None:
        services = self._services
        try:
            article, fallback = services.knowledge_base.answer(
                slug, services.language(tracker), services.country(tracker)
            )
        except UnknownArticle:
            dispatcher.utter_message(response="utter_no_answer")
            return
        response = "utter_answer_in_english" if fallback else "utter_answer"
        dispatcher.utter_message(response=response, answer=article.answer)


def rank_articles(services: Services, tracker: Tracker) -> list[tuple[str, float]]:
    """The articles that may answer the last message with scores in 0..1, the likeliest first.

    Two opinions of equal weight: the classifier's, which has learnt from all questions at once, and the search's,
    which also knows what the articles say.
    """
    scores: dict[str, float] = {}
    selector = tracker.latest_message.get("response_selector", {}).get("ask_faq", {})
    for entry in selector.get("ranking", []):
        slug = entry["intent_response_key"].partition("/")[2]
        scores[slug] = CLASSIFIER_WEIGHT * entry["confidence"]
    text = tracker.latest_message.get("text") or ""
    if not text.startswith("/"):
        for hit in services.knowledge_base.search(text, services.language(tracker), limit=5):
            scores[hit.slug] = scores.get(hit.slug, 0.0) + (1 - CLASSIFIER_WEIGHT) * hit.score
    return sorted(scores.items(), key=lambda item: -item[1])


def article_choices(services: Services, tracker: Tracker, ranking: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """The articles of a ranking (see `rank_articles`) as buttons, without those that are not worth offering."""
    language, country = services.language(tracker), services.country(tracker)
    choices = []
    for slug, score in ranking:
        if score >= WORTH_OFFERING:
            title = services.knowledge_base.answer(slug, language, country).rendered.title
            choices.append({"title": title, "payload": "/ask_faq" + json.dumps({"article": slug})})
    return choices


def _is_sure(ranking: list[tuple[str, float]]) -> bool:
    best = ranking[0][1]
    second = ranking[1][1] if len(ranking) > 1 else 0.0
    return best >= SURE or (best >= 2 * WORTH_OFFERING and best - second >= AHEAD)
