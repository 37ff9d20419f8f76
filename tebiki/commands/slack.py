"""`tebiki slack`: answer in Slack, or say what is missing for it."""

from __future__ import annotations

import threading
from typing import Annotated

import typer
from rich.markup import escape

from tebiki.building import build, have_models, slack_of
from tebiki.closed import shut
from tebiki.commands.options import Where
from tebiki.commands.output import LEFT_OUT, UNUSABLE, err, fail, out, spoken
from tebiki.serving import colleague_of


def slack(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is missing, and post nothing.")
    ] = False,
    where: Where,
) -> None:
    """Answer in Slack over an outgoing connection (Socket Mode)."""
    chosen = where.settings()
    if check:
        from bot.slack.check import check as looked_at

        found = looked_at(slack_of(chosen))
        marks = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "・"}
        for finding in found:
            # In both languages: who sets this up may be a clerk, an engineer, or both.
            out.print(marks[finding.fine], escape(finding.what("ja")))
            for line in (finding.advice("ja"), finding.what("en"), finding.advice("en")):
                if line:
                    out.print("  ", escape(line), style="dim" if line.isascii() else None)
        if any(finding.fine is False for finding in found):
            raise typer.Exit(LEFT_OUT)
        return
    if not (chosen.slack_bot_token and chosen.slack_app_token):
        message = "TEBIKI_SLACK_BOT_TOKEN and TEBIKI_SLACK_APP_TOKEN are not set (docs/slack.md)"
        raise typer.BadParameter(message)
    from bot.slack.web_api import SlackBusy, SlackRefused

    have_models(chosen)
    parts = build(chosen)
    colleague = colleague_of(parts, parts.ledger())
    parts.shelf.keep_warm()
    shut(chosen)
    try:
        colleague.connect()
    except (SlackRefused, SlackBusy) as problem:
        fail(f"{type(problem).__name__}: {problem}  (tebiki slack --check)")
        raise typer.Exit(UNUSABLE) from problem
    err.print(spoken("Tebiki answers in Slack. (Ctrl+C ends it)"), markup=False)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        colleague.close()
