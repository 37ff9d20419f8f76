"""The characters of one page, wherever the file put them, as lines and blocks in reading order.

Nothing here knows a PDF library: glyphs and drawn shapes come in as arrays, and what goes out
is an order of glyphs. Coordinates are points from the lower left corner of the page as shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ingest.pages import Block, BlockKind
from ingest.tables import Columns, aligned, heads, may_head, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.tables import Table

_FIRST_KANA, _LAST_KANJI = 0x3041, 0x9FFF
_MOST_RUNS = 3_000
_LEAST_VERTICAL = 8
_LARGER = 1.15
_NEAR, _LONG_LINE = 4, 14
_INDENT, _LONGEST_LABEL = 1.5, 4
_AS_WIDE, _ENDS = 0.1, "。．.！？!?：:」』）)】"
_TOUCH = 0.5
_WHOLE_ROW = 0.9
_LONGEST_HEAD = 40
_LONGEST_ROW = 220
_WIDE_GAP = 2.5
_ALIKE, _ALIKE_IN_PICTURES = 1.25, 1.45
_SOME, _LETTER_BY_LETTER = 2, 0.6

_NOTHING = np.zeros((0, 4), np.float32)


_ITEM = re.compile(
    r"[・･•●○◯〇◎◆◇■□▪▫▶►▷➢➤✓✔☑★☆※→⇒⇨➡◼◾‣–⚫⬧⬥❖\uf000-\uf0ff]"
    r"|[①-⑳㉑-㉟❶-❿⑴-⒇ⅰ-ⅹⅠ-Ⅹ㋐-㋾]"
    r"|[（(][0-9０-９]{1,2}[)）]|[（(][ア-ンｱ-ﾝa-zａ-ｚ一二三四五六七八九十ⅰ-ⅹ][)）]"
    r"|[0-9０-９]{1,2}(?:[.．][0-9０-９]{1,2})*[.．、)）](?![0-9０-９])"
    r"|[0-9０-９]{1,2}(?:[-－‐−][0-9０-９]{1,2})+(?![0-9０-９])"
    r"|[0-9０-９]{1,2}(?:[.．][0-9０-９]{1,2})+(?![0-9０-９.．%％倍万億兆円人件点ポ年月日回歳社])"
    r"|[ア-オカ-コ][.．、)）]|[a-zA-Zａ-ｚ][.．)）](?=[^a-zA-Z])"
    r"|第[0-9０-９一二三四五六七八九十百]+[章節条編部款]"
    r"|【|＜|\[[^\]]{1,12}\]|別[表紙添]|附則|参考[0-9０-９]"
    r"|(?:図表?|表|Figure|Table|Fig\.)\s?[0-9０-９]+(?:[-－‐−.．][0-9０-９]+)*"
    r"|(?:Q|Ｑ|A|Ａ|問|答)[0-9０-９]{0,3}[.．：:]"
)


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """The printed characters of a page, without white space, in the order the file gives them.

    *codes* are code points, shape (n,). *source* is each glyph's index among the engine's
    characters, shape (n,); *boxes* holds left, bottom, right, top, shape (n, 4): the advance
    box, as high as the font. *spaced* tells how many real spaces stood before the glyph;
    -1 stands for a space that only the engine supposed.
    """

    codes: NDArray[np.uint32]
    source: NDArray[np.int32]
    boxes: NDArray[np.float32]
    spaced: NDArray[np.int8]

    def followed_by(self, more: Glyphs) -> Glyphs:
        """These glyphs and, after them, *more*."""
        return Glyphs(
            np.concatenate([self.codes, more.codes]),
            np.concatenate([self.source, more.source]),
            np.concatenate([self.boxes, more.boxes]),
            np.concatenate([self.spaced, more.spaced]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """What is drawn on a page besides text; each array has shape (n, 4): left, bottom, right, top.

    *frames* are rectangles large enough to hold text, *across* and *down* thin rules,
    *images* the pictures.
    """

    frames: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    across: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    down: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    images: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    rules: tuple[list[float], list[float], list[float]] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the horizontal rules once more from the bottom up: heights, lefts and rights."""
        height = (self.across[:, 1] + self.across[:, 3]) / 2
        order = height.argsort()
        rules = height[order], self.across[order, 0], self.across[order, 2]
        object.__setattr__(self, "rules", tuple(column.tolist() for column in rules))

    def ruled(self, low: float, high: float, left: float, right: float) -> bool:
        """Whether a horizontal rule between two heights reaches beyond *left* and *right*."""
        heights, begins, ends = self.rules
        first = bisect_right(heights, low)
        return any(
            begins[at] < left and ends[at] > right
            for at in range(first, bisect_left(heights, high, first))
        )


@dataclass(slots=True, eq=False)
class Line:
    """Glyphs that stand side by side, or one below the other when *upright* is false.

    *glyphs* are indices into `Glyphs`, in reading order; *size* is the width of a full-width
    character in points, estimated where the line has none. *frame* is the index of the smallest
    frame around it, or -1. A *pictured* line was read from a picture.
    """

    glyphs: NDArray[np.int32]
    left: float
    bottom: float
    right: float
    top: float
    size: float
    text: str
    upright: bool = True
    frame: int = -1
    pictured: bool = False
    item: bool = field(init=False)

    def __post_init__(self) -> None:
        """Note whether the line begins like an item, a numbered heading or a caption."""
        self.item = _ITEM.match(self.text) is not None

    @property
    def height(self) -> float:
        """From the lowest to the highest point, in points."""
        return self.top - self.bottom


