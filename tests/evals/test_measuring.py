"""Measuring from the command line, as somebody with questions of their own does it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from tebiki.command_line import app
from tebiki.commands.output import LEFT_OUT

DOCUMENTS = {
    "leave": "職員には年に二十日の休暇がある。",
    "travel": "鉄道の運賃は実費を支給する。",
    "hours": "庁舎の開庁時間は午前八時半から午後五時までである。",
    "library": "図書館の本は二週間借りられる。",
}
QUERIES = {
    "leave": "休暇は年に何日ありますか",
    "travel": "鉄道の運賃は支給されますか",
    "hours": "開庁時間は何時までですか",
    "library": "図書館の本は何週間借りられますか",
}


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, words)])


def _lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _judge(folder: Path, right: dict[str, str]) -> None:
    rows = "".join(f"{query}\t{document}\t1\n" for query, document in right.items())
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}", "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a BEIR folder of four documents, each the answer to one query."""
    made = tmp_path / "small"
    (made / "qrels").mkdir(parents=True)
    _lines(made / "corpus.jsonl", [{"_id": k, "text": v} for k, v in DOCUMENTS.items()])
    _lines(made / "queries.jsonl", [{"_id": k, "text": v} for k, v in QUERIES.items()])
    _judge(made, {name: name for name in QUERIES})
    return made


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Path:
    """The folder's documents, indexed by the command."""
    made = tmp_path / "home"
    assert 0 == _run("shelve", folder, "--home", made).exit_code
    return made


def test_a_beir_folder_is_measured(folder: Path, home: Path, tmp_path: Path) -> None:
    """Every query finds its document first; report, page and JUnit file say so."""
    page, junit = tmp_path / "report.html", tmp_path / "junit.xml"
    told = _run(
        *("retrieval", "--set", folder, "--home", home),
        *("--html", page, "--junit", junit),
    )

    assert 0 == told.exit_code, told.output
    assert "| Success@1 | 1.000 |" in told.stdout
    assert "Success@1" in page.read_text("utf-8")
    assert ["0"] == [suite.get("failures") for suite in ET.parse(junit).iter("testsuite")]  # noqa: S314 - our own


def test_a_run_as_good_as_the_baseline_ends_well(folder: Path, home: Path, tmp_path: Path) -> None:
    """What --json writes is a baseline for the next run."""
    baseline = tmp_path / "before.json"
    first = _run("retrieval", "--set", folder, "--home", home, "--json")
    baseline.write_text(first.stdout, "utf-8")

    told = _run("retrieval", "--set", folder, "--home", home, "--baseline", baseline)

    assert 0 == told.exit_code
    assert "may go live" in told.stderr


def test_a_fall_ends_with_1_and_names_its_questions(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    """Four of four questions lost are no accident: the exit code and the JUnit file say so."""
    baseline, junit = tmp_path / "before.json", tmp_path / "junit.xml"
    first = _run("retrieval", "--set", folder, "--home", home, "--json")
    baseline.write_text(first.stdout, "utf-8")
    names = list(QUERIES)
    _judge(folder, dict(zip(names, [*names[1:], names[0]], strict=True)))

    told = _run(
        *("retrieval", "--set", folder, "--home", home),
        *("--baseline", baseline, "--junit", junit),
    )

    assert LEFT_OUT == told.exit_code
    assert all(f"{name} Success@1 1 → 0" in told.stderr for name in names)
    failures = [int(suite.get("failures", 0)) for suite in ET.parse(junit).iter("testsuite")]  # noqa: S314 - our own
    assert [1, 4] == failures


def test_a_folder_that_is_no_beir_folder_is_refused(tmp_path: Path) -> None:
    """The sentence says what is missing; nothing is made."""
    told = _run("shelve", tmp_path, "--home", tmp_path / "home")

    assert 2 == told.exit_code
    assert "corpus.jsonl" in told.output
    assert not (tmp_path / "home").exists()
