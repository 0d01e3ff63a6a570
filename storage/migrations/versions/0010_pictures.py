"""Pictures of products and of what was ordered, and what shows a colour."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shop_colours", sa.Column("swatch", sa.String(16), nullable=True))
    op.add_column("shop_products", sa.Column("image", sa.String(500), nullable=True))
    op.add_column("shop_order_lines", sa.Column("image", sa.String(500), nullable=True))


def downgrade() -> None:
    op.drop_column("shop_order_lines", "image")
    op.drop_column("shop_products", "image")
    op.drop_column("shop_colours", "swatch")
