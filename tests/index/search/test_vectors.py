"""The vectors of chunks: one file an edition, read where they are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.search.legs import Spread, StoredVectors


def _stored(folder: Path, *editions: np.ndarray, check: list[str] | None = None) -> StoredVectors:
    paths = []
    for at, vectors in enumerate(editions):
        paths.append(folder / f"{at}.npy")
        if len(vectors):
            np.save(paths[-1], vectors.astype(np.float16))
    starts = np.cumsum([0, *map(len, editions)])
    return StoredVectors(paths, starts, lambda path: (check or []).append(path.name))


FIRST = np.array([[1, 0], [0, 1]])
SECOND = np.zeros((0, 2))
THIRD = np.array([[0.6, 0.8]])


@pytest.mark.parametrize("held", [2, 3], ids=["too many to hold", "held"])
def test_vectors_come_by_the_number_of_their_chunk(
    held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all editions in order; one without chunks has no file and is in nobody's way."""
    monkeypatch.setattr("index.search.legs._HELD", held)
    vectors = _stored(tmp_path, FIRST, SECOND, THIRD)

    expected = np.array([[0, 1], [0.6, 0.8]])
    np.testing.assert_allclose(expected, vectors.at(np.array([1, 2])).astype(float), atol=1e-3)
    assert 0 == len(vectors.at(np.zeros(0, np.int64)))


def test_a_file_is_looked_at_once_and_not_before_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So opening does not take longer for a larger corpus."""
    monkeypatch.setattr("index.search.legs._HELD", 2)
    seen: list[str] = ["begun"]
    vectors = _stored(tmp_path, FIRST, SECOND, THIRD, check=seen)
    assert ["begun"] == seen

    for _ in range(2):
        vectors.at(np.array([2]))

    assert ["begun", "2.npy"] == seen


def test_a_file_with_another_number_of_vectors_is_refused(tmp_path: Path) -> None:
    """It would answer from the wrong passages."""
    _stored(tmp_path, FIRST, SECOND, THIRD)
    paths = [tmp_path / f"{at}.npy" for at in range(3)]
    vectors = StoredVectors(paths, np.array([0, 3, 3, 4]), lambda _: None)

    with pytest.raises(ValueError, match=r"0\.npy holds 2 vectors instead of 3"):
        vectors.at(np.array([0]))


def test_the_spread_of_cosines_is_told_without_working_them_out(tmp_path: Path) -> None:
    """Mean and deviation are those of the cosines themselves, for any question."""
    chance = np.random.default_rng(1)
    all_of = chance.normal(size=(50, 4)).astype(np.float16)
    question = chance.normal(size=4).astype(np.float32)
    cosines = all_of.astype(np.float64) @ question

    told = Spread(_stored(tmp_path, all_of), np.arange(50)).of(question)

    assert [pytest.approx(cosines.mean()), pytest.approx(cosines.std())] == list(told)


def test_the_spread_of_many_vectors_is_that_of_some_taken_evenly(tmp_path: Path) -> None:
    """Of 9,000 every third is looked at; the first ones alone would tell something else."""
    chance = np.random.default_rng(2)
    all_of = (chance.normal(size=(9_000, 4)) + np.arange(9_000)[:, None] / 9_000).astype(np.float16)
    question = np.ones(4, np.float32)
    cosines = all_of.astype(np.float64) @ question

    told = Spread(_stored(tmp_path, all_of), np.arange(9_000)).of(question)

    assert [pytest.approx(cosines[::3].mean()), pytest.approx(cosines[::3].std())] == list(told)
    assert pytest.approx(cosines.mean(), abs=0.1) == told[0]
