"""Generations that many machines share, so that a replica with an empty home serves them.

PostgreSQL says which there are and which is current (`register`); what a generation is made of,
and the PDFs, lie by their hashes in a folder that all machines see (`shared_files`).
Everybody searches a copy of the current one in the home: a generation never changes.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from index.errors import GenerationBroken, NoSuchGeneration, ServerAway
from index.generations import folder_locks, manifests, pointers
from index.generations.manifests import Manifest, folder_of, pdf_of
from index.generations.pointers import Kept, Pointer
from ingest.atomic_files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.generations.register import Register
    from index.generations.shared_files import SharedFiles
    from ingest.catalog.editions import Edition

_FETCHING = ".fetching-"
_PDF = re.compile(r"([0-9a-f]{40,})\.\w+")
PLACE = "shared"
"""Where generations are published, as the recipe of one says it."""


class SharedGenerations:
    """The generations of one set of documents, wherever they are searched."""

    def __init__(self, register: Register, files: SharedFiles) -> None:
        """Take what says which is current, and where the files lie."""
        self._register = register
        self._files = files

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one, of all machines, who refreshes.

        Raises:
            AnotherRefresh: somebody else is; it says who, and since when.
            ServerAway: as `reached`.
        """
        with self._register.alone():
            self.reached()
            yield

    def reached(self) -> Pointer | None:
        """Return what is current, having seen that its files are where they are looked for.

        Raises:
            ServerAway: they are not, or PostgreSQL does not answer.
        """
        now = self.pointer()
        if now and not self._files.there(self._register.folder()):
            reason = "what was published is not there; is this the folder, and attached?"
            raise ServerAway(self._files.address, reason)
        return now

    def pointer(self) -> Pointer | None:
        """Return what is current, or None when nothing was published yet.

        Raises:
            ServerAway: PostgreSQL does not answer.
        """
        return self._register.pointer()

    def names(self) -> tuple[str, ...]:
        """Return the names of the generations, oldest first."""
        return self._register.names()

    def publish(self, home: Path, name: str) -> None:
        """Send a generation of the home, and make it current: readers see the old or the new one.

        A kill on the way leaves the former one current, and what was sent is cleared later. All
        PDFs of the home go along, so that an old answer can show its page everywhere.

        Raises:
            LockLost: the connection under which this one was `alone` is gone.
            ServerAway: PostgreSQL or the files cannot be reached.
        """
        folder = folder_of(home, name)
        manifest = manifests.read_manifest(folder)
        files = {digest: folder / path for path, digest in manifest.files.items()}
        self._files.send(self._place("files"), files)
        kept = ((_PDF.fullmatch(path.name), path) for path in (home / "pdfs").glob("*"))
        self._files.send(self._place("pdfs"), {named[1]: path for named, path in kept if named})
        self._register.publish(name, manifests.written(manifest), None)

    def _place(self, what: str) -> str:
        return f"{self._register.folder()}/{what}"

    def bring(self, home: Path, name: str) -> Path:
        """Return a generation's folder in the home, fetched if it is not there.

        Raises:
            GenerationBroken: it is not published, or not whole.
            ServerAway: PostgreSQL or the files cannot be reached.
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
                self._fetch(home, manifest, draft)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._forget_old(home)
        return folder

    def _fetch(self, home: Path, manifest: Manifest, draft: Path) -> None:
        """Make a folder of what the home's other generations hold already, and of the rest."""
        here: dict[str, Path] = {}
        for name in pointers.listed(home):
            with suppress(GenerationBroken):
                folder = folder_of(home, name)
                held = manifests.read_manifest(folder).files
                here |= {digest: folder / path for path, digest in held.items()}
        place = self._place("files")
        for path, digest in manifest.files.items():
            target = draft / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if digest in here:
                with suppress(OSError):  # somebody may be removing that generation
                    os.link(here[digest], target)
                    if manifests.is_as_written(target, digest):
                        continue
                target.unlink(missing_ok=True)
            self._copy(place, digest, target, f"{manifest.id}/{path}")
        manifests.write_manifest(manifest, draft)

    def _copy(self, place: str, digest: str, target: Path, name: str) -> None:
        with suppress(FileNotFoundError):
            self._files.fetch(place, digest, target)
        if not manifests.is_as_written(target, digest):
            target.unlink(missing_ok=True)
            reason = "it is not there, or not whole"
            raise GenerationBroken(f"{self._files.address}: {name}", reason)

    def _manifest(self, name: str) -> Manifest:
        content = self._register.manifest(name)
        if content is None:
            where = f"{self._register.address}: {name}"
            raise NoSuchGeneration(where, "there is no such generation")
        return manifests.parsed(content)

    def _forget_old(self, home: Path) -> None:
        """Remove the copies of generations that are no longer shared."""
        kept = self.names()
        for name in pointers.listed(home):
            with suppress(GenerationBroken, OSError):
                folder = folder_of(home, name)
                if name not in kept and manifests.read_manifest(folder).recipe.get("vectors"):
                    folder_locks.remove(folder)

    def bring_pdf(self, home: Path, edition: Edition) -> Path:
        """Return where the home keeps an edition's PDF, fetched if it is not there.

        Raises:
            GenerationBroken: it is not shared either.
            ServerAway: PostgreSQL or the files cannot be reached.
        """
        kept = pdf_of(home, edition)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with replacing(kept) as draft:
                self._copy(self._place("pdfs"), str(edition.sha256), draft, str(edition.path))
        return kept

    def sync(self, home: Path, *, pdfs: bool = False) -> None:
        """Let the home hold what is current, with its PDFs if they are wanted.

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
            ServerAway: PostgreSQL or the files cannot be reached.
        """
        made = pointers.earlier(self.names(), self.pointer(), to, self._register.address)
        self.bring(home, made.generation)
        if not self._register.point(made):
            where = f"{self._register.address}: {made.generation}"
            raise NoSuchGeneration(where, "there is no such generation")
        pointers.publish(home, made.generation, instead_of=made.instead_of)
        return made.generation

    def kept(self) -> tuple[Kept, ...]:
        """Return every generation that is shared, oldest first."""
        now = self.pointer()
        current = now.generation if now else None
        return tuple(Kept(name, name == current, self._manifest(name)) for name in self.names())

    def tidy(self) -> None:
        """Forget generations before the newest three, never the current one; by whoever is `alone`."""
        self._register.forget(self.names()[: -pointers.KEPT])
        files = (set(self._manifest(name).files.values()) for name in self.names())
        self._files.clear(self._place("files"), set().union(*files))
        self._files.remove_drafts(self._place("pdfs"))


def _is_here(folder: Path, manifest: Manifest) -> bool:
    try:
        here = manifests.read_manifest(folder)
    except GenerationBroken:
        return False
    return here == manifest and not manifests.damaged(folder, here)


def _local(home: Path) -> Pointer | None:
    with suppress(GenerationBroken):
        return pointers.pointer(home)
    return None
