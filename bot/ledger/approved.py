"""Answers that a department wrote or approved: kept with what they rest on, and given first."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.answers import Answer, Approval, Citation, Question, blank, cite, spoken, streamed
from bot.asking.likeness import Sameness, asked, spelt
from bot.errors import BotError
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.tables import approved
from bot.telling.approved import approved_screen, doubted
from bot.telling.quotations import cases_in, notices
from index.passages import all_seen
from index.revisions.following import State, follow
from ingest.catalog.editions import Document, Edition

if TYPE_CHECKING:
    from bot.answers import Answerer, Event
    from bot.ledger.database import Database
    from index.passages import Filters, Library

log = logging.getLogger(__name__)

_STANDING = {State.STANDS, State.MOVED}


class NotQuoted(BotError):
    """What an approved answer is to rest on does not stand in what is in force."""

    def __init__(self, document: str, quote: str) -> None:
        """Name the document and the words."""
        super().__init__(
            f"{document}: “{quote[:80]}” does not stand word for word in an edition that is in "
            "force. Copy it from the document's page."
        )
        self.document = document
        self.quote = quote


@dataclass(frozen=True, slots=True)
class Quotation:
    """What an approved answer rests on: the words, and the edition in which they stood then."""

    document: str
    edition: str
    quote: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """A question and its likes, and what a department says to it.

    *doubt* says why it is to be checked before it leads again, "" while it stands.
    """

    id: str
    question: str
    wording: str
    quotations: tuple[Quotation, ...]
    by: str
    day: date
    language: str = "ja"
    likes: tuple[str, ...] = ()
    owner: str = ""
    doubt: str = ""

    @property
    def approval(self) -> Approval:
        """Who answers for it, as an answer says it."""
        return Approval(self.id, self.by, self.day, self.owner)


class ApprovedAnswers:
    """The approved answers of an installation, in the database of its record."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep them in the database that *database* opens when it is needed."""
        self._database = database
        self._lock = Lock()
        self._stamp: tuple[int, float] | None = None
        self._held: Mapping[Sameness | str, tuple[Approved, ...]] = {}

    def all(self) -> tuple[Approved, ...]:
        """Return all of them, the latest first.

        Raises:
            LedgerUnavailable: the database refused; so do the methods below.
        """
        with self._database().read() as connection:
            rows = connection.execute(
                sa.select(approved).order_by(approved.c.day.desc(), approved.c.changed_at.desc())
            ).all()
        return tuple(_read(row) for row in rows)

    def put(self, one: Approved) -> Approved:
        """Keep an answer, in place of the one with its id if there is one; return it as kept."""
        kept = replace(one, id=one.id or secrets.token_hex(8))
        row = {
            **asdict(kept),
            "likes": json.dumps(kept.likes, ensure_ascii=False),
            "quotations": json.dumps(
                [asdict(each) for each in kept.quotations], ensure_ascii=False
            ),
            "changed_at": time.time(),
        }
        with self._database().write() as connection:
            self._database().put(connection, approved, row)
        return kept

    def doubt(self, one: Approved, why: str) -> bool:
        """Mark an answer as to be checked, and why; return whether it still is as it was read."""
        as_read = (
            approved.c.id == one.id,
            approved.c.wording == one.wording,
            approved.c.doubt == "",
        )
        with self._database().write() as connection:
            found = connection.execute(
                sa.update(approved).where(*as_read).values(doubt=why, changed_at=time.time())
            )
        return bool(found.rowcount)

    def remove(self, name: str) -> bool:
        """Take an answer back; return whether there was one."""
        with self._database().write() as connection:
            found = connection.execute(sa.delete(approved).where(approved.c.id == name))
        return bool(found.rowcount)

    def like(self, question: str, language: str) -> tuple[Approved, ...]:
        """Return those to the same question, asked in the same words or plainly alike, latest first."""
        held = self._known()
        if not held:
            return ()
        exactly = held.get(f"{language} {spelt(question, language)}", ())
        same = asked(question, language)
        return exactly or (held.get(same, ()) if same is not None else ())

    def _known(self) -> Mapping[Sameness | str, tuple[Approved, ...]]:
        with self._database().read() as connection:
            count, last = connection.execute(
                sa.select(sa.func.count(), sa.func.max(approved.c.changed_at)).select_from(approved)
            ).one()
        stamp = (int(count), float(last or 0))
        with self._lock:
            if self._stamp == stamp:
                return self._held
        found: dict[Sameness | str, list[Approved]] = {}
        for one in self.all() if count else ():
            for said in (one.question, *one.likes):
                names = (f"{one.language} {spelt(said, one.language)}", asked(said, one.language))
                for name in dict.fromkeys(each for each in names if each is not None):
                    known = found.setdefault(name, [])
                    known += [] if one in known else [one]
        with self._lock:
            self._held = {name: tuple(each) for name, each in found.items()}
            self._stamp = stamp
            return self._held


