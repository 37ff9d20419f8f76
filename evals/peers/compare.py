# noqa: INP001 - a script with requirements of its own, not part of the package
"""Stock peers beside Tebiki, in one run, on the same pages, asked the same questions.

Every system gets the page texts that Tebiki read, is set up as its own tutorial does it, and
is scored by the same code. Run from the top folder, in an environment that holds Tebiki and
`evals/peers/requirements.txt`:

    python evals/peers/compare.py --set starter var --set path/to/questions path/to/home

Each `--set` takes a question set and the home whose current generation is searched. `--model`
names the folder of a sentence-transformers model to be tried in llama-index besides our own
embedder (tutorials use all-MiniLM-L6-v2), on the first set only: without a GPU it takes minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP))
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

from evals import comparison, figures, questions, runs  # noqa: E402 - found through the line above
from index.generations.generation import Generation  # noqa: E402 - likewise
from index.generations.manifests import folder_of  # noqa: E402 - likewise
from index.generations.shelf import Shelf  # noqa: E402 - likewise
from index.passages import Filters, Passage  # noqa: E402 - likewise
from index.search.fitted import Fitted  # noqa: E402 - likewise
from ingest.catalog.editions import Edition  # noqa: E402 - likewise
from ingest.chunks import Chunk  # noqa: E402 - likewise
from ingest.language.words import pairs, tokens  # noqa: E402 - likewise

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES = ("Success@1", "Success@3", "Success@5", "Success@10", "RR@10", "nDCG@10")
NOTES = Path(__file__).with_name("notes.md")
"""What people found when they looked at the ties and misses; goes below the tables."""
PACKAGES = ("llama-index-core", "chromadb", "llama-index-retrievers-bm25", "haystack-ai", "bm25s")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page as Tebiki read it."""

    edition: Edition
    number: int
    text: str

    @property
    def said(self) -> dict[str, str]:
        """What llama-index's own PDF reader notes of a page."""
        return {"file_name": str(self.edition.path), "page_label": str(self.number)}


WORTH = (
    "Tebiki's gain over each, with the probability of a difference this large if there were "
    "none (two-sided paired randomisation):"
)

Search = Callable[[str, int], Sequence[tuple[Leaf, float]]]
"""Takes a question and how many hits, and returns pages with scores, best first."""


class Peer:
    """A peer behind the port that our retriever has, so that the same code measures both."""

    def __init__(self, name: str, search: Search) -> None:
        """Take a name for the table and what searches."""
        self.id = name
        self.recipe: dict[str, str] = {}
        self._search = search

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:  # noqa: ARG002 - the port's
        """Return up to *k* hits as passages of one page each."""
        return [
            Passage(Chunk(leaf.edition, (), leaf.text, 0, len(leaf.text)), (leaf.number,), score)
            for leaf, score in self._search(question, k)
        ]

    def mended(self, question: str) -> str:
        """Peers are asked as it was typed."""
        return question


def leaves(library: Generation) -> list[Leaf]:
    """Return the pages in force that hold any text, in reading order."""
    return [
        Leaf(edition, page.number, page.text)
        for edition in library.in_force(date.today())  # noqa: DTZ011 - the day on this desk
        for page in library.text(edition).pages
        if page.text.strip()
    ]


def cuttings(library: Generation) -> list[Leaf]:
    """Return our chunks as if each were a page of its own, in reading order."""
    found: list[Leaf] = []
    for edition in library.in_force(date.today()):  # noqa: DTZ011 - the day on this desk
        text = library.text(edition)
        found += [
            Leaf(edition, text.page_at(chunk.start).number, f"{chunk.context}\n{chunk.text}")
            for chunk in library.chunks(edition)
        ]
    return found


def bm25s_over(cut: Callable[[str], list[str]]) -> Callable[[Sequence[Leaf]], Search]:
    """Return bm25s with its own defaults over pages cut into terms."""

    def build(pages: Sequence[Leaf]) -> Search:
        import bm25s

        index = bm25s.BM25()
        index.index([cut(leaf.text) for leaf in pages], show_progress=False)

        def search(question: str, k: int) -> list[tuple[Leaf, float]]:
            rows, scores = index.retrieve(
                [cut(question)], k=min(k, len(pages)), show_progress=False
            )
            return [
                (pages[int(row)], float(score))
                for row, score in zip(rows[0], scores[0], strict=True)
            ]

        return search

    return build


