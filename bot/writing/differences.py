"""What differs between a clause of a claim and the clause of a source it is held to, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.writing import wordlists
from bot.writing.clauses import read
from bot.writing.moods import PLAIN
from bot.writing.readings import Clause, Mood, Reading
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
        said = self.reading
        return said.words | said.counted | said.compounds | self.over


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
    if word[0] in _EACH_OR_THIS and word[1:] in reach:
        return True
    if any(wordlists.synonymous(word, other) for other in reach):
        return True
    if word not in clause.verbs:
        return False
    for verb in (word, clause.words.get(word, "")):
        stem = [letter for letter in verb if "一" <= letter <= "龥"]
        native = len(stem) == 1 and verb[0] == stem[0] and len(verb) > 1
        if native and any(
            stem[0] in other and len(other) <= _PAIR and _all_kanji(other) for other in reach
        ):
            return True
    return _all_kanji(word) and any(
        other[0] in word and len(other) > 1 and not _all_kanji(other) and "ぁ" <= other[1] <= "ん"
        for other in reach
        if other
    )


_EACH_OR_THIS = frozenset("各本当同")
"""Prefixes that say which, of what the source names itself: 各級, 本村."""


def _short_for(word: str, reach: frozenset[str]) -> bool:
    """Whether a word is one of theirs cut short: 順 for 順次, 通算 in 通算する."""
    return _all_kanji(word) and any(
        len(other) > len(word) and other.startswith(word) and _all_kanji(other) for other in reach
    )


def _all_kanji(word: str) -> bool:
    return all("一" <= letter <= "龥" for letter in word)


def moods(clause: Clause, claim: Reading, other: Clause, reading: Reading) -> Iterator[Difference]:
    """Yield a mood that the source does not have."""
    if _TURNING & set(clause.after) != _TURNING & set(other.after):
        yield Difference("negation", claim.text, reading.text)
        return
    yield from _lost(clause, claim, reading)
    if clause.link and not clause.mood.said:
        return
    told = [
        (one.mood, words)
        for one in clause.bound
        if one.mood.name != PLAIN
        and not _in_words(one.mood, reading)
        and (words := _alike(one.word, reading.words))
    ]
    for mood, words in told:
        if not _made(mood, words, claim, reading):
            yield _of_mood(mood, clause, _told(words, reading), other)
            return
    if not told:
        yield from _softened(clause, claim, other)
        yield from _whole(clause, claim, other, reading)


def _whole(clause: Clause, claim: Reading, other: Clause, reading: Reading) -> Iterator[Difference]:
    """Yield the mood of a clause as a whole where that of the source's is another."""
    mine, theirs = _mood_of(clause, claim), _mood_of(other, reading)
    if clause.done and not other.done and theirs.name in _AHEAD and theirs.said:
        yield Difference("modality", clause.said, theirs.said)
        return
    if _left_out(mine, theirs, clause, other) or _in_words(mine, reading):
        return
    free = {PLAIN} if other.goes_on and not other.mood.said else set[str]()
    said = {mine.name} | ({PLAIN} if clause.goes_on and not clause.mood.said else set[str]())
    if not any(fits(one, name) for one in said for name in {theirs.name, *free}):
        found = _of_mood(mine, clause, theirs, other)
        yield found if found.kind == "negation" else replace(found, source="")


def _left_out(mine: Mood, theirs: Mood, clause: Clause, other: Clause) -> bool:
    """Whether a clause may go without the source's mood.

    That is: the mood is of a word that the claim does not have; 「2回まで」 says of itself what
    「2回まで行うことができる」 says; 続けられる is said of what is done, and of what can be done.
    """
    elsewhere = mine.name == PLAIN and any(one.mood == theirs for one in other.bound)
    if elsewhere and (theirs.name not in _DENIALS or not clause.head):
        return True
    if theirs.name != "may":
        return False
    bounded = any({Bound.UNTIL, Bound.AT_MOST} & set(one.bounds) for one in clause.figures)
    acts = clause.head and clause.verbs - wordlists.wording()
    return (mine.name == PLAIN and not acts and bounded) or clause.passive


_AHEAD = frozenset({"must", "must_not", "should", "try", "plan", "order"})
"""Moods of what is asked for or meant, and so not yet done."""

_DENIALS = frozenset({"no", "must_not", "need_not"})
_TURNING = _DENIALS | {"try", "plan", "should"}
"""Moods that change what the clause before them says: …する、のではない."""


def _of_mood(mine: Mood, clause: Clause, theirs: Mood, other: Clause) -> Difference:
    kind = "negation" if {mine.name, theirs.name} & _DENIALS else "modality"
    return Difference(kind, mine.said or clause.said, theirs.said or other.said)


def _alike(word: str, words: frozenset[str]) -> frozenset[str]:
    """Return the words that say what *word* says: itself where it is there."""
    if word in words:
        return frozenset({word})
    return frozenset(one for one in words if wordlists.synonymous(word, one))


