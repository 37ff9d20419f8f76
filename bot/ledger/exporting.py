"""The record of a period for somebody who may ask for it: as a table or as JSON, masked or plain."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bot.guard import Guard, masked
from bot.ledger.evidence import sources, unpacked
from bot.ledger.ledger import Ledger
from bot.ledger.tables import answers, feedback

Row = dict[str, Any]

COLUMNS = (
    *("asked", "id", "origin", "who", "language", "question", "answer", "made", "declined"),
    *("sources", "generation", "rating", "comment"),
)
_AT_ONCE = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(
    ledger: Ledger, since: float, until: float, *, plain: bool = False, private: bool = False
) -> Iterator[Row]:
    """Yield what was asked from *since* to before *until* (seconds since 1970), earliest first.

    Unless *plain*, nobody is named and what looks like personal data is masked, also where the
    record kept it. *private*: with what was asked in private channels and messages.
    """
    at, name = since, ""
    open_to_all = () if private else (answers.c.private == 0,)
    while True:
        later = sa.or_(
            answers.c.asked_at > at, sa.and_(answers.c.asked_at == at, answers.c.id > name)
        )
        with ledger.database.read() as connection:
            found = connection.execute(
                sa.select(answers)
                # The first bound says nothing new, and lets the index begin where it left off.
                .where(answers.c.asked_at >= at, later, answers.c.asked_at < until)
                .where(answers.c.withdrawn != 1, *open_to_all)
                .order_by(answers.c.asked_at, answers.c.id)
                .limit(_AT_ONCE)
            ).all()
            rated = connection.execute(
                sa.select(feedback)
                .where(feedback.c.answer.in_([row.id for row in found]))
                .order_by(feedback.c.rated_at)
            ).all()
        if not found:
            return
        last = {row.answer: row for row in rated}
        for row in found:
            told = _row(row, last.get(row.id))
            yield told if plain else _masked(told, ledger.guard)
        at, name = found[-1].asked_at, found[-1].id


def as_json(found: Iterator[Row]) -> Iterator[str]:
    """Yield a JSON list, a row a line."""
    before = "["
    for row in found:
        yield f"{before}\n{json.dumps(row, ensure_ascii=False)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def as_csv(found: Iterator[Row]) -> Iterator[str]:
    """Yield a table as spreadsheets of Japanese offices open it: no cell is a formula."""
    yield "\ufeff" + _line(COLUMNS)
    for row in found:
        told = {**row, "sources": " / ".join(row["sources"])}
        yield _line([_cell(str(told[name])) for name in COLUMNS])


def exported(form: Literal["csv", "json"], found: Iterator[Row]) -> Iterator[str]:
    """Yield the rows in a form."""
    return as_csv(found) if form == "csv" else as_json(found)


def _row(row: sa.Row[Any], rated: sa.Row[Any] | None) -> Row:
    return {
        "asked": datetime.fromtimestamp(row.asked_at).astimezone().isoformat(timespec="seconds"),
        "id": row.id,
        "origin": row.origin,
        "who": row.asker,
        "language": row.language,
        "question": row.question,
        "answer": row.text,
        "made": row.mode,
        "declined": row.declined,
        "sources": _sources(row),
        "generation": row.generation,
        "rating": rated.rating if rated else "",
        "comment": rated.comment if rated else "",
    }


def _sources(row: sa.Row[Any]) -> list[str]:
    """Return document, edition and page of each quotation."""
    if row.evidence is not None:
        return sources(row.evidence)
    if row.sent is not None:
        told = unpacked(row.sent).get("citations", ())
        return [f"{c['document']}@{c['edition']} p.{c['page']}" for c in told]
    return []


def _masked(row: Row, guard: Guard) -> Row:
    """Return a row without names and personal data; a quotation keeps what is published."""
    answer, language = row["answer"], row["language"]
    for found in guard.findings(row["question"]):
        answer = answer.replace(row["question"][found.start : found.end], "［…］")
    told = {
        name: masked(row[name], guard.findings(row[name]), language)
        for name in ("question", "comment")
    }
    return {**row, **told, "answer": answer, "who": ""}


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: list[str] | tuple[str, ...]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    return file.getvalue()
