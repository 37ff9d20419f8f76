"""A number of a worksheet as its cell shows it: 1,234円, ▲5.0%, 令和7年4月1日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from ingest.office.numbering import kanji

_TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<space>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/標準)|(?P<noon>AM/PM|A/P|午前/午後)|(?P<era>g{1,3})|(?P<year>y+|e{1,2}|r{1,2})"
    r"|(?P<month>m+)|(?P<day>d+|a{3,4})|(?P<hour>h+)|(?P<second>s+(?:\.0+)?)"
    r"|(?P<exponent>E[+-]0+)|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)"
    r"|(?P<text>@)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_SECTION = re.compile(
    r'(?:"[^"]*"?|\\.|\[[^\]]*\]|[^;"\\\[])+|(?<=;)(?=;)|(?<=;)$|^(?=;)', re.DOTALL
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)$")
_CURRENCY = re.compile(r"\$([^-\]]*)")
_TIMES = frozenset({"noon", "era", "year", "month", "day", "hour", "second"})
_ERAS = (
    (date(2019, 5, 1), "令和", "R"),
    (date(1989, 1, 8), "平成", "H"),
    (date(1926, 12, 25), "昭和", "S"),
    (date(1912, 7, 30), "大正", "T"),
    (date(1868, 1, 1), "明治", "M"),
)
_WEEK = "月火水木金土日"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LAST_SERIAL = 2_958_466
_LONG_NUMBER = 1e11
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")

_WAREKI, _GREGORIAN = '[$-411]ggge"年"m"月"d"日"', 'yyyy"年"m"月"d"日"'
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"¥"#,##0;"¥"-#,##0', 6: '"¥"#,##0;"¥"-#,##0',
    7: '"¥"#,##0.00;"¥"-#,##0.00', 8: '"¥"#,##0.00;"¥"-#,##0.00', 9: "0%", 10: "0.00%",
    11: "0.00E+00", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: "[$-411]ge.m.d", 28: _WAREKI, 29: _WAREKI, 30: "m/d/yy", 31: _GREGORIAN,
    32: 'h"時"mm"分"', 33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"',
    36: "[$-411]ge.m.d", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00", 41: "#,##0;-#,##0;-", 42: '"¥"#,##0;-"¥"#,##0;-',
    43: "#,##0.00;-#,##0.00;-", 44: '"¥"#,##0.00;-"¥"#,##0.00;-', 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0", 48: "0.0E+0", 49: "@", 50: "[$-411]ge.m.d", 51: _WAREKI,
    52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: _WAREKI, 55: 'yyyy"年"m"月"', 56: 'm"月"d"日"',
    57: "[$-411]ge.m.d", 58: _WAREKI,
}  # fmt: skip
"""The formats that a file names by number alone, as a Japanese Excel shows them."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the forms between semicolons, and which numbers it is for."""

    tokens: tuple[_Token, ...]
    condition: tuple[str, float] | None = None
    figures: str = ""
    first_year: bool = False

    @property
    def dated(self) -> bool:
        """Whether it shows a day or a time."""
        return any(token.kind in _TIMES for token in self.tokens)


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """Return a number in the form that *code* describes; in its usual form where it is none."""
    sections = _sections(code)
    section, sign = _chosen(sections, value)
    if section is None or not section.tokens:
        return "" if section is not None and code else general(value)
    if section.dated:
        return _dated(value, section, since_1904=since_1904)
    if any(token.kind == "general" for token in section.tokens):
        parts = (
            _as_figures(general(abs(value)), section.figures)
            if token.kind == "general"
            else _literal(token)
            for token in section.tokens
        )
        return sign + "".join(parts).strip()
    if not any(token.kind == "digit" for token in section.tokens):
        literal = "".join(map(_literal, section.tokens)).strip()
        return literal if literal or len(sections) > 1 else general(value)
    return _figured(abs(value), section, sign)


def general(value: float) -> str:
    """Return a number as a cell without a form shows it."""
    if value == int(value) and abs(value) < _LONG_NUMBER:
        return str(int(value))
    said = f"{value:.10g}"
    return said if "e" not in said or abs(value) >= _LONG_NUMBER else f"{value:.10f}".rstrip("0")


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    return tuple(_section(found.group()) for found in _SECTION.finditer(code[:255]))


