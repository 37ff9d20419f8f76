"""Times of the day, and how often something happens: 午後5時15分, 年2回, 3年に1回, twice a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from ingest.language.counted import worth
from ingest.language.figure import Figure, Kind
from ingest.language.numerals import NUMERAL, PLAIN, value
from ingest.language.tables import alternatives, table

_PER = r"年度?|月|週|日|半年|四半期|半期"


@cache
def _frequent() -> re.Pattern[str]:
    words = alternatives(list(table("units")["frequency"]))
    return re.compile(
        rf"(?<![\d年月])(?:毎|各)?(?P<per>{_PER})(?:に|間)?\s?(?P<n>{PLAIN})\s?[回度](?!目|線|答)"
        rf"|(?P<every>{PLAIN}\s?(?:[かヶケカ箇]月|年間?|週間?|日|時間|分)|半年|四半期|半期)(?:に|につき)\s?(?P<m>{PLAIN})\s?[回度](?!目|線|答)"
        rf"|(?P<each>{PLAIN}\s?(?:[かヶケカ箇]月|年|週間?|日|時間|分))(?:ごと|毎|おき)"
        r"|\b(?P<e>once|twice|(?P<times>\w+) times) (?:a|an|per|every|each) (?P<eper>year|month|week|day|quarter|fiscal year)"
        rf"|\bevery (?P<en>\d+|{alternatives(list(table('units')['words']))}) (?P<eu>years|months|weeks|days|hours)"
        rf"|(?P<word>{words})",
        re.IGNORECASE,
    )


_ENGLISH_PER = {
    "year": "年", "fiscal year": "年度", "month": "月", "week": "週", "day": "日", "quarter": "四半期",
    "hour": "時間",
}  # fmt: skip


def frequencies(text: str) -> Iterator[Figure]:
    """Yield how often something happens: so many times in each unit of time."""
    for match in _frequent().finditer(text):
        often: Fraction | None = Fraction(1)
        if match["per"]:
            per, often = match["per"], value(match["n"])
        elif match["every"]:
            per, often = _span_of_time(match["every"]), value(match["m"])
        elif match["each"]:
            per = _span_of_time(match["each"])
        elif match["e"]:
            per = _ENGLISH_PER[match["eper"].lower()]
            often = _how_often(match["e"].lower(), match["times"])
            if often is None:
                continue
        elif match["en"]:
            per = f"{worth(match['en'])}{_ENGLISH_PER[match['eu'].lower()[:-1]]}"
        else:
            per = table("units")["frequency"][match["word"].lower()]
        yield Figure(match.start(), match.end(), Kind.FREQUENCY, often, per)


def _how_often(said: str, times: str | None) -> Fraction | None:
    if times is None:
        return Fraction(2 if said == "twice" else 1)
    known = times.isdigit() or times.lower() in table("units")["words"]
    return worth(times) if known else None


def _span_of_time(said: str) -> str:
    number = re.match(PLAIN, said)
    if number is None:
        return said
    rest = re.sub("[かヶケカ箇]月", "か月", said[number.end() :].strip()).replace("間", "")
    return f"{value(number[0])}{rest}"


_TIME = re.compile(
    rf"(?:(?P<half>午前|午後|\b[ap]\.?m\.?)\s?)?(?<![\d:])(?!(?<!前)(?<!後)一時)(?P<h>\d{{1,2}}|{NUMERAL}{{1,3}})"
    rf"(?:時(?![間点期代節短差])(?:(?P<m>\d{{1,2}}|{NUMERAL}{{1,3}})分|(?P<thirty>半))?|:(?P<m2>\d{{2}})(?![\d:]))"
    r"(?:\s?(?P<after>[ap]\.?m\b\.?))?"
    r"|(?<![\d:.])(?P<h2>\d{1,2})\s?(?P<after2>[ap]\.?m\b\.?)|(?P<noon>正午|\bnoon\b)",
    re.IGNORECASE,
)


def times(text: str) -> Iterator[Figure]:
    """Yield the times of the day, in minutes since midnight."""
    for match in _TIME.finditer(text):
        if match["noon"]:
            yield Figure(match.start(), match.end(), Kind.TIME, Fraction(720))
            continue
        hour = value(match["h"] or match["h2"])
        minute = Fraction(30) if match["thirty"] else value(match["m"] or match["m2"] or "0")
        half = (match["half"] or match["after"] or match["after2"] or "").lower()
        if half.startswith(("午後", "p")) and hour < 12:
            hour += 12
        if hour <= 24 and minute < 60:
            yield Figure(match.start(), match.end(), Kind.TIME, 60 * hour + minute)
