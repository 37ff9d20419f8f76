"""What a record ten times as long costs: a page of it, its table, an erasure, the audit stream.

    python benchmarks/record.py [--server 'postgresql://postgres@/DATABASE?host=…']
                                [--small 2000] [--large 20000]

Both records are filled first and measured in turns, each thing five times, of which the least
counts: measured one after the other, minutes apart, the same code was 8, 10 and 14 times as dear on
a machine with other work. Told are seconds of processor time of this process (of a server's it
knows nothing) and by the clock. The bound is 12 for ten times as many answers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api import insights
from bot.answers import Answer, Question, cite
from bot.ledger import exporting
from bot.ledger.audit import Audit, Deed
from bot.ledger.database import Database
from bot.ledger.erasing import Which, erase
from bot.ledger.evidence import dump
from bot.ledger.ledger import Ledger
from bot.ledger.tables import answers, feedback
from ingest.catalog.editions import Document, Edition
from tests.databases import database_on
from tests.fakes import edition_text

TOPICS = 60
HELD = Edition(Document("leave", "休暇の手引き"), "第1版", path="a.pdf", sha256="a" * 64)
TEXT = edition_text(*(f"年次有給休暇は、一年につき{days}日とする。" for days in range(40)))


def answer(number: int) -> Answer:
    """Return one of many answers; every eighth finds nothing."""
    at = number % 40
    start = TEXT.text.index(f"つき{at}日") - 10
    said = f"第{number % TOPICS}課の年次有給休暇は何日ですか（{number}）"
    return Answer(
        id=f"a{number:06d}", question=Question(said, said, conversation=f"c{number // 4}"),
        text=f"「…{at}日とする。」[1]", mode="extractive",
        citations=(cite(1, HELD, TEXT, start, start + 14),), consulted=(), declined=None,
        generation="g1", recipe={}, asked_on=date(2026, 11, 30), took_ms=5.0,
    )  # fmt: skip


def filled(where: Path | str, begin: int, end: int) -> Ledger:
    """Record answers; one person asks every hundredth, and every tenth is rated down."""
    ledger = Ledger(Database(where), b"key")
    now = time.time() - 86_400
    asked = [(number, answer(number)) for number in range(begin, end)]
    rows = [
        {
            "id": given.id, "asked_at": now + number, "asked_on": given.asked_on, "origin": "web",
            "private": 0, "asker": f"p{number % 100}", "question": given.question.text,
            "conversation": given.question.conversation, "language": "ja", "mode": given.mode,
            "text": given.text, "declined": "", "generation": "g1", "prompt": "", "took_ms": 5.0,
            "withdrawn": 0, "evidence": dump(given), "sent": None,
        }
        for number, given in asked
    ]  # fmt: skip
    rated = [
        {"answer": given.id, "rater": "", "rating": "down", "comment": "違う", "rated_at": now}
        for number, given in asked
        if number % 10 == 0
    ]
    with ledger.database.write() as connection:  # at once: each by itself waits for the disk
        connection.execute(answers.insert(), rows)
        connection.execute(feedback.insert(), rated)
    return ledger


def costs(works: Sequence[Callable[[int], object]], *, times: int = 5) -> list[tuple[float, float]]:
    """Return for each seconds of processor time and by the clock: the least of some turns.

    Each is told the number of the turn.
    """
    found: list[list[tuple[float, float]]] = [[] for _ in works]
    for turn in range(times):
        for work, taken in zip(works, found, strict=True):
            busy_s, clock_s = time.process_time(), time.perf_counter()
            work(turn)
            taken.append((time.process_time() - busy_s, time.perf_counter() - clock_s))
    return [(min(b for b, _ in taken), min(c for _, c in taken)) for taken in found]


def page(ledger: Ledger) -> object:
    """Make what the admin page shows of the questions."""
    entries = ledger.entries()
    return insights.by_day(entries), insights.missing(entries)


def table(ledger: Ledger) -> int:
    """Export everything as CSV."""
    found = exporting.rows(ledger, 0.0, 1e12, plain=True)
    return sum(map(len, exporting.exported("csv", found)))


THINGS: dict[str, Callable[[Ledger, Audit, int], object]] = {
    "page": lambda ledger, _audit, _turn: page(ledger),
    "CSV": lambda ledger, _audit, _turn: table(ledger),
    "verify": lambda _ledger, audit, _turn: audit.verify(),
    "erase": lambda ledger, _audit, turn: erase(ledger, Which(person=f"p{turn}")),
}


def prepared(where: Path | str, home: Path, count: int) -> tuple[Ledger, Audit]:
    """Return a record of so many answers, and an audit stream of so many lines in *home*."""
    home.mkdir()
    audit = Audit(home)
    for number in range(count):
        audit.note(Deed.EXPORTED, {"what": "questions", "count": number})
    return filled(where, 0, count), audit


@contextmanager
def places(server: str, folder: Path) -> Iterator[tuple[Path | str, Path | str]]:
    """Give where the two records are kept."""
    if not server:
        yield folder / "small.sqlite", folder / "large.sqlite"
        return
    with database_on(server) as small, database_on(server) as large:
        yield small, large


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="")
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=20_000)
    given = parser.parse_args()
    os.fsync = lambda _: None  # each line of the audit stream by itself waits for the disk
    with tempfile.TemporaryDirectory() as name, places(given.server, Path(name)) as (few, many):
        small = prepared(few, Path(name) / "small", given.small)
        large = prepared(many, Path(name) / "large", given.large)
        print(f"{'':<7} {given.small:>12,} answers {given.large:>18,} answers")
        for thing, work in THINGS.items():
            least, most = costs([partial(work, *small), partial(work, *large)])
            print(
                f"{thing:<7} {least[0]:7.3f} s busy {least[1]:7.3f} s"
                f"  {most[0]:7.3f} s busy {most[1]:7.3f} s"
                f"  {most[0] / least[0]:5.1f} × {most[1] / least[1]:5.1f} ×",
                flush=True,
            )
        small[0].database.close()
        large[0].database.close()


if __name__ == "__main__":
    main()
