"""Sentence-transformers models: prefixes, loading without a network, clear errors.

The models are tiny ones that the tests build and save, so the real loading code runs.
"""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

from index.errors import ModelMissing, ModelsNotInstalled
from index.search import models
from index.search.models import (
    CrossEncoderEntailment,
    CrossEncoderReranker,
    ModelKind,
    SentenceTransformerEmbedder,
    kind_of,
    prefixes_of,
)
from tests import tiny_models

E5_INSTRUCT = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
)
BGE_ENGLISH = "Represent this sentence for searching relevant passages: "


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, saved as a sentence-transformers model."""
    return tiny_models.embedder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a cross-encoder."""
    return tiny_models.reranker(tmp_path_factory.mktemp("tiny-reranker"))


@pytest.mark.parametrize(
    "expected, name",
    [
        (("検索クエリ: ", "検索文書: "), "cl-nagoya/ruri-v3-30m"),
        (("クエリ: ", "文章: "), "cl-nagoya/ruri-base"),
        (("query: ", "passage: "), "intfloat/multilingual-e5-small"),
        (("query: ", "passage: "), "/models/multilingual-e5-base"),
        (("query: ", "passage: "), "/models/multilingual_e5_base/"),
        (("検索クエリ: ", "検索文書: "), "/models/ruri_v3_30m"),
        (("クエリ: ", "文章: "), "cl-nagoya/ruri-small-v2"),
        ((E5_INSTRUCT, ""), "intfloat/multilingual-e5-large-instruct"),
        ((BGE_ENGLISH, ""), "BAAI/bge-small-en-v1.5"),
        (("", ""), "hotchpotch/static-embedding-japanese"),
        (("", ""), "/models/e5-and-others/static-embedding-japanese"),
        (("", ""), "cl-nagoya/ruri-v3-reranker-310m"),
        (("", ""), "/models/ruri/other"),
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


def test_a_hub_that_is_out_of_reach_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's own client would try for a minute and a half, and torch would load before it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(models, "getproxies", dict)
    begun = time.monotonic()

    with pytest.raises(ModelMissing, match=r"nowhere/no-model.*out of reach") as caught:
        CrossEncoderReranker("nowhere/no-model").load()

    assert time.monotonic() - begun < 45  # the hub's client takes twice as long
    assert "unset TEBIKI_RERANKER" in str(caught.value)


def test_a_network_that_answers_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a name that is looked up for ever nor packets that are dropped hold anybody up."""
    monkeypatch.setattr(models, "_REACH_S", 0.2)
    monkeypatch.setattr(models, "getproxies", dict)
    given_up = threading.Event()

    def silent(*_: object) -> None:
        given_up.wait(120)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    begun = time.monotonic()

    assert not models._reachable("https://hub.example")  # noqa: SLF001
    assert time.monotonic() - begun < 60
    given_up.set()


def test_without_the_extra_its_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names a model without what models run on reads what to install."""
    monkeypatch.setattr(models, "find_spec", lambda _name: None)

    with pytest.raises(ModelsNotInstalled, match="make serve MODELS=1"):
        SentenceTransformerEmbedder("owner/model").embed_question("a")
    with pytest.raises(ModelsNotInstalled, match="unset TEBIKI_RERANKER"):
        CrossEncoderReranker("owner/model").load()


def test_a_damaged_folder_is_named(tiny: Path, tmp_path: Path) -> None:
    """A folder that is no model is an error, not a download."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "modules.json").write_text(json.dumps("no list"), encoding="utf-8")

    with pytest.raises(ModelMissing, match="cannot be loaded"):
        SentenceTransformerEmbedder(str(broken)).embed_question("a")


def test_what_a_model_says_of_itself_comes_before_its_name(tmp_path: Path) -> None:
    """A model saved with prompts gets those, whatever its folder is called."""
    folder = tiny_models.embedder(tmp_path, prompts={"query": "Q: ", "document": "D: "})

    assert ("Q: ", "D: ") == prefixes_of(str(folder.rename(tmp_path / "ruri-v3-30m")))


def test_a_folder_replaced_in_place_is_another_recipe(tiny: Path, tmp_path: Path) -> None:
    """Same name, other weights: vectors of the one are not searched with the other."""
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    before = SentenceTransformerEmbedder(str(folder)).name
    weights = next(folder.rglob("*.safetensors"))
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    assert before != SentenceTransformerEmbedder(str(folder)).name


def test_a_folder_that_moved_is_the_same_recipe(tiny: Path, tmp_path: Path) -> None:
    """An index made on one machine is searched on another, wherever the model lies there."""
    shutil.copytree(tiny, tmp_path / tiny.name)

    assert (
        SentenceTransformerEmbedder(str(tiny)).name
        == SentenceTransformerEmbedder(str(tmp_path / tiny.name)).name
    )


def test_threads_that_ask_at_once_load_one_model(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight askers after a start cost one load, not eight times the memory."""
    from index.search import models

    loaded: list[str] = []
    load, together = models._load, threading.Barrier(8)  # noqa: SLF001 - the one place that loads

    def counted(name: str, kind: ModelKind) -> object:
        loaded.append(name)
        return load(name, kind)

    monkeypatch.setattr(models, "_load", counted)
    embedder = SentenceTransformerEmbedder(str(tiny))

    def ask() -> None:
        together.wait()
        embedder.embed_question("a")

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert [str(tiny)] == loaded


def test_a_reranker_scores_each_text_as_the_library_does(tiny_reranker: Path) -> None:
    """One score a passage, in their order, over more than one batch."""
    from sentence_transformers import CrossEncoder

    texts = ["a b", "c", "b c a", "a"] * 10
    expected = CrossEncoder(str(tiny_reranker), device="cpu").predict(
        [("a b", text) for text in texts], show_progress_bar=False
    )

    scores = CrossEncoderReranker(str(tiny_reranker)).scores("a b", texts)

    np.testing.assert_allclose(np.asarray(expected), scores, atol=1e-5)
    assert 1 < len(set(np.round(scores, 4).tolist()))
    assert (0,) == CrossEncoderReranker(str(tiny_reranker)).scores("a", []).shape


def test_entailment_is_the_probability_of_that_label(tmp_path: Path) -> None:
    """Whichever place the label has, its share is given; a model without it is refused."""
    from sentence_transformers import CrossEncoder

    labels = ["contradiction", "Entailment", "neutral"]
    model = tiny_models.reranker(tmp_path, labels=labels)
    expected = CrossEncoder(str(model), device="cpu").predict(
        [("a b", "c")], apply_softmax=True, show_progress_bar=False
    )

    found = CrossEncoderEntailment(str(model)).probability("a b", "c")

    assert pytest.approx(float(expected[0][1]), abs=1e-5) == found
    other = tiny_models.reranker(tmp_path / "other", scores=3)
    with pytest.raises(ModelMissing, match="none for entailment") as caught:
        CrossEncoderEntailment(str(other)).probability("a", "b")
    assert "unset TEBIKI_ENTAILMENT" in str(caught.value)


def test_a_kind_is_known_by_the_files(tiny: Path, tiny_reranker: Path) -> None:
    """Before torch is loaded, and also for a model in transformers' own form."""
    assert ModelKind.EMBEDDER == kind_of(tiny)
    assert ModelKind.RERANKER == kind_of(tiny_reranker)
    assert ModelKind.RERANKER == kind_of(tiny_reranker.parent / "bert")
    assert ModelKind.EMBEDDER == kind_of(tiny.parent / "bert")


def test_a_model_of_the_other_kind_is_refused(tiny: Path, tiny_reranker: Path) -> None:
    """The library would make up the missing weights and go on."""
    with pytest.raises(ModelMissing, match="made as an embedder") as caught:
        CrossEncoderReranker(str(tiny)).load()
    with pytest.raises(ModelMissing, match="made as a re-ranker"):
        SentenceTransformerEmbedder(str(tiny_reranker)).embed_question("a")

    assert "unset TEBIKI_RERANKER" in str(caught.value)


def test_a_classifier_of_several_classes_is_no_reranker(tmp_path: Path) -> None:
    """Three scores a passage give no order."""
    with pytest.raises(ModelMissing, match="several scores"):
        CrossEncoderReranker(str(tiny_models.reranker(tmp_path, scores=3))).load()
