"""Rasa's events, made from what they are written as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses


def events_of(written: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Events, as `rasa.shared.core.events.deserialise_events` makes them.

    That looks for an event's class among all subclasses, anew for each event. Raises `KeyError` for an unknown one.
    """
    kinds = _kinds()
    return [kinds[event["event"]]._from_parameters(event) for event in written]


@cache
def _kinds() -> dict[str, type[Event]]:
    return {kind.type_name: kind for kind in all_subclasses(Event)}
