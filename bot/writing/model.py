"""The language model: a port of two verbs, and its adapters over llama-index's LLM classes.

llama-index is imported when a model is opened, never before: the default needs none of it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Protocol

from bot.errors import BotError, ModelFailed

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage, ChatResponse
    from llama_index.llms.anthropic import Anthropic

_WINDOW = 12_288
"""Tokens that the excerpts, the question and the reply need at the most."""

LONGEST_DEADLINE_S, LONGEST_WAIT_S = 80.0, 30.0
"""Seconds that a model may have for all it says to one question, and that one wait may last: one
wait more than the deadline is still shorter than what a caller has (`api.gate.ANSWER_TIMEOUT_S`),
so that quotations come in time. Longer settings are cut to these."""

_FREE = frozenset({"rejected", "busy", "failed", "unreachable"})
"""Kinds of failure for which, before a first word, a server counts no tokens."""

PROMPTS = Path(__file__).parent / "prompts"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a model; *role* is "system" or "user"."""

    role: str
    text: str


@lru_cache(maxsize=8)
def prompt(name: str) -> str:
    """Return the prompt file *name* (without its ending)."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def prompt_hash(name: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a prompt, as answers record it."""
    return hashlib.sha256(prompt(name).encode()).hexdigest()[:16]


def fence_of(*texts: str) -> str:
    """Return a mark that occurs in none of *texts* and that no document can foresee."""
    digest = hashlib.sha256("\0".join(texts).encode())
    while True:
        fence = f"<<<{digest.hexdigest()[:12]}>>>"
        if not any(fence in text for text in texts):
            return fence
        digest.update(b"again")


class LanguageModel(Protocol):
    """Writes text. Both verbs raise `ModelFailed` for whatever goes wrong."""

    @property
    def name(self) -> str:
        """What the recipe records."""
        ...

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the whole reply."""
        ...

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """Yield the reply piece by piece; a reply that is cut off raises at the cut.

        *schema* is what the reply should look like; a server that cannot be held to one replies
        as the prompt says.
        """
        ...


class Spending(Protocol):
    """The tokens of a day, for all processes that use the model."""

    def set_aside(self, tokens: int) -> Callable[[int], None]:
        """Take *tokens* from what is left of the day for one reply.

        What comes back is to be told how many it were in the end; until then they count as used.

        Raises:
            BudgetSpent: not so many are left.
            BotError: it cannot be known how many are left.
        """
        ...


@dataclass(frozen=True, slots=True)
class Configured:
    """How a model is reached. *kind* is openai-like, anthropic or ollama.

    *timeout_s* bounds each wait for the server, *deadline_s* a whole reply; *tokens* bounds
    its length, *tokens_a_day* what all prompts and replies of a day may use (0: no bound).
    *address* may be empty where the kind has a usual one.
    """

    kind: str
    name: str
    address: str = ""
    key: str = ""
    timeout_s: float = 30.0
    deadline_s: float = 80.0
    tokens: int = 900
    tokens_a_day: int = 0


def open_model(settings: Configured, spending: Spending | None = None) -> LanguageModel:
    """Return the configured model; nothing is sent before it is used.

    Without *spending* nothing is counted.
    """
    return ServedModel(settings, spending)


def tokens_of(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few.

    Half its bytes: 1.5 for a Japanese character, where cl100k needs 1.0 for those of our
    prompts, and 2 for four English letters, where it needs 0.9.
    """
    return (len(text.encode()) + 1) // 2


_FRAME = 8
"""Tokens with which a chat's template surrounds a message."""


@dataclass
class _Meter:
    """What one reply uses: what the server *reported*, else an estimate."""

    prompt: int
    said: str = ""
    reported: int = 0
    refused: bool = False

    @property
    def used(self) -> int:
        return self.reported or (0 if self.refused else self.prompt + tokens_of(self.said))


