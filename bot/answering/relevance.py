"""How well a sentence answers a question: shared words by rarity, and the shape that was asked for."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from bot.asking.question import Wants, wants
from ingest.japanese import is_japanese, normalise, pairs, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from index.search.glossary import Match

_WORDS, _PAIRS = 0.65, 0.35
_IN_CONTEXT = 0.6
_EXPANDED = 0.9
_FLOOR = 0.25

_NUMBER = r"\d[\d,.]*"
_COUNTER = (
    r"(?:件|個|つ|人|名|回|割|%|手続|業務|事務|団体|種類|時間|日|か月|ヶ月|箇月|月|番|円|億|万|ページ|条"
    r"|g|グラム|社|箇所|か所|歳|倍|km|m|分|秒|割合|percent|procedures?|tasks?|cases?|yen|people|days?)"
)
_SHAPES: Mapping[Wants, re.Pattern[str]] = {
    Wants.DATE: re.compile(
        r"\d{4}年|\d{1,2}年度|\d{1,2}月|\d{1,2}日|年度(?:末|中|まで)|\b(?:19|20)\d{2}\b"
        r"|\b(?:january|february|march|april|may|june|july|august|september|october|november"
        r"|december)\b"
    ),
    Wants.DEADLINE: re.compile(
        r"まで|期限|目標|締切|以内|前日|末|\b(?:by|until|deadline|target|within)\b"
    ),
    Wants.NUMBER: re.compile(rf"{_NUMBER}\s*{_COUNTER}|[%％]"),
    Wants.PLACE: re.compile(
        r"[一-龥ヶケぁ-んァ-ン]{1,6}(?:都|道|府|県|市|町|村|区)|\b(?:city|town|village|prefecture)\b"
    ),
    Wants.STEPS: re.compile(
        r"まず|次に|その後|手順|ステップ|フェーズ|行う|必要がある|step|first|then|phase"
    ),
    Wants.YES_NO: re.compile(
        r"でき(?:る|ない|ます|ません)|可能|必要|ない(?:。|こと)|ません|なければならない|望ましい|適用|差し支え"
        r"|\b(?:may|must|can|cannot|not|should|required|possible|need)\b"
    ),
    Wants.MEANING: re.compile(
        r"とは|をいう|を指す|のこと|という|である|です|\b(?:is|are|means?|refers?)\b"
    ),
    Wants.CONTACT: re.compile(r"(?:tel|電話|fax|mail|@|\d{2,5}-\d{1,4}-\d{3,4})"),
}
_SHAPE_WEIGHT: Mapping[Wants, float] = {
    Wants.DATE: 0.4,
    Wants.DEADLINE: 0.25,
    Wants.NUMBER: 0.25,
    Wants.PLACE: 0.2,
    Wants.STEPS: 0.1,
    Wants.YES_NO: 0.12,
    Wants.MEANING: 0.1,
    Wants.CONTACT: 0.5,
}


_ASKS = re.compile(
    r"いつ.*|何.*|幾つ?|いく|いくつ|いくら|つ|時期|期限|期日|目標.*|年度|数|件数|全部|全て|合計"
    r"|deadlin|date|due.*|target.*|year|when|number|mani|much|total|fiscal|time.*"
)


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Return *text* as it is compared: normalised, without middle dots."""
    return normalise(text).replace("・", "")


