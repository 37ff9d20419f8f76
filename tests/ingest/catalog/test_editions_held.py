"""Two editions of a manual in a real home: what was then, what is now, and what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.ledger.ledger import open_ledger
from tebiki.command_line import app
from tebiki.commands.output import UNUSABLE
from tests.pdfs import Sheet, write

CATALOG = """\
[[documents]]
id = "leave"
title = "休暇の手引き"
publisher = "総務課"
kind = "manual"

[[documents.editions]]
label = "第1.0版"
in_force_from = 2021-04-01
path = "leave-1.pdf"

[[documents.editions]]
label = "第2.0版"
in_force_from = 2023-04-01
path = "leave-2.pdf"
"""
ASKED = "年次休暇の繰越しは何日までですか"
FIRST = (
    ("休暇の手引き",),
    (
        "第1章 年次休暇",
        "年次休暇は一年につき二十日とする。",
        "年次休暇の繰越しは二十日までとする。",
    ),
    ("第2章 病気休暇", "病気休暇は九十日を超えない。", "診断書は三日以内に総務課に出す。"),
)
SECOND = (
    ("休暇の手引き",),
    ("第1章 年次休暇", "年次休暇は一年につき二十日とする。"),
    ("年次休暇の繰越しは四十日までとする。",),
    ("第2章 病気休暇", "病気休暇は九十日を超えない。", "診断書は七日以内に総務課に出す。"),
)  # fmt: skip


def put(corpus: Path, name: str, pages: tuple[tuple[str, ...], ...]) -> None:
    """Write an edition: on each page its lines, a chapter's name larger than the rest."""
    sheets = []
    for lines in pages:
        sheet = Sheet()
        for at, line in enumerate(lines):
            sheet.say(
                line, 72, 760 - 30 * at, 16 if line.startswith(("第", "休暇の手引き")) else 10.5
            )
        sheets.append(sheet)
    write(corpus / name, sheets)


def run(*words: str | Path, code: int = 0) -> str:
    """Run a command and return what it printed; any exit code but *code* fails."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert code == result.exit_code, result.output
    return result.stdout


def told(*words: str | Path) -> Any:  # noqa: ANN401 - JSON
    """Run a command for its JSON."""
    return json.loads(run(*words, "--json"))


def stocked(folder: Path, *, both: bool = True) -> Path:
    """Make a corpus of one edition or both, and return the folder."""
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    listed = CATALOG if both else CATALOG.rsplit("[[documents.editions]]", 1)[0]
    (corpus / "catalog.toml").write_text(listed, encoding="utf-8")
    put(corpus, "leave-1.pdf", FIRST)
    if both:
        put(corpus, "leave-2.pdf", SECOND)
    return corpus


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which both editions are indexed."""
    corpus = stocked(tmp_path_factory.mktemp("editions"))
    run("--home", corpus.parent / "home", "--corpus", corpus, "refresh")
    return corpus.parent / "home"


def test_a_question_as_of_a_day_is_answered_from_what_was_in_force(home: Path) -> None:
    """Twenty days in March 2022, forty today, said in either way, asked and searched."""
    then = told("--home", home, "ask", f"令和4年3月時点で、{ASKED}")
    english = told(
        "--home", home, "ask", "As of 2022-03-01, what is the limit of 年次休暇の繰越し?"
    )
    now = told("--home", home, "ask", ASKED)

    assert {"第1.0版"} == {c["edition"] for a in (then, english) for c in a["citations"]}
    assert {"第2.0版"} == {c["edition"] for c in now["citations"]}
    assert "二十日まで" in then["text"]
    assert "2022-03-31" == then["asked_on"]
    assert any("2022年3月31日" in notice for notice in then["notices"])
    assert any("2022年3月1日" in notice for notice in english["notices"])
    found = told("--home", home, "search", f"令和4年3月時点で、{ASKED}")
    assert {("第1.0版", True)} == {(p["edition"], p["in_force"]) for p in found["passages"]}


def test_a_follow_up_stays_on_the_day_until_it_asks_about_now(home: Path) -> None:
    """The conversation is read from the record, as Slack and the command line do."""
    conversation = ("--home", home, "ask", "--conversation", "c1")
    run(*conversation, f"令和4年3月時点で、{ASKED}")

    after = told(*conversation, "では、今は？")
    before = told(*conversation, "令和4年3月時点では？")

    assert {"第2.0版"} == {c["edition"] for c in after["citations"]}
    assert {"第1.0版"} == {c["edition"] for c in before["citations"]}


def test_the_command_line_names_the_present_page(home: Path) -> None:
    """What it says now stands beside the badge."""
    printed = run("--home", home, "ask", f"令和4年3月時点で、{ASKED}")

    assert "（第1.0版）p.2  旧版 → 現行第2.0版 p.2「" in printed
    assert "年次休暇の繰越しは四十日までとする。」" in printed


