"""The wire format: what goes over HTTP, and how our own types become it.

These names are a contract. Later work adds fields; it never renames or removes one.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot.answers import Turn
from bot.writing.drafts import LONGEST
from index.passages import Filters
from ingest.catalog.editions import Kind

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from bot.answers import Answer, Citation, Declined
    from bot.writing.drafts import CheckedSentence
    from index.passages import Passage
    from index.revisions.following import Followed
    from ingest.catalog.editions import Document, Edition, Original
    from ingest.pages import Box, Page

SECTION_SEPARATOR = " › "
"""Stands between the headings of a section path when it is written on one line."""

_OWNER = re.compile(r"\Aweb:[0-9a-f]{16}:")

MAX_PASSAGES = 100
"""The most passages one search gives."""

MAX_TURNS = 20
"""The most earlier turns a question may bring along; more say nothing more about it."""


class Wire(BaseModel):
    """What we send: frozen, and every field always there."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """What we are sent: an unknown key is a mistake that we name rather than ignore."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_written(given: object) -> object:
    """Let through a day as people write it: 0 is no day, though 1970-01-01 could be meant by it."""
    if isinstance(given, str) and not _DAY.fullmatch(given):
        given = 0
    if isinstance(given, int | float):
        raise PydanticCustomError("date_from_datetime_parsing", "a date such as 2026-04-01")
    return given


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_as_written)]
"""A day, written 2026-04-01."""


class WireFilters(Asked):
    """Which documents may be searched. What is left out sets no bound."""

    documents: Annotated[list[str], Field(max_length=100)] = []
    kinds: Annotated[list[Kind], Field(max_length=10)] = []
    editions: Annotated[list[str], Field(max_length=100)] = []
    language: Literal["ja", "en"] | None = None
    municipality: Annotated[str, Field(max_length=100)] | None = None
    as_of: Annotated[Day | None, Field(description="Editions in force on this day.")] = None

    def read(self) -> Filters:
        """Return the same bounds as our own type."""
        return Filters(
            documents=tuple(self.documents),
            kinds=tuple(self.kinds),
            editions=tuple(self.editions),
            language=self.language,
            municipality=self.municipality,
            as_of=self.as_of,
        )


class SearchRequest(Asked):
    """A question whose best passages are wanted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "CIO補佐官を特別職非常勤職員として任用するには", "k": 5},
            ]
        }
    )
    question: str
    k: Annotated[int, Field(ge=1, le=MAX_PASSAGES)] = 10
    filters: WireFilters = WireFilters()


class CheckRequest(Asked):
    """A text of one's own that is to be held to the documents, sentence by sentence."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "標準化対象事務は20業務である。"}]}
    )
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    filters: WireFilters = WireFilters()
    language: Literal["ja", "en"] | None = None


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


class SessionRequest(Asked):
    """A key that a browser is to keep, or the word of the one-time link that `serve` printed."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


class WireOriginal(Wire):
    """The official work that a digest restates."""

    document: str
    edition: str
    title: str
    publisher: str
    url: str | None

    @classmethod
    def of(cls, original: Original) -> WireOriginal:
        """Translate."""
        return cls(
            document=original.document,
            edition=original.edition,
            title=original.title,
            publisher=original.publisher,
            url=original.url,
        )


class WirePassage(Wire):
    """A chunk that was found. *pages* are all pages it touches, from 1 in the file."""

    document: str
    title: str
    edition: str
    file: str | None
    kind: Kind
    in_force: bool
    pages: list[int]
    page_labels: list[str | None]
    section: str
    text: str
    start: int
    end: int
    score: float
    legs: dict[str, float]

    @classmethod
    def of(
        cls, passage: Passage, *, labels: Sequence[str | None], in_force: Container[str]
    ) -> WirePassage:
        """Translate; *labels* are those of the passage's pages, *in_force* edition keys."""
        chunk = passage.chunk
        edition = chunk.edition
        return cls(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            file=edition.path,
            kind=edition.document.kind,
            in_force=edition.key in in_force,
            pages=list(passage.pages),
            page_labels=list(labels),
            section=SECTION_SEPARATOR.join(chunk.section),
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=passage.score,
            legs=dict(passage.legs),
        )


class SearchResponse(Wire):
    """Passages, best first.

    *read_as* is what was searched instead of a question with a misspelt name; null where nothing
    was put right.
    """

    passages: list[WirePassage]
    read_as: str | None = None
    took_ms: float


