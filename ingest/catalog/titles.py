"""The title of a document: what the largest or centred lines of its first page say, or nothing."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from string import digits
from typing import TYPE_CHECKING

from ingest.catalog.cover import Row, right_edge, rows, usual_size
from ingest.language.days import dated
from ingest.language.tables import table
from ingest.language.words import known_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pages import Page

# What speaks for a line, chosen on half of 48 first pages of ministries and of a town, and tried on
# the others. A line without any of it is no title, however large.
_LARGE, _MOST_LARGE, _IN_THE_MIDDLE, _HIGH, _FIRST, _A_WORK, _NAMED = (
    3.0,
    3.5,
    1.5,
    0.7,
    1.3,
    1.5,
    2.0,
)
_NUMBERED_LESS, _TABLED_LESS, _SMALLER_LESS = 1.0, 1.0, 2.0
_LOW_LESS = 1.0
_ENOUGH = 2.0
_SHORTEST, _LONGEST = 3, 90
_SPARSE = 700
_UPPER, _LOWER = 0.45, 0.3
_ALIKE, _ABOUT, _NEARLY_LARGEST = 0.12, 0.72, 0.6
_CLOSE, _LOOSE = 1.3, 3.0
_AXIS, _RAGGED = 0.04, 3.0
_LOOKED_AT = 2
_COVERED = 2
_OUTER = 0.35

_BILL = re.compile(
    r"(?:議案|議員提出議案|発議|発委|報告|認定|承認|諮問|同意|請願|陳情|市長提出議案|委員会提出議案)第?[0-9]+号(?:議案)?"
)
_NUMBER = re.compile(r".{0,12}(?:条例|規則|規程|告示|訓令|公告|達)第[0-9]+号")
_YEAR_ALONE = re.compile(
    r"[(（]?(?:令和|平成|昭和)?(?:[0-9]{1,4}|元)年?度?版?(?:[(（][^)）]*[)）])?(?:年度?|版)[)）]?"
)
_PART = re.compile(
    r"[※(（\[【]*(?:概要|概要版|概要資料|要約版?|本編|.{0,8}[^系]編|ダイジェスト版|解説版?|Q&A|様式集|資料集|.{1,6}版)[)）\]】※]*"
)
_NUMBERED = re.compile(
    r"^第[0-9一二三四五六七八九十]+[章節部編条]|[0-9IVXⅠ-Ⅹ]{1,3}[.、)．]|[(（][0-9]{1,2}[)）]|[①-⑳■□●◆◇・▼▲◎]"
)
_COUNTED = re.compile(r"^[0-9０-９]{1,2}[.．]\s*(?=[^\W\d_]{4})")
_LABEL = re.compile(
    r"[(（\[【<《]*(?:資料|参考資料|参考|別紙|別添|別表|別記|別冊|様式|添付|議題|機密性|No|Vol|第)[-‐－0-9０-９一二三四五六七八九十の.・ー―号回]*(?:情報|様式|関係)?[)）\]】>》]*",
    re.IGNORECASE,
)
_EDITION = re.compile(
    r"[(（]?(?:第[0-9.IVXⅠ-Ⅹ]+版|初版|改訂版|ver(?:sion)?\.?[0-9.]+|v[0-9.]+)[)）]?", re.IGNORECASE
)
_SENTENCE = re.compile(
    r"。|(?:です|ます|ました|である|する|した|された|こと|ください|という|については?|により|として|において|に対し|ため)$|[、,，;；を]$|^[はがをにでと、。）)※・•]"
)
_ADDRESS = re.compile(
    r"https?:|www\.|@|〒|単位[:：]|(?:電話|TEL|FAX)(?:番号)?[:：]?[(（]?(?:[0-9]|内線|$)",
    re.IGNORECASE,
)
_ASKS = re.compile(r".[:：]")
_PAGE_NUMBER = re.compile(r"[-‐－–—\s0-9/()ivx.PpＰ頁ページ]+")
_BRACKETED = re.compile(r"[(（\[【〔〈<《].*[)）\]】〕〉>》]")
_MARK = re.compile(r"^[○◯〇●◎◆◇■□▼▲★☆]\s*(?=\S{3})")
_LETTER = re.compile(r"[^\W\d_]")
_ARTICLE = re.compile(r"第[0-9一二三四五六七八九十]+(?:条|$)")
_LONG, _MANY_DIGITS = 28, 0.3
_SAID_LEAST = 5
_UNSURE, _KNOWN = 1.45, 0.75
_BETWEEN_KANA = re.compile(r"(?<=[ぁ-ヺー一-龥]) (?=[ぁ-ヺー一-龥])")
_KANJI_RUN = re.compile(r"[一-龥々]{2,}")
_OF_THE_FILE = ("pdfium", "pypdf", "file")
_PAIRS = (("「", "」"), ("（", "）"), ("(", ")"), ("『", "』"), ("【", "】"))


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The lists of words in `titles.toml`, by name, longest first."""
    said = table("ingest/catalog/titles")
    return {name: tuple(sorted(every, key=len, reverse=True)) for name, every in said.items()}


