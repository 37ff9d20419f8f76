"""The embedder that is fitted to the corpus itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.errors import ModelMissing
from index.search.fitted import Fitted, fit
from index.search.tallies import counted
from ingest.language.words import tokens

TEXTS = [
    "自治体の情報システムを標準化する。",
    "標準準拠システムへの移行計画を作る。",
    "外部人材をCIO補佐官として任用する。",
    "補佐官の服務は要綱で定める。",
    "高齢者のためのスマホ講座を開く。",
]


def _fitted() -> Fitted:
    return _to([tokens(t) for t in TEXTS], [tokens("CIO補佐官 CIO aide"), tokens("任用 hire")])


def _to(texts: Sequence[Sequence[str]], lessons: Sequence[Sequence[str]] = ()) -> Fitted:
    """Fit to texts given as words."""
    vocabulary: dict[str, int] = {}
    counts = counted(texts, vocabulary)
    return fit(counts, tuple(vocabulary), lessons)


def test_a_vector_has_length_one_and_an_unknown_text_none() -> None:
    """Cosines are products; a text without a known word is like nothing."""
    vectors = _fitted().embed_passages([*TEXTS, "xyzzy"])

    np.testing.assert_allclose([1, 1, 1, 1, 1, 0], np.linalg.norm(vectors, axis=1), atol=1e-5)


def test_a_text_is_most_like_itself() -> None:
    """The nearest of all texts to each is that text."""
    vectors = _fitted().embed_passages(TEXTS)

    assert list(range(5)) == (vectors @ vectors.T).argmax(axis=1).tolist()


def test_the_glossary_brings_english_near_japanese() -> None:
    """An English word never stands in the corpus, but lies beside what the glossary equates."""
    fitted = _fitted()
    question = fitted.embed_question("hire a CIO aide")

    assert 2 == int((fitted.embed_passages(TEXTS) @ question).argmax())


def test_names_that_say_the_same_count_like_words_of_the_question() -> None:
    """As if they were said in the question, each cut by itself."""
    fitted = _fitted()

    np.testing.assert_allclose(
        fitted.embed_words([[*tokens("補佐官"), *tokens("標準化")]])[0],
        fitted.embed_question("補佐官", "標準化"),
        atol=1e-6,
    )


def test_two_fittings_give_the_same_vectors() -> None:
    """The decomposition is seeded, so an index can be made again."""
    np.testing.assert_array_equal(_fitted().embed_passages(TEXTS), _fitted().embed_passages(TEXTS))


@pytest.mark.parametrize("texts", [[], [[]], [["a"]]], ids=["none", "empty", "one word"])
def test_a_corpus_too_small_to_fit_still_embeds(texts: list[list[str]]) -> None:
    """A folder of scans without text is no reason to fail."""
    assert (1, 256) == _to(texts).embed_passages(["a"]).shape


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Saving and loading changes no vector."""
    fitted = _fitted()
    fitted.save(tmp_path / "model")

    np.testing.assert_array_equal(
        fitted.embed_passages(TEXTS), Fitted.load(tmp_path / "model").embed_passages(TEXTS)
    )


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    """The error says which folder."""
    with pytest.raises(ModelMissing, match=str(tmp_path)):
        Fitted.load(tmp_path)


def test_sentence_transformers_gives_the_same_vectors(tmp_path: Path) -> None:
    """The saved folder is a sentence-transformers model, for whoever wants it elsewhere."""
    from index.search.models import SentenceTransformerEmbedder

    fitted = _fitted()
    fitted.save(tmp_path / "model")

    loaded = SentenceTransformerEmbedder(str(tmp_path / "model"))
    found = loaded.embed_passages([" ".join(tokens(text)) for text in TEXTS])

    np.testing.assert_allclose(fitted.embed_passages(TEXTS), found, atol=1e-5)


def test_searching_with_it_imports_no_torch() -> None:
    """Serving the default stays small: torch alone is 400 MB."""
    program = (
        "import sys, index.generations, index.refresh, index.search.fitted; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sentence_transformers', 'sklearn')))"
    )

    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