class WireNow(Wire):
    """Where a superseded quotation stands today.

    *state* is moved (the same words, at *page*), changed (*quote* instead), gone (nothing like
    it), or stands. Of what is gone there is no page, and no edition when the document no longer
    counts. The addresses are relative to the server.
    """

    state: str
    document: str
    edition: str | None
    page: int | None
    page_label: str | None
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
        where = _where(there, now.start, now.end) if there else ""
        return cls(
            state=now.state,
            document=document,
            edition=now.edition.label if now.edition else None,
            page=now.page if there else None,
            page_label=now.label,
            quote=now.text,
            start=now.start,
            end=now.end,
            page_url=f"{edition_url(there)}/pages/{now.page}?{where}" if there else None,
            view_url=_view_url(there, now.page, where) if there else None,
            sha256=there.sha256 if there else None,
        )


class WireCitation(Wire):
    """A quotation: word for word the stored text between *start* and *end*.

    *page* counts from 1 in the file and is where the quotation begins; *page_label* is the
    number printed there. *in_force* holds for the day the question is about; *now* says where
    the quotation stands today when its edition was superseded since. The addresses are relative
    to the server; with *sha256*, the hash of the PDF, they lead to the very file that was quoted,
    also when the corpus no longer holds it.
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
    page: int
    page_label: str | None
    pages: list[int]
    section: str
    context: str
    quote: str
    start: int
    end: int
    page_url: str
    view_url: str
    file_url: str
    sha256: str | None = None
    now: WireNow | None = None

    @classmethod
    def of(cls, citation: Citation) -> WireCitation:
        """Translate."""
        edition = citation.edition
        document = edition.document
        base = edition_url(edition)
        where = _where(edition, citation.start, citation.end)
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
            page=citation.page,
            page_label=citation.page_label,
            pages=list(citation.pages),
            section=SECTION_SEPARATOR.join(citation.section),
            context=citation.context,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            page_url=f"{base}/pages/{citation.page}?{where}",
            view_url=_view_url(edition, citation.page, where),
            file_url=f"{base}/file{_held(edition, '?')}#page={citation.page}",
            sha256=edition.sha256,
            now=None if citation.now is None else WireNow.of(document.id, citation.now),
        )


class WireDifference(Wire):
    """One thing that a draft says otherwise than its source, or that one of them lacks ("")."""

    kind: str
    draft: str
    source: str


class WireCheckedSentence(Wire):
    """A sentence of a draft: what the documents say to it, what differs, and where it stands."""

    text: str
    verdict: Literal["supported", "contradicted", "partial", "unfounded"]
    differences: list[WireDifference]
    citations: list[WireCitation]

    @classmethod
    def of(cls, checked: CheckedSentence) -> WireCheckedSentence:
        """Translate."""
        return cls(
            text=checked.text,
            verdict=checked.verdict.value,
            differences=[
                WireDifference(kind=one.kind, draft=one.draft, source=one.source)
                for one in checked.differences
            ],
            citations=[WireCitation.of(one) for one in checked.citations],
        )


class CheckResponse(Wire):
    """A draft's sentences in order, held to the editions in force on *as_of*."""

    sentences: list[WireCheckedSentence]
    as_of: date
    generation: str


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


class WireAnswer(Wire):
    """An answer with its citations, or the reason why there is none.

    *text* is Markdown with markers such as [1], each the *marker* of a citation.
    """

    id: str
    question: str
    text: str
    mode: str
    language: str
    declined: WireDeclined | None
    citations: list[WireCitation]
    notices: list[str]
    suggestions: list[str]
    clarify: list[str]
    conversation: str
    generation: str
    asked_on: date
    took_ms: float

    @classmethod
    def of(cls, answer: Answer) -> WireAnswer:
        """Translate."""
        return cls(
            id=answer.id,
            question=answer.question.text,
            text=answer.text,
            mode=answer.mode,
            language=answer.language,
            declined=None if answer.declined is None else WireDeclined.of(answer.declined),
            citations=[WireCitation.of(each) for each in answer.citations],
            notices=list(answer.notices),
            suggestions=list(answer.suggestions),
            clarify=list(answer.clarify),
            conversation=_OWNER.sub("", answer.question.conversation),
            generation=answer.generation,
            asked_on=answer.asked_on,
            took_ms=answer.took_ms,
        )


