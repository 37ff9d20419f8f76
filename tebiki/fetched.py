"""What is fetched once and kept beside the program: how, and what is said where it cannot be had."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.translations import Bilingual

PIP = (
    sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
    "--retries", "1", "--timeout", "10", "--no-deps", "--require-hashes",
)  # fmt: skip
"""How a package is taken from the Python index, by a file that names its version and hash."""

Run = Callable[[Sequence[str], Path], str]
"""Runs a command in a folder; returns what it complained of, empty where it went well."""


class NotFetched(Exception):
    """Something could not be had, or not be kept; *sentence* says why and what to do."""

    def __init__(self, en: str, ja: str) -> None:
        """Say it twice."""
        super().__init__(en)
        self.sentence = Bilingual(en, ja)


def run(command: Sequence[str], folder: Path) -> str:
    """Run a command in a folder; return what it complained of, empty where it went well."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in complaints if line.startswith(("E:", "ERROR"))]
    return "; ".join((errors or complaints)[-1:]) or "it failed" if done.returncode else ""


@contextmanager
def room(place: Path) -> Iterator[Path]:
    """Give a folder to unpack in, below *place*; what is in it goes again.

    Raises:
        NotFetched: nothing can be written there.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(dir=place, prefix=".unpacking-")
    except OSError as problem:
        raise NotFetched(
            f"{place} cannot be written ({problem.strerror}). "
            "Run it as the user who installed Tebiki.",
            f"{place} に書き込めません（{problem.strerror}）。"
            "Tebikiを入れた利用者で実行してください。",
        ) from problem
    with made as folder:
        yield Path(folder)
