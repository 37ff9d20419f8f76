"""The door for programs that speak OpenAI's chat protocol: Open WebUI, LibreChat, the clients.

What they send beyond messages (temperature, tools …) is named in "without_effect" or refused: an
answer is made from the manuals, not from a model's mood. What a program asks for itself, a title
say, is answered at once and not recorded. Citations stand in the text, where every such program
shows them, and in full in the extension field "tebiki". The extension field "filters" of a
request bounds what is searched, as in POST /v1/answers.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from api import stream
from api.access import Caller
from api.chores import chore
from api.problems import Refused, unexpected, unusable
from api.schemas.answers import WireAnswer
from api.schemas.openai import (
    MODEL,
    ChatMessage,
    ChatRequest,
    ChatResponse,
    Choice,
    Conversed,
    Model,
    ModelsResponse,
    Usage,
)
from api.schemas.passages import WireFilters
from bot.answers import Answer, Answerer, Delta, Question, Turn, spoken
from bot.errors import BotError
from index.errors import IndexingError

log = logging.getLogger(__name__)


def sources(answer: WireAnswer, base: str) -> str:
    """Return the citations as Markdown under the answer, one a line, or nothing."""
    shown = answer.citations or (answer.declined.nearest if answer.declined else [])
    lines = [
        f"- [{each.marker}] [{each.named(answer.language)}]({base}{each.view_url})"
        for each in shown
    ]
    heading = "出典" if answer.language == "ja" else "Sources"
    said = (*answer.notices, *filter(None, [answer.made.notice]))
    notices = "".join(f"\n\n> {notice}" for notice in said)
    return f"{notices}\n\n**{heading}**\n\n" + "\n".join(lines) if lines else notices


def told(answer: WireAnswer, base: str, *, as_json: bool = False) -> str:
    """Return the text of an answer with its sources, as Markdown or as a JSON object."""
    text = answer.text + sources(answer, base)
    if not as_json:
        return text
    cited = [each.model_dump(mode="json") for each in answer.citations]
    made = {"answer": answer.text, "certainty": answer.certainty, "citations": cited}
    return json.dumps(made, ensure_ascii=False)


def own_business(asked: Conversed) -> str | None:
    """Return the reply to what a program asks for itself, None when a person asks."""
    found = chore("\n".join(asked.spoken("system", "developer")), asked.spoken("user"))
    return None if found is None else found.done()


def install(
    app: FastAPI,
    *,
    ask: Callable[[str, WireFilters, tuple[Turn, ...], Caller], Question],
    answerer: Answerer,
) -> None:
    """Add the door to *app*; *ask* makes a question of a text, filters, earlier turns and a caller."""

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
        asked.check()
        base = str(request.base_url).rstrip("/")
        reply = own_business(asked)
        if reply is not None:
            if asked.stream:
                return _stream(_own_chunks(asked, reply, request.state.request_id))
            return _completion(asked, reply, request.state.request_id, None)
        question = ask(asked.question(), asked.filters, asked.turns(), request.state.caller)
        if asked.stream:
            return _stream(_chunks(answerer, question, asked, base, request.state.request_id))
        answer = WireAnswer.of(answerer.answer(question))
        text = told(answer, base, as_json=asked.as_json)
        return _completion(asked, text, answer.id, answer)


def _stream(chunks: Iterator[bytes]) -> StreamingResponse:
    return StreamingResponse(chunks, media_type=stream.MEDIA_TYPE, headers=stream.HEADERS)


def _completion(
    asked: ChatRequest, text: str, name: str, answer: WireAnswer | None
) -> ChatResponse:
    return ChatResponse(
        id=f"chatcmpl-{name}",
        created=int(time.time()),
        choices=[Choice(index=at, message=ChatMessage(content=text)) for at in range(asked.n or 1)],
        usage=Usage.of(asked, text),
        without_effect=asked.without_effect(),
        tebiki=answer,
    )


class _Chunks:
    """Makes the chunks of one stream; each choice gets the same ones."""

    def __init__(self, asked: ChatRequest, name: str) -> None:
        self._asked = asked
        self._head = {
            "id": f"chatcmpl-{name}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
        }
        self._counts = asked.stream_options is not None and asked.stream_options.include_usage
        self._text = ""

    def piece(self, delta: dict[str, str], finish: str | None = None, **more: object) -> bytes:
        """Return a piece of the answer, for every choice."""
        self._text += delta.get("content", "")
        choices = [
            {"index": at, "delta": delta, "finish_reason": finish}
            for at in range(self._asked.n or 1)
        ]
        return b"".join(self._data(choices=[each], **more) for each in choices)

    def end(self) -> bytes:
        """Return what a stream ends with: how long it was, where that was wished, and the mark."""
        done = b"data: [DONE]\n\n"
        if not self._counts:
            return done
        usage = Usage.of(self._asked, self._text)
        return self._data(choices=[], usage=usage.model_dump()) + done

    def _data(self, **more: object) -> bytes:
        counted = {"usage": None} if self._counts else {}
        data = json.dumps({**self._head, **counted, **more}, ensure_ascii=False)
        return f"data: {data}\n\n".encode()


def _own_chunks(asked: ChatRequest, reply: str, name: str) -> Iterator[bytes]:
    made = _Chunks(asked, name)
    yield made.piece({"role": "assistant", "content": reply})
    yield made.piece({}, "stop")
    yield made.end()


def _chunks(
    answerer: Answerer,
    question: Question,
    asked: ChatRequest,
    base: str,
    request_id: str,
) -> Iterator[bytes]:
    """Yield the answer in chunks. The text is that of the verified answer, never of a draft.

    A chat program cannot take back what it has shown, so nothing is sent before it is verified.
    """
    made = _Chunks(asked, request_id)
    yield made.piece({"role": "assistant", "content": ""})
    try:
        answer: Answer = answerer.answer(question)
        wire = WireAnswer.of(answer)
        if asked.as_json:
            yield made.piece({"content": told(wire, base, as_json=True)})
        else:
            for said in spoken(answer):
                if isinstance(said, Delta):
                    yield made.piece({"content": said.text})
            yield made.piece({"content": sources(wire, base)})
        yield made.piece(
            {}, "stop", tebiki=wire.model_dump(mode="json"), without_effect=asked.without_effect()
        )
    except (IndexingError, BotError) as error:
        yield _failed(unusable(error, question.language), HTTPStatus.SERVICE_UNAVAILABLE)
    except Exception:
        log.exception("request %s failed in mid-answer", request_id)
        sorry = unexpected(request_id)
        detail = sorry.ja if question.language == "ja" else sorry.en
        yield _failed(detail, HTTPStatus.INTERNAL_SERVER_ERROR)
    yield made.end()


def _failed(message: str, status: int) -> bytes:
    error = {"message": message, "type": "server_error", "code": status}
    return f"data: {json.dumps({'error': error}, ensure_ascii=False)}\n\n".encode()
