"""Damaged files: none breaks the reader otherwise than by an error that names it."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest

from ingest.errors import UnreadablePdf
from ingest.formats import read
from tests.office import book, cell, para, row, shape, sheet, slides, table, word

EACH = int(os.environ.get("TEBIKI_TEST_DAMAGED", "500")) // 4


def _word(path: Path) -> Path:
    return word(
        path, para("第1条　目的"), table(["区分", cell("金額", across=2)], ["甲", "1", "2"])
    )


def _book(path: Path) -> Path:
    said = sheet(row(1, A="区分", B="金額") + row(2, A="甲", B=(300, 0)), merged=("A1:A1", "B2:C3"))
    return book(path, {"一": said})


def _slides(path: Path) -> Path:
    return slides(path, shape("題名", kind="title") + shape("本文"))


def _page(path: Path) -> Path:
    path.write_text("<table><tr><td colspan=2>甲<td>1</table><h1>題<ul><li>一</ul>", "utf-8")
    return path


def _changed(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(made))
        match chance.randrange(4):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                del made[at : at + chance.randrange(1, 20)]
            case 2:
                made[at:at] = bytes(chance.randrange(256) for _ in range(5))
            case _:
                made[at:at] = made[max(0, at - 30) : at]
        if not made:
            made += b"x"
    return bytes(made)


def _repacked(path: Path, chance: random.Random) -> None:
    """Change one part inside, so that the damage gets past the ZIP's own checks."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    parts[name] = _changed(parts[name], chance)
    with zipfile.ZipFile(path, "w") as archive:
        for each, said in parts.items():
            archive.writestr(each, said)


@pytest.mark.parametrize(
    "name, make",
    [("a.docx", _word), ("a.xlsx", _book), ("a.pptx", _slides), ("a.html", _page)],
)
def test_damaged_file_is_read_or_named(tmp_path: Path, name: str, make: object) -> None:
    """500 of them (2,000 by "make damage"): read as far as it goes, or an error for the person who put it there."""
    assert callable(make)
    path = make(tmp_path / name)
    whole = path.read_bytes()
    chance = random.Random(name)  # noqa: S311 - the same damage each time
    told: list[str] = []
    for turn in range(EACH):
        path.write_bytes(whole)
        if name != "a.html" and turn % 3:
            _repacked(path, chance)
        else:
            path.write_bytes(_changed(whole, chance))
        try:
            read(path)
        except UnreadablePdf as problem:
            told += [problem.reason, problem.advice]

    assert all(told)
    assert len(told) < 2 * EACH
