"""The service itself over HTTP: whether it runs, what it suggests, and a browser's session."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from fastapi import FastAPI, Request
from fastapi.responses import Response

from api.access import COOKIE, Access, secret_of
from api.callers import groups_of, may
from api.keys import Scope
from api.problems import LOCKED, PROBLEMS
from api.schemas.answers import SuggestionsResponse
from api.schemas.service import HealthResponse, ReadyResponse, SessionRequest, SessionResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.datastructures import Headers

    from api.request_source import RequestSource
    from index.passages import Library


def install(
    app: FastAPI,
    access: Access,
    library: Callable[[], Library],
    *,
    starters: Callable[[Library, str], Sequence[str]],
    named: Callable[[Library], Sequence[str]],
    readable: Callable[[Headers, RequestSource], list[str]],
    with_admin: bool,
) -> None:
    """Add the routes; *with_admin*: there is an admin page.

    *readable* gives the corpora that a caller may read, none where there is only one.
    """
    _add_session(app, access, readable, with_admin=with_admin)

    @app.get("/v1/suggestions", responses=PROBLEMS, tags=["questions"])
    def suggestions(request: Request, language: Literal["ja", "en"] = "ja") -> SuggestionsResponse:
        """Give up to four questions that the corpus can answer, and names to type on from."""
        seen = library().seen_by(groups_of(request))
        return SuggestionsResponse(
            questions=list(starters(seen, language)), names=list(named(seen))
        )

    @app.get("/healthz", tags=["service"])
    def healthz() -> HealthResponse:
        """Say that the process answers."""
        return HealthResponse()

    @app.get("/readyz", responses={503: PROBLEMS[503]}, tags=["service"])
    def readyz() -> ReadyResponse:
        """Say that a generation is open and can be asked."""
        return ReadyResponse(generation=library().id)


def _add_session(
    app: FastAPI,
    access: Access,
    readable: Callable[[Headers, RequestSource], list[str]],
    *,
    with_admin: bool,
) -> None:
    @app.get("/v1/session", tags=["service"])
    def offered(request: Request) -> SessionResponse:
        """Say what this caller's pages may offer; open to everybody."""
        offices = (Scope.QUESTIONS, Scope.CURATE, Scope.ADMIN) if with_admin else ()
        theirs = [str(scope) for scope in offices if may(request, scope)]
        return SessionResponse(
            admin=bool(theirs),
            offices=theirs,
            corpora=readable(request.headers, request.state.source),
        )

    @app.post("/v1/session", status_code=204, responses=LOCKED, tags=["service"])
    def session(request: Request, given: SessionRequest) -> Response:
        """Let a browser in: the key, or the session that the one-time word of the link opens, goes into a cookie that no script can read."""
        today = date.today()  # noqa: DTZ011 - keys end by the local calendar
        kept = access.enter(given.key, request.state.source, today)
        answer = Response(status_code=204)
        answer.set_cookie(
            COOKIE,
            kept,
            max_age=30 * 24 * 3600,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @app.delete("/v1/session", status_code=204, tags=["service"])
    def leave(request: Request) -> Response:
        """Forget the browser's key, and end its session."""
        access.sessions.end(secret_of(request.headers))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer
