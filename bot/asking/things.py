"""What a question is about, and what it says of it: compounds kept whole, verbs, denial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.asking.intent import Kind, Thing, Want
from ingest.language.spelling import is_japanese
from ingest.language.tables import Phrases, table
from ingest.language.words import Unit, tokens, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WORDS = table("bot/asking/words")
_LIGHT = frozenset(_WORDS["light"])
_LIGHT_VERBS = frozenset(_WORDS["light_verbs"])
_JOINING = frozenset(_WORDS["joining"])
_VERBAL = frozenset(_WORDS["verbal"])
_NEGATIVE = frozenset(_WORDS["negative"])
_ENGLISH_VERBS = frozenset(word for verb in _WORDS["english"]["verbs"] for word in tokens(verb))
_ENGLISH_DETERMINERS = frozenset(_WORDS["english"]["determiners"])
_ENGLISH_LIGHT = frozenset(_WORDS["english"]["light"])
HEADS = Phrases(table("bot/asking/wants")["heads"])
"""Nouns that say what kind of answer is wanted, by kind."""

_MUST = frozenset({"成る", "行く"})
_DENYING = frozenset({"ない", "ぬ", "ず", "無い"})
_BEHIND_A_VERB = frozenset({"助動詞", "助詞", "動詞", "形容詞"})
_BINDS = frozenset({"・", "-", "/", "&"})
_JOINS = frozenset({"名詞", "接頭辞", "接尾辞", "形状詞"})
_LATIN_WORD = re.compile(r"[a-z0-9](?:[\w&'/-]|\.(?=\w))*")
_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"]{2,40})[」』”\"]")
_PARTS_A_THING = re.compile(r"[,.;:?!()\"“”]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A phrase of a question: a noun compound or a verb, with where it stands (normalised)."""

    said: str
    start: int
    end: int
    particle: str = ""
    verb: str = ""
    denied: bool = False


def spoken(text: str, taken: Sequence[tuple[int, int]]) -> list[Spoken]:
    """Return the noun compounds and verbs of *text* (normalised), in order.

    What lies between the offsets of *taken* (words that ask, dates, articles) is no phrase.
    """
    if not is_japanese(text):
        return list(_english(text, taken))
    return list(_japanese(text, taken))


def things(phrases: Iterable[Spoken], heads: Iterable[Want] = ()) -> tuple[Thing, ...]:
    """Return what is asked about, each once, in order; a noun that is one of *heads* only asks."""
    asking = {want.said for want in heads if want.kind not in {Kind.LIST, Kind.TOWN}}
    found: dict[str, Thing] = {}
    for phrase in phrases:
        if phrase.verb or phrase.said in _LIGHT:
            continue
        words = tuple(tokens(phrase.said))
        if words:
            asks = phrase.said in asking
            found.setdefault(phrase.said, Thing(phrase.said, words, phrase.particle, asks=asks))
    return tuple(found.values())


def predicate(phrases: Iterable[Spoken]) -> tuple[tuple[str, ...], bool]:
    """Return what is said of the things, as `tokens` spells it, and whether it is denied."""
    verbs = [phrase for phrase in phrases if phrase.verb]
    said = [word for verb in verbs for word in verb.verb.split() if word not in _LIGHT_VERBS]
    return tuple(dict.fromkeys(said)), any(verb.denied for verb in verbs)


def _japanese(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Spoken]:
    every = units(text)
    quoted = {one.start(): one for one in _QUOTED.finditer(text)}
    inside = 0
    at = 0
    while at < len(every):
        unit = every[at]
        if unit.begin in quoted:
            # What stands in quotation marks is a name, whatever its words are.
            name = quoted[unit.begin]
            inside = name.end()
            yield Spoken(name[1], name.start(), inside, particle=_particle_at(every, inside))
            at += 1
        elif unit.begin < inside or _within(unit, taken):
            at += 1
        elif unit.part in _JOINS and not _counts(unit):
            end = _compound(every, at, taken)
            yield from _noun(text, every, at, end)
            at = end
        elif unit.part in {"動詞", "形容詞"}:
            if not _obliges(every, at):
                yield _verb(every, at)
            at += 1
        else:
            at += 1


def _compound(every: Sequence[Unit], at: int, taken: Sequence[tuple[int, int]]) -> int:
    """Return where the compound that begins at *at* ends."""
    end = at + 1
    while end < len(every):
        before, unit = every[end - 1], every[end]
        touching = before.end == unit.begin
        latin = before.surface.isascii() and unit.surface.isascii()
        if unit.part == "空白" and before.surface.isascii():
            # Two Latin words side by side are one name; the space between is looked over.
            following = every[end + 1 : end + 2]
            if not following or not following[0].surface.isascii() or not _names(following[0]):
                break
            end += 2
            continue
        if unit.surface in _BINDS and touching and _names_next(every, end):
            end += 2
            continue
        if _within(unit, taken) or not (touching or latin) or not _names(unit):
            break
        end += 1
    return end


