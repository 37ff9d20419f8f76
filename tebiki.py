"""Tebiki (手引き): cited answers from the manuals that local governments work by.

The command line and the only composition root: it reads the environment once, builds the
parts, runs them, and turns errors into words for people.

Exit codes: 0 done; 1 done, but something was left out or refused (named on the error stream);
2 wrong usage; 3 there is no index yet; 4 the index or the corpus cannot be used.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.keys import Keys
    from bot.answers import Answer, Answerer, Citation, Turn
    from bot.guard import Guard, Policy
    from bot.ledger.ledger import Ledger
    from bot.ledger.tokens import Tokens
    from bot.model import Configured
    from bot.sheet import Picture
    from bot.slack.app import Colleague
    from bot.slack.app import Settings as SlackSettings
    from evals.runs import Run
    from index.depot import Depot
    from index.embedding import Embedder
    from index.generations import Generation, Kept, Manifest, Shelf
    from index.models import CrossEncoderReranker
    from index.passages import Filters
    from index.refresh import Plan, RefreshReport
    from index.store import Server, Vectors
    from ingest.catalog import Catalog
    from ingest.editions import Edition, Kind
    from ingest.errors import UnreadablePdf
    from ingest.pages import EditionText

LEFT_OUT, NO_INDEX, UNUSABLE = 1, 3, 4
COMPUTING, WAITING = 8, 40
"""How many requests are worked on at once: those that compute, those that wait for a model."""
KEEP_ALIVE_S = 75
"""How long the server keeps a connection that nobody uses, as proxies do by default."""
SWITCH_S = 0.0005
"""How soon a computing thread of the server gives way to another."""
FITTED = "fitted"
BUNDLED = Path(__file__).resolve().parent / "corpus"

app = typer.Typer(
    help="Cited answers from the manuals that local governments work by.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two installations; each has a line in .env.example."""

    home: Path
    corpus: Path
    embedding: str = FITTED
    question_prefix: str | None = None
    passage_prefix: str | None = None
    reranker: str = ""
    model: Configured | None = None
    guard: Mapping[str, Policy] = field(default_factory=dict)
    user_header: str = ""
    proxies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    database_url: str = ""
    ledger_key: str = ""
    plain_ids: bool = False
    chroma_url: str = ""
    public_url: str = ""
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""


def settings(
    environment: Mapping[str, str], home: Path | None = None, corpus: Path | None = None
) -> Settings:
    """Read the settings; what the command line names wins over the environment.

    Raises:
        ModelFailed: a setting of the language model is missing or not usable.
        BadSetting: a setting of the guard is none of its words.
    """
    from bot.guard import policies
    from bot.model import configured

    return Settings(
        home=home or Path(environment.get("TEBIKI_HOME") or "var"),
        corpus=corpus or Path(environment.get("TEBIKI_CORPUS") or BUNDLED),
        embedding=environment.get("TEBIKI_EMBEDDING") or FITTED,
        question_prefix=environment.get("TEBIKI_EMBEDDING_QUESTION_PREFIX"),
        passage_prefix=environment.get("TEBIKI_EMBEDDING_PASSAGE_PREFIX"),
        reranker=environment.get("TEBIKI_RERANKER", ""),
        model=configured(environment),
        guard=policies(environment),
        user_header=environment.get("TEBIKI_USER_HEADER", ""),
        proxies=_list(environment.get("TEBIKI_PROXIES", "")),
        origins=_list(environment.get("TEBIKI_ORIGINS", "")),
        database_url=environment.get("TEBIKI_DATABASE_URL", ""),
        ledger_key=environment.get("TEBIKI_LEDGER_KEY", ""),
        plain_ids=environment.get("TEBIKI_LEDGER_PLAIN_IDS", "") not in {"", "0"},
        chroma_url=environment.get("TEBIKI_CHROMA_URL", ""),
        public_url=environment.get("TEBIKI_PUBLIC_URL", ""),
        slack_bot_token=environment.get("TEBIKI_SLACK_BOT_TOKEN", ""),
        slack_app_token=environment.get("TEBIKI_SLACK_APP_TOKEN", ""),
        slack_signing_secret=environment.get("TEBIKI_SLACK_SIGNING_SECRET", ""),
    )


def _list(given: str) -> tuple[str, ...]:
    """Return the parts of a setting that lists several things, separated by commas."""
    return tuple(part.strip() for part in given.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Parts:
    """The built application: what every command is made from."""

    settings: Settings
    shelf: Shelf
    answerer: Answerer

    def page_file(self, edition: Edition) -> Path:
        """Return the PDF of a held edition, as the home keeps it or the server does."""
        from index.generations import pdf_of

        depot = _depot(self.settings)
        kept = pdf_of(self.settings.home, edition)
        return depot.bring_pdf(self.settings.home, edition) if depot else kept

    def generation(self) -> Generation:
        """Return the current generation."""
        return self.shelf()


def build(chosen: Settings) -> Parts:
    """Put the application together; nothing is opened or loaded before it is used."""
    from bot.across import AcrossEditions
    from bot.extractive import Extractive
    from index.generations import Shelf

    shelf = Shelf(
        chosen.home,
        lambda recipe, folder: _embedder_of(chosen, recipe, folder),
        vectors=_vectors(chosen),
        depot=_depot(chosen),
        reranker=_configured_reranker(chosen),
    )
    extractive = Extractive(shelf)
    if chosen.model is None:
        return Parts(chosen, shelf, AcrossEditions(extractive, shelf))
    from bot.generative import Generative
    from bot.model import open_model

    model = open_model(chosen.model, _tokens(chosen))
    written = Generative(shelf, model, extractive, guard=_guard(chosen, shelf))
    return Parts(chosen, shelf, AcrossEditions(written, shelf))


def web(parts: Parts, host: str = "127.0.0.1") -> FastAPI:
    """Return the HTTP application as it may be served on *host*.

    Raises:
        Unprotected: others can reach *host*, and nothing says who may ask.
        LedgerUnavailable: the record of answers cannot be opened.
    """
    from api.access import decide
    from api.admin import Office
    from api.app import create_app
    from api.keys import Keys
    from api.passes import Passes
    from api.schemas import WireAnswer
    from bot.ledger.record import Recorded, SentRecord

    chosen = parts.settings
    access = decide(
        host,
        keys=Keys(chosen.home / "keys.json"),
        user_header=chosen.user_header,
        proxies=chosen.proxies,
        origins=chosen.origins,
    )
    ledger = _ledger(chosen, parts.shelf)
    access = replace(access, passes=Passes(ledger.person))
    office = Office(
        corpus=chosen.corpus,
        refresh=lambda told, accept: refreshed(chosen, told, accept=accept),
        roll_back=lambda to: _roll_back(chosen, to),
        generations=lambda: _kept(chosen),
        entries=lambda since: ledger.entries(since=since),
        uploads=chosen.home / "uploads",
    )
    served = create_app(
        library=parts.shelf,
        answerer=Recorded(parts.answerer, ledger, origin="web"),
        page_file=parts.page_file,
        record=SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of),
        access=access,
        kept_text=partial(_read_again, chosen),
        at_once=COMPUTING if chosen.model is None else WAITING,
        office=office,
    )
    if chosen.slack_bot_token and chosen.slack_signing_secret:
        from api.slack import add_slack

        add_slack(served, _colleague(parts, ledger))
    return served


