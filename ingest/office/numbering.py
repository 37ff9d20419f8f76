"""The numbers that Word computes before paragraphs: 第１条, (1), ア, ①, 甲."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
"""The namespace of Word's elements, as ElementTree spells it."""

_KANJI = "〇一二三四五六七八九"
_LEGAL = "零壱弐参四五六七八九"
_AIUEO = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)
_IROHA = (
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
)
_HALF_AIUEO = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_HOLE = re.compile(r"%([1-9])")
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: where it starts, how it counts, and its text with holes (第%1条)."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    after: str = "tab"
    legal: bool = False
    restart: int | None = None
    style: str = ""


@dataclass(slots=True)
class Numbers:
    """Counts on through a document. Lists that share a definition share its counters."""

    levels: Mapping[str, Mapping[int, Level]]
    shared: Mapping[str, str]
    _at: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _begun: set[str] = field(default_factory=set)
    starts: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def next(self, list_id: str, level: int) -> str:
        """Return what stands before the next paragraph of a list, its gap behind it; "" for none."""
        levels = self.levels.get(list_id, {})
        mine = levels.get(level)
        if mine is None or list_id == "0":
            return ""
        at = self._at[self.shared.get(list_id, list_id)]
        if list_id not in self._begun:
            self._begun.add(list_id)
            for one in self.starts.get(list_id, ()):
                at.pop(one, None)
        at[level] = at[level] + 1 if level in at else mine.start
        for lower in [one for one in at if one > level]:
            restart = levels.get(lower, Level()).restart
            if restart is None or (restart and level < restart):
                del at[lower]
        if mine.form == "bullet":
            return "・" if mine.text else ""
        said = _HOLE.sub(lambda hole: self._said(levels, at, int(hole[1]) - 1, mine), mine.text)
        gap = "" if mine.after == "nothing" else " "
        return said + gap if said.strip() else ""

    def level_of(self, list_id: str, style: str, otherwise: int) -> int:
        """Return the level of a list that belongs to a style."""
        levels = self.levels.get(list_id, {})
        return next((at for at, one in levels.items() if style and one.style == style), otherwise)

    @staticmethod
    def _said(levels: Mapping[int, Level], at: dict[int, int], level: int, asking: Level) -> str:
        one = levels.get(level, Level())
        number = at.setdefault(level, one.start)
        return spelled(number, "decimal" if asking.legal and one.form != "decimal" else one.form)


def read(root: Element | None) -> Numbers:
    """Read word/numbering.xml; without it nothing is numbered."""
    if root is None:
        return Numbers({}, {})
    abstract = {
        each.get(f"{W}abstractNumId", ""): _levels(each) for each in root.iter(f"{W}abstractNum")
    }
    levels: dict[str, Mapping[int, Level]] = {}
    shared: dict[str, str] = {}
    starts: dict[str, frozenset[int]] = {}
    for each in root.iter(f"{W}num"):
        list_id = each.get(f"{W}numId", "")
        of = each.find(f"{W}abstractNumId")
        shared[list_id] = "" if of is None else of.get(f"{W}val", "")
        mine = dict(abstract.get(shared[list_id], {}))
        anew: set[int] = set()
        for override in each.iter(f"{W}lvlOverride"):
            level = _int(override.get(f"{W}ilvl"), 0)
            for other in override.iter(f"{W}lvl"):
                mine[level] = _level(other)
            start = override.find(f"{W}startOverride")
            if start is not None:
                number = _int(start.get(f"{W}val"), 1)
                mine[level] = replace(mine.get(level, Level()), start=number)
                anew.add(level)
        levels[list_id], starts[list_id] = mine, frozenset(anew)
    return Numbers(levels, shared, starts=starts)


def _levels(abstract: Element) -> dict[int, Level]:
    return {_int(each.get(f"{W}ilvl"), 0): _level(each) for each in abstract.findall(f"{W}lvl")}


