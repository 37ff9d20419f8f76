"""Two editions of a manual in a real home: what was then, what is now, and what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import tebiki
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
    result = CliRunner().invoke(tebiki.app, [str(word) for word in words])
    assert code == result.exit_code, result.output
    return result.stdout


def told(*words: str | Path) -> Any:  # noqa: ANN401 - JSON
    """Run a command for its JSON."""
    return json.loads(run(*words, "--json"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which both editions are indexed."""
    corpus = tmp_path_factory.mktemp("editions") / "corpus"
    corpus.mkdir()
    (corpus / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    put(corpus, "leave-1.pdf", FIRST)
    put(corpus, "leave-2.pdf", SECOND)
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

    assert "（第1.0版） p.2  旧版 → 現行第2.0版 p.2「" in printed
    assert "年次休暇の繰越しは四十日までとする。」" in printed
