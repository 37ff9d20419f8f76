"""Sentence-transformers models: prefixes, loading without a network, clear errors.

The models are tiny ones that the tests build and save, so the real loading code runs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import ModelMissing
from index.models import SentenceTransformerEmbedder, prefixes_of


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, saved as a sentence-transformers model."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "query", "passage", ":", "a", "b", "c"]
    known = {word: at for at, word in enumerate(words)}
    cut = Tokenizer(WordLevel(known, unk_token="[UNK]"))  # noqa: S106 - no password
    cut.pre_tokenizer = Whitespace()
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]"}
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer(tokenizer_object=cut, model_max_length=64, **special).save_pretrained(folder / "bert")
    transformer = modules.Transformer(str(folder / "bert"))
    pooling = modules.Pooling(transformer.get_embedding_dimension())
    SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(folder / "model"))
    return folder / "model"


@pytest.mark.parametrize(
    "expected, name",
    [
        (("検索クエリ: ", "検索文書: "), "cl-nagoya/ruri-v3-30m"),
        (("クエリ: ", "文章: "), "cl-nagoya/ruri-base"),
        (("query: ", "passage: "), "intfloat/multilingual-e5-small"),
        (("query: ", "passage: "), "/models/multilingual-e5-base"),
        (("", ""), "hotchpotch/static-embedding-japanese"),
        (("", ""), "BAAI/bge-m3"),
    ],
)
def test_known_models_get_their_prefixes(expected: tuple[str, str], name: str) -> None:
    """A model trained with prefixes is much worse without them."""
    assert expected == prefixes_of(name)


def test_vectors_are_of_length_one_and_prefixed(tiny: Path) -> None:
    """The question's prefix changes its vector, and the passage's that of the passage."""
    embedder = SentenceTransformerEmbedder(
        str(tiny), question_prefix="query: ", passage_prefix="passage: "
    )
    plain = SentenceTransformerEmbedder(str(tiny), question_prefix="", passage_prefix="")

    passages = embedder.embed_passages(["a", "b c"])

    np.testing.assert_allclose([1, 1], np.linalg.norm(passages, axis=1), atol=1e-5)
    np.testing.assert_allclose(
        plain.embed_question("query: a"), embedder.embed_question("a"), atol=1e-5
    )
    np.testing.assert_allclose(plain.embed_passages(["passage: a"])[0], passages[0], atol=1e-5)
    assert not np.allclose(plain.embed_question("a"), embedder.embed_question("a"), atol=1e-3)


def test_progress_ends_at_the_whole(tiny: Path) -> None:
    """A long embedding tells how far it is."""
    told: list[float] = []

    SentenceTransformerEmbedder(str(tiny), progress=told.append).embed_passages(["a"] * 300)

    assert sorted(told) == told
    assert 1.0 == told[-1]


def test_another_prefix_is_another_recipe(tiny: Path) -> None:
    """An index made with one prefix is not searched with another."""
    one = SentenceTransformerEmbedder(str(tiny), question_prefix="query: ")
    other = SentenceTransformerEmbedder(str(tiny), question_prefix="")

    assert one.name != other.name


def test_a_model_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub, no cache: a sentence with what to do, never another model in its place."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(ModelMissing, match="nowhere/no-model") as caught:
        SentenceTransformerEmbedder("nowhere/no-model").embed_passages(["a"])

    assert "unset TEBIKI_EMBEDDING" in str(caught.value)


def test_a_damaged_folder_is_named(tiny: Path, tmp_path: Path) -> None:
    """A folder that is no model is an error, not a download."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "modules.json").write_text(json.dumps("no list"), encoding="utf-8")

    with pytest.raises(ModelMissing, match="cannot be loaded"):
        SentenceTransformerEmbedder(str(broken)).embed_question("a")
