"""A cross-encoder that may veto a wording: does the source entail what is said of it?

Off by default. It can only refuse what the check of claims let pass, never let anything pass.
"""

from __future__ import annotations

import logging
from typing import Protocol

from index.errors import IndexingError

_LEAST = 0.5
"""Probability of entailment below which a wording is refused."""

log = logging.getLogger(__name__)


class Entailment(Protocol):
    """Says how likely it is that a text follows from another."""

    def probability(self, source: str, said: str) -> float:
        """Return from 0 to 1 how likely *said* follows from *source*."""
        ...


def veto(entailment: Entailment, source: str, said: str) -> bool:
    """Whether a wording is refused: its source does not entail it, or nobody can tell."""
    try:
        return entailment.probability(source, said) < _LEAST
    except IndexingError as problem:
        log.warning("%s", problem)
        return True