def _level(element: Element) -> Level:
    def said(name: str, default: str) -> str:
        found = element.find(f"{W}{name}")
        return default if found is None else found.get(f"{W}val", default)

    legal = element.find(f"{W}isLgl")
    custom = next(
        (
            each.get(f"{W}format", "")
            for each in element.iter(f"{W}numFmt")
            if each.get(f"{W}format")
        ),
        "",
    )
    form = said("numFmt", "decimal")
    return Level(
        start=_int(said("start", "1"), 1),
        form="decimalZero" if form == "custom" and custom.startswith("0") else form,
        text=said("lvlText", ""),
        after=said("suff", "tab"),
        legal=legal is not None and legal.get(f"{W}val", "1") not in {"0", "false"},
        style=said("pStyle", ""),
        restart=None if element.find(f"{W}lvlRestart") is None else _int(said("lvlRestart", ""), 0),
    )


def _int(said: str | None, default: int) -> int:
    try:
        return max(-_MOST, min(_MOST, int(said or "")))
    except ValueError:
        return default


def spelled(number: int, form: str) -> str:
    """Return a number as one of Word's forms counts; one that it does not have, in figures."""
    return _FORMS.get(form, str)(number)


def kanji(number: int, digits: str = _KANJI, ten: str = "十") -> str:
    """Return a number from 0 to 9,999 in Chinese figures: 二十一."""
    if not 0 < number < 10_000:
        return digits[0] if number == 0 else str(number)
    said = ""
    for value, name in ((1000, "千"), (100, "百"), (10, ten)):
        count, number = divmod(number, value)
        if count:
            said += ("" if count == 1 and ten == "十" else digits[count]) + name
    return said + (digits[number] if number else "")


def _enclosed(number: int) -> str:
    if 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if 21 <= number <= 35:
        return chr(0x3251 + number - 21)
    if 36 <= number <= 50:
        return chr(0x32B1 + number - 36)
    return str(number)


def _letters(number: int, first: str) -> str:
    if number < 1:
        return str(number)
    times, at = divmod(number - 1, 26)
    return chr(ord(first) + at) * min(times + 1, 10)


def _roman(number: int) -> str:
    if not 0 < number < 5_000:
        return str(number)
    said = ""
    for value, name in _ROMAN:
        count, number = divmod(number, value)
        said += name * count
    return said


def _row(signs: str) -> Callable[[int], str]:
    """Return what counts by a row of signs, from its beginning again after the last."""
    return lambda number: signs[(number - 1) % len(signs)] if number > 0 else str(number)


def _range(first: int, last: int, otherwise: str) -> Callable[[int], str]:
    """Return what counts by characters that follow each other, the one for 1 first."""
    return lambda number: (
        chr(first + number - 1) if 1 <= number <= last else otherwise.format(number)
    )


def _figures(number: int) -> str:
    return "".join(_KANJI[int(one)] for one in str(abs(number)))


_FORMS: dict[str, Callable[[int], str]] = {
    "none": lambda _: "",
    "decimalZero": lambda number: f"{number:02d}",
    **dict.fromkeys(
        ("decimalFullWidth", "decimalFullWidth2"), lambda number: str(number).translate(_FULL)
    ),
    "aiueo": _row(_HALF_AIUEO),
    "aiueoFullWidth": _row(_AIUEO),
    **dict.fromkeys(("iroha", "irohaFullWidth"), _row(_IROHA)),
    **dict.fromkeys(
        (
            "japaneseCounting",
            "chineseCounting",
            "chineseCountingThousand",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
        ),
        kanji,
    ),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand"), _figures),
    "japaneseLegal": lambda number: kanji(number, _LEGAL, "拾"),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), _enclosed),
    "decimalEnclosedParen": _range(0x2474, 20, "({})"),
    "decimalEnclosedFullstop": _range(0x2488, 20, "{}."),
    "lowerLetter": lambda number: _letters(number, "a"),
    "upperLetter": lambda number: _letters(number, "A"),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "ideographTraditional": _row(_STEMS),
    "ideographZodiac": _row(_BRANCHES),
}
