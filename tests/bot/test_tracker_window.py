from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from storage import Database

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import Event
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.tracker_store import BoundedTrackerStore

DOMAIN: dict[str, Any] = {
    "intents": ["track_order", "inform"],
    "slots": {
        "language": {"type": "text", "mappings": [{"type": "custom"}]},
        "order_number": {"type": "text", "mappings": [{"type": "custom"}]},
        "misunderstood": {"type": "float", "initial_value": 0, "mappings": [{"type": "custom"}]},
    },
    "forms": {"order_form": {"required_slots": ["order_number"]}},
    "responses": {"utter_answer": [{"text": "An answer."}]},
}


@pytest.fixture(scope="module")
def domain(rasa: None) -> Domain:
    from rasa.shared.core.domain import Domain

    return Domain.from_dict(DOMAIN)


def turn(number: int, *then: Event) -> list[Event]:
    """The customer says something, this happens, the bot answers and listens."""
    from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

    said = UserUttered(f"message {number}", intent={"name": "inform", "confidence": 1.0})
    return [said, *then, ActionExecuted("utter_answer"), BotUttered("An answer."), ActionExecuted("action_listen")]


def conversation(domain: Domain, turns: int, **happens: list[Event]) -> DialogueStateTracker:
    """A tracker after so many turns; `turn_2=[…]` is what happens besides in the second."""
    from rasa.shared.core.events import ActionExecuted, SessionStarted
    from rasa.shared.core.trackers import DialogueStateTracker

    events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    for number in range(1, turns + 1):
        events += turn(number, *happens.get(f"turn_{number}", []))
    return DialogueStateTracker.from_events("c", events, domain.slots)


def replayed(domain: Domain, tracker: DialogueStateTracker) -> DialogueStateTracker:
    """A new tracker from what the window leaves."""
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.tracker_store import window

    return DialogueStateTracker.from_events("c", window(tracker), domain.slots)


def messages(tracker: DialogueStateTracker) -> list[str]:
    from rasa.shared.core.events import UserUttered

    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_short_conversation_stays_as_it_is(domain: Domain, turns: int) -> None:
    from bot.tracker_store import window

    tracker = conversation(domain, turns)
    # Rasa itself forgets what came before the start of the session.
    assert window(tracker) == list(tracker.events)[2:]


def test_of_a_long_conversation_the_last_turns_are_left(domain: Domain) -> None:
    tracker = conversation(domain, 20)
    left = replayed(domain, tracker)
    assert messages(left) == ["message 18", "message 19", "message 20"]
    assert left.latest_action_name == tracker.latest_action_name == "action_listen"
    assert list(left.events)[-5:] == list(tracker.events)[-5:]


def test_the_first_message_that_is_left_follows_a_listen(domain: Domain) -> None:
    from rasa.shared.core.events import ActionExecuted, UserUttered

    from bot.tracker_store import window

    events = window(conversation(domain, 20))
    first = next(index for index, event in enumerate(events) if isinstance(event, UserUttered))
    assert isinstance(events[first - 1], ActionExecuted)
    assert events[first - 1].action_name == "action_listen"


def test_the_window_is_bounded_however_long_the_conversation_is(domain: Domain) -> None:
    from rasa.shared.core.events import SlotSet

    from bot.tracker_store import window

    def length(turns: int) -> int:
        happens = {f"turn_{number}": [SlotSet("order_number", f"AC-{number}")] for number in range(turns + 1)}
        return len(window(conversation(domain, turns, **happens)))

    assert length(10) == length(100) == length(400)


