"""Medusa's orders, read as the shop's model.

A document is all that Medusa knows of an order: its lines, parcels, payments and returns, and, put in by
`MedusaShop`, its `exchanges` and `claims`. What an order was when it was placed is worked out from its lines: Medusa's
own totals shrink with every return. What has been deleted, such as a variant or a customer, is missing from a document.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from shop.medusa.catalogue import to_category, to_choice
from shop.medusa.client import Json
from shop.medusa.customers import to_address, to_customer
from shop.medusa.values import moment, money
from shop.model import (
    Address,
    DeliveryMethod,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    Totals,
    TrackingCode,
    TrackingEvent,
)
from shop.policies import Policies, Section
from shop.workdays import add_workdays

# Not `fulfillments.location`: asked for it, Medusa 2.21 runs in a circle and answers nobody any more.
FIELDS = ",".join(
    (
        "id,display_id,custom_display_id,email,customer_id,locale,currency_code,created_at,canceled_at,metadata",
        "*items,*items.detail,*items.adjustments,*items.tax_lines",
        "items.variant.options.value,items.variant.options.option.title",
        "items.variant.product.categories.handle,items.variant.product.categories.name",
        "*shipping_address,*customer,*customer.addresses",
        "*shipping_methods,*shipping_methods.adjustments,*shipping_methods.tax_lines",
        "*fulfillments,*fulfillments.items,*fulfillments.labels",
        "*payment_collections.payments,*payment_collections.payments.refunds",
        "*returns,*returns.items",
    )
)
"""What to ask for with an order."""

_EXPRESS = "express"
"""What the name of a quick delivery has in it."""

_PAYMENT_METHODS = {
    "paypal": "PayPal",
    "stripe-bancontact": "Bancontact",
    "stripe-blik": "BLIK",
    "stripe-ideal": "iDEAL",
    "stripe-przelewy24": "Przelewy24",
    "stripe-promptpay": "PromptPay",
    "system": "Manual payment",
}
"""What customers call the payment providers whose own name would not do."""


@dataclass(frozen=True, slots=True)
class Location:
    """A warehouse; `city` and `country` are "" where Medusa has no address of it."""

    name: str
    city: str
    country: str


NOT_KNOWN = Location("", "", "")


def to_location(document: Json) -> Location:
    """The warehouse of a stock location."""
    address = to_address(document.get("address") or {})
    return Location(document["name"], address.city, address.country)


def order_number(document: Json) -> str:
    """The number of an order as its customer knows it."""
    return str(document["custom_display_id"] or document["display_id"])


def to_order(document: Json, policies: Policies, locations: Mapping[str, Location]) -> Order:
    """The order of a document. Medusa promises no dates: the policies' days from its placing stand for them."""
    currency = document["currency_code"].upper()
    address = to_address(document.get("shipping_address") or {})
    items = ordered_items(document)
    placed_at = moment(document["created_at"])
    delivery = _delivery(document)
    promised_from, promised_until = _promised(placed_at.date(), delivery, policies.for_country(address.country))
    tax_included = all(item["is_tax_inclusive"] for item in items)
    status = _status(document, items)
    parcels = _parcels(document, items)
    delivered = _is_delivered(items)
    back = is_all_back(document, items)
    return Order(
        number=order_number(document),
        customer=to_customer(_customer(document), policies, address, document["locale"]),
        status=status,
        country=address.country,
        currency=currency,
        lines=tuple(_to_line(item, currency, tax_included) for item in items),
        totals=_totals(document, items, currency, tax_included),
        shipping_address=address,
        delivery=delivery,
        payment_method=payment_method(document),
        promised_from=promised_from,
        promised_until=promised_until,
        shipments=tuple(
            Shipment(
                carrier=_carrier(document),
                tracking_number=label["tracking_number"],
                tracking_url=label["tracking_url"],
                warehouse=_location(parcel, locations).name,
                promised_from=promised_from,
                promised_until=promised_until,
                skus=_skus(parcel, items),
                events=_events(parcel, _location(parcel, locations), address),
            )
            for parcel in parcels
            if parcel["shipped_at"]
            for label in parcel["labels"][:1] or [_NO_LABEL]
        ),
        placed_at=placed_at,
        paid_at=_earliest(payment["captured_at"] for payment in payments(document)),
        packed_at=_earliest(parcel["packed_at"] for parcel in parcels),
        shipped_at=_earliest(parcel["shipped_at"] for parcel in parcels),
        delivered_at=_latest(parcel["delivered_at"] for parcel in parcels) if delivered else None,
        cancelled_at=_latest([document["canceled_at"]]),
        returned_at=_latest(return_["received_at"] for return_ in document["returns"]) if back else None,
        refunded_at=_latest(refund["created_at"] for refund in paid_back(document))
        if status is OrderStatus.REFUNDED
        else None,
    )


