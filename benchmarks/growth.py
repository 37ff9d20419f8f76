"""How search, start, memory, disk and refresh grow with the corpus: a folder of PDFs, copied.

Run it on folders of PDFs and a question set, without OCR::

    python benchmarks/growth.py --pdfs FOLDER [FOLDER …] --questions SET --work FOLDER
        [--times 1 16]

Every copy is a document of its own, with a hash of its own, to everything that goes by hash; its
text is the same, so the vocabulary does not grow with it as that of other documents would. A PDF
is read and cut into chunks once, in a refresh of the single corpus, and what that left of it is
copied: it is in proportion to the pages in any case. What is made of all documents together (the
table of chunks, the lexical indexes, the manifest) is made of the copies as a refresh makes it,
and measured. With --copy-pdfs the PDFs themselves are copied and everything is cut anew. What is
made is kept in *work* and used again by the next run of the same code.

Times of searches and of the start are those of the processor, so that what else the machine does
stays out of them (and so does waiting for a disk: everything has been read once).

For each size, in processes of their own: making the index (processor seconds after reading, and
the highest resident memory), with --copy-pdfs also a refresh in which a single document changed,
and a start with sixty answers and every question of the set as a search, three times of which the
shortest counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.errors import UnreadablePdf  # noqa: E402 - what this process imports counts as its start
from ingest.pages import EditionText  # noqa: E402

COPY = "-copy-"
CHANGED = b"\n% changed\n"
_ANSWERS = 60
_ROUNDS = 2
_KILOBYTE = 1024


def copied(folders: list[Path], corpus: Path, times: int) -> None:
    """Make a corpus of every PDF *times* 1."""
    corpus.mkdir(parents=True)
    for path in sorted(path for folder in folders for path in folder.rglob("*.pdf")):
        content = path.read_bytes()
        for copy in range(times):
            name = f"{path.stem}{COPY}{copy:03}.pdf"
            (corpus / name).write_bytes(content + b"\n%% copy %d\n" % copy)


def refreshed(corpus: Path, home: Path, readings: Path) -> dict[str, Any]:
    """Refresh once, and tell pages, chunks, processor seconds and the peak of this process."""
    from index.refresh.refresh import carry_out
    from index.refresh.resources import Resources
    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Document, Edition, hash_of
    from ingest.reading import read_each

    spent = {"reading": 0.0}

    def reading(files: Mapping[str, Path]) -> Iterator[tuple[str, EditionText | UnreadablePdf]]:
        copies: dict[str, list[str]] = {}
        for digest, path in files.items():
            copies.setdefault(path.name.rpartition(COPY)[0], []).append(digest)
        once = {digests[0]: files[digests[0]] for digests in copies.values()}
        began = _busy()
        for name, text in read_each(_as_first(once, readings), cache=readings, with_ocr=False):
            spent["reading"] += _busy() - began
            yield from ((digest, text) for digest in copies[name])
            began = _busy()

    began = _busy()
    # As a catalog lists them: files that none lists are looked into for their titles and dates.
    listed = Catalog(
        tuple(
            Edition(Document(path.stem, path.stem), "1", path=path.name, sha256=hash_of(path))
            for path in sorted(corpus.glob("*.pdf"))
        )
    )
    report = carry_out(listed, Resources(corpus, home, reading))
    return {
        "pages": report.pages,
        "chunks": report.chunks,
        "cpu_s": round(_busy() - began - spent["reading"], 1),
        "peak_mb": _peak(),
    }


def multiplied(single: Path, home: Path, times: int) -> dict[str, Any]:
    """Make a home with every document of another *times* 1, as a refresh would."""
    import numpy as np

    from index.generations import manifests, pointers
    from index.search import lexical_indexes, parts, tallies

    former = manifests.folder_of(single, str(pointers.current(single)))
    manifest = manifests.read_manifest(former)
    folder = manifests.folder_of(home, "g000001")
    places = (
        manifests.text_of, manifests.sentences_of, manifests.parts_of, manifests.tally_of,
        manifests.embedded_of,
    )  # fmt: skip
    editions, page_counts = [], {}
    for edition in manifest.editions:
        for copy in range(times):
            digest = sha256(f"{edition.sha256} {copy}".encode()).hexdigest()
            document = replace(edition.document, id=f"{edition.document.id}{COPY}{copy:03}")
            editions.append(replace(edition, sha256=digest, document=document))
            page_counts[digest] = manifest.page_counts[str(edition.sha256)]
            for place in places:
                if place(former, edition).exists():
                    target = place(folder, editions[-1])
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(place(former, edition), target)
    shutil.copytree(former / "embedder", folder / "embedder")
    shutil.copyfile(former / "glossary.toml", folder / "glossary.toml")
    began = _busy()
    table = parts.tabled(editions, [manifests.parts_of(folder, e) for e in editions])
    np.save(folder / parts.TABLE, table)
    lexical_indexes.build(
        folder, lambda kind: (tallies.load(manifests.tally_of(folder, e), kind) for e in editions)
    )
    made = replace(
        manifest, id="g000001", editions=tuple(editions), pages=manifest.pages * times,
        chunks=len(table), page_counts=page_counts, files=manifests.hashed(folder),
    )  # fmt: skip
    manifests.write_manifest(made, folder)
    spent = _busy() - began
    pointers.publish(home, "g000001")
    return {
        "pages": made.pages,
        "chunks": made.chunks,
        "cpu_s": round(spent, 1),
        "peak_mb": _peak(),
    }


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTE)


def _as_first(files: Mapping[str, Path], readings: Path) -> Mapping[str, Path]:
    """Return the same documents as their first copies, by name, which *readings* may hold."""
    found: dict[str, Path] = {}
    for path in files.values():
        original = path.name.rpartition(COPY)[0]
        first = readings / "first" / f"{original}.pdf"
        if not first.exists():
            first.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, first)
        found[original] = first
    return found


def served(home: Path, questions: Path) -> dict[str, Any]:
    """Start, answer and search; tell how long it took and what is resident."""
    from bot.answers import Question
    from index.passages import Filters
    from tebiki.building import build
    from tebiki.settings import settings

    asked = [
        json.loads(line)["question"] for line in questions.read_text("utf-8").splitlines() if line
    ]
    imported, busy = time.perf_counter(), time.process_time()
    parts = build(settings({}, home))
    generation = parts.generation()
    generation.retrieve(asked[0], k=10, filters=Filters())
    told: dict[str, Any] = {
        "ready_s": round(time.perf_counter() - BEGAN, 2),
        "ready_cpu_s": round(time.process_time(), 3),
        "opened_s": round(time.perf_counter() - imported, 3),
        "opened_cpu_s": round(time.process_time() - busy, 3),
        "resident_when_ready_mb": resident()["Rss"],
    }
    for text in asked[:_ANSWERS]:
        parts.answerer.answer(Question(text, text))
    held = resident()
    told["resident_mb"] = held["Rss"]
    told["own_mb"] = held["Private_Dirty"]
    took = [1e9] * len(asked)
    for _ in range(1 + _ROUNDS):
        for at, text in enumerate(asked):
            began = time.process_time()
            generation.retrieve(text, k=24, filters=Filters())
            took[at] = min(took[at], (time.process_time() - began) * 1000)
    took.sort()
    told["search_p50_ms"] = round(took[len(took) // 2], 2)
    told["search_p95_ms"] = round(took[int(len(took) * 0.95)], 2)
    return told


def resident() -> dict[str, int]:
    """Return what of this process lies in memory, in MB, by the kernel's names."""
    lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]
    pairs = (line.split()[:2] for line in lines)
    return {name.rstrip(":"): round(int(kilobytes) / _KILOBYTE) for name, kilobytes in pairs}


