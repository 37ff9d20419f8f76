"""The OpenAI-compatible door, opened by OpenAI's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from api.access import Access
from api.answer_records import AnswersInMemory
from api.chores import chore
from api.keys import Keys, Scope
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


WEBUI = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: 年次有給休暇は何日ですか
ASSISTANT: 20日とする
</chat_history>"""
WEBUI_TAGS = """### Task:
Generate 1-3 broad tags categorizing the main themes of the chat history.
### Output:
JSON format: { "tags": ["tag1", "tag2"] }
### Chat History:
<chat_history>
USER: 休暇は？
</chat_history>"""
WEBUI_NEXT = """### Task:
Suggest 3-5 relevant follow-up questions that the user might naturally ask next.
### Output:
JSON format: { "follow_ups": ["Question 1?"] }
### Chat History:
<chat_history>
USER: 休暇は？
</chat_history>"""
MOOD = """Your task is to reflect the speaker's likely facial expression through a fitting emoji.

Message: ```年次有給休暇は何日ですか```"""
LIBRE = """Please generate a concise title of at most 5 words for this conversation.
||>User:
"年次有給休暇は何日ですか"
||>Response:
"20日とする" """


WEBUI_GOES_ON = """### Task:
You are an autocompletion system. Continue the text; a search query as one would search.
Respond in JSON: { "text": "" }
<chat_history>
USER: 休暇は？
</chat_history>
<text>年次</text>"""
WEBUI_PICTURE = """### Task:
Generate a detailed prompt for an image generation task.
JSON: { "prompt": "" }
<chat_history>
USER: 休暇は？
</chat_history>"""
WEBUI_TOOLS = """Your task is to choose the correct tool(s) from the list of available tools.
Return a JSON object: { "tool_calls": [] }"""


class Counting(AnswersInMemory):
    """A record that counts what it is given."""

    count = 0

    def keep(self, answer: Answer) -> None:
        """Count, and remember."""
        self.count += 1
        super().keep(answer)


@pytest.mark.parametrize(
    "wanted,reply",
    [
        (WEBUI, '{"title": "年次有給休暇は何日ですか"}'),
        (WEBUI_TAGS, '{"tags": []}'),
        (WEBUI_NEXT, '{"follow_ups": []}'),
        (LIBRE, "年次有給休暇は何日ですか"),
        (MOOD, ""),
        (WEBUI_GOES_ON, '{"text": ""}'),
        (WEBUI_PICTURE, '{"prompt": ""}'),
    ],
    ids=[
        "a title as JSON",
        "tags",
        "follow-ups",
        "a title as words",
        "a face",
        "how a message goes on",
        "words for a picture",
    ],
)
def test_what_a_program_asks_for_itself_is_no_question(wanted: str, reply: str) -> None:
    """It gets a short reply at once, whole or streamed, and nothing of it is recorded."""
    kept = Counting()
    with (
        serving(app_of(small(), record=kept)) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="x", max_retries=0) as client,
    ):
        whole = client.chat.completions.create(
            model="tebiki", messages=[{"role": "user", "content": wanted}]
        )
        chunks = client.chat.completions.create(
            model="tebiki", messages=[{"role": "user", "content": wanted}], stream=True
        )

        assert reply == whole.choices[0].message.content
        assert reply == "".join(each.choices[0].delta.content or "" for each in chunks)
        assert 0 == kept.count


def test_a_choice_of_tools_chooses_none() -> None:
    """It stands in what the program tells the model; the question itself comes by itself."""
    wanted = chore(WEBUI_TOOLS, ['Query: History:\nUSER: """休暇は？"""\nQuery: 休暇は？'])

    assert wanted is not None
    assert '{"tool_calls": []}' == wanted.done()


@pytest.mark.parametrize(
    "asked",
    [
        "会議録の題名はどう付けますか",
        "チャットの履歴のタグを作成する方法は？",
        "Write me the title of the leave manual",
    ],
)
def test_question_about_titles_is_a_question(asked: str) -> None:
    """Only a message that brings a conversation along is a program's own."""
    assert chore("", [asked]) is None


def test_usage_is_counted(client: openai.OpenAI) -> None:
    """Whole and, where it is wished, as the last chunk of a stream, without choices."""
    asked: Any = {"model": "tebiki", "messages": [{"role": "user", "content": "休暇は 20 days?"}]}
    whole = client.chat.completions.create(**asked)
    chunks = list(
        client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    )

    assert whole.usage is not None
    assert 6 == whole.usage.prompt_tokens
    assert whole.usage.total_tokens == 6 + whole.usage.completion_tokens
    assert [] == chunks[-1].choices
    assert whole.usage == chunks[-1].usage
    assert all(each.usage is None for each in chunks[:-1])


