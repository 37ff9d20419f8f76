"""The admin page: the index, new PDFs, and what readers miss."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Route, expect, sync_playwright

from api import insights
from api.access import COOKIE, Access
from api.admin import Office
from api.app import create_app
from api.health import WireFinding
from api.intake import Intake
from api.keys import Keys, Scope
from api.problems import Refused
from api.sessions import Sessions
from api.worklist import Aside
from bot.answering.extractive import Extractive
from bot.ledger.audit import Deed
from bot.ledger.ledger import Entry, Rating
from bot.writing.breaker import Rest
from index.errors import GenerationBroken
from index.generations.manifests import Manifest
from index.generations.pointers import Kept
from index.refresh.plan import Plan
from index.refresh.reports import RefreshReport
from index.refresh.resources import NotAllowed
from index.search import glossary
from ingest import formats
from ingest.catalog import catalog
from ingest.errors import UnreadablePdf
from ingest.office import libreoffice
from ingest.translations import Bilingual
from tests import office, pdfs
from tests.axe import WAIT_MS, violations
from tests.conftest import system_package
from tests.served import CORPUS, DIGEST, OFFICIAL, OLDER, serving, small

STARTER = CORPUS / "starter" / "zentai-digest.pdf"


def entry(
    name: str, question: str, *, declined: str = "", ratings: Sequence[Rating] = (), hour: int = 9
) -> Entry:
    """Make an entry of 2026-04-01, at an hour of the local day."""
    asked_at = datetime(2026, 4, 1, hour).astimezone().timestamp()
    return Entry(
        id=name,
        asked_at=asked_at,
        origin="web",
        question=question,
        language="ja",
        mode="extractive",
        declined=declined,
        generation="g1",
        took_ms=10.0 * hour,
        ratings=tuple(ratings),
    )


DOWN = Rating("down", "要綱の様式がない", "", 2.0)
UP = Rating("up", "", "", 1.0)
ENTRIES = (
    entry("a", "育児休業の給与はどうなりますか", declined="not-found", hour=8),
    entry("b", "年次有給休暇は何日ですか", ratings=[DOWN, UP], hour=9),
    entry("c", "育児休業の給与はどうなる", declined="not-found", hour=10),
    entry("d", "=HYPERLINK(1)", ratings=[UP, DOWN], hour=11),
)


class Desk:
    """An office whose refresh waits until it is let go."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus
        self.uploads = corpus.with_name(f"{corpus.name}-uploads")
        self.aside = corpus.with_name(f"{corpus.name}-aside.json")
        self.let_go = threading.Event()
        self.report = RefreshReport(Plan(), "g2", published=True)
        self.current = "g2"
        self.reasons: tuple[str, ...] = ()
        self.noted: list[tuple[Deed, Mapping[str, object]]] = []

    def refresh(
        self,
        progress: Callable[[str, float], None],
        accept: bool,  # noqa: FBT001 - as Office hands it
    ) -> RefreshReport:
        progress("reading (12 of about 1,048 pages, 30/s)", 0.25)
        if not self.let_go.wait(10):
            raise RuntimeError("nobody let go")
        if self.reasons and not accept:
            raise NotAllowed("g2", self.reasons)
        return self.report

    def roll_back(self, name: str | None) -> str:
        if name not in {None, "g1"}:
            raise GenerationBroken(str(name), "there is no such generation")
        self.current = "g1"
        return "g1"

    def generations(self) -> tuple[Kept, ...]:
        return tuple(
            Kept(name, name == self.current, Manifest(name, made, {}, (), 2, 2, {}))
            for name, made in (
                ("g1", "2026-03-01T09:00:00+09:00"),
                ("g2", "2026-04-01T09:00:00+09:00"),
            )
        )

    @property
    def office(self) -> Office:
        return Office(
            corpus=self.corpus,
            refresh=self.refresh,
            roll_back=self.roll_back,
            generations=self.generations,
            entries=lambda _: ENTRIES,
            uploads=self.uploads,
            aside=Aside(self.aside),
            note=lambda deed, what, *_: self.noted.append((deed, what)),
            unusable=lambda: (UnreadablePdf("left.pdf", "it has no pages", "Copy it again."),),
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return an office over an empty corpus folder."""
    return Desk(tmp_path)


def app_of(desk: Desk, access: Access | None = None) -> Any:  # noqa: ANN401 - FastAPI
    """Return the application with an admin page."""
    return create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda held: CORPUS / (held.path or ""),
        office=desk.office,
        access=access or Access(),
    )


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """Return a client of somebody at this machine who opened the link that was printed."""
    with entered(app_of(desk)) as made:
        yield made


@contextmanager
def entered(app: FastAPI) -> Iterator[TestClient]:
    """Give a client that opened the one-time link to the admin page."""
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as made:
        word = app.state.access.sessions.word()
        assert 204 == made.post("/v1/session", json={"key": word}).status_code
        yield made


def refreshed(client: TestClient) -> dict[str, Any]:
    """Wait for the refresh and return how it ended."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        state: dict[str, Any] = client.get("/v1/admin/refresh").json()
        if not state["running"]:
            return state
        time.sleep(0.02)
    raise AssertionError("the refresh did not end")


def test_only_an_admin_key_opens_it(desk: Desk, tmp_path: Path) -> None:
    """Who may ask may not administer; the page itself holds no secret."""
    keys = Keys(tmp_path / "keys.json")
    _, ask = keys.create("ask", Scope.ASK)
    _, admin = keys.create("admin", Scope.ADMIN)
    app = app_of(desk, Access(required=True, keys=keys))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for address in ("/v1/admin", "/v1/admin/questions", "/v1/admin/questions.csv"):
            assert [401, 403, 200] == [
                client.get(address, headers=headers).status_code
                for headers in (
                    {},
                    {"Authorization": f"Bearer {ask}"},
                    {"Authorization": f"Bearer {admin}"},
                )
            ]
        assert 401 == client.put("/v1/admin/files/a.pdf", content=b"x").status_code
        assert [False, False, True] == [
            client.get("/v1/session", headers=headers).json()["admin"]
            for headers in (
                {},
                {"Authorization": f"Bearer {ask}"},
                {"Authorization": f"Bearer {admin}"},
            )
        ]


def test_without_an_office_there_is_no_admin_page() -> None:
    """An application that was not given one has neither the page nor the routes."""
    app = create_app(library=small, answerer=Extractive(small), page_file=lambda _: CORPUS)
    with entered(app) as client:
        assert [404, 404] == [client.get(each).status_code for each in ("/admin", "/v1/admin")]
        session = client.get("/v1/session").json()
        assert (False, []) == (session["admin"], session["offices"])


def test_state_tells_that_the_model_is_left_alone(desk: Desk) -> None:
    """Until when and why; nothing of it while the model answers."""
    rest = [Rest(1_800_000_000.0, 2, "it took too long", "slow"), None]
    office = replace(desk.office, resting=lambda: rest.pop(0))
    app = create_app(library=small, answerer=Extractive(small), page_file=lambda _: CORPUS,
                     office=office, access=Access())  # fmt: skip

    with entered(app) as client:
        left, well = (client.get("/v1/admin").json()["model_rest"] for _ in range(2))

    assert {"until": 1_800_000_000.0, "reason": "it took too long"} == left
    assert well is None


def test_state_tells_what_is_indexed(client: TestClient) -> None:
    """Documents count once, pages of every edition held, generations newest first."""
    state = client.get("/v1/admin").json()

    assert ("g-test", 1, 4) == (state["generation"], state["documents"], state["pages"])
    assert [("g2", True), ("g1", False)] == [
        (each["name"], each["current"]) for each in state["generations"]
    ]


def test_refresh_runs_once_and_tells_how_far_it_is(client: TestClient, desk: Desk) -> None:
    """A second one is refused while the first runs; the end is told with its problems."""
    desk.report = RefreshReport(
        Plan(), "g3", published=True, problems=(UnreadablePdf("x.pdf", "cut short", "Copy it."),)
    )
    assert 202 == client.post("/v1/admin/refresh").status_code
    assert 409 == client.post("/v1/admin/refresh").status_code
    until = time.monotonic() + 120
    while not client.get("/v1/admin/refresh").json()["step"] and time.monotonic() < until:
        time.sleep(0.02)
    state = client.get("/v1/admin/refresh").json()
    assert ("reading", "12 of about 1,048 pages, 30/s", 0.25, True) == (
        state["step"],
        state["detail"],
        state["share"],
        state["running"],
    )

    desk.let_go.set()

    ended = refreshed(client)
    assert (True, "g3", ["x.pdf: cut short. Copy it."]) == (
        ended["published"],
        ended["generation"],
        ended["problems"],
    )


def test_refresh_tells_what_it_did(client: TestClient, desk: Desk) -> None:
    """What came, changed and went by title; a file that failed is a problem and not an addition."""
    desk.report = RefreshReport(
        Plan(added=(DIGEST, replace(OFFICIAL, path="x.pdf")), withdrawn=(OLDER,)),
        "g3",
        published=True,
        pages=12,
        chunks=30,
        problems=(UnreadablePdf("x.pdf", "cut short", "Copy it."),),
        notices=("notes.docx is no PDF.",),
        kept={"leave@第3版": "it could not be read"},
        poor_pages=(("a.pdf", 3, "an image"),),
        engines={"pdfium": (12, 0.9)},
    )
    desk.let_go.set()
    client.post("/v1/admin/refresh")

    report = refreshed(client)["report"]

    assert {
        "added": ["休暇の手引きの要約（2026年版）"],
        "revised": [],
        "withdrawn": ["休暇の手引きの要約（2025年版）"],
        "unchanged": 0,
        "kept": {"leave@第3版": "it could not be read"},
        "notices": ["notes.docx is no PDF."],
        "pages": 12,
        "passages": 30,
        "engines": [{"engine": "pdfium", "pages": 12, "lowest_score": 0.9}],
        "poor_pages": [{"file": "a.pdf", "page": 3, "note": "an image"}],
    } == report


def test_what_is_missing_comes_as_a_table(client: TestClient) -> None:
    """One group a row, the most frequent first, as text that no spreadsheet computes."""
    text = client.get("/v1/admin/missing.csv").content.decode("utf-8")

    assert "\ufeff" == text[0]
    assert [
        ["question", "asked", "declined", "down", "last", "comments"],
        ["育児休業の給与はどうなる", "2", "2", "0", "2026-04-01", ""],
        ["'=HYPERLINK(1)", "1", "0", "1", "2026-04-01", "要綱の様式がない"],
    ] == list(csv.reader(io.StringIO(text[1:])))


def test_a_question_can_be_set_aside(client: TestClient, desk: Desk) -> None:
    """It leaves the list with its other wordings; no word of it is kept, and who did it is."""
    asked = {"question": "育児休業の給与はどうなる"}

    told = client.post("/v1/admin/questions/aside", json=asked)

    assert (200, {"aside": 2}) == (told.status_code, told.json())
    left = client.get("/v1/admin/questions").json()["missing"]
    assert ["=HYPERLINK(1)"] == [each["question"] for each in left]
    assert "育児休業" not in desk.aside.read_text(encoding="utf-8")
    assert [(Deed.SET_ASIDE, {"count": 2})] == desk.noted
    assert 404 == client.post("/v1/admin/questions/aside", json=asked).status_code


def test_a_word_goes_into_the_glossary(client: TestClient, desk: Desk) -> None:
    """What people say stands beside the manuals' word, after what was there; no half entry."""
    path = desk.corpus / "glossary.toml"
    path.write_text('# ours\n[[term]]\nja = "休暇"\nalso = ["休み"]\n', encoding="utf-8")

    told = client.post("/v1/admin/glossary", json={"ja": "年次有給休暇", "also": ["年休"]})
    refused = client.post("/v1/admin/glossary", json={"ja": "手当", "also": ["金"]})

    assert (201, 422) == (told.status_code, refused.status_code)
    assert [("休暇", "休み"), ("年次有給休暇", "年休")] == [
        term.names for term in glossary.read(path).terms
    ]
    assert path.read_text(encoding="utf-8").startswith("# ours\n")


def test_refresh_that_fails_says_so(client: TestClient, desk: Desk) -> None:
    """The error's sentence arrives; the next refresh can be started."""

    def broken(*_: object) -> RefreshReport:
        raise GenerationBroken("g3", "the disk is full")

    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda _: CORPUS,
        office=replace(desk.office, refresh=broken),
    )
    with entered(app) as other:
        other.post("/v1/admin/refresh")
        ended = refreshed(other)
        assert not ended["published"]
        assert "the disk is full" in ended["problems"][0]
        assert 202 == other.post("/v1/admin/refresh").status_code


