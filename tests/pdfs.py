"""Small PDFs that the tests make themselves, byte by byte.

Japanese is set in a standard font that readers bring along, so no font has to be installed.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

A4 = (595, 842)

_FONT = (
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /DW 1000"
    " /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >>"
    " /FontDescriptor 7 0 R >>"
)
_DESCRIPTOR = (
    "<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /ItalicAngle 0"
    " /FontBBox [-92 -250 1010 922] /Ascent 880 /Descent -120 /CapHeight 700 /StemV 90 >>"
)


@dataclass(slots=True)
class Sheet:
    """One page being written: texts at places, rules, boxes; points from the lower left corner."""

    width: int = A4[0]
    height: int = A4[1]
    rotate: int = 0
    crop: tuple[int, int, int, int] | None = None
    drawn: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)

    def say(self, text: str, x: float, y: float, size: float = 10.5) -> Sheet:
        """Set Japanese or Latin text in full-width characters, its baseline at *y*."""
        self.drawn.append(f"BT /J {size} Tf 1 0 0 1 {x} {y} Tm <{_hex(text)}> Tj ET")
        return self

    def say_latin(self, text: str, x: float, y: float, size: float = 10.5) -> Sheet:
        """Set English text in Helvetica."""
        plain = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.drawn.append(f"BT /L {size} Tf 1 0 0 1 {x} {y} Tm ({plain}) Tj ET")
        return self

    def say_down(self, text: str, x: float, y: float, size: float = 10.5) -> Sheet:
        """Set vertical text that begins at the top, *y*, centred on *x*."""
        self.drawn.append(f"BT /V {size} Tf 1 0 0 1 {x} {y} Tm <{_hex(text)}> Tj ET")
        return self

    def say_in_cells(
        self, text: str, x: float, y: float, size: float = 10.5, pitch: float = 1.22
    ) -> Sheet:
        """Set each character into a cell of its own, *pitch* times as wide; 　 leaves one empty.

        So do word processors that print on a grid: no space is a character.
        """
        for at, character in enumerate(text):
            if character != "　":
                self.say(character, round(x + at * pitch * size, 2), y, size)
        return self

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> Sheet:
        """Draw a thin straight line."""
        self.drawn.append(f"0.5 w {x0} {y0} m {x1} {y1} l S")
        return self

    def box(self, x: float, y: float, width: float, height: float) -> Sheet:
        """Draw the outline of a rectangle."""
        self.drawn.append(f"0.5 w {x} {y} {width} {height} re S")
        return self

    def table(
        self, x: float, y: float, widths: list[float], height: float, rows: list[list[str]]
    ) -> Sheet:
        """Draw a ruled table whose upper left corner is at (*x*, *y*)."""
        right, bottom = x + sum(widths), y - height * len(rows)
        for at in range(len(rows) + 1):
            self.rule(x, y - at * height, right, y - at * height)
        edges = [x, *(x + sum(widths[: at + 1]) for at in range(len(widths)))]
        for edge in edges:
            self.rule(edge, bottom, edge, y)
        for at, row in enumerate(rows):
            for cell, edge in zip(row, edges, strict=False):
                self.say(cell, edge + 4, y - at * height - height / 2 - 4)
        return self


def write(
    path: Path,
    sheets: list[Sheet],
    *,
    labels: str = "",
    outline: list[tuple[str, int]] | None = None,
    title: str = "",
) -> Path:
    """Write *sheets* as a PDF. *labels* is a /Nums array; *outline* are (title, page from 1)."""
    path.write_bytes(made(sheets, labels=labels, outline=outline, title=title))
    return path


def astray(text: str, path: Path, *, unended: bool) -> Path:
    """Write a page of *text* in a font whose codes say nothing: only its map tells characters.

    That map lies and gives private characters, or, *unended*, tells the truth but its list has no
    end: PDFium passes over such a map, pypdf reads it.
    """
    codes = {character: 0xE100 + at for at, character in enumerate(dict.fromkeys(text))}
    means = "\n".join(
        f"<{code:04X}> <{_hex(character) if unended else f'{code:04X}'}>"
        for character, code in codes.items()
    )
    table = "begincmap\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    table += f"{len(codes)} beginbfchar\n{means}\n" + (
        "endcmap" if unended else "endbfchar\nendcmap"
    )
    drawn = "".join(f"{codes[character]:04X}" for character in text)
    drawn = f"BT /A 10.5 Tf 1 0 0 1 72 700 Tm <{drawn}> Tj ET"
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Kids [10 0 R] /Count 1 >>",
        4: "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding /Identity-H"
        " /DescendantFonts [6 0 R] /ToUnicode 9 0 R >>",
        6: _FONT.replace("Japan1", "Identity"),
        7: _DESCRIPTOR,
        8: "<< >>",
        9: f"<< /Length {len(table)} >>\nstream\n{table}\nendstream",
        10: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 11 0 R"
        " /Resources << /Font << /A 4 0 R >> >> >>",
        11: f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    }
    path.write_bytes(_file(objects))
    return path


def made(
    sheets: list[Sheet],
    *,
    labels: str = "",
    outline: list[tuple[str, int]] | None = None,
    title: str = "",
) -> bytes:
    """Return *sheets* as the bytes of a PDF; see `write`."""
    first_page = 10
    marks = first_page + 2 * len(sheets)
    catalog = "<< /Type /Catalog /Pages 2 0 R"
    catalog += f" /PageLabels << /Nums [{labels}] >>" if labels else ""
    catalog += f" /Outlines {marks} 0 R" if outline else ""
    kids = " ".join(f"{first_page + 2 * at} 0 R" for at in range(len(sheets)))
    objects = {
        1: catalog + " >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        4: _japanese("UniJIS-UTF16-H"),
        5: _japanese("UniJIS-UTF16-V"),
        6: _FONT,
        7: _DESCRIPTOR,
        8: f"<< /Title <FEFF{_hex(title)}> >>",
    }
    for at, sheet in enumerate(sheets):
        stream = "\n".join(sheet.drawn)
        crop = f" /CropBox [{' '.join(map(str, sheet.crop))}]" if sheet.crop else ""
        drawings = _forms(sheet, 1_000 + 10 * at, objects)
        objects[first_page + 2 * at] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {sheet.width} {sheet.height}]{crop}"
            f" /Rotate {sheet.rotate} /Contents {first_page + 2 * at + 1} 0 R"
            f" /Resources << {_FONTS} /ExtGState << /Faint << /ca 0.01 >> >>{drawings} >> >>"
        )
        objects[first_page + 2 * at + 1] = (
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"
        )
    for at, (mark, page) in enumerate(outline or ()):
        here = marks + 1 + at
        beside = f" /Prev {here - 1} 0 R" if at else ""
        beside += f" /Next {here + 1} 0 R" if outline and at + 1 < len(outline) else ""
        objects[here] = (
            f"<< /Title <FEFF{_hex(mark)}> /Parent {marks} 0 R{beside}"
            f" /Dest [{first_page + 2 * (page - 1)} 0 R /XYZ 0 800 0] >>"
        )
    if outline:
        objects[marks] = (
            f"<< /Type /Outlines /First {marks + 1} 0 R /Last {marks + len(outline)} 0 R"
            f" /Count {len(outline)} >>"
        )
    return _file(objects)


_FONTS = "/Font << /L 3 0 R /J 4 0 R /V 5 0 R >>"


def _forms(sheet: Sheet, first: int, objects: dict[int, str]) -> str:
    """Add a sheet's forms to *objects*, numbered from *first*; return what names them /F0, /F1.

    Each form knows those after it, so that one can draw another.
    """
    names = [f"/F{at} {first + at} 0 R" for at in range(len(sheet.forms))]
    for at, form in enumerate(sheet.forms):
        inside = f" /XObject << {' '.join(names[at + 1 :])} >>"
        objects[first + at] = (
            f"<< /Type /XObject /Subtype /Form /BBox [0 0 {sheet.width} {sheet.height}]"
            f" /Resources << {_FONTS}{inside} >> /Length {len(form)} >>\nstream\n{form}\nendstream"
        )
    return f" /XObject << {' '.join(names)} >>" if names else ""


def _japanese(encoding: str) -> str:
    return (
        "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5"
        f" /Encoding /{encoding} /DescendantFonts [6 0 R] >>"
    )


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _file(objects: dict[int, str]) -> bytes:
    said = bytearray(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number in sorted(objects):
        places[number] = len(said)
        said += f"{number} 0 obj\n{objects[number]}\nendobj\n".encode()
    table = len(said)
    size = max(objects) + 1
    said += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for number in range(1, size):
        place = places.get(number)
        said += b"0000000000 65535 f \n" if place is None else f"{place:010} 00000 n \n".encode()
    said += f"trailer\n<< /Size {size} /Root 1 0 R /Info 8 0 R >>\n".encode()
    said += f"startxref\n{table}\n%%EOF\n".encode()
    return bytes(said)


def bomb(path: Path, megabytes: int = 400) -> Path:
    """Write a small PDF whose one page unpacks into *megabytes* of drawing, each piece kept."""
    packer = zlib.compressobj(9)
    part = b"q " * 500_000
    packed = b"".join([*(packer.compress(part) for _ in range(megabytes)), packer.flush()])
    whole = made([Sheet().say("本文", 72, 700)])
    stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(packed), packed)
    page = re.search(rb"/Contents (\d+) 0 R", whole)
    assert page is not None
    pattern = rb"(?<=\n%b 0 obj\n)<<[^>]*>>\nstream\n.*?\nendstream" % page.group(1)
    path.write_bytes(re.sub(pattern, lambda _: stream, whole, count=1, flags=re.DOTALL))
    return path
