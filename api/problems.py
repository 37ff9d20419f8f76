"""What went wrong, in words for the person who asked (RFC 9457, application/problem+json)."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.schemas.wire import Problem
from bot.asking.question import LONGEST, length_of
from bot.errors import AnswerUnknown, BadQuestion, BotError
from index.errors import FilterUnknown, IndexingError, IndexMissing
from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": why, "model": Problem}
    for status, why in (
        (413, "The body is too large."),
        (422, "The question or the body cannot be used; the detail says why."),
        (503, "There is no index yet; the detail names the command that makes one."),
    )
}

MISSING: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such thing in the corpus.", "model": Problem},
    **PROBLEMS,
}

LOCKED: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key opens nothing.", "model": Problem},
    422: PROBLEMS[422],
}

log = logging.getLogger(__name__)


class Refused(HTTPException):
    """A request that goes no further: the status, and why in both languages."""

    def __init__(
        self,
        status: int,
        ja: str,
        en: str,
        *,
        headers: Mapping[str, str] | None = None,
        who: str = "",
    ) -> None:
        """Keep what the answer will say; the words are chosen by Accept-Language.

        *who* is the caller as the log names it, "" where that is nobody we know.
        """
        super().__init__(status, en, headers)
        self.who = who
        self.ja = ja
        self.en = en


def language_of(header: str | None) -> Literal["ja", "en"]:
    """Return "ja" or "en", whichever an Accept-Language header prefers; "ja" when it is silent.

    A range that cannot be read counts as least wanted.
    """
    wanted: list[tuple[float, int, Literal["ja", "en"]]] = []
    for place, part in enumerate((header or "").split(",")):
        name, _, parameters = part.strip().partition(";")
        match name.strip().lower().partition("-")[0]:
            case "ja" | "en" as language:
                wanted.append((-_weight(parameters), place, language))
    return min(wanted)[2] if wanted else "ja"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def response(
    request: Request, status: int, detail: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem as a response; the detail is a sentence for a person."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )
    return Response(
        problem.model_dump_json(),
        status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def bad_question(text: str, error: BadQuestion) -> Refused:
    """Return the refusal of a question that cannot be taken; the English words are *error*'s."""
    if (length := length_of(text)) > LONGEST:
        ja = f"質問が長すぎます({length:,}文字)。{LONGEST:,}文字以内で、知りたいことを一つだけ書いてください。"
    elif any(character.isalnum() for character in text):
        ja = "質問に文字ではないものが含まれています。質問をふつうの文章で入力してください。"
    else:
        ja = "質問が空です。知りたいことを入力してください。"
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, ja, str(error))


def language(request: Request) -> Literal["ja", "en"]:
    """Return the language in which this request is answered when something goes wrong."""
    return language_of(request.headers.get("accept-language"))


def say(request: Request, ja: str, en: str) -> str:
    """Return the sentence in the asker's language."""
    return ja if language(request) == "ja" else en


