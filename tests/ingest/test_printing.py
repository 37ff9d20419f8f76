"""Office files as they are printed: a place is found by its words. A program that pretends prints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ingest import printing
from ingest.errors import UnreadablePdf
from ingest.pdf import documents
from tests.office import para, pretend, word
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "第１条　備品は課長が管理する。\n第２条　備品は課長が廃棄する。\n区分　金額\n大型　300円\n小型　200円\n"


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a soffice first on the path that notes each call and prints two pages."""
    pages = [
        Sheet().say("備品管理要綱", 72, 700),
        Sheet().say("第１条　備品は課長が管理", 72, 700).say("する。", 72, 684),
    ]
    programs = pretend(tmp_path / "programs", write(tmp_path / "printed.pdf", pages))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    printing._press.cache_clear()  # noqa: SLF001 - what other tests printed
    return programs


def test_place_is_marked_on_the_page_that_says_it(pretended: Path, tmp_path: Path) -> None:
    """Wrapped there, and spaced otherwise: its page is drawn, and the file is printed once."""
    file = word(tmp_path / "a.docx", para("備品管理要綱"), para("第１条 備品は課長が管理する。"))
    said = "第１条 備品は課長が管理する。"
    printed = documents.read(pretended / "out.pdf")
    start = printed.text.index("第１条")
    boxes = printed.boxes(start, start + len(said))

    expected = documents.draw(pretended / "out.pdf", 2, width=400, boxes=boxes)

    assert expected == printing.draw(file, said, 0.5, width=400)
    assert printing.draw(file, "備品管理要綱", 0.0, width=400) is not None
    assert printing.draw(file, "ここにない文", 0.0, width=400) is None
    assert ["called"] == (pretended / "calls").read_text().split()
    assert printing.offered(file)


def test_what_cannot_be_printed_is_said_each_time_and_tried_once(
    pretended: Path, tmp_path: Path
) -> None:
    """A damaged file costs one try, not one for each who looks."""
    (pretended / "out.pdf").unlink()
    file = word(tmp_path / "a.docx", para("備品管理要綱"))

    for _ in range(2):
        with pytest.raises(UnreadablePdf, match="LibreOffice could not open it"):
            printing.draw(file, "備品管理要綱", 0.0, width=400)

    assert ["called"] == (pretended / "calls").read_text().split()


def test_large_files_and_other_kinds_are_not_printed(
    pretended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and web pages are shown as they are; without the program nothing is offered."""
    file = word(tmp_path / "a.docx", para("備品管理要綱"))
    monkeypatch.setattr(printing, "LARGEST_MB", 0)

    with pytest.raises(UnreadablePdf, match="larger than 0 MB"):
        printing.draw(file, "備品管理要綱", 0.0, width=400)
    assert not printing.offered(tmp_path / "a.html")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert not printing.offered(file)
    assert not (pretended / "calls").exists()


def spans(said: str, before: float) -> list[str]:
    """Return what is found."""
    return [TEXT[start:end] for start, end in printing.places(TEXT, said, before)]


@pytest.mark.parametrize(
    "said, before, found",
    [
        pytest.param("第２条 備品は課長が", 0, ["第２条　備品は課長が"], id="spaced otherwise"),
        pytest.param("備品は", 1.0, ["備品は"], id="the nearest of several"),
        pytest.param("大型\t300円", 0, ["大型　300円"], id="cells of a row"),
        pytest.param("区分\t大型\t300円", 0, ["区分", "大型", "300円"], id="a cell said again"),
        pytest.param("区分\t中型\t400円", 0, [], id="too few of the cells"),
        pytest.param("１", 0, ["１"], id="a single character"),
        pytest.param("", 0, [], id="nothing"),
    ],
)
def test_words_are_found_without_their_spaces(said: str, before: float, found: list[str]) -> None:
    """Where they stand whole, else cell by cell; nothing where few are found."""
    assert found == spans(said, before)


def test_nearest_place_counts() -> None:
    """What stands twice is looked for around where the quotation stands in the file."""
    ((first, _),) = printing.places(TEXT, "備品は課長が", 0.0)
    ((second, _),) = printing.places(TEXT, "備品は課長が", 0.4)

    assert (TEXT.index("備品"), TEXT.rindex("備品")) == (first, second)
