"""`tebiki approved`: answers that a department wrote or approved."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from tebiki.building import approved_of, build, note, today
from tebiki.commands.options import Commands, Common
from tebiki.commands.output import LEFT_OUT, err, out, print_json
from tebiki.refreshing import doubted

approved_app = Commands(help="Answers that a department wrote or approved.", no_args_is_help=True)


@approved_app.command("list")
def listed(*, given: Common) -> None:
    """List them; what is to be checked before it leads again says why."""
    held = approved_of(given.settings()).all()
    if given.as_json:
        print_json([{**asdict(one), "day": str(one.day)} for one in held])
        return
    for one in held:
        doubt = f"  要確認: {one.doubt}" if one.doubt else ""
        out.print(f"{one.id}  {one.question}  {one.by} {one.day}{doubt}", markup=False)


@approved_app.command("add")
def add(
    question: Annotated[str, typer.Argument(help="The question.")],
    *,
    wording: Annotated[str, typer.Option(help="What is answered.")],
    by: Annotated[str, typer.Option(help="Who answers for it: a department, a person.")],
    document: Annotated[str, typer.Option(help="The id of the document it rests on.")],
    quote: Annotated[
        list[str], typer.Option("--quote", help="Words of it, as they stand; may be repeated.")
    ],
    like: Annotated[
        list[str] | None, typer.Option("--like", help="Another way of asking; may be repeated.")
    ] = None,
    owner: Annotated[str, typer.Option(help="Who is told when what it rests on changes.")] = "",
    replaces: Annotated[str, typer.Option("--id", help="The one whose place it takes.")] = "",
    given: Common,
) -> None:
    """Approve an answer; its quotations have to stand word for word in an edition in force."""
    chosen = given.settings()
    from bot.asking.question import language_of
    from bot.ledger.approved import Approved, Quotation, verified

    rests = tuple(Quotation(document, "", each) for each in quote)
    found = verified(build(chosen).generation(), rests, today())
    one = approved_of(chosen).put(
        Approved(
            replaces, question, wording, found, by, today(), language_of(question),
            tuple(like or ()), owner,
        )
    )  # fmt: skip
    note(chosen, "APPROVED", id=one.id, by=by, owner=owner)
    given.tell({"id": one.id}, f"{one.id} leads from now on, where it is asked.")


@approved_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The id that tebiki approved list shows.")],
    *,
    given: Common,
) -> None:
    """Take an approved answer back."""
    chosen = given.settings()
    if not approved_of(chosen).remove(name):
        raise typer.BadParameter(f"there is no approved answer {name}")
    note(chosen, "APPROVAL_ENDED", id=name)
    given.tell({"id": name}, f"{name} is taken back.")


@approved_app.command("check")
def check(*, given: Common) -> None:
    """Mark those whose quotations do not stand any more; a refresh does so by itself."""
    chosen = given.settings()
    for deed, what in doubted(chosen):
        note(chosen, deed, **what)
    open_ones = [one for one in approved_of(chosen).all() if one.doubt]
    if given.as_json:
        print_json([{"id": one.id, "owner": one.owner, "doubt": one.doubt} for one in open_ones])
    for one in () if given.as_json else open_ones:
        out.print(f"{one.id}  {one.question}  {one.owner or one.by}: {one.doubt}", markup=False)
    if open_ones:
        raise typer.Exit(LEFT_OUT)


@approved_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A file that ends in .csv or .xlsx.")],
    *,
    given: Common,
) -> None:
    """Write them into a table to edit."""
    chosen = given.settings()
    from bot.ledger.approved_lists import exported

    held = approved_of(chosen).all()
    file.write_bytes(exported(_form(file), held))
    note(chosen, "EXPORTED", what="approved answers", form=_form(file))
    given.tell({"answers": len(held)}, f"{len(held)} approved answers are in {file}.")


@approved_app.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="A table that was exported and edited.")],
    *,
    given: Common,
) -> None:
    """Keep what a table lists; a row whose quotations do not stand is left out and named."""
    chosen = given.settings()
    from bot.ledger.approved_lists import imported

    library = build(chosen).generation()
    told, refused = imported(file.read_bytes(), approved_of(chosen), library, today())
    for one in told:
        note(chosen, "APPROVED", id=one.id, by=one.by, owner=one.owner)
    for each in refused:
        err.print(f"{file}:{each.row}: {each.en} / {each.ja}", markup=False, style="red")
    given.tell(
        {"kept": len(told), "refused": [{"row": e.row, "why": e.en} for e in refused]},
        f"{len(told)} approved answers are kept, {len(refused)} rows were left out.",
    )
    if refused:
        raise typer.Exit(LEFT_OUT)


def _form(file: Path) -> Literal["csv", "xlsx"]:
    if file.suffix not in {".csv", ".xlsx"}:
        raise typer.BadParameter(f"{file} ends neither in .csv nor in .xlsx")
    return "xlsx" if file.suffix == ".xlsx" else "csv"
