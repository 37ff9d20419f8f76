"""What changes the meaning of a page: layers, clips, strikes, raised digits, fields, notes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from ingest.pdf import documents
from tests.pdfs import Sheet, made, write

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.pages import Page

SENTENCE = "職員は、毎年度の初日に宣誓書を提出する。"
WHISPER = "旧規定による額は月六十円とする"


def opened(sheet: Sheet) -> PdfWriter:
    """The sheet as a file to which things can be added."""
    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(made([sheet.say(SENTENCE, 72, 760)]))))
    return writer


def read(writer: PdfWriter, path: Path) -> Page:
    """The one page of a file."""
    writer.write(path)
    return documents.read(path).pages[0]


def one(sheet: Sheet, path: Path) -> Page:
    """The page that a sheet becomes."""
    return documents.read(write(path, [sheet])).pages[0]


def noted(writer: PdfWriter, **fields: object) -> None:
    """Add an annotation to the first page."""
    note = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
    note.update({NameObject(f"/{name}"): value for name, value in fields.items()})
    page = writer.pages[0]
    notes = page.get("/Annots", ArrayObject())
    notes.append(writer._add_object(note))  # noqa: SLF001 - pypdf has no other way for fields
    page[NameObject("/Annots")] = notes
    if "FT" in fields:
        form = writer._root_object.setdefault(  # noqa: SLF001
            NameObject("/AcroForm"),
            DictionaryObject({NameObject("/Fields"): ArrayObject(), NameObject("/NeedAppearances"): BooleanObject(value=True)}),
        )  # fmt: skip
        form["/Fields"].append(notes[-1])


def box(*edges: float) -> ArrayObject:
    """A rectangle of a PDF."""
    return ArrayObject(map(FloatObject, edges))


@pytest.mark.parametrize("off", [True, False])
@pytest.mark.parametrize("inside", ["words", "form"])
def test_a_layer_counts_only_while_it_is_shown(tmp_path: Path, *, off: bool, inside: str) -> None:
    """Text on a layer that is switched off is on no page that anybody sees."""
    sheet = Sheet()
    if inside == "form":
        hexed = WHISPER.encode("utf-16-be").hex()
        sheet.forms.append(f"BT /J 10.5 Tf 1 0 0 1 72 500 Tm <{hexed}> Tj ET")
        sheet.drawn.append("/OC /Old BDC /F0 Do EMC")
    else:
        sheet.drawn.append("/OC /Old BDC")
        sheet.say(WHISPER, 72, 500).drawn.append("EMC")
    writer = opened(sheet)
    group = writer._add_object(  # noqa: SLF001
        DictionaryObject({NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("旧")})
    )  # fmt: skip
    held = writer.pages[0]["/Resources"]
    assert isinstance(held, DictionaryObject)
    held[NameObject("/Properties")] = DictionaryObject({NameObject("/Old"): group})
    writer._root_object[NameObject("/OCProperties")] = DictionaryObject({  # noqa: SLF001
        NameObject("/OCGs"): ArrayObject([group]),
        NameObject("/D"): DictionaryObject({NameObject("/OFF"): ArrayObject([group] if off else [])}),
    })  # fmt: skip

    page = read(writer, tmp_path / "layer.pdf")

    assert off == (WHISPER not in page.text)
    assert SENTENCE in page.text
    assert off == page.quality.note.startswith(f"{len(WHISPER)} characters that nobody can see")


@pytest.mark.parametrize("packed", [True, False])
def test_a_form_may_be_a_layer_by_itself(tmp_path: Path, *, packed: bool) -> None:
    """A watermark that is not to be shown is a form of its own, which nothing on the page marks."""
    sheet = Sheet()
    hexed = WHISPER.encode("utf-16-be").hex()
    sheet.forms.append(f"BT /J 10.5 Tf 1 0 0 1 72 500 Tm <{hexed}> Tj ET")
    sheet.drawn.append("/F0 Do")
    writer = opened(sheet)
    group = writer._add_object(  # noqa: SLF001
        DictionaryObject({NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("旧")})
    )  # fmt: skip
    held = writer.pages[0]["/Resources"]
    assert isinstance(held, DictionaryObject)
    forms = held["/XObject"]
    assert isinstance(forms, DictionaryObject)
    form = forms["/F0"]
    assert isinstance(form, DictionaryObject)
    form[NameObject("/OC")] = group
    writer._root_object[NameObject("/OCProperties")] = DictionaryObject({  # noqa: SLF001
        NameObject("/OCGs"): ArrayObject([group]),
        NameObject("/D"): DictionaryObject({NameObject("/BaseState"): NameObject("/OFF")}),
    })  # fmt: skip
    writer.write(tmp_path / "plain.pdf")
    path = tmp_path / "layer.pdf"
    path.write_bytes((tmp_path / "plain.pdf").read_bytes() + b"\n% /ObjStm\n%%EOF\n" * packed)

    assert SENTENCE == documents.read(path).pages[0].text


def test_a_layer_under_another_is_told_from_it(tmp_path: Path) -> None:
    """The old words lie where the new ones do, on a layer that is off while all others are shown."""
    sheet = Sheet()
    sheet.drawn.append("/OC /Old BDC")
    sheet.say(WHISPER, 72, 500).drawn.append("EMC /OC /New BDC")
    sheet.say("今の規定による額は月八十円", 72, 500).drawn.append("EMC")
    writer = opened(sheet)
    groups = {
        name: writer._add_object(  # noqa: SLF001
            DictionaryObject({NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject(name)})
        )
        for name in ("Old", "New")
    }  # fmt: skip
    held = writer.pages[0]["/Resources"]
    assert isinstance(held, DictionaryObject)
    held[NameObject("/Properties")] = DictionaryObject(
        {NameObject(f"/{name}"): group for name, group in groups.items()}
    )
    writer._root_object[NameObject("/OCProperties")] = DictionaryObject({  # noqa: SLF001
        NameObject("/OCGs"): ArrayObject(groups.values()),
        NameObject("/D"): DictionaryObject({
            NameObject("/BaseState"): NameObject("/OFF"), NameObject("/ON"): ArrayObject([groups["New"]]),
        }),
    })  # fmt: skip

    text = read(writer, tmp_path / "layer.pdf").text

    assert (False, True) == (WHISPER in text, "今の規定による額は月八十円" in text)


def test_boxes_that_are_drawn_last_stand_before_their_words(tmp_path: Path) -> None:
    """Where a font has no boxes, programs take it from another one and draw those after the line."""
    sheet = Sheet().say("住民票　　誓約書", 84, 500)
    sheet.say("■", 72, 499, 9.5).say("□", 121, 499, 9.5)

    page = one(sheet, tmp_path / "boxes.pdf")

    assert "■住民票□誓約書" == "".join(page.text.split())


def test_what_is_cut_off_is_left_out(tmp_path: Path) -> None:
    """A path cuts a line in two: only what lies within it is on the page."""
    sheet = Sheet().say(SENTENCE, 72, 760)
    sheet.drawn.append("q 60 490 62 40 re W n")
    sheet.say("上限は月額四万円とする。" + WHISPER, 72, 500, 10).drawn.append("Q")

    page = one(sheet, tmp_path / "cut.pdf")

    assert page.text.endswith("上限は月額")
    assert SENTENCE in page.text


def test_a_clip_that_cuts_nothing_takes_nothing(tmp_path: Path) -> None:
    """Most programs set each line within the page, its cell or its box."""
    sheet = Sheet()
    sheet.drawn.append("q 0 0 595 842 re W n 70 496 400 14 re W n")
    sheet.say(SENTENCE, 72, 500).drawn.append("Q")

    assert (SENTENCE, "") == (
        (page := one(sheet, tmp_path / "whole.pdf")).text, page.quality.note,
    )  # fmt: skip


def test_struck_words_are_left_out_and_said(tmp_path: Path) -> None:
    """見え消し: a line through the middle of words takes them back."""
    sheet = Sheet().say("手数料は二千三百円五百円とする。", 72, 500, 10)
    sheet.drawn.append("112 503.4 50 0.6 re f")

    page = one(sheet, tmp_path / "struck.pdf")

    assert "手数料は五百円とする。" == page.text
    assert "5 characters that are struck through were left out." == page.quality.note


def test_a_stroke_strikes_words_as_a_bar_does(tmp_path: Path) -> None:
    """A line of one point is drawn with a pen by some programs, as a thin rectangle by others."""
    sheet = Sheet().say("手数料は二千三百円五百円とする。", 72, 500, 10)
    sheet.drawn.append("1 w 112 503.7 m 162 503.7 l S")

    assert "手数料は五百円とする。" == one(sheet, tmp_path / "struck.pdf").text


def test_a_note_strikes_words_too(tmp_path: Path) -> None:
    """A strike that somebody added in a viewer counts like a printed one."""
    writer = opened(Sheet().say("手数料は三百円五百円とする。", 72, 500, 10))
    corners = ArrayObject(map(FloatObject, (112, 509, 142, 509, 112, 498, 142, 498)))
    noted(
        writer, Subtype=NameObject("/StrikeOut"), Rect=box(112, 498, 142, 509), QuadPoints=corners
    )

    assert "手数料は五百円とする。" in read(writer, tmp_path / "struck.pdf").text


@pytest.mark.parametrize(
    "drawing",
    [
        pytest.param("72 497.5 120 0.6 re f", id="an underline"),
        pytest.param("40 503.4 500 0.6 re f", id="a rule that goes on"),
        pytest.param("q 1 0.9 0.5 rg 72 498 120 6 re f Q", id="a marker's lower half"),
        pytest.param("72 497 120 13 re S", id="a frame"),
    ],
)
def test_lines_that_strike_nothing_take_nothing(tmp_path: Path, drawing: str) -> None:
    """Underlines, rules, markers and frames leave words as they are."""
    sheet = Sheet()
    sheet.drawn.append(drawing)
    sheet.say("手数料は三百円とする。上限", 72, 500, 10)

    assert "手数料は三百円とする。上限" in one(sheet, tmp_path / "rule.pdf").text.replace(" ", "")


def test_raised_digits_are_not_digits_of_the_number(tmp_path: Path) -> None:
    """The mark of a note behind a number stays a mark, and so does one before the note."""
    sheet = (
        Sheet()
        .say("申請は１２", 72, 500, 10)
        .say("２", 122, 504, 6)
        .say("月に締め切る。", 128, 500, 10)
    )
    sheet.say("２", 72, 404, 6).say("速報値である。", 78, 400, 10)

    page = one(sheet, tmp_path / "note.pdf")

    assert "申請は１２²月に締め切る。" in page.text
    assert "²速報値である。" in page.text


def test_lowered_digits_and_small_ones_on_the_line(tmp_path: Path) -> None:
    """CO₂ has its two below the line; smaller type on the line is smaller type."""
    sheet = (
        Sheet()
        .say("排出量ＣＯ", 72, 500, 10)
        .say("２", 122, 497, 6)
        .say("を減らす。", 128, 500, 10)
    )
    sheet.say("別紙", 72, 400, 10).say("３", 92, 400, 6)

    page = one(sheet, tmp_path / "low.pdf")

    assert "排出量ＣＯ₂を減らす。" in page.text
    assert "別紙３" in page.text


def test_fields_stand_behind_their_labels(tmp_path: Path) -> None:
    """What a form was filled with is what its page shows, with or without a picture of it."""
    sheet = Sheet().say("用途：", 72, 600).say("承認：", 72, 560)
    writer = opened(sheet)
    widget = {"Subtype": NameObject("/Widget"), "F": NumberObject(4)}
    noted(
        writer, **widget, FT=NameObject("/Tx"), T=TextStringObject("purpose"),
        V=TextStringObject("橋りょうの点検のため"), Rect=box(200, 594, 450, 614),
    )  # fmt: skip
    noted(
        writer, **widget, FT=NameObject("/Btn"), T=TextStringObject("approved"),
        V=NameObject("/Yes"), AS=NameObject("/Yes"), Rect=box(200, 556, 216, 572),
    )  # fmt: skip

    page = read(writer, tmp_path / "form.pdf")

    assert ["用途： 橋りょうの点検のため", "承認： ☑"] == page.text.splitlines()[-2:]


def test_notes_that_are_written_on_the_page_are_read(tmp_path: Path) -> None:
    """Free text that somebody typed onto the page is seen, hidden notes are not."""
    writer = opened(Sheet())
    note = {"Subtype": NameObject("/FreeText"), "DA": TextStringObject("/Helv 10 Tf 0 g")}
    noted(
        writer,
        **note,
        Contents=TextStringObject("期限は五月末日に延長"),
        Rect=box(72, 480, 300, 500),
    )
    noted(
        writer, **note, Contents=TextStringObject(WHISPER), Rect=box(72, 380, 300, 400), F=NumberObject(2)
    )  # fmt: skip

    page = read(writer, tmp_path / "note.pdf")

    assert "期限は五月末日に延長" in page.text
    assert WHISPER not in page.text


@pytest.mark.parametrize("name", ["annex-1.pdf", "様式第２号.pdf"])
def test_files_within_the_file_are_named(tmp_path: Path, name: str) -> None:
    """A PDF that carries another one says so; nobody takes it for read."""
    writer = opened(Sheet())
    writer.add_attachment(name, made([Sheet().say(WHISPER, 72, 700)]))

    page = read(writer, tmp_path / "portfolio.pdf")

    assert page.quality.note.startswith(f"Files attached to this PDF were not read: {name}.")


@pytest.mark.parametrize("mark", ["\u2060", "\u200b", "\ufeff"])
def test_marks_without_width_part_no_words(tmp_path: Path, mark: str) -> None:
    """What joins words and has no width is no end of a line."""
    sheet = Sheet().say(SENTENCE[:3] + mark + SENTENCE[3:], 72, 500)

    assert SENTENCE == one(sheet, tmp_path / "joiner.pdf").text.replace(" ", "")
