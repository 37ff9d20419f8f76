"""Presentations, slide by slide."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.formats import read
from ingest.headings import sections
from ingest.pages import Place, PlaceKind
from tests.office import shape, slides, write


def test_slide_is_read_from_its_title_down(tmp_path: Path) -> None:
    """In the order of places, not of drawing; running feet and hidden slides are left out."""
    text = read(
        slides(
            tmp_path / "a.pptx",
            shape("下の段", top=900)
            + shape("上の段\n続き", top=100)
            + shape("題名", kind="title", top=50),
            shape("秘密", kind="title"),
            shape("結論", kind="title")
            + shape("令和7年度から始める。")
            + shape("3", kind="sldNum"),
            hidden=(2,),
        )
    )

    assert ["題名\n上の段\n続き\n下の段", "結論\n令和7年度から始める。"] == [
        p.text for p in text.pages
    ]
    assert "Hidden slides were left out: 2." == text.pages[0].quality.note
    assert [("題名",), ("結論",)] == [section.path for section in sections(text)]
    assert Place(PlaceKind.SLIDE, "3") == text.place(len(text.text) - 5, len(text.text) - 2)


def test_table_that_nobody_filled_in_stops_nothing(tmp_path: Path) -> None:
    """Its slide is read all the same, also from a file whose parts are named as Windows does."""
    empty = "<a:tbl><a:tr><a:tc/><a:tc/></a:tr></a:tbl>"
    frame = f"<p:graphicFrame><a:graphic><a:graphicData>{empty}</a:graphicData></a:graphic></p:graphicFrame>"
    path = slides(tmp_path / "a.pptx", shape("研修の日程", kind="title") + frame)
    with zipfile.ZipFile(path) as archive:
        parts = {
            name.replace("/", "\\"): archive.read(name).decode() for name in archive.namelist()
        }

    assert "研修の日程\n" == read(path).text
    assert "研修の日程\n" == read(write(tmp_path / "b.pptx", parts)).text


def test_what_is_struck_is_left_out_and_a_raised_digit_is_no_digit(tmp_path: Path) -> None:
    """As the slide shows them: the old amount with a line through it, m² with a small 2."""
    said = (
        '<a:r><a:t>広さは30m</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>2</a:t></a:r>'
        '<a:r><a:rPr strike="sngStrike"/><a:t>以下</a:t></a:r><a:r><a:t>以上</a:t></a:r>'
    )
    text = read(slides(tmp_path / "a.pptx", shape("@").replace("<a:r><a:t>@</a:t></a:r>", said)))

    assert "広さは30m²以上\n" == text.text
