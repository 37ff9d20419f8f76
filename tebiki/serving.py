"""What is served: the web application and Tebiki in Slack, made of the parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tebiki.building import (
    Parts,
    account,
    audit_of,
    build,
    generations_of,
    roll_back_to,
    slack_of,
    tells_owners,
)
from tebiki.evidence import page_image, sheet
from tebiki.refreshing import deeds, refreshed
from tebiki.settings import Settings, shown

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import Headers

    from api.access import Access
    from api.corpora import Corpora
    from api.health import WireFinding
    from api.metrics import Metrics
    from api.request_source import RequestSource
    from api.suggestions import Known
    from bot.ledger.ledger import Ledger
    from bot.slack.app import Colleague
    from index.refresh.reports import RefreshReport
    from ingest.pages import EditionText

COMPUTING, WAITING = 8, 40
"""How many requests are worked on at once: those that compute, those that wait for a model."""


def admission(chosen: Settings, host: str) -> Access:
    """Return what is asked of those who call a server that listens on *host*.

    Raises:
        Unprotected: others can reach *host*, and nothing says who may ask.
    """
    from api.access import decide
    from api.keys import Keys

    return decide(
        host,
        keys=Keys(chosen.home / "keys.json"),
        user_header=chosen.user_header,
        group_header=chosen.group_header,
        proxies=chosen.proxies,
        origins=chosen.origins,
    )


def together(chosen: Mapping[str, Settings], host: str = "127.0.0.1") -> Corpora:
    """Return the applications of several corpora behind one address; the first is put together now.

    Each is put together with what its first question would wait for being read in the background.

    Raises:
        Unprotected: others can reach *host*, and nothing says who may ask one of them.
        LedgerUnavailable: the record of the first cannot be opened.
    """
    from api.corpora import Corpora
    from api.sessions import Sessions

    # Who was let in at this machine may look after all of them.
    sessions = Sessions()
    accesses = {
        name: replace(admission(each, host), sessions=sessions) for name, each in chosen.items()
    }

    def made(name: str) -> FastAPI:
        parts = build(chosen[name])
        app = web(parts, host, access=accesses[name], readable=served.readable)
        parts.shelf.keep_warm()
        return app

    served = Corpora(accesses, made)
    served.first()
    return served


def web(
    parts: Parts,
    host: str = "127.0.0.1",
    *,
    access: Access | None = None,
    readable: Callable[[Headers, RequestSource], list[str]] = lambda _headers, _source: [],
) -> FastAPI:
    """Return the HTTP application as it may be served on *host*.

    *readable* gives the corpora of the same server that a caller may read, where there are several.

    Raises:
        Unprotected: others can reach *host*, and nothing says who may ask.
        LedgerUnavailable: the record of answers cannot be opened.
    """
    from api.admin import Office
    from api.app import create_app
    from api.metrics import Measured, Metrics
    from api.schemas.answers import WireAnswer
    from api.signed_links import SignedLinks
    from api.suggestions import Starters
    from api.worklist import Aside
    from bot.answering.extractive import Extractive
    from bot.ledger import erasing, exporting
    from bot.ledger.approved import ApprovedAnswers
    from bot.ledger.audit import Deed
    from bot.ledger.record import Recorded, SentRecord
    from bot.writing.breaker import resting
    from index.refresh.unusable import recorded

    chosen = parts.settings
    access = access or admission(chosen, host)
    ledger = parts.ledger()
    access = replace(access, links=SignedLinks(ledger.name), person=ledger.person)
    measured = Metrics(partial(_present, chosen, ledger))
    audit = audit_of(chosen)
    audit.note(Deed.STARTED, {"host": host, "settings": shown(chosen)}, actor=account())
    erasing.Keeping(ledger, audit, chosen.keep_days).start()
    office = Office(
        corpus=chosen.corpus,
        refresh=partial(_refreshed, chosen, measured),
        roll_back=lambda to: roll_back_to(chosen, to),
        generations=lambda: generations_of(chosen),
        entries=lambda since: ledger.entries(since=since),
        uploads=chosen.home / "uploads",
        unusable=lambda: recorded(chosen.home),
        examine=partial(_examined, chosen),
        resting=lambda: resting(chosen.home),
        keys=access.keys,
        approved=ApprovedAnswers(parts.record),
        aside=Aside(chosen.home / "set_aside.json"),
        erase=lambda which: (
            gone := erasing.erase(ledger, which),
            erasing.told(ledger, which, gone),
        ),
        export=lambda form, since, until, plain: exporting.exported(
            form, exporting.rows(ledger, since, until, plain=plain)
        ),
        note=lambda deed, what, who, address: audit.note(deed, what, actor=who, address=address),
        tell=tells_owners(chosen, parts.record),
        published=lambda report, reason: (
            (Deed[deed], what) for deed, what in deeds(chosen, report, reason)
        ),
    )
    starters = Starters(partial(_people_ask, chosen), Extractive(parts.shelf))
    served = create_app(
        library=parts.shelf,
        answerer=Recorded(Measured(parts.answerer, measured, door="web"), ledger, origin="web"),
        page_file=parts.page_file,
        record=SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of),
        access=access,
        sheet=partial(sheet, parts, ledger),
        kept_text=partial(_read_again, chosen),
        starters=starters,
        named=starters.names,
        at_once=COMPUTING if chosen.model is None else WAITING,
        office=office,
        measured=measured,
        readable=readable,
    )
    parts.listeners.append(measured.model)
    if chosen.slack_bot_token and chosen.slack_signing_secret:
        from api.slack import add_slack

        counted = replace(parts, answerer=Measured(parts.answerer, measured, door="slack"))
        add_slack(served, colleague_of(counted, ledger))
    return served


def _people_ask(chosen: Settings) -> list[Known]:
    """Return the questions of the sets that a refresh is checked with; none if they are broken."""
    from api.suggestions import Known
    from evals.candidate import asked
    from evals.errors import BadQuestionSet

    try:
        sets = asked(chosen.corpus)
    except BadQuestionSet:
        return []
    return [
        Known(
            question.text,
            question.language,
            frozenset(Path(each.file).name or each.document for each in question.judgements[:1]),
        )
        for known in reversed(sets)  # the user's own first
        for question in known
        if question.answerable and not question.previous
    ]


def _refreshed(
    chosen: Settings, measured: Metrics, told: Callable[[str, float], None], accept: bool
) -> RefreshReport:
    """Bring the index up to date for the admin page, and count how that ended."""
    from index.refresh.resources import NotAllowed

    outcome = "failed"
    try:
        report = refreshed(chosen, told, accept=accept)
        outcome = "published" if report.published else "unchanged"
    except NotAllowed:
        outcome = "refused"
        raise
    finally:
        measured.refreshed(outcome)
    return report


def _present(chosen: Settings, ledger: Ledger) -> dict[str, float]:
    """Return what /metrics tells of the moment; what cannot be known is left out."""
    from bot.ledger.errors import LedgerUnavailable
    from bot.slack.queue import QuestionQueue
    from bot.writing.breaker import resting
    from index.errors import IndexingError
    from index.generations import manifests, pointers
    from index.refresh.unusable import UNUSABLE, recorded

    found: dict[str, float] = {"records_waiting": len(ledger.pending)}
    with suppress(IndexingError):
        if name := pointers.current(chosen.home):
            manifest = manifests.read_manifest(manifests.folder_of(chosen.home, name))
            found["index_age_seconds"] = _age(datetime.fromisoformat(manifest.created).timestamp())
            # Who searches may read this, and how much others hold is not told to him.
            if not any(edition.groups for edition in manifest.editions):
                found |= {"index_pages": manifest.pages, "index_passages": manifest.chunks}
    with suppress(OSError):
        found["refresh_age_seconds"] = _age((chosen.home / UNUSABLE).stat().st_mtime)
        found["unusable_files"] = len(recorded(chosen.home))
    if chosen.model is not None:
        found["model_resting"] = resting(chosen.home) is not None
    if chosen.slack_bot_token:
        with suppress(LedgerUnavailable):
            counts = QuestionQueue(ledger.database).counts()
            found["slack_waiting"] = counts.get("waiting", 0) + counts.get("taken", 0)
            found["slack_failed"] = counts.get("failed", 0)
    return found


def _age(then: float) -> float:
    return max(0.0, time.time() - then)


def _examined(chosen: Settings, language: str) -> list[WireFinding]:
    """Return what there is to say of this installation, for the admin page."""
    from api.health import WireFinding
    from tebiki.doctor.examination import examination
    from tebiki.doctor.findings import topic

    return [
        WireFinding(
            about=one.about,
            name=topic(one.about, language),
            state=one.state,
            what=one.said(language),
            todo=one.advice(language),
        )
        for one in examination(chosen, every=False)
    ]


def _read_again(chosen: Settings, path: Path) -> EditionText:
    """Return the text of a PDF that the corpus no longer holds, as it was read then.

    Raises:
        UnreadablePdf: it cannot be read any more.
    """
    from ingest.reading import read_one

    return read_one(path, cache=chosen.home / "readings")


def colleague_of(parts: Parts, ledger: Ledger) -> Colleague:
    """Return Tebiki in Slack; nothing is sent before it is started."""
    from api.suggestions import suggested
    from bot.owners import Owners
    from bot.slack.app import Colleague

    chosen, audit = parts.settings, audit_of(parts.settings)
    return Colleague(
        slack_of(chosen),
        answerer=parts.answerer,
        library=parts.shelf,
        ledger=ledger,
        page_image=partial(page_image, parts),
        prompts=lambda language: suggested(parts.generation().seen_by(frozenset()), language),
        refreshed=lambda: parts.generation().manifest.created[:10],
        owners=Owners(
            parts.shelf,
            lambda deed, what, who, address: audit.note(deed, what, actor=who, address=address),
            tells_owners(chosen, parts.record),
        ),
    )
