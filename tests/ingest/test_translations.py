"""Sentences in Japanese: none is forgotten, and what differs stays in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ingest
from ingest.catalog import files
from ingest.errors import UnreadablePdf
from ingest.translations import in_language, known

ROOT = Path(ingest.__file__).parent.parent


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
    )


def _raised() -> Iterator[tuple[str, str]]:
    """Yield each sentence with which the product says why a PDF cannot be read."""
    for room in ("ingest", "index", "api", "tebiki"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named = isinstance(node, ast.Call) and ast.unparse(node.func) == "UnreadablePdf"
                for said in node.args[1:] if named and isinstance(node, ast.Call) else ():
                    if isinstance(said, ast.Constant | ast.JoinedStr):
                        yield f"{path.name}:{said.lineno}", _template(said)


def test_every_reason_why_a_pdf_cannot_be_read_is_known_in_japanese() -> None:
    """Whoever writes a new one is told here; one that differs is tried with an example."""
    raised = dict(_raised())

    assert 20 < len(raised)
    assert {} == {
        place: said
        for place, said in raised.items()
        if in_language(said.replace("{}", "x"), "ja") == said.replace("{}", "x")
    }


def test_every_notice_about_a_folder_is_known_in_japanese() -> None:
    """As the catalog says it."""
    assert set(known()) >= {said for pair in files._NOTICES.values() for said in pair}  # noqa: SLF001


@pytest.mark.parametrize("english, japanese", known().items(), ids=range(len(known())))
def test_both_languages_name_the_same_things(english: str, japanese: str) -> None:
    """As many places as the English has, each used in the Japanese."""
    places = [f"{{{at}}}" for at in range(english.count("{}"))]

    assert all(place in japanese for place in places)
    assert japanese.count("{") >= len(places)
    assert f"{{{len(places)}}}" not in japanese


def test_reason_that_was_recorded_is_told_in_japanese() -> None:
    """It came from another process or from a file, where only the English is."""
    problem = UnreadablePdf(
        "a.pdf", "it was not read within 180 s (3 pages were)", "Copy or download it again."
    )

    assert (
        "180秒以内に読み終わりませんでした（3ページまで）。もう一度コピーするか、取り直してください。"
        == problem.why("ja")
    )
    assert "it was not read within 180 s (3 pages were). Copy or download it again." == (
        problem.why("en")
    )


def test_sentence_that_nobody_translated_stays_as_it_is() -> None:
    """English is better than nothing."""
    assert "The moon is full." == in_language("The moon is full.", "ja")


def test_long_text_of_others_is_looked_up_in_no_time() -> None:
    """Only our own sentences are looked up, but one may hold a long name or another's words."""
    long = "x" * 20_000

    assert long == in_language(long, "ja")
