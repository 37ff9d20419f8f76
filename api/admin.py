"""What the owner of the manuals sees and does: the index, new PDFs, and what readers miss."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import Field

from api import (
    approvals,
    folder,
    groups,
    health,
    insights,
    intake,
    key_list,
    records,
    refreshing,
    worklist,
)
from api.index_state import StateResponse, state_of
from api.intake import Intake
from api.page_summaries import PageSummaries
from api.problems import Refused
from api.refreshing import Job
from api.schemas.wire import Asked, Problem, Wire
from bot.ledger.audit import Deed
from index.errors import IndexingError
from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from api.keys import Keys
    from bot.ledger.approved import ApprovedAnswers
    from bot.ledger.erasing import Erased, Which
    from bot.ledger.ledger import Entry
    from bot.writing.breaker import Rest
    from index.generations.pointers import Kept
    from index.passages import Library
    from index.refresh.reports import RefreshReport

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What the admin page works with, handed in by the command line.

    *corpus* is the folder that PDFs are added to, *uploads* where they wait to be confirmed. *refresh* brings the index up to date, tells
    of its steps (in words, and from 0 to 1), and raises what `index.refresh.refresh.carry_out` raises;
    when its second argument is true it publishes what the evaluation speaks against, too.
    *roll_back* makes another generation current and returns its name. *entries* gives what was
    asked since a time in seconds since 1970, earliest first. *unusable* gives the files that the
    last refresh could not use, *examine* what "tebiki doctor" finds, *resting* until when the
    language model is left alone. *note* writes into the audit
    stream: a deed, what of it, who and from which address; *tell* tells an owner of documents a
    sentence; *published* says what it is told of a
    refresh, and of the reason that was given for publishing against the evaluation. *erase* erases from the record and says what the
    audit stream is told of it, *export* gives the record of a period in a form. *keys* are those
    that open the HTTP interface. *approved* are the answers that departments wrote or approved;
    *aside* holds which questions are none of the documents' business.
    """

    corpus: Path
    refresh: Callable[[Callable[[str, float], None], bool], RefreshReport]
    roll_back: Callable[[str | None], str]
    generations: Callable[[], Sequence[Kept]]
    entries: Callable[[float], Sequence[Entry]]
    uploads: Path
    unusable: Callable[[], Sequence[UnreadablePdf]] = tuple
    examine: health.Examine = lambda _language: ()
    resting: Callable[[], Rest | None] = lambda: None
    note: Callable[[Deed, Mapping[str, object], str, str], None] = lambda *_: None
    tell: Callable[[str, str], None] = lambda *_: None
    published: Callable[[RefreshReport, str], Iterable[tuple[Deed, Mapping[str, object]]]] = (
        lambda *_: ()
    )

    erase: Callable[[Which], tuple[Erased, dict[str, object]]] | None = None
    export: records.Export | None = None
    keys: Keys | None = None
    approved: ApprovedAnswers | None = None
    aside: worklist.Aside | None = None

    def marks(self) -> frozenset[str]:
        """The marks of the questions that were set aside."""
        return frozenset(self.aside.marks() if self.aside else ())

    def state(self, library: Library, summaries: PageSummaries) -> StateResponse:
        """Return the state of an index."""
        return state_of(library, summaries, self.generations(), self.resting())

    def noted(self, request: Request, deed: Deed, **what: object) -> None:
        """Record what the caller of a request did.

        Raises:
            AuditUnavailable: it is done, but not recorded.
        """
        self.note(deed, what, request.state.who, request.state.source.address)


class RollBackRequest(Asked):
    """Which generation to return to; the one before the current when none is named."""

    generation: Annotated[str, Field(max_length=100)] | None = None


class WireDay(Wire):
    """One day's questions, and how long their answers took."""

    day: date
    asked: int
    declined: int
    down: int
    median_ms: float
    p95_ms: float


class WireMissing(Wire):
    """Questions about the same thing that got no answer or a bad one."""

    question: str
    asked: int
    declined: int
    down: int
    last: date
    comments: list[str]


class QuestionsResponse(Wire):
    """What was asked, and what was missing."""

    days: list[WireDay]
    missing: list[WireMissing]
    median_ms: float | None
    p95_ms: float | None


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": why, "model": Problem}
    for status, why in (
        (404, "There is no such thing."),
        (409, "Something in the way: a file of that name, or a refresh that is running."),
        (413, "The file is too large."),
        (422, "The file cannot be used; the detail says why."),
    )
}


