"""What in the stored text a sentence rests on, and what of the sentence that text does not hold.

A sentence is compared with the few lines it is closest to, not with the whole passage: a figure
or a town from the next row of a table is as wrong as an invented one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bot.answering.relevance import words_of
from ingest.japanese import is_japanese, normalise
from ingest.splitting import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.passages import Library, Passage
    from index.search.glossary import Match
    from ingest.catalog.editions import Edition

_QUOTE = re.compile(
    r"「([^「」]*(?:「[^「」]*」[^「」]*)*)」|『([^『』]+)』|“([^“”]+)”|\"([^\"]+)\""
)
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_TOWN = re.compile(r"[一-龥ヶケ々]{1,8}?(?:都|道|府|県|市|町|村|区)(?![一-龥])")
_NAME = re.compile(
    r"[一-龥ヶケ]{1,8}(?:都|道|府|県|市|町|村|区|省|庁|局|課|法|条例)|[ァ-ヴー]{3,}|(?<![a-z])[a-z]*[A-Z][A-Za-z]*(?:-[A-Za-z]+)*"
)
_CLAUSE = re.compile(r"[、，;；]|,\s|\b(?:and|while|whereas|but)\b")
_OBLIGES = re.compile(
    r"なければならない|なければなりません|必要(?:が|と|で)|必要。|義務|すること。|こととする|べき|求められ"
    r"|禁止|してはならない|\b(?:must|shall|required|obliged|has to|have to|need(?:s|ed)? to|should|may not)\b"
)
_ADVISES = re.compile(
    r"望ましい|望まれ|推奨|勧め|検討する|考えられる|努め|\b(?:recommended|advisable|desirable|encouraged|consider(?:ed)?)\b"
)
_NEGATES = re.compile(
    r"ない(?!し|よう)|ません|(?<=[かさわらばたまなが])ず(?=[、。にとー]|$)|不要|不可|外(?=です|で|。|と|$)|未(?=[定満])"
    r"|対象外|適用外|除[きくい]|\b(?:not|no|never|cannot|without|neither|nor|except)\b|n't\b"
)
_IN_PRINCIPLE = re.compile(r"原則|\bin principle\b|\bas a rule\b|\bgenerally\b", re.IGNORECASE)
_QUALIFIED = re.compile(
    r"原則|例外|基本|除[きくい]|\b(?:principle|rule|generally|usually|normally|except)",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"\s*(?:ただし|但し|However|Except)")

_SUPPORT, _LOOSE, _ACROSS = 0.55, 0.75, 0.2
"""Share of a sentence's words its lines must hold: cited; not cited; in another language."""

_MOST_LINES = 4
_ADDED_WORDS, _ADDED_SHARE = 2, 0.2
"""What a further line must add to be one that the sentence rests on."""

_SHORTEST_QUOTE = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered passage as a model was given it: the span of the edition's text it may cite."""

    number: int
    edition: Edition
    start: int
    end: int
    section: tuple[str, ...]
    passage: Passage


@dataclass(frozen=True, eq=False)
class Line:
    """A sentence, item or row of a source: its offsets in the edition's text, and what it says.

    *context* are the column heads or the section and title over it, which say whose row it is.
    """

    source: Source
    start: int
    end: int
    text: str
    context: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the line and of its context."""
        return words_of(self.text) | words_of(self.context)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sentence rests on, closest line first, and the reason why it fails ("": it stands)."""

    lines: tuple[Line, ...]
    reason: str


