"""The commands that look after a corpus, as somebody types them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from index.refresh import watching
from tebiki.command_line import app
from tebiki.commands import refresh
from tebiki.refreshing import refreshed as real
from tests.ingest.catalog.test_fetching import Site, site
from tests.pdfs import Sheet, write

__all__ = ["site"]

ROOT = Path(__file__).parents[2]
LISTED = """\
# Ask Tanaka before changing this.
[[documents]]
id = "madoguchi"
title = "窓口業務の要領"

[[documents.editions]]
label = "第1.0版"

[[documents.editions]]
label = "第2.0版"   # awaited
"""


def pdf(path: Path, *lines: str) -> Path:
    """Write a PDF of one page whose first line is its title."""
    sheet = Sheet()
    for at, line in enumerate(lines):
        sheet.say(line, 60, 700 - 40 * at, 24 if at == 0 else 12)
    path.parent.mkdir(exist_ok=True)
    return write(path, [sheet])


class Desk:
    """A corpus and a home beside it, and the command line over them."""

    def __init__(self, folder: Path) -> None:
        """Make a corpus that lists two editions and holds none."""
        self.folder, self.corpus, self.home = folder, folder / "corpus", folder / "home"
        self.corpus.mkdir(parents=True)
        (self.corpus / "catalog.toml").write_text(LISTED, encoding="utf-8")

    def does(self, *words: str | Path, code: int = 0) -> Result:
        """Run a command; any exit code but *code* fails."""
        where = ("--home", self.home, "--corpus", self.corpus)
        result = CliRunner().invoke(app, [str(word) for word in (*where, *words)])
        assert code == result.exit_code, result.output
        return result

    def lists(self) -> dict[str, dict[str, Any]]:
        """Return what `corpus list --json` says, by edition."""
        rows = json.loads(self.does("corpus", "list", "--json").stdout)
        return {f"{row['document']}@{row['edition']}": row for row in rows}

    def holds_both(self) -> None:
        """Add both editions."""
        for label, day in (("第1.0版", "令和3年7月7日"), ("第2.0版", "令和4年3月31日")):
            file = pdf(
                self.folder / f"{label}.pdf", "窓口業務の要領", label, day, f"受付は{label}。"
            )
            self.does("corpus", "add", file, "--yes")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk."""
    return Desk(tmp_path)


def test_an_added_edition_is_in_force_from_the_day_that_was_shown(desk: Desk) -> None:
    """Also where the catalog listed it without a day: the edition before it steps back."""
    old = pdf(desk.folder / "a.pdf", "窓口業務の要領", "第1.0版", "令和3年7月7日")
    new = pdf(desk.folder / "b.pdf", "窓口業務の要領", "第2.0版")
    desk.does("corpus", "add", old, "--yes")

    said = desk.does("corpus", "add", new, "--yes", "--in-force-from", "2023-05-01").stdout

    assert "in force from 2023-05-01" in said
    assert [("2021-07-07", False), ("2023-05-01", True)] == [
        (row["in_force_from"], row["in_force"]) for row in desk.lists().values()
    ]
    written = (desk.corpus / "catalog.toml").read_text(encoding="utf-8")
    assert 'label = "第2.0版"   # awaited' in written


@pytest.mark.parametrize(
    "lines,words,said",
    [
        pytest.param(("覚え書き",), (), "--edition", id="no edition"),
        pytest.param(
            ("窓口業務の要領", "第3版"), (), "--in-force-from", id="no day beside a held edition"
        ),
        pytest.param(
            ("窓口業務の要領", "第1.0版", "訂正"), (), "is in the corpus already", id="held already"
        ),
        pytest.param(None, (), "UnreadablePdf", id="no PDF"),
    ],
)
def test_what_cannot_be_added_is_said_with_the_way_out(
    desk: Desk, lines: tuple[str, ...] | None, words: tuple[str, ...], said: str
) -> None:
    """Nobody is asked where nobody sits; nothing is added."""
    desk.holds_both()
    before = desk.lists()
    file = desk.folder / "new.pdf"
    if lines is None:
        file.write_text("<html>", encoding="utf-8")
    else:
        pdf(file, *lines)

    told = desk.does("corpus", "add", file, *words, code=4).stderr

    assert (True, False) == (said in told, "Traceback" in told)
    assert before == desk.lists()