def plainly(text: str) -> str:
    """Words in plain widths, small letters, without white space and punctuation: to compare."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Lines that may be the title together: their words and what speaks for them."""

    rows: tuple[Row, ...]
    text: str
    points: float


def title_of(named: str, pages: Sequence[Page]) -> str:
    """Return the title that the first *pages* print; empty where no line is one.

    *named* is what the file calls itself. It counts only as far as the first pages say it too:
    it is often that of another document from which the file was made.
    """
    first = cover_of(pages)
    if first is None:
        return ""
    lines = rows(first)
    lines = [row for row in lines if len(row.plain) > 1 and not _is_watermark(row, lines)]
    said = plainly("".join(page.text for page in pages))
    name = plainly(named)
    counts = len(name) >= _SAID_LEAST and name in said and _sensible(Row(named, 0, 0, 0, 0, 0))
    bill = _of_a_bill(lines)
    if bill:
        return bill
    best = _best(lines, first, usual_size(pages), name if counts else "")
    if best is not None and counts and plainly(best.text) in name:
        return " ".join(named.split())  # the same, and more of it: as long as the page says so
    if best is None:
        return " ".join(named.split()) if counts else ""
    return _with_parts(best, lines, sparse=_is_sparse(first))


def cover_of(pages: Sequence[Page]) -> Page | None:
    """The first page that says something, if it is one of the first two: else there is no cover."""
    return next((page for page in pages[:_LOOKED_AT] if _LETTER.search(page.text)), None)


def _is_sparse(page: Page) -> bool:
    return len(page.text) < _SPARSE


def _of_a_bill(lines: Sequence[Row]) -> str:
    """The name of what is put before a council: it stands under the bill's number."""
    at = next((at for at, row in enumerate(lines[:4]) if _BILL.fullmatch(row.plain)), None)
    if at is None:
        return ""
    edge = right_edge(lines)
    found: list[Row] = []
    for under in lines[at + 1 : at + 5]:
        row = replace(under, prose=False)  # the sentence below it may be read as going on
        if found and (not _reaches(found[-1], edge) or _of_another_size(found[-1], row)):
            break
        if _begins_dated(row.plain) or (found and "。" in row.plain):
            break
        if not _sensible(row) and not (found or _reaches(row, edge)):
            break
        found.append(row)
    return _together(found) if found and _sensible(_merged(found)) else ""


def _of_another_size(one: Row, other: Row) -> bool:
    return min(one.size, other.size) < (1 - _ALIKE) * max(one.size, other.size)


def _begins_dated(plain: str) -> bool:
    """Whether a line begins with a day, or with a month of a year."""
    return any(one.start == 0 for one in dated(plain))


def _reaches(row: Row, edge: float) -> bool:
    return row.right > edge - _RAGGED * row.size


def _sensible(row: Row) -> bool:
    """Whether a line may be a title by what it says."""
    plain = _MARK.sub("", row.plain)
    if not _SHORTEST <= len(plain) <= _LONGEST or len(_LETTER.findall(plain)) < _SHORTEST:
        return False
    never = (_LABEL, _EDITION, _YEAR_ALONE, _PAGE_NUMBER, _PART, _BRACKETED, _BILL, _NUMBER)
    if any(pattern.fullmatch(plain) for pattern in never) or _ADDRESS.search(plain) or row.prose:
        return False
    if plainly(_NUMBERED.sub("", plain, count=1)) in _labels():
        return False
    if _names_a_work(plain):
        return "。" not in plain
    kinds = words()
    return not (
        dated(plain)
        or sum(map(plain.count, digits)) > _MANY_DIGITS * len(plain)
        or (len(plain) > _LONG and "、" in plain)
        or _SENTENCE.search(plain)
        or plain.endswith((*kinds["addressed"], *kinds["bodies"]))
        or any(office in plain for office in kinds["offices"])
    )


