"""An edition taken apart for comparison: its sections, and their sentences and rows."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.headings import sections
from ingest.language.sentences import is_whole
from ingest.sentences import Kind as StoredKind
from ingest.sentences import Sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.pages import EditionText


SHORTEST_BROKEN = 12
_LONGEST_HEADING = 40


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A sentence or a row. *plain* is what is compared: widths and white space do not count."""

    start: int
    end: int
    plain: str
    row: bool
    heading: bool = False


@dataclass(slots=True, eq=False)
class Part:
    """A section: where it stands, its heading in parts, and what is said under it."""

    at: int
    path: tuple[str, ...]
    start: int
    end: int
    number: str
    title: str
    units: list[Unit]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(unit.plain) for unit in self.units)


_NUMBER = re.compile(
    r"(?:第\s?[0-9一二三四五六七八九十百]+\s?[部編章節条項](?:の[0-9一二三四五六七八九十]+)?"
    r"|[0-9]{1,3}(?:\s?[.\-‐−]\s?[0-9]{1,3})*\s?[.、)]?(?=\s|[^0-9年月日%])"
    r"|[(][0-9一二三四五六七八九十]{1,3}[)]|[IVX]{1,4}[.、 ]|[ア-ン][.、)]|[■◆●▌□◇○])\s*"
)


# What follows a title in a sentence of which it is only the first word.
_GOES_ON = re.compile(r"[のはをにがとでもへや、・及]|など|から|まで|より|する|した|して|され")


def as_compared(said: str) -> str:
    """Return what is compared of a text: widths and white space do not count."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", said))


def numbered(title: str) -> tuple[str, str]:
    """Take a heading apart: its number as compared, and its bare title."""
    plain = unicodedata.normalize("NFKC", title).strip()
    number = _NUMBER.match(plain)
    if number is None or number.end() == len(plain):
        return "", as_compared(plain)
    return as_compared(number.group()), as_compared(plain[number.end() :])


def _head(plain: str) -> tuple[str, str] | None:
    """Return how a heading is numbered (0.0 for 6.2) and its title; None without a number."""
    number, title = numbered(plain)
    return (re.sub("[0-9]+", "0", number), title) if number and title else None


def way(plain: str) -> str:
    """Return how a heading is numbered, 0.0 for 6.2; "" without a number."""
    head = _head(plain)
    return head[0] if head else ""


def section_heads(text: EditionText) -> set[tuple[str, str] | None]:
    """Return how each section is numbered, and its title; None for one without a number."""
    return {_head(as_compared(section.path[-1])) for section in sections(text) if section.path}


def torn_off(
    text: EditionText, units: list[Unit], other: EditionText, others: list[Unit]
) -> list[Unit]:
    """Tear headings off the sentences they were read with, where *other* has them by themselves.

    A heading set hardly larger than the text may be read as the beginning of a paragraph in one
    edition, and as a heading in the next, because of what stands around it.
    """
    heads = section_heads(other) | {_head(unit.plain) for unit in others if unit.heading}
    titles = sorted((head[1] for head in heads if head), key=len, reverse=True)
    there = {unit.plain for unit in others}
    found: list[Unit] = []
    for unit in units:
        head = None if unit.row or unit.heading or unit.plain in there else _head(unit.plain)
        title = next(
            (t for t in titles if head and head[1].startswith(t) and (head[0], t) in heads), ""
        )
        rest = head[1][len(title) :] if head and title else ""
        if not rest or _GOES_ON.match(rest):
            found.append(unit)
            continue
        said = unit.plain[: len(unit.plain) - len(rest)]
        end = next(
            at
            for at in range(unit.start, unit.end)
            if as_compared(text.text[unit.start : at]) == said
        )
        found.append(Unit(unit.start, end, said, row=False, heading=True))
        found.append(Unit(end, unit.end, rest, row=False))
    return found


def parts_of(text: EditionText, units: list[Unit], numbering: set[str]) -> list[Part]:
    """Return the sections of a text, and what stands under a heading numbered as theirs are."""
    found: list[Part] = []
    starts = [unit.start for unit in units]
    for section in sections(text):
        own = units[bisect_left(starts, section.start) : bisect_left(starts, section.end)]
        if section.path and own:
            own = _without_heading(own, section.path[-1])
        ats = [at for at, unit in enumerate(own) if unit.heading and way(unit.plain) in numbering]
        until = [own[at].start for at in ats] + [section.end]
        _add(found, section.path, (section.start, until[0]), own[: ats[0]] if ats else own)
        for order, at in enumerate(ats):
            heading = text.text[own[at].start : own[at].end].strip()
            path = (*_above(section.path, heading), heading)
            inside = own[at + 1 : ats[order + 1] if order + 1 < len(ats) else len(own)]
            _add(found, path, (own[at].start, until[order + 1]), inside)
    return found


def _add(found: list[Part], path: tuple[str, ...], span: tuple[int, int], own: list[Unit]) -> None:
    kept = [unit for unit in own if any(c.isalnum() for c in unit.plain)]
    if path or kept:
        number, title = numbered(path[-1]) if path else ("", "")
        found.append(Part(len(found), path, *span, number, title, kept))


def _above(path: tuple[str, ...], heading: str) -> tuple[str, ...]:
    """Return the sections that a heading found in another one's text stands under."""
    return path[:-1] if path and way(as_compared(heading)) == way(as_compared(path[-1])) else path


def _without_heading(own: list[Unit], heading: str) -> list[Unit]:
    """Leave out the units that are the heading itself, which may run over two blocks."""
    wanted, seen, at = as_compared(heading), "", 0
    while at < len(own) and wanted.startswith(seen + own[at].plain):
        seen += own[at].plain
        at += 1
    return own[at:] if seen == wanted else own[max(at, 1) :]


def units_of(text: EditionText, found: Sentences) -> Iterator[Unit]:
    """Yield sentences and rows in order; a sentence that a page break cuts is one."""
    waiting: Unit | None = None
    for order, one in enumerate(found):
        start = one.start
        if waiting is not None:
            if one.kind is StoredKind.STATEMENT:
                start = waiting.start
            else:
                yield waiting
        said = as_compared(text.text[start : one.end])
        row = one.kind in {StoredKind.ROW, StoredKind.HEAD}
        block = found.in_block(order)
        alone = one.kind is StoredKind.ITEM and len(block) == 1
        heading = one.kind is StoredKind.HEADING or (alone and _looks_like_heading(said))
        unit = Unit(start, one.end, said, row, heading)
        last = order + 1 == len(found) or found.column("page")[order + 1] != one.page
        whole = text.text[found[block[0]].start : one.end]
        waiting = unit if last and not (row or heading) and _goes_on(whole) else None
        if waiting is None:
            yield unit
    if waiting is not None:
        yield waiting


def _looks_like_heading(plain: str) -> bool:
    """Whether an item of a list is a heading by its number (such as 6.2) and breaks off as one."""
    return len(plain) <= _LONGEST_HEADING and way(plain).count("0") > 1 and not is_whole(plain)


def _goes_on(said: str) -> bool:
    """Whether the last lines of a page break off in a sentence, rather than being a title."""
    return len(said) >= SHORTEST_BROKEN and not is_whole(said)
