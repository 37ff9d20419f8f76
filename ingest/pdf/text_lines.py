"""What two networks say of a picture in numbers, made into lines and characters.

The one says of each pixel how likely it lies in the core of a line of text (Liao et al., "Real-time
Scene Text Detection with Differentiable Binarization", AAAI 2020), the other for each step along a
line how likely each character is (CTC: Graves et al., "Connectionist Temporal Classification",
ICML 2006).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# What PaddleOCR ships with its networks: from which probability a pixel is text, how sure a line
# must be on the whole, and by how much the core is widened to the line.
_TEXT, _LINE, _WIDENED = 0.3, 0.5, 1.6
_LEAST_PX = 3
# Lines that are that much higher than wide run down the picture, as there.
_COLUMN = 1.5
# Kanji that look like katakana, and those of them that no small kana follows (八ッ場, 一ッ橋).
_DOUBLES = dict(zip("卜力口工夕二八一", "トカロエタニハー", strict=True))
_DOUBLED = re.compile(
    rf"(?<=[ァ-ヺー])[{''.join(_DOUBLES)}](?=[ァ-ヺー])|[卜力口工夕](?=[ァィゥェォッャュョー])"
)
# The slope of anything shorter is that of its letters.
_LONG = 4.0


@dataclass(frozen=True, slots=True)
class Span:
    """Where a line of text stands on a picture, in its pixels.

    It reaches from *begin* to *end* and from *low* to *high* across that; where it slants, *low* and
    *high* are those of its middle, and grow by *slope* a pixel. A *column* runs down the picture:
    then begin and end count from the top, low and high from the left.
    """

    begin: float
    end: float
    low: float
    high: float
    slope: float = 0.0
    column: bool = False

    @property
    def height(self) -> float:
        """How wide the line is across its direction."""
        return self.high - self.low

    def begun(self, long: float) -> Span:
        """Its beginning, that *long* at most."""
        end = min(self.end, self.begin + long)
        level = self.slope * (end - self.end) / 2
        return replace(self, end=end, low=self.low + level, high=self.high + level)


def spans(likely: NDArray[np.float32], scale: tuple[float, float] = (1.0, 1.0)) -> list[Span]:
    """Return where lines stand, from the map of how likely each pixel is text, shape (height, width).

    The cores that the network marks are widened as its authors do: by area times `_WIDENED` over
    girth. *scale* is how many pixels of the picture a pixel of the map is, across and down. A line
    may slant by some degrees; what is turned further should be straightened before.
    """
    from scipy import ndimage

    areas, count = ndimage.label(likely > _TEXT, np.ones((3, 3)))
    if not count:
        return []
    y, x = np.nonzero(areas)
    which = areas[y, x] - 1

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(which, values, count) / np.bincount(which, minlength=count))

    boxes = ndimage.find_objects(areas)
    tall, wide = (
        np.array([box[axis].stop - box[axis].start for box in boxes], int) for axis in (0, 1)
    )
    column = tall >= _COLUMN * wide
    run, rise = np.where(column[which], (y, x), (x, y)) * 1.0
    at, level = mean(run), mean(rise)
    run_off, rise_off = run - at[which], rise - level[which]
    slope = mean(run_off * rise_off) / np.maximum(mean(run_off**2), 1.0)
    slope[np.maximum(tall, wide) < _LONG * np.minimum(tall, wide)] = 0.0
    rise_off -= slope[which] * run_off
    index = np.arange(count)
    begin, end, low, high = (
        np.asarray(most(values, which, index), float)
        for values in (run, rise_off)
        for most in (ndimage.minimum, ndimage.maximum)
    )
    end, high = end + 1, high + 1
    # A line that slants is level at its middle, not at the mean of its pixels.
    level += slope * ((begin + end) / 2 - at)
    more = (end - begin) * (high - low) * _WIDENED / 2 / (end - begin + high - low)
    counts = (mean(likely[y, x]) >= _LINE) & (np.minimum(end - begin, high - low) >= _LEAST_PX)
    found = []
    for one in np.flatnonzero(counts).tolist():
        along, across = scale[::-1] if column[one] else scale
        found.append(
            Span(
                (begin[one] - more[one]) * along,
                (end[one] + more[one]) * along,
                (level[one] + low[one] - more[one]) * across,
                (level[one] + high[one] + more[one]) * across,
                float(slope[one]) * across / along,
                bool(column[one]),
            )
        )
    return found


def decoded(
    chances: NDArray[np.float32], characters: Sequence[str]
) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
    """Return what a line says, where each character's middle is, and how sure it is.

    *chances* has shape (steps, 1 + characters): the first of each step is that of no character. What
    is most likely in several steps on end is one character, which CTC tells by the "no character"
    between two that are alike. Middles count in steps, certainties from 0 to 1.
    """
    best = chances.argmax(axis=1)
    begins = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(begins[1:], len(best))
    said = best[begins] > 0
    begins, ends = begins[said], ends[said]
    top = chances.max(axis=1)
    sure = np.array([top[b:e].max() for b, e in zip(begins.tolist(), ends.tolist(), strict=True)])
    text = "".join(characters[at - 1] for at in best[begins].tolist())
    return text, (begins + ends) / 2.0, sure.astype(np.float64)


def in_katakana(text: str) -> str:
    """Return a line in which a kanji within a katakana word is the kana that looks like it.

    卜ップ is トップ, コ一ド is コード; each stays one character.
    """
    return _DOUBLED.sub(lambda found: _DOUBLES[found[0]], text)
