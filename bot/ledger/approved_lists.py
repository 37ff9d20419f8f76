"""Approved answers as a table that people edit: out as CSV or workbook, and in again."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.asking.question import language_of
from bot.ledger.approved import Approved, NotQuoted, Quotation, verified
from bot.telling.workbook import workbook
from ingest.errors import UnreadablePdf
from ingest.office import excel

if TYPE_CHECKING:
    from bot.ledger.approved import ApprovedAnswers
    from index.passages import Library

HEADS = (
    "番号", "質問", "同じ質問", "回答", "根拠の文書", "根拠の引用", "承認した課・人", "承認日", "担当",
    "要確認",
)  # fmt: skip
"""Likes, documents and quotations stand one a line, each quotation beside its document."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row, from 1 with the heads, that was left out, and why in both languages."""

    row: int
    ja: str
    en: str


def exported(form: Literal["csv", "xlsx"], held: Iterable[Approved]) -> bytes:
    """Return approved answers as a file; no cell of it is a formula."""
    rows = [HEADS, *(_row(one) for one in held)]
    if form == "xlsx":
        return workbook("承認済みの回答", rows)
    file = io.StringIO()
    csv.writer(file).writerows([_cell(text) for text in row] for row in rows)
    return f"\ufeff{file.getvalue()}".encode()


def imported(
    content: bytes, kept: ApprovedAnswers, library: Library, on: date
) -> tuple[list[Approved], list[Refusal]]:
    """Keep what a file lists and its quotations bear out; return that, and what was left out.

    A row with the number of one that is kept takes its place; without a day it is of *on*.

    Raises:
        UnreadablePdf: the file is neither CSV nor a workbook with these heads.
    """
    told, refused = [], []
    for number, row in _rows(content):
        try:
            told.append(kept.put(_approved(row, library, on)))
        except NotQuoted as problem:
            words = problem.quote[:40]
            ja = f"「{words}」は、いま効力のある「{problem.document}」の版にありません。"
            refused.append(Refusal(number, ja, str(problem)))
        except ValueError as problem:
            ja, en = problem.args
            refused.append(Refusal(number, ja, en))
    return told, refused


def _row(one: Approved) -> tuple[str, ...]:
    return (
        one.id,
        one.question,
        "\n".join(one.likes),
        one.wording,
        "\n".join(each.document for each in one.quotations),
        # A line end within a quotation would make two of it; white space is not compared.
        "\n".join(" ".join(each.quote.split()) for each in one.quotations),
        one.by,
        one.day.isoformat(),
        one.owner,
        one.doubt,
    )


def _approved(row: dict[str, str], library: Library, on: date) -> Approved:
    documents, quotes = (row[name].split("\n") for name in ("根拠の文書", "根拠の引用"))
    documents, quotes = ([e.strip() for e in each if e.strip()] for each in (documents, quotes))
    for name in ("質問", "回答", "承認した課・人"):
        if not row[name].strip():
            raise ValueError(f"「{name}」が空です。", f'"{name}" is empty.')
    if not quotes or len(documents) not in {1, len(quotes)}:
        raise ValueError(
            "根拠の引用を一行に一つ書き、文書の番号を同じ数だけ（または一つだけ）並べてください。",
            "Write one quotation a line, and as many documents beside them, or one.",
        )
    named = documents if len(documents) > 1 else documents * len(quotes)
    try:
        day = date.fromisoformat(row["承認日"].strip()) if row["承認日"].strip() else on
    except ValueError as problem:
        raise ValueError(
            "承認日は2026-04-01のように書いてください。", "Write the day like 2026-04-01."
        ) from problem
    question = row["質問"].strip()
    found = (Quotation(name, "", quote) for name, quote in zip(named, quotes, strict=True))
    return Approved(
        row["番号"].strip()[:64],
        question,
        row["回答"].strip(),
        verified(library, tuple(found), on),
        row["承認した課・人"].strip()[:200],
        day,
        language_of(question),
        tuple(filter(None, map(str.strip, row["同じ質問"].split("\n")))),
        row["担当"].strip()[:200],
    )


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    heads, *rows = _table(content) or [[]]
    names = [head.strip() for head in heads]
    if lacking := [name for name in HEADS[:7] if name not in names and name != "番号"]:
        raise UnreadablePdf("", f"the column {lacking[0]} is missing", "Export a list and edit it.")
    for number, cells in enumerate(rows, start=2):
        told = dict.fromkeys(HEADS, "") | dict(zip(names, cells, strict=False))
        if any(told.values()):
            yield number, {name: _uncelled(said) for name, said in told.items()}


def _table(content: bytes) -> Sequence[Sequence[str]]:
    if content.startswith(_ZIP):
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(content)
            file.flush()
            return excel.rows(Path(file.name))
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
        except csv.Error as problem:
            raise UnreadablePdf("", str(problem), "Save the list as CSV or .xlsx.") from problem
    raise UnreadablePdf("", "it is neither CSV nor .xlsx", "Save the list as CSV or .xlsx.")


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _uncelled(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:2] in _FORMULA else text