def _section(code: str) -> _Section:
    tokens: list[_Token] = []
    condition: tuple[str, float] | None = None
    figures, first_year = "", False
    for found in _TOKENS.finditer(code):
        kind = str(found.lastgroup)
        said = found.group(kind)
        if kind == "bracket":
            if bounds := _CONDITION.match(said):
                condition = (bounds[1], float(bounds[2]))
            elif said.lower().strip("hms") == "" and said:
                tokens.append(
                    _Token({"h": "hour", "m": "month", "s": "second"}[said[0].lower()], f"[{said}]")
                )
            elif currency := _CURRENCY.match(said):
                first_year = first_year or "gannen" in said.lower()
                tokens.append(_Token("literal", currency[1]))
            elif said.upper().startswith("DBNUM"):
                figures = said.upper()
            continue
        if kind in {"quoted", "escaped"}:
            tokens.append(_Token("literal", said))
        elif kind == "space":
            tokens.append(_Token("literal", " "))
        elif kind != "fill":
            tokens.append(_Token(kind, said))
    return _Section(tuple(_minutes(tokens)), condition, figures, first_year)


def _minutes(tokens: list[_Token]) -> list[_Token]:
    """Return the tokens, an m beside hours or seconds told apart from a month."""
    times = [at for at, token in enumerate(tokens) if token.kind in _TIMES]
    for order, at in enumerate(times):
        if tokens[at].kind != "month" or len(tokens[at].said.strip("[]")) > 2:
            continue
        before = tokens[times[order - 1]].kind if order else ""
        after = tokens[times[order + 1]].kind if order + 1 < len(times) else ""
        if before == "hour" or after == "second" or tokens[at].said.startswith("["):
            tokens[at] = _Token("minute", tokens[at].said)
    return tokens


def _chosen(sections: tuple[_Section, ...], value: float) -> tuple[_Section | None, str]:
    """Return the form that is for a number, and the sign that it does not show by itself."""
    minus = "-" if value < 0 else ""
    if not sections:
        return None, minus
    for section in sections[:2]:
        if section.condition is not None and _holds(value, *section.condition):
            return section, minus
    plain = [section for section in sections[:3] if section.condition is None]
    if len(plain) < len(sections[:3]):
        return (plain[0] if plain else None), minus
    if len(sections) == 1:
        return sections[0], minus
    if value < 0:
        return sections[1], ""
    return sections[2 if value == 0 and len(sections) > 2 else 0], ""


def _holds(value: float, sign: str, bound: float) -> bool:
    return {
        "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound,
        "=": value == bound, "<>": value != bound,
    }[sign]  # fmt: skip


def _literal(token: _Token) -> str:
    return token.said if token.kind in {"literal", "percent", "comma", "point"} else ""


def _figured(value: float, section: _Section, sign: str) -> str:
    """Return a number in its form of digits."""
    tokens = section.tokens
    digits = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    first, last = digits[0], digits[-1]
    if any(token.kind == "exponent" for token in tokens):
        return f"{sign}{value:.2E}"
    if any(token.said == "/" for token in tokens[first:last]):
        return sign + general(value)
    point = next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    whole = [at for at in digits if at < point]
    decimals = [at for at in digits if at > point]
    trailing = 0
    for token in tokens[(whole[-1] if whole else first) + 1 :]:
        if token.kind != "comma":
            break
        trailing += 1
    value = value / 1000**trailing * 100 ** sum(token.kind == "percent" for token in tokens)
    grouped = any(token.kind == "comma" for token in tokens[first : whole[-1]]) if whole else False
    # Excel rounds half away from zero; a float's own digits decide, not its binary tail.
    said = f"{round(value + 10 ** -(len(decimals) + 9), len(decimals)):.{len(decimals)}f}"
    integer, _, fraction = said.partition(".")
    optional = sum(tokens[at].said == "#" for at in decimals)
    while optional and fraction.endswith("0"):
        fraction, optional = fraction[:-1], optional - 1
    zeros = sum(tokens[at].said == "0" for at in whole)
    integer = "" if integer == "0" and not zeros else integer.zfill(zeros)
    if (
        not grouped
        and whole
        and any(tokens[at].kind == "literal" for at in range(first, whole[-1]))
    ):
        integer = _spread(integer, tokens[first : whole[-1] + 1])
    elif grouped:
        integer = f"{int(integer or 0):,}" if integer else ""
    number = _as_figures(integer, section.figures) + (f".{fraction}" if fraction else "")
    before = "".join(_literal(token) for token in tokens[:first])
    after = "".join(
        _literal(token) for token in tokens[last + 1 :] if token.kind not in {"comma", "point"}
    )
    if not integer and not fraction:
        number = ""
    return (
        f"{before.lstrip()}{sign}{number}{after.rstrip()}"
        if sign
        else (before + number + after).strip()
    )


