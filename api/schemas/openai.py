"""What programs that speak OpenAI's protocols send and get."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.problems import Refused
from api.schemas.answers import MAX_TURNS, WireAnswer
from api.schemas.passages import WireFilters
from api.schemas.wire import Wire
from bot.answers import Turn

MODEL = "tebiki"
"""The one model there is."""

MOST_CHOICES = 8
"""How many choices one may ask for; all of them are the same answer."""

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")

_KNOWN = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}
"""Parameters that say nothing about the answer: who asks, and how the program keeps books."""


def tokens(text: str) -> int:
    """Return the length of a text as we count it: Latin words and single other characters."""
    return len(_TOKEN.findall(text))


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    type: str = "text"
    text: str = ""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    role: str = "user"
    content: str | list[Part] | None = None

    def said(self) -> str:
        """Return the text, whether it came whole or in parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type.endswith("text"))
        return self.content or ""


class StreamOptions(BaseModel):
    """What else a stream is to say."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    include_usage: bool = False


class Conversed(BaseModel, ABC):
    """What both protocols send. What has no effect is named in the reply, never passed over."""

    model_config = ConfigDict(extra="allow", frozen=True)
    model: str = MODEL
    stream: bool = False
    filters: WireFilters = WireFilters()
    tools: list[Any] | None = None
    tool_choice: Any = None

    @abstractmethod
    def conversation(self) -> list[Message]:
        """Return the messages, oldest first."""

    def question(self) -> str:
        """Return the last thing the user said, or nothing."""
        spoken = [each.said() for each in self.conversation() if each.role == "user"]
        return spoken[-1] if spoken else ""

    def turns(self) -> tuple[Turn, ...]:
        """Return the exchanges before the question, oldest first, the last few only."""
        turns: list[Turn] = []
        for each in self.conversation():
            if each.role == "user":
                turns.append(Turn(each.said()))
            elif each.role == "assistant" and turns:
                turns[-1] = Turn(turns[-1].question, each.said())
        return tuple(turns[:-1][-MAX_TURNS:])

    def spoken(self, *roles: str) -> list[str]:
        """Return what these roles said, oldest first."""
        return [each.said() for each in self.conversation() if each.role in roles]

    def check(self) -> None:
        """Name what cannot be done.

        Raises:
            Refused: another model is asked for, or a tool must be called.
        """
        if self.model != MODEL:
            raise Refused(
                404,
                f"モデル「{self.model[:100]}」はありません。使えるモデルは「{MODEL}」だけです。",
                f'There is no model "{self.model[:100]}"; the only one is "{MODEL}".',
            )
        if self.tool_choice not in (None, "auto", "none"):  # a dictionary names a tool
            raise Refused(
                422,
                "ツールの呼び出しは指定できません（tool_choiceはautoかnoneだけです）。文書の引用だけで答えます。",
                "No tool can be made to be called (tool_choice may be auto or none): answers are "
                "quotations from the documents.",
            )

    def without_effect(self) -> list[str]:
        """Return the names of the parameters that change nothing, as they were sent."""
        sent = [*(self.model_extra or {}), *(["tools"] if self.tools else [])]
        return sorted(set(sent) - _KNOWN)


class ChatRequest(Conversed):
    """A conversation whose last message by the user is to be answered.

    *n* up to 8 gives the same answer so many times; *response_format* may be text or json_object.
    *tools* are never called.
    """

    model_config = ConfigDict(
        extra="allow",
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
    messages: Annotated[list[Message], Field(min_length=1, max_length=1_000)]
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] | None = None
    stream_options: StreamOptions | None = None
    response_format: dict[str, Any] | None = None

    def conversation(self) -> list[Message]:
        """Return the messages, oldest first."""
        return self.messages

    @property
    def as_json(self) -> bool:
        """Whether the text of the answer is to be a JSON object."""
        return (self.response_format or {}).get("type") == "json_object"

    def check(self) -> None:
        """Name what cannot be done.

        Raises:
            Refused: likewise, or the answer is to follow a schema.
        """
        super().check()
        if (self.response_format or {}).get("type", "text") not in {"text", "json_object"}:
            raise Refused(
                422,
                "response_formatはtextかjson_objectだけです。引用を別の形に作り変えることはしません。",
                "response_format may be text or json_object: quotations are not made to fit a schema.",
            )


class ChatMessage(Wire):
    """What was answered."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(Wire):
    """An answer."""

    index: int = 0
    message: ChatMessage
    finish_reason: Literal["stop"] = "stop"


class Usage(Wire):
    """How long the messages and the answer are: Latin words and single other characters."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, asked: Conversed, answered: str) -> Usage:
        """Count."""
        prompt = sum(tokens(each.said()) for each in asked.conversation())
        completion = tokens(answered)
        return cls(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion,
        )


class ChatResponse(Wire):
    """A completion, with the whole answer in the extension field *tebiki*.

    *tebiki* is null where a program asked for something of its own, a title say. *without_effect*
    names the parameters that changed nothing.
    """

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage
    without_effect: list[str]
    tebiki: WireAnswer | None


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


class ResponsesRequest(Conversed):
    """A question, or a conversation, for /v1/responses.

    *previous_response_id* continues after an answer that is on record.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={
            "examples": [{"model": MODEL, "input": "CIO補佐官を特別職非常勤職員として任用するには"}]
        },
    )
    input: str | Annotated[list[Message], Field(min_length=1, max_length=1_000)]
    instructions: str | None = None
    previous_response_id: Annotated[str, Field(max_length=100)] | None = None

    def conversation(self) -> list[Message]:
        """Return the messages, oldest first; what the program tells the model comes before."""
        said = [Message(content=self.input)] if isinstance(self.input, str) else self.input
        return (
            [Message(role="system", content=self.instructions), *said]
            if self.instructions
            else said
        )
