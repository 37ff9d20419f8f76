"""What the admin page shows of the index as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.schemas.intake import WirePoorPage
from api.schemas.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.page_summaries import PageSummaries
    from bot.writing.breaker import Rest
    from index.generations.pointers import Kept
    from index.passages import Library


class WireGeneration(Wire):
    """An index that can be made current."""

    name: str
    current: bool
    made: str
    pages: int
    passages: int


class WireRest(Wire):
    """Until when (seconds since 1970) the model's server is left alone, and why."""

    until: float
    reason: str


class StateResponse(Wire):
    """The index as it is now, and whether the language model is left alone after failures."""

    generation: str | None
    documents: int
    pages: int
    recipe: dict[str, str]
    poor_pages: list[WirePoorPage]
    generations: list[WireGeneration]
    model_rest: WireRest | None = None


def state_of(
    library: Library, summaries: PageSummaries, generations: Sequence[Kept], rest: Rest | None
) -> StateResponse:
    """Return the state of the index that is current; *rest* is None while the model is asked."""
    indexed = [
        (edition, summaries.of(library, edition)) for edition in library.editions if edition.held
    ]
    return StateResponse(
        generation=library.id,
        documents=len({edition.document.id for edition, _ in indexed}),
        pages=sum(len(held.labels) for _, held in indexed),
        recipe=dict(library.recipe),
        poor_pages=[
            WirePoorPage(file=edition.path or "", page=number, note=note)
            for edition, held in indexed
            for number, note in held.poor
        ],
        generations=[
            WireGeneration(
                name=kept.name,
                current=kept.current,
                made=kept.manifest.created,
                pages=kept.manifest.pages,
                passages=kept.manifest.chunks,
            )
            for kept in reversed(generations)
            if kept.manifest is not None
        ],
        model_rest=None if rest is None else WireRest(until=rest.until, reason=rest.reason),
    )
