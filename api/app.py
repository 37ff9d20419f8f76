"""The HTTP application: every route translates, and nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from anyio import to_thread
from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from api import (
    admin,
    description,
    drafts,
    evidence,
    gennai,
    metrics,
    openai,
    problems,
    responses,
    stream,
)
from api.access import COOKIE, Access, Caller, secret_of
from api.admin import Office
from api.answer_records import AnswersInMemory, Remembered, Shown
from api.callers import groups_of, may
from api.changes import Changes
from api.gate import Gate
from api.keys import Scope
from api.mcp_mount import McpMount, Tools, groups_here
from api.page_summaries import PageSummaries
from api.reports import Reports
from api.schemas.answers import (
    AnswerRequest,
    FeedbackRequest,
    FeedbackResponse,
    SuggestionsResponse,
    WireAnswer,
    owned,
)
from api.schemas.documents import DocumentsResponse, WireDocument, WireEdition, WirePage
from api.schemas.drafts import CheckRequest, CheckResponse
from api.schemas.passages import SearchRequest, SearchResponse, WireFilters, WirePassage
from api.schemas.revisions import WireRevision
from api.schemas.service import HealthResponse, ReadyResponse, SessionRequest, SessionResponse
from api.schemas.wire import Problem
from api.signed_links import PARAMETER, with_parameter
from api.suggestions import names, suggested
from api.viewer import Viewer
from bot.asking.question import read
from bot.errors import BadQuestion
from index.passages import by_page, checked
from index.search.reasons import reason
from ingest import formats
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.applications import Starlette
    from starlette.types import Receive, Send
    from starlette.types import Scope as ASGIScope

    from api.answer_records import AnswerRecord
    from bot.answers import Answerer, Question, Turn
    from index.passages import Library, Passage
    from ingest.catalog.editions import Edition, Groups
    from ingest.pages import EditionText

WEB = Path(__file__).parent / "web"

DESCRIPTION = """\
Questions about the manuals in the corpus, answered with quotations that name document, edition
and page. Errors are `application/problem+json`; their `detail` is a sentence for a person, in
Japanese or English by `Accept-Language`. Names are never changed or removed, only added.
"""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": why, "model": Problem}
    for status, why in (
        (413, "The body is too large."),
        (422, "The question or the body cannot be used; the detail says why."),
        (503, "There is no index yet; the detail names the command that makes one."),
    )
}
_FILE = "application/octet-stream"

MISSING: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such thing in the corpus.", "model": Problem},
    **PROBLEMS,
}

LOCKED: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key opens nothing.", "model": Problem},
    422: PROBLEMS[422],
}

Label = Annotated[str | None, Query(max_length=200)]
Digest = Annotated[
    str | None,
    Query(
        pattern="^[0-9a-f]{64}$",
        description="The hash of the PDF that was quoted; it is found also when it was replaced.",
    ),
]
Number = Annotated[int, Query(ge=0, le=2**31 - 1)]


def create_app(
    *,
    library: Callable[[], Library],
    answerer: Answerer,
    page_file: Callable[[Edition], Path],
    record: AnswerRecord | None = None,
    starters: Callable[[Library, str], Sequence[str]] = suggested,
    named: Callable[[Library], Sequence[str]] = names,
    office: Office | None = None,
    access: Access = Access(),  # noqa: B008 - frozen, and on loopback everybody is welcome
    kept_text: Callable[[Path], EditionText] = formats.read,
    sheet: Callable[[str, str], bytes] | None = None,
    at_once: int = 40,
    measured: metrics.Metrics | None = None,
) -> FastAPI:
    """Put the application together.

    Args:
        library: gives the current generation for each request; raises IndexMissing when there
            is none.
        answerer: answers questions.
        page_file: gives the PDF of a held edition of the current generation.
        record: what *answerer* recorded, and feedback; when None it is kept in memory.
        starters: gives what the page suggests first, by generation and language ("ja", "en").
        named: gives what may be typed on from.
        office: what the admin page works with; without it there is no admin page.
        access: what is asked of callers; nothing, when left out.
        kept_text: reads a PDF that is no longer in the corpus, for the pages of old answers.
        sheet: makes the evidence sheet of an answer, "pdf" or "docx"; without it there is none.
        at_once: how many requests are worked on at the same time; others wait for their turn.
        measured: what /metrics tells; without it there is none.
    """
    if record is None:
        record = AnswersInMemory()
        answerer = Remembered(answerer, record)
    viewer = Viewer(library, page_file, kept_text=kept_text)
    summaries = PageSummaries()
    tools = tools_of(
        library=library,
        answerer=answerer,
        page_file=page_file,
        known_as=access.known_as,
        groups=groups_here,
    )
    mount = McpMount(lambda: _mcp(tools))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = at_once
        yield
        await mount.close()

    app = FastAPI(
        lifespan=lifespan,
        title="Tebiki",
        version="1",
        description=DESCRIPTION,
        docs_url=None,  # Swagger's page loads scripts from elsewhere; a closed network has none.
        redoc_url=None,
    )
    app.state.access = access
    app.add_middleware(Gate, access=access)
    problems.install(app)
    reported = Reports(library, office)
    shown = Shown(record, library)
    _add_questions(app, library, summaries, answerer, shown, access, reported)
    if sheet is not None:
        evidence.install(app, shown, sheet, MISSING)

    def ask(text: str, filters: WireFilters, history: tuple[Turn, ...], caller: Caller) -> Question:
        # No index is a 503 and a bad filter a 422, also for a stream that has not begun.
        asker = access.known_as(caller)
        return _question(library(), text, filters, caller.groups, history=history, asker=asker)

    openai.install(app, ask=ask, answerer=answerer)
    responses.install(app, ask=ask, answerer=answerer, kept=shown)
    gennai.install(app, ask=ask, answerer=answerer)
    _add_documents(app, library, summaries, viewer)
    _add_service(app, library, starters, named)
    _add_session(app, access, with_admin=office is not None)
    _add_pages(app, with_admin=office is not None)
    if office is not None:
        admin.install(app, library, summaries, office)
    if measured is not None:
        metrics.install(app, measured)
    app.router.routes.append(Route("/mcp", mount))
    description.describe(app)
    return app


def tools_of(
    *,
    library: Callable[[], Library],
    answerer: Answerer,
    page_file: Callable[[Edition], Path],
    known_as: Callable[[Caller | None], str] = lambda _: "",
    groups: Callable[[], Groups] = frozenset,
) -> Tools:
    """Return what agents may do, for the MCP door and for "tebiki mcp".

    *groups* are those of whoever calls.
    """
    viewer = Viewer(library, page_file)
    summaries = PageSummaries()

    def ask(text: str, filters: WireFilters, caller: Caller | None) -> WireAnswer:
        question = _question(library(), text, filters, groups(), asker=known_as(caller))
        return WireAnswer.of(answerer.answer(question))

    return Tools(
        search=lambda text, k, filters: _search(
            library().seen_by(groups()),
            summaries,
            SearchRequest(question=text, k=k, filters=filters),
            groups(),
        ),
        ask=ask,
        check=lambda text, filters: drafts.checked(
            library(), CheckRequest(text=text, filters=filters), groups()
        ),
        page=lambda document, label, number: viewer.seen_by(groups()).page(
            document, label, number, 0, 0
        ),
        documents=lambda: _listed(library().seen_by(groups()), summaries),
    )


def _mcp(tools: Tools) -> Starlette:
    from api import mcp

    return mcp.http(tools)


def _add_questions(
    app: FastAPI,
    library: Callable[[], Library],
    summaries: PageSummaries,
    answerer: Answerer,
    kept: Shown,
    access: Access,
    reported: Reports,
) -> None:
    @app.post("/v1/search", responses=PROBLEMS, tags=["questions"])
    def search(request: Request, asked: SearchRequest) -> SearchResponse:
        """Find the passages nearest to a question, best first."""
        groups = groups_of(request)
        return _search(library().seen_by(groups), summaries, asked, groups)

    @app.post("/v1/check", responses=PROBLEMS, tags=["questions"])
    def check(request: Request, asked: CheckRequest) -> CheckResponse:
        """Hold a text of one's own to the documents, sentence by sentence; no model is asked."""
        return drafts.checked(library(), asked, groups_of(request))

    @app.post(
        "/v1/answers",
        response_model=WireAnswer,
        responses={
            **PROBLEMS,
            200: {
                "description": "The answer; with `Accept: text/event-stream` as events `status`, "
                "`delta`, `citation`, `done` and `error`.",
                "content": {stream.MEDIA_TYPE: {}},
            },
        },
        tags=["questions"],
    )
    def answer(
        request: Request,
        asked: AnswerRequest,
        accept: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Any:  # noqa: ANN401 - a model or a stream
        """Answer a question with quotations, or decline and say what came nearest."""
        owner = access.owner(request.state.caller, request.state.source)
        conversation = owned(owner, asked.conversation)
        question = _question(
            library(),
            asked.question,
            asked.filters,
            groups_of(request),
            history=asked.turns() or kept.turns(conversation),
            conversation=conversation,
            asker=request.state.who,
        )
        links = access.links if access.signed(request.headers) else None
        if stream.MEDIA_TYPE in accept:
            return StreamingResponse(
                stream.events(
                    answerer,
                    question,
                    request_id=request.state.request_id,
                    language=problems.language(request),
                    links=links,
                ),
                media_type=stream.MEDIA_TYPE,
                headers=stream.HEADERS,
            )
        given = WireAnswer.of(answerer.answer(question))
        return links.answer(given) if links else given

    @app.get("/v1/answers/{name}", responses=MISSING, tags=["questions"])
    def recorded(request: Request, name: str) -> WireAnswer:
        """Return an answer as it was given, to whoever may see all that it quotes; those of Slack's private places to an admin only."""
        found = kept.find(name, groups_of(request), private=may(request, Scope.ADMIN))
        return access.links.answer(found) if access.signed(request.headers) else found

    @app.post("/v1/feedback", responses=MISSING, status_code=201, tags=["questions"])
    def feedback(request: Request, given: FeedbackRequest) -> FeedbackResponse:
        """Keep what a reader thought of an answer; a later rating replaces the earlier.

        That it was wrong is told to the owners of the documents that it quotes.
        """
        kept.rate(given.answer, given.rating, given.comment)
        if given.rating == "down":
            reported(request, given.answer, kept)
        return FeedbackResponse(answer=given.answer, rating=given.rating)


def _add_documents(
    app: FastAPI, library: Callable[[], Library], summaries: PageSummaries, viewer: Viewer
) -> None:
    edition = "/v1/documents/{document}/editions/{label:path}"

    @app.get("/v1/documents", responses=PROBLEMS, tags=["documents"])
    def documents(request: Request) -> DocumentsResponse:
        """List every work of the catalog with its editions, also those not held."""
        return _listed(library().seen_by(groups_of(request)), summaries)

    changes = Changes()

    @app.get("/v1/documents/{document}/diff", responses=MISSING, tags=["documents"])
    def diff(request: Request, document: str, old: Label = None, new: Label = None) -> WireRevision:
        """Say what changed between two held editions; the last two when none is named."""
        seen = library().seen_by(groups_of(request))
        return changes.between(seen, document, old, new, problems.language(request))

    @app.get(
        edition + "/pages/{number}/image",
        response_class=Response,
        responses={**MISSING, 200: {"content": {"image/png": {}}}},
        tags=["documents"],
    )
    def image(
        request: Request,
        document: str,
        label: str,
        number: int,
        start: Number = 0,
        end: Number = 0,
        size: Literal["small", "normal", "large"] = "normal",
        sha256: Digest = None,
        if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Draw a page; what the offsets *start* to *end* cover on it is marked."""
        drawing = viewer.seen_by(groups_of(request)).image(
            document,
            label,
            number,
            start=start,
            end=end,
            size=size,
            sha256=sha256,
            known=if_none_match,
        )
        if drawing is None:
            return Response(status_code=304)
        return Response(
            drawing.png,
            media_type="image/png",
            headers={"ETag": drawing.etag, "Cache-Control": "private, no-cache"},
        )

    @app.get(edition + "/pages/{number}", responses=MISSING, tags=["documents"])
    def page(  # what a citation's address says
        request: Request,
        document: str,
        label: str,
        number: int,
        start: Number = 0,
        end: Number = 0,
        sha256: Digest = None,
    ) -> WirePage:
        """Return a page's text and where on it the span from *start* to *end* stands."""
        seen, language = viewer.seen_by(groups_of(request)), problems.language(request)
        found = seen.page(document, label, number, start, end, sha256, language=language)
        opened = request.query_params.get(PARAMETER)
        if opened is None:
            return found
        return found.model_copy(
            update={
                "image_url": found.image_url
                and with_parameter(found.image_url, PARAMETER, quote(opened)),
                "file_url": with_parameter(found.file_url, PARAMETER, quote(opened)),
            }
        )

    @app.get(
        edition + "/file",
        response_class=FileResponse,
        responses={**MISSING, 200: {"content": {"application/pdf": {}, _FILE: {}}}},
        tags=["documents"],
    )
    def file(request: Request, document: str, label: str, sha256: Digest = None) -> FileResponse:
        """Return the file; add `#page=N` to open a PDF at a page. Other kinds are for saving."""
        path = viewer.seen_by(groups_of(request)).file(document, label, sha256)
        pdf = path.suffix == formats.PDF
        return FileResponse(
            path,
            media_type="application/pdf" if pdf else _FILE,
            filename=path.name,
            # What a web page of a stranger says must never run as one of ours.
            content_disposition_type="inline" if pdf else "attachment",
            headers={"Cache-Control": "private, no-cache"},
        )


def _listed(held: Library, summaries: PageSummaries) -> DocumentsResponse:
    keys = _in_force(held, None)
    works: dict[str, list[Edition]] = {}
    for each in held.editions:
        works.setdefault(each.document.id, []).append(each)
    return DocumentsResponse(
        documents=[
            WireDocument.of(
                editions[0].document,
                [
                    WireEdition.of(
                        each,
                        in_force=each.key in keys,
                        pages=summaries.of(held, each) if each.held else None,
                    )
                    for each in editions
                ],
            )
            for editions in works.values()
        ],
        generation=held.id,
    )


def _add_service(
    app: FastAPI,
    library: Callable[[], Library],
    starters: Callable[[Library, str], Sequence[str]],
    named: Callable[[Library], Sequence[str]],
) -> None:
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


def _add_session(app: FastAPI, access: Access, *, with_admin: bool) -> None:
    @app.get("/v1/session", tags=["service"])
    def offered(request: Request) -> SessionResponse:
        """Say what this caller's pages may offer; open to everybody."""
        offices = (Scope.QUESTIONS, Scope.CURATE, Scope.ADMIN) if with_admin else ()
        theirs = [str(scope) for scope in offices if may(request, scope)]
        return SessionResponse(admin=bool(theirs), offices=theirs)

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


def _add_pages(app: FastAPI, *, with_admin: bool) -> None:
    for address, name in (
        ("/", "index.html"),
        ("/documents", "documents.html"),
        ("/check", "check.html"),
        ("/view", "view.html"),
        ("/widget.js", "widget.js"),
        *((("/admin", "admin.html"),) if with_admin else ()),
    ):
        app.router.routes.append(Route(address, GZipMiddleware(_Shown(name)), methods=["GET"]))
    app.mount("/web", GZipMiddleware(_Web(directory=WEB)), name="web")


class _Shown:
    """One file; a browser asks each time whether it changed."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        answer = FileResponse(WEB / self.name, headers={"Cache-Control": "no-cache"})
        await answer(scope, receive, send)


class _Web(StaticFiles):
    """The page's files, likewise."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - Starlette's
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _search(
    held: Library, summaries: PageSummaries, asked: SearchRequest, groups: Groups
) -> SearchResponse:
    began = time.perf_counter()
    question = _question(held, asked.question, asked.filters, groups)
    words = held.mended(question.standalone)
    passages = by_page(held, words, k=asked.k, filters=question.filters)
    keys = _in_force(held, question.filters.as_of)
    return SearchResponse(
        passages=[_wire(held, summaries, words, passage, keys) for passage in passages],
        read_as=words if words != question.standalone else None,
        took_ms=(time.perf_counter() - began) * 1000,
    )


def _question(
    library: Library,
    text: str,
    filters: WireFilters,
    groups: Groups,
    *,
    history: Sequence[Turn] = (),
    conversation: str = "",
    asker: str = "",
) -> Question:
    bounds = checked(filters.read(groups), library.seen_by(groups).editions)
    try:
        asked = read(text, filters=bounds, history=history, conversation=conversation)
        return replace(asked, asker=asker)
    except BadQuestion as error:
        raise problems.bad_question(text, error) from error


def _in_force(library: Library, on: date | None) -> frozenset[str]:
    day = on or date.today()  # noqa: DTZ011 - editions come into force by the local calendar
    return frozenset(edition.key for edition in library.in_force(day))


def _wire(
    library: Library, summaries: PageSummaries, words: str, passage: Passage, keys: frozenset[str]
) -> WirePassage:
    chunk = passage.chunk
    held = summaries.of(library, chunk.edition).labels
    labels = [held[number - 1] for number in passage.pages]
    if formats.ending(chunk.edition.path or formats.PDF) == formats.PDF:
        place = Place(PlaceKind.PAGE, labels[0] or str(passage.pages[0]))
    else:
        place = library.text(chunk.edition).place(chunk.start, chunk.end, chunk.section)
    why = reason(words, chunk, library.glossary)
    return WirePassage.of(passage, labels=labels, place=place, in_force=keys, why=why)
