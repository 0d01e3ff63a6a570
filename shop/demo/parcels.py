"""How a parcel travels: the carrier's scans, from the warehouse to the door."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shop.demo.customers import home_zone
from shop.demo.files import load
from shop.model import Customer, TrackingCode, TrackingEvent


@dataclass(frozen=True)
class Stop:
    """A scan that will come at a place; only its moment is still open."""

    code: TrackingCode
    place: str
    country: str
    zone: str

    def at(self, moment: datetime) -> TrackingEvent:
        """The scan, at a moment; carriers count in minutes."""
        time = moment.astimezone(UTC).replace(second=0, microsecond=0)
        return TrackingEvent(time, self.zone, self.place, self.country, self.code)


@dataclass(frozen=True)
class Route:
    """The scans on the way: `way` between the warehouse's gate and the customer's depot."""

    label: Stop
    pickup: Stop
    way: tuple[Stop, ...]
    out: Stop
    delivered: Stop

    @property
    def last(self) -> int:
        """How many stops there are on the way."""
        return len(self.way)

    def until(self, code: TrackingCode) -> tuple[Stop, ...]:
        """The stops on the way up to the first with this code."""
        index = next(i for i, stop in enumerate(self.way) if stop.code is code)
        return self.way[: index + 1]


def crosses_customs(origin: str, destination: str) -> bool:
    """Whether parcels between two countries are cleared by customs."""
    return not any(origin in union and destination in union for union in load("routes")["customs_unions"])


def route(warehouse: str, customer: Customer) -> Route:
    """The scans of a parcel from a warehouse to a customer."""
    source = load("routes")["warehouses"][warehouse]
    target = load("routes")["countries"][customer.country]
    code = TrackingCode

    def origin(what: TrackingCode, place: str) -> Stop:
        return Stop(what, place, source["country"], source["zone"])

    def abroad(what: TrackingCode, place: str) -> Stop:
        return Stop(what, place, customer.country, target["zone"])

    def home(what: TrackingCode) -> Stop:
        return Stop(what, customer.address.city, customer.country, home_zone(customer))

    way = [
        origin(code.DEPARTED, source["place"]),
        origin(code.ARRIVED, source["hub"]),
        origin(code.DEPARTED, source["hub"]),
    ]
    if crosses_customs(source["country"], customer.country):
        way += [
            origin(code.EXPORT_CLEARED, source["hub"]),
            abroad(code.CUSTOMS_ARRIVED, target["gateway"]),
            abroad(code.CUSTOMS_CLEARED, target["gateway"]),
        ]
    way += [abroad(code.ARRIVED, target["hub"]), abroad(code.DEPARTED, target["hub"]), home(code.ARRIVED)]
    return Route(
        label=origin(code.LABEL_CREATED, source["place"]),
        pickup=origin(code.PICKED_UP, source["place"]),
        way=tuple(way),
        out=home(code.OUT_FOR_DELIVERY),
        delivered=home(code.DELIVERED),
    )


def spread(stops: Sequence[Stop], start: datetime, end: datetime, rng: random.Random) -> list[TrackingEvent]:
    """The stops between two moments, in order, the last one exactly at the end."""
    step = (end - start) / max(len(stops), 1)
    events = []
    for number, stop in enumerate(stops, start=1):
        early = rng.uniform(0, 0.4) if number < len(stops) else 0
        events.append(stop.at(start + step * (number - early)))
    return events


def tracking_number(form: str, rng: random.Random) -> str:
    """A tracking number of a carrier's form, in which # stands for a digit."""
    return "".join(rng.choice("0123456789") if char == "#" else char for char in form)


def minutes(rng: random.Random, low: int, high: int) -> timedelta:
    """Some time between so many minutes."""
    return timedelta(minutes=rng.randint(low, high))
