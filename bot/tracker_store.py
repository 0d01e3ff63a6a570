"""A Rasa tracker store that keeps what the next turn needs, and no more.

Rasa replays a conversation's whole history in every turn. Here a conversation is its slots, its active form and the
last few turns, so that a turn costs the same however long the conversation is. The full transcript lies in
`conversations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import bindparam, delete, insert, select, update

from bot.cheap_tracker import CheapTracker
from bot.nlu.attributes import IDENTITY
from bot.rasa_events import events_of
from bot.trackers import TRACKERS, TrackerChange
from storage import Database

TURNS = 3
"""How many of the customer's last messages are kept with all that followed them; rules look back two at most."""

# Made once: making a statement takes longer than executing it.
_EVENTS = select(TRACKERS.c.events).where(TRACKERS.c.conversation_id == bindparam("whose"))

MOST_SAID = 8
"""So many of the assistant's messages are kept between two steps: what it says in a turn is fewer."""

RESPONSE = "utter_action"
"""In the metadata of an answer, as Rasa writes it: the name of its response."""

SLOTS_NOT_KEPT = frozenset({"session_started_metadata"})


class BoundedTrackerStore(TrackerStore):
    """Keeps the last turns of each conversation in the table `bot_trackers`."""

    def __init__(self, domain: Domain, database: Database) -> None:
        super().__init__(domain)
        self._database = database

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what `window` leaves of the tracker."""
        # Rasa saves a tracker as soon as it creates it; there is nothing in it yet.
        if not tracker.events:
            return
        events = _written(tracker)
        row = {"conversation_id": tracker.sender_id, "events": events}
        async with self._database.writing() as connection:
            known = await connection.execute(
                update(TRACKERS).where(TRACKERS.c.conversation_id == tracker.sender_id).values(events=events)
            )
            if not known.rowcount:
                await connection.execute(insert(TRACKERS), row)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation as it was saved, or None."""
        async with self._database.reading() as connection:
            stored = await connection.scalar(_EVENTS, {"whose": sender_id})
        if stored is None:
            return None
        tracker: CheapTracker = CheapTracker.from_events(sender_id, events_of(json.loads(stored)), self.domain.slots)
        tracker.stored = stored
        return tracker

    def init_tracker(self, sender_id: str) -> CheapTracker:
        """A tracker of a conversation that begins."""
        return CheapTracker(sender_id, self.domain.slots, self.max_event_history)

    def change(self, tracker: DialogueStateTracker) -> TrackerChange:
        """What became of a tracker since it was retrieved, to be kept with `bot.trackers.keep_tracker`."""
        return TrackerChange(getattr(tracker, "stored", None), _written(tracker))

    async def delete(self, sender_id: str) -> None:
        """Forget a conversation."""
        async with self._database.writing() as connection:
            await connection.execute(delete(TRACKERS).where(TRACKERS.c.conversation_id == sender_id))

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        async with self._database.reading() as connection:
            return list(await connection.scalars(select(TRACKERS.c.conversation_id)))


def _written(tracker: DialogueStateTracker) -> str:
    return json.dumps([_stored(event) for event in window(tracker)], ensure_ascii=False)


def _stored(event: Event) -> dict[str, Any]:
    """An event as it is stored.

    It is without who wrote a message, which holds for its own turn only, and of an answer without its card and what it
    was written from.
    """
    stored: dict[str, Any] = event.as_dict()
    if isinstance(event, BotUttered):
        named = {name: value for name, value in event.metadata.items() if name == RESPONSE}
        stored |= {"metadata": named, "data": {**event.data, "custom": None}}
    if isinstance(event, UserUttered):
        metadata = {name: value for name, value in event.metadata.items() if name != IDENTITY}
        # Rasa writes the metadata in both places.
        stored |= {"metadata": metadata, "parse_data": {**event.parse_data, "metadata": metadata}}
    return stored


def window(tracker: DialogueStateTracker) -> list[Event]:
    """The last turns of a tracker, after events that bring a new tracker to the state it had before them."""
    events = _without_repetitions(tracker.applied_events())
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= TURNS:
        return events
    cut = starts[-TURNS]
    return [*_state_before(events[:cut], tracker), *events[cut:]]


def _without_repetitions(events: list[Event]) -> list[Event]:
    """The same events, without slots that are set again before the next step.

    While a form goes on, Rasa takes the messages that it was given out of the applied events, and leaves what was set
    and said: they would become more with each.
    """
    kept: list[Event] = []
    slots: set[str] = set()
    said = 0
    for event in reversed(events):
        if isinstance(event, ActionExecuted | UserUttered):
            slots, said = set(), 0
        elif isinstance(event, SlotSet):
            if event.key in slots:
                continue
            slots.add(event.key)
        elif isinstance(event, BotUttered):
            said += 1
            if said > MOST_SAID:
                continue
        kept.append(event)
    return kept[::-1]


def _state_before(events: list[Event], tracker: DialogueStateTracker) -> list[Event]:
    slots: dict[str, Any] = {}
    loop: str | None = None
    for event in events:
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
    state: list[Event] = [SessionStarted()]
    state += [
        SlotSet(name, value)
        for name, value in slots.items()
        # A slot that the domain no longer has is forgotten.
        if name in tracker.slots and name not in SLOTS_NOT_KEPT and value != tracker.slots[name].initial_value
    ]
    if loop is not None:
        state.append(ActiveLoop(loop))
    # What the customer says next follows a "listen", as in any conversation.
    return [*state, ActionExecuted(ACTION_LISTEN_NAME)]
