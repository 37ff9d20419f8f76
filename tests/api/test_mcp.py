"""The MCP door, opened by the official client."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from typer.testing import CliRunner

from api.access import Access
from api.keys import Keys, Scope
from bot.ledger.ledger import open_ledger
from tebiki.command_line import app
from tests.served import PAGES, app_of, serving, small

ROOT = Path(__file__).parents[2]
ASKED = "年次有給休暇は何日ですか"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return where the small library is served, with a lifespan that ends in order."""
    with serving(app_of(small()), lifespan=True) as found:
        yield found


def call(address: str, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - the client's result
    """Call one tool in a session of its own."""

    async def once() -> Any:  # noqa: ANN401 - likewise
        async with Client(f"{address}/mcp") as client:
            return await client.call_tool(tool, dict(arguments))

    return anyio.run(once)


def test_client_lists_tools_that_only_read(address: str) -> None:
    """There are four tools, described, and none of them changes anything."""

    async def listed() -> list[Any]:
        async with Client(f"{address}/mcp") as client:
            return list((await client.list_tools()).tools)

    tools = anyio.run(listed)

    assert ["ask_manuals", "check_text", "read_page", "search_manuals"] == sorted(
        tool.name for tool in tools
    )
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)


def test_asking_gives_the_cited_answer(address: str) -> None:
    """The structured result is the answer of POST /v1/answers."""
    answer = call(address, "ask_manuals", question=ASKED).structured_content

    assert "20日とする" in answer["text"]
    assert "leave-digest" == answer["citations"][0]["document"]


def test_found_passage_can_be_read_in_full(address: str) -> None:
    """What search gives is enough to read the page it stands on."""
    found = call(address, "search_manuals", question=ASKED, k=1).structured_content["passages"]
    page = call(
        address,
        "read_page",
        document=found[0]["document"],
        edition=found[0]["edition"],
        number=found[0]["pages"][0],
    ).structured_content

    assert 1 == len(found)
    assert found[0]["text"] in page["text"]


def test_mistake_is_told_to_the_agent(address: str) -> None:
    """A page that does not exist is an error result with the sentence, not a broken session."""
    result = call(address, "read_page", document="leave-digest", edition="2026年版", number=9)

    assert result.is_error
    assert "has 2 pages" in json.dumps([part.model_dump() for part in result.content], default=str)


def test_wrong_arguments_are_named_in_a_sentence(address: str) -> None:
    """Which is missing, which is too large; nothing of the package behind it shows."""
    missing = call(address, "search_manuals", k=2)
    large = call(address, "search_manuals", question=ASKED, k=99)

    assert missing.is_error
    assert 'search_manuals was not called: "question" is missing.' == missing.content[0].text
    assert large.content[0].text.startswith('search_manuals was not called: "k" should be less')
    assert "pydantic" not in large.content[0].text


def test_documents_and_pages_are_resources_and_prompts_are_there(address: str) -> None:
    """An agent can list and read without asking; the server tells its version."""

    async def once() -> tuple[Any, ...]:
        async with Client(f"{address}/mcp") as client:
            listed = await client.read_resource("tebiki://documents")
            page = await client.read_resource(
                "tebiki://documents/leave-digest/2026%E5%B9%B4%E7%89%88/pages/1"
            )
            prompts = await client.list_prompts()
            prompt = await client.get_prompt("answer_with_sources", {"question": ASKED})
            return client.server_info, listed, page, prompts, prompt

    server, listed, page, prompts, prompt = anyio.run(once)

    assert version("tebiki") == server.version
    documents = json.loads(listed.contents[0].text)["documents"]
    assert "leave-digest" in [each["document"] for each in documents]
    assert PAGES[0].removeprefix("# ") in page.contents[0].text
    assert ["answer_with_sources", "check_draft"] == sorted(each.name for each in prompts.prompts)
    assert ASKED in prompt.messages[0].content.text


def test_nothing_of_it_is_loaded_before_somebody_knocks() -> None:
    """Serving the page does not pay for the MCP package."""
    code = "import sys, api.app; sys.exit('mcp' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_command_answers_over_standard_input_and_output(tmp_path: Path) -> None:
    """`tebiki mcp` starts for an agent as its own process, and what it answers is recorded."""
    corpus, home = tmp_path / "corpus", tmp_path / "home"
    corpus.mkdir()
    shutil.copy(ROOT / "corpus" / "starter" / "kosei-digest.pdf", corpus / "kosei.pdf")
    where = ["--home", str(home), "--corpus", str(corpus)]
    assert 0 == CliRunner().invoke(app, [*where, "refresh"]).exit_code
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "tebiki", "mcp", *where], cwd=str(ROOT)
    )

    async def once() -> Any:  # noqa: ANN401 - the client's result
        async with Client(stdio_client(server)) as client:
            return await client.call_tool("ask_manuals", {"question": "全体手順書の構成"})

    answer = anyio.run(once).structured_content

    (entry,) = open_ledger(home).entries()
    assert (answer["id"], "mcp") == (entry.id, entry.origin)
    assert answer["citations"]


def test_key_for_searching_searches_and_reads_but_does_not_ask(tmp_path: Path) -> None:
    """Each tool asks for its own scope; what is refused is told to the agent."""
    keys = Keys(tmp_path / "keys.json")
    secrets = [keys.create(scope, scope)[1] for scope in (Scope.SEARCH, Scope.ASK)]
    app = app_of(small(), access=Access(required=True, keys=keys))

    def told(base: str, secret: str, tool: str, **arguments: object) -> bool:
        """Call a tool; return whether it was refused."""

        async def once() -> bool:
            headers = {"Authorization": f"Bearer {secret}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=30) as http,
                Client(streamable_http_client(f"{base}/mcp", http_client=http)) as client,
            ):
                return bool((await client.call_tool(tool, dict(arguments))).is_error)

        return anyio.run(once)

    with serving(app, lifespan=True) as base:
        page = {"document": "leave-digest", "edition": "2026年版", "number": 1}
        assert [[False, False, True], [False, False, False]] == [
            [
                told(base, secret, "search_manuals", question=ASKED),
                told(base, secret, "read_page", **page),
                told(base, secret, "ask_manuals", question=ASKED),
            ]
            for secret in secrets
        ]
