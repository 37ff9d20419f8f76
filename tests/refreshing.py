"""A corpus of real PDFs and a home, refreshed as `tebiki refresh` does but without the gate."""

from __future__ import annotations

from pathlib import Path

from index.refresh.refresh import carry_out
from index.refresh.reports import RefreshReport
from index.refresh.resources import READINGS, Resources
from ingest.catalog import catalog
from ingest.reading import read_each
from tests.shelves import TODAY


class Town:
    """A folder of PDFs and the home that is made of it."""

    def __init__(self, folder: Path) -> None:
        """Make both in *folder*."""
        self.corpus, self.home = folder / "corpus", folder / "home"
        self.corpus.mkdir()

    def refresh(self) -> RefreshReport:
        """Bring the home up to date with the folder."""
        resources = Resources(
            self.corpus,
            self.home,
            lambda files: read_each(files, cache=self.home / READINGS, with_ocr=False),
            today=lambda: TODAY,
        )
        return carry_out(catalog.read(self.corpus), resources)
