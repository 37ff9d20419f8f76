"""A home that an earlier version made is used as it is, and nothing in it is lost.

homes/3863c6d.tar.xz was made by that commit's own commands: a corpus of two documents, one with
two editions, refreshed twice; two questions in one conversation, the first answered from the first
edition; a key. told.json is what its commands printed. Only the first of the two generations was
taken out, for its size.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.keys import Keys
from bot.ledger.ledger import open_ledger
from tebiki import places
from tebiki.command_line import app

DAY = date(2026, 12, 1)
HOMES = Path(__file__).parent / "homes"


@dataclass(frozen=True)
class Old:
    """An unpacked home, its corpus, and what was printed when they were made."""

    folder: Path

    @property
    def told(self) -> Any:  # noqa: ANN401 - JSON
        """What the commands of that version printed."""
        return json.loads((self.folder / "told.json").read_text(encoding="utf-8"))

    def does(self, *words: str | Path, code: int = 0) -> Result:
        """Run a command on them; any exit code but *code* fails."""
        where = ("--home", self.folder / "var", "--corpus", self.folder / "corpus")
        result = CliRunner().invoke(app, [str(word) for word in (*where, *words)])
        assert code == result.exit_code, result.output
        return result

    def files(self) -> dict[str, str]:
        """Return the hash of everything that is the user's and that no refresh may change."""
        kept = [self.folder / "corpus", self.folder / "var" / "pdfs", self.folder / "var/keys.json"]
        paths = [path for one in kept for path in (one, *one.rglob("*")) if path.is_file()]
        return {str(path): sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(params=["3863c6d"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """A home made by that commit."""
    with tarfile.open(HOMES / f"{request.param}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    return Old(tmp_path)


def test_nothing_in_an_old_home_is_lost(old: Old) -> None:
    """Answers word for word, the conversation, the key, PDFs, catalog; before and after a refresh."""
    before = old.files()

    for refreshed in (False, True):
        if refreshed:
            old.does("refresh")
        for answer in old.told["answers"]:
            now = json.loads(old.does("answer", answer["id"], "--json").stdout)
            assert answer["text"] == now["text"]
            assert [c["quote"] for c in answer["citations"]] == [
                c["quote"] for c in now["citations"]
            ]
        ledger = open_ledger(old.folder / "var")
        assert [answer["question"] for answer in old.told["answers"]] == [
            turn.question for turn in ledger.turns("窓口")
        ]
        (listed,) = json.loads(old.does("keys", "list", "--json").stdout)
        assert old.told["key"]["id"] == listed["id"]
        keys = Keys(old.folder / "var" / "keys.json")
        assert keys.find(old.told["key"]["secret"], on=DAY) is not None
        assert before == old.files()


def test_an_old_index_answers_or_says_how_it_will(old: Old) -> None:
    """What it was read with may be of yesterday: then one sentence says so, and a refresh mends it."""
    question = ("ask", "転出届の受付は何時から何時までですか", "--json")

    now = CliRunner().invoke(
        app, ["--home", str(old.folder / "var"), "--corpus", str(old.folder / "corpus"), *question]
    )
    old.does("refresh")
    then = json.loads(old.does(*question).stdout)

    assert 0 == now.exit_code or "tebiki refresh" in now.stderr
    assert "午前八時から午後六時まで" in then["text"]
    assert {"第2.0版"} == {citation["edition"] for citation in then["citations"]}


def test_an_old_answer_still_shows_its_page(old: Old, tmp_path: Path) -> None:
    """The edition it cites is superseded and its generation gone; its PDF is kept."""
    first = old.told["answers"][0]["id"]
    old.does("refresh")

    made = json.loads(old.does("export", first, "--to", tmp_path / "sheets", "--json").stdout)

    assert 1 == len([name for name in made["files"] if name.endswith(".png")])


def test_an_old_home_in_the_working_folder_is_found(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any option, as it was made; one sentence says so."""
    monkeypatch.setattr(places, "PROGRAM", old.folder / "program")
    monkeypatch.setenv("XDG_DATA_HOME", str(old.folder / "data"))
    monkeypatch.chdir(old.folder)

    told = CliRunner().invoke(app, ["answer", old.told["answers"][0]["id"], "--json"])

    assert old.told["answers"][0]["text"] == json.loads(told.stdout)["text"]
    assert told.stderr.startswith(f"{old.folder / 'var'} is used, as by earlier versions")
