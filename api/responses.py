"""The door for clients of OpenAI's newer protocol: POST /v1/responses, whole or as events."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from api import stream
from api.access import Caller
from api.answer_records import Shown
from api.callers import groups_of
from api.openai import own_business, told
from api.problems import unexpected, unusable
from api.schemas.answers import WireAnswer
from api.schemas.openai import MODEL, ResponsesRequest, tokens
from api.schemas.passages import WireFilters
from bot.answers import Answerer, Question, Turn
from bot.errors import BotError
from index.errors import IndexingError
from ingest.catalog.editions import Groups

log = logging.getLogger(__name__)

_PREFIX = "resp_"


def install(
    app: FastAPI,
    *,
    ask: Callable[[str, WireFilters, tuple[Turn, ...], Caller], Question],
    answerer: Answerer,
    kept: Shown,
) -> None:
    """Add the door to *app*; *ask* makes a question of a text, filters and earlier turns."""

    @app.post(
        "/v1/responses",
        operation_id="createResponse",
        summary="Answer as OpenAI's Responses protocol has it",
        responses={200: {"content": {stream.MEDIA_TYPE: {}}}},
        tags=["openai"],
    )
    def respond(request: Request, asked: ResponsesRequest) -> Any:  # noqa: ANN401 - a dictionary or a stream
        """Answer the last question of *input*; citations are annotations of the text.

        Events of a stream come once the whole answer is verified.
        """
        asked.check()
        base = str(request.base_url).rstrip("/")
        number = request.state.request_id
        reply = own_business(asked)
        if reply is not None:
            made = _response(asked, reply, number, None, base)
            return _events_of(made) if asked.stream else made
        turns = (*_before(asked, kept, groups_of(request)), *asked.turns())
        question = ask(asked.question(), asked.filters, turns, request.state.caller)
        if asked.stream:
            return StreamingResponse(
                _told(answerer, question, asked, base, number),
                media_type=stream.MEDIA_TYPE,
                headers=stream.HEADERS,
            )
        answer = WireAnswer.of(answerer.answer(question))
        return _response(asked, told(answer, base), answer.id, answer, base)


def _before(asked: ResponsesRequest, kept: Shown, groups: Groups) -> tuple[Turn, ...]:
    """Return the exchange that the conversation continues.

    Raises:
        AnswerUnknown: no such answer is on record.
    """
    if not asked.previous_response_id:
        return ()
    answer = kept.find(asked.previous_response_id.removeprefix(_PREFIX), groups)
    return (Turn(answer.question, answer.text),)


def _response(
    asked: ResponsesRequest, text: str, name: str, answer: WireAnswer | None, base: str
) -> dict[str, Any]:
    """Return the object that the protocol calls a response."""
    said = sum(tokens(each.said()) for each in asked.conversation())
    length = tokens(text)
    part = {
        "type": "output_text",
        "text": text,
        "annotations": _annotations(text, answer, base),
        "logprobs": [],
    }
    message = {
        "type": "message",
        "id": f"msg_{name}",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    return {
        "id": f"{_PREFIX}{name}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": MODEL,
        "output": [message],
        "instructions": asked.instructions,
        "previous_response_id": asked.previous_response_id,
        "metadata": (asked.model_extra or {}).get("metadata") or {},
        "parallel_tool_calls": False,
        "tool_choice": asked.tool_choice or "auto",
        "tools": asked.tools or [],
        "temperature": None,
        "top_p": None,
        "error": None,
        "incomplete_details": None,
        "usage": {
            "input_tokens": said,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": length,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said + length,
        },
        "without_effect": asked.without_effect(),
        "tebiki": None if answer is None else answer.model_dump(mode="json"),
    }


def _annotations(text: str, answer: WireAnswer | None, base: str) -> list[dict[str, Any]]:
    """Return for each mark in the text the page it stands for."""
    if answer is None:
        return []
    cited = {str(each.marker): each for each in answer.citations}
    return [
        {
            "type": "url_citation",
            "start_index": found.start(),
            "end_index": found.end(),
            "title": each.named(answer.language),
            "url": f"{base}{each.view_url}",
        }
        for found in re.finditer(r"\[(\d{1,3})\](?!\()", text[: len(answer.text)])
        if (each := cited.get(found[1])) is not None
    ]


def _told(
    answerer: Answerer,
    question: Question,
    asked: ResponsesRequest,
    base: str,
    request_id: str,
) -> Iterator[bytes]:
    try:
        answer = WireAnswer.of(answerer.answer(question))
    except (IndexingError, BotError) as error:
        yield _failure(unusable(error, question.language))
        return
    except Exception:
        log.exception("request %s failed", request_id)
        sorry = unexpected(request_id)
        yield _failure(sorry.ja if question.language == "ja" else sorry.en)
        return
    yield from _events(_response(asked, told(answer, base), answer.id, answer, base))


def _events_of(made: dict[str, Any]) -> StreamingResponse:
    return StreamingResponse(
        iter(list(_events(made))), media_type=stream.MEDIA_TYPE, headers=stream.HEADERS
    )


def _failure(detail: str) -> bytes:
    said = {"type": "error", "code": "server_error", "message": detail, "param": None}
    return stream.event("error", json.dumps({**said, "sequence_number": 0}, ensure_ascii=False))


def _events(made: dict[str, Any]) -> Iterator[bytes]:
    """Yield a finished response as the protocol streams one: its text line by line."""
    (message,) = made["output"]
    (part,) = message["content"]
    begun = {**made, "status": "in_progress", "output": [], "usage": None}
    where = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    empty = {**part, "text": "", "annotations": []}
    open_item = {**message, "status": "in_progress", "content": []}
    said_in_turn: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": open_item}),
        ("response.content_part.added", {**where, "part": empty}),
        *(
            ("response.output_text.delta", {**where, "delta": line, "logprobs": []})
            for line in part["text"].splitlines(keepends=True)
        ),
        ("response.output_text.done", {**where, "text": part["text"], "logprobs": []}),
        ("response.content_part.done", {**where, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": message}),
        ("response.completed", {"response": made}),
    ]
    for number, (name, data) in enumerate(said_in_turn):
        said = {"type": name, "sequence_number": number, **data}
        yield stream.event(name, json.dumps(said, ensure_ascii=False))
