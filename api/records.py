"""The record of what was asked, for whoever answers for it: erased, and given out for a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.problems import Refused
from api.schemas.wire import Asked, Day, Wire
from bot.ledger.audit import Deed
from bot.ledger.erasing import Which

if TYPE_CHECKING:
    from bot.ledger.erasing import Erased

Export = Callable[[Literal["csv", "json"], float, float, bool], Iterator[str]]


class EraseRequest(Asked):
    """What is to be erased: answers by *ids*, those of a *person*, those of days, or what all say."""

    ids: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(max_length=1_000, default_factory=list),
    ]
    person: Annotated[str, Field(max_length=200)] = ""
    since: Day | None = None
    until: Day | None = None


class ErasedResponse(Wire):
    """How many answers are gone, and how many follow-ups that held their questions.

    *remains* are damaged records that were set aside earlier, and may hold them still.
    """

    answers: int
    follow_ups: int
    remains: list[str]


def install(
    app: FastAPI,
    erase: Callable[[Which], tuple[Erased, dict[str, object]]],
    export: Export,
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes; *noted* records what a request did."""

    @app.post("/v1/admin/record/erase", responses=responses, tags=["admin"])
    def erased(request: Request, asked: EraseRequest) -> ErasedResponse:
        """Erase answers with their questions and feedback; days are local, both included."""
        try:
            which = Which(
                tuple(asked.ids),
                asked.person,
                _begin(asked.since) if asked.since else None,
                _begin(asked.until, 1) if asked.until else None,
            )
        except ValueError as problem:
            raise Refused(
                422,
                "何を消すかが指定されていません。番号、人、期間のどれかを指定してください。",
                "Nothing says what is to be erased. Name ids, a person or days.",
            ) from problem
        gone, what = erase(which)
        noted(request, Deed.ERASED, **what)
        return ErasedResponse(
            answers=gone.answers, follow_ups=gone.follow_ups, remains=list(gone.remains)
        )

    @app.get(
        "/v1/admin/record/export",
        response_class=StreamingResponse,
        responses={
            **responses,
            200: {"content": {"text/csv": {}, "application/json": {}}},
        },
        tags=["admin"],
    )
    def exported(
        request: Request,
        since: Day,
        until: Day,
        form: Literal["csv", "json"] = "csv",
        plain: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
    ) -> StreamingResponse:
        """Return what was asked on these local days, both included; masked, unless *plain*."""
        what = {"since": since, "until": until, "form": form, "plain": plain}
        noted(request, Deed.EXPORTED, what="record", **what)
        name = f"record-{since}-{until}.{form}"
        return StreamingResponse(
            export(form, _begin(since), _begin(until, 1), plain),
            media_type="text/csv; charset=utf-8" if form == "csv" else "application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _begin(day: date, later: int = 0) -> float:
    """Return when a local day begins, in seconds since 1970; or one some days *later*."""
    try:
        return datetime.combine(day + timedelta(days=later), time()).timestamp()
    except (OverflowError, ValueError):
        return 0.0 if day.year < 1970 else 2.0**40  # noqa: PLR2004 - before and after all records
