"""What a shop knows: customers, products, orders, parcels. Plain values, the same for every back end.

Moments are aware datetimes in UTC; dates are calendar days at the destination. Names for customers come in
several languages: a mapping from language code to text, with English always there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """The sum. Raises `ValueError` when the currencies differ."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference. Raises `ValueError` when the currencies differ."""
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        """So many times the amount."""
        return Money(self.amount * quantity, self.currency)

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return other.amount


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the catalogue, such as a category or a colour: a stable key, and its name per language."""

    key: str
    names: Mapping[str, str]

    def name(self, language: str) -> str:
        """The name in a language, or the English one."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `country` is an ISO 3166 code, `region` a state or province where there is one."""

    name: str
    street: str
    city: str
    postal_code: str
    country: str
    region: str | None = None
    extra: str | None = None
    """A second line: flat, floor, building, district."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A person with an account. `language` is the one they chose in the shop."""

    id: str
    name: str
    email: str
    phone: str | None
    country: str
    language: str
    address: Address


@dataclass(frozen=True, slots=True)
class Variant:
    """What can be put in a basket: a product in one colour and size, where it has them.

    `swatch` shows the colour, as CSS writes it in hexadecimal.
    """

    sku: str
    colour: Term | None
    size: str | None
    stock: int
    swatch: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product, its price per currency code, and its variants.

    `image` is the address of a picture: a whole one, or "/…" from the root of Aftercare's public address.
    """

    sku: str
    category: Term
    names: Mapping[str, str]
    prices: Mapping[str, Money]
    variants: tuple[Variant, ...]
    image: str | None = None

    def name(self, language: str) -> str:
        """The name in a language, or the English one."""
        return self.names.get(language) or self.names["en"]


class OrderStatus(StrEnum):
    """How far an order has got. The last five are final."""

    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    LOST = "lost"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"

    @property
    def open(self) -> bool:
        """Whether the goods are still to arrive."""
        return self not in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.DELIVERED,
        OrderStatus.LOST,
        OrderStatus.CANCELLED,
        OrderStatus.RETURNED,
        OrderStatus.REFUNDED,
    }
)


class TrackingCode(StrEnum):
    """What a carrier says of a parcel."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    ARRIVED = "arrived"
    DEPARTED = "departed"
    EXPORT_CLEARED = "export_cleared"
    CUSTOMS_ARRIVED = "customs_arrived"
    CUSTOMS_HELD = "customs_held"
    CUSTOMS_CLEARED = "customs_cleared"
    DELAYED = "delayed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_ATTEMPTED = "delivery_attempted"
    HELD_AT_PICKUP = "held_at_pickup"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURNED_TO_SENDER = "returned_to_sender"


class DeliveryMethod(StrEnum):
    """What the customer chose at checkout."""

    STANDARD = "standard"
    EXPRESS = "express"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One scan of a parcel. `time` is in UTC; `time_zone` (an IANA name) is the place's own."""

    time: datetime
    time_zone: str
    place: str
    country: str
    code: TrackingCode


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel of an order. `skus` are the variants in it; `events` go from the oldest to the newest."""

    carrier: str
    tracking_number: str
    tracking_url: str
    warehouse: str
    promised_from: date
    promised_until: date
    skus: tuple[str, ...]
    events: tuple[TrackingEvent, ...]

    @property
    def latest(self) -> TrackingEvent | None:
        """The newest event, if there is any."""
        return self.events[-1] if self.events else None

    @property
    def delivered_at(self) -> datetime | None:
        """When the carrier delivered the parcel, if it did."""
        return next((e.time for e in reversed(self.events) if e.code is TrackingCode.DELIVERED), None)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was bought, as it was when it was bought: a later change of the catalogue does not change it.

    `image` is the address of a picture, as in `Product`.
    """

    sku: str
    product_sku: str
    category: Term
    names: Mapping[str, str]
    colour: Term | None
    size: str | None
    quantity: int
    unit_price: Money
    image: str | None = None

    @property
    def total(self) -> Money:
        """The price of the whole line."""
        return self.unit_price * self.quantity

    def name(self, language: str) -> str:
        """The product's name in a language, or the English one."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order cost. `total` is items + shipping, plus `tax` unless `tax_included`."""

    items: Money
    shipping: Money
    tax: Money
    tax_included: bool
    total: Money


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `country` is where it goes, and whose policies apply. A moment is None until it has come."""

    number: str
    customer: Customer
    status: OrderStatus
    country: str
    currency: str
    lines: tuple[OrderLine, ...]
    totals: Totals
    shipping_address: Address
    delivery: DeliveryMethod
    payment_method: str
    promised_from: date
    promised_until: date
    shipments: tuple[Shipment, ...]
    placed_at: datetime
    paid_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    returned_at: datetime | None = None
    refunded_at: datetime | None = None
