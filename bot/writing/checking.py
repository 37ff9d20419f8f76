"""Markers and quotes in a model's words → citations that were found in the stored text.

A language model is never believed. Each of its sentences must name a passage that it was given,
and the lines it is about must hold its quotations, its numbers, its names and most of its words
(`bot.writing.support`); a sentence that fails is left out and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.answering.relevance import words_of
from bot.answers import Citation, cite
from bot.telling.quotations import escaped
from bot.writing.support import Line, Source, Support, place, quotes_of
from ingest.japanese import is_japanese, normalise
from ingest.language.sentences import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from index.passages import Library
    from index.search.glossary import Match

_MARKER = re.compile(r"\s*[\[［【]\s*\^?((?:[0-9０-９]+\s*[,，、;・]?\s*)+)[\]］】]")
_DIGITS = re.compile(r"[0-9０-９]+")
_BULLET = re.compile(r"^\s*(?:[-*+・•]\s*|\(?\d{1,2}[.)．）]\s+|#{1,6}\s+|>\s*)")
_ENDING = "。！？!?"
_BRACKETS = {"「": "」", "『": "』", "（": "）", "(": ")", "“": "”"}
_CLOSERS = "」』）)”\"'*_"
_ACTIVE = re.compile(
    r"!\[|\]\s*\(|\]\s*\[[^\]\d]|<\s*[a-zA-Z/!]|(?:https?|ftp|data|javascript|file):|www\.",
    re.IGNORECASE,
)
_LONGEST_MARKER, _LONGEST_MARKERS = 4, 12
"""Digits of a marker; characters in which its closing bracket must come."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that was left out, and why.

    *reason* is one of: marker (it names no passage there is), active (a link, picture or
    markup), language, or one of `bot.writing.support.Support.of`.
    """

    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What is left of a model's words: Markdown with markers of *citations*, in their order."""

    text: str
    citations: tuple[Citation, ...]
    removed: tuple[Removed, ...]


def stands(citation: Citation, library: Library) -> bool:
    """Whether a citation is what it says: the stored text at its offsets, on its pages."""
    text = library.text(citation.edition)
    if not 0 <= citation.start < citation.end <= len(text.text):
        return False
    return (
        text.text[citation.start : citation.end] == citation.quote
        and text.page_at(citation.start).number == citation.page
        and text.page_at(citation.start).label == citation.page_label
        and text.pages_of(citation.start, citation.end) == citation.pages
    )


def verify(
    draft: str,
    sources: Sequence[Source],
    library: Library,
    *,
    question: str,
    language: str,
    on: date,
    expand: Callable[[str], Sequence[Match]] = lambda _text: (),
) -> Verified:
    """Return what of *draft* the sources support.

    *question* may be repeated without support, its numbers and names too only as words, never
    as facts. *language* is what the answer must speak. *expand* translates words across
    languages, for sentences about passages in another language.
    """
    checker = Checker(sources, library, question=question, language=language, on=on, expand=expand)
    pieces = [checker.check(piece) for piece in pieces_of(draft)]
    pieces.append(checker.left_out())
    return Verified(tidied("".join(pieces)), tuple(checker.citations), tuple(checker.removed))


def tidied(text: str) -> str:
    """Return *text* without the empty lines and headings that removed sentences leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def pieces_of(draft: str) -> Iterator[str]:
    """Cut a draft into sentences with the markers that follow them, and line breaks.

    The pieces joined give the draft.
    """
    cutter = Cutter()
    yield from cutter.feed(draft)
    yield from cutter.rest()


class Cutter:
    """Cuts a text that arrives bit by bit into whole sentences, markers included."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held = ""

    def feed(self, text: str) -> Iterator[str]:
        """Yield the sentences that are complete now."""
        self._held += text
        while True:
            end = _sentence_end(self._held)
            if end is None:
                return
            piece, self._held = self._held[:end], self._held[end:]
            yield piece

    def rest(self) -> Iterator[str]:
        """Yield what is left when nothing more comes."""
        if self._held:
            piece, self._held = self._held, ""
            yield piece


def _sentence_end(text: str) -> int | None:
    """Return where the first sentence of *text* ends for certain, or None."""
    waiting: list[str] = []
    for at, character in enumerate(text):
        if character == "\n":
            return at + 1
        if character in _BRACKETS:
            waiting.append(_BRACKETS[character])
        elif waiting and character == waiting[-1]:
            waiting.pop()
        elif not waiting and (character in _ENDING or character == "."):
            end = _behind(text, at + 1)
            if end is None:
                return None
            listed = text[:at].strip().isdigit()
            if character == "." and (
                listed or not (text[end - 1] in "]］】" or text[end] in " \n")
            ):
                continue
            return end
    return None


