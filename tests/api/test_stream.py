"""Answers as server-sent events."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from bot.answering.extractive import Extractive
from bot.answers import Answer, Answerer, Question
from bot.errors import ModelFailed
from tests.served import CORPUS, app_of, small

ASKED = {"question": "年次有給休暇は何日ですか"}
STREAM = {"Accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    """Read events as a browser does: blocks of lines between empty lines."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


class Plain:
    """An answerer that can only answer at once."""

    def answer(self, question: Question) -> Answer:
        return Extractive(small).answer(question)


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def answer(self, question: Question) -> Answer:
        raise self.error


def told(answerer: Answerer) -> list[tuple[str, Any]]:
    """Return the events of one question."""
    app = create_app(library=small, answerer=answerer, page_file=lambda _: CORPUS)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        response = client.post("/v1/answers", json=ASKED, headers=STREAM)
    assert 200 == response.status_code
    assert response.headers["content-type"].startswith("text/event-stream")
    return events(response.text)


def test_stream_tells_the_answer_that_json_gives() -> None:
    """The deltas make the text, each citation comes before its marker, and done has it all."""
    with TestClient(app_of(small()), base_url="http://127.0.0.1") as client:
        whole = client.post("/v1/answers", json=ASKED).json()
        heard = events(client.post("/v1/answers", json=ASKED, headers=STREAM).text)

    assert "status" == heard[0][0]
    assert "done" == heard[-1][0]
    done = heard[-1][1]
    assert whole["text"] == done["text"] == "".join(d["text"] for n, d in heard if n == "delta")
    assert whole["citations"] == done["citations"]
    assert whole["citations"] == [data for name, data in heard if name == "citation"]
    known: set[int] = set()
    for name, data in heard:
        if name == "citation":
            known.add(data["marker"])
        if name == "delta":
            for marker in range(1, 20):
                assert f"[{marker}]" not in data["text"] or marker in known


def test_answerer_that_cannot_stream_is_streamed_all_the_same() -> None:
    """The events do not depend on whether the answerer tells as it goes."""
    assert [name for name, _ in told(Extractive(small))] == [name for name, _ in told(Plain())]


def test_streamed_answer_is_found_again() -> None:
    """What was streamed is remembered under its id, as the JSON answer is."""
    with TestClient(app_of(small()), base_url="http://127.0.0.1") as client:
        done = events(client.post("/v1/answers", json=ASKED, headers=STREAM).text)[-1][1]

        assert done == client.get(f"/v1/answers/{done['id']}").json()


def test_failure_ends_the_stream_with_a_problem() -> None:
    """After the status line has gone out, an error can only be told as an event."""
    heard = told(Failing(ModelFailed("tiny", "it talks nonsense")))

    assert ["status", "error"] == [name for name, _ in heard]
    assert heard[-1][1]["detail"].startswith("今はお答えできません。")
    assert "tiny: it talks nonsense." in heard[-1][1]["detail"]


def test_failure_speaks_the_asker_s_language() -> None:
    """English is for those who prefer it, as in every other problem."""
    answerer = Failing(ModelFailed("tiny", "it talks nonsense"))
    app = create_app(library=small, answerer=answerer, page_file=lambda _: CORPUS)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        told = client.post("/v1/answers", json=ASKED, headers={**STREAM, "Accept-Language": "en"})

    assert "tiny: it talks nonsense." == events(told.text)[-1][1]["detail"]


def test_unexpected_failure_keeps_its_secrets() -> None:
    """What nobody foresaw is named by its request id only."""
    heard = told(Failing(RuntimeError("the password is 1234")))

    assert "error" == heard[-1][0]
    assert "1234" not in heard[-1][1]["detail"]
    assert heard[-1][1]["request_id"] in heard[-1][1]["detail"]
