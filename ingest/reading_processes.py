"""The processes that read files: how many there are at once, what each may take, and what they say.

Each runs `ingest.reading_program`. One that takes too long or breaks down is ended, its file is
unreadable, and the others go on.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ingest.errors import UnreadablePdf
from ingest.pdf import ocr_engines

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterator

TIMEOUT_S = 180.0
"""How long one file may take, its OCR apart."""

OCR_PAGE_S = 120.0
"""How much longer a file may take for each page while OCR is used."""

MEMORY_MB = 2_048
"""How much address space the process that reads a file may use, and its OCR as much again."""

SHARE = 0.7
"""How much of the memory that is free all reading processes may use together."""

LEAST_MB = 768
"""What one of them is left with where hardly any memory is free."""

_CHECK_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading has come: *pages* and files done of *files*, and *seconds* since then.

    *name* is the file that has just moved on; *finished* tells whether it is done. *known* are
    the pages of the *opened* files.
    """

    name: str
    finished: bool
    files_done: int
    files: int
    pages: int
    seconds: float
    known: int = 0
    opened: int = 0

    @property
    def expected(self) -> int:
        """How many pages there are in all, files not yet opened being like those that are."""
        return (
            self.known
            if self.opened in {0, self.files}
            else round(self.known * self.files / self.opened)
        )

    @property
    def rate(self) -> float:
        """Pages a second so far."""
        return self.pages / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one file may cost: see `TIMEOUT_S`, `OCR_PAGE_S` and `MEMORY_MB`."""

    timeout_s: float = TIMEOUT_S
    ocr_page_s: float = OCR_PAGE_S
    memory_mb: int = MEMORY_MB


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked about a file: its text, to be *kept* there, or its *facts*, or both at once."""

    name: str
    path: Path
    kept: Path | None = None
    facts: bool = False


@dataclass(slots=True)
class _Worker:
    """A reading process and the file it is busy with."""

    process: subprocess.Popen[bytes]
    complaints: IO[bytes]
    task: Task | None = None
    began: float = 0.0
    pages: int = 0
    pending: bytearray = field(default_factory=bytearray)