@dataclass
class Support:
    """Compares sentences with the lines of the sources that a model was given.

    *expand* gives a word's other names, for sentences about text in another language.
    """

    library: Library
    question: str
    expand: Callable[[str], Sequence[Match]] = lambda _text: ()
    _lines: dict[int, tuple[Line, ...]] = field(default_factory=dict)

    def of(self, said: str, sources: Sequence[Source], *, cited: bool) -> Finding:
        """Return what of *sources* the sentence *said* rests on, and what is wrong with it.

        *cited* tells whether the sentence names these sources. The reason is one of: quote,
        number, name, unsupported, uncited, obligation, exception, negation, or "".
        """
        held = [line for source in sources for line in self.lines(source)]
        across = is_japanese("".join(line.text for line in held)) != is_japanese(said)
        subject = self._words(_TOWN.sub(" ", said), across=across)
        lines = resting(subject or self._words(said, across=across), held)
        for clause in _CLAUSE.split(said) if numbers_of(said) else ():
            about = self._words(_TOWN.sub(" ", clause), across=across)
            if len(about) >= _ADDED_WORDS and numbers_of(clause):
                lines += tuple(one for one in resting(about, held)[:1] if one not in lines)
        return Finding(lines, self._fails(said, lines, held, cited=cited, across=across))

    def lines(self, source: Source) -> tuple[Line, ...]:
        """Return the lines of a source in reading order."""
        found = self._lines.get(source.number)
        if found is None:
            found = self._lines[source.number] = tuple(self._read(source))
        return found

    def exceptions(self, lines: Iterable[Line]) -> list[Line]:
        """Return the exceptions (ただし …) that follow *lines* directly in their sources."""
        found: list[Line] = []
        for line in lines:
            held = self.lines(line.source)
            after = held[held.index(line) + 1 :][:1]
            found += [one for one in after if _EXCEPTION.match(one.text)]
        return found

    def _read(self, source: Source) -> Iterable[Line]:
        text = self.library.text(source.edition)
        over = " ".join((source.edition.document.title, *source.section))
        for number in text.pages_of(source.start, source.end):
            for unit in sentences(text, number):
                start, end = max(unit.start, source.start), min(unit.end, source.end)
                if start < end:
                    yield Line(source, start, end, text.text[start:end], f"{over} {unit.context}")

    def _words(self, said: str, *, across: bool) -> frozenset[str]:
        """Return the words a sentence is recognised by: no figures; both languages where needed."""
        found = words_of(said)
        if across:
            for match in self.expand(said):
                for other in match.others:
                    found |= words_of(other)
        return frozenset(word for word in found if not word[0].isdigit())

    def _fails(
        self,
        said: str,
        lines: Sequence[Line],
        held: Sequence[Line],
        *,
        cited: bool,
        across: bool,
    ) -> str:
        words = self._words(said, across=across)
        there = frozenset[str]().union(*(line.words for line in lines))
        share = len(words & there) / len(words) if words else 0.0
        text = "\n".join(line.text for line in lines)
        closest = lines[0].text if lines else ""
        whole = "\n".join(line.text for line in held)
        stated, negated = quotes_of(said), bool(_NEGATES.search(said))
        # In this order, so that the reason names what is most plainly wrong.
        failures = {
            "quote": any(not self._stands(quote, whole) for quote in stated),
            "number": self._number_missing(said, lines, across=across),
            "name": not across and self._name_missing(said, lines),
            "unsupported": cited and share < (_ACROSS if across else _SUPPORT),
            "uncited": not cited and (across or share < _LOOSE or _claims(said)),
            "obligation": _stronger(said, text),
            "exception": bool(_IN_PRINCIPLE.search(closest)) and not _QUALIFIED.search(said),
            "negation": not stated
            and negated != bool(_NEGATES.search(closest))
            and not (negated and _NEGATES.search(text)),
        }
        return next((reason for reason, failed in failures.items() if failed), "")

    def _stands(self, quote: str, whole: str) -> bool:
        """Whether a text in quotation marks is in the sources, or a word of the question."""
        if place(quote, whole, 0, len(whole)) is not None:
            return True
        return len(flat(quote)) < len(flat(self.question)) and flat(quote) in flat(self.question)

    def _number_missing(self, said: str, lines: Sequence[Line], *, across: bool) -> bool:
        """Whether a figure does not stand in the line that its own clause is about."""
        for clause in _CLAUSE.split(said):
            figures = numbers_of(clause)
            if not figures:
                continue
            words = self._words(_TOWN.sub(" ", clause), across=across)
            near = _nearest(words, lines) if len(words) >= _ADDED_WORDS else lines
            if not figures <= numbers_of("\n".join(f"{one.context} {one.text}" for one in near)):
                return True
        return False

    def _name_missing(self, said: str, lines: Sequence[Line]) -> bool:
        """Whether a name stands neither in the lines nor, unless it is a town's, in the question."""
        held = flat(normalise("\n".join(f"{line.context} {line.text}" for line in lines)))
        towns = set(_TOWN.findall(said))
        return any(
            flat(normalise(name)) not in held and (name in towns or name not in self.question)
            for name in map(str, _NAME.findall(said))
            if len(name) > 1
        )


def resting(words: frozenset[str], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines that *words* rest on: the closest, then each that adds a good share."""
    left, found, candidates = set(words), list[Line](), list(lines)
    while candidates and len(found) < _MOST_LINES:
        best = max(candidates, key=lambda line: len(left & line.words))
        gain = len(left & best.words)
        if not gain or (found and gain < max(_ADDED_WORDS, _ADDED_SHARE * len(words))):
            break
        found.append(best)
        candidates.remove(best)
        left -= best.words
    return tuple(found)


def _nearest(words: frozenset[str], lines: Sequence[Line]) -> list[Line]:
    """Return the lines that hold the most of *words*; several where they are equal."""
    most = max((len(words & line.words) for line in lines), default=0)
    return [line for line in lines if len(words & line.words) == most]


def _stronger(said: str, text: str) -> bool:
    """Whether a sentence makes a duty of what *text* only advises, or advice of a duty."""
    obliges, advises = _OBLIGES.search(said), _ADVISES.search(said)
    if obliges and not _OBLIGES.search(text):
        return True
    return bool(advises and not _ADVISES.search(text) and _OBLIGES.search(text))


def _claims(said: str) -> bool:
    """Whether a sentence says something that must be cited: number, name or obligation."""
    return bool(_NUMBER.search(said) or _NAME.search(said) or _OBLIGES.search(said))


def numbers_of(text: str) -> set[str]:
    """Return the figures in *text*, eras as western years."""
    return set(_NUMBER.findall(normalise(text)))


def quotes_of(said: str) -> list[str]:
    """Return what stands in quotation marks, single characters left out."""
    found = (
        next(part for part in groups if part) for groups in _QUOTE.findall(said) if any(groups)
    )
    return [quote for quote in found if len(flat(quote)) >= _SHORTEST_QUOTE]


def flat(text: str) -> str:
    """Return *text* without white space."""
    return "".join(text.split())


def place(quote: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the (start, end) of *quote* in *text*, whatever white space stands in either."""
    pattern = r"\s*".join(re.escape(character) for character in flat(quote))
    found = re.compile(pattern).search(text, start, end)
    return found.span() if found else None
