"""Photographs: what customers show."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation_photos",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(16), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_photos"),
    )
    op.create_index("ix_conversation_photos_conversation_id", "conversation_photos", ["conversation_id"])
    op.create_index("ix_conversation_photos_created_at", "conversation_photos", ["created_at"])


def downgrade() -> None:
    op.drop_table("conversation_photos")
