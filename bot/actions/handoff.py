"""Passing a matter on to people: with all that is known of it, and an honest word on when they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.actions.case import Case
from bot.directives import HIGH, NORMAL, handoff
from bot.intents import NOT_UNDERSTOOD
from bot.severity import SAFETY, severity
from bot.values import moment
from shop.hours import team_back

COMPLAINTS_SLOT = "complaints"
"""When the customer complained (ISO 8601), by the id of the case in which it was."""

REPEATED_WITHIN = timedelta(hours=24)
"""A complaint within this time after another is a repeated one."""

NOT_PASSED_ON = frozenset({"email", "code"})
"""Slots that nobody needs to settle a matter."""


def hand_over(
    case: Case,
    reason: str,
    response: str = "utter_handoff",
    *,
    priority: str = NORMAL,
    summary: Mapping[str, Any] | None = None,
    **values: Any,
) -> None:
    """Ask for a person and say so; outside of their hours, also when somebody is there again.

    Args:
        reason, priority, summary: see `bot.directives.handoff`.
        response: what is said, with its values.
    """
    case.say(response, json_message=handoff(reason, priority, summary), **values)
    case.passed_on = True
    support = case.services.policies.for_country(case.services.country(case.tracker)).support
    back = team_back(support, case.services.now())
    if back:
        case.say("utter_team_back", time=moment(back, support.time_zone))


def hand_over_urgently(case: Case, summary: Mapping[str, Any]) -> None:
    """Pass a complaint on that must not wait."""
    if severity(case.said.text, case.language) == SAFETY:
        case.say("utter_safety_first")
    hand_over(case, "complaint", "utter_complaint_urgent", priority=HIGH, summary=summary)


def state_of(case: Case, flow: str, slots: Sequence[str]) -> dict[str, Any]:
    """What is known in a flow so far, for whoever takes over."""
    known = {slot: case.known(slot) for slot in slots if slot not in NOT_PASSED_ON}
    return {"flow": flow, **{slot: value for slot, value in known.items() if value is not None}}


def complains(case: Case) -> bool:
    """Whether the customer complains in what they have just said, or threatens, in words that are not understood."""
    if case.said.intent == NOT_UNDERSTOOD:
        return severity(case.said.text, case.language) is not None
    return case.said.intent == "complain"


def note_complaint(case: Case) -> None:
    """Remember that the customer complained in this case."""
    now = case.services.now()
    case.set(COMPLAINTS_SLOT, {case.id: now.isoformat(), **recent_complaints(case)})


def recent_complaints(case: Case) -> dict[str, str]:
    """When the customer complained lately, by the case in which it was."""
    since = case.services.now() - REPEATED_WITHIN
    complaints: dict[str, str] = case.known(COMPLAINTS_SLOT) or {}
    return {where: said for where, said in complaints.items() if datetime.fromisoformat(said) > since}
