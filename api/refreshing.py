"""The one refresh that runs: started on the admin page, told while it goes, and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock, Thread
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Request
from pydantic import Field

from api import problems
from api.problems import Refused
from api.schemas.intake import WirePoorPage
from api.schemas.wire import Asked, Wire
from index.refresh.resources import NotAllowed
from ingest.catalog.editions import Edition
from ingest.errors import UnreadablePdf
from ingest.translations import in_language

if TYPE_CHECKING:
    from bot.ledger.audit import Deed
    from index.refresh.reports import RefreshReport

log = logging.getLogger(__name__)

Refresh = Callable[[Callable[[str, float], None], bool], "RefreshReport"]
"""What brings the index up to date: it tells of its steps, and may be made to publish all the same."""


class RefreshRequest(Asked):
    """How to refresh. *accept*: publish it although the evaluation speaks against it; *reason*: why."""

    accept: bool = False
    reason: Annotated[str, Field(max_length=2_000)] = ""


class WireEngine(Wire):
    """What read pages in a refresh: how many, and how plausible the worst of them is (0 to 1)."""

    engine: str
    pages: int
    lowest_score: float


class WireReport(Wire):
    """What a refresh did, by edition. *kept* maps an edition to why its former text stands."""

    added: list[str]
    revised: list[str]
    withdrawn: list[str]
    unchanged: int
    kept: dict[str, str]
    notices: list[str]
    pages: int
    passages: int
    engines: list[WireEngine]
    poor_pages: list[WirePoorPage]

    @classmethod
    def of(cls, report: RefreshReport) -> WireReport:
        """Translate; what could not be used is not among what was added."""
        plan = report.plan
        failed = {getattr(problem, "path", None) for problem in report.problems}

        def told(editions: Sequence[Edition]) -> list[str]:
            return [
                f"{each.document.title}（{each.label}）"
                for each in editions
                if each.path not in failed
            ]

        return cls(
            added=told(plan.added),
            revised=told(plan.revised),
            withdrawn=told(plan.withdrawn),
            unchanged=len(plan.unchanged),
            kept=dict(report.kept),
            notices=list(report.notices),
            pages=report.pages,
            passages=report.chunks,
            engines=[
                WireEngine(engine=engine, pages=count, lowest_score=round(score, 3))
                for engine, (count, score) in report.engines.items()
            ],
            poor_pages=[
                WirePoorPage(file=file, page=page, note=note)
                for file, page, note in report.poor_pages
            ],
        )


class RefreshState(Wire):
    """How far a refresh is, and how the last one ended.

    *step* is a word (reading, indexing, embedding, checking, loading), *detail* what it
    adds to it. *report* is there when a refresh ran to its end. *reasons* are there when the new index was complete but may not go live as it is; a refresh
    with `accept` publishes it all the same.
    """

    running: bool = False
    step: str = ""
    detail: str = ""
    share: float = 0
    published: bool | None = None
    generation: str | None = None
    problems: list[str] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    report: WireReport | None = None


class Job:
    """The one refresh that may run, and how it goes."""

    def __init__(self, refresh: Refresh) -> None:
        """Begin with none; *refresh* is the work."""
        self._refresh = refresh
        self._lock = Lock()
        self._state = RefreshState()
        self._reasons: Sequence[str] = ()
        self._done: RefreshReport | None = None

    def state(self, language: str) -> RefreshState:
        """Return how far it is, with sentences in that language where they are known in it."""
        with self._lock:
            now, reasons, done = self._state, self._reasons, self._done
        told: dict[str, object] = {"reasons": [in_language(each, language) for each in reasons]}
        if done is not None and now.report is not None:
            said = {str(each): _said(each, language) for each in done.problems}
            update = {
                "notices": [in_language(each, language) for each in done.notices],
                "kept": {key: said.get(why, why) for key, why in done.kept.items()},
            }
            told["report"] = now.report.model_copy(update=update)
            told["problems"] = list(said.values())
        return now.model_copy(update=told)

    def start(
        self,
        *,
        accept: bool = False,
        told: Callable[[RefreshReport], None] = lambda _: None,
    ) -> bool:
        """Start a refresh in the background; False when one is running already.

        *told* hears what came of it.
        """
        with self._lock:
            if self._state.running:
                return False
            self._reasons, self._done = (), None
            self._state = self._state.model_copy(
                update={
                    "running": True,
                    "step": "",
                    "detail": "",
                    "share": 0.0,
                    "problems": [],
                    "report": None,
                }
            )
        Thread(target=self._run, args=(accept, told), name="refresh", daemon=True).start()
        return True

    def _run(self, accept: bool, told: Callable[[RefreshReport], None]) -> None:  # noqa: FBT001 - a thread's
        reasons: Sequence[str] = ()
        report: RefreshReport | None = None
        try:
            report = self._refresh(self._told, accept)
            told(report)
            ended = RefreshState(
                published=report.published,
                generation=report.generation,
                problems=[str(each) for each in report.problems],
                report=WireReport.of(report),
            )
        except NotAllowed as refused:
            log.warning("%s", refused)
            ended = RefreshState(published=False)
            reasons = refused.reasons
        except Exception as error:
            log.exception("the refresh failed")
            ended = RefreshState(published=False, problems=[str(error)])
        with self._lock:
            self._state = ended.model_copy(update={"share": 1.0})
            self._reasons, self._done = reasons, report

    def _told(self, step: str, share: float) -> None:
        name, _, detail = step.partition(" ")
        with self._lock:
            self._state = self._state.model_copy(
                update={"step": name, "detail": detail.strip("()"), "share": share}
            )


def _said(problem: Exception, language: str) -> str:
    if isinstance(problem, UnreadablePdf):
        return f"{problem.path}: {problem.why(language)}"
    return in_language(str(problem), language)


def install(
    app: FastAPI,
    job: Job,
    responses: dict[int | str, dict[str, Any]],
    published: Callable[[RefreshReport, str], Iterable[tuple[Deed, Mapping[str, object]]]],
    noted: Callable[..., None],
) -> None:
    """Add the routes.

    *published* says what the audit stream is told of a refresh and the reason that was given;
    *noted* tells it.
    """

    @app.get("/v1/admin/refresh", tags=["admin"])
    def progress(request: Request) -> RefreshState:
        """Say how far the refresh is, and how the last one ended."""
        return job.state(problems.language(request))

    @app.post("/v1/admin/refresh", status_code=202, responses=responses, tags=["admin"])
    def refresh(request: Request, asked: RefreshRequest | None = None) -> RefreshState:
        """Start a refresh; the old index answers until the new one is complete."""
        wish = asked or RefreshRequest()

        def told(report: RefreshReport) -> None:
            for deed, what in published(report, wish.reason):
                noted(request, deed, **what)

        if not job.start(accept=wish.accept, told=told):
            raise Refused(
                409,
                "更新はすでに進んでいます。終わるまでお待ちください。",
                "A refresh is running already. Wait until it is done.",
            )
        return job.state(problems.language(request))
