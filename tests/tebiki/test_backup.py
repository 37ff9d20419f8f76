"""A backup is of one moment, whatever goes on meanwhile, and comes back whole or not at all."""

from __future__ import annotations

import json
import os
import random
import secrets
import tarfile
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.answering.extractive import Extractive
from bot.asking.question import read
from bot.ledger.audit import Audit, BrokenChain, Deed
from bot.ledger.ledger import open_ledger
from index.generations import manifests, pointers
from tebiki.backup import BackupFailed, back_up, check, restore
from tebiki.command_line import app
from tebiki.settings import Settings, settings
from tests.fakes import edition
from tests.shelves import Desk

MOMENTS = int(os.environ.get("TEBIKI_TEST_BACKUPS", "3"))
"""How many backups are taken while a refresh runs; "make backups" takes 20."""

QUESTION = "届出の期限はいつですか"


def rule(year: int) -> tuple[str, ...]:
    """Return pages that say which year's they are."""
    filler = [f"# 第{at}章\n{at}番の窓口で受け付ける。" for at in range(30)]
    return (f"# 届出の期限\n届出の期限は令和{year}年三月末日とする。", *filler)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A home with one published document, and a record of one answer."""
    made = Desk(tmp_path)
    made.put(edition("rule", label="1", in_force_from=date(2020, 4, 1)), *rule(1))
    made.refresh()
    record(made)
    return made


def record(desk: Desk) -> None:
    """Ask and record once."""
    ledger = open_ledger(desk.home)
    with closing(ledger.database):
        ledger.keep(Extractive(desk.shelf()).answer(read(QUESTION)), origin="web")


def chosen(desk: Desk, home: Path | None = None) -> Settings:
    """Return settings for a home."""
    return settings({}, home or desk.home, desk.corpus)


def answered(desk: Desk, home: Path) -> str:
    """Return what is answered from a home."""
    other = Desk(desk.home.parent)
    other.home = home
    return Extractive(other.shelf()).answer(read(QUESTION)).text


def recorded(home: Path) -> int:
    """Return how many answers a home remembers."""
    ledger = open_ledger(home)
    with closing(ledger.database):
        return len(ledger.entries())


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_backup_during_a_refresh_answers_from_one_generation(
    desk: Desk, tmp_path: Path, moment: int
) -> None:
    """At any moment, while answers are recorded: what is restored is whole, of one year, checked."""
    begun = time.monotonic()
    desk.put(edition("rule", label="2", in_force_from=date(2021, 4, 1)), *rule(2))
    desk.refresh(full=True)
    lasts = time.monotonic() - begun
    desk.put(edition("rule", label="3", in_force_from=date(2022, 4, 1)), *rule(3))
    ended = threading.Event()
    ledger = open_ledger(desk.home)
    answer = Extractive(desk.shelf()).answer(read(QUESTION))

    def ask() -> None:
        while not ended.wait(0.01):
            ledger.keep(replace(answer, id=secrets.token_hex(8)), origin="web")

    asking = threading.Thread(target=ask)
    refreshing = threading.Thread(target=lambda: desk.refresh(full=True))
    before = recorded(desk.home)
    asking.start()
    refreshing.start()
    time.sleep(random.Random(moment).uniform(0, lasts))  # noqa: S311 - a moment, no secret
    listing = back_up(chosen(desk), tmp_path / "kept.tar")
    refreshing.join()
    ended.set()
    asking.join()
    ledger.database.close()

    home = tmp_path / "restored"
    restore(chosen(desk, home), tmp_path / "kept.tar")

    name = pointers.current(home)
    manifest = manifests.read_manifest(manifests.folder_of(home, str(name)))
    assert name == listing.generation
    assert () == manifests.damaged(manifests.folder_of(home, str(name)), manifest)
    assert all(manifests.pdf_of(home, held).is_file() for held in manifest.editions)
    assert f"令和{len(manifest.editions)}年三月末日" in answered(desk, home)
    assert recorded(home) >= before
    assert [] == list(desk.home.glob(".backup-*"))
    assert "令和3年三月末日" in answered(desk, desk.home)


def test_backup_holds_unchanged_files_once(desk: Desk, tmp_path: Path) -> None:
    """Two generations that share a text share its bytes in the file, too."""
    desk.put(edition("other", label="1"), "# 窓口\n窓口は一階にある。")
    desk.refresh()
    text = next((desk.home / "generations").glob("g*/texts/*.npz")).name

    back_up(chosen(desk), tmp_path / "kept.tar")

    with tarfile.open(tmp_path / "kept.tar") as packed:
        members = [one for one in packed if one.name.endswith(f"texts/{text}")]
    assert [False, True] == sorted(one.islnk() for one in members)


def test_keys_are_taken_along_by_choice_alone(desk: Desk, tmp_path: Path) -> None:
    """Without them, those of the home that is replaced stay; the former home is kept beside."""
    (desk.home / "keys.json").write_text("[]", encoding="utf-8")
    back_up(chosen(desk), tmp_path / "without.tar")
    back_up(chosen(desk), tmp_path / "with.tar", keys=True)

    restore(chosen(desk), tmp_path / "without.tar", replace=True)
    restore(chosen(desk, tmp_path / "bare"), tmp_path / "without.tar")
    restore(chosen(desk, tmp_path / "full"), tmp_path / "with.tar")

    assert (desk.home / "keys.json").is_file()
    assert 1 == len(list(tmp_path.glob("home.before-*")))
    assert not (tmp_path / "bare" / "keys.json").exists()
    assert (tmp_path / "full" / "keys.json").is_file()
    assert (tmp_path / "full" / "ledger.key").is_file()


def test_a_damaged_backup_is_not_put_back(desk: Desk, tmp_path: Path) -> None:
    """One changed byte, a file cut short, another archive, no file: each is named, nothing changes."""
    kept, broken = tmp_path / "kept.tar", tmp_path / "broken.tar"
    back_up(chosen(desk), kept)
    content = bytearray(kept.read_bytes())
    at = content.rindex("令和1年".encode())
    other = BytesIO()
    with tarfile.open(fileobj=other, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a"))
    changed = bytes(content[:at]) + b"x" + bytes(content[at + 1 :])
    home = tmp_path / "restored"

    for damaged in (changed, bytes(content[: len(content) // 2]), other.getvalue(), b"", None):
        broken.unlink(missing_ok=True)
        if damaged is not None:
            broken.write_bytes(damaged)
        with pytest.raises(BackupFailed, match="Nothing was changed"):
            restore(chosen(desk, home), broken)

    assert not home.exists()
    assert [] == list(tmp_path.glob(".restoring-*"))
    assert check(kept).generation == pointers.current(desk.home)


def test_a_backup_climbs_out_of_no_folder(desk: Desk, tmp_path: Path) -> None:
    """Whoever made the file may have put ../ or a link into it."""
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w") as packed:
        packed.addfile(tarfile.TarInfo("../outside"))

    with pytest.raises(BackupFailed):
        restore(chosen(desk, tmp_path / "restored"), evil)

    assert not (tmp_path / "outside").exists()


def test_a_home_in_use_is_not_replaced(desk: Desk, tmp_path: Path) -> None:
    """A server reads it: it has to be stopped first."""
    back_up(chosen(desk), tmp_path / "kept.tar")
    shelf = desk.shelf()
    assert shelf().editions

    with pytest.raises(BackupFailed, match="in use"):
        restore(chosen(desk), tmp_path / "kept.tar", replace=True)
    with pytest.raises(BackupFailed, match="--replace"):
        restore(chosen(desk), tmp_path / "kept.tar")


def test_backup_and_restore_on_the_command_line(desk: Desk, tmp_path: Path) -> None:
    """Both say what they did; a home without an index has nothing to keep."""
    kept = tmp_path / "kept.tar"

    def does(home: Path, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["--home", str(home), *words])
        return done.exit_code, done.stdout or done.stderr

    made = does(desk.home, "backup", str(kept), "--json")
    checked = does(desk.home, "restore", str(kept), "--check")
    refused = does(tmp_path / "nothing", "backup", str(tmp_path / "no.tar"))
    back = does(tmp_path / "back", "restore", str(kept))

    assert 0 == made[0]
    assert "g000001" == json.loads(made[1])["generation"]
    assert 0o600 == kept.stat().st_mode & 0o777
    assert 0 == checked[0]
    assert "is whole" in checked[1]
    assert 4 == refused[0]
    assert "tebiki refresh" in refused[1]
    assert 0 == back[0]
    assert 1 == recorded(tmp_path / "back")


@pytest.mark.needs("postgresql")
def test_a_record_in_postgresql_is_dumped_and_put_back(
    desk: Desk, tmp_path: Path, postgresql_server: str
) -> None:
    """What was recorded after the backup is gone again; no database, no restore."""
    url = postgresql_server.replace("DATABASE", "postgres")
    held = settings({"TEBIKI_DATABASE_URL": url}, desk.home, desk.corpus)
    answerer = Extractive(desk.shelf())

    def ask() -> None:
        ledger = open_ledger(desk.home, url=url)
        with closing(ledger.database):
            ledger.keep(answerer.answer(read(QUESTION)))

    def count() -> int:
        ledger = open_ledger(desk.home, url=url)
        with closing(ledger.database):
            return len(ledger.entries())

    ask()
    before = count()
    listing = back_up(held, tmp_path / "kept.tar")
    ask()

    with pytest.raises(BackupFailed, match="TEBIKI_DATABASE_URL"):
        restore(chosen(desk, tmp_path / "no"), tmp_path / "kept.tar")
    elsewhere = settings({"TEBIKI_DATABASE_URL": url}, tmp_path / "back", desk.corpus)
    restore(elsewhere, tmp_path / "kept.tar")

    assert listing.has_dump
    assert before == count()
    assert [] == list((tmp_path / "back").glob("*.pgdump"))


def test_backup_holds_the_audit_stream_and_its_last_hash(desk: Desk, tmp_path: Path) -> None:
    """A stream that is cut afterwards does not verify against the backup; the restored one does."""
    audit = Audit(desk.home)
    for _ in range(3):
        audit.note(Deed.EXPORTED, {})
    kept = back_up(chosen(desk), tmp_path / "b.tar").audit
    restore(chosen(desk, tmp_path / "new"), tmp_path / "b.tar")

    assert audit.head().hash == kept
    assert 3 == Audit(tmp_path / "new").verify(kept).sequence
    audit.path.write_bytes(b"")
    (desk.home / "audit.head").unlink()
    with pytest.raises(BrokenChain):
        audit.verify(kept)
