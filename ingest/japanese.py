"""The names of `ingest.language` under their old address, until every import is moved."""

from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import (
    TOKENIZER_VERSION,
    Unit,
    joints,
    known_share,
    loanwords,
    nouns,
    pairs,
    person_names,
    phrases,
    proper_nouns,
    stands_alone,
    strangers,
    tokens,
    units,
)

__all__ = [
    "TOKENIZER_VERSION",
    "Unit",
    "is_japanese",
    "joints",
    "known_share",
    "loanwords",
    "normalise",
    "nouns",
    "pairs",
    "person_names",
    "phrases",
    "proper_nouns",
    "stands_alone",
    "strangers",
    "tokens",
    "units",
]
