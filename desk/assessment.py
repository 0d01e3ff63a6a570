"""What a wish for a human agent makes of a ticket: how urgent it is, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.severity import severity
from desk.models import Priority
from desk.rules import DEFAULT_TRIGGER, URGENT, Rules, Trigger

ASKS = "human_handoff"
"""The intent with which customers ask for a person."""


@dataclass(frozen=True)
class Words:
    """What a customer said last, the newest first, and as what the newest was understood."""

    texts: Sequence[str] = ()
    intent: str | None = None


@dataclass(frozen=True)
class Assessment:
    """See `desk.tables.TicketRow`; the times are from now on."""

    reason: str
    priority: Priority
    severity: str | None
    skill: str | None
    team: str | None
    intent: str | None
    answer_within: timedelta | None
    resolve_within: timedelta | None
    back_office: bool


def assess(
    rules: Rules, reason: str, matters: Sequence[Mapping[str, Any]], said: Words, language: str, *, urgent: bool = False
) -> Assessment:
    """What follows from a handoff.

    Args:
        reason, matters, urgent: of the handoff (`conversations.HandoffRow`).
        said: by the customer, of late.
    """
    grave = _gravest(rules, [severity(text, language) for text in said.texts] + [m.get("severity") for m in matters])
    if said.intent == ASKS and rules.trigger(reason).back_office:
        # A handoff keeps its first reason; what came after it shows in the message.
        reason = DEFAULT_TRIGGER
    kind = grave or (URGENT if urgent else None)
    trigger, more = rules.trigger(reason), rules.severities.get(kind or "", Trigger(Priority.LOW))
    flows = [str(matter["flow"]) for matter in reversed(matters) if matter.get("flow")]
    keyword = next(filter(None, (rules.keyword(text, language) for text in said.texts)), None)
    of_flow = next((rules.skill_of_flow[flow] for flow in flows if flow in rules.skill_of_flow), None)
    return Assessment(
        reason=reason,
        priority=max(trigger.priority, more.priority),
        severity=grave,
        skill=more.skill or (keyword and keyword.skill) or of_flow or trigger.skill,
        team=more.team or trigger.team,
        intent=next(iter(flows), said.intent),
        answer_within=_shortest(trigger.answer_within, more.answer_within),
        resolve_within=_shortest(trigger.resolve_within, more.resolve_within),
        back_office=is_back_office(rules, reason, grave),
    )


def is_back_office(rules: Rules, reason: str, grave: str | None) -> bool:
    """Whether the customer need not wait for somebody: what is grave is for people at once."""
    return rules.trigger(reason).back_office and grave is None


def _gravest(rules: Rules, kinds: Iterable[str | None]) -> str | None:
    """The first severity in the order of the rules; one that they do not have comes last."""
    found = {kind for kind in kinds if kind}
    return next((kind for kind in (*rules.severities, *sorted(found)) if kind in found), None)


def _shortest(*times: timedelta | None) -> timedelta | None:
    return min(filter(None, times), default=None)