def disk(home: Path) -> dict[str, float]:
    """Return the megabytes of a home but for the PDFs and what measuring keeps, by folder."""
    sizes: dict[str, float] = {}
    seen: set[int] = set()
    for path in home.rglob("*"):
        parts = path.relative_to(home).parts
        state = path.stat()
        if path.is_file() and parts[0] != "pdfs" and state.st_ino not in seen:
            seen.add(state.st_ino)
            name = parts[2] if parts[0] == "generations" else parts[0]
            sizes[name] = sizes.get(name, 0.0) + state.st_blocks * 512 / 1e6
    return {name: round(size, 1) for name, size in sorted(sizes.items())}


def _busy() -> float:
    """Return the processor seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _apart(step: str, given: argparse.Namespace, times: int) -> dict[str, Any]:
    """Take one step in a process of its own, whose memory is nobody else's."""
    command = [
        sys.executable, __file__, "--pdfs", *map(str, given.pdfs), "--questions",
        str(given.questions), "--work", str(given.work), "--times", str(times), "--step", step,
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measured(given: argparse.Namespace, times: int) -> dict[str, Any]:
    """Return everything that is measured of one size."""
    work = given.work / f"times-{times}"
    made = work / "made.json"
    if not made.exists():
        shutil.rmtree(work, ignore_errors=True)
        told: dict[str, Any] = {}
        if times == 1 or given.copy_pdfs:
            copied(given.pdfs, work / "corpus", times)
            told["made"] = _apart("refresh", given, times)
        else:
            told["made"] = _apart("multiply", given, times)
        told["disk_mb"] = disk(work / "home")
        pages = told["made"]["pages"]
        told["disk_mb_per_1000_pages"] = round(1000 * sum(told["disk_mb"].values()) / pages, 1)
        if (work / "corpus").exists():
            changed = sorted((work / "corpus").glob("*.pdf"))[7]
            changed.write_bytes(changed.read_bytes() + CHANGED)
            told["one_changed"] = _apart("refresh", given, times)
        made.write_text(json.dumps(told), "utf-8")
    kept: dict[str, Any] = json.loads(made.read_text("utf-8"))
    return kept | {"serving": _apart("serve", given, times)}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pdfs", type=Path, nargs="+", required=True)
    asked.add_argument("--questions", type=Path, required=True)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--times", type=int, nargs="+", default=[1, 16])
    asked.add_argument("--copy-pdfs", action="store_true")
    asked.add_argument("--step", choices=("refresh", "multiply", "serve"), help=argparse.SUPPRESS)
    given = asked.parse_args()
    work = given.work / f"times-{given.times[0]}"
    if given.step == "refresh":
        told = refreshed(work / "corpus", work / "home", given.work / "readings")
    elif given.step == "multiply":
        told = multiplied(given.work / "times-1" / "home", work / "home", given.times[0])
    elif given.step == "serve":
        told = served(work / "home", given.questions)
    else:
        told = {str(times): measured(given, times) for times in given.times}
        first, last = told[str(given.times[0])]["serving"], told[str(given.times[-1])]["serving"]
        told["ratios"] = {name: round(last[name] / first[name], 2) for name in first if first[name]}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
