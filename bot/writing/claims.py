"""Whether sources say what a sentence says: compared clause by clause, by the parts that bear meaning.

A claim is supported when each of its clauses is said by one clause of a source: with the same
mood (must, may, must not …), the same figures with unit and bound, the same limits and
conditions, nobody in another's part, and no word that the sources do not have. Whatever differs
is told with both sides, so that a reader can see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.writing import wordlists
from bot.writing.clauses import read
from bot.writing.differences import (
    Difference,
    Expand,
    Held,
    Stated,
    behind,
    excepts,
    fits,
    known,
    misplaced,
    moods,
    roles,
    unknown,
    words_over,
)
from bot.writing.edits import edits
from bot.writing.figures import figures
from bot.writing.places import swapped
from bot.writing.readings import Clause, Reading
from ingest.language.numbers import same

__all__ = ["Difference", "Finding", "Stated", "Verdict", "compare"]


class Verdict(StrEnum):
    """What comparing a sentence with its sources comes to."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    PARTIAL = "partial"
    UNFOUNDED = "unfounded"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a sentence, what differs, and which of the sources (by place) it rests on."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    sources: tuple[int, ...] = ()


_PART = 0.75
"""Share of a clause's words that its source must have for the clause to stand in part."""

_CLOSE = 0.6
"""Share of a clause's words that its source must have for a difference to be one about the same
thing (chosen on the development half of the sets in docs/checking.md)."""


def compare(
    said: str,
    sources: Sequence[Stated],
    *,
    expand: Expand = lambda _text: (),
    asked: str = "",
) -> Finding:
    """Return whether *sources* say what the sentence *said* says.

    A condition that the question *asked* names need not be said again. What the sources say in
    brackets may be left out, where it limits nothing.
    """
    found = _against_all(said, sources, expand, asked)
    bare = [replace(one, text=_without_asides(one.text)) for one in sources]
    if found.verdict is Verdict.SUPPORTED or bare == list(sources):
        return found
    again = _against_all(said, bare, expand, asked)
    return again if again.verdict is Verdict.SUPPORTED else found


_ASIDE = re.compile(r"[（(][^（）()]{1,120}[）)]")


def _without_asides(text: str) -> str:
    return _ASIDE.sub(lambda match: match[0] if _limits_it(match[0]) else "", text)


def _limits_it(aside: str) -> bool:
    reading = read(aside[1:-1])
    return bool(reading.limits) or any(wordlists.same(word) in reading.words for word in _COUNTS)


_COUNTS = ("含む", "除く", "限る")
"""Verbs of an aside that says what counts."""


