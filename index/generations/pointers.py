"""Generations: immutable index folders, and the pointer that says which one is current.

A home looks like this::

    current                 the pointer: a small JSON file, replaced in one step
    refresh.lock            held by the one process that refreshes
    generations/g0007/      manifest.json, glossary.toml; for each edition its text, sentences and parts, and
                            what the next generation makes its indexes of (tallies, embedded);
                            the table of chunks, the lexical indexes (words, pairs, …) and, if fitted, embedder/
    pdfs/<sha256>.pdf       every PDF ever indexed, so that an old answer can show its page
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import GenerationBroken, NoSuchGeneration
from index.generations.manifests import MANIFEST, Manifest, folder_of, read_manifest
from ingest.atomic_files import replacing

POINTER = "current"
KEPT = 3
"""The current generation and two to return to, in a home and where many share them."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is current. *instead_of* is the newest generation that was rolled back from, or None."""

    generation: str
    instead_of: str | None = None

    def rolled_back(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some generations that somebody rolled back from, in their order."""
        last = self.instead_of or ""
        return tuple(name for name in names if self.generation < name <= last)


def current(home: Path) -> str | None:
    """Return the name of the current generation, or None when there is none yet.

    Raises:
        GenerationBroken: the pointer cannot be understood, or is missing beside generations.
    """
    found = pointer(home)
    return found.generation if found else None


def pointed(home: Path) -> str | None:
    """Return the name of the current generation, None also where the pointer is damaged."""
    try:
        return current(home)
    except GenerationBroken:
        return None


def pointer(home: Path) -> Pointer | None:
    """Return what is current, or None when there is no generation yet.

    Raises:
        GenerationBroken: the pointer cannot be understood, or is missing beside generations.
    """
    path = home / POINTER
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Pointer(str(content["generation"]), content.get("instead_of"))
    except FileNotFoundError as problem:
        if names := listed(home):
            reason = f"the pointer is missing, but {names[-1]} is there"
            raise GenerationBroken(str(path), reason) from problem
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise GenerationBroken(str(path), f"the pointer is damaged ({problem})") from problem


def publish(home: Path, generation: str, *, instead_of: str | None = None) -> None:
    """Make a generation current, in one step: readers see the old one or the new one."""
    content = {"generation": generation} | ({"instead_of": instead_of} if instead_of else {})
    with replacing(home / POINTER) as draft:
        draft.write_text(json.dumps(content), encoding="utf-8")


def listed(home: Path) -> tuple[str, ...]:
    """Return the names of the complete generations, oldest first."""
    folder = home / "generations"
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            f.name
            for f in folder.iterdir()
            if (f / MANIFEST).is_file() and not f.name.startswith(".")
        )
    )


def next_name(home: Path, others: Iterable[str] = ()) -> str:
    """Return the name of the generation that is made next, above any in the home and *others*."""
    names = (*(path.name for path in (home / "generations").glob("g*")), *others)
    there = (re.fullmatch(r"g(\d+)", name) for name in names)
    return f"g{max((int(name[1]) for name in there if name), default=0) + 1:06d}"


def roll_back(home: Path, to: str | None = None) -> str:
    """Make an earlier generation current again and return its name.

    Without *to*, the one before the current; the newest where the pointer is missing or
    damaged. A refresh does not make again what was rolled back from, unless it is told to.

    Raises:
        GenerationBroken: there is no such complete generation.
    """
    try:
        now = pointer(home)
    except GenerationBroken:
        now = None
    made = earlier(listed(home), now, to, str(home))
    read_manifest(folder_of(home, made.generation))
    publish(home, made.generation, instead_of=made.instead_of)
    return made.generation


def earlier(names: Sequence[str], now: Pointer | None, to: str | None, where: str) -> Pointer:
    """Return the pointer to the generation to go back to; pure.

    Raises:
        NoSuchGeneration: there is none; *where* is named.
    """
    if to is None:
        before = [name for name in names if now is None or name < now.generation]
        if not before:
            raise NoSuchGeneration(where, "there is no earlier generation to return to")
        to = before[-1]
    if to not in names:
        raise NoSuchGeneration(f"{where}: {to}", "there is no such generation")
    left = max(now.generation, now.instead_of or "") if now else ""
    return Pointer(to, left if to < left else None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation as `kept_in` lists it. *manifest* is None where it is damaged."""

    name: str
    current: bool
    manifest: Manifest | None


def kept_in(home: Path) -> tuple[Kept, ...]:
    """Return every complete generation of a home, oldest first."""
    try:
        now = current(home)
    except GenerationBroken:
        now = None
    found: list[Kept] = []
    for name in listed(home):
        try:
            manifest: Manifest | None = read_manifest(folder_of(home, name))
        except GenerationBroken:
            manifest = None
        found.append(Kept(name, name == now, manifest))
    return tuple(found)
