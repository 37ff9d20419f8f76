"""Many files read at once: in processes of their own, bounded in time and memory, never twice.

A reading process is this module run as a program. It takes one JSON line for each file and
answers with lines: pages as they are read, then that the file was read or why not. Where only
the facts of a file are asked for, those are the answer.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ingest import formats, pages
from ingest.atomic_files import replacing
from ingest.catalog.facts import Facts
from ingest.errors import UnreadablePdf
from ingest.pdf import ocr_engines
from ingest.pdf.ocr import Ocr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from ingest.pages import EditionText

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
_KILOBYTE = 1024


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
class _Task:
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
    task: _Task | None = None
    began: float = 0.0
    pages: int = 0
    pending: bytearray = field(default_factory=bytearray)


def read_all(
    files: Mapping[str, Path],
    *,
    cache: Path,
    workers: int | None = None,
    with_ocr: bool | None = None,
    bounds: Bounds | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, EditionText | UnreadablePdf]:
    """Read *files* (name → path) as `read_each` does, and return all outcomes in their order."""
    found = dict(
        read_each(
            files,
            cache=cache,
            workers=workers,
            with_ocr=with_ocr,
            bounds=bounds,
            progress=progress,
        )
    )
    return {name: found[name] for name in files}


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
    waiting: deque[_Task] = deque()
    meter = _Meter(len(files), progress)
    for name, path in files.items():
        kept = _kept(path, cache, use_ocr=use_ocr)
        stored = None if isinstance(kept, UnreadablePdf) else _stored(kept)
        if isinstance(kept, UnreadablePdf):
            meter.finished(name)
            yield name, kept
        elif stored is None:
            waiting.append(_Task(name, path, kept))
        else:
            meter.finished(name, len(stored.pages))
            yield name, stored
    if waiting:
        count = min(workers or os.cpu_count() or 1, len(waiting))
        count, bounds = _together(count, bounds, _free_mb())
        for task, said in _read(waiting, count, cache, bounds, meter, use_ocr=use_ocr):
            yield task.name, said if isinstance(said, UnreadablePdf) else _result(task)


def _together(count: int, bounds: Bounds, free_mb: int | None) -> tuple[int, Bounds]:
    """How many processes may read at once, and with what bounds, where *free_mb* is left to them.

    Together they take no more than `SHARE` of it: there are fewer of them, and the last one
    gets less than a file may have elsewhere rather than bring the machine down.
    """
    if free_mb is None:
        return count, bounds
    room = round(SHARE * free_mb)
    memory = max(LEAST_MB, min(bounds.memory_mb, room))
    return max(1, min(count, room // memory)), replace(bounds, memory_mb=memory)


def _free_mb() -> int | None:
    """How much memory this process and its children may still take; None where nobody says."""
    found: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next((line for line in lines if line.startswith("MemAvailable:")), "")
        found.append(int(free.split()[1]) // _KILOBYTE)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        found.append(max(0, most - used) >> 20)
    return min(found, default=None)


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
    waiting: deque[_Task] = deque()
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
            found[name] = _closed(path, problem)
            continue
        hows[name] = f"{formats.version(path)}-{read_with}"
        known = _known_facts.get(digests[name]) or _noted(kept, digests[name], hows[name])
        if known is None:
            waiting.append(_Task(name, path, _kept_with_facts(path, kept), facts=True))
        else:
            found[name] = known
    if waiting:
        meter = _Meter(len(waiting), None)
        with tempfile.TemporaryDirectory() as draft:
            place = Path(draft) if kept is None else kept
            for task, said in _read(waiting, 1, place, bounds or Bounds(), meter, use_ocr=use_ocr):
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
    kept = _kept(path, cache, use_ocr=False)
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


def _closed(path: Path, problem: OSError) -> UnreadablePdf:
    return UnreadablePdf(str(path), f"it cannot be read ({problem.strerror})", "Copy it again.")


class _Meter:
    """Counts what is done and tells whoever wants to know."""

    def __init__(self, files: int, told: Callable[[Progress], None] | None) -> None:
        self._files, self._told, self._began = files, told, time.monotonic()
        self._done = self._pages = 0
        self._opened: dict[str, int] = {}

    def opened(self, name: str, pages: int) -> None:
        self._opened[name] = pages

    def finished(self, name: str, pages_more: int = 0) -> None:
        self._opened.setdefault(name, pages_more)
        self._done += 1
        self._pages += pages_more
        self._tell(name, finished=True)

    def moved(self, name: str) -> None:
        self._pages += 1
        self._tell(name, finished=False)

    def _tell(self, name: str, *, finished: bool) -> None:
        if self._told is not None:
            seconds = time.monotonic() - self._began
            known = sum(self._opened.values())
            so_far = (self._done, self._files, self._pages, seconds, known, len(self._opened))
            self._told(Progress(name, finished, *so_far))


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes, in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _kept(path: Path, cache: Path, *, use_ocr: bool) -> Path | UnreadablePdf:
    """The place in the cache for what is read from a file, or why it cannot even be opened."""
    try:
        formats.check(path)
        use_ocr = use_ocr and not formats.tells_facts(path)
        how = (use_ocr and ocr_engines.reads_with()) or "plain"
        return cache / f"{sha256_of(path)[:40]}-{formats.version(path)}-{how}.npz"
    except UnreadablePdf as problem:
        return problem
    except OSError as problem:
        return _closed(path, problem)


def _stored(kept: Path) -> EditionText | None:
    """What the cache holds there; a damaged entry is thrown away."""
    try:
        return pages.load(kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        kept.unlink(missing_ok=True)
        return None


def _read(
    waiting: deque[_Task],
    count: int,
    cache: Path,
    bounds: Bounds,
    meter: _Meter,
    *,
    use_ocr: bool,
) -> Iterator[tuple[_Task, dict[str, Any] | UnreadablePdf]]:
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


def _result(task: _Task) -> EditionText | UnreadablePdf:
    """What a process has read and put into the cache; what may be read better is not kept."""
    text = _stored(task.kept) if task.kept else None
    if text is None or task.kept is None:
        return UnreadablePdf(
            str(task.path), "what was read could not be kept", "Is the disk full? Run it again."
        )
    if any(page.quality.again for page in text.pages):
        task.kept.unlink(missing_ok=True)
    return text


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:  # pragma: no cover - every worker is started with pipes
        raise RuntimeError("a reading process has no pipe")
    return stream


def _started(cache: Path, bounds: Bounds, *, use_ocr: bool) -> _Worker:
    """Start a reading process."""
    command = [sys.executable, "-m", "ingest.reading", str(bounds.memory_mb), str(cache.resolve())]
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


def _hand(worker: _Worker, task: _Task) -> None:
    worker.task, worker.began, worker.pages = task, time.monotonic(), 0
    kept = None if task.kept is None else str(task.kept.resolve())
    asked = {"path": str(task.path.resolve()), "kept": kept, "facts": task.facts}
    # If it has ended, that is heard and told like any other end.
    with suppress(BrokenPipeError):
        stream = _pipe(worker.process.stdin)
        stream.write(json.dumps(asked).encode() + b"\n")
        stream.flush()


def _heard(worker: _Worker, meter: _Meter) -> dict[str, Any] | UnreadablePdf | None:
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


def _alone(event: str, _: tuple[Any, ...]) -> None:
    """Refuse every connection: a file that is read has nobody to talk to."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise PermissionError("a process that reads files connects to nobody")


def _serve(memory_mb: int, cache: Path, engine: str) -> None:
    """Read the files that are asked for on standard input, one after the other."""
    limit = memory_mb * _KILOBYTE * _KILOBYTE
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
