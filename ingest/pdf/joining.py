"""The characters of a page joined to lines where they stand, whatever order the file has them in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.language import marks
from ingest.pdf.blanks import bridged
from ingest.pdf.lines import Line, made, together
from ingest.pdf.pitch import Pitch, pitch
from ingest.pdf.signs import signed
from ingest.pdf.spread import spread
from ingest.pdf.vertical import stacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ingest.pdf.lines import Glyphs, Shapes

_MOST_RUNS = 3_000
_LONGEST_LABEL = 4
_WIDE_GAP = 2.5
_ALIKE_IN_PICTURES = 1.45
_SOME = 2
# What is an item's mark only where it stands apart from the text: ２, ア, 一, イ, 甲.
_BARE_MARK = re.compile(
    r"(?:[0-9０-９]{1,2}|[ア-ン]|[一二三四五六七八九十]{1,3})(?=[^0-9０-９.．,，、)）年月日])"
)
_ARTICLE = re.compile(
    r"第[0-9０-９一二三四五六七八九十百]+[章節条編部款項](?:の[0-9０-９一二三四五六七八九十]+)*"
)
_NUMBER = re.compile(r"[0-9０-９]{1,2}|[ア-ン]|[一二三四五六七八九十]{1,3}|[ivx]{1,5}[.．)）]")
# How wide a gap is, in heights of a line, that something else may stand in.
_HELD = 0.6
_SET_OFF, _NUMBER_TAB = 0.45, 3.2
# How far apart two runs of one line may stand, in widths of a full-width character.
_SIDE, _TAB, _SPACED_OUT, _SPACE_WIDTH = 0.75, 4.5, 3.2, 0.4
# Punctuation and brackets are half empty: set tightly, "、「" stand a whole width into each other.
_CLOSING, _OPENING, _TIGHT = "、。，．」』）】〉》］", "「『（【〈《［", 1.05


def _among(marks: str) -> NDArray[np.bool_]:
    """A table that tells for each code point below 65,536 whether it is one of *marks*."""
    table = np.zeros(1 << 16, np.bool_)
    table[[ord(mark) for mark in marks]] = True
    return table


_LAST_OF_PLANE = 0xFFFF
_IS_CLOSING, _IS_OPENING = _among(_CLOSING), _among(_OPENING)


def lines_of(glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Return the page's lines, in no promised order.

    Glyphs are joined where they stand, whatever breaks the file or the engine put between
    them; a drawn vertical rule keeps two lines apart. Text drawn twice at one place (shadows,
    false bold) counts once.
    """
    if not len(glyphs.codes):
        return []
    measured = pitch(glyphs)
    runs = _runs(glyphs, shapes, measured)
    runs = _without_doubles(runs)
    runs = spread(runs, glyphs, shapes)
    runs = stacked(runs, glyphs, shapes)
    runs = _joined(runs, glyphs, shapes, measured)
    runs = bridged(runs, glyphs, shapes)
    runs = signed(runs, glyphs, shapes)
    _put_in_frames(runs, shapes.frames)
    _note_numbers(runs, glyphs)
    return runs


def _note_numbers(found: list[Line], glyphs: Glyphs) -> None:
    """Note which lines begin an item with a bare number, set off from its text by half a cell.

    第５条 begins an article only where it is set off too: a sentence may be wrapped before it.
    """
    for line in found:
        bare = _BARE_MARK.match(line.text)
        mark = bare or _ARTICLE.match(line.text)
        if mark is None or not line.upright or mark.end() == len(line.text):
            continue
        last, first = line.glyphs[mark.end() - 1], line.glyphs[mark.end()]
        gap = float(glyphs.boxes[first, 0] - glyphs.boxes[last, 2])
        line.item = gap > _SET_OFF * line.size or (
            bare is None and (glyphs.spaced[first] > 0 or line.text[mark.end()] in "（(「")
        )


def given(
    glyphs: Glyphs, begins: NDArray[np.int64], shapes: Shapes, *, pictured: bool = False
) -> list[Line]:
    """Return lines that somebody else has found: one starts at each of *begins*.

    A line is cut where more than two characters' width is empty in it.
    """
    if not len(glyphs.codes):
        return []
    left, _, right, _ = glyphs.boxes.T
    size = np.median(right - left)
    wide = np.flatnonzero(left[1:] - right[:-1] > _WIDE_GAP * size) + 1
    order = np.arange(len(glyphs.codes), dtype=np.int32)
    found = made(order, np.union1d(begins, wide), glyphs)
    usual = float(np.median([line.size for line in found for _ in line.text]))
    for line in found:
        line.pictured = pictured
        # Boxes of OCR differ in height from line to line where the type does not.
        if usual / _ALIKE_IN_PICTURES < line.size < usual * _ALIKE_IN_PICTURES:
            line.size = usual
        line.upright = line.right - line.left > 0.8 * line.height or len(line.text) < _SOME
    _put_in_frames(found, shapes.frames)
    return found