def install(
    app: FastAPI, library: Callable[[], Library], summaries: PageSummaries, office: Office
) -> None:
    """Add the admin routes; the layer before them lets only the scope admin through."""
    refreshing.install(app, Job(office.refresh), ERRORS, office.published, office.noted)
    _add_insights(app, office)
    intake.install(app, Intake(office.corpus, office.uploads), ERRORS, office.noted)
    _add_custody(app, library, office)
    folder.install(app, office.corpus, office.unusable, ERRORS, office.noted)
    groups.install(app, office.corpus, ERRORS, office.noted)
    health.install(app, office.examine, ERRORS)

    @app.get("/v1/admin/index", responses=ERRORS, tags=["admin"])
    def index() -> StateResponse:
        """Say the same as /v1/admin, to whoever looks after documents."""
        return office.state(library(), summaries)

    @app.get("/v1/admin", responses=ERRORS, tags=["admin"])
    def state() -> StateResponse:
        """Say what is indexed, with what, and which pages could not be read."""
        return office.state(library(), summaries)

    @app.post("/v1/admin/rollback", responses=ERRORS, tags=["admin"])
    def roll_back(request: Request, asked: RollBackRequest) -> StateResponse:
        """Make an earlier index current again."""
        try:
            current = office.roll_back(asked.generation)
        except IndexingError as error:
            raise Refused(404, "その世代の索引はありません。", str(error)) from error
        office.noted(request, Deed.ROLLED_BACK, generation=current)
        return office.state(library(), summaries)


def _add_custody(app: FastAPI, library: Callable[[], Library], office: Office) -> None:
    """Add what keys, approved answers and the record are looked after by, as far as they are there."""
    if office.approved is not None:
        approvals.install(app, office.approved, library, ERRORS, office.noted)
    if office.keys is not None:
        key_list.install(app, office.keys, ERRORS, office.noted)
    if office.erase is not None and office.export is not None:
        records.install(app, office.erase, office.export, ERRORS, office.noted)


def _add_insights(app: FastAPI, office: Office) -> None:
    @app.get("/v1/admin/questions", tags=["admin"])
    def questions(days: Annotated[int, Query(ge=1, le=366)] = 30) -> QuestionsResponse:
        """Say how much was asked, and group what was declined or rated down."""
        entries = office.entries(time.time() - days * 86_400)
        took = insights.latency(entries)
        return QuestionsResponse(
            days=[WireDay(**asdict(day)) for day in insights.by_day(entries)],
            missing=[
                WireMissing(
                    question=group.question,
                    asked=group.asked,
                    declined=group.declined,
                    down=group.down,
                    last=group.last,
                    comments=list(group.comments),
                )
                for group in insights.missing(entries, office.marks())
            ],
            median_ms=took.median_ms if took else None,
            p95_ms=took.p95_ms if took else None,
        )

    @app.get(
        "/v1/admin/questions.csv",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}},
        tags=["admin"],
    )
    def table(request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
        """Return the questions as a table for a spreadsheet."""
        entries = office.entries(time.time() - days * 86_400)
        office.noted(request, Deed.EXPORTED, what="questions", days=days, count=len(entries))
        return _csv(insights.as_csv(entries), "questions.csv")

    @app.get(
        "/v1/admin/missing.csv",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}},
        tags=["admin"],
    )
    def missing(request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
        """Return what was declined or rated down, grouped, as a table for a spreadsheet."""
        entries = office.entries(time.time() - days * 86_400)
        office.noted(request, Deed.EXPORTED, what="missing", days=days, count=len(entries))
        groups = insights.missing(entries, office.marks())
        return _csv(insights.missing_as_csv(groups), "missing.csv")

    if office.aside is not None:

        def wordings(question: str) -> list[str]:
            entries = office.entries(time.time() - 366 * 86_400)
            return [
                insights.mark(worded)
                for group in insights.missing(entries, office.marks())
                if question in group.worded
                for worded in group.worded
            ]

        worklist.install(app, office.corpus, office.aside, wordings, ERRORS, office.noted)


def _csv(content: str, name: str) -> Response:
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
