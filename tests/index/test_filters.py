"""Filters through every door: what is bounded, and what is said of a bound that is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from api.app import create_app
from bot.answering.extractive import Extractive
from ingest.catalog.editions import Kind
from tests.fakes import edition
from tests.served import CORPUS, serving
from tests.shelves import TODAY, Desk

QUESTION = "窓口の手続は何日でできますか"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A manual in two editions, a case and an English guide, served."""
    desk = Desk(tmp_path_factory.mktemp("filters"))
    for label, since, days in (("1.0", 2021, 5), ("2.0", 2022, 3)):
        held = edition("manual", label=label, in_force_from=date(since, 4, 1))
        desk.put(held, f"# 窓口\n窓口の手続は{days}日でできる。")
    case = edition("cases", label="令和4年版", kind=Kind.CASE)
    desk.put(case, "# 北見市\n北海道北見市の窓口の手続は1日でできる。")
    guide = edition("guide", label="1", kind=Kind.GUIDELINE, language="en")
    desk.put(guide, "# Counter\nThe 窓口 takes 手続 within 日.")
    desk.refresh()
    shelf = desk.shelf()
    app = create_app(
        library=shelf,
        answerer=Extractive(shelf, today=lambda: TODAY),
        page_file=lambda held: CORPUS / (held.path or ""),
    )
    with serving(app, lifespan=True) as found:
        yield found


BOUNDS = [
    pytest.param({"cases@令和4年版"}, {"documents": ["cases"]}, id="one document"),
    pytest.param({"manual@2.0", "guide@1"}, {"documents": ["manual", "guide"]}, id="two documents"),
    pytest.param({"cases@令和4年版"}, {"kinds": ["case"]}, id="a kind"),
    pytest.param({"cases@令和4年版", "guide@1"}, {"kinds": ["case", "guideline"]}, id="two kinds"),
    pytest.param({"manual@1.0"}, {"editions": ["1.0"]}, id="an edition no longer in force"),
    pytest.param({"guide@1"}, {"language": "en"}, id="a language"),
    pytest.param({"cases@令和4年版"}, {"municipality": "北見市"}, id="a municipality"),
    pytest.param(
        {"manual@1.0"}, {"as_of": "2021-06-01", "documents": ["manual"]}, id="a day of the past"
    ),
]


def _editions(told: list[dict[str, Any]]) -> set[str]:
    return {f"{one['document']}@{one['edition']}" for one in told}


def call(address: str, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - the client's result
    """Call one MCP tool in a session of its own."""

    async def once() -> Any:  # noqa: ANN401 - likewise
        async with Client(f"{address}/mcp") as client:
            return await client.call_tool(tool, dict(arguments))

    return anyio.run(once)


@pytest.mark.parametrize("expected, bounds", BOUNDS)
def test_http_search(expected: set[str], bounds: dict[str, Any], address: str) -> None:
    """POST /v1/search finds all that the filters leave, and nothing else."""
    asked = {"question": QUESTION, "filters": bounds}

    told = httpx.post(f"{address}/v1/search", json=asked).json()

    assert expected == _editions(told["passages"])


@pytest.mark.parametrize("expected, bounds", BOUNDS)
def test_mcp_search(expected: set[str], bounds: dict[str, Any], address: str) -> None:
    """The tool takes the same bounds as arguments."""
    told = call(address, "search_manuals", question=QUESTION, **bounds).structured_content

    assert expected == _editions(told["passages"])


def _http(address: str, bounds: dict[str, Any]) -> dict[str, Any]:
    asked = {"question": QUESTION, "filters": bounds}
    told: dict[str, Any] = httpx.post(f"{address}/v1/answers", json=asked).json()
    return told


def _openai(address: str, bounds: dict[str, Any]) -> dict[str, Any]:
    asked = {"messages": [{"role": "user", "content": QUESTION}], "filters": bounds}
    told = httpx.post(f"{address}/v1/chat/completions", json=asked).json()["tebiki"]
    assert isinstance(told, dict)
    return told


def _mcp(address: str, bounds: dict[str, Any]) -> dict[str, Any]:
    told = call(address, "ask_manuals", question=QUESTION, **bounds).structured_content
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("door", [_http, _openai, _mcp])
@pytest.mark.parametrize(
    "expected, days, bounds",
    [
        ("manual@1.0", "5日", {"editions": ["1.0"]}),
        ("cases@令和4年版", "1日", {"kinds": ["case"]}),
        ("manual@2.0", "3日", {"documents": ["manual"]}),
    ],
)
def test_answers_cite_within_the_bounds(
    door: Callable[[str, dict[str, Any]], dict[str, Any]],
    expected: str,
    days: str,
    bounds: dict[str, Any],
    address: str,
) -> None:
    """Whichever door it is asked through."""
    answer = door(address, bounds)

    assert {expected} == _editions(answer["citations"])
    assert days in answer["text"]


UNKNOWN = [
    pytest.param("manual, cases, guide", {"documents": ["manaul"]}, id="document"),
    pytest.param("manual, case, guideline", {"kinds": ["law"]}, id="kind"),
    pytest.param("1.0, 2.0", {"editions": ["3.0"], "documents": ["manual"]}, id="edition"),
]


@pytest.mark.parametrize("known, bounds", UNKNOWN)
def test_http_says_what_there_is(known: str, bounds: dict[str, Any], address: str) -> None:
    """An unknown name is a 422 that lists the known ones, in either language, also as a stream."""
    wanted = next(iter(bounds.values()))[0]
    for path, heard in (
        ("/v1/search", {}),
        ("/v1/answers", {}),
        ("/v1/answers", {"Accept": "text/event-stream"}),
    ):
        asked = {"question": QUESTION, "filters": bounds}
        english = httpx.post(
            f"{address}{path}", json=asked, headers={"Accept-Language": "en", **heard}
        )
        japanese = httpx.post(f"{address}{path}", json=asked, headers=heard)

        assert (422, 422) == (english.status_code, japanese.status_code)
        assert f"There are: {known}." in english.json()["detail"]
        assert f"「{wanted}」" in japanese.json()["detail"]
        assert known.replace(", ", "、") in japanese.json()["detail"]


@pytest.mark.parametrize("known, bounds", UNKNOWN)
def test_mcp_says_what_there_is(known: str, bounds: dict[str, Any], address: str) -> None:
    """The agent reads the same sentence."""
    for tool in ("search_manuals", "ask_manuals"):
        result = call(address, tool, question=QUESTION, **bounds)

        assert result.is_error
        said = json.dumps([part.model_dump() for part in result.content], default=str)
        assert f"There are: {known}." in said
