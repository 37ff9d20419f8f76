"""The files that machines share, by their hashes, in a folder that all of them see."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ServerAway
from ingest.atomic_files import remove_drafts, replacing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


class SharedFiles:
    """A place for files that never change: each is written once, under its hash."""

    def __init__(self, address: str) -> None:
        """Take the full path of the folder."""
        self.address = address
        self._root = Path(address)

    def there(self, folder: str) -> bool:
        """Whether anything was put into a folder."""
        with self._told():
            return (self._root / folder).is_dir()

    def send(self, folder: str, files: Mapping[str, Path]) -> None:
        """Put files there by their hashes, those that are not there whole."""
        place = self._root / folder
        with self._told():
            place.mkdir(parents=True, exist_ok=True)
            sizes = {path.name: path.stat().st_size for path in place.iterdir()}
            for digest, path in files.items():
                if sizes.get(digest) != path.stat().st_size:
                    with replacing(place / digest) as draft:
                        shutil.copyfile(path, draft)

    def fetch(self, folder: str, digest: str, target: Path) -> None:
        """Copy a file from there.

        Raises:
            FileNotFoundError: it is not there.
        """
        with self._told():
            shutil.copyfile(self._root / folder / digest, target)

    def clear(self, folder: str, kept: Collection[str]) -> None:
        """Remove the files that are not among these; by the only one who writes there."""
        place = self._root / folder
        with self._told():
            for path in place.iterdir() if place.is_dir() else ():
                if path.name not in kept:
                    path.unlink()

    def remove_drafts(self, folder: str) -> None:
        """Remove what was being written when its writer was killed; by the only one who writes."""
        with self._told():
            remove_drafts(self._root / folder)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as problem:
            raise ServerAway(self.address, str(problem)) from problem