def test_the_gates_remarks_come_in_the_readers_language(client: TestClient, desk: Desk) -> None:
    """Reasons and notices that are known in both; a sentence known in one comes as it is."""
    desk.reasons = (Bilingual("worse: “when?” …", "悪くなる質問「いつ」…"), "a word")
    desk.report = replace(desk.report, notices=(Bilingual("No question asks", "質問がない"), "x"))
    desk.let_go.set()

    client.post("/v1/admin/refresh")
    refreshed(client)
    told = {
        language: client.get("/v1/admin/refresh", headers={"Accept-Language": language}).json()
        for language in ("ja", "en")
    }
    client.post("/v1/admin/refresh", json={"accept": True})
    refreshed(client)
    ended = client.get("/v1/admin/refresh", headers={"Accept-Language": "ja"}).json()

    assert ["悪くなる質問「いつ」…", "a word"] == told["ja"]["reasons"]
    assert ["worse: “when?” …", "a word"] == told["en"]["reasons"]
    assert ([], ["質問がない", "x"]) == (ended["reasons"], ended["report"]["notices"])


def test_folder_tells_what_cannot_be_read_and_what_is_not_listed(
    client: TestClient, desk: Desk
) -> None:
    """Before any refresh, in the reader's language; what is unlisted is listed with one click."""
    (desk.corpus / "broken.pdf").write_bytes(b"hello")
    (desk.corpus / "一式.zip").write_bytes(b"x")
    listed = '[[documents]]\nid = "act"\ntitle = "条例"\n[[documents.editions]]\nlabel = "1"\n'
    (desk.corpus / "catalog.toml").write_text(listed, encoding="utf-8")
    for name in ("one", "two", "left"):
        sheet = pdfs.Sheet().say(f"{name}の手引き", 60, 700, 24)
        pdfs.write(desk.corpus / f"{name}.pdf", [sheet])

    def folder(language: str) -> dict[str, Any]:
        found = client.get("/v1/admin/folder", headers={"Accept-Language": language})
        return dict(found.json())

    before = {language: folder(language) for language in ("ja", "en")}
    client.post("/v1/admin/folder/listed")
    after = folder("ja")

    assert {"file": "broken.pdf", "why": (
        "PDFではありません。PDFとして書き出したものに置き換えてください。"
    )} == before["ja"]["unusable"][0]  # fmt: skip
    assert "this is not a PDF but something else. " in before["en"]["unusable"][0]["why"]
    assert "left.pdf" in [each["file"] for each in before["en"]["unusable"]]
    assert ["one.pdf", "two.pdf"] == before["ja"]["unlisted"]
    assert [
        "一式.zipは圧縮ファイルのため、除きました。展開すると、中のファイルが索引に入ります。"
    ] == (before["ja"]["notices"])
    assert ([], before["ja"]["unusable"]) == (after["unlisted"], after["unusable"])


