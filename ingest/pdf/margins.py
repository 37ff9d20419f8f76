"""What stands in the margins of every page: printed page numbers and running heads."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Line

BAND = 0.12
"""The share of a page's height, at the top and at the bottom, in which margins are looked for."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What a page's margins hold: the printed *label*, or None, and the *lines* to leave out."""

    label: str | None
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Number:
    """A line that may be a printed page number: *series* and *value* tell A-3 from 3 and iii."""

    page: int
    line: int
    label: str
    series: str
    value: int
    y: float
    alone: bool


_DASH = r"[\-‐–—―ー−~〜|｜・<>＜＞()（）\[\]\s]*"
_PAGE_NUMBER = re.compile(
    rf"^{_DASH}(?:(?i:p(?:age|\.)?)|頁)?\s*((?:[A-Za-z]{{1,2}}|[0-9]{{1,2}}|付|参|資)[\-‐−])?([0-9]{{1,4}}|[ivxl]{{1,6}}|[IVXL]{{1,6}})"
    rf"(?:\s*/\s*[0-9]{{1,4}})?\s*(?:頁|ページ|/)?{_DASH}$"
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_DIGITS = re.compile(r"[0-9]+")
_AT_AN_END = re.compile(r"^([0-9]{1,4})(?=\D)|(?<=\D)([0-9]{1,4})$")


def margins(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[Margin]:
    """Return for each page what its margins hold; *heights* are the pages', in points.

    A number counts as printed on the page only when the pages around it count along with it.
    A line counts as a running head when it stands at one height on a quarter of the pages, and
    on three at least; its digits may change.
    """
    running = _running(pages, heights)
    numbers = _counted(_numbers(pages, heights))
    found = []
    for at in range(len(pages)):
        left_out = set(running.get(at, ()))
        label = None
        if at in numbers:
            label = numbers[at].label
            if numbers[at].alone:
                left_out.add(numbers[at].line)
        found.append(Margin(label, frozenset(left_out)))
    return found


def _in_band(line: Line, height: float) -> bool:
    middle = (line.top + line.bottom) / 2
    return middle < BAND * height or middle > (1 - BAND) * height


def _numbers(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> dict[int, list[_Number]]:
    """The lines of each page that may be its printed number, the outermost first."""
    found: dict[int, list[_Number]] = defaultdict(list)
    for at, (lines, height) in enumerate(zip(pages, heights, strict=True)):
        for index, line in enumerate(lines):
            if len(line.text) > 80 or not _in_band(line, height):
                continue
            y = (line.top + line.bottom) / 2
            plain = unicodedata.normalize("NFKC", line.text).strip()
            match = _PAGE_NUMBER.match(plain)
            if match:
                prefix, digits = match.group(1) or "", match.group(2)
                value = int(digits) if digits.isdigit() else _roman(digits)
                kind = prefix if digits.isdigit() else prefix + "roman"
                found[at].append(_Number(at, index, prefix + digits, kind, value, y, alone=True))
                continue
            for end in _AT_AN_END.finditer(plain):
                digits = end.group()
                found[at].append(_Number(at, index, digits, "beside", int(digits), y, alone=False))
        found[at].sort(key=lambda one: (not one.alone, min(one.y, height - one.y)))
    return found


def _roman(digits: str) -> int:
    values = [_ROMAN[letter] for letter in digits.lower()]
    return sum(
        -value if any(later > value for later in values[at + 1 : at + 2]) else value
        for at, value in enumerate(values)
    )


def _counted(numbers: dict[int, list[_Number]]) -> dict[int, _Number]:
    """Keep the number of a page that its neighbours count along with, if there is one."""
    kept: dict[int, _Number] = {}
    for at, candidates in numbers.items():
        scored = [
            (
                sum(
                    any(
                        other.series == one.series
                        and other.value - one.value == step
                        and abs(other.y - one.y) < _SAME_HEIGHT
                        for other in numbers.get(at + step, ())
                    )
                    for step in (-3, -2, -1, 1, 2, 3)
                ),
                one,
            )
            for one in candidates
        ]
        best = max(scored, key=lambda pair: pair[0], default=None)
        if best is not None and best[0] >= (1 if best[1].alone else 3):
            kept[at] = best[1]
    return kept


_SAME_HEIGHT = 12.0


def _running(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> dict[int, list[int]]:
    """The lines of each page that repeat on other pages, by their positions."""
    places: dict[tuple[str, int], list[tuple[int, int, float]]] = defaultdict(list)
    sizes: dict[float, int] = defaultdict(int)
    for at, (lines, height) in enumerate(zip(pages, heights, strict=True)):
        for index, line in enumerate(lines):
            sizes[round(line.size)] += len(line.text)
            if not _in_band(line, height):
                continue
            plain = unicodedata.normalize("NFKC", line.text)
            words = _DIGITS.sub("#", plain).strip()
            if sum(character.isalpha() for character in words) < 2:
                continue
            y = (line.top + line.bottom) / 2
            edge = y if y < height / 2 else y - height
            for bucket in (round(edge / 8), round(edge / 8 + 0.5) + 1_000_000):
                places[words, bucket].append((at, index, line.size))
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    found: dict[int, set[int]] = defaultdict(set)
    for seen in places.values():
        count = len({at for at, _, _ in seen})
        small = sum(size for _, _, size in seen) / len(seen) < 1.15 * usual
        # A large line at the top of a slide is its title, unless half of them carry it.
        enough = max(3, (0.25 if small else 0.5) * len(pages))
        if count >= enough or (small and count >= 4 and _in_a_row([at for at, _, _ in seen])):
            for at, index, _ in seen:
                found[at].add(index)
    return {at: sorted(lines) for at, lines in found.items()}


def _in_a_row(pages: list[int]) -> bool:
    """Whether most of *pages* follow each other, with every second page left out at most."""
    steps = [b - a for a, b in pairwise(pages)]
    return sum(1 <= step <= 2 for step in steps) >= 0.8 * len(steps)
