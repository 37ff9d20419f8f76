"""The embedder that is fitted to the corpus itself: no download, no torch.

TF-IDF over Sudachi words, reduced by a truncated SVD (latent semantic analysis, Deerwester et
al. 1990). Each word has one vector, and a text is the mean of its words' vectors, so the folder
is at the same time a sentence-transformers model: ``SentenceTransformer(folder)`` loads it and
gives the same vectors for texts whose words are joined by spaces (``" ".join(tokens(text))``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix, hstack, vstack

from index.errors import ModelMissing
from index.search.tallies import counted
from ingest.language.words import TOKENIZER_VERSION, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DIMENSIONS = 256
_UNKNOWN = "[UNK]"
_SEED = 20
_WEIGHTS = "0_StaticEmbedding/model.safetensors"
_VOCABULARY = "0_StaticEmbedding/tokenizer.json"


class Fitted:
    """Word vectors fitted to a corpus; a text is the normalised mean of its words' vectors."""

    waits = False

    def __init__(self, vocabulary: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Take the words and their vectors, shape (words, d), in the same order."""
        self._at = {word: at for at, word in enumerate(vocabulary)}
        self._vectors = vectors

    def knowing(self, knows: Callable[[Sequence[Sequence[str]]], NDArray[np.bool_]]) -> Fitted:
        """Return the same of which only the words are known of which *knows* says so, each alone."""
        found = Fitted((), self._vectors)
        known = knows([(word,) for word in self._at])
        found._at = {
            word: at
            for (word, at), is_known in zip(self._at.items(), known, strict=True)
            if is_known
        }
        return found

    @property
    def name(self) -> str:
        """What the recipe records."""
        return f"fitted-{DIMENSIONS}/{TOKENIZER_VERSION}"

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), d), float32; a text with no known word is 0."""
        return self.embed_words([tokens(text) for text in texts])

    def embed_words(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return the same for texts that are already words."""
        found = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for at, words in enumerate(texts):
            known = [self._at[word] for word in words if word in self._at]
            if known:
                found[at] = self._vectors[known].mean(axis=0)
        return _unit(found)

    def embed_counts(self, counts: csr_matrix, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the same for texts of which it is known how often they hold each of *words*."""
        known = [(at, self._at[word]) for at, word in enumerate(words) if word in self._at]
        columns, rows = np.array(known, dtype=np.int64).reshape(-1, 2).T
        found = counts.astype(np.float32)[:, columns] @ self._vectors[rows]
        return _unit(np.asarray(found, dtype=np.float32))

    def embed_question(self, text: str, *names: str) -> NDArray[np.float32]:
        """Return a unit vector, shape (d,), float32."""
        words = [word for said in (text, *names) for word in tokens(said)]
        found: NDArray[np.float32] = self.embed_words([words])[0]
        return found

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers static model into a new folder.

        Raises:
            OSError: it cannot be written.
        """
        (folder / "0_StaticEmbedding").mkdir(parents=True)
        try:
            save_file({"embedding.weight": np.ascontiguousarray(self._vectors)}, folder / _WEIGHTS)
        except SafetensorError as problem:  # that is how a full disk is told
            number = re.search(r"os error (\d+)", str(problem))
            raise OSError(int(number[1]) if number else 0, str(problem)) from problem
        _write(folder / _VOCABULARY, _tokenizer(self._at))
        _write(folder / "modules.json", _MODULES)
        _write(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
        (folder / "README.md").write_text(_README, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Read what `save` wrote.

        Raises:
            ModelMissing: a file is missing or damaged.
        """
        try:
            listed = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
            words = listed["model"]["vocab"]
            vectors = _mapped(folder / _WEIGHTS)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ModelMissing(str(folder), f"cannot be read ({problem})") from problem
        return cls(sorted(words, key=words.__getitem__), vectors)


def _mapped(path: Path) -> NDArray[np.float32]:
    """Return the vectors that `save` wrote; those of a word come from the disk when they are read.

    Raises:
        OSError, ValueError, KeyError, TypeError: the file is missing or damaged.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        told = json.loads(file.read(min(size, 65_536)))["embedding.weight"]
    if told["dtype"] != "F32":
        raise ValueError(f"numbers of the kind {told['dtype']}")
    start, shape = 8 + size + told["data_offsets"][0], tuple(told["shape"])
    if 0 in shape:
        return np.zeros(shape, np.float32)
    return np.asarray(np.memmap(path, np.float32, mode="r", offset=start, shape=shape))


def fit(counts: csr_matrix, words: Sequence[str], lessons: Sequence[Sequence[str]] = ()) -> Fitted:
    """Fit word vectors to texts of which it is known how often they hold each of *words*.

    *lessons* are lines of words that mean the same (the glossary): each counts as a short text
    of its own, so that words which never meet in the corpus come to lie together.
    """
    known = {word: at for at, word in enumerate(words)}
    taught = counted(lessons, known)
    held = csr_matrix(counts, dtype=np.float64)
    held.resize((held.shape[0], len(known)))
    held = vstack([held, taught.astype(np.float64)], format="csr")
    order = sorted(known)
    # The first column is that of the unknown word, which no text holds.
    held = hstack(
        [csr_matrix((held.shape[0], 1)), held[:, [known[word] for word in order]]], format="csr"
    )
    spread = np.bincount(held.indices, minlength=held.shape[1])
    rarity = np.log((1 + held.shape[0]) / (1 + spread)) + 1
    rarity[0] = 0
    # Term counts are damped by 1 + log, and rows have length one.
    held.data = (1 + np.log(held.data)) * rarity[held.indices]
    length = np.sqrt(np.asarray(held.multiply(held).sum(axis=1))).ravel()
    held.data /= np.repeat(np.maximum(length, 1e-12), np.diff(held.indptr))
    vectors = rarity[:, None] * _directions(held)
    return Fitted([_UNKNOWN, *order], vectors.astype(np.float32))


def _directions(matrix: csr_matrix) -> NDArray[np.float64]:
    """Return the words' coordinates, shape (words, d), along the strongest directions."""
    # Imported here: only fitting needs scikit-learn, and serving should not wait for it.
    from sklearn.utils.extmath import randomized_svd

    wanted = min(DIMENSIONS, min(matrix.shape) - 1)
    found = np.zeros((matrix.shape[1], DIMENSIONS))
    if wanted > 0:
        _, _, right = randomized_svd(matrix, wanted, n_iter=3, random_state=_SEED)
        found[:, :wanted] = right.T
    return found


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    divided: NDArray[np.float32] = np.divide(
        vectors, length, out=np.zeros_like(vectors), where=length > 0
    )
    return divided


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _tokenizer(at: dict[str, int]) -> dict[str, object]:
    """Return a tokenizer of the tokenizers library that splits at spaces and looks words up."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": at, "unk_token": _UNKNOWN},
    }


_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "0_StaticEmbedding",
        "type": "sentence_transformers.models.StaticEmbedding",
    },
    {
        "idx": 1,
        "name": "1",
        "path": "1_Normalize",
        "type": "sentence_transformers.models.Normalize",
    },
]
_README = """# Word vectors fitted to this corpus

A static embedding that `SentenceTransformer(folder)` loads. It expects words joined by spaces,
as `ingest.language.words.tokens` cuts them.
"""
