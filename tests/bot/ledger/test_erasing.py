"""What leaves the record is gone from its files; what was kept long enough leaves by itself."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers import Turn
from bot.errors import AnswerUnknown
from bot.guard import Guard, Policy
from bot.ledger import exporting
from bot.ledger.audit import Audit
from bot.ledger.database import Database
from bot.ledger.erasing import Erased, Keeping, Which, erase, expire
from bot.ledger.ledger import Ledger
from bot.slack.queue import QuestionQueue, Work
from tests.bot.ledger.test_ledger import answer, where

__all__ = ["where"]

TOLD = "秘密のご相談"
DAY_S = 86_400.0


@pytest.fixture
def database(where: Path | str) -> Iterator[Database]:
    """Return either database, empty."""
    opened = Database(where)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Return a record that goes on by a minute with each answer."""
    now = iter(range(0, 10_000_000, 60))
    return Ledger(database, b"key", clock=lambda: float(next(now)))


def bytes_of(where: Path | str) -> bytes:
    """Return all that lies beside a SQLite file, write-ahead log and all; nothing of a server."""
    if isinstance(where, str):
        return b""
    return b"".join(path.read_bytes() for path in where.parent.iterdir() if path.is_file())


def test_erased_question_is_in_no_file(ledger: Ledger, where: Path | str) -> None:
    """Neither in the table, nor in free pages, nor in the write-ahead log, nor what was said of it."""
    for number in range(30):
        ledger.keep(answer(f"a{number}", TOLD if number == 7 else f"質問{number}" * 50))
    ledger.rate("a7", "down", TOLD)
    ledger.keep(answer("a7", f"{TOLD}、もう一度"))
    if isinstance(where, Path):
        assert TOLD.encode() in bytes_of(where)

    assert Erased(1, 0) == erase(ledger, Which(ids=("a7",)))

    assert TOLD.encode() not in bytes_of(where)
    with pytest.raises(AnswerUnknown):
        ledger.answer("a7")
    assert "質問8" in ledger.answer("a8").question.text


def test_follow_up_that_carries_the_question_goes_with_it(ledger: Ledger) -> None:
    """It was asked by another in the same talk; what was asked before and beside stays."""
    ledger.keep(answer("before", "前の質問", "talk"))
    ledger.keep(answer("gone", TOLD, "talk"))
    later = answer("later", "その期限は？", "talk")
    turns = (Turn(TOLD, "…"),)
    ledger.keep(replace(later, question=replace(later.question, history=turns)))
    ledger.keep(answer("beside", "別の質問", "talk"))

    assert Erased(1, 1) == erase(ledger, Which(ids=("gone",)))

    assert {"before", "beside"} == {entry.id for entry in ledger.entries()}


@pytest.mark.parametrize("said", ["T1/U1", "hash", "plain"])
def test_person_is_erased_by_whatever_they_are_known_by(ledger: Ledger, said: str) -> None:
    """Their questions, their reasons under others' answers, and what waits for an answer."""
    known = {"T1/U1": ledger.person("T1", "U1"), "hash": ledger.person("T1", "U1"), "plain": "田中"}
    asker = known[said]
    ledger.keep(answer("theirs"), asker=asker)
    ledger.keep(answer("others"), asker="somebody")
    ledger.rate("others", "down", TOLD, rater=asker)
    queue = QuestionQueue(ledger.database)
    queue.take(Work("C1:1", "message", "C1", "1", "1", asker=asker, text=TOLD))

    erase(ledger, Which(person=asker if said in {"hash", "plain"} else said))

    assert ["others"] == [entry.id for entry in ledger.entries()]
    assert () == ledger.ratings("others")
    assert {} == queue.counts()


def test_period_is_erased_without_what_stands_before_and_after(ledger: Ledger) -> None:
    """Its end is no more included."""
    for number in range(5):
        ledger.keep(answer(f"a{number}"))  # at 0, 60, 120, 180 and 240 s

    assert Erased(2, 0) == erase(ledger, Which(since=60.0, until=180.0))

    assert ["a0", "a3", "a4"] == [entry.id for entry in ledger.entries()]


def test_saying_nothing_erases_nothing() -> None:
    """All of it is no default."""
    with pytest.raises(ValueError, match="nothing says"):
        Which()


def test_damaged_record_that_was_set_aside_is_named(tmp_path: Path) -> None:
    """It may hold what is to be erased, and cannot be changed."""
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 500)
    ledger = Ledger(Database(tmp_path / "ledger.sqlite"), b"key")

    (aside,) = erase(ledger, Which(ids=("a",))).remains

    assert aside.startswith("ledger.damaged-")


