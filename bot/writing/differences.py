"""What differs between a clause of a claim and the clause of a source it is held to, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.writing import wordlists
from bot.writing.clauses import Clause, Mood, Reading, read
from bot.writing.moods import PLAIN
from ingest.language.numbers import Bound


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a sentence says otherwise than its source, or that one of them lacks.

    *kind* is number, unit, bound, modality, negation, opposite, role, limit, condition, cause or
    word. *draft* or *source* is "" where that side does not have it.
    """

    kind: str
    draft: str
    source: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence of a source: what it says, what stands over it, and the exception behind it.

    *context* (title, section, column heads) may lend words, never figures, moods or limits.
    """

    text: str
    context: str = ""


Expand = Callable[[str], Iterable[str]]
"""Gives other names of the words in a text, as a glossary knows them."""


@dataclass(frozen=True, eq=False)
class Held:
    """A source, read, with the words of what stands over it."""

    at: int
    stated: Stated
    reading: Reading
    over: frozenset[str]

    def reach(self) -> frozenset[str]:
        """Return the words that the source has, and those over it and behind it."""
        return self.reading.words | self.reading.counted | self.over


def words_over(context: str) -> frozenset[str]:
    """Return the words of what stands over a source."""
    return read(context).words if context else frozenset()


def excepts(one: Held) -> bool:
    """Whether a sentence is the exception to the one before it."""
    return "exception" in one.reading.limits and one.stated.text.lstrip().startswith(_EXCEPTING)


_EXCEPTING = ("ただし", "但し", "However", "Except", "Unless")


def behind(held: Sequence[Held], at: int) -> frozenset[str]:
    """Return the words of the exception right behind a source."""
    after = held[at + 1 : at + 2]
    return after[0].reading.words if after and excepts(after[0]) else frozenset()


def unknown(clause: Clause, reach: frozenset[str]) -> Iterator[Difference]:
    """Yield the words that the sources do not have."""
    for word in sorted(clause.own):
        if not known(word, clause, reach):
            yield Difference("word", clause.words[word], "")


def known(word: str, clause: Clause, reach: frozenset[str]) -> bool:
    """Whether the sources have a word, or its Chinese-style or native twin: 移す and 移行."""
    if word in reach or _short_for(word, reach):
        return True
    if any(wordlists.synonymous(word, other) for other in reach):
        return True
    if word not in clause.verbs:
        return False
    kanji = [letter for letter in word if "一" <= letter <= "龥"]
    native = len(kanji) == 1 and word[0] == kanji[0] and len(word) > 1
    if native:
        return any(
            kanji[0] in other and len(other) <= _PAIR and _all_kanji(other) for other in reach
        )
    return _all_kanji(word) and any(
        other[0] in word and len(other) > 1 and not _all_kanji(other) and "ぁ" <= other[1] <= "ん"
        for other in reach
        if other
    )


def _short_for(word: str, reach: frozenset[str]) -> bool:
    """Whether a word is one of theirs cut short: 順 for 順次, 通算 in 通算する."""
    return _all_kanji(word) and any(
        len(other) > len(word) and other.startswith(word) and _all_kanji(other) for other in reach
    )


def _all_kanji(word: str) -> bool:
    return all("一" <= letter <= "龥" for letter in word)


def moods(clause: Clause, claim: Reading, other: Clause, reading: Reading) -> Iterator[Difference]:
    """Yield a mood that the source does not have."""
    mine, theirs = _mood_of(clause, claim), _mood_of(other, reading)
    if clause.after != other.after:
        yield Difference("negation", claim.text, reading.text)
        return
    if clause.link and not clause.mood.said:
        return
    bounded = any({Bound.UNTIL, Bound.AT_MOST} & set(one.bounds) for one in clause.figures)
    nominal = mine.name == PLAIN and not (clause.head and clause.verbs - wordlists.wording())
    if theirs.name == "may" and nominal and bounded:
        # 「2回まで」 says of itself what 「2回まで行うことができる」 says.
        return
    if not fits(mine.name, theirs.name):
        kind = (
            "negation" if {mine.name, theirs.name} & {"no", "must_not", "need_not"} else "modality"
        )
        yield Difference(kind, mine.said or clause.said, theirs.said or other.said)


def _mood_of(other: Clause, reading: Reading) -> Mood:
    """Return the mood of a clause; one that goes on without its own has that of the next."""
    if other.mood.said or other.link or not other.goes_on:
        return other.mood
    at = reading.clauses.index(other)
    for later in reading.clauses[at + 1 :]:
        if later.mood.said:
            return later.mood
    return other.mood


def fits(mine: str, theirs: str) -> bool:
    """Whether a source with one mood may be worded with another."""
    return mine == theirs or theirs in wordlists.table()["allow"].get(mine, ())


def misplaced(clause: Clause, other: Clause, held: Held) -> Iterator[Difference]:
    """Yield words that the source says of something else: in another clause beside this one."""
    own = other.words.keys() | held.over
    shared = frozenset[str]()
    for also in held.reading.clauses:
        if also is other:
            continue
        if also.link or not other.has_topic or not also.has_topic:
            shared |= also.words.keys()
    for word in sorted(clause.own - own - shared):
        if word in held.reading.words:
            yield Difference("role", clause.said, other.said)
            return


def roles(clause: Clause, other: Clause) -> Iterator[Difference]:
    """Yield who is in another part: the giver where the source has the receiver."""
    turned = 0
    for name, mine in clause.roles.items():
        pair = frozenset({mine, other.roles.get(name, mine)})
        turned += 2 * (pair in _CONFLICTS) + (pair == _TURNED)
    if turned > 1:
        yield Difference("role", clause.said, other.said)


_PAIR = 2
"""Characters of a Chinese-style word of the usual kind."""

SAYING = frozenset({"topic", "agent"})


def swapped(claim: Reading, held: Sequence[Held]) -> Iterator[Difference]:
    """Yield two people or bodies that changed their parts: who acts, and for whom."""
    mine = claim.actors
    for one in held:
        theirs = one.reading.actors
        acting = [name for name in mine if mine[name] & SAYING]
        acted = [name for name in theirs if theirs[name] & SAYING]
        for name in acting:
            if name in theirs and not theirs[name] & SAYING:
                other = next(
                    (name for name in acted if name in mine and not mine[name] & SAYING), ""
                )
                if other:
                    yield Difference("role", claim.text, one.reading.text)
                    return


_CONFLICTS = frozenset(
    map(
        frozenset,
        (("topic", "to"), ("topic", "from"), ("agent", "to"), ("agent", "from"), ("to", "from")),
    )
)
_TURNED = frozenset({"agent", "object"})
