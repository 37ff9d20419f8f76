"""The composition root: every part is put together here, and nowhere else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tebiki.settings import FITTED, Settings

if TYPE_CHECKING:
    from bot.answers import Answerer
    from bot.guard import Guard
    from bot.ledger.approved import ApprovedAnswers
    from bot.ledger.audit import Audit
    from bot.ledger.database import Database
    from bot.ledger.ledger import Ledger
    from bot.ledger.tokens import Tokens
    from bot.slack.settings import Settings as SlackSettings
    from index.generations.generation import Generation
    from index.generations.pointers import Kept
    from index.generations.shared import SharedGenerations
    from index.generations.shelf import Shelf
    from index.passages import Library
    from index.search.embedding import Embedder
    from index.search.models import CrossEncoderReranker
    from ingest.catalog.editions import Edition
    from tebiki.tracing import Traces


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """The built application: what every command is made from.

    *record* opens the database of the record, once and when it is needed. *listeners* hear of each
    reply of the language model, as `bot.writing.breaker.Sparing` tells.
    """

    settings: Settings
    shelf: Shelf
    answerer: Answerer
    record: Callable[[], Database]
    listeners: list[Callable[[str, float], None]] = field(default_factory=list)

    def page_file(self, edition: Edition) -> Path:
        """Return the PDF of a held edition, as the home keeps it or the servers share it."""
        from index.generations.manifests import pdf_of

        shared = shared_of(self.settings)
        kept = pdf_of(self.settings.home, edition)
        return shared.bring_pdf(self.settings.home, edition) if shared else kept

    def generation(self) -> Generation:
        """Return the current generation."""
        return self.shelf()

    def ledger(self) -> Ledger:
        """Return the record of answers, in which published numbers are not masked."""
        return _ledger(self.settings, self.shelf, self.record())


def build(chosen: Settings) -> Parts:
    """Put the application together; nothing is opened or loaded before it is used."""
    from bot.answering.editions import AcrossEditions
    from bot.answering.extractive import Extractive
    from index.generations.shelf import Shelf

    shelf = Shelf(
        chosen.home,
        lambda recipe, folder: embedder_of(chosen, recipe, folder),
        shared=shared_of(chosen),
        reranker=configured_reranker(chosen),
    )
    record = _record_of(chosen)
    traces = traces_of(chosen)
    library: Callable[[], Library] = traces.library(shelf) if traces else shelf
    extractive = Extractive(library)
    if chosen.model is None:
        answerer = approving(record, AcrossEditions(extractive, library), shelf)
        return Parts(chosen, shelf, traces.answerer(answerer) if traces else answerer, record)
    from bot.writing.breaker import Sparing
    from bot.writing.generative import Generative
    from bot.writing.model import open_model

    listeners: list[Callable[[str, float], None]] = [traces.replied] if traces else []

    def told(failure: str, seconds: float) -> None:
        for listener in listeners:
            listener(failure, seconds)

    model = Sparing(open_model(chosen.model, tokens_of(chosen, record)), chosen.home, told=told)
    written = Generative(
        library, model, extractive, guard=guard_of(chosen, shelf), vetoed=veto_of(chosen)
    )
    answerer = approving(record, AcrossEditions(written, library), shelf)
    return Parts(
        chosen, shelf, traces.answerer(answerer) if traces else answerer, record, listeners
    )


def traces_of(chosen: Settings) -> Traces | None:
    """Return what times the steps of a question, None where no collector is named."""
    if not chosen.traces:
        return None
    from tebiki.tracing import Traces, collected_at

    return Traces(collected_at(chosen.traces))


def approving(record: Callable[[], Database], answerer: Answerer, shelf: Shelf) -> Answerer:
    """Return *answerer* behind the answers that departments wrote or approved."""
    from bot.ledger.approved import ApprovedAnswers, Approving

    return Approving(answerer, ApprovedAnswers(record), shelf)


def approved_of(chosen: Settings) -> ApprovedAnswers:
    """Return the answers that departments wrote or approved; opened at first use."""
    from bot.ledger.approved import ApprovedAnswers

    return ApprovedAnswers(_record_of(chosen))


def _record_of(chosen: Settings) -> Callable[[], Database]:
    """Return what opens the database of the record, once and when it is needed."""
    from bot.ledger.database import Database
    from bot.ledger.ledger import FILE

    return cache(lambda: Database(chosen.database_url or chosen.home / FILE, patient=True))


def guard_of(chosen: Settings, shelf: Shelf | None) -> Guard:
    """Return what decides which personal data may go where; *shelf* says what is published."""
    from bot.guard import Contacts, Guard, Policy

    return Guard(
        model=Policy(chosen.guard_model),
        record=Policy(chosen.guard_record),
        contacts=Contacts(shelf) if shelf else frozenset,
    )


def veto_of(chosen: Settings) -> Callable[[str, str], bool]:
    """Return what may refuse a wording that the check let pass: nothing, unless it is set."""
    if not chosen.entailment:
        return lambda _source, _said: False
    from bot.writing.entailment import veto
    from index.search.models import CrossEncoderEntailment

    entailment = CrossEncoderEntailment(chosen.entailment)
    return lambda source, said: veto(entailment, source, said)


def ledger_of(chosen: Settings) -> Ledger:
    """Open the record of answers, to read it."""
    return _ledger(chosen, None, _record_of(chosen)())


def _ledger(chosen: Settings, shelf: Shelf | None, database: Database) -> Ledger:
    from bot.ledger.ledger import open_ledger

    return open_ledger(
        chosen.home,
        database=database,
        key=chosen.ledger_key,
        plain_ids=chosen.ledger_plain_ids,
        counts_only=chosen.record == "counts",
        guard=guard_of(chosen, shelf),
    )


def audit_of(chosen: Settings) -> Audit:
    """Return the audit stream of the home."""
    from bot.ledger.audit import Audit, to_syslog

    return Audit(chosen.home, send=to_syslog(chosen.audit_syslog))


def note(chosen: Settings, deed: str, **what: object) -> None:
    """Record what somebody did on the command line, by the name of their account here.

    *deed* is a name of `bot.ledger.audit.Deed`.

    Raises:
        AuditUnavailable: it is done, but not recorded.
    """
    from bot.ledger.audit import Deed

    audit_of(chosen).note(Deed[deed], what, actor=account(), address="command line")


def tells_owners(chosen: Settings, record: Callable[[], Database]) -> Callable[[str, str], None]:
    """Return what tells the owner of a document a sentence, by whatever ways are set up for it."""

    def tell(owner: str, text: str) -> None:
        if chosen.mail_server:
            from bot.mail import post_of

            post_of(chosen.mail_server, chosen.mail_from).tell(owner, text)
        if not chosen.slack_bot_token:
            return
        from bot.ledger.errors import LedgerUnavailable
        from bot.slack import notices

        try:
            notices.tell(record, owner, text)
        except LedgerUnavailable as problem:
            log.warning("%s is not told in Slack: %s", owner, problem)

    return tell


def account() -> str:
    """Return the name of the account on this machine under which this process runs."""
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        return str(os.getuid())


def tokens_of(chosen: Settings, record: Callable[[], Database] | None = None) -> Tokens | None:
    """Return what counts the tokens of each day, None where no bound is set; opened at first use."""
    if chosen.model is None or not chosen.model.tokens_a_day:
        return None
    from bot.ledger.tokens import Tokens

    return Tokens(record or _record_of(chosen), chosen.model.tokens_a_day)


def embedder_of(chosen: Settings, recipe: Mapping[str, str], folder: Path) -> Embedder:
    """Return the embedder that made a generation, or say that another one is configured."""
    from index.errors import RecipeChanged
    from index.search.fitted import Fitted

    wanted = recipe["embedder"]
    if chosen.embedding == FITTED and (folder / "embedder").is_dir():
        return Fitted.load(folder / "embedder")
    configured = configured_embedder(chosen)
    if configured is None or configured.name != wanted:
        now = configured.name.split("|")[0] if configured else chosen.embedding
        message = (
            f'{folder}: this index was made with the embedder "{wanted.split("|")[0]}", but '
            f'TEBIKI_EMBEDDING says "{chosen.embedding}" ({now}, with the prefixes that are set). '
            f'Run "tebiki refresh" to make one with it, or set TEBIKI_EMBEDDING back.'
        )
        raise RecipeChanged(message)
    return configured


def configured_embedder(
    chosen: Settings, progress: Callable[[float], None] = lambda _: None
) -> Embedder | None:
    """Return the configured embedder, None being the one that is fitted to the corpus."""
    if chosen.embedding == FITTED:
        return None
    from index.search.models import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(
        chosen.embedding,
        question_prefix=chosen.embedding_question_prefix,
        passage_prefix=chosen.embedding_passage_prefix,
        progress=progress,
    )


def configured_reranker(chosen: Settings) -> CrossEncoderReranker | None:
    """Return the configured re-ranker, None being none; it is loaded when first used."""
    if not chosen.reranker:
        return None
    from index.search.models import CrossEncoderReranker

    return CrossEncoderReranker(chosen.reranker)


def have_models(chosen: Settings) -> None:
    """Have the configured models on this machine, before anybody waits for them.

    Raises:
        ModelsNotInstalled, ModelMissing: as the sentence of either says.
    """
    if chosen.embedding == FITTED and not chosen.reranker:
        return
    from index.search.models import ModelKind, at_hand

    if chosen.embedding != FITTED:
        at_hand(chosen.embedding, ModelKind.EMBEDDER)
    if chosen.reranker:
        at_hand(chosen.reranker, ModelKind.RERANKER)


def shared_of(chosen: Settings) -> SharedGenerations | None:
    """Return where generations are published for many homes, if that is set."""
    return _shared(chosen.database_url, chosen.shared) if chosen.shared else None


@cache
def _shared(database: str, files: str) -> SharedGenerations:
    from index.generations.register import Register
    from index.generations.shared import SharedGenerations
    from index.generations.shared_files import SharedFiles

    return SharedGenerations(Register(database), SharedFiles(files))


def place_of(chosen: Settings) -> str:
    """Return where generations are published, as their recipe says it; nothing: in the home."""
    from index.generations.shared import PLACE

    return PLACE if chosen.shared else ""


def hold_current(chosen: Settings) -> None:
    """Let the home hold what is current for all servers, where they share it."""
    shared = shared_of(chosen)
    if shared is not None:
        shared.sync(chosen.home)


def roll_back_to(chosen: Settings, to: str | None) -> str:
    """Answer from generation *to* again (None: the one before); return its name."""
    from index.generations.pointers import roll_back

    shared = shared_of(chosen)
    return shared.roll_back(chosen.home, to) if shared else roll_back(chosen.home, to)


def generations_of(chosen: Settings) -> tuple[Kept, ...]:
    """Return the generations that are kept, here or for all servers."""
    from index.generations.pointers import kept_in

    shared = shared_of(chosen)
    return shared.kept() if shared else kept_in(chosen.home)


def slack_of(chosen: Settings) -> SlackSettings:
    """Return what Tebiki in Slack is told of this installation."""
    from bot.slack.settings import Settings as SlackSettings

    return SlackSettings(
        bot_token=chosen.slack_bot_token,
        app_token=chosen.slack_app_token,
        signing_secret=chosen.slack_signing_secret,
        public_url=chosen.public_url,
        streaming=chosen.model is not None,
        groups=chosen.slack_groups,
    )


def today() -> date:
    """Return the day it is where this machine stands: editions are in force by local days."""
    return datetime.now().astimezone().date()
