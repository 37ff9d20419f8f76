"""A corpus of fake texts, really indexed: for tests that need a generation but no PDF."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from index.generations.register import Register
from index.generations.shared import SharedGenerations
from index.generations.shared_files import SharedFiles
from index.generations.shelf import Shelf
from index.refresh.refresh import carry_out
from index.refresh.reports import RefreshReport
from index.refresh.resources import Resources
from index.search.embedding import Embedder
from index.search.fitted import Fitted
from ingest.catalog.catalog import Catalog
from ingest.catalog.editions import Edition
from ingest.errors import IngestError, UnreadablePdf
from ingest.pages import EditionText
from tests.fakes import edition, edition_text

TODAY = date(2026, 4, 1)


class Desk:
    """A corpus folder and a home, where files are lines of text that stand for PDFs."""

    def __init__(self, folder: Path, today: Callable[[], date] = lambda: TODAY) -> None:
        """Make an empty corpus and a home in *folder*."""
        self.corpus, self.home = folder / "corpus", folder / "home"
        self.corpus.mkdir(exist_ok=True)
        self.broken: set[str] = set()
        self.strays: set[str] = set()
        self.shared: SharedGenerations | None = None
        self.read: list[str] = []
        self._texts: dict[str, EditionText] = {}
        self._editions: dict[str, Edition] = {}
        self._today = today

    def share(self, database: str, files: Path) -> None:
        """Publish for many homes from now on, with a connection of its own."""
        self.shared = SharedGenerations(Register(database), SharedFiles(str(files)))

    def put(self, edition: Edition, *pages: str) -> Edition:
        """Put an edition's PDF into the corpus; its pages are what reading it gives."""
        content = "\f".join(pages).encode()
        path = self.corpus / str(edition.path)
        path.write_bytes(content)
        digest = sha256(content).hexdigest()
        self._texts[digest] = edition_text(*pages)
        self._editions[edition.key] = replace(edition, sha256=digest)
        return self._editions[edition.key]

    def withdraw(self, edition: Edition) -> None:
        """Take an edition out of the catalog."""
        del self._editions[edition.key]

    def catalog(self, *problems: IngestError) -> Catalog:
        """Return what the catalog says now."""
        return Catalog(
            tuple(self._editions.values()), problems=problems, strays=frozenset(self.strays)
        )

    def drop(self, name: str, *pages: str, label: str = "", published: date | None = None) -> None:
        """Put a file there that no catalog lists, in place of the one that had its name."""
        held = edition(name, label=label, in_force_from=published)
        for key in [k for k, e in self._editions.items() if e.document.id == name]:
            del self._editions[key]
        self.strays.add(name)
        digest = sha256("\f".join(pages).encode()).hexdigest()
        self.put(replace(held, label=label or digest[:8], path=f"{name}.pdf"), *pages)

    def reading(
        self, files: Mapping[str, Path]
    ) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        """Read the files, remembering which; a broken one cannot be read."""
        found: dict[str, EditionText | UnreadablePdf] = {}
        for digest, path in files.items():
            self.read.append(path.name)
            assert digest == sha256(path.read_bytes()).hexdigest()
            broken = path.name in self.broken
            problem = UnreadablePdf(path.name, "no trailer found", "Copy the file again.")
            found[digest] = problem if broken else self._texts[digest]
        return found.items()

    def refresh(
        self,
        *problems: IngestError,
        embedder: Embedder | None = None,
        allow: Callable[[Path], Sequence[str]] = lambda _: (),
        full: bool = False,
        accept: bool = False,
        reader: str = "test",
    ) -> RefreshReport:
        """Bring the home up to date with the corpus."""
        resources = Resources(
            self.corpus, self.home, self.reading, reader, embedder, allow, accept=accept,
            today=self._today, shared=self.shared,
        )  # fmt: skip
        return carry_out(self.catalog(*problems), resources, full=full)

    def shelf(self) -> Shelf:
        """Return what hands out the current generation."""
        return Shelf(
            self.home, lambda _recipe, folder: Fitted.load(folder / "embedder"), self._today,
            shared=self.shared,
        )  # fmt: skip


def warmed() -> None:
    """Wait until nothing is read in the background any more."""
    while waiting := [each for each in threading.enumerate() if each.name == "warming"]:
        waiting[0].join(30)
