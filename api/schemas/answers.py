"""Questions, answers with their citations, and what readers think of them, over HTTP."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, PrivateAttr

from api.schemas.documents import (
    WireOriginal,
    WirePlace,
    edition_url,
    held_as,
    place_of,
    view_url_of,
)
from api.schemas.passages import NamedCorpora, WireFilters
from api.schemas.wire import Asked, Wire, corpus_here
from bot.answers import Turn, named_source
from bot.telling.phrases import made
from ingest.catalog.editions import Edition, Kind
from ingest.chunks import SECTION_SEPARATOR
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from bot.answers import Answer, Citation, Declined
    from index.revisions.following import Followed

_OWNER = re.compile(r"\Aweb:[0-9a-f]{16}:")

MAX_TURNS = 20
"""The most earlier turns a question may bring along; more say nothing more about it."""


class WireTurn(Asked):
    """One earlier exchange."""

    question: Annotated[str, Field(max_length=2_000)]
    answer: Annotated[str, Field(max_length=20_000)] = ""


class AnswerRequest(Asked):
    """A question that is to be answered. *history* holds earlier turns, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "CIO補佐官を特別職非常勤職員として任用するには"},
                {"question": "How do we hire a CIO aide as special part-time staff?"},
            ]
        }
    )
    question: str
    corpus: NamedCorpora = ""
    filters: WireFilters = WireFilters()
    history: Annotated[list[WireTurn], Field(max_length=MAX_TURNS)] = []
    conversation: Annotated[str, Field(max_length=100)] = ""

    def turns(self) -> tuple[Turn, ...]:
        """Return the earlier turns as our own type, oldest first."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.history)


class FeedbackRequest(Asked):
    """What a reader thought of an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answer": "97e661ffd93142f2",
                    "rating": "down",
                    "comment": "要綱の様式も知りたい",
                }
            ]
        }
    )
    answer: Annotated[str, Field(min_length=1, max_length=100)]
    rating: Literal["up", "down"]
    comment: Annotated[str, Field(max_length=2_000)] = ""


class WireNow(Wire):
    """Where a superseded quotation stands today.

    *state* is moved (the same words, at *place*), changed (*quote* instead), gone (nothing like
    it), or stands. Of what is gone there is no place, and no edition when the document no longer
    counts; a file without pages has no *page*. The addresses are relative to the server.
    """

    state: str
    document: str
    edition: str | None
    page: int | None
    page_label: str | None
    place: WirePlace | None
    quote: str
    start: int
    end: int
    page_url: str | None
    view_url: str | None
    sha256: str | None = None

    @classmethod
    def of(cls, document: str, now: Followed) -> WireNow:
        """Translate."""
        there = now.edition if now.end else None
        place = now.place or Place(PlaceKind.PAGE, now.label or str(now.page))
        paged = place.kind is PlaceKind.PAGE
        where = place_of(there, now.start, now.end) if there else ""
        return cls(
            state=now.state,
            document=document,
            edition=now.edition.label if now.edition else None,
            page=now.page if there and paged else None,
            page_label=now.label if paged else None,
            place=WirePlace.of(place) if there else None,
            quote=now.text,
            start=now.start,
            end=now.end,
            page_url=f"{edition_url(there)}/pages/{now.page}?{where}" if there else None,
            view_url=view_url_of(there, now.page, where) if there else None,
            sha256=there.sha256 if there else None,
        )


class WireCitation(Wire):
    """A quotation: word for word the stored text between *start* and *end*.

    *page* counts from 1 in the file and is where the quotation begins; *page_label* is the
    number printed there. A file without pages (Word, Excel, PowerPoint, web pages, text) has neither:
    *place* says of every kind where the quotation stands. *section* is the path of headings above it,
    *heading* as much of that as tells it from others. *in_force* holds for the day the question is about; *now* says where
    the quotation stands today when its edition was superseded since. The addresses are relative
    to the server; with *sha256*, the hash of the PDF, they lead to the very file that was quoted,
    also when the corpus no longer holds it. *corpus* is "" where the server has only one.
    """

    marker: int
    document: str
    title: str
    publisher: str
    kind: Kind
    language: str
    digest_of: WireOriginal | None
    edition: str
    published: date | None
    in_force: bool
    file: str | None
    page: int | None
    page_label: str | None
    pages: list[int]
    place: WirePlace
    section: str
    heading: str = ""
    context: str
    quote: str
    start: int
    end: int
    page_url: str
    view_url: str
    file_url: str
    sha256: str | None = None
    now: WireNow | None = None
    corpus: str = Field(default_factory=corpus_here)

    def named(self, language: str) -> str:
        """Return title, edition and place in one line."""
        return named_source(self.title, self.edition, self.place.named(language), language)

    @classmethod
    def of(cls, citation: Citation) -> WireCitation:
        """Translate."""
        edition = citation.edition
        document = edition.document
        base = edition_url(edition)
        where = place_of(edition, citation.start, citation.end)
        label = citation.page_label or str(citation.page)
        place = citation.place or Place(PlaceKind.PAGE, label)
        paged = place.kind is PlaceKind.PAGE
        return cls(
            marker=citation.marker,
            document=document.id,
            title=document.title,
            publisher=document.publisher,
            kind=document.kind,
            language=document.language,
            digest_of=None if document.digest_of is None else WireOriginal.of(document.digest_of),
            edition=edition.label,
            published=edition.published,
            in_force=citation.in_force,
            file=edition.path,
            page=citation.page if paged else None,
            page_label=citation.page_label if paged else None,
            pages=list(citation.pages) if paged else [],
            place=WirePlace.of(place),
            section=SECTION_SEPARATOR.join(citation.section),
            heading=citation.headed,
            context=citation.context,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            page_url=f"{base}/pages/{citation.page}?{where}",
            view_url=view_url_of(edition, citation.page, where),
            file_url=f"{base}/file{held_as(edition, '?')}"
            + (f"#page={citation.page}" if paged else ""),
            sha256=edition.sha256,
            now=None if citation.now is None else WireNow.of(document.id, citation.now),
        )