def ordered_items(document: Json) -> list[Json]:
    """The lines that were ordered: without those that exchanges and claims have brought in, or staff taken out."""
    changes = (*document["exchanges"], *document["claims"])
    added = {item["item_id"] for change in changes for item in change["additional_items"]}
    # Medusa does not say in which order they were bought. Their ids give one that stays.
    bought = (item for item in document["items"] if item["id"] not in added and item["quantity"])
    return sorted(bought, key=lambda item: str(item["id"]))


def sku_of(item: Json) -> str:
    """The SKU of a line; the id of its variant, or its own, where the shop gave it none."""
    return str(item["variant_sku"] or item["variant_id"] or item["id"])


def unit_price(item: Json) -> Decimal:
    """What a piece of a line cost, its discounts taken off, as Medusa counts it: with or without tax, like the line."""
    return _paid(item, with_tax=item["is_tax_inclusive"]) / Decimal(item["quantity"])


def payments(document: Json) -> list[Json]:
    """The payments of an order, oldest first."""
    found = [payment for collection in document["payment_collections"] for payment in collection["payments"]]
    return sorted(found, key=lambda payment: str(payment["created_at"]))


def paid_back(document: Json) -> list[Json]:
    """What was paid back of an order, newest first."""
    found = [refund for payment in payments(document) for refund in payment["refunds"]]
    return sorted(found, key=lambda refund: str(refund["created_at"]), reverse=True)


def payment_method(document: Json) -> str:
    """What the customer paid with, as customers call it; "" while nothing is paid."""
    if not (paid := payments(document)):
        return ""
    # pp_<provider>_<the name that the shop gave it>
    provider = paid[0]["provider_id"].removeprefix("pp_").partition("_")[0]
    return str(_PAYMENT_METHODS.get(provider, provider.title()))


def is_all_back(document: Json, items: list[Json]) -> bool:
    """Whether every piece of an order came back, and not in exchange for another."""
    back: Counter[str] = Counter()
    for return_ in document["returns"]:
        if not (return_.get("exchange_id") or return_.get("claim_id")):
            for item in return_["items"]:
                # What came back damaged is counted apart.
                back[item["item_id"]] += item["received_quantity"] + item["damaged_quantity"]
    return bool(items) and all(back[item["id"]] >= item["quantity"] for item in items)


def original_shipping(document: Json) -> list[Json]:
    """How an order was shipped: without what returns, exchanges and claims have brought in."""
    later = ("return_id", "exchange_id", "claim_id")
    return [method for method in document["shipping_methods"] if not any(method["detail"][name] for name in later)]


def _status(document: Json, items: list[Json]) -> OrderStatus:
    if document["canceled_at"]:
        return OrderStatus.CANCELLED
    if is_all_back(document, items):
        return OrderStatus.REFUNDED if paid_back(document) else OrderStatus.RETURNED
    if _is_delivered(items):
        return OrderStatus.DELIVERED
    if any(item["detail"]["shipped_quantity"] for item in items):
        return OrderStatus.SHIPPED
    if any(item["detail"]["fulfilled_quantity"] for item in items):
        return OrderStatus.PACKED
    if any(payment["captured_at"] for payment in payments(document)):
        return OrderStatus.PAID
    return OrderStatus.PLACED


def _is_delivered(items: list[Json]) -> bool:
    return bool(items) and all(item["detail"]["delivered_quantity"] >= item["quantity"] for item in items)


def _customer(document: Json) -> Json:
    """Whose order it is; what the order itself says, where staff have deleted the customer."""
    return document.get("customer") or {"id": document["customer_id"] or "", "email": document["email"]}


def _delivery(document: Json) -> DeliveryMethod:
    express = any(_EXPRESS in method["name"].casefold() for method in original_shipping(document))
    return DeliveryMethod.EXPRESS if express else DeliveryMethod.STANDARD