@dataclass(slots=True, eq=False)
class Unit:
    """Something with a place in the reading order: a column of lines, or a frame with its content.

    *row* holds a table row's cells, each a list of lines; *context* what heads it. *columns* are
    those of a whole table.
    """

    left: float
    bottom: float
    right: float
    top: float
    lines: list[Line] = field(default_factory=list)
    inside: list[Unit] = field(default_factory=list)
    row: list[list[Line]] | None = None
    context: str = ""
    columns: Columns | None = None


_CJK = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u2e80-\u2fdf]"
)
_KANA_OR_KANJI = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uf900-\ufaff]")
_IN_VERTICAL = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\u3001-\u3017（）！？：～〜|｜︙︰-﹄０-９]"
)
_LOWER = re.compile(r"[a-z]{2}")
_LETTERS = re.compile(r"[A-Za-z]{2}-$")
_WITH_HYPHEN = frozenset(
    [
        "part",
        "full",
        "non",
        "self",
        "well",
        "co",
        "cross",
        "multi",
        "high",
        "low",
        "long",
        "short",
        "real",
        "one",
        "two",
        "three",
        "four",
        "first",
        "second",
        "third",
        "up",
        "to",
        "on",
        "off",
        "in",
        "end",
        "step",
        "day",
        "year",
        "early",
        "large",
        "small",
        "mid",
    ]
)
# How far apart two runs of one line may stand, in widths of a full-width character.
_SIDE, _TAB, _SPACED_OUT, _SPACE_WIDTH = 0.75, 4.5, 3.2, 0.4
# Punctuation and brackets are half empty: set tightly, "、「" stand a whole width into each other.
_CLOSING, _OPENING, _TIGHT = "、。，．」』）】〉》］", "「『（【〈《［", 1.05


