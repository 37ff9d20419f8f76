"""The files that the last refresh could not use, kept in the home for whoever looks later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ingest.atomic_files import replacing
from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNUSABLE = "unusable.json"


def record(home: Path, problems: Iterable[Exception]) -> None:
    """Keep what a refresh could not use, in place of what the one before could not."""
    told = [
        {"file": each.path, "reason": each.reason, "advice": each.advice}
        for each in problems
        if isinstance(each, UnreadablePdf)
    ]
    with replacing(home / UNUSABLE) as draft:
        draft.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def recorded(home: Path) -> tuple[UnreadablePdf, ...]:
    """Return what the last refresh could not use; nothing where none has told."""
    try:
        told = json.loads((home / UNUSABLE).read_text(encoding="utf-8"))
        return tuple(UnreadablePdf(each["file"], each["reason"], each["advice"]) for each in told)
    except (OSError, ValueError, KeyError, TypeError):
        return ()
