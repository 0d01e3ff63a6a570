"""What desks are told as it happens, through `conversations.feed`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conversations import Event
from desk.models import Ticket

DESK = "desk"
"""The topic that all desks listen to. No conversation has this id: theirs have a colon."""


def ticket_changed(ticket: Ticket) -> Event:
    """A ticket is new, or another than before, or its customer wrote."""
    return {
        "type": "ticket",
        "id": ticket.id,
        "state": ticket.state.value,
        "agent_id": ticket.agent_id,
        "conversation_id": ticket.conversation_id,
    }


def presence_changed(agent_id: int, presence: str) -> Event:
    """An agent came or went."""
    return {"type": "presence", "agent_id": agent_id, "presence": presence}


def offered(ticket_id: int, agent_id: int, until: datetime) -> Event:
    """A ticket is offered to an agent until a moment."""
    return {"type": "offer", "ticket_id": ticket_id, "agent_id": agent_id, "until": until.isoformat()}


def running_out(ticket_id: int, timer: str) -> Event:
    """A timer is about to run out (`answer`, `resolution`), or did (`answer_broken`, `resolution_broken`)."""
    return {"type": "warning", "ticket_id": ticket_id, "timer": timer}


def note_added(conversation_id: str, note_id: int, mentions: Sequence[int]) -> Event:
    """An agent wrote a note."""
    return {"type": "note", "conversation_id": conversation_id, "note_id": note_id, "mentions": list(mentions)}


def follow_up_changed(follow_up_id: int) -> Event:
    """There is something to look after, or it is done."""
    return {"type": "follow_up", "id": follow_up_id}


def spike_raised(warning_id: int) -> Event:
    """Many complaints of one kind came in a short time."""
    return {"type": "spike", "id": warning_id}
