"""The glossary: words staff use, the words manuals use for the same thing, and their English.

A user edits ``glossary.toml`` beside the corpus; each ``[[term]]`` has ``ja`` (the manuals'
word), ``also`` (everyday words, abbreviations) and ``en``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from index.errors import BadGlossary
from ingest.japanese import is_japanese, normalise, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FIELDS = {"ja", "also", "en"}


@dataclass(frozen=True, slots=True)
class Term:
    """One thing and its names: the manuals' word, everyday words, English words."""

    ja: str
    also: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the manuals' word first."""
        return (self.ja, *self.also, *self.en)


@dataclass(frozen=True, slots=True)
class Match:
    """A name found in a question, and the other names of the same thing.

    *said* is the name as the glossary spells it; *others* leave it out, Japanese first.
    """

    said: str
    others: tuple[str, ...]


class Glossary:
    """Terms by all their names."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        """Take the terms in their order in the file; a name may stand in several."""
        self.terms = tuple(terms)

    def joined(self, other: Glossary) -> Glossary:
        """Return the terms of both, those of *other* first; a term that is in both stands once."""
        return Glossary(dict.fromkeys((*other.terms, *self.terms)))

    @cached_property
    def _japanese(self) -> dict[str, list[tuple[str, Term]]]:
        """Terms by the normalised spelling of each Japanese name."""
        found: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for term in self.terms:
            for name in term.names:
                if is_japanese(name):
                    found[normalise(name)].append((name, term))
        return found

    @cached_property
    def _latin(self) -> dict[tuple[str, ...], list[tuple[str, Term]]]:
        """Terms by the word stems of each name in Latin letters."""
        found: dict[tuple[str, ...], list[tuple[str, Term]]] = defaultdict(list)
        for term in self.terms:
            for name in term.names:
                if not is_japanese(name) and (stems := tuple(tokens(name))):
                    found[stems].append((name, term))
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Every Japanese name, longest first, as one pattern."""
        names = sorted(self._japanese, key=lambda name: (-len(name), name))
        return re.compile("|".join(re.escape(name) for name in names) or r"(?!)")

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._latin), default=0)

    def expand(self, question: str) -> tuple[Match, ...]:
        """Return the names found in *question*, longest first where two overlap, in its order.

        Latin names match whole words in any inflection (aides, aide); Japanese names match
        anywhere.
        """
        return tuple(self._in_japanese(question)) + tuple(self._in_latin(question))

    def _in_japanese(self, question: str) -> Iterator[Match]:
        for found in self._pattern.finditer(normalise(question)):
            yield _match(self._japanese[found.group()])

    def _in_latin(self, question: str) -> Iterator[Match]:
        stems = [word for word in tokens(question) if not is_japanese(word)]
        at = 0
        while at < len(stems):
            for length in range(min(self._longest, len(stems) - at), 0, -1):
                known = self._latin.get(tuple(stems[at : at + length]))
                if known:
                    yield _match(known)
                    at += length
                    break
            else:
                at += 1

    def lines(self) -> list[str]:
        """Return each term as a line of all its names: what teaches the fitted embedder."""
        return [" ".join(term.names) for term in self.terms]


def _match(known: list[tuple[str, Term]]) -> Match:
    said = known[0][0]
    others = dict.fromkeys(name for _, term in known for name in term.names if name != said)
    return Match(said, tuple(others))


def read(path: Path) -> Glossary:
    """Read a glossary; a missing file is an empty glossary.

    Raises:
        BadGlossary: the file is not TOML, or an entry is not usable; it names the line.
    """
    if not path.exists():
        return Glossary()
    try:
        text = path.read_text(encoding="utf-8")
        entries = tomllib.loads(text).get("term", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        line = re.search(r"line (\d+)", str(problem))
        raise BadGlossary(str(path), int(line.group(1)) if line else 1, str(problem)) from problem
    lines = [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(r"\s*\[\[\s*term\s*\]\]", line)
    ]
    if not isinstance(entries, list) or len(lines) != len(entries):
        raise BadGlossary(str(path), 1, "each entry begins with a line [[term]]")
    return Glossary(
        _term(entry, str(path), line) for entry, line in zip(entries, lines, strict=True)
    )


def _term(entry: object, path: str, line: int) -> Term:
    if not isinstance(entry, dict):
        raise BadGlossary(path, line, "an entry holds ja, also and en")
    if strange := sorted(set(entry) - _FIELDS):
        raise BadGlossary(path, line, f"unknown field {strange[0]!r} (known: ja, also, en)")
    ja = entry.get("ja")
    if not isinstance(ja, str) or not ja.strip():
        raise BadGlossary(path, line, 'the field ja is missing, for example ja = "標準化"')
    term = Term(ja.strip(), _names(entry, "also", path, line), _names(entry, "en", path, line))
    if len(term.names) == 1:
        raise BadGlossary(path, line, f"{ja} stands alone: give also or en")
    return term


def _names(entry: dict[str, object], field: str, path: str, line: int) -> tuple[str, ...]:
    names = entry.get(field, [])
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise BadGlossary(path, line, f'the field {field} is a list of words, like ["a", "b"]')
    return tuple(dict.fromkeys(name.strip() for name in names))


def written(glossary: Glossary) -> str:
    """Return a glossary file that says the same: what a generation keeps of it."""
    entries = (
        "[[term]]\n"
        + "".join(
            f"{field} = {json.dumps(value, ensure_ascii=False)}\n"
            for field, value in (("ja", term.ja), ("also", term.also), ("en", term.en))
        )
        for term in glossary.terms
    )
    return "\n".join(entries)


def hash_of(glossary: Glossary) -> str:
    """Return a short hash of what the glossary says: part of a generation's recipe."""
    return sha256(written(glossary).encode()).hexdigest()[:16]
