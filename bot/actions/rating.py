"""Asking how it went, when a matter is settled and the customer says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import cards
from bot.actions.case import SETTLED_SLOT, Case
from bot.actions.services import Services
from bot.nlu.attributes import CARDS

ASKED_SLOT = "rating_asked"
"""When (ISO 8601) it was last asked."""

ASKED_AGAIN_AFTER = timedelta(days=1)


class AskRating(Action):
    """After thanks or a goodbye, asks how it went: where the channel can show a card, and something was settled."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_ask_rating"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        can_show = (tracker.latest_message.get("metadata") or {}).get(CARDS)
        if not can_show or not case.known(SETTLED_SLOT) or _asked_lately(case):
            return []
        case.say("utter_question_rating", card=cards.rating())
        case.set(SETTLED_SLOT, None)
        case.set(ASKED_SLOT, self._services.now().isoformat())
        return case.changes()


def _asked_lately(case: Case) -> bool:
    asked = case.known(ASKED_SLOT)
    return bool(asked) and case.services.now() - datetime.fromisoformat(asked) < ASKED_AGAIN_AFTER