class ServedModel:
    """A model behind llama-index, with its own bounds on waiting and a name for each failure."""

    def __init__(
        self,
        settings: Configured,
        spending: Spending | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the settings; the client is made at the first use."""
        self._settings = settings
        self._spending = spending
        self._clock = clock
        self._llm: LLM | None = None
        self._knows_schemas = True

    @property
    def name(self) -> str:
        """The kind and the model's name."""
        return f"{self._settings.kind}/{self._settings.name}"

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the whole reply."""
        return "".join(self.stream(messages))

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """Yield the reply piece by piece; what it uses is counted, however it ends."""
        meter = _Meter(sum(tokens_of(one.text) + _FRAME for one in messages))
        settle = self._set_aside(meter.prompt + self._settings.tokens)
        try:
            yield from self._streamed(messages, meter, schema)
        except ModelFailed as failure:
            meter.refused = failure.kind in _FREE and not meter.said
            raise
        finally:
            try:
                settle(meter.used)
            except BotError:
                # What was set aside stays counted: rather too much than too little.
                log.warning("%s: what a reply used is not recorded", self.name, exc_info=True)

    def _set_aside(self, tokens: int) -> Callable[[int], None]:
        if self._spending is None:
            return lambda _used: None
        try:
            return self._spending.set_aside(tokens)
        except ModelFailed:
            raise
        except BotError as problem:
            reason = "what it uses cannot be recorded"
            raise ModelFailed(self.name, reason, "unrecorded") from problem

    def _streamed(
        self, messages: Sequence[Message], meter: _Meter, schema: Mapping[str, Any] | None
    ) -> Iterator[str]:
        until = self._clock() + self._settings.deadline_s
        late = ended = False
        try:
            for reply in self._awaited(self._replies(messages, schema), until):
                late = reply is None
                if reply is None:
                    break
                ended = ended or _ended(reply.raw)
                meter.reported = _reported(reply.raw) or meter.reported
                if reply.delta:
                    meter.said += reply.delta
                    yield reply.delta
        except Exception as problem:
            # Each vendor has its own tree of errors; whatever it is, the asker gets quotations.
            reason, kind = reason_of(problem, self._settings)
            raise ModelFailed(self.name, reason, kind) from problem
        if late:
            reason = f"no full reply within {self._settings.deadline_s:g} seconds"
            raise ModelFailed(self.name, reason, "slow")
        if not ended:
            raise ModelFailed(self.name, "the reply was cut off", "cut")

    def _awaited(
        self, replies: Iterator[ChatResponse], until: float
    ) -> Iterator[ChatResponse | None]:
        """Yield replies as they come, and None when the time is over, whatever the server does.

        A server that only says that it is still there ends no wait of the client's. So another
        thread waits, which goes on for as long as such a server does.
        """
        came: Queue[ChatResponse | Exception | None] = Queue()
        over = Event()

        def wait() -> None:
            try:
                for reply in replies:
                    came.put(reply)
                    if over.is_set():
                        return
            except Exception as problem:  # noqa: BLE001 - told by the thread that asked
                came.put(problem)
            else:
                came.put(None)

        Thread(target=copy_context().run, args=(wait,), daemon=True, name="model-reply").start()
        try:
            while (reply := came.get(timeout=max(0.0, until - self._clock()))) is not None:
                if isinstance(reply, Exception):
                    raise reply
                yield reply if self._clock() <= until else None
        except Empty:
            yield None
        finally:
            over.set()

    def _replies(
        self, messages: Sequence[Message], schema: Mapping[str, Any] | None
    ) -> Iterator[ChatResponse]:
        """Yield what the client gives; a server that refuses a schema is asked again without."""
        held = _held_to(schema, self._settings.kind) if self._knows_schemas else {}
        begun = False
        try:
            for reply in self._client().stream_chat(_chat(messages), **held):
                begun = True
                yield reply
        except Exception as problem:
            if begun or not held or getattr(problem, "status_code", None) not in _NOT_UNDERSTOOD:
                raise
            self._knows_schemas = False
            yield from self._client().stream_chat(_chat(messages))

    def _client(self) -> LLM:
        if self._llm is None:
            self._llm = _opened(self._settings, counted=self._spending is not None)
        return self._llm


def _opened(settings: Configured, *, counted: bool) -> LLM:
    common: dict[str, Any] = {"model": settings.name, "temperature": 0.0}
    if settings.kind == "anthropic":
        if settings.address:
            common["base_url"] = settings.address
        return _anthropic()(
            api_key=settings.key,
            timeout=settings.timeout_s,
            max_retries=0,
            max_tokens=settings.tokens,
            **common,
        )
    if settings.kind == "ollama":
        from llama_index.llms.ollama import Ollama

        local: LLM = Ollama(
            base_url=settings.address or "http://127.0.0.1:11434",
            # Otherwise it asks the server first, and a model's own window may take all memory.
            context_window=_WINDOW,
            request_timeout=settings.timeout_s,
            additional_kwargs={"num_predict": settings.tokens},
            **common,
        )
        return local
    from llama_index.llms.openai_like import OpenAILike

    remote: LLM = OpenAILike(
        api_base=settings.address,
        api_key=settings.key or "none",
        is_chat_model=True,
        is_function_calling_model=False,
        timeout=settings.timeout_s,
        max_retries=0,
        max_tokens=settings.tokens,
        # A server tells how many tokens a streamed reply used only when it is asked to.
        additional_kwargs={"stream_options": {"include_usage": True}} if counted else {},
        **common,
    )
    return remote


def _anthropic() -> type[Anthropic]:
    """Return llama-index's class for Anthropic, for any model's name.

    llama-index-llms-anthropic 0.12.3 refuses names that its own list does not hold: models
    newer than itself, and those of a gateway.
    """
    from llama_index.core.llms import LLMMetadata
    from llama_index.llms.anthropic import Anthropic

    class AnyModel(Anthropic):
        @property
        def metadata(self) -> LLMMetadata:
            """What llama-index wants to know of a model."""
            return LLMMetadata(
                context_window=_WINDOW,
                num_output=self.max_tokens,
                is_chat_model=True,
                is_function_calling_model=False,
                model_name=self.model,
            )

    return AnyModel


_NOT_UNDERSTOOD = frozenset({400, 404, 422, 501})
"""How servers answer a request with a part that they do not know."""


def _held_to(schema: Mapping[str, Any] | None, kind: str) -> dict[str, Any]:
    """Return what makes a server keep to a schema; nothing where it has no such thing."""
    if schema is None or kind == "anthropic":
        return {}
    if kind == "ollama":
        return {"format": dict(schema)}
    named = {"name": "answer", "strict": True, "schema": dict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _chat(messages: Sequence[Message]) -> list[ChatMessage]:
    from llama_index.core.llms import ChatMessage, MessageRole

    return [ChatMessage(role=MessageRole(one.role), content=one.text) for one in messages]


def _ended(raw: object) -> bool:
    """Whether a piece of a reply says that the reply ended, in any of the vendors' ways."""
    if isinstance(raw, Mapping):
        # Ollama's last line is "done"; Anthropic's last but one event has the reason to stop.
        return bool(raw.get("done") or getattr(raw.get("delta"), "stop_reason", None))
    choices = getattr(raw, "choices", None)
    if choices:
        return any(getattr(choice, "finish_reason", None) for choice in choices)
    return False


def _reported(raw: object) -> int:
    """Return how many tokens a piece of a reply says that prompt and reply used so far; 0: none."""
    usage = raw.get("usage") if isinstance(raw, Mapping) else getattr(raw, "usage", None)
    told = usage.get if isinstance(usage, Mapping) else partial(getattr, usage)
    names = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")
    return sum(told(name, 0) or 0 for name in names)


_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("the server refused the request", "rejected"),
    401: ("the server did not accept the key (TEBIKI_LLM_KEY)", "rejected"),
    403: ("the key may not use this model", "rejected"),
    404: ("the server does not know this model or address", "rejected"),
    429: ("the server is busy or the quota is used up", "busy"),
}
_SERVER_ERROR = 500


def reason_of(problem: BaseException, settings: Configured) -> tuple[str, str]:
    """Return in a clause why a vendor's client failed, and the kind of failure.

    Neither the vendor's own words nor the key are repeated.
    """
    status = getattr(problem, "status_code", None)
    if isinstance(status, int):
        if status >= _SERVER_ERROR:
            return f"the server failed ({status})", "failed"
        return _STATUS.get(status, (f"the server refused the request ({status})", "rejected"))
    names = {kind.__name__ for kind in type(problem).__mro__}
    if any("Timeout" in name for name in names):
        return f"no answer within {settings.timeout_s:g} seconds", "slow"
    if any("Connect" in name or "Protocol" in name or "Network" in name for name in names):
        return "the server could not be reached or hung up", "unreachable"
    return f"the reply could not be understood ({type(problem).__name__})", "unreadable"