@cache
def _labels() -> frozenset[str]:
    return frozenset(map(plainly, words()["labels"]))


def _names_a_work(plain: str) -> bool:
    bare = re.sub(r"[)）\]】」』]+$", "", re.sub(r"[(（\[【][^(（\[【]*[)）\]】]$", "", plain))
    return bare.endswith((*words()["works"], "ついて"))


def _best(lines: Sequence[Row], page: Page, usual: float, name: str) -> _Candidate | None:
    sparse, pictured = _is_sparse(page), page.quality.engine not in _OF_THE_FILE
    groups = _grouped(lines, page.width, sparse=sparse)
    sensible = [group for group in groups if _sensible(_merged(group))]
    if not sensible:
        return None
    largest = max(row.size for group in sensible for row in group)
    opening = next((group for group in groups if not _stands_alone(group[0])), None)
    found = []
    for group in sensible:
        whole = _merged(group)
        plain = _MARK.sub("", whole.plain)
        points = _size_points(whole.size, usual, pictured=pictured)
        points += _IN_THE_MIDDLE * all(row.centred(page.width) for row in group)
        high = whole.top > _UPPER * page.height
        points += _HIGH * high + _FIRST * (group is opening and (high or not whole.right))
        points -= _LOW_LESS * (0 < whole.top < _LOWER * page.height)
        points += _A_WORK * _names_a_work(plain)
        points += _NAMED * bool(name and plainly(plain) in name)
        points -= _NUMBERED_LESS * bool(_NUMBERED.match(plain))
        points -= _TABLED_LESS * (whole.tabled and whole.size <= usual * (1 + _ALIKE))
        points -= _SMALLER_LESS * (whole.size < _NEARLY_LARGEST * largest)
        text = _unlabelled(_MARK.sub("", _together(group)))
        text = _BETWEEN_KANA.sub("", text) if pictured else text
        found.append(_Candidate(tuple(group), text, points))
    best = max(found, key=lambda one: one.points)
    if best.points < _ENOUGH or (pictured and not _read_well(best.text)):
        return None
    return best


def _unlabelled(text: str) -> str:
    """The words without what only says which part of a file this is (表紙, 資料１, １．)."""
    text = _COUNTED.sub("", text)
    label, _, rest = text.partition(" ")
    is_label = _LABEL.fullmatch(unicodedata.normalize("NFKC", label)) or label in words()["before"]
    return rest if is_label and _sensible(Row(rest, 0, 0, 0, 0, 0)) else text


def _read_well(text: str) -> bool:
    """Whether what OCR read is words, whole: no title is better than one that is misspelt."""
    closed = all(text.count(one) == text.count(other) for one, other in _PAIRS)
    if not closed or known_share("".join(text.split())) < _KNOWN:
        return False
    return all(known_share(run) >= _KNOWN for run in _KANJI_RUN.findall(text))


def _size_points(size: float, usual: float, *, pictured: bool) -> float:
    # Boxes of OCR differ in height where the type does not.
    if not size or not usual or (pictured and size < _UNSURE * usual):
        return 0.0
    if (1 - _ALIKE) * usual < size < usual:
        return 0.0
    return max(-_LARGE, min(_LARGE * math.log2(size / usual), _MOST_LARGE))


def _is_watermark(row: Row, lines: Sequence[Row]) -> bool:
    """Whether other lines stand in it: it lies behind them, across the page."""
    if row.right <= row.left:
        return False
    within = [
        other
        for other in lines
        if other is not row
        and other.size < _NEARLY_LARGEST * row.size
        and min(row.right, other.right) - max(row.left, other.left) > 0
        and row.bottom < (other.top + other.bottom) / 2 < row.top
    ]
    return len(within) >= _COVERED or (
        len(within) > 0 and row.size > 2 * max(other.size for other in within) and len(row.text) < 5
    )


