"""What can go wrong between chunks and a search. Each says what happened and what to do."""

from __future__ import annotations

import errno


class IndexingError(Exception):
    """The index could not be made, opened or switched."""


class IndexMissing(IndexingError):
    """There is no generation to search yet."""

    def __init__(self, home: str) -> None:
        """Name the home and the command that makes an index."""
        super().__init__(
            f'{home}: no index yet, so nothing can be searched. Run "tebiki refresh" to make one.'
        )
        self.home = home


class GenerationBroken(IndexingError):
    """A generation's folder cannot be used; *path* names it."""

    def __init__(self, path: str, reason: str) -> None:
        """Say which generation, why, and how to get out."""
        super().__init__(
            f'{path}: {reason}. Run "tebiki refresh" to make anew what is damaged, or "tebiki '
            f'rollback" to return to an earlier generation.'
        )
        self.path = path
        self.reason = reason


class NoSuchGeneration(GenerationBroken):
    """There is no generation to return to; *path* says where it was looked for."""

    def __init__(self, path: str, reason: str) -> None:
        """Say what is missing and how to see what there is."""
        IndexingError.__init__(
            self,
            f'{path}: {reason}. Nothing was changed; "tebiki generations" lists what is kept.',
        )
        self.path = path
        self.reason = reason


class HomeUnusable(IndexingError):
    """The home, or a file that belongs there, cannot be written; *path* names the home."""

    def __init__(self, path: str, problem: OSError) -> None:
        """Say what the system said, that nothing is lost, and what would help."""
        advice = {
            errno.ENOSPC: "Make room on the disk",
            errno.EDQUOT: "Make room within the quota",
            errno.EROFS: "Let it be written, or name another folder (TEBIKI_HOME)",
            errno.EACCES: "Let it be written, or name another folder (TEBIKI_HOME)",
        }.get(problem.errno or 0, "See to the disk")
        super().__init__(
            f"{path}: the new index could not be written ({problem}). What was there before "
            f'stays as it is. {advice} and run "tebiki refresh" again.'
        )
        self.path = path


class AnotherRefresh(IndexingError):
    """Another refresh of the same home, or of the same shared documents, is under way."""


class LockLost(IndexingError):
    """The connection to PostgreSQL broke under a refresh; another may have begun meanwhile."""

    def __init__(self, address: str, reason: str) -> None:
        """Say where and why, and what to do."""
        super().__init__(
            f"{address}: the connection broke while the refresh ran ({reason}), so what it made "
            f"was not published. Run the command again."
        )


class ServerAway(IndexingError):
    """What many machines share cannot be reached; *address* names the database or the folder."""

    def __init__(self, address: str, reason: str) -> None:
        """Say which and why, and that what is there stays."""
        super().__init__(
            f"{address}: what the servers share cannot be used ({reason}). It stays as it is. "
            f"Start PostgreSQL or attach the folder, see to TEBIKI_DATABASE_URL and "
            f"TEBIKI_SHARED, and run the command again."
        )
        self.address = address
        self.reason = reason


class RecipeChanged(IndexingError):
    """The generation was built with another embedder than the one configured."""


class EditionUnknown(IndexingError):
    """There are no two editions of the document to compare; *held* are the labels there are."""

    def __init__(self, document: str, held: tuple[str, ...], wanted: str | None = None) -> None:
        """Say what was asked for and what there is."""
        missing = f"edition {wanted} is not held" if wanted else "two held editions are needed"
        said = f"{missing}. Held are: {', '.join(held)}."
        if not held:
            said = 'no document of that id is held. "tebiki status" lists those there are.'
        super().__init__(f"{document}: {said}")
        self.document = document
        self.held = held


class FilterUnknown(IndexingError):
    """A filter names what there is not; *field* is "document", "kind" or "edition"."""

    def __init__(self, field: str, value: str, known: tuple[str, ...]) -> None:
        """Say what was named and what there is."""
        super().__init__(
            f'There is no {field} "{value}" to search in. There are: {", ".join(known) or "none"}.'
        )
        self.field = field
        self.value = value
        self.known = known


class ModelMissing(IndexingError):
    """A configured model cannot be loaded; *name* is what was asked for."""

    def __init__(
        self,
        name: str,
        reason: str,
        setting: str = "TEBIKI_EMBEDDING",
        without: str = "to use the embedder that needs none",
    ) -> None:
        """Say which model, why, and how to bring it in or do without it."""
        super().__init__(
            f"{name}: {reason}. Give the folder of a downloaded model, or unset {setting} "
            f"{without}. Nothing was changed."
        )
        self.name = name
        self.reason = reason


class ModelsNotInstalled(IndexingError):
    """A model is configured, but not what models run on; *name* is what was asked for."""

    def __init__(self, name: str, setting: str, without: str) -> None:
        """Say what to install, or how to do without."""
        super().__init__(
            f"{name}: {setting} names a model, and what models run on is not installed. Run "
            f'"make serve MODELS=1", or "pip install tebiki[models]" where Tebiki is a package; '
            f"or unset {setting} {without}. Nothing was changed."
        )


class ArchiveUnusable(IndexingError):
    """A model cannot be packed or unpacked; *path* names the file or the folder."""

    def __init__(self, path: str, reason: str, advice: str) -> None:
        """Say which, why, and what to do."""
        super().__init__(f"{path}: {reason}. {advice} Nothing was written.")
        self.path = path
        self.reason = reason


class BadGlossary(IndexingError):
    """An entry of the glossary cannot be used; *path* and *line* (from 1) say where."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        """Say which entry and what is wrong with it."""
        super().__init__(f"{path}:{line}: {reason}. Correct the entry and run the command again.")
        self.path = path
        self.line = line
        self.reason = reason
