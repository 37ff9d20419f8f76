"""`tebiki search` and `tebiki ask`: passages, and an answer made of quotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.pages import PlaceKind
from tebiki.building import build, today
from tebiki.commands.answers import say_answer
from tebiki.commands.options import Bounds, Common, warn_of_another_corpus
from tebiki.commands.output import err, out, print_json, spoken

if TYPE_CHECKING:
    from bot.answers import Answerer, Turn
    from index.generations.generation import Generation
    from index.passages import Passage
    from index.search.reasons import Reason
    from ingest.pages import Place


def search(
    question: Annotated[str, typer.Argument(help="What to look for, in Japanese or English.")],
    *,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
    bounds: Bounds,
    given: Common,
) -> None:
    """Find the passages nearest to a question, at most one a page."""
    chosen = given.settings()
    warn_of_another_corpus(chosen)
    parts = build(chosen)
    from api.schemas.passages import WirePassage
    from bot.asking.question import read
    from index.passages import by_page
    from index.search.reasons import reason

    generation = parts.generation()
    filters = bounds.filters(generation)
    generation = generation.seen_by(filters.groups)
    asked = read(question, filters=filters)
    words = generation.mended(asked.standalone)
    read_as = words if words != asked.standalone else None
    found = by_page(generation, words, k=k, filters=asked.filters)
    if given.as_json:
        day = asked.filters.as_of or today()
        in_force = {edition.key for edition in generation.in_force(day)}
        passages = [
            WirePassage.of(
                passage,
                labels=[
                    generation.text(passage.chunk.edition).pages[number - 1].label
                    for number in passage.pages
                ],
                place=_place(generation, passage),
                in_force=in_force,
                why=reason(words, passage.chunk, generation.glossary),
            ).model_dump(mode="json")
            for passage in found
        ]
        print_json({"passages": passages, "read_as": read_as})
        return
    if read_as:
        err.print(f"Searched for: {read_as} / と読み替えて探しました。", markup=False)
    if not found:
        out.print("Nothing in the documents comes near. / 近い箇所はありません。")
    for passage in found:
        held = passage.chunk.edition
        place = _place(generation, passage)
        pages = dict.fromkeys((passage.pages[0], passage.pages[-1]))
        where = f"p.{'–'.join(map(str, pages))}"
        if place.kind is not PlaceKind.PAGE:
            where = place.named("ja", section=not passage.chunk.section)
        out.print(
            f"[bold]{held.document.title}[/bold]（{held.label}） {where}  "
            f"[dim]{' › '.join(passage.chunk.section)}[/dim]"
        )
        out.print(passage.chunk.text.strip(), markup=False)
        out.print(
            _told(reason(words, passage.chunk, generation.glossary)), style="dim", markup=False
        )
        out.print()


def _told(why: Reason) -> str:
    """Return in one line which words and which other names brought a passage."""
    names = [f"{said} → {found}" for said, found in why.names]
    return f"({'、'.join([*why.words, *names]) or 'similar letters / 字の並び'})"


def _place(generation: Generation, passage: Passage) -> Place:
    chunk = passage.chunk
    return generation.text(chunk.edition).place(chunk.start, chunk.end, chunk.section)


def ask(
    question: Annotated[str, typer.Argument(help="A question, in Japanese or English.")],
    *,
    conversation: Annotated[
        str, typer.Option(help="A name of your own under which follow-ups are understood.")
    ] = "",
    bounds: Bounds,
    given: Common,
) -> None:
    """Answer a question with quotations, or say that the documents do not hold it."""
    chosen = given.settings()
    warn_of_another_corpus(chosen)
    parts = build(chosen)
    from bot.asking.question import read
    from bot.ledger.errors import LedgerUnavailable
    from bot.ledger.record import Recorded

    generation = parts.generation()
    filters = bounds.filters(generation)
    answerer: Answerer = parts.answerer
    history: Sequence[Turn] = ()
    try:
        ledger = parts.ledger()
    except (LedgerUnavailable, OSError) as problem:
        said = spoken(f"This answer is not recorded: {problem}")
        err.print(said, style="yellow", markup=False)
    else:
        history = ledger.turns(conversation) if conversation else ()
        answerer = Recorded(answerer, ledger, origin="cli")
    asked = read(question, filters=filters, history=history, conversation=conversation)
    answer = answerer.answer(asked)
    if given.as_json:
        from api.schemas.answers import WireAnswer

        print_json(WireAnswer.of(answer).model_dump(mode="json"))
        return
    say_answer(answer)
