"""docs/architecture.md describes the tree as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w./-]+/[\w./-]*|[\w.-]+\.(?:md|toml|py))(?::(\w+))?`", PAGE)))
ROOMS = sorted(
    f"{top}/{room.name}/"
    for top in ("bot", "index", "ingest")
    for room in (ROOT / top).iterdir()
    if (room / "__init__.py").exists()
)


@pytest.mark.parametrize("path, name", NAMED)
def test_what_the_page_names_is_there(path: str, name: str) -> None:
    """Every file and folder exists, and every file holds the function or class named in it."""
    assert (ROOT / path).exists()
    if name:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^ *(?:async )?(?:def|class) {name}\b", source, re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_described(room: str) -> None:
    """A room that is added is put on the map."""
    assert room in PAGE.partition("## A question")[0]


def test_a_name_that_is_gone_would_be_noticed() -> None:
    """The page names files and functions in the form that the test looks for."""
    assert ("bot/asking/question.py", "read") in NAMED
    assert len(ROOMS) < len(NAMED)
