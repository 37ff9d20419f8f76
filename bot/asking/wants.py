"""What kind of answer a question wants, read off the words that ask and the noun they ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.asking.intent import VALUES, Kind, Want
from bot.asking.things import HEADS
from ingest.language.numbers import figures
from ingest.language.spelling import is_japanese
from ingest.language.tables import Found, Phrases, table
from ingest.language.words import units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.asking.things import Spoken

_WANTS = table("bot/asking/wants")
_WORDS = table("bot/asking/words")
_ASKS = Phrases({"contact": _WANTS["contact"]["words"]} | _WANTS["asks"])
_INDEFINITE = Phrases({"": _WANTS["indefinite"]["words"]})
_COUNTERS = {
    unit: Kind(kind) for kind, listed in _WANTS["counters"].items() for unit in listed["units"]
}
_LONGEST_COUNTER = max(map(len, _COUNTERS))
_EXTREME = Phrases({
    way: [*words, *(f"{how}{of}" for how in _WANTS["degrees"]["words"] for of in _WANTS["degrees"][way])]
    for way, words in _WANTS["extreme"].items()
})  # fmt: skip
_ALL = Phrases({"total": _WANTS["total"]["words"], "list": _WANTS["every"]["words"]})
_WHAT = "what"
_WEAK = frozenset(_WANTS["weak"]["words"])
_REQUESTS = frozenset(_WORDS["requests"])
_FAVOURS = frozenset(_WORDS["favours"])
_BEHIND = Phrases({"": _WANTS["behind"]["words"]})
_OFTEN = Phrases({"": _WANTS["often"]["words"]})
_DAY_NOT_SPAN = frozenset(_WANTS["dates"]["words"])
_OF_WHICH = frozenset(_WANTS["of_which"]["words"])
_ENDS = " 。.?!!、,"
TOP = re.compile(
    r"(?:上位|トップ|top\s?|ベスト)(\d+)|(\d+)(?:つ|点|個|件)(?:を)?(?:挙げ|教え|示し|答え)"
)
_WHAT_IS = re.compile(r"^\W*what(?:'s| is| are| was| were) (?:an? |the )?")
_AUXILIARY = frozenset(_WANTS["auxiliaries"]["words"])
_MANY = re.compile(r"how many (?:of )?(?:the )?(?:\d+ )?(\w+)")


@lru_cache(maxsize=256)
def asking(plain: str) -> tuple[Found, ...]:
    """Return the words of *plain* (normalised) that ask, in order.

    Their meaning is a `Kind`, "what" where any kind may be meant, or "" of words that only look
    as if they asked (いくつか).
    """
    # とは in ことは asks for nothing: words that ask begin where a word begins. いくらか in
    # いくらかかる is none either: those that ask for nothing end where one ends, too, and do not end
    # the question (対象は何件か).
    japanese = is_japanese(plain)
    begins = {unit.begin for unit in units(plain)} if japanese else None
    ends = {unit.end for unit in units(plain)}
    nothing = (
        one
        for one in _INDEFINITE.find(plain, begins)
        if not japanese or (one.end in ends and plain[one.end :].strip(_ENDS))
    )
    found: list[Found] = []
    end = 0
    counted = list(_counters(plain))
    begun = {one.start + 1 for one in counted}
    for one in sorted([*_ASKS.find(plain, begins), *nothing, *counted], key=_longest):
        # って何種類 asks how many, not what it is.
        cut = one.meaning == Kind.DEFINITION and one.end in begun
        if one.start >= end and not cut:
            end = one.end
            found.append(one)
    return tuple(found)


def asks(plain: str) -> bool:
    """Whether a word of *plain* (normalised) asks."""
    return any(one.meaning for one in asking(plain))


def _longest(found: Found) -> tuple[int, int]:
    return found.start, -found.end


def _counters(plain: str) -> Iterator[Found]:
    """Yield 何人, 何か月 and the like."""
    for asked in re.finditer(r"[何幾]", plain):
        rest = plain[asked.end() : asked.end() + _LONGEST_COUNTER]
        unit = next((rest[:n] for n in range(len(rest), 0, -1) if rest[:n] in _COUNTERS), "")
        if unit:
            end = asked.end() + len(unit)
            yield Found(plain[asked.start() : end], _COUNTERS[unit], asked.start(), end)


@lru_cache(maxsize=512)
def _unit(counter: str) -> str:
    """Return a counter as figures name it (名 and people are 人), itself where none counts it."""
    found = figures(f"3{counter}" if is_japanese(counter) or counter == "%" else f"3 {counter}")
    return found[0].unit if found and found[0].unit else counter


def wanted(
    plain: str, asked: Sequence[Found], phrases: Sequence[Spoken], *, article: bool = False
) -> tuple[Want, ...]:
    """Return the kinds of answer that are wanted, the plainest first, each once.

    *article* tells that a numbered part of a rule is named: who asks for no value of it wants it.
    """
    # In “Is there … when …” the first word asks, and when only joins.
    closed = not is_japanese(plain) and plain.split(" ", 1)[0] in _AUXILIARY
    real = [] if closed else [one for one in asked if one.meaning]
    plainly = [one for one in real if one.meaning != _WHAT]
    by_word = [*_of_which(plain, real, phrases), *(_want(plain, one, phrases) for one in plainly)]
    if not real and _yes_or_no(plain, phrases):
        order = [Want(Kind.YES_NO)]
    else:
        by_noun = heads(plain, phrases)
        weak = all(one.said in _WEAK for one in plainly)
        # What asks plainly leaves a noun to ask for a figure beside it, not for anything else.
        order = (
            [*by_noun, *by_word]
            if weak
            else [*by_word, *(one for one in by_noun if one.kind in VALUES)]
        )
    order += _others(plain)
    if article and not {want.kind for want in order} - {Kind.LIST, Kind.DEFINITION}:
        order.insert(0, Want(Kind.ARTICLE))
    found: dict[Kind, Want] = {}
    for want in _settled(order):
        first = found.setdefault(want.kind, want)
        found[want.kind] = replace(first, top=first.top or want.top)
    return tuple(found.values())


def _of_which(plain: str, asked: Sequence[Found], phrases: Sequence[Spoken]) -> Iterator[Want]:
    """Yield what the noun beside どの or どんな says: どんな方法 asks for steps."""
    for one in asked:
        if one.said in _OF_WHICH:
            nouns = [each for each in phrases if not each.verb and each.start == one.end]
            yield from _ending(nouns[:1], {unit.begin for unit in units(plain)})


def _settled(order: list[Want]) -> list[Want]:
    """Return the wants as they bear on each other: where a town is asked for, どこ is no place."""
    kinds = {want.kind for want in order}
    dropped: set[Kind] = set()
    if Kind.TOWN in kinds:
        dropped |= {Kind.PLACE, Kind.WHO}
    if Kind.CONTACT in kinds:
        dropped |= {Kind.PLACE, Kind.WHO}
    return [want for want in order if want.kind not in dropped]


def _want(plain: str, found: Found, phrases: Sequence[Spoken]) -> Want:
    kind, unit, bound = Kind(found.meaning), "", ""
    if found.said[0] in "何幾" and found.said[1:] in _COUNTERS:
        unit = _unit(found.said[1:])
        behind = next(_BEHIND.find(plain[found.end : found.end + 4]), None)
        bound = behind.said if behind and not behind.start else ""
        before = plain[max(0, found.start - 4) : found.start]
        if kind is Kind.DURATION and not bound and found.said in _DAY_NOT_SPAN:
            # 何年 and 何日 alone may be a day of the calendar: いつ as much as どのくらい.
            kind = Kind.DATE if before.endswith(tuple(_WANTS["dates"]["before"])) else kind
        if kind is Kind.DATE and bound == "まで":
            kind, bound = Kind.DEADLINE, ""
        if found.said == "何回" and any(_OFTEN.find(before)):
            kind = Kind.FREQUENCY
    elif kind is Kind.COUNT:
        unit = _counted(plain, found, phrases)
    elif kind is Kind.AMOUNT:
        unit = "円" if is_japanese(plain) else ""
    elif kind is Kind.SHARE:
        unit = "%"
    elif kind is Kind.PLACE and plain[: found.start].endswith(("のは", "のが")):
        # Who does it may be a place: 標準仕様書を作るのはどこ.
        kind = Kind.WHO
    return Want(kind, unit, found.said, bound=bound)


def _counted(plain: str, found: Found, phrases: Sequence[Spoken]) -> str:
    """Return what is counted: the last word of what stands before いくつ, or behind how many."""
    if found.said in {"何人", "何名"}:
        return "人"
    if not is_japanese(plain):
        many = _MANY.match(plain, found.start)
        return _unit(many[1]) if many else ""
    before = [one for one in phrases if not one.verb and one.end <= found.start]
    before = [one for one in before if not any(_ALL.find(one.said))]
    if not before:
        return ""
    last = [unit for unit in units(plain) if before[-1].start <= unit.begin < before[-1].end]
    return _unit(last[-1].surface) if last else ""


def heads(plain: str, phrases: Sequence[Spoken]) -> list[Want]:
    """Return what the noun that is asked for says by itself: 期限は？, 担当者を教えて."""
    return list((_heads if is_japanese(plain) else _english_heads)(plain, phrases))


def _heads(plain: str, phrases: Sequence[Spoken]) -> Iterator[Want]:
    begins = {unit.begin for unit in units(plain)}
    nouns = [one for one in phrases if not one.verb]
    after = max((one.end for one in phrases if one.verb and not _light(one)), default=0)
    last = next((one for one in reversed(nouns) if one.end > after), None)
    if last is None:
        return
    # AとB: both are asked for.
    at = nouns.index(last)
    first = at
    while first and nouns[first - 1].particle in {"と", "や"}:
        first -= 1
    asked = [*_ending(nouns[first : at + 1], begins)]
    # Words typed apart stand in any order: 供用率 延岡.
    apart = not asked and not any(one.verb or one.particle for one in phrases)
    yield from [one for one in _ending(nouns, begins) if one.kind in VALUES] if apart else asked


def _ending(nouns: Sequence[Spoken], begins: Collection[int]) -> Iterator[Want]:
    for one in nouns:
        head = HEADS.ending(one.said)
        if head is not None and one.start + head.start in begins:
            yield Want(Kind(head.meaning), said=head.said)


def _light(verb: Spoken) -> bool:
    return verb.verb in _REQUESTS or verb.verb in _FAVOURS or verb.verb in _WORDS["light_verbs"]


def _english_heads(plain: str, phrases: Sequence[Spoken]) -> Iterator[Want]:
    nouns = [one for one in phrases if not one.verb]
    what = _WHAT_IS.match(plain)
    if what is None or not nouns:
        return
    head = HEADS.ending(nouns[0].said)
    if head is not None:
        yield Want(Kind(head.meaning), said=head.said)
    elif len(nouns) == 1 and not any(one.verb for one in phrases):
        yield Want(Kind.DEFINITION, said=what.group().strip())


def _yes_or_no(plain: str, phrases: Sequence[Spoken]) -> bool:
    """Whether a question without a word that asks wants yes or no."""
    said = plain.rstrip(_ENDS)
    if not is_japanese(plain):
        first = said.split(" ", 1)[0]
        return first in _AUXILIARY
    verbs = [one.verb for one in phrases if one.verb and one.verb not in _FAVOURS]
    if verbs and verbs[-1] in _REQUESTS:
        return False
    last = units(said)[-1] if said and units(said) else None
    if last is None:
        return False
    if last.part == "助詞":
        return last.surface in {"か", "の", "かな", "よ", "ね", "っけ"} or last.surface.endswith(
            "か"
        )
    return plain.rstrip(" ").endswith("?") and last.part in {"動詞", "形容詞", "助動詞", "形状詞"}


def _others(plain: str) -> Iterator[Want]:
    top = TOP.search(plain)
    many = int(top[1] or top[2] or top[3]) if top else 0
    together = {one.meaning: one for one in _ALL.find(plain)}
    if top is not None or "list" in together:
        said = together["list"].said if "list" in together else top[0] if top else ""
        yield Want(Kind.LIST, said=said, top=many)
    begins = {unit.begin for unit in units(plain)} if is_japanese(plain) else None
    extreme = next(_EXTREME.find(plain, begins), None)
    if extreme is not None:
        yield Want(Kind.EXTREME, extreme.meaning, extreme.said, top=many or 1)
    if "total" in together:
        yield Want(Kind.TOTAL, said=together["total"].said)
