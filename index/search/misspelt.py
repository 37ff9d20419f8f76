"""Misspelt names: what was meant by a word that nobody knows.

A word counts as misspelt only when neither the dictionary of Japanese nor any passage nor the
glossary holds it, so no word that somebody uses on purpose is touched.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import strangers, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.search.glossary import Glossary
    from index.search.lexical import Bm25

_SHORTEST, _SHORTEST_LATIN, _SHORTEST_MIXED = 5, 7, 6
"""Characters from which on a name is long enough that one wrong character still tells it."""

_KATAKANA = re.compile(r"[ァ-ヶー]+")
_DOTTED = re.compile(r"[ァ-ヶー]+(?:・[ァ-ヶー]+)+")
_CHINESE = re.compile(r"[一-龥々]")
_LATIN = re.compile(r"[a-z]+")


class Spelling:
    """Knows the names that a misspelt word may have meant."""

    def __init__(self, words: Bm25, pairs: Bm25, glossary: Glossary) -> None:
        """Take the indexes that know every word and character pair, and the glossary."""
        self._words = words
        self._pairs = pairs
        self._glossary = glossary

    def mended(self, question: str) -> str:
        """Return *question* with its misspelt words put right; itself where none is.

        A word is put right by a name of the glossary one slip away: a character too many, too
        few, another, or two that changed places. Where two names are as near, nothing changes.
        The dots of エンド・ツー・エンド go where the glossary has the name without them.
        """
        plain = normalise(question)
        slips = [
            *self._dotted(plain),
            *self._in_kana(plain),
            *self._in_chinese(plain),
            *self._in_latin(plain),
        ]
        mended = question
        for said, meant in dict(slips).items():
            if said not in mended.lower():
                mended = unicodedata.normalize("NFKC", mended)
            # A name of the glossary may hold a backslash, which a template would read.
            name = meant.replace("\\", "\\\\")
            mended = re.sub(re.escape(said), name, mended, flags=re.IGNORECASE)
        return mended

    def _dotted(self, plain: str) -> Iterator[tuple[str, str]]:
        for said in _DOTTED.findall(plain):
            whole = said.replace("・", "")
            if whole in self._names and said not in self._names:
                yield said, whole

    def _in_kana(self, plain: str) -> Iterator[tuple[str, str]]:
        strange = strangers(plain)
        for word in _KATAKANA.findall(plain):
            if len(word) >= _SHORTEST and any(
                part in word and not self._knows(part) for part in strange
            ):
                near = {name for name in self._katakana if _one_slip(word, name)}
                if len(near) == 1:
                    yield word, near.pop()

    def _in_chinese(self, plain: str) -> Iterator[tuple[str, str]]:
        """Yield what differs from a name in one inner character that makes no word with the next."""
        for at, first in enumerate(plain):
            for name in self._mixed.get(first, ()):
                said = plain[at : at + len(name)]
                if said[-1] != name[-1] or len(said) != len(name) or name in plain:
                    continue
                wrong = [order for order, one in enumerate(name) if said[order] != one]
                if len(wrong) == 1 and self._is_slip(said, wrong[0]):
                    yield said, name

    def _is_slip(self, said: str, wrong: int) -> bool:
        """Whether the character at *wrong* is a Chinese one that no passage has between these two."""
        strange = said[wrong]
        beside = (said[wrong - 1 : wrong + 1], said[wrong : wrong + 2])
        return (
            _CHINESE.fullmatch(strange) is not None
            and strange in tokens(said)
            and not any(map(self._pairs.knows, beside))
        )

    def _in_latin(self, plain: str) -> Iterator[tuple[str, str]]:
        for word in _LATIN.findall(plain):
            if len(word) >= _SHORTEST_LATIN and not self._knows(word):
                # Other letters often make another word (adapt and adopt, complaint and compliant).
                # Another form of the word (village and villages) is found as it is.
                near = {
                    name
                    for name in self._latin
                    if name[0] == word[0]
                    and len(name) != len(word)
                    and _one_slip(word, name)
                    and tokens(name) != tokens(word)
                }
                if len(near) == 1:
                    yield word, near.pop()

    def _knows(self, word: str) -> bool:
        return any(map(self._words.knows, tokens(word))) or bool(self._glossary.expand(word))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        names = (normalise(name) for term in self._glossary.terms for name in term.names)
        return tuple(dict.fromkeys(names))

    @cached_property
    def _katakana(self) -> tuple[str, ...]:
        return _long(self._names, _SHORTEST, _KATAKANA)

    @cached_property
    def _mixed(self) -> dict[str, list[str]]:
        """Names with Chinese characters, by their first character."""
        found: dict[str, list[str]] = {}
        for name in self._names:
            if len(name) >= _SHORTEST_MIXED and is_japanese(name) and _CHINESE.search(name):
                found.setdefault(name[0], []).append(name)
        return found

    @cached_property
    def _latin(self) -> tuple[str, ...]:
        words = (word for name in self._names for word in _LATIN.findall(name))
        return _long(dict.fromkeys(words), _SHORTEST_LATIN, _LATIN)


def _long(names: Iterable[str], shortest: int, of: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(name for name in names if len(name) >= shortest and of.fullmatch(name))


def _one_slip(said: str, meant: str) -> bool:
    """Whether one character too many, too few, another, or two swapped make one of the other."""
    if abs(len(said) - len(meant)) > 1 or said == meant:
        return False
    begin = 0
    while begin < min(len(said), len(meant)) and said[begin] == meant[begin]:
        begin += 1
    left, right = said[begin:], meant[begin:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )
