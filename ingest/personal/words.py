"""What the finders read: a text made plain, and the word lists beside this module."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, partial
from itertools import pairwise
from typing import Any

from ingest.language.tables import one_of, table

GAP = r"\s\-‐‑‒–—―−ー─~〜・･.,、_/\\|:'*＿→⇒\u00ad\u200b-\u200f\u2060\ufeff"
"""What people put between the digits of one number, as characters of a class."""

_CHINESE = "〇一二三四五六七八九"
_WRITTEN = str.maketrans("〇○零一壱二弐三参四五伍六七八九", "0001122334556789")
_CHINESE_RUN = re.compile(r"[〇○零一壱二弐三参四五伍六七八九]{2,}")


def plain(text: str) -> str:
    """Return *text* with full-width letters and digits made plain, every offset kept."""
    return "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isascii():
        return character
    narrow = unicodedata.normalize("NFKC", character)
    if len(narrow) != 1:
        return character
    digit = unicodedata.decimal(narrow, None)
    return narrow if digit is None else str(digit)


def digits_plain(text: str) -> str:
    """Return what `plain` gave with runs of Chinese digits (一二三四) as digits, every offset kept."""
    return _CHINESE_RUN.sub(lambda run: run[0].translate(_WRITTEN), text)


def number(text: str) -> int | None:
    """Return the number that up to four digits or Chinese numerals (五十, 二十三, 元) say."""
    if text == "元":
        return 1
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    told = [_CHINESE.find(part) if part else None for part in (tens, ones)]
    if any(value == -1 for value in told):
        return int(text.translate(_WRITTEN)) if not ten and _CHINESE_RUN.fullmatch(text) else None
    if not ten:
        return told[1]
    return (1 if told[0] is None else told[0]) * 10 + (told[1] or 0)


def stepped(numbers: list[str]) -> bool:
    """Whether three or more numbers go on in equal steps, as the ticks of a chart or months do."""
    steps = {int(after) - int(before) for before, after in pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1


def words() -> dict[str, Any]:
    """Return what stands before, in and after personal data."""
    return table("ingest/personal/words")


@cache
def names(what: str) -> frozenset[str]:
    """Return a list of names: families, family_readings, given_readings, katakana and so on."""
    return frozenset(table("ingest/personal/names")[what].split())


@cache
def listed(
    section: str, name: str, *, before: str = "", after: str = "", flags: int = 0
) -> re.Pattern[str]:
    """Return a pattern for any word of a list in `words`, with what stands *before* and *after* it."""
    return re.compile(before + one_of(words()[section][name]) + after, flags)


counted = partial(listed, "numbers", "counted", before=r"\s?")
"""What makes a number one of things: 件, 人, 円."""
