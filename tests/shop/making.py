"""Orders for tests: as much of one as matters."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from shop import (
    Address,
    Customer,
    DeliveryMethod,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    Term,
    Totals,
    TrackingCode,
    TrackingEvent,
)

DELIVERED = datetime(2026, 11, 2, 11, tzinfo=UTC)
SOON = DELIVERED + timedelta(days=3)
ADDRESS = Address("Ann Lee", "1 Mill Lane", "Leeds", "LS1 5QL", "GB")


def line(sku: str, price: str, currency: str, quantity: int = 1, category: str = "tops") -> OrderLine:
    unit = Money(Decimal(price), currency)
    return OrderLine(
        sku, sku.rsplit("-", 1)[0], Term(category, {"en": category}), {"en": sku}, None, None, quantity, unit
    )


def parcel(skus: Sequence[str], *scans: tuple[datetime, TrackingCode], zone: str = "Europe/London") -> Shipment:
    events = tuple(TrackingEvent(time, zone, "Leeds", "GB", code) for time, code in scans)
    day = date(2026, 11, 2)
    return Shipment("Royal Mail", "HQ1", "https://track.example/HQ1", "Rotterdam", day, day, tuple(skus), events)


def order(
    *lines: OrderLine,
    country: str = "GB",
    shipping: str = "4.50",
    tax: str | None = None,
    shipments: Sequence[Shipment] | None = None,
    status: OrderStatus = OrderStatus.DELIVERED,
    delivery: DeliveryMethod = DeliveryMethod.STANDARD,
) -> Order:
    """An order that was paid, delivered in one parcel at `DELIVERED` unless said otherwise; `tax` comes on top."""
    currency = lines[0].unit_price.currency
    items = sum((line.total.amount for line in lines), Decimal(0))
    net = items + Decimal(shipping)

    def money(amount: Decimal) -> Money:
        return Money(amount, currency)

    if shipments is None:
        shipments = [parcel([line.sku for line in lines], (DELIVERED, TrackingCode.DELIVERED))]
    return Order(
        number="AC-1",
        customer=Customer("C1", "Ann Lee", "ann@mail.example", None, country, "en", ADDRESS),
        status=status,
        country=country,
        currency=currency,
        lines=lines,
        totals=Totals(
            money(items),
            money(Decimal(shipping)),
            money(Decimal(tax or 0)),
            tax is None,
            money(net + Decimal(tax or 0)),
        ),
        shipping_address=ADDRESS,
        delivery=delivery,
        payment_method="Visa",
        promised_from=date(2026, 11, 1),
        promised_until=date(2026, 11, 2),
        shipments=tuple(shipments),
        placed_at=DELIVERED - timedelta(days=5),
        paid_at=DELIVERED - timedelta(days=5),
        delivered_at=DELIVERED,
    )
