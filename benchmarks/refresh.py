"""What a refresh costs: in full, and when one document of many changed; and its peak memory.

Run it on a folder of PDFs, without OCR::

    python benchmarks/refresh.py FOLDER

The corpus is made of links in a temporary folder; "changed" means other bytes of one file, so
that it is read, cut and indexed anew. Imports and the gate are not counted. Two processes
measure one after the other: on the folder as it is, and with every file ten times, under
altered bytes, to see how memory grows. A copy is not read again, so reading takes its peak from
the first: what reads is a process for each processor, and each takes what its file needs,
however many files there are. At most means that all of them are at their peak at once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sklearn.utils.extmath  # noqa: F401 - imports are not counted

from index.refresh.refresh import carry_out
from index.refresh.reports import RefreshReport
from index.refresh.resources import Resources
from ingest.catalog import catalog
from ingest.errors import UnreadablePdf
from ingest.pages import EditionText
from ingest.reading import read_each

_KILOBYTE = 1024
TIMES = 10
COPY = "-copy-"
CHANGED = b"\n% changed\n"


class Clock:
    """How long each step took, by the name under which it was told."""

    def __init__(self) -> None:
        """Begin."""
        self.steps: dict[str, float] = {}
        self._step, self._since = "planning", time.perf_counter()

    def told(self, step: str, _share: float = 0.0) -> None:
        """Note that a step goes on or begins."""
        now = time.perf_counter()
        self.steps[self._step] = self.steps.get(self._step, 0.0) + now - self._since
        self._step, self._since = step.partition(" ")[0], now


def refreshed(
    corpus: Path, home: Path, readings: Path, *, full: bool = False
) -> tuple[RefreshReport, float, float, dict[str, float]]:
    """Refresh once; return the report, wall and processor seconds, and the seconds of each step."""
    clock = Clock()

    def reading(files: Mapping[str, Path]) -> Iterator[tuple[str, EditionText | UnreadablePdf]]:
        copies: dict[Path, list[str]] = {}
        for digest, path in files.items():
            copies.setdefault(_original(path), []).append(digest)
        clock.told("reading")
        once = {str(path): path for path in copies}
        for name, text in read_each(once, cache=readings, with_ocr=False):
            clock.told("cutting")
            yield from ((digest, text) for digest in copies[Path(name)])
            clock.told("reading")

    began, busy = time.perf_counter(), _busy()
    resources = Resources(corpus, home, reading, progress=clock.told)
    report = carry_out(catalog.read(corpus), resources, full=full)
    clock.told("end")
    return report, time.perf_counter() - began, _busy() - busy, clock.steps


def _original(path: Path) -> Path:
    """Return the file of which this one is a copy with other bytes at its end, or itself."""
    name = path.stem.rpartition(COPY)[0]
    return path.with_name(f"{name}.pdf") if name else path


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--times", type=int, help="measure only this, in this process")
    asked.add_argument("--work", type=Path, help="keep what was read here, for the next run")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        readings = given.work or Path(scratch, "readings")
        if given.times is not None:
            told = measured(given.folder, given.times, Path(scratch), readings)
        else:
            once, more = (_apart(given.folder, times, readings) for times in (1, TIMES))
            told = {
                "once": once,
                f"times_{TIMES}": more,
                "ratio_of_a_refresh_with_one_changed": once["ratio"],
                "peak_ratio": round(more["peak_mb"] / once["peak_mb"], 2),
                "mb_per_1000_more_pages": round(
                    1000 * (more["peak_mb"] - once["peak_mb"]) / (more["pages"] - once["pages"]), 1
                ),
            }
    print(json.dumps(told, indent=1))


def _apart(folder: Path, times: int, readings: Path) -> dict[str, Any]:
    """Measure in a process of its own, whose peak is nobody else's."""
    command = [
        sys.executable,
        __file__,
        str(folder),
        "--times",
        str(times),
        "--work",
        str(readings),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measured(folder: Path, times: int, scratch: Path, readings: Path) -> dict[str, Any]:
    """Refresh in full and, with every file *times* 1, once more with one of them changed."""
    corpus, home = scratch / "corpus", scratch / "home"
    corpus.mkdir()
    files = sorted(folder.glob("*.pdf"))
    for path in files:
        (corpus / path.name).symlink_to(path.resolve())
        for copy in range(1, times):
            shutil.copy(path, corpus / f"{path.stem}{COPY}{copy}.pdf")
            with (corpus / f"{path.stem}{COPY}{copy}.pdf").open("ab") as file:
                file.write(b"\n%% copy %d\n" % copy)
    report, full, busy, steps = refreshed(corpus, home, readings)
    own, reader = _peak(resource.RUSAGE_SELF), _peak(resource.RUSAGE_CHILDREN)
    told: dict[str, Any] = {
        "files": len(files) * times, "pages": report.pages, "chunks": report.chunks,
        "full_s": round(full, 2), "full_cpu_s": round(busy, 2), "full_steps_s": _rounded(steps),
        "peak_mb": own, "largest_reader_mb": reader,
        "at_most_mb": round(own + reader * (os.cpu_count() or 1), 1),
        "mb_per_1000_pages": round(1000 * own / max(report.pages, 1), 1),
    }  # fmt: skip
    if times == 1:
        changed = corpus / files[len(files) // 2].name
        changed.unlink()
        changed.write_bytes(files[len(files) // 2].read_bytes() + CHANGED)
        _, partial, worked, steps = refreshed(corpus, home, readings)
        told |= {
            "one_changed_s": round(partial, 2), "one_changed_cpu_s": round(worked, 2),
            "one_changed_steps_s": _rounded(steps),
            "ratio": round(partial / full, 3), "cpu_ratio": round(worked / busy, 3),
        }  # fmt: skip
    return told


def _rounded(steps: Mapping[str, float]) -> dict[str, float]:
    return {name: round(seconds, 2) for name, seconds in steps.items()}


def _busy() -> float:
    """Return the processor seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak(who: int) -> float:
    """Return the most memory that this process, or one it waited for, has held, in MB."""
    return round(resource.getrusage(who).ru_maxrss / _KILOBYTE, 1)


if __name__ == "__main__":
    main()
