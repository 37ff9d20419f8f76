"""Tebiki in a small Slack, with answers that a test scripts; also as a process of its own.

``python -m tests.slack_colleague HOME API_URL`` answers until it is killed; with ``stream`` at
the end it shows its answers while they are written.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.answers import Answer, Citation, Declined, Delta, Event, Question, cite
from bot.ledger.ledger import open_ledger
from bot.owners import Owners
from bot.slack.app import Colleague
from bot.slack.settings import Settings
from index.passages import Library
from tests.fakes import FakeLibrary, edition, edition_text
from tests.slack_server import APP_TOKEN, BOT_TOKEN, SECRET

HELD = edition("leave", label="第3版", title="休暇の手引き", in_force_from=date(2026, 4, 1))
TEXT = edition_text("年次有給休暇は、一年につき20日とする。", "繰越しは20日を限度とする。")
LIBRARY = FakeLibrary({HELD: TEXT})


def citation(marker: int = 1, *, in_force: bool = True) -> Citation:
    """Return the citation of the first page."""
    return cite(marker, HELD, TEXT, 0, 20, section=("休暇",), in_force=in_force)


@dataclass
class Scripted:
    """Answers each question with its own words, so that a test sees which one is answered."""

    says: Callable[[Question], str] = lambda question: f"「{question.text}」の答え[1]"
    problem: Exception | None = None
    takes_s: float = 0.0
    suggestions: tuple[str, ...] = ()
    clarify: tuple[str, ...] = ()
    declined: bool = False
    in_force: bool = True
    asked: list[Question] = field(default_factory=list)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, question: Question) -> Answer:
        with self.lock:
            self.asked.append(question)
            self.count += 1
            name = f"{id(self):x}-{self.count}"
        time.sleep(self.takes_s)
        if self.problem is not None:
            raise self.problem
        cited = citation(in_force=self.in_force)
        return Answer(
            id=name,
            question=question,
            text="" if self.declined else self.says(question),
            mode="extractive",
            citations=() if self.declined else (cited,),
            consulted=(),
            declined=Declined("not-found", "見つかりませんでした。", (cited,))
            if self.declined
            else None,
            generation=LIBRARY.id,
            recipe={},
            asked_on=date(2026, 5, 1),
            notices=question.notices,
            suggestions=self.suggestions,
            clarify=self.clarify,
        )


@dataclass
class Streamed(Scripted):
    """Tells what was scripted piece by piece, then what stays: a model that was verified."""

    pieces: tuple[str, ...] = ()
    between: Callable[[int], None] = lambda _at: None

    def stream(self, question: Question) -> Iterator[Event]:
        for at, piece in enumerate(self.pieces):
            self.between(at)
            yield Delta(piece)
        yield self.answer(question)


def hire(
    home: Path,
    api_url: str,
    answerer: Scripted,
    *,
    library: Callable[[], Library] = lambda: LIBRARY,
    public_url: str = "https://tebiki.example.lg.jp",
    per_minute: int = 1_000,
    lease_s: float = 2.0,
    streaming: bool = False,
    threads: int = 4,
    owners: Owners | None = None,
) -> Colleague:
    """Put a colleague together over a home of its own or a shared one."""
    return Colleague(
        Settings(
            BOT_TOKEN,
            APP_TOKEN,
            SECRET,
            public_url=public_url,
            api_url=api_url,
            per_minute=per_minute,
            lease_s=lease_s,
            streaming=streaming,
            threads=threads,
            look_s=0.05,
        ),
        answerer=answerer,
        library=library,
        owners=owners,
        ledger=open_ledger(home),
        page_image=lambda held, page, start, end: f"{held.key} {page} {start} {end}".encode(),
        prompts=lambda language: [f"{language} {number}？" for number in range(6)],
        refreshed=lambda: "2026-11-23",
    )


def main() -> None:
    """Answer until killed; each answer takes a moment, so that a kill finds some at work."""
    home, address, *streaming = sys.argv[1:]
    answerer = Scripted(takes_s=0.05)
    if streaming:
        answerer = Streamed(pieces=("一" * 300,) * 10, between=lambda _: time.sleep(0.2))
    colleague = hire(
        Path(home), address, answerer, threads=8, lease_s=5.0, streaming=bool(streaming)
    )
    colleague.connect()
    threading.Event().wait()


if __name__ == "__main__":
    main()
