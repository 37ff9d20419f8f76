"""The contract of /v1: names, statuses and sentences."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api import description, problems
from api.app import create_app
from api.schemas import answers, documents, passages, service
from api.schemas.answers import FeedbackRequest
from bot.answering.extractive import Extractive
from bot.answers import Answer, Question
from index.errors import GenerationBroken
from index.passages import Library
from ingest.catalog.editions import Edition
from tests.fakes import FakeLibrary, edition, edition_text
from tests.served import (
    CORPUS,
    DIGEST,
    OLDER,
    PAGES,
    ListedLibrary,
    app_of,
    no_library,
    serving,
    small,
)

ASKED = "年次有給休暇は何日ですか"


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Return a client of the application, without a network."""
    with TestClient(app_of(small()), base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture
def unindexed() -> Iterator[TestClient]:
    """Return a client of an application whose home is empty and whose answerer is broken."""
    app = create_app(
        library=no_library,
        answerer=Broken(),
        page_file=lambda held: CORPUS / (held.path or ""),
    )
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


class Broken:
    def answer(self, question: Question) -> Answer:
        raise RuntimeError("the disk fell out")


def test_search_gives_every_promised_name(client: TestClient) -> None:
    """A passage says where it stands; its pages count from 1 and its text is the stored slice."""
    found = client.post("/v1/search", json={"question": ASKED, "k": 1}).json()["passages"]

    assert 1 == len(found)
    passage = found[0]
    assert {
        "document": "leave-digest",
        "title": "休暇の手引きの要約",
        "edition": "2026年版",
        "file": DIGEST.path,
        "pages": [1],
        "section": "年次有給休暇",
        "in_force": True,
        "page_labels": ["表紙"],
        "matched": {"words": ["年次有給休暇"], "names": []},
    }.items() <= passage.items()
    stored = small().text(DIGEST).text
    assert stored[passage["start"] : passage["end"]] == passage["text"]
    assert 0 < passage["score"]


def test_answer_gives_every_promised_name(client: TestClient) -> None:
    """An answer carries citations whose quote is the stored text between the offsets."""
    answer = client.post("/v1/answers", json={"question": ASKED}).json()

    assert ASKED == answer["question"]
    assert "ja" == answer["language"]
    assert "extractive" == answer["mode"]
    assert answer["declined"] is None
    assert answer["id"]
    assert 0 <= answer["took_ms"]
    stored = small().text(DIGEST).text
    assert answer["citations"]
    for citation in answer["citations"]:
        assert f"[{citation['marker']}]" in answer["text"]
        assert stored[citation["start"] : citation["end"]] == citation["quote"]
        assert {
            "document": "leave-digest",
            "title": "休暇の手引きの要約",
            "edition": "2026年版",
            "in_force": True,
            "file": DIGEST.path,
            "kind": "digest",
        }.items() <= citation.items()
        assert citation["page"] == citation["pages"][0]
    assert ["表紙"] == [
        each["page_label"] for each in answer["citations"] if "20日とする" in each["quote"]
    ]
    assert "休暇の手引き" == answer["citations"][0]["digest_of"]["title"]


def test_unanswerable_question_is_declined_with_status_200(client: TestClient) -> None:
    """Declining is an answer: it says why, and what came nearest."""
    response = client.post("/v1/answers", json={"question": "火星の首都はどこですか"})

    assert 200 == response.status_code
    declined = response.json()["declined"]
    assert {"reason", "message", "nearest"} == set(declined)
    assert declined["message"]


def test_answer_is_found_again_under_its_id(client: TestClient) -> None:
    """/v1/answers/{id} returns word for word what was given."""
    given = client.post("/v1/answers", json={"question": ASKED}).json()

    assert given == client.get(f"/v1/answers/{given['id']}").json()


def test_feedback_needs_an_answer_that_was_given(client: TestClient) -> None:
    """A rating of an answer nobody gave is a 404 with a sentence."""
    given = client.post("/v1/answers", json={"question": ASKED}).json()

    assert (
        201 == client.post("/v1/feedback", json={"answer": given["id"], "rating": "up"}).status_code
    )
    unknown = client.post("/v1/feedback", json={"answer": "none", "rating": "up"})
    assert 404 == unknown.status_code
    assert "その回答の記録はありません。" == unknown.json()["detail"]


def test_documents_lists_editions_held_and_listed(client: TestClient) -> None:
    """The official work is listed although it is not held; the older edition is not in force."""
    works = client.get("/v1/documents").json()["documents"]

    assert ["leave-digest", "leave"] == [work["document"] for work in works]
    held, listed = works
    assert [("2025年版", False, True, 2), ("2026年版", True, True, 2)] == [
        (each["label"], each["in_force"], each["held"], each["pages"]) for each in held["editions"]
    ]
    assert [("第3版", False, False, None)] == [
        (each["label"], each["in_force"], each["held"], each["pages"])
        for each in listed["editions"]
    ]


def test_readiness_waits_for_an_index(client: TestClient, unindexed: TestClient) -> None:
    """/readyz is 200 with a generation and 503 without; /healthz is 200 in either case."""
    assert (200, "g-test") == (
        client.get("/readyz").status_code,
        client.get("/readyz").json()["generation"],
    )
    assert 503 == unindexed.get("/readyz").status_code
    assert [200, 200] == [each.get("/healthz").status_code for each in (client, unindexed)]


@pytest.mark.parametrize("address", ["/v1/search", "/v1/answers"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_no_index_is_a_503_that_names_the_command(
    unindexed: TestClient, address: str, accept: str
) -> None:
    """Without an index nothing is answered, and the reader learns which command makes one."""
    response = unindexed.post(address, json={"question": ASKED}, headers={"Accept": accept})

    assert 503 == response.status_code
    assert "application/problem+json" == response.headers["content-type"]
    assert "tebiki refresh" in response.json()["detail"]


BAD_BODIES: dict[str, tuple[str | bytes, str]] = {
    "empty question": (json.dumps({"question": ""}), "質問が空です"),
    "question of spaces": (json.dumps({"question": " \u3000\n"}), "質問が空です"),
    "100 kB question": (json.dumps({"question": "あ" * 33_334}), "質問が長すぎます"),
    "control characters": (json.dumps({"question": "a\x00\x01b"}), "文字ではない"),
    "unknown key": (json.dumps({"question": "a", "questoin": "b"}), "「questoin」という項目"),
    "unknown key below": (
        json.dumps({"question": "a", "filters": {"colour": "red"}}),
        "「filters.colour」という項目",
    ),
    "no question": (json.dumps({}), "「question」がありません"),
    "question is a number": (json.dumps({"question": 3}), "文字列"),
    "body is a list": (json.dumps([1]), "JSON"),
    "body is not JSON": ("{", "JSON"),
    "body is binary": (b"\xff\xfe\x00\x01" * 64, "JSON"),
    "body is empty": ("", "JSON"),
}


@pytest.mark.parametrize("address", ["/v1/search", "/v1/answers"])
@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_body_is_refused_with_a_sentence(client: TestClient, address: str, name: str) -> None:
    """What cannot be a question is a 4xx problem that says what to do."""
    body, said = BAD_BODIES[name]

    response = client.post(address, content=body, headers={"Content-Type": "application/json"})

    assert 400 <= response.status_code < 500
    assert "application/problem+json" == response.headers["content-type"]
    problem = response.json()
    assert said in problem["detail"]
    assert response.status_code == problem["status"]
    assert response.headers["x-request-id"] == problem["request_id"]


@pytest.mark.parametrize("k", [0, -1, 101, "many", 1.5])
def test_number_of_passages_has_bounds(client: TestClient, k: object) -> None:
    """*k* is a whole number from 1 to 100."""
    response = client.post("/v1/search", json={"question": ASKED, "k": k})

    assert 422 == response.status_code
    assert "「k」" in response.json()["detail"]


def test_sentences_follow_accept_language(client: TestClient) -> None:
    """Who prefers English reads English."""
    response = client.post(
        "/v1/search", json={"question": ""}, headers={"Accept-Language": "en-GB,en;q=0.9,ja;q=0.1"}
    )

    assert "The question is empty" in response.json()["detail"]


@pytest.mark.parametrize(
    "length",
    [pytest.param(True, id="with Content-Length"), pytest.param(False, id="in chunks")],
)
def test_body_over_the_limit_is_refused(client: TestClient, *, length: bool) -> None:
    """More than 256 KiB are not read, whether or not the sender says how much will come."""
    body = b"x" * (300 * 1024)
    content: Any = body if length else iter([body[:200_000], body[200_000:]])

    response = client.post(
        "/v1/answers", content=content, headers={"Content-Type": "application/json"}
    )

    assert 413 == response.status_code
    assert "256 KiB" in response.json()["detail"]


@pytest.mark.parametrize("accept", ["ja", "en"])
def test_index_that_cannot_be_used_is_a_503_with_the_remedy(accept: str) -> None:
    """A damaged index is nobody's fault who asks; the sentence names the command that helps."""

    def broken() -> Library:
        raise GenerationBroken("var/g1", "its manifest is cut short")

    app = create_app(library=broken, answerer=Broken(), page_file=lambda _: CORPUS)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        response = client.post(
            "/v1/answers", json={"question": ASKED}, headers={"Accept-Language": accept}
        )

    assert 503 == response.status_code
    assert "tebiki rollback" in response.json()["detail"]


def test_unexpected_error_says_only_the_request_id(unindexed: TestClient) -> None:
    """What went wrong inside is for the log; the asker gets a number to hand on."""
    app = create_app(
        library=small,
        answerer=Broken(),
        page_file=lambda held: CORPUS / (held.path or ""),
    )
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        response = client.post("/v1/answers", json={"question": ASKED})

    assert 500 == response.status_code
    assert "disk" not in response.text
    assert response.headers["x-request-id"] in response.json()["detail"]


def test_history_reaches_the_answerer() -> None:
    """Earlier turns arrive oldest first, so that a follow-up can be understood."""
    heard: list[Question] = []

    class Hearing:
        def answer(self, question: Question) -> Answer:
            heard.append(question)
            raise RuntimeError("enough")

    app = create_app(library=small, answerer=Hearing(), page_file=lambda _: CORPUS)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        client.post(
            "/v1/answers",
            json={
                "question": "その費用は？",
                "history": [{"question": "一つ目", "answer": "はい"}, {"question": "二つ目"}],
                "conversation": "c1",
            },
        )

    assert ["一つ目", "二つ目"] == [turn.question for turn in heard[0].history]
    assert heard[0].conversation.endswith(":c1")


def test_conversation_is_remembered_for_its_own_caller() -> None:
    """With a name and no history the turns come from the record; nobody else's name opens them."""
    heard: list[Question] = []

    class Hearing:
        def answer(self, question: Question) -> Answer:
            heard.append(question)
            return Extractive(small).answer(question)

    app = create_app(library=small, answerer=Hearing(), page_file=lambda _: CORPUS)

    def ask(address: str, question: str, **more: object) -> dict[str, Any]:
        with TestClient(app, base_url="http://127.0.0.1", client=(address, 1)) as client:
            given: dict[str, Any] = client.post(
                "/v1/answers", json={"question": question, "conversation": "c:1", **more}
            ).json()
            assert "c:1" == given["conversation"]
            assert given == client.get(f"/v1/answers/{given['id']}").json()
            return given

    first = ask("127.0.0.1", ASKED)
    ask("127.0.0.1", "その繰越しは？")
    ask("127.0.0.2", "その繰越しは？")
    ask("127.0.0.1", "それは？", history=[{"question": "別の話"}])

    assert [[], [(ASKED, first["text"])], [], [("別の話", "")]] == [
        [(turn.question, turn.answer) for turn in question.history] for question in heard
    ]


@pytest.mark.parametrize(
    "sources, question, filters",
    [
        (
            {
                edition("rule", label=f"第{n}版"): f"# 期限\n届出の期限は{days}日とする。"
                for n, days in ((1, "十"), (2, "二十"))
            },
            "届出の期限は",
            {"editions": ["第1版", "第2版"]},
        ),
        (
            {edition("rule"): "# 転入\n転入する人は委任状を出す。\n# 証明\n証明には委任状が要る。"},
            "委任状",
            {},
        ),
    ],
    ids=["edition", "section"],
)
def test_a_choice_that_is_offered_can_be_sent_as_it_stands(
    sources: dict[Edition, str], question: str, filters: dict[str, list[str]]
) -> None:
    """In the same conversation and under the same filters, as the page sends it."""
    library = FakeLibrary({held: edition_text(said) for held, said in sources.items()})

    with TestClient(app_of(library), base_url="http://127.0.0.1") as asking:

        def ask(said: str, conversation: str) -> dict[str, Any]:
            sent = {"question": said, "conversation": conversation, "filters": filters}
            told: dict[str, Any] = asking.post("/v1/answers", json=sent).json()
            return told

        offered = ask(question, "c")["clarify"]
        again = ask(question, "c")["clarify"]
        chosen = []
        for number, choice in enumerate(offered):
            asked = ask(question, f"c{number}")
            assert offered == asked["clarify"]
            chosen.append(ask(choice, f"c{number}"))

    assert 2 == len(offered)
    assert [] == again
    for choice, told in zip(offered, chosen, strict=True):
        part = choice.removeprefix("「").partition("」")[0]
        first = told["citations"][0]
        assert part in f"{first['edition']} {first['quote']}"
        assert ([], None) == (told["clarify"], told["declined"])


def test_only_so_many_requests_are_worked_on_at_once() -> None:
    """Two compute and the others wait their turn; all of them are answered."""
    working: list[int] = []
    most: list[int] = []

    class Counting:
        def answer(self, question: Question) -> Answer:
            working.append(1)
            most.append(len(working))
            time.sleep(0.05)
            working.pop()
            return Extractive(small).answer(question)

    app = create_app(library=small, answerer=Counting(), page_file=lambda _: CORPUS, at_once=2)
    with serving(app, lifespan=True) as address, ThreadPoolExecutor(8) as askers:
        statuses = askers.map(
            lambda _: httpx.post(f"{address}/v1/answers", json={"question": ASKED}).status_code,
            range(8),
        )
        assert [200] * 8 == list(statuses)

    assert 2 == max(most)


def test_suggestions_come_from_headings(client: TestClient) -> None:
    """Somebody who knows nothing of the corpus is offered questions that it can answer."""
    questions = client.get("/v1/suggestions").json()["questions"]

    assert ["年次有給休暇について教えてください"] == questions


def test_evidence_sheet_of_an_answer_is_had_by_its_id() -> None:
    """A file to attach, named after the answer; of an unknown answer there is none."""
    library = small()
    made: list[tuple[str, str]] = []

    def sheet(name: str, form: str) -> bytes:
        made.append((name, form))
        return b"%PDF"

    app = create_app(
        library=lambda: library,
        answerer=Extractive(lambda: library),
        page_file=lambda held: CORPUS / (held.path or ""),
        sheet=sheet,
    )
    client = TestClient(app)
    name = client.post("/v1/answers", json={"question": "年次有給休暇は何日ですか"}).json()["id"]

    given = client.get(f"/v1/answers/{name}/evidence?form=docx")

    assert (200, b"%PDF") == (given.status_code, given.content)
    assert f'filename="tebiki-{name}.docx"' in given.headers["Content-Disposition"]
    assert [(name, "docx")] == made
    assert 404 == client.get("/v1/answers/none/evidence").status_code


def test_every_page_is_served_with_its_files(client: TestClient) -> None:
    """The pages name files that exist, and nothing outside this server."""
    for address in ("/", "/documents", "/view"):
        page = client.get(address)
        assert 200 == page.status_code
        assert "http" not in page.text.replace("http-equiv", "")
        names = [part.split('"')[0] for part in page.text.split('="/web/')[1:]]
        assert names
        for name in names:
            assert 200 == client.get(f"/web/{name}").status_code, name


def test_files_are_sent_compressed(client: TestClient) -> None:
    """Pages, scripts and styles alike, so that the widget weighs what its test says."""
    for address in ("/", "/widget.js", "/web/panel.js", "/web/words.js", "/web/answer.css"):
        told = client.get(address, headers={"Accept-Encoding": "gzip"})
        plain = client.get(address, headers={"Accept-Encoding": "identity"})

        assert "gzip" == told.headers["content-encoding"], address
        assert int(told.headers.get("content-length", 0)) < len(plain.content)
        assert plain.text == told.text
        assert "no-cache" == told.headers["cache-control"]
    known = client.get("/web/words.js", headers={"If-None-Match": plain.headers["etag"]})
    assert 200 == known.status_code  # another file's
    same = client.get("/web/answer.css", headers={"If-None-Match": plain.headers["etag"]})
    assert 304 == same.status_code


def test_search_says_as_what_a_misspelt_name_was_read() -> None:
    """The passages are those of the name that was meant; of what is spelt well nothing is said."""
    library = small()
    library.misspelt = {"有級休暇": "有給休暇"}
    with TestClient(app_of(library), base_url="http://127.0.0.1") as client:
        mended, plain = (
            client.post("/v1/search", json={"question": question}).json()
            for question in ("年次有級休暇は何日ですか", ASKED)
        )

    assert ASKED == mended["read_as"]
    assert plain["read_as"] is None
    assert plain["passages"] == mended["passages"]


def test_description_names_every_route(client: TestClient) -> None:
    """/openapi.json describes the contract, with an example question."""
    described = client.get("/openapi.json").json()

    assert {
        "/v1/search",
        "/v1/answers",
        "/v1/answers/{name}",
        "/v1/feedback",
        "/v1/documents",
        "/healthz",
        "/readyz",
    } <= set(described["paths"])
    assert described["components"]["schemas"]["AnswerRequest"]["examples"]


def test_description_says_which_key_opens_what(client: TestClient) -> None:
    """A key as a bearer token, wanted by everything under /v1 but the session; none by the rest."""
    described = client.get("/openapi.json").json()

    scheme = described["components"]["securitySchemes"]["key"]
    assert ("http", "bearer") == (scheme["type"], scheme["scheme"])
    wanted = {
        path
        for path, operations in described["paths"].items()
        if all("security" in operation for operation in operations.values())
    }
    assert {"/healthz", "/readyz", "/v1/session"} == set(described["paths"]) - wanted
    assert "(scope: ask)" in described["paths"]["/v1/answers"]["post"]["description"]


def test_examples_are_what_they_are_examples_of(client: TestClient) -> None:
    """Each is valid where it stands, and the answer's marker leads to its citation."""
    described = client.get("/openapi.json").json()

    models = {
        name: model
        for module in (answers, documents, passages, problems, service)
        for name, model in vars(module).items()
    }
    for name, example in description.examples().items():
        model = models[name]
        assert example == model.model_validate(example).model_dump(mode="json"), name
        assert [example] == described["components"]["schemas"][name]["examples"]
    answer = description.examples()["WireAnswer"]
    (cited,) = answer["citations"]
    assert "[1]" in answer["text"]
    assert len(cited["quote"]) == cited["end"] - cited["start"]
    feedback = described["components"]["schemas"]["FeedbackRequest"]["examples"]
    assert feedback[0] == FeedbackRequest.model_validate(feedback[0]).model_dump()
    given = described["paths"]["/v1/answers"]["post"]["responses"]["200"]["content"]
    assert answer == given["application/json"]["example"]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and not path.startswith(("/v1/models", "/v1/admin")):
                    assert "example" in parameter, path


def test_pages_of_the_fixture_are_what_the_tests_say() -> None:
    """The sentences quoted above stand in the small library."""
    assert "20日とする" in PAGES[0]


def test_diff_tells_what_changed_in_the_readers_language() -> None:
    """The last two editions without labels; the place of each change can be opened."""
    library = ListedLibrary(
        {
            OLDER: edition_text(PAGES[0].replace("20日", "10日"), PAGES[1]),
            DIGEST: edition_text(*PAGES),
        }
    )
    with TestClient(app_of(library), base_url="http://127.0.0.1") as client:
        address = "/v1/documents/leave-digest/diff"
        told = client.get(address).json()
        named = client.get(
            address,
            params={"old": "2025年版", "new": "2026年版"},
            headers={"Accept-Language": "en"},
        ).json()

    assert ("2025年版", "2026年版", 1) == (told["old"], told["new"], len(told["changes"]))
    (change,) = told["changes"]
    assert "に変わりました" in change["sentence"]
    assert "became" in named["changes"][0]["sentence"]
    after = change["after"]
    assert ("changed", 1, "20日とする。") == (change["kind"], after["page"], after["text"][-7:])


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("nothing/diff", id="no such document"),
        pytest.param("leave/diff", id="a document that is not held"),
        pytest.param("leave-digest/diff?old=2019", id="no such edition"),
        pytest.param("leave-digest/diff?old=2026年版&new=2026年版", id="one edition twice"),
    ],
)
def test_diff_of_what_is_not_held_is_a_problem(client: TestClient, address: str) -> None:
    """A 404 with a sentence, never an empty comparison."""
    response = client.get(f"/v1/documents/{address}")

    assert 404 == response.status_code
    assert "比べられる二つの版がありません" in response.json()["detail"]