def install(app: FastAPI) -> None:
    """Turn every error that leaves a route into a problem."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IndexMissing, _no_index)
    app.add_exception_handler(FilterUnknown, _unknown_filter)
    app.add_exception_handler(AnswerUnknown, _unknown_answer)
    app.add_exception_handler(IndexingError, _unusable)
    app.add_exception_handler(BotError, _unusable)
    app.add_exception_handler(UnreadablePdf, _unreadable)


def _invalid(request: Request, error: Exception) -> Response:
    errors: Sequence[Mapping[str, Any]] = (
        error.errors() if isinstance(error, RequestValidationError) else ()
    )
    sentences = dict.fromkeys(_sentence(request, each) for each in errors)
    return response(request, HTTPStatus.UNPROCESSABLE_ENTITY, " ".join(sentences))


def _sentence(request: Request, error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    path = ".".join(str(part) for part in error["loc"][1:] if not isinstance(part, int))
    if kind in {"json_invalid", "model_attributes_type", "json_type"} or not path:
        return say(
            request,
            '本文をJSONとして読めませんでした。{"question": "…"} の形のJSON(UTF-8)を、'
            "Content-Type: application/json として送ってください。",
            'The body is not JSON that we can read. Send JSON in UTF-8 such as {"question": "…"}, '
            "with Content-Type: application/json.",
        )
    if kind == "extra_forbidden":
        return say(
            request,
            f"「{path}」という項目はありません。つづりを確かめるか、取り除いてください。",
            f'There is no field "{path}". Check its spelling or leave it out.',
        )
    if kind == "missing":
        return say(
            request,
            f"「{path}」がありません。追加して送り直してください。",
            f'The field "{path}" is missing. Add it and send the request again.',
        )
    limits = error.get("ctx") or {}
    known = {
        "greater_than_equal": ("{ge}以上", "at least {ge}"),
        "less_than_equal": ("{le}以下", "at most {le}"),
        "int_parsing": ("整数", "a whole number"),
        "int_type": ("整数", "a whole number"),
        "int_from_float": ("整数", "a whole number"),
        "string_type": ("文字列", "text"),
        "string_too_short": ("{min_length}文字以上", "at least {min_length} characters long"),
        "string_too_long": ("{max_length}文字以内", "at most {max_length} characters long"),
        "too_short": ("{min_length}件以上", "at least {min_length} items long"),
        "too_long": ("{max_length}件以内", "at most {max_length} items long"),
        "list_type": ("一覧", "a list"),
        "enum": ("{expected} のいずれか", "one of {expected}"),
        "literal_error": ("{expected} のいずれか", "one of {expected}"),
        "date_from_datetime_parsing": ("2026-04-01 の形の日付", "a date such as 2026-04-01"),
    }.get(kind)
    if known is None:
        return say(
            request,
            f"「{path}」の値を読めませんでした。形式を確かめてください。",
            f'The value of "{path}" cannot be read. Check its form.',
        )
    ja, en = (each.format_map(limits) for each in known)
    return say(request, f"「{path}」は{ja}にしてください。", f'The value of "{path}" must be {en}.')


def _http(request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        sentence = say(request, error.ja, error.en)
        return response(request, error.status_code, sentence, headers=error.headers)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    known = {
        400: (
            "要求を読めませんでした。本文はUTF-8のJSONで送ってください。",
            "The request cannot be read. Send the body as JSON in UTF-8.",
        ),
        404: (
            "そのアドレスには何もありません。使えるアドレスは /openapi.json にあります。",
            "There is nothing at this address. /openapi.json lists what there is.",
        ),
        405: (
            "この住所ではその方法(メソッド)は使えません。/openapi.json を確かめてください。",
            "This address does not take that method. See /openapi.json.",
        ),
    }.get(status)
    if known is not None and detail in {HTTPStatus(status).phrase, _UNREADABLE_BODY}:
        detail = say(request, *known)
    return response(request, status, detail or HTTPStatus(status).phrase, headers=headers)


_UNREADABLE_BODY = "There was an error parsing the body"


def _no_index(request: Request, error: Exception) -> Response:
    detail = say(
        request,
        "索引がまだありません。「tebiki refresh」を実行すると作成されます。",
        str(error),
    )
    return response(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "10"})


def _unknown_filter(request: Request, error: Exception) -> Response:
    assert isinstance(error, FilterUnknown)  # noqa: S101 - what it is installed for
    names = {"document": "文書", "kind": "種類", "edition": "版", "folder": "フォルダー"}
    field = names[error.field]
    known = "、".join(error.known) or "なし"
    ja = f"検索できる{field}に「{error.value}」はありません。あるのは次のとおりです: {known}。"
    return response(request, HTTPStatus.UNPROCESSABLE_ENTITY, say(request, ja, str(error)))


def _unusable(request: Request, error: Exception) -> Response:
    """Tell of an index, model or ledger that cannot be used now; the sentence says the remedy."""
    log.error("request %s: %s", request.state.request_id, error)
    detail = unusable(error, language(request))
    return response(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "10"})


def _unknown_answer(request: Request, error: Exception) -> Response:
    return response(
        request,
        HTTPStatus.NOT_FOUND,
        say(request, "その回答の記録はありません。", str(error) or "No such answer is recorded."),
    )


def _unreadable(request: Request, error: Exception) -> Response:
    log.warning("a page could not be drawn: %s", error)
    return response(
        request,
        HTTPStatus.NOT_FOUND,
        say(request, "このPDFは今、開けません。管理者にお知らせください。", str(error)),
    )


def unusable(error: Exception, language: str) -> str:
    """Return what the asker hears of an index, model or ledger that cannot be used now."""
    if language == "ja":
        return f"今はお答えできません。管理者にお知らせください。({error})"
    return str(error)


def unexpected(name: str) -> Refused:
    """Return what the asker hears of an error that nobody foresaw: the request id *name*."""
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"思わぬ誤りが起きました。管理者に要求番号 {name} をお知らせください。",
        f"Something unexpected went wrong. Tell your administrator the request id {name}.",
    )


def problem_json(status: int, detail: str, request_id: str) -> bytes:
    """Return a problem's bytes, for the layers that stand before the routes."""
    return json.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "request_id": request_id,
        },
        ensure_ascii=False,
    ).encode()
