"""Sentence-transformers models, loaded only when one is configured: torch comes with them."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from index.errors import ModelMissing, ModelsNotInstalled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

_BATCH = 32
_TOLD_EVERY = 256
NOTE = "tebiki-model.json"
"""What `index.model_archive.unpack` leaves in a model's folder: where it comes from, its prefixes."""

# What the models' own cards say to put before a question and before a passage, by the last part
# of their name. The first that fits counts.
_E5_INSTRUCT = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
)
_PREFIXES = (
    (re.compile(r"ruri-v3(?:-|$)"), ("検索クエリ: ", "検索文書: ")),
    (re.compile(r"ruri-(?:\w+-)*(?:small|base|large)"), ("クエリ: ", "文章: ")),
    (re.compile(r"(?:^|-)e5-.*instruct"), (_E5_INSTRUCT, "")),
    (re.compile(r"(?:^|-)e5(?:-|$)"), ("query: ", "passage: ")),
    (
        re.compile(r"^bge-(?:small|base|large)-en"),
        ("Represent this sentence for searching relevant passages: ", ""),
    ),
    (
        re.compile(r"^bge-(?:small|base|large)-zh"),
        ("为这个句子生成表示以用于检索相关文章：", ""),
    ),
)
_NOT_PREFIXED = re.compile(r"static|reranker")


class ModelKind(StrEnum):
    """What a model does: it embeds texts, or it scores a question beside a passage."""

    EMBEDDER = "embedder"
    RERANKER = "reranker"


_SETTING = {
    ModelKind.EMBEDDER: ("TEBIKI_EMBEDDING", "to use the embedder that needs none"),
    ModelKind.RERANKER: ("TEBIKI_RERANKER", "to do without re-ranking"),
}


def prefixes_of(name: str) -> tuple[str, str]:
    """Return what a model expects before a question and before a passage, by name or folder.

    What its folder says of itself counts first (the note of `unpack`, then its own prompts
    "query" and "document" or "passage"), then what is known of models of its name.
    """
    folder = local(name)
    if folder is not None:
        said = _json(folder / NOTE).get("prefixes")
        if isinstance(said, list) and len(said) == 2:  # noqa: PLR2004 - question and passage
            return str(said[0]), str(said[1])
        prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
        question = prompts.get("query", "")
        passage = prompts.get("document", "") or prompts.get("passage", "")
        if question or passage:
            return str(question), str(passage)
    last = PurePosixPath(name.replace("\\", "/")).name.casefold().replace("_", "-")
    if _NOT_PREFIXED.search(last):
        return "", ""
    return next((known for pattern, known in _PREFIXES if pattern.search(last)), ("", ""))


def local(name: str) -> Path | None:
    """Return the folder of a model that is on this machine, by name or folder; else None."""
    if Path(name).is_dir():
        return Path(name)
    # A model's name has one slash at most; anything else is a path that is not there.
    if not re.fullmatch(r"[\w.-]+(?:/[\w.-]+)?", name):
        return None
    if find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError):
        return None


def at_hand(name: str, kind: ModelKind) -> Path:
    """Return the folder of a configured model, fetching it where it is not here yet.

    Raises:
        ModelsNotInstalled: what models run on is not there.
        ModelMissing: the model is nowhere to be had.
    """
    if find_spec("sentence_transformers") is None:
        raise ModelsNotInstalled(name, *_SETTING[kind])
    return fetched(name, kind)


def fetched(name: str, kind: ModelKind = ModelKind.EMBEDDER) -> Path:
    """Return the folder of a model by name or folder, fetching it where it is not here yet.

    Raises:
        ModelMissing: it is nowhere to be had.
    """
    folder = local(name)
    if folder is not None:
        return folder
    if find_spec("huggingface_hub") is None:
        raise ModelsNotInstalled(name, *_SETTING[kind])
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        reason = "there is no such folder, and no such model on this machine"
        raise ModelMissing(name, reason, *_SETTING[kind])
    return _downloaded(name, kind)


def _downloaded(name: str, kind: ModelKind) -> Path:
    """Return the folder of a model after fetching what is not here of it.

    Raises:
        ModelMissing: it is not to be had; a hub that is out of reach is found out in two seconds,
            where its own client tries for a minute and a half.
    """
    from huggingface_hub import constants, snapshot_download

    if not _reachable(constants.ENDPOINT):
        reason = f"the model is not on this machine, and {constants.ENDPOINT} is out of reach"
        raise ModelMissing(name, reason, *_SETTING[kind])
    try:
        return Path(snapshot_download(name, ignore_patterns=_OTHER_FORMS))
    except Exception as problem:
        reason = f"the model is neither on this machine nor to be had ({_first(problem)})"
        raise ModelMissing(name, reason, *_SETTING[kind]) from problem


