"""Plots as inline SVG: small, without scripts, coloured by the page's style sheet.

Every function returns one `<svg>` with a title for those who do not see it. Numbers are
written beside the marks, so that no value has to be read off an axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH = 720
_ROW = 26
_LABEL = 190
_NUMBERS = 150


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled value with the ends of its interval; *note* is written after the number."""

    label: str
    value: float
    low: float
    high: float
    note: str = ""


def dots(title: str, marks: Sequence[Mark]) -> str:
    """Return values from 0 to 1 as dots with whiskers, one row each."""
    left, right = _LABEL, WIDTH - _NUMBERS
    span = right - left
    height = _ROW * len(marks) + 30
    parts = [*_grid(left, right, height)]
    for row, mark in enumerate(marks):
        y = _ROW * row + 18
        x, low, high = (left + span * value for value in (mark.value, mark.low, mark.high))
        parts += [
            _text(left - 12, y + 4, mark.label, "label end"),
            _line(low, y, high, y, "whisker"),
            f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="4.5"/>',
            _text(right + 14, y + 4, f"{mark.value:.3f}", "number"),
            _text(right + 62, y + 4, mark.note, "note"),
        ]
    return _svg(title, height, parts)


def gains(title: str, marks: Sequence[Mark]) -> str:
    """Return differences around 0 as dots with whiskers; the scale fits the widest interval."""
    ends = [abs(end) for mark in marks for end in (mark.low, mark.high)]
    reach = 1.05 * max(0.02, *ends)
    left, right = _LABEL, WIDTH - _NUMBERS
    middle, span = (left + right) / 2, (right - left) / 2
    height = _ROW * len(marks) + 30
    parts = [
        _line(middle, 6, middle, height - 22, "axis"),
        *(
            _text(middle + span * at, height - 6, f"{reach * at:+.3f}", "tick middle")
            for at in (-1, 1)
        ),
        _text(middle, height - 6, "0", "tick middle"),
    ]
    for row, mark in enumerate(marks):
        y = _ROW * row + 18
        x, low, high = (
            middle + span * value / reach for value in (mark.value, mark.low, mark.high)
        )
        way = "gain" if mark.low > 0 else "loss" if mark.high < 0 else "open"
        parts += [
            _text(left - 12, y + 4, mark.label, "label end"),
            _line(low, y, high, y, f"whisker {way}"),
            f'<circle class="dot {way}" cx="{x:.1f}" cy="{y}" r="4.5"/>',
            _text(right + 14, y + 4, f"{mark.value:+.3f}", "number"),
            _text(right + 66, y + 4, mark.note, "note"),
        ]
    return _svg(title, height, parts)


def curve(
    title: str,
    points: Sequence[tuple[float, float]],
    *,
    across: str,
    up: str,
    labels: Sequence[tuple[float, str]],
) -> str:
    """Return points joined by lines; both axes are named, the vertical one runs from 0 to 1.

    *labels* are positions along the horizontal axis with what is written there.
    """
    left, right, top, bottom = 60, WIDTH - 40, 16, 230
    first, last = labels[0][0], labels[-1][0]

    def x(value: float) -> float:
        return left + (right - left) * (value - first) / ((last - first) or 1)

    def y(value: float) -> float:
        return bottom - (bottom - top) * value

    parts: list[str] = []
    for value in (0, 0.25, 0.5, 0.75, 1):
        parts += [
            _line(left, y(value), right, y(value), "grid"),
            _text(left - 8, y(value) + 4, f"{value:g}", "tick end"),
        ]
    parts += [_text(x(at), bottom + 18, said, "tick middle") for at, said in labels]
    path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
    parts.append(f'<polyline class="curve" points="{path}"/>')
    if len(points) <= 12:  # noqa: PLR2004 - more dots than that hide the line
        parts += [
            f'<circle class="dot" cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5">'
            f"<title>{b:.3f}</title></circle>"
            for a, b in points
        ]
    parts += [
        _text((left + right) / 2, bottom + 38, across, "axis-name middle"),
        (
            f'<text class="axis-name middle" transform="translate(14 {(top + bottom) / 2}) '
            f'rotate(-90)">{escape(up)}</text>'
        ),
    ]
    return _svg(title, bottom + 46, parts)


def histogram(title: str, values: Sequence[float], *, lines: Sequence[tuple[float, str]]) -> str:
    """Return how many values lie where, in 30 bars; *lines* mark values with a word.

    The horizontal axis is logarithmic, because times have a long tail.
    """
    if not values:
        return ""
    left, right, top, bottom = 60, WIDTH - 40, 34, 200
    floor = max(min(values), 1e-3)
    ceiling = max(floor * 1.5, *values)
    edges = np.geomspace(floor, ceiling, 31)
    counts, _ = np.histogram(np.clip(values, floor, ceiling), edges)
    wide = (right - left) / 30
    tall = (bottom - top) / max(1, int(counts.max()))

    def x(value: float) -> float:
        return left + (right - left) * float(np.log(value / floor) / np.log(ceiling / floor))

    parts = [
        f'<rect class="bar" x="{left + wide * at + 1:.1f}" y="{bottom - tall * count:.1f}" '
        f'width="{wide - 2:.1f}" height="{tall * count:.1f}"><title>{count} between '
        f"{edges[at]:.1f} and {edges[at + 1]:.1f} ms</title></rect>"
        for at, count in enumerate(map(int, counts))
        if count
    ]
    parts.append(_line(left, bottom, right, bottom, "axis"))
    for level, (at, said) in enumerate(lines):
        place = x(min(max(at, floor), ceiling))
        height = top - 8 - 14 * (level % 2)
        side, shift = ("end", -5) if place > (left + right) / 2 else ("", 5)
        parts += [
            _line(place, height - 6, place, bottom, "rule"),
            _text(place + shift, height, said, f"tick {side}"),
        ]
    for at in _round_between(floor, ceiling):
        parts.append(_text(x(at), bottom + 18, f"{at:g}", "tick middle"))
    parts.append(_text((left + right) / 2, bottom + 38, "milliseconds", "axis-name middle"))
    return _svg(title, bottom + 46, parts)


def _round_between(low: float, high: float) -> Iterable[float]:
    """Yield 1, 2 and 5 times each power of ten between two numbers."""
    for power in range(-3, 7):
        for step in (1, 2, 5):
            if low <= step * 10.0**power <= high:
                yield step * 10.0**power


def _grid(left: float, right: float, height: float) -> Iterable[str]:
    for value in (0, 0.25, 0.5, 0.75, 1):
        x = left + (right - left) * value
        yield _line(x, 6, x, height - 22, "grid")
        yield _text(x, height - 6, f"{value:g}", "tick middle")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, said: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>'


def _svg(title: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height:.0f}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
