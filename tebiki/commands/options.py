"""The options that many commands take, and the settings that come of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from tebiki.commands.output import err
from tebiki.settings import BUNDLED, Settings, environment_of_this_process, settings

if TYPE_CHECKING:
    from index.generations.generations import Generation
    from index.passages import Filters
    from ingest.catalog.editions import Kind


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything that Tebiki writes goes (TEBIKI_HOME; var)."),
]


CorpusOption = Annotated[
    Path | None,
    typer.Option("--corpus", help="The folder of PDFs (TEBIKI_CORPUS; the bundled digests)."),
]


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def common(context: typer.Context, home: HomeOption = None, corpus: CorpusOption = None) -> None:
    """Take the options that may stand before any command."""
    context.obj = (home, corpus)


def chosen_by(context: typer.Context, home: Path | None, corpus: Path | None) -> Settings:
    """Return the settings; an option behind the command wins over one before it."""
    before_home, before_corpus = context.obj
    return settings(environment_of_this_process(), home or before_home, corpus or before_corpus)


def warn_of_another_corpus(chosen: Settings) -> None:
    """Say so when a corpus was named and the home answers from other documents."""
    from index.errors import IndexingError
    from index.generations import generations

    if chosen.corpus == BUNDLED or (chosen.chroma_url and not chosen.corpus.is_dir()):
        return  # no corpus was named, or this is a replica that needs none
    with suppress(IndexingError):  # who answers says what is wrong with the index
        name = generations.current(chosen.home)
        if name is None:
            return
        manifest = generations.read_manifest(generations.folder_of(chosen.home, name))
        if not generations.made_from(chosen.home, manifest, chosen.corpus):
            err.print(
                f"{chosen.corpus}: none of its PDFs is in the index of {chosen.home}, which "
                f'answers from other documents. Run "tebiki --home {chosen.home} --corpus '
                f'{chosen.corpus} refresh" first, or name another --home to keep both.',
                style="yellow",
                markup=False,
            )


DocumentOption = Annotated[
    list[str] | None,
    typer.Option("--document", help="Search this document only, by id; may be repeated."),
]


KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Search documents of this kind only; may be repeated."),
]


EditionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--edition", help="Search editions of this label, in force or not; may be repeated."
    ),
]


MunicipalityOption = Annotated[
    str | None,
    typer.Option("--municipality", help="Keep passages that name it (北海道北見市, Kitami)."),
]


LanguageOption = Annotated[
    Literal["ja", "en"] | None,
    typer.Option("--language", help="Search documents in this language only."),
]


AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="Search the editions in force on this day (today)."
    ),
]


def filters_of(
    generation: Generation,
    documents: Sequence[str] | None,
    kinds: Sequence[str] | None,
    editions: Sequence[str] | None,
    municipality: str | None,
    language: str | None,
    as_of: datetime | None,
) -> Filters:
    """Return the bounds that the options set.

    Raises:
        FilterUnknown: there is no such document, kind or edition to search in.
    """
    from index.passages import Filters, checked

    chosen = Filters(
        documents=tuple(documents or ()),
        kinds=tuple(cast("Sequence[Kind]", kinds or ())),  # what is no kind is not held either
        editions=tuple(editions or ()),
        language=language,
        municipality=municipality,
        as_of=as_of.date() if as_of else None,
    )
    return checked(chosen, generation.editions)