def _against_all(said: str, sources: Sequence[Stated], expand: Expand, asked: str) -> Finding:
    claim = read(said)
    held = [
        Held(at, one, read(one.text), words_over(one.context)) for at, one in enumerate(sources)
    ]
    if not held or not claim.clauses:
        return Finding(Verdict.UNFOUNDED)
    lent = (
        frozenset(word for name in expand(said) for word in read(name).words)
        if claim.japanese != held[0].reading.japanese
        else frozenset[str]()
    )
    held = [replace(one, over=one.over | behind(held, one.at)) for one in held]
    judged = [_judged(clause, claim, held, lent) for clause in claim.clauses if _says(clause)]
    if not judged:
        return Finding(Verdict.UNFOUNDED)
    used = tuple(dict.fromkeys(one.source for one in judged if one.source >= 0))
    rests = [held[at] for at in used]
    limits = (
        *_limits(claim, held, used),
        *_conditions(claim, rests, judged, read(asked).words if asked else frozenset()),
        *swapped(claim, rests),
    )
    judged = list(_joined(judged, claim, held))
    differences = tuple(dict.fromkeys(found for one in judged for found in one.differences))
    return Finding(_verdict(judged, limits), (*differences, *limits), used)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A clause of a claim: the source it was held to, how near that is, and what differs."""

    clause: Clause
    source: int = -1
    against: Clause | None = None
    share: float = 0.0
    differences: tuple[Difference, ...] = ()

    @property
    def stands(self) -> bool:
        return self.source >= 0 and not self.differences


def _joined(judged: Sequence[_Judged], claim: Reading, held: Sequence[Held]) -> Iterator[_Judged]:
    """Yield the clauses; one without its own topic may not go on with another source's.

    Two sources joined into one sentence must still speak of the same: what the later source
    speaks of has to be said.
    """
    last: _Judged | None = None
    topic = frozenset[str]()
    cut = set(_cut_short(judged, claim, held))
    for at, one in enumerate(judged):
        after = judged[at + 1] if at + 1 < len(judged) else None
        found = one
        if one.clause.has_topic:
            topic = one.clause.topic
        elif last and one.stands and last.source != one.source:
            spoken = held[one.source].reading.topics
            shorter = bool(topic) and topic <= spoken
            known_of = spoken and (shorter or spoken <= claim.words)
            if not known_of or not topic <= held[one.source].reach():
                found = _of_another(one, held)
        apart = after is not None and after.source not in {one.source, -1}
        if one.stands and one.clause.hangs and after and apart:
            needed = held[after.source].reach()
            found = found if one.clause.own <= needed else _of_another(one, held)
        if one.source >= 0:
            last = one
        if one.source in cut and found.stands:
            found = _of_another(one, held)
        yield found


def _cut_short(judged: Sequence[_Judged], claim: Reading, held: Sequence[Held]) -> Iterator[int]:
    """Yield the sources of which a claim that joins several leaves out what they come to.

    Half a sentence before half of another says what neither says.
    """
    joined = {one.source for one in judged if one.source >= 0 and not excepts(held[one.source])}
    for source in joined if len(joined) > 1 else ():
        said = [one for one in held[source].reading.clauses if _says(one)]
        against = [one.against for one in judged if one.source == source and one.against]
        whole = [
            other
            for other in against
            if not other.link and (other is said[-1] or (other.has_topic and other.verbs))
        ]
        if not any(_has(claim, other.head) for other in whole):
            yield source


def _has(claim: Reading, head: str) -> bool:
    return (
        not head
        or head in claim.words
        or any(wordlists.synonymous(head, word) for word in claim.words)
    )


def _of_another(one: _Judged, held: Sequence[Held]) -> _Judged:
    said = held[one.source].stated.text
    return replace(one, differences=(Difference("role", one.clause.said, said),))


def _says(clause: Clause) -> bool:
    return bool(clause.own or clause.figures)


def _judged(clause: Clause, claim: Reading, held: Sequence[Held], lent: frozenset[str]) -> _Judged:
    """Hold a clause to the clause of a source that is nearest; of equals to the one that agrees."""
    candidates = sorted(
        (
            (_nearness(clause, claim, other, one), one.at, other)
            for one in held
            for other in one.reading.clauses
        ),
        key=lambda entry: -entry[0],
    )
    best: _Judged | None = None
    top = candidates[0][0] if candidates else 0.0
    for near, at, other in candidates:
        if near < top - _TIE or near <= 0:
            break
        found = _compared(clause, claim, held[at], other, lent)
        if best is None or len(found.differences) < len(best.differences):
            best = found
        if not found.differences:
            break
    return best or _Judged(clause, differences=tuple(unknown(clause, frozenset())))


_TIE = 0.5


def _nearness(clause: Clause, claim: Reading, other: Clause, held: Held) -> float:
    shared = len(clause.own & other.own)
    alike = sum(any(same(one, two) for two in other.figures) for one in clause.figures)
    around = len(claim.words & held.reading.words - wordlists.wording())
    agrees = -0.5 * ((clause.link == "attribute") != (other.link == "attribute"))
    agrees += 0.05 * len(clause.words.keys() & other.words.keys())
    agrees += 0.25 * fits(clause.mood.name, other.mood.name)
    return shared + alike + 0.2 * around + agrees if shared or alike else 0.0


def _compared(
    clause: Clause, claim: Reading, held: Held, other: Clause, lent: frozenset[str]
) -> _Judged:
    reach = held.reach() | lent
    differences = [
        *(one for one in unknown(clause, reach) if not _cut_otherwise(one.draft, held)),
        *figures(clause, other, held.reading),
        *moods(clause, claim, other, held.reading),
        *misplaced(clause, other, held),
        *roles(clause, other),
    ]
    put = {one.draft: one for one in edits(clause, claim, other, held.reading)}
    differences = [
        put.pop(one.draft, one) if one.kind == "word" and not one.source else one
        for one in differences
    ]
    told = {one.draft for one in differences} | {one.kind for one in differences} & _COUNTED
    differences += [
        one
        for one in put.values()
        if one.draft not in told and not (one.kind == "number" and told & _COUNTED)
    ]
    held_words = sum(known(word, clause, reach) for word in clause.own)
    share = held_words / len(clause.own) if clause.own else 1.0
    return _Judged(clause, held.at, other, share, tuple(_as_opposites(differences, clause, other)))


def _cut_otherwise(said: str, held: Held) -> bool:
    """Whether a source has a word's letters, and only the dictionary cuts them otherwise."""
    return len(said) > 1 and said in held.reading.text


