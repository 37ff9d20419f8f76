"""Arrays of numbers in files that NumPy wrote, read by several threads at once.

NumPy's own reader parses the head of each array as Python. Where two threads do that at a time
and garbage is collected meanwhile, CPython 3.11 raises a SystemError in one of them ("AST
constructor recursion depth mismatch").
"""

from __future__ import annotations

import re
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY"
_HEAD = re.compile(
    rb"\{'descr': '([<|][biuf][0-9])', 'fortran_order': False, 'shape': \(([0-9, ]{0,99})\), \}\s*"
)
"""What NumPy writes for plain numbers in C's order, which are all that we keep."""


class Stored:
    """The arrays of one file by name, each read when it is asked for."""

    def __init__(self, packed: ZipFile) -> None:
        """Read from *packed*."""
        self._packed = packed

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return one array, to change as one likes."""
        with self._packed.open(f"{name}.npy") as file:
            dtype, shape = _head(file)
            return np.frombuffer(bytearray(file.read()), dtype).reshape(shape)


@contextmanager
def opened(path: Path) -> Iterator[Stored]:
    """Give the arrays of a file that `numpy.savez` wrote.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    try:
        # With a name alone a damaged file would stay open.
        with path.open("rb") as file, ZipFile(file) as packed:
            yield Stored(packed)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as problem:
        raise ValueError(f"{path}: {problem}") from problem


def load(path: Path) -> NDArray[Any]:
    """Read the array that `numpy.save` wrote.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    with path.open("rb") as file:
        dtype, shape = _head(file)
        return np.fromfile(file, dtype).reshape(shape)


def mapped(path: Path) -> NDArray[Any]:
    """Return the array that `numpy.save` wrote, to read only: its pages come when they are read.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    with path.open("rb") as file:
        dtype, shape = _head(file)
        begins = file.tell()
    # As a plain array: every slice of a map is an object of its own, and dear.
    return np.asarray(np.memmap(path, dtype, mode="r", offset=begins, shape=shape))


def _head(file: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    begins = file.read(len(_MAGIC) + 2)
    wide = 2 if begins[-2:] == b"\x01\x00" else 4
    found = _HEAD.fullmatch(file.read(min(int.from_bytes(file.read(wide), "little"), 4_096)))
    if found is None or not begins.startswith(_MAGIC):
        raise ValueError("not an array of plain numbers")
    shape = tuple(int(size) for size in found[2].replace(b",", b" ").split())
    return np.dtype(found[1].decode()), shape
