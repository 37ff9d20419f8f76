"""A page of a file that has none: its text as the file shows it, the quotation marked."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import expect, sync_playwright

from api.access import Access
from api.app import create_app
from bot.answering.extractive import Extractive
from ingest import printing
from ingest.formats import read
from tests.axe import WAIT_MS, violations
from tests.conftest import system_package
from tests.fakes import FakeLibrary, edition
from tests.office import cell, para, pretend, table, word
from tests.pdfs import Sheet, write
from tests.served import app_of, serving

HELD = edition("rules", title="備品管理要綱")


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    """Rules in Word with changes, and a table whose heads stand in two rows, far down."""
    fees = (
        f"<w:tr>{cell('行為')}{cell('使用料', across=2)}</w:tr>"
        f"<w:tr>{cell('')}{cell('平日')}{cell('休日')}</w:tr>"
        f"<w:tr>{cell('露店')}{cell('500円')}{cell('800円')}</w:tr>"
        f"<w:tr>{cell('撮影')}{cell('100円')}{cell('200円')}</w:tr>"
    )
    path = word(
        tmp_path / "a.docx",
        para("備品管理要綱"),
        para("（趣旨）"),
        para("第１条　趣旨を", "<w:ins><w:r><w:t>ここに</w:t></w:r></w:ins>", "定める。"),
        *(para(f"第{number}条　第{number}の定め。") for number in range(2, 30)),
        para("別表（第２条関係）"),
        table().replace("</w:tbl>", f"{fees}</w:tbl>"),
    )
    return FakeLibrary({HELD: read(path)})


def test_place_and_note_of_a_page_are_in_the_readers_words(library: FakeLibrary) -> None:
    """The article names it, not the whole file; what was left out is told in Japanese."""
    start = library.text(HELD).text.index("第１条")
    with TestClient(app_of(library), base_url="http://127.0.0.1") as client:
        asked = f"/v1/documents/rules/editions/1.0/pages/1?start={start}&end={start + 5}"
        found = client.get(asked, headers={"Accept-Language": "ja"}).json()

    assert {"kind": "section", "label": "第１条（趣旨）", "range": "¶1"} == found["place"]
    assert "変更履歴は承諾後の文として読みました（1か所）。" == found["note"]


@pytest.mark.needs("chromium")
def test_table_stands_as_in_the_file_and_the_mark_is_seen(library: FakeLibrary) -> None:
    """A head over two columns spans them, and a mark far down in a table is scrolled to; axe."""
    start = library.text(HELD).text.index("800円")
    app = app_of(library)
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(
            locale="ja-JP", viewport={"width": 900, "height": 500}
        ).new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/view?document=rules&edition=1.0&page=1&start={start}&end={start + 4}")

        expect(page.locator("mark")).to_have_text("800円")
        expect(page.locator("mark")).to_be_in_viewport()
        expect(page.locator("td[colspan='2']")).to_have_text("使用料")
        second = page.locator("tr", has_text="平日").locator("td")
        expect(second).to_have_text(["", "平日", "休日"])
        expect(page.locator(".count")).to_contain_text("別表（第２条関係）")
        assert 0 == violations(page)
        browser.close()


@pytest.fixture
def printing_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The application over rules in Word, where LibreOffice (one that pretends) is installed."""
    file = word(
        tmp_path / "rules.docx", para("備品管理要綱"), para("第１条　備品は課長が管理する。")
    )
    printed = write(tmp_path / "p.pdf", [Sheet().say("第１条　備品は課長が管理する。", 72, 700)])
    programs = pretend(tmp_path / "programs", printed)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    printing._press.cache_clear()  # noqa: SLF001 - what other tests printed
    library = FakeLibrary({HELD: read(file)})
    return create_app(
        library=lambda: library,
        answerer=Extractive(lambda: library),
        page_file=lambda _: file,
        access=Access(),
    )


def test_file_without_pages_is_shown_as_it_is_printed(printing_app: FastAPI) -> None:
    """Where LibreOffice is; a place that is not found there is said to be none, in words."""
    base = "/v1/documents/rules/editions/1.0/pages/1"
    with TestClient(printing_app, base_url="http://127.0.0.1") as client:
        text = client.get(base).json()["text"]
        start = text.index("第１条")
        shown = client.get(f"{base}?start={start}&end={len(text)}").json()["image_url"]
        found = client.get(shown)
        known = client.get(shown, headers={"If-None-Match": found.headers["etag"]})
        title = client.get(f"{base}/image?start=0&end=6", headers={"Accept-Language": "ja"})

    assert (200, "image/png") == (found.status_code, found.headers["content-type"])
    assert 304 == known.status_code
    assert 404 == title.status_code
    assert "印刷した姿では、この箇所が見つかりません" in title.text


def test_without_the_program_there_is_no_picture(
    printing_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so by having no address of an image, and the route in words."""
    monkeypatch.setenv("PATH", "/nowhere")
    base = "/v1/documents/rules/editions/1.0/pages/1"
    with TestClient(printing_app, base_url="http://127.0.0.1") as client:
        assert client.get(base).json()["image_url"] is None
        assert "ページの画像はありません" in client.get(f"{base}/image").text


@pytest.mark.needs("chromium")
def test_printed_page_is_shown_on_demand(printing_app: FastAPI) -> None:
    """A button shows it in place of the text, and the text again."""
    with serving(printing_app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(locale="ja-JP").new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/view?document=rules&edition=1.0&page=1&start=7&end=22")
        page.get_by_role("button", name="印刷した姿").click()

        expect(page.locator(".frame img")).to_have_attribute("alt", re.compile("印刷した姿"))
        expect(page.locator(".state")).to_contain_text("LibreOfficeで印刷した姿です")
        assert 0 == violations(page)
        page.get_by_role("button", name="文字で読む").click()

        expect(page.locator("mark")).to_contain_text("備品は課長が管理する")
        browser.close()
