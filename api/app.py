"""The HTTP application: every route translates, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI
from starlette.routing import Route

from api import (
    admin,
    description,
    documents,
    evidence,
    gennai,
    metrics,
    openai,
    pages,
    problems,
    questions,
    responses,
    service,
)
from api.access import Access, Caller
from api.admin import Office
from api.answer_records import AnswersInMemory, Remembered, Shown
from api.gate import Gate
from api.mcp_mount import McpMount, Tools, groups_here
from api.page_summaries import PageSummaries
from api.questions import questioned
from api.reports import Reports
from api.schemas.passages import WireFilters
from api.suggestions import names, suggested
from api.tools import tools_of
from api.viewer import Viewer
from ingest import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.applications import Starlette
    from starlette.datastructures import Headers

    from api.answer_records import AnswerRecord
    from api.request_source import RequestSource
    from bot.answers import Answerer, Question, Turn
    from index.passages import Library
    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

DESCRIPTION = """\
Questions about the manuals in the corpus, answered with quotations that name document, edition
and page. Errors are `application/problem+json`; their `detail` is a sentence for a person, in
Japanese or English by `Accept-Language`. Names are never changed or removed, only added.
"""


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
    readable: Callable[[Headers, RequestSource], list[str]] = lambda _headers, _source: [],
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
        readable: gives the corpora of this server that a caller may read, where there are several.
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
    questions.install(app, library, summaries, answerer, shown, access, reported)
    if sheet is not None:
        evidence.install(app, shown, sheet)

    def ask(text: str, filters: WireFilters, history: tuple[Turn, ...], caller: Caller) -> Question:
        # No index is a 503 and a bad filter a 422, also for a stream that has not begun.
        asker = access.known_as(caller)
        return questioned(library(), text, filters, caller.groups, history=history, asker=asker)

    openai.install(app, ask=ask, answerer=answerer)
    responses.install(app, ask=ask, answerer=answerer, kept=shown)
    gennai.install(app, ask=ask, answerer=answerer)
    documents.install(app, library, summaries, viewer)
    service.install(
        app,
        access,
        library,
        starters=starters,
        named=named,
        readable=readable,
        with_admin=office is not None,
    )
    pages.install(app, with_admin=office is not None)
    if office is not None:
        admin.install(app, library, summaries, office)
    if measured is not None:
        metrics.install(app, measured)
    app.router.routes.append(Route("/mcp", mount))
    description.describe(app)
    return app


def _mcp(tools: Tools) -> Starlette:
    from api import mcp

    return mcp.http(tools)
