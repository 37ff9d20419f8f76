"""BM25 over the units of passages."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from index.search.lexical import K1, B, Bm25

PASSAGES = [["a", "b"], ["a", "a", "c"], []]


def test_a_score_is_that_of_the_formula() -> None:
    """One unit, worked out by hand with Lucene's idf and lengths 2, 3 and 0 (mean 5/3)."""
    idf = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * 1 / (1 + K1 * (1 - B + B * 2 / (5 / 3)))

    scores = Bm25.build(PASSAGES).scores({"b": 1.0})

    assert [pytest.approx(expected, rel=1e-5), 0.0, 0.0] == scores.tolist()


def test_a_weight_multiplies_a_unit() -> None:
    """A unit of weight 0.5 counts half."""
    index = Bm25.build(PASSAGES)

    np.testing.assert_allclose(0.5 * index.scores({"a": 1.0}), index.scores({"a": 0.5}))


def test_units_of_any_weight_add_up() -> None:
    """In whatever order they are named."""
    index = Bm25.build(PASSAGES)
    expected = 2 * index.scores({"a": 1.0}) + index.scores({"b": 1.0}) + index.scores({"c": 0.5})

    np.testing.assert_allclose(expected, index.scores({"a": 2.0, "b": 1.0, "c": 0.5}))
    np.testing.assert_allclose(expected, index.scores({"c": 0.5, "b": 1.0, "a": 2.0}))


def test_an_unknown_unit_adds_nothing_and_is_the_rarest() -> None:
    """What no passage holds cannot be found, and says most about a question."""
    index = Bm25.build(PASSAGES)

    assert [0.0, 0.0, 0.0] == index.scores({"z": 1.0}).tolist()
    assert not index.knows("z")
    assert index.rarity("z") > index.rarity("b") > index.rarity("a")


def test_indexes_over_the_same_units_hold_them_once(tmp_path: Path) -> None:
    """What is found stays the same, also beside an index over others."""
    for name, passages in (("chunks", [["a"], ["b", "a"]]), ("pages", [["a", "b", "a"]])):
        Bm25.build(passages).save(tmp_path / name)
    chunks = Bm25.load(tmp_path / "chunks")

    pages = Bm25.load(tmp_path / "pages", chunks)
    other = Bm25.load(tmp_path / "pages", Bm25.build([["b", "a"]]))

    assert pages.vocabulary is chunks.vocabulary
    asked = {"a": 1.0, "b": 2.0}
    assert Bm25.load(tmp_path / "pages").scores(asked).tolist() == pages.scores(asked).tolist()
    assert pages.scores({"b": 1.0}).tolist() == other.scores({"b": 1.0}).tolist()


@pytest.mark.parametrize("passages", [PASSAGES, [[]], []], ids=["some", "one empty", "none"])
def test_an_index_comes_back_as_it_was_saved(passages: list[list[str]], tmp_path: Path) -> None:
    """Saving and loading changes no score."""
    built = Bm25.build(passages)
    built.save(tmp_path / "index")

    loaded = Bm25.load(tmp_path / "index")

    assert (
        built.scores({"a": 1.0, "c": 2.0}).tolist() == loaded.scores({"a": 1.0, "c": 2.0}).tolist()
    )
    assert built.rarity("a") == loaded.rarity("a")
