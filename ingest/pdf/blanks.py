"""Blanks to fill in: a line of running text goes on behind them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.pdf.lines import LONG_LINE, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Glyphs, Line, Shapes

# In widths of a character: the widest blank, how far the line above or below may stand, and how
# much it may be indented.
_WIDEST, _PITCH, _INDENT = 9.0, 2.4, 3.0
# How alike full lines end, how many there are on a page of running text, and how far a column goes.
_EDGE, _SEVERAL, _AROUND = 1.5, 3, 7.0
_ENDS = "。：:）)」"


def bridged(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join what stands before and behind a blank where the text above or below runs past it.

    Only what the file writes one after the other, and where no rule stands between, is joined.
    """
    begins = {int(run.glyphs[0]): run for run in runs if run.upright}
    after = {
        id(run): behind
        for run in runs
        if run.upright
        and (behind := begins.get(int(run.glyphs[-1]) + 1)) is not None
        and _beside(run, behind)
    }
    if not after:
        return runs
    long = [run for run in runs if len(run.text) >= LONG_LINE]
    behind_some = {id(behind) for behind in after.values()}
    chains: list[list[Line]] = []
    for run in runs:
        if id(run) in behind_some or id(run) not in after:
            continue
        chain = [run]
        while (behind := after.get(id(chain[-1]))) is not None:
            chain.append(behind)
        past = _runs_past(chain, long) or _fills_the_line(chain, long, runs)
        if past and not _parted(chain, shapes):
            chains.append(chain)
    if not chains:
        return runs
    joined = {id(run) for chain in chains for run in chain}
    for chain in chains:
        for run in chain[1:]:
            glyphs.spaced[run.glyphs[0]] = max(1, glyphs.spaced[run.glyphs[0]])
    return [run for run in runs if id(run) not in joined] + together(chains, glyphs)


def _beside(run: Line, behind: Line) -> bool:
    size = min(run.size, behind.size)
    return (
        abs(run.top + run.bottom - behind.top - behind.bottom) < 0.6 * size
        and 0 < behind.left - run.right < _WIDEST * size
        and max(run.size, behind.size) < 1.3 * size
    )


def _runs_past(chain: Sequence[Line], long: Sequence[Line]) -> bool:
    """Whether a line of the same text covers every blank of *chain*: the one it was wrapped from."""
    first, last = chain[0], chain[-1]
    size = first.size
    for other in long:
        pitch = (other.top + other.bottom - first.top - first.bottom) / 2
        if (
            not 0.5 * size < abs(pitch) < _PITCH * size
            or abs(other.left - first.left) > _INDENT * size
            or other.right < last.left
            or not 0.8 * size < other.size < 1.25 * size
        ):
            continue
        # Above stands a sentence that is not at its end; below, the rest of this one.
        open_above = pitch > 0 and other.text[-1] not in _ENDS
        open_below = pitch < 0 and not other.item and last.text[-1] not in _ENDS
        if (open_above and not first.item) or open_below:
            return True
    return False


def _fills_the_line(chain: Sequence[Line], long: Sequence[Line], runs: Sequence[Line]) -> bool:
    """Whether *chain* is a full line of a text that has others, and nothing stands in columns."""
    first, last = chain[0], chain[-1]
    size = first.size
    if len(first.text) < LONG_LINE or first.text[-1] in _ENDS:
        return False
    full = sum(
        abs(other.right - last.right) < _EDGE * size
        and abs(other.left - first.left) <= _INDENT * size
        and 0.8 * size < other.size < 1.25 * size
        for other in long
    )
    if full < _SEVERAL:
        return False
    return not any(
        abs(other.left - behind.left) < size
        and abs(other.top - behind.top) < _AROUND * size
        and other not in chain
        for behind in chain[1:]
        for other in runs
    )


def _parted(chain: Sequence[Line], shapes: Shapes) -> bool:
    down = shapes.down
    if not len(down):
        return False
    middle = (chain[0].top + chain[0].bottom) / 2
    across = (down[:, 1] < middle) & (down[:, 3] > middle)
    return any(
        bool((across & (down[:, 0] > run.right - 1) & (down[:, 2] < behind.left + 1)).any())
        for run, behind in pairwise(chain)
    )
