"""Answers, the citations under them, and the port that gives them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from index.passages import Filters, Passage
from index.revisions.following import Followed
from ingest.catalog.editions import Edition
from ingest.chunks import SECTION_SEPARATOR
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from index.passages import Library
    from ingest.pages import EditionText


REMEMBERED = 6
"""Earlier turns of a conversation that count; what was asked before them is forgotten."""


class SmallTalk(StrEnum):
    """A message that asks nothing."""

    GREETING = "greeting"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation, oldest first in a list."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked.

    *text* is as asked; *core* is what of it asks, without greeting, name, thanks and markup (*text*
    when it is not given); *standalone* is what is searched (a follow-up made whole). *language* is
    "ja" or "en". *conversation* is the id under which turns are kept, or "". *day_said* are the
    words from which the day in *filters* was understood, "" when it was given or there is none.
    *small_talk* is set of a greeting or thanks, which ask nothing. *alone* is the question as it
    would be searched if it did not follow up, where that was only assumed because it says little.
    *asker* is who asked, as the record names people; "" where that is not known.
    """

    text: str
    standalone: str
    language: str = "ja"
    filters: Filters = field(default_factory=Filters)
    history: tuple[Turn, ...] = ()
    conversation: str = ""
    notices: tuple[str, ...] = ()
    day_said: str = ""
    core: str = ""
    small_talk: SmallTalk | None = None
    alone: str = ""
    asker: str = ""

    def __post_init__(self) -> None:
        """Take the whole text for what asks, where nothing else is given."""
        if not self.core:
            object.__setattr__(self, "core", self.text)


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation that was found in the stored text.

    *quote* is the stored text between *start* and *end* (offsets into the edition's text), by
    construction. *page* is where it begins (from 1), *pages* all it touches, *page_label* the
    number printed on that page. *in_force* is true on the day the question is about.
    *context* (section path, lead-in, column heads) is shown beside it, never as a quotation.
    *heading* names its section as people tell it, with the headings above where it takes them.
    *now* is where it stands today, when its edition was superseded or withdrawn since. *place* is
    where people find it, of whatever kind the file is; None in an answer that was kept before.
    """

    marker: int
    edition: Edition
    section: tuple[str, ...]
    page: int
    pages: tuple[int, ...]
    page_label: str | None
    quote: str
    start: int
    end: int
    in_force: bool
    context: str = ""
    now: Followed | None = None
    place: Place | None = field(default=None, compare=False)  # follows from the offsets
    heading: str = field(default="", compare=False)  # follows from the section

    def where(self, language: str, *, section: bool = True) -> str:
        """Return its place in words, a section only if that is not named beside it."""
        place = self.place or Place(PlaceKind.PAGE, self.page_label or str(self.page))
        return place.named(language, section=section)

    @property
    def headed(self) -> str:
        """What its section is called; the last heading in an answer that was kept before."""
        return self.heading or "".join(self.section[-1:])

    def named(self, language: str, *, section: bool = True) -> str:
        """Return title, edition and place in one line."""
        where = self.where(language, section=section)
        return named_source(self.edition.document.title, self.edition.label, where, language)

    @property
    def paged(self) -> bool:
        """Whether its file has pages, of which there are pictures."""
        return self.place is None or self.place.kind is PlaceKind.PAGE

    @property
    def superseded(self) -> bool:
        """Whether its edition does not count: on the day asked about, or today."""
        return not self.in_force or self.now is not None


class Certainty(StrEnum):
    """How firmly an answer answers.

    ANSWERED: what is asked stands in the first quotation. NEAR: it may be what is wanted, and the
    first line says what it does not say. DECLINED: nothing is claimed.
    """

    ANSWERED = "answered"
    NEAR = "near"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Lead:
    """The first line of an answer: *text* as it stands in the citation that *marker* names.

    *value* is the figure that was asked for with every word that bounds it, "" where none leads.
    """

    text: str
    marker: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that was asked and does not stand in the first quotation.

    *kind* is thing, condition, value, year, place or answer_type; *text* what was asked.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Why there is no answer. *reason* is a code: not-found, out-of-scope, unsupported, guarded.

    *message* is a sentence for the asker; *nearest* is what came closest, as citations.
    """

    reason: str
    message: str
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """Who answers for an answer that a department wrote or approved, and since when.

    *id* is that of the approved answer, *owner* whom mistakes are told, "" for none.
    """

    id: str
    by: str
    day: date
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its evidence, or the reason why there is none; small talk needs neither.

    *text* is Markdown with markers like [1]. *mode* is "extractive", "generative" or "approved";
    then *approval* says by whom.
    *consulted* are the passages it was made from, best first. *generation*, *recipe* and
    *prompt* (hash) make it reproducible. *text* and *citations* are the first screen, *further*
    and *further_text* the rest of what was found; *lead* is its first line, *missing* what was
    asked and does not stand there. *likely* is how likely the first quotation answers, None where
    nothing was scored. *notices* are sentences to the asker about the answer
    itself (a digest is cited, a model failed). *suggestions* are questions to ask next.
    """

    id: str
    question: Question
    text: str
    mode: str
    citations: tuple[Citation, ...]
    consulted: tuple[Passage, ...]
    declined: Declined | None
    generation: str
    recipe: Mapping[str, str]
    asked_on: date
    notices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    clarify: tuple[str, ...] = ()
    prompt: str = ""
    took_ms: float = 0.0
    lead: Lead | None = None
    certainty: Certainty = Certainty.ANSWERED
    further: tuple[Citation, ...] = ()
    further_text: str = ""
    missing: tuple[Missing, ...] = ()
    approval: Approval | None = None
    likely: float | None = None

    def __post_init__(self) -> None:
        """Hold the certainty to what is declined."""
        if self.declined is not None and self.certainty is not Certainty.DECLINED:
            object.__setattr__(self, "certainty", Certainty.DECLINED)

    @property
    def model(self) -> str | None:
        """The language model that wrote its sentences; None where they are quotations."""
        return self.recipe.get("model", "?") if self.mode == "generative" else None

    @property
    def editions(self) -> tuple[Edition, ...]:
        """Every edition that it quotes, names or was made from: who may not see one sees nothing of it."""
        declined = self.declined.nearest if self.declined else ()
        cited = (*self.citations, *self.further, *declined)
        now = (each.now.edition for each in cited if each.now and each.now.edition)
        made_from = (passage.chunk.edition for passage in self.consulted)
        return tuple(dict.fromkeys((*(each.edition for each in cited), *now, *made_from)))

    @property
    def language(self) -> str:
        """The language the answer speaks: that of the question."""
        return self.question.language


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer's text while it is being told; the pieces in order make the text."""

    text: str


Event: TypeAlias = Delta | Citation | Answer
"""What a stream consists of: citations before the text that names them, at the end the answer."""


def named_source(title: str, edition: str, where: str, language: str) -> str:
    """Return the line that words a citation, the same at every door."""
    return f"{title}（{edition}）{where}" if language == "ja" else f"{title} ({edition}), {where}"


class Answerer(Protocol):
    """Answers questions from whatever generation is current when asked."""

    def answer(self, question: Question) -> Answer:
        """Return a cited answer, or one that declines."""
        ...


def blank(question: Question, library: Library, on: date) -> Answer:
    """Return an answer without words yet, to be filled in."""
    return Answer(
        id=secrets.token_hex(8),
        question=question,
        text="",
        mode="extractive",
        citations=(),
        consulted=(),
        declined=None,
        generation=library.id,
        recipe=library.recipe,
        asked_on=on,
    )


def cite(
    marker: int,
    edition: Edition,
    text: EditionText,
    start: int,
    end: int,
    *,
    section: tuple[str, ...] = (),
    in_force: bool = True,
    context: str = "",
    paths: Collection[tuple[str, ...]] = (),
) -> Citation:
    """Make a citation of a span: the only way a quotation comes into being.

    *paths* are those of the edition's sections, by which *section* is told from others.

    Raises:
        ValueError: the span is empty or lies outside the text.
    """
    if not 0 <= start < end <= len(text.text):
        message = f"{edition.key}: no text between offsets {start} and {end}"
        raise ValueError(message)
    page = text.page_at(start)
    return Citation(
        marker=marker,
        edition=edition,
        section=section,
        page=page.number,
        pages=text.pages_of(start, end),
        page_label=page.label,
        quote=text.text[start:end],
        start=start,
        end=end,
        in_force=in_force,
        context=context,
        place=text.place(start, end, section),
        heading=heading_of(section, paths),
    )


def spoken(answer: Answer) -> Iterator[Event]:
    """Yield a finished answer as a stream: its lines, each citation before the line that names it."""
    told: set[int] = set()
    for line in answer.text.splitlines(keepends=True):
        for citation in answer.citations:
            if citation.marker not in told and f"[{citation.marker}]" in line:
                told.add(citation.marker)
                yield citation
        yield Delta(line)
    yield answer


def streamed(answerer: Answerer, question: Question) -> Iterator[Event]:
    """Yield an answer while it is made, or whole where the answerer cannot tell it in pieces."""
    inner = getattr(answerer, "stream", None)
    return spoken(answerer.answer(question)) if inner is None else inner(question)


def heading_of(path: tuple[str, ...], paths: Collection[tuple[str, ...]]) -> str:
    """Return how a section is named: by its heading, and those above it where another has the same.

    *paths* are those of the edition's sections. ◆見通し under 飲食料品 is 飲食料品 › ◆見通し.
    """
    others = {one for one in paths if one[-1:] == path[-1:] and one != path}
    depth = next(
        (
            depth
            for depth in range(1, len(path))
            if not any(one[-depth:] == path[-depth:] for one in others)
        ),
        len(path),
    )
    return SECTION_SEPARATOR.join(path[-depth:]) if depth else ""
