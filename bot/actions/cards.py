"""Cards: what a channel shows beside or in place of a message's text, if it can (docs/flows.md).

A card is JSON with a `type`, in which there are values of `bot.values`. The text always says all that matters as well.
A card that has a `lead` stands, below that, in place of the text; one without a lead below the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions.items import counted, item_name, style
from bot.actions.services import Services
from bot.actions.whereabouts import (
    DOORSTEP,
    Whereabouts,
    contents,
    days_late,
    expected,
    headline,
    latest_scan,
    matter,
    remarks,
)
from bot.values import Value, capitalized, clock, day, lines, moment, money, names, sentence, weekday
from shop import Order, OrderLine, OrderStatus, Product, Section, Shipment, TrackingEvent, Variant
from shop.eligibility import cancellable, returnable

Card = dict[str, Any]

MOST_PHOTOS = 3
"""So many photographs show what is wrong with something."""

FEW_LEFT = 3
"""From so few pieces on it is said how many there are."""

STEPS = ("ordered", "packed", "under_way", "delivered")
"""The steps of an order; `utter_progress_<step>` names each."""

_STEP = {
    OrderStatus.PLACED: 0,
    OrderStatus.PAID: 0,
    OrderStatus.PACKED: 1,
    OrderStatus.SHIPPED: 2,
    OrderStatus.IN_TRANSIT: 2,
    OrderStatus.CUSTOMS: 2,
    OrderStatus.OUT_FOR_DELIVERY: 2,
    OrderStatus.DELIVERED: 3,
}


_MARKS = re.compile(r"[\\*\[\]`]")


@dataclass(frozen=True)
class Look:
    """How a choice looks on a card.

    Attributes:
        title: what it is; a text or a value of `bot.values`, like the others.
        detail: what tells it from others of its kind.
        image: the address of a picture, as the shop has it.
        swatch: its colour, as CSS writes it.
        note: what else is good to know of it.
    """

    title: Any
    detail: Any = None
    image: str | None = None
    swatch: str | None = None
    note: Any = None


def look_of_line(line: OrderLine) -> Look:
    """How an item of an order looks."""
    return Look(names(line.names), style(line.colour, line.size), line.image)


def look_of_order(order: Order, title: Value) -> Look:
    """How an order looks, by what is in it."""
    return Look(title, contents(order.lines), next((line.image for line in order.lines if line.image), None))


def look_of_variant(variant: Variant) -> Look:
    """How a variant looks beside others of its product."""
    few = variant.stock <= FEW_LEFT
    note = sentence("utter_only_left", count=variant.stock) if few else None
    return Look(style(variant.colour, variant.size), swatch=variant.swatch, note=note)


def look_of_model(product: Product, title: Value) -> Look:
    """How a product looks beside others; `title` may say more than its name."""
    return Look(title, image=product.image)


def choices(looks: Sequence[tuple[Look, str]], services: Services, lead: Any = None) -> Card | None:
    """Choices, each with the payload of its button; None without any."""
    if not looks:
        return None
    items = [
        {
            "title": look.title,
            "detail": look.detail,
            "image": _address(look.image, services),
            "swatch": look.swatch,
            "note": look.note,
            "payload": payload,
        }
        for look, payload in looks
    ]
    return {"type": "choices", "multiple": False, "items": items, **_led(lead)}


def days(payloads: Mapping[Any, str]) -> Card:
    """Days (`date`) to choose from, each with the payload of its button."""
    found = [{"date": on.isoformat(), "payload": payload, "title": weekday(on)} for on, payload in payloads.items()]
    return {"type": "date", "days": found}


def photos() -> Card:
    """The wish for photographs."""
    return {"type": "photos", "most": MOST_PHOTOS}


def rating() -> Card:
    """The question how it went: stars, and a comment."""
    return {"type": "rating"}


def text(*paragraphs: Any) -> Card:
    """The text for channels that show Markdown."""
    first, *others = filter(None, paragraphs)
    return {"type": "text", "lead": lines(first, *(part for other in others for part in ("\n", other)))}


def link(title: str, url: str) -> str:
    """A link in Markdown."""
    escaped = _MARKS.sub(r"\\\g<0>", title)
    return f"[{escaped}]({url})"


def file(title: str, url: str, kind: str = "PDF") -> dict[str, Any]:
    """A document; `utter_file_<title>` names it."""
    return {"title": sentence(f"utter_file_{title}"), "url": url, "kind": kind}


def files(*found: Mapping[str, Any], lead: Any = None) -> Card:
    """Documents; `lead` is the text without their links."""
    return {"type": "files", "files": list(found), **_led(lead)}


def orders(found: Sequence[Order], services: Services, lead: Any) -> Card:
    """Orders of a verified customer, with what can be done about each."""
    parts = [_order(order, services) | {"actions": _actions(order, services)} for order in found]
    return {"type": "orders", "lead": lead, "orders": parts}


def tracking(found: Whereabouts, services: Services, *notes: Value | None) -> Card:
    """Where an order is; `notes` are said besides."""
    order = found.order
    # Whoever has only shown an order number and its address learns where it is, and no more.
    part = _order(order, services) if found.personal else _order(order, services) | {"items": [], "total": None}
    return {
        "type": "tracking",
        "lead": headline(found),
        "order": part,
        "parcels": [_parcel(order, number, found.now) for number in range(len(order.shipments))],
        "notes": [note for note in (*remarks(found), *notes) if note],
    }


def item(line: OrderLine, quantity: int, services: Services) -> dict[str, Any]:
    """So many pieces of an order's line."""
    look = look_of_line(line)
    image = _address(look.image, services)
    return {"name": look.title, "detail": look.detail, "quantity": quantity, "image": image}


