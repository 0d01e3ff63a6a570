"""Handoffs with their case: how urgent each is, and what it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The defaults are for the handoffs that are there already.
    op.add_column(
        "conversation_handoffs", sa.Column("priority", sa.String(16), nullable=False, server_default="normal")
    )
    op.add_column("conversation_handoffs", sa.Column("context", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("conversation_handoffs", "context")
    op.drop_column("conversation_handoffs", "priority")