def lines(glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Return the page's lines, in no promised order.

    Glyphs are joined where they stand, whatever breaks the file or the engine put between
    them; a drawn vertical rule keeps two lines apart. Text drawn twice at one place (shadows,
    false bold) counts once.
    """
    if not len(glyphs.codes):
        return []
    runs = _runs(glyphs, shapes)
    runs = _without_doubles(runs)
    runs = _stacked(runs, glyphs, shapes)
    runs = _joined(runs, glyphs, shapes)
    _put_in_frames(runs, shapes.frames)
    return runs


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
    found = _made(order, np.union1d(begins, wide), glyphs)
    usual = float(np.median([line.size for line in found for _ in line.text]))
    for line in found:
        line.pictured = pictured
        # Boxes of OCR differ in height from line to line where the type does not.
        if usual / _ALIKE_IN_PICTURES < line.size < usual * _ALIKE_IN_PICTURES:
            line.size = usual
        line.upright = line.right - line.left > 0.8 * line.height or len(line.text) < _SOME
    _put_in_frames(found, shapes.frames)
    return found


def _runs(glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Cut the file's own order wherever the next glyph does not stand beside the last."""
    left, bottom, right, top = glyphs.boxes.T
    height = np.maximum(top - bottom, 0.5)
    low = np.minimum(height[:-1], height[1:])
    tall = np.maximum(height[:-1], height[1:])
    gap = left[1:] - right[:-1]
    overlap = np.minimum(top[:-1], top[1:]) - np.maximum(bottom[:-1], bottom[1:])
    spaces = glyphs.spaced[1:]
    reach = np.where(spaces > 0, (1.15 + 1.0 * np.minimum(spaces, 3)) * low, 0.8 * low)
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
    order = np.arange(len(glyphs.codes), dtype=np.int32)
    return _made(order, np.concatenate([[0], np.flatnonzero(~linked) + 1]), glyphs)


def _among(marks: str) -> NDArray[np.bool_]:
    """A table that tells for each code point below 65,536 whether it is one of *marks*."""
    table = np.zeros(1 << 16, np.bool_)
    table[[ord(mark) for mark in marks]] = True
    return table


_LAST_OF_PLANE = 0xFFFF
_IS_CLOSING, _IS_OPENING = _among(_CLOSING), _among(_OPENING)


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


def _made(
    order: NDArray[np.int32], begins: NDArray[np.int64], glyphs: Glyphs, *, upright: bool = True
) -> list[Line]:
    """Make one line of each stretch of *order* that starts at one of *begins*.

    A line's size is the mean advance of its full-width characters, kept near the height of the
    font, or what that height suggests.
    """
    boxes = glyphs.boxes[order]
    codes = glyphs.codes[order]
    low = np.minimum.reduceat(boxes[:, :2], begins, axis=0)
    high = np.maximum.reduceat(boxes[:, 2:], begins, axis=0)
    ends = np.append(begins[1:], len(order))
    counts = ends - begins
    height = np.add.reduceat(boxes[:, 3] - boxes[:, 1], begins) / counts
    full = (codes >= _FIRST_KANA) & (codes <= _LAST_KANJI)
    wide = np.add.reduceat(full.astype(np.int32), begins)
    width = np.add.reduceat(np.where(full, boxes[:, 2] - boxes[:, 0], 0), begins)
    advance = np.minimum(np.maximum(width / np.maximum(wide, 1), 0.6 * height), 1.2 * height)
    size = np.where(wide > 0, advance, 0.85 * height)
    text = codes.astype("<u4").tobytes().decode("utf-32-le")
    return [
        Line(order[begin:end], left, bottom, right, top, one, text[begin:end], upright)
        for begin, end, (left, bottom), (right, top), one in zip(
            begins.tolist(), ends.tolist(), low.tolist(), high.tolist(), size.tolist(), strict=True
        )
    ]


def _together(groups: list[list[Line]], glyphs: Glyphs, *, upright: bool = True) -> list[Line]:
    """Make one line of the glyphs of each group of lines."""
    if not groups:
        return []
    parts = [line.glyphs for group in groups for line in group]
    lengths = [sum(len(line.glyphs) for line in group) for group in groups]
    begins = np.cumsum([0, *lengths[:-1]])
    return _made(np.concatenate(parts), begins, glyphs, upright=upright)


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


def _joined(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join runs that stand side by side on one line but not one after the other in the file."""
    if not 1 < len(runs) <= _MOST_RUNS:
        return runs
    after: dict[int, int] = {}
    taken: set[int] = set()
    for one, other, set_off in _neighbours(runs, shapes):
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
    return kept + _together(chains, glyphs)


def _neighbours(runs: list[Line], shapes: Shapes) -> Iterator[tuple[int, int, bool]]:
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
    reach = np.array(
        [_TAB if run.item and _ITEM.fullmatch(run.text) else _SIDE for run in runs], np.float32
    )
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


def _stacked(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join single characters that stand closely one below the other: vertical text and labels."""
    singles = [run for run in runs if len(run.text) == 1 and _IN_VERTICAL.match(run.text)]
    if len(singles) < 2:
        return runs
    singles.sort(key=lambda run: run.left + run.right)
    columns: list[list[Line]] = []
    for run in singles:
        last = columns[-1][0] if columns else None
        if last and run.left + run.right - last.left - last.right < 0.5 * run.size:
            columns[-1].append(run)
        else:
            columns.append([run])
    stacks: list[list[Line]] = []
    for column in columns:
        column.sort(key=lambda run: -run.top)
        stacks.append([column[0]])
        for run in column[1:]:
            if _below(stacks[-1][-1], run, shapes):
                stacks[-1].append(run)
            else:
                stacks.append([run])
    places = np.array([(run.left, run.right, run.top + run.bottom) for run in runs]).T
    stacks = [
        stack
        for stack in stacks
        if len(stack) > 1
        and sum(bool(_KANA_OR_KANJI.match(run.text)) for run in stack) > 0.6 * len(stack)
        and not _side_by_side(stack, places)
    ]
    joined = {id(run) for stack in stacks for run in stack}
    kept = [run for run in runs if id(run) not in joined]
    return kept + _together(stacks, glyphs, upright=False)


def _side_by_side(stack: list[Line], places: NDArray[np.float64]) -> bool:
    """Whether most of a stack's characters touch a character beside them on their line.

    *places* holds left, right and twice the middle height of every run of the page.
    """
    left, right, middle = places
    touching = 0
    for run in stack:
        level = np.abs(middle - run.top - run.bottom) < 0.6 * run.size
        gap = np.maximum(left - run.right, run.left - right)
        # The run itself is one of those at no distance.
        touching += int((level & (gap < 0.2 * run.size)).sum()) > 1
    return touching > 0.5 * len(stack)


def _below(above: Line, run: Line, shapes: Shapes) -> bool:
    size = max(above.size, run.size)
    center = abs((above.left + above.right) - (run.left + run.right)) / 2
    pitch = (above.top + above.bottom - run.top - run.bottom) / 2
    if center > 0.3 * size or not 0.5 * size < pitch < 1.6 * size:
        return False
    middle = (run.left + run.right) / 2
    return not shapes.ruled(
        (run.top + run.bottom) / 2, (above.top + above.bottom) / 2, middle, middle
    )


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


def units(
    found: Sequence[Line], shapes: Shapes, glyphs: Glyphs, before: Columns | None = None
) -> list[Unit]:
    """Return the page's columns, labels, framed boxes and table rows in reading order.

    A frame is read as a whole: what stands in it is never mixed with what stands beside it. A
    ruled table is read row by row, and each row knows the heads of its columns. *before* is the
    table at the end of the page before, as `unfinished` gives it: one at the top of this page
    with the same columns goes on with its heads. *glyphs* are those that the lines are made of.
    """
    grids = tables(shapes.across, shapes.down, _places(found))
    in_grid, free = _in_grids(found, grids)
    unruled = aligned(_places(free), np.array([_may_be_cell(line) for line in free], np.bool_))
    if unruled:
        grids = grids + unruled
        in_grid, free = _in_grids(found, grids)
    highest = max([line.top for line in free] + [grid.top for grid in grids], default=0.0)
    made_tables = []
    for grid, cells in zip(grids, in_grid, strict=True):
        if any(cells):
            goes_on = before is not None and grid.top >= highest and before.fit(grid)
            made_tables.append(
                (grid, _table(grid, cells, shapes, glyphs, before if goes_on else None))
            )
    held: dict[int, list[Line]] = {}
    for line in free:
        held.setdefault(line.frame, []).append(line)
    homes = [_home(grid, shapes.frames) for grid, _ in made_tables]
    used = sorted({frame for frame in [*held, *homes] if frame >= 0})
    within = _nesting(used, shapes.frames)
    made: dict[int, Unit] = {}
    for frame in [*within, -1]:
        inside = _columns(held.get(frame, []), shapes)
        inside.extend(made[child] for child, parent in within.items() if parent == frame)
        inside.extend(
            unit for (_, unit), home in zip(made_tables, homes, strict=True) if home == frame
        )
        made[frame] = _around(_ordered([unit for unit in inside if unit.lines or unit.inside]))
    return made[-1].inside


def _may_be_cell(line: Line) -> bool:
    """Whether a line may be a cell of a table without rules: no item, no sentence, in no frame."""
    return (
        line.upright
        and not line.pictured
        and not line.item
        and line.frame < 0
        and line.text[-1] not in "。、，"
    )


def unfinished(found: Sequence[Unit]) -> Columns | None:
    """The columns of the table that a page ends with, if it does: it may go on overleaf."""
    last = found[-1] if found else None
    while last is not None and last.columns is None and last.inside:
        last = last.inside[-1]
    return last.columns if last is not None else None


def _places(found: Sequence[Line]) -> NDArray[np.float32]:
    places = [(line.left, line.bottom, line.right, line.top) for line in found]
    return np.array(places, np.float32).reshape(-1, 4)


def _in_grids(
    found: Sequence[Line], grids: list[Table]
) -> tuple[list[list[list[Line]]], list[Line]]:
    """Sort lines into the cells of tables; the rest stands free."""
    cells: list[list[list[Line]]] = [[[] for _ in grid.cells] for grid in grids]
    free: list[Line] = []
    for line in found:
        x, y = (line.left + line.right) / 2, (line.bottom + line.top) / 2
        place = next(
            (
                cells[at][index]
                for at, grid in enumerate(grids)
                if grid.left < x < grid.right and grid.bottom < y < grid.top
                for index, cell in enumerate(grid.cells)
                if cell.left < x < cell.right and cell.bottom < y < cell.top
            ),
            None,
        )
        (free if place is None else place).append(line)
    return cells, free


def _home(grid: Table, frames: NDArray[np.float32]) -> int:
    """The smallest frame that is clearly larger than a table and holds it, or -1."""
    if not len(frames):
        return -1
    holds = (
        (frames[:, 0] < grid.left + 2)
        & (frames[:, 1] < grid.bottom + 2)
        & (frames[:, 2] > grid.right - 2)
        & (frames[:, 3] > grid.top - 2)
    )
    area = (frames[:, 2] - frames[:, 0]) * (frames[:, 3] - frames[:, 1])
    holds &= area > _LARGER * (grid.right - grid.left) * (grid.top - grid.bottom)
    return int(np.where(holds, area, np.inf).argmin()) if holds.any() else -1


def _table(
    grid: Table,
    cells: list[list[Line]],
    shapes: Shapes,
    glyphs: Glyphs,
    before: Columns | None,
) -> Unit:
    """A table: its rows as units, or its cells where a row says too much for one breath.

    *before* is the table that it goes on with.
    """
    units_of = [_ordered(_columns(lines, shapes)) for lines in cells]
    in_order = [[line for unit in units for line in unit.lines] for units in units_of]
    said = [_written(lines, glyphs) for lines in in_order]
    head_of, head_rows = heads(grid, said)
    # Where the heads are said again the page has its own; no other row may stand for them.
    if before is not None and set(head_of.values()).isdisjoint(before.heads.values()):
        head_of, head_rows = before.heads, frozenset()
    table = _around(_rows(grid, units_of, in_order, said, head_of, head_rows))
    table.columns = Columns(grid.edges, head_of) if head_of else None
    return table


def _written(cell: Sequence[Line], glyphs: Glyphs) -> str:
    """The words of a cell, with the spaces between them where it is short enough to head others."""
    raw = "".join(line.text for line in cell)
    if not raw or len(raw) > _LONGEST_HEAD or _FULL_ONLY.fullmatch(raw):
        return raw
    if not any(glyphs.spaced[line.glyphs[1:]].any() for line in cell) and not any(
        _needs_space(above.text, line.text) for above, line in pairwise(cell)
    ):
        return raw
    order = [cell[0].glyphs]
    begins = [0]
    length = len(cell[0].glyphs)
    for above, line in pairwise(cell):
        if _needs_space(above.text, line.text):
            order.append(_BLANK)
            length += 1
        begins.append(length)
        order.append(line.glyphs)
        length += len(line.glyphs)
    whole = np.concatenate(order)
    gaps = _gaps(glyphs, whole, np.array(begins), np.array([line.upright for line in cell]))
    return _spelled(glyphs, whole, gaps).text


_FULL_ONLY = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]+|[0-9.,%]+")


def _rows(
    grid: Table,
    units_of: list[list[Unit]],
    in_order: list[list[Line]],
    said: list[str],
    head_of: dict[int, str],
    head_rows: frozenset[int],
) -> list[Unit]:
    """The rows of a table in order, each under its heads."""
    found: list[Unit] = []
    under = ""
    for row in sorted({cell.top_row for cell in grid.cells}):
        members = [at for at, cell in enumerate(grid.cells) if cell.top_row == row and in_order[at]]
        if not members:
            continue
        # A cell to the left that reaches down from an earlier row heads this one too.
        beside = [
            said[at]
            for at, cell in enumerate(grid.cells)
            if cell.top_row < row <= cell.bottom_row
            and cell.left_column < grid.cells[members[0]].left_column
            and 0 < len(said[at]) <= _LONGEST_HEAD
        ]
        if row in head_rows:
            found.append(_row([in_order[at] for at in members], ""))
            continue
        alone = grid.cells[members[0]]
        whole = alone.right - alone.left > _WHOLE_ROW * (grid.right - grid.left)
        if len(members) == 1 and whole and may_head(said[members[0]]):
            under = said[members[0]]
            found.append(_row([in_order[members[0]]], ""))
            continue
        columns = [head_of.get(grid.cells[at].left_column, "") for at in members]
        if sum(len(said[at]) for at in members) <= _LONGEST_ROW and not any(
            _has_items(in_order[at]) for at in members
        ):
            context = _heading(under, *beside, *columns)
            found.append(_row([in_order[at] for at in members], context))
            continue
        first = said[members[0]] if len(said[members[0]]) <= _LONGEST_HEAD else ""
        for at, column in zip(members, columns, strict=True):
            above = first if at != members[0] else ""
            for unit in units_of[at]:
                unit.context = _heading(under, *beside, above, column)
                found.append(unit)
    return found


def _heading(*words: str) -> str:
    """What heads a row or cell, from the outside in, each once."""
    return " / ".join(dict.fromkeys(word for word in words if word))


def _row(cells: list[list[Line]], context: str) -> Unit:
    unit = _around_lines([line for cell in cells for line in cell])
    unit.row, unit.context = cells, context
    return unit


def _has_items(lines: Sequence[Line]) -> bool:
    return sum(line.item for line in lines) > 1


def _around_lines(lines: list[Line]) -> Unit:
    if len(lines) == 1:
        only = lines[0]
        return Unit(only.left, only.bottom, only.right, only.top, lines=lines)
    return Unit(
        min(line.left for line in lines),
        min(line.bottom for line in lines),
        max(line.right for line in lines),
        max(line.top for line in lines),
        lines=lines,
    )


def _nesting(used: list[int], frames: NDArray[np.float32]) -> dict[int, int]:
    """Map each used frame to the smallest used frame around it, or -1; inner frames first."""
    area = {f: float((frames[f, 2] - frames[f, 0]) * (frames[f, 3] - frames[f, 1])) for f in used}
    inner_first = sorted(used, key=lambda f: area[f])
    parents: dict[int, int] = {}
    for at, f in enumerate(inner_first):
        parents[f] = next(
            (
                g
                for g in inner_first[at + 1 :]
                if frames[g, 0] < frames[f, 0] + 2
                and frames[g, 1] < frames[f, 1] + 2
                and frames[g, 2] > frames[f, 2] - 2
                and frames[g, 3] > frames[f, 3] - 2
            ),
            -1,
        )
    return parents


def _around(inside: list[Unit]) -> Unit:
    if not inside:
        return Unit(0, 0, 0, 0)
    return Unit(
        min(unit.left for unit in inside),
        min(unit.bottom for unit in inside),
        max(unit.right for unit in inside),
        max(unit.top for unit in inside),
        inside=inside,
    )


def _columns(found: Sequence[Line], shapes: Shapes) -> list[Unit]:
    """Stack lines that follow each other closely in one column and one size."""
    if len(found) < 2:  # as most cells of tables
        return [_around_lines(list(found))] if found else []
    stacks = _vertical([line for line in found if not line.upright])
    open_stacks: list[list[Line]] = []
    for line in sorted(found, key=lambda one: (-one.top, one.left)):
        if not line.upright:
            continue
        over = [stack for stack in open_stacks if _over(stack[-1], line)]
        above = [stack for stack in over if _continues(stack[-1], line, shapes)]
        # A label that ended higher, beside an indent, is no column beside this one.
        if len(above) == 1 and (
            len(over) == 1 or _past(line, above[0], [one for one in over if one is not above[0]])
        ):
            if len(over) > 1:
                open_stacks = _without(over, open_stacks, above[0])
            above[0].append(line)
            continue
        if over:
            open_stacks = _without(over, open_stacks)
        stacks.append([line])
        open_stacks.append(stacks[-1])
    return [_around_lines(stack) for stack in stacks]


def _without(
    closed: list[list[Line]], stacks: list[list[Line]], kept: list[Line] | None = None
) -> list[list[Line]]:
    """The *stacks* that are not *closed*, or are the one *kept* all the same."""
    return [stack for stack in stacks if stack is kept or not any(stack is gone for gone in closed)]


def _past(line: Line, stack: list[Line], others: list[list[Line]]) -> bool:
    """Whether *line* is running text of *stack* and what else stands over it had ended before."""
    last = stack[-1]
    return min(len(line.text), len(last.text)) >= _LONG_LINE and all(
        other[-1].bottom > last.top - _TOUCH * line.size for other in others
    )


def _over(above: Line, line: Line) -> bool:
    """Whether *above* stands higher than *line* and covers a part of its width."""
    return (
        above.right - line.left > _TOUCH
        and line.right - above.left > _TOUCH
        and above.top + above.bottom > line.top + line.bottom + 0.5 * line.size
        and above.right - above.left > _TOUCH
        and line.right - line.left > _TOUCH
    )


def _vertical(found: list[Line]) -> list[list[Line]]:
    """Gather vertical lines that follow each other from the right to the left."""
    stacks: list[list[Line]] = []
    for line in sorted(found, key=lambda one: -one.right):
        for stack in stacks:
            last = stack[-1]
            gap = last.left - line.right
            if (
                -0.3 * line.size < gap < 1.6 * line.size
                and min(last.top, line.top) - max(last.bottom, line.bottom) > 0
                and last.top - line.top > -2.5 * line.size
                and abs(last.size - line.size) < 0.25 * line.size
                and max(len(last.text), len(line.text)) >= _LEAST_VERTICAL
            ):
                stack.append(line)
                break
        else:
            stacks.append([line])
    return stacks


def _continues(above: Line, line: Line, shapes: Shapes) -> bool:
    """Whether *line* may belong to the column whose last line is *above*."""
    if above.pictured != line.pictured or not (above.upright and line.upright):
        return False
    size = max(above.size, line.size)
    if size > _ALIKE * min(above.size, line.size):
        return False
    middle = (above.top + above.bottom - line.top - line.bottom) / 2
    if not 0.6 * size < middle < 2.6 * size:
        return False
    # An underline is no wider than its text; a rule between cells is.
    return not shapes.ruled(
        line.top - 0.3 * size,
        above.bottom + 0.3 * size,
        min(above.left, line.left) - 0.5,
        max(above.right, line.right) + 0.5,
    )


def _ordered(found: list[Unit]) -> list[Unit]:
    """Sort units as people read them: rows of a page downwards, columns from the left.

    A recursive cut along white space: side by side where a gutter runs through, otherwise from
    top to bottom; strips that share a gutter stay together, so that columns are not read across.
    """
    if len(found) < 2:
        return found
    columns = _cut(found, across=True)
    if len(columns) > 1:
        return [unit for column in columns for unit in _ordered(column)]
    strips = _cut(found, across=False)
    if len(strips) == 1:
        return sorted(found, key=lambda unit: (-round(unit.top), unit.left))
    groups: list[list[Unit]] = []
    for strip in strips:
        if (
            groups
            and len(strip) > 1
            and len(_cut(strip, across=True)) > 1
            and len(_cut(groups[-1], across=True)) > 1
            and len(_cut(groups[-1] + strip, across=True)) > 1
        ):
            groups[-1] = groups[-1] + strip
        else:
            groups.append(strip)
    return [unit for group in groups for unit in (_ordered(group) if len(groups) > 1 else group)]


def _cut(found: list[Unit], *, across: bool) -> list[list[Unit]]:
    """Group units whose spans overlap by more than a point, in order of their beginnings.

    *across* the page from the left, or down it from the top.
    """
    if across:
        spans = [(unit.left, unit.right, unit) for unit in found]
    else:
        spans = [(-unit.top, -unit.bottom, unit) for unit in found]
    spans.sort(key=_BEGIN)
    groups: list[list[Unit]] = []
    reach = float("-inf")
    for begin, end, unit in spans:
        if groups and begin < reach - min(2.0, 0.3 * (end - begin)):
            groups[-1].append(unit)
        else:
            groups.append([unit])
        reach = max(reach, end)
    return groups


_BEGIN = itemgetter(0)
_CIRCLED = re.compile("[①-⑳]")
_BULLET = re.compile(r"[・･•●○◯〇◎◆◇■□▪▫▶►①-⑳]|[（(][0-9０-９]")
_LABEL = re.compile(r"[^\s：:。、]{1,10}[：:](?!//)")
_CANNOT_BEGIN = re.compile(
    r"[、。，．,.）)」』】〉》］\]”’ぁぃぅぇぉっゃゅょァィゥェォッャュョーゝゞ々？！?!〜ん・をん]"
)
_BEGINS_SMALL = re.compile(r"(?!https?:|[ivx]+[.)])[a-z]{2}")
_OPEN_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9,;’”\")\-]*$")
_LATIN_WORD = re.compile(r"[“\"(]?[A-Za-z][!-~’”]*")
_MORE_FOLLOWS = re.compile(
    r"(?:[、，,（(「『・をはがのにとへやもでし]|から|まで|ため|より|など|及び|又は)$"
)


