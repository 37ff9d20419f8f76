"""What can go wrong between a file and its chunks. Each says what happened and what to do."""

from __future__ import annotations

from ingest.translations import in_language


class IngestError(Exception):
    """A file or catalog could not be used; the message is meant for the person who put it there."""


class UnreadablePdf(IngestError):
    """One PDF could not be read; *path* names it, *reason* says why in a clause."""

    def __init__(self, path: str, reason: str, advice: str) -> None:
        """Say which file, why, and what to do next."""
        super().__init__(f"{path}: {reason}. {advice}")
        self.path = path
        self.reason = reason
        self.advice = advice

    @classmethod
    def of(cls, path: str, problem: OSError) -> UnreadablePdf:
        """Return the error for a file that the system did not open or read."""
        if isinstance(problem, FileNotFoundError):
            advice = "Put it back, or take it out of the catalog."
            return cls(path, "there is no such file", advice)
        reason = f"the file cannot be opened ({problem.strerror})"
        return cls(path, reason, "Check that it is a file and that Tebiki may read it.")

    def why(self, language: str) -> str:
        """Return the reason and the advice in "ja" or "en", for whoever sees the path already."""
        reason, advice = in_language(self.reason, language), in_language(self.advice, language)
        return f"{reason}{'. ' if reason == self.reason else '。'}{advice}"


class BrokenCatalog(IngestError):
    """The catalog cannot be used; *path* and *line* (from 1, or None) say where."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Say which file and line, and what is wrong there."""
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {reason}. Correct it and run the command again.")
        self.path = path
        self.reason = reason
        self.line = line


class MissingCorpus(IngestError):
    """The corpus folder is not there, or holds no PDF at all."""


class AlreadyHeld(IngestError):
    """The corpus holds these bytes, or an edition of this name; *held* is its key."""

    def __init__(self, path: str, held: str, there: str) -> None:
        """Say which edition it is, and how to add another."""
        super().__init__(
            f"{path}: {held} is in the corpus already ({there}). Nothing was added. If this is "
            f"another edition, name it with --edition."
        )
        self.path = path
        self.held = held


class FactsMissing(IngestError):
    """Nothing in a PDF says which edition it is, or since when it counts; *path* names it."""

    def __init__(self, path: str, what: str) -> None:
        """Say what is missing ("edition" or "day") and which option gives it."""
        said = {
            "edition": "neither an edition nor a date is printed on its first pages. Name the "
            "edition with --edition",
            "day": "no date is printed on its first pages, so the edition before it would go on "
            "answering. Name its first day in force with --in-force-from",
        }[what]
        super().__init__(f"{path}: {said}. Nothing was added.")
        self.path = path
        self.what = what


class EntryMissing(IngestError):
    """The catalog lists no such edition."""

    def __init__(self, document: str, label: str | None, held: tuple[str, ...]) -> None:
        """Say what was looked for, and what there is."""
        name = document if label is None else f"{document}@{label}"
        there = ", ".join(held) or "nothing"
        super().__init__(
            f"{name}: the catalog does not list it (it lists {there}). A file that it does not "
            f"list is withdrawn by taking it out of the folder, and gets its dates when "
            f'"tebiki corpus add" lists it.'
        )
        self.document = document


class FetchFailed(IngestError):
    """An address could not be fetched; *url* names it, *reason* says why in a clause."""

    def __init__(self, url: str, reason: str) -> None:
        """Say which address and why; what is held stays."""
        super().__init__(f"{url}: {reason}. Nothing was changed.")
        self.url = url
        self.reason = reason


class OcrFailed(IngestError):
    """A picture could not be read; the page keeps what text it has."""