def _names(unit: Unit) -> bool:
    return unit.part in _JOINS


def _names_next(every: Sequence[Unit], at: int) -> bool:
    following = every[at + 1 : at + 2]
    return bool(following) and _names(following[0]) and following[0].begin == every[at].end


def _noun(text: str, every: Sequence[Unit], start: int, end: int) -> Iterator[Spoken]:
    """Yield a compound as a noun, or as a verb where one is made of it with する."""
    while start + 1 < end and every[start].surface in _JOINING:
        start += 1
    first, last = every[start], every[end - 1]
    said = text[first.begin : last.end]
    following = every[end] if end < len(every) else None
    becomes = following is not None and following.form in _VERBAL
    # 可能です, 必要がある and 不要 are said of something, as verbs are.
    state = end - start == 1 and (
        last.part == "形状詞" or (last.use.endswith("形状詞可能") and _is_said(every, end))
    )
    if becomes or state or said in _NEGATIVE:
        denied = _denied(every, end) or said in _NEGATIVE
        verb = last.form
        if last.part == "接尾辞" and end - start > 1:
            verb = f"{every[end - 2].form} {last.form}"
        yield Spoken(said, first.begin, last.end, verb=verb, denied=denied)
        if end - start > 1:
            # 本人確認する says 確認, of 本人.
            yield Spoken(said, first.begin, last.end)
        return
    particle = following.surface if following is not None and following.part == "助詞" else ""
    yield Spoken(said, first.begin, last.end, particle=particle)


def _particle_at(every: Sequence[Unit], offset: int) -> str:
    return next((u.surface for u in every if u.begin == offset and u.part == "助詞"), "")


def _is_said(every: Sequence[Unit], at: int) -> bool:
    """Whether a noun that stands before *at* is said of something: です, がある, or nothing."""
    rest = [unit for unit in every[at : at + 2] if unit.part != "補助記号"]
    if not rest or rest[0].part == "助動詞" or rest[0].form == "か":
        return True
    return rest[0].surface in {"が", "は"} and len(rest) > 1 and rest[1].form in {"有る", "無い"}


def _verb(every: Sequence[Unit], at: int) -> Spoken:
    unit = every[at]
    return Spoken(unit.surface, unit.begin, unit.end, verb=unit.form, denied=_denied(every, at + 1))


def _denied(every: Sequence[Unit], at: int) -> bool:
    """Whether what stands before *at* is denied: ない, ません, ず right behind it, and not twice."""
    for place, unit in enumerate(every[at : at + 4], start=at):
        if unit.form in _DENYING:
            return not any(_obliges(every, later) for later in range(place + 1, place + 4))
        if unit.part not in _BEHIND_A_VERB or unit.detail == "終助詞":
            break
    return False


def _obliges(every: Sequence[Unit], at: int) -> bool:
    """Whether the verb at *at* is that of しなければならない and しなくてはいけない."""
    around = every[max(0, at - 3) : at], every[at + 1 : at + 2]
    before = [unit for unit in around[0] if unit.part != "助詞"][-1:]
    return (
        bool(every[at : at + 1])
        and every[at].form in _MUST
        and all(side and side[0].form in _DENYING for side in (before, around[1]))
    )


def _counts(unit: Unit) -> bool:
    return unit.detail == "数詞" and unit.surface in {"何", "幾"}


def _within(unit: Unit, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start <= unit.begin and unit.end <= end for start, end in taken)


def _english(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Spoken]:
    """Yield runs of words that carry meaning, and verbs of a list, by themselves."""
    run: list[re.Match[str]] = []
    before = ""
    for word in _LATIN_WORD.finditer(text):
        inside = any(start <= word.start() < end for start, end in taken)
        carries = bool(tokens(word[0])) and word[0] not in _ENGLISH_LIGHT and not inside
        # After an article or a preposition it is a noun: a permit, the support.
        noun = before in _ENGLISH_DETERMINERS
        verb = carries and not noun and tokens(word[0])[0] in _ENGLISH_VERBS
        before = word[0]
        if run and (
            not carries or verb or _PARTS_A_THING.search(text, run[-1].end(), word.start())
        ):
            yield Spoken(text[run[0].start() : run[-1].end()], run[0].start(), run[-1].end())
            run = []
        if verb:
            denied = bool(re.search(r"\b(?:not|never|no)\W+(?:\w+\W+)?$", text[: word.start()]))
            yield Spoken(word[0], word.start(), word.end(), verb=tokens(word[0])[0], denied=denied)
        elif carries:
            run.append(word)
    if run:
        yield Spoken(text[run[0].start() : run[-1].end()], run[0].start(), run[-1].end())
