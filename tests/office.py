"""Office files made part by part, with the traps that people's files have."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_NAMES = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="{MC}" xmlns:a="{A}" xmlns:p="{P}"'


def write(path: Path, parts: dict[str, str]) -> Path:
    """Write a file of these parts, packed as Office does."""
    parts = dict(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", parts.pop("[Content_Types].xml", _contents(parts)))
        for name, said in parts.items():
            archive.writestr(name, said)
    return path


_KINDS = {
    "word/document.xml": "wordprocessingml.document.main",
    "word/styles.xml": "wordprocessingml.styles",
    "word/numbering.xml": "wordprocessingml.numbering",
    "word/footnotes.xml": "wordprocessingml.footnotes",
    "xl/workbook.xml": "spreadsheetml.sheet.main",
    "xl/styles.xml": "spreadsheetml.styles",
    "xl/sharedStrings.xml": "spreadsheetml.sharedStrings",
    "ppt/presentation.xml": "presentationml.presentation.main",
}


def _contents(parts: Iterable[str]) -> str:
    """Return what kind each part is, without which no office program opens the file."""
    office = "application/vnd.openxmlformats-officedocument"
    kinds = {
        name: _KINDS.get(name)
        or ("spreadsheetml.worksheet" if name.startswith("xl/worksheets/sheet") else "")
        or ("presentationml.slide" if name.startswith("ppt/slides/slide") else "")
        for name in parts
    }
    said = "".join(
        f'<Override PartName="/{name}" ContentType="{office}.{kind}+xml"/>'
        for name, kind in kinds.items()
        if kind
    )
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    return (
        f'<?xml version="1.0"?><Types xmlns="{types}"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" ContentType="'
        f'application/vnd.openxmlformats-package.relationships+xml"/>{said}</Types>'
    )


def relations(*links: tuple[str, str, str]) -> str:
    """Return the links of a part: (id, kind, target)."""
    inside = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{escape(target)}"'
        + (' TargetMode="External"' if "://" in target else "")
        + "/>"
        for name, kind, target in links
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}">{inside}</Relationships>'


def run(text: str, properties: str = "") -> str:
    """Return a run of a Word paragraph."""
    held = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{held}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def para(
    *inside: str, style: str = "", number: tuple[int, int] | None = None, more: str = ""
) -> str:
    """Return a Word paragraph of runs; what is no XML becomes one. *number* is (list, level)."""
    said = "".join(one if one.startswith("<") else run(one) for one in inside)
    held = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number is not None:
        held += f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{held}{more}</w:pPr>{said}</w:p>"


def table(*rows: list[str]) -> str:
    """Return a Word table of cells' XML; what is no cell becomes one."""
    lines = []
    for row in rows:
        cells = "".join(one if one.startswith("<w:tc>") else cell(one) for one in row)
        lines.append(f"<w:tr>{cells}</w:tr>")
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def cell(text: str, *, across: int = 1, down: str = "") -> str:
    """Return a cell that spans columns, or begins ("restart") or goes on ("continue") downwards."""
    merge = {"": "", "restart": '<w:vMerge w:val="restart"/>', "continue": "<w:vMerge/>"}[down]
    shape = f'<w:tcPr><w:gridSpan w:val="{across}"/>{merge}</w:tcPr>'
    return f"<w:tc>{shape}{para(text)}</w:tc>"


STYLES = f"""<w:styles {_NAMES}>
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="21"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/>
<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:basedOn w:val="1"/>
<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="11"><w:name w:val="toc 1"/></w:style>
</w:styles>"""


def numbers(*levels: tuple[str, str]) -> str:
    """Return word/numbering.xml with one list (1) of levels (form, text), and the same anew (2)."""
    inside = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(levels)
    )
    return (
        f'<w:numbering {_NAMES}><w:abstractNum w:abstractNumId="7">{inside}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>'
    )


def word(path: Path, *body: str, **parts: str) -> Path:
    """Write a Word file; *parts* are further ones by kind (numbering, footnotes, comments …)."""
    more = {"styles": STYLES, **parts}
    links = [(f"x{at}", kind, f"{kind}.xml") for at, kind in enumerate(more)]
    return write(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "word/document.xml")),
            "word/_rels/document.xml.rels": relations(*links),
            "word/document.xml": f"<w:document {_NAMES}><w:body>{''.join(body)}</w:body></w:document>",
            **{f"word/{kind}.xml": said for kind, said in more.items()},
        },
    )


def notes(kind: str, **said: str) -> str:
    """Return word/footnotes.xml (kind "footnote") with a note for each id, such as n2="…"."""
    inside = "".join(
        f'<w:{kind} w:id="{name[1:]}">{para(text)}</w:{kind}>' for name, text in said.items()
    )
    return f"<w:{kind}s {_NAMES}>{inside}</w:{kind}s>"