def paragraphs(stack: Sequence[Line], glyphs: Glyphs) -> list[list[Line]]:
    """Cut a column into paragraphs and list items; a hard-wrapped line joins the one before.

    *glyphs* are those that the lines are made of.
    """
    if not stack:
        return []
    if not stack[0].upright:
        return _vertical_paragraphs(stack)
    pitches = sorted(a.top - b.top for a, b in pairwise(stack))
    column = _Column(
        min(line.left for line in stack),
        max(line.right for line in stack),
        pitches[len(pitches) // 3] if pitches else 0.0,
    )
    found: list[list[Line]] = [[stack[0]]]
    for at, line in enumerate(stack[1:], 1):
        near = max(other.right for other in stack[max(0, at - _NEAR) : at + 1])
        if _goes_on(found[-1], line, column, near, glyphs):
            found[-1].append(line)
        else:
            found.append([line])
    return found


@dataclass(frozen=True, slots=True)
class _Column:
    """The edges of a column in points, and how far its lines usually stand apart."""

    left: float
    right: float
    pitch: float


def _vertical_paragraphs(stack: Sequence[Line]) -> list[list[Line]]:
    """Cut vertical lines into paragraphs: after a line that ends early with a full stop."""
    bottom = min(line.bottom for line in stack)
    found: list[list[Line]] = [[stack[0]]]
    for before, line in pairwise(stack):
        early = before.bottom > bottom + 1.5 * before.size
        if (early and before.text[-1] in "。．」") or line.item:
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _goes_on(
    paragraph: list[Line], line: Line, column: _Column, near: float, glyphs: Glyphs
) -> bool:
    """Whether *line* continues the sentence or item that *paragraph* holds so far.

    *near* is how far right the lines before it reach.
    """
    above = paragraph[-1]
    pitch = above.top - line.top
    listing = _BULLET.match(line.text) and not _CIRCLED.search(above.text)
    if above.text[-1] in "、，（(「" and not listing:
        return pitch < 2.2 * max(column.pitch, above.size)
    if line.item:
        return False
    if _CANNOT_BEGIN.match(line.text):
        return True
    open_ended = bool(_MORE_FOLLOWS.search(above.text))
    if pitch > column.pitch + 0.6 * above.size and not open_ended:
        return False
    if _latin_goes_on(above, line, column, glyphs):
        return True
    return _looks_joined(paragraph, line, column, near, open_ended=open_ended)


def _latin_goes_on(above: Line, line: Line, column: _Column, glyphs: Glyphs) -> bool:
    """Whether a line in Latin letters was wrapped: the next word had no room, or begins small.

    Ragged lines before a long word leave more room than any Japanese line does.
    """
    if not _OPEN_LATIN.search(above.text) or abs(line.left - above.left) > _INDENT * above.size:
        return False
    if _BEGINS_SMALL.match(line.text):
        return True
    word = _first_word(line, glyphs)
    return 0 < word and column.right - above.right < word + 0.4 * above.size


def _first_word(line: Line, glyphs: Glyphs) -> float:
    """The width of the Latin word a line begins with, in points; 0 where it is no such word."""
    word = _LATIN_WORD.match(line.text)
    if word is None:
        return 0.0
    spaces = np.flatnonzero(glyphs.spaced[line.glyphs[1 : word.end()]])
    last = int(spaces[0]) if len(spaces) else word.end() - 1
    return float(glyphs.boxes[line.glyphs[last], 2]) - line.left


def _looks_joined(
    paragraph: list[Line], line: Line, column: _Column, near: float, *, open_ended: bool
) -> bool:
    """Whether the shape of a paragraph lets *line* belong to it: indents and how full lines are.

    *open_ended* text cannot end where it does.
    """
    above = paragraph[-1]
    size = above.size
    slack = column.right - above.right
    indent = line.left - above.left
    item = paragraph[0].item
    if above.text.endswith("。"):
        # A full stop in the middle of a paragraph is followed by more on the same line.
        return slack < 1.5 * size and indent < 0.6 * size and not (item and indent < -0.6 * size)
    centred = abs((line.left + line.right) - (above.left + above.right)) < 0.8 * size
    if open_ended or (centred and abs(indent) >= 0.4 * size):
        return True
    hanging = above.left - paragraph[0].left > 0.6 * size
    if item and hanging and indent < -0.6 * size:
        return False
    if item:
        if line.left < paragraph[0].left - 0.6 * size or slack > 0.45 * (
            column.right - column.left
        ):
            return False
        return slack <= 2 * size or not _LABEL.match(line.text)
    if len(above.text) >= _LONG_LINE and abs(indent) < 0.4 * size:
        # Ragged lines: what counts is how far their neighbours reach.
        slack = near - above.right
    return slack < 2.6 * size and (indent <= 0.6 * size or len(paragraph) == 1)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A page's text put together: see `ingest.pages.Page` for the shapes."""

    text: str
    source: NDArray[np.int32]
    boxes: NDArray[np.float32]
    blocks: tuple[Block, ...]


# Where a block begins and ends, and what else it is made of: kind, size and context.
_Placed: TypeAlias = tuple[int, int, tuple[BlockKind, float, str]]
_NEWLINE, _SPACE, _TABULATOR = -1, -2, -3


def compose(glyphs: Glyphs, found: Sequence[Unit]) -> Draft:
    """Put the units into one text: a newline between paragraphs, nothing at a wrapped line.

    A tab stands between the cells of a table row.

    Where a wrapped line ends and the next begins with Latin letters or digits, a space stands.
    """
    parts: list[NDArray[np.int32]] = []
    begins: list[int] = []
    upright: list[bool] = []
    blocks: list[_Placed] = []
    length = 0
    for unit, paragraph in _paragraphs_of(found, glyphs):
        if length:
            parts.append(_BREAK)
            length += 1
        start = length
        cell_starts = {id(cell[0]) for cell in unit.row} if unit.row else frozenset()
        for at, line in enumerate(paragraph):
            if at and id(line) in cell_starts:
                parts.append(_CELL)
                length += 1
            elif at and _hyphenated(paragraph[at - 1], line, glyphs):
                parts[-1] = parts[-1][:-1]
                length -= 1
            elif at and _needs_space(paragraph[at - 1].text, line.text):
                parts.append(_BLANK)
                length += 1
            parts.append(line.glyphs)
            begins.append(length)
            upright.append(line.upright)
            length += len(line.glyphs)
        kind = _kind(paragraph[0]) if unit.row is None else BlockKind.ROW
        size = paragraph[0].size
        if len(paragraph) > 1:
            size = sorted([line.size for line in paragraph])[len(paragraph) // 2]
        blocks.append((start, length, (kind, round(size, 1), unit.context)))
    if not parts:
        return Draft("", np.zeros(0, np.int32), np.zeros((0, 4), np.float32), ())
    order = np.concatenate(parts)
    gaps = _gaps(glyphs, order, np.array(begins), np.array(upright))
    return _spelled(glyphs, order, gaps, blocks)


_SEPARATED = 3
_SEPARATORS = np.array([ord("\t"), ord(" "), ord("\n")], np.uint32)
_BREAK = np.array([_NEWLINE], np.int32)
_BLANK = np.array([_SPACE], np.int32)
_CELL = np.array([_TABULATOR], np.int32)


def _paragraphs_of(found: Sequence[Unit], glyphs: Glyphs) -> Iterator[tuple[Unit, Sequence[Line]]]:
    """Each paragraph with its unit, in order; one that goes on in the next column is whole."""
    open_: tuple[Unit, list[Line]] | None = None
    for unit in _flat(found):
        if not unit.lines:
            continue
        cut = [unit.lines] if unit.row is not None else paragraphs(unit.lines, glyphs)
        if open_ is not None:
            if _over_columns(*open_, unit, cut[0]):
                cut[0] = open_[1] + cut[0]
            else:
                yield open_
        yield from ((unit, paragraph) for paragraph in cut[:-1])
        open_ = unit, cut[-1]
    if open_ is not None:
        yield open_


def _over_columns(before: Unit, paragraph: list[Line], unit: Unit, more: list[Line]) -> bool:
    """Whether a paragraph that ends a column goes on at the top of the next, as wide as it is."""
    last, first = paragraph[-1], more[0]
    width = before.right - before.left
    return (
        before.row is None
        and unit.row is None
        and before.context == unit.context
        and unit.left > before.right
        and first.top > last.top
        and abs(unit.right - unit.left - width) < _AS_WIDE * width
        and abs(first.size - last.size) < _AS_WIDE * last.size
        and min(len(last.text), len(first.text)) >= _LONG_LINE
        and last.upright
        and first.upright
        and not first.item
        and before.right - last.right < last.size
        and last.text[-1] not in _ENDS
    )


def _spelled(
    glyphs: Glyphs,
    order: NDArray[np.int32],
    gaps: NDArray[np.int64],
    blocks: Sequence[_Placed] = (),
) -> Draft:
    """Turn an order of glyphs and separators into text, with a space before each of *gaps*.

    *blocks* have their places in *order*.
    """
    if len(gaps):
        whole = np.full(len(order) + len(gaps), _SPACE, np.int32)
        kept = np.ones(len(whole), np.bool_)
        kept[gaps + np.arange(len(gaps))] = False
        whole[kept] = order
        order = whole
    edges = np.array([block[:2] for block in blocks], np.int64).reshape(-1, 2)
    edges = (edges + np.searchsorted(gaps, edges, side="left")).tolist()
    made = tuple(
        Block(start, end, *rest) for (start, end), (_, _, rest) in zip(edges, blocks, strict=True)
    )
    apart = np.flatnonzero(order < 0)
    codes = glyphs.codes.take(order, mode="clip").astype("<u4", copy=False)
    codes[apart] = _SEPARATORS[order[apart] + _SEPARATED]
    source = glyphs.source.take(order, mode="clip")
    source[apart] = -1
    boxes = glyphs.boxes.take(order, axis=0, mode="clip")
    boxes[apart] = np.nan
    return Draft(codes.tobytes().decode("utf-32-le"), source, boxes, made)


def _gaps(
    glyphs: Glyphs,
    order: NDArray[np.int32],
    begins: NDArray[np.int64],
    upright: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The positions in *order* before which a space belongs.

    Next to a Japanese character only a space of the file counts, and none in a line that is
    spaced out letter by letter. *begins* are the positions at which lines begin.
    """
    at = np.flatnonzero(glyphs.spaced.take(order, mode="clip"))
    line = np.searchsorted(begins, at, side="right") - 1
    inside = (order[at] >= 0) & (at > begins[line]) & upright[line]
    at, line = at[inside], line[inside]
    if not len(at):
        return at
    full = _is_full(glyphs.codes[order[at]]) | _is_full(glyphs.codes[order[at - 1]])
    wanted = (glyphs.spaced[order[at]] > 0) | ~full
    # Letter by letter: more than six in ten places of a line, and at least three.
    many = np.bincount(line, minlength=len(begins))
    places = np.add.reduceat(order >= 0, begins, dtype=np.int64) - 1
    loose = (many > _SOME) & (many > _LETTER_BY_LETTER * places)
    return np.asarray(at[wanted & ~loose[line]])


def _is_full(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Kana, kanji, full-width forms and Japanese punctuation: what is written without spaces."""
    return np.asarray(
        ((codes >= 0x2E80) & (codes <= 0x9FFF))
        | ((codes >= 0xF900) & (codes <= 0xFAFF))
        | ((codes >= 0xFF00) & (codes <= 0xFFEF))
    )


def _kind(first: Line) -> BlockKind:
    if first.pictured:
        return BlockKind.IMAGE
    return BlockKind.ITEM if first.item else BlockKind.TEXT


def _flat(found: Iterable[Unit]) -> Iterator[Unit]:
    for unit in found:
        yield unit
        yield from _flat(unit.inside)


def _hyphenated(before: Line, line: Line, glyphs: Glyphs) -> bool:
    """Whether a word was only parted by the line break, so that its hyphen goes.

    Words such as part-time are written with a hyphen, on one line too.
    """
    if before.text[-1] != "-" or not _LOWER.match(line.text) or not _LETTERS.search(before.text):
        return False
    words = np.flatnonzero(glyphs.spaced[before.glyphs])
    begin = int(words[-1]) if len(words) else 0
    return before.text[begin:-1].lower() not in _WITH_HYPHEN


def _needs_space(before: str, after: str) -> bool:
    return before[-1] != "-" and not (_CJK.match(before[-1]) or _CJK.match(after[0]))
