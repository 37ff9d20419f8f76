"""Answers that a department wrote or approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "approved",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("likes", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        sa.Column("quotations", sa.Text, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("doubt", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
