"""What reading a sentence comes to: its clauses, and the parts of each that bear meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from bot.writing import wordlists
from bot.writing.moods import PLAIN
from ingest.language.numbers import Figure

AGENT, TOPIC = "agent", "topic"
"""The parts of whom or what a clause speaks of."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What a clause makes of its verb, and the words that say so."""

    name: str = PLAIN
    said: str = ""


class Token(NamedTuple):
    """A word, figure or limiting particle where it stands; *kind* is "" for what bears nothing."""

    word: str
    surface: str
    kind: str
    start: int


class Bound(NamedTuple):
    """A mood and the word that it is made of (提出 of 提出を行わなければならない).

    *among* are the words that stand with it, which the mood may be of too: 確認し、提出しなければならない.
    """

    mood: Mood
    word: str
    among: frozenset[str]


@dataclass(frozen=True, eq=False)
class Clause:
    """A part of a sentence with one verb, or none.

    *words* are its words in one spelling and as they are said; *link* is "condition", "cause",
    "attribute" or "". *roles* tells for the last word before a particle in which part it stands.
    *around* are for each figure the words beside it; *head* is the last word that says something, "" where that is a figure;
    *done* tells whether it speaks of what has been done or is (完了した, 実施している);
    *after* are the moods that follow in clauses without a word of their own (…する, のではない).
    """

    said: str
    words: dict[str, str]
    figures: tuple[Figure, ...] = ()
    mood: Mood = field(default_factory=Mood)
    link: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    verbs: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    start: int = 0
    goes_on: bool = False
    anchors: tuple[str, ...] = ()
    around: tuple[frozenset[str], ...] = ()
    head: str = ""
    after: tuple[str, ...] = ()
    bound: tuple[Bound, ...] = ()
    modal: frozenset[str] = frozenset()
    done: bool = False
    passive: bool = False

    @cached_property
    def own(self) -> frozenset[str]:
        """The words without those that say nothing by themselves, or only tell the mood."""
        return frozenset(self.words) - wordlists.wording() - self.modal

    @property
    def has_topic(self) -> bool:
        """Whether the clause says of whom it speaks."""
        return bool({TOPIC, AGENT} & set(self.roles.values()))

    @cached_property
    def topic(self) -> frozenset[str]:
        """The words of whom or what the clause speaks of, without those that say nothing."""
        said = [name for name, role in self.roles.items() if role in {TOPIC, AGENT}]
        return (
            frozenset(
                word
                for word, surface in self.words.items()
                if any(surface in name for name in said)
            )
            - wordlists.wording()
        )

    @property
    def hangs(self) -> bool:
        """Whether the clause says nothing without the next: a condition, a cause, a bare topic."""
        verbs = self.verbs - wordlists.wording()
        return bool(self.link) or not (verbs or self.mood.said or self.figures)


@dataclass(frozen=True, eq=False)
class Reading:
    """A sentence, read: its clauses in order and what it limits."""

    text: str
    clauses: tuple[Clause, ...]
    limits: dict[str, str]
    japanese: bool
    tokens: tuple[Token, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()
    """The nouns that something is done to, each with the verb right behind it."""
    counted: frozenset[str] = frozenset()
    """The words inside its figures: 年度 in 毎年度."""

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the sentence in one spelling."""
        return frozenset[str]().union(*(clause.words for clause in self.clauses))

    @cached_property
    def compounds(self) -> frozenset[str]:
        """The words of Chinese characters alone, as they are said: 増殖, whatever stands for it."""
        said = (surface for clause in self.clauses for surface in clause.words.values())
        return frozenset(one for one in said if all("一" <= letter <= "龥" for letter in one))

    @cached_property
    def topics(self) -> frozenset[str]:
        """The words of whom or what its main clauses speak of."""
        return frozenset[str]().union(*(one.topic for one in self.clauses if not one.link))

    @cached_property
    def actors(self) -> dict[str, frozenset[str]]:
        """The people and bodies of the sentence, in order, with the parts they stand in."""
        found: dict[str, frozenset[str]] = {}
        for clause in self.clauses:
            for name, role in clause.roles.items():
                if name.endswith(wordlists.actors()):
                    found[name] = found.get(name, frozenset()) | {role}
        return found

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """All figures of the sentence, in order."""
        return tuple(one for clause in self.clauses for one in clause.figures)
