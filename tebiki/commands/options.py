"""The options that many commands take, each group one object, and what comes of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_type_hints

import typer
from rich.columns import Columns
from rich.table import Table
from rich.text import Text
from typer import rich_utils

from ingest import private
from ingest.pdf import ocr_engines
from tebiki.commands.output import err, language, print_json, say, spoken, told_as_words
from tebiki.places import BUNDLED
from tebiki.settings import MAIN, BadSettings, Settings, named_in, of_corpus, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.generations.generation import Generation
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
NameOption = Annotated[
    str | None,
    typer.Option(
        "--corpus-name", help="Which of several corpora of the home, HOME/corpora/NAME, is meant."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def common(
    context: typer.Context,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    corpus_name: NameOption = None,
) -> None:
    """Take the options that may stand before any command."""
    context.obj = (home, corpus, corpus_name)


@dataclass(frozen=True)
class Where:
    """Which home and which corpus a command works on."""

    context: typer.Context
    home: HomeOption = None
    corpus: CorpusOption = None
    corpus_name: NameOption = None

    def places(self) -> tuple[Path | None, Path | None, str]:
        """Return the home, the corpus and its name as options say; one behind the command wins."""
        home, corpus, name = self.context.obj
        return self.home or home, self.corpus or corpus, self.corpus_name or name or ""

    def settings(self) -> Settings:
        """Return the settings.

        From here on what is written is private, as is what the home holds.
        """
        home, corpus, name = self.places()
        return _kept(read(home=home, corpus=corpus, name=name))

    def several(self) -> dict[str, Settings]:
        """Return the settings of each corpus of the home by name, the first first.

        None where the home is that of a single corpus, or one is named.
        """
        home, corpus, name = self.places()
        whole = read(home=home, corpus=corpus)
        names = () if name else named_in(whole.home)
        return {each: _kept(of_corpus(whole, each)) for each in names}

    def others(self, names: Iterable[str]) -> tuple[Settings, ...]:
        """Return the settings of other corpora of the home.

        Raises:
            BadSettings: it has no corpus of such a name.
        """
        whole = read(home=self.places()[0])
        there = (MAIN, *named_in(whole.home))
        for name in names:
            if name not in there:
                raise BadSettings(f'{whole.home}: there is no corpus named "{name}".')
        return tuple(_kept(of_corpus(whole, name)) for name in names)


def _kept(chosen: Settings) -> Settings:
    """Return settings; from here on what is written is private, as is what the home holds."""
    ocr_engines.want(chosen.ocr)
    for line in (*chosen.notices, *private.keep(chosen.home, apart=chosen.corpus)):
        err.print(spoken(line), style="yellow", markup=False)
    return chosen


@dataclass(frozen=True)
class Printed:
    """For whom a command prints: people, or a program."""

    as_json: JsonOption = False

    def tell(self, content: Mapping[str, object], sentence: str) -> None:
        """Print what was done: as JSON for a program, as a sentence for people."""
        if self.as_json:
            print_json(content)
        else:
            say(spoken(sentence))


@dataclass(frozen=True)
class Common(Printed, Where):
    """What almost every command takes: where it works, and for whom it prints."""


@dataclass(frozen=True)
class Bounds:
    """In which documents a question is put."""

    document: Annotated[
        list[str] | None,
        typer.Option("--document", help="Search this document only, by id; may be repeated."),
    ] = None
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Search documents of this kind only; may be repeated."),
    ] = None
    edition: Annotated[
        list[str] | None,
        typer.Option(
            "--edition", help="Search editions of this label, in force or not; may be repeated."
        ),
    ] = None
    municipality: Annotated[
        str | None,
        typer.Option("--municipality", help="Keep passages that name it (北海道北見市, Kitami)."),
    ] = None
    language: Annotated[
        Literal["ja", "en"] | None,
        typer.Option("--language", help="Search documents in this language only."),
    ] = None
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help="Search the editions in force on this day (today).",
        ),
    ] = None

    folder: Annotated[
        list[str] | None,
        typer.Option("--folder", help="Search this folder of the corpus only; may be repeated."),
    ] = None
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="See what this group may see (everything); may be repeated."),
    ] = None

    def filters(self, generation: Generation) -> Filters:
        """Return the bounds as the index takes them.

        Raises:
            FilterUnknown: there is no such document, kind or edition to search in.
        """
        from index.passages import Filters, checked

        chosen = Filters(
            documents=tuple(self.document or ()),
            # What is no kind is not held either.
            kinds=tuple(cast("Sequence[Kind]", self.kind or ())),
            editions=tuple(self.edition or ()),
            language=self.language,
            municipality=self.municipality,
            as_of=self.as_of.date() if self.as_of else None,
            folders=tuple(folder.strip("/") for folder in self.folder or ()),
            # Who runs a command may open the files themselves, unless he asks as somebody else.
            groups=None if self.group is None else frozenset(self.group),
        )
        return checked(chosen, generation.seen_by(chosen.groups).editions)


class Commands(typer.Typer):
    """Commands whose parameters may be objects of options, and whose errors are words.

    Their help is in the language of the terminal.
    """

    def __init__(self, *, help: str, **how: Any) -> None:  # noqa: A002, ANN401 - Typer's
        """Begin without commands."""
        super().__init__(help=spoken(help), **how)

    def command(self, name: str | None = None, **how: Any) -> Callable[..., Any]:  # noqa: ANN401 - Typer's
        """Register a command; it stays as it was written."""

        def registered(command: Callable[..., None]) -> Callable[..., None]:
            said = spoken(inspect.getdoc(command) or "")
            super(Commands, self).command(name, help=said, **how)(spread(command))
            return command

        return registered


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command* as Typer takes it: each dataclass among its parameters as its fields."""
    hints = get_type_hints(command, include_extras=True)
    groups = {n: kind for n, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}
    parameters: dict[str, inspect.Parameter] = {}
    for name, one in inspect.signature(command).parameters.items():
        own = fields(groups[name]) if name in groups else ()
        types = get_type_hints(groups[name], include_extras=True) if own else hints
        for taken, default in [(f.name, f.default) for f in own] or [(name, one.default)]:
            _speak(types[taken])
            parameters[taken] = inspect.Parameter(
                taken,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=types[taken],
                default=default if taken != "context" else inspect.Parameter.empty,
            )

    @wraps(command)
    def called(**given: Any) -> None:  # noqa: ANN401 - whatever the options are
        for name, group in groups.items():
            given[name] = group(**{one.name: given.pop(one.name) for one in fields(group)})
        with told_as_words():
            command(**given)

    signature = inspect.Signature(list(parameters.values()))
    called.__signature__ = signature  # type: ignore[attr-defined]
    called.__annotations__ = {name: one.annotation for name, one in parameters.items()}
    return called