def test_problems_of_a_refresh_come_in_the_readers_language(client: TestClient, desk: Desk) -> None:
    """What could not be read, and why an edition stands as it was."""
    problem = UnreadablePdf("a.pdf", "it has no pages", "Copy or download it again.")
    desk.report = replace(desk.report, problems=(problem,), kept={"a@1": str(problem)})
    desk.let_go.set()

    client.post("/v1/admin/refresh")
    refreshed(client)
    told = client.get("/v1/admin/refresh", headers={"Accept-Language": "ja"}).json()

    said = "a.pdf: ページがありません。もう一度コピーするか、取り直してください。"
    assert ([said], {"a@1": said}) == (told["problems"], told["report"]["kept"])


def test_refused_refresh_tells_why_and_can_be_accepted(client: TestClient, desk: Desk) -> None:
    """The gate's reasons arrive one by one; only a refresh that accepts them publishes."""
    desk.reasons = ("Recall@5 fell from 0.90 to 0.70", "worse: 休暇は何日ですか")
    desk.let_go.set()

    client.post("/v1/admin/refresh")
    ended = refreshed(client)
    assert (False, None, list(desk.reasons), []) == (
        ended["published"],
        ended["generation"],
        ended["reasons"],
        ended["problems"],
    )
    client.post("/v1/admin/refresh", json={"accept": False})
    assert not refreshed(client)["published"]

    client.post("/v1/admin/refresh", json={"accept": True})
    ended = refreshed(client)
    assert (True, "g2", []) == (ended["published"], ended["generation"], ended["reasons"])


