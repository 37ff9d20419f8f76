"""A process that reads files: bounded in memory, it connects to nobody and says what it read.

Run as a program (`python -m ingest.reading_program`). It takes one JSON line for each file and
answers with lines: pages as they are read, then that the file was read or why not. Where only
the facts of a file are asked for, those are the answer.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import formats, pages
from ingest.atomic_files import replacing
from ingest.errors import UnreadablePdf
from ingest.pdf import ocr_engines
from ingest.pdf.ocr import Ocr

if TYPE_CHECKING:
    from ingest.catalog.facts import Facts
    from ingest.pages import EditionText

_MEGABYTE = 1 << 20


def _alone(event: str, _: tuple[Any, ...]) -> None:
    """Refuse every connection: a file that is read has nobody to talk to."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise PermissionError("a process that reads files connects to nobody")


def _serve(memory_mb: int, cache: Path, engine: str) -> None:
    """Read the files that are asked for on standard input, one after the other."""
    limit = memory_mb * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_alone)
    reader = Ocr(ocr_engines.named(engine), cache / "ocr") if engine else None
    for line in sys.stdin:
        asked = json.loads(line)
        path = Path(asked["path"])
        try:
            if asked["kept"] is None:
                said = _told(formats.facts(path, ocr=reader))
            else:
                text = _one(path, Path(asked["kept"]), reader)
                said = _told(formats.facts_in(text)) if asked["facts"] else {"said": "read"}
        except UnreadablePdf as problem:
            said = {"said": "unreadable", "reason": problem.reason, "advice": problem.advice}
        except MemoryError:
            reason = f"it needs more than {memory_mb:,} MB of memory"
            advice = "Split it into parts, or print it to a new PDF if it is damaged."
            _say({"said": "unreadable", "reason": reason, "advice": advice})
            return
        _say(said)


def _told(found: Facts) -> dict[str, Any]:
    days = {"published": found.published, "in_force_from": found.in_force_from}
    return {
        "said": "facts", "title": found.title, "edition": found.edition, "language": found.language,
        **{name: day and day.isoformat() for name, day in days.items()},
    }  # fmt: skip


def _one(path: Path, kept: Path, reader: Ocr | None) -> EditionText:
    """Read one file into the cache, in one step, and return its text."""
    text = formats.read(
        path,
        ocr=reader,
        opened=lambda count: _say({"said": "opened", "pages": count}),
        progress=lambda _: _say({"said": "page"}),
    )
    with replacing(kept) as draft:
        pages.save(text, draft)
    return text


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:]))
