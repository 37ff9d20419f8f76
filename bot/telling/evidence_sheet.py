"""The evidence sheet of an answer, to attach to a decision document: Markdown or PDF.

It holds the question and the answer as they were recorded, every quotation with its source, the
pages with the quotation marked, and the hashes by which each file can be told from a later one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bot.telling.phrases import made
from bot.telling.quotations import escaped
from ingest.language.sentences import shown
from ingest.pages import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.answers import Answer, Citation

_WORDS: Mapping[str, Mapping[str, str]] = {
    "ja": {
        "in": "ja",
        "title": "回答の根拠",
        "question": "質問",
        "answer": "回答",
        "sources": "引用と出典",
        "nearest": "近い記述（回答の根拠ではない）",
        "record": "記録",
        "id": "回答番号",
        "asked": "質問日",
        "mode": "作成方法",
        "extractive": "引用のみ（言語モデルを使っていない）",
        "generative": "言語モデルの文章（引用と照合済み）",
        "approved": "担当課の文（引用が文書にあることを確認）",
        "model": "言語モデル",
        "prompt": "プロンプトのハッシュ",
        "generation": "索引の世代",
        "file": "ファイル",
        "hash": "SHA-256",
        "page": "{number}枚目",
        "printed": "{number}枚目（印刷されたページ番号 {label}）",
        "section": "節",
        "superseded": "旧版",
        "picture": "ページの画像",
        "no-picture": "ページの画像はない（PDFが手元にない）",
        "check": "確認（人が記入）",
        "check-fields": "確認した人,所属,確認した日,確認の結果,備考",
    },
    "en": {
        "in": "en",
        "title": "Evidence for an answer",
        "question": "Question",
        "answer": "Answer",
        "sources": "Quotations and sources",
        "nearest": "What came nearest (no basis for an answer)",
        "record": "Record",
        "id": "Answer",
        "asked": "Asked on",
        "mode": "Made of",
        "extractive": "quotations only, without a language model",
        "generative": "a language model's sentences, checked against the quotations",
        "approved": "a department's wording, with quotations that stand in the documents",
        "model": "Language model",
        "prompt": "Hash of the prompt",
        "generation": "Generation of the index",
        "file": "File",
        "hash": "SHA-256",
        "page": "page {number} of the file",
        "printed": "page {number} of the file (printed {label})",
        "section": "Section",
        "superseded": "superseded edition",
        "picture": "Picture of the page",
        "no-picture": "There is no picture of the page: the PDF is not held any more.",
        "check": "Checked (to be filled in by hand)",
        "check-fields": "Checked by,Section,Checked on,Outcome,Remarks",
    },
}
_MARKUP = re.compile(r"\\([\\`*\[\]<>~|&$!#_])|\*\*(.+?)\*\*")
_FONT, _HEAD_FONT = "HeiseiMin-W3", "HeiseiKakuGo-W5"
"""Fonts that every Japanese reader of PDFs brings along: the file carries only their names."""
_BULLET = re.compile(r"^\s*-\s+")


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it was drawn, the quotation marked: its *number* from 1 in the file, and a PNG."""

    number: int
    png: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the picture's bytes, in hex."""
        return sha256(self.png).hexdigest()


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A citation of the answer and the *pictures* of its pages; none where the PDF is gone."""

    citation: Citation
    pictures: tuple[Picture, ...]

    def name_of(self, picture: Picture) -> str:
        """Return the file name under which a picture goes with the Markdown sheet."""
        return f"{self.citation.marker}-p{picture.number}.png"


def shown_citations(answer: Answer) -> tuple[Citation, ...]:
    """Return the citations a sheet shows: those of the answer, or what a declined one came near."""
    return answer.declined.nearest if answer.declined else answer.citations


def markdown(answer: Answer, exhibits: Sequence[Exhibit]) -> str:
    """Return the sheet as Markdown; pictures are named as `Exhibit.name_of` says."""
    words = _WORDS[answer.language]
    pieces = [
        f"# {words['title']}",
        f"## {words['question']}",
        escaped(answer.question.text),
        f"## {words['answer']}",
        answer.text,
        *(f"> {notice}" for notice in (*answer.notices, made(answer))),
        f"## {words['nearest' if answer.declined else 'sources']}",
    ]
    for exhibit in exhibits:
        pieces.append(
            f"### [{exhibit.citation.marker}] {escaped(_source(exhibit.citation, words))}"
        )
        pieces.append("\n".join(f"> {escaped(line)}" for line in _lines(exhibit.citation)))
        pieces.append(_table(_facts(exhibit, words)))
        pieces += [
            f"![{words['picture']} {picture.number}]({exhibit.name_of(picture)})"
            for picture in exhibit.pictures
        ]
    pieces += [f"## {words['record']}", _table(_record(answer, words))]
    pieces += [f"## {words['check']}", _table(_blank(words))]
    return "\n\n".join(pieces) + "\n"


def pdf(answer: Answer, exhibits: Sequence[Exhibit]) -> bytes:
    """Return the sheet as an A4 PDF, one page of evidence after the other."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table

    for font in (_FONT, _HEAD_FONT):
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    words = _WORDS[answer.language]
    body = ParagraphStyle("body", fontName=_FONT, fontSize=10, leading=16, wordWrap="CJK")
    small = ParagraphStyle("small", parent=body, fontSize=8, leading=12, textColor="#444444")
    quote = ParagraphStyle("quote", parent=body, leftIndent=6 * mm, borderPadding=2)
    bullet = ParagraphStyle("bullet", parent=body, leftIndent=5 * mm, bulletIndent=1 * mm)
    head = ParagraphStyle(
        "head", parent=body, fontSize=13, leading=20, spaceBefore=10, spaceAfter=4
    )
    title = ParagraphStyle("title", parent=head, fontSize=17, leading=26)

    def facts(rows: Sequence[tuple[str, str]]) -> Iterator[Paragraph]:
        for name, value in rows:
            yield Paragraph(f"{escape(name)}: {escape(value)}", small)

    story: list[Paragraph | Table | Spacer] = [Paragraph(escape(words["title"]), title)]
    story += [
        Paragraph(escape(words["question"]), head),
        Paragraph(escape(answer.question.text), body),
    ]
    story.append(Paragraph(escape(words["answer"]), head))
    for line in filter(str.strip, answer.text.splitlines()):
        item = _BULLET.match(line)
        said = _marked_up(line[item.end() :] if item else line)
        story.append(Paragraph(said, bullet, bulletText="•") if item else Paragraph(said, body))
    notices = (*answer.notices, made(answer))
    story += [Paragraph(escape(notice), small) for notice in notices]
    story.append(Paragraph(escape(words["nearest" if answer.declined else "sources"]), head))
    for exhibit in exhibits:
        story.append(Spacer(1, 4 * mm))
        source = _source(exhibit.citation, words)
        story.append(Paragraph(escape(f"[{exhibit.citation.marker}] {source}"), body))
        story += [Paragraph(escape(line), quote) for line in _lines(exhibit.citation)]
        story += facts(_facts(exhibit, words))
        for picture in exhibit.pictures:
            story.append(Spacer(1, 2 * mm))
            image = Image(BytesIO(picture.png))
            scale = min(170 * mm / image.imageWidth, 215 * mm / image.imageHeight)
            image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
            story.append(Table([[image]], style=[("BOX", (0, 0), (-1, -1), 0.5, "#888888")]))
    story.append(Paragraph(escape(words["record"]), head))
    story += facts(_record(answer, words))
    story.append(Paragraph(escape(words["check"]), head))
    fields = [[Paragraph(escape(name), small), ""] for name, _ in _blank(words)]
    lines = [("GRID", (0, 0), (-1, -1), 0.5, "#888888")]
    story.append(Table(fields, colWidths=(40 * mm, 130 * mm), rowHeights=9 * mm, style=lines))
    file = BytesIO()
    SimpleDocTemplate(
        file,
        pagesize=A4,
        title=f"{words['title']} {answer.id}",
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        invariant=1,
    ).build(story)
    return file.getvalue()


