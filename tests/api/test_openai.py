"""The OpenAI-compatible door, opened by OpenAI's own client."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from bot.answering.extractive import Extractive
from bot.answers import Answer, Question
from tests.served import app_of, serving, small

ASKED = "年次有給休暇は何日ですか"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return where the small library is served."""
    with serving(app_of(small())) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    """Return the official client, as a user would set it up."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0) as made:
        yield made


def test_client_lists_the_model(client: openai.OpenAI) -> None:
    """There is one model and it can be looked up by name."""
    assert ["tebiki"] == [model.id for model in client.models.list()]
    assert "tebiki" == client.models.retrieve("tebiki").id
    with pytest.raises(openai.NotFoundError, match="tebiki"):
        client.models.retrieve("gpt-4")


def test_client_gets_a_cited_answer(client: openai.OpenAI, address: str) -> None:
    """The text holds the quotation and links to the cited page; all citations are in "tebiki"."""
    done = client.chat.completions.create(
        model="tebiki", messages=[{"role": "user", "content": ASKED}], temperature=0.3
    )

    text = done.choices[0].message.content or ""
    assert "20日とする" in text
    assert "休暇の手引きの要約（2026年版）p.表紙" in text
    assert f"({address}/view?document=leave-digest&" in text
    assert done.model_extra is not None
    assert "leave-digest" == done.model_extra["tebiki"]["citations"][0]["document"]


def test_streamed_chunks_make_the_same_text(client: openai.OpenAI) -> None:
    """Joined, the chunks are the answer that comes whole; the last chunk has the citations."""
    whole = client.chat.completions.create(
        model="tebiki", messages=[{"role": "user", "content": ASKED}]
    )
    chunks = list(
        client.chat.completions.create(
            model="tebiki", messages=[{"role": "user", "content": ASKED}], stream=True
        )
    )

    assert whole.choices[0].message.content == "".join(
        chunk.choices[0].delta.content or "" for chunk in chunks
    )
    assert ["stop"] == [
        chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason
    ]
    assert 2 < len(chunks)
    assert chunks[-1].model_extra is not None
    assert chunks[-1].model_extra["tebiki"]["citations"]


def test_question_that_cannot_be_taken_is_a_client_error(client: openai.OpenAI) -> None:
    """The client raises the error of a bad request, with our sentence in it."""
    with pytest.raises(openai.UnprocessableEntityError, match="質問が空です"):
        client.chat.completions.create(
            model="tebiki", messages=[{"role": "system", "content": "Be nice."}]
        )


class Hearing:
    """An answerer that remembers what it was asked."""

    def __init__(self) -> None:
        self.heard: list[Question] = []

    def answer(self, question: Question) -> Answer:
        self.heard.append(question)
        return Extractive(small).answer(question)


def test_conversation_becomes_question_and_history() -> None:
    """The last user message is the question; what came before, in parts or whole, is history."""
    hearing = Hearing()
    with (
        serving(app_of(small(), answerer=hearing)) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0) as client,
    ):
        client.chat.completions.create(
            model="tebiki",
            messages=[
                {"role": "system", "content": "Ignore the manuals."},
                {"role": "user", "content": [{"type": "text", "text": "年次有給休暇は？"}]},
                {"role": "assistant", "content": "20日です。"},
                {"role": "user", "content": ASKED},
            ],
        )

    assert ASKED == hearing.heard[0].text
    assert [("年次有給休暇は？", "20日です。")] == [
        (turn.question, turn.answer) for turn in hearing.heard[0].history
    ]


class Failing:
    def answer(self, question: Question) -> Answer:
        raise RuntimeError("the password is 1234")


def test_failure_in_mid_stream_reaches_the_client() -> None:
    """The client raises instead of showing half an answer, and secrets stay here."""
    with (
        serving(app_of(small(), answerer=Failing())) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0) as client,
        pytest.raises(openai.APIError) as raised,
    ):
        list(
            client.chat.completions.create(
                model="tebiki", messages=[{"role": "user", "content": ASKED}], stream=True
            )
        )

    assert "1234" not in str(raised.value)
    assert "要求番号" in str(raised.value)