def _read(row: sa.Row[tuple[object, ...]]) -> Approved:
    told = dict(row._mapping)  # noqa: SLF001 - how SQLAlchemy calls a row's names
    del told["changed_at"]
    told["likes"] = tuple(json.loads(told["likes"]))
    told["quotations"] = tuple(Quotation(**each) for each in json.loads(told["quotations"]))
    return Approved(**told)


def verified(library: Library, quotations: Sequence[Quotation], on: date) -> tuple[Quotation, ...]:
    """Return the quotations with the editions in force in which they stand word for word.

    Raises:
        NotQuoted: one does not.
    """
    found = []
    for each in quotations:
        there = follow(library, _edition(each), each.quote, on)
        if not each.quote.strip() or there.state not in _STANDING or there.edition is None:
            raise NotQuoted(each.document, each.quote)
        edition = there.edition
        found.append(Quotation(each.document, edition.label, there.text, edition.sha256 or ""))
    return tuple(found)


def doubts(one: Approved, library: Library, on: date) -> str:
    """Return which quotations of an approved answer changed since, "" while all stand."""
    gone = [
        f"{each.document}@{each.edition} 「{' '.join(each.quote.split())[:60]}」"
        for each in one.quotations
        if follow(library, _edition(each), each.quote, on).state not in _STANDING
    ]
    return " / ".join(gone)


def checked(kept: ApprovedAnswers, library: Library, on: date) -> Iterator[Approved]:
    """Mark as to be checked what a refresh took the ground from, and yield what was not marked yet."""
    for one in kept.all():
        found = doubts(one, library, on)
        # In the meantime it may have been taken back, or written anew.
        if found and not one.doubt and kept.doubt(one, found):
            yield replace(one, doubt=found)


def _edition(held: Quotation) -> Edition:
    work = Document(held.document, held.document)
    return Edition(work, held.edition, sha256=held.sha256 or None)


class Approving:
    """An answerer that gives an approved answer first, where there is one to the very question."""

    def __init__(
        self,
        answerer: Answerer,
        kept: ApprovedAnswers,
        library: Callable[[], Library],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Give out of *kept* what stands in *library*; *answerer* answers everything else."""
        self._answerer = answerer
        self._kept = kept
        self._library = library
        self._today = today

    def answer(self, question: Question) -> Answer:
        """Return the approved answer, or what the answerer says."""
        told, notice = self._found(question)
        return told or _noticed(self._answerer.answer(question), notice)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the approved answer line by line, or what the answerer yields."""
        told, notice = self._found(question)
        for event in spoken(told) if told else streamed(self._answerer, question):
            yield _noticed(event, notice) if isinstance(event, Answer) else event

    def _found(self, question: Question) -> tuple[Answer | None, str]:
        """Return the approved answer; where it is to be checked first, None and a notice of that."""
        filters = question.filters
        if question.small_talk is not None or filters.as_of is not None or filters.municipality:
            return None, ""
        said = question.standalone if question.history else question.core
        begun = time.perf_counter()
        try:
            alike = self._kept.like(said, question.language)
        except (LedgerUnavailable, OSError) as problem:
            log.warning("approved answers cannot be read: %s", problem)
            return None, ""
        if not alike:
            return None, ""
        library = self._library().seen_by(filters.groups)
        for one in alike:
            if not self._is_open(one, library, filters):
                continue
            citations = None if one.doubt else self._cited(one, library)
            if citations is None:
                return None, doubted(one.approval, question.language)
            if all(filters.admit(each.edition) for each in citations):
                return self._told(one, citations, question, library, begun), ""
        return None, ""

    def _is_open(self, one: Approved, library: Library, filters: Filters) -> bool:
        """Whether all that an answer rests on may be seen and is asked of, also where it changed."""
        works = {each.document.id for each in library.editions if filters.admit(each)}
        return all(each.document in works for each in one.quotations) and all_seen(
            map(_edition, one.quotations), self._library(), filters.groups
        )

    def _cited(self, one: Approved, library: Library) -> tuple[Citation, ...] | None:
        """Return its quotations as they stand today; None where one does not."""
        found = []
        for marker, each in enumerate(one.quotations, start=1):
            there = follow(library, _edition(each), each.quote, self._today())
            if there.state not in _STANDING or there.edition is None:
                return None
            text = library.text(there.edition)
            section = next(
                (
                    chunk.section
                    for chunk in library.chunks(there.edition)
                    if chunk.start <= there.start < chunk.end
                ),
                (),
            )
            found.append(cite(marker, there.edition, text, there.start, there.end, section=section))
        return tuple(found) or None

    def _told(
        self,
        one: Approved,
        citations: tuple[Citation, ...],
        question: Question,
        library: Library,
        begun: float,
    ) -> Answer:
        language, cases = question.language, cases_in(library)
        return replace(
            blank(question, library, self._today()),
            text=approved_screen(one.wording, one.approval, citations, language, cases),
            mode="approved",
            citations=citations,
            notices=(*question.notices, *notices(citations, language, cases)),
            took_ms=round((time.perf_counter() - begun) * 1000, 1),
            approval=one.approval,
        )


def _noticed(answer: Answer, notice: str) -> Answer:
    return replace(answer, notices=(notice, *answer.notices)) if notice else answer
