"""Pages are drawn in processes that a bad page may break, and nothing else with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import rendering
from ingest.errors import UnreadablePdf
from ingest.pages import Box
from ingest.pdf import documents
from ingest.rendering import Renderer
from tests.pdfs import Sheet, bomb, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    """A renderer with little time and memory."""
    one = Renderer(timeout_s=3, memory_mb=768)
    yield one
    one.close()


def slow(path: Path) -> Path:
    """A small file whose page draws a form that draws a form, each a hundred times: 10^8 rules."""
    forms = [f"/F{depth} Do " * 100 for depth in range(1, 4)]
    sheet = Sheet(forms=[*forms, "0.5 w 0 0 m 595 842 l S " * 100])
    sheet.drawn.append("/F0 Do")
    return write(path, [sheet])


def test_a_page_is_drawn_as_it_always_was(tmp_path: Path, renderer: Renderer) -> None:
    """The picture is the same as without a process of its own, marks included."""
    file = write(tmp_path / "page.pdf", [Sheet().say("職員は宣誓書を提出する。", 72, 700)])
    marks = [Box(1, 72, 698, 200, 712), Box(2, 0, 0, 9, 9)]

    expected = documents.draw(file, 1, width=400, boxes=marks)

    assert expected == renderer.draw(file, 1, width=400, boxes=marks)
    assert expected == rendering.draw(file, 1, width=400, boxes=marks)


def test_what_cannot_be_drawn_is_said_as_it_always_was(tmp_path: Path, renderer: Renderer) -> None:
    """A missing page and a missing file are told apart, and the process goes on."""
    file = write(tmp_path / "page.pdf", [Sheet().say("本文", 72, 700)])

    with pytest.raises(ValueError, match="has pages 1 to 1, not 2"):
        renderer.draw(file, 2, width=400)
    with pytest.raises(UnreadablePdf, match="there is no such file"):
        renderer.draw(tmp_path / "gone.pdf", 1, width=400)

    assert renderer.draw(file, 1, width=400).startswith(b"\x89PNG")


def test_a_page_that_takes_too_long_stops_nothing(tmp_path: Path) -> None:
    """It costs its bound, is named, and the next page is drawn.

    Memory is no bound here: what is drawn for long takes much of it, too.
    """
    renderer = Renderer(timeout_s=2, memory_mb=8_192)
    file = write(tmp_path / "page.pdf", [Sheet().say("本文", 72, 700)])
    renderer.draw(file, 1, width=400)

    with pytest.raises(UnreadablePdf, match="page 1 was not drawn within 2 s"):
        renderer.draw(slow(tmp_path / "slow.pdf"), 1, width=400)

    assert renderer.draw(file, 1, width=400).startswith(b"\x89PNG")
    renderer.close()


def test_a_page_that_takes_too_much_memory_stops_nothing(tmp_path: Path) -> None:
    """Whoever reads on is not brought down with the process that drew."""
    renderer = Renderer(timeout_s=60, memory_mb=768)
    file = write(tmp_path / "page.pdf", [Sheet().say("本文", 72, 700)])

    with pytest.raises(UnreadablePdf, match="page 1"):
        renderer.draw(bomb(tmp_path / "bomb.pdf"), 1, width=400)

    assert renderer.draw(file, 1, width=400).startswith(b"\x89PNG")
    renderer.close()
