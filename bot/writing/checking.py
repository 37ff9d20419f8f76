"""A model's points → wordings with the sentences they rest on under them, as far as these say so.

A language model is never believed. What it words is shown only above the sentences that it rests
on, word for word with their source, and only where those say it (`bot.writing.claims`); a point
that fails is replaced by its quotation, and the answer says how many were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.answers import Citation, cite
from bot.telling.phrases import phrase
from bot.telling.quotations import escaped
from bot.writing.claims import Verdict, compare
from bot.writing.clauses import read
from bot.writing.lines import Line, nearest, with_exceptions
from ingest.language.sentences import shown
from ingest.language.spelling import is_japanese

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from bot.writing.points import Point
    from index.passages import Library

_ACTIVE = re.compile(
    r"!\[|\]\s?\(|\]\s?\[[^\]\d]|<\s?[a-zA-Z/!]|(?:https?|ftp|data|javascript|file):|www\.",
    re.IGNORECASE,
)
_QUOTE = re.compile(
    "|".join(
        rf"{opens}([^{opens}{closes}]{{2,}}){closes}"
        for opens, closes in ("「」", "『』", "“”", '""', "〈〉", "《》", "‘’", "＜＞")
    )
)
_NEAREST, _MOST = 4, 6
"""Sentences that a point without numbers is matched with; that a point may rest on."""

_SHORTEST = 6
"""Characters below which a wording is no sentence but a word."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A point whose wording is not shown, and why.

    *reason* is one of: marker (it rests on no sentence there is), active (a link, picture or
    markup), language, fragment, quote, or a verdict of `bot.writing.claims`.
    """

    wording: str
    reason: str


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


@dataclass
class Checker:
    """Checks points one by one and numbers the citations that are shown.

    *language* is what the answer must speak; *expand* gives a text's words in other languages,
    for points about sentences of another language. What the *question* sets as its case a point
    need not say again.
    """

    lines: Sequence[Line]
    library: Library
    language: str
    on: date
    expand: Callable[[str], Iterable[str]] = lambda _text: ()
    vetoed: Callable[[str, str], bool] = lambda _source, _said: False
    question: str = ""
    citations: list[Citation] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    kept: int = 0

    def check(self, point: Point) -> str:
        """Return what is shown of a point, "" for nothing: wording and evidence, or evidence alone."""
        if _ACTIVE.search(point.wording):
            return self._removed(point, "active", ())
        known = {line.number: line for line in self.lines}
        cited = [known[one] for one in dict.fromkeys(point.sentences) if one in known][:_MOST]
        if not cited and point.sentences:
            return self._removed(point, "marker", ())
        held = (
            with_exceptions(cited, self.lines)
            if cited
            else nearest(point.wording, self.lines, most=_NEAREST)
        )
        reason, rests = self._judged(point.wording, held)
        if reason:
            return self._removed(point, reason, cited)
        self.kept += 1
        shown_under = held if cited else with_exceptions([held[at] for at in rests], self.lines)
        return self._shown(point.wording, shown_under)

    def _judged(self, said: str, held: Sequence[Line]) -> tuple[str, tuple[int, ...]]:
        """Return why a wording fails ("" when it stands), and which of *held* it rests on."""
        across = bool(held) and is_japanese(said) != is_japanese(held[0].text)
        if is_japanese(said) != (self.language == "ja"):
            return "language", ()
        if not _is_sentence(said):
            return "fragment", ()
        whole = _flat("".join(line.text for line in held))
        if any(_flat(quote) not in whole for quote in _quotes(said)):
            return "quote", ()
        found = compare(
            said,
            [line.stated for line in held],
            expand=self.expand if across else lambda _text: (),
            asked=self.question,
        )
        if found.verdict is not Verdict.SUPPORTED:
            return found.verdict.value, ()
        if self.vetoed(" ".join(shown(line.text) for line in held), said):
            return "vetoed", ()
        return "", found.sources

    def _removed(self, point: Point, reason: str, cited: Sequence[Line]) -> str:
        self.removed.append(Removed(point.wording, reason))
        return self._shown("", with_exceptions(cited, self.lines)) if cited else ""

    def _shown(self, wording: str, lines: Sequence[Line]) -> str:
        """Return a list item: the wording, if there is one, and under it each sentence."""
        markers = [self._marker(line) for line in lines]
        told = [
            phrase(
                self.language,
                "evidence" if wording else "evidence-alone",
                quote=escaped(shown(line.text)),
                title=escaped(line.edition.document.title),
                edition=escaped(line.edition.label),
                page=escaped(self.citations[marker - 1].where(self.language)),
                marker=marker,
            )
            for line, marker in zip(lines, markers, strict=True)
        ]
        if not wording:
            return "".join(f"- {one}\n" for one in told)
        named = "".join(f"[{marker}]" for marker in markers)
        return "".join([f"- {escaped(wording)}{named}\n", *(f"  {one}\n" for one in told)])

    def _marker(self, line: Line) -> int:
        for citation in self.citations:
            if (citation.edition, citation.start, citation.end) == (
                line.edition,
                line.start,
                line.end,
            ):
                return citation.marker
        marker = len(self.citations) + 1
        self.citations.append(
            cite(
                marker,
                line.edition,
                self.library.text(line.edition),
                line.start,
                line.end,
                section=line.section,
                paths=self.library.sentences(line.edition).paths,
                in_force=line.edition in set(self.library.in_force(self.on)),
            )
        )
        return marker


def _is_sentence(said: str) -> bool:
    """Whether a wording says something of something: a lone word or a label does not."""
    if len(_flat(said)) < _SHORTEST:
        return False
    clauses = read(said).clauses
    ended = said.rstrip().endswith(("。", ".", "！", "!", "す", "る", "た", "い"))
    return ended and any(
        one.verbs or one.mood.said or one.has_topic or one.figures for one in clauses
    )


def _quotes(said: str) -> list[str]:
    return [next(part for part in groups if part) for groups in _QUOTE.findall(said)]


def _flat(text: str) -> str:
    return "".join(text.split())
