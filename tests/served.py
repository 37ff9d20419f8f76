"""The web application over a small library, and a real server for browsers and clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.access import Access
from api.answer_records import AnswersInMemory, Remembered
from api.app import create_app
from bot.answering.extractive import Extractive
from bot.answers import Answerer
from index.errors import IndexMissing
from index.passages import Library
from ingest.catalog import catalog
from ingest.catalog.editions import Document, Edition, Kind, Original, in_force
from ingest.chunks import Chunk, split
from ingest.headings import sections
from ingest.pages import EditionText
from ingest.pdf import documents
from tests.fakes import FakeLibrary, edition, edition_text

CORPUS = Path(__file__).parent.parent / "corpus"

OFFICIAL = Edition(
    Document("leave", "休暇の手引き", "総務部", Kind.MANUAL),
    "第3版",
    url="https://www.city.example.lg.jp/leave.pdf",
)
DIGEST = edition(
    "leave-digest",
    label="2026年版",
    title="休暇の手引きの要約",
    kind=Kind.DIGEST,
    digest_of=Original("leave", "第3版", "休暇の手引き", "総務部"),
    in_force_from=date(2026, 4, 1),
)
OLDER = edition(
    "leave-digest",
    label="2025年版",
    title="休暇の手引きの要約",
    kind=Kind.DIGEST,
    digest_of=Original("leave", "第3版", "休暇の手引き", "総務部"),
    in_force_from=date(2025, 4, 1),
)
PAGES = (
    "# 年次有給休暇\n年次有給休暇は、一年につき20日とする。",
    "# 繰越し\n使わなかった年次有給休暇は、20日を限度として翌年に繰り越すことができる。",
)


@dataclass
class ListedLibrary(FakeLibrary):
    """A library whose catalog also lists editions that are not held."""

    listed: tuple[Edition, ...] = ()

    @property
    def editions(self) -> Sequence[Edition]:
        return (*self.texts, *self.listed)


def small() -> ListedLibrary:
    """Return a digest in two editions of two pages, and the official work, which is not held."""
    text = edition_text(*PAGES, labels=["表紙", "1"])
    return ListedLibrary({OLDER: text, DIGEST: text}, listed=(OFFICIAL,))


def app_of(
    library: Library,
    *,
    answerer: Answerer | None = None,
    access: Access | None = None,
    record: AnswersInMemory | None = None,
) -> FastAPI:
    """Return the application over *library*; its files are those of the bundled corpus."""
    answering = answerer or Extractive(lambda: library)
    return create_app(
        library=lambda: library,
        answerer=answering if record is None else Remembered(answering, record),
        page_file=lambda held: CORPUS / (held.path or ""),
        access=access or Access(),
        record=record,
    )


def no_library() -> Library:
    """Stand for a home in which nothing was indexed yet."""
    raise IndexMissing("var")


class Bundled(FakeLibrary):
    """The bundled corpus, read and cut as the product does it, searched by shared pairs."""

    def __init__(self, texts: Mapping[Edition, EditionText], all_: Sequence[Edition]) -> None:
        super().__init__(texts, id="g-bundled")
        self._all = tuple(all_)
        self._chunks = {held: split(held, text, sections(text)) for held, text in texts.items()}

    @property
    def editions(self) -> Sequence[Edition]:
        return self._all

    def in_force(self, on: date) -> Sequence[Edition]:
        return in_force(self._all, on)

    def chunks(self, edition: Edition) -> Sequence[Chunk]:
        return self._chunks[edition]


@cache
def bundled() -> Bundled:
    """Return the bundled corpus; read once, and never changed by a test."""
    listed = catalog.read(CORPUS).editions
    texts = {held: documents.read(CORPUS / held.path) for held in listed if held.path is not None}
    return Bundled(texts, listed)


@contextmanager
def serving(app: FastAPI, port: int = 0, *, lifespan: bool = False) -> Iterator[str]:
    """Serve *app* on 127.0.0.1 while the block runs; the value is its address.

    Without *lifespan* the end is abrupt: connections are cut, as when a machine goes down.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="error",
            ws="none",
            lifespan="on" if lifespan else "off",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 120
    while not server.started:
        if time.monotonic() > until or not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    found = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        server.should_exit = True
        server.force_exit = not lifespan
        thread.join(10)
