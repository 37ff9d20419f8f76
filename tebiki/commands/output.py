"""What every command prints with, and the exit codes and sentences it ends with."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ingest import private
from ingest.translations import in_language

LEFT_OUT, NO_INDEX, UNUSABLE = 1, 3, 4


out = Console(soft_wrap=True, highlight=False)


err = Console(stderr=True, soft_wrap=True, highlight=False)


def language() -> str:
    """Return in which language this terminal is spoken to, "ja" or "en", by its locale."""
    named = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next(filter(None, named), "").startswith("ja") else "en"


@contextmanager
def told_as_words() -> Iterator[None]:
    """Turn our own errors into a sentence and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read what we print has gone: typer ends quietly
    except OSError as problem:
        where = problem.filename or "The system"
        fail(
            f"{where}: {problem.strerror or problem}. The command was broken off. Make room, let "
            f"it be read and written, or name another folder (TEBIKI_HOME, TEBIKI_CORPUS)."
        )
        raise typer.Exit(UNUSABLE) from problem
    except Exception as problem:
        if isinstance(problem, typer.BadParameter):
            problem.message = spoken(problem.message)
        code = _code_of(problem)
        if code is None:
            raise
        fail_with(problem)
        raise typer.Exit(code) from problem


CODES = (
    ("bot.errors", "BadQuestion", 2),
    ("index.errors", "FilterUnknown", 2),
    ("index.errors", "IndexMissing", NO_INDEX),
    ("index.errors", "IndexingError", UNUSABLE),
    ("ingest.errors", "IngestError", UNUSABLE),
    ("bot.errors", "BotError", UNUSABLE),
    ("evals.errors", "EvalError", UNUSABLE),
    ("api.keys", "UnknownKey", UNUSABLE),
    ("api.keys", "BrokenKeys", UNUSABLE),
    ("api.access", "Unprotected", UNUSABLE),
    ("tebiki.settings", "BadSettings", UNUSABLE),
    ("tebiki.backup", "BackupFailed", UNUSABLE),
    ("tebiki.closed", "NotClosed", UNUSABLE),
    ("tebiki.bundling.packing", "NotBundled", UNUSABLE),
)
"""Our own errors by module and name, each with its exit code; the first that fits counts."""


def _code_of(problem: Exception) -> int | None:
    """Return the exit code of one of our own errors, None for any other.

    An error can only come from a module that is loaded: none is loaded to be compared with.
    """
    for module, name, code in CODES:
        kind = getattr(sys.modules.get(module), name, ())
        if isinstance(problem, kind):
            return code
    return None


def spoken(sentence: str) -> str:
    """Return one of our own sentences in the language of this terminal."""
    return in_language(sentence, language())


def fail(sentence: str) -> None:
    """Print on the error stream what went wrong."""
    err.print(spoken(sentence), style="red", markup=False)


def fail_with(problem: Exception) -> None:
    """Print an error's name and sentence on the error stream; in Japanese a file and its reason."""
    why = getattr(problem, "why", None)
    if why is not None and language() == "ja":
        fail(f"{getattr(problem, 'path', '')}: {why('ja')}")
    else:
        fail(f"{type(problem).__name__}: {problem}")


def write(path: Path, content: str) -> None:
    """Write a report where somebody asked for it, or say that it cannot be written there."""
    try:
        path.write_text(content, encoding="utf-8")
        private.shared(path)
    except OSError as problem:
        why = problem.strerror or str(problem)
        fail(
            f"{path}: it could not be written ({why}). Name a file in a folder that is there and "
            "may be written."
        )
        raise typer.Exit(UNUSABLE) from problem


def print_json(content: object) -> None:
    """Print what a program reads."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def say(line: str, *, style: str | None = None) -> None:
    """Print a line as it is: no markup, no colour of its own, and no break at the window's edge."""
    out.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress(*, show: bool) -> Iterator[Callable[[str, float], None]]:
    """Show a bar for each step while a refresh runs; silent where nobody watches."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not show, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(step: str, share: float) -> None:
            name = step.partition(" ")[0]
            if name not in tasks:
                for before in tasks.values():
                    bars.update(before, completed=1.0)
                tasks[name] = bars.add_task(step, total=1.0)
            bars.update(tasks[name], description=step, completed=share)

        yield told