def test_the_window_is_bounded_however_long_a_form_goes_on(domain: Domain) -> None:
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.tracker_store import window

    sizes = []
    tracker = conversation(domain, 1, turn_1=[ActionExecuted("order_form"), ActiveLoop("order_form")])
    for number in range(2, 40):
        form = [ActionExecuted("order_form"), SlotSet("misunderstood", number), SlotSet("order_number", f"A-{number}")]
        events = [*window(tracker), *turn(number, *form)]
        tracker = DialogueStateTracker.from_events("c", events, domain.slots)
        sizes.append(len(window(tracker)))
    assert len(set(sizes[10:])) == 1, sizes
    after = replayed(domain, tracker)
    assert (after.get_slot("order_number"), after.get_slot("misunderstood")) == ("A-39", 39)
    assert after.active_loop_name == "order_form"


def test_slots_survive_with_their_last_value(domain: Domain) -> None:
    from rasa.shared.core.events import SlotSet

    tracker = conversation(
        domain,
        20,
        turn_1=[SlotSet("language", "es"), SlotSet("order_number", "AC-1"), SlotSet("misunderstood", 2)],
        turn_2=[SlotSet("order_number", "AC-2")],
        turn_19=[SlotSet("misunderstood", 0)],
    )
    left = replayed(domain, tracker)
    assert left.current_slot_values() == tracker.current_slot_values()
    assert left.get_slot("language") == "es"
    assert left.get_slot("order_number") == "AC-2"
    assert left.get_slot("misunderstood") == 0


def test_a_slot_that_was_emptied_stays_empty(domain: Domain) -> None:
    from rasa.shared.core.events import SlotSet

    tracker = conversation(
        domain,
        20,
        turn_1=[SlotSet("order_number", "AC-1"), SlotSet("misunderstood", 2)],
        turn_5=[SlotSet("order_number", None), SlotSet("misunderstood", None)],
    )
    left = replayed(domain, tracker)
    assert left.get_slot("order_number") is None
    assert left.get_slot("misunderstood") is None


def test_an_active_loop_survives(domain: Domain) -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet

    started = [ActiveLoop("order_form"), SlotSet("requested_slot", "order_number")]
    left = replayed(domain, conversation(domain, 20, turn_2=started))
    assert left.active_loop_name == "order_form"
    assert left.get_slot("requested_slot") == "order_number"


def test_a_loop_that_ended_stays_ended(domain: Domain) -> None:
    from rasa.shared.core.events import ActiveLoop

    early = conversation(domain, 20, turn_2=[ActiveLoop("order_form")], turn_4=[ActiveLoop(None)])
    late = conversation(domain, 20, turn_2=[ActiveLoop("order_form")], turn_19=[ActiveLoop(None)])
    assert replayed(domain, early).active_loop_name is None
    assert replayed(domain, late).active_loop_name is None


def test_a_window_of_a_window_is_the_same(domain: Domain) -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet

    from bot.tracker_store import window

    tracker = conversation(domain, 20, turn_1=[SlotSet("language", "zh"), ActiveLoop("order_form")])
    # Rasa itself leaves out the start of the session, which only empties a tracker.
    assert window(replayed(domain, tracker)) == window(tracker)[1:]


def test_a_slot_that_the_domain_no_longer_has_does_no_harm(domain: Domain) -> None:
    from rasa.shared.core.events import SlotSet

    tracker = conversation(domain, 20, turn_1=[SlotSet("language", "es"), SlotSet("of_an_old_version", "x")])
    assert replayed(domain, tracker).get_slot("language") == "es"


@pytest.fixture
def store(domain: Domain, database: Database) -> BoundedTrackerStore:
    from bot.tracker_store import BoundedTrackerStore

    return BoundedTrackerStore(domain, database)


async def loaded(store: BoundedTrackerStore, conversation_id: str = "c") -> DialogueStateTracker:
    tracker = await store.retrieve(conversation_id)
    assert tracker is not None
    return tracker


async def test_an_unknown_conversation_is_none(store: BoundedTrackerStore) -> None:
    assert await store.retrieve("never seen") is None


