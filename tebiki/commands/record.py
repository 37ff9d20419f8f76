"""`tebiki record` and `tebiki audit`: what is kept of questions, and who changed what."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from tebiki.building import audit_of, build, ledger_of, note
from tebiki.commands.options import Commands, Common
from tebiki.commands.output import err, spoken

audit_app = Commands(help="The stream of who changed what, and when.", no_args_is_help=True)


@audit_app.command("verify")
def verify(
    known: Annotated[
        str, typer.Argument(help="A hash that was the last once, from a backup or syslog.")
    ] = "",
    *,
    given: Common,
) -> None:
    """See that no line was changed, taken out or cut off; name the line where one was."""
    head = audit_of(given.settings()).verify(known.rpartition(" ")[2].strip())
    given.tell(
        {"lines": head.sequence, "hash": head.hash},
        f"The audit stream is whole: {head.sequence} lines, the last {head.hash}.",
    )


@audit_app.command("head")
def head(
    *,
    given: Common,
) -> None:
    """Print the number and hash of the last line: put it into each backup, and elsewhere."""
    last = audit_of(given.settings()).head()
    given.tell({"lines": last.sequence, "hash": last.hash}, f"{last.sequence} {last.hash}")


record_app = Commands(
    help="What is kept of questions: export, erase, and let go of.", no_args_is_help=True
)

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Since = Annotated[datetime | None, typer.Option(formats=_DAY, help="From this day on.")]
Until = Annotated[datetime | None, typer.Option(formats=_DAY, help="Before this day.")]


@record_app.command("erase")
def erase(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of answers.")] = None,
    *,
    person: Annotated[
        str,
        typer.Option(help='Whose: a signed-on name, "key NAME", a Slack user TEAM/USER, a hash.'),
    ] = "",
    since: Since = None,
    until: Until = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    given: Common,
) -> None:
    """Erase questions with their answers and feedback, so that nothing of them is left in the file."""
    from bot.ledger import erasing

    chosen = given.settings()
    try:
        which = erasing.Which(
            tuple(ids or ()),
            person,
            since.timestamp() if since else None,
            until.timestamp() if until else None,
        )
    except ValueError as problem:
        raise typer.BadParameter(f"{problem}: name ids, --person, --since or --until") from problem
    if not yes and sys.stdin.isatty():
        typer.confirm("What is erased cannot be had again. Erase it?", abort=True)
    ledger = ledger_of(chosen)
    gone = erasing.erase(ledger, which)
    note(chosen, "ERASED", **erasing.told(ledger, which, gone))
    words = f"{gone.answers} answers are erased, and {gone.follow_ups} follow-ups that held them."
    given.tell({"answers": gone.answers, "follow_ups": gone.follow_ups}, words)
    for name in gone.remains:
        said = spoken(f"{name} was set aside earlier and may hold them still: delete it.")
        err.print(said, markup=False)


@record_app.command("export")
def export(
    *,
    since: Annotated[datetime, typer.Option(formats=_DAY, help="From this day on.")],
    until: Until = None,
    form: Annotated[Literal["csv", "json"], typer.Option("--format")] = "csv",
    plain: Annotated[
        bool, typer.Option("--plain", help="With names and personal data, as recorded.")
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="With private channels and messages.")
    ] = False,
    to: Annotated[Path | None, typer.Option(help="The file to write (standard output).")] = None,
    given: Common,
) -> None:
    """Write the questions and answers of a period as a table or as JSON; masked, unless plain."""
    from bot.ledger import exporting

    chosen = given.settings()
    ledger = build(chosen).ledger()
    end = until.timestamp() if until else time.time()
    found = exporting.rows(ledger, since.timestamp(), end, plain=plain, private=private)
    with to.open("w", encoding="utf-8", newline="") if to else nullcontext(sys.stdout) as file:
        for piece in exporting.exported(form, found):
            file.write(piece)
    note(
        chosen, "EXPORTED", what="record", since=since, until=until, plain=plain, private=private,
        file=to,
    )  # fmt: skip


@record_app.command("tidy")
def tidy(
    *,
    given: Common,
) -> None:
    """Let go of what was kept for as long as TEBIKI_KEEP_DAYS says; "serve" does so by itself."""
    from bot.ledger.erasing import Keeping

    chosen = given.settings()
    gone = dict(Keeping(ledger_of(chosen), audit_of(chosen), chosen.keep_days).tidy())
    words = ", ".join(f"{kind} {count}" for kind, count in gone.items()) or "nothing"
    given.tell(gone, f"Let go: {words}.")
