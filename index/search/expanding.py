"""A glossary that looks up what it does not know itself: English in a dictionary, Japanese by synonyms."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from index.search.dictionary import LONGEST, Dictionary
from index.search.glossary import Glossary, Match
from ingest.language.spelling import is_japanese
from ingest.language.words import english, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from index.search.lexical import Bm25
    from index.search.synonyms import Synonyms


class Expanding(Glossary):
    """A glossary, and behind its names those that a dictionary or a thesaurus knows."""

    def __init__(
        self, glossary: Glossary, synonyms: Synonyms, words: Bm25, dictionary: Dictionary | None
    ) -> None:
        """Take the glossary, which comes first, the synonyms, the corpus' words and a dictionary."""
        super().__init__(glossary.terms)
        self._dictionary = dictionary
        looking_up = _LookingUp(glossary, synonyms, words, dictionary)
        self._expanded: Callable[[str], tuple[Match, ...]] = lru_cache(maxsize=64)(
            looking_up.expanded
        )

    def warm(self) -> None:
        """Read the dictionary now."""
        if self._dictionary is not None:
            self._dictionary.warm()

    def expand(self, question: str) -> tuple[Match, ...]:
        """Return the glossary's names, then those looked up: whole phrases before single words."""
        return self._expanded(question)


class _LookingUp(NamedTuple):
    glossary: Glossary
    synonyms: Synonyms
    words: Bm25
    dictionary: Dictionary | None

    def expanded(self, question: str) -> tuple[Match, ...]:
        """Return the names of a question that was not asked before."""
        known = self.glossary.expand(question)
        if is_japanese(question):
            return (*known, *self._synonyms(question, known))
        if self.dictionary is None:
            return known
        return (*known, *self._translated(question, known, self.dictionary))

    def _synonyms(self, question: str, known: Sequence[Match]) -> Iterator[Match]:
        named = {word for match in known for word in tokens(match.said)}
        for word, others in self.synonyms.of(question, self.words):
            if named.isdisjoint(tokens(word)):
                yield Match(word, others, others, looked_up=True)

    def _translated(
        self, question: str, known: Sequence[Match], dictionary: Dictionary
    ) -> Iterator[Match]:
        named = {stem for match in known if match.japanese for _, stem in english(match.said)}
        said = english(question)
        at = 0
        while at < len(said):
            for length in range(min(LONGEST, len(said) - at), 0, -1):
                words, stems = zip(*said[at : at + length], strict=True)
                meant = () if named.issuperset(stems) else dictionary.means(stems)
                if meant:
                    yield Match(" ".join(words), meant, meant, looked_up=True)
                    at += length
                    break
            else:
                at += 1
