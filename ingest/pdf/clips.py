"""What of a drawn rule is left when the page has cut it off: some programs draw rules too long."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as c

from ingest.pdf.calls import ADDRESS, bare, handle, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_clip_of = bare(c.FPDFPageObj_GetClipPath, ADDRESS)
_path_count = bare(c.FPDFClipPath_CountPaths)
_segment_count = bare(c.FPDFClipPath_CountPathSegments)
_segment_at = bare(c.FPDFClipPath_GetPathSegment, ADDRESS)
_point = bare(c.FPDFPathSegment_GetPoint)

_MOST_RULES, _MOST_SEGMENTS, _MOST_PATHS = 300, 6_000, 4


def regions(things: Sequence[object]) -> NDArray[np.float32]:
    """Around where each thing, given by its handle, may paint: left, bottom, right, top, shape (n, 4).

    In the coordinates that the thing stands in; without an end where nothing is cut off.
    """
    found = np.tile(np.array([-np.inf, -np.inf, np.inf, np.inf], np.float32), (len(things), 1))
    clips = list(map(handle, map(_clip_of, things)))
    counts = np.array(list(map(_path_count, clips)), np.int32)
    known: dict[int | None, NDArray[np.float32]] = {}
    for path in range(min(int(counts.max(initial=0)), _MOST_PATHS)):
        which = np.flatnonzero(counts > path)
        some = list(map(clips.__getitem__, which.tolist()))
        # Things that are cut alike share the path, wherever they stand.
        first = list(map(_segment_at, some, repeat(path), repeat(0)))
        for at, one in enumerate(first):
            if one not in known:
                known[one] = _around(some[at], path)
        box = np.array([known[one] for one in first], np.float32)
        found[which, :2] = np.maximum(found[which, :2], box[:, :2])
        found[which, 2:] = np.minimum(found[which, 2:], box[:, 2:])
    return found


def _around(clip: object, path: int) -> NDArray[np.float32]:
    """The box around one path of a region; without an end where it is too fine to be followed."""
    count = _segment_count(clip, path)
    if not 0 < count <= _MOST_SEGMENTS:
        return np.array([-np.inf, -np.inf, np.inf, np.inf], np.float32)
    segments = list(map(handle, map(_segment_at, repeat(clip), repeat(path), range(count))))
    _, points = numbers_of(_point, segments, 2, np.float32)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def clipped(things: Sequence[object], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut the boxes of drawn things, given by their handles, to the region that each may paint.

    Left, bottom, right, top, shape (n, 4), in the things' own coordinates. A page with too many
    things, or too fine a region, is left as it is.
    """
    if not 0 < len(things) <= _MOST_RULES:
        return boxes
    found = boxes.copy()
    budget = _MOST_SEGMENTS
    for at, thing in enumerate(things):
        clip = handle(_clip_of(thing))
        for path in range(max(0, min(_path_count(clip), 4))):
            count = _segment_count(clip, path)
            budget -= max(count, 0)
            if budget < 0:
                return found
            if count <= 0:
                continue
            segments = list(map(handle, map(_segment_at, repeat(clip), repeat(path), range(count))))
            _, points = numbers_of(_point, segments, 2, np.float32)
            found[at, :2] = np.maximum(found[at, :2], points.min(axis=0))
            found[at, 2:] = np.minimum(found[at, 2:], points.max(axis=0))
    # What nothing is left of has no extent at all.
    found[:, 2:] = np.maximum(found[:, 2:], found[:, :2])
    return found
