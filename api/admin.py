"""What the owner of the manuals sees and does: the index, new PDFs, and what readers miss."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api import insights
from api.leaves import POOR, LeafCache
from api.problems import Refused
from api.schemas import Asked, Problem, Wire
from index.errors import IndexingError
from index.refresh import NotAllowed
from ingest import catalog, pdf
from ingest.editions import Edition
from ingest.errors import IngestError, MissingCorpus, UnreadablePdf

if TYPE_CHECKING:
    from bot.ledger.ledger import Entry
    from index.generations import Kept
    from index.passages import Library
    from index.refresh import RefreshReport

_NAME = re.compile(r"[^/\\\x00-\x1f:*?\"<>|]{1,150}\.pdf", re.IGNORECASE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What the admin page works with, handed in by the command line.

    *corpus* is the folder that PDFs are added to. *refresh* brings the index up to date, tells
    of its steps (in words, and from 0 to 1), and raises what `index.refresh.carry_out` raises;
    when its second argument is true it publishes what the evaluation speaks against, too.
    *roll_back* makes another generation current and returns its name. *entries* gives what was
    asked since a time in seconds since 1970, earliest first.
    """

    corpus: Path
    refresh: Callable[[Callable[[str, float], None], bool], RefreshReport]
    roll_back: Callable[[str | None], str]
    generations: Callable[[], Sequence[Kept]]
    entries: Callable[[float], Sequence[Entry]]


class WirePoorPage(Wire):
    """A page that could not be read well, and why."""

    file: str
    page: int
    note: str


class WireGeneration(Wire):
    """An index that can be made current."""

    name: str
    current: bool
    made: str
    pages: int
    passages: int


class StateResponse(Wire):
    """The index as it is now."""

    generation: str | None
    documents: int
    pages: int
    recipe: dict[str, str]
    poor_pages: list[WirePoorPage]
    generations: list[WireGeneration]


class RefreshRequest(Asked):
    """How to refresh. *accept*: publish it although the evaluation speaks against it."""

    accept: bool = False


class RefreshState(Wire):
    """How far a refresh is, and how the last one ended.

    *reasons* are there when the new index was complete but may not go live as it is; a refresh
    with `accept` publishes it all the same.
    """

    running: bool
    step: str
    share: float
    published: bool | None
    generation: str | None
    problems: list[str]
    reasons: list[str]


class RollBackRequest(Asked):
    """Which generation to return to; the one before the current when none is named."""

    generation: Annotated[str, Field(max_length=100)] | None = None


class UnderstoodResponse(Wire):
    """What was understood of an added PDF."""

    file: str
    title: str
    edition: str
    published: date | None
    pages: int
    poor_pages: list[WirePoorPage]


class WireDay(Wire):
    """One day's questions."""

    day: date
    asked: int
    declined: int
    down: int


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


class Job:
    """The one refresh that may run, and how it goes."""

    def __init__(self, office: Office) -> None:
        """Refresh what *office* refreshes."""
        self._office = office
        self._lock = Lock()
        self._state = RefreshState(
            running=False,
            step="",
            share=0,
            published=None,
            generation=None,
            problems=[],
            reasons=[],
        )

    def state(self) -> RefreshState:
        """Return how far it is."""
        with self._lock:
            return self._state

    def start(self, *, accept: bool = False) -> bool:
        """Start a refresh in the background; False when one is running already."""
        with self._lock:
            if self._state.running:
                return False
            self._state = self._state.model_copy(
                update={"running": True, "step": "", "share": 0.0, "problems": [], "reasons": []}
            )
        Thread(target=self._run, kwargs={"accept": accept}, name="refresh", daemon=True).start()
        return True

    def _run(self, *, accept: bool) -> None:
        try:
            report = self._office.refresh(self._told, accept)
            problems = [str(each) for each in report.problems]
            self._end(published=report.published, name=report.generation, problems=problems)
        except NotAllowed as refused:
            log.warning("%s", refused)
            self._end(published=False, name=None, problems=[], reasons=refused.reasons)
        except Exception as error:
            log.exception("the refresh failed")
            self._end(published=False, name=None, problems=[str(error)])

    def _told(self, step: str, share: float) -> None:
        with self._lock:
            self._state = self._state.model_copy(update={"step": step, "share": share})

    def _end(
        self, *, published: bool, name: str | None, problems: list[str], reasons: Sequence[str] = ()
    ) -> None:
        with self._lock:
            self._state = RefreshState(
                running=False,
                step="",
                share=1.0,
                published=published,
                generation=name,
                problems=problems,
                reasons=list(reasons),
            )


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
    app: FastAPI, library: Callable[[], Library], leaves: LeafCache, office: Office
) -> None:
    """Add the admin routes; the layer before them lets only the scope admin through."""
    job = Job(office)
    _add_insights(app, office)

    @app.get("/v1/admin", responses=ERRORS, tags=["admin"])
    def state() -> StateResponse:
        """Say what is indexed, with what, and which pages could not be read."""
        return _state(library(), leaves, office)

    @app.get("/v1/admin/refresh", tags=["admin"])
    def progress() -> RefreshState:
        """Say how far the refresh is, and how the last one ended."""
        return job.state()

    @app.post("/v1/admin/refresh", status_code=202, responses=ERRORS, tags=["admin"])
    def refresh(asked: RefreshRequest | None = None) -> RefreshState:
        """Start a refresh; the old index answers until the new one is complete."""
        if not job.start(accept=asked is not None and asked.accept):
            raise Refused(
                409,
                "更新はすでに進んでいます。終わるまでお待ちください。",
                "A refresh is running already. Wait until it is done.",
            )
        return job.state()

    @app.post("/v1/admin/rollback", responses=ERRORS, tags=["admin"])
    def roll_back(asked: RollBackRequest) -> StateResponse:
        """Make an earlier index current again."""
        try:
            office.roll_back(asked.generation)
        except IndexingError as error:
            raise Refused(404, "その世代の索引はありません。", str(error)) from error
        return _state(library(), leaves, office)

    @app.put(
        "/v1/admin/files/{name}",
        status_code=201,
        responses=ERRORS,
        openapi_extra={"requestBody": {"required": True, "content": {"application/pdf": {}}}},
        tags=["admin"],
    )
    async def add(request: Request, name: str) -> UnderstoodResponse:
        """Put a PDF into the corpus and say what was understood of it; a refresh indexes it."""
        target = _target(office.corpus, name)
        with tempfile.NamedTemporaryFile(
            dir=office.corpus, prefix=".adding-", suffix=".part"
        ) as file:
            async for part in request.stream():
                file.write(part)
            file.flush()
            return await run_in_threadpool(_added, Path(file.name), target, office.corpus)


