"""Two towns behind one address: each door answers from the one that is named, and from no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from api.access import Access
from api.app import create_app
from api.corpora import Corpora
from api.keys import Keys, Scope
from api.request_source import RequestSource
from api.schemas.answers import WireAnswer
from api.slack import add_slack
from bot.answering.extractive import Extractive
from bot.ledger.ledger import Ledger, open_ledger
from bot.ledger.record import Recorded, SentRecord
from bot.slack.app import Reply
from bot.telling.evidence_sheet import markdown
from index.generations.manifests import pdf_of
from tests.fakes import edition
from tests.shelves import TODAY, Desk
from tests.test_visibility import tool

NORTH, SOUTH = "北町", "minami"
TEXTS = {
    NORTH: "# 調整手当\n調整手当は、月額43210円とする。\n# 体育館\n体育館の使用料は、一回500円とする。",
    SOUTH: "# 調整手当\n調整手当は、月額98765円とする。\n# 温水プール\n温水プールの使用料は、一回300円とする。",
}
YEN = {NORTH: "43210", SOUTH: "98765"}
QUESTION = "調整手当は月額いくらですか"


@dataclass
class Towns:
    """The server, what each caller sends, and the record of each town."""

    client: TestClient
    callers: Mapping[str, Mapping[str, str]]
    ledgers: Mapping[str, Ledger]

    def ask(self, who: str, path: str = "/v1/answers", **sent: Any) -> Any:  # noqa: ANN401 - httpx
        """Put the question as somebody."""
        return self.client.post(
            path, json={"question": QUESTION, **sent}, headers=self.callers[who]
        )


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """Serve two towns: "both" has a key of both, "north" one of the first only."""
    callers: dict[str, dict[str, str]] = {}
    accesses: dict[str, Access] = {}
    desks: dict[str, Desk] = {}
    ledgers: dict[str, Ledger] = {}
    every = []
    for name, text in TEXTS.items():
        desk = Desk(tmp_path_factory.mktemp("town"))
        desk.put(edition("kitei", title="給与規程", label="1"), text)
        desk.refresh()
        keys = Keys(desk.home / "keys.json")
        every.append(keys)
        made, secret = keys.create(name, Scope.ASK)
        callers[name] = {"Authorization": f"Bearer {secret}"}
        accesses[name] = Access(keys=keys)
        desks[name] = desk
    made, secret = every[0].create("both", Scope.ASK)
    every[1].add(made)
    callers["both"] = {"Authorization": f"Bearer {secret}"}
    callers["stranger"] = {}

    def make(name: str) -> FastAPI:
        app, ledgers[name] = app_of(desks[name], accesses[name], served.readable)
        add_slack(app, Deaf(name))
        return app

    served = Corpora(accesses, make)
    with TestClient(served) as client:
        yield Towns(client, callers, ledgers)


@dataclass
class Deaf:
    """Tebiki in the workspace of a town: it says whose it is, whatever it hears."""

    name: str

    def start(self) -> None: ...

    def close(self) -> None: ...

    def handle(self, headers: Mapping[str, str], body: bytes) -> Reply:
        return Reply(200, {}, self.name.encode())


def app_of(
    desk: Desk,
    access: Access,
    readable: Callable[[Headers, RequestSource], list[str]] = lambda _headers, _source: [],
) -> tuple[FastAPI, Ledger]:
    """Return the application of one town, and its record."""
    shelf, ledger = desk.shelf(), open_ledger(desk.home, plain_ids=True)
    app = create_app(
        library=shelf,
        answerer=Recorded(Extractive(shelf, today=lambda: TODAY), ledger, origin="web"),
        page_file=lambda held: pdf_of(desk.home, held),
        record=SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of),
        sheet=lambda name, _: markdown(ledger.answer(name), ()).encode(),
        access=access,
        readable=readable,
    )
    return app, ledger


SENT: dict[str, dict[str, Any]] = {
    "/v1/answers": {"question": QUESTION},
    "/v1/search": {"question": QUESTION},
    "/v1/check": {"text": "調整手当は、月額43210円とする。調整手当は、月額98765円とする。"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
    "/v1/responses": {"input": QUESTION},
    "/invoke": {"inputs": {"question": QUESTION}},
}
"""What every door that answers is sent."""


@pytest.mark.parametrize("path", SENT)
def test_door_answers_from_the_corpus_that_the_body_names(towns: Towns, path: str) -> None:
    """Without a name from the first; the text of the other is nowhere in the reply."""
    given = {
        name: towns.client.post(
            path, json={**SENT[path], **({"corpus": name} if name else {})},
            headers=towns.callers["both"],
        )
        for name in ("", NORTH, SOUTH)
    }  # fmt: skip
    told = {name: json.dumps(reply.json(), ensure_ascii=False) for name, reply in given.items()}
    if path == "/v1/check":  # which says the text again
        told = {name: json.dumps(reply.json()["sentences"]) for name, reply in given.items()}
        assert told[""] == told[NORTH] != told[SOUTH]
        return

    assert [200, 200, 200] == [reply.status_code for reply in given.values()]
    assert [(True, False), (True, False), (False, True)] == [
        (YEN[NORTH] in text, YEN[SOUTH] in text) for text in told.values()
    ]


@pytest.mark.parametrize("path", [f"/c/{SOUTH}/mcp", f"/mcp?corpus={SOUTH}"])
def test_agents_reach_a_corpus_below_its_name(towns: Towns, path: str) -> None:
    """Or by the query of the address."""
    sent = tool("ask_manuals", question=QUESTION)
    headers = {**sent["headers"], **towns.callers["both"]}
    reply = towns.client.post(path, json=sent["json"], headers=headers)

    assert (True, False) == (YEN[SOUTH] in reply.text, YEN[NORTH] in reply.text)


def test_slack_of_a_corpus_has_an_address_of_its_own(towns: Towns) -> None:
    """Each has its own workspace or channel; what names none goes to the first."""
    replies = [towns.client.post(f"{at}/slack/events").text for at in ("", f"/c/{SOUTH}")]

    assert [NORTH, SOUTH] == replies


def test_stream_is_that_of_the_corpus_that_is_named(towns: Towns) -> None:
    """Its citations name it, and their addresses lead to it."""
    headers = {**towns.callers["both"], "Accept": "text/event-stream"}
    reply = towns.client.post(
        "/v1/answers", json={"question": QUESTION, "corpus": SOUTH}, headers=headers
    )
    done = json.loads(reply.text.rpartition("event: done\ndata: ")[2])

    assert [SOUTH] == [each["corpus"] for each in done["citations"]]
    assert done["citations"][0]["page_url"].startswith(f"/c/{SOUTH}/v1/documents/kitei/")


@pytest.mark.parametrize("name", [NORTH, SOUTH])
def test_address_of_a_citation_opens_its_page(towns: Towns, name: str) -> None:
    """Though both towns call the document, its edition and its page alike."""
    answer = towns.ask("both", corpus=name).json()
    page = towns.client.get(answer["citations"][0]["page_url"], headers=towns.callers["both"])

    assert YEN[name] in page.json()["text"]


def test_corpora_are_asked_together_where_a_key_reads_both(towns: Towns) -> None:
    """The likelier answer leads; that of the other stands behind it, under its name."""
    answer = towns.ask("both", corpus=[NORTH, SOUTH]).json()
    cited = [*answer["citations"], *answer["further"]]

    assert {NORTH, SOUTH} == {each["corpus"] for each in cited}
    assert list(range(1, len(cited) + 1)) == [each["marker"] for each in cited]
    other = SOUTH if answer["corpus"] == NORTH else NORTH
    assert f"**{other}**" in answer["further_text"]
    assert YEN[answer["corpus"]] in answer["text"]
    for each in cited:
        assert f"[{each['marker']}]" in answer["text"] + answer["further_text"]


@pytest.mark.parametrize(
    "question,name",
    [("温水プールの使用料は一回いくらですか", SOUTH), ("体育館の使用料は一回いくらですか", NORTH)],
)
def test_corpus_that_answers_leads_over_one_that_cannot(
    towns: Towns, question: str, name: str
) -> None:
    """Whichever is the first."""
    answer = towns.ask("both", question=question, corpus="*").json()

    assert (name, name) == (answer["corpus"], answer["citations"][0]["corpus"])


def test_what_no_corpus_answers_is_declined(towns: Towns) -> None:
    """Together as alone."""
    answer = towns.ask("both", question="火星の首都はどこですか", corpus="*").json()

    assert ("declined", "not-found") == (answer["certainty"], answer["declined"]["reason"])


def test_stream_of_several_ends_with_the_merged_answer(towns: Towns) -> None:
    """As that of one does."""
    headers = {**towns.callers["both"], "Accept": "text/event-stream"}
    reply = towns.client.post(
        "/v1/answers", json={"question": QUESTION, "corpus": "*"}, headers=headers
    )
    done = json.loads(reply.text.rpartition("event: done\ndata: ")[2])

    assert {NORTH, SOUTH} == {each["corpus"] for each in (*done["citations"], *done["further"])}


def test_search_of_several_gives_the_best_of_all(towns: Towns) -> None:
    """No more than were asked for, by falling score."""
    found = towns.ask("both", "/v1/search", corpus="*", k=2).json()["passages"]

    assert 2 == len(found)
    assert {NORTH, SOUTH} == {each["corpus"] for each in found}
    assert found[0]["score"] >= found[1]["score"]


def test_answer_of_several_is_kept_and_rated_where_it_leads(towns: Towns) -> None:
    """And each town keeps what it was asked itself."""
    answer = towns.ask("both", corpus="*").json()
    below = f"/c/{answer['corpus']}"
    rating = {"answer": answer["id"], "rating": "up"}
    rated = towns.client.post(f"{below}/v1/feedback", json=rating, headers=towns.callers["both"])
    again = towns.client.get(f"{below}/v1/answers/{answer['id']}", headers=towns.callers["both"])

    assert (201, answer["text"]) == (rated.status_code, again.json()["text"])
    assert all(
        QUESTION in {e.question for e in ledger.entries()} for ledger in towns.ledgers.values()
    )


@pytest.mark.parametrize("corpus", [SOUTH, [NORTH, SOUTH]], ids=["alone", "beside one's own"])
def test_corpus_that_a_key_does_not_open_is_refused(towns: Towns, corpus: object) -> None:
    """By its name; not a word of it is told."""
    reply = towns.ask(NORTH, corpus=corpus)

    assert 401 == reply.status_code
    assert not any(yen in reply.text for yen in YEN.values())


def test_every_corpus_means_those_that_a_key_opens(towns: Towns) -> None:
    """The others are as if they were not there."""
    answer = towns.ask(NORTH, corpus="*").json()

    assert {NORTH} == {each["corpus"] for each in (*answer["citations"], *answer["further"])}
    assert YEN[SOUTH] not in json.dumps(answer)
    assert 401 == towns.ask("stranger", corpus="*").status_code


@pytest.mark.parametrize("who,readable", [("both", [NORTH, SOUTH]), (NORTH, [NORTH])])
def test_page_is_told_which_corpora_may_be_chosen(
    towns: Towns, who: str, readable: list[str]
) -> None:
    """And which one it shows."""
    offered = towns.client.get(f"/c/{NORTH}/v1/session", headers=towns.callers[who]).json()

    assert (readable, NORTH) == (offered["corpora"], offered["corpus"])


@pytest.mark.parametrize(
    "corpus", ["nonesuch", ["nonesuch"], "../etc", 7, {"a": 1}, [[]], "北町,x"]
)
def test_what_names_no_corpus_is_refused(towns: Towns, corpus: object) -> None:
    """Rather than answered from another."""
    reply = towns.ask("both", corpus=corpus)

    assert (404, "application/problem+json") == (
        reply.status_code, reply.headers["content-type"]
    )  # fmt: skip
    assert "Content-Security-Policy" in reply.headers


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/invoke", "/v1/check"])
def test_door_that_gives_one_text_takes_one_corpus(towns: Towns, path: str) -> None:
    """It says so, rather than leave one of them out."""
    sent = {**SENT[path], "corpus": [NORTH, SOUTH]}
    reply = towns.client.post(path, json=sent, headers=towns.callers["both"])

    assert (422, True) == (reply.status_code, "一つだけ" in reply.json()["detail"])


@pytest.mark.parametrize(
    "path,status",
    [
        (f"/c/{SOUTH}/v1/admin/questions", 403), (f"/c/{SOUTH}/v1/admin/keys", 403),
        (f"/c/{SOUTH}/v1/documents", 200), (f"/c/{SOUTH}//v1/documents", 404),
        (f"/c/{SOUTH}", 200), (f"/c/{SOUTH}/documents", 200), ("/c/*/", 200), ("/c//", 200),
        (f"/c/{NORTH}/c/{SOUTH}/v1/documents", 404),
    ],
)  # fmt: skip
def test_what_lies_below_a_name_passes_the_gate_of_that_corpus(
    towns: Towns, path: str, status: int
) -> None:
    """Whatever stands before it in the address."""
    assert status == towns.client.get(path, headers=towns.callers[SOUTH]).status_code


def test_body_that_is_too_long_is_refused_before_anybody_reads_it(towns: Towns) -> None:
    """The names are looked for in no more than a question may be."""
    assert 413 == towns.ask("both", question="あ" * 200_000).status_code


def test_server_with_one_corpus_takes_no_name(tmp_path: Path) -> None:
    """It does not answer a question that was meant for another."""
    desk = Desk(tmp_path)
    desk.put(edition("kitei"), TEXTS[NORTH])
    desk.refresh()
    app, _ = app_of(desk, Access())
    with TestClient(app, base_url="http://127.0.0.1") as client:
        replies = [
            client.post("/v1/answers", json={"question": QUESTION, "corpus": name}).status_code
            for name in (SOUTH, "")
        ]

    assert [422, 200] == replies