def _behind(text: str, at: int) -> int | None:
    """Return the offset behind closing marks and markers from *at*, None when more may come."""
    while at < len(text):
        if text[at] in _CLOSERS + _ENDING:
            at += 1
            continue
        marker = _MARKER.match(text, at)
        if marker:
            at = marker.end()
            continue
        rest = text[at:].lstrip(" ")
        if not rest or (
            rest[0] in "[［【"
            and not re.search(r"[\]］】\n]", rest)
            and len(rest) < _LONGEST_MARKERS
        ):
            return None
        return at
    return None


@dataclass
class Checker:
    """Checks a draft sentence by sentence and numbers the citations that survive."""

    sources: Sequence[Source]
    library: Library
    question: str
    language: str
    on: date
    expand: Callable[[str], Sequence[Match]] = lambda _text: ()
    citations: list[Citation] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    _told: list[Line] = field(default_factory=list)
    _support: Support = field(init=False)

    def __post_init__(self) -> None:
        """Compare with the sources that the model was given."""
        self._support = Support(self.library, self.question, self.expand)

    def check(self, piece: str) -> str:
        """Return *piece* with markers of verified citations, or "" (or its line break) if it fails."""
        bare = _MARKER.sub("", piece)
        if not any(character.isalnum() for character in bare):
            return self._ornament(piece)
        reason, cited = self._judge(piece, bare)
        ending = "\n" if piece.endswith("\n") else ""
        if reason:
            self.removed.append(Removed(piece.strip(), reason))
            return ending
        bullet = _BULLET.match(bare)
        head = bullet[0] if bullet else ""
        said = escaped(bare[len(head) :].strip())
        markers = "".join(f"[{marker}]" for marker in dict.fromkeys(cited))
        gap = " " if self.language == "en" and not ending and not markers else ""
        return f"{head}{said}{markers}{gap}{ending}"

    def left_out(self) -> str:
        """Return the exceptions to what was told that no sentence told, as quotations."""
        said = {(one.edition, one.start) for one in self.citations}
        pieces = []
        for line in self._support.exceptions(dict.fromkeys(self._told)):
            if (line.source.edition, line.start) not in said:
                marker = self._marker(line.source, line.start, line.end)
                said.add((line.source.edition, line.start))
                pieces.append(f"{escaped(shown(line.text))}[{marker}]")
        return "\n\n" + "\n\n".join(pieces) if pieces else ""

    def _ornament(self, piece: str) -> str:
        """Keep line breaks; what else has no letter (rules, stray markers) says nothing."""
        return "\n" if piece.endswith("\n") else ""

    def _judge(self, piece: str, bare: str) -> tuple[str, list[int]]:
        """Return why the sentence fails ("" when it stands) and the markers it gets."""
        if _ACTIVE.search(piece):
            return "active", []
        named = _markers(piece)
        bullet = _BULLET.match(bare)
        said = bare[bullet.end() :] if bullet else bare
        known = {source.number: source for source in self.sources}
        cited = [known[number] for number in named if number in known]
        if named and not cited:
            return "marker", []
        if is_japanese(said) != (self.language == "ja") and not quotes_of(said):
            return "language", []
        found = self._support.of(said, cited or self.sources, cited=bool(cited))
        if found.reason:
            return found.reason, []
        self._told.extend(found.lines)
        return "", [self._cite(said, source, found.lines) for source in cited]

    def _cite(self, said: str, source: Source, lines: Sequence[Line]) -> int:
        """Return the marker of the span of *source* that supports the sentence best."""
        start, end = self._span(said, source, lines)
        return self._marker(source, start, end)

    def _marker(self, source: Source, start: int, end: int) -> int:
        for citation in self.citations:
            if citation.edition == source.edition and (citation.start, citation.end) == (
                start,
                end,
            ):
                return citation.marker
        marker = len(self.citations) + 1
        self.citations.append(
            cite(
                marker,
                source.edition,
                self.library.text(source.edition),
                start,
                end,
                section=source.section,
                in_force=source.edition in set(self.library.in_force(self.on)),
            )
        )
        return marker

    def _span(self, said: str, source: Source, lines: Sequence[Line]) -> tuple[int, int]:
        text = self.library.text(source.edition).text
        for quote in quotes_of(said):
            found = place(quote, text, source.start, source.end)
            if found:
                return found
        near = next((line for line in lines if line.source == source), None)
        if near is None:
            mine = words_of(said)
            near = max(
                self._support.lines(source),
                key=lambda line: len(mine & line.words),
                default=None,
            )
        return (near.start, near.end) if near else (source.start, source.end)


def _markers(piece: str) -> list[int]:
    return [
        int(normalise(digits))
        for group in _MARKER.findall(piece)
        for digits in _DIGITS.findall(group)
        if len(digits) <= _LONGEST_MARKER
    ]
