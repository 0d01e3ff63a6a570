"""Between the shop's tables and its model, both ways."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from shop.model import (
    Address,
    Customer,
    DeliveryMethod,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Shipment,
    Term,
    Totals,
    TrackingCode,
    TrackingEvent,
    Variant,
)
from shop.port import email_key, order_digits, phone_key
from shop.tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    ProductRow,
    ShipmentRow,
    TrackingEventRow,
    VariantRow,
)


def to_order(row: Row[Any], lines: tuple[OrderLine, ...], shipments: tuple[Shipment, ...]) -> Order:
    """The order of a row that holds its customer too, see `to_customer`."""

    def money(amount: Decimal) -> Money:
        return Money(amount, row.currency)

    return Order(
        number=row.number,
        customer=to_customer(row),
        status=OrderStatus(row.status),
        country=row.country,
        currency=row.currency,
        lines=lines,
        totals=Totals(
            items=money(row.items_amount),
            shipping=money(row.shipping_amount),
            tax=money(row.tax_amount),
            tax_included=row.tax_included,
            total=money(row.total_amount),
        ),
        shipping_address=Address(**row.shipping_address),
        delivery=DeliveryMethod(row.delivery),
        payment_method=row.payment_method,
        promised_from=row.promised_from,
        promised_until=row.promised_until,
        shipments=shipments,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        packed_at=row.packed_at,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
        cancelled_at=row.cancelled_at,
        returned_at=row.returned_at,
        refunded_at=row.refunded_at,
    )


def to_customer(row: Row[Any]) -> Customer:
    """The customer of a row whose columns for it begin with `customer_`."""
    return Customer(
        id=row.customer_id,
        name=row.customer_name,
        email=row.customer_email,
        phone=row.customer_phone,
        country=row.customer_country,
        language=row.customer_language,
        address=Address(**row.customer_address),
    )


def to_line(row: Row[Any]) -> OrderLine:
    """The order line of a row: columns that begin with `line_`, its terms' names, the order's currency."""
    return OrderLine(
        sku=row.line_sku,
        product_sku=row.line_product_sku,
        category=Term(row.line_category_key, row.category_names),
        names=row.line_names,
        colour=Term(row.line_colour_key, row.colour_names) if row.line_colour_key else None,
        size=row.line_size,
        quantity=row.line_quantity,
        unit_price=Money(row.line_unit_amount, row.currency),
        image=row.line_image,
    )


def to_shipment(rows: Sequence[Row[Any]]) -> Shipment:
    """The shipment of its rows, one for each event, or one whose `event_` columns are NULL."""
    first = rows[0]
    return Shipment(
        carrier=first.carrier,
        tracking_number=first.tracking_number,
        tracking_url=first.tracking_url,
        warehouse=first.warehouse,
        promised_from=first.promised_from,
        promised_until=first.promised_until,
        skus=tuple(first.skus),
        events=tuple(
            TrackingEvent(
                time=row.event_time,
                time_zone=row.event_time_zone,
                place=row.event_place,
                country=row.event_country,
                code=TrackingCode(row.event_code),
            )
            for row in rows
            if row.event_code is not None
        ),
    )


def to_product(row: Row[Any], category: Term, variants: tuple[Variant, ...]) -> Product:
    """The product of a row."""
    return Product(
        sku=row.sku,
        category=category,
        names=row.names,
        prices={currency: Money(Decimal(amount), currency) for currency, amount in row.prices.items()},
        variants=variants,
        image=row.image,
    )


def to_term(row: Row[Any]) -> Term:
    """The category or colour of a row."""
    return Term(row.key, row.names)


def from_order(order: Order) -> OrderRow:
    """A row for an order, with its lines, shipments and events; the customer and the terms must be stored."""
    return OrderRow(
        number=order.number,
        digits=order_digits(order.number),
        customer_id=order.customer.id,
        status=order.status.value,
        country=order.country,
        currency=order.currency,
        shipping_address=asdict(order.shipping_address),
        delivery=order.delivery.value,
        payment_method=order.payment_method,
        items_amount=order.totals.items.amount,
        shipping_amount=order.totals.shipping.amount,
        tax_amount=order.totals.tax.amount,
        tax_included=order.totals.tax_included,
        total_amount=order.totals.total.amount,
        promised_from=order.promised_from,
        promised_until=order.promised_until,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        packed_at=order.packed_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        cancelled_at=order.cancelled_at,
        returned_at=order.returned_at,
        refunded_at=order.refunded_at,
        lines=[_from_line(line, position) for position, line in enumerate(order.lines)],
        shipments=[_from_shipment(shipment, position) for position, shipment in enumerate(order.shipments)],
    )


def from_customer(customer: Customer) -> CustomerRow:
    """A row for a customer."""
    return CustomerRow(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        email_key=email_key(customer.email),
        phone=customer.phone,
        phone_key=phone_key(customer.phone or "") or None,
        country=customer.country,
        language=customer.language,
        address=asdict(customer.address),
    )


def from_product(product: Product) -> ProductRow:
    """A row for a product, with its variants; its category and colours must be stored."""
    return ProductRow(
        sku=product.sku,
        category_key=product.category.key,
        names=dict(product.names),
        prices={currency: str(money.amount) for currency, money in product.prices.items()},
        variants=[
            VariantRow(
                sku=variant.sku,
                position=position,
                colour_key=variant.colour.key if variant.colour else None,
                size=variant.size,
                stock=variant.stock,
            )
            for position, variant in enumerate(product.variants)
        ],
        image=product.image,
    )


def _from_line(line: OrderLine, position: int) -> OrderLineRow:
    return OrderLineRow(
        position=position,
        sku=line.sku,
        product_sku=line.product_sku,
        category_key=line.category.key,
        colour_key=line.colour.key if line.colour else None,
        names=dict(line.names),
        size=line.size,
        quantity=line.quantity,
        unit_amount=line.unit_price.amount,
        image=line.image,
    )


def _from_shipment(shipment: Shipment, position: int) -> ShipmentRow:
    return ShipmentRow(
        position=position,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        warehouse=shipment.warehouse,
        promised_from=shipment.promised_from,
        promised_until=shipment.promised_until,
        skus=list(shipment.skus),
        events=[
            TrackingEventRow(
                position=number,
                time=event.time,
                time_zone=event.time_zone,
                place=event.place,
                country=event.country,
                code=event.code.value,
            )
            for number, event in enumerate(shipment.events)
        ],
    )
