"""Sentence-transformers models, loaded only when one is configured: torch comes with them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import ModelMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_BATCH = 32
# What the models' own cards say to put before a question and before a passage.
_PREFIXES = (
    (re.compile(r"ruri-v3", re.IGNORECASE), ("検索クエリ: ", "検索文書: ")),
    (re.compile(r"ruri-(?!v3)", re.IGNORECASE), ("クエリ: ", "文章: ")),
    (re.compile(r"\be5\b|[-_/]e5[-_]", re.IGNORECASE), ("query: ", "passage: ")),
)


def prefixes_of(name: str) -> tuple[str, str]:
    """Return what the named model expects before a question and before a passage."""
    for pattern, prefixes in _PREFIXES:
        if pattern.search(name):
            return prefixes
    return "", ""


class SentenceTransformerEmbedder:
    """A sentence-transformers model by name or folder, with the prefixes it was trained with."""

    def __init__(
        self,
        name: str,
        *,
        question_prefix: str | None = None,
        passage_prefix: str | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Name the model; it is loaded when first used. A prefix of None is the known one.

        *progress* is told how much of the passages is embedded, from 0 to 1.
        """
        known = prefixes_of(name)
        self._model_name = name
        self._question_prefix = known[0] if question_prefix is None else question_prefix
        self._passage_prefix = known[1] if passage_prefix is None else passage_prefix
        self._progress = progress
        self._loaded: Any = None

    @property
    def name(self) -> str:
        """What the recipe records: another prefix makes other vectors."""
        return f"{self._model_name}|{self._question_prefix}|{self._passage_prefix}"

    @property
    def _model(self) -> Any:  # noqa: ANN401 - the library's type stays behind this door
        if self._loaded is None:
            self._loaded = _load(self._model_name)
        return self._loaded

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), d), float32.

        Raises:
            ModelMissing: the model cannot be loaded.
        """
        width = self._model.get_embedding_dimension()
        found = np.zeros((len(texts), width), dtype=np.float32)
        for start in range(0, len(texts), _BATCH * 8):
            batch = [self._passage_prefix + text for text in texts[start : start + _BATCH * 8]]
            found[start : start + len(batch)] = self._encode(batch)
            self._progress((start + len(batch)) / len(texts))
        return found

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return a unit vector, shape (d,), float32."""
        found: NDArray[np.float32] = self._encode([self._question_prefix + text])[0]
        return found

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        found = self._model.encode(
            texts,
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(found, dtype=np.float32)


def _load(name: str) -> Any:  # noqa: ANN401 - the library's type stays behind this door
    """Load a model from a folder or the local cache; from the hub only if it is in neither.

    Raises:
        ModelMissing: it is nowhere to be had.
    """
    # Imported here: 11 to 13 seconds and 414 MB that the default never pays.
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(name, local_files_only=True, device="cpu")
    except Exception as absent:
        if os.path.isdir(name) or os.environ.get("HF_HUB_OFFLINE") == "1":  # noqa: PTH112
            raise ModelMissing(name, f"the model cannot be loaded ({_first(absent)})") from absent
    try:
        return SentenceTransformer(name, device="cpu")
    except Exception as problem:
        reason = f"the model is neither on this machine nor to be had ({_first(problem)})"
        raise ModelMissing(name, reason) from problem


def _first(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0][:200] if str(problem).strip() else repr(problem)
