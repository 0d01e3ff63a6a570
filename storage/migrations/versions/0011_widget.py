"""The widget: how far a conversation was read, ratings, and the sessions of visitors."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("read_by_customer", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("read_by_shop", sa.Integer(), nullable=True))
    op.create_table(
        "conversation_ratings",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_conversation_ratings"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["conversation_messages.id"], name="fk_conversation_ratings_message_id"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_conversation_ratings_conversation_id"
        ),
    )
    op.create_index("ix_conversation_ratings_conversation_id", "conversation_ratings", ["conversation_id"])
    op.create_index("ix_conversation_ratings_created_at", "conversation_ratings", ["created_at"])
    op.create_table(
        "widget_sessions",
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("customer", sa.String(64), nullable=True),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name="pk_widget_sessions"),
    )
    op.create_index("ix_widget_sessions_renewed_at", "widget_sessions", ["renewed_at"])


def downgrade() -> None:
    op.drop_table("widget_sessions")
    op.drop_table("conversation_ratings")
    op.drop_column("conversations", "read_by_shop")
    op.drop_column("conversations", "read_by_customer")
