"""The shop: catalogue, customers, orders, shipments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shop_categories",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_shop_categories"),
    )
    op.create_table(
        "shop_colours",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_shop_colours"),
    )
    op.create_table(
        "shop_products",
        sa.Column("sku", sa.String(32), nullable=False),
        sa.Column("category_key", sa.String(32), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name="pk_shop_products"),
        sa.ForeignKeyConstraint(["category_key"], ["shop_categories.key"], name="fk_shop_products_category_key"),
    )
    op.create_table(
        "shop_variants",
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("product_sku", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("colour_key", sa.String(32), nullable=True),
        sa.Column("size", sa.String(16), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name="pk_shop_variants"),
        sa.ForeignKeyConstraint(
            ["product_sku"], ["shop_products.sku"], name="fk_shop_variants_product_sku", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["colour_key"], ["shop_colours.key"], name="fk_shop_variants_colour_key"),
    )
    op.create_index("ix_shop_variants_product_sku", "shop_variants", ["product_sku"])
    op.create_table(
        "shop_customers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_key", sa.String(320), nullable=False),
        sa.Column("phone", sa.String(32), nullable=True),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shop_customers"),
        sa.UniqueConstraint("email_key", name="uq_shop_customers_email_key"),
    )
    op.create_table(
        "shop_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("digits", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("shipping_address", sa.JSON(), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("payment_method", sa.String(64), nullable=False),
        sa.Column("items_amount", sa.BigInteger(), nullable=False),
        sa.Column("shipping_amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("promised_from", sa.Date(), nullable=False),
        sa.Column("promised_until", sa.Date(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_shop_orders"),
        sa.UniqueConstraint("number", name="uq_shop_orders_number"),
        sa.UniqueConstraint("digits", name="uq_shop_orders_digits"),
        sa.ForeignKeyConstraint(["customer_id"], ["shop_customers.id"], name="fk_shop_orders_customer_id"),
    )
    op.create_index("ix_shop_orders_customer_id_placed_at", "shop_orders", ["customer_id", "placed_at"])
    op.create_index("ix_shop_orders_placed_at", "shop_orders", ["placed_at"])
    op.create_table(
        "shop_order_lines",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("product_sku", sa.String(32), nullable=False),
        sa.Column("category_key", sa.String(32), nullable=False),
        sa.Column("colour_key", sa.String(32), nullable=True),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("size", sa.String(16), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_shop_order_lines"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name="fk_shop_order_lines_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["category_key"], ["shop_categories.key"], name="fk_shop_order_lines_category_key"),
        sa.ForeignKeyConstraint(["colour_key"], ["shop_colours.key"], name="fk_shop_order_lines_colour_key"),
    )
    op.create_table(
        "shop_shipments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(64), nullable=False),
        sa.Column("tracking_number", sa.String(64), nullable=False),
        sa.Column("tracking_url", sa.String(500), nullable=False),
        sa.Column("warehouse", sa.String(64), nullable=False),
        sa.Column("promised_from", sa.Date(), nullable=False),
        sa.Column("promised_until", sa.Date(), nullable=False),
        sa.Column("skus", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shop_shipments"),
        sa.UniqueConstraint("tracking_number", name="uq_shop_shipments_tracking_number"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name="fk_shop_shipments_order_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_shop_shipments_order_id", "shop_shipments", ["order_id"])
    op.create_table(
        "shop_tracking_events",
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("shipment_id", "position", name="pk_shop_tracking_events"),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["shop_shipments.id"],
            name="fk_shop_tracking_events_shipment_id",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in (
        "shop_tracking_events",
        "shop_shipments",
        "shop_order_lines",
        "shop_orders",
        "shop_customers",
        "shop_variants",
        "shop_products",
        "shop_colours",
        "shop_categories",
    ):
        op.drop_table(table)
