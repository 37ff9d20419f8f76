"""The day a question is about: 令和4年3月時点で, as of 1 March 2022."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.answers import REMEMBERED
from bot.asking.conversation import follows_up, words_of_its_own
from ingest.language import days as language_days
from ingest.language.days import MONTHS, Day
from ingest.language.spelling import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Turn

# What makes of a day the one that is asked about: words behind it in Japanese, before it in English.
_BEHIND = re.compile(r"(?:の?末日?)?(?:の|頃の?|ごろの?)?\s?(?:時点|現在(?!地)|当時)")
_PARTICLES = re.compile(r"(?:において|における|では|での|には|で|に|の)?\s?[、,]?\s?")
_BEFORE = re.compile(
    r"\bas (?:of|at|(?:it|they) stood (?:on|in))\s+(?:the )?(?:end of )?(?:the )?$", re.IGNORECASE
)
_REACH = 40
"""Characters before an English day in which those words stand."""

_NOW = re.compile(
    r"(?:いま|今|現在|現行|最新)(?:は|では|の|も|だと|なら)"
    r"|\b(?:now|today|currently|at present|nowadays)\b",
    re.IGNORECASE,
)


def timeless(text: str) -> str:
    """Return *text* without its day; "" when it says when and nothing of what (では、今は？)."""
    rest = without(text)
    bare = _NOW.sub(" ", rest)
    return rest if bare == rest or words_of_its_own(bare) else ""


@dataclass(frozen=True, slots=True)
class Said:
    """A day that a text names: *words* as said, from *start* to *end* with what goes with them.

    Of a month, a year or a fiscal year the last *day* is meant: who asks about March 2022 wants
    what had come into force by then. *whole* says which: month, year, fiscal-year, or day.
    """

    day: date
    words: str
    start: int
    end: int
    whole: str = "day"


def find(text: str) -> Said | None:
    """Return the day that *text* asks about, None when it names none or none there is."""
    plain = aligned(text)
    for one in sorted(language_days.find(plain.text), key=lambda one: (one.start, -one.end)):
        if one.day.last is None:
            continue
        behind = _BEHIND.match(plain.text, one.end)
        before = _BEFORE.search(plain.text[max(0, one.start - _REACH) : one.start])
        if behind is not None:
            start, said = one.start, behind.end()
            particles = _PARTICLES.match(plain.text, said)
            end = particles.end() if particles else said
        elif before is not None:
            start, said = max(0, one.start - _REACH) + before.start(), one.end
            rest = plain.text[said:]
            end = said + len(rest) - len(rest.lstrip(" ,"))
        else:
            continue
        words = text[slice(*plain.span(start, said))].strip()
        return Said(one.day.last, words, *plain.span(start, end), _whole(one.day))
    return None


def _whole(day: Day) -> str:
    if day.month is None:
        return "fiscal-year" if day.fiscal else "year"
    return "month" if day.day is None else "day"


def without(text: str) -> str:
    """Return *text* without the words that name the day; "" when there are no others."""
    said = find(text)
    if said is None:
        return text
    rest = f"{text[: said.start].rstrip()} {text[said.end :]}".strip()
    if not (text[: said.start].isascii() and text[said.end :].isascii()):
        rest = f"{text[: said.start]}{text[said.end :]}".strip()
    return rest if any(character.isalnum() for character in rest) else ""


def carried(text: str, history: Sequence[Turn]) -> Said | None:
    """Return the day that a question is about: its own, or that of what it follows up.

    A question that stands alone, or asks about now, leaves the day of the earlier ones behind.
    """
    found: Said | None = None
    begun = False
    for asked in [*(turn.question for turn in history[-REMEMBERED:]), text]:
        own = find(asked)
        if own is not None:
            found = own
        elif not (begun and follows_up(asked)) or _NOW.search(asked):
            found = None
        begun = True
    return found


def written(day: date, language: str) -> str:
    """Return a day as the language writes it: 2022年3月31日, 31 March 2022."""
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
