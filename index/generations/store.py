"""Where vectors live: one Chroma collection for each generation, written once."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import zlib
from base64 import b64decode, b64encode
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

import chromadb
import chromadb.errors
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings

from index.generations.leases import Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from chromadb import Collection as Collection_
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from numpy.typing import NDArray

_COLLECTION = "chunks"
# Chroma wants a vector of everything.
_NOWHERE = np.zeros((1, 1), dtype=np.float32)
_PIECE = 393_216
# Chroma 1.5.9 shares what is open on a folder between its clients, and loses it when one thread
# closes what another is just opening.
_ONE_AT_A_TIME = threading.RLock()
# Chroma takes at most 5,461 vectors in one call.
_BATCH = 4_000
# Below this many vectors an exact product in memory is faster than the graph, and exact.
_IN_MEMORY = 60_000


class VectorStore(Protocol):
    """Finds the nearest of the stored vectors."""

    @property
    def in_memory(self) -> bool:
        """Whether every vector is held here, so that nobody else is asked."""
        ...

    def scores(self, question: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of every stored vector with *question*, shape (n,), float32.

        Where the collection is too large to hold, vectors beyond the nearest few hundred
        score 0.
        """
        ...


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
    for start in range(0, len(vectors), _BATCH):
        batch = vectors[start : start + _BATCH]
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
    with _told_as_system_errors(), _ONE_AT_A_TIME:
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


