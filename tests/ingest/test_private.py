"""The home is its owner's alone, whatever the umask, and the corpus is everybody's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import private
from ingest.catalog import entries
from tests import pdfs


@pytest.fixture(autouse=True)
def umask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin as a process does whose umask keeps nothing from anybody."""
    before = os.umask(0)
    monkeypatch.setattr(private, "_at_start", None)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return the rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def open_home(folder: Path) -> Path:
    """Make a home as an older Tebiki left it."""
    home = folder / "var"
    (home / "generations" / "g000001").mkdir(parents=True)
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "current", "generations/g000001/manifest"):
        (home / name).write_text("x")
    return home


def test_existing_home_is_put_right_and_it_is_said(tmp_path: Path) -> None:
    """Folders 0700, files 0600, once; the second time there is nothing to say."""
    home = open_home(tmp_path)

    (told,) = private.keep(home)

    assert {0o600} == {mode(path) for path in home.rglob("*") if path.is_file()}
    assert {0o700} == {mode(path) for path in (home, *home.rglob("*")) if path.is_dir()}
    assert "7 files and folders" in told
    assert () == private.keep(home)


def test_what_is_written_from_now_on_is_private(tmp_path: Path) -> None:
    """A home that is made anew is private from its first file on."""
    private.keep(tmp_path / "var")
    (tmp_path / "var" / "pdfs").mkdir(parents=True)
    (tmp_path / "var" / "pdfs" / "a.pdf").write_bytes(b"x")

    assert (0o700, 0o700, 0o600) == (
        mode(tmp_path / "var"),
        mode(tmp_path / "var" / "pdfs"),
        mode(tmp_path / "var" / "pdfs" / "a.pdf"),
    )


def test_nothing_but_ours_is_touched(tmp_path: Path) -> None:
    """Should somebody name his own folder as the home, or keep the corpus in it."""
    home = open_home(tmp_path)
    (home / "diary.txt").write_text("x")
    (home / "readings").mkdir()
    (home / "readings" / "corpus").mkdir()
    (home / "elsewhere").write_text("x")
    (home / "current").unlink()
    (home / "current").symlink_to(home / "elsewhere")

    private.keep(home, apart=home / "readings" / "corpus")

    assert (0o777, 0o666, 0o777, 0o666) == (
        mode(home),
        mode(home / "diary.txt"),
        mode(home / "readings" / "corpus"),
        mode(home / "elsewhere"),
    )
    assert 0o600 == mode(home / "ledger.sqlite")


def test_corpus_keeps_the_rights_that_the_umask_gives(tmp_path: Path) -> None:
    """Colleagues care for the corpus together: its files and its catalog stay readable to them."""
    os.umask(0o022)
    private.keep(tmp_path / "var")
    corpus, pdf = tmp_path / "corpus", tmp_path / "leave.pdf"
    corpus.mkdir(mode=0o755)
    pdfs.write(pdf, [pdfs.Sheet().say("休暇の手引き 第1版 令和8年4月1日", 72, 700)])
    added = entries.add(
        corpus, pdf, entries.understood(corpus, pdf, document="leave", title="休暇", label="第1版")
    )

    assert 0o644 == mode(corpus / str(added.path))
    assert 0o755 == mode((corpus / str(added.path)).parent)
    assert 0o644 == mode(corpus / "catalog.toml")


def test_every_command_keeps_the_home_private(tmp_path: Path) -> None:
    """A command under umask 0 puts an open home right, says so, and writes privately."""
    home = open_home(tmp_path)
    (home / "ledger.sqlite").unlink()
    made = subprocess.run(
        [sys.executable, "-m", "tebiki", "--home", str(home), "keys", "create", "one"],
        capture_output=True,
        text=True,
        check=True,
        umask=0,
    )

    assert "only their owner can" in " ".join(made.stderr.split())
    assert (0o700, 0o600) == (mode(home), mode(home / "keys.json"))
