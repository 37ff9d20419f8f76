"""What a record ten times as long costs: a page of it, its table, an erasure, the audit stream.

    python benchmarks/record.py [--url postgresql://…] [--small 2000] [--large 20000]

Each is measured in processor time of this process and by the clock, the best of three, over a
record in a folder of its own (or in the database that --url names, which must be empty: its
tables are filled). The bound is 12 for ten times as many answers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
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


def cost(work: Callable[[], object], *, times: int = 3) -> tuple[float, float]:
    """Return seconds of processor time and by the clock: the least of some runs."""
    found = []
    for _ in range(times):
        busy_s, clock_s = time.process_time(), time.perf_counter()
        work()
        found.append((time.process_time() - busy_s, time.perf_counter() - clock_s))
    return min(busy for busy, _ in found), min(clock for _, clock in found)


def page(ledger: Ledger) -> object:
    """Make what the admin page shows of the questions."""
    entries = ledger.entries()
    return insights.by_day(entries), insights.missing(entries)


def table(ledger: Ledger) -> int:
    """Export everything as CSV."""
    found = exporting.rows(ledger, 0.0, 1e12, plain=True)
    return sum(map(len, exporting.exported("csv", found)))


def measured(where: Path | str, home: Path, begin: int, end: int) -> dict[str, tuple[float, float]]:
    """Fill a record up to *end* and return what each thing costs."""
    ledger = filled(where, begin, end)
    audit = Audit(home)
    os.fsync = lambda _: None  # likewise
    for number in range(begin, end):
        audit.note(Deed.EXPORTED, {"what": "questions", "count": number})
    return {
        "page": cost(lambda: page(ledger)),
        "CSV": cost(lambda: table(ledger)),
        "verify": cost(audit.verify),
        "erase": cost(lambda: erase(ledger, Which(person="p7")), times=1),
    }


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="")
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        where = given.url or home / "ledger.sqlite"
        small = measured(where, home, 0, given.small)
        large = measured(where, home, given.small, given.large)
    for name, (busy_s, clock_s) in large.items():
        ratio, by_clock = busy_s / small[name][0], clock_s / small[name][1]
        print(
            f"{name:<7} {busy_s:7.3f} s busy ({ratio:4.1f} ×)  {clock_s:7.3f} s ({by_clock:4.1f} ×)"
        )


if __name__ == "__main__":
    main()
