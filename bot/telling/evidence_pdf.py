"""The evidence sheet as an A4 PDF, with the font that it is set in."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table

from bot.telling import evidence_sheet
from bot.telling.evidence_sheet import Block, Picture
from bot.telling.fonts import truetype

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.answers import Answer
    from bot.telling.evidence_sheet import Exhibit

_SETTING = Lock()
"""reportlab knows fonts by their names, in one table for the whole process."""

_WIDE = 170 * mm
_HIGH = 205 * mm
_LINE = "#888888"
_BOLD = "#00118f"
"""The font comes in one weight: what is bold elsewhere is blue here."""


def pdf(answer: Answer, exhibits: Sequence[Exhibit]) -> bytes:
    """Return the sheet; its font is embedded, and the same answer makes the same file."""
    blocks = list(evidence_sheet.blocks(answer, exhibits))
    foot = evidence_sheet.foot(answer)
    text = "".join(block.text for block in blocks if isinstance(block, Block))
    characters = frozenset(text + foot + "•0123456789/ ")
    font = f"sheet-{sha256(''.join(sorted(characters)).encode()).hexdigest()[:16]}"
    embedded = TTFont(font, BytesIO(truetype(characters)))
    file = BytesIO()
    number = partial(_number, font, foot)
    sheet = SimpleDocTemplate(
        file,
        pagesize=A4,
        title=evidence_sheet.title(answer),
        lang=answer.language,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        initialFontName=font,
        invariant=1,
    )
    with _SETTING:
        pdfmetrics.registerFont(embedded)
        try:
            styles = _styles(font)
            story = [flowable for block in blocks for flowable in _set(block, styles)]
            sheet.build(story, onFirstPage=number, onLaterPages=number)
        finally:
            # reportlab 5.1 takes a font whose PostScript name it knows for the one it has, and
            # forgets none (tests/bot/telling/test_evidence_sheet.py).
            pdfmetrics._fonts.pop(font, None)  # noqa: SLF001 - there is no other way
            pdfmetrics._dynFaceNames.pop(embedded.face.name, None)  # noqa: SLF001 - likewise
    return file.getvalue()


def _styles(font: str) -> Mapping[str, ParagraphStyle]:
    body = ParagraphStyle("body", fontName=font, fontSize=10, leading=16, wordWrap="CJK")
    head = ParagraphStyle(
        "head", parent=body, fontSize=13, leading=20, spaceBefore=10, spaceAfter=4
    )
    return {
        "title": ParagraphStyle("title", parent=head, fontSize=17, leading=26),
        "head": head,
        "text": body,
        "bullet": ParagraphStyle(
            "bullet", parent=body, leftIndent=5 * mm, bulletIndent=1 * mm, bulletFontName=font
        ),
        "small": ParagraphStyle("small", parent=body, fontSize=8, leading=12, textColor="#444444"),
        "source": ParagraphStyle("source", parent=body, spaceBefore=4 * mm, textColor=_BOLD),
        "quote": ParagraphStyle("quote", parent=body, leftIndent=6 * mm),
    }


def _set(
    block: Block | Picture, styles: Mapping[str, ParagraphStyle]
) -> list[Paragraph | Spacer | Table]:
    if isinstance(block, Picture):
        image = Image(BytesIO(block.png))
        scale = min(_WIDE / image.imageWidth, _HIGH / image.imageHeight)
        image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
        return [Spacer(1, 2 * mm), Table([[image]], style=[("BOX", (0, 0), (-1, -1), 0.5, _LINE)])]
    if block.rows:
        cells = [[Paragraph(escape(cell), styles["small"]) for cell in row] for row in block.rows]
        grid = [("GRID", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        if block.kind == "fields":
            return [Table(cells, colWidths=(40 * mm, 130 * mm), rowHeights=9 * mm, style=grid)]
        indent = 6 * mm
        wide = (_WIDE - indent) / len(cells[0])
        return [Table(cells, colWidths=[wide] * len(cells[0]), style=grid), Spacer(1, 2 * mm)]
    said = "".join(
        f'<font color="{_BOLD}">{escape(text)}</font>' if bold else escape(text)
        for text, bold in block.runs
    )
    style = styles[block.kind]
    return [Paragraph(said, style, bulletText="•" if block.kind == "bullet" else None)]


def _number(font: str, foot: str, canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab's
    """Write the line under a page, and the page's number."""
    canvas.setFont(font, 8)
    canvas.drawString(20 * mm, 10 * mm, foot)
    canvas.drawRightString(190 * mm, 10 * mm, str(document.page))
