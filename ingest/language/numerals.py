"""Numbers as they are written in words: Chinese numerals, eras and fiscal years, as figures.

Everything here takes text in one width, as `spelling` folds it.
"""

from __future__ import annotations

import re
from fractions import Fraction

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
"""The year before the first of each era."""

ERA_LETTERS = {"r": 2018, "h": 1988, "s": 1925}

_EVERY_DIGIT = "0123456789０１２３４５６７８９"
ABOVE = dict(zip(_EVERY_DIGIT, "⁰¹²³⁴⁵⁶⁷⁸⁹" * 2, strict=True))
BELOW = dict(zip(_EVERY_DIGIT, "₀₁₂₃₄₅₆₇₈₉" * 2, strict=True))
"""What a digit is called that stands above its line, or below it: 12² is not 122."""

_ERA_YEAR = re.compile(
    r"(?:(令和|平成|昭和|大正|明治)\s*|(?<![a-z0-9])([rhs])\s*\.?\s*(?=\d{1,2}\s*(?:年|[./]\d)))"
    r"(元|\d{1,2})\s*(?=年|[./]\d|$|[^\d])"
)
# R7 alone, as tables head their columns; other letters with a figure are mostly something else.
_REIWA = re.compile(r"(?<![a-z0-9.&/-])r\s?(\d{1,2})(?![a-z0-9.-])")
_FISCAL = re.compile(r"(?<![a-z0-9])fy\s?(?:(\d{4})|'?(\d{2}))(?!\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# A longer run of digits is no number that anybody means, and costs what its square costs.
ARABIC = r"(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,18}(?!\d))(?:\.\d{1,18})?"
NUMERAL = "[〇一二三四五六七八九十百千]"
PLAIN = rf"(?:{ARABIC}|{NUMERAL}{{1,30}})"
"""Patterns of a number in figures, of one Chinese numeral, and of a number in either."""

_KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_KANJI_UNITS = {"十": 10, "百": 100, "千": 1000}
_GREAT_UNITS = {"万": 10**4, "億": 10**8, "兆": 10**12}
# After two and more numerals any of these makes a number of them.
_COUNTED = "件業務手続年月日人名条章項号回団体市町村自治県以割円％%歳箇カケヶヵか版つ倍社校台冊枚週時種段区分"
# A single numeral is part of many words (一部, 三重県, 十分, 千代田): it is a number before a
# counter that no such word goes on with, and after kana, a sign, or a word for "about".
COUNTERS = (
    "業務|手続|事務|事業|団体|自治体|市区?町村|町村|都道府県|週間|時間|分間|分の|種類|項目|段階|区分|施設"
    "|世帯|事例|[かカケヶヵ箇](?:月|所(?!村)|国|年)|年(?!生)|月|日(?![町市月])|人(?![ひ一親暮称前立])"
    "|名|歳(?!市)|件|社(?!\\))|校|冊|枚|台(?!化)|割|[%％]|倍|つ|版|回|項(?!目)|条(?![市件例])|章"
    "|号(?![機車])|点(?![数検])"
)
FREE = r"(?:(?<![一-龥々〇])|(?<=[約全計満他残の年月])|(?<=最大)|(?<=最低)|(?<=上限)|(?<=原則))"
"""Where a single Chinese numeral may begin a number."""

_KANJI_NUMBER = re.compile(
    rf"(?<=第)[一二三四](?=四半期)"
    rf"|(?<=第){NUMERAL}{{1,30}}(?![者人線歩セ])"
    rf"|(?:(?<=令和)|(?<=平成)|(?<=昭和)|(?<=大正)|(?<=明治)){NUMERAL}{{1,30}}(?=年)"
    rf"|(?!〇{{1,30}}(?!{NUMERAL})){NUMERAL}{{2,30}}(?=[{_COUNTED}万億兆])"
    rf"|{FREE}[一二三四五六七八九十百千](?={COUNTERS})"
    rf"|{FREE}(?:[二三四五六七八九十百]円|[一二三五六七八九十百千](?=[万億兆]))(?!十)"
    rf"|{FREE}[四](?=[万億兆](?!十))"
    rf"|(?<=分の){NUMERAL}"
)
_AFTER_DIGITS = re.compile(
    r"(?<![\d.])(\d{1,18}(?:\.\d{1,18})?)([百千])(?=[万億兆円人件名社件世]|$|[^\w])"
)
_GREAT = re.compile(
    rf"(?<![\d.]){ARABIC}[万億兆](?:{ARABIC}(?:[万億](?:{ARABIC})?)?)?"
    r"(?=[円人件名社世戸票台枚冊㎡t]|団体)"
)
_PERCENT = re.compile(
    r"(?<![\d.])(?:100分の(?P<of>\d{1,18}(?:\.\d{1,18})?)|(?P<said>\d{1,18}(?:\.\d{1,18})?)パーセント"
    r"|(?P<tenths>\d)割(?:(?P<more>\d)分(?!の)|(?![合引愛り込増高れ])))"
)
_FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")


def western(text: str) -> str:
    """Return folded *text* with its Chinese numerals, eras and fiscal years as western figures.

    Sums and shares that are told in parts are one figure: 1万2千円 is 12000円, 100分の5 5%.
    """
    text = _THOUSANDS.sub("", text)
    text = _AFTER_DIGITS.sub(_multiplied, text)
    text = _KANJI_NUMBER.sub(_western_number, text)
    text = _GREAT.sub(lambda found: _plain(value(found.group())), text)
    text = _PERCENT.sub(_western_share, text)
    text = _ERA_YEAR.sub(_western_year, text)
    text = _REIWA.sub(lambda found: str(ERA_LETTERS["r"] + int(found.group(1))), text)
    return _FISCAL.sub(lambda found: f"{found.group(1) or '20' + found.group(2)}年度", text)


def era_year(era: str, year: str) -> int:
    """Return the western year of a year of an era: of 令和 and 元, of r and 6."""
    before = ERAS.get(era) or ERA_LETTERS[era.lower()]
    return before + (1 if year == "元" else int(value(year)))


def value(written: str) -> Fraction:
    """Return what a number is worth, written in figures, Chinese numerals or both.

    1,200, 千二百, 3万5千, 二〇二五 and 1.5億 are numbers; thousands may be parted by commas.

    Raises:
        ValueError: it is none.
    """
    total = pending = Fraction(0)
    section: Fraction | None = None
    digits = ""
    at = 0
    while at < len(written):
        found = _FIGURES.match(written, at)
        if found is not None:
            section = Fraction(found.group().replace(",", ""))
            at = found.end()
            continue
        sign = written[at]
        at += 1
        if sign in _KANJI_DIGITS:
            # Digits that follow one another stand for places: 二〇二五.
            digits = (digits if section is not None else "") + str(_KANJI_DIGITS[sign])
            section = Fraction(digits)
        elif sign in _KANJI_UNITS:
            pending += (Fraction(1) if section is None else section) * _KANJI_UNITS[sign]
            section = None
        elif sign in _GREAT_UNITS:
            many = pending + (section or 0)
            total += (many or Fraction(1)) * _GREAT_UNITS[sign]
            pending, section = Fraction(0), None
        else:
            raise ValueError(f"{written!r} is no number")
        if section is None:
            digits = ""
    if not written:
        raise ValueError("nothing is no number")
    return total + pending + (section or 0)


def _western_number(found: re.Match[str]) -> str:
    digits = found.group().rstrip("円")
    return f"{value(digits)}{found.group()[len(digits) :]}"


def _multiplied(found: re.Match[str]) -> str:
    """Read 2千 as 2000 and 3.5千 as 3500."""
    return _plain(Fraction(found.group(1)) * _KANJI_UNITS[found.group(2)])


def _plain(number: Fraction) -> str:
    """Write a number in figures, without an exponent."""
    whole = number.denominator == 1
    return str(number.numerator) if whole else f"{float(number):.6f}".rstrip("0")


def _western_share(found: re.Match[str]) -> str:
    """Read 100分の5, 5パーセント and 5分 of ten as 5%."""
    if found["tenths"]:
        return f"{int(found['tenths']) * 10 + int(found['more'] or 0)}%"
    return f"{found['of'] or found['said']}%"


def _western_year(found: re.Match[str]) -> str:
    return str(era_year(found.group(1) or found.group(2), found.group(3)))