_REACH_S = 2.0


def _reachable(address: str) -> bool:
    """Return whether a web address, or the proxy before it, takes a connection soon."""
    place = urlsplit(getproxies().get("https") or address)
    port = place.port or (80 if place.scheme == "http" else 443)
    taken: list[bool] = []

    def knock() -> None:
        with suppress(OSError), socket.create_connection((place.hostname, port), _REACH_S):
            taken.append(True)

    # A thread, since to look up a name may take longer than any bound on the connection.
    knocking = threading.Thread(target=knock, daemon=True)
    knocking.start()
    knocking.join(_REACH_S)
    return bool(taken)


# The same weights once more, for other programs.
_OTHER_FORMS = ["onnx/*", "openvino/*", "*.onnx", "*.msgpack", "*.h5", "*.ot", "*.gguf"]


def kind_of(folder: Path) -> ModelKind:
    """Return what the model in a folder is made for."""
    said = _json(folder / "config_sentence_transformers.json").get("model_type")
    if said is not None:
        return ModelKind.RERANKER if said == "CrossEncoder" else ModelKind.EMBEDDER
    if (folder / "modules.json").exists():
        return ModelKind.EMBEDDER
    built = _json(folder / "config.json").get("architectures") or []
    scores = any(str(name).endswith("ForSequenceClassification") for name in built)
    return ModelKind.RERANKER if scores else ModelKind.EMBEDDER


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield a model's files in order: each by its path inside the folder, with "/", and where.

    What version control and the hub's client keep there (hidden files) is no part of it.
    """
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path


def content_of(folder: Path) -> str:
    """Return a short hash of every file of a model but the note that unpacking leaves."""
    told = sha256()
    for name, path in files_of(folder):
        if name != NOTE:
            stat = path.stat()
            told.update(f"{name}\0{_hash(path, stat.st_size, stat.st_mtime_ns)}\n".encode())
    return told.hexdigest()[:12]


@lru_cache(maxsize=1_000)
def _hash(path: Path, _size: int, _changed: int) -> str:
    """Return a file's hash, looked at again only when its size or time is another."""
    with path.open("rb") as file:
        told = sha256()
        while some := file.read(1 << 20):
            told.update(some)
    return told.hexdigest()


class _Model:
    """A model that is loaded when first used, once, however many threads ask for it."""

    def __init__(self, name: str, kind: ModelKind) -> None:
        self.said = name
        self._kind = kind
        self._lock = threading.Lock()
        self._loaded: Any = None

    def __call__(self) -> Any:  # noqa: ANN401 - the library's type stays behind this door
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.said, self._kind)
        return self._loaded

    @property
    def identity(self) -> str:
        """The model's name (of a folder, the last part of it) and a hash of its files.

        A folder that was replaced is another model, one that was moved is not. A model that
        is not on this machine yet is fetched.
        """
        folder = at_hand(self.said, self._kind)
        name = Path(self.said).resolve().name if Path(self.said).is_dir() else self.said
        return f"{name}@{content_of(folder)}"