def test_on_a_terminal_what_is_missing_is_asked(desk: Desk) -> None:
    """The edition, then the day, until it is one; then whether to add it."""
    file = pdf(desk.folder / "plain.pdf", "覚え書き")
    here, there = pty.openpty()
    command = [sys.executable, "-m", "tebiki", "--home", str(desk.home), "--corpus"]
    with subprocess.Popen(
        [*command, str(desk.corpus), "corpus", "add", str(file)],
        stdin=there, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
    ) as asked:  # fmt: skip
        os.close(there)
        os.write(here, "初版\nsoon\n2026-04-01\ny\n".encode())
        said, _ = asked.communicate(timeout=60)
    os.close(here)

    assert 0 == asked.returncode, said.decode()
    assert "A day is written like 2026-04-01." in said.decode()
    assert "2026-04-01" == desk.lists()["plain@初版"]["in_force_from"]


def test_a_withdrawn_edition_is_listed_as_held_but_not_in_force(desk: Desk) -> None:
    """From the day that is named; what is not listed is refused."""
    desk.holds_both()

    desk.does("corpus", "withdraw", "madoguchi@第2.0版", "--on", "2024-01-01")

    assert [(False, ""), (False, "2024-01-01")] == [
        (row["in_force"], row["withdrawn_on"]) for row in desk.lists().values()
    ]
    assert "EntryMissing" in desk.does("corpus", "withdraw", "chosha", code=4).stderr
    assert "held" in desk.does("corpus", "list").stdout


def test_days_are_corrected_on_the_command_line(desk: Desk) -> None:
    """Given when it is added, or later; what is in force follows."""
    file = pdf(desk.folder / "a.pdf", "窓口業務の要領", "第1.0版", "令和3年7月7日")
    desk.does("corpus", "add", file, "--yes", "--published", "2021-07-08")
    assert "2021-07-08" == desk.lists()["madoguchi@第1.0版"]["in_force_from"]

    said = desk.does("corpus", "correct", "madoguchi@第1.0版", "--in-force-from", "2999-01-01")

    assert "was published 2021-07-08 and is in force from 2999-01-01" in said.stdout
    assert not desk.lists()["madoguchi@第1.0版"]["in_force"]
    assert "--published, --in-force-from" in desk.does("corpus", "correct", "x", code=2).stderr


def test_a_check_names_strays_absentees_and_other_bytes(desk: Desk) -> None:
    """One line each, and an exit code for a script; a whole corpus is said to be whole."""
    desk.holds_both()
    assert "2 editions are held" in desk.does("corpus", "check").stdout
    (desk.corpus / "madoguchi" / "第1.0版.pdf").unlink()
    pdf(desk.corpus / "madoguchi" / "第2.0版.pdf", "別のもの")
    pdf(desk.corpus / "stray.pdf", "庁舎管理の要領", "初版")

    told = desk.does("corpus", "check", code=1).stderr

    for name, what in (
        ("madoguchi/第1.0版.pdf", "the file is not there"),
        ("madoguchi/第2.0版.pdf", "its bytes are not those"),
        ("stray.pdf", "is not in catalog.toml"),
    ):
        assert [True] == [what in line for line in told.splitlines() if name in line]