def haystack_bm25(pages: Sequence[Leaf]) -> Search:
    """Haystack's in-memory BM25 retriever as its tutorial builds it."""
    from haystack import Document  # type: ignore[import-not-found, unused-ignore]
    from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found, unused-ignore]
        InMemoryBM25Retriever,
    )
    from haystack.document_stores.in_memory import (  # type: ignore[import-not-found, unused-ignore]
        InMemoryDocumentStore,
    )

    store = InMemoryDocumentStore()
    store.write_documents(
        [Document(content=leaf.text, meta={"row": row}) for row, leaf in enumerate(pages)]
    )
    retriever = InMemoryBM25Retriever(document_store=store)

    def search(question: str, k: int) -> list[tuple[Leaf, float]]:
        found = retriever.run(query=question, top_k=k)["documents"]
        return [(pages[held.meta["row"]], float(held.score)) for held in found]

    return search


def _nodes(pages: Sequence[Leaf]) -> tuple[list[Any], dict[str, Leaf]]:
    """Split pages with llama-index's default splitter; each node leads back to its page."""
    from llama_index.core import Document
    from llama_index.core.node_parser import SentenceSplitter

    nodes: list[Any] = []
    home: dict[str, Leaf] = {}
    splitter = SentenceSplitter()
    for leaf in pages:
        for node in splitter.get_nodes_from_documents(
            [Document(text=leaf.text, metadata=leaf.said)]
        ):
            nodes.append(node)
            home[node.node_id] = leaf
    return nodes, home


def llama_index_bm25(pages: Sequence[Leaf]) -> Search:
    """Search with llama-index's BM25Retriever over its default splitter's nodes."""
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes, home = _nodes(pages)
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=runs.PASSAGES)

    def search(question: str, k: int) -> list[tuple[Leaf, float]]:
        found = retriever.retrieve(question)[:k]
        return [(home[hit.node.node_id], float(hit.score or 0.0)) for hit in found]

    return search


def llama_index_chroma(
    embed_passages: Callable[[Sequence[str]], NDArray[Any]],
    embed_question: Callable[[str], NDArray[Any]],
) -> Callable[[Sequence[Leaf]], Search]:
    """Return llama-index's default splitter and Chroma with the embedder that is given."""

    def build(pages: Sequence[Leaf]) -> Search:
        import chromadb
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.core.embeddings import BaseEmbedding
        from llama_index.vector_stores.chroma import ChromaVectorStore

        class Given(BaseEmbedding):
            """The embedder that was given, behind llama-index's own port."""

            def _get_query_embedding(self, query: str) -> list[float]:
                return [float(value) for value in embed_question(query)]

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self._get_query_embedding(query)

            def _get_text_embedding(self, text: str) -> list[float]:
                return self._get_text_embeddings([text])[0]

            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                return [[float(value) for value in row] for row in embed_passages(texts)]

        nodes, home = _nodes(pages)
        collection = chromadb.EphemeralClient().create_collection(f"peer-{uuid4().hex}")
        context = StorageContext.from_defaults(
            vector_store=ChromaVectorStore(chroma_collection=collection)
        )
        index = VectorStoreIndex(nodes, storage_context=context, embed_model=Given())
        retriever = index.as_retriever(similarity_top_k=min(runs.PASSAGES, len(nodes)))

        def search(question: str, k: int) -> list[tuple[Leaf, float]]:
            found = retriever.retrieve(question)[:k]
            return [(home[hit.node.node_id], float(hit.score or 0.0)) for hit in found]

        return search

    return build


