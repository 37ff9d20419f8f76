"""Markers and quotes in a model's words → citations that were found in the stored text.

A language model is never believed. Each of its sentences must name a passage that it was given,
and that passage must hold its quotations, its numbers, its names and most of its words; a
sentence that fails is left out and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.answers import Citation, cite
from bot.quotations import escaped
from bot.relevance import words_of
from bot.sentences import sentences
from ingest.japanese import is_japanese, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from index.glossary import Match
    from index.passages import Library, Passage
    from ingest.editions import Edition

_MARKER = re.compile(r"\s*[\[［【]\s*\^?((?:[0-9０-９]+\s*[,，、;・]?\s*)+)[\]］】]")
_DIGITS = re.compile(r"[0-9０-９]+")
_QUOTE = re.compile(
    r"「([^「」]*(?:「[^「」]*」[^「」]*)*)」|『([^『』]+)』|“([^“”]+)”|\"([^\"]+)\""
)
_BULLET = re.compile(r"^\s*(?:[-*+・•]\s*|\(?\d{1,2}[.)．）]\s+|#{1,6}\s+|>\s*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_ENDING = "。！？!?"
_BRACKETS = {"「": "」", "『": "』", "（": "）", "(": ")", "“": "”"}
_CLOSERS = "」』）)”\"'*_"
_ACTIVE = re.compile(
    r"!\[|\]\s*\(|\]\s*\[[^\]\d]|<\s*[a-zA-Z/!]|(?:https?|ftp|data|javascript|file):|www\.",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"[一-龥ヶケ]{1,8}(?:都|道|府|県|市|町|村|区|省|庁|局|課|法|条例)|[ァ-ヴー]{3,}|(?<![a-z])[a-z]*[A-Z][A-Za-z]*(?:-[A-Za-z]+)*"
)
_OBLIGES = re.compile(
    r"なければならない|なければなりません|必要(?:が|と|で)|必要。|義務|すること。|こととする|べき|求められ"
    r"|禁止|してはならない|\b(?:must|shall|required|obliged|has to|have to|need(?:s|ed)? to|should|may not)\b"
)
_NEGATES = re.compile(
    r"ない(?!し|よう)|ません|(?<=[かさわらばたまなが])ず(?=[、。にとー]|$)|不要|不可|外(?=です|で|。|と|$)|未(?=[定満])"
    r"|対象外|適用外|除[きくい]|\b(?:not|no|never|cannot|without|neither|nor|except)\b|n't\b"
)
_LONGEST_MARKER, _LONGEST_MARKERS = 4, 12
"""Digits of a marker; characters in which its closing bracket must come."""

_SHORT_QUOTE = 6
"""Characters up to which a text in quotation marks is a term rather than a quotation."""

_SUPPORT, _LOOSE, _ACROSS = 0.55, 0.75, 0.2
"""Share of a sentence's words its passages must hold: cited; not cited; in another language."""


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered passage as a model was given it: the span of the edition's text it may cite."""

    number: int
    edition: Edition
    start: int
    end: int
    section: tuple[str, ...]
    passage: Passage


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that was left out, and why.

    *reason* is one of: marker (it names no passage there is), quote, number, name, obligation,
    negation, unsupported, uncited, active (a link, picture or markup), language.
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
        if is_japanese(said) != (self.language == "ja") and not _QUOTE.search(said):
            return "language", []
        reason = self._fails(said, cited)
        if reason:
            return reason, []
        return "", [self._cite(said, source) for source in cited]

    def _fails(self, said: str, cited: Sequence[Source]) -> str:
        texts = [self._text(source) for source in cited or self.sources]
        joined = "\n".join(texts)
        across = is_japanese(joined) != is_japanese(said)
        share, closest = self._support(said, texts, across=across)
        enough = _ACROSS if across else _SUPPORT
        quotes, negated = _quotes(said), bool(_NEGATES.search(said))
        # In this order, so that the reason names what is most plainly wrong.
        failures = {
            "quote": any(_find(quote, joined, 0, len(joined)) is None for quote in quotes),
            "number": not _numbers(said) <= _numbers(joined),
            "name": not across and self._unknown_name(said, joined) != "",
            "unsupported": bool(cited) and share < enough,
            "uncited": not cited and (across or share < _LOOSE or _claims(said)),
            "obligation": bool(_OBLIGES.search(said)) and not _OBLIGES.search(joined),
            "negation": not quotes and negated != bool(_NEGATES.search(closest)),
        }
        return next((reason for reason, failed in failures.items() if failed), "")

    def _text(self, source: Source) -> str:
        return self.library.text(source.edition).text[source.start : source.end]

    def _unknown_name(self, said: str, joined: str) -> str:
        """Return the first name in *said* that the sources do not hold, or ""."""
        held = normalise(joined).replace(" ", "")
        for name in map(str, _NAME.findall(said)):
            flat = normalise(name).replace(" ", "")
            if len(name) > 1 and flat not in held and name not in self.question:
                return name
        return ""

    def _support(self, said: str, texts: Sequence[str], *, across: bool) -> tuple[float, str]:
        """Return the share of the sentence's words that the texts hold, and the closest sentence."""
        mine = words_of(said)
        if across:
            for match in self.expand(said):
                for other in match.others:
                    mine |= words_of(other)
        if not mine:
            return 0.0, ""
        held = frozenset[str]().union(*(words_of(text) for text in texts))
        best, closest = -1.0, ""
        for text in texts:
            for line in re.split(r"(?<=[。！？\n])|(?<=\.)\s", text):
                share = len(mine & words_of(line)) / len(mine)
                if share > best:
                    best, closest = share, line
        return len(mine & held) / len(mine), closest

    def _cite(self, said: str, source: Source) -> int:
        """Return the marker of the span of *source* that supports the sentence best."""
        text = self.library.text(source.edition)
        start, end = self._span(said, source)
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
                text,
                start,
                end,
                section=source.section,
                in_force=source.edition in set(self.library.in_force(self.on)),
            )
        )
        return marker

    def _span(self, said: str, source: Source) -> tuple[int, int]:
        text = self.library.text(source.edition)
        for quote in _quotes(said):
            found = _find(quote, text.text, source.start, source.end)
            if found:
                return found
        mine = words_of(said)
        if is_japanese(said) != is_japanese(text.text[source.start : source.end]):
            for match in self.expand(said):
                for other in match.others:
                    mine |= words_of(other)
        best: tuple[float, int, int] | None = None
        for number in text.pages_of(source.start, source.end):
            for unit in sentences(text, number):
                start, end = max(unit.start, source.start), min(unit.end, source.end)
                if end <= start:
                    continue
                share = float(len(mine & words_of(text.text[start:end])))
                if best is None or share > best[0]:
                    best = (share, start, end)
        return (best[1], best[2]) if best else (source.start, source.end)


def _markers(piece: str) -> list[int]:
    return [
        int(normalise(digits))
        for group in _MARKER.findall(piece)
        for digits in _DIGITS.findall(group)
        if len(digits) <= _LONGEST_MARKER
    ]


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(normalise(text)))


def _quotes(said: str) -> list[str]:
    found = (
        next(part for part in groups if part) for groups in _QUOTE.findall(said) if any(groups)
    )
    return [quote for quote in found if len(_flat(quote)) > _SHORT_QUOTE]


def _flat(text: str) -> str:
    return "".join(text.split())


def _find(quote: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the (start, end) of *quote* in *text*, whatever white space stands in either."""
    pattern = r"\s*".join(re.escape(character) for character in _flat(quote))
    found = re.compile(pattern).search(text, start, end)
    return found.span() if found else None


def _claims(said: str) -> bool:
    """Whether a sentence says something that must be cited: number, name or obligation."""
    return bool(_NUMBER.search(said) or _NAME.search(said) or _OBLIGES.search(said))
