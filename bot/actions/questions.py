"""Answers to general questions, from the knowledge base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.services import Services, entity_values
from bot.decision import QUESTION, WORTH_OFFERING
from knowledge_base import UnknownArticle

SURE = 0.5
"""From this share of a question's probability the best article is the answer."""

MAX_CHOICES = 3


class AnswerQuestion(Action):
    """Answers from the likeliest article; asks which, where several are as likely."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        chosen = entity_values(tracker, "article")
        ranking = [(chosen[0], 1.0)] if chosen else rank_articles(tracker)
        if ranking and ranking[0][1] >= SURE:
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


def rank_articles(tracker: Tracker) -> list[tuple[str, float]]:
    """The articles that may answer the last message, the likeliest first, with their shares of the probability."""
    selector = (tracker.latest_message.get("response_selector") or {}).get(QUESTION, {})
    return [
        (entry["intent_response_key"].partition("/")[2], entry["confidence"]) for entry in selector.get("ranking", [])
    ]


def article_choices(services: Services, tracker: Tracker, ranking: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """The articles of a ranking (see `rank_articles`) as buttons, without those that are not worth offering."""
    language, country = services.language(tracker), services.country(tracker)
    choices = []
    for slug, share in ranking:
        if share >= WORTH_OFFERING:
            title = services.knowledge_base.answer(slug, language, country).rendered.title
            choices.append({"title": title, "payload": f"/{QUESTION}" + json.dumps({"article": slug})})
    return choices