def _grouped(lines: Sequence[Row], width: float, *, sparse: bool) -> list[list[Row]]:
    """Put lines together that are one title or one paragraph: alike in size, close, and in line."""
    edge = right_edge(lines)
    groups: list[list[Row]] = []
    for row in lines:
        last = groups[-1][-1] if groups else None
        if last is not None and _goes_on(last, row, width, edge, sparse=sparse):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _goes_on(last: Row, row: Row, width: float, edge: float, *, sparse: bool) -> bool:
    """Whether *row* belongs to what the row above it says."""
    large, small = max(last.size, row.size), min(last.size, row.size)
    fit = _fits(last) and _fits(row)
    if not row.right:
        return fit and large > 0 and small >= (1 - _ALIKE) * large  # no places: lines of one size
    between = (last.bottom - row.top) / large
    near = -_OUTER <= between <= (_LOOSE if sparse else _CLOSE)
    begins = (last.prose, last.tabled) != (row.prose, row.tabled) or _NUMBERED.match(row.plain)
    if small < (1 - _ALIKE) * large or not near or begins:
        return False
    full = _reaches(last, edge)
    if full and between < _CLOSE and row.left < last.left + 2 * large:
        return not _stands_alone(row)  # the line is full, so it goes on in the next
    if sparse:
        return fit and not _ASKS.search(row.plain)
    if not fit:
        return not _stands_alone(last) and not _stands_alone(row)
    on_axis = abs(last.left + last.right - row.left - row.right) / 2 < _AXIS * width
    # A line of text begins below a title that ends before the edge.
    return (on_axis and not _reaches(row, edge)) or abs(last.left - row.left) < last.size


def _stands_alone(row: Row) -> bool:
    plain = row.plain
    never = (_LABEL, _EDITION, _YEAR_ALONE, _PAGE_NUMBER, _BRACKETED, _BILL, _NUMBER)
    return any(pattern.fullmatch(plain) for pattern in never) or _begins_dated(plain)


def _fits(row: Row) -> bool:
    """Whether a line may be a part of a title: more may be than may be one alone."""
    plain, kinds = row.plain, words()
    return not (
        _stands_alone(row)
        or _PART.fullmatch(plain)
        or plain.endswith((*kinds["addressed"], "。"))
        or (plain.endswith(kinds["bodies"]) and not _names_a_work(plain))
        or any(office in plain for office in kinds["offices"])
        or plainly(plain) in _labels()
        or _ADDRESS.search(plain)
    )


def _with_parts(best: _Candidate, lines: Sequence[Row], *, sparse: bool) -> str:
    """The title with the year above it and the part of the work below it (概要, 資料編)."""
    text = best.text
    if not best.rows[0].right or best.rows[0] not in lines:
        return text
    at, end = lines.index(best.rows[0]), lines.index(best.rows[-1])
    above = lines[at - 1] if at else None
    if sparse and above is not None and _YEAR_ALONE.fullmatch(above.plain):
        text = f"{above.text} {text}"
    for place, below in enumerate(lines[end + 1 : end + 3], end + 2):
        if any(_ARTICLE.match(then.plain) for then in lines[place : place + 3]):
            break  # it is the caption of the first article
        near = below.size > _ABOUT * best.rows[-1].size or not sparse
        if (
            sparse
            and _PART.fullmatch(below.plain)
            and not _EDITION.fullmatch(below.plain)
            and below.size > _OUTER * best.rows[-1].size
        ):
            text = f"{text} {below.text.strip('※ ')}"
            break
        if not (near and sparse and _BRACKETED.fullmatch(below.plain)) or dated(below.plain):
            break
        text = f"{text} {below.text}"
    return text


def _merged(group: Sequence[Row]) -> Row:
    return Row(
        _together(group), min(row.left for row in group), min(row.bottom for row in group),
        max(row.right for row in group), max(row.top for row in group),
        max(row.size for row in group), all(row.tabled for row in group),
        any(row.prose for row in group),
    )  # fmt: skip


def _together(group: Sequence[Row]) -> str:
    """The words of lines that belong together, with a space only where Latin letters meet."""
    text = ""
    for row in group:
        apart = text and (text[-1].isascii() or row.text[0].isascii()) and text[-1].isalnum()
        text += (" " if apart else "") + row.text
    return " ".join(text.split())
