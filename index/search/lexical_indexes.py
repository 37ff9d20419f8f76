"""The lexical indexes of a generation, made from its tallies: over chunks and over whole pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from index.search import tallies
from index.search.lexical import Bm25

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.tallies import Kind, Tally

FOLDERS = tuple(folder for kind in tallies.KINDS for folder in (kind, f"page-{kind}"))
"""Their folders in the generation's."""


def build(
    folder: Path,
    counted: Callable[[Kind], Iterable[Tally]],
    told: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the indexes of every kind of unit into a generation's folder.

    *counted* gives the tallies of all editions in order; *told* hears the share that is done.
    """
    kinds = tallies.KINDS
    for at, kind in enumerate(kinds):
        whole, on_page = tallies.joined(counted(kind))
        told((at + 0.4) / len(kinds))
        by_page = _by_page(whole, on_page)
        Bm25.of_counts(whole.text + whole.context, whole.units).save(folder / kind)
        told((at + 0.8) / len(kinds))
        Bm25.of_counts(by_page, whole.units).save(folder / f"page-{kind}")
        told((at + 1) / len(kinds))


def _by_page(whole: Tally, on_page: NDArray[np.int64]) -> csr_matrix:
    """Return the counts of each page: of its chunks' texts, and once what only contexts hold."""
    chunks = len(on_page)
    pages = int(on_page.max(initial=-1)) + 1
    gather = csr_matrix(
        (np.ones(chunks, np.int32), (on_page, np.arange(chunks))), shape=(pages, chunks)
    )
    text = gather @ whole.text
    also = (gather @ whole.context).sign()
    return text + also - also.multiply(text.sign())
