"""Scans that lie on their side, on their head or askew: how they are put straight, and undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The slants that are tried, in degrees; below the least a reader of pictures copes by itself. A
# slant counts when the rows of ink stand out that much more with it than without.
_MOST, _COARSE, _FINE, _LEAST, _GAIN = 6.0, 1.0, 0.2, 0.4, 1.08
_SIZE, _DARK, _FEW = 600, 128, 200


@dataclass(frozen=True, slots=True)
class Straightened:
    """How a page was put straight: turned clockwise by *turn*, then anticlockwise by *slant*.

    *turn* is 0, 90, 180 or 270, *slant* a few degrees at most; *width* and *height* are those of
    the page as it is shown, in points.
    """

    turn: int
    slant: float
    width: float
    height: float

    def picture(self, shown: Image.Image) -> Image.Image:
        """The page as it is shown, put straight."""
        upright = shown.rotate(-self.turn, expand=True) if self.turn else shown
        if not self.slant:
            return upright
        return upright.rotate(self.slant, Image.Resampling.BILINEAR, fillcolor="white")

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page when it stands upright, in points."""
        return (self.height, self.width) if self.turn % 180 else (self.width, self.height)

    def back(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes on the straight page as boxes on the page as it is shown, shape (n, 4)."""
        width, height = self.size
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2 - np.array([width / 2, height / 2])
        reach = (boxes[:, 2:] - boxes[:, :2]) / 2
        askew = np.radians(-self.slant)
        middle = middle @ np.array(
            [[np.cos(askew), np.sin(askew)], [-np.sin(askew), np.cos(askew)]]
        )
        for _ in range(self.turn // 90):
            # Clockwise a quarter the right became the bottom: so back to the left of the top.
            middle = np.stack([-middle[:, 1], middle[:, 0]], axis=1)
            reach = reach[:, ::-1]
        middle = middle + np.array([self.width / 2, self.height / 2])
        return np.concatenate([middle - reach, middle + reach], axis=1).astype(np.float32)

    @property
    def said(self) -> str:
        """What was done, in a sentence; empty where nothing was."""
        done = []
        if self.turn:
            done.append(f"was turned by {self.turn} degrees")
        if self.slant:
            done.append(f"was straightened by {abs(self.slant):.1f} degrees")
        return f"The scan {' and '.join(done)} to be read." if done else ""


def slant(picture: Image.Image) -> float:
    """By how many degrees anticlockwise a picture of lines of text is turned to stand straight.

    0 where it is straight or shows no lines.
    """
    x, y = _ink(picture)
    if len(x) < _FEW:
        return 0.0
    straight = max(_peaks(x, y, 0.0), _peaks(y, x, 0.0))
    coarse = np.arange(-_MOST, _MOST + _COARSE / 2, _COARSE)
    best: float = max(coarse.tolist(), key=lambda angle: _standing_out(x, y, angle))
    fine = np.arange(best - _COARSE, best + _COARSE + _FINE / 2, _FINE)
    best = max(fine.tolist(), key=lambda angle: _standing_out(x, y, angle))
    gained = _standing_out(x, y, best) > _GAIN * straight
    return round(best, 2) if gained and _LEAST <= abs(best) < _MOST else 0.0


def columnar(picture: Image.Image) -> bool:
    """Whether ink stands in columns rather than in rows: vertical text, or a page on its side."""
    x, y = _ink(picture)
    return len(x) >= _FEW and _peaks(y, x, 0.0) > _peaks(x, y, 0.0)


def _ink(picture: Image.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a smaller picture is dark: from the left and from the top, in its pixels."""
    small = picture.convert("L")
    small.thumbnail((_SIZE, _SIZE))
    y, x = np.nonzero(np.asarray(small) < _DARK)
    return x.astype(np.float64), y.astype(np.float64)


def _standing_out(x: NDArray[np.float64], y: NDArray[np.float64], angle: float) -> float:
    # Turned anticlockwise by the angle, what is further right comes to stand higher.
    return max(_peaks(x, y, angle), _peaks(y, x, -angle))


def _peaks(along: NDArray[np.float64], across: NDArray[np.float64], angle: float) -> float:
    """How unevenly ink lies across lines that rise by *angle*: the sum of squares of its rows."""
    rows = np.rint(across - along * np.tan(np.radians(angle))).astype(np.int64)
    counts = np.bincount(rows - rows.min()).astype(np.float64)
    return float((np.diff(counts) ** 2).sum())