def _read_again(chosen: Settings, path: Path) -> EditionText:
    """Return the text of a PDF that the corpus no longer holds, as it was read then.

    Raises:
        UnreadablePdf: it cannot be read any more.
    """
    from ingest.errors import UnreadablePdf
    from ingest.reading import read_all

    found = read_all({path.name: path}, cache=chosen.home / "readings")[path.name]
    if isinstance(found, UnreadablePdf):
        raise found
    return found


def _colleague(parts: Parts, ledger: Ledger) -> Colleague:
    """Return Tebiki in Slack; nothing is sent before it is started."""
    from api.suggestions import suggested
    from bot.slack import app as slack_app

    return slack_app.create(
        _slack(parts.settings),
        answerer=parts.answerer,
        library=parts.shelf,
        ledger=ledger,
        page_image=partial(_page_image, parts),
        prompts=lambda language: suggested(parts.generation(), language),
        refreshed=lambda: parts.generation().manifest.created[:10],
    )


def _page_image(parts: Parts, edition: Edition, number: int, start: int, end: int) -> bytes:
    """Return a page as a PNG, the span between two offsets of its edition's text marked."""
    from ingest.pdf import draw

    library = parts.generation()
    # An old answer shows its page from the kept PDF, though its text is no longer indexed.
    marked = library.text(edition).boxes(start, end) if edition in library.editions else ()
    boxes = [box for box in marked if box.page == number]
    return draw(parts.page_file(edition), number, width=1_000, boxes=boxes)


def _slack(chosen: Settings) -> SlackSettings:
    from bot.slack.app import Settings as SlackSettings

    return SlackSettings(
        bot_token=chosen.slack_bot_token,
        app_token=chosen.slack_app_token,
        signing_secret=chosen.slack_signing_secret,
        public_url=chosen.public_url,
        streaming=chosen.model is not None,
    )


def _guard(chosen: Settings, shelf: Shelf | None) -> Guard:
    """Return what decides which personal data may go where; *shelf* says what is published."""
    from bot.guard import Contacts, Guard

    return Guard(**chosen.guard, contacts=Contacts(shelf) if shelf else frozenset)


def _ledger(chosen: Settings, shelf: Shelf | None = None) -> Ledger:
    """Open the record of answers; with *shelf*, published numbers are not masked in it."""
    from bot.ledger.ledger import open_ledger

    return open_ledger(
        chosen.home,
        url=chosen.database_url,
        key=chosen.ledger_key,
        plain_ids=chosen.plain_ids,
        guard=_guard(chosen, shelf),
    )


def _tokens(chosen: Settings) -> Tokens | None:
    """Return what counts the tokens of each day, None where no bound is set; opened at first use."""
    if chosen.model is None or not chosen.model.tokens_a_day:
        return None
    from bot.ledger.database import Database
    from bot.ledger.ledger import FILE
    from bot.ledger.tokens import Tokens

    opened = cache(lambda: Database(chosen.database_url or chosen.home / FILE))
    return Tokens(opened, chosen.model.tokens_a_day)


def _embedder_of(chosen: Settings, recipe: Mapping[str, str], folder: Path) -> Embedder:
    """Return the embedder that made a generation, or say that another one is configured."""
    from index.errors import RecipeChanged
    from index.fitted import Fitted

    wanted = recipe["embedder"]
    if chosen.embedding == FITTED and (folder / "embedder").is_dir():
        return Fitted.load(folder / "embedder")
    configured = _configured_embedder(chosen)
    if configured is None or configured.name != wanted:
        now = configured.name.split("|")[0] if configured else chosen.embedding
        message = (
            f'{folder}: this index was made with the embedder "{wanted.split("|")[0]}", but '
            f'TEBIKI_EMBEDDING says "{chosen.embedding}" ({now}, with the prefixes that are set). '
            f'Run "tebiki refresh" to make one with it, or set TEBIKI_EMBEDDING back.'
        )
        raise RecipeChanged(message)
    return configured


def _configured_embedder(
    chosen: Settings, progress: Callable[[float], None] = lambda _: None
) -> Embedder | None:
    """Return the configured embedder, None being the one that is fitted to the corpus."""
    if chosen.embedding == FITTED:
        return None
    from index.models import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(
        chosen.embedding,
        question_prefix=chosen.question_prefix,
        passage_prefix=chosen.passage_prefix,
        progress=progress,
    )


def _configured_reranker(chosen: Settings) -> CrossEncoderReranker | None:
    """Return the configured re-ranker, None being none; it is loaded when first used."""
    if not chosen.reranker:
        return None
    from index.models import CrossEncoderReranker

    return CrossEncoderReranker(chosen.reranker)


def _vectors(chosen: Settings) -> Vectors:
    """Return where vectors live: in the home, or on the Chroma server that is named."""
    from index.store import Embedded

    return _server(chosen.chroma_url) if chosen.chroma_url else Embedded()


def _depot(chosen: Settings) -> Depot | None:
    """Return where generations are published for many homes, if a server is named."""
    from index.depot import Depot

    return Depot(_server(chosen.chroma_url)) if chosen.chroma_url else None


