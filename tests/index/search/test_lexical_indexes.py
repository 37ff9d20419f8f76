"""The lexical indexes of a generation: made from counts, scored as if made from words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.search import lexical_indexes, tallies
from index.search.lexical import Bm25, keys_of
from index.search.parts import Part
from index.search.tallies import Kind, Tally
from ingest.chunks import Chunk
from ingest.language.words import pairs, phrases, tokens
from tests.fakes import edition
from tests.searched import bm25

TEXTS = (
    ("manual", "年次休暇は20日とする。", "休暇", (1,)),
    ("manual", "繰越しは20日を限度とする。", "休暇", (1, 2)),
    ("manual", "病気休暇は別に定める。", "病気", (2,)),
    ("cases", "休暇の例を示す。", "例", (1,)),
)


def _counted(kind: Kind) -> list[Tally]:
    """Return the tallies of the two documents of `TEXTS`."""
    return [
        tallies.tallied([part for part in _parts() if part.chunk.edition.document.id == name], kind)
        for name in ("manual", "cases")
    ]


def _parts() -> list[Part]:
    return [
        Part(Chunk(edition(document), (), text, 0, len(text), context), pages)
        for document, text, context, pages in TEXTS
    ]  # fmt: skip


def _phrases(text: str) -> list[str]:
    return phrases(tokens(text))


def _loaded(folder: Path, name: str) -> Bm25:
    chunks = Bm25.load(folder / name.removeprefix("page-"))
    return Bm25.load(folder / name, chunks) if name.startswith("page-") else chunks


def _scores(index: Bm25, units: list[str]) -> list[float]:
    return [float(score) for score in index.scores(dict.fromkeys(units, 1.0))]


def test_chunks_are_scored_by_text_and_context(tmp_path: Path) -> None:
    """As an index over the very words is; a unit of the context counts like one of the text."""
    lexical_indexes.build(tmp_path, _counted)

    for folder, cut in (("words", tokens), ("pairs", pairs), ("phrases", _phrases)):
        plain = bm25([*cut(text), *cut(context)] for _, text, context, _ in TEXTS)
        asked = list(cut("休暇は何日か。"))
        np.testing.assert_allclose(
            _scores(plain, asked), _scores(_loaded(tmp_path, folder), asked), rtol=1e-6
        )


def test_pages_gather_their_chunks_and_count_a_context_once(tmp_path: Path) -> None:
    """A chunk belongs to the page it begins on; pages keep the order of their first chunk."""
    lexical_indexes.build(tmp_path, _counted)

    for folder, cut in (
        ("page-words", tokens), ("page-pairs", pairs), ("page-phrases", _phrases),
    ):  # fmt: skip
        first = [*cut(TEXTS[0][1]), *cut(TEXTS[1][1])]
        pages = [
            first + [unit for unit in cut("休暇") if unit not in first],
            [*cut(TEXTS[2][1]), *(u for u in cut("病気") if u not in cut(TEXTS[2][1]))],
            [*cut(TEXTS[3][1]), *(u for u in cut("例") if u not in cut(TEXTS[3][1]))],
        ]
        asked = list(cut("休暇は何日か。"))
        np.testing.assert_allclose(
            _scores(bm25(pages), asked),
            _scores(_loaded(tmp_path, folder), asked),
            rtol=1e-6,
        )


def test_a_tally_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Also of a chunk with nothing in it, and of a count beyond a byte."""
    many, none = "休暇" * 300, ""
    parts = [
        Part(Chunk(edition("manual"), (), text, 0, len(text), none), (page,))
        for page, text in ((3, many), (4, none))
    ]
    tallies.save(parts, tmp_path / "kept.npz")

    words, couples = (tallies.load(tmp_path / "kept.npz", kind) for kind in ("words", "pairs"))

    assert ([3, 4], ("休暇",)) == (words.pages.tolist(), words.units)
    assert [[300], [0]] == words.text.toarray().tolist()
    assert [[300, 299], [0, 0]] == couples.text.toarray().tolist()
    assert (keys_of(["休暇", "暇休"]).tolist(), ()) == (couples.keys.tolist(), couples.units)
    assert 0 == couples.context.nnz


def test_no_tallies_make_an_empty_index(tmp_path: Path) -> None:
    """Nothing indexed, nothing found."""
    lexical_indexes.build(tmp_path, lambda _: [])

    assert [] == _scores(_loaded(tmp_path, "page-pairs"), ["休暇"])
