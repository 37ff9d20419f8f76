"""Vectors in Chroma: written once, found by cosine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from index.generations import store
from index.generations.server import Server
from index.generations.store import Embedded, Vectors
from tests.shelves import server_of


def _vectors() -> np.ndarray:
    return np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [0, 0, 0]], dtype=np.float32)


def test_scores_are_cosines_in_the_order_of_writing(tmp_path: Path) -> None:
    """Chroma returns rows in an order of its own; the scores come in ours."""
    store.write_folder(tmp_path / "vectors", _vectors())

    scores = store.open_folder(tmp_path / "vectors", 4).scores(
        np.array([0, 1, 0], dtype=np.float32)
    )

    np.testing.assert_allclose([0, 1, 0.8, 0], scores, atol=1e-5)


def test_a_large_collection_is_searched_by_its_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not held in memory is asked of Chroma, with the same cosines."""
    monkeypatch.setattr(store, "_IN_MEMORY", 0)
    store.write_folder(tmp_path / "vectors", _vectors())

    scores = store.open_folder(tmp_path / "vectors", 4).scores(
        np.array([0, 1, 0], dtype=np.float32)
    )

    np.testing.assert_allclose([0, 1, 0.8], scores[:3], atol=1e-5)


def test_more_vectors_than_chroma_takes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large corpus is written in batches."""
    monkeypatch.setattr(store, "BATCH", 7)
    vectors = np.eye(20, dtype=np.float32)
    store.write_folder(tmp_path / "vectors", vectors)

    scores = store.open_folder(tmp_path / "vectors", 20).scores(vectors[13])

    assert 13 == int(scores.argmax())


def test_a_question_without_a_known_word_scores_nothing(tmp_path: Path) -> None:
    """A zero vector is like nothing, not an error."""
    store.write_folder(tmp_path / "vectors", _vectors())

    scores = store.open_folder(tmp_path / "vectors", 4).scores(np.zeros(3, dtype=np.float32))

    assert [0, 0, 0, 0] == scores.tolist()


def test_a_collection_that_lost_vectors_is_refused(tmp_path: Path) -> None:
    """A store that does not fit its generation would answer from the wrong passages."""
    store.write_folder(tmp_path / "vectors", _vectors())

    with pytest.raises(ValueError, match="holds 4 vectors instead of 5"):
        store.open_folder(tmp_path / "vectors", 5)


def test_an_empty_corpus_has_an_empty_store(tmp_path: Path) -> None:
    """Nothing was read, nothing is found, nothing breaks."""
    store.write_folder(tmp_path / "vectors", np.zeros((0, 3), dtype=np.float32))

    assert 0 == len(store.open_folder(tmp_path / "vectors", 0).scores(np.ones(3, np.float32)))


@pytest.fixture(params=["embedded", "server"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    """Each place where vectors can live; both keep the same promises."""
    if request.param == "embedded":
        return Embedded()
    return server_of(request.getfixturevalue("chroma_server"))


def _folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_a_generation_finds_its_own_vectors_under_its_final_name(
    tmp_path: Path, vectors: Vectors
) -> None:
    """It is written while it is being built, and opened once it has its name."""
    building = _folder(tmp_path, ".building-g000001")
    vectors.write(building, _vectors())
    final = building.rename(tmp_path / "g000001")

    scores = vectors.open(final, 4).scores(np.array([0, 1, 0], dtype=np.float32))

    np.testing.assert_allclose([0, 1, 0.8, 0], scores, atol=1e-5)


def test_two_generations_do_not_mix(tmp_path: Path, vectors: Vectors) -> None:
    """The former one answers as before while the next one is written."""
    first, second = _folder(tmp_path, "g000001"), _folder(tmp_path, "g000002")
    vectors.write(first, _vectors())
    before = vectors.open(first, 4)
    vectors.write(second, _vectors()[::-1].copy())

    question = np.array([1, 0, 0], dtype=np.float32)
    assert (0, 3) == (
        int(before.scores(question).argmax()),
        int(vectors.open(second, 4).scores(question).argmax()),
    )


def test_another_number_of_vectors_is_refused(tmp_path: Path, vectors: Vectors) -> None:
    """A store that does not fit its generation would answer from the wrong passages."""
    folder = _folder(tmp_path, "g000001")
    vectors.write(folder, _vectors())

    with pytest.raises(ValueError, match="holds 4 vectors instead of 5"):
        vectors.open(folder, 5)


def test_a_generation_without_vectors_is_refused(tmp_path: Path, vectors: Vectors) -> None:
    """The error is one that names the generation broken, not a vendor's."""
    with pytest.raises(ValueError, match=r"."):
        vectors.open(_folder(tmp_path, "g000009"), 4)


def test_tidying_keeps_what_is_named(tmp_path: Path, vectors: Vectors) -> None:
    """Vectors of generations that are gone go; those that are left stay."""
    for name in ("g000001", "g000002"):
        vectors.write(_folder(tmp_path, name), _vectors())

    vectors.tidy({"g000002"})

    assert 4 == len(vectors.open(tmp_path / "g000002", 4).scores(np.ones(3, np.float32)))
    if isinstance(vectors, Server):
        with pytest.raises(ValueError, match="g000001"):
            vectors.open(tmp_path / "g000001", 4)


def test_a_collection_that_a_kill_left_is_made_anew(tmp_path: Path, chroma_server: str) -> None:
    """The next refresh builds a generation of the same number."""
    server = Server(f"{chroma_server}/killed")
    folder = _folder(tmp_path, ".building-g000001")
    server.write(folder, _vectors()[:2])

    server.write(folder, _vectors())

    assert 4 == len(server.open(tmp_path / "g000001", 4).scores(np.ones(3, np.float32)))


def test_homes_that_share_a_server_keep_apart(tmp_path: Path, chroma_server: str) -> None:
    """Tidying one home leaves the other's collections alone."""
    one, other = Server(f"{chroma_server}/one"), Server(f"{chroma_server}/one-more")
    folder = _folder(tmp_path, "g000001")
    one.write(folder, _vectors())
    other.write(folder, _vectors()[:3])

    one.tidy(())

    assert 3 == len(other.open(folder, 3).scores(np.ones(3, np.float32)))


def test_a_server_that_is_away_is_an_error_of_the_system(tmp_path: Path) -> None:
    """A refresh tells it like a disk that cannot be written; nothing is published."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = Server(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(OSError, match=r"."):
            away.write(tmp_path, _vectors())
        with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
            away.open(tmp_path, 4)


def test_an_address_that_is_none_is_refused() -> None:
    """A setting with a typing slip is told before anything is built."""
    with pytest.raises(ValueError, match="such as http://chroma:8000"):
        Server("chroma:8000")
    with pytest.raises(ValueError, match="such as http://chroma:8000"):
        Server("http://chroma:8000/two/names")


def test_a_folder_that_may_not_be_written_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chroma cannot read where it cannot write, so it reads a copy; none stays behind."""
    store.write_folder(tmp_path / "vectors", _vectors())
    before = {path.name: path.read_bytes() for path in (tmp_path / "vectors").glob("*.sqlite3")}
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    monkeypatch.setattr(os, "access", lambda path, _mode: copies in Path(path).parents)

    scores = store.open_folder(tmp_path / "vectors", 4).scores(np.array([0, 1, 0], np.float32))

    assert (1, []) == (int(scores.argmax()), list(copies.iterdir()))
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "vectors").glob("*.sqlite3")}
