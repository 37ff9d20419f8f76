"""BM25 over the units of passages."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from index.search.lexical import K1, B, Bm25, keys_of
from tests.searched import bm25

PASSAGES = [["a", "b"], ["a", "a", "c"], []]


def test_a_score_is_that_of_the_formula() -> None:
    """One unit, worked out by hand with Lucene's idf and lengths 2, 3 and 0 (mean 5/3)."""
    idf = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * 1 / (1 + K1 * (1 - B + B * 2 / (5 / 3)))

    scores = bm25(PASSAGES).scores({"b": 1.0})

    assert [pytest.approx(expected, rel=1e-5), 0.0, 0.0] == scores.tolist()


def test_a_weight_multiplies_a_unit() -> None:
    """A unit of weight 0.5 counts half."""
    index = bm25(PASSAGES)

    np.testing.assert_allclose(0.5 * index.scores({"a": 1.0}), index.scores({"a": 0.5}))


def test_units_of_any_weight_add_up() -> None:
    """In whatever order they are named."""
    index = bm25(PASSAGES)
    expected = 2 * index.scores({"a": 1.0}) + index.scores({"b": 1.0}) + index.scores({"c": 0.5})

    np.testing.assert_allclose(expected, index.scores({"a": 2.0, "b": 1.0, "c": 0.5}))
    np.testing.assert_allclose(expected, index.scores({"c": 0.5, "b": 1.0, "a": 2.0}))


def test_an_unknown_unit_adds_nothing_and_is_the_rarest() -> None:
    """What no passage holds cannot be found, and says most about a question."""
    index = bm25(PASSAGES)

    assert [0.0, 0.0, 0.0] == index.scores({"z": 1.0}).tolist()
    assert not index.knows("z")
    assert index.rarity("z") > index.rarity("b") > index.rarity("a")


def test_indexes_over_the_same_units_hold_them_once(tmp_path: Path) -> None:
    """One of pages is opened with the keys of that of chunks, and scores as with its own."""
    pages = bm25([["a", "b", "a"]])
    bm25([["a"], ["b", "a"]]).save(tmp_path / "chunks")
    pages.save(tmp_path / "pages", with_keys=False)

    opened = Bm25.load(tmp_path / "pages", Bm25.load(tmp_path / "chunks"))

    asked = {"a": 1.0, "b": 2.0}
    assert pages.scores(asked).tolist() == opened.scores(asked).tolist()
    assert not (tmp_path / "pages" / "keys.npy").exists()


def test_postings_come_in_blocks_and_may_be_damaged_where_nobody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged block is named when a unit of it is asked for, and only then."""
    monkeypatch.setattr("index.search.lexical._BLOCK", 2)
    built = bm25([["a", "b", "c", "d"], ["a", "b", "c", "d"]])
    built.save(tmp_path / "index")
    content = (tmp_path / "index" / "scores.npy").read_bytes()
    (tmp_path / "index" / "scores.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    loaded = Bm25.load(tmp_path / "index")
    last = max("abcd", key=lambda unit: int(keys_of([unit])[0]))
    others = {unit: 1.0 for unit in "abcd" if unit != last}

    assert built.scores(others).tolist() == loaded.scores(others).tolist()
    with pytest.raises(ValueError, match="damaged"):
        loaded.scores({last: 1.0})


def test_an_index_of_version_1_is_read(tmp_path: Path) -> None:
    """It kept its units as text, in the order in which they had been met."""
    built = bm25(PASSAGES)
    units = ["b", "a", "c"]
    found = [built.scores({unit: 1.0}) for unit in units]
    np.save(tmp_path / "indices.npy", np.concatenate([np.flatnonzero(one) for one in found]))
    np.save(tmp_path / "data.npy", np.concatenate([one[one > 0] for one in found]))
    np.save(tmp_path / "indptr.npy", np.cumsum([0, *((one > 0).sum() for one in found)]))
    (tmp_path / "units.json").write_text(json.dumps({"size": 3, "units": units}), encoding="utf-8")

    loaded = Bm25.load(tmp_path)

    for unit, scores in zip(units, found, strict=True):
        assert scores.tolist() == loaded.scores({unit: 1.0}).tolist()
        assert built.rarity(unit) == loaded.rarity(unit)


@pytest.mark.parametrize("passages", [PASSAGES, [[]], []], ids=["some", "one empty", "none"])
def test_an_index_comes_back_as_it_was_saved(passages: list[list[str]], tmp_path: Path) -> None:
    """Saving and loading changes no score."""
    built = bm25(passages)
    built.save(tmp_path / "index")

    loaded = Bm25.load(tmp_path / "index")

    assert (
        built.scores({"a": 1.0, "c": 2.0}).tolist() == loaded.scores({"a": 1.0, "c": 2.0}).tolist()
    )
    assert built.rarity("a") == loaded.rarity("a")
