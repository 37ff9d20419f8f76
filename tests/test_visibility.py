"""What one may not read is neither found nor counted nor named, whichever door one tries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from api.access import Access
from api.app import create_app
from api.keys import Keys, Scope
from api.metrics import Metrics
from api.schemas.answers import WireAnswer
from api.signed_links import SignedLinks
from bot.answering.editions import AcrossEditions
from bot.answering.extractive import Extractive
from bot.ledger.approved import Approved, ApprovedAnswers, Approving, Quotation
from bot.ledger.ledger import open_ledger
from bot.ledger.record import Recorded, SentRecord
from bot.telling.evidence_sheet import markdown
from index.generations.manifests import pdf_of
from index.passages import Filters
from ingest.catalog.editions import Edition, Kind
from tests.databases import database_on
from tests.fakes import edition
from tests.shelves import TODAY, Desk

WORD, NONSENSE = "ゾルタクス", "ベルフモラ"
MARKS = (WORD, "98765", "haizoku", "人事内", "人事課")
"""What stands in the hidden document, its name, its folder and its groups only."""

QUESTION = "調整手当は月額いくらですか"
"""What the hidden document answers and no other does."""


def approved(question: str, document: str, quote: str, doubt: str = "") -> Approved:
    """Return what a department says to a question, resting on the second edition of a document."""
    words, held = f"{question}：{quote}", (Quotation(document, "2", quote),)
    return Approved("", question, words, held, "総務部", date(2025, 5, 1), doubt=doubt)


APPROVED = (
    approved("通勤手当は何で決まりますか", "manual", "通勤手当は、通勤距離に応じて支給する。"),
    approved("調整手当の月額を教えて", "haizoku", "調整手当は、月額98765円とする。"),
    approved("派遣の行き先はどこですか", "haizoku", f"{WORD}は長野県南牧村に派遣する。", "改正"),
)
"""One that all may see, one that rests on the hidden document, and one that has to be checked."""

SECRET, OTHER = "/v1/documents/haizoku/editions/2", "/v1/documents/nonesuch/editions/2"
CITY = "https://www.city.example.lg.jp"


def bound(label: str, since: int) -> Edition:
    """Return an edition that only 人事課 may see."""
    held = edition("haizoku", label=label, title=f"{WORD}規程", in_force_from=date(since, 4, 1))
    return replace(held, groups=("人事課",), path=f"人事内/haizoku-{label}.pdf")


def filled(folder: Path, *, whole: bool = True) -> Desk:
    """Index a manual and a collection of cases, and unless told otherwise the hidden document."""
    desk = Desk(folder)
    (desk.corpus / "人事内").mkdir()
    for label, since, days in (("1", 2024, 5), ("2", 2025, 3)):
        manual = edition(
            "manual", label=label, title="窓口の手引き", in_force_from=date(since, 4, 1)
        )
        desk.put(
            manual,
            f"# 窓口の受付時間\n窓口の手続は{days}日でできる。\n# 通勤手当の支給\n"
            "通勤手当は、通勤距離に応じて支給する。\n# 住居手当の届出\n住居手当は届出の月から支給する。",
        )
    cases = edition("cases", title="先進事例の紹介", kind=Kind.CASE)
    desk.put(cases, "# 北見市の取組\n北海道北見市は、窓口の手続を一か所にまとめた。")
    if whole:
        for label, since, yen in (("1", 2024, 43210), ("2", 2025, 98765)):
            text = f"調整手当は、月額{yen}円とする。\n{WORD}は{WORD}手当の支給を受ける。"
            desk.put(
                bound(label, since),
                f"# {WORD}調整手当の支給\n{text}\n# 長野県南牧村の派遣\n{WORD}は長野県南牧村に派遣する。",
            )
    desk.refresh()
    return desk


@dataclass
class World:
    """An application, and what its callers send."""

    client: TestClient
    callers: dict[str, dict[str, str]]
    desk: Desk
    routes: list[tuple[str, str]]
    secret: Edition

    def call(self, who: str, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401 - httpx
        """Send a request as somebody; *{answer}* in its path is one that was given to them."""
        if "{answer}" in path:
            asked = {"json": {"question": QUESTION}}
            path = path.format(answer=self.call(who, "POST", "/v1/answers", **asked).json()["id"])
        headers = {**self.callers[who], **sent.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **sent)


def world(folder: Path, *, whole: bool = True, url: str = "") -> Iterator[World]:
    """Serve a corpus to callers with groups and without; *url* names the record's database."""
    desk = filled(folder, whole=whole)
    shelf = desk.shelf()
    keys = Keys(desk.home / "keys.json")
    callers = {
        name: {"Authorization": f"Bearer {keys.create(name, scope, groups=groups)[1]}"}
        for name, scope, groups in (
            ("outsider", Scope.ASK, ()),
            ("neighbour", Scope.ASK, ("総務課",)),
            ("insider", Scope.ASK, ("総務課", "人事課")),
            ("admin", Scope.ADMIN, ()),
        )
    }
    callers["widget"] = {"Origin": CITY}
    ledger = open_ledger(desk.home, url=url, plain_ids=True)
    kept = ApprovedAnswers(lambda: ledger.database)
    for one in APPROVED:
        if whole or one.quotations[0].document == "manual":
            kept.put(one)
    answerer = Approving(
        AcrossEditions(Extractive(shelf, today=lambda: TODAY), shelf, today=lambda: TODAY),
        kept,
        shelf,
        today=lambda: TODAY,
    )
    app = create_app(
        library=shelf,
        answerer=Recorded(answerer, ledger, origin="web"),
        page_file=lambda held: pdf_of(desk.home, held),
        record=SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of),
        sheet=lambda name, _: markdown(ledger.answer(name), ()).encode(),
        access=Access(keys=keys, origins=(CITY,), links=SignedLinks(ledger.name)),
        measured=Metrics(),
    )
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute | Route):
            found += [(method, route.path) for method in (route.methods or {"POST"}) - {"HEAD"}]
        elif isinstance(route, Mount):
            found.append(("GET", route.path))
    secret = next((e for e in shelf().editions if e.key == "haizoku@2"), bound("2", 2025))
    with TestClient(app) as client:
        yield World(client, callers, desk, found, secret)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A corpus with a document that only some may see."""
    yield from world(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same corpus without it."""
    yield from world(tmp_path_factory.mktemp("bare"), whole=False)


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))],
)
def recorded(
    request: pytest.FixtureRequest, town: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The corpus with the document, whose answers are recorded in either database."""
    if request.param == "sqlite":
        yield town
        return
    with database_on(request.getfixturevalue("postgresql_server")) as url:
        yield from world(tmp_path_factory.mktemp("postgresql"), url=url)


def rpc(method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what calls /mcp."""
    accept = {"Accept": "application/json, text/event-stream"}
    said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return {"headers": accept, "json": said}


def tool(name: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what calls a tool."""
    return rpc("tools/call", name=name, arguments=arguments)


MESSAGES = [{"role": "user", "content": QUESTION}]
PAGE = "/v1/documents/{document}/editions/{label:path}"
TRIED: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("POST", "/v1/search"): [("/v1/search", {"json": {"question": QUESTION, "k": 50}})],
    ("POST", "/v1/check"): [("/v1/check", {"json": {"text": "調整手当は月額5万円とする。"}})],
    ("POST", "/v1/answers"): [
        ("/v1/answers", {"json": {"question": asked}})
        for asked in (
            QUESTION, "手当は何が変わりましたか", "長野県南牧村の取組は？", "第2版の手当は？", "手当",
            *(one.question for one in APPROVED),
        )
    ]
    + [("/v1/answers", {"json": {"question": QUESTION}, "headers": {"Accept": "text/event-stream"}})],
    ("GET", "/v1/answers/{name}/evidence"): [("/v1/answers/{answer}/evidence", {})],
    ("POST", "/v1/chat/completions"): [("/v1/chat/completions", {"json": {"messages": MESSAGES}})],
    ("POST", "/v1/responses"): [("/v1/responses", {"json": {"input": QUESTION}})],
    ("POST", "/invoke"): [("/invoke", {"json": {"inputs": {"question": QUESTION}}})],
    ("GET", "/v1/documents"): [("/v1/documents", {})],
    ("GET", "/v1/documents/{document}/diff"): [("/v1/documents/manual/diff", {})],
    ("GET", PAGE + "/pages/{number}"): [("/v1/documents/manual/editions/2/pages/1", {})],
    ("GET", PAGE + "/pages/{number}/image"): [("/v1/documents/manual/editions/9/pages/1/image", {})],
    ("GET", PAGE + "/file"): [("/v1/documents/manual/editions/2/file", {})],
    ("GET", "/v1/suggestions"): [("/v1/suggestions", {})],
    ("POST", "/mcp"): [
        ("/mcp", tool("search_manuals", question=QUESTION, k=50)),
        ("/mcp", tool("ask_manuals", question=QUESTION)),
        ("/mcp", tool("check_text", text="調整手当は月額5万円とする。")),
        ("/mcp", tool("read_page", document="manual", edition="2", number=1)),
        ("/mcp", rpc("resources/read", uri="tebiki://documents")),
        ("/mcp", rpc("resources/list")),
    ],
    ("GET", "/metrics"): [("/metrics", {})],
    ("GET", "/v1/models"): [("/v1/models", {})],
    ("GET", "/v1/models/{name}"): [("/v1/models/tebiki", {})],
    ("GET", "/readyz"): [("/readyz", {})],
    ("GET", "/healthz"): [("/healthz", {})],
    ("GET", "/v1/session"): [("/v1/session", {})],
    ("GET", "/openapi.json"): [("/openapi.json", {})],
}  # fmt: skip
"""What is asked of each route by somebody who looks for what is hidden."""

ELSEWHERE = {
    ("GET", "/v1/answers/{name}"),  # test_answer_is_opened_again_…
    ("POST", "/v1/feedback"),  # which tells nothing
    ("POST", "/v1/session"),
    ("DELETE", "/v1/session"),
    *(("GET", page) for page in ("/", "/documents", "/check", "/view", "/widget.js", "/web")),
}
"""Routes that have a test of their own, or that show nothing of any document."""

CASES = [
    pytest.param(method, path, sent, id=f"{method} {path} {number}")
    for (method, _), requests in TRIED.items()
    for number, (path, sent) in enumerate(requests)
]

_VOLATILE = (
    r'"(?:id|generation|took_ms|created|created_at|score|sha256|item_id|resp_id)":\s*(?:"[^"]*"|[\d.e+-]+)'
    r'|"legs":\s*\{[^}]*\}|chatcmpl-\w+|(?:resp|msg)_\w+|[?&]sha256=\w+|g-[\w-]+|# TYPE[^\n]*|_created [^\n]*'
    r"|[?&]pass=[\w-]+|[0-9a-f]{16,}"
)


BY_NEARNESS = ('"k": 50', "何が変わり", '"手当"')
"""Requests whose last places go to what is only near in meaning: of that vectors tell which are
fitted to everything, so that those places may be others. No word of what is hidden is in them."""


def stable(text: str) -> str:
    """Return a reply without what differs from one time to the next, or by how much is indexed."""
    text = text.replace('\\"', '"')
    return re.sub(_VOLATILE, "", text)


def test_no_route_is_forgotten(town: World) -> None:
    """A new route has to say here how it is tried; those of administrators see everything."""
    known = {*TRIED, *ELSEWHERE}

    assert [] == [
        each for each in town.routes if each not in known and not each[1].startswith("/v1/admin")
    ]


@pytest.mark.parametrize("who", ["outsider", "neighbour", "admin", "widget"])
@pytest.mark.parametrize("method,path,sent", CASES)
def test_reply_is_that_of_a_corpus_without_the_hidden_document(
    town: World, bare: World, who: str, method: str, path: str, sent: dict[str, Any]
) -> None:
    """Not a word of it, and not a trace either: no other count, order, suggestion or verdict."""
    found, expected = (each.call(who, method, path, **dict(sent)) for each in (town, bare))

    assert expected.status_code == found.status_code
    told = f"{found.headers} {found.text} {json.dumps(found.text, ensure_ascii=False)}"
    assert [] == [mark for mark in MARKS if mark in told]
    if not any(each in json.dumps(sent, ensure_ascii=False) for each in BY_NEARNESS):
        assert stable(expected.text) == stable(found.text)


SEEN = (
    "/v1/search", "/v1/answers", "/v1/chat/completions", "/v1/responses", "/invoke",
    "/v1/documents", "/v1/suggestions", "/v1/check",
)  # fmt: skip


@pytest.mark.parametrize("path", SEEN)
def test_who_is_in_the_group_sees_it(town: World, path: str) -> None:
    """At the same doors, with the same requests."""
    sent = next(dict(s) for requests in TRIED.values() for p, s in requests if p == path)
    found = town.call("insider", "GET" if not sent else "POST", path, **sent)

    assert any(mark in found.text for mark in ("98765", WORD))


def test_approved_answer_is_given_to_those_who_may_see_what_it_rests_on(recorded: World) -> None:
    """And that one has to be checked is told to them only."""
    given = {
        (one.question, who): recorded.call(
            who, "POST", "/v1/answers", json={"question": one.question}
        )
        for one in APPROVED
        for who in ("insider", "outsider")
    }

    assert [
        ("approved", "approved"), ("approved", "extractive"), ("extractive", "extractive"),
    ] == [
        tuple(given[one.question, who].json()["mode"] for who in ("insider", "outsider"))
        for one in APPROVED
    ]  # fmt: skip
    doubted = APPROVED[-1].question
    assert "総務部" in str(given[doubted, "insider"].json()["notices"])
    assert "総務部" not in given[doubted, "outsider"].text


@pytest.mark.parametrize(
    "sent",
    [
        tool("search_manuals", question=QUESTION),
        tool("read_page", document="haizoku", edition="2", number=1),
        rpc("resources/read", uri="tebiki://documents"),
        rpc("resources/read", uri="tebiki://documents/haizoku/2/pages/1"),
    ],
    ids=["search", "page", "documents", "page as a resource"],
)
def test_agents_see_what_their_key_sees(town: World, sent: dict[str, Any]) -> None:
    """Through the tools and the resources alike."""
    seen, unseen = (
        town.call(who, "POST", "/mcp", **dict(sent)).text for who in ("insider", "outsider")
    )

    assert WORD in seen
    assert WORD not in unseen


@pytest.mark.parametrize(
    "path",
    ["/pages/1", "/pages/1/image", "/file", "/pages/1?start=0&end=5"],
)
@pytest.mark.parametrize("who", ["outsider", "admin", "widget"])
def test_hidden_page_is_like_one_that_is_not_there(town: World, who: str, path: str) -> None:
    """The same words, the same status."""
    hidden, absent = (town.call(who, "GET", base + path) for base in (SECRET, OTHER))

    assert 404 == hidden.status_code
    assert stable(absent.text).replace("nonesuch", "haizoku") == stable(hidden.text)
    assert 200 == town.call("insider", "GET", SECRET + "/pages/1").status_code


@pytest.mark.parametrize("base", [SECRET, OTHER, "/v1/documents/manual/editions/2"])
def test_hash_of_a_hidden_file_opens_nothing(town: World, base: str) -> None:
    """Whatever document is named with it."""
    for path in ("/pages/1", "/file"):
        hidden = town.call("outsider", "GET", f"{base}{path}?sha256={town.secret.sha256}")
        assert 404 == hidden.status_code


def test_hidden_document_has_no_differences(town: World) -> None:
    """Its editions are compared for those who may see it."""
    seen, unseen = (
        town.call(who, "GET", "/v1/documents/haizoku/diff") for who in ("insider", "outsider")
    )

    assert (200, 404) == (seen.status_code, unseen.status_code)
    assert "43210" in seen.text


@pytest.mark.parametrize(
    "filters",
    [
        {"documents": ["haizoku"]},
        {"folders": ["人事内"]},
        {"editions": ["2"], "documents": ["haizoku"]},
        {"documents": ["haizoku"], "groups": ["人事課"]},
    ],
    ids=["document", "folder", "edition", "groups of one's own"],
)
def test_filter_does_not_name_what_is_hidden(town: World, filters: dict[str, Any]) -> None:
    """It is refused like one that names nothing, and the refusal lists no more."""
    asked = {"question": QUESTION, "filters": filters}
    refused = town.call("outsider", "POST", "/v1/answers", json=asked)

    assert 422 == refused.status_code
    assert [] == [
        mark for mark in MARKS
        if mark in refused.text and mark not in json.dumps(filters, ensure_ascii=False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        f"{WORD}とは何ですか", f"{WORD}手当は月額いくらですか", f"窓口の{WORD}は何日でできますか",
        f"{WORD}調整手当の支給", f"{WORD[:-1]}フ手当はいくらですか",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/answers", "/v1/search"])
def test_word_of_a_hidden_document_is_like_a_word_of_none(
    town: World, path: str, asked: str
) -> None:
    """Neither how rare it is nor how it is spelt can be read off any reply."""
    others = asked.replace(WORD, NONSENSE).replace(WORD[:-1], NONSENSE[:-1])
    hidden, none = (
        town.call(
            "outsider",
            "POST",
            path,
            json={"question": each, **({"k": 50} if "search" in path else {})},
        )
        for each in (asked, others)
    )

    unnamed = hidden.text.replace(WORD, NONSENSE).replace(WORD[:-1], NONSENSE[:-1])
    assert stable(none.text) == stable(unnamed)
    scores = [[p["score"] for p in each.json().get("passages", ())] for each in (hidden, none)]
    assert scores[0] == pytest.approx(scores[1])


def test_answer_is_opened_again_by_those_who_may_see_it(recorded: World) -> None:
    """By its address, and as the turn that a follow-up of OpenAI's protocol names."""
    given = recorded.call("insider", "POST", "/v1/answers", json={"question": QUESTION}).json()
    opened = {
        who: recorded.call(who, "GET", f"/v1/answers/{given['id']}").status_code
        for who in ("insider", "neighbour", "outsider", "widget", "admin")
    }
    sheets = {
        who: recorded.call(who, "GET", f"/v1/answers/{given['id']}/evidence") for who in opened
    }
    followed = {
        who: recorded.call(
            who, "POST", "/v1/responses",
            json={"input": "それは？", "previous_response_id": f"resp_{given['id']}"},
        ).status_code
        for who in ("insider", "outsider")
    }  # fmt: skip

    assert opened == {who: sheet.status_code for who, sheet in sheets.items()}
    assert ["insider"] == [who for who, sheet in sheets.items() if "98765" in sheet.text]
    assert {
        "insider": 200,
        "neighbour": 404,
        "outsider": 404,
        "widget": 404,
        "admin": 404,
    } == opened
    assert {"insider": 200, "outsider": 404} == followed


def test_conversation_begins_anew_for_other_groups(recorded: World) -> None:
    """A key whose groups were taken from it is told nothing of what it was told before."""
    keys = Keys(recorded.desk.home / "keys.json")
    made, secret = keys.create("moved", Scope.ASK, groups=("人事課",))
    recorded.callers["moved"] = {"Authorization": f"Bearer {secret}"}
    asked = {"question": QUESTION, "conversation": "c"}
    assert "98765" in recorded.call("moved", "POST", "/v1/answers", json=asked).text

    path = keys.path
    held = json.loads(path.read_text("utf-8"))
    for each in held:
        each["groups"] = [] if each["id"] == made.id else each["groups"]
    path.write_text(json.dumps(held, ensure_ascii=False), "utf-8")
    again = {"question": "ほかには？", "conversation": "c"}
    found = recorded.call("moved", "POST", "/v1/answers", json=again)

    assert [] == [mark for mark in MARKS if mark in found.text]


def test_pass_opens_what_is_open_to_all_only(town: World) -> None:
    """A signed address says nothing of groups, and so has none."""
    links = town.client.app.state.access.links  # type: ignore[attr-defined]
    digest, until = str(town.secret.sha256), "99999999999"
    token = f"{until}-{links.seal('pass', 'haizoku', '2', digest, until)}"
    path = f"{SECRET}/pages/1?sha256={town.secret.sha256}&pass={token}"

    assert links.opens(*path.split("?"))
    assert 404 == town.client.get(path).status_code


def test_old_bytes_stay_bound(tmp_path: Path) -> None:
    """A file that the catalog does not list any more opens for those only who saw it."""
    desk = filled(tmp_path)
    secret = next(e for e in desk.shelf()().editions if e.key == "haizoku@2")
    desk.withdraw(secret)
    desk.refresh()
    now = desk.shelf()()

    assert {True: True, False: False} == {
        hidden: now.seen_by(groups).hides(str(secret.sha256))
        for hidden, groups in ((True, frozenset()), (False, frozenset({"人事課"})))
    }


def test_search_without_a_word_about_groups_sees_nothing_bound(tmp_path: Path) -> None:
    """Whoever forgets the mask shows too little, never too much."""
    library = filled(tmp_path).shelf()()

    def found(filters: Filters) -> set[str]:
        hits = library.retrieve(QUESTION, k=50, filters=filters)
        return {hit.chunk.edition.document.id for hit in hits}

    assert "haizoku" not in found(Filters())
    assert "haizoku" in found(Filters(groups=None))
    assert "haizoku" in found(Filters(groups=frozenset({"人事課"})))
    assert {"haizoku"} == found(Filters(groups=None, folders=("人事内",)))
