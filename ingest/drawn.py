"""What is drawn on a page, object by object, as PDFium lists it; forms within forms are opened."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as c

from ingest.layout import Shapes
from ingest.tables import distinct

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_DEEPEST_FORM = 3
_MOST_OBJECTS = 200_000
_MAX_OBJECTS = 6_000
_MAX_SEGMENTS = 4_000
_MAX_FRAMES = 400
_THIN = 2.5
_LEAST_RULE = 5.0
_LEAST_FRAME = (12.0, 7.0)
_NEARLY = 0.92
_CORNERS = 4
_AS_IT_IS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
_EXACT = 1e-4
_LONGEST_PATH = 400
_PLAIN_RECTANGLE = frozenset({4, 5})

TEXT, PATH, IMAGE, SHADING, FORM = (
    c.FPDF_PAGEOBJ_TEXT,
    c.FPDF_PAGEOBJ_PATH,
    c.FPDF_PAGEOBJ_IMAGE,
    c.FPDF_PAGEOBJ_SHADING,
    c.FPDF_PAGEOBJ_FORM,
)

# PDFium's functions with bare addresses: a tenth of the time where a page needs thousands of calls.
P, I = ctypes.c_void_p, ctypes.c_int  # noqa: E741 - as short as their use is frequent


def bare(function: object, result: type, *arguments: type) -> Callable[..., int]:
    """Return a function of PDFium that takes addresses as whole numbers."""
    address = ctypes.cast(function, P).value or 0  # type: ignore[arg-type]
    # Python's lock stays held: letting it go costs as much as the call.
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_object_at = bare(c.FPDFPage_GetObject, P, P, I)
_object_in = bare(c.FPDFFormObj_GetObject, P, P, ctypes.c_ulong)
_count_in = bare(c.FPDFFormObj_CountObjects, I, P)
_kind_of = bare(c.FPDFPageObj_GetType, I, P)
_segment_count = bare(c.FPDFPath_CountSegments, I, P)
_segment_at = bare(c.FPDFPath_GetPathSegment, P, P, I)
_segment_kind = bare(c.FPDFPathSegment_GetType, I, P)
_segment_point = bare(c.FPDFPathSegment_GetPoint, I, P, P, P)
_segment_closes = bare(c.FPDFPathSegment_GetClose, I, P)
_matrix_of = bare(c.FPDFPageObj_GetMatrix, I, P, P)
_bounds = bare(c.FPDFPageObj_GetBounds, I, P, P, P, P, P)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The objects of a page in the order in which they are drawn, forms replaced by what they hold.

    *things* are PDFium's addresses, *kinds* their types, shape (n,). *places* are affine maps from
    an object's coordinates to the page as shown, shape (2, 3), and *within* says which of them
    counts for each object, shape (n,). *large* are the positions of paths, pictures and shadings,
    with their `bounds`.
    """

    things: list[int]
    kinds: NDArray[np.int8]
    within: NDArray[np.int32]
    places: list[NDArray[np.float64]]
    large: tuple[NDArray[np.int64], NDArray[np.float32]] = field(init=False)

    def __post_init__(self) -> None:
        """Ask for the bounds of everything but text; only of pictures where there is too much."""
        every = (PATH, IMAGE, SHADING) if len(self.things) <= _MAX_OBJECTS else (IMAGE,)
        object.__setattr__(self, "large", self.bounds(self.of(*every)))

    def of(self, *kinds: int) -> NDArray[np.int64]:
        """The positions of the objects of these types, in order."""
        found = self.kinds == kinds[0]
        for kind in kinds[1:]:
            found |= self.kinds == kind
        return np.flatnonzero(found)

    def bounds(self, which: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Left, bottom, right, top of objects in their own coordinates, shape (m, 4).

        Before them, which of the objects have bounds at all.
        """
        found = np.zeros((len(which), 4), np.float32)
        base = found.ctypes.data
        kept: list[int] = []
        for at in which.tolist():
            here = base + 16 * len(kept)
            if _bounds(self.things[at], here, here + 4, here + 8, here + 12):
                kept.append(at)
        return np.array(kept, np.int64), found[: len(kept)]

    def shown(self, which: NDArray[np.int64], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map *boxes* of the objects *which* to the page as shown."""
        if len(self.places) == 1:
            return shown(boxes, self.places[0])
        found = np.empty_like(boxes)
        within = self.within[which]
        for place in np.unique(within).tolist():
            mine = within == place
            found[mine] = shown(boxes[mine], self.places[place])
        return found


def drawn(page: c.FPDF_PAGE, view: NDArray[np.float64]) -> Drawn:
    """List what a page draws; *view* maps its coordinates to the page as shown."""
    things: list[int] = []
    kinds: list[int] = []
    within: list[int] = []
    places = [view]

    def take(every: list[int], place: int, depth: int) -> None:
        sorts = list(map(_kind_of, every))
        if FORM not in sorts:
            things.extend(every)
            kinds.extend(sorts)
            within.extend(repeat(place, len(every)))
            return
        for thing, kind in zip(every, sorts, strict=True):
            room = _MOST_OBJECTS - len(things)
            if kind == FORM and depth < _DEEPEST_FORM:
                count = min(_count_in(thing), room)
                if count > 0:
                    places.append(_placed(thing, places[place]))
                    inside = list(map(_object_in, repeat(thing), range(count)))
                    take(inside, len(places) - 1, depth + 1)
            elif room > 0:
                things.append(thing)
                kinds.append(kind)
                within.append(place)

    handle = ctypes.cast(page, P).value
    count = min(int(c.FPDFPage_CountObjects(page)), _MOST_OBJECTS)
    take(list(map(_object_at, repeat(handle), range(count))), 0, 0)
    return Drawn(things, np.array(kinds, np.int8), np.array(within, np.int32), places)


def _placed(form: int, outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map from what is in a form to the page, where *outside* is that of the form itself."""
    matrix = c.FS_MATRIX()
    if not _matrix_of(form, ctypes.addressof(matrix)):
        return outside
    own = np.array(
        [[matrix.a, matrix.c, matrix.e], [matrix.b, matrix.d, matrix.f], [0.0, 0.0, 1.0]]
    )
    return np.asarray(outside @ own)


def shown(boxes: NDArray[np.float32], view: NDArray[np.float64]) -> NDArray[np.float32]:
    """Map boxes (left, bottom, right, top) into the page as shown; most pages are as they are."""
    if np.abs(view - _AS_IT_IS).max() < _EXACT:
        return boxes
    first = boxes[:, :2] @ view[:, :2].T + view[:, 2]
    second = boxes[:, 2:] @ view[:, :2].T + view[:, 2]
    return np.concatenate([np.minimum(first, second), np.maximum(first, second)], 1).astype(
        np.float32
    )


def shapes(page: Drawn, width: float, height: float) -> Shapes:
    """The page's rules, frames and pictures, as shown; only pictures where there is too much."""
    which, own = page.large
    path, image = page.kinds[which] == PATH, page.kinds[which] == IMAGE
    images = page.shown(which[image], own[image])
    which, own = which[path], own[path]
    wide, high = own[:, 2] - own[:, 0], own[:, 3] - own[:, 1]
    # What is thin or small is no frame, whatever it is made of.
    solid = np.flatnonzero(
        (np.minimum(wide, high) > _LEAST_FRAME[1]) & (np.maximum(wide, high) > _LEAST_FRAME[0])
    )
    counts = list(map(_segment_count, [page.things[at] for at in which[solid].tolist()]))
    parted: list[int] = []
    pieces, owners = [], []
    budget = _MAX_SEGMENTS
    for at, count in zip(solid.tolist(), counts, strict=True):
        if count in _PLAIN_RECTANGLE or not 0 < count <= min(budget, _LONGEST_PATH):
            continue
        some, used = _pieces(page.things[which[at]], count)
        budget -= used
        if some is not None:
            parted.append(at)
            pieces.append(some)
            owners.append(np.full(len(some), which[at], np.int64))
    # What is curved or slanted counts as the rectangle around it.
    pieces.append(np.delete(own, parted, 0))
    owners.append(np.delete(which, parted))
    boxes = page.shown(np.concatenate(owners), np.concatenate(pieces))
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    page_sized = (w > _NEARLY * width) & (h > _NEARLY * height)
    frames = boxes[(w > _LEAST_FRAME[0]) & (h > _LEAST_FRAME[1]) & ~page_sized]
    across = boxes[(h <= _THIN) & (w > _LEAST_RULE)]
    down = boxes[(w <= _THIN) & (h > _LEAST_RULE)]
    if len(frames):
        frames = distinct(frames)[:_MAX_FRAMES]
        left, bottom, right, top = frames.T
        lower, upper = (left, bottom, right, bottom), (left, top, right, top)
        first, last = (left, bottom, left, top), (right, bottom, right, top)
        across = np.concatenate([across, np.stack(lower, 1), np.stack(upper, 1)])
        down = np.concatenate([down, np.stack(first, 1), np.stack(last, 1)])
    return Shapes(frames, across, down, images)


def _pieces(path: int, count: int) -> tuple[NDArray[np.float32] | None, int]:
    """Take a path apart into upright rectangles and straight rules, shape (n, 4).

    None where one of its *count* segments is curved or slanted. The second value is how many
    were looked at.
    """
    matrix = c.FS_MATRIX()
    if not _matrix_of(path, ctypes.addressof(matrix)):
        return None, 1
    x, y = ctypes.c_float(), ctypes.c_float()
    here, there = ctypes.addressof(x), ctypes.addressof(y)
    trails: list[list[tuple[float, float]]] = []
    for at in range(count):
        segment = _segment_at(path, at)
        kind = _segment_kind(segment)
        if kind == c.FPDF_SEGMENT_BEZIERTO or not _segment_point(segment, here, there):
            return None, at + 1
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if kind == c.FPDF_SEGMENT_MOVETO:
            trails.append([point])
        elif trails:
            trails[-1].append(point)
            if _segment_closes(segment):
                trails[-1].append(trails[-1][0])
    return _straightened(trails), count


def _straightened(trails: list[list[tuple[float, float]]]) -> NDArray[np.float32] | None:
    """Upright rectangles and straight rules along *trails*, or None where one is slanted."""
    found: list[tuple[float, float, float, float]] = []
    for trail in trails:
        steps = list(pairwise(trail))
        if any(abs(a[0] - b[0]) > 1 and abs(a[1] - b[1]) > 1 for a, b in steps):
            return None
        xs, ys = [point[0] for point in trail], [point[1] for point in trail]
        closed = len(trail) > _CORNERS and abs(xs[0] - xs[-1]) + abs(ys[0] - ys[-1]) < 1
        if closed and len(trail) <= _CORNERS + 2:
            found.append((min(xs), min(ys), max(xs), max(ys)))
        else:
            found.extend(
                (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
                for a, b in steps
            )
    return np.array(found, np.float32).reshape(-1, 4)
