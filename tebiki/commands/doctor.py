"""`tebiki doctor`: what is well, what to look at, what is broken, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from tebiki.commands.options import Common
from tebiki.commands.output import LEFT_OUT, UNUSABLE, language, out, print_json
from tebiki.doctor.findings import Finding, topic, worst

_MARKS = {"ok": "[green]✓[/green]", "look": "[yellow]![/yellow]", "broken": "[red]✗[/red]"}
_CODES = {"ok": 0, "look": LEFT_OUT, "broken": UNUSABLE}


def doctor(
    *,
    host: Annotated[str, typer.Option(help="Where the server would listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="On which port.")] = 8000,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not compare every byte of the index.")
    ] = False,
    given: Common,
) -> None:
    """Look at everything, and say what is broken and what to do; nothing is changed.

    Exit code 0: all is well; 1: look at something; 4: something is broken.
    """
    from tebiki.doctor.examination import examined

    home, corpus, name = given.places()
    found: list[Finding] = []
    for one in examined(
        home=home, corpus=corpus, name=name, listening=(host, port), every=not quick
    ):
        found.append(one)
        if not given.as_json:
            say_finding(one)
    state = worst(found)
    if given.as_json:
        findings = [
            {"about": one.about, "state": one.state, "what": one.said(language()),
             "todo": one.advice(language())}
            for one in found
        ]  # fmt: skip
        print_json({"state": state, "findings": findings})
    raise typer.Exit(_CODES[state])


def say_finding(one: Finding) -> None:
    """Print what was found, and below it what to do."""
    name = topic(one.about, language())
    out.print(_MARKS[one.state], escape(f"{name}: {one.said(language())}"))
    if todo := one.advice(language()):
        out.print("   →", escape(todo))
