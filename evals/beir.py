"""A BEIR folder's corpus as a library: each document becomes an edition of one page.

Only for measuring: the documents are no PDFs, so nothing of such a home can be shown or cited
on a page. The questions of the folder are read by `evals.questions`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np

from evals.errors import BadQuestionSet
from index.generations.manifests import pdf_of
from index.refresh.refresh import carry_out
from index.refresh.resources import Resources
from index.search.embedding import Embedder
from ingest.catalog.catalog import Catalog
from ingest.catalog.editions import Document, Edition
from ingest.errors import UnreadablePdf
from ingest.pages import Block, BlockKind, EditionText, Page, Quality

LABEL = "beir"


def shelve(
    folder: Path,
    home: Path,
    *,
    embedder: Embedder | None = None,
    glossary: Path | None = None,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> None:
    """Index the folder's `corpus.jsonl` into *home*, as a refresh would index PDFs.

    Args:
        folder: holds `corpus.jsonl`, one object a line with `_id`, `text` and perhaps `title`.
        home: where the generation goes; a folder of its own, never that of real documents.
        embedder: the one to search with; None fits one to these documents.
        glossary: a folder with a `glossary.toml`; None searches without one.
        progress: is told of each step and how much of it is done, from 0 to 1.

    Raises:
        BadQuestionSet: the corpus is missing, or a line of it cannot be used.
    """
    texts = dict(documents(folder))
    by_hash = {str(edition.sha256): text for edition, text in texts.items()}

    def reading(files: Iterable[str]) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        return ((name, by_hash[name]) for name in files)

    (home / "pdfs").mkdir(parents=True, exist_ok=True)
    for edition in texts:
        # A home keeps each PDF; here there is none, so an empty file stands in its place.
        pdf_of(home, edition).touch()
    carry_out(
        Catalog(tuple(texts)),
        Resources(
            corpus=glossary or folder,
            home=home,
            reading=reading,
            reader=LABEL,
            embedder=embedder,
            progress=progress,
        ),
    )


def documents(folder: Path) -> Iterator[tuple[Edition, EditionText]]:
    """Yield each document of `corpus.jsonl` as an edition and its text, in the file's order.

    Raises:
        BadQuestionSet: the corpus is missing, or a line of it cannot be used.
    """
    path = folder / "corpus.jsonl"
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadQuestionSet(str(path), f"it cannot be read ({problem})") from problem
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            name, title, text = str(found["_id"]), str(found.get("title", "")), str(found["text"])
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            reason = 'the line is not an object with "_id" and "text"'
            raise BadQuestionSet(str(path), reason, number) from problem
        yield _edition(name, title, text), _text(title, text)


def _edition(name: str, title: str, text: str) -> Edition:
    digest = sha256(f"{name}\0{title}\0{text}".encode()).hexdigest()
    return Edition(Document(name, title or name), LABEL, path=f"{digest}.txt", sha256=digest)


def _text(title: str, text: str) -> EditionText:
    """Return a title and paragraphs as one page whose characters have no boxes."""
    blocks: list[Block] = []
    joined = ""
    for at, line in enumerate([title, *text.split("\n")]):
        if line.strip():
            kind = BlockKind.HEADING if at == 0 else BlockKind.TEXT
            joined += "\n" if joined else ""
            blocks.append(Block(len(joined), len(joined) + len(line), kind))
            joined += line
    page = Page(
        number=1,
        label=None,
        text=joined,
        source=np.full(len(joined), -1, dtype=np.int32),
        boxes=np.full((len(joined), 4), np.nan, dtype=np.float32),
        width=0.0,
        height=0.0,
        quality=Quality("beir", 1.0),
        blocks=tuple(blocks),
    )
    return EditionText((page,), title=title)