def _spread(integer: str, tokens: tuple[_Token, ...]) -> str:
    """Return digits with what stands between them: 1230045 as 123-0045."""
    waiting = list(integer)
    said: list[str] = []
    holes = sum(token.kind == "digit" for token in tokens)
    for token in reversed(tokens):
        if token.kind != "digit":
            said.append(token.said if waiting else "")
            continue
        holes -= 1
        if waiting:
            said.append(waiting.pop())
        if not holes:
            said.extend(reversed(waiting))
    return "".join(reversed(said))


def _as_figures(integer: str, figures: str) -> str:
    if figures == "DBNUM3":
        return integer.translate(_FULL)
    if figures == "DBNUM1" and integer.isdigit():
        return kanji(int(integer))
    return integer


def moment(value: float, *, since_1904: bool) -> datetime | None:
    """Return the time that a serial number stands for, None outside the calendar."""
    if not 0 <= value < _LAST_SERIAL:
        return None
    # Excel keeps 29 February 1900, which there was not, so that old tables add up.
    begun = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if value >= 60 else 31)  # noqa: DTZ001 - a worksheet knows no zones
    return begun + timedelta(seconds=round(value * 86_400))


def _dated(value: float, section: _Section, *, since_1904: bool) -> str:
    at = moment(value, since_1904=since_1904)
    if at is None:
        return general(value)
    noon = any(token.kind == "noon" for token in section.tokens)
    said = (_time(token, at, value, section, noon=noon) for token in section.tokens)
    return "".join(said).strip()


def _time(token: _Token, at: datetime, value: float, section: _Section, *, noon: bool) -> str:
    if token.kind in {"era", "year"}:
        return _year(token.said.lower(), at.date(), first_year=section.first_year)
    if token.said.startswith("["):  # hours, minutes or seconds in all
        return str(int(value * {"hour": 24, "minute": 1440, "second": 86_400}[token.kind] + 1e-6))
    if token.kind in {"month", "day"}:
        return _day(token.said, at) if token.kind == "day" else _name(at.month, _MONTHS, token.said)
    hour = (at.hour % 12 or 12) if noon else at.hour
    numbers = {"hour": hour, "minute": at.minute, "second": at.second}
    if token.kind in numbers:
        return _two(numbers[token.kind], token.said)
    if token.kind == "noon":
        return (("午前", "午後") if token.said[0] == "午" else ("AM", "PM"))[at.hour >= 12]
    return token.said * (token.kind in {"literal", "comma", "point"})


def _day(form: str, at: datetime) -> str:
    if form[0] in "aA":
        return _WEEK[at.weekday()] + "曜日" * (len(form) > 3)
    if len(form) > 2:
        return _name(at.weekday() + 1, _DAYS, form)
    return _two(at.day, form)


def _two(number: int, form: str) -> str:
    """Return a number in two figures where its form has two letters."""
    return f"{number:02d}" if len(form) > 1 else str(number)


def _name(number: int, names: tuple[str, ...], said: str) -> str:
    if len(said) < 3:
        return _two(number, said)
    name = names[number - 1]
    return {3: name[:3], 5: name[:1]}.get(len(said), name)


def _year(form: str, day: date, *, first_year: bool) -> str:
    if form[0] == "y":
        return f"{day.year % 100:02d}" if len(form) < 3 else str(day.year)
    begun, name, letter = next(era for era in (*_ERAS, (date.min, "西暦", "")) if day >= era[0])
    number = day.year - begun.year + 1 if letter else day.year
    year = "元" if first_year and number == 1 else str(number)
    if form[0] == "g":
        return {1: letter, 2: name[:1]}.get(len(form), name)
    if form[0] == "r":
        return (name if len(form) > 1 else letter) + year
    return year.zfill(2) if len(form) > 1 and year != "元" else year
