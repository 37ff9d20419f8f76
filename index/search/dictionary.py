"""A Japanese-English dictionary read backwards: the Japanese words that English ones may mean.

The file is EDICT's: the words of JMdict, one a line (``許可 [きょか] /(n,vs) permission/(P)/``), in
EUC-JP. Debian installs it with its package edict; ``tebiki dictionary`` fetches it where that is
not there.
"""

from __future__ import annotations

import logging
import math
import re
import sys
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.language.words import english, pairs, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.search.lexical import Bm25

log = logging.getLogger(__name__)

INSTALLED = Path("/usr/share/edict/edict")
"""Where Debian's package edict puts the dictionary."""

KEPT = Path(sys.prefix, "share", "tebiki", "edict")
"""Where it is kept once it was fetched: beside the program, for every home."""

ENCODING = "euc_jp"

# On 23 questions about 36 government PDFs and 20 more, right page first and among five: with 2
# words 12, 17 and 7, 13; with 3 words 10, 16 and 7, 15; with 5 words 8, 16 and 7, 15.
_KEPT = 3
LONGEST = 3
"""Words of an English phrase that is looked up."""

# What makes one of several Japanese words likely: that it is common, that the meaning stands
# early among its own, and that the documents say it often. Without the last, 8, 17 and 5, 12.
_COMMON, _LATER, _OFTEN = 2.0, 0.3, 0.5

_STARTING = 3
"""Letters by which the file's lines are sorted when it is read; only those asked for are cut."""

_WORD = re.compile(r"[^ /;(]+")
_BEGINS = re.compile(rf"/(?:\([^/()]*\) ?)*(?:to |an? |the )?([A-Za-z]{{2,{_STARTING}}})")
_BRACKETS = re.compile(r"\([^()]*\)")
_NAMES = re.compile(r"[一-龥々ァ-ヶ]")


def at_hand() -> Path | None:
    """Return the dictionary of this machine, or None."""
    return next((path for path in (KEPT, INSTALLED) if path.is_file()), None)


class Meaning(NamedTuple):
    """A Japanese word, whether it is a common one, and the place of the meaning among its own."""

    word: str
    common: bool
    place: int


class Dictionary:
    """The English meanings of the Japanese words that a corpus says."""

    def __init__(self, path: Path, words: Bm25, pairs: Bm25) -> None:
        """Take the file, which is read at the first look-up, and what knows the corpus' words."""
        self._path = path
        self._words = words
        self._pairs = pairs
        self._means: dict[str, Mapping[tuple[str, ...], list[Meaning]]] = {}
        self._reading = Lock()

    def warm(self) -> None:
        """Read the file now; whoever looks a word up meanwhile waits for the rest of it."""
        with self._reading:
            _ = self._lines

    def means(self, stems: tuple[str, ...]) -> tuple[str, ...]:
        """Return the Japanese words for English stems, the likeliest first; few, or none."""
        self.warm()
        start = stems[0][:_STARTING]
        if start not in self._means:
            self._means[start] = self._read(self._lines.get(start, ()))
        best: dict[str, float] = {}
        for meaning in self._means[start].get(stems, ()):
            likely = self._likely(meaning)
            if likely is not None:
                best[meaning.word] = max(best.get(meaning.word, likely), likely)
        return tuple(sorted(best, key=best.__getitem__, reverse=True)[:_KEPT])

    def _likely(self, meaning: Meaning) -> float | None:
        """Return how likely a word is meant, the higher the likelier; None: no passage says it."""
        holding = len(self._pairs.holding(pairs(meaning.word)))
        if not holding or not self._words.knows(*tokens(meaning.word)):
            return None
        return _COMMON * meaning.common - _LATER * meaning.place + _OFTEN * math.log(holding)

    @cached_property
    def _lines(self) -> Mapping[str, list[str]]:
        """The lines whose word the corpus may say, by the first letters of each meaning."""
        found: dict[str, list[str]] = defaultdict(list)
        try:
            with self._path.open(encoding=ENCODING, errors="replace") as file:
                lines = [line for line in file if word_of(line)]
        except OSError as problem:
            log.warning(
                "%s cannot be read (%s); English words are not looked up", self._path, problem
            )
            return {}
        known = self._pairs.knows_each([pairs(word_of(line)) for line in lines])
        for at in np.flatnonzero(known).tolist():
            for start in {start.lower() for start in _BEGINS.findall(lines[at])}:
                found[start].append(lines[at])
        return dict(found)

    def _read(self, lines: Sequence[str]) -> Mapping[tuple[str, ...], list[Meaning]]:
        """Return the words of *lines* that the corpus may say, by the stems of each meaning."""
        found: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        for line in lines:
            word = word_of(line)
            common = line.endswith("/(P)/\n")
            for place, meaning in enumerate(line.rstrip("\n/").split("/")[1:]):
                stems = tuple(stem for _, stem in english(_BRACKETS.sub("", meaning)))
                if 0 < len(stems) <= LONGEST:
                    found[stems].append(Meaning(word, common, place))
        return dict(found)


def word_of(line: str) -> str:
    """Return the word of a line; nothing where it names nothing: one character, hiragana alone."""
    found = _WORD.match(line)
    word = found.group() if found else ""
    return word if len(word) > 1 and _NAMES.search(word) else ""
