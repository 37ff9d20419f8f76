"""The command line speaks Japanese where the terminal does, and forgets no command."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import tebiki
from ingest.translations import in_language
from tebiki.command_line import app

COMMANDS = Path(tebiki.__file__).parent / "commands"


def helps(
    command: Any,  # noqa: ANN401 - of the click that Typer carries
    name: str = "tebiki",
) -> Iterator[tuple[str, str]]:
    """Yield the help of a command, of its options and of the commands below it."""
    yield name, command.help or ""
    for each in command.params:
        yield f"{name} {each.name}", getattr(each, "help", None) or ""
    for below, one in getattr(command, "commands", {}).items():
        yield from helps(one, f"{name} {below}")


def test_every_help_is_known_in_japanese() -> None:
    """Whoever adds an option is told here; what the library itself says is left as it is."""
    told = dict(helps(typer.main.get_command(app)))

    assert len(told) > 100
    assert [] == [name for name, said in told.items() if said and said == in_language(said, "ja")]


def _spoken() -> Iterator[tuple[str, str]]:
    for path in sorted(COMMANDS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"spoken", "fail"}:
                said = node.args[0]
                if isinstance(said, ast.Constant | ast.JoinedStr):
                    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                    text = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts
                    )
                    yield f"{path.name}:{node.lineno}", text


def test_every_sentence_of_a_command_is_known_in_japanese() -> None:
    """Those that a command says itself; an error that is passed on says its own name first."""
    told = dict(_spoken())

    assert len(told) > 8
    assert {} == {
        where: said
        for where, said in told.items()
        if in_language(said, "ja") == said and not said.startswith("x: x")
    }


@pytest.mark.parametrize(
    "locale, said",
    [
        ("ja_JP.UTF-8", "まだ索引がありません。「tebiki refresh」を実行してください。"),
        ("C.UTF-8", "IndexMissing"),
    ],
    ids=["Japanese", "English"],
)
def test_terminal_is_spoken_to_in_its_language(tmp_path: Path, locale: str, said: str) -> None:
    """An error, and the help with its headings; nothing is cut off."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": locale, "COLUMNS": "80"}

    def does(*words: str) -> str:
        command = [sys.executable, "-m", "tebiki", "--home", str(tmp_path), *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment,
            cwd=COMMANDS.parent.parent,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert said in does("ask", "x").replace("\n", "")
    if locale.startswith("ja"):
        shown = does("--help")
        assert "コマンド" in shown
        assert "…" not in shown
