"""The door for programs that speak OpenAI's chat protocol: Open WebUI, LibreChat, the clients.

What they send beyond messages (temperature, tools …) is taken and has no effect: an answer is
made from the manuals, not from a model's mood. Citations stand in the text, where every such
program shows them, and in full in the extension field "tebiki". The extension field "filters"
of a request bounds what is searched, as in POST /v1/answers.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api import stream
from api.answer_records import AnswerRecord
from api.problems import Refused, unexpected, unusable
from api.schemas.answers import MAX_TURNS, WireAnswer
from api.schemas.passages import WireFilters
from api.schemas.wire import Wire
from bot.answering.extractive import spoken
from bot.answers import Answer, Answerer, Delta, Question, Turn
from bot.errors import BotError
from index.errors import IndexingError

MODEL = "tebiki"
"""The one model there is; any other name is answered by it too."""

log = logging.getLogger(__name__)


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    type: str = "text"
    text: str = ""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    role: str
    content: str | list[Part] | None = None

    def said(self) -> str:
        """Return the text, whether it came whole or in parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class ChatRequest(BaseModel):
    """A conversation whose last message by the user is to be answered."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {
                            "role": "user",
                            "content": "CIO補佐官を特別職非常勤職員として任用するには",
                        }
                    ],
                }
            ]
        },
    )
    model: str = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=1_000)]
    stream: bool = False
    filters: WireFilters = WireFilters()

    def question(self) -> str:
        """Return the last thing the user said, or nothing."""
        return next((each.said() for each in reversed(self.messages) if each.role == "user"), "")

    def turns(self) -> tuple[Turn, ...]:
        """Return the exchanges before the question, oldest first, the last few only."""
        turns: list[Turn] = []
        for each in self.messages:
            if each.role == "user":
                turns.append(Turn(each.said()))
            elif each.role == "assistant" and turns:
                turns[-1] = Turn(turns[-1].question, each.said())
        return tuple(turns[:-1][-MAX_TURNS:])


class ChatMessage(Wire):
    """What was answered."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(Wire):
    """The one answer."""

    index: int = 0
    message: ChatMessage
    finish_reason: Literal["stop"] = "stop"


class ChatResponse(Wire):
    """A completion, with the whole answer in the extension field *tebiki*."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    tebiki: WireAnswer


class Model(Wire):
    """The one model."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class ModelsResponse(Wire):
    """All models there are."""

    object: Literal["list"] = "list"
    data: list[Model]


def sources(answer: WireAnswer, base: str) -> str:
    """Return the citations as Markdown under the answer, one a line, or nothing."""
    shown = answer.citations or (answer.declined.nearest if answer.declined else [])
    lines = [
        f"- [{each.marker}] [{each.title}（{each.edition}）p.{each.page_label or each.page}]"
        f"({base}{each.view_url})"
        for each in shown
    ]
    heading = "出典" if answer.language == "ja" else "Sources"
    notices = "".join(f"\n\n> {notice}" for notice in answer.notices)
    return f"{notices}\n\n**{heading}**\n\n" + "\n".join(lines) if lines else notices


def install(
    app: FastAPI,
    *,
    ask: Callable[[str, WireFilters, tuple[Turn, ...]], Question],
    answerer: Answerer,
    kept: AnswerRecord,
) -> None:
    """Add the door to *app*; *ask* makes a question of a text, filters and earlier turns."""

    @app.get("/v1/models", tags=["openai"])
    def models() -> ModelsResponse:
        """List the one model."""
        return ModelsResponse(data=[Model()])

    @app.get("/v1/models/{name}", tags=["openai"])
    def model(name: str) -> Model:
        """Describe the one model."""
        if name != MODEL:
            raise Refused(404, f"モデルは「{MODEL}」だけです。", f'The only model is "{MODEL}".')
        return Model()

    @app.post(
        "/v1/chat/completions",
        response_model=ChatResponse,
        responses={200: {"content": {stream.MEDIA_TYPE: {}}}},
        tags=["openai"],
    )
    def complete(request: Request, asked: ChatRequest) -> Any:  # noqa: ANN401 - a model or a stream
        """Answer the last question of a conversation, whole or as a stream of chunks."""
        question = ask(asked.question(), asked.filters, asked.turns())
        base = str(request.base_url).rstrip("/")
        if asked.stream:
            return StreamingResponse(
                _chunks(answerer, question, base, kept, request.state.request_id),
                media_type=stream.MEDIA_TYPE,
                headers=stream.HEADERS,
            )
        answer = WireAnswer.of(answerer.answer(question))
        kept.keep(answer)
        return ChatResponse(
            id=f"chatcmpl-{answer.id}",
            created=int(time.time()),
            choices=[Choice(message=ChatMessage(content=answer.text + sources(answer, base)))],
            tebiki=answer,
        )


def _chunks(
    answerer: Answerer, question: Question, base: str, kept: AnswerRecord, request_id: str
) -> Iterator[bytes]:
    """Yield the answer in chunks. The text is that of the verified answer, never of a draft.

    A chat program cannot take back what it has shown, so nothing is sent before it is verified.
    """
    head = {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
    }

    def chunk(delta: dict[str, str], finish: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        data = json.dumps({**head, "choices": [choice], **more}, ensure_ascii=False)
        return f"data: {data}\n\n".encode()

    yield chunk({"role": "assistant", "content": ""})
    try:
        answer: Answer = answerer.answer(question)
        wire = WireAnswer.of(answer)
        kept.keep(wire)
        for said in spoken(answer):
            if isinstance(said, Delta):
                yield chunk({"content": said.text})
        yield chunk({"content": sources(wire, base)})
        yield chunk({}, "stop", tebiki=wire.model_dump(mode="json"))
    except (IndexingError, BotError) as error:
        yield _failed(unusable(error, question.language), HTTPStatus.SERVICE_UNAVAILABLE)
    except Exception:
        log.exception("request %s failed in mid-answer", request_id)
        sorry = unexpected(request_id)
        detail = sorry.ja if question.language == "ja" else sorry.en
        yield _failed(detail, HTTPStatus.INTERNAL_SERVER_ERROR)
    yield b"data: [DONE]\n\n"


def _failed(message: str, status: int) -> bytes:
    error = {"message": message, "type": "server_error", "code": status}
    return f"data: {json.dumps({'error': error}, ensure_ascii=False)}\n\n".encode()
