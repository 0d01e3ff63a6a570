"""Actions about the conversation itself: languages, digressions, readings, people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.case import LISTEN, Case
from bot.actions.handoff import complains, hand_over
from bot.actions.identity import ORDER_SLOT, number_said
from bot.actions.questions import article_choices, no_answer, none_of_these, rank_articles
from bot.actions.services import Services, entity_values
from bot.decision import WORTH_OFFERING, Certainty
from bot.intents import FLOWS, NO_ARTICLE, QUESTION
from bot.localization import language_code
from bot.topics import TOPIC_SLOT, Topic
from bot.values import language as language_value
from bot.values import sentence
from knowledge_base import GapKind

MAX_READINGS = 3
"""How many readings of an unclear message are offered."""

MIN_READINGS = 2

CLARIFYING = ("utter_clarify", "utter_rephrase")
"""The responses that say that a message was not understood."""

READABLE = FLOWS | {"change_language", "help", "stop", "human_handoff", "complain"}
"""Intents that can be offered as a reading; `utter_reading_<intent>` names them."""


Reading = tuple[str, str | None, float]
"""An intent, of a question its article, and how likely it is."""


class ChangeLanguage(Action):
    """Goes on in the language that the customer names; asks which, where it is none that is served."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_change_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        codes = [language_code(value, self._services.languages) for value in entity_values(tracker, "language")]
        known = [code for code in codes if code is not None]
        served = [code for code in known if code in self._services.languages]
        if served:
            language = served[-1]
            dispatcher.utter_message(
                response="utter_language_changed", language=language_value(language), say_in=language
            )
            return [SlotSet("language", language)]
        _ask_language(dispatcher, self._services, unserved=known[-1] if known else None)
        return []


class ChooseLanguage(Action):
    """Says that a language is not served, and offers those that are."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_choose_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        found = tracker.latest_message.get("language") or {}
        _ask_language(dispatcher, self._services, unserved=found.get("name"))
        return []


def _ask_language(dispatcher: CollectingDispatcher, services: Services, unserved: str | None) -> None:
    choices = [
        {"title": language_value(code, own=True), "payload": "/change_language" + json.dumps({"language": code})}
        for code in services.languages
    ]
    if unserved:
        dispatcher.utter_message(response="utter_language_unserved", language=language_value(unserved), choices=choices)
    else:
        dispatcher.utter_message(response="utter_choose_language", choices=choices)


class Inform(Action):
    """Takes data that nothing asked for: the number of an order or a parcel is a wish to know where it is."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clarify = Clarify(services)

    def name(self) -> str:
        return "action_inform"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        if case.said.case:
            case.say_outdated()
            return []
        if entity_values(tracker, "order_number"):
            return [FollowupAction("track_order_form")]
        return await self._clarify.run(dispatcher, tracker, domain)


class Clarify(Action):
    """Offers the likeliest readings of a message that is not understood; the second time in a row, a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_clarify"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if entity_values(tracker, "tracking_number"):
            return [FollowupAction("track_order_form")]
        case = Case(self._services, dispatcher, tracker)
        if complains(case):
            return [FollowupAction("complain_form")]
        if _clarified_before(tracker):
            hand_over(case, "not_understood", "utter_handoff_not_understood")
            return [FollowupAction(LISTEN)]
        question = tracker.latest_message["text"]
        readings = [] if _unknown(tracker) else likeliest_readings(tracker)
        choices = [] if readings and readings[0][1] == NO_ARTICLE else self._choices(tracker, readings)
        if len(choices) >= MIN_READINGS:
            article = next((article for _, article, _ in readings if article), None)
            if article:
                await self._services.record_gap(tracker, GapKind.UNSURE, question, article)
            dispatcher.utter_message(response="utter_clarify", choices=[*choices, none_of_these()])
        elif _may_be_question(tracker):
            await no_answer(self._services, dispatcher, tracker, question)
        else:
            dispatcher.utter_message(response="utter_rephrase")
        # As the fallback where no rule fits, this is not followed by a rule that listens.
        return [SlotSet(TOPIC_SLOT, Topic(None, question).as_dict()), FollowupAction(LISTEN)]

    def _choices(self, tracker: Tracker, readings: Sequence[Reading]) -> list[dict[str, Any]]:
        entities = {
            found["entity"]: found["value"]
            for found in tracker.latest_message["entities"]
            if found["entity"] in ("order_number", "email")
        }
        arguments = json.dumps(entities, ensure_ascii=False) if entities else ""
        choices: list[dict[str, Any]] = []
        for intent, article, confidence in readings:
            if confidence < WORTH_OFFERING and len(choices) >= MIN_READINGS:
                break
            if article:
                choices += article_choices(self._services, tracker, [(article, 1.0)])
            elif intent in READABLE:
                choices.append({"title": sentence(f"utter_reading_{intent}"), "payload": f"/{intent}{arguments}"})
            if len(choices) == MAX_READINGS:
                break
        return choices


def likeliest_readings(tracker: Tracker) -> list[Reading]:
    """What the last message may be, the likeliest first; a question once for each article that may answer it."""
    readings: list[Reading] = []
    for entry in tracker.latest_message.get("intent_ranking", []):
        intent, confidence = entry["name"], entry["confidence"]
        if intent == QUESTION:
            readings += [(intent, article, confidence * share) for article, share in rank_articles(tracker)]
        else:
            readings.append((intent, None, confidence))
    return sorted(readings, key=lambda reading: -reading[2])


def _unknown(tracker: Tracker) -> bool:
    """Whether not even the likeliest reading is worth asking about."""
    return bool(tracker.latest_message.get("certainty") == Certainty.NONE)


def _may_be_question(tracker: Tracker) -> bool:
    ranking = tracker.latest_message.get("intent_ranking", [])
    return QUESTION in [entry["name"] for entry in ranking[:2]]


def _clarified_before(tracker: Tracker) -> bool:
    """Whether the answer to the message before this one was that it was not understood."""
    turns = 0
    for event in reversed(tracker.events):
        if event["event"] == "user":
            turns += 1
        elif event["event"] == "bot" and turns == 1 and event["metadata"].get("utter_action") in CLARIFYING:
            return True
        if turns > 1:
            break
    return False


class RecordHandoff(Action):
    """Passes the conversation on to a human agent, at the customer's wish."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_record_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        # Likely, it is about the order that was spoken of last.
        number = number_said(case) or case.known(ORDER_SLOT)
        hand_over(case, "asked", summary={ORDER_SLOT: number} if number else None)
        return []