@lru_cache(maxsize=2_000)
def words_of(text: str) -> frozenset[str]:
    """Return the distinct words of *text* as search sees them."""
    return frozenset(tokens(text))


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked about: its *names*, each the pieces of text that must all be there.

    The first name is what was said; the others, from the glossary, count a little less. *asks* is
    true of words that ask for a day or a number and name no thing.
    """

    weight: float
    names: tuple[tuple[str, ...], ...]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What a question asks for: terms and character pairs with weights, and its shapes.

    The weights of *terms* sum to 1, and so do those of *pairs*.
    """

    terms: tuple[Term, ...]
    pairs: tuple[tuple[str, float], ...]
    shapes: frozenset[Wants]

    def held(self, joined: str, starts: Sequence[int]) -> NDArray[np.float32]:
        """Return how much of each term and pair stands in each line of *joined* (plain).

        *starts* are the offsets at which the lines begin. Shape (lines, terms + pairs), float32,
        from 0 to 1.
        """
        columns: dict[str, int] = {}
        for term in self.terms:
            for name in term.names:
                for piece in name:
                    columns.setdefault(piece, len(columns))
        names = len(columns)
        pieces = [*columns, *(pair for pair, _ in self.pairs)]
        there = np.zeros((len(starts), len(pieces)), dtype=np.float32)
        for column, piece in enumerate(pieces):
            lines = _lines_with(piece, joined, starts)
            if lines:
                there[lines, column] = 1.0
        # Pieces of names side by side, so that a name's share and a term's best name are sums and
        # maxima of neighbours. (A matrix product would wake BLAS threads for a tiny task.)
        side = [columns[piece] for term in self.terms for name in term.names for piece in name]
        if not side:
            return there[:, names:]
        weights = np.array(
            [
                (_EXPANDED if order else 1.0) / len(name)
                for term in self.terms
                for order, name in enumerate(term.names)
                for _ in name
            ],
            dtype=np.float32,
        )
        shares = np.add.reduceat(
            there[:, side] * weights, _begins(len(n) for t in self.terms for n in t.names), axis=1
        )
        found = np.maximum.reduceat(shares, _begins(len(t.names) for t in self.terms), axis=1)
        return np.hstack([found, there[:, names:]])

    def subject_in(self, said: NDArray[np.float32], text: str) -> tuple[float, float]:
        """Return which share of what is asked about *text* (plain) says, and of the asking words.

        *said* is its row of `held`. Words that only ask (いつ, 期限, how many) are no subject;
        without a subject, and without asking words, the share is 0. A name of several Latin
        words must stand together: a local government security cloud is no Government Cloud.
        """
        shares = {False: [0.0, 0.0], True: [0.0, 0.0]}
        for term, held in zip(self.terms, said, strict=False):
            whole = shares[term.asks]
            whole[1] += term.weight
            if held and (len(term.names[0]) == 1 or _together(term.names, text)):
                whole[0] += term.weight * float(held)
        (found, of), (asking, in_all) = shares[False], shares[True]
        return found / of if of else 0.0, asking / in_all if in_all else 0.0

    def covered(self, said: NDArray[np.float32], near: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the share of the question, from 0 to 1, that texts speak of.

        *said* and *near* are rows of `held`, shape (n, terms + pairs): of the texts themselves,
        and of what stands around them, which counts less.
        """
        weights = np.array(
            [_WORDS * term.weight for term in self.terms]
            + [_PAIRS * weight for _, weight in self.pairs],
            dtype=np.float32,
        )
        whole = float(weights.sum()) or 1.0
        found: NDArray[np.float32] = (np.maximum(said, _IN_CONTEXT * near) * weights).sum(
            axis=1
        ) / whole
        return found


def _together(names: tuple[tuple[str, ...], ...], text: str) -> bool:
    """Whether one of the names stands in *text* with its words side by side."""
    return any(
        re.search(r"\w*\W{1,3}".join(re.escape(piece) for piece in name), text) for name in names
    )


def _begins(lengths: Iterable[int]) -> list[int]:
    """Return where each of the runs of *lengths* begins."""
    return [0, *accumulate(lengths)][:-1]


def _lines_with(piece: str, joined: str, starts: Sequence[int]) -> list[int]:
    """Return which lines hold *piece*, in order, each once."""
    found: list[int] = []
    at = joined.find(piece)
    while at >= 0:
        line = bisect_right(starts, at) - 1
        found.append(line)
        if line + 1 == len(starts):
            break
        at = joined.find(piece, starts[line + 1])
    return found


def fitting(shape: Wants, text: str) -> float:
    """Return 1 when *text* (plain) has the shape, else 0; a list has none that tells it."""
    # Two commas stand in most sentences: what looked like a list hid the answer more often.
    pattern = _SHAPES.get(shape)
    return float(pattern is not None and pattern.search(text) is not None)


def shape_weight(shape: Wants) -> float:
    """Return by how much a sentence gains that has the shape which was asked for."""
    return _SHAPE_WEIGHT.get(shape, 0.0)


def need(question: str, pool: Sequence[str], matches: Sequence[Match] = ()) -> Need:
    """Weigh what a question says by how few of the found texts say it.

    *pool* are the texts (plain) that a search found for this question: a word that stands in
    all of them does not tell them apart. *matches* are names found in the question with the other
    names of the same thing: a text may use any of them.
    """
    joined = "\n".join(" ".join(text.split("\n")) for text in pool)
    starts = _begins(len(line) + 1 for line in joined.split("\n"))
    left = dict.fromkeys(tokens(question))
    raw: list[Term] = []
    for match in matches:
        names = tuple(name for name in (_pieces(match.said), *map(_pieces, match.others)) if name)
        said = words_of(match.said)
        if len(names) > 1:
            share = max(1, len(said & left.keys())) ** 0.5
            raw.append(_weighed(names, joined, starts, share))
            for word in said:
                left.pop(word, None)
    raw.extend(_weighed(((_stem(word),),), joined, starts) for word in left)
    whole = sum(term.weight for term in raw) or 1.0
    return Need(
        tuple(replace(term, weight=term.weight / whole) for term in raw),
        _weighed_pairs(question, joined, starts),
        wants(question),
    )


@lru_cache(maxsize=20_000)
def _pieces(name: str) -> tuple[str, ...]:
    """Return what must stand in a text that uses *name*: it, or the stems of its Latin words."""
    if is_japanese(name):
        return (plain(name),)
    return tuple(tokens(name))


def _stem(word: str) -> str:
    """Return a word without the last letter of an inflected ending (定める → 定め)."""
    inflected = len(word) > 1 and "ぁ" <= word[-1] <= "ん" and not "ぁ" <= word[0] <= "ん"
    return word[:-1] if inflected else word


def _weighed(
    names: tuple[tuple[str, ...], ...], joined: str, starts: Sequence[int], share: float = 1.0
) -> Term:
    held: set[int] = set()
    for first, *more in names:
        lines = set(_lines_with(first, joined, starts))
        for piece in more:
            lines.intersection_update(_lines_with(piece, joined, starts))
        held |= lines
    weight = _weight(len(held), len(starts)) * share
    return Term(weight, names, _ASKS.fullmatch(" ".join(names[0])) is not None)


def _weight(held: int, total: int) -> float:
    # What none of the best texts holds cannot tell them apart: it only lowers all alike.
    if not held:
        return _FLOOR
    return _FLOOR + max(0.0, math.log((total + 1) / (held + 0.5)) / math.log(2 * total + 2))


def _weighed_pairs(
    question: str, joined: str, starts: Sequence[int]
) -> tuple[tuple[str, float], ...]:
    weights = {
        pair: _weight(len(_lines_with(pair, joined, starts)), len(starts))
        for pair in dict.fromkeys(pairs(question))
    }
    whole = sum(weights.values()) or 1.0
    return tuple((pair, weight / whole) for pair, weight in weights.items())
