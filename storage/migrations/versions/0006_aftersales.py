"""After the sale: returns, refunds, replacements, claims, repairs; customers by phone number."""

import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shop_customers", sa.Column("phone_key", sa.String(32), nullable=True))
    op.create_index("ix_shop_customers_phone_key", "shop_customers", ["phone_key"])
    fill_phone_keys()
    op.create_table(
        "shop_operations",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("number", sa.String(32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_shop_operations"),
    )
    op.create_index("ix_shop_operations_number", "shop_operations", ["number"])
    create_record_table(
        "shop_returns",
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("resolution", sa.String(32), nullable=False),
        sa.Column("way_back", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("bonus", sa.BigInteger(), nullable=True),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("surcharge", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("carrier", sa.String(64), nullable=False),
        sa.Column("tracking_number", sa.String(64), nullable=False),
        sa.Column("return_to", sa.JSON(), nullable=False),
        sa.Column("label_valid_until", sa.Date(), nullable=False),
        sa.Column("replacements", sa.JSON(), nullable=False),
        sa.Column("reserved_until", sa.Date(), nullable=True),
        sa.Column("pickup_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("tracking_number", name="uq_shop_returns_tracking_number"),
    )
    op.create_index("ix_shop_returns_status", "shop_returns", ["status"])
    create_record_table(
        "shop_refunds",
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("bonus", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(32), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_shop_refunds_status", "shop_refunds", ["status"])
    create_record_table(
        "shop_replacements",
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(32), nullable=True),
        sa.Column("promised_until", sa.Date(), nullable=False),
    )
    create_record_table(
        "shop_claims",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("remedy", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
    )
    create_record_table(
        "shop_repairs",
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("booked_for", sa.Date(), nullable=False),
        sa.Column("under_warranty", sa.Boolean(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
    )
    op.create_table(
        "shop_invoice_recipients",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_shop_invoice_recipients"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name="fk_shop_invoice_recipients_order_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in ("invoice_recipients", "repairs", "claims", "replacements", "refunds", "returns", "operations"):
        op.drop_table(f"shop_{table}")
    op.drop_index("ix_shop_customers_phone_key", "shop_customers")
    op.drop_column("shop_customers", "phone_key")


def create_record_table(name: str, *columns: sa.Column[Any] | sa.Constraint) -> None:
    """A table of what is on record about orders: a number, an order, a moment, and what is its own."""
    op.create_table(
        name,
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["order_id"], ["shop_orders.id"], name=f"fk_{name}_order_id", ondelete="CASCADE"),
    )
    op.create_index(f"ix_{name}_order_id", name, ["order_id"])


def fill_phone_keys() -> None:
    """The keys of the customers who are there, as `shop.port.phone_key` makes them."""
    customers = sa.table("shop_customers", sa.column("id"), sa.column("phone"), sa.column("phone_key"))
    for row in op.get_bind().execute(sa.select(customers).where(customers.c.phone.is_not(None))).all():
        normal = unicodedata.normalize("NFKC", row.phone.replace("(0)", ""))
        key = "".join(char for char in normal if char.isdecimal()).removeprefix("00")
        op.get_bind().execute(sa.update(customers).where(customers.c.id == row.id).values(phone_key=key))
