"""The evidence sheet as a Word file, so that it can be copied into a decision document.

What Word needs of a file is little: paragraphs with a style each, bold runs, tables and pictures.
"""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bot.telling import evidence_sheet
from bot.telling.evidence_sheet import Block, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Answer
    from bot.telling.evidence_sheet import Exhibit

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_EMU_A_MM = 36_000
_WIDE, _HIGH = 165 * _EMU_A_MM, 200 * _EMU_A_MM
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_FIRST = (1980, 1, 1, 0, 0, 0)
"""The day of every entry, so that the same answer makes the same file."""

_STYLES = {
    "title": ("Title", 34, True, 0),
    "head": ("Heading1", 26, True, 0),
    "text": ("Normal", 21, False, 0),
    "bullet": ("ListBullet", 21, False, 283),
    "small": ("Small", 17, False, 0),
    "source": ("Heading2", 21, True, 0),
    "quote": ("Quote", 21, False, 340),
}
"""What a block is called in Word, its size in half points, whether it is bold, its indent."""


def docx(answer: Answer, exhibits: Sequence[Exhibit]) -> bytes:
    """Return the sheet; the same answer makes the same file."""
    pictures: list[Picture] = []
    body: list[str] = []
    for block in evidence_sheet.blocks(answer, exhibits):
        if isinstance(block, Picture):
            pictures.append(block)
            body.append(_picture(block, len(pictures)))
        elif block.rows:
            body.append(_table(block))
        else:
            body.append(_paragraph(block))
    language = "ja-JP" if answer.language == "ja" else "en-US"
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _xml(_CONTENT),
        "_rels/.rels": _relations([("officeDocument", "word/document.xml")]),
        "word/document.xml": _xml(_DOCUMENT.format(body="".join(body))),
        "word/styles.xml": _xml(_styles(language)),
        "word/_rels/document.xml.rels": _relations(
            [
                ("styles", "styles.xml"),
                *(("image", f"media/{at}.png") for at in range(1, len(pictures) + 1)),
            ]
        ),
        **{f"word/media/{at}.png": each.png for at, each in enumerate(pictures, start=1)},
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, _FIRST), content, compress_type=zipfile.ZIP_DEFLATED
            )
    return file.getvalue()


def _paragraph(block: Block) -> str:
    name, *_ = _STYLES[block.kind]
    bullet = _run("•\u3000", bold=False) if block.kind == "bullet" else ""
    runs = "".join(_run(text, bold=bold) for text, bold in block.runs if text)
    return f'<w:p><w:pPr><w:pStyle w:val="{name}"/></w:pPr>{bullet}{runs}</w:p>'


def _run(text: str, *, bold: bool) -> str:
    weight = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return f'<w:r>{weight}<w:t xml:space="preserve">{_escaped(text)}</w:t></w:r>'


def _table(block: Block) -> str:
    rows = "".join(
        "<w:tr>"
        + "".join(
            f'<w:tc><w:p><w:pPr><w:pStyle w:val="Small"/></w:pPr>{_run(cell, bold=False)}</w:p></w:tc>'
            for cell in row
        )
        + "</w:tr>"
        for row in block.rows
    )
    columns = "<w:gridCol/>" * len(block.rows[0])
    # Word joins two tables that follow each other: the paragraph between keeps them apart.
    return f"<w:tbl>{_GRID}<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl><w:p/>"


def _picture(picture: Picture, at: int) -> str:
    wide, high = struct.unpack(">II", picture.png[16:24])  # as every PNG begins
    scale = min(_WIDE / wide, _HIGH / high)
    return _IMAGE.format(
        at=at, rel=at + 1, number=picture.number, wide=round(wide * scale), high=round(high * scale)
    )


def _styles(language: str) -> str:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"{_DEFAULT if name == "Normal" else ""}>'
        f'<w:name w:val="{name}"/><w:pPr><w:spacing w:before="60" w:after="60"/>'
        f'<w:ind w:left="{indent}"/></w:pPr><w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/>'
        "</w:rPr></w:style>"
        for name, size, bold, indent in _STYLES.values()
    )
    return (
        f'<w:styles xmlns:w="{_WORD}"><w:docDefaults><w:rPrDefault><w:rPr>'
        '<w:rFonts w:ascii="Yu Gothic" w:hAnsi="Yu Gothic" w:eastAsia="游ゴシック"/>'
        f'<w:lang w:val="{language}" w:eastAsia="{language}"/></w:rPr></w:rPrDefault>'
        f"</w:docDefaults>{styles}</w:styles>"
    )


def _relations(named: Sequence[tuple[str, str]]) -> str:
    """Return the parts that a part names, in their order."""
    found = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(named, start=1)
    )
    return _xml(f'<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>')


def _escaped(text: str) -> str:
    """Return text as XML may hold it; what XML may not hold at all is left out."""
    return escape("".join(each for each in text if each >= " " or each in "\t\n"))


def _xml(content: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}'


_DEFAULT = ' w:default="1"'
_CONTENT = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    f'<Override PartName="/word/document.xml" ContentType="{MEDIA_TYPE}.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{MEDIA_TYPE.removesuffix("document")}styles+xml"/>'
    "</Types>"
)
_DOCUMENT = (
    f'<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}"><w:body>{{body}}<w:sectPr>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>'
    "</w:sectPr></w:body></w:document>"
)
_GRID = (
    '<w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>'
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="888888"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders></w:tblPr>"
)
_IMAGE = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{at}" name="{at}" descr="p. {number}"/>'
    f'<a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/picture">'
    f'<pic:pic xmlns:pic="{_DRAWING}/picture">'
    '<pic:nvPicPr><pic:cNvPr id="{at}" name="{at}"/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="rId{rel}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
)
