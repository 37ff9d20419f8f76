"""A Chroma server on which several machines keep generations: records, contents, claims."""

from __future__ import annotations

import re
import threading
import zlib
from base64 import b64decode, b64encode
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import chromadb
import chromadb.errors
import numpy as np
from chromadb.config import Settings

from index.generations.leases import Claim

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from chromadb import Collection as Collection_
    from chromadb.api import ClientAPI

# Chroma takes at most 5,461 ids in one call.
BATCH = 4_000
# Chroma wants a vector of everything.
_NOWHERE = np.zeros((1, 1), dtype=np.float32)
_PIECE = 393_216


class Server:
    """A Chroma server: two collections hold records and contents, and each claim is one.

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

    def forget_vectors(self) -> None:
        """Delete the collections in which earlier versions kept the vectors of a generation."""
        with told_as_system_errors():
            client = self._connected()
            for held in client.list_collections():
                if re.fullmatch(re.escape(self._prefix) + r"g\d+", held.name):
                    client.delete_collection(held.name)

    def record(self, name: str) -> str | None:
        """Return what was recorded under a name last."""
        with told_as_system_errors():
            found = self._kept("records").get(ids=[name], include=["metadatas"])
            told = found["metadatas"] or []
            return str(told[0]["content"]) if told else None

    def records(self) -> Collection[str]:
        """Return the names of all records."""
        with told_as_system_errors():
            return self._kept("records").get(include=[])["ids"]

    def set_record(self, name: str, content: str) -> None:
        """Record, in one step, over what was recorded before."""
        with told_as_system_errors():
            self._kept("records").upsert(
                ids=[name], metadatas=[{"content": content}], embeddings=_NOWHERE
            )

    def drop_record(self, name: str) -> None:
        """Forget a record."""
        with told_as_system_errors():
            self._kept("records").delete(ids=[name])

    def now_s(self) -> float:
        """Return the server's time, in seconds since 1970."""
        with told_as_system_errors():
            return self._connected().heartbeat() / 1e9

    def claims(self) -> Mapping[int, Claim]:
        """Return the claims there are, by number."""
        with told_as_system_errors():
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
        with told_as_system_errors():
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
        with told_as_system_errors():
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
        with told_as_system_errors(), suppress(chromadb.errors.NotFoundError):
            self._connected().delete_collection(self._claim(number))

    def _claim(self, number: int) -> str:
        return f"{self._prefix}claim-{number}"

    def missing(self, digests: Sequence[str]) -> Sequence[str]:
        """Return those of which no content is kept; the first piece is written last."""
        with told_as_system_errors():
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
        with told_as_system_errors():
            contents = self._kept("contents")
            for at in reversed(range(len(pieces))):
                told: dict[str, str | int | bool] = {
                    "file": digest, "piece": at, "of": len(pieces), "lasting": lasting,
                    "content": b64encode(pieces[at]).decode(),
                }  # fmt: skip
                contents.upsert(ids=[f"{digest}:{at}"], metadatas=[told], embeddings=_NOWHERE)

    def get(self, digest: str) -> bytes | None:
        """Return a content, None where it is not kept whole."""
        with told_as_system_errors():
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
        with told_as_system_errors():
            contents = self._kept("contents")
            there = contents.get(where={"lasting": False}, include=[])["ids"]
            gone = [name for name in there if name.partition(":")[0] not in kept]
            for start in range(0, len(gone), BATCH):
                contents.delete(ids=gone[start : start + BATCH])

    def _kept(self, what: str) -> Collection_:
        return self._connected().get_or_create_collection(
            self._prefix + what, embedding_function=None
        )

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
def told_as_system_errors() -> Iterator[None]:
    """Let what goes wrong while writing be an OSError, as it is with files."""
    try:
        yield
    except OSError:
        raise
    except Exception as problem:  # Chroma lets through what its HTTP client raises
        raise OSError(str(problem)) from problem
