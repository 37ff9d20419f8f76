"""Fresh databases on the PostgreSQL server that a test session runs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def database_on(server: str) -> Iterator[str]:
    """Give the URL of an empty database; *server* is what the fixture postgresql_server gives."""
    name = f"t{secrets.token_hex(6)}"
    admin = sa.create_engine(
        server.replace("DATABASE", "postgres").replace("postgresql:", "postgresql+psycopg:"),
        isolation_level="AUTOCOMMIT",
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.replace("DATABASE", name)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
