"""Text that a page holds and does not show.

It is invisible, transparent, coloured like its ground, tiny, or blacked out: a shape lies over it.

Nobody who looks at the page can read it, so it is no part of what the page says, and a favourite
place for sentences that are meant for a machine.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pypdfium2.raw as c

from ingest.pdf import clips, layers
from ingest.pdf.calls import ADDRESS, bare, handle, handle_of, numbers_of
from ingest.pdf.drawing import PATH, TEXT, outlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.pdf.drawing import Drawn

LEAST_SIZE = 2.0
"""The size in points below which nobody reads text on paper."""

_INVISIBLE, _CLIPPING, _OUTLINE = (
    c.FPDF_TEXTRENDERMODE_INVISIBLE,
    c.FPDF_TEXTRENDERMODE_CLIP,
    c.FPDF_TEXTRENDERMODE_STROKE,
)
_FAINT = 25
_ALIKE = 24
_LIGHT = 230
_WHITE = 255
_CHANGED = 16
# A colour that is like no other.
_PICTURED = (-1_000, 0, 0, _WHITE)
_LEAST_GROUND = (6.0, 5.0)
_LONGEST_SIDE = 2_000
_MOST_APART, _MOST_PASSES = 200, 3
_FLAT, _NARROW = 1.2 * LEAST_SIZE, 0.5
_LONGEST_OUTLINE = 40
_SHARE_SHOWN = 1 / 3
# How much of a character a shape must lie over; of its box, how much ink shows that it can be made
# out; and how much of its own ink a trace is, that no one can read.
_MOST, _CLEARLY, _A_TRACE = 0.5, 0.15, 0.25
# In points: what sticks out by less is the slack of a font's box.
_A_HAIR, _FAR, _A_SPECK = 2.0, 1e6, 0.03
_NO_BOXES = np.zeros((0, 4), np.float32)

_mode_of = bare(c.FPDFTextObj_GetTextRenderMode)
_fill_of = bare(c.FPDFPageObj_GetFillColor)
_stroke_of = bare(c.FPDFPageObj_GetStrokeColor)
_painting = bare(c.FPDFPath_GetDrawMode)
_kind_of = bare(c.FPDFPageObj_GetType)
_segment_count = bare(c.FPDFPath_CountSegments)
_segment_at = bare(c.FPDFPath_GetPathSegment, ADDRESS)
_segment_kind = bare(c.FPDFPathSegment_GetType)
_switch = bare(c.FPDFPageObj_SetIsActive)
_owner_of = bare(c.FPDFText_GetTextObject, ADDRESS)


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """Which text objects of a page, by address, may not show what they say.

    *never* paint nothing at all; *layer* paint nothing, and may be the words of the picture that
    they lie on; whether *alike* can be told from their ground is a matter of looking, and so is
    whether what is *covered* can be made out under the *covers*. *over* are these shapes' boxes as
    shown, shape (n, 4). What is *cut* shows only in a part of the page: left, bottom, right, top.
    """

    never: frozenset[int]
    layer: frozenset[int]
    alike: frozenset[int]
    covered: frozenset[int]
    covers: frozenset[int]
    over: NDArray[np.float32]
    cut: Mapping[int, NDArray[np.float32]]


def doubts(page: Drawn) -> Doubts | None:
    """Ask each text object how it is painted; None where all are plain to see."""
    which = page.of(TEXT)
    if not len(which):
        return None
    things = page.handles_of(which)
    modes = np.array(list(map(_mode_of, things)), np.int8)
    colours = _colours(things, _fill_of)
    outlined = modes == _OUTLINE
    if outlined.any():
        lines = [things[at] for at in np.flatnonzero(outlined).tolist()]
        colours[outlined] = _colours(lines, _stroke_of)
    never, layer = modes == _CLIPPING, modes == _INVISIBLE
    grounds = _grounds(page)
    alike = _alike(page, which, colours, grounds) | layers.optional(things)
    if page.optional:
        alike |= np.isin(page.within[which], list(page.optional))
    alike &= ~never & ~layer
    cut = _cut(page, which, things)
    covered, covers, over = _covered(page, which, grounds)
    if not (never | layer | alike).any() and not len(covered) and not cut:
        return None

    def among(chosen: NDArray[np.int64]) -> frozenset[int]:
        return frozenset(page.things[at] for at in chosen.tolist())

    return Doubts(
        among(which[never]), among(which[layer]), among(which[alike]),
        among(covered), among(covers), over, cut,
    )  # fmt: skip


def _cut(
    page: Drawn, which: NDArray[np.int64], things: Sequence[object]
) -> dict[int, NDArray[np.float32]]:
    """The texts of which a part lies outside the region that they may paint, as shown."""
    found = clips.regions(things)
    bounded = np.flatnonzero(np.isfinite(found).any(axis=1))
    there, own = page.bounds(which[bounded])
    region = found[bounded[np.isin(which[bounded], there)]]
    out = (own[:, :2] < region[:, :2] - _A_HAIR) | (own[:, 2:] > region[:, 2:] + _A_HAIR)
    at = np.flatnonzero(out.any(axis=1))
    if not len(at):
        return {}
    parts = page.shown(there[at], np.nan_to_num(region[at], posinf=_FAR, neginf=-_FAR))
    return dict(zip((page.things[one] for one in there[at].tolist()), parts, strict=True))


def _covered(
    page: Drawn, which: NDArray[np.int64], grounds: _Grounds
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The texts that a filled shape is drawn over, those shapes, and their boxes as shown.

    A picture drawn over text is left out: in some scans the words are set first.
    """
    order, _, boxes = grounds
    later = (page.kinds[order] == PATH) & (order > which[0])
    if not later.any():
        return which[:0], which[:0], _NO_BOXES
    order, boxes = order[later], boxes[later]
    there, own = page.bounds(which[which < order[-1]])
    text = page.shown(there, own)
    over = _over(text, boxes) & (order > there[:, None])
    if not over.any():
        return which[:0], which[:0], _NO_BOXES
    parts = [outlines(page.handles[at]) for at in order[over.any(0)].tolist()]
    order = np.repeat(order[over.any(0)], [len(part) for part in parts])
    covers = page.shown(order, np.concatenate(parts))
    over = _over(text, covers) & (order > there[:, None])
    return there[over.any(1)], order[over.any(0)], covers[over.any(0)]


