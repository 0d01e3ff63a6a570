"""What happens after the sale: returns, refunds, replacements, claims and repairs, as plain values.

A request says what a customer wants; the shop answers with what came of it. The rules by which a request is
eligible, and the amounts in it, are in `shop.eligibility`: an adapter keeps and carries out what it is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shop.model import Address, Money, Order, TrackingCode


@dataclass(frozen=True, slots=True)
class Item:
    """So many pieces of a variant of an order. Fewer than one raise `ValueError`."""

    sku: str
    quantity: int = 1

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"{self.quantity} pieces of {self.sku}")


class Reason(StrEnum):
    """Why something goes back."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_AS_DESCRIBED = "not_as_described"
    QUALITY = "quality"
    CHANGED_MIND = "changed_mind"
    ARRIVED_LATE = "arrived_late"
    ORDERED_WRONG = "ordered_wrong"
    BETTER_PRICE = "better_price"
    GIFT = "gift"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"

    @property
    def shops_fault(self) -> bool:
        """Whether the shop has to answer for it: then the way back is free everywhere."""
        return self in (Reason.NOT_AS_DESCRIBED, Reason.DAMAGED, Reason.WRONG_ITEM)


class Resolution(StrEnum):
    """What the customer gets for what goes back."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"


class WayBack(StrEnum):
    """How it goes back."""

    LABEL = "label"
    QR_CODE = "qr_code"
    PICKUP = "pickup"


class ReturnStatus(StrEnum):
    """How far a return has got."""

    ANNOUNCED = "announced"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    SETTLED = "settled"
    """Refunded, credited, or the replacement sent."""
    EXPIRED = "expired"
    """Nothing was sent before the label ran out."""


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """What a customer sends back.

    Attributes:
        amount: what is to be paid out or credited, the bonus included and the fee deducted; 0 for an even exchange.
        fee: what the way back costs the customer; it is in `amount` already.
        replacements: for an exchange, the variant that comes in place of each SKU.
        surcharge: for an exchange, what the replacement costs more.
        pickup_on: for a pick-up, the day at the customer's place.
    """

    order_number: str
    items: tuple[Item, ...]
    reason: Reason
    resolution: Resolution
    way_back: WayBack
    amount: Money
    fee: Money
    replacements: Mapping[str, str] = field(default_factory=dict)
    surcharge: Money | None = None
    pickup_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return (RMA).

    Attributes:
        bonus: what of `amount` is a bonus on store credit.
        reserved_until: the day until which the replacements of an exchange are kept.
    """

    number: str
    order_number: str
    items: tuple[Item, ...]
    reason: Reason
    resolution: Resolution
    way_back: WayBack
    amount: Money
    fee: Money
    status: ReturnStatus
    carrier: str
    tracking_number: str
    return_to: Address
    label_valid_until: date
    created_at: datetime
    bonus: Money | None = None
    replacements: Mapping[str, str] = field(default_factory=dict)
    surcharge: Money | None = None
    reserved_until: date | None = None
    pickup_on: date | None = None
    note: str | None = None
    received_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether something is still to happen."""
        return self.status not in (ReturnStatus.SETTLED, ReturnStatus.EXPIRED)


STORE_CREDIT = "store_credit"
"""The method of a refund that becomes store credit."""


class RefundCause(StrEnum):
    """Why money goes back."""

    RETURN = "return"
    CANCELLATION = "cancellation"
    MISSING = "missing"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


class RefundStatus(StrEnum):
    """How far a refund has got."""

    APPROVAL = "approval"
    """Above the policy's limit: a person looks at it first."""
    PENDING = "pending"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money that goes back for an order. `reference` is the number of the return or claim that it belongs to."""

    order_number: str
    amount: Money
    cause: RefundCause
    items: tuple[Item, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund.

    Attributes:
        method: the payment method that it goes to, or `STORE_CREDIT`.
        due_on: the day on which it should have arrived.
        items: what it is for; () for a return's, whose items are the return's, and for a whole order's.
        bonus: what of `amount` is a bonus on store credit.
    """

    number: str
    order_number: str
    amount: Money
    method: str
    cause: RefundCause
    status: RefundStatus
    created_at: datetime
    due_on: date
    items: tuple[Item, ...] = ()
    bonus: Money | None = None
    reference: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cancelled order, and its refund where it had been paid."""

    order: Order
    refund: Refund | None


@dataclass(frozen=True, slots=True)
class Replacement:
    """Items sent again without charge. `reference` is the number of the return of an exchange."""

    number: str
    order_number: str
    items: tuple[Item, ...]
    cause: RefundCause
    created_at: datetime
    promised_until: date
    reference: str | None = None


class ClaimKind(StrEnum):
    """What went wrong."""

    MISSING = "missing"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


class Remedy(StrEnum):
    """What makes it good."""

    REPLACEMENT = "replacement"
    REFUND = "refund"


class ClaimStatus(StrEnum):
    """How far a claim has got."""

    CARRIER = "carrier"
    """The carrier looks for the parcel."""
    REVIEW = "review"
    """A person decides."""
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A claim about what came, or did not come.

    Attributes:
        detail: what exactly, a key such as `scratched_or_stained`; "" where there is none.
        description: the customer's own words.
        photos: the ids of photographs.
        status: with whom it begins; SETTLED where the remedy is granted at once.
    """

    order_number: str
    kind: ClaimKind
    items: tuple[Item, ...]
    remedy: Remedy
    status: ClaimStatus
    detail: str = ""
    description: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as the shop keeps it."""

    number: str
    order_number: str
    kind: ClaimKind
    items: tuple[Item, ...]
    remedy: Remedy
    status: ClaimStatus
    created_at: datetime
    detail: str = ""
    description: str = ""
    photos: tuple[str, ...] = ()
    settled_at: datetime | None = None


class RepairWay(StrEnum):
    """How a product comes to the workshop."""

    PICKUP = "pickup"
    DROP_OFF = "drop_off"


class RepairStatus(StrEnum):
    """How far a repair has got."""

    BOOKED = "booked"
    IN_WORKSHOP = "in_workshop"
    SENT_BACK = "sent_back"


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """A repair to book. `fee` is the diagnosis fee, 0 under warranty; `on` the day of the pick-up or drop-off."""

    order_number: str
    sku: str
    fault: str
    way: RepairWay
    on: date
    under_warranty: bool
    fee: Money


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair as the shop keeps it. `ready_on` is the day by which it is sent back."""

    number: str
    order_number: str
    sku: str
    fault: str
    way: RepairWay
    on: date
    under_warranty: bool
    fee: Money
    status: RepairStatus
    ready_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CarrierScan:
    """A carrier's scan of a parcel, as it comes in; `time` is aware, `time_zone` (IANA) the place's own."""

    tracking_number: str
    code: TrackingCode
    time: datetime
    place: str
    country: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """What a scan set going: of a return, its new state, and the refund or replacement that it started."""

    order: Order
    returned: Return | None = None
    refund: Refund | None = None
    replacement: Replacement | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased of a customer, and what the law keeps.

    Attributes:
        orders_kept: numbers of orders whose invoices must be kept, made anonymous but for these.
        kept_until: the day on which the last of them may go.
    """

    erased: Mapping[str, int]
    orders_kept: tuple[str, ...] = ()
    kept_until: date | None = None
