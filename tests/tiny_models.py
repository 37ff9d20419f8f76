"""Real sentence-transformers models, small enough to be built and saved by a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = ("[PAD]", "[UNK]", "query", "passage", ":", "a", "b", "c")


def _cut(folder: Path) -> None:
    """Save a tokenizer that knows `WORDS`."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    known = {word: at for at, word in enumerate(WORDS)}
    cut = Tokenizer(WordLevel(known, unk_token="[UNK]"))  # noqa: S106 - no password
    cut.pre_tokenizer = Whitespace()
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]"}
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer(tokenizer_object=cut, model_max_length=64, **special).save_pretrained(folder)


def _config(**more: Any) -> Any:  # noqa: ANN401 - the library's types
    from transformers import BertConfig

    return BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, initializer_range=0.5, **more,
    )  # fmt: skip


def embedder(folder: Path, *, prompts: dict[str, str] | None = None) -> Path:
    """Save a BERT of two layers with random weights as an embedder; return where."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from transformers import BertModel

    BertModel(_config()).save_pretrained(folder / "bert")
    _cut(folder / "bert")
    transformer = modules.Transformer(str(folder / "bert"))
    pooling = modules.Pooling(transformer.get_embedding_dimension())
    made = SentenceTransformer(modules=[transformer, pooling], device="cpu", prompts=prompts)
    made.save(str(folder / "embedder"))
    return folder / "embedder"


def reranker(folder: Path, *, scores: int = 1, labels: Sequence[str] = ()) -> Path:
    """Save a BERT of two layers with random weights as a cross-encoder; return where."""
    from sentence_transformers import CrossEncoder
    from transformers import BertForSequenceClassification

    named: dict[str, Any] = {"id2label": dict(enumerate(labels))} if labels else {}
    made = _config(num_labels=len(labels) or scores, **named)
    BertForSequenceClassification(made).save_pretrained(folder / "bert")
    _cut(folder / "bert")
    CrossEncoder(str(folder / "bert"), device="cpu").save(str(folder / "reranker"))
    return folder / "reranker"