def _promised(placed_on: date, delivery: DeliveryMethod, policies: Section) -> tuple[date, date]:
    shipping = policies.shipping
    leaves = add_workdays(placed_on + timedelta(hours=shipping.dispatch_hours), 0)
    if delivery is DeliveryMethod.EXPRESS:
        earliest, latest = shipping.express_workdays_min, shipping.express_workdays_max
    else:
        earliest, latest = shipping.standard_workdays_min, shipping.standard_workdays_max
    return add_workdays(leaves, earliest), add_workdays(leaves, latest)


def _to_line(item: Json, currency: str, tax_included: bool) -> OrderLine:
    variant = item.get("variant") or {}
    colour, size = to_choice(variant)
    return OrderLine(
        sku=sku_of(item),
        product_sku=item["product_handle"] or sku_of(item),
        category=to_category(variant.get("product")),
        names={"en": item["product_title"] or item["title"]},
        colour=colour,
        size=size,
        quantity=int(item["quantity"]),
        unit_price=money(_paid(item, with_tax=tax_included) / item["quantity"], currency),
        image=item.get("thumbnail") or None,
    )


def _totals(document: Json, items: list[Json], currency: str, tax_included: bool) -> Totals:
    methods = original_shipping(document)
    goods = money(sum((_paid(item, with_tax=tax_included) for item in items), Decimal(0)), currency)
    shipping = money(sum((_paid(method, with_tax=tax_included) for method in methods), Decimal(0)), currency)
    total = money(sum((_paid(part, with_tax=True) for part in (*items, *methods)), Decimal(0)), currency)
    net = money(sum((_paid(part, with_tax=False) for part in (*items, *methods)), Decimal(0)), currency)
    if tax_included:
        # What rounding the parts has won or lost.
        goods += total - (goods + shipping)
        return Totals(goods, shipping, total - net, tax_included, total)
    return Totals(goods, shipping, total - (goods + shipping), tax_included, total)


def _paid(part: Json, *, with_tax: bool) -> Decimal:
    """What a line or a way of shipping cost, its discounts taken off, to fractions of a cent."""
    price = Decimal(part["unit_price"]) * part["quantity"] if "unit_price" in part else Decimal(part["amount"])
    tax = 1 + sum((Decimal(line["rate"]) for line in part["tax_lines"]), Decimal(0)) / 100
    net = price / tax if part["is_tax_inclusive"] else price
    for discount in part["adjustments"]:
        net -= discount["amount"] / tax if discount["is_tax_inclusive"] else discount["amount"]
    return net * tax if with_tax else net


_NO_LABEL: Json = {"tracking_number": "", "tracking_url": ""}


def _parcels(document: Json, items: list[Json]) -> list[Json]:
    """The parcels of what was ordered, oldest first."""
    packed = [parcel for parcel in document["fulfillments"] if not parcel["canceled_at"] and _skus(parcel, items)]
    return sorted(packed, key=lambda parcel: str(parcel["created_at"]))


def _skus(parcel: Json, items: list[Json]) -> tuple[str, ...]:
    inside = {item["line_item_id"] for item in parcel["items"]}
    return tuple(sku_of(item) for item in items if item["id"] in inside)


def _carrier(document: Json) -> str:
    """The name of the way of shipping: Medusa knows the carrier, if at all, by that."""
    return next((method["name"] for method in original_shipping(document)), "")


def _location(parcel: Json, locations: Mapping[str, Location]) -> Location:
    return locations.get(parcel["location_id"], NOT_KNOWN)


def _events(parcel: Json, location: Location, address: Address) -> tuple[TrackingEvent, ...]:
    """The two scans that Medusa knows: handed to the carrier, and delivered. It has no time zones."""
    events = []
    for time, place, country, code in (
        (parcel["shipped_at"], location.city, location.country, TrackingCode.PICKED_UP),
        (parcel["delivered_at"], address.city, address.country, TrackingCode.DELIVERED),
    ):
        if time:
            events.append(TrackingEvent(moment(time), "UTC", place, country, code))
    return tuple(events)


def _earliest(moments: Iterable[str | None]) -> datetime | None:
    return min((moment(text) for text in moments if text), default=None)


def _latest(moments: Iterable[str | None]) -> datetime | None:
    return max((moment(text) for text in moments if text), default=None)
