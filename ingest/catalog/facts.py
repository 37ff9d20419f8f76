"""What a PDF says about itself: its title, which edition it is, since when, in which language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ingest.catalog import titles
from ingest.catalog.cover import rows
from ingest.language.days import dated
from ingest.language.figures import editions
from ingest.language.spelling import is_japanese

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.catalog.cover import Row
    from ingest.pages import Page


@dataclass(frozen=True, slots=True)
class Facts:
    """What could be understood; the days and *edition* are None where nothing says so.

    *title* is empty when no line of the first pages is one. *edition* is what the cover prints
    (第2.0版, Ver. 1.3, 令和4年3月4日提出), of a list of revisions the current one, else the date in ISO
    form. *published* is the day of publication, *in_force_from* the one that the supplementary
    provisions (附則) name. A date without a day is the first of its month; a year alone (第5期
    2030年) is none. *language* is that of the text on all pages: "ja" or "en".
    """

    title: str
    edition: str | None
    published: date | None
    in_force_from: date | None = None
    language: str = "ja"


_SPAN = re.compile(r"[日月年][(（]?.?[)）]?[~〜～\-−–—―]")
_NUMBERS = re.compile(r"[0-9]+")
_LITTLE_ELSE = 14
_COLOPHON = ("発行", "発刊", "刊行", "初版", "改訂", "改定", "制定", "作成", "公表", "編集", "奥付")
_SUPPLEMENT = re.compile(r"附則(?!第)")
_IN_FORCE = re.compile(r"(?:から施行|から適用|より施行)")
_REGULATES = (
    "条例",
    "規則",
    "規程",
    "要綱",
    "要領",
    "告示",
    "訓令",
    "細則",
    "内規",
    "規約",
    "基準",
)
_NEAR = 60


def understood(
    named: str, pages: Sequence[Page], *, today: date, last: Page | None = None, text: str = ""
) -> Facts:
    """Return what the file's own title *named* and its first *pages* say.

    *last* is the file's last page, for a colophon, and *text* what pages all over it say, for the
    language. Of several dates that stand where a publication is
    dated, the latest counts, which is the revision's, unless it lies after *today*; a date in a
    table, in a sentence or beside a deadline is none of them.
    """
    title = titles.title_of(named, pages)
    language = "ja" if is_japanese(text.strip() or title or "和") else "en"
    cover = titles.cover_of(pages)
    if cover is None:
        return Facts(title, None, None, None, language)
    lines = rows(cover)
    issues = list(_issues(lines, today))
    if last is not None and last.number != cover.number:
        colophon = [row for row in rows(last) if any(word in row.plain for word in _COLOPHON)]
        issues += _issues(colophon, today)
    issue = max(issues, key=lambda one: (one[0], one[1] or ""), default=None)
    published = issue[0] if issue else None
    label = issue[1] if issue else None
    if label is None:
        label = _edition_in(title, lines)
    if label is None and published is not None:
        label = published.isoformat()
    return Facts(title, label, published, None, language)


def _issues(lines: Sequence[Row], today: date) -> Iterator[tuple[date, str | None]]:
    """The days on which lines say that the document was issued, and the edition beside each."""
    for row in lines:
        plain = row.plain
        if (
            row.tabled
            or row.prose
            or "。" in plain
            or any(word in plain for word in titles.words()["elsewhere"])
        ):
            continue
        dates = dated(plain)
        if not dates or _SPAN.search(plain):
            continue
        label = _edition(plain)
        taken = [(one.start, one.end) for one in dates]
        rest = _without(plain, [*taken, *((one.start, one.end) for one in editions(plain))])
        for word in titles.words()["issued"]:
            rest = rest.replace(word, "")
        if len(_NUMBERS.sub("", re.sub(r"\W", "", rest))) > _LITTLE_ELSE:
            continue
        last = max(dates, key=lambda one: one.day.first or date.min)
        day, said = last.day.first or date.min, plain[last.start : last.end]
        if day > today:
            continue
        if label is None and "提出" in plain:
            label = f"{said}提出"
        yield day, label


def _edition(plain: str) -> str | None:
    """The edition that words without white space name, as it is written."""
    return next((plain[one.start : one.end] for one in editions(plain)), None)


def _without(plain: str, spans: Sequence[tuple[int, int]]) -> str:
    """Words without what stands in *spans*."""
    for start, end in sorted(spans, reverse=True):
        plain = plain[:start] + plain[end:]
    return plain


def _edition_in(title: str, lines: Sequence[Row]) -> str | None:
    """The edition that the title or a line of its own names; the highest, where there are more."""
    plain = unicodedata.normalize("NFKC", title)
    if said := _edition("".join(plain.split())):
        return said
    found = []
    for row in lines:
        label = _edition(row.plain)
        rest = _without(row.plain, [(one.start, one.end) for one in editions(row.plain)])
        if (
            label
            and not row.tabled
            and not dated(row.plain)
            and len(re.sub(r"\W", "", rest)) <= len(label)
        ):
            found.append(label)
    return max(found, key=_version, default=None)


def _version(label: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(label)) or (1,)


def regulates(title: str) -> bool:
    """Whether a document of this title has supplementary provisions that put it in force."""
    bare = re.sub(r"[(（].*?[)）]", "", title)
    return bare.endswith(_REGULATES) or "改正する" in bare


def in_force_from(text: str, *, today: date) -> date | None:
    """Return the day from which the supplementary provisions in *text*, all of it, put it in force.

    Of several, as in a text with its amendments, the last one up to *today*; else the first.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    days: list[date] = []
    for start in _SUPPLEMENT.finditer(plain):
        end = _IN_FORCE.search(plain, start.end(), start.end() + 2 * _NEAR)
        if end is None:
            continue
        before = plain[max(start.end(), end.start() - _NEAR) : end.start()]
        days += [one.day.first for one in dated(before) if one.end == len(before) and one.day.first]
    past = [day for day in days if day <= today]
    return max(past, default=min(days, default=None))
