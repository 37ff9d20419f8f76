"""PDFium asked the same thing thousands of times a page, in less than half the time of ctypes.

Most of a call goes into turning Python's numbers into addresses. So what PDFium writes its answers
to is one block of memory whose addresses were made once, and nothing is converted but plain whole
numbers. The block is shared: whoever calls holds `ingest.pdf.characters.LOCK`.
"""

from __future__ import annotations

import ctypes
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_ROOM, _WIDTH, _BYTES = 2_048, 4, 4


def bare(function: object, result: type = ctypes.c_int) -> Callable[..., Any]:
    """Return a function of PDFium that takes handles, whole numbers and ctypes' own values.

    A whole number is passed as a C int, whatever the function asks for.
    """
    place = ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
    # Python's lock stays held: letting it go costs as much as the call.
    return ctypes.PYFUNCTYPE(result)(place)


handle: Callable[[int | None], object] = ctypes.c_void_p.from_param
"""Turn an address, as functions with the result `ADDRESS` give it, into what a call takes."""

ADDRESS = ctypes.c_void_p


def handle_of(pointer: Any) -> object:  # noqa: ANN401 - ctypes' pointers share no type
    """Turn one of ctypes' pointers into what a call takes quickest."""
    return handle(ctypes.cast(pointer, ADDRESS).value)


_block = np.zeros((_ROOM, _WIDTH), np.int32)
_places = tuple(
    [handle(_block.ctypes.data + _BYTES * (row * _WIDTH + column)) for row in range(_ROOM)]
    for column in range(_WIDTH)
)


def numbers_of(
    function: Callable[..., int], things: Sequence[object], width: int, kind: type[np.generic]
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Ask about *things*, given by their handles, for *width* numbers of four bytes each.

    PDFium writes each number to a place of its own. Returns which things were answered, shape
    (n,), and the numbers, shape (n, width), which mean nothing where there was no answer.
    """
    found = np.empty((len(things), width), kind)
    answered: list[int] = []
    for at in range(0, len(things), _ROOM):
        part = things[at : at + _ROOM]
        answered.extend(map(function, part, *_places[:width]))
        found[at : at + _ROOM] = _block.view(kind)[: len(part), :width]
    return np.array(answered, np.bool_), found


def boxes_in(
    function: Callable[..., int], whole: object, which: Sequence[int]
) -> NDArray[np.float32]:
    """Ask *whole* about each of its parts *which* for four numbers at one place, shape (n, 4).

    Where there is no answer they are 0.
    """
    found = np.empty((len(which), _WIDTH), np.float32)
    for at in range(0, len(which), _ROOM):
        part = which[at : at + _ROOM]
        _block[: len(part)] = 0
        deque(map(function, repeat(whole), part, _places[0]), maxlen=0)
        found[at : at + _ROOM] = _block.view(np.float32)[: len(part)]
    return found