def test_unknown_model_and_forced_tool_are_refused_by_name(client: openai.OpenAI) -> None:
    """No other model answers in its stead, and no tool is passed over in silence."""
    messages: Any = [{"role": "user", "content": ASKED}]
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {}}}
    with pytest.raises(openai.NotFoundError, match="gpt-4o"):
        client.chat.completions.create(model="gpt-4o", messages=messages)
    with pytest.raises(openai.UnprocessableEntityError, match="tool_choice"):
        client.chat.completions.create(
            model="tebiki", messages=messages, tools=[tool], tool_choice="required"
        )
    with pytest.raises(openai.UnprocessableEntityError, match="response_format"):
        client.chat.completions.create(
            model="tebiki",
            messages=messages,
            response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
        )


def test_choices_and_parameters_are_honoured_or_named(client: openai.OpenAI) -> None:
    """Two choices are twice the same answer; JSON is JSON; what changes nothing is named."""
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {}}}
    done = client.chat.completions.create(
        model="tebiki",
        messages=[{"role": "user", "content": ASKED}],
        n=2,
        tools=[tool],
        temperature=0.2,
        response_format={"type": "json_object"},
        user="me",
    )

    first, second = (each.message.content or "" for each in done.choices)
    assert first == second
    assert "20日とする" in json.loads(first)["answer"]
    assert done.model_extra is not None
    assert ["temperature", "tools"] == done.model_extra["without_effect"]


def test_responses_protocol_answers_and_goes_on(client: openai.OpenAI, address: str) -> None:
    """Citations are annotations of their marks; an answer can be continued by its id."""
    done = client.responses.create(model="tebiki", input=ASKED)

    assert "20日とする" in done.output_text
    noted = done.model_dump()["output"][0]["content"][0]["annotations"][0]
    assert noted["url"].startswith(f"{address}/view?document=leave-digest&")
    assert "[1]" == done.output_text[noted["start_index"] : noted["end_index"]]
    assert done.usage is not None
    again = client.responses.create(
        model="tebiki", input="繰越しは？", previous_response_id=done.id
    )
    assert done.id == again.previous_response_id
    with pytest.raises(openai.NotFoundError, match="記録"):
        client.responses.create(model="tebiki", input=ASKED, previous_response_id="resp_gone")


def test_responses_stream_as_the_client_reads_them(client: openai.OpenAI) -> None:
    """The deltas make the text of the completed response; events are numbered."""
    with client.responses.stream(model="tebiki", input=ASKED) as events:
        seen = list(events)

    deltas = "".join(each.delta for each in seen if each.type == "response.output_text.delta")
    assert "response.completed" == seen[-1].type
    assert deltas == seen[-1].response.output_text
    assert list(range(len(seen))) == [each.sequence_number for each in seen]


@pytest.mark.parametrize(
    "inputs", [ASKED, {"question": ASKED}, {"ご質問": ASKED}, {"質問": ASKED, "所属": "総務課"}]
)
def test_an_app_of_gennai_gets_markdown(address: str, inputs: object) -> None:
    """{"inputs": …} comes in, {"outputs": Markdown with sources} goes out."""
    done = httpx.post(f"{address}/invoke", json={"inputs": inputs}, timeout=30)

    assert ["outputs"] == list(done.json())
    assert "20日とする" in done.json()["outputs"]
    assert "**出典**" in done.json()["outputs"]


def test_an_app_of_gennai_is_told_which_input_is_missing(address: str) -> None:
    """Of two fields without a known name none is guessed."""
    done = httpx.post(f"{address}/invoke", json={"inputs": {"甲": "a", "乙": "b"}}, timeout=30)

    assert 422 == done.status_code
    assert "question" in done.json()["detail"]


def test_an_app_of_gennai_brings_its_key_as_it_does(tmp_path: Path) -> None:
    """In the header x-api-key; without one nothing is answered."""
    keys = Keys(tmp_path / "keys.json")
    key = keys.create("gennai", Scope.ASK)[1]
    body = {"inputs": ASKED}
    with serving(app_of(small(), access=Access(required=True, keys=keys))) as base:
        assert 401 == httpx.post(f"{base}/invoke", json=body, timeout=30).status_code
        done = httpx.post(f"{base}/invoke", json=body, headers={"x-api-key": key}, timeout=30)
        assert 200 == done.status_code
