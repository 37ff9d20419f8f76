"""What belongs to an optional layer of a page, which a reader may see or not."""

from __future__ import annotations

import ctypes
from itertools import repeat
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pypdfium2.raw as c

from ingest.pdf.calls import ADDRESS, bare, handle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_count_of = bare(c.FPDFPageObj_CountMarks)
_mark_at = bare(c.FPDFPageObj_GetMark, ADDRESS)
_name_of = bare(c.FPDFPageObjMark_GetName)
_MOST_MARKS = 8
# Shared by all calls: whoever calls holds `ingest.pdf.characters.LOCK`.
_name, _room = ctypes.create_string_buffer(16), ctypes.c_ulong(16)
_length = ctypes.byref(ctypes.c_ulong())
_DECLARED, _PACKED = b"/OCProperties", b"/ObjStm"
_OPTIONAL = "OC\0".encode("utf-16-le")


def optional(things: Sequence[object]) -> NDArray[np.bool_]:
    """Whether each thing, given by its handle, is marked as a part of a layer, shape (n,)."""
    counts = list(map(_count_of, things))
    deepest = min(max(counts, default=0), _MOST_MARKS)
    found = np.zeros(len(things), np.bool_)
    for depth in range(deepest):
        marked = [at for at, count in enumerate(counts) if count > depth]
        marks = list(map(_mark_at, (things[at] for at in marked), repeat(ctypes.c_ulong(depth))))
        # What is drawn in one go shares its marks: few have to be asked for their names.
        layers = {mark for mark in set(marks) if _is_layer(mark)}
        if layers:
            found[[at for at, mark in zip(marked, marks, strict=True) if mark in layers]] = True
    return found


def held_by(path: Path) -> bool:
    """Whether a file has optional layers at all; what cannot be told is no."""
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as held:
            if held.find(_DECLARED) >= 0:
                return True
            if held.find(_PACKED) < 0:
                return False
        return _DECLARED.decode() in pypdf.PdfReader(path).root_object
    except Exception:  # noqa: BLE001 - a broken file breaks pypdf in any way it likes
        return False


def _is_layer(mark: int | None) -> bool:
    said = _name_of(handle(mark), _name, _room, _length)
    return bool(said) and _name.raw[: len(_OPTIONAL)] == _OPTIONAL
