"""What is drawn on a page, object by object, as PDFium lists it; forms within forms are opened."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as c

from ingest.pdf import layers
from ingest.pdf.calls import ADDRESS, bare, handle, handle_of, numbers_of
from ingest.pdf.clips import clipped
from ingest.pdf.lines import Shapes
from ingest.pdf.tables import distinct, mended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_DEEPEST_FORM = 3
_MOST_OBJECTS = 200_000
_MAX_OBJECTS = 6_000
_MAX_SEGMENTS = 4_000
_MAX_FRAMES = 400
_THIN = 2.5
_LEAST_RULE, _LEAST_PIECE = 5.0, 1.0
_CLOSE = (2.0, 9.0)
_LEAST_FRAME = (12.0, 7.0)
_NEARLY = 0.92
_CORNERS = 4
_EXACT = 1e-4
_LONGEST_PATH = 400
_PLAIN_RECTANGLE, _FEW = frozenset({4, 5}), 8

TEXT, PATH, IMAGE, SHADING, FORM = (
    c.FPDF_PAGEOBJ_TEXT,
    c.FPDF_PAGEOBJ_PATH,
    c.FPDF_PAGEOBJ_IMAGE,
    c.FPDF_PAGEOBJ_SHADING,
    c.FPDF_PAGEOBJ_FORM,
)

_object_at = bare(c.FPDFPage_GetObject, ADDRESS)
_object_in = bare(c.FPDFFormObj_GetObject, ADDRESS)
_count_in = bare(c.FPDFFormObj_CountObjects)
_kind_of = bare(c.FPDFPageObj_GetType)
_segment_count = bare(c.FPDFPath_CountSegments)
_segment_at = bare(c.FPDFPath_GetPathSegment, ADDRESS)
_segment_kind = bare(c.FPDFPathSegment_GetType)
_segment_point = bare(c.FPDFPathSegment_GetPoint)
_segment_closes = bare(c.FPDFPathSegment_GetClose)
_matrix_of = bare(c.FPDFPageObj_GetMatrix)
_bounds = bare(c.FPDFPageObj_GetBounds)


@cache
def _among(kinds: tuple[int, ...]) -> NDArray[np.bool_]:
    """For each type of object whether it is one of *kinds*."""
    wanted = np.zeros(1 + max(TEXT, PATH, IMAGE, SHADING, FORM), np.bool_)
    wanted[list(kinds)] = True
    return wanted


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The objects of a page in the order in which they are drawn, forms replaced by what they hold.

    *things* are PDFium's addresses, *handles* the same as calls take them, *kinds* their types,
    shape (n,). *places* are affine maps from
    an object's coordinates to the page as shown, shape (2, 3), and *within* says which of them
    counts for each object, shape (n,); what is in the *optional* ones belongs to a layer. *large* are the positions of paths, pictures and shadings,
    with their `bounds`.
    """

    things: list[int]
    handles: list[object]
    kinds: NDArray[np.int8]
    within: NDArray[np.int32]
    places: list[NDArray[np.float64]]
    optional: frozenset[int]
    large: tuple[NDArray[np.int64], NDArray[np.float32]] = field(init=False)

    def __post_init__(self) -> None:
        """Ask for the bounds of everything but text; only of pictures where there is too much."""
        every = (PATH, IMAGE, SHADING) if len(self.things) <= _MAX_OBJECTS else (IMAGE,)
        object.__setattr__(self, "large", self.bounds(self.of(*every)))

    def of(self, *kinds: int) -> NDArray[np.int64]:
        """The positions of the objects of these types, in order."""
        return np.flatnonzero(_among(kinds)[self.kinds])

    def handles_of(self, which: NDArray[np.int64]) -> list[object]:
        """The handles of the objects at these positions."""
        return list(map(self.handles.__getitem__, which.tolist()))

    def bounds(self, which: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Left, bottom, right, top of objects in their own coordinates, shape (m, 4).

        Before them, which of the objects have bounds at all.
        """
        answered, found = numbers_of(_bounds, self.handles_of(which), 4, np.float32)
        return which[answered], found[answered]

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


def drawn(
    page: c.FPDF_PAGE, view: NDArray[np.float64], has_layers: Callable[[], bool] = lambda: False
) -> Drawn:
    """List what a page draws; *view* maps its coordinates to the page as shown.

    *has_layers* tells whether the file has optional layers: any form may belong to one then, for
    PDFium does not say so.
    """
    things: list[int] = []
    handles: list[object] = []
    kinds: list[int] = []
    within: list[int] = []
    places = [view]
    optional: set[int] = set()

    def take(every: list[int], place: int, depth: int) -> None:
        held = list(map(handle, every))
        sorts = list(map(_kind_of, held))
        forms = [at for at, kind in enumerate(sorts) if kind == FORM] if FORM in sorts else []
        if depth >= _DEEPEST_FORM:
            forms = []  # what lies deeper counts as a thing
        begin = 0
        for at in (*forms, len(every)):
            end = min(at, begin + _MOST_OBJECTS - len(things))
            things.extend(every[begin:end])
            handles.extend(held[begin:end])
            kinds.extend(sorts[begin:end])
            within.extend(repeat(place, end - begin))
            begin = at + 1
            count = min(_count_in(held[at]), _MOST_OBJECTS - len(things)) if at < len(every) else 0
            if count > 0:
                places.append(_placed(held[at], places[place]))
                if place in optional or has_layers() or layers.optional([held[at]]).any():
                    optional.add(len(places) - 1)
                inside = map(_object_in, repeat(held[at]), map(ctypes.c_ulong, range(count)))
                take(list(inside), len(places) - 1, depth + 1)

    count = min(int(c.FPDFPage_CountObjects(page)), _MOST_OBJECTS)
    take(list(map(_object_at, repeat(handle_of(page)), range(count))), 0, 0)
    found = np.array(kinds, np.int8), np.array(within, np.int32)
    return Drawn(things, handles, *found, places, frozenset(optional))


def _placed(form: object, outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map from what is in a form to the page, where *outside* is that of the form itself."""
    own = _matrix(form)
    return outside if own is None else np.asarray(outside @ np.vstack([own, [0.0, 0.0, 1.0]]))


def _matrix(thing: object) -> NDArray[np.float64] | None:
    """The affine map from an object's coordinates to those it stands in, shape (2, 3)."""
    matrix = c.FS_MATRIX()
    if not _matrix_of(thing, ctypes.byref(matrix)):
        return None
    return np.array([[matrix.a, matrix.c, matrix.e], [matrix.b, matrix.d, matrix.f]])


def shown(boxes: NDArray[np.float32], view: NDArray[np.float64]) -> NDArray[np.float32]:
    """Map boxes (left, bottom, right, top) into the page as shown; most pages are as they are."""
    (a, b, x), (d, e, y) = view.tolist()
    if max(abs(a - 1), abs(b), abs(x), abs(d), abs(e - 1), abs(y)) < _EXACT:
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
    rules = np.flatnonzero(
        (np.minimum(wide, high) <= _THIN) & (np.maximum(wide, high) > _LEAST_RULE)
    )
    own[rules] = clipped(page.handles_of(which[rules]), own[rules])
    # What is thin or small is no frame, whatever it is made of.
    solid = np.flatnonzero(
        (np.minimum(wide, high) > _LEAST_FRAME[1]) & (np.maximum(wide, high) > _LEAST_FRAME[0])
    )
    parted, pieces, owners = _pieces(page.handles_of(which[solid]))
    # What is curved or slanted counts as the rectangle around it.
    kept = np.ones(len(which), np.bool_)
    kept[solid[parted]] = False
    whole = np.flatnonzero(kept)
    owners = np.concatenate([which[solid[owners]], which[whole]])
    boxes = page.shown(owners, np.concatenate([pieces, own[whole]]))
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    page_sized = (w > _NEARLY * width) & (h > _NEARLY * height)
    frames = boxes[(w > _LEAST_FRAME[0]) & (h > _LEAST_FRAME[1]) & ~page_sized]
    across = _with_pieces(boxes[(h <= _THIN) & (w > _LEAST_PIECE)])
    down = _whole(boxes[(w <= _THIN) & (h > _LEAST_PIECE)])
    if len(frames):
        frames = distinct(frames)[:_MAX_FRAMES]
        left, bottom, right, top = frames[~_inset(frames, down)].T
        lower, upper = (left, bottom, right, bottom), (left, top, right, top)
        first, last = (left, bottom, left, top), (right, bottom, right, top)
        across = np.concatenate([across, np.stack(lower, 1), np.stack(upper, 1)])
        down = np.concatenate([down, np.stack(first, 1), np.stack(last, 1)])
    return Shapes(frames, across, down, images)


def _whole(down: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertical rules with the short pieces that join them, where a program draws them row by row.

    A piece that joins no rule is none.
    """
    short = down[:, 3] - down[:, 1] <= _LEAST_RULE
    if not short.any():
        return down
    long = mended(distinct(down[~short]))
    joined = mended(np.concatenate([long, distinct(down[short])]))
    # A rule reaches as far as one of its pieces, or what is joined holds no rule.
    holds = (
        (np.abs(joined[:, None, 0] - long[None, :, 0]) < _THIN)
        & (joined[:, None, 1] <= long[None, :, 1])
        & (joined[:, None, 3] >= long[None, :, 3])
    ).any(axis=1)
    return np.asarray(joined[holds])


def _with_pieces(across: NDArray[np.float32]) -> NDArray[np.float32]:
    """Horizontal rules, and the short pieces that go on with one where a program draws both.

    Each stays as it is drawn: what is struck out or underlined is told by exact heights.
    """
    short = across[:, 2] - across[:, 0] <= _LEAST_RULE
    if not short.any():
        return across
    turned = across[:, [1, 0, 3, 2]]
    joined = _whole(turned)
    middle = (turned[:, 1] + turned[:, 3]) / 2
    within = (
        (np.abs(joined[:, None, 0] - turned[None, :, 0]) < _THIN)
        & (joined[:, None, 1] <= middle)
        & (joined[:, None, 3] >= middle)
    ).any(axis=0)
    return np.asarray(across[~short | within])


def _inset(frames: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which frames only colour the ground of a ruled cell: rules stand close by on both sides."""
    if not len(down):
        return np.zeros(len(frames), np.bool_)
    middle, height = (down[:, 0] + down[:, 2]) / 2, (frames[:, 1] + frames[:, 3]) / 2
    beside = (down[:, 1] < height[:, None]) & (down[:, 3] > height[:, None])
    first, last = frames[:, :1] - middle, middle - frames[:, 2:3]
    near = [beside & (gap > _CLOSE[0]) & (gap < _CLOSE[1]) for gap in (first, last)]
    return np.asarray(near[0].any(axis=1) & near[1].any(axis=1))


def outlines(path: object) -> NDArray[np.float32]:
    """The boxes around a path's outlines, shape (n, 4), but for frames: one within another."""
    count = min(_segment_count(path), _LONGEST_PATH)
    place = _matrix(path)
    if count <= 0 or place is None:
        return np.zeros((0, 4), np.float32)
    segments = list(map(handle, map(_segment_at, repeat(path), range(count))))
    begins = np.array(list(map(_segment_kind, segments))) == c.FPDF_SEGMENT_MOVETO
    begins[0] = True
    _, points = numbers_of(_segment_point, segments, 2, np.float32)
    points = points @ place[:, :2].T + place[:, 2]
    starts = np.flatnonzero(begins)
    low = np.minimum.reduceat(points, starts, axis=0)
    high = np.maximum.reduceat(points, starts, axis=0)
    within = (low[:, None] >= low).all(2) & (high[:, None] <= high).all(2)
    within &= ~np.eye(len(starts), dtype=np.bool_)
    framed = within.any(0) | within.any(1)
    return np.concatenate([low, high], 1)[~framed].astype(np.float32)


def _pieces(
    paths: Sequence[object],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Take paths apart into upright rectangles and straight rules, shape (n, 4).

    Before them the positions of the paths that were taken apart: none that is a plain rectangle
    anyway, is curved or slanted, or comes where there is too much. After them which path each
    is a piece of.
    """
    segments: list[object] = []
    kinds: list[int] = []
    lengths: list[int] = []
    straight: list[int] = []
    places: list[NDArray[np.float64]] = []
    budget = _MAX_SEGMENTS
    for at, count in enumerate(map(_segment_count, paths)):
        if count in _PLAIN_RECTANGLE or not 0 < count <= min(budget, _LONGEST_PATH):
            continue
        own: list[object] = []
        sorts: list[int] = []
        # Most curves are rounded corners: a few segments tell them.
        while len(own) < count and c.FPDF_SEGMENT_BEZIERTO not in sorts:
            some = range(len(own), min(len(own) + _FEW, count))
            own += map(handle, map(_segment_at, repeat(paths[at]), some))
            sorts += map(_segment_kind, own[len(sorts) :])
        if c.FPDF_SEGMENT_BEZIERTO in sorts:
            budget -= 1 + sorts.index(c.FPDF_SEGMENT_BEZIERTO)
            continue
        budget -= count
        place = _matrix(paths[at])
        if place is None:
            continue
        segments += own
        kinds += sorts
        lengths.append(count)
        straight.append(at)
        places.append(place)
    nothing = np.zeros(0, np.int64)
    if not segments:
        return nothing, np.zeros((0, 4), np.float32), nothing
    _, points = numbers_of(_segment_point, segments, 2, np.float32)
    closes = np.array(list(map(_segment_closes, segments)), np.bool_)
    path = np.repeat(np.arange(len(straight)), lengths)
    x, y = points.T.astype(np.float64)
    a = np.array(places)[path]
    placed = np.stack(
        [
            a[:, 0, 0] * x + a[:, 0, 1] * y + a[:, 0, 2],
            a[:, 1, 0] * x + a[:, 1, 1] * y + a[:, 1, 2],
        ],
        1,
    )
    begins = np.array(kinds) == c.FPDF_SEGMENT_MOVETO
    boxes, of, slanted = _straightened(placed, path, begins, closes)
    kept = ~np.isin(of, slanted)
    number = np.array(straight, np.int64)
    return np.delete(number, slanted), boxes[kept], number[of[kept]]


def _straightened(
    points: NDArray[np.float64],
    path: NDArray[np.int64],
    begins: NDArray[np.bool_],
    closes: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Upright rectangles and straight rules along trails of *points*, shape (n, 2).

    A trail starts at a point that *begins* one and belongs to the path that *path* numbers; after
    a point that *closes* it, it goes back to its start. Returns the boxes, which path each belongs
    to, and which paths have a slanted step.
    """
    first = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), -1))
    # What comes before the first trail of a path belongs to none.
    known = (first >= 0) & (path[np.maximum(first, 0)] == path)
    way = np.repeat(np.arange(len(points)), np.where(known, 1 + (closes & ~begins), 0))
    back = np.flatnonzero(way[1:] == way[:-1]) + 1
    trail = first[way]
    way[back] = trail[back]
    spot, path = points[way], path[way]
    starts = np.flatnonzero(np.diff(trail, prepend=-1))
    counts = np.diff(np.append(starts, len(trail)))
    ends = np.abs(spot[starts] - spot[starts + counts - 1]).sum(1)
    framed = (counts > _CORNERS) & (counts <= _CORNERS + 2) & (ends < 1)
    step = np.flatnonzero(trail[1:] == trail[:-1])
    slanted = np.unique(path[step[(np.abs(spot[step] - spot[step + 1]) > 1).all(1)]])
    step = step[~np.repeat(framed, counts)[step]]
    low, high = np.minimum(spot[step], spot[step + 1]), np.maximum(spot[step], spot[step + 1])
    rules = np.concatenate([low, high], 1)
    frames = np.zeros((0, 4))
    if framed.any():
        low = np.minimum.reduceat(spot, starts, axis=0)[framed]
        frames = np.concatenate([low, np.maximum.reduceat(spot, starts, axis=0)[framed]], 1)
    boxes = np.concatenate([frames, rules]).astype(np.float32)
    return boxes, np.concatenate([path[starts[framed]], path[step]]), slanted