def _runs(glyphs: Glyphs, shapes: Shapes, measured: Pitch) -> list[Line]:
    """Cut the file's own order wherever the next glyph does not stand beside the last."""
    left, bottom, right, top = glyphs.boxes.T
    height = np.maximum(top - bottom, 0.5)
    low = np.minimum(height[:-1], height[1:])
    tall = np.maximum(height[:-1], height[1:])
    gap = left[1:] - right[:-1]
    overlap = np.minimum(top[:-1], top[1:]) - np.maximum(bottom[:-1], bottom[1:])
    spaces = glyphs.spaced[1:]
    letter = measured.letter[:-1]
    plain = measured.cell()[:-1] if measured.bare else 0.8 + letter
    reach = np.where(spaces > 0, 1.15 + letter + 1.0 * np.minimum(spaces, 3), plain) * low
    codes = np.minimum(glyphs.codes, _LAST_OF_PLANE)
    half_empty = _IS_CLOSING[codes[:-1]] | _IS_OPENING[codes[1:]]
    least = np.where(half_empty, -_TIGHT, -0.7) * low
    linked = (overlap > 0.5 * low) & (gap > least) & (gap < reach) & (tall < 2.2 * low)
    wide = np.flatnonzero(linked & (gap > 0.1 * low))
    if len(wide) and len(shapes.down):
        middle = (
            np.maximum(bottom[wide], bottom[wide + 1]) + np.minimum(top[wide], top[wide + 1])
        ) / 2
        apart = _ruled(right[wide] - 0.5, left[wide + 1] + 0.5, middle, shapes.down)
        linked[wide[apart]] = False
    linked &= ~_filled(glyphs, linked & (gap > _HELD * low), low)
    # An empty cell is a space, whatever the engine supposed between the characters of a grid.
    emptied = linked & (gap > (letter * 2 + 0.6) * low)
    tight = (spaces < 0) & (letter > 0.1) & (gap < (letter + 0.15) * low)
    glyphs.spaced[1:][emptied & (spaces <= 0)] = 1
    glyphs.spaced[1:][tight] = 0
    order = np.arange(len(glyphs.codes), dtype=np.int32)
    return made(order, np.concatenate([[0], np.flatnonzero(~linked) + 1]), glyphs)


