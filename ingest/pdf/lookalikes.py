"""Digits that a scanner's program took for letters: O3-358l-l882 is printed as 03-3581-1882.

They are read as digits only where nothing but a figure can stand: in the groups of a telephone
number, between the commas of an amount, before 年 or 円.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Glyphs, Line

_DIGITS = {"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"}
_MAPPED = str.maketrans(_DIGITS)
_MAY = re.compile(r"[0-9\-,][OolI|]|[OolI|][0-9\-,]")
_TELEPHONE = re.compile(
    r"(?<![0-9])[0O][0-9OolI|]{1,4}[\-－‐][0-9OolI|]{1,4}[\-－‐][0-9OolI|]{4}(?![0-9A-Za-z])"
)
_AMOUNT = re.compile(
    r"(?<![0-9A-Za-z,])[1-9lI][0-9OolI|]{0,2}(?:,[0-9OolI|]{3}){1,4}(?![0-9A-Za-z,])"
)
_COUNTED = re.compile(r"(?<![0-9A-Za-z.,\-])[0-9lI][0-9OolI|]{1,5}(?=[年月日円])")
_SHARE = 0.5
"""How much of a figure must have been read as digits: the rest is taken for some."""


def mend(lines: Sequence[Line], glyphs: Glyphs) -> None:
    """Make digits of the letters among those of *lines*, in *glyphs* too."""
    for line in lines:
        if not _MAY.search(line.text):
            continue
        said = line.text
        for figure in (_TELEPHONE, _AMOUNT, _COUNTED):
            said = figure.sub(_as_digits, said)
        for at in (
            at for at, (old, new) in enumerate(zip(line.text, said, strict=True)) if old != new
        ):
            glyphs.codes[line.glyphs[at]] = ord(said[at])
        line.text = said


def _as_digits(found: re.Match[str]) -> str:
    said = found[0]
    read = sum(one.isdigit() for one in said)
    count = sum(one.isalnum() or one == "|" for one in said)
    return said.translate(_MAPPED) if read >= _SHARE * count else said