def sheet(rows: str, *, merged: tuple[str, ...] = (), columns: str = "", more: str = "") -> str:
    """Return a worksheet of rows' XML."""
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    merges = f"<mergeCells>{cells}</mergeCells>" if merged else ""
    shown = f"<cols>{columns}</cols>" if columns else ""
    return (
        f'<worksheet xmlns="{S}" xmlns:r="{R}">{shown}<sheetData>{rows}</sheetData>'
        f"{merges}{more}</worksheet>"
    )


def row(number: int, *, hidden: bool = False, **cells: str | float | tuple[float, int]) -> str:
    """Return a row: B="words", C=1234, D=(45748, style)."""
    said = []
    for column, value in cells.items():
        name = f"{column}{number}"
        if isinstance(value, str) and value.startswith("<"):
            said.append(value.replace("@", name))
        elif isinstance(value, str):
            words = f'<is><t xml:space="preserve">{escape(value)}</t></is>'
            said.append(f'<c r="{name}" t="inlineStr">{words}</c>')
        else:
            number_, style = value if isinstance(value, tuple) else (value, 0)
            said.append(f'<c r="{name}" s="{style}"><v>{number_}</v></c>')
    shut = ' hidden="1"' if hidden else ""
    return f'<row r="{number}"{shut}>{"".join(said)}</row>'


def styles(*codes: str) -> str:
    """Return xl/styles.xml: style 0 shows numbers as they are, 1 and on in these forms."""
    forms = "".join(
        f'<numFmt numFmtId="{170 + at}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for at, code in enumerate(codes)
    )
    cells = "".join(f'<xf numFmtId="{170 + at}" fontId="0"/>' for at in range(len(codes)))
    return (
        f'<styleSheet xmlns="{S}"><numFmts>{forms}</numFmts><fonts><font/></fonts>'
        f'<cellXfs><xf numFmtId="0" fontId="0"/>{cells}</cellXfs></styleSheet>'
    )


def book(
    path: Path,
    sheets: dict[str, str],
    *,
    hidden: tuple[str, ...] = (),
    shared: str = "",
    parts: dict[str, str] | None = None,
    form: str = "",
) -> Path:
    """Write a workbook of worksheets by name."""
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{at}" r:id="s{at}"'
        + (' state="hidden"' if name in hidden else "")
        + "/>"
        for at, name in enumerate(sheets, start=1)
    )
    links = [
        (f"s{at}", "worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)
    ]
    links.append(("y", "styles", "styles.xml"))
    if shared:
        links.append(("t", "sharedStrings", "sharedStrings.xml"))
    return write(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": relations(*links),
            "xl/workbook.xml": (
                f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{names}</sheets></workbook>'
            ),
            "xl/styles.xml": form or styles(),
            **({"xl/sharedStrings.xml": f'<sst xmlns="{S}">{shared}</sst>'} if shared else {}),
            **{
                f"xl/worksheets/sheet{at}.xml": said
                for at, said in enumerate(sheets.values(), start=1)
            },
            **(parts or {}),
        },
    )


def shape(text: str, *, kind: str = "", top: int = 0) -> str:
    """Return a shape of a slide; *kind* is title, body or ftr."""
    held = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else "<p:nvPr/>"
    lines = "".join(f"<a:p><a:r><a:t>{escape(one)}</a:t></a:r></a:p>" for one in text.split("\n"))
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/>{held}</p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="{top}"/></a:xfrm></p:spPr><p:txBody>{lines}</p:txBody></p:sp>'
    )


def slides(path: Path, *each: str, hidden: tuple[int, ...] = ()) -> Path:
    """Write a presentation of slides' shapes; *hidden* are numbers from 1."""
    numbers_ = range(1, len(each) + 1)
    ids = "".join(f'<p:sldId id="{n}" r:id="s{n}"/>' for n in numbers_)
    links = [(f"s{n}", "slide", f"slides/slide{n}.xml") for n in numbers_]
    return write(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
            "ppt/_rels/presentation.xml.rels": relations(*links),
            "ppt/presentation.xml": (
                f"<p:presentation {_NAMES}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
            ),
            **{
                f"ppt/slides/slide{n}.xml": (
                    f'<p:sld {_NAMES} show="{int(n not in hidden)}"><p:cSld><p:spTree>{said}'
                    "</p:spTree></p:cSld></p:sld>"
                )
                for n, said in enumerate(each, start=1)
            },
        },
    )


def pretend(folder: Path, *made: Path) -> Path:
    """Write a soffice that notes each call and gives a copy of one of *made* by its ending."""
    folder.mkdir(exist_ok=True)
    for one in made:
        shutil.copyfile(one, folder / f"out{one.suffix}")
    program = folder / "soffice"
    program.write_text(
        f'#!/bin/sh\necho called >> {folder}/calls\nwhile [ "$1" != --convert-to ]; do shift; done\n'
        f'mkdir -p "$4" && cp {folder}/out."$2" "$4"/file."$2"\n'
    )
    program.chmod(0o755)
    return folder
