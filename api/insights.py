"""What the questions say about the manuals: how many, which were not answered, which displeased."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from statistics import quantiles
from typing import TYPE_CHECKING

from ingest.language.words import tokens

if TYPE_CHECKING:
    from bot.ledger.ledger import Entry

ALIKE = 0.5
"""Two questions with this share of their words in common are about the same thing."""

MOST_GROUPS = 100
"""How many groups of questions are shown."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: how many questions, how many of them were declined or rated down.

    *median_ms* and *p95_ms* are the time until an answer was made, as in `Latency`.
    """

    day: date
    asked: int
    declined: int
    down: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Missing:
    """Questions about the same thing that were declined or rated down.

    *question* is the one asked last, *worded* are all its wordings; *comments* are the readers' own
    words, latest first.
    """

    question: str
    asked: int
    declined: int
    down: int
    last: date
    comments: tuple[str, ...]
    worded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds until an answer was made: the median and what 95 of 100 stay under."""

    median_ms: float
    p95_ms: float


def is_down(entry: Entry) -> bool:
    """Whether the last reader who rated the answer found it unhelpful."""
    return bool(entry.ratings) and entry.ratings[-1].rating == "down"


def day_of(entry: Entry) -> date:
    """Return the local day on which it was asked."""
    return datetime.fromtimestamp(entry.asked_at).astimezone().date()


def by_day(entries: Iterable[Entry]) -> tuple[Day, ...]:
    """Return the days on which something was asked, earliest first."""
    days: dict[date, list[Entry]] = {}
    for entry in entries:
        days.setdefault(day_of(entry), []).append(entry)
    return tuple(_day(day, days[day]) for day in sorted(days))


def _day(day: date, entries: Sequence[Entry]) -> Day:
    took = latency(entries)
    return Day(
        day,
        asked=len(entries),
        declined=sum(bool(entry.declined) for entry in entries),
        down=sum(is_down(entry) for entry in entries),
        median_ms=took.median_ms if took else 0.0,
        p95_ms=took.p95_ms if took else 0.0,
    )


def latency(entries: Iterable[Entry]) -> Latency | None:
    """Return how long answers took; None when there were none."""
    took = sorted(entry.took_ms for entry in entries)
    if not took:
        return None
    if len(took) == 1:
        return Latency(took[0], took[0])
    cuts = quantiles(took, n=20, method="inclusive")
    return Latency(cuts[9], cuts[18])


def mark(question: str) -> str:
    """Return what a question is known by where its words must not be kept: the hash of its words."""
    return sha256(" ".join(sorted(set(tokens(question)) or {question})).encode()).hexdigest()


def missing(entries: Sequence[Entry], aside: Container[str] = frozenset()) -> tuple[Missing, ...]:
    """Group the questions that got no answer or a bad one, the most frequent group first.

    Those whose `mark` is in *aside* are left out. A question joins the first group with which it shares half its words; *entries* come
    earliest first.
    """
    groups: list[tuple[set[str], list[Entry]]] = []
    for entry in entries:
        if not entry.question or not (entry.declined or is_down(entry)):
            continue  # what only counts has no words to group by
        if mark(entry.question) in aside:
            continue
        words = set(tokens(entry.question)) or {entry.question}
        for known, members in groups:
            if len(words & known) >= ALIKE * len(words | known):
                members.append(entry)
                break
        else:
            groups.append((words, [entry]))
    found = [_group(members) for _, members in groups]
    return tuple(sorted(found, key=lambda group: (-group.asked, -group.last.toordinal())))[
        :MOST_GROUPS
    ]


def _group(members: Sequence[Entry]) -> Missing:
    newest = members[-1]
    comments = [
        rating.comment
        for entry in reversed(members)
        for rating in reversed(entry.ratings)
        if rating.comment
    ]
    return Missing(
        question=newest.question,
        asked=len(members),
        declined=sum(bool(entry.declined) for entry in members),
        down=sum(is_down(entry) for entry in members),
        last=day_of(newest),
        comments=tuple(dict.fromkeys(comments)),
        worded=tuple(dict.fromkeys(entry.question for entry in members)),
    )


def as_csv(entries: Iterable[Entry]) -> str:
    """Return the questions as a table that spreadsheet programs open as it is.

    It begins with a byte order mark, without which Excel takes Japanese for something else; a
    cell that would be taken for a formula is quoted.
    """
    file = io.StringIO()
    file.write("\ufeff")
    table = csv.writer(file)
    table.writerow(
        ("asked", "id", "origin", "language", "question", "declined", "rating", "comment", "ms")
    )
    for entry in entries:
        rating = entry.ratings[-1] if entry.ratings else None
        asked = datetime.fromtimestamp(entry.asked_at).astimezone()
        row = (
            asked.isoformat(timespec="seconds"),
            entry.id,
            entry.origin,
            entry.language,
            entry.question,
            entry.declined,
            rating.rating if rating else "",
            rating.comment if rating else "",
        )
        table.writerow((*map(_plain, row), f"{entry.took_ms:.0f}"))
    return file.getvalue()


def missing_as_csv(groups: Iterable[Missing]) -> str:
    """Return what was missing as a table, one group a row, like `as_csv`."""
    file = io.StringIO()
    file.write("\ufeff")
    table = csv.writer(file)
    table.writerow(("question", "asked", "declined", "down", "last", "comments"))
    for group in groups:
        table.writerow(
            (
                _plain(group.question),
                group.asked,
                group.declined,
                group.down,
                group.last.isoformat(),
                _plain(" / ".join(group.comments)),
            )
        )
    return file.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
