"""Lists of tickets: what a reader narrows them down to, and what stands in a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sanic import Request

from desk.messages import Words
from desk.models import Line, Search, State, Ticket, View

LINES = 50
"""So many tickets are on a page."""

SOON = timedelta(minutes=3)
"""So long before an answer is due, the line says so."""

MAX_WORDS = 200

SAYING_NOTHING = frozenset({"human_handoff", "inform", "affirm", "deny", "nlu_fallback"})
"""Intents that do not tell what a customer wants."""

FILTERS = ("language", "channel", "tag", "agent")
"""What a list can be narrowed down to, besides words: the names of the fields in addresses."""


@dataclass(frozen=True)
class Listing:
    """A page of a list.

    Attributes:
        chosen: the filters that are set, by the names in addresses; words are `q`.
        older: the address of the next page, if there is one.
    """

    view: View
    lines: list[Line]
    chosen: dict[str, str]
    older: str | None
    paged: bool
    """Whether there is a page before it."""

    @property
    def newest(self) -> str:
        """The address of the first page."""
        return address(self.view, self.chosen)

    def beside(self, view: str) -> str:
        """The address of another list, narrowed down in the same way."""
        return address(View(view), self.chosen)

    def without(self, name: str) -> str:
        """The address of the list without one of its filters."""
        return address(self.view, {key: value for key, value in self.chosen.items() if key != name})


def address(view: View, values: dict[str, str]) -> str:
    """The address of a list, without what stands before `/desk`."""
    return f"/desk/{view}" + (f"?{urlencode(values)}" if values else "")


def chosen_of(request: Request) -> dict[str, str]:
    """What a request narrows a list down to."""
    given = {name: " ".join((request.args.get(name) or "").split())[:MAX_WORDS] for name in ("q", *FILTERS)}
    return {name: value for name, value in given.items() if value}


def search_of(chosen: dict[str, str]) -> Search:
    """The same, for the tickets. An agent that is no number is nobody's."""
    agent = chosen.get("agent")
    return Search(
        words=chosen.get("q", ""),
        language=chosen.get("language"),
        channel=chosen.get("channel"),
        tag=chosen.get("tag"),
        agent_id=_number(agent) if agent else None,
    )


def _number(text: str) -> int:
    """-1, which is nobody, for what is no number."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def want(words: Words, ticket: Ticket) -> str:
    """What a customer wants, in a few words: what they asked the bot for, or else why somebody is needed."""
    telling = ticket.intent and ticket.intent not in SAYING_NOTHING
    return words.word("intent", ticket.intent) if telling else words.word("reason", ticket.reason)


def due(ticket: Ticket, now: datetime) -> str | None:
    """Whether the first answer is late (`late`), or has to come soon (`soon`)."""
    if ticket.state is State.CLOSED or ticket.first_answer_at or ticket.answer_due_at is None:
        return None
    if ticket.answer_due_at <= now:
        return "late"
    return "soon" if ticket.answer_due_at - now <= SOON else None
