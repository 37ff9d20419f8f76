"""The door for 源内, the Digital Agency's platform: its apps send inputs and show Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field

from api.access import Caller
from api.openai import told
from api.problems import Refused
from api.schemas.answers import WireAnswer
from api.schemas.passages import WireFilters
from api.schemas.wire import Wire
from bot.answers import Answerer, Question, Turn

_NAMES = ("question", "query", "prompt", "input", "text", "message", "質問")
"""Fields of a form that hold the question, by the names that forms give it."""


class InvokeRequest(BaseModel):
    """What a form sends: the question itself, or an object of the form's fields.

    The question is the field *question* (or query, prompt, input, text, message, 質問); where the
    form names it otherwise, its only text.
    """

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        json_schema_extra={
            "examples": [{"inputs": {"question": "CIO補佐官を特別職非常勤職員として任用するには"}}]
        },
    )
    inputs: Annotated[str, Field(max_length=20_000)] | dict[str, Any]

    def question(self) -> str:
        """Return the question.

        Raises:
            Refused: it cannot be told which of the fields holds it.
        """
        if isinstance(self.inputs, str):
            return self.inputs
        texts = {
            name: said
            for name, said in self.inputs.items()
            if isinstance(said, str) and said.strip()
        }
        for name in _NAMES:
            if name in texts:
                return texts[name]
        if len(texts) == 1:
            return next(iter(texts.values()))
        raise Refused(
            422,
            "inputsのどの項目が質問かわかりません。questionという名前の項目に入れてください。",
            "It cannot be told which of the inputs is the question; send it as question.",
        )


class InvokeResponse(Wire):
    """The answer with its sources, as Markdown."""

    outputs: str


def install(
    app: FastAPI,
    *,
    ask: Callable[[str, WireFilters, tuple[Turn, ...], Caller], Question],
    answerer: Answerer,
) -> None:
    """Add the door to *app*; *ask* makes a question of a text, filters and earlier turns."""

    @app.post(
        "/invoke",
        operation_id="invoke",
        summary="Answer an app of 源内",
        tags=["gennai"],
    )
    def invoke(request: Request, asked: InvokeRequest) -> InvokeResponse:
        """Answer the question among the inputs with Markdown: quotations, marks and sources.

        The key may come as `x-api-key`, as 源内 sends it.
        """
        question = ask(asked.question(), WireFilters(), (), request.state.caller)
        answer = WireAnswer.of(answerer.answer(question))
        return InvokeResponse(outputs=told(answer, str(request.base_url).rstrip("/")))
