"""Which passages name a municipality: as a whole name, and of the prefecture that is meant.

大津市 does not name 津市; Kitami names 北見市, as the glossary says; and 府中市 is one town in
東京都 and another in 広島県.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.language.places import PREFECTURES, Kind, named, places
from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import pairs, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from index.search.glossary import Glossary
    from index.search.lexical import Bm25
    from index.search.parts import StoredChunks
    from ingest.chunks import Chunk

_PREFECTURE = re.compile("|".join(PREFECTURES))
_SUFFIXES = tuple("市区町村")
_BETWEEN = re.compile(r"[\s、,。()（）「」・の]+")
_NONE = np.zeros(0, dtype=np.int64)
_LATIN_SUFFIX = re.compile(r"(?:[\s-]+(?:city|town|village|ward|shi|cho|machi|mura|ku))+$")


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality: the names that it goes by, normalised, and its prefecture where known."""

    names: tuple[str, ...]
    prefecture: str | None = None


class Municipalities:
    """Knows which chunks name which municipality."""

    def __init__(self, chunks: StoredChunks, pairs: Bm25, glossary: Glossary) -> None:
        """Take the chunks in order, the index of their character pairs, and the English names."""
        self._chunks = chunks
        self._pairs = pairs
        self._glossary = glossary
        self._told = lru_cache(maxsize=256)(self._look)

    def naming(self, name: str) -> NDArray[np.int64]:
        """Return the numbers of the chunks that name a municipality, in order.

        *name* is Japanese or English, with its prefecture or without: 北見市, 北海道北見市,
        府中市(広島県), Kitami, Kitami City, Hokkaido.
        """
        return self._told(self.read(name))[0]

    def others(self, question: str) -> NDArray[np.int64]:
        """Return the chunks about another prefecture's town of a name that *question* says.

        Empty unless the question says a municipality together with its prefecture.
        """
        found = [self._told(town)[1] for town in self._said(question)]
        if not found:
            return _NONE
        return np.unique(np.concatenate(found))

    def read(self, name: str) -> Town:
        """Return the municipality that a name means."""
        plain = normalise(name)
        also = [normalise(n) for match in self._glossary.expand(name) for n in match.others]
        prefecture = _PREFECTURE.search(plain)
        if prefecture is not None:
            said = _BETWEEN.sub("", plain[: prefecture.start()] + plain[prefecture.end() :])
            return Town(
                self._spellings(said or prefecture.group()), prefecture.group() if said else None
            )
        if is_japanese(plain):
            return Town(self._spellings(_BETWEEN.sub("", plain)))
        first, *rest = (part.strip() for part in re.split(r"[,()]", plain) if part.strip())
        where = next((n for n in also if _PREFECTURE.fullmatch(n)), None) if rest else None
        return Town(self._spellings(_LATIN_SUFFIX.sub("", first)), where)

    def _spellings(self, said: str) -> tuple[str, ...]:
        """Return a name and the glossary's other names of the same town."""
        whole = not is_japanese(said) or said.endswith(_SUFFIXES)
        tried = (said,) if whole else (said, *(said + suffix for suffix in _SUFFIXES))
        names = list(tried[1:] if len(said) == 1 else tried[:1])
        if not is_japanese(said):
            names += [one.name for one in named(said)]
        for one in tried:
            for match in self._glossary.expand(one):
                if _LATIN_SUFFIX.sub("", normalise(match.said)) == one:
                    names += match.others
        return tuple(dict.fromkeys(_LATIN_SUFFIX.sub("", normalise(name)) for name in names))

    def _said(self, question: str) -> Iterator[Town]:
        for one in places(question):
            told = len(one.prefectures) == 1 and (
                not one.listed or len({each.prefecture for each in named(one.name)}) > 1
            )
            if told and one.kind is not Kind.PREFECTURE:
                yield Town(self._spellings(normalise(one.name)), one.prefectures[0])
        if is_japanese(question):
            return
        names = [name for match in self._glossary.expand(question) for name in match.others]
        prefectures = {name for name in names if name in PREFECTURES}
        if len(prefectures) == 1:
            for name in names:
                if is_japanese(name) and name.endswith(_SUFFIXES):
                    yield Town(self._spellings(normalise(name)), *prefectures)

    def _look(self, town: Town) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the chunks that name the town, and those that name another of its name."""
        ours: list[int] = []
        others: list[int] = []
        for at in self._candidates(town.names):
            verdict = self._names(self._chunks[at].chunk, town)
            if verdict is not None:
                (ours if verdict else others).append(at)
        return np.array(ours, dtype=np.int64), np.array(others, dtype=np.int64)

    def _candidates(self, names: Iterable[str]) -> list[int]:
        found = {int(at) for name in names for at in self._pairs.holding(pairs(name))}
        return sorted(found)

    def _names(self, chunk: Chunk, town: Town) -> bool | None:
        """Whether a chunk names the town, or another of its name; None where it names neither."""
        text = normalise(f"{chunk.context}\n{chunk.text}")
        places = [at for name in town.names for at in _occurrences(text, name)]
        if not places:
            return None
        if town.prefecture is None:
            return True
        before = {name for at in places for name in PREFECTURES if text.endswith(name, 0, at)}
        if not before:
            document = chunk.edition.document
            before = set(
                _PREFECTURE.findall(f"{text}\n{normalise(document.title + document.publisher)}")
            )
        return not before or town.prefecture in before


def _occurrences(text: str, name: str) -> Iterator[int]:
    """Yield where *text* says *name* as a whole name."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if is_japanese(name):
            if stands_alone(text, at, end):
                yield at
        elif not text[at - 1 : at].isalpha() and not text[end : end + 1].isalpha():
            yield at
        at = text.find(name, at + 1)