def _over(text: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of *boxes* lie over about a character at least of which texts, shape (m, n)."""
    least = 0.5 * (text[:, 2:] - text[:, :2]).min(1)[:, None]
    wide = np.minimum(text[:, None, 2], boxes[:, 2]) - np.maximum(text[:, None, 0], boxes[:, 0])
    high = np.minimum(text[:, None, 3], boxes[:, 3]) - np.maximum(text[:, None, 1], boxes[:, 1])
    return np.asarray((wide > least) & (high > least))


def _colours(things: list[object], of: Callable[..., int]) -> NDArray[np.int32]:
    """Red, green, blue and opacity of each, from 0 to 255, shape (n, 4); black where unknown."""
    answered, said = numbers_of(of, things, 4, np.int32)
    said[~answered] = (0, 0, 0, _WHITE)
    return said


def _alike(
    page: Drawn, which: NDArray[np.int64], colours: NDArray[np.int32], grounds: _Grounds
) -> NDArray[np.bool_]:
    """Whether each text is as faint as its ground, or has about the colour of what it lies on.

    The ground is the last thing drawn before it that is large enough and lies under it; where
    that is nothing, it is white paper.
    """
    paint, faint = colours[:, :3], colours[:, 3] <= _FAINT
    light = paint.min(1) >= _LIGHT
    order, ground, boxes = grounds
    doubtful = light
    if len(order):
        shades = _packed(paint)
        kinds = [_parted(kind) for kind in set(_packed(ground).tolist())]
        for shade in set(shades.tolist()):
            red, green, blue = _parted(shade)
            if min(red, green, blue) < _LIGHT and any(
                abs(red - r) <= _ALIKE and abs(green - g) <= _ALIKE and abs(blue - b) <= _ALIKE
                for r, g, b in kinds
            ):
                doubtful = doubtful | (shades == shade)
    if not doubtful.any():
        return faint
    at = np.flatnonzero(doubtful)
    there, own = page.bounds(which[at])
    if len(there) < len(at):
        at = np.flatnonzero(np.isin(which, there))
    text = page.shown(there, own)
    middle = (text[:, 1] + text[:, 3]) / 2
    found = np.zeros(len(at), np.bool_)
    for share in (0.02, 0.5, 0.98):
        x = text[:, 0] + share * (text[:, 2] - text[:, 0])
        under = np.full((len(at), 3), _WHITE, np.int32)
        last = np.zeros(len(at), np.int64)
        if len(order):
            lies = (
                (boxes[:, 0] <= x[:, None]) & (x[:, None] <= boxes[:, 2])
                & (boxes[:, 1] <= middle[:, None]) & (middle[:, None] <= boxes[:, 3])
                & (order < there[:, None])
            )  # fmt: skip
            some = lies.any(1)
            last = lies.shape[1] - 1 - lies[:, ::-1].argmax(1)
            under[some] = ground[last[some]]
        same = np.abs(paint[at] - under).max(1) <= _ALIKE
        # A frame is often a large rectangle with a hole in it, and the text stands in that.
        for path in set(last[same & ~light[at]].tolist()):
            if _holed(page.handles[order[path]]):
                same &= (last != path) | light[at]
        found |= same
    alike = faint.copy()
    alike[at] |= found
    return alike


def _packed(colours: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each colour as one whole number."""
    return (colours[:, 0] << 16) | (colours[:, 1] << 8) | colours[:, 2]


def _parted(colour: int) -> tuple[int, int, int]:
    return colour >> 16, (colour >> 8) & _WHITE, colour & _WHITE


def _holed(path: object) -> bool:
    """Whether a filled shape has more than one outline."""
    if _kind_of(path) != PATH:
        return False
    count = min(_segment_count(path), _LONGEST_OUTLINE)
    kinds = [_segment_kind(handle(_segment_at(path, at))) for at in range(count)]
    return kinds.count(c.FPDF_SEGMENT_MOVETO) > 1


_Grounds: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]"


