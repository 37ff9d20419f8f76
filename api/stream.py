"""An answer as server-sent events: status, delta, citation, done, error."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from api.problems import problem_json, unexpected, unusable
from api.schemas.answers import WireAnswer, WireCitation
from bot.answers import Answer, Citation, Delta, streamed
from bot.errors import BotError
from index.errors import IndexingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.signed_links import SignedLinks
    from bot.answers import Answerer, Question

MEDIA_TYPE = "text/event-stream"

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Nothing between us and the reader may keep the events back."""

log = logging.getLogger(__name__)


def event(name: str, data: str) -> bytes:
    r"""Return one event; *data* is JSON on one line.

    >>> event("delta", '{"text":"a"}')
    b'event: delta\ndata: {"text":"a"}\n\n'
    """
    return f"event: {name}\ndata: {data}\n\n".encode()


def whole(answer: WireAnswer) -> Iterator[bytes]:
    """Yield a finished answer as events."""
    yield event("status", json.dumps({"stage": "searching"}))
    for citation in answer.citations:
        yield event("citation", citation.model_dump_json())
    yield event("delta", json.dumps({"text": answer.text}, ensure_ascii=False))
    yield event("done", answer.model_dump_json())


def events(
    answerer: Answerer,
    question: Question,
    *,
    request_id: str,
    language: Literal["ja", "en"],
    links: SignedLinks | None = None,
) -> Iterator[bytes]:
    """Answer, event by event. The last one is `done` with the whole answer, or `error`.

    What the deltas showed is replaced by the answer in `done`, which alone is verified. Errors
    speak *language*; with *links* the addresses of citations open without a key.
    """
    yield event("status", json.dumps({"stage": "searching"}))
    try:
        for said in streamed(answerer, question):
            match said:
                case Delta(text=text):
                    yield event("delta", json.dumps({"text": text}, ensure_ascii=False))
                case Citation():
                    cited = WireCitation.of(said)
                    shown = links.citation(cited) if links else cited
                    yield event("citation", shown.model_dump_json())
                case Answer():
                    wire = WireAnswer.of(said)
                    whole = links.answer(wire) if links else wire
                    yield event("done", whole.model_dump_json())
    except (IndexingError, BotError) as error:
        log.error("request %s: %s", request_id, error)  # noqa: TRY400 - our own sentence says all
        detail = unusable(error, language)
        yield event(
            "error", problem_json(HTTPStatus.SERVICE_UNAVAILABLE, detail, request_id).decode()
        )
    except Exception:
        log.exception("request %s failed in mid-answer", request_id)
        sorry = unexpected(request_id)
        detail = sorry.ja if language == "ja" else sorry.en
        yield event("error", problem_json(sorry.status_code, detail, request_id).decode())
