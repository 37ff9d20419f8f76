"""The dictionary for English questions is fetched from what is near, or taken from a carried file."""

from __future__ import annotations

import lzma
import sqlite3
import subprocess
import tarfile
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tebiki.command_line import app
from tebiki.dictionary import fetch, take
from tebiki.fetched import NotFetched

LICENCE = "免許 [めんきょ] /(n,vs) license/permission/(P)/"
EDICT = f"　？？？ /EDICT, made for the tests/\n{LICENCE}\nたくさん /(n) many/(P)/\nnothing here\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the dictionary will be."""
    place = tmp_path / "share" / "edict"
    for module in ("index.search.dictionary", "tebiki.dictionary"):
        monkeypatch.setattr(f"{module}.KEPT", place)
    return place


def said(kept: Path) -> list[str]:
    """Return the entries that were kept, without the line about the licence."""
    head, *entries = kept.read_text(encoding="euc_jp").splitlines()
    assert "CC BY-SA" in head
    assert [kept] == list(kept.parent.iterdir())
    return entries


def edict(folder: Path) -> Path:
    """Write EDICT's file."""
    file = folder / "edict"
    file.write_text(EDICT, encoding="euc_jp")
    return file


def package(folder: Path) -> Path:
    """Build a Debian package as edict's."""
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    # The program that builds it refuses a folder that others cannot read.
    (root / "DEBIAN").chmod(0o755)
    (root / "DEBIAN" / "control").write_text(
        "Package: edict\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: d\n"
    )
    (root / "usr" / "share" / "edict").mkdir(parents=True)
    edict(root / "usr" / "share" / "edict")
    made = folder / "edict_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", root, made], check=True, capture_output=True)
    return made


def archive(folder: Path) -> Path:
    """Write what jamdict-data's archive holds: a database of words in tables."""
    database = folder / "words.sqlite"
    with closing(sqlite3.connect(database)) as held:
        held.executescript("""
            CREATE TABLE Kanji (ID INTEGER PRIMARY KEY, idseq INTEGER, text TEXT);
            CREATE TABLE Kana (ID INTEGER PRIMARY KEY, idseq INTEGER, text TEXT, nokanji BOOLEAN);
            CREATE TABLE KJP (kid INTEGER, text TEXT);
            CREATE TABLE KNP (kid INTEGER, text TEXT);
            CREATE TABLE Sense (ID INTEGER PRIMARY KEY, idseq INTEGER);
            CREATE TABLE SenseGloss (sid INTEGER, lang TEXT, gend TEXT, text TEXT);
            INSERT INTO Kanji VALUES (1, 10, '免許'), (2, 11, '下見'), (3, 11, '下検分𠮷');
            INSERT INTO KJP VALUES (1, 'news1'), (2, 'news2');
            INSERT INTO Kana VALUES (1, 10, 'めんきょ', 0), (2, 12, 'ライセンス', 0), (3, 13, 'たくさん', 0);
            INSERT INTO KNP VALUES (1, 'news1'), (2, 'gai1');
            INSERT INTO Sense VALUES (1, 10), (2, 10), (3, 11), (4, 12), (5, 13);
            INSERT INTO SenseGloss VALUES
                (1, 'eng', '', 'license'), (1, 'ger', '', 'Lizenz'), (2, 'eng', '', 'and/or'),
                (3, 'eng', '', 'preliminary inspection'), (4, 'eng', '', 'licence'),
                (5, 'eng', '', 'many');
        """)
    made = folder / "jamdict_data-1.5.tar.gz"
    packed = lzma.compress(database.read_bytes())
    database.unlink()
    with tarfile.open(made, "w:gz") as tar:
        inside = tarfile.TarInfo("jamdict_data-1.5/jamdict_data/jamdict.db.xz")
        inside.size = len(packed)
        tar.addfile(inside, BytesIO(packed))
    return made