def _grounds(page: Drawn) -> _Grounds:
    """What text can lie on or under, in drawing order: positions, colours (n, 3) and boxes as shown.

    Pictures and shadings have a colour that is like no other: light text on one counts as seen,
    for painting every such page would double the time of reading.
    """
    which, own = page.large
    boxes = page.shown(which, own)
    wide = (boxes[:, 2] - boxes[:, 0] > _LEAST_GROUND[0]) & (
        boxes[:, 3] - boxes[:, 1] > _LEAST_GROUND[1]
    )
    which, boxes = which[wide], boxes[wide]
    path = page.kinds[which] == PATH
    colours = np.empty((len(which), 4), np.int32)
    colours[:] = _PICTURED
    things = page.handles_of(which[path])
    colours[path] = _colours(things, _fill_of)
    filled = np.ones(len(which), np.bool_)
    filled[path] = _filled(things)
    solid = filled & (colours[:, 3] > _WHITE // 2)
    return which[solid], colours[solid, :3], boxes[solid]


def _filled(things: list[object]) -> NDArray[np.bool_]:
    """Whether each path is filled, and not only drawn as a line."""
    answered, said = numbers_of(_painting, things, 2, np.int32)
    return np.asarray(answered & (said[:, 0] != c.FPDF_FILLMODE_NONE))


def unseen(
    page: c.FPDF_PAGE,
    text_page: c.FPDF_TEXTPAGE,
    doubtful: Doubts | None,
    printed: NDArray[np.int64],
    boxes: NDArray[np.float32],
    images: NDArray[np.float32],
    size: tuple[float, float],
) -> NDArray[np.bool_]:
    """Whether each of the *printed* characters cannot be seen, shape (n,).

    *boxes* are where they stand on the page as shown, *images* where pictures lie on it.
    """
    hidden = _tiny(text_page, printed, boxes)
    if doubtful is None:
        return hidden
    owners = list(map(_owner_of, repeat(handle_of(text_page)), printed.tolist()))
    hidden |= np.array([owner in doubtful.never for owner in owners], np.bool_)
    layer = np.flatnonzero([owner in doubtful.layer for owner in owners])
    hidden[layer] |= ~_on_picture(boxes[layer], images)
    alike = np.flatnonzero([owner in doubtful.alike for owner in owners])
    if len(alike):
        whose = np.array([owners[at] for at in alike.tolist()], np.uint64)
        inked = np.zeros(len(alike), np.bool_)
        for some in _apart(whose, boxes[alike]):
            things = frozenset(whose[some].tolist())
            inked[some] = _marks(page, things, boxes[alike[some]], size) > 0
        _, group = np.unique(whose, return_inverse=True)
        # A glyph's ink may lie beside its box: an object that shows for the most part shows.
        share = np.bincount(group, inked) / np.bincount(group)
        hidden[alike] |= ~inked & (share < _SHARE_SHOWN)[group]
    if doubtful.cut:
        out = [
            at
            for at, owner in enumerate(owners)
            if owner in doubtful.cut and _outside(boxes[at], doubtful.cut[owner])
        ]
        if out:
            # A glyph's ink may lie beside its box.
            hidden[out] |= _marks(page, frozenset(doubtful.cut), boxes[out], size) < _A_SPECK
    if doubtful.covered:
        covered = np.array([owner in doubtful.covered for owner in owners], np.bool_)
        under = np.flatnonzero(covered & _mostly_under(boxes, doubtful.over))
        if len(under):
            hidden[under] |= _blacked_out(page, doubtful, boxes[under], size)
    return np.asarray(hidden, np.bool_)


def _apart(whose: NDArray[np.uint64], boxes: NDArray[np.float32]) -> Iterator[NDArray[np.int64]]:
    """Characters in groups, those of objects that lie over each other in different ones.

    An old amount often lies under the new one, on a layer that is not shown. *whose* names the
    object of each.
    """
    _, first, group = np.unique(whose, return_index=True, return_inverse=True)
    around = np.empty((len(first), 4), np.float32)
    for at in range(len(first)):
        mine = boxes[group == at]
        around[at] = (*mine[:, :2].min(axis=0), *mine[:, 2:].max(axis=0))
    layer = np.zeros(len(first), np.int64)
    for at in np.argsort(first)[:_MOST_APART].tolist():
        over = _over(around[at : at + 1], around)[0]
        over[at] = False
        taken = set(layer[over & (first < first[at])].tolist())
        layer[at] = min(set(range(_MOST_PASSES)) - taken, default=0)
    for number in np.unique(layer).tolist():
        yield np.flatnonzero(layer[group] == number)


def _outside(box: NDArray[np.float32], region: NDArray[np.float32]) -> bool:
    """Whether most of a character lies outside the region in which it may show."""
    wide = min(box[2], region[2]) - max(box[0], region[0])
    high = min(box[3], region[3]) - max(box[1], region[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return bool(max(wide, 0.0) * max(high, 0.0) < _SHARE_SHOWN * area)


def _tiny(
    text_page: c.FPDF_TEXTPAGE, printed: NDArray[np.int64], boxes: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which characters are smaller than `LEAST_SIZE`, in one direction at least."""
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    small = (np.maximum(w, h) < _FLAT) | (np.minimum(w, h) < _NARROW)
    matrix = c.FS_MATRIX()
    for at in np.flatnonzero(small).tolist():
        index = int(printed[at])
        if c.FPDFText_GetMatrix(text_page, index, matrix):
            scale = min(np.hypot(matrix.a, matrix.b), np.hypot(matrix.c, matrix.d))
            small[at] = c.FPDFText_GetFontSize(text_page, index) * scale < LEAST_SIZE
    return np.asarray(small, np.bool_)


def _on_picture(boxes: NDArray[np.float32], images: NDArray[np.float32]) -> NDArray[np.bool_]:
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    found = np.zeros(len(boxes), np.bool_)
    for left, bottom, right, top in images.tolist():
        found |= (left <= x) & (x <= right) & (bottom <= y) & (y <= top)
    return found


def _blacked_out(
    page: c.FPDF_PAGE, doubtful: Doubts, boxes: NDArray[np.float32], size: tuple[float, float]
) -> NDArray[np.bool_]:
    """Which characters show nothing, or no more than a trace of what is theirs, under a cover."""
    marks = _marks(page, doubtful.covered, boxes, size)
    unclear = np.flatnonzero((marks > 0) & (marks < _CLEARLY))
    gone = marks == 0
    if len(unclear):
        for thing in doubtful.covers:
            _switch(handle(thing), 0)
        whole = _marks(page, doubtful.covered, boxes[unclear], size)
        for thing in doubtful.covers:
            _switch(handle(thing), 1)
        gone[unclear] = marks[unclear] < _A_TRACE * whole
    return np.asarray(gone, np.bool_)


def _mostly_under(boxes: NDArray[np.float32], covers: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether one of *covers* lies over most of each box."""
    wide = np.minimum(boxes[:, None, 2], covers[:, 2]) - np.maximum(boxes[:, None, 0], covers[:, 0])
    high = np.minimum(boxes[:, None, 3], covers[:, 3]) - np.maximum(boxes[:, None, 1], covers[:, 1])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shared = np.maximum(wide, 0) * np.maximum(high, 0)
    return np.asarray((shared > _MOST * area[:, None]).any(1))


def _marks(
    page: c.FPDF_PAGE,
    things: frozenset[int],
    boxes: NDArray[np.float32],
    size: tuple[float, float],
) -> NDArray[np.float64]:
    """The share of each box in which the page looks different when *things* are not painted."""
    width, height = size
    if not (width >= 1 and height >= 1):
        return np.zeros(len(boxes), np.float64)
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    # Rows count from the top.
    edges = np.stack([boxes[:, 0], height - boxes[:, 3], boxes[:, 2], height - boxes[:, 1]], 1)
    edges = np.clip(edges, 0, [width, height, width, height]) * scale
    edges = np.concatenate([np.floor(edges[:, :2]), np.ceil(edges[:, 2:])], 1).astype(np.int64)
    # Only the part of the page where they stand: the rest need not be painted.
    first, last = edges[:, :2].min(0), edges[:, 2:].max(0)
    part = (*first.tolist(), *(last - first).tolist())
    whole = _rendered(page, size, scale, part)
    for thing in things:
        _switch(handle(thing), 0)
    without = _rendered(page, size, scale, part)
    for thing in things:
        _switch(handle(thing), 1)
    differs = np.nonzero(whole.view(np.uint32)[:, :, 0] != without.view(np.uint32)[:, :, 0])
    if not len(differs[0]):
        return np.zeros(len(boxes), np.float64)
    steps = np.abs(whole[differs].astype(np.int16) - without[differs])[:, :3].max(1)
    total = np.zeros((whole.shape[0] + 1, whole.shape[1] + 1), np.int32)
    total[1:, 1:][differs] = steps >= _CHANGED
    total = total.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)
    left, top, right, bottom = (edges - np.tile(first, 2)).T
    marks = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return np.asarray(marks / np.maximum((right - left) * (bottom - top), 1))


def _rendered(
    page: c.FPDF_PAGE, size: tuple[float, float], scale: float, part: tuple[int, ...]
) -> NDArray[np.uint8]:
    """A part of the page on white paper, shape (rows, columns, 4); the last of each four is idle.

    *part* is its left and top edge, its width and its height, in pixels of the whole.
    """
    left, top, columns, rows = part
    whole = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    columns, rows = max(columns, 1), max(rows, 1)
    canvas = np.full((rows, columns, 4), _WHITE, np.uint8)
    bitmap = c.FPDFBitmap_CreateEx(
        columns, rows, c.FPDFBitmap_BGRx, canvas.ctypes.data_as(ctypes.c_void_p), 4 * columns
    )
    try:
        c.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *whole, 0, 0)
    finally:
        c.FPDFBitmap_Destroy(bitmap)
    return canvas