def test_what_changed_is_asked_in_words(home: Path) -> None:
    """Both changes, each with the old and the new page; one of them when one is asked for."""
    answer = told("--home", home, "ask", "第1.0版と第2.0版で何が変わった")

    assert None is answer["declined"]
    assert [("第1.0版", 2), ("第2.0版", 3), ("第1.0版", 3), ("第2.0版", 4)] == [
        (c["edition"], c["page"]) for c in answer["citations"]
    ]
    assert "三日以内" in answer["text"]
    assert answer == told("--home", home, "answer", answer["id"])
    one = told("--home", home, "ask", "改定で診断書は何が変わりましたか")
    assert [3, 4] == [c["page"] for c in one["citations"]]
    english = told("--home", home, "ask", "what changed between 1.0 and 2.0")
    assert "became" in english["text"]


def test_diff_tells_each_change_with_both_pages(home: Path) -> None:
    """In Japanese or English, as lines or as JSON; the last two editions when none is named."""
    lines = run("--home", home, "diff", "leave").splitlines()

    assert (
        "「年次休暇の繰越しは二十日までとする。」（旧 p.2）が"
        "「年次休暇の繰越しは四十日までとする。」（新 p.3）に変わりました。"
    ) in lines
    english = run("--home", home, "diff", "leave", "第1.0版", "第2.0版", "--english")
    assert "(old p.3) became" in english
    changes = told("--home", home, "diff", "leave")["changes"]
    assert [("changed", 2, 3), ("changed", 3, 4)] == [
        (c["kind"], c["before"]["page"], c["after"]["page"]) for c in changes
    ]


def test_diff_writes_a_page_with_both_sides(home: Path, tmp_path: Path) -> None:
    """It stands by itself; what went and what came is marked."""
    page = tmp_path / "changes.html"

    run("--home", home, "diff", "leave", "--html", page)

    assert "<del>二</del>十日まで" in page.read_text(encoding="utf-8")
    assert "<ins>四</ins>十日まで" in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_told(home: Path, tmp_path: Path) -> None:
    """A sentence and an exit code, and nothing on the standard output."""
    nowhere = tmp_path / "no-such-folder" / "changes.html"

    result = CliRunner().invoke(app, ["--home", str(home), "diff", "leave", "--html", str(nowhere)])

    assert (UNUSABLE, "") == (result.exit_code, result.stdout)
    assert isinstance(result.exception, SystemExit)
    assert "changes.html: it could not be written (No such file or directory)" in result.stderr


def test_diff_of_what_is_not_held_says_what_is(home: Path) -> None:
    """An edition or document that is not there is an error in words."""
    result = CliRunner().invoke(app, ["--home", str(home), "diff", "leave", "第9版"])

    assert UNUSABLE == result.exit_code
    assert "edition 第9版 is not held. Held are: 第1.0版, 第2.0版" in result.stderr


def test_answers_whose_words_changed_are_listed_after_a_refresh(tmp_path: Path) -> None:
    """Those given before; not what was quoted from a former edition because it was asked for."""
    corpus, home = stocked(tmp_path, both=False), tmp_path / "home"
    run("--home", home, "--corpus", corpus, "refresh")
    given = told("--home", home, "ask", ASKED)
    unchanged = told("--home", home, "ask", "病気休暇は何日を超えないか")
    assert "Nothing that was answered has changed since.\n" == run("--home", home, "stale")
    ledger = open_ledger(home)
    ledger.keep(replace(ledger.answer(given["id"]), id="private"), private=True)

    stocked(tmp_path)
    run("--home", home, "--corpus", corpus, "refresh")
    for asked in (
        f"令和4年3月時点で、{ASKED}",
        "第1.0版では年次休暇の繰越しは何日までですか",
        ASKED,
    ):
        run("--home", home, "ask", asked)

    rows = told("--home", home, "stale")
    assert [(given["id"], False), ("private", True)] == [
        (row["answer"], row["private"]) for row in rows if "四十日" in row["now"] or row["private"]
    ]
    assert {given["id"], "private"} <= {row["answer"] for row in rows}
    assert {given["id"], "private", unchanged["id"]} >= {row["answer"] for row in rows}
    assert ("changed", "leave@第1.0版", 2, "第2.0版", ASKED) == (
        rows[0]["state"], rows[0]["edition"], rows[0]["page"], rows[0]["now_edition"],
        rows[0]["question"],
    )  # fmt: skip
    private = next(row for row in rows if row["private"])
    assert ("", "", "") == (private["question"], private["quote"], private["now"])
    printed = run("--home", home, "stale")
    assert f"{given['id']} [1] leave@第1.0版 p.2: changed  " in printed
    assert "private [1] leave@第1.0版 p.2: changed\n" in printed