def test_the_entries_that_may_be_looked_up_are_kept(kept: Path, tmp_path: Path) -> None:
    """Not what is hiragana alone, nor what is no entry; what was kept can be carried elsewhere."""
    take(edict(tmp_path))
    carried = tmp_path / "carried"
    carried.write_bytes(kept.read_bytes())
    take(carried)

    assert [LICENCE] == said(kept)


@pytest.mark.needs("dpkg")
def test_a_debian_package_is_unpacked_without_being_installed(kept: Path, tmp_path: Path) -> None:
    """So nobody has to be root."""
    take(package(tmp_path))

    assert [LICENCE] == said(kept)


def test_a_database_becomes_the_same_lines(kept: Path, tmp_path: Path) -> None:
    """News1 makes a word a common one and news2 does not; a word in other characters is left out."""
    take(archive(tmp_path))

    assert [
        "免許 /license/and, or/(P)/",
        "下見 /preliminary inspection/",
        "ライセンス /licence/(P)/",
    ] == said(kept)


@pytest.mark.parametrize(
    "name, content",
    [("edict", b"%PDF-1.7\n"), ("edict", b""), ("jamdict.tar.gz", b"cut"), ("e.deb", b"cut")],
    ids=["another file", "an empty file", "a broken archive", "a broken package"],
)
def test_a_file_without_a_dictionary_changes_nothing(
    kept: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    """It is named, and the dictionary that was there stays."""
    take(edict(tmp_path))
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(NotFetched, match=str(file)):
        take(file)

    assert [LICENCE] == said(kept)


class Machine:
    """Runs commands as a machine would that has one source of the two, or none."""

    def __init__(self, tmp_path: Path, has: str) -> None:
        self._folder, self._has = tmp_path, has
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str], folder: Path) -> str:
        program = Path(command[0]).name
        self.asked.append(program)
        if not program.startswith(self._has):
            return "Could not resolve host"
        made = archive(self._folder)
        made.replace(folder / made.name)
        return ""


@pytest.mark.parametrize("apt", ["/usr/bin/apt-get", None], ids=["Debian", "elsewhere"])
def test_the_python_index_is_asked_where_apt_has_it_not(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apt: str | None
) -> None:
    """By name, version and hash; what was fetched is thrown away."""
    monkeypatch.setattr("tebiki.dictionary.shutil.which", lambda _name: apt)
    machine, told = Machine(tmp_path, "python"), list[str]()

    assert kept == fetch(told.append, runs=machine)

    assert "免許 /license/and, or/(P)/" in said(kept)
    assert (2 if apt else 1) == len(machine.asked) == len(told)


def test_without_a_network_the_reasons_are_told(kept: Path, tmp_path: Path) -> None:
    """Both, with what can be done, and nothing is left behind."""
    with pytest.raises(NotFetched, match=r"resolve host.*tebiki dictionary FILE"):
        fetch(lambda _step: None, runs=Machine(tmp_path, "nothing"))

    assert [] == list(kept.parent.iterdir())


def test_the_command_says_where_it_is_and_whose(kept: Path, tmp_path: Path) -> None:
    """Where there is one, nothing is fetched."""
    first = CliRunner().invoke(app, ["dictionary", str(edict(tmp_path))], env={"LC_ALL": "C"})
    again = CliRunner().invoke(app, ["dictionary"], env={"LC_ALL": "ja_JP.UTF-8"})

    assert (0, 0) == (first.exit_code, again.exit_code)
    assert all(word in first.stdout for word in (str(kept), "CC BY-SA", "Restart"))
    assert "再起動" in again.stdout


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program may belong to another user."""
    (tmp_path / "share").write_text("in the way")
    monkeypatch.setattr("tebiki.dictionary.KEPT", tmp_path / "share" / "edict")

    found = CliRunner().invoke(app, ["dictionary", str(edict(tmp_path))], env={"LC_ALL": "C"})

    assert 4 == found.exit_code
    assert "Run it as the user who installed Tebiki" in found.stderr
