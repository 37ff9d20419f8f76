"""Pictures read by tesseract, where the system has it."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ingest.errors import OcrFailed
from ingest.pdf.ocr import DPI, Word, certainty

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = "1"
"""Changes when the same picture would be read differently."""

ADVICE = "apt-get install tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert"
UPRIGHT_ONLY = (
    "Scanned vertical text stays unread: tesseract lacks jpn_vert"
    " (apt-get install tesseract-ocr-jpn-vert)."
)

_WORD = "5"
_SURE = 40.0
_VERTICAL_GAIN = 1.15
_ORIENTATION = re.compile(r"Rotate: (\d+)\s+Orientation confidence: ([\d.]+)")
_SURE_OF_TURN = 5.0
# A row of dashes is a rule or the edge of a box; two letters, digits or one kanji say something.
_SAYS = re.compile(r"[一-龥]|[0-9A-Za-zぁ-んァ-ヶ].*[0-9A-Za-zぁ-んァ-ヶ]")


@cache
def languages() -> frozenset[str]:
    """The languages that the installed tesseract reads; empty when it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return frozenset()
    listed = subprocess.run(
        [program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False
    )
    return frozenset(listed.stdout.split()[1:] if listed.returncode == 0 else ())


@dataclass(frozen=True, slots=True)
class Tesseract:
    """Runs the program tesseract, once a picture and language."""

    timeout_s: float = 90.0
    name: ClassVar[str] = "tesseract"
    # Read so surely, a page does not stand on its head.
    well_read: ClassVar[float] = 60.0

    @property
    def reads_with(self) -> str:
        """The version and the languages; empty without Japanese."""
        found = sorted(languages() & {"jpn", "jpn_vert"})
        return "+".join([VERSION, *found]) if "jpn" in found else ""

    @property
    def lacking(self) -> str:
        """Vertical text, where its language is not installed."""
        return "" if "jpn_vert" in languages() else UPRIGHT_ONLY

    def words(self, picture: Image, *, sparse: bool = False) -> tuple[Word, ...]:
        """As `ocr.Engine.words`; vertical Japanese is tried where horizontal is unsure of itself."""
        png = _png(picture)
        across = self._read(png, "jpn", 11 if sparse else 3)
        if sparse or "jpn_vert" not in languages() or certainty(across) > 2 * _SURE:
            return _sure(across)
        down = self._read(png, "jpn_vert", 5)
        if certainty(down) > _VERTICAL_GAIN * certainty(across):
            return _sure(down)
        return _sure(across)

    def turn(self, picture: Image) -> int:
        """As `ocr.Engine.turn`."""
        if "osd" not in languages():
            return 0
        try:
            said = _ORIENTATION.search(self._run(_png(picture), "osd", 0))
        except OcrFailed:
            return 0  # it says so of pictures with hardly any text
        return int(said[1]) if said and float(said[2]) >= _SURE_OF_TURN else 0

    def _read(self, png: bytes, language: str, segmentation: int) -> tuple[Word, ...]:
        table = self._run(png, language, segmentation)
        return _parsed(table, vertical=language == "jpn_vert")

    def _run(self, png: bytes, language: str, segmentation: int) -> str:
        if language not in languages():
            raise OcrFailed(f"tesseract cannot read {language}; install it: {ADVICE}")
        program = shutil.which("tesseract") or "tesseract"
        command = [program, "stdin", "stdout", "-l", language, "--psm", str(segmentation)]
        command += ["--dpi", str(DPI), *(["tsv"] if segmentation else [])]
        try:
            done = subprocess.run(
                command,
                input=png,
                capture_output=True,
                timeout=self.timeout_s,
                check=True,
                # Its threads fight each other: one page is no faster with two.
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        except subprocess.TimeoutExpired as error:
            raise OcrFailed(f"tesseract took longer than {self.timeout_s:g} s") from error
        except (OSError, subprocess.CalledProcessError) as error:
            raise OcrFailed(f"tesseract broke down ({error})") from error
        return done.stdout.decode("utf-8", "replace")


def _png(picture: Image) -> bytes:
    png = BytesIO()
    picture.convert("L").save(png, "PNG", compress_level=1)
    return png.getvalue()


def _parsed(table: str, *, vertical: bool) -> tuple[Word, ...]:
    """Read tesseract's table: one row a word, with its line and box."""
    rows = [
        row
        for row in csv.DictReader(StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
        if row["level"] == _WORD and (row["text"] or "").strip()
    ]
    lines: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in rows:
        lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
    words: list[Word] = []
    for number, members in enumerate(lines.values()):
        box = np.array(
            [[float(row[name]) for name in ("left", "top", "width", "height")] for row in members]
        )
        box[:, 2:] += box[:, :2]
        if vertical:
            box[:, 0], box[:, 2] = box[:, 0].min(), box[:, 2].max()
        else:
            # Half of a line's words decide: one that swallowed a rule or a figure does not.
            box[:, 1], box[:, 3] = np.percentile(box[:, 1], 25), np.percentile(box[:, 3], 75)
        words.extend(
            Word(
                row["text"].strip(), left, top, right, bottom, number, float(row["conf"]), vertical
            )
            for row, (left, top, right, bottom) in zip(members, box.tolist(), strict=True)
        )
    return tuple(words)


def _sure(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words of lines that say something, and that tesseract is sure enough of on the whole."""
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    return tuple(
        word
        for line in lines.values()
        if certainty(tuple(line)) >= _SURE and _SAYS.search("".join(word.text for word in line))
        for word in line
        if word.bottom > word.top and word.right > word.left
    )