def together(count: int, bounds: Bounds, free_mb: int | None) -> tuple[int, Bounds]:
    """How many processes may read at once, and with what bounds, where *free_mb* is left to them.

    Together they take no more than `SHARE` of it: there are fewer of them, and the last one
    gets less than a file may have elsewhere rather than bring the machine down.
    """
    if free_mb is None:
        return count, bounds
    room = round(SHARE * free_mb)
    memory = max(LEAST_MB, min(bounds.memory_mb, room))
    return max(1, min(count, room // memory)), replace(bounds, memory_mb=memory)


def free_mb() -> int | None:
    """How much memory this process and its children may still take; None where nobody says."""
    found: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next((line for line in lines if line.startswith("MemAvailable:")), "")
        found.append(int(free.split()[1]) // 1024)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        found.append(max(0, most - used) >> 20)
    return min(found, default=None)


class Meter:
    """Counts what is done and tells whoever wants to know."""

    def __init__(self, files: int, told: Callable[[Progress], None] | None) -> None:
        self._files, self._told, self._began = files, told, time.monotonic()
        self._done = self._pages = 0
        self._opened: dict[str, int] = {}

    def opened(self, name: str, pages: int) -> None:
        """Note how many pages a file has."""
        self._opened[name] = pages

    def finished(self, name: str, pages_more: int = 0) -> None:
        """Count a file as done, with pages that were not counted one by one."""
        self._opened.setdefault(name, pages_more)
        self._done += 1
        self._pages += pages_more
        self._tell(name, finished=True)

    def moved(self, name: str) -> None:
        """Count one more page of a file."""
        self._pages += 1
        self._tell(name, finished=False)

    def _tell(self, name: str, *, finished: bool) -> None:
        if self._told is not None:
            seconds = time.monotonic() - self._began
            known = sum(self._opened.values())
            so_far = (self._done, self._files, self._pages, seconds, known, len(self._opened))
            self._told(Progress(name, finished, *so_far))


def outcomes(
    waiting: deque[Task],
    count: int,
    cache: Path,
    bounds: Bounds,
    meter: Meter,
    *,
    use_ocr: bool,
) -> Iterator[tuple[Task, dict[str, Any] | UnreadablePdf]]:
    """Hand the tasks to *count* processes and yield each outcome as it comes."""
    workers: list[_Worker] = []
    with selectors.DefaultSelector() as events:
        try:
            while waiting or any(worker.task for worker in workers):
                while waiting and sum(worker.task is not None for worker in workers) < count:
                    worker = next((one for one in workers if one.task is None), None)
                    if worker is None:
                        worker = _started(cache, bounds, use_ocr=use_ocr)
                        workers.append(worker)
                        events.register(_pipe(worker.process.stdout), selectors.EVENT_READ, worker)
                    _hand(worker, waiting.popleft())
                patience = _patience(workers, bounds, use_ocr=use_ocr)
                ready = [key.data for key, _ in events.select(patience)]
                for worker in tuple(workers):
                    outcome = _heard(worker, meter) if worker in ready else None
                    if outcome is None:
                        outcome = _overdue(worker, bounds, use_ocr=use_ocr)
                    if outcome is None:
                        continue
                    task, worker.task = worker.task, None
                    if isinstance(outcome, UnreadablePdf):
                        _dismiss(worker, workers, events)
                    if task is not None:
                        meter.finished(task.name)
                        yield task, outcome
        finally:
            for worker in tuple(workers):
                _dismiss(worker, workers, events)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:  # pragma: no cover - every worker is started with pipes
        raise RuntimeError("a reading process has no pipe")
    return stream


def _started(cache: Path, bounds: Bounds, *, use_ocr: bool) -> _Worker:
    """Start a reading process."""
    command = [
        sys.executable,
        "-m",
        "ingest.reading_program",
        str(bounds.memory_mb),
        str(cache.resolve()),
    ]
    engine = ocr_engines.engine() if use_ocr else None
    command += [engine.name] if engine else []
    complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        # A tesseract of its own goes with it when the process is ended.
        start_new_session=True,
    )
    os.set_blocking(_pipe(process.stdout).fileno(), False)
    return _Worker(process, complaints)


def _hand(worker: _Worker, task: Task) -> None:
    worker.task, worker.began, worker.pages = task, time.monotonic(), 0
    kept = None if task.kept is None else str(task.kept.resolve())
    asked = {"path": str(task.path.resolve()), "kept": kept, "facts": task.facts}
    # If it has ended, that is heard and told like any other end.
    with suppress(BrokenPipeError):
        stream = _pipe(worker.process.stdin)
        stream.write(json.dumps(asked).encode() + b"\n")
        stream.flush()


def _heard(worker: _Worker, meter: Meter) -> dict[str, Any] | UnreadablePdf | None:
    """Take in what a process has said: its last word on a file, None while it is busy."""
    task = worker.task
    part = _pipe(worker.process.stdout).read()
    if part == b"":
        code = worker.process.wait()
        if task is None:
            return None
        return UnreadablePdf(
            str(task.path),
            f"the process that read it broke down ({_ending(code)}{_last_words(worker)})",
            "The file is probably damaged; copy it again or print it to a new PDF.",
        )
    worker.pending += part or b""
    *lines, rest = worker.pending.split(b"\n")
    worker.pending = bytearray(rest)
    for line in lines:
        said = json.loads(line)
        if task is None:
            continue
        if said["said"] == "opened":
            meter.opened(task.name, said["pages"])
        elif said["said"] == "page":
            worker.pages += 1
            meter.moved(task.name)
        elif said["said"] == "unreadable":
            return UnreadablePdf(str(task.path), said["reason"], said["advice"])
        else:
            return dict(said)
    return None


def _last_words(worker: _Worker) -> str:
    """The last line that a process wrote to its standard error, which names its exception."""
    worker.complaints.seek(0)
    lines = worker.complaints.read().decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _granted(worker: _Worker, bounds: Bounds, *, use_ocr: bool) -> float:
    """How many seconds the file that a process is busy with may take in all."""
    return bounds.timeout_s + (bounds.ocr_page_s * (worker.pages + 1) if use_ocr else 0.0)


def _patience(workers: list[_Worker], bounds: Bounds, *, use_ocr: bool) -> float:
    """How many seconds to listen before the clock is looked at: never past the next end of time."""
    now = time.monotonic()
    left = [
        worker.began + _granted(worker, bounds, use_ocr=use_ocr) - now
        for worker in workers
        if worker.task
    ]
    return max(0.0, min(_CHECK_S, *left))


def _overdue(worker: _Worker, bounds: Bounds, *, use_ocr: bool) -> UnreadablePdf | None:
    """End a process whose file takes too long, and say so."""
    task = worker.task
    if task is None:
        return None
    granted = _granted(worker, bounds, use_ocr=use_ocr)
    if time.monotonic() - worker.began < granted:
        return None
    return UnreadablePdf(
        str(task.path),
        f"it was not read within {granted:,.0f} s ({worker.pages} pages were)",
        "Split it into parts, or print it to a new PDF if it is damaged.",
    )


def _dismiss(worker: _Worker, workers: list[_Worker], events: selectors.BaseSelector) -> None:
    """End a process, and the tesseract it may have started."""
    if worker not in workers:
        return
    workers.remove(worker)
    stdout, stdin = _pipe(worker.process.stdout), _pipe(worker.process.stdin)
    events.unregister(stdout)
    if worker.process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    stdout.close()
    worker.complaints.close()
    with suppress(BrokenPipeError):
        stdin.close()