def test_a_stray_is_listed_as_one_and_what_is_no_pdf_as_unreadable(desk: Desk) -> None:
    """Neither is what the catalog says is in force, and nobody can be quoted a broken file."""
    desk.holds_both()
    pdf(desk.corpus / "stray.pdf", "庁舎管理の要領", "初版")
    (desk.corpus / "broken.pdf").write_bytes(b"<html>")

    states = {
        line.split()[-1]: line[:10].strip()
        for line in desk.does("corpus", "list").stdout.splitlines()
    }
    told = desk.does("corpus", "check", code=1)

    assert ("stray", "unreadable") == (states["stray.pdf"], states["broken.pdf"])
    assert ("held", "in force") == (
        states["madoguchi/第1.0版.pdf"], states["madoguchi/第2.0版.pdf"],
    )  # fmt: skip
    rows = {row["file"]: row for row in desk.lists().values()}
    assert (False, False, False) == tuple(
        rows["broken.pdf"][name] for name in ("in_force", "listed", "readable")
    )
    assert (True, False, True) == tuple(
        rows["stray.pdf"][name] for name in ("in_force", "listed", "readable")
    )
    assert ["broken.pdf"] == [
        row["file"] for row in json.loads(desk.does("corpus", "check", "--json", code=1).stdout)["problems"]
    ]  # fmt: skip
    assert "UnreadablePdf: broken.pdf" in told.stderr


def test_a_check_without_a_catalog_says_that_there_is_none(desk: Desk) -> None:
    """Nothing is "as the catalog says", and the command that writes one is named."""
    (desk.corpus / "catalog.toml").unlink()
    pdf(desk.corpus / "stray.pdf", "庁舎管理の要領", "初版")

    said = " ".join(desk.does("corpus", "check").stdout.split())

    assert "There is no catalog.toml in" in said
    assert "each of 1 PDFs counts as a document of its own" in said
    assert "tebiki corpus add FILE" in said
    assert "as the catalog says" not in said


def test_a_corpus_that_was_never_indexed_is_told_before_an_answer(desk: Desk) -> None:
    """The home's index of other documents answers, and one line says so and what to do."""
    desk.holds_both()
    desk.does("refresh")
    assert "" == desk.does("search", "受付は").stderr
    other = Desk(desk.folder / "other")
    other.home = desk.home
    pdf(other.corpus / "stray.pdf", "庁舎管理の要領", "初版", "鍵は総務課が預かる。")

    for words in (("search", "鍵はだれが預かるか"), ("ask", "鍵はだれが預かりますか。")):
        (told,) = other.does(*words).stderr.splitlines()
        assert f"{other.corpus}: none of its PDFs is in the index of {desk.home}" in told
        assert f"tebiki --home {desk.home} --corpus {other.corpus} refresh" in told

    other.does("refresh")
    assert "" == other.does("search", "鍵はだれが預かるか").stderr


def test_addresses_are_fetched_and_failures_are_named(desk: Desk, site: Site) -> None:
    """The edition that came in carries its dates; the other address is an exit code."""
    text = LISTED.replace('label = "第1.0版"', f'label = "第1.0版"\nurl = "{site.address}/1.pdf"')
    text = text.replace("# awaited", f'\nurl = "{site.address}/nothing.pdf"')
    (desk.corpus / "catalog.toml").write_text(text, encoding="utf-8")

    told = desk.does("corpus", "fetch", "--allow-private", code=1)

    assert "2 addresses asked, 1 editions new" in told.stdout
    assert "404" in told.stderr
    first = desk.lists()["madoguchi@第1.0版"]
    assert ("2021-07-07", True) == (first["in_force_from"], first["held"])
    assert "which is no public address" in desk.does("corpus", "fetch", code=1).stderr


def test_generations_are_listed_and_returned_to(desk: Desk) -> None:
    """By number or by name; what is not there is refused with a sentence."""
    desk.holds_both()
    desk.does("refresh")
    desk.does("corpus", "withdraw", "madoguchi@第1.0版", "--on", "2022-01-01")
    desk.does("refresh")
    listed = partial(desk.does, "generations")
    assert "* g000002" in listed().stdout

    assert "g000001 is current" in desk.does("rollback").stdout

    assert "* g000001" in listed().stdout
    assert [True, False] == [one["current"] for one in json.loads(listed("--json").stdout)]
    assert "g000002 is current" in desk.does("rollback", "2").stdout
    assert "there is no such generation" in desk.does("rollback", "7", code=4).stderr


