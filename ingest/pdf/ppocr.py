"""PP-OCRv6 small: two networks that find lines on a picture and read them, driven by ONNX Runtime.

The first says of each pixel how surely it lies in the core of a line of text (Liao et al., "Real-time
Scene Text Detection with Differentiable Binarization", AAAI 2020); the second gives for each step
along a line how likely each character is (CTC: Graves et al., ICML 2006). Both are made by PaddleOCR
(Apache-2.0); `tebiki ocr` fetches them. What is made of their numbers is here.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image

from ingest.errors import OcrFailed
from ingest.pdf.ocr import Word, certainty
from ingest.pdf.text_lines import Span, decoded, in_katakana, spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

VERSION = "2"
"""Changes when the same picture would be read differently."""

KEPT = Path(sys.prefix, "share", "tebiki", "ppocr")
"""Where the two networks are kept once they were fetched: beside the program."""

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

# Pixels of the picture's longer side when lines are looked for; the network halves five times.
_LONGEST, _MULTIPLE = 1_120, 32
# Lines are read at this height.
_HEIGHT, _NARROWEST, _WIDEST = 48, 64, 4_800
# How much of a widened line its characters fill; in sizes of a character, how far one reaches from
# its middle, and what is empty between two words or figures. Measured on four pages of print.
_FILLED, _LEAST_FILLED, _FEW = 0.68, 0.6, 3
_WIDE_REACH, _NARROW_REACH = 0.5, 0.28
_APART, _FIGURES_APART = 0.45, 0.3
_FIRST_WIDE = 0x2E80
_DOUBTFUL = 2.5
_SURE, _SURE_OF_TURN, _SAMPLE, _GLANCE = 55.0, 1.1, 6, 12
_MARKS = frozenset("○◯◎●△▲×✓☑☐□■")
_KANJI = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
# Not in JIS X 0208, and in many names all the same.
_IN_NAMES = "髙﨑"


def at_hand() -> Path | None:
    """Return the folder of the two networks, or None where they are not installed."""
    return KEPT if all((KEPT / one).is_file() for one in (DETECTOR, RECOGNISER)) else None


@dataclass(frozen=True, slots=True)
class Ppocr:
    """Reads with the two networks of `KEPT`, in one thread of this process."""

    name: ClassVar[str] = "ppocr"
    lacking: ClassVar[str] = ""
    well_read: ClassVar[float] = 92.0

    @property
    def reads_with(self) -> str:
        """The version; empty where the networks or what runs them are missing."""
        return VERSION if at_hand() else ""

    def words(self, picture: Image.Image, *, sparse: bool = False) -> tuple[Word, ...]:
        """As `ocr.Engine.words`; scattered words and pages are found alike."""
        del sparse
        found: list[Word] = []
        for number, span in enumerate(_found(picture)):
            line = _read(picture, span, number)
            said = "".join(word.text for word in line)
            says = any(one.isalnum() or one in _MARKS for one in said)
            if says and certainty(line) >= _SURE:
                found.extend(line)
        return tuple(found)

    def turn(self, picture: Image.Image) -> int:
        """As `ocr.Engine.turn`: the beginnings of a few lines are read in every way they may lie."""
        lines = sorted(_found(picture), key=lambda one: one.begin - one.end)[:_SAMPLE]
        columns = sum(one.column for one in lines) > len(lines) / 2
        cuts = [
            _cut(picture, one.begun(_GLANCE * one.height)) for one in lines if one.column == columns
        ]
        if not cuts:
            return 0
        as_cut, over = (_glance(cuts), _glance(one.rotate(180) for one in cuts))
        if over.sure > _SURE_OF_TURN * as_cut.sure:
            return 90 if columns else 180
        # Columns are vertical text, or lines that run down a page on its side.
        if columns and not as_cut.alike(_glance(map(_unstacked, cuts))):
            return 270
        return 0


@dataclass(frozen=True, slots=True)
class _Glance:
    """What some lines say, and how surely they were read on the whole, from 0 to 1."""

    text: str
    sure: float

    def alike(self, other: _Glance) -> bool:
        """Whether half of the characters are the same ones."""
        common = Counter(self.text) & Counter(other.text)
        return 2 * common.total() >= len(self.text)


def _glance(cuts: Iterable[Image.Image]) -> _Glance:
    read = [_said(cut) for cut in cuts]
    sure = np.concatenate([one[2] for one in read])
    return _Glance("".join(one[0] for one in read), float(sure.mean()) if len(sure) else 0.0)


def _unstacked(line: Image.Image) -> Image.Image:
    """A column that lies on its side, its characters stood upright one beside the other."""
    middles = _said(line)[1] * line.width
    size = line.height
    made = Image.new("RGB", (max(1, len(middles)) * size, size), "white")
    for at, middle in enumerate(middles.tolist()):
        left = round(middle - size / 2)
        made.paste(line.crop((left, 0, left + size, size)).rotate(-90), (at * size, 0))
    return made


@cache
def networks() -> tuple[Any, Any, NDArray[np.int64], tuple[str, ...]]:
    """The detector, the recogniser, which of its answers count, and what they stand for.

    Raises:
        OcrFailed: they are not installed, or broken.
    """
    folder = at_hand()
    if folder is None:
        raise OcrFailed('PP-OCR is not installed; "tebiki ocr" fetches it')
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Pictures differ in size: what one needed is given back before the next.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    try:
        detector, recogniser = (
            onnxruntime.InferenceSession(folder / one, options, ["CPUExecutionProvider"])
            for one in (DETECTOR, RECOGNISER)
        )
        listed = recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
    except Exception as problem:  # its exceptions have no common parent but this
        raise OcrFailed(f"PP-OCR cannot be loaded ({problem})") from problem
    # The first answer is "no character", the last a blank.
    characters = [*listed, " "]
    counted = [at for at, one in enumerate(characters) if is_japanese_type(one)]
    return (
        detector, recogniser, np.array([0, *(at + 1 for at in counted)]),
        tuple(characters[at] for at in counted),
    )  # fmt: skip


def is_japanese_type(character: str) -> bool:
    """Whether a character stands in Japanese documents: kanji of JIS X 0208, others of 0213.

    The network knows simplified and older forms of kanji too, and takes one for the other.
    """
    kanji = any(first <= ord(character) <= last for first, last in _KANJI)
    try:
        character.encode("shift_jis" if kanji else "euc_jis_2004")
    except UnicodeEncodeError:
        return character in _IN_NAMES
    return True


def _found(picture: Image.Image) -> list[Span]:
    """Where lines of text stand on a picture."""
    share = min(1.0, _LONGEST / max(picture.size))
    width, height = (
        max(_MULTIPLE, round(one * share / _MULTIPLE) * _MULTIPLE) for one in picture.size
    )
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    likely = _asked(networks()[0], small)[0]
    return spans(likely, (picture.width / width, picture.height / height))


def _asked(network: Any, picture: Image.Image) -> NDArray[np.float32]:  # noqa: ANN401 - untyped
    """What a network makes of a picture, its values from -1 to 1 and blue first.

    Raises:
        OcrFailed: it broke down, mostly for want of memory.
    """
    values = np.asarray(picture, np.float32)[:, :, ::-1] / 127.5 - 1.0
    try:
        (answer,) = network.run(None, {"x": np.ascontiguousarray(values.transpose(2, 0, 1)[None])})
    except Exception as problem:  # its exceptions have no common parent but this
        raise OcrFailed(f"PP-OCR broke down ({problem})") from problem
    first: NDArray[np.float32] = answer[0]
    return first


def _cut(picture: Image.Image, span: Span) -> Image.Image:
    """A line cut out of a picture, straight and lying, as high as it is read."""
    long, high = max(1, round(span.end - span.begin)), max(1, round(span.height))
    first = span.low - span.slope * long / 2
    size = (high, long) if span.column else (long, high)
    across = (1.0, span.slope, first) if span.column else (1.0, 0.0, span.begin)
    down = (0.0, 1.0, span.begin) if span.column else (span.slope, 1.0, first)
    line = picture.transform(
        size, Image.Transform.AFFINE, (*across, *down), Image.Resampling.BILINEAR, fillcolor="white"
    )
    return line.rotate(90, expand=True) if span.column else line


def _scaled(line: Image.Image) -> Image.Image:
    width = min(_WIDEST, max(_NARROWEST, round(line.width * _HEIGHT / line.height)))
    return line.resize((width, _HEIGHT), Image.Resampling.BILINEAR)


def _said(line: Image.Image) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
    """What a lying line says, the share of its length before each character's middle, and how sure."""
    _, recogniser, counted, characters = networks()
    chances = _asked(recogniser, _scaled(line))
    text, middles, sure = decoded(chances[:, counted], characters)
    return in_katakana(text), middles / len(chances), sure


