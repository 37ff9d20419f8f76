"""The engine that reads pictures of text: fetched once, and kept beside the program.

It is PP-OCRv6 small (PaddleOCR, Apache-2.0): two networks that the package rapidocr of the Python
index carries. Only they are kept; neither the package nor what it needs is installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ingest.atomic_files import replacing
from ingest.pdf.ppocr import DETECTOR, KEPT, RECOGNISER, at_hand
from ingest.translations import Bilingual
from tebiki.fetched import PIP, NotFetched, Run, room, run

_PINNED = (
    "rapidocr==3.10.0 "
    "--hash=sha256:2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050\n"
)
_HELD = {
    f"rapidocr/models/{DETECTOR}": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    f"rapidocr/models/{RECOGNISER}": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}


def fetch(told: Callable[[str], None], *, runs: Run = run) -> Path:
    """Fetch the two networks, keep them, and return the folder.

    Raises:
        NotFetched: the Python index does not give them, or they cannot be kept.
    """
    told(
        Bilingual(
            "fetching rapidocr, whose two networks read scans and pictures (27 MB)",
            "スキャンや図の文字を読むためのrapidocr（27MB）を取得しています",
        )
    )
    with room(KEPT.parent) as folder:
        wanted = folder / "wanted.txt"
        wanted.write_text(_PINNED, encoding="utf-8")
        why = runs((*PIP, "--only-binary=:all:", "--dest", str(folder), "-r", str(wanted)), folder)
        for wheel in folder.glob("rapidocr*.whl"):
            return take(wheel)
    raise NotFetched(
        f"What reads scans could not be fetched ({why}). Everything else works, and tesseract reads "
        'them where it is installed. Try again with "tebiki ocr", or name a file that you carried '
        'here: "tebiki ocr rapidocr-3.10.0-py3-none-any.whl".',
        f"スキャンの文字を読む部品を取得できませんでした（{why}）。ほかの機能はそのまま使え、"
        "tesseractがあればスキャンはそれで読みます。「tebiki ocr」で試し直すか、持ち込んだファイルを"
        "「tebiki ocr rapidocr-3.10.0-py3-none-any.whl」で指定してください。",
    )


def take(wheel: Path) -> Path:
    """Keep the two networks of a wheel of rapidocr 3.10.0, and return the folder.

    Raises:
        NotFetched: they are not in it as they should be, or cannot be kept.
    """
    try:
        found = dict(_held_by(wheel))
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as why:
        raise NotFetched(
            f"{wheel}: the networks of PP-OCRv6 are not in it ({why}). "
            "Give the wheel of rapidocr 3.10.0.",
            f"{wheel}: PP-OCRv6が入っていません（{why}）。rapidocr 3.10.0のwheelを指定してください。",
        ) from why
    with room(KEPT.parent):
        KEPT.mkdir(exist_ok=True)
        for name, content in found.items():
            with replacing(KEPT / name) as draft:
                draft.write_bytes(content)
    return KEPT


def _held_by(wheel: Path) -> Iterator[tuple[str, bytes]]:
    with ZipFile(wheel) as packed:
        for name, digest in _HELD.items():
            content = packed.read(name)
            if hashlib.sha256(content).hexdigest() != digest:
                raise ValueError(f"{name} is another one")
            yield Path(name).name, content


__all__ = ["KEPT", "at_hand", "fetch", "take"]