class SentenceTransformerEmbedder:
    """A sentence-transformers model by name or folder, with the prefixes it was trained with."""

    waits = True

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
        self._model = _Model(name, ModelKind.EMBEDDER)
        known = prefixes_of(name)
        self._question_prefix = known[0] if question_prefix is None else question_prefix
        self._passage_prefix = known[1] if passage_prefix is None else passage_prefix
        self._progress = progress

    @property
    def name(self) -> str:
        """What the recipe records: other files or another prefix make other vectors.

        Raises:
            ModelMissing: the model is nowhere to be had.
        """
        return f"{self._model.identity}|{self._question_prefix}|{self._passage_prefix}"

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), d), float32.

        Raises:
            ModelMissing: the model cannot be loaded.
        """
        found = np.zeros((len(texts), self._model().get_embedding_dimension()), dtype=np.float32)
        for start in range(0, len(texts), _TOLD_EVERY):
            batch = [self._passage_prefix + text for text in texts[start : start + _TOLD_EVERY]]
            found[start : start + len(batch)] = self._encode(batch)
            self._progress((start + len(batch)) / len(texts))
        return found

    def embed_question(self, text: str, *names: str) -> NDArray[np.float32]:
        """Return a unit vector, shape (d,), float32."""
        asked = " ".join((self._question_prefix + text, *names))
        found: NDArray[np.float32] = self._encode([asked])[0]
        return found

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        found = self._model().encode(
            texts,
            prompt="",  # the prefix stands there already; a model's default prompt would double it
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(found, dtype=np.float32)


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder by name or folder."""

    def __init__(self, name: str) -> None:
        """Name the model; it is loaded when first used."""
        self._model = _Model(name, ModelKind.RERANKER)

    @property
    def name(self) -> str:
        """What an answer's recipe records.

        Raises:
            ModelMissing: the model is nowhere to be had.
        """
        return self._model.identity

    def load(self) -> None:
        """Load the model now.

        Raises:
            ModelMissing: it cannot be loaded, or gives more than one score for a pair.
        """
        self.scores("確認", ["確認"])

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each text answers the question, shape (len(texts),), float32.

        Raises:
            ModelMissing: the model cannot be loaded, or gives more than one score for a pair.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        found = self._model().predict(
            [(question, text) for text in texts],
            prompt="",
            batch_size=_BATCH,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        scores = np.asarray(found, dtype=np.float32)
        if scores.shape != (len(texts),):
            reason = "the model gives several scores for a passage, where one is needed"
            raise ModelMissing(self._model.said, reason, *_SETTING[ModelKind.RERANKER])
        return scores


class CrossEncoderEntailment:
    """A sentence-transformers cross-encoder for natural-language inference, by name or folder."""

    def __init__(self, name: str) -> None:
        """Name the model; it is loaded when first used."""
        self._model = _Model(name, ModelKind.RERANKER)

    def probability(self, source: str, said: str) -> float:
        """Return from 0 to 1 how likely *said* follows from *source*.

        Raises:
            ModelMissing: the model cannot be loaded, or has no label "entailment".
        """
        setting = ("TEBIKI_ENTAILMENT", "to do without it")
        try:
            model = self._model()
        except ModelMissing as problem:
            raise ModelMissing(self._model.said, problem.reason, *setting) from problem
        labels = {str(said).lower(): int(at) for at, said in model.config.id2label.items()}
        if "entailment" not in labels:
            reason = f"the model has the labels {', '.join(labels)}, and none for entailment"
            raise ModelMissing(self._model.said, reason, *setting)
        found = model.predict(
            [(source, said)], prompt="", apply_softmax=True, convert_to_numpy=True,
            show_progress_bar=False,
        )  # fmt: skip
        return float(np.asarray(found, dtype=np.float32)[0, labels["entailment"]])


def _load(name: str, kind: ModelKind) -> Any:  # noqa: ANN401 - the library's type stays behind this door
    """Load a model from a folder or the local cache; from the hub only if it is in neither.

    Raises:
        ModelMissing: it is nowhere to be had, or made for something else.
    """
    folder = at_hand(name, kind)
    if kind_of(folder) is not kind:
        # The library would load it all the same, and make up the weights that are not there.
        reason = f"the model is made as {_A[kind_of(folder)]}, not as {_A[kind]}"
        raise ModelMissing(name, reason, *_SETTING[kind])
    # Imported here: 11 to 13 seconds and 414 MB that the default never pays.
    from sentence_transformers import CrossEncoder, SentenceTransformer

    make = CrossEncoder if kind is ModelKind.RERANKER else SentenceTransformer
    try:
        return make(str(folder), local_files_only=True, device="cpu")
    except Exception as problem:
        if Path(name).is_dir() or os.environ.get("HF_HUB_OFFLINE") == "1":
            reason = f"the model cannot be loaded ({_first(problem)})"
            raise ModelMissing(name, reason, *_SETTING[kind]) from problem
    # What was fetched before may have been broken off.
    whole = _downloaded(name, kind)
    try:
        return make(str(whole), local_files_only=True, device="cpu")
    except Exception as problem:
        reason = f"the model cannot be loaded ({_first(problem)})"
        raise ModelMissing(name, reason, *_SETTING[kind]) from problem


_A = {ModelKind.EMBEDDER: "an embedder", ModelKind.RERANKER: "a re-ranker"}


def _json(path: Path) -> dict[str, Any]:
    """Return what a JSON file says; nothing where it is missing, damaged or no object."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _first(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0][:200] if str(problem).strip() else repr(problem)
