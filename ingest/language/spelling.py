"""One spelling for what people write many ways: widths, variants of characters, dashes, case.

三重縣, ﾐｴ and Ｍｉｅ are folded to 三重県, ミエ and mie, so that search and comparison see one
word. `folded` keeps no offsets; `aligned` tells where each character came from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from ingest.language.numerals import western
from ingest.language.tables import alternatives, table

CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Kana and Chinese characters, as the inside of a pattern's class."""

_KANJI = "\u3005\u3400-\u9fff"
_CJK_GAP = re.compile(rf"(?<=[{CJK}])\s+(?=[{CJK}])")
_KANA_OR_KANJI = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_LETTER = re.compile("[A-Za-z]")
_SPACES = re.compile(r"\s+")
# A little ke between Chinese characters is read ga; after a number it is the か of か月.
_LITTLE_KE = re.compile(rf"(?<=[{_KANJI}])ケ(?=[{_KANJI}])")
_LITTLE_KA = re.compile(r"(?<=[\d数何幾])[カケヶヵ箇ヵ](?=月|所|国|年)")
_SELECTORS = "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
# Voicing marks, accents and variation selectors belong to the character before.
_CLUSTER = re.compile(
    rf"[^{_SELECTORS}][\u0300-\u036f\u3099\u309a\uff9e\uff9f{_SELECTORS}]+|.", re.DOTALL
)
_JOINING = frozenset(map(chr, range(0x300, 0x370))) | frozenset(
    "\u3099\u309a\uff9e\uff9f" + _SELECTORS
)
# What NFKC leaves: radicals that fonts give instead of the character.
_RADICALS = str.maketrans(
    "⺒⺝⺟⺠⺧⺬⺶⺼⻁⻄⻅⻆⻊⻑⻒⻗⻘⻜⻝⻞⻡⻣⻤⻨⻩⻫⻭⻯⻲",
    "巳月母民牛示羊月虎西見角足長長雨青飛食食首骨鬼麦黄斉歯竜亀",
)
# Different dashes, waves and middle dots stand for the same thing in real manuals.
_LOOKALIKES = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣", "-")
    | dict.fromkeys("〜～∼", "~")
    | dict.fromkeys(_SELECTORS)
    | {"･": "・", "\u00ad": None}
)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NOTE_MARK = re.compile(f"(?<![A-Za-zＡ-Ｚａ-ｚ])[{_SUPERSCRIPTS}]+")
_SHORT = 200
"""Characters up to which a spelling is kept: questions and names are looked at from many sides."""


def normalise(text: str) -> str:
    """Return *text* in one spelling: as `folded`, with eras and Chinese numerals as figures.

    令和七年度, R7年度 and FY2025 are 2025年度, 十七業務 is 17業務, 百万円 100万円 and ＣＩＯ cio;
    一部, 第三者 and 三重県 stay, for those are words. Offsets are not kept, so the result is for
    comparing and counting only.
    """
    return _normalised(text) if len(text) <= _SHORT else _respelt(text)


def folded(text: str) -> str:
    """Return *text* in one width, form of characters and case; its numbers stay as written.

    White space between Japanese characters goes, and so do the marks of notes: 12²月 is 12月, and
    m² is m2. Offsets are not kept.
    """
    text = _NOTE_MARK.sub("", text)
    text = unicodedata.normalize("NFKC", text).translate(_RADICALS).translate(_folds())
    text = _CJK_GAP.sub("", text.casefold())
    text = _little_ga().sub(lambda found: found[0].replace("が", "ヶ"), text)
    return _LITTLE_KA.sub("か", _LITTLE_KE.sub("ヶ", text))


def bare(text: str) -> str:
    """Return `folded` *text* without any white space: for telling whether two texts are the same."""
    return _SPACES.sub("", folded(text))


def _respelt(text: str) -> str:
    # か月 only shows behind a figure, so the numerals are read between the two.
    return _LITTLE_KA.sub("か", western(folded(text)))


_normalised = lru_cache(maxsize=8_192)(_respelt)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A text folded character by character, and where each of its characters came from.

    *text* has the widths, forms and dashes of `folded` and keeps case and white space. *places* has
    one offset more than *text* has characters, so that the end of the text has a place too.
    """

    text: str
    places: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the original the folded characters from *start* to *end* stand."""
        return self.places[start], self.places[end]

    def at(self, place: int) -> int:
        """Return the folded offset of an original one."""
        return bisect_left(self.places, place)


def aligned(text: str) -> Aligned:
    """Return *text* folded so that every character of it can be found again."""
    said: list[str] = []
    places: list[int] = []
    at = 0
    plain = text.translate(_FORMS)
    joined = not _JOINING.isdisjoint(text)
    if not joined and _FORMS.uneven.isdisjoint(text):
        return Aligned(plain, range(len(text) + 1))
    for start, end in _clusters(text, joined=joined):
        said.append(text[at:start].translate(_FORMS))
        places.extend(range(at, start))
        form = _form(text[start:end])
        said.append(form)
        places.extend([start] * len(form))
        at = end
    said.append(text[at:].translate(_FORMS))
    places.extend(range(at, len(text) + 1))
    return Aligned("".join(said), tuple(places))


def _clusters(text: str, *, joined: bool) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of what becomes another number of characters than it has."""
    if joined:
        yield from (
            found.span()
            for found in _CLUSTER.finditer(text)
            if found.end() - found.start() > 1 or found[0] in _FORMS.uneven
        )
    else:
        yield from ((at, at + 1) for at, one in enumerate(text) if one in _FORMS.uneven)


class _Forms(dict[int, str]):
    """The folded form of each character met so far; *uneven* are those that become more or none."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        form = _form(chr(code))
        if len(form) != 1:
            self.uneven.add(chr(code))
        self[code] = form
        return form


_FORMS = _Forms()


@lru_cache(maxsize=20_000)
def _form(cluster: str) -> str:
    if cluster in _SUPERSCRIPTS:
        return cluster  # 12² is not 122
    return unicodedata.normalize("NFKC", cluster).translate(_RADICALS).translate(_folds())


@cache
def _folds() -> dict[int, str | int | None]:
    variants = {
        ord(variant): form
        for listed in (table("variants")["variants"], table("variants")["exchanged"])
        for form, others in listed.items()
        for variant in others
    }
    return {**_LOOKALIKES, **variants}


@cache
def _little_ga() -> re.Pattern[str]:
    """Find the places that are written with ヶ, written with が; elsewhere が is a particle."""
    listed = [
        name.split(" ")[0].rpartition("・")[2]
        for prefecture in table("municipalities").values()
        for name in prefecture["names"].split("\n")
    ]
    names = [*listed, *table("variants")["names"]["ga"]]
    between = re.compile(rf"(?<=[{_KANJI}])[ヶケが](?=[{_KANJI}])")
    written = {between.sub("が", name) for name in names if between.search(name)}
    stems = [re.sub("[市区町村]$", "", name) for name in written]
    return re.compile(alternatives([stem.translate(_folds()) for stem in stems]))


def is_japanese(text: str) -> bool:
    """Whether *text* is written in Japanese: it has kana, or more than a few Chinese characters."""
    own = len(_KANA_OR_KANJI.findall(text))
    return own > 0 and own * 2 >= len(_LETTER.findall(text)) / 2
