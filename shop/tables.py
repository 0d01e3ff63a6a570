"""The shop's tables, for a shop whose orders live in Aftercare's own database. All begin with `shop_`."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from shop.port import email_key as email_key_of
from shop.port import phone_key as phone_key_of
from storage import Base, BlindIndex, Encrypted, EncryptedJson, UtcDateTime


class Amount(TypeDecorator[Decimal]):
    """An exact decimal, kept as a whole number of ten-thousandths, which is as fine as any currency gets.

    SQLite knows no decimals. More than four raise `ValueError`.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = value.scaleb(4)
        if scaled != int(scaled):
            raise ValueError(f"{value} has more than four decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        hundredths, rest = divmod(value, 100)
        return Decimal(value).scaleb(-4) if rest else Decimal(hundredths).scaleb(-2)


Names = Mapping[str, str]
"""Language code to text."""


class CategoryRow(Base):
    __tablename__ = "shop_categories"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    names: Mapped[Names] = mapped_column(JSON)


class ColourRow(Base):
    __tablename__ = "shop_colours"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    names: Mapped[Names] = mapped_column(JSON)
    swatch: Mapped[str | None] = mapped_column(String(16))


class ProductRow(Base):
    __tablename__ = "shop_products"

    sku: Mapped[str] = mapped_column(String(32), primary_key=True)
    category_key: Mapped[str] = mapped_column(String(32), ForeignKey(CategoryRow.key))
    names: Mapped[Names] = mapped_column(JSON)
    prices: Mapped[Mapping[str, str]] = mapped_column(JSON)
    """Currency code to a decimal amount, as text."""
    image: Mapped[str | None] = mapped_column(String(500))

    variants: Mapped[list["VariantRow"]] = relationship(order_by="VariantRow.position")


class VariantRow(Base):
    __tablename__ = "shop_variants"

    sku: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_sku: Mapped[str] = mapped_column(String(32), ForeignKey(ProductRow.sku, ondelete="CASCADE"), index=True)
    position: Mapped[int]
    colour_key: Mapped[str | None] = mapped_column(String(32), ForeignKey(ColourRow.key))
    size: Mapped[str | None] = mapped_column(String(16))
    stock: Mapped[int]


class CustomerRow(Base):
    __tablename__ = "shop_customers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Encrypted)
    email: Mapped[str] = mapped_column(Encrypted)
    email_key: Mapped[str] = mapped_column(BlindIndex("email", email_key_of, 320), unique=True)
    """The address as `shop.port.email_key` gives it."""
    phone: Mapped[str | None] = mapped_column(Encrypted)
    phone_key: Mapped[str | None] = mapped_column(BlindIndex("phone", phone_key_of, 32), index=True)
    """The number as `shop.port.phone_key` gives it."""
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(16))
    address: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)


class OrderRow(Base):
    __tablename__ = "shop_orders"
    __table_args__ = (Index(None, "customer_id", "placed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    digits: Mapped[str] = mapped_column(String(32), unique=True)
    """The number as `shop.port.order_digits` gives it."""
    customer_id: Mapped[str] = mapped_column(String(32), ForeignKey(CustomerRow.id))
    status: Mapped[str] = mapped_column(String(32))
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    shipping_address: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    delivery: Mapped[str] = mapped_column(String(16))
    payment_method: Mapped[str] = mapped_column(String(64))
    items_amount: Mapped[Decimal] = mapped_column(Amount)
    shipping_amount: Mapped[Decimal] = mapped_column(Amount)
    tax_amount: Mapped[Decimal] = mapped_column(Amount)
    tax_included: Mapped[bool]
    total_amount: Mapped[Decimal] = mapped_column(Amount)
    promised_from: Mapped[date]
    promised_until: Mapped[date]
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    packed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refunded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lines: Mapped[list["OrderLineRow"]] = relationship(order_by="OrderLineRow.position")
    shipments: Mapped[list["ShipmentRow"]] = relationship(order_by="ShipmentRow.position")


class OrderLineRow(Base):
    __tablename__ = "shop_order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # No foreign keys to the catalogue: what was sold stays, also when the product goes.
    sku: Mapped[str] = mapped_column(String(64))
    product_sku: Mapped[str] = mapped_column(String(32))
    category_key: Mapped[str] = mapped_column(String(32), ForeignKey(CategoryRow.key))
    colour_key: Mapped[str | None] = mapped_column(String(32), ForeignKey(ColourRow.key))
    names: Mapped[Names] = mapped_column(JSON)
    size: Mapped[str | None] = mapped_column(String(16))
    quantity: Mapped[int]
    unit_amount: Mapped[Decimal] = mapped_column(Amount)
    image: Mapped[str | None] = mapped_column(String(500))


class ShipmentRow(Base):
    __tablename__ = "shop_shipments"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    position: Mapped[int]
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str] = mapped_column(String(64), unique=True)
    tracking_url: Mapped[str] = mapped_column(String(500))
    warehouse: Mapped[str] = mapped_column(String(64))
    promised_from: Mapped[date]
    promised_until: Mapped[date]
    skus: Mapped[list[str]] = mapped_column(JSON)

    events: Mapped[list["TrackingEventRow"]] = relationship(order_by="TrackingEventRow.position")


class TrackingEventRow(Base):
    __tablename__ = "shop_tracking_events"

    shipment_id: Mapped[int] = mapped_column(ForeignKey(ShipmentRow.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    time_zone: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    code: Mapped[str] = mapped_column(String(32))
