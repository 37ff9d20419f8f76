"""How sure we are that an answer is among the passages at all: what declining rests on.

A question whose every word stands in a passage may still not be answered by it (the cost of a
case that is told without figures, the right project of another town). So what is weighed is not
only how much of the question the passages say, but also which of its names and figures they
leave out, and whether they hold the kind of thing that is asked for.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

from index.kinds import KINDS, asked_for, subject, topic
from ingest.japanese import is_japanese, joints, normalise, nouns, proper_nouns, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.passages import Passage
    from index.search.glossary import Glossary
    from index.search.lexical import Bm25
    from ingest.chunks import Chunk

_LOOKED_AT = 5
_GOOD, _NEAR, _OWNING = 0.4, 0.7, 1.0
"""From what share of the best a passage or window must give the kind, and a passage the names."""

_VERB = 0.4
_MISSPELT = 0.6
"""From what share of its pieces on a word that nobody knows is taken for a misspelt one."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE_END = re.compile(r"(?<=[。！？])|\n|(?<=[.!?])\s")
# How it is to be told or whether it will do, which names nothing that a text could say.
_MANNER = re.compile(
    r"(?:日本語|英語)(?:だと|では|で(?!き)|に(?:すると|訳すと))|\bin (?:japanese|english)\b"
    r"|(?:(?<=で)|(?<=ても)|(?<=でも))(?:いい|良い|よい|大丈夫|構わない|かまわない)(?:です|の|ん)*か?[?]?$"
    r"|(?:(?<=ないと)|(?<=ては)|(?<=ちゃ))(?:ダメ|だめ|駄目|いけない)(?:です|な|の|ん)*か?[?]?$",
    re.IGNORECASE,
)
# Words as `tokens` gives them that say how something is asked or counted: a text that answers
# need not say them.
_LIGHT = frozenset(
    re.findall(
        r"\S+",
        "名前 名称 一緒 番 番目 前 後 先 目 駄目 場面 違い 最後 最初 最終 順番 両方 片方 略 扱い 有り アリ 訳 一言 原因 理由 分野"
        " 種類 全部 具体 詳細 概要 一覧 説明 意味 感じ 話 例 他 中 内 外 上 下 方 点 事 物 所 時 場合 日本 英語 語 何県 何市"
        " mani much more most thing list find found keep describ come came everi each abl don't kind sort way"
        " make made give given get got say said take taken put use let know look mean name long often there"
        " happen call complet exampl differ tell help any all both one two first last next",
    )
)
_GAPS = re.compile(r"[\s・]")
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer being there; each from 0 to 1 but *stands_out*.

    *covered* is the rarity-weighted share of the question's concepts in the best passage,
    *together* the same within one or two sentences. *thing_missing* is the share of what the
    question names that the best two sentences lack, *unknown* that which no document says at all,
    *joint_missing* that of the joints of its
    compound nouns which no passage has. *name_missing* is the share of the
    question's proper names that the good passage with most of them lacks, *figure_missing* that
    of its figures which no passage says. *kind_missing* is 1 when a kind of thing is asked for
    (a sum, a date, a town; a meaning, of a name that is said) that no good passage holds,
    *kind_apart* when no good sentence does.
    *stands_out* is by how many standard deviations the best passage stands out of all.
    """

    covered: float
    together: float
    thing_missing: float
    unknown: float
    joint_missing: float
    name_missing: float
    figure_missing: float
    kind_missing: float
    kind_apart: float
    stands_out: float


# Logistic regression, made by benchmarks/confidence.py, which says on what, and how it does on
# questions that it was not fitted to.
WEIGHTS = Signs(
    covered=2.15,
    together=2.00,
    thing_missing=-1.36,
    unknown=-1.79,
    joint_missing=-1.82,
    name_missing=-3.88,
    figure_missing=-2.94,
    kind_missing=-4.75,
    kind_apart=-1.65,
    stands_out=0.36,
)
BIAS = -0.7


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing the question says: the word sets of its names, any of which would do.

    *thing* is true where it names something rather than says what is done. *pieces* are the
    pieces of a word that nobody knows, by which a misspelling is recognised.
    """

    names: tuple[frozenset[str], ...]
    rarity: float
    thing: bool
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a chunk says, worked out once: which windows of one or two sentences hold which words.

    *at* maps a word to the windows that hold it, a bit each, from *windows* in all; words of the
    context are in each. *flat* is its text and context without gaps. *given* remembers what it
    holds of a kind.
    """

    windows: int
    at: dict[str, int]
    texts: tuple[str, ...]
    flat: str
    plain: str
    figures: frozenset[str]
    given: dict[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def holds(self, concept: Concept) -> tuple[float, int]:
        """Return how much of a concept is said, from 0 to 1, and in which windows."""
        every = (1 << self.windows) - 1
        said, where = 0.0, 0
        for name in concept.names:
            bits = every
            for word in name:
                at = self.at.get(word)
                if at is None:
                    break
                bits &= at
            else:
                said, where = 1.0, where | bits
        if not said and concept.pieces:
            share = sum(piece in self.flat for piece in concept.pieces) / len(concept.pieces)
            if share >= _MISSPELT:
                return share, every
        return said, where

    def gives(self, kind: int) -> tuple[tuple[str, int], ...]:
        """Return what is held of a kind, each with the windows it stands in."""
        if kind not in self.given:
            found: dict[str, int] = {}
            for at, text in enumerate(self.texts):
                for match in KINDS[kind].given.finditer(text):
                    found[match[0]] = found.get(match[0], 0) | 1 << at
            self.given[kind] = tuple(found.items())
        return self.given[kind]


class Confidence:
    """Weighs what the question says against what the best passages say."""

    def __init__(self, words: Bm25, glossary: Glossary, scale: float = 1.0) -> None:
        """Take the index that knows how rare each word is.

        *scale* is what a passage's score is divided by to get standard deviations.
        """
        self._words = words
        self._glossary = glossary
        self._scale = scale
        self._said: dict[tuple[str, int, int], _Said] = {}

    def of(self, question: str, passages: Sequence[Passage]) -> float:
        """Return the probability, from 0 to 1, that *passages* hold the answer."""
        found = self.signs(question, passages)
        if found is None:
            return 0.0
        total = BIAS + sum(w * s for w, s in zip(astuple(WEIGHTS), astuple(found), strict=True))
        return 1 / (1 + math.exp(-total))

    def signs(self, question: str, passages: Sequence[Passage]) -> Signs | None:
        """Return what speaks for and against, or None where there is nothing to weigh."""
        question = _MANNER.sub("", unicodedata.normalize("NFKC", question))
        concepts = self.concepts(question)
        total = sum(concept.rarity for concept in concepts)
        said = [self._read(passage.chunk) for passage in passages[:_LOOKED_AT]]
        if not said or not total:
            return None
        # For each passage, how much of each concept it says, and in which windows.
        held = [[one.holds(concept) for concept in concepts] for one in said]
        shares = [sum(c.rarity * h for c, (h, _) in zip(concepts, row, strict=True)) / total for row in held]  # fmt: skip
        windows = [_windows(concepts, row, one.windows, total) for row, one in zip(held, said, strict=True)]  # fmt: skip
        top = max(shares)
        together, things = max((best, -lost) for spread in windows for best, lost in spread)
        named = sum(concept.rarity for concept in concepts if concept.thing)
        plain = normalise(question)
        kind_missing, kind_apart = _kind_lost(
            plain, said, shares, windows, together, self._glossary
        )
        joined = "|".join(one.flat for one in said)
        met = joints(question)
        figures = _NUMBER.findall(plain)
        known = frozenset[str]().union(*(one.figures for one in said))
        return Signs(
            covered=top,
            together=together,
            thing_missing=-things / named if named else 0.0,
            unknown=self._unknown(concepts, held) / named if named else 0.0,
            joint_missing=sum(joint not in joined for joint in met) / max(len(met), 1),
            name_missing=_names_lost(question, concepts, held, shares, top),
            figure_missing=sum(one not in known for one in figures) / max(len(figures), 1),
            kind_missing=kind_missing,
            kind_apart=kind_apart,
            stands_out=passages[0].score / self._scale,
        )

    def _unknown(
        self, concepts: Sequence[Concept], held: Sequence[Sequence[tuple[float, int]]]
    ) -> float:
        """Return how rare, in all, the things are that nobody here says by any of their names."""
        return sum(
            concept.rarity
            for at, concept in enumerate(concepts)
            if concept.thing
            and not any(row[at][0] for row in held)
            and not any(all(map(self._words.knows, name)) for name in concept.names)
        )

    def concepts(self, question: str) -> list[Concept]:
        """Return what the question says, thing by thing.

        A name in the glossary is one thing, which any of its other names says too; it is as
        rare as the most frequent of them. Every other word is a thing of its own.
        """
        found: list[Concept] = []
        explained: set[str] = set()
        naming = nouns(question)
        for match in self._glossary.expand(question):
            explained.update(tokens(match.said))
            names = tuple(
                frozenset(words) for name in (match.said, *match.others) if (words := tokens(name))
            )
            if names:
                thing = _names_a_thing(match.said, naming) or not naming.isdisjoint(names[0])
                found.append(Concept(names, min(map(self._rarity, names)), thing))
        for word in dict.fromkeys(tokens(question)):
            if word not in explained:
                # What is done to a thing is said in many ways; what the thing is, in few.
                thing = _names_a_thing(word, naming)
                weight = 1.0 if thing else _VERB
                pieces = () if self._words.knows(word) else _pieces(word)
                name = (frozenset((word,)),)
                found.append(Concept(name, weight * self._words.rarity(word), thing, pieces))
        return found

    def _rarity(self, name: frozenset[str]) -> float:
        """Return the rarity of the rarest word of a name."""
        return max(map(self._words.rarity, name))

    def _read(self, chunk: Chunk) -> _Said:
        """Return what a chunk says; chunks of one generation do not change."""
        key = (chunk.edition.key, chunk.start, chunk.end)
        found = self._said.get(key)
        if found is None:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            found = self._said[key] = _read(chunk)
        return found


def _read(chunk: Chunk) -> _Said:
    sentences = [one for one in _SENTENCE_END.split(chunk.text) if one.strip()] or [""]
    at = dict.fromkeys(tokens(chunk.context), (1 << len(sentences)) - 1)
    for order, sentence in enumerate(sentences):
        # A sentence stands in its own window and in that of the one before.
        bits = 1 << order | (1 << order >> 1)
        for word in tokens(sentence):
            at[word] = at.get(word, 0) | bits
    plain = normalise(chunk.text)
    context = normalise(chunk.context)
    return _Said(
        len(sentences),
        at,
        tuple(
            normalise(f"{one} {following}")
            for one, following in zip(sentences, [*sentences[1:], ""], strict=True)
        ),
        _GAPS.sub("", plain + context),
        plain,
        frozenset(_NUMBER.findall(f"{normalise(chunk.edition.label)} {context} {plain}")),
    )


def _names_a_thing(word: str, naming: set[str]) -> bool:
    return word not in _LIGHT and (word in naming or not is_japanese(word))


def _pieces(word: str) -> tuple[str, ...]:
    """Return the pieces of a long word by which a misspelling is known, none of a short one."""
    size = 2 if is_japanese(word) else 4
    if len(word) < size + 2:
        return ()
    return tuple(word[at : at + size] for at in range(len(word) - size + 1))


def _windows(
    concepts: Sequence[Concept], row: Sequence[tuple[float, int]], windows: int, total: float
) -> list[tuple[float, float]]:
    """Return for each window the share of the question it says and the rarity of things it lacks."""
    found: list[tuple[float, float]] = []
    for at in range(windows):
        share = lost = 0.0
        for concept, (said, where) in zip(concepts, row, strict=True):
            if where >> at & 1:
                share += concept.rarity * said
            elif concept.thing:
                lost += concept.rarity
        found.append((share / total, lost))
    return found


def _kind_lost(
    question: str,
    said: Sequence[_Said],
    shares: Sequence[float],
    windows: Sequence[Sequence[tuple[float, float]]],
    together: float,
    glossary: Glossary,
) -> tuple[float, float]:
    """Return 1 where no good passage, and where no good window, gives what is asked for, else 0."""
    kind = asked_for(question)
    if kind is None:
        lost = _meaning_lost(question, said, glossary)
        return lost, lost
    top = max(shares)
    missing = apart = 1.0
    for one, share, spread in zip(said, shares, windows, strict=True):
        given = [bits for found, bits in one.gives(kind) if found not in question]
        if given and share >= _GOOD * top:
            missing = 0.0
        for at, (held, _) in enumerate(spread):
            if held >= _NEAR * together and any(bits >> at & 1 for bits in given):
                apart = 0.0
    return (apart if KINDS[kind].near else missing), apart


def _names_lost(
    question: str,
    concepts: Sequence[Concept],
    held: Sequence[Sequence[tuple[float, int]]],
    shares: Sequence[float],
    top: float,
) -> float:
    """Return the share of the question's proper names that each good passage lacks."""
    names = set(proper_nouns(question))
    named = [at for at, one in enumerate(concepts) if any(names & name for name in one.names)]
    if not named:
        return 0.0
    return min(
        sum(not row[at][0] for at in named) / len(named)
        for row, share in zip(held, shares, strict=True)
        if share >= _OWNING * top
    )


def _meaning_lost(question: str, said: Sequence[_Said], glossary: Glossary) -> float:
    """Return 1 where a meaning is asked and passages say the name without telling about it.

    Any name that the glossary gives the same thing will do, of either language.
    """
    name = subject(question)
    if name is None:
        return 0.0
    same = (
        other
        for match in glossary.expand(name)
        if normalise(match.said) == name
        for other in match.others
    )
    pattern = topic([name, *map(normalise, same)])
    found = [match for one in said for match in pattern.finditer(one.plain)]
    return float(bool(found) and not any(match["told"] for match in found))
