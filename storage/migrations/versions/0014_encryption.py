"""Columns with personal data become fit for encrypted values.

What is in them is encrypted when the server starts (`storage.rotation`), in batches and not in one transaction.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS: dict[str, dict[str, Any]] = {
    "shop_customers": {
        "name": sa.String(200),
        "email": sa.String(320),
        "phone": sa.String(32),
        "address": sa.JSON(),
    },
    "shop_orders": {"shipping_address": sa.JSON()},
    "shop_invoice_recipients": {"name": sa.String(200), "address": sa.JSON()},
    "privacy_requests": {"email": sa.String(320)},
    "mail_outbox": {"recipient": sa.String(320)},
}
EMPTY = {("shop_customers", "phone"), ("privacy_requests", "email")}


def change(table: str, name: str, old: Any, new: Any) -> None:
    # SQLite changes no column's type, and PostgreSQL not without being told how.
    nullable = (table, name) in EMPTY
    op.alter_column(table, name, new_column_name=f"{name}_before", existing_type=old, existing_nullable=nullable)
    # PostgreSQL takes no empty text for JSON, not even for the moment.
    default = None if nullable else "{}"
    op.add_column(table, sa.Column(name, new, nullable=nullable, server_default=default))
    kind = "json" if isinstance(new, sa.JSON) and op.get_bind().dialect.name == "postgresql" else "text"
    op.execute(f"UPDATE {table} SET {name} = CAST({name}_before AS {kind})")  # noqa: S608, of the names above
    op.drop_column(table, f"{name}_before")
    if default and op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, server_default=None)


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            change(table, name, kind, sa.Text())
    op.add_column("mail_outbox", sa.Column("recipient_key", sa.String(320), nullable=False, server_default=""))
    op.execute("UPDATE mail_outbox SET recipient_key = recipient")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("mail_outbox", "recipient_key", server_default=None)
    op.create_index("ix_mail_outbox_recipient_key", "mail_outbox", ["recipient_key"])


def downgrade() -> None:
    # An earlier release cannot read what is encrypted by now: `docs/security.md`.
    op.drop_index("ix_mail_outbox_recipient_key", "mail_outbox")
    op.drop_column("mail_outbox", "recipient_key")
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            change(table, name, sa.Text(), kind)
