"""The command line speaks Japanese where the terminal does, and forgets no command."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import tebiki
from ingest.translations import in_language
from tebiki.command_line import app
from tebiki.commands.output import CODES

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


SAYS = {"spoken": 0, "fail": 0, "given.tell": 1, "typer.BadParameter": 0}
"""What says a sentence of ours in the language of the terminal, and the place of its sentence."""

PRINTS = {"out.print", "err.print", "say"}
"""What prints as it is; a sentence has to pass `spoken` before."""

ERRORS = {name for _, name, _ in CODES}
"""Our errors by name: the command line says that name before their sentence, and looks up both."""


def _text(node: ast.expr) -> str | None:
    """Return a sentence as it stands in the code, "x" for what differs; None for none."""
    match node:
        case ast.Constant(value=str(said)):
            return said
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts
            )
    return None


def _spoken() -> Iterator[tuple[str, str]]:
    """Yield what the command line says, by place: as it is looked up."""
    for path in sorted(COMMANDS.parent.rglob("*.py")):
        if path.name == "install.py":  # which speaks both at once: nothing of ours is there yet
            continue
        names: dict[str, str] = {}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.name}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if said := _text(value):
                    names[name] = said
                case ast.Call(func=func, args=args) if args:
                    by = ast.unparse(func)
                    at = SAYS.get(by, 0)
                    if by not in {*SAYS, *PRINTS, *ERRORS} or at >= len(args):
                        continue
                    said = _text(args[at]) or names.get(ast.unparse(args[at]), "")
                    if by in ERRORS:
                        said = f"{by}: {said}" if said else ""
                    yield where, said


def _words(said: str) -> bool:
    """Whether there are words of English in a sentence, beside names and what differs, and no others."""
    return said.isascii() and any(
        len(word) > 2 and word != "tebiki" for word in re.findall(r"[A-Za-z]+", said)
    )


def test_every_sentence_of_the_command_line_is_known_in_japanese() -> None:
    """What it says, prints and refuses; an error that is passed on says its own name first."""
    told = dict(_spoken())

    assert len(told) > 80
    assert {} == {
        where: said
        for where, said in told.items()
        if _words(said) and in_language(said, "ja") == said and not said.startswith("x: x")
    }


def test_every_error_has_a_japanese_sentence() -> None:
    """Those that the command line turns into words, as it says them: the name, then the sentence."""
    missing = {}
    more = ("bot.ledger.errors", "bot.ledger.audit", "bot.ledger.approved")
    for module in {*more, *(module for module, _, _ in CODES)}:
        path = COMMANDS.parent.parent.joinpath(*module.split(".")).with_suffix(".py")
        for kind in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(kind, ast.ClassDef) or "why" in {
                each.name for each in kind.body if isinstance(each, ast.FunctionDef)
            }:
                continue  # or it says its reason in Japanese itself
            for node in ast.walk(kind):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
                    said = f"{kind.name}: {(_text(node.args[0]) if node.args else '') or ''}"
                    if said.strip(": ") != kind.name and in_language(said, "ja") == said:
                        missing[kind.name] = said
    assert {} == missing


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


def test_what_is_typed_wrongly_is_told_in_japanese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's words stand around it; the sentence is ours."""
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    where = ["--home", str(tmp_path / "home"), "--corpus", str(tmp_path)]

    told = CliRunner().invoke(app, [*where, "approved", "remove", "nobody"])

    assert "承認済みの回答 nobody はありません" in told.output
