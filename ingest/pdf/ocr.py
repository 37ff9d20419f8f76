"""Pages and pictures without usable text, read by tesseract where it is installed."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import OcrFailed

if TYPE_CHECKING:
    from PIL.Image import Image

OCR_VERSION = "1"
"""Changes when the same picture would be read differently; part of the cache's names."""

DPI = 200
ADVICE = "apt-get install tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert"
MISSING = (
    f"Scans, garbled pages and text in pictures stay unread: tesseract is not installed ({ADVICE})."
)
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


@dataclass(frozen=True, slots=True)
class Word:
    """A word as tesseract saw it, in pixels from the upper left corner of the picture.

    *line* numbers the line it stands on; *top* and *bottom* are that line's, so that the words
    of a line are equally high (for vertical text *left* and *right* are). *confidence* is from
    0 to 100.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    line: int
    confidence: float
    vertical: bool = False


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


def installed() -> bool:
    """Whether Japanese pages can be read."""
    return "jpn" in languages()


def reads_with() -> str:
    """Name what pictures are read with: the version and the languages; empty without Japanese.

    It is part of what a reading is kept under, so that a language installed later counts.
    """
    found = sorted(languages() & {"jpn", "jpn_vert"})
    return "+".join([OCR_VERSION, *found]) if installed() else ""


def missing() -> str:
    """Say in a line what is not read here and what would install it; empty where nothing lacks."""
    if not installed():
        return MISSING
    return "" if "jpn_vert" in languages() else UPRIGHT_ONLY


@dataclass(frozen=True, slots=True)
class Ocr:
    """Reads pictures. What was read once is kept in the *kept* folder by the picture's hash."""

    kept: Path | None = None
    timeout_s: float = 90.0

    def words(self, picture: Image, *, sparse: bool = False) -> tuple[Word, ...]:
        """Return the words of a picture of `DPI` dots an inch, line by line.

        Horizontal Japanese is tried first, vertical where that is unsure of itself. *sparse*
        looks for scattered words (a chart) instead of a page.

        Raises:
            OcrFailed: tesseract is not installed, took too long or broke down.
        """
        png = _png(picture)
        across = self._read(png, "jpn", 11 if sparse else 3)
        if sparse or "jpn_vert" not in languages() or certainty(across) > 2 * _SURE:
            return _sure(across)
        down = self._read(png, "jpn_vert", 5)
        if certainty(down) > _VERTICAL_GAIN * certainty(across):
            return _sure(down)
        return _sure(across)

    def turn(self, picture: Image) -> int:
        """By how many degrees clockwise a picture is turned so that its text stands upright.

        0, 90, 180 or 270; 0 too where tesseract is unsure, or cannot tell.
        """
        if "osd" not in languages():
            return 0
        try:
            said = _ORIENTATION.search(self._kept(_png(picture), "osd", 0))
        except OcrFailed:
            return 0  # it says so of pictures with hardly any text
        return int(said[1]) if said and float(said[2]) >= _SURE_OF_TURN else 0

    def _read(self, png: bytes, language: str, segmentation: int) -> tuple[Word, ...]:
        table = self._kept(png, language, segmentation)
        return _parsed(table, vertical=language == "jpn_vert")

    def _kept(self, png: bytes, language: str, segmentation: int) -> str:
        """What tesseract says of a picture, or said when it was asked before."""
        if self.kept is None:
            return self._run(png, language, segmentation)
        name = f"{sha256(png).hexdigest()[:32]}-{language}-{segmentation}-{OCR_VERSION}.tsv"
        place = self.kept / name
        try:
            table = place.read_text(encoding="utf-8")
        except FileNotFoundError:
            table = self._run(png, language, segmentation)
            self.kept.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.kept)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(table)
            Path(draft).replace(place)
        return table

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


def certainty(words: tuple[Word, ...]) -> float:
    """The mean confidence over all characters, 0 where there are none."""
    weight = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / weight if weight else 0.0


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
