"""Language models over real HTTP on 127.0.0.1, and a name for each way they fail."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import BotError, ModelFailed
from bot.writing.model import (
    Configured,
    Message,
    ServedModel,
    Spending,
    open_model,
)
from tests.fakes import ModelServer, Reply

ASKED = (Message("system", "規則"), Message("user", "質問"))


class Purse:
    """Counts what is set aside and what it came to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.aside: list[int] = []
        self.used: list[int] = []

    def set_aside(self, tokens: int) -> Callable[[int], None]:
        """Note the tokens."""
        self.aside.append(tokens)
        return self.used.append


def served(
    server: ModelServer,
    *,
    timeout_s: float = 5.0,
    deadline_s: float = 90.0,
    spending: Spending | None = None,
) -> ServedModel:
    """Return a model at the server, with short waits."""
    return ServedModel(
        Configured(
            "openai-like",
            "tiny",
            server.address,
            "secret",
            timeout_s=timeout_s,
            deadline_s=deadline_s,
        ),
        spending,
    )


def test_reply_is_streamed_and_the_request_is_what_was_asked() -> None:
    """Messages, model and key arrive; the pieces joined are the reply; no tools are offered."""
    with ModelServer([Reply("専門家は任用することができる[1]。")]) as server:
        pieces = list(served(server).stream(ASKED))

    assert "専門家は任用することができる[1]。" == "".join(pieces)
    assert len(pieces) > 1
    (request,) = server.requests
    assert "tiny" == request["model"]
    assert request["stream"] is True
    assert ["規則", "質問"] == [one["content"] for one in request["messages"]]
    assert not request.get("tools")
    assert ["Bearer secret"] == server.keys


@pytest.mark.parametrize(
    "status, reason",
    [
        (401, "did not accept the key"),
        (403, "may not use this model"),
        (404, "does not know this model"),
        (429, "busy or the quota"),
        (500, r"failed \(500\)"),
        (503, r"failed \(503\)"),
    ],
)
def test_refusal_of_the_server_is_named_without_its_words(status: int, reason: str) -> None:
    """Each status becomes a clause for the asker; one request is made, not many."""
    with (
        ModelServer([Reply(status=status)]) as server,
        pytest.raises(ModelFailed, match=reason) as failed,
    ):
        served(server).complete(ASKED)

    assert 1 == len(server.requests)
    assert "scripted" not in str(failed.value).replace("openai-like", "")
    assert "secret" not in str(failed.value)


def test_server_that_says_nothing_is_given_up_in_time() -> None:
    """The wait for the next piece is bounded."""
    with (
        ModelServer([Reply("あ", wait_s=30)]) as server,
        pytest.raises(ModelFailed, match=r"no answer within 0\.3 seconds"),
    ):
        served(server, timeout_s=0.3).complete(ASKED)


def test_server_that_drips_is_given_up_at_the_deadline() -> None:
    """Pieces that keep coming slowly do not keep an asker waiting forever."""
    bound = pytest.raises(ModelFailed, match=r"no full reply within 0\.5 seconds")
    with ModelServer([Reply("あ" * 700, wait_s=0.1)]) as server, bound:
        served(server, deadline_s=0.5).complete(ASKED)


def test_server_that_only_says_that_it_is_there_is_given_up_at_the_deadline() -> None:
    """Comments while it reads the prompt end none of the client's waits."""
    bound = pytest.raises(ModelFailed, match=r"no full reply within 0\.5 seconds")
    with ModelServer([Reply(cut=True, wait_s=0.1, pings=20)]) as server, bound:
        served(server, deadline_s=0.5).complete(ASKED)


def test_reply_that_is_cut_off_is_a_failure() -> None:
    """A stream that ends without saying so was cut; what came is not taken for the whole."""
    refused = pytest.raises(ModelFailed, match="cut off")
    with ModelServer([Reply("専門家は任用する", cut=True)]) as server, refused:
        served(server).complete(ASKED)


@pytest.mark.parametrize("raw", [b"data: {broken\n\n", b"data: {}\n\ndata: [DONE]\n\n", b"<html>"])
def test_reply_that_is_no_chat_is_a_failure(raw: bytes) -> None:
    """Garbage on the line ends in the same error as everything else."""
    with ModelServer([Reply(raw=raw)]) as server, pytest.raises(ModelFailed):
        served(server).complete(ASKED)


def test_absent_server_is_a_failure() -> None:
    """Nobody listens on the address any more."""
    with ModelServer([Reply()]) as server:
        gone = server.address
    model = ServedModel(Configured("openai-like", "tiny", gone, timeout_s=2))

    with pytest.raises(ModelFailed, match="could not be reached"):
        model.complete(ASKED)


@pytest.mark.parametrize("kind", ["anthropic", "ollama"])
def test_other_kinds_fail_by_the_same_name(kind: str) -> None:
    """Whatever vendor's client is behind it, an absent server is a `ModelFailed`."""
    with ModelServer([Reply()]) as server:
        gone = server.address.removesuffix("/v1")
    model = open_model(Configured(kind, "tiny", gone, "k", timeout_s=2))

    with pytest.raises(ModelFailed):
        model.complete(ASKED)


def test_importing_the_port_loads_no_vendor() -> None:
    """llama-index costs seconds; a process without a model must not pay for it."""
    code = "import sys, bot.writing.model, bot.writing.generative; print('llama_index' in str(sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert "False" == said.stdout.strip()


def _events(*events: dict[str, Any]) -> bytes:
    """Return a stream of Anthropic's server-sent events."""
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


