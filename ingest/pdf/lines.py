"""The characters of one page, wherever the file put them, as lines.

Nothing here knows a PDF library: glyphs and drawn shapes come in as arrays. Coordinates are points
from the lower left corner of the page as shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.pitch import Pitch, pitch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LONG_LINE = 14
"""From so many characters on a line is running text, and no label."""

_FIRST_KANA, _LAST_KANJI = 0x3041, 0x9FFF
_MOST_RUNS = 3_000
_LONGEST_LABEL = 4
_WIDE_GAP = 2.5
_ALIKE, _ALIKE_IN_PICTURES = 1.25, 1.45
_SOME = 2

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


# What is an item's mark only where it stands apart from the text: ２, ア, 一, イ, 甲.
_BARE_MARK = re.compile(
    r"(?:[0-9０-９]{1,2}|[ア-ン]|[一二三四五六七八九十]{1,3})(?=[^0-9０-９.．,，、)）年月日])"
)
_ARTICLE = re.compile(
    r"第[0-9０-９一二三四五六七八九十百]+[章節条編部款項](?:の[0-9０-９一二三四五六七八九十]+)*"
)
_SET_OFF = 0.45


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


_KANA_OR_KANJI = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uf900-\ufaff]")
_IN_VERTICAL = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\u3001-\u3017（）！？：～〜|｜︙︰-﹄０-９]"
)
# How far apart two runs of one line may stand, in widths of a full-width character.
_SIDE, _TAB, _SPACED_OUT, _SPACE_WIDTH = 0.75, 4.5, 3.2, 0.4
# Punctuation and brackets are half empty: set tightly, "、「" stand a whole width into each other.
_CLOSING, _OPENING, _TIGHT = "、。，．」』）】〉》］", "「『（【〈《［", 1.05


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
    runs = _stacked(runs, glyphs, shapes)
    runs = _joined(runs, glyphs, shapes, measured)
    _put_in_frames(runs, shapes.frames)
    _note_numbers(runs, glyphs)
    return runs


def _note_numbers(found: list[Line], glyphs: Glyphs) -> None:
    """Note which lines begin an item with a bare number, set off from its text by half a cell.

    第５条 begins an article only where it is set off too: a sentence may be wrapped before it.
    """
    for line in found:
        mark = _BARE_MARK.match(line.text) or _ARTICLE.match(line.text)
        if mark is None or not line.upright or mark.end() == len(line.text):
            continue
        last, first = line.glyphs[mark.end() - 1], line.glyphs[mark.end()]
        gap = float(glyphs.boxes[first, 0] - glyphs.boxes[last, 2])
        line.item = gap > _SET_OFF * line.size or line.text[mark.end()] in "（(「"


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
    # An empty cell is a space, whatever the engine supposed between the characters of a grid.
    emptied = linked & (gap > (letter * 2 + 0.6) * low)
    tight = (spaces < 0) & (letter > 0.1) & (gap < (letter + 0.15) * low)
    glyphs.spaced[1:][emptied & (spaces <= 0)] = 1
    glyphs.spaced[1:][tight] = 0
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
    return kept + _together(chains, glyphs)


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
    marks = np.array([run.item and _ITEM.fullmatch(run.text) is not None for run in runs])
    reach = np.where(marks, _TAB, side)
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
