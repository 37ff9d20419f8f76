"""Generations kept on a server as a whole, so that a replica with an empty home serves them.

What a generation is made of goes there by its hash: its manifest, texts, parts, counts, vectors,
glossary and fitted embedder, and the PDFs. The lexical indexes are built anew from the counts
wherever they are needed. The pointer is a record on the server, replaced in
one step. A generation never changes, so a home keeps a copy of what it has fetched.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from index.errors import GenerationBroken, NoSuchGeneration, ServerAway
from index.generations import folder_locks, manifests, pointers
from index.generations.leases import LASTS_S, Claims, Lease, held
from index.generations.manifests import Manifest, folder_of, pdf_of, tally_of
from index.generations.pointers import Kept, Pointer
from index.search import lexical_indexes, tallies
from ingest.atomic_files import replacing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ingest.catalog.editions import Edition

_POINTER = "pointer"
_FETCHING = ".fetching-"


class Store(Claims, Protocol):
    """A server that keeps records by name, contents by hash and claims by number.

    All raise OSError when it is away.
    """

    @property
    def name(self) -> str:
        """What kind of server it is, as the recipe of a generation says it."""
        ...

    def record(self, name: str) -> str | None:
        """Return what was recorded under a name last."""
        ...

    def records(self) -> Collection[str]:
        """Return all names."""
        ...

    def set_record(self, name: str, content: str) -> None:
        """Record, in one step, over what was recorded before."""
        ...

    def drop_record(self, name: str) -> None:
        """Forget a record."""
        ...

    def missing(self, digests: Sequence[str]) -> Sequence[str]:
        """Return those that are not kept whole."""
        ...

    def put(self, digest: str, content: bytes, *, lasting: bool) -> None:
        """Keep a content; one that is *lasting* is not cleared."""
        ...

    def get(self, digest: str) -> bytes | None:
        """Return a content, None where it is not kept whole."""
        ...

    def forget_vectors(self) -> None:
        """Forget the vectors that earlier versions kept apart."""
        ...

    def clear(self, kept: Collection[str]) -> None:
        """Forget the contents that are not lasting and not among these."""
        ...


class RemoteGenerations:
    """The generations of one collection of documents on a server."""

    def __init__(self, store: Store) -> None:
        """Take the server."""
        self._store = store
        self.place = store.name
        self._lease: Lease | None = None

    @contextmanager
    def alone(self, home: str, *, lasts_s: float = LASTS_S) -> Iterator[None]:
        """Be the only one, of all machines, who refreshes what is on the server.

        *home* names the home from which it is done, which the caller has locked.

        Raises:
            AnotherRefresh: somebody else is; it says who, and when that claim ends.
            ServerAway: the server does not answer.
        """
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        with ExitStack() as stack:
            with self._told():
                self._lease = stack.enter_context(held(self._store, owner, home, lasts_s=lasts_s))
            try:
                yield
            finally:
                self._lease = None

    def pointer(self) -> Pointer | None:
        """Return what is current, or None when nothing was published yet.

        Raises:
            ServerAway: the server does not answer.
        """
        with self._told():
            content = self._store.record(_POINTER)
        return None if content is None else Pointer(**json.loads(content))

    def names(self) -> tuple[str, ...]:
        """Return the names of the generations on the server, oldest first."""
        with self._told():
            return tuple(sorted(name for name in self._store.records() if name != _POINTER))

    def publish(self, home: Path, name: str, *, instead_of: str | None = None) -> None:
        """Send a generation of the home, and make it current: readers see the old or the new one.

        A kill on the way leaves the former one current, and what was sent is cleared later.

        Raises:
            ClaimLost: somebody else took over meanwhile (`alone`).
            ServerAway: the server does not answer.
        """
        folder = folder_of(home, name)
        manifest = manifests.read_manifest(folder)
        shared = _shared(manifest)
        with self._told():
            files = {digest: folder / path for path, digest in shared.files.items()}
            self._send(files, lasting=False)
            held = (e for e in manifest.editions if e.held and pdf_of(home, e).exists())
            self._send({str(e.sha256): pdf_of(home, e) for e in held}, lasting=True)
            if self._lease is not None:
                self._lease.renew()
            self._store.set_record(name, manifests.written(shared))
            pointer = Pointer(name, instead_of)
            self._store.set_record(_POINTER, json.dumps(asdict(pointer)))

    def _send(self, files: dict[str, Path], *, lasting: bool) -> None:
        for digest in self._store.missing(list(files)):
            self._store.put(digest, files[digest].read_bytes(), lasting=lasting)

    def bring(self, home: Path, name: str) -> Path:
        """Return a generation's folder in the home, fetched and completed if it is not there.

        Raises:
            GenerationBroken: the server does not hold it, or not whole.
            ServerAway: the server does not answer.
        """
        folder = folder_of(home, name)
        manifest = self._manifest(name)
        if _is_here(folder, manifest):
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (home / "fetch.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for rest in folder.parent.glob(f"{_FETCHING}*"):
                shutil.rmtree(rest)
            if _is_here(folder, manifest):
                return folder
            if folder.is_dir() and not folder_locks.remove(folder):
                reason = "another generation of this name is still being read"
                raise GenerationBroken(str(folder), reason)
            draft = folder.with_name(f"{_FETCHING}{name}")
            try:
                self._fetch(manifest, draft)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._forget_old(home)
        return folder

    def _fetch(self, manifest: Manifest, draft: Path) -> None:
        for path, digest in manifest.files.items():
            target = draft / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._content(digest, f"{manifest.id}/{path}"))
        held = [edition for edition in manifest.editions if edition.held]
        lexical_indexes.build(
            draft, lambda kind: (tallies.load(tally_of(draft, e), kind) for e in held)
        )
        manifests.write_manifest(manifest, draft)

    def _content(self, digest: str, name: str) -> bytes:
        with self._told():
            content = self._store.get(digest)
        if content is None or sha256(content).hexdigest() != digest:
            reason = "it is not there, or not whole"
            raise GenerationBroken(f"{self._store.address}: {name}", reason)
        return content

    def _manifest(self, name: str) -> Manifest:
        with self._told():
            content = self._store.record(name)
        if content is None:
            raise NoSuchGeneration(f"{self._store.address}: {name}", "there is no such generation")
        return manifests.parsed(content)

    def _forget_old(self, home: Path) -> None:
        """Remove the copies of generations that the server no longer keeps."""
        kept = self.names()
        for name in pointers.listed(home):
            with suppress(GenerationBroken, OSError):
                folder = folder_of(home, name)
                if name not in kept and "vectors" in manifests.read_manifest(folder).recipe:
                    folder_locks.remove(folder)

    def bring_pdf(self, home: Path, edition: Edition) -> Path:
        """Return where the home keeps an edition's PDF, fetched if it is not there.

        Raises:
            GenerationBroken: the server does not hold it either.
            ServerAway: the server does not answer.
        """
        kept = pdf_of(home, edition)
        if not kept.exists():
            content = self._content(str(edition.sha256), str(edition.path))
            kept.parent.mkdir(parents=True, exist_ok=True)
            with replacing(kept) as draft:
                draft.write_bytes(content)
        return kept

    def sync(self, home: Path, *, pdfs: bool = False) -> None:
        """Let the home hold what is current on the server, with its PDFs if they are wanted.

        What was rolled back from comes too, so that a refresh does not make it again.
        """
        now = self.pointer()
        if now is None:
            return
        self.bring(home, now.generation)
        for name in now.rolled_back(self.names()):
            self.bring(home, name)
        if _local(home) != now:
            pointers.publish(home, now.generation, instead_of=now.instead_of)
        if pdfs:
            for edition in self._manifest(now.generation).editions:
                if edition.held:
                    with suppress(GenerationBroken):  # it can be read from the corpus still
                        self.bring_pdf(home, edition)

    def roll_back(self, home: Path, to: str | None = None) -> str:
        """Make an earlier generation current again, for every replica, and return its name.

        Raises:
            GenerationBroken: there is no such generation.
            ServerAway: the server does not answer.
        """
        made = pointers.earlier(self.names(), self.pointer(), to, self._store.address)
        self.bring(home, made.generation)
        with self._told():
            self._store.set_record(_POINTER, json.dumps(asdict(made)))
        pointers.publish(home, made.generation, instead_of=made.instead_of)
        return made.generation

    def kept(self) -> tuple[Kept, ...]:
        """Return every generation on the server, oldest first."""
        now = self.pointer()
        current = now.generation if now else None
        return tuple(Kept(name, name == current, self._manifest(name)) for name in self.names())

    def tidy(self) -> tuple[str, ...]:
        """Forget generations before the newest three, never the current one; return the rest."""
        names = self.names()
        now = self.pointer()
        kept = tuple(
            n for n in names if n in names[-pointers.KEPT :] or (now and n == now.generation)
        )
        with self._told():
            self._store.forget_vectors()
            for name in names:
                if name not in kept:
                    self._store.drop_record(name)
            files = (set(self._manifest(name).files.values()) for name in kept)
            self._store.clear(set().union(*files))
        return kept

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise ServerAway(self._store.address, str(problem)) from problem


def _shared(manifest: Manifest) -> Manifest:
    """Return a manifest without the files that each home makes for itself."""
    own = tuple(f"{name}/" for name in lexical_indexes.FOLDERS)
    files = {path: digest for path, digest in manifest.files.items() if not path.startswith(own)}
    return replace(manifest, files=files)


def _is_here(folder: Path, manifest: Manifest) -> bool:
    try:
        here = manifests.read_manifest(folder)
    except GenerationBroken:
        return False
    return _shared(here) == manifest and not manifests.damaged(folder, here)


def _local(home: Path) -> Pointer | None:
    with suppress(GenerationBroken):
        return pointers.pointer(home)
    return None