def test_what_was_kept_long_enough_leaves_by_kind(ledger: Ledger) -> None:
    """First the answer's words, then the question's; what is left is counted."""
    ledger.keep(answer("old", TOLD), at=0.0, asker="x")
    ledger.keep(answer("middle", "真ん中の質問"), at=20 * DAY_S)
    ledger.keep(answer("new", "新しい質問"), at=39 * DAY_S)
    days = {"answers": 10, "questions": 30}

    assert {"answers": 2, "questions": 1} == expire(ledger, days, now=40 * DAY_S)
    assert {} == expire(ledger, days, now=40 * DAY_S)

    assert ["", "真ん中の質問", "新しい質問"] == [
        entry.question for entry in ledger.entries(until=1e12)
    ]
    assert () == ledger.recent("x")
    assert "新しい質問" == ledger.answer("new").question.text
    with pytest.raises(AnswerUnknown):
        ledger.answer("middle")


def test_feedback_is_kept_for_a_time_of_its_own(ledger: Ledger) -> None:
    """The answer stays."""
    ledger.keep(answer("a"))
    ledger.rate("a", "down", TOLD)

    assert {"feedback": 1} == expire(ledger, {"feedback": 1}, now=2 * DAY_S)

    assert () == ledger.ratings("a")
    assert "a" == ledger.answer("a").id


def test_what_leaves_is_in_the_audit_stream_and_the_stream_stays_whole(tmp_path: Path) -> None:
    """Its own old lines leave, too."""
    ledger = Ledger(Database(tmp_path / "ledger.sqlite"), b"key")
    ledger.keep(answer("old"), at=0.0)
    audit = Audit(tmp_path, clock=lambda: 100 * DAY_S)
    keeping = Keeping(ledger, audit, {"questions": 30, "audit": 50}, clock=lambda: 100 * DAY_S)

    assert {"questions": 1} == keeping.tidy()

    (line,) = audit.lines()
    assert 1 == line["entity"]["data"]["questions"]
    assert 1 == audit.verify().sequence


def test_record_of_counts_holds_no_word_and_nobody(database: Database, where: Path | str) -> None:
    """When, by which door and with what outcome is counted; a rating counts without its reason."""
    ledger = Ledger(database, b"key", counts_only=True)
    ledger.keep(answer("a", TOLD, "talk"), origin="web", asker="x")
    ledger.rate("a", "down", TOLD, rater="x")

    assert TOLD.encode() not in bytes_of(where)
    assert [("web", "")] == [(e.origin, e.question) for e in ledger.entries()]
    assert [("down", "", "")] == [(r.rating, r.comment, r.rater) for r in ledger.ratings("a")]
    assert () == ledger.turns("talk")
    with pytest.raises(AnswerUnknown):
        ledger.answer("a")


def test_export_of_a_period_is_masked_unless_plain(database: Database) -> None:
    """The record kept the number; the export does not say it, nor who asked."""
    ledger = Ledger(database, b"key", guard=Guard(record=Policy.ALLOW), plain_ids=True)
    asked = "090-2345-6789の田中さんの休暇は？"
    ledger.keep(answer("a", asked), asker="田中", at=10.0)
    ledger.keep(answer("private"), private=True, at=11.0)
    ledger.keep(answer("late"), at=99.0)

    masked = list(exporting.rows(ledger, 0.0, 50.0))
    plain = list(exporting.rows(ledger, 0.0, 50.0, plain=True, private=True))

    assert ["a"] == [row["id"] for row in masked]
    assert "090-2345-6789" not in json.dumps(masked, ensure_ascii=False)
    assert "" == masked[0]["who"]
    assert [("a", asked, "田中"), ("private", plain[1]["question"], "")] == [
        (row["id"], row["question"], row["who"]) for row in plain
    ]


def test_export_is_a_table_without_formulas_or_json(ledger: Ledger) -> None:
    """Both say the same; no cell runs."""
    ledger.keep(answer("a", "=HYPERLINK(1)"), at=10.0)
    ledger.keep(answer("b", "休暇は\n何日？"), at=10.0)

    table = "".join(exporting.exported("csv", exporting.rows(ledger, 0.0, 50.0)))
    told = json.loads("".join(exporting.exported("json", exporting.rows(ledger, 0.0, 50.0))))

    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert ["'=HYPERLINK(1)", "休暇は\n何日？"] == [row["question"] for row in rows]
    assert [row["id"] for row in told] == [row["id"] for row in rows]
    assert all(row["sources"] for row in told)
    assert [] == json.loads("".join(exporting.exported("json", iter(()))))
