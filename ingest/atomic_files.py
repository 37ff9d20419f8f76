"""Files written aside and then put in their place, so that a reader sees the old or the new one."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DRAFT = re.compile(r"\..+\.[0-9a-f]{8}\.draft")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside *path*; what the block has written there takes the place of *path*.

    It is on the disk before that, so that a power failure leaves one of the two whole. When the
    block raises, *path* stays as it is; what a kill leaves is removed by `remove_drafts`.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; nobody may be writing there."""
    for draft in folder.glob(".*.draft"):
        if _DRAFT.fullmatch(draft.name):
            draft.unlink(missing_ok=True)
