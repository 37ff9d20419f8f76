"""Waiting questions know their event, whether only the asker sees the answer, and limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Add the columns; what waits keeps its meaning."""
    op.add_column("waiting", sa.Column("event", sa.String(255), nullable=False, server_default=""))
    for name in ("hidden", "limited"):
        op.add_column("waiting", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    waiting = sa.table("waiting", *map(sa.column, ("kind", "reply_to", "hidden", "limited")))
    # An address to answer to meant, until now, that nobody else sees the answer.
    op.execute(sa.update(waiting).where(waiting.c.reply_to != "").values(hidden=1))
    op.execute(
        sa.update(waiting).where(waiting.c.kind == "limited").values(kind="message", limited=1)
    )
