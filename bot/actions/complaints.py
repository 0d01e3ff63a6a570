"""Complaints: what happened is heard out, and goes to whoever can do something about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.actions.asking import FreeText
from bot.actions.case import Case
from bot.actions.flow import SMALL_TALK, Flow
from bot.actions.handoff import hand_over, hand_over_urgently, note_complaint, recent_complaints
from bot.actions.identity import ORDER_SLOT
from bot.intents import FLOWS, QUESTION
from bot.nlu.text import count_words
from bot.severity import severity

TOLD_FROM = 20
"""A complaint of so many words tells what happened; shorter ones say how it feels."""

NOT_TOLD = FLOWS | SMALL_TALK - {"out_of_scope"} | {"greet", "affirm", "deny"}
"""Intents of messages that tell nothing, or have a flow of their own."""


@dataclass(frozen=True)
class Complaint:
    """A complaint, in the customer's words; an urgent one is severe, or not the first."""

    words: str
    urgent: bool


class WhatHappened(FreeText):
    """What the customer is angry about."""

    def __init__(self) -> None:
        super().__init__("description", "utter_question_description_complain")

    def read(self, case: Case) -> str | None:
        said = case.said
        asks = said.intent == QUESTION and ("?" in said.text or "？" in said.text)
        return None if said.pressed or asks or said.intent in NOT_TOLD else said.text.strip() or None

    def volunteered(self, case: Case) -> str | None:
        said = case.said
        return said.text.strip() if not said.pressed and count_words(said.text) >= TOLD_FROM else None


class Complain(Flow[Complaint]):
    """Asks what happened. What has a flow goes there, by its own intent; everything else to a person."""

    intent = "complain"
    slots = ("description",)

    async def collect(self, case: Case) -> Complaint:
        note_complaint(case)
        repeated = bool(recent_complaints(case).keys() - {case.id})
        if repeated or severity(case.said.text, case.language):
            return Complaint("" if case.said.pressed else case.said.text, urgent=True)
        return Complaint(await case.ask(WhatHappened()), urgent=False)

    async def settle(self, case: Case, details: Complaint) -> None:
        known = {"description": details.words, ORDER_SLOT: case.known(ORDER_SLOT)}
        summary: dict[str, Any] = {"flow": self.intent, **{name: value for name, value in known.items() if value}}
        if details.urgent:
            hand_over_urgently(case, summary)
        else:
            hand_over(case, "complaint", "utter_complaint_passed_on", summary=summary)
