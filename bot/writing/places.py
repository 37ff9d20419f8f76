"""What changed places between a claim and its sources: who acts, what is whose, what is joined how.

Every word of a claim may stand in its source, and the claim still say otherwise: 甲は赤、乙は青 for
甲は青、乙は赤.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.writing import wordlists
from bot.writing.differences import Difference, Held
from bot.writing.readings import Clause, Reading
from ingest.language.words import tokens

_SAYING = frozenset({"topic", "agent"})


def swapped(claim: Reading, held: Sequence[Held]) -> Iterator[Difference]:
    """Yield at most one difference for each source in which two things changed their places."""
    for one in held:
        source = one.reading
        turned = (
            _actors_turned(claim, source)
            or _another_acts(claim, source)
            or _parts_exchanged(claim, source)
            or _verb_left_out(claim, source)
            or _another_brings(claim, source)
            or _exchanged(_bearing(claim), _bearing(source))
            or _reversed(_bearing(claim), _bearing(source))
            or (not claim.japanese and _turned_round(claim, source))
        )
        if turned:
            yield Difference("role", claim.text, source.text)
        yield from _joined(claim.text, source.text)


def _actors_turned(claim: Reading, source: Reading) -> bool:
    """Whether one who acts in the source does not in the claim, and another does for it."""
    mine, theirs = claim.actors, source.actors
    acted = [name for name in theirs if theirs[name] & _SAYING]
    return any(
        name in theirs
        and not theirs[name] & _SAYING
        and any(other in mine and not mine[other] & _SAYING for other in acted)
        for name in mine
        if mine[name] & _SAYING
    )


def _another_acts(claim: Reading, source: Reading) -> bool:
    """Whether one of whom the claim speaks only stands beside in the source, and the other way round.

    Only people and bodies: what is done to something may be its topic. A passive turns both round,
    and 総務省では tells who does it.
    """
    if not claim.japanese or _passive(claim) != _passive(source):
        return False
    theirs = _doers(source)
    for part in ("topic", "agent"):
        mine = _people(claim, part)
        for one in mine:
            at = source.text.find(one)
            if at < 0 or any(one in two or two in one for two in theirs):
                continue
            acts = source.text[at + len(one) :].startswith(_BY)
            done = any(clause.roles.get(one) == "object" for clause in source.clauses)
            if not acts and not done and any(_stands_beside(two, claim, mine) for two in theirs):
                return True
    return False


_BY = ("で", "によ")


def _people(reading: Reading, part: str) -> list[str]:
    """Return the people and bodies that stand in a part of a sentence."""
    return [
        name
        for one in reading.clauses
        for name, role in one.roles.items()
        if role == part and name.rstrip("等側ら").endswith(wordlists.actors())
    ]


def _passive(reading: Reading) -> bool:
    return any(clause.passive for clause in reading.clauses if clause.link != "attribute")


def _doers(reading: Reading) -> list[str]:
    """Return whom a sentence speaks of: the people in its topics, or those who act."""
    return _people(reading, "topic") or _people(reading, "agent")


def _stands_beside(name: str, claim: Reading, mine: Sequence[str]) -> bool:
    """Whether the claim has a name, or the end of it, and not as the one of whom it speaks."""
    for start in range(max(1, len(name) - 1)):
        short = name[start:]
        at = claim.text.find(short)
        if at < 0:
            continue
        behind = claim.text[at + len(short) : at + len(short) + 1]
        apart = not any(short in one or one in name for one in mine)
        return apart and behind in _BESIDE_IT
    return False


_BESIDE_IT = frozenset("のとにをへがか")
"""Letters that begin what follows a name of which a sentence does not speak."""


def _parts_exchanged(claim: Reading, source: Reading) -> bool:
    """Whether two nouns exchanged the parts they stand in: 甲は乙と for 乙は甲と."""
    mine, theirs = _parts(claim), _parts(source)
    moved = {
        (theirs[name], part): name for name, part in mine.items() if theirs.get(name, part) != part
    }
    return any(
        (after, before) in moved
        and (
            {before, after} not in _WORDED
            or {name, moved[after, before]} <= claim.actors.keys()
            or ({before, after} == _WORDED[0] and not _passive(claim) and not _passive(source))
        )
        for (before, after), name in moved.items()
    )


_WORDED: tuple[set[str], ...] = (
    {"topic", "object"}, {"topic", "of"}, {"object", "of"}, {"to", "of"},
)  # fmt: skip
"""Parts that a noun changes with the voice or as a sentence becomes a noun; people do not."""


def _parts(reading: Reading) -> dict[str, str]:
    """Return the nouns that stand in one part only, with that part."""
    found: dict[str, set[str]] = {}
    for clause in reading.clauses if reading.japanese else ():
        for name, role in clause.roles.items():
            found.setdefault(name, set()).add("topic" if role == "agent" else role)
    return {name: next(iter(parts)) for name, parts in found.items() if len(parts) == 1}


def _verb_left_out(claim: Reading, source: Reading) -> bool:
    """Whether a thing is only done in the claim, and the source says what: 検査を省略する."""
    theirs = dict(source.acts)
    return any(
        verb in wordlists.wording()
        and theirs.get(thing, verb) not in wordlists.wording() | claim.words
        and not {letter for letter in verb if letter >= "一"} & set(theirs.get(thing, ""))
        for thing, verb in claim.acts
    )


def _another_brings(claim: Reading, source: Reading) -> bool:
    """Whether both tell by what something comes about, and name nothing alike: Xにより and Yにより."""
    mine, theirs = _bringing(claim), _bringing(source)
    return bool(mine and theirs) and not any(
        one in theirs or any(wordlists.synonymous(one, other) for other in theirs) for one in mine
    )


def _bringing(reading: Reading) -> frozenset[str]:
    """Return the words before により, に伴い and their like, back to the next particle that parts."""
    found: set[str] = set()
    for match in _BY_WHICH.finditer(reading.text):
        end = match.start()
        for one in reversed([token for token in reading.tokens if token.start < match.start()]):
            if one.word in _PARTING or _STOP.search(reading.text, one.start, end):
                break
            found |= {one.word} if one.kind == "word" else set()
            end = one.start
    return frozenset(found)


_BY_WHICH = re.compile("に(?:より|よって|よる|伴い|伴って|つれて)")
_PARTING = frozenset("はがをもでに")
_STOP = re.compile("[、。]")


def _bearing(reading: Reading) -> list[tuple[str, str]]:
    """Return the words and figures of a sentence, each with the next particle behind it."""
    found: list[tuple[str, str]] = []
    particle = ""
    for one in reversed(reading.tokens):
        if one.kind in {"word", "figure"}:
            found.append((one.word, particle))
            particle = ""
        elif one.word in _PARTICLES:
            particle = one.word
    return found[::-1]


_PARTICLES = frozenset("はがをにへとでのも")


def _exchanged(mine: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]]) -> bool:
    """Whether two words exchanged what stands behind them, among the words that both have once.

    Both stand before the same particle as they did: another one is another order, not another fact.
    """
    counts = [Counter(word for word, _ in words) for words in (mine, theirs)]
    once = {word for word, count in counts[0].items() if count == counts[1].get(word) == 1}
    here, there = (dict(_pairs(words, once)) for words in (mine, theirs))
    stands, stood = dict(mine), dict(theirs)
    owner = {behind: word for word, behind in there.items()}
    for word, behind in here.items():
        other, lost = owner.get(behind), there.get(word)
        if other is None or lost is None or len({word, behind, other, lost}) != _ALL:
            continue
        kept = stands[word] == stood[word] and stands[other] == stood[other]
        if kept and here.get(other) == lost:
            return True
    return False


_ALL = 4


def _reversed(mine: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]]) -> bool:
    """Whether two words before one particle changed their order, and stand before it still.

    Words before と are a list, whose order says nothing, and の is before any noun.
    """
    counts = [Counter(word for word, _ in words) for words in (mine, theirs)]
    stood = {one: at for at, one in enumerate(theirs) if counts[1][one[0]] == 1}
    last: dict[str, int] = {}
    for word, particle in mine:
        at = stood.get((word, particle), -1)
        if particle in {"", "と", "の"} or at < 0 or counts[0][word] != 1:
            continue
        if at < last.get(particle, -1):
            return True
        last[particle] = at
    return False


def _pairs(words: Sequence[tuple[str, str]], among: set[str]) -> Iterator[tuple[str, str]]:
    return pairwise(word for word, _ in words if word in among)


def _turned_round(claim: Reading, source: Reading) -> bool:
    """Whether English words before and behind a third changed sides, and no passive explains it."""
    passive = [bool(_PASSIVE.search(one.text)) for one in (claim, source)]
    if passive[0] != passive[1]:
        return False
    return any(
        _sides_changed(_stems(clause), _stems(other))
        for clause in claim.clauses
        for other in source.clauses
    )


_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)(?: [a-z]+){0,2} [a-z]+(?:ed|en)\b|\bby\b"
)


def _stems(clause: Clause) -> list[tuple[str, bool]]:
    """Return the stems of an English clause that say something, and whether each may be a verb."""
    found: list[tuple[str, bool]] = []
    before = ""
    for match in _WORD.finditer(clause.said):
        stems = [wordlists.same(stem) for stem in tokens(match[0])]
        acts = before not in _BEFORE_NOUN and not before.endswith("'s")
        found += [(stem, acts) for stem in stems if stem in clause.own]
        before = match[0]
    return found


_WORD = re.compile(r"[a-z0-9'-]+")
_BEFORE_NOUN = frozenset(
    ["the", "a", "an", "of", "its", "their", "his", "her", "any", "no", "this", "that", "in", "for"]
)


def _sides_changed(mine: Sequence[tuple[str, bool]], theirs: Sequence[tuple[str, bool]]) -> bool:
    """Whether the words right before a verb stand behind it in the other sentence, on both sides."""
    here, there = ([stem for stem, _ in words] for words in (mine, theirs))
    for at, (word, acts) in enumerate(mine):
        if not at or not acts or here.count(word) != 1 or there.count(word) != 1:
            continue
        other = there.index(word)
        if not other or not theirs[other][1]:
            continue
        if _moved(here[at - 1], there, other) and _moved(there[other - 1], here, at):
            return True
    return False


def _moved(word: str, words: Sequence[str], at: int) -> bool:
    """Whether a word stands soon behind a place, and not before it."""
    return word in words[at + 1 : at + 1 + _SOON] and word not in words[:at]


_SOON = 3


def _joined(said: str, stated: str) -> Iterator[Difference]:
    """Yield an "and" between the words that the source has an "or" between, or the reverse."""
    joints, stood = list(_joints(said)), list(_joints(stated))
    theirs = {(before, behind): (name, word) for before, name, word, behind in stood}
    others = {name: word for _, name, word, _ in stood}
    for before, name, word, behind in joints:
        against, other = theirs.get((before, behind), (name, word))
        if against != name:
            yield Difference("limit", word, other)
        elif others and name not in others:
            yield Difference("limit", word, next(iter(others.values())))


_BESIDE = 2


def _joints(text: str) -> Iterator[tuple[str, str, str, str]]:
    for name, words in wordlists.table()["joints"].items():
        for word in words:
            at = text.find(word)
            while at > 0:
                end = at + len(word)
                yield text[max(0, at - _BESIDE) : at], name, word, text[end : end + _BESIDE]
                at = text.find(word, end)
