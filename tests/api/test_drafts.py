"""A draft is held to the documents over HTTP, and without a model."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.served import app_of, small


def test_each_sentence_comes_back_as_promised() -> None:
    """The names of the reply are a contract."""
    with TestClient(app_of(small())) as client:
        told = client.post("/v1/check", json={"text": "年次有給休暇は20日とする。"}).json()

    (sentence,) = told["sentences"]
    assert {"text", "verdict", "differences", "citations"} == set(sentence)
    assert "年次有給休暇は20日とする。" == sentence["text"]
    assert sentence["verdict"] in {"supported", "contradicted", "partial", "unfounded"}
    assert {"sentences", "as_of", "generation"} == set(told)


def test_what_cannot_be_checked_is_refused() -> None:
    """An empty text, one that is too long, and a document that there is not."""
    with TestClient(app_of(small())) as client:
        empty = client.post("/v1/check", json={"text": ""})
        long = client.post("/v1/check", json={"text": "あ" * 20_001})
        strange = client.post(
            "/v1/check", json={"text": "休暇は20日。", "filters": {"documents": ["nowhere"]}}
        )

    assert [422, 422, 422] == [one.status_code for one in (empty, long, strange)]


def test_there_is_a_page_for_it() -> None:
    """Whoever has no program pastes the text."""
    with TestClient(app_of(small())) as client:
        page = client.get("/check")

    assert 200 == page.status_code
    assert "下書き照合" in page.text