def test_rollback_goes_to_a_generation_that_exists(client: TestClient) -> None:
    """The list shows the earlier one in use; an unknown one is a 404."""
    back = client.post("/v1/admin/rollback", json={"generation": "g1"}).json()

    assert [("g2", False), ("g1", True)] == [
        (each["name"], each["current"]) for each in back["generations"]
    ]
    assert 404 == client.post("/v1/admin/rollback", json={"generation": "g9"}).status_code


def received(client: TestClient, name: str, content: bytes) -> dict[str, Any]:
    """Send a PDF and return what was understood of it."""
    response = client.put(f"/v1/admin/files/{name}", content=content)
    assert 201 == response.status_code, response.text
    found: dict[str, Any] = response.json()
    return found


def enter(client: TestClient, found: dict[str, Any], **corrected: object) -> Any:  # noqa: ANN401 - httpx's
    """Confirm a PDF that was received."""
    return client.post("/v1/admin/editions", json={"upload": found["upload"], **corrected})


def test_received_pdf_is_understood_and_not_yet_there(client: TestClient, desk: Desk) -> None:
    """What its pages say is told in words; the corpus stays as it was until a person confirms."""
    found = received(client, "全体手順書.pdf", STARTER.read_bytes())

    assert ("全体手順書.pdf", 8, False) == (found["file"], found["pages"], found["known"])
    assert "自治体DX全体手順書の要約" == found["title"]
    assert any("新しい文書として加えます" in each for each in found["notices"])
    assert [] == list(desk.corpus.iterdir())


def test_received_pdf_with_personal_data_is_told_by_page(client: TestClient) -> None:
    """A filled-in form among the manuals is a mistake that its owner hears of before he confirms."""
    content = pdfs.made(
        [
            pdfs.Sheet().say("手続の説明", 72, 700),
            pdfs.Sheet().say("記入例 個人番号 123456789018", 72, 700),
        ]
    )

    notices = received(client, "form.pdf", content)["notices"]

    assert "の2ページに、個人情報(マイナンバー)" in notices[-1]