MESSAGE: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "m1", "type": "message", "role": "assistant", "model": "tiny", "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
}  # fmt: skip
BLOCK: dict[str, Any] = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "text", "text": ""},
}
DELTAS: list[dict[str, Any]] = [
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    for text in ("専門家は", "任用できる[1]。")
]
END: list[dict[str, Any]] = [
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 9},
    },
    {"type": "message_stop"},
]  # fmt: skip


def _lines(*pieces: str, done: bool, **counts: int) -> bytes:
    """Return a stream of Ollama's lines."""
    lines = [
        {"model": "tiny", "created_at": "2026-01-01T00:00:00Z", "done": False,
         "message": {"role": "assistant", "content": piece}}
        for piece in pieces
    ]  # fmt: skip
    if done:
        lines.append({**lines[0], **counts, "done": True, "done_reason": "stop",
                      "message": {"role": "assistant", "content": ""}})  # fmt: skip
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.mark.parametrize(
    "kind, whole, cut",
    [
        ("anthropic", _events(MESSAGE, BLOCK, *DELTAS, *END), _events(MESSAGE, BLOCK, *DELTAS)),
        (
            "ollama",
            _lines("専門家は", "任用できる[1]。", done=True),
            _lines("専門家は", "任用できる[1]。", done=False),
        ),
    ],
)
def test_the_other_kinds_stream_too(kind: str, whole: bytes, cut: bytes) -> None:
    """Their own protocols over real HTTP: a whole reply is the reply, a cut one a failure."""
    with ModelServer([Reply(raw=whole), Reply(raw=cut)]) as server:
        model = ServedModel(
            Configured(kind, "tiny", server.address.removesuffix("/v1"), "secret", timeout_s=5)
        )

        assert "専門家は任用できる[1]。" == "".join(model.stream(ASKED))
        with pytest.raises(ModelFailed, match="cut off"):
            model.complete(ASKED)

    assert "tiny" == server.requests[0]["model"]


def test_what_the_server_reports_is_what_a_reply_used() -> None:
    """The longest reply is set aside first; the server is asked to tell, and believed."""
    purse = Purse()
    with ModelServer([Reply("専門家は任用できる[1]。", usage=(70, 9))]) as server:
        served(server, spending=purse).complete(ASKED)

    # 規則 and 質問: six bytes, so three tokens, and eight around each; 900 for the reply
    assert [3 + 8 + 3 + 8 + 900] == purse.aside
    assert [79] == purse.used
    assert {"include_usage": True} == server.requests[0]["stream_options"]


def test_nothing_is_asked_or_counted_without_a_bound() -> None:
    """Some servers refuse what they do not know, so they are not asked in vain."""
    with ModelServer([Reply("はい")]) as server:
        served(server).complete(ASKED)

    assert "stream_options" not in server.requests[0]


@pytest.mark.parametrize(
    "reply, used",
    [
        (Reply("はい。"), 22 + 5),
        (Reply("はい。", cut=True), 22 + 5),
        (Reply("はい。", wait_s=30), 22),
        (Reply(status=401), 0),
        (Reply(status=429), 0),
        (Reply(status=500), 0),
    ],
    ids=["silent", "cut", "slow", "401", "429", "500"],
)
def test_use_that_nobody_reports_is_estimated(reply: Reply, used: int) -> None:
    """The prompt and what came, also when it was cut off or too slow; a refusal costs nothing."""
    purse = Purse()
    with ModelServer([reply]) as server, suppress(ModelFailed):
        served(server, timeout_s=0.3, spending=purse).complete(ASKED)

    assert [used] == purse.used


def test_reply_that_nobody_reads_to_its_end_is_counted() -> None:
    """An asker who goes away has used the prompt and what had come."""
    purse = Purse()
    with ModelServer([Reply("あ" * 70)]) as server:
        pieces = served(server, spending=purse).stream(ASKED)
        first = next(pieces)
        pieces.close()  # type: ignore[attr-defined]

    assert "あ" * 7 == first
    assert [22 + 11] == purse.used


def test_model_is_not_asked_while_its_use_cannot_be_recorded() -> None:
    """A bound that cannot be kept is not passed over."""

    class Broken:
        def set_aside(self, tokens: int) -> Callable[[int], None]:
            raise BotError

    with ModelServer([Reply("はい")]) as server, pytest.raises(ModelFailed) as failed:
        served(server, spending=Broken()).complete(ASKED)

    assert "unrecorded" == failed.value.kind
    assert [] == server.requests


def test_reply_stands_when_its_use_cannot_be_put_right() -> None:
    """What was set aside stays counted, and the asker has the reply."""

    def fail(_used: int) -> None:
        raise BotError

    class Stuck:
        def set_aside(self, tokens: int) -> Callable[[int], None]:
            return fail

    with ModelServer([Reply("はい")]) as server:
        assert "はい" == served(server, spending=Stuck()).complete(ASKED)


@pytest.mark.parametrize(
    "kind, raw, used",
    [
        ("anthropic", _events(MESSAGE, BLOCK, *DELTAS, *END), 1 + 9),
        ("ollama", _lines("はい", done=True, prompt_eval_count=40, eval_count=2), 42),
    ],
)
def test_the_other_kinds_report_their_use_too(kind: str, raw: bytes, used: int) -> None:
    """Each in its own words."""
    purse = Purse()
    with ModelServer([Reply(raw=raw)]) as server:
        address = server.address.removesuffix("/v1")
        ServedModel(Configured(kind, "tiny", address, "secret"), purse).complete(ASKED)

    assert [used] == purse.used
