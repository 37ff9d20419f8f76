"""The first tables: answers, feedback, and Slack's questions, threads and channels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "answers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("private", sa.Integer, nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("conversation", sa.String(128), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("declined", sa.String(32), nullable=False),
        sa.Column("generation", sa.String(128), nullable=False),
        sa.Column("prompt", sa.String(128), nullable=False),
        sa.Column("took_ms", sa.Float, nullable=False),
        sa.Column("withdrawn", sa.Integer, nullable=False),
        sa.Column("evidence", sa.LargeBinary),
        sa.Column("sent", sa.LargeBinary),
    )
    op.create_index("answers_of_conversation", "answers", ["conversation", "asked_at"])
    op.create_index("answers_of_asker", "answers", ["asker", "asked_at"])
    op.create_index("answers_by_time", "answers", ["asked_at"])
    op.create_table(
        "feedback",
        sa.Column("answer", sa.String(64), sa.ForeignKey("answers.id"), primary_key=True),
        sa.Column("rater", sa.String(64), primary_key=True),
        sa.Column("rating", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("rated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "seen",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("seen_by_time", "seen", ["at"])
    op.create_table(
        "waiting",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("ts", sa.String(64), nullable=False),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("private", sa.Integer, nullable=False),
        sa.Column("conversation", sa.String(128), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("notices", sa.Text, nullable=False),
        sa.Column("reply_to", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
        sa.Column("edited", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answer", sa.String(64), nullable=False),
        sa.Column("posted", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("arrived_at", sa.Float, nullable=False),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("leased_until", sa.Float, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_index("waiting_by_state", "waiting", ["state", "not_before"])
    op.create_index("waiting_of_asker", "waiting", ["asker", "arrived_at"])
    op.create_table(
        "threads",
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("thread", sa.String(64), primary_key=True),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "channels",
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("automatic", sa.Integer, nullable=False),
        sa.Column("ephemeral", sa.Integer, nullable=False),
        sa.Column("documents", sa.Text, nullable=False),
    )
