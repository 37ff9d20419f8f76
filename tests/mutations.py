"""Broken PDFs by the thousand, each the same on every run: ``python -m tests.mutations``.

Every file is made from one of our own PDFs and a number. Reading them must never crash the
process that asked, never take longer or more memory than it is given, and always say which
files could not be read.
"""

from __future__ import annotations

import os
import random
import re
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import UnreadablePdf
from ingest.file_facts import facts_of
from ingest.pdf import ocr_engines, tesseract
from ingest.reading import read_each
from ingest.reading_processes import Bounds
from tests.pdfs import Sheet, made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.reading_processes import Progress

BOUNDS = Bounds(timeout_s=20.0, ocr_page_s=0.0, memory_mb=1_024)
_START_S = 60.0
"""What a busy machine may take besides, to start a process and to find that one has overrun."""


def mutated(whole: bytes, seed: int) -> bytes:
    """Return *whole* broken in the way that *seed* chooses."""
    chance = random.Random(seed)  # noqa: S311 - the same files on every run
    ways = (_flipped, _cut, _doubled, _nested, _many_pages, _huge_page, _bomb, _renumbered, _noise)
    return ways[seed % len(ways)](whole, chance)


def _flipped(whole: bytes, chance: random.Random) -> bytes:
    """Change single bytes, from one to one in a hundred."""
    said = bytearray(whole)
    for _ in range(chance.choice((1, 10, 100, len(whole) // 100 + 1))):
        said[chance.randrange(8, len(said))] = chance.randrange(256)
    return bytes(said)


def _cut(whole: bytes, chance: random.Random) -> bytes:
    """End anywhere, sometimes with the end of a whole file behind."""
    short = whole[: chance.randrange(16, len(whole))]
    return short + (b"\n%%EOF\n" if chance.random() < 0.5 else b"")


def _doubled(whole: bytes, chance: random.Random) -> bytes:
    """Insert objects a second time, in other places."""
    objects = re.findall(rb"\d+ 0 obj.*?endobj\n?", whole, re.DOTALL)
    said = whole
    for _ in range(chance.randrange(1, 20)):
        at = chance.randrange(16, len(said))
        said = said[:at] + (chance.choice(objects) if objects else b"1 0 obj\nendobj\n") + said[at:]
    return said


def _nested(whole: bytes, chance: random.Random) -> bytes:
    """Put arrays in arrays, thousands deep, where an object was."""
    depth = chance.choice((100, 5_000, 100_000))
    deep = b"[" * depth + b"]" * depth
    if chance.random() < 0.5:
        deep = b"<< /A " * depth + b"1" + b" >>" * depth
    return re.sub(rb"/Kids\s*\[", b"/Deep " + deep + b" /Kids [", whole, count=1)


def _many_pages(whole: bytes, chance: random.Random) -> bytes:
    """Claim pages that are not there, or the same one many times."""
    if chance.random() < 0.5:
        return re.sub(rb"/Count \d+", b"/Count %d" % chance.choice((-1, 10**6, 2**31)), whole)
    again = re.search(rb"/Kids\s*\[\s*(\d+ 0 R)", whole)
    more = (again.group(1) + b" ") * chance.choice((1_000, 25_000)) if again else b""
    return re.sub(rb"/Kids\s*\[", b"/Kids [" + more, whole, count=1)


def _huge_page(whole: bytes, chance: random.Random) -> bytes:
    """Make pages kilometres large, upside down or without any size."""
    size = chance.choice((b"0 0 1e9 1e9", b"0 0 0 0", b"1e30 0 -1e30 5", b"0 0 nan 1"))
    return re.sub(rb"/MediaBox\s*\[[^\]]*\]", b"/MediaBox [" + size + b"]", whole)


def _bomb(whole: bytes, chance: random.Random) -> bytes:
    """Let a page's stream unpack into hundreds of megabytes."""
    unit = chance.choice((b" ", b"q ", b"0 0 m 9 9 l S ", b"BT (A) Tj ET "))
    megabytes = chance.choice((10, 100, 400))
    packer = zlib.compressobj(9)
    packed = packer.compress(b"")
    part = unit * (1_000_000 // len(unit))
    for _ in range(megabytes):
        packed += packer.compress(part)
    packed += packer.flush()
    stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(packed), packed)
    pages = re.findall(rb"/Contents \[?\s*(\d+) 0 R", whole)
    number = chance.choice(pages)
    drawing = rb"(?<=\b%b 0 obj)\s*<<(?:(?!endobj).)*?stream.*?endstream" % number
    said, count = re.subn(drawing, lambda _: b"\n" + stream, whole, count=1, flags=re.DOTALL)
    if not count:
        raise ValueError("no page draws with that stream, so nothing would burst")
    return said


def _renumbered(whole: bytes, chance: random.Random) -> bytes:
    """Let references lead to other objects, also in circles."""
    return re.sub(
        rb"(\d+) 0 R",
        lambda found: (
            b"%d 0 R" % chance.randrange(1, 40) if chance.random() < 0.2 else found.group()
        ),
        whole,
    )


def _noise(whole: bytes, chance: random.Random) -> bytes:
    """Replace a stretch by noise."""
    at = chance.randrange(16, len(whole))
    return whole[:at] + chance.randbytes(chance.randrange(1, 4_000)) + whole[at + 2_000 :]


def make(sources: list[bytes], folder: Path, count: int, first: int = 0) -> dict[str, Path]:
    """Write *count* broken files and return them by name."""
    files: dict[str, Path] = {}
    for seed in range(first, first + count):
        path = folder / f"{seed:05}.pdf"
        path.write_bytes(mutated(sources[seed % len(sources)], seed))
        files[path.stem] = path
    return files


def sources() -> list[bytes]:
    """The starter corpus, and a plain file whose every object can be reached by a mutation."""
    starter = sorted((Path(__file__).parents[1] / "corpus" / "starter").glob("*.pdf"))
    rows = [["方式", "補助対象"], ["方式Ａ", "対象外"], ["方式Ｂ", "対象"]]
    sheets = [
        Sheet().say(f"{at}枚目の本文である。", 72, 700).table(72, 600, [90, 90], 24, rows)
        for at in range(4)
    ]
    return [*(path.read_bytes() for path in starter), made(sheets, outline=[("表", 2)])]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of broken files: *wrong* says in sentences what must not happen and did."""

    read: int
    refused: tuple[UnreadablePdf, ...]
    seconds: float
    longest_s: float
    peak_mb: int
    wrong: tuple[str, ...]


def put(
    files: Mapping[str, Path], look: Callable[[Callable[[Progress], None]], Mapping[str, object]]
) -> Outcome:
    """Have *look* read the files, and hold what it returns against what is promised.

    *look* tells its progress; between two files no more time may pass than one is given, and a
    minute for a new process to start on a busy machine.
    """
    began = last = time.monotonic()
    longest = 0.0

    def told(progress: Progress) -> None:
        nonlocal last, longest
        if progress.finished:
            longest, last = max(longest, time.monotonic() - last), time.monotonic()

    found = look(told)
    seconds = time.monotonic() - began
    refused = tuple(one for one in found.values() if isinstance(one, UnreadablePdf))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    wrong = [f"{name} has no outcome" for name in files if name not in found]
    wrong += [
        f"{name} is not named: {one}"
        for name, one in found.items()
        if isinstance(one, UnreadablePdf) and str(files[name]) not in str(one)
    ]
    if longest > BOUNDS.timeout_s + _START_S:
        wrong.append(f"{longest:.0f} s passed without a file done; bound {BOUNDS.timeout_s:.0f} s")
    if peak > BOUNDS.memory_mb:
        wrong.append(f"a process took {peak} MB; bound {BOUNDS.memory_mb} MB")
    return Outcome(len(found) - len(refused), refused, seconds, longest, peak, tuple(wrong))


def pretended(folder: Path) -> None:
    """Put a tesseract first on the path that sees the same word in every picture."""
    programs = folder / "programs"
    programs.mkdir()
    names = "level page_num block_num par_num line_num word_num left top width height conf text"
    row = "5 1 1 1 1 1 10 10 300 40 95 手引"
    program = programs / "tesseract"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --list-langs ]; then printf "List:\\njpn\\njpn_vert\\n"; exit; fi\n'
        "cat > /dev/null\n"
        f"printf '{names}\\n{row}\\n' | tr ' ' '\\t'\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    ocr_engines.want("tesseract")
    tesseract.languages.cache_clear()


def main(count: int, *only: str) -> int:
    """Read *count* broken files made from the starter corpus and say what became of them.

    Three times: their text, their text with a pretended OCR, and what they say about
    themselves; or *only* those of the three. Returns how many promises were broken.
    """
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = make(sources(), folder, count)
        pretended(folder)
        passes: dict[str, Callable[[Callable[[Progress], None]], Mapping[str, object]]] = {
            "text": lambda told: dict(
                read_each(files, cache=folder / "c", with_ocr=False, bounds=BOUNDS, progress=told)
            ),
            "text and OCR": lambda told: dict(
                read_each(files, cache=folder / "c", with_ocr=True, bounds=BOUNDS, progress=told)
            ),
            "facts": lambda _: facts_of(files, bounds=BOUNDS),
        }
        for name in only or passes:
            look = passes[name]
            outcome = put(files, look)
            sys.stdout.write(
                f"{name}: {count} files in {outcome.seconds:.0f} s, {outcome.read} read,"
                f" {len(outcome.refused)} named; longest {outcome.longest_s:.1f} s (bound"
                f" {BOUNDS.timeout_s:.0f}), largest process {outcome.peak_mb} MB (bound"
                f" {BOUNDS.memory_mb})\n"
            )
            reasons = Counter(re.sub(r"[\d,]+", "N", one.reason) for one in outcome.refused)
            for reason, times in reasons.most_common():
                sys.stdout.write(f"{times:5} {reason}\n")
            for sentence in outcome.wrong:
                sys.stdout.write(f"WRONG {sentence}\n")
            sys.stdout.flush()
            wrong += len(outcome.wrong)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, *sys.argv[2:]) else 0)
