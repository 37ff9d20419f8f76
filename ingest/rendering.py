"""Pages drawn in processes of their own, bounded in time and memory: a bad page stops nothing.

A drawing process is this module run as a program. It takes one JSON line for each page and answers
with a line that says how many bytes of PNG follow, or why there are none.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import resource
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import UnreadablePdf
from ingest.pages import Box
from ingest.pdf import documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMEOUT_S = 20.0
"""How long one page may take to be drawn."""

MEMORY_MB = 1_536
"""How much address space a drawing process may use."""

_AT_ONCE, _START_S = 2, 60.0
_PART = 1 << 16


class Renderer:
    """One drawing process, started when it is first needed and again after a page that broke it.

    For one thread at a time.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S, memory_mb: int = MEMORY_MB) -> None:
        self._timeout_s, self._memory_mb = timeout_s, memory_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def draw(self, path: Path, number: int, *, width: int, boxes: Sequence[Box] = ()) -> bytes:
        """Return a page as `ingest.pdf.documents.draw` does.

        Raises:
            UnreadablePdf: as there, or the page takes too long or breaks its process.
            ValueError: as there.
        """
        process = self._process = self._process or self._started()
        asked = {
            "path": str(path.resolve()), "number": number, "width": width,
            "boxes": [asdict(box) for box in boxes if box.page == number],
        }  # fmt: skip
        until = time.monotonic() + (self._timeout_s if self._ready else _START_S)
        try:
            if not self._ready:
                _read_line(process, until)
                self._ready, until = True, time.monotonic() + self._timeout_s
            with suppress(BrokenPipeError):
                _written(process, json.dumps(asked).encode() + b"\n")
            line, rest = _read_line(process, until)
            said: dict[str, Any] = json.loads(line)
            if "bytes" in said:
                return _read_bytes(process, rest, said["bytes"], until)
        except TimeoutError:
            self.close()
            reason = f"page {number} was not drawn within {self._timeout_s:,.0f} s"
            raise UnreadablePdf(str(path), reason, _ADVICE) from None
        except EOFError:
            code = process.wait()
            self.close()
            reason = f"the process that drew page {number} broke down ({code})"
            raise UnreadablePdf(str(path), reason, _ADVICE) from None
        if said["kind"] == "unreadable":
            raise UnreadablePdf(str(path), said["reason"], said["advice"])
        raise ValueError(said["reason"])

    def close(self) -> None:
        """End the process; the next page starts another one."""
        process, self._process, self._ready = self._process, None, False
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ingest.rendering", str(self._memory_mb)]
        return subprocess.Popen(
            [*command, str(self._timeout_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )


_ADVICE = "The page is damaged or too heavy; its text can be read all the same."


def _written(process: subprocess.Popen[bytes], what: bytes) -> None:
    if process.stdin is not None:
        process.stdin.write(what)
        process.stdin.flush()


def _part(process: subprocess.Popen[bytes], until: float) -> bytes:
    """Return the next bytes that a process says.

    Raises:
        TimeoutError: it says nothing until then.
        EOFError: it has ended.
    """
    if process.stdout is None:  # pragma: no cover - every process is started with pipes
        raise EOFError
    place = process.stdout.fileno()
    ready, _, _ = select.select([place], [], [], max(0.0, until - time.monotonic()))
    if not ready:
        raise TimeoutError
    found = os.read(place, _PART)
    if not found:
        raise EOFError
    return found


def _read_line(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    found = b""
    while b"\n" not in found:
        found += _part(process, until)
    line, _, rest = found.partition(b"\n")
    return line, rest


def _read_bytes(process: subprocess.Popen[bytes], rest: bytes, count: int, until: float) -> bytes:
    found = bytearray(rest)
    while len(found) < count:
        found += _part(process, until)
    return bytes(found)


_idle: queue.LifoQueue[Renderer] = queue.LifoQueue()
for _one in (Renderer() for _ in range(_AT_ONCE)):
    _idle.put(_one)
    # Also one that is busy: the end of the server waits for no page.
    atexit.register(_one.close)


@contextmanager
def _free() -> Iterator[Renderer]:
    """A renderer that nobody uses; whoever comes third waits."""
    renderer = _idle.get()
    try:
        yield renderer
    finally:
        _idle.put(renderer)


def draw(path: Path, number: int, *, width: int, boxes: Sequence[Box] = ()) -> bytes:
    """Return a page (from 1) as a PNG, *width* pixels wide, with *boxes* marked, two at a time.

    Raises:
        UnreadablePdf: the file cannot be read, or drawing the page takes too long or too much.
        ValueError: there is no such page, or the picture would be too large or too small.
    """
    with _free() as renderer:
        return renderer.draw(path, number, width=width, boxes=boxes)


def _serve(memory_mb: int, timeout_s: float) -> None:
    """Draw the pages that are asked for on standard input, one after the other."""
    limit = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        # Whoever asked may be gone before the page is done: it ends all the same.
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 2 * timeout_s) + 1, most))
        picture = b""
        try:
            boxes = [Box(**box) for box in asked["boxes"]]
            picture = documents.draw(
                Path(asked["path"]), asked["number"], width=asked["width"], boxes=boxes
            )
            said: dict[str, Any] = {"bytes": len(picture)}
        except UnreadablePdf as problem:
            said = {"kind": "unreadable", "reason": problem.reason, "advice": problem.advice}
        except ValueError as problem:
            said = {"kind": "impossible", "reason": str(problem)}
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + picture)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
