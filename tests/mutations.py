"""Broken PDFs by the thousand, each the same on every run: ``python -m tests.mutations``.

Every file is made from one of our own PDFs and a number. Reading them must never crash the
process that asked, never take longer or more memory than it is given, and always say which
files could not be read.
"""

from __future__ import annotations

import random
import re
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

from ingest.errors import UnreadablePdf
from ingest.reading import Bounds, read_all
from tests.pdfs import Sheet, made

BOUNDS = Bounds(timeout_s=20.0, ocr_page_s=0.0, memory_mb=1_024)


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
    return re.sub(
        rb"<<[^>]*/Length \d+[^>]*>>\s*stream.*?endstream",
        lambda _: stream,
        whole,
        count=1,
        flags=re.DOTALL,
    )


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


def main(count: int) -> None:
    """Read *count* broken files made from the starter corpus and say what became of them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = make(sources(), folder, count)
        began = time.monotonic()
        found = read_all(files, cache=folder / "cache", with_ocr=False, bounds=BOUNDS)
        seconds = time.monotonic() - began
    refused = [one for one in found.values() if isinstance(one, UnreadablePdf)]
    reasons = Counter(re.sub(r"[\d,]+", "N", one.reason) for one in refused)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    sys.stdout.write(
        f"{count} files in {seconds:.0f} s: {count - len(refused)} read, {len(refused)} named;"
        f" largest process {peak} MB\n"
    )
    for reason, times in reasons.most_common():
        sys.stdout.write(f"{times:5} {reason}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