def _as_opposites(
    differences: Iterable[Difference], clause: Clause, other: Clause
) -> Iterator[Difference]:
    """Turn an unknown word into an opposite where the source's clause has its opposite."""
    said = {surface: word for word, surface in clause.words.items()}
    for one in differences:
        against = (
            wordlists.opposites().get(said.get(one.draft, ""), frozenset()) & other.words.keys()
        )
        if one.kind == "word" and against:
            yield replace(one, kind="opposite", source=other.words[min(against)])
        else:
            yield one


def _limits(claim: Reading, held: Sequence[Held], used: Sequence[int]) -> Iterator[Difference]:
    """Yield limits that the claim lost or added."""
    theirs: dict[str, str] = {}
    excepting = [one for one in held if one.at - 1 in used and excepts(one)]
    for one in [*(held[at] for at in used), *excepting]:
        told = {"exception"} if one.at in used and excepts(one) else set()
        theirs |= {name: said for name, said in one.reading.limits.items() if name not in told}
    also = {name for at in used for name in held[at].reading.limits}
    stated = [held[at].reading for at in used]
    also |= {"even"} if any(one.surface == "も" for had in stated for one in had.tokens) else set()
    for name, said in claim.limits.items():
        if name == "principle" and "exception" in {*theirs, *also, *claim.limits}:
            continue  # what has an exception holds in principle
        if name not in theirs and name not in also:
            yield Difference("limit", said, "")
    if "exception" in claim.limits:
        theirs.pop("waived", "")
    for name, said in theirs.items():
        if name not in claim.limits and name != "even":
            yield Difference("limit", "", said)


def _conditions(
    claim: Reading, used: Sequence[Held], judged: Sequence[_Judged], asked: frozenset[str]
) -> Iterator[Difference]:
    """Yield conditions and causes that the claim lost, and causes that it added."""
    against = {id(one.against) for one in judged}
    for one in used:
        for clause in one.reading.clauses:
            shared = len(clause.own & (claim.words | asked))
            hangs = clause.link in {"condition", "cause"} and id(clause) not in against
            if hangs and shared < len(clause.own) / 2:
                yield Difference(clause.link, "", clause.said)
    for found in judged:
        if found.clause.link == "cause" and found.against and found.against.link != "cause":
            yield Difference("cause", found.clause.said, "")


_COUNTED = frozenset({"number", "unit", "bound"})
_PLAIN_DIFFERENCES = frozenset(
    {"number", "unit", "bound", "modality", "negation", "opposite", "role"}
)


def _verdict(judged: Sequence[_Judged], limits: Sequence[Difference]) -> Verdict:
    standing = [one for one in judged if one.stands]
    if len(standing) == len(judged) and not limits:
        return Verdict.SUPPORTED
    if any(one.kind == "role" for one in limits):
        return Verdict.CONTRADICTED
    if any(one.draft for one in limits) and all(_but_limits(one) for one in judged):
        return Verdict.CONTRADICTED
    if any(_contradicts(one) for one in judged):
        return Verdict.CONTRADICTED
    if standing or any(one.share >= _PART for one in judged):
        return Verdict.PARTIAL
    return Verdict.UNFOUNDED


def _but_limits(one: _Judged) -> bool:
    """Whether a source has every word of a clause, and differs at most in what it limits."""
    return one.share == 1 and {found.kind for found in one.differences} <= {"limit"}


def _contradicts(one: _Judged) -> bool:
    """Whether a clause speaks of the same as its source, and says otherwise.

    A mood says otherwise only of what the source makes a verb of, and a value that the source
    does not count only where it says of the very same what it is.
    """
    other = one.against
    if other is None:
        return False
    plain = {found.kind for found in one.differences if found.source} & _PLAIN_DIFFERENCES
    strange = sum(found.kind == "word" and not found.source for found in one.differences)
    if any(found.kind == "word" and found.source for found in one.differences):
        return strange <= 1 and one.share >= _CLOSE
    if plain & (_COUNTED | {"opposite"}):
        return one.share >= (_PART if strange else _CLOSE)
    if "role" in plain and not strange and len(one.clause.own) > 1:
        return True
    if plain:
        acts = bool(other.verbs or other.mood.said)
        return acts and one.share >= _PART and len(one.clause.own) > 1 + bool(strange)
    counted = any(found.kind == "number" for found in one.differences)
    topic = one.clause.topic
    return counted and not one.clause.head and bool(topic) and topic == other.topic
