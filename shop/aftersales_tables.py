"""The tables of what happens after the sale. Amounts are in the currency of their order."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.tables import Amount, OrderRow
from storage import Base, Encrypted, EncryptedJson, UtcDateTime

Items = list[dict[str, Any]]
"""`shop.aftersales.Item` values as mappings."""


class OperationRow(Base):
    """What was done under which key, so that it is done once."""

    __tablename__ = "shop_operations"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[str | None] = mapped_column(String(32), index=True)
    """Of what it made or changed. NULL only inside of the transaction that does it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReturnRow(Base):
    __tablename__ = "shop_returns"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    items: Mapped[Items] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(32))
    resolution: Mapped[str] = mapped_column(String(32))
    way_back: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Decimal] = mapped_column(Amount)
    bonus: Mapped[Decimal | None] = mapped_column(Amount)
    fee: Mapped[Decimal] = mapped_column(Amount)
    surcharge: Mapped[Decimal | None] = mapped_column(Amount)
    status: Mapped[str] = mapped_column(String(16), index=True)
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str] = mapped_column(String(64), unique=True)
    return_to: Mapped[dict[str, Any]] = mapped_column(JSON)
    label_valid_until: Mapped[date]
    replacements: Mapped[Mapping[str, str]] = mapped_column(JSON)
    reserved_until: Mapped[date | None]
    pickup_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefundRow(Base):
    __tablename__ = "shop_refunds"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    amount: Mapped[Decimal] = mapped_column(Amount)
    bonus: Mapped[Decimal | None] = mapped_column(Amount)
    method: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))
    items: Mapped[Items] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16), index=True)
    reference: Mapped[str | None] = mapped_column(String(32))
    due_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReplacementRow(Base):
    __tablename__ = "shop_replacements"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    items: Mapped[Items] = mapped_column(JSON)
    cause: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str | None] = mapped_column(String(32))
    promised_until: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClaimRow(Base):
    __tablename__ = "shop_claims"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    items: Mapped[Items] = mapped_column(JSON)
    remedy: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(Text)
    photos: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RepairRow(Base):
    __tablename__ = "shop_repairs"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), index=True)
    sku: Mapped[str] = mapped_column(String(64))
    fault: Mapped[str] = mapped_column(Text)
    way: Mapped[str] = mapped_column(String(16))
    booked_for: Mapped[date]
    under_warranty: Mapped[bool]
    fee: Mapped[Decimal] = mapped_column(Amount)
    status: Mapped[str] = mapped_column(String(16))
    ready_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InvoiceRecipientRow(Base):
    """To whom the invoice of an order was made out whose customer has been erased: for the tax office alone."""

    __tablename__ = "shop_invoice_recipients"

    order_id: Mapped[int] = mapped_column(ForeignKey(OrderRow.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Encrypted)
    address: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    kept_until: Mapped[date]
