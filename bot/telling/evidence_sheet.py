"""The evidence sheet of an answer, to attach to a decision document: what it says, and in Markdown.

It holds the question and the answer as they were recorded, every quotation with its source, the
pages with the quotation marked, and the hashes by which each file can be told from a later one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from bot.answers import named_source
from bot.telling.phrases import made
from bot.telling.quotations import escaped
from ingest.chunks import SECTION_SEPARATOR
from ingest.language.sentences import shown
from ingest.pages import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.answers import Answer, Citation
    from ingest.pages import Page

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
        "columns": "列",
        "superseded": "旧版",
        "picture": "ページの画像",
        "no-picture": "ページの画像はない（PDFが手元にない）",
        "no-page": "この形式のファイルに印刷のページはない",
        "around": "前後の文（引用は強調）",
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
        "columns": "Columns",
        "superseded": "superseded edition",
        "picture": "Picture of the page",
        "no-picture": "There is no picture of the page: the PDF is not held any more.",
        "no-page": "A file of this kind has no printed pages.",
        "around": "What stands around it (the quotation is emphasised)",
        "check": "Checked (to be filled in by hand)",
        "check-fields": "Checked by,Section,Checked on,Outcome,Remarks",
    },
}
_MARKUP = re.compile(r"\\([\\`*\[\]<>~|&$!#_])|\*\*(.+?)\*\*")
_AROUND = 2
"""How many paragraphs or rows are shown before a quotation, and after it."""

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
    """A citation of the answer and the *pictures* of its pages; none where the PDF is gone.

    Where there is none because the file has no pages, *around* are the lines that the quotation
    stands among, each in runs of text with whether they are quoted.
    """

    citation: Citation
    pictures: tuple[Picture, ...]
    around: tuple[tuple[tuple[str, bool], ...], ...] = ()

    def name_of(self, picture: Picture) -> str:
        """Return the file name under which a picture goes with the Markdown sheet."""
        return f"{self.citation.marker}-p{picture.number}.png"


Kind = Literal["title", "head", "text", "bullet", "small", "source", "quote", "rows", "fields"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the sheet, as a page shows it: *runs* of text with whether each is bold.

    Of "rows" and "fields" (name and an empty place for what a person writes) *rows* hold the cells.
    """

    kind: Kind
    runs: tuple[tuple[str, bool], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Everything that stands in it."""
        return "".join([*(text for text, _ in self.runs), *(c for row in self.rows for c in row)])


def title(answer: Answer) -> str:
    """Return the name of the sheet, with the answer's id."""
    return f"{_WORDS[answer.language]['title']} {answer.id}"


def foot(answer: Answer) -> str:
    """Return the line under each page: which answer, of which day."""
    words = _WORDS[answer.language]
    return f"{words['id']} {answer.id}　{words['asked']} {answer.asked_on.isoformat()}"


def blocks(answer: Answer, exhibits: Sequence[Exhibit]) -> Iterator[Block | Picture]:
    """Yield the sheet from its title to the fields that a person fills in."""
    words = _WORDS[answer.language]

    def said(kind: Kind, text: str) -> Block:
        return Block(kind, ((text, False),))

    yield said("title", words["title"])
    yield said("small", foot(answer))
    yield said("head", words["question"])
    yield said("text", answer.question.text)
    yield said("head", words["answer"])
    for line in filter(str.strip, answer.text.splitlines()):
        item = _BULLET.match(line)
        marked = tuple(_runs(line[item.end() :] if item else line.strip()))
        yield Block("bullet" if item else "text", marked)
    for notice in (*answer.notices, made(answer)):
        yield said("small", notice)
    yield said("head", words["nearest" if answer.declined else "sources"])
    for exhibit in exhibits:
        yield said("source", f"[{exhibit.citation.marker}] {_source(exhibit.citation, words)}")
        for tabbed, lines in groupby(_lines(exhibit.citation), key=lambda line: "\t" in line):
            if tabbed:
                rows = [line.split("\t") for line in lines]
                wide = max(map(len, rows))
                yield Block("rows", rows=tuple((*row, *[""] * (wide - len(row))) for row in rows))
            else:
                yield from (said("quote", line) for line in lines)
        for name, value in _facts(exhibit, words):
            yield said("small", f"{name}: {value}")
        yield from exhibit.pictures
        if exhibit.around:
            yield said("small", words["around"])
            yield from (Block("quote", runs) for runs in exhibit.around)
    yield said("head", words["record"])
    for name, value in _record(answer, words):
        yield said("small", f"{name}: {value}")
    yield said("head", words["check"])
    yield Block("fields", rows=tuple(_blank(words)))


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
        if exhibit.around:
            lines = ["".join(_emphasised(*run) for run in runs) for runs in exhibit.around]
            pieces.append(f"{words['around']}:")
            pieces.append("\n>\n".join(f"> {line}" for line in lines))
    pieces += [f"## {words['record']}", _table(_record(answer, words))]
    pieces += [f"## {words['check']}", _table(_blank(words))]
    return "\n\n".join(pieces) + "\n"


def _source(citation: Citation, words: Mapping[str, str]) -> str:
    """Return where a quotation stands: title, edition, page, and whether it is superseded."""
    if citation.place is not None and citation.place.kind is not PlaceKind.PAGE:
        page = citation.place.named(words["in"])
    elif citation.page_label:
        page = words["printed"].format(number=citation.page, label=citation.page_label)
    else:
        page = words["page"].format(number=citation.page)
    badge = f"【{words['superseded']}】" if citation.superseded else ""
    edition = citation.edition
    return named_source(edition.document.title, edition.label, page, words["in"]) + badge


def _lines(citation: Citation) -> list[str]:
    return [line for line in citation.quote.splitlines() if line.strip()]


def _facts(exhibit: Exhibit, words: Mapping[str, str]) -> list[tuple[str, str]]:
    citation = exhibit.citation
    rows = [(words["columns"], citation.context)] if citation.context else []
    if citation.section:
        rows.append((words["section"], SECTION_SEPARATOR.join(map(shown, citation.section))))
    rows.append((words["file"], citation.edition.path or ""))
    rows.append((words["hash"], citation.edition.sha256 or ""))
    rows += [
        (f"{words['picture']} {picture.number} {words['hash']}", picture.digest)
        for picture in exhibit.pictures
    ]
    if not exhibit.pictures:
        rows.append((words["picture"], words["no-picture" if citation.paged else "no-page"]))
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


def _emphasised(text: str, quoted: bool) -> str:  # noqa: FBT001 - a run, as it stands
    return f"**{escaped(text)}**" if quoted else escaped(text)


def surroundings(
    page: Page, first: int, start: int, end: int
) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Yield the lines of a page around *start* to *end*, what is quoted told apart.

    *first* is the offset at which the page's text begins. The heads of a table's rows stand above.
    """
    touched = [
        at
        for at, block in enumerate(page.blocks)
        if first + block.start < end and first + block.end > start
    ]
    if not touched:
        return
    shown_ones = page.blocks[max(0, touched[0] - _AROUND) : touched[-1] + _AROUND + 1]
    if any(shown_ones[0].heads):
        yield (("　".join(shown_ones[0].heads), False),)
    for block in shown_ones:
        edges = [min(max(at - first, block.start), block.end) for at in (start, end)]
        cuts = ((block.start, edges[0]), (edges[0], edges[1]), (edges[1], block.end))
        said = (page.text[low:high].replace("\t", "　") for low, high in cuts)
        yield tuple((text, at == 1) for at, text in enumerate(said) if text)


def _table(rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {n} | {escaped(v)} |" for n, v in rows)])


def _runs(line: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a line of the answer's Markdown, and whether each is bold."""
    at = 0
    for found in _MARKUP.finditer(line):
        yield line[at : found.start()], False
        yield (_MARKUP.sub(r"\1", found[2]), True) if found[2] else (found[1], False)
        at = found.end()
    yield line[at:], False
