"""A page of a file that has none: its text as the file shows it, the quotation marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect, sync_playwright

from ingest.formats import read
from tests.axe import WAIT_MS, violations
from tests.conftest import system_package
from tests.fakes import FakeLibrary, edition
from tests.office import cell, para, table, word
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
