"""The tokens of a language model that a day may use, for all who share the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from bot.errors import BudgetSpent
from bot.ledger.database import Database
from bot.ledger.tables import spent


def _now() -> datetime:
    return datetime.now().astimezone()


class Tokens:
    """A day's budget; a day begins at midnight of the server's own time."""

    def __init__(
        self,
        database: Callable[[], Database],
        a_day: int,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """Count in the database that *database* opens, when it is needed, up to *a_day* tokens."""
        self._database = database
        self.a_day = a_day
        self._now = now

    def set_aside(self, tokens: int) -> Callable[[int], None]:
        """Count *tokens* as used today; what comes back puts right how many it were.

        Whoever else counts meanwhile, no more than the day's are ever set aside.

        Raises:
            BudgetSpent: not so many are left today.
            LedgerUnavailable: the database refused.
        """
        now = self._now()
        day, database = now.date(), self._database()
        with database.write() as connection:
            database.add_new(connection, spent, {"day": day, "tokens": 0})
            taken = connection.execute(
                sa.update(spent)
                .where(spent.c.day == day, spent.c.tokens + tokens <= self.a_day)
                .values(tokens=spent.c.tokens + tokens)
            )
        if not taken.rowcount:
            reason = (
                f"{self.used(day):,} of the day's {self.a_day:,} tokens are used, and the next "
                f"reply may take {tokens:,}"
            )
            anew = datetime.combine(day + timedelta(days=1), time(), now.tzinfo)
            raise BudgetSpent("TEBIKI_LLM_TOKENS_A_DAY", reason, anew)

        def settle(used: int) -> None:
            with database.write() as connection:
                connection.execute(
                    sa.update(spent)
                    .where(spent.c.day == day)
                    .values(tokens=spent.c.tokens + (used - tokens))
                )

        return settle

    def used(self, day: date | None = None) -> int:
        """Return how many tokens a day has used so far; None is today.

        Raises:
            LedgerUnavailable: the database refused.
        """
        with self._database().read() as connection:
            found = connection.execute(
                sa.select(spent.c.tokens).where(spent.c.day == (day or self._now().date()))
            )
            return int(found.scalar() or 0)
