"""What a PDF says about itself: its title, which edition it is, and when it was published."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pages import Block, Page


@dataclass(frozen=True, slots=True)
class Facts:
    """What could be understood; *edition* and *published* are None where nothing says so.

    *title* is empty when the file says nothing usable. *edition* is what the cover prints
    (第2.0版, Ver. 1.3), else the date in ISO form. A date without a day is the first of its
    month; a year alone (第5期 2030年) is no date of publication.
    """

    title: str
    edition: str | None
    published: date | None


_USELESS = re.compile(
    r"^<[0-9A-F]{8,}|^(?:microsoft|untitled|無題|名称未設定|タイトル|powerpoint|プレゼンテーション|スライド|document|print|表紙)\b.{0,3}\d*$"
    r"|\.(?:docx?|pptx?|xlsx?|indd|ai|jtd|pwd|pdf|txt|qxd)$|^[\x00-\x7f]{0,40}$|[\ufffd\x00-\x1f]",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"^Microsoft (?:Word|PowerPoint|Excel) - |\.(?:docx?|pptx?|xlsx?)$", re.IGNORECASE
)
_EDITION = re.compile(
    r"第\s?[0-9]+(?:\.[0-9]+)*\s?版|(?:Ver(?:sion)?\.?|バージョン)\s?[0-9]+(?:\.[0-9]+)*|(?<![0-9a-z])v[0-9]+\.[0-9]+"
    r"|改訂?第?[0-9]+版|[0-9]{4}\s?年度?版|令和[0-9元]+年度?版|平成[0-9元]+年度?版|初版",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:(令和|平成|昭和)\s?([0-9]{1,2}|元)|((?:19|20)[0-9]{2}))\s?"
    r"(?:年(?:\s?\((?:19|20)?[0-9]{2}年?\))?\s?([0-9]{1,2})\s?月(?:\s?([0-9]{1,2})\s?日)?|[./-]([0-9]{1,2})(?:[./-]([0-9]{1,2}))?(?![0-9]))"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_NOT_A_TITLE = re.compile(
    r"^.*(?:第[0-9]+号|(?:課|局|部)長|(?:制\s*定|改[定訂正])[：:])|[0-9元]年[0-9]{1,2}月[0-9日]*(?:策定|改[定訂])?$|^(?:資料|参考資料|別[紙添]|機密性|取扱注意|目\s*次|はじめに|[0-9年月日\s../令和平成元]+$|第?[0-9.]+版)"
)


def understood(named: str, pages: Sequence[Page], *, today: date) -> Facts:
    """Return what the file's own title *named* and its first *pages* say.

    Of several dates on the cover the latest counts, which is the revision's, unless it lies
    after *today*.
    """
    cover = next((page for page in pages if len(page.text.strip()) > 1), None)
    if cover is None:
        return Facts(_sensible(named), None, None)
    plain = unicodedata.normalize("NFKC", cover.text[:1500])
    printed = _printed_title(cover)
    file_name = bool(_PROGRAM.search(named))
    title = (printed or _sensible(named)) if file_name else (_sensible(named) or printed)
    if title.count("「") > title.count("」") and printed:
        title = printed  # programs cut long titles short
    edition = _EDITION.search(unicodedata.normalize("NFKC", named)) or _EDITION.search(plain)
    published = max(_dates(plain, today), default=None)
    label = edition.group() if edition else None
    if label is None and published is not None:
        label = published.isoformat()
    return Facts(title, label, published)


def _sensible(named: str) -> str:
    """The file's own title, or nothing where a program put its file name there."""
    plain = " ".join(_PROGRAM.sub("", named).split())
    return "" if _USELESS.search(plain) and not _reads_as_english(plain) else plain


def _reads_as_english(plain: str) -> bool:
    """Whether a title without Japanese characters is words rather than a file name."""
    words = plain.split()
    return len(words) > 2 and all(word[0].isalnum() for word in words) and "_" not in plain


def _printed_title(cover: Page) -> str:
    """The largest lines of the cover, as far as they stand together."""
    blocks = [block for block in cover.blocks if _may_title(cover, block)]
    if not blocks:
        return ""
    largest = max(block.size for block in blocks)
    parts: list[str] = []
    last: Block | None = None
    for block in blocks:
        if block.size < 0.85 * largest:
            if parts:
                break
            continue
        if last is not None and (block.start - last.end > 60 or sum(map(len, parts)) > 50):
            break
        parts.append(cover.text[block.start : block.end])
        last = block
    return " ".join(" ".join(parts).split())[:120]


def _may_title(cover: Page, block: Block) -> bool:
    said = cover.text[block.start : block.end].strip()
    plain = unicodedata.normalize("NFKC", said)
    return 3 <= len(said) <= 80 and said[-1] not in "。、" and not _NOT_A_TITLE.search(plain)


def _dates(plain: str, today: date) -> list[date]:
    found = []
    for match in _DATE.finditer(plain):
        era, of_era, western, month, day, short_month, short_day = match.groups()
        year = int(western) if western else _ERAS[era] + (1 if of_era == "元" else int(of_era))
        try:
            day_named = date(year, int(month or short_month or 1), int(day or short_day or 1))
        except ValueError:
            continue
        if day_named <= today:
            found.append(day_named)
    return found
