"""The dictionary for English questions: fetched once, and kept beside the program.

It is JMdict (CC BY-SA, Electronic Dictionary Research and Development Group), from wherever this
machine has it nearest: Debian's package edict, which needs no root to be fetched and unpacked, or
the package jamdict-data of the Python index, of whose database only words and meanings are kept.
"""

from __future__ import annotations

import lzma
import re
import shutil
import sqlite3
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from index.search.dictionary import ENCODING, KEPT, word_of
from ingest.atomic_files import replacing
from ingest.translations import Bilingual
from tebiki.fetched import PIP, NotFetched, Run, room, run

_PACKAGE = "edict"
_IN_PACKAGE = "./usr/share/edict/edict"
_APT = ("apt-get", "-q", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10",
        "-o", "Acquire::https::Timeout=10", "download")  # fmt: skip

_PINNED = (
    "jamdict-data==1.5 "
    "--hash=sha256:a4247dd9bb3148ab17c1b32fc56d7a7f1c35293b0d6ff2838c811f896d13f415\n"
)
_PIP = (*PIP, "--no-build-isolation", "--no-binary=jamdict-data")
_DATABASE = "jamdict.db.xz"
_HEAD = (
    "JMdict/EDICT, of which only the lines that Tebiki looks up are kept. Copyright Electronic "
    "Dictionary Research and Development Group, CC BY-SA; https://www.edrdg.org/edrdg/licence.html\n"
)
_ENTRY = re.compile(r"[^\s/]+ (?:\[[^\s/]+\] )?/.+/$")

# What makes a word a common one in EDICT, by the marks that JMdict gives a spelling.
_COMMON = "('news1', 'ichi1', 'spec1', 'spec2', 'gai1')"
_SPELLINGS = f"""
    SELECT idseq, text, ID IN (SELECT kid FROM KJP WHERE text IN {_COMMON}) FROM Kanji
    UNION ALL
    SELECT idseq, text, ID IN (SELECT kid FROM KNP WHERE text IN {_COMMON}) FROM Kana
    WHERE nokanji OR idseq NOT IN (SELECT idseq FROM Kanji)
"""  # noqa: S608 - the words are ours
_MEANINGS = """
    SELECT idseq, text FROM SenseGloss JOIN Sense ON Sense.ID = sid
    WHERE lang = 'eng' ORDER BY sid, SenseGloss.rowid
"""


def fetch(told: Callable[[str], None], *, runs: Run = run) -> Path:
    """Fetch the dictionary, keep it, and return where.

    Raises:
        NotFetched: neither place gives it, or it cannot be kept.
    """
    why: list[str] = []
    with room(KEPT.parent) as folder:
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            told(
                Bilingual(
                    "fetching Debian's package edict, the dictionary for English questions (4 MB)",
                    "英語の質問のための辞書（Debianのedict、4MB）を取得しています",
                )
            )
            why.append(f"apt: {runs((*_APT, _PACKAGE), folder)}")
            for package in folder.glob(f"{_PACKAGE}_*.deb"):
                return take(package)
        told(
            Bilingual(
                "fetching jamdict-data, the dictionary for English questions (54 MB, a minute or two)",
                "英語の質問のための辞書（jamdict-data、54MB）を取得しています。1〜2分かかります",
            )
        )
        wanted = folder / "wanted.txt"
        wanted.write_text(_PINNED, encoding="utf-8")
        why.append(f"pip: {runs((*_PIP, '--dest', str(folder), '-r', str(wanted)), folder)}")
        for archive in folder.glob("jamdict*.tar.gz"):
            return take(archive)
    said = "; ".join(why)
    raise NotFetched(
        f"The dictionary for English questions could not be fetched ({said}). Everything else "
        'works. Try again with "tebiki dictionary", or name a file that you carried here: '
        f'"tebiki dictionary FILE" (from another machine: {KEPT}).',
        f"英語の質問のための辞書を取得できませんでした（{said}）。ほかの機能はそのまま使えます。"
        "「tebiki dictionary」で試し直すか、持ち込んだファイルを「tebiki dictionary ファイル」で"
        f"指定してください（他の機械では {KEPT}）。",
    )


def take(file: Path) -> Path:
    """Keep the dictionary of a file, and return where.

    The file is EDICT's own or what was kept elsewhere, Debian's package, or jamdict-data's archive.

    Raises:
        NotFetched: it holds none, or it cannot be kept.
    """
    try:
        with room(KEPT.parent) as folder:
            lines = [
                line for line in _lines_of(file, folder) if _ENTRY.match(line) and word_of(line)
            ]
            if not lines:
                raise NotFetched(
                    f"{file}: no dictionary is in it. Give EDICT's file, Debian's package "
                    "edict, or the archive of jamdict-data.",
                    f"{file}: 辞書が入っていません。EDICTのファイル、Debianのedictパッケージ、"
                    "jamdict-dataのいずれかを指定してください。",
                )
            with replacing(KEPT) as draft:
                draft.write_bytes(_encoded((_HEAD, *lines)))
    except (OSError, EOFError, ValueError, lzma.LZMAError, sqlite3.Error, tarfile.TarError) as why:
        raise NotFetched(
            f"{file}: it cannot be read as a dictionary ({why}). Copy it again.",
            f"{file}: 辞書として読めません（{why}）。もう一度コピーしてください。",
        ) from why
    return KEPT


def _lines_of(file: Path, folder: Path) -> Iterator[str]:
    """Yield a dictionary's lines as EDICT has them; *folder* is there to unpack in."""
    if file.suffix == ".deb":
        _unpacked(file, folder / "package.tar")
        yield from _file_of(folder / "package.tar", _IN_PACKAGE)
    elif file.suffix == ".gz":
        yield from _converted(file, folder / "words.sqlite")
    else:
        yield from _decoded(file.read_bytes())


def _unpacked(package: Path, archive: Path) -> None:
    with archive.open("wb") as out:
        done = subprocess.run(
            ("dpkg-deb", "--fsys-tarfile", str(package)), stdout=out, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip())


def _file_of(archive: Path, name: str) -> list[str]:
    with tarfile.open(archive) as packed:
        found = packed.extractfile(name) if name in packed.getnames() else None
        return _decoded(found.read()) if found else []


def _decoded(content: bytes) -> list[str]:
    return content.decode(ENCODING, "replace").splitlines(keepends=True)


def _encoded(lines: Iterable[str]) -> bytes:
    """Return the lines that EDICT's encoding has room for: it lacks a few rare characters."""
    made: list[bytes] = []
    for line in lines:
        with suppress(UnicodeEncodeError):
            made.append(line.encode(ENCODING))
    return b"".join(made)


def _converted(archive: Path, database: Path) -> Iterator[str]:
    """Yield the lines that EDICT would have for the words of jamdict-data's database."""
    with tarfile.open(archive) as packed:
        inside = next((each for each in packed if each.name.endswith(f"/{_DATABASE}")), None)
        found = packed.extractfile(inside) if inside else None
        if found is None:
            return
        with lzma.open(found) as small, database.open("wb") as large:
            shutil.copyfileobj(small, large, 1 << 20)
    with closing(sqlite3.connect(database)) as held:
        meanings: dict[int, list[str]] = defaultdict(list)
        for entry, meaning in held.execute(_MEANINGS):
            meanings[entry].append(meaning.replace("/", ", "))
        for entry, word, common in held.execute(_SPELLINGS):
            yield f"{word} /{'/'.join(meanings[entry])}/{'(P)/' if common else ''}\n"
