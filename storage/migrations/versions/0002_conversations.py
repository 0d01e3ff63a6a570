"""Conversations: what was said, who was asked for, and the assistant's state."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_trackers",
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_bot_trackers"),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_table(
        "conversation_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("understanding", sa.JSON(), nullable=True),
        sa.Column("channel_message_id", sa.String(255), nullable=True),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_messages"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_conversation_messages_conversation_id"
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["conversation_messages.id"], name="fk_conversation_messages_answers_id"
        ),
        sa.UniqueConstraint(
            "conversation_id",
            "channel_message_id",
            name="uq_conversation_messages_conversation_id_channel_message_id",
        ),
    )
    op.create_index("ix_conversation_messages_answers_id", "conversation_messages", ["answers_id"])
    op.create_table(
        "conversation_handoffs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_handoffs"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_conversation_handoffs_conversation_id"
        ),
    )
    op.create_index("ix_conversation_handoffs_conversation_id", "conversation_handoffs", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("conversation_handoffs")
    op.drop_table("conversation_messages")
    op.drop_table("conversations")
    op.drop_table("bot_trackers")
