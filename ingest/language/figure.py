"""What a figure is: its kind, what it is worth, and the words that bound it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ingest.language.days import Day


class Kind(StrEnum):
    """What a figure tells."""

    MONEY = "money"
    PEOPLE = "people"
    SHARE = "share"
    COUNT = "count"
    MEASURE = "measure"
    DURATION = "duration"
    AGE = "age"
    DAY = "day"
    TIME = "time"
    FREQUENCY = "frequency"
    ORDINAL = "ordinal"
    EDITION = "edition"
    ARTICLE = "article"
    NUMBER = "number"


class Bound(StrEnum):
    """What a word beside a figure makes of it.

    AT_LEAST 以上, AT_MOST 以下 or 最大, ABOVE 超, BELOW 未満, ABOUT 約, UNTIL まで, SINCE 以降,
    EARLIER 前, LATER 後, PRINCIPLE 原則, EACH ごと or 1人当たり.
    """

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    ABOUT = "about"
    UNTIL = "until"
    SINCE = "since"
    EARLIER = "earlier"
    LATER = "later"
    PRINCIPLE = "principle"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure where it stands.

    The text from *start* to *end* is the figure with its unit, both ends of a range included;
    from *first* to *last* it is that with every word that bounds it (原則として2週間以内).

    *value* is what it is worth in *unit*: yen, percent (five per cent is 5, two thirds 200/3),
    minutes since midnight for a TIME; None for a DAY, which is told by *day*. *upto* and *until* are
    the other end of a range. *unit* is the unit's own name, the same for all its words (人 for 名
    and people); "" for a bare NUMBER. A FREQUENCY is *value* times in each *unit* (年, 3年).
    *name* is what an EDITION or ARTICLE is called in western figures: 2.0, 第18条の2第3項.
    """

    start: int
    end: int
    kind: Kind
    value: Fraction | None = None
    unit: str = ""
    name: str = ""
    day: Day | None = None
    upto: Fraction | None = None
    until: Day | None = None
    bounds: tuple[Bound, ...] = ()
    first: int = -1
    last: int = -1