def _source(citation: Citation, words: Mapping[str, str]) -> str:
    """Return where a quotation stands: title, edition, page, and whether it is superseded."""
    if citation.place is not None and citation.place.kind is not PlaceKind.PAGE:
        page = citation.place.named(words["in"])
    elif citation.page_label:
        page = words["printed"].format(number=citation.page, label=citation.page_label)
    else:
        page = words["page"].format(number=citation.page)
    badge = f"【{words['superseded']}】" if citation.superseded else ""
    return f"{citation.edition.document.title}（{citation.edition.label}） {page}{badge}"


def _lines(citation: Citation) -> list[str]:
    return [line for line in citation.quote.splitlines() if line.strip()]


def _facts(exhibit: Exhibit, words: Mapping[str, str]) -> list[tuple[str, str]]:
    citation = exhibit.citation
    rows = (
        [(words["section"], " › ".join(map(shown, citation.section)))] if citation.section else []
    )
    rows.append((words["file"], citation.edition.path or ""))
    rows.append((words["hash"], citation.edition.sha256 or ""))
    rows += [
        (f"{words['picture']} {picture.number} {words['hash']}", picture.digest)
        for picture in exhibit.pictures
    ]
    if not exhibit.pictures:
        rows.append((words["picture"], words["no-picture"]))
    return rows


def _record(answer: Answer, words: Mapping[str, str]) -> list[tuple[str, str]]:
    rows = [
        (words["id"], answer.id),
        (words["asked"], answer.asked_on.isoformat()),
        (words["mode"], words.get(answer.mode, answer.mode)),
    ]
    if answer.prompt:
        rows.append((words["model"], answer.recipe.get("model", "")))
        rows.append((words["prompt"], answer.prompt))
    rows.append((words["generation"], answer.generation))
    return rows + sorted(answer.recipe.items())


def _blank(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the fields for whoever checks the answer."""
    return [(name, "") for name in words["check-fields"].split(",")]


def _table(rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {n} | {escaped(v)} |" for n, v in rows)])


def _marked_up(line: str) -> str:
    """Return a line of the answer's Markdown as reportlab's markup: bold, and no escapes."""
    said = []
    at = 0
    for found in _MARKUP.finditer(line):
        said.append(escape(line[at : found.start()]))
        bold = escape(_MARKUP.sub(r"\1", found[2] or ""))
        said.append(f"<b>{bold}</b>" if bold else escape(found[1]))
        at = found.end()
    return "".join([*said, escape(line[at:])])