def _made(mood: Mood, words: frozenset[str], claim: Reading, reading: Reading) -> bool:
    """Whether a sentence has a mood at these words, or at others that the claim has without it."""
    if any(fits(mood.name, name) for name in _names(words, reading)):
        return True
    taken = {one.word for clause in claim.clauses for one in clause.bound} - words
    return any(
        fits(mood.name, one.mood.name) and bool(_alike(one.word, claim.words - taken))
        for clause in reading.clauses
        for one in clause.bound
    )


def _names(words: frozenset[str], reading: Reading) -> set[str]:
    """Return the moods that a sentence makes of a word, wherever it stands."""
    found: set[str] = set()
    for clause in reading.clauses:
        if not words & clause.words.keys():
            continue
        of = [one for one in clause.bound if words & one.among]
        found |= {one.mood.name for one in of}
        if not any(one.word in words for one in of):
            whole = clause.goes_on or not clause.bound
            found |= {PLAIN, _mood_of(clause, reading).name if whole else PLAIN}
    return found


def _told(words: frozenset[str], reading: Reading) -> Mood:
    told = (one.mood for clause in reading.clauses for one in clause.bound if one.word in words)
    return next(told, Mood())


def _in_words(mood: Mood, reading: Reading) -> bool:
    """Whether a sentence says with a word of its own what tells a mood: 検討し, 可能性, 考える."""
    if mood.name == "maybe":
        hedges = wordlists.table()["hedges"]["maybe"]
        return any(wordlists.same(word) in reading.words for word in hedges)
    if mood.name not in {"plan", "try"}:
        return False
    return any(_alike(word, reading.words) for word in read(mood.said).words)


def _softened(clause: Clause, claim: Reading, other: Clause) -> Iterator[Difference]:
    """Yield what the source only hopes, plans or fears, and the claim says is so."""
    soft = {wordlists.same(word) for word in wordlists.table()["hedges"]["japanese"]}
    if not clause.head or soft & claim.words or clause.link or clause.mood.name != PLAIN:
        return
    said = other.words.get(clause.head)
    for word in sorted(soft & (other.words.keys() - other.modal)):
        if said and other.said.find(said) < other.said.find(other.words[word]):
            yield Difference("modality", "", other.words[word])
            return


def _lost(clause: Clause, claim: Reading, reading: Reading) -> Iterator[Difference]:
    """Yield a mood that the source makes of a word and the claim does not."""
    for also in reading.clauses:
        for one in also.bound:
            words = _alike(one.word, frozenset(clause.words))
            if not words and one.mood.name in _DENIALS:
                words = one.among & clause.words.keys()
                words = words if one.word in also.verbs or not also.verbs else frozenset()
                words = words if len(words) >= len(one.among) / 2 else frozenset()
            able = one.mood.name == "may" and clause.passive
            if not words or able or (clause.link and one.mood.name not in _DENIALS):
                continue
            mine = _names(words | {one.word}, claim)
            theirs = _names(frozenset({one.word}), reading)
            if not any(fits(name, other) for name in mine for other in theirs):
                yield _of_mood(_told(words, claim), clause, one.mood, also)
                return


def _mood_of(other: Clause, reading: Reading) -> Mood:
    """Return the mood of a clause; one that goes on without its own has that of the next."""
    if other.mood.said or other.link or not other.goes_on:
        return other.mood
    at = reading.clauses.index(other)
    for later in reading.clauses[at + 1 :]:
        if later.mood.said and later.link != "attribute":
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
        if also.hangs or not other.has_topic or not also.has_topic:
            shared |= also.words.keys()
        elif also.start < other.start and _TOPIC not in other.roles.values():
            shared |= also.topic
    moved = (clause.own - own - shared) & held.reading.words
    spoken_of = frozenset[str]().union(*(also.topic for also in held.reading.clauses))
    if len(moved) > 1 or moved & (spoken_of | clause.verbs):
        yield Difference("role", clause.said, "")


_TOPIC = "topic"


def roles(clause: Clause, other: Clause) -> Iterator[Difference]:
    """Yield who is in another part: the giver where the source has the receiver."""
    turned = 0
    for name, mine in clause.roles.items():
        pair = frozenset({mine, other.roles.get(name, mine)})
        acts = name.endswith(wordlists.actors()) or "than" in pair
        turned += (1 + acts) * (pair in _CONFLICTS) + (pair == _TURNED)
    if turned > 1:
        yield Difference("role", clause.said, other.said)


_PAIR = 2
"""Characters of a Chinese-style word of the usual kind."""

_CONFLICTS = frozenset(
    map(
        frozenset,
        (
            ("topic", "to"),
            ("topic", "from"),
            ("agent", "to"),
            ("agent", "from"),
            ("to", "from"),
            ("than", "topic"),
            ("than", "agent"),
            ("than", "of"),
        ),
    )
)
_TURNED = frozenset({"agent", "object"})
