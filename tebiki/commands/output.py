"""What every command prints with, and the exit codes and sentences it ends with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LEFT_OUT, NO_INDEX, UNUSABLE = 1, 3, 4


out = Console(soft_wrap=True, highlight=False)


err = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def told_as_words() -> Iterator[None]:
    """Turn our own errors into a sentence and an exit code."""
    from api.access import Unprotected
    from api.keys import BrokenKeys, UnknownKey
    from bot.errors import BadQuestion, BotError
    from evals.errors import EvalError
    from index.errors import FilterUnknown, IndexingError, IndexMissing
    from ingest.errors import IngestError

    try:
        yield
    except (BadQuestion, FilterUnknown) as problem:
        err.print(f"[red]{plain(problem)}[/red]")
        raise typer.Exit(2) from problem
    except IndexMissing as problem:
        err.print(f"[red]{plain(problem)}[/red]")
        raise typer.Exit(NO_INDEX) from problem
    except (
        IndexingError,
        IngestError,
        BotError,
        EvalError,
        UnknownKey,
        BrokenKeys,
        Unprotected,
    ) as problem:
        err.print(f"[red]{plain(problem)}[/red]")
        raise typer.Exit(UNUSABLE) from problem
    except BrokenPipeError:
        raise  # whoever read what we print has gone: typer ends quietly
    except OSError as problem:
        where = problem.filename or "The system"
        err.print(
            f"{where}: {problem.strerror or problem}. The command was broken off. Make room, let "
            f"it be read and written, or name another folder (TEBIKI_HOME, TEBIKI_CORPUS).",
            style="red",
            markup=False,
        )
        raise typer.Exit(UNUSABLE) from problem


def plain(problem: Exception) -> str:
    """Return an error's name and sentence, safe to print as markup."""
    return escape(f"{type(problem).__name__}: {problem}")


def write(path: Path, content: str) -> None:
    """Write a report where somebody asked for it, or say that it cannot be written there."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as problem:
        why = problem.strerror or str(problem)
        err.print(
            f"[red]{escape(str(path))}: it could not be written ({escape(why)}). Name a file in a "
            "folder that is there and may be written.[/red]"
        )
        raise typer.Exit(UNUSABLE) from problem


def tell(content: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    """Print what was done: as JSON for a program, as a sentence for people."""
    if as_json:
        print_json(content)
    else:
        out.print(sentence, markup=False)


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
