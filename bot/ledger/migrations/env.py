"""Run by Alembic: takes the steps on the connection that `bot.ledger.database` hands over."""

from __future__ import annotations

from alembic import context

from bot.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # also on SQLite: a step is taken whole or not at all
)
with context.begin_transaction():
    context.run_migrations()
