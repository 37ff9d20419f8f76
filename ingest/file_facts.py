"""What files say about themselves, looked at in a bounded process and remembered by their bytes."""

from __future__ import annotations

import json
import tempfile
from collections import deque
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import formats
from ingest.atomic_files import replacing
from ingest.catalog.facts import Facts
from ingest.errors import UnreadablePdf
from ingest.pdf import ocr_engines
from ingest.reading import closed, kept_at, sha256_of
from ingest.reading_processes import Bounds, Meter, Task, outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

_known_facts: dict[str, Facts] = {}


def facts_of(
    files: Mapping[str, Path], *, kept: Path | None = None, bounds: Bounds | None = None
) -> dict[str, Facts | UnreadablePdf]:
    """Return what *files* (name → path) say about themselves, or why they cannot be read.

    They are looked at in a process of its own, bounded like a reading; what a file says is
    remembered by the hash of its bytes as long as this process lives, and in the folder *kept*.
    """
    read_with = ocr_engines.reads_with() or "plain"
    use_ocr = read_with != "plain"
    found: dict[str, Facts | UnreadablePdf] = {}
    waiting: deque[Task] = deque()
    digests: dict[str, str] = {}
    hows: dict[str, str] = {}
    for name, path in files.items():
        try:
            formats.check(path)
            digests[name] = sha256_of(path)
        except UnreadablePdf as problem:
            found[name] = problem
            continue
        except OSError as problem:
            found[name] = closed(path, problem)
            continue
        hows[name] = f"{formats.version(path)}-{read_with}"
        known = _known_facts.get(digests[name]) or _noted(kept, digests[name], hows[name])
        if known is None:
            waiting.append(Task(name, path, _kept_with_facts(path, kept), facts=True))
        else:
            found[name] = known
    if waiting:
        meter = Meter(len(waiting), None)
        with tempfile.TemporaryDirectory() as draft:
            place = Path(draft) if kept is None else kept
            for task, said in outcomes(
                waiting, 1, place, bounds or Bounds(), meter, use_ocr=use_ocr
            ):
                if isinstance(said, UnreadablePdf):
                    found[task.name] = said
                    continue
                found[task.name] = _known_facts[digests[task.name]] = _facts(said)
                if kept is not None:
                    _note(kept, digests[task.name], hows[task.name], said)
    return {name: found[name] for name in files}


def _kept_with_facts(path: Path, cache: Path | None) -> Path | None:
    """Where to keep a text that is read whole for its facts, so that it is not read again."""
    if cache is None or not formats.tells_facts(path):
        return None
    cache.mkdir(parents=True, exist_ok=True)
    kept = kept_at(path, cache, use_ocr=False)
    return None if isinstance(kept, UnreadablePdf) else kept


def _noted(kept: Path | None, digest: str, how: str) -> Facts | None:
    """What was noted of a file of these bytes when it was looked at like this."""
    if kept is None:
        return None
    try:
        said = json.loads((kept / f"{digest[:40]}.facts.json").read_text(encoding="utf-8"))
        return _facts(said) if said["how"] == how else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(kept: Path, digest: str, how: str, said: dict[str, Any]) -> None:
    """Note what a file says of itself; a folder that cannot be written is no harm."""
    with suppress(OSError):
        kept.mkdir(parents=True, exist_ok=True)
        told = json.dumps({**said, "how": how}, ensure_ascii=False)
        with replacing(kept / f"{digest[:40]}.facts.json") as draft:
            draft.write_text(told, encoding="utf-8")


def facts(path: Path, *, bounds: Bounds | None = None) -> Facts:
    """Return what one file says about itself; see `facts_of`.

    Raises:
        UnreadablePdf: it cannot be read.
    """
    found = facts_of({"": path}, bounds=bounds)[""]
    if isinstance(found, UnreadablePdf):
        raise found
    return found


def _facts(said: Mapping[str, Any]) -> Facts:
    days: dict[str, date | None] = {
        name: date.fromisoformat(said[name]) if said[name] else None
        for name in ("published", "in_force_from")
    }
    return Facts(
        said["title"], said["edition"], days["published"], days["in_force_from"], said["language"]
    )
