"""Chunks: exact slices that follow sections and sentences, and what they carry along."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.catalog.editions import Document, Edition
from ingest.chunks import Chunk, split
from ingest.headings import Section, sections
from ingest.pages import Block, BlockKind, EditionText, Page, Quality
from tests.ingest.pdf.test_headings import page

EDITION = Edition(Document("manual", "手引"), "第1版", sha256="ab" * 32)


def chunks(text: EditionText, *, size: int = 400, overlap: int = 0) -> tuple[Chunk, ...]:
    """Cut with the sections that the text shows."""
    return split(EDITION, text, sections(text), size=size, overlap=overlap)


def kinds(one: Page, *found: BlockKind, contexts: tuple[str, ...] = ()) -> Page:
    """The same page with the kinds (and contexts) of its blocks set."""
    blocks = tuple(
        Block(block.start, block.end, kind, block.size, context)
        for block, kind, context in zip(
            one.blocks, found, contexts or ("",) * len(found), strict=True
        )
    )
    return Page(
        one.number, None, one.text, one.source, one.boxes, 595, 842, Quality("x", 1.0), blocks
    )


def test_a_chunk_is_a_slice() -> None:
    """The text of a chunk is what stands between its offsets, character by character."""
    text = EditionText(
        (page(1, "一つ目の文である。", "二つ目の文である。"), page(2, "次の頁の文。"))
    )

    for chunk in chunks(text, size=12):
        assert text.text[chunk.start : chunk.end] == chunk.text


def test_a_chunk_keeps_to_its_page() -> None:
    """Text of two pages never shares a chunk, however short it is."""
    text = EditionText((page(1, "前の頁。"), page(2, "後の頁。")))

    assert [(1,), (2,)] == [text.pages_of(one.start, one.end) for one in chunks(text)]


def test_paragraphs_are_gathered_up_to_the_size() -> None:
    """Whole paragraphs go together while they fit."""
    text = EditionText((page(1, "あ" * 30 + "。", "い" * 30 + "。", "う" * 30 + "。"),))

    assert [63, 31] == [len(one.text) for one in chunks(text, size=70)]


def test_a_long_paragraph_is_cut_after_a_sentence() -> None:
    """What is longer than a chunk is cut at full stops."""
    text = EditionText((page(1, "あ" * 30 + "。" + "い" * 30 + "。"),))

    assert ["あ" * 30 + "。", "い" * 30 + "。"] == [one.text for one in chunks(text, size=40)]


def test_a_sentence_without_end_is_cut_all_the_same() -> None:
    """Even without a full stop no chunk is longer than its size."""
    text = EditionText((page(1, "あ" * 95),))

    assert [40, 40, 15] == [len(one.text) for one in chunks(text, size=40)]


def test_a_section_begins_a_chunk() -> None:
    """A new section begins a new chunk, and its path is the chunk's."""
    long = "この段落は十分に長いので、次の見出しと同じ塊に入ることはない。" * 3
    text = EditionText((page(1, "第１章 総則", long, "第２章 手続", long),))

    found = chunks(text)

    assert [("第１章 総則",), ("第２章 手続",)] == [one.section for one in found]
    assert found[1].text.startswith("第２章 手続")


def test_a_heading_goes_with_what_follows() -> None:
    """A heading with nothing below it is not a chunk of its own."""
    text = EditionText(
        (page(1, "第１章 総則", "第１節 目的", "目的は手続を簡単にすることである。"),)
    )

    assert 1 == len(chunks(text))


def test_a_list_item_carries_its_lead_in() -> None:
    """Where a list is cut, the line that introduces it is the context of the rest."""
    one = page(1, "次の書類を添える。", "・" + "申" * 30, "・" + "同" * 30)
    item = BlockKind.ITEM
    text = EditionText((kinds(one, BlockKind.TEXT, item, item),))

    found = chunks(text, size=45)

    assert ["", "次の書類を添える。"] == [one.context for one in found]


def test_a_lead_in_goes_along_overleaf() -> None:
    """Items at the top of the next page are introduced by the line before the list; no others."""
    item, plain = BlockKind.ITEM, BlockKind.TEXT
    first = kinds(page(1, "次の書類を添える。", "・申請書"), plain, item)
    second = kinds(page(2, "・同意書", "・住民票の写し"), item, item)
    third = kinds(page(3, "提出先は市民課である。"), plain)

    found = chunks(EditionText((first, second, third)))

    assert ["", "次の書類を添える。", ""] == [one.context for one in found]


def test_what_is_left_of_a_section_stays_in_it() -> None:
    """Its last row, too long for the chunk before, does not go into the next section."""
    text = EditionText(
        (page(1, "第１章 手続", "あ" * 80 + "。", "最後の行。", "第２章 対策", "対策の文である。"),)
    )

    found = chunks(text, size=90)

    assert [
        ("第１章 手続", ("第１章 手続",)),
        ("最後の行。", ("第１章 手続",)),
        ("第２章 対策", ("第２章 対策",)),
    ] == [(one.text.splitlines()[0], one.section) for one in found]


def test_a_row_carries_its_heads() -> None:
    """The column heads of a row are in the context of its chunk, once."""
    one = page(1, "方式Ａ\t対象外", "方式Ｂ\t対象")
    row = BlockKind.ROW
    text = EditionText((kinds(one, row, row, contexts=("方式 / 補助対象",) * 2),))

    (chunk,) = chunks(text)

    assert "方式 / 補助対象" == chunk.context


def test_an_overlap_repeats_whole_pieces() -> None:
    """With an overlap a chunk begins with the last pieces of the one before."""
    text = EditionText((page(1, *[f"{at}番目の文である。" for at in range(6)]),))

    first, second, *_ = chunks(text, size=30, overlap=10)

    assert second.start < first.end
    assert second.text.splitlines()[0] == first.text.splitlines()[-1]


def test_two_editions_never_share_an_id() -> None:
    """The same words in another edition are another chunk."""
    text = EditionText((page(1, "同じ文。"),))
    later = Edition(EDITION.document, "第2版", sha256="cd" * 32)

    ids = {chunk.id for one in (EDITION, later) for chunk in split(one, text, sections(text))}

    assert 2 == len(ids)


@given(
    st.lists(
        st.lists(st.text("あいう漢字。、\nab 1・（）", min_size=1, max_size=90), max_size=6),
        min_size=1,
        max_size=4,
    ),
    st.integers(min_value=5, max_value=120),
)
def test_nothing_is_lost_and_nothing_is_said_twice(lines: list[list[str]], size: int) -> None:
    """Chunks cover every character of every block once, in order, within the size."""
    text = EditionText(tuple(page(number, *one) for number, one in enumerate(lines, 1)))

    found = chunks(text, size=size)

    covered = [at for one in found for at in range(one.start, one.end)]
    assert sorted(set(covered)) == covered
    wanted = {
        start + at
        for one, start in zip(text.pages, text.starts, strict=True)
        for block in one.blocks
        for at in range(block.start, block.end)
        if not one.text[at].isspace()
    }
    assert wanted <= set(covered)
    assert all(len(one.text) <= size for one in found)


def test_sections_may_be_missing() -> None:
    """Without sections chunks have an empty path."""
    text = EditionText((page(1, "文。"),))

    assert [()] == [one.section for one in split(EDITION, text, ())]
    assert [()] == [one.section for one in split(EDITION, text, (Section((), 0, 3),))]