class WireDeclined(Wire):
    """Why there is no answer, and what came nearest."""

    reason: str
    message: str
    nearest: list[WireCitation]

    @classmethod
    def of(cls, declined: Declined) -> WireDeclined:
        """Translate."""
        return cls(
            reason=declined.reason,
            message=declined.message,
            nearest=[WireCitation.of(each) for each in declined.nearest],
        )


class WireLead(Wire):
    """The first line of an answer, as it stands in the citation whose marker is *citation*.

    *value* is the figure that was asked for with every word that bounds it; null where none leads.
    """

    text: str
    value: str | None
    citation: int


class WireMissing(Wire):
    """Something that was asked and does not stand in the first quotation."""

    kind: str
    text: str


class WireMade(Wire):
    """What an answer is: made *by* a machine, with a *model* or none (null), and to be *checked*.

    *notice* says so to people. An answer that was recorded before this was said has an empty one.
    """

    by: Literal["machine"] = "machine"
    model: str | None = None
    checked: Literal[False] = False
    notice: str = ""


class WireApproval(Wire):
    """Who answers for an answer that a department wrote or approved, and since when."""

    id: str
    by: str
    day: date


class WireAnswer(Wire):
    """An answer with its citations, or the reason why there is none.

    *text* is Markdown with markers such as [1], each the *marker* of a citation: the first screen,
    whose citations are *citations*. *approved* says who wrote it, where a department did. *further_text* and *further* are the rest. *certainty* is
    "answered", "near" (*missing* says what the quotation does not say) or "declined". *likely* is
    how likely the first quotation answers, as the fitted scorer says; null where nothing was scored.
    *corpus* is where the answer is kept and rated, "" where the server has only one.
    """

    id: str
    question: str
    text: str
    mode: str
    language: str
    declined: WireDeclined | None
    citations: list[WireCitation]
    lead: WireLead | None
    certainty: Literal["answered", "near", "declined"]
    missing: list[WireMissing]
    further: list[WireCitation]
    further_text: str
    notices: list[str]
    suggestions: list[str]
    clarify: list[str]
    conversation: str
    generation: str
    asked_on: date
    took_ms: float
    made: WireMade = WireMade()
    approved: WireApproval | None = None
    likely: float | None = None
    corpus: str = Field(default_factory=corpus_here)
    _editions: tuple[Edition, ...] = PrivateAttr(())

    @property
    def editions(self) -> tuple[Edition, ...]:
        """What the answer was made from; not sent, and none where only what was sent is known."""
        return self._editions

    @classmethod
    def of(cls, answer: Answer) -> WireAnswer:
        """Translate."""
        given = cls(
            id=answer.id,
            question=answer.question.text,
            text=answer.text,
            mode=answer.mode,
            language=answer.language,
            declined=None if answer.declined is None else WireDeclined.of(answer.declined),
            citations=[WireCitation.of(each) for each in answer.citations],
            lead=None
            if answer.lead is None
            else WireLead(
                text=answer.lead.text,
                value=answer.lead.value or None,
                citation=answer.lead.marker,
            ),
            certainty=answer.certainty.value,
            missing=[WireMissing(kind=one.kind, text=one.text) for one in answer.missing],
            further=[WireCitation.of(each) for each in answer.further],
            further_text=answer.further_text,
            notices=list(answer.notices),
            suggestions=list(answer.suggestions),
            clarify=list(answer.clarify),
            conversation=_OWNER.sub("", answer.question.conversation),
            generation=answer.generation,
            asked_on=answer.asked_on,
            took_ms=answer.took_ms,
            made=WireMade(model=answer.model, notice=made(answer)),
            likely=answer.likely,
            approved=None
            if answer.approval is None
            else WireApproval(
                id=answer.approval.id, by=answer.approval.by, day=answer.approval.day
            ),
        )
        given._editions = answer.editions
        return given


class SuggestionsResponse(Wire):
    """Questions one may ask first, and *names* (titles, words, questions) to type on from."""

    questions: list[str]
    names: list[str] = []


class FeedbackResponse(Wire):
    """The feedback was kept."""

    answer: str
    rating: Literal["up", "down"]


def owned(owner: str, conversation: str) -> str:
    """Return the name under which a caller's conversation is kept; nobody else can say it.

    *owner* is a keyed hash of the caller. What we send has the conversation as it was sent.
    """
    return f"web:{owner[:16]}:{conversation}" if conversation else ""