def _filled(
    glyphs: Glyphs, linked: NDArray[np.bool_], low: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which gaps that are *linked* over hold another glyph: boxes to tick are often drawn last."""
    found = np.zeros(len(linked), np.bool_)
    left, bottom, right, top = glyphs.boxes.T
    x, y = (left + right) / 2, (bottom + top) / 2
    for at in np.flatnonzero(linked)[:_MOST_RUNS].tolist():
        level = np.abs(y - (y[at] + y[at + 1]) / 2) < 0.4 * low[at]
        found[at] = bool((level & (x > right[at]) & (x < left[at + 1])).any())
    return found


def _ruled(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    middle: NDArray[np.floating],
    down: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Tell which gaps are crossed by a vertical rule at the height of their text."""
    x = (down[:, 0] + down[:, 2]) / 2
    return np.asarray(
        (
            (x[None, :] > left[:, None])
            & (x[None, :] < right[:, None])
            & (down[None, :, 1] < middle[:, None])
            & (down[None, :, 3] > middle[:, None])
        ).any(axis=1)
    )


def _without_doubles(runs: list[Line]) -> list[Line]:
    """Leave out a run that says the same at the same place as an earlier one."""
    kept: list[Line] = []
    seen: dict[str, list[Line]] = {}
    for run in runs:
        twins = seen.setdefault(run.text, [])
        near = 0.35 * run.size
        if any(
            abs(twin.left - run.left) < near and abs(twin.top - run.top) < near for twin in twins
        ):
            continue
        twins.append(run)
        kept.append(run)
    return kept


def _joined(runs: list[Line], glyphs: Glyphs, shapes: Shapes, measured: Pitch) -> list[Line]:
    """Join runs that stand side by side on one line but not one after the other in the file."""
    if not 1 < len(runs) <= _MOST_RUNS:
        return runs
    after: dict[int, int] = {}
    taken: set[int] = set()
    for one, other, set_off in _neighbours(runs, shapes, measured):
        if one not in after and other not in taken:
            after[one] = other
            taken.add(other)
            if set_off:
                glyphs.spaced[runs[other].glyphs[0]] = 1
    if not after:
        return runs
    chains = []
    for at in after:
        if at not in taken:
            chain = [at]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            chains.append([runs[member] for member in chain])
    kept = [run for at, run in enumerate(runs) if at not in after and at not in taken]
    return kept + together(chains, glyphs)


def _neighbours(
    runs: list[Line], shapes: Shapes, measured: Pitch
) -> Iterator[tuple[int, int, bool]]:
    """Which runs may go on with which, by their positions, those closest to each other first.

    And whether the second is set off by as much as a space is wide.
    """
    box = np.array([(r.left, r.bottom, r.right, r.top) for r in runs], np.float32)
    size = np.array([run.size for run in runs], np.float32)
    middle = (box[:, 1] + box[:, 3]) / 2
    beside = np.abs(middle[:, None] - middle) < 0.3 * np.minimum(size[:, None], size)
    beside &= box[:, 0] > box[:, 0, None]
    ahead, behind = np.nonzero(beside)
    low = np.minimum(size[ahead], size[behind])
    gap = box[behind, 0] - box[ahead, 2]
    upright = np.array([run.upright for run in runs])
    # A bullet or number is set off from its text by a tab, and short titles are spaced out.
    first = np.array([run.glyphs[0] for run in runs])
    side = measured.cell()[first] if measured.bare else _SIDE + measured.letter[first]
    marked = np.array([run.item and _is_mark(run.text) for run in runs])
    # So is a bare number that stands first on its line.
    bare = np.array([_NUMBER.fullmatch(run.text) is not None for run in runs])
    bare &= ~beside.any(axis=0)
    reach = np.where(marked, _TAB, np.where(bare, np.maximum(side, _NUMBER_TAB), side))
    alone = np.array([len(run.text) == 1 and "一" <= run.text <= "龥" for run in runs])
    closing = np.array([run.text[-1] in _CLOSING for run in runs])
    opening = np.array([run.text[0] in _OPENING for run in runs])
    least = np.where(closing[ahead] | opening[behind], -_TIGHT, -0.35)
    fits = (
        (gap > least * low)
        & (gap < np.where(alone[ahead] & alone[behind], _SPACED_OUT, reach[ahead]) * low)
        & (np.maximum(size[ahead], size[behind]) < 1.5 * low)
        & upright[ahead]
        & upright[behind]
    )
    if len(shapes.down):
        edges = box[ahead, 2] - 0.5, box[behind, 0] + 0.5
        fits[fits] = ~_ruled(
            edges[0][fits], edges[1][fits], (middle[ahead] + middle[behind])[fits] / 2, shapes.down
        )
    ahead, behind, gap, low = ahead[fits], behind[fits], gap[fits], low[fits]
    set_off = (gap > _SPACE_WIDTH * low) & ~alone[behind]
    closest = np.argsort(np.abs(gap), kind="stable")
    yield from zip(
        ahead[closest].tolist(), behind[closest].tolist(), set_off[closest].tolist(), strict=True
    )


def _is_mark(text: str) -> bool:
    """Whether a run is nothing but the mark of what stands beside it."""
    found = marks.mark(text)
    return found is not None and found.end == len(text)


def _put_in_frames(runs: list[Line], frames: NDArray[np.float32]) -> None:
    """Note for each line the smallest frame that holds it."""
    if not len(frames) or not runs:
        return
    box = np.array([(r.left, r.bottom, r.right, r.top) for r in runs], np.float32)
    slack = np.array([0.4 * r.size for r in runs], np.float32)[:, None]
    holds = (
        (frames[None, :, 0] < box[:, 0, None] + slack)
        & (frames[None, :, 1] < box[:, 1, None] + slack)
        & (frames[None, :, 2] > box[:, 2, None] - slack)
        & (frames[None, :, 3] > box[:, 3, None] - slack)
    )
    wide, high = frames[:, 2] - frames[:, 0], frames[:, 3] - frames[:, 1]
    # A frame that hugs a line is the colour behind it; a sentence goes on beyond it.
    label = np.array([len(run.text) <= _LONGEST_LABEL for run in runs])[:, None]
    holds &= label | (wide - (box[:, 2, None] - box[:, 0, None]) > 2 * slack) | (high > 5 * slack)
    area = np.where(holds, (wide * high)[None, :], np.inf)
    best = np.where(holds.any(axis=1), area.argmin(axis=1), -1)
    for run, frame in zip(runs, best.tolist(), strict=True):
        run.frame = frame
