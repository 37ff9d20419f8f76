"""`tebiki answer`, `export` and `stale`: recorded answers, shown, proven and overtaken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import private
from tebiki.building import build, ledger_of, note, today
from tebiki.commands.options import Common
from tebiki.commands.output import out, print_json, say, spoken
from tebiki.evidence import exhibits_of

if TYPE_CHECKING:
    from bot.answers import Answer


def show_answer(
    name: Annotated[str, typer.Argument(help="The id of an answer.")],
    *,
    given: Common,
) -> None:
    """Print a recorded answer again, word for word."""
    answer = ledger_of(given.settings()).answer(name)
    if given.as_json:
        from api.schemas.answers import WireAnswer

        print_json(WireAnswer.of(answer).model_dump(mode="json"))
        return
    out.print(answer.question.text, style="bold", markup=False)
    say_answer(answer)


def say_answer(answer: Answer) -> None:
    """Print an answer as a terminal shows it."""
    from bot.telling.terminal import lines

    for line in lines(answer):
        say(line.text, style="dim" if line.quiet else None)


def export(
    name: Annotated[str, typer.Argument(help="The id of an answer.")],
    *,
    to: Annotated[
        Path, typer.Option("--to", help="The folder for the sheet; made where it is missing.")
    ] = Path(),
    given: Common,
) -> None:
    """Make an evidence sheet of a recorded answer: as PDF, for Word, as Markdown with pictures."""
    chosen = given.settings()
    from bot.telling.evidence_docx import docx
    from bot.telling.evidence_pdf import pdf
    from bot.telling.evidence_sheet import markdown

    answer = ledger_of(chosen).answer(name)
    exhibits = exhibits_of(build(chosen), answer)
    files = {
        f"{answer.id}.md": markdown(answer, exhibits).encode(),
        f"{answer.id}.pdf": pdf(answer, exhibits),
        f"{answer.id}.docx": docx(answer, exhibits),
    }
    for exhibit in exhibits:
        files |= {exhibit.name_of(picture): picture.png for picture in exhibit.pictures}
    folder = to / answer.id
    folder.mkdir(parents=True, exist_ok=True)
    private.shared(folder)
    for file, content in files.items():
        (folder / file).write_bytes(content)
        private.shared(folder / file)
    note(chosen, "EXPORTED", what="evidence sheet", answer=answer.id, folder=str(folder))
    if given.as_json:
        print_json({"folder": str(folder), "files": sorted(files)})
        return
    out.print(f"{folder}: {', '.join(sorted(files))}", markup=False)


def stale(
    *,
    given: Common,
) -> None:
    """List recorded answers whose quotations changed or vanished since, earliest first.

    Of an answer given in a private channel or message only the id and the place are told.
    """
    chosen = given.settings()
    from bot.answering.editions import overtaken

    generation = build(chosen).generation()
    changed: list[dict[str, object]] = []
    for kept in ledger_of(chosen).whole():
        for citation, now in overtaken(kept.answer, generation, today()):
            changed.append(
                {
                    "answer": kept.answer.id,
                    "private": kept.private,
                    "question": "" if kept.private else kept.answer.question.text,
                    "marker": citation.marker,
                    "edition": citation.edition.key,
                    "page": citation.page,
                    "state": now.state,
                    "quote": "" if kept.private else citation.quote,
                    "now": "" if kept.private else now.text,
                    "now_edition": now.edition.label if now.edition else "",
                    "now_page": now.page,
                }
            )
    if given.as_json:
        print_json(changed)
        return
    if not changed:
        out.print(spoken("Nothing that was answered has changed since."))
    for row in changed:
        told = "" if row["private"] else f"  {row['quote']} → {row['now'] or '—'}"
        say(
            f"{row['answer']} [{row['marker']}] {row['edition']} p.{row['page']}: {row['state']}"
            + " ".join(told.split("\n"))
        )
