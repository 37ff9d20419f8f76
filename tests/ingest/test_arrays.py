"""Stored arrays come back as they were, by many threads at once, or not at all."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest import arrays

KEPT: list[NDArray[Any]] = [
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.zeros((0, 4), np.float32),
    np.array([1, 255], dtype=np.uint8),
    np.array([1.5], dtype=np.float64),
]


def is_same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    """Whether two arrays have the same numbers of the same kind in the same places."""
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def test_arrays_come_back_as_numpy_wrote_them(tmp_path: Path) -> None:
    """One in a file, several in a file, packed or not; each may be changed."""
    for number, kept in enumerate(KEPT):
        np.save(tmp_path / f"{number}.npy", kept)
        found = arrays.load(tmp_path / f"{number}.npy")
        assert is_same(kept, found)
        assert is_same(kept, arrays.mapped(tmp_path / f"{number}.npy"))
        found += 1
    named = {f"a-{number}": kept for number, kept in enumerate(KEPT)}
    np.savez(tmp_path / "all.npz", allow_pickle=False, **named)
    np.savez_compressed(tmp_path / "packed.npz", allow_pickle=False, **named)
    for name in ("all.npz", "packed.npz"):
        with arrays.opened(tmp_path / name) as stored:
            assert all(is_same(kept, stored[name]) for name, kept in named.items())
            stored["a-0"][0] = 7


@pytest.mark.parametrize("left", [0, 5, 9, 60, 127, 140])
def test_what_is_cut_off_is_a_value_error(tmp_path: Path, left: int) -> None:
    """In the magic, the length, the head or the numbers; so is an archive that is none."""
    np.save(tmp_path / "a.npy", KEPT[0])
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:left])

    with pytest.raises(ValueError, match=r".+"):
        arrays.load(tmp_path / "a.npy")
    with pytest.raises(ValueError, match=r"a\.npy"), arrays.opened(tmp_path / "a.npy"):
        pass


def test_an_array_of_objects_is_not_read(tmp_path: Path) -> None:
    """Reading one would run what its file says."""
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(ValueError, match="plain numbers"):
        arrays.load(tmp_path / "a.npy")


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Let threads take turns whenever garbage is collected, which is all the time."""
    every, threshold = sys.getswitchinterval(), gc.get_threshold()

    def linger(*_: object) -> None:
        sum(range(50))

    sys.setswitchinterval(1e-6)
    gc.callbacks.append(linger)
    gc.set_threshold(1)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(linger)
    sys.setswitchinterval(every)


@pytest.mark.usefixtures("_hasty")
def test_two_threads_read_at_once(tmp_path: Path) -> None:
    """With NumPy's own reader CPython 3.11.7 raises a SystemError in one of them."""
    named = {f"a{n}": KEPT[0] for n in range(20)}
    np.savez(tmp_path / "a.npz", allow_pickle=False, **named)

    def read(_: int) -> int:
        with arrays.opened(tmp_path / "a.npz") as stored:
            return sum(int(stored[f"a{n}"].sum()) for n in range(20))

    with ThreadPoolExecutor(2) as readers:
        assert {20 * 15} == set(readers.map(read, range(40)))
