"""What was put in another's place in a clause that repeats its source nearly word for word.

A wording of one's own changes the order and the little words; a clause that runs along its source
and has another noun, figure or limiting particle where the source has its own says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bot.writing import wordlists
from bot.writing.differences import Difference
from bot.writing.readings import Clause, Reading, Token

_ALONG = 0.7
"""Share of a clause's words that must stand in its source in the same order."""

_MOVED = frozenset({"のみ"})
"""Particles that limit what they stand behind, and nothing else."""

_FEWEST, _LONGEST = 4, 3
"""Words that a clause must have to run along a source; words that may be put for others at once."""


def edits(clause: Clause, claim: Reading, other: Clause, source: Reading) -> Iterator[Difference]:
    """Yield the words of a clause that stand in the place of others of its source's clause."""
    mine = [
        one for one in claim.tokens if clause.start <= one.start < clause.start + len(clause.said)
    ]
    theirs = source.tokens
    if len(mine) < _FEWEST:
        return
    matcher = SequenceMatcher(
        None, [one.word for one in mine], [one.word for one in theirs], autojunk=False
    )
    if sum(block.size for block in matcher.get_matching_blocks()) < _ALONG * len(mine):
        return
    put: list[tuple[Sequence[Token], Sequence[Token]]] = []
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "replace" and max(last - first, end - start) <= _LONGEST:
            put.append((mine[first:last], theirs[start:end]))
        elif kind in {"insert", "delete"}:
            for one in mine[first:last]:
                if one.word in _MOVED:
                    yield Difference("limit", one.surface, "")
    changed = [pair for ours, others in put for pair in _put_for(ours, others)]
    turned = {(one.word, two.word) for one, two in changed}
    for one, two in changed:
        if _lost(one, two, claim, other, source) or (two.word, one.word) in turned:
            told = {"figure": "number", "limit": "limit"}.get(one.kind, "word")
            yield Difference(told, one.surface, two.surface)


def _lost(one: Token, two: Token, claim: Reading, other: Clause, source: Reading) -> bool:
    """Whether a word is not the source's, or the source's in its place is not the claim's."""
    said = frozenset(token.word for token in claim.tokens)
    if _within(one, source.text) or (two.word not in said and _within(two, claim.text)):
        return False
    if all(one.word != token.word for token in source.tokens):
        return True
    names = one.kind != "figure" and one.surface != two.surface and two.word not in said
    return names and other.start <= two.start < other.start + len(other.said)


def _within(one: Token, text: str) -> bool:
    """Whether a word is there after all, cut otherwise: 本村 and 本, 村."""
    return one.kind == "word" and len(one.surface) > 1 and one.surface in text


def _put_for(mine: Sequence[Token], theirs: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Yield the first word that has another in its place, and that other."""
    said, stood = [one for one in mine if one.kind], [one for one in theirs if one.kind]
    lost = [two for two in stood if not any(_alike(one, two) for one in said)]
    for one in said:
        if any(_alike(one, two) for two in stood):
            continue
        two = next((two for two in lost if two.kind == one.kind), None)
        if two is not None:
            yield one, two
            return


def _alike(one: Token, two: Token) -> bool:
    return one.word == two.word or wordlists.synonymous(one.word, two.word)
