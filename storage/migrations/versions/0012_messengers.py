"""Messengers: the inbox and the outbox; a customer's name, and how long they can be written to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("name", sa.String(100), nullable=True))
    op.add_column("conversations", sa.Column("reachable_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conversations", sa.Column("continues", sa.String(255), nullable=True))
    op.create_table(
        "conversation_inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("lane", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_inbox"),
        sa.UniqueConstraint("channel", "key", name="uq_conversation_inbox_channel_key"),
    )
    op.create_index("ix_conversation_inbox_lane", "conversation_inbox", ["conversation_id", "lane", "id"])
    op.create_index("ix_conversation_inbox_next_attempt_at", "conversation_inbox", ["next_attempt_at"])
    op.create_table(
        "conversation_outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("platform_id", sa.String(255), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_outbox"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_conversation_outbox_conversation_id"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["conversation_messages.id"], name="fk_conversation_outbox_message_id"),
    )
    op.create_index("ix_conversation_outbox_lane", "conversation_outbox", ["conversation_id", "id"])
    op.create_index("ix_conversation_outbox_message_id", "conversation_outbox", ["message_id"])
    op.create_index("ix_conversation_outbox_next_attempt_at", "conversation_outbox", ["next_attempt_at"])
    op.create_index("ix_conversation_outbox_platform_id", "conversation_outbox", ["channel", "platform_id"])


def downgrade() -> None:
    op.drop_table("conversation_outbox")
    op.drop_table("conversation_inbox")
    op.drop_column("conversations", "continues")
    op.drop_column("conversations", "reachable_until")
    op.drop_column("conversations", "name")
