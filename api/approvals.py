"""Approved answers on the admin page: listed, written, taken back, out and in as tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field

from api import problems
from api.problems import Refused
from api.schemas.wire import Asked, Day, Wire
from bot.asking.question import language_of
from bot.ledger.approved import Approved, ApprovedAnswers, NotQuoted, Quotation, verified
from bot.ledger.approved_lists import exported, imported
from bot.ledger.audit import Deed
from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from index.passages import Library

Line = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class QuotationRequest(Asked):
    """What an approved answer rests on: words of a document, as they stand there."""

    document: Name
    quote: Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"\S")]
    edition: Annotated[str, Field(max_length=200)] = ""


class ApprovalRequest(Asked):
    """An answer that a department answers for; with the *id* of another it takes its place.

    *likes* are other ways of asking the same. Every quotation has to stand word for word in an
    edition that is in force. *day* is today where it is not said.
    """

    question: Line
    wording: Annotated[str, Field(min_length=1, max_length=8_000, pattern=r"\S")]
    quotations: Annotated[list[QuotationRequest], Field(min_length=1, max_length=20)]
    by: Name
    likes: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
    owner: Annotated[str, Field(max_length=200)] = ""
    day: Day | None = None
    id: Annotated[str, Field(max_length=64, pattern=r"^[\w-]*$")] = ""


class WireApprovedQuotation(Wire):
    """What an approved answer rests on, and the edition in which it stood."""

    document: str
    edition: str
    quote: str


class WireApproved(Wire):
    """An approved answer. *doubt* says why it is to be checked before it leads again, "" if not."""

    id: str
    question: str
    likes: list[str]
    language: str
    wording: str
    quotations: list[WireApprovedQuotation]
    by: str
    day: date
    owner: str
    doubt: str

    @classmethod
    def of(cls, one: Approved) -> WireApproved:
        """Translate."""
        return cls(
            id=one.id, question=one.question, likes=list(one.likes), language=one.language,
            wording=one.wording, by=one.by, day=one.day, owner=one.owner, doubt=one.doubt,
            quotations=[
                WireApprovedQuotation(document=q.document, edition=q.edition, quote=q.quote)
                for q in one.quotations
            ],
        )  # fmt: skip


class ApprovedResponse(Wire):
    """Every approved answer, the latest first."""

    approved: list[WireApproved]


class WireRefusal(Wire):
    """A row of a list that was left out, from 1 with the heads, and why."""

    row: int
    why: str


class ListedResponse(Wire):
    """What came of a list."""

    kept: int
    refused: list[WireRefusal]


def install(
    app: FastAPI,
    kept: ApprovedAnswers,
    library: Callable[[], Library],
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes; *noted* records what a request did."""
    _add_list(app, kept, library, responses, noted)

    @app.get("/v1/admin/approved", responses=responses, tags=["admin"])
    def listed() -> ApprovedResponse:
        """List the answers that departments wrote or approved."""
        return ApprovedResponse(approved=[WireApproved.of(one) for one in kept.all()])

    @app.post("/v1/admin/approved", status_code=201, responses=responses, tags=["admin"])
    def approve(request: Request, asked: ApprovalRequest) -> WireApproved:
        """Keep an answer that a department answers for; its quotations are verified first."""
        on = _today()
        found = tuple(Quotation(q.document, q.edition, q.quote) for q in asked.quotations)
        try:
            rests = verified(library(), found, on)
        except NotQuoted as problem:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"「{problem.quote[:80]}」は、いま効力のある「{problem.document}」の版にありません。"
                "文書のページから写してください。",
                str(problem),
            ) from problem
        one = kept.put(
            Approved(
                asked.id, asked.question.strip(), asked.wording.strip(), rests, asked.by.strip(),
                asked.day or on, language_of(asked.question), tuple(asked.likes),
                asked.owner.strip(),
            )
        )  # fmt: skip
        noted(request, Deed.APPROVED, id=one.id, by=one.by, owner=one.owner)
        return WireApproved.of(one)

    @app.delete("/v1/admin/approved/{name}", status_code=204, responses=responses, tags=["admin"])
    def remove(request: Request, name: str) -> None:
        """Take an approved answer back; questions are answered from the documents again."""
        if not kept.remove(name):
            raise Refused(
                HTTPStatus.NOT_FOUND,
                "その承認済みの回答はありません。",
                "There is no such approved answer.",
            )
        noted(request, Deed.APPROVAL_ENDED, id=name)


def _add_list(
    app: FastAPI,
    kept: ApprovedAnswers,
    library: Callable[[], Library],
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    @app.get(
        "/v1/admin/approved/list",
        response_class=Response,
        responses={**responses, 200: {"content": {"text/csv": {}, _XLSX: {}}}},
        tags=["admin"],
    )
    def table(request: Request, form: Literal["csv", "xlsx"] = "csv") -> Response:
        """Give the approved answers as a table to edit."""
        content = exported(form, kept.all())
        noted(request, Deed.EXPORTED, what="approved answers", form=form)
        return Response(
            content,
            media_type=_XLSX if form == "xlsx" else "text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="approved.{form}"'},
        )

    @app.put(
        "/v1/admin/approved/list",
        responses=responses,
        openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {}, _XLSX: {}}}},
        tags=["admin"],
    )
    async def take(request: Request) -> ListedResponse:
        """Keep what a table lists; a row whose quotations do not stand is left out and named."""
        content = await request.body()
        try:
            told, refused = await run_in_threadpool(
                lambda: imported(content, kept, library(), _today())
            )
        except UnreadablePdf as problem:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "この一覧は読めません。書き出した一覧（CSVかxlsx）を直して使ってください。",
                f"This list cannot be read: {problem.reason}. {problem.advice}",
            ) from problem
        for one in told:
            noted(request, Deed.APPROVED, id=one.id, by=one.by, owner=one.owner)
        ja = problems.language(request) == "ja"
        return ListedResponse(
            kept=len(told),
            refused=[WireRefusal(row=r.row, why=r.ja if ja else r.en) for r in refused],
        )


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _today() -> date:
    """Return the day it is here: editions come into force by the local calendar."""
    return date.today()  # noqa: DTZ011 - the local calendar
