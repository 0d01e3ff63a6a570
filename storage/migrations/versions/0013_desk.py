"""The desk: agents, tickets, and who has the floor of a conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("floor", sa.String(100), nullable=True))
    op.create_index("ix_conversation_messages_conversation", "conversation_messages", ["conversation_id", "id"])
    op.create_table(
        "desk_agents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("team", sa.String(64), nullable=True),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("presence", sa.String(16), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_used", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_agents"),
        sa.UniqueConstraint("email", name="uq_desk_agents_email"),
    )
    op.create_table(
        "desk_canned",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("shortcut", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_canned"),
        sa.UniqueConstraint("shortcut", "language", name="uq_desk_canned_shortcut_language"),
    )
    op.create_table(
        "desk_translations",
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("text_hash", "source", "target", name="pk_desk_translations"),
    )
    op.create_index("ix_desk_translations_made_at", "desk_translations", ["made_at"])
    op.create_table(
        "desk_warnings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("conversations", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_warnings"),
    )
    op.create_index("ix_desk_warnings_raised_at", "desk_warnings", ["raised_at"])
    op.create_table(
        "desk_webhooks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("texts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_webhooks"),
    )
    op.create_table(
        "desk_audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_audit"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_audit_agent_id"),
    )
    op.create_index("ix_desk_audit_agent_id", "desk_audit", ["agent_id"])
    op.create_index("ix_desk_audit_at", "desk_audit", ["at"])
    op.create_index("ix_desk_audit_conversation_id", "desk_audit", ["conversation_id"])
    op.create_table(
        "desk_links",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_desk_links"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_links_agent_id"),
    )
    op.create_table(
        "desk_notes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_notes"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_notes_agent_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_desk_notes_conversation_id"),
    )
    op.create_index("ix_desk_notes_conversation_id", "desk_notes", ["conversation_id"])
    op.create_table(
        "desk_sessions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("earlier_hash", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_sessions"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_sessions_agent_id"),
        sa.UniqueConstraint("token_hash", name="uq_desk_sessions_token_hash"),
    )
    op.create_index("ix_desk_sessions_agent_id", "desk_sessions", ["agent_id"])
    op.create_index("ix_desk_sessions_earlier_hash", "desk_sessions", ["earlier_hash"])
    op.create_index("ix_desk_sessions_seen_at", "desk_sessions", ["seen_at"])
    op.create_table(
        "desk_tokens",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_tokens"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_tokens_agent_id"),
        sa.UniqueConstraint("token_hash", name="uq_desk_tokens_token_hash"),
    )
    op.create_table(
        "desk_webhook_deliveries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_webhook_deliveries"),
        sa.ForeignKeyConstraint(["webhook_id"], ["desk_webhooks.id"], name="fk_desk_webhook_deliveries_webhook_id"),
        sa.UniqueConstraint("webhook_id", "event", "key", name="uq_desk_webhook_deliveries_webhook_id_event_key"),
    )
    op.create_index("ix_desk_webhook_deliveries_created_at", "desk_webhook_deliveries", ["created_at"])
    op.create_index("ix_desk_webhook_deliveries_next_attempt_at", "desk_webhook_deliveries", ["next_attempt_at"])
    op.create_table(
        "desk_follow_ups",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_desk_follow_ups"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_follow_ups_agent_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_desk_follow_ups_conversation_id"),
        sa.ForeignKeyConstraint(["note_id"], ["desk_notes.id"], name="fk_desk_follow_ups_note_id"),
    )
    op.create_index("ix_desk_follow_ups_agent_id", "desk_follow_ups", ["agent_id"])
    op.create_index("ix_desk_follow_ups_conversation_id", "desk_follow_ups", ["conversation_id"])
    op.create_table(
        "desk_reviews",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("intent", sa.String(100), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_desk_reviews"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_reviews_agent_id"),
        sa.ForeignKeyConstraint(["message_id"], ["conversation_messages.id"], name="fk_desk_reviews_message_id"),
    )
    op.create_index("ix_desk_reviews_reviewed_at", "desk_reviews", ["reviewed_at"])
    op.create_table(
        "desk_tickets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("handoff_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("skill", sa.String(32), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(32), nullable=True),
        sa.Column("intent", sa.String(64), nullable=True),
        sa.Column("team", sa.String(64), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("declined_by", sa.JSON(), nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_answer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.JSON(), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(32), nullable=True),
        sa.Column("rating_message_id", sa.Integer(), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_tickets"),
        sa.ForeignKeyConstraint(["agent_id"], ["desk_agents.id"], name="fk_desk_tickets_agent_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_desk_tickets_conversation_id"),
        sa.ForeignKeyConstraint(["handoff_id"], ["conversation_handoffs.id"], name="fk_desk_tickets_handoff_id"),
    )
    op.create_index("ix_desk_tickets_agent", "desk_tickets", ["agent_id", "state"])
    op.create_index("ix_desk_tickets_answer_due_at", "desk_tickets", ["answer_due_at"])
    op.create_index("ix_desk_tickets_changed_at", "desk_tickets", ["changed_at"])
    op.create_index("ix_desk_tickets_closed_at", "desk_tickets", ["closed_at"])
    op.create_index("ix_desk_tickets_conversation_id", "desk_tickets", ["conversation_id"])
    op.create_index("ix_desk_tickets_created_at", "desk_tickets", ["created_at"])
    op.create_index("ix_desk_tickets_queue", "desk_tickets", ["state", "priority", "queued_at"])
    op.create_index("ix_desk_tickets_rating_message_id", "desk_tickets", ["rating_message_id"])
    op.create_index("ix_desk_tickets_resolution_due_at", "desk_tickets", ["resolution_due_at"])
    op.create_index("ix_desk_tickets_snoozed_until", "desk_tickets", ["snoozed_until"])
    op.create_table(
        "desk_mirrors",
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("contact", sa.String(100), nullable=False),
        sa.Column("counterpart", sa.String(100), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_desk_mirrors"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_desk_mirrors_conversation_id"),
    )
    op.create_index("ix_desk_mirrors_counterpart", "desk_mirrors", ["counterpart"])


def downgrade() -> None:
    op.drop_table("desk_mirrors")
    op.drop_table("desk_tickets")
    op.drop_table("desk_reviews")
    op.drop_table("desk_follow_ups")
    op.drop_table("desk_webhook_deliveries")
    op.drop_table("desk_tokens")
    op.drop_table("desk_sessions")
    op.drop_table("desk_notes")
    op.drop_table("desk_links")
    op.drop_table("desk_audit")
    op.drop_table("desk_webhooks")
    op.drop_table("desk_warnings")
    op.drop_table("desk_translations")
    op.drop_table("desk_canned")
    op.drop_table("desk_agents")
    op.drop_index("ix_conversation_messages_conversation", "conversation_messages")
    op.drop_column("conversations", "floor")