class WireEdition(Wire):
    """One issue of a work. *held* says whether its PDF is in the corpus."""

    label: str
    published: date | None
    in_force_from: date | None
    withdrawn_on: date | None
    in_force: bool
    held: bool
    file: str | None
    pages: int | None
    sha256: str | None
    url: str | None
    file_url: str | None

    @classmethod
    def of(cls, edition: Edition, *, in_force: bool, pages: int | None) -> WireEdition:
        """Translate."""
        return cls(
            label=edition.label,
            published=edition.published,
            in_force_from=edition.in_force_from,
            withdrawn_on=edition.withdrawn_on,
            in_force=in_force,
            held=edition.held,
            file=edition.path,
            pages=pages,
            sha256=edition.sha256,
            url=edition.url,
            file_url=f"{edition_url(edition)}/file" if edition.held else None,
        )


class WireDocument(Wire):
    """One work and its editions, in the catalog's order."""

    document: str
    title: str
    publisher: str
    kind: Kind
    language: str
    digest_of: WireOriginal | None
    editions: list[WireEdition]

    @classmethod
    def of(cls, document: Document, editions: list[WireEdition]) -> WireDocument:
        """Translate."""
        return cls(
            document=document.id,
            title=document.title,
            publisher=document.publisher,
            kind=document.kind,
            language=document.language,
            digest_of=None if document.digest_of is None else WireOriginal.of(document.digest_of),
            editions=editions,
        )


class DocumentsResponse(Wire):
    """Every work of the catalog, held or only listed."""

    documents: list[WireDocument]
    generation: str


class WireBox(Wire):
    """A rectangle on the page image, in fractions of its width and height from the top left."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box, page: Page) -> WireBox:
        """Translate from points, counted from the bottom, to fractions, counted from the top."""
        return cls(
            left=box.left / page.width,
            top=1 - box.top / page.height,
            width=(box.right - box.left) / page.width,
            height=(box.top - box.bottom) / page.height,
        )


class WirePage(Wire):
    """One page: its text, its place among the others, where its image is, and what is marked."""

    document: str
    title: str
    edition: str
    kind: Kind
    in_force: bool
    digest_of: WireOriginal | None
    page: int
    page_label: str | None
    page_count: int
    width: float
    height: float
    text: str
    start: int
    end: int
    quality: float
    note: str
    boxes: list[WireBox]
    image_url: str
    file_url: str


class HealthResponse(Wire):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyResponse(Wire):
    """A generation is open and can be asked."""

    status: Literal["ready"] = "ready"
    generation: str


class WireSpot(Wire):
    """A stretch of one edition; *page* counts from 1, *start* and *end* are offsets in its text."""

    section: list[str]
    text: str
    page: int
    page_label: str | None
    start: int
    end: int


class WireChange(Wire):
    """One thing that is not as it was; *also* are further parts of a split or merger."""

    kind: str
    what: str
    sentence: str
    before: WireSpot | None
    after: WireSpot | None
    also: list[WireSpot]


class WireRevision(Wire):
    """What changed from *old* to *new*; *same* counts sentences and rows that did not."""

    document: str
    old: str
    new: str
    same: int
    counts: dict[str, int]
    changes: list[WireChange]


class SessionResponse(Wire):
    """What this caller's pages may offer. *admin*: there is an admin page, and it may be used."""

    admin: bool


class SuggestionsResponse(Wire):
    """Questions one may ask first."""

    questions: list[str]


class FeedbackResponse(Wire):
    """The feedback was kept."""

    answer: str
    rating: Literal["up", "down"]


class Problem(Wire):
    """RFC 9457: what went wrong, in words for a person, with *title* in English for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str


def owned(owner: str, conversation: str) -> str:
    """Return the name under which a caller's conversation is kept; nobody else can say it.

    *owner* is a keyed hash of the caller. What we send has the conversation as it was sent.
    """
    return f"web:{owner[:16]}:{conversation}" if conversation else ""


def _where(edition: Edition, start: int, end: int) -> str:
    return f"start={start}&end={end}{_held(edition, '&')}"


def _held(edition: Edition, mark: str) -> str:
    return f"{mark}sha256={edition.sha256}" if edition.sha256 else ""


def _view_url(edition: Edition, page: int, where: str) -> str:
    """Return the address of the viewer's page, relative to the server."""
    return (
        f"/view?document={quote(edition.document.id, safe='')}"
        f"&edition={quote(edition.label, safe='')}&page={page}&{where}"
    )


def edition_url(edition: Edition) -> str:
    """Return the address of an edition, relative to the server."""
    document = quote(edition.document.id, safe="")
    return f"/v1/documents/{document}/editions/{quote(edition.label, safe='')}"
