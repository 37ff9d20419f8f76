"""The lexical indexes of a generation, made from its tallies: over chunks and over whole pages."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.format import open_memmap
from scipy.sparse import csr_matrix

from index.search import tallies
from index.search.lexical import inverted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.lexical import Counts
    from index.search.tallies import Kind, Tally

FOLDERS = tuple(folder for kind in tallies.KINDS for folder in (kind, f"page-{kind}"))
"""Their folders in the generation's."""


def build(
    folder: Path,
    counted: Callable[[Kind], Iterable[Tally]],
    told: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the indexes of every kind of unit into a generation's folder.

    *counted* gives the tallies of all editions in order, one after the other, as often as it is
    asked, so that memory does not grow with their number; *told* hears the share that is done.
    """
    kinds = tallies.KINDS
    for at, kind in enumerate(kinds):
        by_chunk = inverted(partial(_of_chunks, counted, kind), partial(_made, folder / kind))
        by_chunk.save(folder / kind)
        told((at + 0.5) / len(kinds))
        on_page = folder / f"page-{kind}"
        by_page = inverted(
            partial(_of_pages, counted, kind), partial(_made, on_page), by_chunk.keys
        )
        by_page.save(on_page, with_keys=False)
        told((at + 1) / len(kinds))


def _made(folder: Path, name: str, size: int, kind: type) -> NDArray[np.generic]:
    """Return an array of a new file; what is written into it need not stay in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    if not size:  # nothing cannot be mapped
        return np.empty(0, kind)
    path = folder / f"{name}.npy"
    made = open_memmap(path, mode="w+", dtype=kind, shape=(size,))
    with path.open("rb+") as file:
        # A full disk is told here, and not by a signal when a page is written.
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return made


def _of_chunks(counted: Callable[[Kind], Iterable[Tally]], kind: Kind) -> Iterator[Counts]:
    for tally in counted(kind):
        yield tally.text + tally.context, tally.keys


def _of_pages(counted: Callable[[Kind], Iterable[Tally]], kind: Kind) -> Iterator[Counts]:
    """Yield the counts of each page: of its chunks' texts, and once what only contexts hold.

    Pages are those on which a chunk begins, in the order in which their first chunk does.
    """
    for tally in counted(kind):
        rows: dict[int, int] = {}
        on_page = [rows.setdefault(page, len(rows)) for page in tally.pages.tolist()]
        gather = csr_matrix(
            (np.ones(len(on_page), np.int32), (on_page, np.arange(len(on_page)))),
            shape=(len(rows), len(on_page)),
        )
        text = gather @ tally.text
        also = (gather @ tally.context).sign()
        yield text + also - also.multiply(text.sign()), tally.keys
