"""What can go wrong with the ledger."""

from __future__ import annotations

from bot.errors import BotError


class LedgerUnavailable(BotError):
    """The database cannot be opened, read or written; *name* says which, without its password."""

    def __init__(self, name: str, reason: str) -> None:
        """Say which database failed and how."""
        super().__init__(
            f"{name}: the ledger cannot be used ({reason}). Check that the folder can be written "
            f"and the disk is not full, or what TEBIKI_DATABASE_URL names."
        )
        self.name = name
        self.reason = reason


class LedgerTooNew(BotError):
    """The tables were made by a newer Tebiki than this one."""

    def __init__(self, name: str, revision: str) -> None:
        """Say which database, and which step this program does not know."""
        super().__init__(
            f'{name}: the ledger is at step "{revision}", which this version does not know. '
            f"Nothing was changed. Start the newer version again, or set TEBIKI_HOME to another "
            f"folder."
        )
        self.name = name
        self.revision = revision


class LedgerDamaged(LedgerUnavailable):
    """The SQLite file is no longer a database; it was set aside, and a new one began."""
