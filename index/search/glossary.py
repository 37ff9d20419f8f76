"""The glossary: words staff use, the words manuals use for the same thing, and their English.

A user edits ``glossary.toml`` beside the corpus; each ``[[term]]`` has ``ja`` (the manuals'
word), ``also`` (everyday words, abbreviations) and ``en``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from typing import TYPE_CHECKING

from index.errors import BadGlossary
from ingest.atomic_files import replacing
from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import tokens

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
    *japanese* are those of them that are Japanese. *looked_up* tells what a dictionary says from
    what the glossary does.
    """

    said: str
    others: tuple[str, ...]
    japanese: tuple[str, ...]
    looked_up: bool = False


class Glossary:
    """Terms by all their names."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        """Take the terms in their order in the file; a name may stand in several."""
        self.terms = tuple(terms)

    def warm(self) -> None:
        """Read now what the first question would wait for."""

    def joined(self, other: Glossary) -> Glossary:
        """Return the terms of both, those of *other* first; a term that is in both stands once."""
        return Glossary(dict.fromkeys((*other.terms, *self.terms)))

    @cached_property
    def _japanese(self) -> dict[str, Match]:
        """What each Japanese name is found as, by its normalised spelling."""
        found: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for term in self.terms:
            for name in term.names:
                if is_japanese(name):
                    found[normalise(name)].append((name, term))
        return {name: _match(known) for name, known in found.items()}

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
    def _starting(self) -> dict[str, list[str]]:
        """The Japanese names by their first two characters, longest first."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._japanese, key=len, reverse=True):
            found[name[:2]].append(name)
        return dict(found)

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
        # One pattern of all names would try each of them at every character.
        text, at = normalise(question), 0
        while at < len(text):
            for name in self._starting.get(text[at : at + 2], ()):
                if text.startswith(name, at):
                    yield self._japanese[name]
                    at += len(name)
                    break
            else:
                at += 1

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
    return Match(said, tuple(others), tuple(filter(is_japanese, others)))


def read(path: Path) -> Glossary:
    """Read a glossary; a missing file is an empty glossary.

    Raises:
        BadGlossary: the file is not TOML, or an entry is not usable; it names the line.
    """
    if not path.exists():
        return Glossary()
    content = path.read_bytes()
    try:
        # Windows' editor puts a mark before the text; it says nothing.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        reason = "the file is not UTF-8 here (was it saved as Shift_JIS?); save it as UTF-8"
        raise BadGlossary(str(path), line, reason) from problem
    source = _Source(str(path), text)
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise source.broken(problem) from problem
    if strange := [name for name in held if name != "term"]:
        reason = f"{strange[0]!r} stands outside an entry; each entry begins with a line [[term]]"
        raise BadGlossary(str(path), source.line_of_top(strange[0]), reason)
    entries = held.get("term", [])
    if not isinstance(entries, list) or len(source.starts) != len(entries):
        reason = "each entry begins with a line [[term]]"
        raise BadGlossary(str(path), source.line_of_top("term"), reason)
    return Glossary(_term(entry, partial(source.fault, at)) for at, entry in enumerate(entries))


def add(path: Path, term: Term) -> None:
    """Put an entry at the end of a glossary file, which is made where there is none.

    Raises:
        BadGlossary: the file or the new entry is not usable; the file stays as it is.
    """
    before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    with replacing(path) as draft:
        entry = written(Glossary([term]))
        draft.write_text(f"{before.rstrip()}\n\n{entry}" if before else entry, encoding="utf-8")
        try:
            read(draft)
        except BadGlossary as error:
            raise BadGlossary(str(path), error.line, error.reason) from error


class _Source:
    """A glossary's text, which knows on which line what stands."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = text.split("\n")
        self.starts = [
            number
            for number, line in enumerate(self._lines, start=1)
            if re.match(r"\s*\[\[\s*term\s*\]\]", line)
        ]

    def fault(self, entry: int, field: str | None, reason: str) -> BadGlossary:
        """Return the error for a field of an entry (from 0), or for the entry as a whole."""
        start = self.starts[entry]
        end = self.starts[entry + 1] if entry + 1 < len(self.starts) else len(self._lines) + 1
        line = self._first(_key(field), start, end - 1) if field else None
        return BadGlossary(self._path, line or start, reason)

    def line_of_top(self, name: str) -> int:
        """Return the line on which a name outside all entries stands."""
        table = rf"\s*\[+\s*[\"']?{re.escape(name)}\b"
        return self._first(rf"{_key(name)}|{table}", 0, len(self._lines)) or 1

    def broken(self, problem: tomllib.TOMLDecodeError) -> BadGlossary:
        """Return the error for what is not TOML; a list left open is named where it begins."""
        said = re.search(r"line (\d+)", str(problem))
        last = int(said.group(1)) if said else len(self._lines)
        opened = self._left_open(last) if "array" in str(problem).lower() else None
        reason = "this list has no end: a ] is missing" if opened else str(problem)
        return BadGlossary(self._path, opened or last, reason)

    def _first(self, pattern: str, start: int, end: int) -> int | None:
        numbers = range(start + 1, end + 1)
        return next((n for n in numbers if re.match(pattern, self._lines[n - 1])), None)

    def _left_open(self, last: int) -> int | None:
        """Return the line of the first bracket that nothing closes up to line *last*."""
        depth, opened = 0, 0
        for number, line in enumerate(self._lines[:last], start=1):
            for mark in re.findall(r"[\[\]]", _QUOTED.sub("", line)):
                if mark == "[" and depth == 0:
                    opened = number
                depth += 1 if mark == "[" else -1
        return opened if depth > 0 else None


# What stands in quotation marks, and remarks: brackets in them open nothing.
_QUOTED = re.compile(r""""(?:[^"\\\\]|\\\\.)*"|'[^']*'|#.*""")

Fault = Callable[[str | None, str], BadGlossary]
"""Makes the error for a field of an entry, or for the entry as a whole (None)."""


def _key(name: str) -> str:
    return rf"\s*[\"']?{re.escape(name)}[\"']?\s*="


def _term(entry: object, fault: Fault) -> Term:
    if not isinstance(entry, dict):
        raise fault(None, "an entry holds ja, also and en")
    if strange := [field for field in entry if field not in _FIELDS]:
        raise fault(strange[0], f"unknown field {strange[0]!r} (known: ja, also, en)")
    ja = entry.get("ja")
    if not isinstance(ja, str) or not ja.strip():
        raise fault("ja", 'the field ja is missing, for example ja = "標準化"')
    term = Term(ja.strip(), _names(entry, "also", fault), _names(entry, "en", fault))
    if len(term.names) == 1:
        raise fault(None, f"{ja} stands alone: give also or en")
    for field, names in (("ja", (term.ja,)), ("also", term.also), ("en", term.en)):
        for name in names:
            if is_japanese(name) and len(normalise(name)) == 1:
                reason = f"{name} is found inside too many words: give two characters or more"
                raise fault(field, reason)
            if not is_japanese(name) and not tokens(name):
                raise fault(field, f"{name!r} has no word that is searched: give one of its own")
    return term


def _names(entry: dict[str, object], field: str, fault: Fault) -> tuple[str, ...]:
    names = entry.get(field, [])
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise fault(field, f'the field {field} is a list of words, like ["a", "b"]')
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