class Server:
    """A Chroma server: a generation is a collection there; two more hold records and contents.

    Everything there begins with the name that the address ends with, so that several sets of
    documents can share a server.
    """

    def __init__(self, url: str) -> None:
        """Name the server (http or https) and, as the path of its address, the set of documents.

        Raises:
            ValueError: the address is none.
        """
        parts = urlsplit(url)
        name = parts.path.strip("/") or "main"
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name) is None
        ):
            message = (
                f"{url}: not the address of a Chroma server, such as http://chroma:8000 or "
                f"http://chroma:8000/manuals"
            )
            raise ValueError(message)
        self.name = "chroma-server"
        self.address = url
        self._parts = parts
        self._prefix = f"tebiki-{name}-"
        self._lock = threading.Lock()
        self._client: ClientAPI | None = None

    def write(self, folder: Path, vectors: NDArray[np.float32]) -> None:
        """Make the generation's collection; one that a kill left half made is made anew."""
        name = self._name(folder)
        with _told_as_system_errors():
            client = self._connected()
            if name in {held.name for held in client.list_collections()}:
                client.delete_collection(name)
            write(client, name, vectors)

    def open(self, folder: Path, size: int) -> VectorStore:
        """Open the generation's collection."""
        try:
            return ChromaStore(self._connected(), self._name(folder), size)
        except Exception as problem:  # also what Chroma's HTTP client raises
            raise ValueError(f"{self._parts.geturl()}: {problem}") from problem

    def tidy(self, folders: Collection[str]) -> None:
        """Delete the collections of generations that are not among these."""
        with _told_as_system_errors():
            client = self._connected()
            for held in client.list_collections():
                of = re.fullmatch(re.escape(self._prefix) + r"(g\d+)", held.name)
                if of and of[1] not in folders:
                    client.delete_collection(held.name)

    def record(self, name: str) -> str | None:
        """Return what was recorded under a name last."""
        with _told_as_system_errors():
            found = self._kept("records").get(ids=[name], include=["metadatas"])
            told = found["metadatas"] or []
            return str(told[0]["content"]) if told else None

    def records(self) -> Collection[str]:
        """Return the names of all records."""
        with _told_as_system_errors():
            return self._kept("records").get(include=[])["ids"]

    def set_record(self, name: str, content: str) -> None:
        """Record, in one step, over what was recorded before."""
        with _told_as_system_errors():
            self._kept("records").upsert(
                ids=[name], metadatas=[{"content": content}], embeddings=_NOWHERE
            )

    def drop_record(self, name: str) -> None:
        """Forget a record."""
        with _told_as_system_errors():
            self._kept("records").delete(ids=[name])

    def now_s(self) -> float:
        """Return the server's time, in seconds since 1970."""
        with _told_as_system_errors():
            return self._connected().heartbeat() / 1e9

    def claims(self) -> Mapping[int, Claim]:
        """Return the claims there are, by number."""
        with _told_as_system_errors():
            listed = self._connected().list_collections()
        found: dict[int, Claim] = {}
        for held in listed:
            of = re.fullmatch(re.escape(self._prefix) + r"claim-(\d+)", held.name)
            told = held.metadata or {}
            if of and {"owner", "home", "until_s"} <= told.keys():
                found[int(of[1])] = Claim(
                    str(told["owner"]), str(told["home"]), float(str(told["until_s"]))
                )
        return found

    def make_claim(self, number: int, claim: Claim) -> bool:
        """Make a claim in one step: Chroma makes a collection of a name only once."""
        with _told_as_system_errors():
            try:
                self._connected().create_collection(
                    self._claim(number), metadata=asdict(claim), embedding_function=None
                )
            except chromadb.errors.ChromaError:
                if number not in self.claims():
                    raise
                return False
        return True

    def set_claim(self, number: int, claim: Claim) -> bool:
        """Let a claim of that number say something else; False when it is gone."""
        with _told_as_system_errors():
            try:
                held = self._connected().get_collection(
                    self._claim(number), embedding_function=None
                )
                held.modify(metadata=asdict(claim))
            except chromadb.errors.NotFoundError:
                return False
        return True

    def drop_claim(self, number: int) -> None:
        """Forget a claim, if it is there."""
        with _told_as_system_errors(), suppress(chromadb.errors.NotFoundError):
            self._connected().delete_collection(self._claim(number))

    def _claim(self, number: int) -> str:
        return f"{self._prefix}claim-{number}"

    def missing(self, digests: Sequence[str]) -> Sequence[str]:
        """Return those of which no content is kept; the first piece is written last."""
        with _told_as_system_errors():
            names = [f"{digest}:0" for digest in digests]
            there = set(self._kept("contents").get(ids=names, include=[])["ids"]) if names else ()
        return [digest for digest in digests if f"{digest}:0" not in there]

    def put(self, digest: str, content: bytes, *, lasting: bool) -> None:
        """Keep a content in pieces.

        As metadata: Chroma 1.5.9 takes 1.6 s for each megabyte of a document, because it
        indexes every three characters of it, and 0.05 s here.
        """
        packed = zlib.compress(content, 1)
        starts = range(0, max(len(packed), 1), _PIECE)
        pieces = [packed[at : at + _PIECE] for at in starts]
        with _told_as_system_errors():
            contents = self._kept("contents")
            for at in reversed(range(len(pieces))):
                told: dict[str, str | int | bool] = {
                    "file": digest, "piece": at, "of": len(pieces), "lasting": lasting,
                    "content": b64encode(pieces[at]).decode(),
                }  # fmt: skip
                contents.upsert(ids=[f"{digest}:{at}"], metadatas=[told], embeddings=_NOWHERE)

    def get(self, digest: str) -> bytes | None:
        """Return a content, None where it is not kept whole."""
        with _told_as_system_errors():
            found = self._kept("contents").get(where={"file": digest}, include=["metadatas"])
        pieces = sorted(found["metadatas"] or [], key=lambda piece: int(str(piece["piece"])))
        if not pieces or len(pieces) != pieces[0]["of"]:
            return None
        try:
            return zlib.decompress(b"".join(b64decode(str(one["content"])) for one in pieces))
        except (ValueError, zlib.error):
            return None

    def clear(self, kept: Collection[str]) -> None:
        """Forget the contents that are not lasting and not among these."""
        with _told_as_system_errors():
            contents = self._kept("contents")
            there = contents.get(where={"lasting": False}, include=[])["ids"]
            gone = [name for name in there if name.partition(":")[0] not in kept]
            for start in range(0, len(gone), _BATCH):
                contents.delete(ids=gone[start : start + _BATCH])

    def _kept(self, what: str) -> Collection_:
        return self._connected().get_or_create_collection(
            self._prefix + what, embedding_function=None
        )

    def _name(self, folder: Path) -> str:
        return self._prefix + folder.name.rpartition("-")[2]

    def _connected(self) -> ClientAPI:
        with self._lock:
            if self._client is None:
                secure = self._parts.scheme == "https"
                try:
                    self._client = chromadb.HttpClient(
                        host=str(self._parts.hostname),
                        port=self._parts.port or (443 if secure else 80),
                        ssl=secure,
                        settings=Settings(anonymized_telemetry=False),
                    )
                except ValueError as problem:
                    # That is how Chroma 1.5.9 says that nobody answers.
                    raise OSError(f"{self._parts.geturl()}: {problem}") from problem
            return self._client


@contextmanager
def _told_as_system_errors() -> Iterator[None]:
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