def _add_insights(app: FastAPI, office: Office) -> None:
    @app.get("/v1/admin/questions", tags=["admin"])
    def questions(days: Annotated[int, Query(ge=1, le=366)] = 30) -> QuestionsResponse:
        """Say how much was asked, and group what was declined or rated down."""
        entries = office.entries(time.time() - days * 86_400)
        took = insights.latency(entries)
        return QuestionsResponse(
            days=[WireDay(**asdict(day)) for day in insights.by_day(entries)],
            missing=[
                WireMissing(**{**asdict(group), "comments": list(group.comments)})
                for group in insights.missing(entries)
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
    def table(days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
        """Return the questions as a table for a spreadsheet."""
        return Response(
            insights.as_csv(office.entries(time.time() - days * 86_400)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="questions.csv"'},
        )


def _state(library: Library, leaves: LeafCache, office: Office) -> StateResponse:
    indexed = [
        (edition, leaves.of(library, edition)) for edition in library.editions if edition.held
    ]
    return StateResponse(
        generation=library.id,
        documents=len({edition.document.id for edition, _ in indexed}),
        pages=sum(len(held.labels) for _, held in indexed),
        recipe=dict(library.recipe),
        poor_pages=[
            WirePoorPage(file=edition.path or "", page=number, note=note)
            for edition, held in indexed
            for number, note in held.poor
        ],
        generations=[
            WireGeneration(
                name=kept.name,
                current=kept.current,
                made=kept.manifest.created,
                pages=kept.manifest.pages,
                passages=kept.manifest.chunks,
            )
            for kept in reversed(office.generations())
            if kept.manifest is not None
        ],
    )


def _target(corpus: Path, name: str) -> Path:
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise Refused(
            422,
            "ファイル名は「○○.pdf」の形で、/ や : などの記号を含まないものにしてください。",
            'The name must look like "something.pdf", without / or : and the like.',
        )
    target = corpus / name
    if target.exists():
        raise Refused(
            409,
            f"「{name}」はすでにあります。新しい版は、別の名前で加えてください。",
            f'There is a "{name}" already. Give the new edition another name.',
        )
    return target


def _added(temporary: Path, target: Path, corpus: Path) -> UnderstoodResponse:
    """Read the PDF, and put it in its place when it can be read and is not there yet."""
    try:
        text = pdf.read(temporary)
    except UnreadablePdf as error:
        raise Refused(
            422,
            f"「{target.name}」はPDFとして読めませんでした。別の方法で入手し直してください。",
            f"{target.name}: {error.reason}. {error.advice}",
        ) from error
    digest = catalog.hash_of(temporary)
    same = next((each for each in _editions(corpus) if each.sha256 == digest), None)
    if same is not None:
        raise Refused(
            409,
            f"同じ内容のPDFが「{same.document.title}」({same.label})としてすでにあります。",
            f'The same PDF is here already: "{same.document.title}" ({same.label}).',
        )
    with temporary.open("rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy)
    listed = _editions(corpus)
    found = next((each for each in listed if each.path == target.name), None)
    return UnderstoodResponse(
        file=target.name,
        title=found.document.title if found else text.title or target.stem,
        edition=found.label if found else "",
        published=found.published if found else None,
        pages=len(text.pages),
        poor_pages=[
            WirePoorPage(file=target.name, page=page.number, note=page.quality.note)
            for page in text.pages
            if page.quality.score < POOR or page.quality.note
        ],
    )


def _editions(corpus: Path) -> Sequence[Edition]:
    try:
        return catalog.read(corpus).editions
    except MissingCorpus:
        return ()  # the first PDF of an empty folder
    except IngestError as error:
        raise Refused(422, str(error), str(error)) from error
