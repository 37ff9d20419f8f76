"""Words of a corpus that say what another word says, by Sudachi's dictionary of synonyms.

A generation keeps which words of its passages the dictionary puts in each of its groups: a question
is searched, and compared with lines, by the words of the groups that its own words are in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from ingest.language.words import meant, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from index.search.lexical import Bm25

FILE = "synonyms.json"
"""Its name in a generation's folder."""


class Synonyms:
    """The words that a corpus says, by group."""

    def __init__(self, groups: Mapping[int, Sequence[str]] | None = None) -> None:
        """Take the words of each group."""
        self._groups = groups or {}

    def of(self, text: str, known: Bm25) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the words of a text that have others beside them, and those that *known* holds."""
        for word, groups in meant(text).items():
            said = dict.fromkeys(
                other for group in sorted(groups) for other in self._groups.get(group, ())
            )
            others = tuple(one for one in said if one != word and known.knows(*tokens(one)))
            if others:
                yield word, others


def save(words: Iterable[str], path: Path) -> None:
    """Write the groups that *words* are in into a new file."""
    groups: dict[int, list[str]] = defaultdict(list)
    for word in sorted(set(words)):
        for group in meant(word).get(word, ()):
            groups[group].append(word)
    told = {str(group): said for group, said in sorted(groups.items())}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Synonyms:
    """Read what `save` wrote; a generation that is older than synonyms has none.

    Raises:
        ValueError: the file is damaged.
    """
    if not path.exists():
        return Synonyms()
    told = json.loads(path.read_text(encoding="utf-8"))
    return Synonyms({int(group): words for group, words in told.items()})