def test_confirmed_pdf_is_listed_with_what_was_corrected(client: TestClient, desk: Desk) -> None:
    """Title, edition, day, kind and publisher are those of the person; the bytes are the file's."""
    content = STARTER.read_bytes()
    found = received(client, "a.pdf", content)

    entered = enter(
        client, found, title="全体手順書", edition="第9版", in_force_from="2026-04-01",
        kind="guideline", publisher="総務部",
    )  # fmt: skip

    assert 201 == entered.status_code, entered.text
    told = entered.json()
    assert ("全体手順書", "第9版", "2026-04-01") == (
        told["title"],
        told["edition"],
        told["in_force_from"],
    )
    assert content == (desk.corpus / told["file"]).read_bytes()
    (listed,) = catalog.read(desk.corpus).editions
    assert ("guideline", "総務部") == (listed.document.kind, listed.document.publisher)
    assert [] == list(desk.uploads.iterdir())


def test_days_can_be_corrected_before_and_after(client: TestClient, desk: Desk) -> None:
    """What a cover says wrongly is put right when it is confirmed, or in the catalog later."""
    found = received(client, "a.pdf", STARTER.read_bytes())
    told = enter(
        client, found, edition="第1版", published="2025-04-02", in_force_from="2025-05-01"
    ).json()
    assert ("2025-04-02", "2025-05-01") == (told["published"], told["in_force_from"])

    named = {"document": told["document"], "edition": "第1版"}
    dates = client.post("/v1/admin/editions/dates", json={**named, "published": "2025-04-03"})

    assert 200 == dates.status_code, dates.text
    (listed,) = catalog.read(desk.corpus).editions
    assert (date(2025, 4, 3), date(2025, 5, 1)) == (listed.published, listed.in_force_from)
    missing = client.post("/v1/admin/editions/dates", json={**named, "edition": "第9版"})
    assert 404 == missing.status_code
    assert "文書の一覧にありません" in missing.json()["detail"]


def test_a_work_can_be_renamed_later(client: TestClient, desk: Desk) -> None:
    """Title, kind and publisher are corrected in the catalog; what is left out stays."""
    found = received(client, "a.pdf", STARTER.read_bytes())
    told = enter(client, found, edition="第1版", publisher="総務部").json()

    named = {"document": told["document"], "title": "庶務の手引き", "kind": "manual"}
    work = client.post("/v1/admin/editions/work", json=named)

    assert 200 == work.status_code, work.text
    assert "庶務の手引き" == work.json()["title"]
    (listed,) = catalog.read(desk.corpus).editions
    assert ("庶務の手引き", "manual", "総務部") == (
        listed.document.title,
        listed.document.kind,
        listed.document.publisher,
    )
    missing = client.post("/v1/admin/editions/work", json={**named, "document": "none"})
    assert 404 == missing.status_code


def test_next_edition_is_known_and_needs_its_day(client: TestClient, desk: Desk) -> None:
    """One more edition of a listed document keeps its title; without a day it is refused."""
    first = received(client, "a.pdf", STARTER.read_bytes())
    document = enter(client, first, edition="第1版", in_force_from="2025-04-01").json()["document"]
    other = STARTER.with_name("kosei-digest.pdf").read_bytes()
    found = received(client, "b.pdf", other)

    same = enter(client, found, document=document, edition="第1版", in_force_from="2026-04-01")
    assert 409 == same.status_code
    assert "すでにあります" in same.json()["detail"]
    entered = enter(client, found, document=document, edition="第2版", in_force_from="2026-04-01")

    assert 201 == entered.status_code
    assert "自治体DX全体手順書の要約" == entered.json()["title"]
    assert ["第1版", "第2版"] == [each.label for each in catalog.read(desk.corpus).editions]


def test_pdf_that_does_not_say_its_edition_is_asked_for_it(client: TestClient, desk: Desk) -> None:
    """The fact is named as missing; without it nothing is entered."""
    found = received(
        client, "plain.pdf", pdfs.made([pdfs.Sheet().say("これは通知です。", 72, 700)])
    )
    assert "edition" in found["missing"]
    refused = enter(client, found)

    assert 422 == refused.status_code
    assert "版の名前" in refused.json()["detail"]
    assert [] == list(desk.corpus.iterdir())
    assert 201 == enter(client, found, edition="令和8年版").status_code


def test_same_pdf_is_not_received_twice(client: TestClient, desk: Desk) -> None:
    """The same bytes under another name are refused with the name they have."""
    shutil.copy(STARTER, desk.corpus / "a.pdf")

    response = client.put("/v1/admin/files/b.pdf", content=STARTER.read_bytes())

    assert 409 == response.status_code
    assert [] == list(desk.uploads.iterdir())


