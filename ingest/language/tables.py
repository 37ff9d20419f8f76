"""Word lists: data beside the modules that read them, once; phrases looked up by the longest."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent


@cache
def table(name: str) -> dict[str, Any]:
    """Return a word list as its TOML file gives it: "units" beside this module, "bot/asking/words"."""
    folder = _ROOT if "/" in name else _HERE
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def alternatives(words: Iterable[str]) -> str:
    """Return *words* as the inside of a pattern's group, longest first; each may be a pattern."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


def one_of(words: Iterable[str]) -> str:
    """Return a pattern for any of these words as they are written, the longest first."""
    return f"(?:{alternatives(map(re.escape, words))})"


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase of a list where it stands in a text: what it means, from *start* to *end*."""

    said: str
    meaning: str
    start: int
    end: int


class Phrases:
    """Phrases with what each means; the longest that stands at a place is found.

    A phrase in Latin letters is found as whole words only.
    """

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        """Take the phrases by meaning; one phrase has one meaning, the first."""
        self._meaning: dict[str, str] = {}
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                self._meaning.setdefault(phrase, meaning)
        self._by_first: dict[str, list[str]] = {}
        for phrase in sorted(self._meaning, key=len, reverse=True):
            self._by_first.setdefault(phrase[0], []).append(phrase)

    def __contains__(self, phrase: str) -> bool:
        return phrase in self._meaning

    def meaning(self, phrase: str) -> str | None:
        """Return what a phrase means, None when it is not in the list."""
        return self._meaning.get(phrase)

    def find(self, text: str, begins: Container[int] | None = None) -> Iterator[Found]:
        """Yield the phrases in *text* (normalised) from left to right, none inside another.

        With *begins*, the offsets at which words begin, a phrase begins at one of them.
        """
        at = 0
        while at < len(text):
            near = (
                () if begins is not None and at not in begins else self._by_first.get(text[at], ())
            )
            said = next((one for one in near if _at(text, one, at)), "")
            if said:
                yield Found(said, self._meaning[said], at, at + len(said))
            at += len(said) or 1

    def ending(self, text: str) -> Found | None:
        """Return the longest phrase that *text* ends with, None where it ends with none."""
        for start in range(len(text)):
            meaning = self._meaning.get(text[start:])
            if meaning is not None and _at(text, text[start:], start):
                return Found(text[start:], meaning, start, len(text))
        return None


def _at(text: str, phrase: str, at: int) -> bool:
    """Whether *phrase* stands at *at*, one in Latin letters as whole words."""
    if not text.startswith(phrase, at):
        return False
    end = at + len(phrase)
    before, after = text[max(0, at - 1) : at], text[end : end + 1]
    inside = (before + phrase[0]).isalnum() and before.isascii() and before != ""
    goes_on = (phrase[-1] + after).isalnum() and after.isascii() and after != ""
    return not phrase.isascii() or not (inside or goes_on)
