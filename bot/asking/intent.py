"""What a question asks, as it was read once: everything downstream looks here, not at the text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ingest.language.numbers import Figure

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import SmallTalk


class Kind(StrEnum):
    """What kind of answer is wanted."""

    DATE = "date"
    DEADLINE = "deadline"
    AMOUNT = "amount"
    COUNT = "count"
    SHARE = "share"
    DURATION = "duration"
    FREQUENCY = "frequency"
    AGE = "age"
    QUANTITY = "quantity"
    NUMBER = "number"
    FORMULA = "formula"
    WHO = "who"
    TOWN = "town"
    PLACE = "place"
    CONTACT = "contact"
    LIST = "list"
    STEPS = "steps"
    DEFINITION = "definition"
    YES_NO = "yes-no"
    REASON = "reason"
    COMPARISON = "comparison"
    CHOICE = "choice"
    EXTREME = "extreme"
    TOTAL = "total"
    NAME = "name"
    ARTICLE = "article"


VALUES = frozenset(
    {
        Kind.DATE,
        Kind.DEADLINE,
        Kind.AMOUNT,
        Kind.COUNT,
        Kind.SHARE,
        Kind.DURATION,
        Kind.FREQUENCY,
        Kind.AGE,
        Kind.QUANTITY,
        Kind.NUMBER,
    }
)
"""The kinds whose answer is a figure, with a unit or a calendar."""


@dataclass(frozen=True, slots=True)
class Want:
    """One kind of answer that is wanted, and of what unit.

    *unit* is the counter or measure that was said, as `Figure.unit` spells it (何名 → 人, 何ヶ月 →
    か月, いくら → 円, 何割 → %), or what is counted (対象業務はいくつ → 業務), or for `EXTREME`
    "most" or "least"; "" when any will do. *said* are the words that ask. *bound* is what makes
    another thing of the value (何日前 → 前, 何人以上 → 以上). *top* is how many of an extreme are
    wanted, or of a list (3つ挙げて), 0 when not said.
    """

    kind: Kind
    unit: str = ""
    said: str = ""
    bound: str = ""
    top: int = 0


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is asked about, a compound kept whole.

    *said* is its words as `normalise` spells them, *words* its tokens, *particle* what follows
    it (は, の, を, で, …; "" in English and at the end). *asks* is true of a word that only
    asks (期限, 費用, deadline): a text answers it also without saying it.
    """

    said: str
    words: tuple[str, ...]
    particle: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality or prefecture that is named, by its listed name where it is in the list.

    *prefecture* is the one in which it lies, "" where that is not known or several are.
    """

    name: str
    prefecture: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar that is named, both days included.

    令和7年度 lasts from 1 April 2025 to 31 March 2026. *said* is normalised (2025年度).
    """

    said: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Article:
    """A numbered part of a rule: 第3条の2第1項, 附則第2項, 別表第1, 様式第4号.

    *kind* is 条, 項, 号, 章, 節, 款, 編, 附則, 別表, 別記, or 様式; *number* is (18,), or (3, 2) for
    第3条の2, () where none is said (附則). *paragraph* and *item* are the 項 and 号 of it, 0 and ()
    when not said. *work* is the rule that it is said to be of (地方自治法), or "".
    """

    kind: str
    number: tuple[int, ...] = ()
    paragraph: int = 0
    item: tuple[int, ...] = ()
    supplementary: bool = False
    work: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What bounds the question: only what meets all of it is an answer.

    *bodies* are kinds of local government (市, 町, 村, 区, 都道府県, 市町村 …). *figures* are the
    values that are named, with the words that bound them (5万人以上), where they stand in the
    normalised core. *as_of* is the day whose editions are meant.
    *editions* are numbers of editions (2.0), *works* the titles that are quoted.
    """

    towns: tuple[Town, ...] = ()
    bodies: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    figures: tuple[Figure, ...] = ()
    as_of: date | None = None
    editions: tuple[str, ...] = ()
    works: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """A question, read.

    *text* is as typed; *core* is the question without greeting, name, thanks, signature, quoted
    mail, mentions and markup, in the asker's own spelling. A message with several questions has
    each of them in *parts*, in order, an Intent of its own whose *core* can be understood alone;
    otherwise there are none. *small_talk* is set when nothing is asked.

    *wanted* is in order: what is asked most plainly comes first. It is empty when nothing gives
    it away. *predicate* holds what is said of the things (verbs and nouns that become verbs with
    する), as `tokens` spells them, and *negative* whether it is denied (できない, 不要). *options*
    are the things between which the question chooses or compares (国と自治体のどちらが).
    *follows_up* is true when it makes sense only after another question.
    """

    text: str
    core: str
    language: str
    things: tuple[Thing, ...] = ()
    predicate: tuple[str, ...] = ()
    negative: bool = False
    conditions: Conditions = Conditions()
    wanted: tuple[Want, ...] = ()
    articles: tuple[Article, ...] = ()
    options: tuple[str, ...] = ()
    parts: tuple[Intent, ...] = ()
    small_talk: SmallTalk | None = None
    follows_up: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that are wanted, in order, each once."""
        return tuple(dict.fromkeys(want.kind for want in self.wanted))

    @property
    def subjects(self) -> tuple[Thing, ...]:
        """The things that name something, without the words that only ask."""
        return tuple(thing for thing in self.things if not thing.asks)