@dataclass(frozen=True)
class Part:
    """Something in a summary: a line of the text, and how the card has it.

    Attributes:
        text: the line; None for what the text says elsewhere.
        items: what the card shows, each with its quantity.
        label: what the card calls the `value`: `utter_label_<label>`. What has neither this nor items is a note.
        total: whether this is what it all comes to.
    """

    text: Value | None
    items: tuple[tuple[OrderLine, int], ...] = ()
    label: str | None = None
    value: Any = None
    total: bool = False


def piece(line: OrderLine, quantity: int) -> Part:
    """So many pieces of an item."""
    return Part(counted(item_name(line), quantity), items=((line, quantity),))


@dataclass(frozen=True)
class Summary:
    """What is to be confirmed, once for the text and for the card.

    Attributes:
        name: what it is a summary of: `utter_card_<name>`.
        heading: the first line of the text.
        parts: in the order in which the text says them; empty ones are left out.
        question: the last line of the text, which leads the card.
    """

    name: str
    heading: Value | None
    parts: Sequence[Part | Value | None]
    question: Value | None = None

    @property
    def text(self) -> Value:
        """The text, a line for each part."""
        return lines(self.heading, *(part.text for part in self._parts), self.question)

    def card(self, services: Services) -> Card:
        """The card."""
        labelled = [part for part in self._parts if part.label]
        facts = [_fact(part) for part in labelled if not part.total]
        total = next((_fact(part) for part in labelled if part.total), None)
        notes = [part.text for part in self._parts if not part.label and not part.items]
        return {
            "type": "summary",
            "lead": self.question or sentence("utter_summary_check"),
            "title": sentence(f"utter_card_{self.name}"),
            "items": [item(*found, services) for part in self._parts for found in part.items],
            "facts": facts,
            "total": total,
            "note": lines(*notes) if notes else None,
        }

    @property
    def _parts(self) -> list[Part]:
        return [part if isinstance(part, Part) else Part(part) for part in self.parts if part]


def of_order(number: str) -> Part:
    """The order that a summary is about, which the text names in its heading."""
    return Part(None, label="order", value=number)


def _fact(part: Part) -> dict[str, Any]:
    return {"label": sentence(f"utter_label_{part.label}"), "value": part.value}


def _led(lead: Any) -> dict[str, Any]:
    return {} if lead is None else {"lead": lead}


def _address(image: str | None, services: Services) -> str | None:
    """The whole address of a picture."""
    return f"{services.public_url}{image}" if image and image.startswith("/") else image


def _order(order: Order, services: Services) -> dict[str, Any]:
    placed = day(order.placed_at.date())
    return {
        "number": order.number,
        "title": sentence("utter_card_order", order_number=order.number),
        "date": placed,
        "status": _status(order, services.now()),
        "expected": expected(order, services.now()),
        "total": money(order.totals.total),
        "items": [item(line, line.quantity, services) for line in order.lines],
        "actions": [],
    }


def _status(order: Order, now: datetime) -> dict[str, Any]:
    latest = latest_scan(order)
    name, tone = sentence(f"utter_status_{order.status}"), "neutral"
    if order.status.open and len(order.shipments) == 1 and latest and latest.code in DOORSTEP:
        name, tone = sentence(f"utter_event_{latest.code}"), "warning"
    elif days_late(order, now):
        name, tone = sentence("utter_status_late"), "warning"
    elif order.status is OrderStatus.DELIVERED:
        tone = "good"
    elif order.status is OrderStatus.LOST:
        tone = "bad"
    return {
        "label": capitalized(name),
        "tone": tone,
        "step": _STEP.get(order.status),
        "steps": [sentence(f"utter_progress_{step}") for step in STEPS],
    }


def _actions(order: Order, services: Services) -> list[dict[str, Any]]:
    """What can be done about an order, as far as the order itself tells."""
    policies: Section = services.policies.for_country(order.country)
    possible = {
        "track_order": order.status.open,
        "return_item": any(each.quantity for each in returnable(order, (), policies, services.now())),
        "cancel_order": cancellable(order),
        "request_invoice": order.paid_at is not None and order.cancelled_at is None,
    }
    return [
        matter(intent, sentence(f"utter_action_{intent}"), order.number)
        for intent, can_be in possible.items()
        if can_be
    ]


def _parcel(order: Order, number: int, now: datetime) -> dict[str, Any]:
    shipment: Shipment = order.shipments[number]
    count = len(order.shipments)
    several = count > 1
    inside = [line for line in order.lines if line.sku in shipment.skus]
    return {
        "title": sentence("utter_parcel_title", number=number + 1, count=count) if several else None,
        "carrier": shipment.carrier,
        "number": shipment.tracking_number,
        "url": shipment.tracking_url or None,
        "label": sentence("utter_parcel_follow", carrier=shipment.carrier),
        "items": contents(inside) if several and inside else None,
        "events": [_event(event, now) for event in reversed(shipment.events)],
    }


def _event(event: TrackingEvent, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(event.time_zone)
    return {
        "text": capitalized(sentence(f"utter_event_{event.code}")),
        "place": event.place,
        "at": event.time.astimezone(zone).isoformat(),
        "time": _lately(event, now.astimezone(zone)),
        "done": True,
    }


def _lately(event: TrackingEvent, now: datetime) -> Value:
    """When it was, by the clock of the place; `now` is by the same clock."""
    ago = now.date() - event.time.astimezone(now.tzinfo).date()
    for days_ago, response in ((timedelta(), "utter_time_today"), (timedelta(days=1), "utter_time_yesterday")):
        if ago == days_ago:
            return sentence(response, time=clock(event.time, event.time_zone))
    return moment(event.time, event.time_zone)
