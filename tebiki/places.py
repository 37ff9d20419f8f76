"""Where this installation keeps what is its own, the same from whatever folder a command is run.

`.env` and the home `var` lie in the folder of the installation: the checkout, or for an installed
wheel `tebiki` in the user's folder for data. A relative path in a setting starts there; one on the
command line starts where the command is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent
BUNDLED = PROGRAM / "corpus"
"""The digests that come with the program."""

_OF_A_HOME = ("current", "generations", "ledger.sqlite", "keys.json")


@dataclass(frozen=True, slots=True)
class Found:
    """A path, and what a reader should know about it; mostly nothing."""

    path: Path
    notice: str = ""


def folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of this installation."""
    if (PROGRAM / "pyproject.toml").is_file():
        return PROGRAM
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "tebiki"


def env_file(environment: Mapping[str, str], here: Path) -> Found:
    """Return the file of settings; *here* is the working folder."""
    return _found(folder(environment) / ".env", here / ".env", _has_settings)


def home(environment: Mapping[str, str], here: Path) -> Found:
    """Return the home where no setting names one; *here* is the working folder."""
    return _found(folder(environment) / "var", here / "var", is_home)


def _found(own: Path, there: Path, is_one: Callable[[Path], bool]) -> Found:
    """Return *own*, or what an earlier version left in the working folder where there is no other.

    Version 0.1.0 looked for both in the working folder: nobody shall lose what lies there.
    """
    if there.resolve() == own.resolve() or not is_one(there):
        return Found(own)
    if is_one(own):
        return Found(own, f"{there} is passed over: this installation has its own, {own}.")
    return Found(
        there,
        f"{there} is used, as by earlier versions, but only from this folder. "
        f"Move it to {own} to have it from every folder.",
    )


def is_home(folder: Path) -> bool:
    """Return whether Tebiki has written into *folder*."""
    return any((folder / name).exists() for name in _OF_A_HOME)


def _has_settings(file: Path) -> bool:
    """Return whether a file sets anything of Tebiki's."""
    if not file.is_file():
        return False
    lines = file.read_bytes().splitlines()
    return any(b"TEBIKI_" in line.partition(b"#")[0] for line in lines)
