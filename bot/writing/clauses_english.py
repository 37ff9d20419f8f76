"""An English sentence as its clauses, in the same parts as a Japanese one (`bot.writing.clauses`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.writing import wordlists
from bot.writing.readings import Clause, Mood, Reading
from ingest.language.numbers import Figure, figures
from ingest.language.words import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*", re.IGNORECASE)
_COPULA = re.compile(r"\b(?:is|are|was|were|has|have|prevails?)\b")
_JOINTS = frozenset({"and", "but", "while", "whereas", "which", "so"})


def read_english(text: str) -> Reading:
    """Return the clauses of an English sentence."""
    found = figures(text)
    words = list(_WORD.finditer(text))
    said = [one[0].lower() for one in words]
    moods = list(_phrases(said, "moods"))
    limits = {name: " ".join(said[start:end]) for start, end, name in _phrases(said, "limits")}
    pieces = [_clause(text, start, end, found, moods, words) for start, end in _cuts(text, words)]
    return Reading(
        text, tuple(one for one in pieces if one.words or one.figures), limits, japanese=False
    )


@lru_cache(maxsize=2)
def _listed(table: str) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, phrases in wordlists.table()[table]["english"].items():
        for phrase in phrases:
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, name))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


def _phrases(said: Sequence[str], table: str) -> Iterator[tuple[int, int, str]]:
    """Yield (first, end, class) of the longest phrases of a list, in words."""
    listed, negative = _listed(table), frozenset(wordlists.table()["negative"]["english"])
    at = 0
    while at < len(said):
        for words, name in listed.get(said[at], ()):
            if tuple(said[at : at + len(words)]) == words:
                yield at, at + len(words), name
                at += len(words)
                break
        else:
            if table == "moods" and (said[at] in negative or said[at].endswith("n't")):
                yield at, at + 1, "no"
            at += 1


def _cuts(text: str, words: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each clause, at joints behind a comma and before conditions."""
    opening = frozenset(
        word
        for listed in wordlists.table()["links"]["english"].values()
        for word in listed
        if " " not in word
        and word not in {"therefore", "for", "after", "before", "since", "where", "once", "upon"}
    )
    start = 0
    for at, one in enumerate(words[1:], 1):
        between = text[words[at - 1].end() : one.start()]
        word = one[0].lower()
        if (
            ";" in between
            or word in opening
            or ("," in between and word in _JOINTS)
            or (
                "," in between
                and text[start:].lstrip().split(" ", 1)[0].lower()
                in opening | {"for", "once", "after"}
            )
            or word in {"but", "while", "whereas"}
        ):
            yield start, one.start()
            start = one.start()
    yield start, len(text)


def _clause(
    text: str,
    start: int,
    end: int,
    found: Sequence[Figure],
    moods: Sequence[tuple[int, int, str]],
    words: Sequence[re.Match[str]],
) -> Clause:
    held = tuple(one for one in found if start <= one.start < end)
    bare = text[start:end]
    for one in reversed(held):
        bare = bare[: one.first - start] + " " + bare[one.last - start :]
    known: dict[str, str] = {}
    for match in _WORD.finditer(bare):
        for stem in tokens(match[0]):
            if not stem.isdigit():
                known.setdefault(wordlists.same(stem), match[0])
    mine = [
        one for one in moods if start <= words[one[0]].start() and words[one[1] - 1].end() <= end
    ]
    mood, split = Mood(), len(text)
    for first, last, name in mine:
        if not mood.said or (name != "no" and mood.name == "no"):
            mood = Mood(name, text[words[first].start() : words[last - 1].end()])
            split = words[first].start()
    if mood.said and any(name == "no" for _, _, name in mine) and mood.name in {"may", "must"}:
        mood = Mood("must_not" if mood.name == "may" else "need_not", mood.said)
    head = bare.lstrip().split(" ", 1)[0].lower().strip(",")
    link = next(
        (name for name, listed in wordlists.table()["links"]["english"].items() if head in listed),
        "",
    )
    if not mood.said:
        verb = _COPULA.search(text, start, end)
        split = verb.start() if verb else split
    return Clause(
        text[start:end], known, held, mood, link,
        _roles(text[start:split], text[split:end]) if start < split < end else {},
        frozenset(known), tuple(text[one.first : one.last] for one in held),
        start,
    )  # fmt: skip


def _roles(before: str, behind: str) -> dict[str, str]:
    """Return who stands before the verb and who behind it; a passive with "by" turned round."""
    by = behind.lower().find(" by ")
    subject = tokens(before.rsplit(",", 1)[-1])[-_SUBJECT:]
    found = dict.fromkeys(subject, "object" if by >= 0 else "agent")
    if by >= 0:
        found |= dict.fromkeys(tokens(behind[by + 4 :])[:_SUBJECT], "agent")
        behind = behind[:by]
    for stem in tokens(behind):
        found.setdefault(stem, "object")
    return found


_SUBJECT = 2
"""Words right before the verb, or behind "by", that name who does it."""
