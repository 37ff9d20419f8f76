"""Questions over HTTP: searching, answering, checking a text, and what readers thought of it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import StreamingResponse

from api import drafts, problems, stream
from api.callers import groups_of, may
from api.documents import in_force
from api.keys import Scope
from api.problems import MISSING, PROBLEMS
from api.schemas.answers import (
    AnswerRequest,
    FeedbackRequest,
    FeedbackResponse,
    WireAnswer,
    owned,
)
from api.schemas.drafts import CheckRequest, CheckResponse
from api.schemas.passages import SearchRequest, SearchResponse, WireFilters, WirePassage
from bot.asking.question import read
from bot.errors import BadQuestion
from index.passages import by_page, checked
from index.search.reasons import reason
from ingest import formats
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.access import Access
    from api.answer_records import Shown
    from api.page_summaries import PageSummaries
    from api.reports import Reports
    from bot.answers import Answerer, Question, Turn
    from index.passages import Library, Passage
    from ingest.catalog.editions import Groups


def install(
    app: FastAPI,
    library: Callable[[], Library],
    summaries: PageSummaries,
    answerer: Answerer,
    kept: Shown,
    access: Access,
    reported: Reports,
) -> None:
    """Add the routes."""

    @app.post("/v1/search", responses=PROBLEMS, tags=["questions"])
    def search(request: Request, asked: SearchRequest) -> SearchResponse:
        """Find the passages nearest to a question, best first."""
        groups = groups_of(request)
        return searched(library().seen_by(groups), summaries, asked, groups)

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
        question = questioned(
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


def searched(
    held: Library, summaries: PageSummaries, asked: SearchRequest, groups: Groups
) -> SearchResponse:
    """Return the passages nearest to a question, of documents that *groups* see."""
    began = time.perf_counter()
    question = questioned(held, asked.question, asked.filters, groups)
    words = held.mended(question.standalone)
    passages = by_page(held, words, k=asked.k, filters=question.filters)
    keys = in_force(held, question.filters.as_of)
    return SearchResponse(
        passages=[_wire(held, summaries, words, passage, keys) for passage in passages],
        read_as=words if words != question.standalone else None,
        took_ms=(time.perf_counter() - began) * 1000,
    )


def questioned(
    library: Library,
    text: str,
    filters: WireFilters,
    groups: Groups,
    *,
    history: Sequence[Turn] = (),
    conversation: str = "",
    asker: str = "",
) -> Question:
    """Read a question, of which *groups* see what it is bound to.

    Raises:
        Refused, FilterUnknown: the question, or one of its bounds, cannot be used.
    """
    bounds = checked(filters.read(groups), library.seen_by(groups).editions)
    try:
        asked = read(text, filters=bounds, history=history, conversation=conversation)
        return replace(asked, asker=asker)
    except BadQuestion as error:
        raise problems.bad_question(text, error) from error


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
