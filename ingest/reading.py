"""Many files read at once: in processes of their own, bounded in time and memory, never twice."""

from __future__ import annotations

import os
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import formats, pages
from ingest.errors import UnreadablePdf
from ingest.pdf import ocr_engines
from ingest.reading_processes import Bounds, Meter, Task, free_mb, outcomes, together

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ingest.pages import EditionText
    from ingest.reading_processes import Progress


def read_one(
    path: Path, *, cache: Path, with_ocr: bool | None = None, bounds: Bounds | None = None
) -> EditionText:
    """Read one file as `read_each` does.

    Raises:
        UnreadablePdf: it has no text.
    """
    [(_, found)] = read_each({"": path}, cache=cache, with_ocr=with_ocr, bounds=bounds)
    if isinstance(found, UnreadablePdf):
        raise found
    return found


def read_each(
    files: Mapping[str, Path],
    *,
    cache: Path,
    workers: int | None = None,
    with_ocr: bool | None = None,
    bounds: Bounds | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Generator[tuple[str, EditionText | UnreadablePdf], None, None]:
    """Read *files* (name → path); yield each name as it is done, with its text or why it has none.

    Each file is read in one of *workers* processes (by default one a core), and the others go on
    while one outcome is dealt with. A file that takes too long, too much memory or kills its
    process is an `UnreadablePdf` like any other, and the rest is read all the same. What was read
    is kept in the *cache* folder by the hash of the file's bytes, the reader's version and whether
    OCR was used, and is not read again.

    *with_ocr* defaults to whether an engine for it is installed.
    """
    bounds = bounds or Bounds()
    use_ocr = ocr_engines.engine() is not None if with_ocr is None else with_ocr
    cache.mkdir(parents=True, exist_ok=True)
    waiting: deque[Task] = deque()
    meter = Meter(len(files), progress)
    for name, path in files.items():
        kept = kept_at(path, cache, use_ocr=use_ocr)
        stored = None if isinstance(kept, UnreadablePdf) else stored_at(kept)
        if isinstance(kept, UnreadablePdf):
            meter.finished(name)
            yield name, kept
        elif stored is None:
            waiting.append(Task(name, path, kept))
        else:
            meter.finished(name, len(stored.pages))
            yield name, stored
    if waiting:
        count = min(workers or os.cpu_count() or 1, len(waiting))
        count, bounds = together(count, bounds, free_mb())
        for task, said in outcomes(waiting, count, cache, bounds, meter, use_ocr=use_ocr):
            yield task.name, said if isinstance(said, UnreadablePdf) else _result(task)


def closed(path: Path, problem: OSError) -> UnreadablePdf:
    """Return why a file that cannot be opened is unreadable."""
    return UnreadablePdf(str(path), f"it cannot be read ({problem.strerror})", "Copy it again.")


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes, in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def kept_at(path: Path, cache: Path, *, use_ocr: bool) -> Path | UnreadablePdf:
    """The place in the cache for what is read from a file, or why it cannot even be opened."""
    try:
        formats.check(path)
        use_ocr = use_ocr and not formats.tells_facts(path)
        how = (use_ocr and ocr_engines.reads_with()) or "plain"
        return cache / f"{sha256_of(path)[:40]}-{formats.version(path)}-{how}.npz"
    except UnreadablePdf as problem:
        return problem
    except OSError as problem:
        return closed(path, problem)


def stored_at(kept: Path) -> EditionText | None:
    """What the cache holds there; a damaged entry is thrown away."""
    try:
        return pages.load(kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        kept.unlink(missing_ok=True)
        return None


def _result(task: Task) -> EditionText | UnreadablePdf:
    """What a process has read and put into the cache; what may be read better is not kept."""
    text = stored_at(task.kept) if task.kept else None
    if text is None or task.kept is None:
        return UnreadablePdf(
            str(task.path), "what was read could not be kept", "Is the disk full? Run it again."
        )
    if any(page.quality.again for page in text.pages):
        task.kept.unlink(missing_ok=True)
    return text