def test_two_of_one_name_do_not_meet(desk: Desk) -> None:
    """While a file of that name is arriving, another is a 409; entered twice, it is one too."""
    intake = Intake(desk.corpus, desk.uploads)
    with intake.receiving("a.pdf"):
        with pytest.raises(Refused) as raised, intake.receiving("a.pdf"):
            pass
        with intake.receiving("b.pdf"):
            pass
    assert 409 == raised.value.status_code
    with entered(app_of(desk)) as client:
        twice = [received(client, "c.pdf", STARTER.read_bytes()) for _ in range(2)]
        assert [201, 409] == [enter(client, found, edition="第1版").status_code for found in twice]


def test_what_nobody_confirms_is_thrown_away(client: TestClient, desk: Desk) -> None:
    """After a day the next upload clears it out, and confirming it then is a 404."""
    found = received(client, "a.pdf", STARTER.read_bytes())
    old = time.time() - 25 * 3600
    os.utime(desk.uploads / found["upload"], (old, old))
    received(client, "b.pdf", STARTER.read_bytes())

    assert 404 == enter(client, found).status_code


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a PDF", b"%PDF-1.7\nbut no more"])
def test_what_is_no_pdf_is_not_kept(client: TestClient, desk: Desk, content: bytes) -> None:
    """Empty, another format, cut short: a 422 with a sentence, and the folder stays as it was."""
    response = client.put("/v1/admin/files/a.pdf", content=content)

    assert 422 == response.status_code
    assert "「a.pdf」は使えません。" in response.json()["detail"]
    assert [] == [*desk.corpus.iterdir(), *desk.uploads.iterdir()]


