"""Where vectors live: one Chroma collection for each generation, written once."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import chromadb
import chromadb.errors
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from numpy.typing import NDArray

    from index.search.embedding import VectorStore

_COLLECTION = "chunks"
# Chroma 1.5.9 shares what is open on a folder between its clients, and loses it when one thread
# closes what another is just opening.
_ONE_AT_A_TIME = threading.RLock()
# Chroma takes at most 5,461 vectors in one call.
BATCH = 4_000
# Below this many vectors an exact product in memory is faster than the graph, and exact.
_IN_MEMORY = 60_000


class Vectors(Protocol):
    """Where the vectors of generations live. A generation is named by its folder."""

    @property
    def name(self) -> str:
        """What the recipe records, empty for the generation's own folder."""
        ...

    def write(self, folder: Path, vectors: NDArray[np.float32]) -> None:
        """Keep the unit vectors, shape (n, d), of a generation that is being built."""
        ...

    def open(self, folder: Path, size: int) -> VectorStore:
        """Open a generation's vectors.

        Raises:
            ValueError: they are damaged, missing, or another number than *size*.
        """
        ...

    def tidy(self, folders: Collection[str]) -> None:
        """Drop the vectors of generations that are not among these folder names."""
        ...


class ChromaStore:
    """A Chroma collection whose ids are the positions of the vectors, as decimal numbers."""

    def __init__(self, client: ClientAPI, collection: str, size: int) -> None:
        """Open a collection of *size* vectors that `write` made.

        Raises:
            ValueError: the collection holds another number of vectors.
        """
        self._collection = client.get_collection(collection, embedding_function=None)
        self._size = size
        if self._collection.count() != size:
            message = f"the collection holds {self._collection.count()} vectors instead of {size}"
            raise ValueError(message)
        self._vectors = self._fetch() if 0 < size <= _IN_MEMORY else None

    @property
    def in_memory(self) -> bool:
        """Whether every vector is held here, so that Chroma is not asked again."""
        return self._vectors is not None or not self._size

    def _fetch(self) -> NDArray[np.float32]:
        found = self._collection.get(include=["embeddings"])
        order = np.array([int(name) for name in found["ids"]], dtype=np.int64)
        vectors = np.asarray(found["embeddings"], dtype=np.float32).reshape(self._size, -1)
        return vectors[np.argsort(order)]

    def scores(self, question: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of every stored vector with *question*, shape (n,), float32."""
        if not self._size or not question.any():
            return np.zeros(self._size, dtype=np.float32)
        if self._vectors is not None:
            # Not "@": its threads wait for each other when several people ask at once, which
            # makes a product of 0.1 ms take 30 ms and more. This has none.
            found: NDArray[np.float32] = np.vecdot(self._vectors, question)
            return found
        nearest = self._collection.query(
            query_embeddings=[question.tolist()],
            n_results=min(400, self._size),
            include=["distances"],
        )
        scores = np.zeros(self._size, dtype=np.float32)
        for name, distance in zip(
            nearest["ids"][0], (nearest["distances"] or [[]])[0], strict=True
        ):
            scores[int(name)] = 1 - distance
        return scores


def write(
    client: ClientAPI,
    collection: str,
    vectors: NDArray[np.float32],
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Put unit vectors, shape (n, d), into a new collection; their positions become their ids.

    *progress* is called with the number of vectors written so far.
    """
    made = client.create_collection(
        collection,
        configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
        embedding_function=None,
    )
    for start in range(0, len(vectors), BATCH):
        batch = vectors[start : start + BATCH]
        made.add(
            ids=[str(at) for at in range(start, start + len(batch))],
            # A zero vector has no direction, and Chroma's cosine of it is not a number.
            embeddings=np.where(batch.any(axis=1, keepdims=True), batch, 1e-6),
        )
        progress(start + len(batch))


def write_folder(folder: Path, vectors: NDArray[np.float32]) -> None:
    """Make an embedded store in a new folder.

    Raises:
        OSError: it cannot be written.
    """
    with told_as_system_errors(), _ONE_AT_A_TIME:
        client = _embedded(folder)
        try:
            write(client, _COLLECTION, vectors)
        finally:
            client.close()


def open_folder(folder: Path, size: int) -> ChromaStore:
    """Open the embedded store of a generation.

    Where the folder may not be written a copy is opened, for Chroma cannot even read there.

    Raises:
        ValueError: it is damaged, or holds another number of vectors than *size*.
    """
    if folder.is_dir() and not os.access(folder, os.W_OK):
        copied = Path(tempfile.mkdtemp(prefix="tebiki-"))
        try:
            shutil.copytree(folder, copied / "vectors", copy_function=shutil.copyfile)
            (copied / "vectors").chmod(0o700)
            return open_folder(copied / "vectors", size)
        finally:
            # On Linux what is still open stays readable.
            shutil.rmtree(copied, ignore_errors=True)
    with _ONE_AT_A_TIME:
        try:
            return _opened(folder, size)
        except Exception as problem:  # damaged files make Chroma 1.5.9 raise AttributeError as well
            raise ValueError(str(problem)) from problem


def _opened(folder: Path, size: int) -> ChromaStore:
    opened = None
    client = _embedded(folder)
    try:
        opened = ChromaStore(client, _COLLECTION, size)
        return opened
    finally:
        if opened is None or opened.in_memory:
            # Nothing more is asked of Chroma, so no open file keeps a withdrawn generation alive.
            client.close()


class Embedded:
    """Chroma in the generation's own folder: goes with the folder, nothing to tidy."""

    name = ""

    def write(self, folder: Path, vectors: NDArray[np.float32]) -> None:
        """Keep the vectors in the folder."""
        write_folder(folder / "vectors", vectors)

    def open(self, folder: Path, size: int) -> VectorStore:
        """Open the vectors in the folder."""
        return open_folder(folder / "vectors", size)

    def tidy(self, folders: Collection[str]) -> None:
        """Do nothing: what was removed took its vectors with it."""


@contextmanager
def told_as_system_errors() -> Iterator[None]:
    """Let what goes wrong while writing be an OSError, as it is with files."""
    try:
        yield
    except OSError:
        raise
    except Exception as problem:  # Chroma lets through what its HTTP client raises
        raise OSError(str(problem)) from problem


def _embedded(folder: Path) -> Client:
    """Open Chroma on a folder, without telemetry and without its default embedder."""
    try:
        client = chromadb.PersistentClient(
            path=str(folder), settings=Settings(anonymized_telemetry=False)
        )
    except BaseException:
        # Chroma 1.5.9 remembers what did not start by its folder, and would hand it out again
        # when the disk has room or the folder was made anew.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)  # noqa: SLF001 - no other way
        raise
    return cast("Client", client)
