"""Copies of trackers, compared with those that Rasa makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.trackers import DialogueStateTracker

DOMAIN = {
    "intents": ["inform"],
    "entities": ["product"],
    "slots": {
        "language": {"type": "text", "mappings": [{"type": "custom"}]},
        "missed": {"type": "float", "initial_value": 0, "mappings": [{"type": "custom"}]},
    },
    "forms": {"order_form": {"required_slots": ["language"]}},
}


@pytest.fixture(scope="module")
def domain(rasa: None) -> Domain:
    from rasa.shared.core.domain import Domain

    return Domain.from_dict(DOMAIN)


def spoken(domain: Domain, kind: type[DialogueStateTracker]) -> DialogueStateTracker:
    """A tracker in the middle of a form."""
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, LoopInterrupted, SlotSet, UserUttered

    events = [
        ActionExecuted("action_listen", timestamp=1),
        UserUttered("jeans", {"name": "inform"}, [{"entity": "product", "value": "jeans"}], timestamp=2),
        ActionExecuted("order_form", timestamp=3),
        ActiveLoop("order_form", timestamp=4),
        LoopInterrupted(True, timestamp=5),
        SlotSet("language", "de", timestamp=6),
        SlotSet("missed", 2.0, timestamp=7),
        BotUttered("Which?", {"buttons": [{"title": "this"}]}, timestamp=8),
    ]
    return kind.from_events("c", events, domain.slots)


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    from rasa.shared.core.trackers import EventVerbosity

    said = tracker.current_state(EventVerbosity.ALL)
    return {**said, "has_been_set": {name: slot.has_been_set for name, slot in tracker.slots.items()}}


def test_it_says_of_itself_what_rasas_says(domain: Domain) -> None:
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.cheap_tracker import CheapTracker

    cheap, rasas = spoken(domain, CheapTracker), spoken(domain, DialogueStateTracker)
    assert state(cheap) == state(rasas)
    assert state(cheap.copy()) == state(rasas.copy())
    assert state(cheap.init_copy()) == state(rasas.init_copy())
    states = [tracker.past_states(domain) for tracker in (cheap, rasas)]
    assert states[0] == states[1] and len(states[0]) == 3


def test_a_copy_is_one_of_its_own(domain: Domain) -> None:
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet

    from bot.cheap_tracker import CheapTracker

    tracker = spoken(domain, CheapTracker)
    before = state(tracker)
    copied = tracker.copy()
    for event in (ActionExecuted("action_listen"), SlotSet("language", "fr"), SlotSet("missed", None)):
        copied.update(event, domain)
    copied.interrupt_loop(False)
    copied.update(ActiveLoop(None), domain)
    assert state(tracker) == before
    assert state(copied) != before


def test_events_come_back_as_rasa_reads_them(domain: Domain) -> None:
    from rasa.shared.core.events import deserialise_events

    from bot.cheap_tracker import CheapTracker
    from bot.rasa_events import events_of

    written = [event.as_dict() for event in spoken(domain, CheapTracker).events]
    assert events_of(written) == deserialise_events(written)
    assert [event.as_dict() for event in events_of(written)] == written