async def test_a_conversation_comes_back_as_it_was_saved(store: BoundedTrackerStore, domain: Domain) -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet

    happens = [SlotSet("language", "zh"), SlotSet("order_number", "订单１０４２３３ 👍 \x00"), ActiveLoop("order_form")]
    tracker = conversation(domain, 3, turn_1=happens)
    await store.save(tracker)

    back = await loaded(store)
    assert back.sender_id == "c"
    assert list(back.events) == tracker.applied_events()
    assert back.current_slot_values() == tracker.current_slot_values()
    assert back.active_loop_name == "order_form"
    assert back.latest_message == tracker.latest_message


async def test_a_conversation_that_is_saved_every_turn_stays_small_and_keeps_its_state(
    store: BoundedTrackerStore, domain: Domain
) -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet

    first = [SlotSet("language", "fr"), SlotSet("order_number", "AC-104233"), ActiveLoop("order_form")]
    await store.save(conversation(domain, 1, turn_1=first))
    lengths = []
    for number in range(2, 21):
        tracker = await loaded(store)
        for event in turn(number):
            tracker.update(event)
        await store.save(tracker)
        lengths.append(len(tracker.events))

    back = await loaded(store)
    assert messages(back) == ["message 18", "message 19", "message 20"]
    assert back.get_slot("language") == "fr"
    assert back.get_slot("order_number") == "AC-104233"
    assert back.active_loop_name == "order_form"
    assert len(set(lengths[5:])) == 1


async def test_conversations_are_kept_apart_and_can_be_forgotten(store: BoundedTrackerStore, domain: Domain) -> None:
    from rasa.shared.core.trackers import DialogueStateTracker

    for name, turns in (("one", 1), ("other", 2)):
        events = conversation(domain, turns).events
        await store.save(DialogueStateTracker.from_events(name, list(events), domain.slots))
    assert sorted(await store.keys()) == ["one", "other"]
    assert len(messages(await loaded(store, "one"))) == 1
    assert len(messages(await loaded(store, "other"))) == 2

    await store.delete("one")
    await store.delete("never seen")
    assert await store.retrieve("one") is None
    assert list(await store.keys()) == ["other"]


async def test_a_tracker_without_events_is_not_stored(store: BoundedTrackerStore, domain: Domain) -> None:
    from rasa.shared.core.trackers import DialogueStateTracker

    await store.save(DialogueStateTracker("c", domain.slots))
    assert await store.retrieve("c") is None


async def test_of_an_answer_what_it_was_written_from_is_not_stored(store: BoundedTrackerStore, domain: Domain) -> None:
    from rasa.shared.core.events import BotUttered

    tracker = conversation(domain, 1)
    buttons = [{"title": "Yes", "payload": "/affirm", "means": "affirm"}]
    data = {"buttons": buttons, "custom": {"type": "orders"}}
    metadata = {"utter_action": "utter_orders", "card": {"type": "orders"}, "count": 2}
    tracker.update(BotUttered("Two orders.", data=data, metadata=metadata))
    await store.save(tracker)

    answer = (await loaded(store)).events[-1]
    assert answer.data == {"buttons": buttons, "custom": None}
    assert answer.metadata == {"utter_action": "utter_orders"}


async def test_who_wrote_a_message_is_not_stored(
    store: BoundedTrackerStore, domain: Domain, database: Database
) -> None:
    from rasa.shared.core.events import UserUttered
    from sqlalchemy import select

    from bot.tracker_store import TRACKERS

    tracker = conversation(domain, 1)
    metadata = {"identity": {"email": "ada@mail.example", "phone": None}, "locale_hint": "de-AT"}
    tracker.update(UserUttered("hello", intent={"name": "inform", "confidence": 1.0}, metadata=metadata))
    await store.save(tracker)

    # The turn that goes on still knows.
    assert tracker.latest_message.parse_data["metadata"] == metadata
    back = await loaded(store)
    assert back.latest_message.metadata == back.latest_message.parse_data["metadata"] == {"locale_hint": "de-AT"}
    async with database.reading() as connection:
        assert "ada@" not in str(await connection.scalar(select(TRACKERS.c.events)))
