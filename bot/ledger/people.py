"""People are known to the ledger by keyed hashes: the same person is the same, and nobody is named.

Where an installation keeps plain ids instead, only things other than people are hashed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bot.ledger.errors import LedgerUnavailable

KEY_FILE = "ledger.key"


def key_of(home: Path, given: str = "") -> bytes:
    """Return the key of the hashes: *given* (TEBIKI_LEDGER_KEY), else the one kept in the home.

    The first process writes it, readable by its owner only. Replicas that do not share a home
    need the setting, or each would know the same person under another name.

    Raises:
        LedgerUnavailable: the file cannot be read or written.
    """
    if given:
        return given.encode()
    path = home / KEY_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        if not path.exists():
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # fails where another process was faster; its key counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip().encode()
    except OSError as problem:
        raise LedgerUnavailable(str(path), problem.strerror or str(problem)) from problem


def alias(key: bytes, *names: str) -> str:
    """Return the keyed hash of *names* in order: 32 hexadecimal digits, "" for no name at all."""
    if not any(names):
        return ""
    return hmac.new(key, "\0".join(names).encode(), hashlib.sha256).hexdigest()[:32]