def test_word_file_is_received_like_a_pdf(
    client: TestClient, desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its first lines are understood, nothing is counted as pages, and it enters as it is."""
    file = office.word(
        tmp_path_factory.mktemp("made") / "a.docx",
        office.para("備品管理要綱"),
        office.para("第１条 備品は総務課が管理する。"),
    )

    found = received(client, "備品管理要綱.docx", file.read_bytes())
    told = enter(client, found, edition="第1版", in_force_from="2026-04-01").json()

    assert ("備品管理要綱", "section") == (found["title"], found["pages_are"])
    assert told["file"].endswith(".docx")
    assert file.read_bytes() == (desk.corpus / told["file"]).read_bytes()


def test_page_offers_the_kinds_that_are_read() -> None:
    """What the file dialog lets one choose is what may be read somewhere."""
    page = (Path(formats.__file__).parents[1] / "api" / "web" / "admin.html").read_text("utf-8")
    accepted = page.partition('id="file" accept="')[2].partition('"')[0]

    assert formats.known() == set(accepted.split(","))


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("要綱.jtd", b"x", "この種類のファイルは読み取れません。PDFか、読み取れる形式"),
        (
            "要綱.doc",
            b"\xd0\xcf\x11\xe0",
            "LibreOfficeがあれば読める種類ですが、ここにはありません。",
        ),
        ("要綱.docx", b"%PDF-1.7", "中身はPDFです。中身に合う拡張子にするか"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_helps(  # as the command line says it
    client: TestClient,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    said: str,
) -> None:
    """A kind that is not read, one that needs LibreOffice, one under a wrong name: each says so."""
    monkeypatch.setattr(libreoffice, "installed", lambda: False)

    response = client.put(f"/v1/admin/files/{name}", content=content)

    assert 422 == response.status_code
    assert said in response.json()["detail"]
    assert [] == [*desk.corpus.iterdir(), *desk.uploads.glob("*")]


@pytest.mark.parametrize("name", ["..%2Fa.pdf", "a.exe", ".pdf", ".a.pdf", "a%00.pdf", "a%5Cb.pdf"])
def test_name_cannot_lead_elsewhere(client: TestClient, desk: Desk, name: str) -> None:
    """A path, another ending or a hidden file is refused."""
    content = STARTER.read_bytes()

    assert client.put(f"/v1/admin/files/{name}", content=content).status_code in {404, 405, 422}
    assert [] == list(desk.corpus.iterdir())
    assert not list(desk.corpus.parent.glob("a.pdf"))


def test_questions_are_counted_and_grouped(client: TestClient) -> None:
    """Two ways to ask the same are one group; a rating that was corrected does not count."""
    told = client.get("/v1/admin/questions").json()

    (day,) = told["days"]
    assert ("2026-04-01", 4, 2, 1) == (day["day"], day["asked"], day["declined"], day["down"])
    assert 95.0 == day["median_ms"]
    assert 108.5 == pytest.approx(day["p95_ms"])
    assert [("育児休業の給与はどうなる", 2, 2, 0), ("=HYPERLINK(1)", 1, 0, 1)] == [
        (each["question"], each["asked"], each["declined"], each["down"])
        for each in told["missing"]
    ]
    assert ["要綱の様式がない"] == told["missing"][1]["comments"]
    assert 95.0 == told["median_ms"]  # of 80, 90, 100, 110


def test_table_opens_in_a_spreadsheet_as_text(client: TestClient) -> None:
    """A byte order mark for Excel, one row a question, and no formula."""
    response = client.get("/v1/admin/questions.csv")
    text = response.content.decode("utf-8")

    assert "\ufeff" == text[0]
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert 5 == len(rows)
    assert "'=HYPERLINK(1)" == rows[4][4]
    assert "attachment" in response.headers["content-disposition"]


def test_latency_of_nothing_and_of_one() -> None:
    """Without answers there is no time; one answer is its own median."""
    assert insights.latency(()) is None
    assert insights.Latency(80.0, 80.0) == insights.latency(ENTRIES[:1])


def test_day_is_that_of_the_clock_on_the_wall() -> None:
    """A question asked in the evening counts for that evening's day."""
    assert date(2026, 4, 1) == insights.day_of(entry("x", "?", hour=23))
    assert date(2026, 4, 1) == insights.day_of(entry("x", "?", hour=0))


DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "application/pdf" }));
  const place = document.querySelector("#drop");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    place.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"viewport": {"width": 360, "height": 800}}, id="telephone"),
    ],
)
def test_page_adds_refreshes_and_shows(desk: Desk, how: dict[str, Any]) -> None:
    """Drop a PDF, correct and confirm it, refresh with progress, return to a generation; axe."""
    desk.report = replace(desk.report, notices=("notes.docx is no PDF.",), pages=12)
    app = app_of(desk)
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(locale="ja-JP", **how).new_page()
        page.set_default_timeout(WAIT_MS)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/admin#once={app.state.access.sessions.word()}")
        expect(page.locator("#missing")).to_contain_text("育児休業の給与")
        assert page.url == f"{address}/admin"
        if "viewport" not in how:
            page.goto(address)
            page.get_by_role("link", name="管理").click()
        expect(page.locator("#missing")).to_contain_text("育児休業の給与")

        page.evaluate(DROP, ["手順書.pdf", b64encode(STARTER.read_bytes()).decode()])
        card = page.locator("#added li.card")
        expect(card).to_contain_text("8ページ")
        expect(card.get_by_label("題名")).to_have_value("自治体DX全体手順書の要約")
        card.get_by_label("版", exact=True).fill("第9版")
        card.get_by_label("公表日").fill("2026-03-31")
        card.get_by_label("施行日").fill("2026-04-01")
        assert 0 == violations(page)
        card.get_by_role("button", name="文書に加える").click()
        expect(card).to_contain_text("（第9版）を加えました。")
        assert [("第9版", date(2026, 3, 31))] == [
            (each.label, each.published) for each in catalog.read(desk.corpus).editions
        ]
        page.get_by_text("名称・種類・発行者・日付を直す").click()
        days = page.locator("#listed form", has=page.locator("[readonly]")).first
        days.get_by_label("公表日").fill("2026-04-02")
        days.get_by_role("button", name="直す").click()
        expect(days.get_by_role("status")).to_contain_text("文書の一覧にありません")
        assert 0 == violations(page)
        page.get_by_role("button", name="索引を更新").click()
        expect(page.locator("#step")).to_have_text(
            "PDFを読んでいます…（1,048ページ中12ページ、毎秒30ページ）"
        )
        desk.let_go.set()
        expect(page.locator("#outcome")).to_contain_text("更新が終わりました")
        expect(page.locator("#outcome")).to_contain_text("notes.docx is no PDF.")
        page.get_by_role("button", name="この世代に戻す").click()
        expect(page.locator("#generations tr", has_text="g1")).to_contain_text("使用中")
        assert 0 == violations(page)
        page.get_by_role("button", name="English").click()
        expect(page.locator("#outcome")).to_contain_text("Notices")
        assert 0 == violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert [] == complaints


@pytest.mark.needs("chromium")
def test_page_offers_to_publish_what_was_refused(desk: Desk) -> None:
    """Reasons and the offer stay over a reload and in English; accepting publishes; axe."""
    desk.reasons = (Bilingual("worse: “休暇は何日ですか”", "悪くなる質問「休暇は何日ですか」"),)
    desk.let_go.set()
    app = app_of(desk)
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(locale="ja-JP").new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/admin#once={app.state.access.sessions.word()}")
        page.get_by_role("button", name="索引を更新").click()
        expect(page.locator("#outcome")).to_contain_text("悪くなる質問「休暇は何日ですか」")
        page.reload()
        accept = page.get_by_role("button", name="それでも公開する")
        expect(accept).to_be_visible()
        assert 0 == violations(page)
        page.get_by_role("button", name="English").click()
        expect(page.locator("#outcome")).to_contain_text("worse: “休暇は何日ですか”")

        page.get_by_role("button", name="Publish all the same").click()

        expect(page.locator("#outcome")).to_contain_text("Answers now come from the new index (g2)")
        expect(accept).to_have_count(0)
        browser.close()


