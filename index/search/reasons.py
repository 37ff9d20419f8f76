"""Why a passage came: which of the question's words it holds, and which other names of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import Unit, english, tokens, units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from index.search.glossary import Glossary
    from ingest.chunks import Chunk

MOST = 6
"""Words, and names, that are told."""

# Sudachi's: what counts things (年, 件) and what helps another verb (おり) says nothing alone, and
# what is inflected is told as a dictionary has it.
_SAYS_LITTLE = frozenset({"助数詞可能", "非自立可能"})
_INFLECTED = frozenset({"動詞", "形容詞"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Words as the question has them, in its order, and other names.

    *names* are (said, found): what the question says, and the glossary's or the dictionary's other
    name for it that the passage holds. Both empty: only how it is written, letter by letter, or its document brought it.
    """

    words: tuple[str, ...]
    names: tuple[tuple[str, str], ...]


def reason(question: str, chunk: Chunk, glossary: Glossary) -> Reason:
    """Return why a chunk was found, by the units that the index counted of it.

    *glossary* is that of the search (`Library.glossary`), which reads the question with it.
    """
    text = f"{chunk.context}\n{chunk.text}"
    held = set(tokens(text))
    said = dict.fromkeys((*_japanese(question, held), *_latin(question, held)))
    return Reason(tuple(said)[:MOST], tuple(_names(question, held, text, glossary))[:MOST])


def _japanese(question: str, held: Collection[str]) -> Iterator[str]:
    """Yield the words that are held; those that follow each other without a gap as one."""
    runs: list[list[Unit]] = []
    for unit in units(question):
        # As the index counts it: particles and the like are no words.
        counted = [] if unit.surface.isascii() else tokens(unit.surface)
        if not counted or not all(word in held for word in counted):
            continue
        if runs and runs[-1][-1].end == unit.begin:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    for first, *others in runs:
        if others:
            yield "".join(unit.surface for unit in (first, *others))
        elif first.use not in _SAYS_LITTLE:
            yield first.form if first.part in _INFLECTED else first.surface


def _latin(question: str, held: Collection[str]) -> Iterator[str]:
    for word, stem in english(question):
        if stem in held:
            found = re.search(re.escape(word), question, re.IGNORECASE)
            yield found.group() if found else word


def _names(
    question: str, held: Collection[str], text: str, glossary: Glossary
) -> Iterator[tuple[str, str]]:
    foreign, plain = not is_japanese(question), normalise(text)
    told: set[str] = set()
    for match in glossary.expand(question):
        # The first is the nearest: one other name of a thing is reason enough.
        for name in match.others if foreign else match.japanese:
            cut = set(tokens(name))
            written = is_japanese(name) and (len(cut) > 1 or foreign or not match.looked_up)
            stands = normalise(name) in plain if written else cut <= set(held)
            if stands and name not in told and cut - set(tokens(match.said)):
                told.add(name)
                yield match.said, name
                break