def _read(picture: Image.Image, span: Span, number: int) -> tuple[Word, ...]:
    """The words of a line, each with the places of its characters.

    What is hardly higher than wide may be a narrow figure as well as two characters of a column.
    """
    found = _words(picture, span, number)
    if span.column and span.end - span.begin < _DOUBTFUL * span.height:
        row = Span(span.low, span.high, span.begin, span.end)
        return max(found, _words(picture, row, number), key=certainty)
    return found


def _words(picture: Image.Image, span: Span, number: int) -> tuple[Word, ...]:
    text, middles, sure = _said(_cut(picture, span))
    middles = span.begin + middles * (span.end - span.begin)
    reach = np.array([_WIDE_REACH if ord(one) >= _FIRST_WIDE else _NARROW_REACH for one in text])
    high = span.height * _FILLED
    if len(text) > _FEW:
        usual = float(np.median(np.diff(middles) / (reach[1:] + reach[:-1])))
        high = min(max(usual, _LEAST_FILLED * span.height), span.height)
    between = (middles[1:] + middles[:-1]) / 2
    begins = np.maximum(middles - reach * high, np.concatenate([[span.begin], between]))
    ends = np.minimum(middles + reach * high, np.concatenate([between, [span.end]]))
    # Figures of an axis may be found as one line; the network tells no blank between them.
    figure = np.array([one.isdigit() for one in text], bool)
    least = np.where(figure[1:] & figure[:-1], _FIGURES_APART, _APART)
    apart = np.flatnonzero(begins[1:] - ends[:-1] > least * high) + 1
    blank = np.array([at for at, one in enumerate(text) if one == " "], int)
    edges = np.unique(np.concatenate([[0, len(text)], apart, blank, blank + 1])).tolist()
    found: list[Word] = []
    for first, last in pairwise(edges):
        if text[first:last].strip():
            places = zip(begins[first:last].tolist(), ends[first:last].tolist(), strict=True)
            certain = 100 * float(sure[first:last].mean())
            found.append(_word(span, text[first:last], tuple(places), certain, number))
    return tuple(found)


def _word(
    span: Span, text: str, places: tuple[tuple[float, float], ...], sure: float, number: int
) -> Word:
    first, last = places[0][0], places[-1][1]
    off = span.slope * ((first + last) / 2 - (span.begin + span.end) / 2)
    spare = span.height * (1 - _FILLED) / 2
    low, high = span.low + off + spare, span.high + off - spare
    if span.column:
        return Word(text, low, first, high, last, number, sure, vertical=True, places=places)
    return Word(text, first, low, last, high, number, sure, places=places)