@pytest.mark.needs("chromium")
def test_edited_answer_keeps_each_quotation_with_its_document(desk: Desk) -> None:
    """Also where its words change; another choice of document is for those of the first; axe."""
    quotations = [
        {"document": d, "edition": "1", "quote": q} for d, q in (("a", "甲"), ("b", "乙"))
    ]
    one = {
        "id": "x1", "question": "休暇は何日ですか", "likes": [], "language": "ja", "wording": "二十日。",
        "quotations": quotations, "by": "総務部", "day": "2026-04-01", "owner": "", "doubt": "",
    }  # fmt: skip
    documents: list[dict[str, Any]] = [
        {"document": name, "title": name, "folders": [], "groups": groups, "owner": ""}
        for name, groups in (("a", []), ("b", ["人事課"]), ("c", []))
    ]
    sent: list[list[dict[str, str]]] = []
    app = app_of(desk)
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(locale="ja-JP").new_page()
        page.set_default_timeout(WAIT_MS)
        bindings = {"documents": documents, "folders": []}

        def answered(route: Route) -> None:
            if route.request.method == "POST":
                sent.append(json.loads(route.request.post_data or "")["quotations"])
            route.fulfill(json={"approved": [one]})

        page.route("**/v1/admin/approved", answered)
        page.route("**/v1/admin/groups", lambda route: route.fulfill(json=bindings))
        page.goto(f"{address}/admin#once={app.state.access.sessions.word()}")
        expect(page.locator("section", has=page.locator("#groups-title"))).to_contain_text("人事課")
        assert 0 == violations(page)
        part = page.locator("section", has=page.locator("#approved-title"))
        for document, quotes in (("a", "甲\n乙丙"), ("c", "甲\n乙"), ("a", "丁\n甲\n乙")):
            part.get_by_role("button", name="直す").click()
            part.get_by_label("根拠の文書").select_option(document)
            part.get_by_label("根拠の引用（一行に一つ）").fill(quotes)
            with page.expect_response("**/v1/admin/groups"):
                part.get_by_role("button", name="承認して登録する").click()
        browser.close()

    assert [
        [("a", "甲"), ("b", "乙丙")],
        [("c", "甲"), ("b", "乙")],
        [("a", "丁"), ("a", "甲"), ("b", "乙")],
    ] == [[(each["document"], each["quote"]) for each in told] for told in sent]


def test_the_examination_is_shown(tmp_path: Path) -> None:
    """What the office finds, in the reader's language."""
    desk = Desk(tmp_path)
    found = WireFinding(about="disk", name="disk", state="look", what="空きが少ない", todo="消す")
    there = replace(
        desk.office, examine=lambda language: [found.model_copy(update={"name": language})]
    )
    app = create_app(
        library=small, answerer=Extractive(small), page_file=lambda _: CORPUS, office=there
    )
    with entered(app) as client:
        told = client.get("/v1/admin/doctor", headers={"Accept-Language": "en"}).json()

    assert [{**found.model_dump(), "name": "en"}] == told["findings"]


def test_what_an_administrator_does_is_recorded(desk: Desk) -> None:
    """Who, from where, what; of a refresh that overrode the gate the reason that was given."""
    told: list[tuple[str, dict[str, object], str, str]] = []
    desk.let_go.set()
    there = replace(
        desk.office,
        note=lambda deed, what, who, address: told.append((deed.name, dict(what), who, address)),
        published=lambda report, reason: [
            (Deed.OVERRIDDEN, {"generation": report.generation, "reason": reason})
        ],
    )
    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda held: CORPUS / (held.path or ""),
        office=there,
        access=Access(sessions=(sessions := Sessions())),
    )
    client = TestClient(app, client=("127.0.0.1", 5000), base_url="http://127.0.0.1")
    client.cookies.set(COOKIE, sessions.exchange(sessions.word()) or "")

    client.post("/v1/admin/refresh", json={"accept": True, "reason": "誤差"})
    client.post("/v1/admin/rollback", json={})
    client.get("/v1/admin/questions.csv")
    until_s = time.monotonic() + 120
    while len(told) < 3 and time.monotonic() < until_s:  # the refresh has a thread of its own
        time.sleep(0.01)

    assert [
        ("EXPORTED", {"what": "questions", "days": 30, "count": 4}, "session", "127.0.0.1"),
        ("OVERRIDDEN", {"generation": "g2", "reason": "誤差"}, "session", "127.0.0.1"),
        ("ROLLED_BACK", {"generation": "g1"}, "session", "127.0.0.1"),
    ] == sorted(told, key=lambda each: each[0])