def systems(
    library: Generation, fitted: Fitted, model: str | None
) -> Iterator[tuple[str, Callable[[Sequence[Leaf]], Search], list[Leaf]]]:
    """Yield the peers' names, what builds each, and from what."""
    pages = leaves(library)
    yield "bm25s, character pairs", bm25s_over(pairs), pages
    yield "bm25s, our words", bm25s_over(tokens), pages
    yield "bm25s, our words and chunks", bm25s_over(tokens), cuttings(library)
    yield "Haystack, in-memory BM25", haystack_bm25, pages
    yield "llama-index, BM25Retriever", llama_index_bm25, pages
    yield (
        "llama-index, Chroma, our fitted embedder",
        llama_index_chroma(fitted.embed_passages, fitted.embed_question),
        pages,
    )
    if model is not None:
        from sentence_transformers import SentenceTransformer

        loaded = SentenceTransformer(model, device="cpu")

        def encode(texts: Sequence[str]) -> NDArray[Any]:
            return loaded.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

        yield (
            f"llama-index, Chroma, {Path(model).name}",
            llama_index_chroma(encode, lambda question: encode([question])[0]),
            pages,
        )


def measure(where: str, home: Path, *, model: str | None, askers: int) -> str:
    """Return a set's part of the page: a heading, the table, and what the differences are worth."""
    shelf = Shelf(home, lambda _recipe, folder: Fitted.load(folder / "embedder"))
    library = shelf()
    fitted = Fitted.load(folder_of(home, library.id) / "embedder")
    asked = questions.load(where)
    ours = runs.retrieval(library, asked, askers=askers, name="Tebiki")
    rows = [_row(ours, "–")]
    worth: list[str] = []
    for name, build, given in systems(library, fitted, model):
        began = perf_counter()
        search = build(given)
        took = perf_counter() - began
        run = runs.retrieval(Peer(name, search), asked, askers=askers, name=name)  # type: ignore[arg-type] # a peer has the two verbs that a retrieval run uses
        rows.append(_row(run, f"{took:.1f}"))
        worth.append(_worth(run, ours))
        print(rows[-1], file=sys.stderr)  # noqa: T201 - a script that takes minutes says where it is
    judged = sum(bool(question.judgements) for question in asked)
    heads = ("System", *MEASURES, "Median ms", "99th ms", "Build s")
    asking = "one asker" if askers == 1 else f"{askers} concurrent askers"
    return "\n".join(
        [
            f"## {asked.name}",
            "",
            f"{judged} judged questions over {len(leaves(library))} pages, {asking}.",
            "",
            f"| {' | '.join(heads)} |",
            f"| --- |{' ---: |' * (len(heads) - 1)}",
            *rows,
            "",
            WORTH,
            "",
            *worth,
            "",
        ]
    )


def _row(run: runs.Run, build_s: str) -> str:
    means = {held.measure: held.mean for held in figures.figures(run)}
    took = figures.times(run)
    cells = [
        run.name,
        *(f"{means[name]:.3f}" for name in MEASURES),
        f"{took.median_ms:.1f}",
        f"{took.p99_ms:.1f}",
        build_s,
    ]
    return f"| {' | '.join(cells)} |"


def _worth(peer: runs.Run, ours: runs.Run) -> str:
    compared = {held.measure: held for held in comparison.compare(peer, ours).differences}
    said = ", ".join(
        f"{name} {compared[name].gain:+.3f} (p {compared[name].chance:.3f})" for name in MEASURES
    )
    return f"- {peer.name}: {said}"


def main() -> None:
    """Measure every set that was named and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", nargs=2, action="append", required=True, metavar=("SET", "HOME"))
    parser.add_argument("--model", help="the folder of a sentence-transformers model")
    parser.add_argument("--askers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=TOP / "docs" / "peers.md")
    chosen = parser.parse_args()
    parts = [
        measure(where, Path(home), model=None if at else chosen.model, askers=chosen.askers)
        for at, (where, home) in enumerate(chosen.set)
    ]
    used = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(
        "# Tebiki beside stock peers\n\n"
        "Written by `evals/peers/compare.py`. Every system got the page texts that Tebiki read, "
        "was set up with its own defaults, and was scored by the same code: a result is a "
        "distinct page, and a question without a result scores 0. Tebiki uses its fitted "
        f"embedder, without a model and without a network. Versions: {used}. Times are only "
        "good as ratios; Tebiki's build time is that of a refresh and is not listed.\n\n"
        + "\n".join([*parts, NOTES.read_text(encoding="utf-8")]),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
