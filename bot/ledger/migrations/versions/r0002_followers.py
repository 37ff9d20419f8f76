"""Who chose to be told when what an answer quoted changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "followers",
        sa.Column("answer", sa.String(64), sa.ForeignKey("answers.id"), primary_key=True),
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("since", sa.String(64), nullable=False),
        sa.Column("looked", sa.String(255), nullable=False),
        sa.Column("told", sa.String(64), nullable=False),
    )