def _speak(kind: object) -> None:
    """Let the help of an option or argument be in the language of this terminal."""
    for told in getattr(kind, "__metadata__", ()):
        if getattr(told, "help", None):
            told.help = spoken(told.help)


class _FoldedTable(Table):
    """A table that breaks a line of Japanese, which has no blanks, instead of cutting it off."""

    def add_row(self, *cells: Any, **how: Any) -> None:  # noqa: ANN401 - rich's
        super().add_row(*cells, **how)
        for column in self.columns:
            column.overflow = "fold"


class _FoldedColumns(Columns):
    """Texts side by side that break likewise."""

    def __init__(self, renderables: Iterable[Any], **how: Any) -> None:  # noqa: ANN401 - rich's
        held = list(renderables)
        for each in held:
            if isinstance(each, Text):
                each.overflow = "fold"
        super().__init__(held, **how)


def speak_panels() -> None:
    """Let the headings of the help be in the language of this terminal."""
    if language() == "ja":
        rich_utils.ARGUMENTS_PANEL_TITLE = "引数"
        rich_utils.OPTIONS_PANEL_TITLE = "オプション"
        rich_utils.COMMANDS_PANEL_TITLE = "コマンド"
        vars(rich_utils).update(Table=_FoldedTable, Columns=_FoldedColumns)
    for option in (HomeOption, CorpusOption):
        _speak(option)


def warn_of_another_corpus(chosen: Settings) -> None:
    """Say so when a corpus was named and the home answers from other documents."""
    from index.errors import IndexingError
    from index.generations import manifests, pointers

    if chosen.corpus == BUNDLED or (chosen.shared and not chosen.corpus.is_dir()):
        return  # no corpus was named, or this is a replica that needs none
    with suppress(IndexingError):  # who answers says what is wrong with the index
        name = pointers.current(chosen.home)
        if name is None:
            return
        manifest = manifests.read_manifest(manifests.folder_of(chosen.home, name))
        if not manifests.made_from(chosen.home, manifest, chosen.corpus):
            warning = (
                f"{chosen.corpus}: none of its PDFs is in the index of {chosen.home}, which "
                f'answers from other documents. Run "tebiki --home {chosen.home} --corpus '
                f'{chosen.corpus} refresh" first, or name another --home to keep both.'
            )
            err.print(spoken(warning), style="yellow", markup=False)
