"""Markdown becomes what it shows: headings, lists, tables and paragraphs without their signs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.office import tables
from ingest.office.encodings import decoded
from ingest.office.pieces import Piece, heading, paragraph, running
from ingest.office.tables import Cell
from ingest.pages import BlockKind, EditionText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_HASHES = re.compile(r"(#{1,6})[ \t　]+(.*?)[ \t#]*$")
_UNDERLINE = re.compile(r"(?:=+|-{2,})\s*$")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_RULE = re.compile(r"\s{0,3}(?:\*\s*){3,}$|\s{0,3}(?:-\s*){3,}$|\s{0,3}(?:_\s*){3,}$")
_LISTED = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_QUOTE = re.compile(r"\s{0,3}>[ \t]?")
_LINK = re.compile(r"!?\[([^\[\]]{0,400})\]\([^()\s]{0,400}(?:\s+\"[^\"]{0,200}\")?\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,400})(?<=\S)\1")
_WEAK = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,400})(?<=\S)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]{1,400})`")
_PIPE = re.compile(r"(?<!\\)\|")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>-])")


def read(path: Path) -> EditionText:
    """Read Markdown as it is shown."""
    said = _COMMENT.sub(_as_lines, decoded(path.read_bytes()))
    return running(_Reader(said.splitlines()).pieces())


@dataclass(slots=True)
class _Reader:
    """Reads line after line; *at* is the next, *held* the paragraph that is open since *begun*."""

    lines: Sequence[str]
    at: int = 0
    begun: int = 0
    held: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        """Yield all there is, in order."""
        self.at = self._front_matter()
        while self.at < len(self.lines):
            line = _QUOTE.sub("", self.lines[self.at])
            under = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
            if fence := _FENCE.match(line):
                yield from self._paragraph()
                yield from self._code(fence[1])
            elif "|" in line and "|" in under and _TABLE_RULE.match(under):
                yield from self._paragraph()
                yield from self._table()
            elif not self.held and line.strip() and _is_underlined(line, under):
                level = 0 if under.startswith("=") else 1
                yield heading(_shown(line).strip(), level, f"L{self.at + 1}")
                self.at += 2
            else:
                yield from self._line(line)
                self.at += 1
        yield from self._paragraph()

    def _front_matter(self) -> int:
        """Return the first line after what the maker of a page says to a program."""
        if not self.lines or self.lines[0].strip() != "---":
            return 0
        ends = (n + 1 for n in range(1, len(self.lines)) if self.lines[n].strip() in {"---", "..."})
        return next(ends, 0)

    def _line(self, line: str) -> Iterator[Piece]:
        if found := _HASHES.match(line):
            yield from self._paragraph()
            if title := _shown(found[2]).strip():
                yield heading(title, len(found[1]) - 1, f"L{self.at + 1}")
            return
        item = _LISTED.match(line)
        if item or not line.strip() or _RULE.match(line) or line.startswith("　"):
            yield from self._paragraph()
        if not line.strip() or _RULE.match(line):
            return
        self.begun = self.begun if self.held else self.at
        bullet = item is not None and not item.group().strip()[0].isdigit()
        self.held.append(f"・{line[item.end() :]}" if item and bullet else line.strip(" \t"))

    def _paragraph(self) -> Iterator[Piece]:
        """Yield the paragraph that is open, and begin anew."""
        said = _shown("\n".join(self.held)).strip()
        if said:
            yield paragraph(said, line_range(self.begun, self.begun + len(self.held)))
        self.held = []

    def _code(self, fence: str) -> Iterator[Piece]:
        first = self.at + 1
        ends = (
            n for n in range(first, len(self.lines)) if self.lines[n].lstrip().startswith(fence)
        )
        end = next(ends, len(self.lines))
        said = "\n".join(self.lines[first:end]).strip("\n")
        if said.strip():
            yield Piece(said, BlockKind.TEXT, line_range(first, end))
        self.at = end + 1

    def _table(self) -> Iterator[Piece]:
        first = self.at
        ends = (n for n in range(first + 2, len(self.lines)) if "|" not in self.lines[n])
        self.at = next(ends, len(self.lines))
        cells = []
        for number in (first, *range(first + 2, self.at)):
            inner = self.lines[number].strip().removeprefix("|").removesuffix("|")
            for column, said in enumerate(_PIPE.split(inner)):
                text = _shown(said.replace("\\|", "|")).replace("<br>", "\n").strip()
                if text:
                    name = f"L{number + 1}"
                    cells.append(Cell(number, column, text, at=name, strong=number == first))
        yield from tables.pieces(cells)


def _is_underlined(line: str, under: str) -> bool:
    return _UNDERLINE.match(under) is not None and _LISTED.match(line) is None


def _shown(text: str) -> str:
    """Return what Markdown shows of a line: words without the signs around them."""
    text = _LINK.sub(r"\1", text)
    for pattern, kept in ((_STRONG, r"\2"), (_WEAK, r"\1"), (_CODE, r"\1")):
        text = pattern.sub(kept, text)
    return _ESCAPED.sub(r"\1", text)


def _as_lines(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def line_range(first: int, end: int) -> str:
    """Return the name of the lines from *first*, counted from 0, to before *end*."""
    return f"L{first + 1}" if end - first <= 1 else f"L{first + 1}-L{end}"
