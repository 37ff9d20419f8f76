"""The Japanese font of an evidence sheet, cut down to the characters that the sheet has.

The font (Noto Sans JP, SIL OFL) has PostScript outlines, which reportlab cannot embed; what is left
after cutting is drawn anew as TrueType, some half a second for a sheet.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import pylopdf_fonts_jp
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

_UNUSED = ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]
_DEVIATION = 1.0
"""Units of 1,000 to the em by which a curve may leave its original; nothing one could see."""

_LIMITS = (
    "maxTwilightPoints",
    "maxStorage",
    "maxFunctionDefs",
    "maxInstructionDefs",
    "maxStackElements",
    "maxSizeOfInstructions",
    "maxComponentElements",
)


@lru_cache(4)
def truetype(characters: frozenset[str]) -> bytes:
    """Return a TrueType font that holds *characters*; the same bytes for the same ones.

    A character that the font lacks has no glyph and shows as a box.
    """
    options = Options()
    options.layout_features = []
    options.drop_tables += _UNUSED
    options.notdef_outline = True
    options.hinting = False
    file = BytesIO()
    with TTFont(pylopdf_fonts_jp.sans_path(), lazy=True, recalcTimestamp=False) as font:
        cut = Subsetter(options)
        cut.populate(text="".join(sorted(characters)))
        cut.subset(font)
        _redraw(font)
        font.save(file)
    return file.getvalue()


def _redraw(font: Any) -> None:  # noqa: ANN401 - its tables have no types
    """Put TrueType outlines in the place of a font's PostScript ones."""
    drawn = font.getGlyphSet()
    order = font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, _DEVIATION, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = outlines = newTable("glyf")
    outlines.glyphOrder = order
    outlines.glyphs = glyphs
    del font["CFF "]
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    limits.maxZones = 1
    for name in _LIMITS:
        setattr(limits, name, 0)
    font["post"].formatType = 3.0
    font.sfntVersion = "\0\1\0\0"