def test_a_catalog_with_a_mistake_leaves_the_old_index_answering(desk: Desk) -> None:
    """The line is named, nothing is written, and the question is answered as before."""
    desk.holds_both()
    desk.does("refresh")
    before = (desk.home / "current").read_bytes()
    (desk.corpus / "catalog.toml").write_text(LISTED + "[[documents\n", encoding="utf-8")

    told = desk.does("refresh", code=4).stderr

    assert f"catalog.toml:{len(LISTED.splitlines()) + 1}" in told
    assert before == (desk.home / "current").read_bytes()
    found = json.loads(desk.does("search", "受付は", "--json").stdout)
    assert ["第2.0版"] == [passage["edition"] for passage in found["passages"]]


def test_a_watch_takes_its_options_and_tries_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--full is for the first refresh, --accept for all; what failed is tried again."""
    desk.holds_both()
    desk.does("refresh")
    asked: list[tuple[bool, bool]] = []

    def refreshed(*words: Any, full: bool, accept: bool) -> Any:  # noqa: ANN401 - passed on
        asked.append((full, accept))
        if len(asked) == 1:
            raise OSError(28, "No space left on device")
        return real(*words, full=full, accept=accept)

    steps: list[Callable[[], object]] = [lambda: None] * 8
    steps += [lambda: pdf(desk.corpus / "stray.pdf", "庁舎管理の要領", "初版")] + [lambda: None] * 3
    monkeypatch.setattr(refresh, "refreshed", refreshed)
    monkeypatch.setattr(
        watching, "watch",
        partial(
            watching.watch, wait=lambda _: steps.pop(0)(), going=lambda: bool(steps)
        ),
    )  # fmt: skip

    told = desk.does("refresh", "--watch", "--full", "--accept")

    assert [(True, True), (True, True), (False, True)] == asked
    assert "No space left on device" in told.stderr
    assert ["g000002", "g000003"] == [
        line.split()[0] for line in told.stdout.splitlines() if "is current" in line
    ]


def test_a_home_that_may_only_be_read_answers_all_the_same(desk: Desk) -> None:
    """The answer comes with a sentence that it is not recorded; what would write says why not."""
    desk.holds_both()
    desk.does("refresh")
    folders = [desk.home, *(path for path in desk.home.rglob("*") if path.is_dir())]
    modes = {path: path.stat().st_mode for path in folders}
    for path in folders:
        path.chmod(0o555)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # No permission stops the superuser, unless that power is given up.
        bound = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
        where = ["--home", str(desk.home), "--corpus", str(desk.corpus)]
        return subprocess.run(
            [*bound, sys.executable, "-m", "tebiki", *where, *words],
            cwd=ROOT, text=True, capture_output=True, check=False,
        )  # fmt: skip

    try:
        told = run("ask", "窓口業務の受付はいつですか。", "--json")
        others = [run(*words) for words in (["rollback", "1"], ["stale"])]
    finally:
        for path, mode in modes.items():
            path.chmod(mode)

    assert (0, True) == (told.returncode, bool(json.loads(told.stdout)["text"])), told.stderr
    assert "This answer is not recorded" in told.stderr
    assert "Traceback" not in told.stderr
    for one in others:
        assert (4, True) == (one.returncode, str(desk.home) in one.stderr), one.stderr
        assert "Traceback" not in one.stderr


def test_groups_are_bound_on_the_command_line(desk: Desk) -> None:
    """A document by its id, a folder by its path; everybody, and nobody who is not there."""
    file = pdf(desk.folder / "a.pdf", "窓口業務の要領", "第1.0版", "令和3年7月7日")
    desk.does("corpus", "add", file, "--yes")

    bound = desk.does("corpus", "correct", "madoguchi", "--group", "人事課", "--owner", "jinji")
    folder = desk.does("corpus", "bind", "madoguchi", "--group", "総務課")
    opened = desk.does("corpus", "correct", "madoguchi", "--everybody")

    assert "it is seen by 人事課" in bound.stdout
    assert "madoguchi is seen by 総務課" in folder.stdout
    assert "it is seen by everybody" in opened.stdout
    desk.does("corpus", "correct", "madoguchi", "--everybody", "--group", "人事課", code=2)
    written = (desk.corpus / "catalog.toml").read_text("utf-8")
    assert 'owner = "jinji"' in written
    assert 'path = "madoguchi"' in written