@cache
def _server(url: str) -> Server:
    from index.store import Server

    try:
        return Server(url)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="TEBIKI_CHROMA_URL") from problem


def _here(chosen: Settings) -> None:
    """Let the home hold what is current on the server, where one is named."""
    depot = _depot(chosen)
    if depot is not None:
        depot.sync(chosen.home)


def _roll_back(chosen: Settings, to: str | None) -> str:
    from index.generations import roll_back

    depot = _depot(chosen)
    return depot.roll_back(chosen.home, to) if depot else roll_back(chosen.home, to)


def _kept(chosen: Settings) -> tuple[Kept, ...]:
    from index.generations import kept_in

    depot = _depot(chosen)
    return depot.kept() if depot else kept_in(chosen.home)


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything that Tebiki writes goes (TEBIKI_HOME; var)."),
]
CorpusOption = Annotated[
    Path | None,
    typer.Option("--corpus", help="The folder of PDFs (TEBIKI_CORPUS; the bundled digests)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


@app.callback()
def _common(context: typer.Context, home: HomeOption = None, corpus: CorpusOption = None) -> None:
    context.obj = (home, corpus)


def _chosen(context: typer.Context, home: Path | None, corpus: Path | None) -> Settings:
    before_home, before_corpus = context.obj
    return settings(_environment(), home or before_home, corpus or before_corpus)


def _warn_of_another_corpus(chosen: Settings) -> None:
    """Say so when a corpus was named and the home answers from other documents."""
    from index import generations
    from index.errors import IndexingError

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


def _environment() -> dict[str, str]:
    """Return the environment over what a file .env in the working folder says."""
    from dotenv import dotenv_values

    said = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**said, **os.environ}


@contextmanager
def _told_as_words() -> Iterator[None]:
    """Turn our own errors into a sentence and an exit code."""
    from api.access import Unprotected
    from api.keys import UnknownKey
    from bot.errors import BadQuestion, BotError
    from evals.errors import EvalError
    from index.errors import FilterUnknown, IndexingError, IndexMissing
    from ingest.errors import IngestError

    try:
        yield
    except (BadQuestion, FilterUnknown) as problem:
        err.print(f"[red]{_plain(problem)}[/red]")
        raise typer.Exit(2) from problem
    except IndexMissing as problem:
        err.print(f"[red]{_plain(problem)}[/red]")
        raise typer.Exit(NO_INDEX) from problem
    except (IndexingError, IngestError, BotError, EvalError, UnknownKey, Unprotected) as problem:
        err.print(f"[red]{_plain(problem)}[/red]")
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


def _today() -> date:
    """Return the day it is where this machine stands: editions are in force by local days."""
    return datetime.now().astimezone().date()


def _plain(problem: Exception) -> str:
    return escape(f"{type(problem).__name__}: {problem}")


def _write(path: Path, content: str) -> None:
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


def _tell(content: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    """Print what was done: as JSON for a program, as a sentence for people."""
    if as_json:
        _print_json(content)
    else:
        out.print(sentence, markup=False)


def _print_json(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


@app.command()
def refresh(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish whatever the evaluation says; recorded.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Go on, and refresh whenever the folder has changed (--full: the first time).",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read the PDFs and make the index current; answers go on from the old one meanwhile."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from index import generations, glossary
        from index import refresh as refreshing
        from ingest import catalog

        if dry_run:
            listed = catalog.read(chosen.corpus)
            common = glossary.read(BUNDLED / refreshing.GLOSSARY)
            _here(chosen)
            name = generations.current(chosen.home)
            manifest = (
                generations.read_manifest(generations.folder_of(chosen.home, name))
                if name
                else None
            )
            wanted = refreshing.recipe(
                refreshing.embedder_name(_configured_embedder(chosen)),
                glossary.hash_of(common.joined(glossary.read(chosen.corpus / refreshing.GLOSSARY))),
                _reader(),
                _vectors(chosen).name,
            )
            _say_plan(refreshing.plan(listed, manifest, wanted), listed, as_json=as_json)
            if listed.problems:
                raise typer.Exit(LEFT_OUT)
            return
        if watch:
            from index.watching import watch as watched

            everything = full

            def again() -> bool:
                nonlocal everything
                done = _refresh_and_say(chosen, full=everything, accept=accept, as_json=as_json)
                everything = everything and not done
                return done

            watched(chosen.corpus, again)
            return
        with _progress(show=not as_json) as told:
            report = refreshed(chosen, told, full=full, accept=accept)
        _say_report(report, as_json=as_json)
        if report.poor_pages and not as_json:
            _say_what_ocr_would_do()
        if report.generation is None:
            raise typer.Exit(UNUSABLE)
        if report.problems:
            raise typer.Exit(LEFT_OUT)


def _refresh_and_say(chosen: Settings, *, full: bool, accept: bool, as_json: bool) -> bool:
    """Refresh once; what goes wrong is told, and the watch goes on.

    Returns:
        Whether there is nothing to try again: what the gate refused, it would refuse again.
    """
    from index.refresh import NotAllowed

    refused = False
    with suppress(typer.Exit), _told_as_words(), _progress(show=not as_json) as told:
        try:
            report = refreshed(chosen, told, full=full, accept=accept)
        except NotAllowed:
            refused = True
            raise
        _say_report(report, as_json=as_json)
        return True
    return refused


def refreshed(
    chosen: Settings,
    told: Callable[[str, float], None],
    *,
    full: bool = False,
    accept: bool = False,
) -> RefreshReport:
    """Bring the index up to date with the corpus; *told* hears of each step.

    The bundled questions and the corpus' own are put to the new index before it goes live. A
    re-ranker is no part of the index, but one that cannot be loaded is found out here.

    Raises:
        IngestError, IndexingError, EvalError: as `index.refresh.carry_out` and the gate say.
    """
    from evals.candidate import gate
    from index import glossary
    from index import refresh as refreshing
    from ingest import catalog

    if reranker := _configured_reranker(chosen):
        told("loading the re-ranker", 0.0)
        reranker.load()
    notes: list[str] = []
    workshop = refreshing.Workshop(
        chosen.corpus,
        chosen.home,
        _reading(chosen, told),
        _reader(),
        _configured_embedder(chosen, lambda share: told("embedding", share)),
        gate(
            chosen.home,
            chosen.corpus,
            lambda recipe, folder: _embedder_of(chosen, recipe, folder),
            today=_today,
            told=lambda share: told("checking", share),
            vectors=_vectors(chosen),
            noted=notes.append,
        ),
        progress=told,
        accept=accept,
        today=_today,
        common=glossary.read(BUNDLED / refreshing.GLOSSARY),
        vectors=_vectors(chosen),
        depot=_depot(chosen),
    )
    report = refreshing.carry_out(catalog.read(chosen.corpus), workshop, full=full)
    return replace(report, notices=(*report.notices, *notes))


def _reading(
    chosen: Settings, told: Callable[[str, float], None]
) -> Callable[[Mapping[str, Path]], Iterator[tuple[str, EditionText | UnreadablePdf]]]:
    """Return what reads many PDFs, in processes of their own."""
    from index.refresh import READINGS
    from ingest.reading import Progress as Read
    from ingest.reading import read_each

    def moved(on: Read) -> None:
        pages = f"{on.pages:,} of {'' if on.opened == on.files else 'about '}{on.expected:,} pages"
        told(f"reading ({pages}, {on.rate:.0f}/s)", on.pages / max(on.expected, 1))

    def reading(files: Mapping[str, Path]) -> Iterator[tuple[str, EditionText | UnreadablePdf]]:
        for name, one in read_each(files, cache=chosen.home / READINGS, progress=moved):
            yield name, _named(one, chosen.corpus)

    return reading


def _named(outcome: EditionText | UnreadablePdf, corpus: Path) -> EditionText | UnreadablePdf:
    """Return what was read; a file that could not be is named as the corpus folder names it."""
    from ingest.errors import UnreadablePdf

    if isinstance(outcome, UnreadablePdf) and Path(outcome.path).is_relative_to(corpus):
        name = Path(outcome.path).relative_to(corpus).as_posix()
        return UnreadablePdf(name, outcome.reason, outcome.advice)
    return outcome


def _reader() -> str:
    """Return what PDFs are read with here: with OCR, or without where tesseract is missing."""
    from ingest import ocr
    from ingest.pdf import READER_VERSION

    return f"{READER_VERSION}+ocr-{ocr.reads_with()}" if ocr.installed() else READER_VERSION


@contextmanager
def _progress(*, show: bool) -> Iterator[Callable[[str, float], None]]:
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


def _say_plan(plan: Plan, listed: Catalog, *, as_json: bool) -> None:
    from index import reports

    if as_json:
        _print_json(reports.plan_json(plan, listed))
        return
    for line in reports.plan_lines(plan):
        out.print(line, markup=False)
    for problem in listed.problems:
        err.print(f"[red]{_plain(problem)}[/red]")


def _say_what_ocr_would_do() -> None:
    from ingest import ocr

    if lacking := ocr.missing():
        err.print(lacking, markup=False, soft_wrap=True)


def _say_report(report: RefreshReport, *, as_json: bool) -> None:
    from index import reports

    if as_json:
        _print_json(reports.report_json(report))
        return
    if said := reports.outcome(report):
        out.print(said)
    else:
        err.print("[red]No PDF could be read, so there is no index.[/red]")
    for line in reports.remarks(report):
        err.print(line, markup=False)
    for problem in report.problems:
        err.print(f"[red]{_plain(problem)}[/red]")


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


def _filters(
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


@app.command()
def search(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What to look for, in Japanese or English.")],
    *,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
    document: DocumentOption = None,
    kind: KindOption = None,
    edition: EditionOption = None,
    municipality: MunicipalityOption = None,
    language: LanguageOption = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the passages nearest to a question, at most one a page."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        _warn_of_another_corpus(chosen)
        parts = build(chosen)
        from api.schemas import WirePassage
        from bot.question import read
        from index.passages import by_page

        generation = parts.generation()
        filters = _filters(generation, document, kind, edition, municipality, language, as_of)
        asked = read(question, filters=filters)
        words = generation.mended(asked.standalone)
        read_as = words if words != asked.standalone else None
        found = by_page(generation, words, k=k, filters=asked.filters)
        if as_json:
            day = asked.filters.as_of or _today()
            in_force = {edition.key for edition in generation.in_force(day)}
            passages = [
                WirePassage.of(
                    passage,
                    labels=[
                        generation.text(passage.chunk.edition).pages[number - 1].label
                        for number in passage.pages
                    ],
                    in_force=in_force,
                ).model_dump(mode="json")
                for passage in found
            ]
            _print_json({"passages": passages, "read_as": read_as})
            return
        if read_as:
            err.print(f"Searched for: {read_as} / と読み替えて探しました。", markup=False)
        if not found:
            out.print("Nothing in the documents comes near. / 近い箇所はありません。")
        for passage in found:
            held = passage.chunk.edition
            pages = "–".join(
                str(number) for number in dict.fromkeys((passage.pages[0], passage.pages[-1]))
            )
            out.print(
                f"[bold]{held.document.title}[/bold]（{held.label}） p.{pages}  "
                f"[dim]{' › '.join(passage.chunk.section)}[/dim]"
            )
            out.print(passage.chunk.text.strip(), markup=False)
            out.print()


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="A question, in Japanese or English.")],
    *,
    conversation: Annotated[
        str, typer.Option(help="A name of your own under which follow-ups are understood.")
    ] = "",
    document: DocumentOption = None,
    kind: KindOption = None,
    edition: EditionOption = None,
    municipality: MunicipalityOption = None,
    language: LanguageOption = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question with quotations, or say that the documents do not hold it."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        _warn_of_another_corpus(chosen)
        parts = build(chosen)
        from bot.ledger.errors import LedgerUnavailable
        from bot.ledger.record import Recorded
        from bot.question import read

        generation = parts.generation()
        filters = _filters(generation, document, kind, edition, municipality, language, as_of)
        answerer: Answerer = parts.answerer
        history: Sequence[Turn] = ()
        try:
            ledger = _ledger(chosen, parts.shelf)
        except (LedgerUnavailable, OSError) as problem:
            err.print(f"This answer is not recorded: {problem}", style="yellow", markup=False)
        else:
            history = ledger.turns(conversation) if conversation else ()
            answerer = Recorded(answerer, ledger, origin="cli")
        asked = read(question, filters=filters, history=history, conversation=conversation)
        answer = answerer.answer(asked)
        if as_json:
            from api.schemas import WireAnswer

            _print_json(WireAnswer.of(answer).model_dump(mode="json"))
            return
        _say_answer(answer)


def _say_answer(answer: Answer) -> None:
    from bot.printed import lines

    for line in lines(answer):
        _say(line.text, style="dim" if line.quiet else None)


def _say(line: str, *, style: str | None = None) -> None:
    """Print a line as it is: no markup, no colour of its own, and no break at the window's edge."""
    out.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


@app.command()
def serve(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Which address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Which port.")] = 8000,
    home: HomeOption = None,
    corpus: CorpusOption = None,
) -> None:
    """Serve the chat page and the HTTP interface."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        _warn_of_another_corpus(chosen)
        served = web(build(chosen), host)
        listen(served, host, port)


def listen(served: FastAPI, host: str, port: int) -> None:
    """Listen and answer until somebody ends it; each request leaves a line in the log."""
    import logging
    import socket

    import uvicorn

    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("api").setLevel(logging.INFO)
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as problem:
        err.print(
            f"{host}:{port}: {problem.strerror or problem}. Nothing is served. Name another "
            "address or port (--host, --port).",
            style="red",
            markup=False,
        )
        raise typer.Exit(UNUSABLE) from problem
    with listening:
        shown = f"[{host}]" if ":" in host else host
        err.print(
            f"Tebiki: http://{shown}:{listening.getsockname()[1]}  (Ctrl+C ends it)", markup=False
        )
        # Whom a proxy speaks for is read by api.arrivals, which knows the proxies that are
        # trusted; uvicorn would believe every process on this machine.
        config = uvicorn.Config(
            served,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            ws="none",
        )
        # A thread that computes gives way every 5 ms by default; with many of them the one that
        # reads and writes the sockets would wait for seconds.
        sys.setswitchinterval(SWITCH_S)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


@app.command()
def status(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    pages: Annotated[
        str | None, typer.Option("--pages", help="Say how each page of a document was read.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is indexed: documents, editions in force, and what the index was made with."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from index import generations, reports
        from index.errors import IndexMissing

        _here(chosen)
        name = generations.current(chosen.home)
        if name is None:
            raise IndexMissing(str(chosen.home))
        folder = generations.folder_of(chosen.home, name)
        manifest = generations.read_manifest(folder)
        if pages is not None:
            _say_pages(folder, manifest, pages, as_json=as_json)
            return
        from ingest.editions import in_force

        now = in_force(manifest.editions, _today())
        model, tokens = chosen.model, _tokens(chosen)
        if as_json:
            told = model and {
                "name": f"{model.kind}/{model.name}",
                "tokens_a_day": model.tokens_a_day,
                "tokens_today": tokens.used() if tokens else None,
            }
            _print_json({**reports.manifest_json(manifest, now), "model": told})
            return
        out.print(
            f"{manifest.id}, made {manifest.created}: {manifest.pages} pages, "
            f"{manifest.chunks} passages"
        )
        table = Table(box=None, pad_edge=False)
        for heading in ("document", "title", "edition", "kind", "state"):
            table.add_column(heading)
        for edition in manifest.editions:
            state = "in force" if edition in now else "superseded"
            table.add_row(
                edition.document.id,
                edition.document.title,
                edition.label,
                edition.document.kind,
                state if edition.held else "not held",
            )
        out.print(table)
        for line in reports.kept_lines(manifest):
            out.print(line, markup=False)
        if model is not None:
            used = f": {tokens.used():,} of today's {tokens.a_day:,} tokens used" if tokens else ""
            out.print(f"language model {model.kind}/{model.name}{used}", markup=False)


def _say_pages(folder: Path, manifest: Manifest, document: str, *, as_json: bool) -> None:
    """Say of each page of a document's editions which engine read it, and how plausible it is."""
    from index import reports
    from index.generations import text_of
    from ingest.pages import load

    held = [e for e in manifest.editions if e.held and e.document.id == document]
    if not held:
        known = ", ".join(dict.fromkeys(e.document.id for e in manifest.editions if e.held))
        raise typer.BadParameter(f"{document} is not held; held are {known}", param_hint="--pages")
    read = reports.pages_json((edition, load(text_of(folder, edition))) for edition in held)
    if as_json:
        _print_json({"document": document, "pages": read})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("edition", "page", "label", "engine", "score", "characters", "note"):
        table.add_column(heading, justify="right" if heading in {"page", "characters"} else "left")
    for row in read:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)


@app.command()
def slack(
    context: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is missing, and post nothing.")
    ] = False,
    home: HomeOption = None,
    corpus: CorpusOption = None,
) -> None:
    """Answer in Slack over an outgoing connection (Socket Mode)."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        if check:
            from bot.slack.check import check as looked_at

            found = looked_at(_slack(chosen))
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
            message = (
                "TEBIKI_SLACK_BOT_TOKEN and TEBIKI_SLACK_APP_TOKEN are not set (docs/slack.md)"
            )
            raise typer.BadParameter(message)
        from bot.slack.calls import SlackBusy, SlackRefused

        parts = build(chosen)
        colleague = _colleague(parts, _ledger(chosen, parts.shelf))
        try:
            colleague.connect()
        except (SlackRefused, SlackBusy) as problem:
            err.print(f"[red]{_plain(problem)}[/red]  (tebiki slack --check)")
            raise typer.Exit(UNUSABLE) from problem
        err.print("Tebiki answers in Slack. (Ctrl+C ends it)", markup=False)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            colleague.close()


@app.command("answer")
def show_answer(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The id of an answer.")],
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a recorded answer again, word for word."""
    with _told_as_words():
        answer = _ledger(_chosen(context, home, corpus)).answer(name)
        if as_json:
            from api.schemas import WireAnswer

            _print_json(WireAnswer.of(answer).model_dump(mode="json"))
            return
        out.print(answer.question.text, style="bold", markup=False)
        _say_answer(answer)


models_app = typer.Typer(
    help="Carry a model into a closed network: pack, unpack.", no_args_is_help=True
)
app.add_typer(models_app, name="models")


@models_app.command("pack")
def models_pack(
    model: Annotated[str, typer.Argument(help="The name or the folder of a model.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a sentence-transformers model into one file, with a hash of each of its parts."""
    with _told_as_words(), _progress(show=not as_json) as told:
        from index.parcels import pack

        made = pack(model, file, lambda share: told("packing", share))
    _tell(
        {"file": str(file), "model": made.name, "kind": str(made.kind), "sha256": made.sha256},
        f"{file}: {made.name}, {made.kind}, {made.size / 1e6:.1f} MB\nsha256 {made.sha256}",
        as_json=as_json,
    )


@models_app.command("unpack")
def models_unpack(
    file: Annotated[Path, typer.Argument(help="A file that tebiki models pack wrote.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the model of such a file into a new folder, and check every part of it."""
    with _told_as_words(), _progress(show=not as_json) as told:
        from index.models import ModelKind
        from index.parcels import unpack

        made = unpack(file, folder, lambda share: told("unpacking", share))
    setting = "TEBIKI_RERANKER" if made.kind is ModelKind.RERANKER else "TEBIKI_EMBEDDING"
    _tell(
        {"model": made.name, "setting": setting, "folder": str(folder.resolve())},
        f"sha256 {made.sha256}\n{made.name} is ready: set {setting}={folder.resolve()}",
        as_json=as_json,
    )


@app.command()
def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The id of an answer.")],
    *,
    to: Annotated[
        Path, typer.Option("--to", help="The folder for the sheet; made where it is missing.")
    ] = Path(),
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an evidence sheet of a recorded answer, as Markdown with pictures and as PDF."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from bot import sheet

        parts = build(chosen)
        answer = _ledger(chosen).answer(name)
        exhibits = tuple(
            sheet.Exhibit(citation, tuple(_pictures(parts, citation)))
            for citation in sheet.shown_citations(answer)
        )
        files = {
            f"{answer.id}.md": sheet.markdown(answer, exhibits).encode(),
            f"{answer.id}.pdf": sheet.pdf(answer, exhibits),
        }
        for exhibit in exhibits:
            files |= {exhibit.name_of(picture): picture.png for picture in exhibit.pictures}
        folder = to / answer.id
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        if as_json:
            _print_json({"folder": str(folder), "files": sorted(files)})
            return
        out.print(f"{folder}: {', '.join(sorted(files))}", markup=False)


def _pictures(parts: Parts, citation: Citation) -> Iterator[Picture]:
    """Yield the pages of a citation as they look, its quotation marked; none without the PDF."""
    from bot.sheet import Picture
    from ingest.errors import UnreadablePdf

    for number in citation.pages:
        with suppress(UnreadablePdf, FileNotFoundError):
            image = _page_image(parts, citation.edition, number, citation.start, citation.end)
            yield Picture(number, image)


corpus_app = typer.Typer(
    help="What the corpus holds: add, list, correct, withdraw, check, fetch.", no_args_is_help=True
)
app.add_typer(corpus_app, name="corpus")


PublishedOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it was published.")
]
SinceOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its first day in force.")
]


@corpus_app.command("add")
def corpus_add(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A PDF file, or the address of one.")],
    *,
    document: Annotated[
        str | None, typer.Option(help="The id of the document it is an edition of.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of a new document.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="The edition's name, such as 第2.0版.")
    ] = None,
    published: PublishedOption = None,
    in_force_from: SinceOption = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch from this network too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a PDF into the corpus: say what was understood of it, ask, and list it."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from tempfile import TemporaryDirectory

        from ingest.entries import add, understood
        from ingest.fetching import Bounds, Seen, fetch

        chosen.corpus.mkdir(parents=True, exist_ok=True)
        asking = sys.stdin.isatty() and not yes
        with TemporaryDirectory() as scratch:
            url = source if "://" in source else None
            file = Path(scratch, Path(source).name or "fetched.pdf") if url else Path(source)
            if url:
                fetch(url, file, seen=Seen(), bounds=Bounds(private=allow_private))
            read = partial(
                understood, chosen.corpus, file, document=document, title=title, url=url,
                published=published.date() if published else None,
            )  # fmt: skip
            day = in_force_from.date() if in_force_from else None
            entry = read(label=edition, in_force_from=day)
            if asking and not entry.label:
                edition = typer.prompt("Which edition is it (such as 第2.0版)?")
                entry = read(label=edition, in_force_from=day)
            if asking and entry.since is None:
                entry = read(label=edition, in_force_from=_asked_day())
            new = (
                "one more edition"
                if entry.known
                else "a new document; --document ID makes it an edition of one that is listed"
            )
            (err if as_json else out).print(
                f"{entry.document}  {entry.title}（{entry.label or '?'}）  "
                f"in force from {entry.since or '?'}  ({new})",
                markup=False,
            )
            if asking and not typer.confirm("Add it?", default=True):
                raise typer.Exit(LEFT_OUT)
            added = add(chosen.corpus, file, entry)
        _tell(
            {"edition": added.key, "file": added.path, "in_force_from": str(entry.since or "")},
            f'{added.key} is listed as {added.path}. Run "tebiki refresh" to index it.',
            as_json=as_json,
        )


def _asked_day() -> date | None:
    """Ask for a first day in force until one is given, or none is known."""
    while True:
        said = typer.prompt("First day in force (2026-04-01; empty: not known)", default="")
        try:
            return date.fromisoformat(said.strip()) if said.strip() else None
        except ValueError:
            err.print("A day is written like 2026-04-01.")


@corpus_app.command("list")
def corpus_list(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the catalog and the folder hold, with what is in force today."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from ingest import catalog

        held = catalog.read(chosen.corpus)
        rows = catalog.rows(held, _today())
        if as_json:
            _print_json(rows)
            return
        for row in rows:
            place = row["file"] or row["url"] or ""
            out.print(
                f"{catalog.state(row):<10} {row['document']}@{row['edition']}  {row['title']}  {place}",
                markup=False,
            )


@corpus_app.command("correct")
def corpus_correct(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="DOCUMENT or DOCUMENT@EDITION.")],
    *,
    published: PublishedOption = None,
    in_force_from: SinceOption = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put other days into the catalog; one that is not named stays as it is."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from ingest.entries import correct

        if published is None and in_force_from is None:
            err.print("Name the day to be corrected: --published or --in-force-from.", style="red")
            raise typer.Exit(2)
        name, _, label = document.partition("@")
        now = correct(
            chosen.corpus,
            name,
            label or None,
            published=published.date() if published else None,
            in_force_from=in_force_from.date() if in_force_from else None,
        )
        days = {
            "published": str(now.published or ""),
            "in_force_from": str(now.in_force_from or now.published or ""),
        }
        _tell(
            {"edition": now.key, **days},
            f"{now.key} was published {days['published'] or '?'} and is in force from "
            f'{days["in_force_from"] or "?"}. Run "tebiki refresh".',
            as_json=as_json,
        )


@corpus_app.command("withdraw")
def corpus_withdraw(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="DOCUMENT or DOCUMENT@EDITION.")],
    *,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The first day on which it no longer counts (today)."
        ),
    ] = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an edition no longer count; answers "as of" an earlier day still quote it."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from ingest.entries import withdraw

        name, _, label = document.partition("@")
        gone = withdraw(chosen.corpus, name, label or None, on.date() if on else _today())
        _tell(
            {"edition": gone.key, "withdrawn_on": str(gone.withdrawn_on)},
            f'{gone.key} no longer counts from {gone.withdrawn_on}. Run "tebiki refresh".',
            as_json=as_json,
        )


@corpus_app.command("check")
def corpus_check(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the catalog with the files: strays, absent ones, other bytes, duplicates."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from index.reports import problems_json
        from ingest import catalog

        held = catalog.read(chosen.corpus)
        problems = (*held.problems, *held.unreadable.values())
        count = sum(edition.held for edition in held.editions) - len(held.unreadable)
        there = (chosen.corpus / catalog.CATALOG).exists()
        if as_json:
            told = {"held": count, "catalog": there, "notices": list(held.notices)}
            _print_json(told | {"problems": problems_json(problems)})
        for notice in () if as_json else held.notices:
            err.print(notice, markup=False)
        for problem in () if as_json else problems:
            err.print(f"[red]{_plain(problem)}[/red]")
        if not as_json and not there:
            out.print(
                f"There is no {catalog.CATALOG} in {chosen.corpus}, so there is nothing to compare "
                f"with: each of {count} PDFs counts as a document of its own. "
                '"tebiki corpus add FILE" lists one with its edition and dates, and writes the catalog.',
                markup=False,
            )
        if problems:
            raise typer.Exit(LEFT_OUT)
        if not as_json and there:
            out.print(f"{count} editions are held and as the catalog says.")


@corpus_app.command("fetch")
def corpus_fetch(
    context: typer.Context,
    *,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch from this network too.")
    ] = False,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the official addresses in the catalog for new editions."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from index.reports import problems_json
        from ingest.fetching import Bounds, added, fetch_all

        outcomes = fetch_all(
            chosen.corpus,
            chosen.home,
            _today(),
            bounds=Bounds(private=allow_private),
            told=lambda url: err.print(url, markup=False),
        )
        failed = [outcome.problem for outcome in outcomes if outcome.problem]
        new = added(outcomes)
        for problem in failed:
            err.print(f"[red]{_plain(problem)}[/red]")
        lines = [f"{edition.key}  {edition.path}" for edition in new]
        lines.append(
            f"{len(outcomes)} addresses asked, {len(new)} editions new. "
            'Run "tebiki refresh" to index them.'
            if outcomes
            else "The catalog names no address."
        )
        told = {
            "asked": len(outcomes),
            "added": [{"edition": edition.key, "file": edition.path} for edition in new],
            "problems": problems_json(failed),
        }
        _tell(told, "\n".join(lines), as_json=as_json)
        if failed:
            raise typer.Exit(LEFT_OUT)


@app.command("generations")
def list_generations(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the generations that are kept: the newest three, the current one, and those in use."""
    with _told_as_words():
        from index import reports

        kept = _kept(_chosen(context, home, corpus))
        if as_json:
            _print_json(reports.generations_json(kept))
            return
        for line in reports.generation_lines(kept):
            out.print(line, markup=False)


@app.command()
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Argument(help="A generation (g000007 or 7); without it the one before.")
    ] = None,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer from an earlier generation again, at once; a refresh does not undo it."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        name = f"g{int(to):06d}" if to and to.isdigit() else to
        current = _roll_back(chosen, name)
        _tell({"generation": current}, f"{current} is current.", as_json=as_json)


@app.command()
def diff(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="The document's id.")],
    old: Annotated[
        str | None, typer.Argument(help="The earlier edition; without it, the one before the last.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(help="The later edition; without it, the last.")
    ] = None,
    *,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with both sides here.")
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="Tell it in English.")] = False,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two editions, section by section, with both pages."""
    with _told_as_words():
        generation = build(_chosen(context, home, corpus)).generation()
        from index import redline
        from index.revisions import compare, editions_of

        before, after = editions_of(generation.editions, document, old, new)
        revision = compare(before, generation.text(before), after, generation.text(after))
        language: Literal["ja", "en"] = "en" if english else "ja"
        if html:
            _write(html, redline.page(revision, language))
        if as_json:
            _print_json(redline.as_json(revision, language))
            return
        for line in redline.lines(revision, language):
            out.print(line, markup=False)


@app.command()
def stale(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """List recorded answers whose quotations changed or vanished since, earliest first.

    Of an answer given in a private channel or message only the id and the place are told.
    """
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from bot.present import overtaken

        generation = build(chosen).generation()
        changed: list[dict[str, object]] = []
        for kept in _ledger(chosen).whole():
            for citation, now in overtaken(kept.answer, generation, _today()):
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
        if as_json:
            _print_json(changed)
            return
        if not changed:
            out.print("Nothing that was answered has changed since.")
        for row in changed:
            told = "" if row["private"] else f"  {row['quote']} → {row['now'] or '—'}"
            _say(
                f"{row['answer']} [{row['marker']}] {row['edition']} p.{row['page']}: {row['state']}"
                + " ".join(told.split("\n"))
            )


keys = typer.Typer(help="Keys that open the HTTP interface.", no_args_is_help=True)
app.add_typer(keys, name="keys")


def _keys(context: typer.Context, home: Path | None, corpus: Path | None) -> Keys:
    from api.keys import Keys

    return Keys(_chosen(context, home, corpus).home / "keys.json")


@keys.command("create")
def create_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is, for your own list.")],
    *,
    scope: Annotated[str, typer.Option(help="ask, search or admin.")] = "ask",
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it ends.")
    ] = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it; it is shown this once."""
    from api.keys import Scope

    if scope not in {one.value for one in Scope}:
        raise typer.BadParameter("the scope is ask, search or admin", param_hint="--scope")
    made, secret = _keys(context, home, corpus).create(
        name, Scope(scope), expires=expires.date() if expires else None
    )
    told = {"id": made.id, "name": name, "scope": str(made.scope), "secret": secret}
    _tell(told, secret, as_json=as_json)
    err.print(f"Key {made.id} for {name}. It cannot be shown again.", markup=False)


@keys.command("list")
def list_keys(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys."""
    if as_json:
        held = _keys(context, home, corpus).all()
        _print_json(
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "scope": str(key.scope),
                    "created": str(key.created),
                    "expires": str(key.expires) if key.expires else None,
                }
                for key in held
            ]
        )
        return
    for key in _keys(context, home, corpus).all():
        until = f"until {key.expires}" if key.expires else "without end"
        out.print(f"{key.id}  {key.scope}  {key.name}  made {key.created}, {until}", markup=False)


@keys.command("revoke")
def revoke_key(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The id that tebiki keys list shows.")],
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a key back; it opens nothing from now on."""
    with _told_as_words():
        gone = _keys(context, home, corpus).revoke(key)
        told = {"id": gone.id, "name": gone.name}
        _tell(told, f"{gone.id} ({gone.name}) opens nothing any more.", as_json=as_json)


@app.command()
def mcp(context: typer.Context, *, home: HomeOption = None, corpus: CorpusOption = None) -> None:
    """Speak MCP over standard input and output, for agents on this machine."""
    with _told_as_words():
        from api.app import tools_of
        from api.mcp import serve as serve_mcp
        from bot.ledger.record import Recorded

        chosen = _chosen(context, home, corpus)
        parts = build(chosen)
        recorded = Recorded(parts.answerer, _ledger(chosen, parts.shelf), origin="mcp")
        serve_mcp(tools_of(library=parts.shelf, answerer=recorded, page_file=parts.page_file))


evaluation = typer.Typer(help="Measure retrieval and answers.", no_args_is_help=True)
app.add_typer(evaluation, name="eval")

SetOption = Annotated[
    str, typer.Option("--set", help="A bundled set (starter, frozen) or the path of one.")
]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")]
JunitOption = Annotated[Path | None, typer.Option("--junit", help="Write a JUnit file.")]
BaselineOption = Annotated[
    Path | None,
    typer.Option("--baseline", help="A run that --json wrote: end with 1 where this one is worse."),
]


@evaluation.command("retrieval")
def eval_retrieval(
    context: typer.Context,
    *,
    where: SetOption = "starter",
    home: HomeOption = None,
    corpus: CorpusOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    baseline: BaselineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how often a right page is found, and how high."""
    with _told_as_words():
        from evals import questions, runs

        parts = build(_chosen(context, home, corpus))
        with _progress(show=not as_json) as told:
            run = runs.retrieval(
                parts.generation(),
                questions.load(where),
                told=lambda done, all_of: told("asking", done / all_of),
            )
        _say_run(run, html, junit, baseline, as_json=as_json)


@evaluation.command("answers")
def eval_answers(
    context: typer.Context,
    *,
    where: SetOption = "starter",
    home: HomeOption = None,
    corpus: CorpusOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    baseline: BaselineOption = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the configured language model judge too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure what answers cite, cover and decline."""
    with _told_as_words():
        from evals import questions, runs

        chosen = _chosen(context, home, corpus)
        parts = build(chosen)
        asked = questions.load(where)
        with _progress(show=not as_json) as told:
            run = runs.answers(
                parts.answerer,
                parts.generation(),
                asked,
                told=lambda done, all_of: told("asking", done / all_of),
            )
            if judge:
                from bot.model import open_model
                from evals.judge import judged

                if chosen.model is None:
                    raise typer.BadParameter("TEBIKI_LLM is not set", param_hint="--judge")
                run = judged(run, asked, open_model(chosen.model, _tokens(chosen)))
        _say_run(run, html, junit, baseline, as_json=as_json)


@evaluation.command("compare")
def eval_compare(
    before: Annotated[Path, typer.Argument(help="A run that --json wrote.")],
    after: Annotated[Path, typer.Argument(help="The run to compare with it.")],
    *,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question."""
    with _told_as_words():
        from evals import report, runs, webpage
        from evals.comparison import compare

        held = compare(runs.load(before), runs.load(after))
        if html is not None:
            _write(html, webpage.comparison_page(held))
        sys.stdout.write(
            report.comparison_json(held) if as_json else report.comparison_markdown(held)
        )


@evaluation.command("shelve")
def eval_shelve(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A BEIR folder (corpus, queries, qrels).")],
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index a BEIR folder's corpus into a home of its own, to measure on its questions."""
    with _told_as_words():
        chosen = _chosen(context, home, corpus)
        from evals.beir import shelve

        if not (folder / "corpus.jsonl").is_file():
            raise typer.BadParameter(f"{folder} holds no corpus.jsonl", param_hint="FOLDER")
        with _progress(show=not as_json) as told:
            shelve(folder, chosen.home, embedder=_configured_embedder(chosen), progress=told)
        _tell(
            {"set": str(folder), "home": str(chosen.home)},
            f"Indexed. Next: tebiki eval retrieval --set {folder} --home {chosen.home}",
            as_json=as_json,
        )


def _say_run(
    run: Run, html: Path | None, junit: Path | None, baseline: Path | None, *, as_json: bool
) -> None:
    """Write what was asked for; compared with a baseline, a fall beyond noise ends with 1."""
    from evals import gate, report, runs, webpage

    verdict = gate.decide(runs.load(baseline), run) if baseline else None
    if html is not None:
        _write(html, webpage.page(run))
    if junit is not None:
        _write(junit, report.junit(run, verdict))
    sys.stdout.write(run.to_json() + "\n" if as_json else report.markdown(run))
    if verdict is not None:
        err.print(report.verdict_markdown(verdict), markup=False)
        if not verdict.allowed:
            raise typer.Exit(LEFT_OUT)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
