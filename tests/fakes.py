"""Stand-ins that behave like the real thing, for tests that must not need an index or a model."""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np

from bot.answering.signals import LEGS
from bot.errors import ModelFailed
from bot.writing.model import Message
from index.passages import Filters, Passage, counting
from index.search.glossary import Glossary
from ingest.catalog.editions import Document, Edition, Groups, Kind, Original, in_force, visible
from ingest.chunks import Chunk
from ingest.headings import sections
from ingest.language.words import pairs, tokens
from ingest.pages import Block, BlockKind, EditionText, Page, Quality
from ingest.parsing import parse
from ingest.sentences import Sentences


def page(number: int, text: str, *, label: str | None = None) -> Page:
    """Make a page of lines; characters stand 10 points apart on lines 20 points apart.

    A line that begins with ``# `` is a heading, with ``・`` an item, with ``| `` a row of a
    table; other lines are paragraphs. The marks ``# `` and ``| `` are not part of the text.
    """
    lines: list[str] = []
    blocks: list[Block] = []
    at = 0
    for line in text.splitlines():
        kind = BlockKind.TEXT
        shown = line
        if line.startswith("# "):
            kind, shown = BlockKind.HEADING, line[2:]
        elif line.startswith("| "):
            kind, shown = BlockKind.ROW, line[2:]
        elif line.startswith("・"):
            kind = BlockKind.ITEM
        lines.append(shown)
        if shown:
            blocks.append(Block(at, at + len(shown), kind, 10.0))
        at += len(shown) + 1
    joined = "\n".join(lines)
    boxes = np.full((len(joined), 4), np.nan, dtype=np.float32)
    source = np.full(len(joined), -1, dtype=np.int32)
    row = column = seen = 0
    for offset, character in enumerate(joined):
        if character == "\n":
            row, column = row + 1, 0
            continue
        boxes[offset] = (10 * column, 800 - 20 * row, 10 * column + 10, 810 - 20 * row)
        source[offset] = seen
        column, seen = column + 1, seen + 1
    return Page(
        number, label, joined, source, boxes, 595.0, 842.0, Quality("fake", 1.0), tuple(blocks)
    )


def edition_text(*pages: str, labels: Sequence[str] = ()) -> EditionText:
    """Make an edition's text of pages, one string each."""
    given = [*labels, *([None] * (len(pages) - len(labels)))]
    return EditionText(tuple(page(at + 1, text, label=given[at]) for at, text in enumerate(pages)))


def edition(
    document: str = "manual",
    *,
    label: str = "1.0",
    title: str = "",
    kind: Kind = Kind.MANUAL,
    language: str = "ja",
    digest_of: Original | None = None,
    in_force_from: date | None = None,
    publisher: str = "総務省",
) -> Edition:
    """Make a held edition."""
    name = f"{document}-{label}.pdf"
    return Edition(
        Document(document, title or document, publisher, kind, language, digest_of),
        label,
        in_force_from=in_force_from,
        path=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


def chunks_of(held: Edition, text: EditionText) -> tuple[Chunk, ...]:
    """Cut an edition's text into one chunk for each heading and what follows it on its page."""
    found: list[Chunk] = []
    section: tuple[str, ...] = ()
    for leaf in text.pages:
        base = text.start_of(leaf.number)
        start: int | None = None
        end = base
        for block in leaf.blocks:
            if block.kind is BlockKind.HEADING:
                if start is not None:
                    found.append(_chunk(held, text, section, start, end))
                section = (leaf.text[block.start : block.end],)
                start = base + block.start
            elif start is None:
                start = base + block.start
            end = base + block.end
        if start is not None:
            found.append(_chunk(held, text, section, start, end))
    return tuple(found)


def _chunk(
    held: Edition, text: EditionText, section: tuple[str, ...], start: int, end: int
) -> Chunk:
    return Chunk(held, section, text.text[start:end], start, end, " > ".join(section))


@dataclass
class FakeLibrary:
    """A library over small texts: searches by shared character pairs, holds everything in memory."""

    texts: Mapping[Edition, EditionText]
    id: str = "g-test"
    recipe: Mapping[str, str] = field(default_factory=lambda: {"embedder": "none"})
    glossary: Glossary = field(default_factory=Glossary)
    asked: list[str] = field(default_factory=list)
    misspelt: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str | None] = frozenset()

    @property
    def editions(self) -> Sequence[Edition]:
        """Every edition held."""
        return tuple(self.texts)

    def seen_by(self, groups: Groups) -> FakeLibrary:
        """What somebody of the groups sees; itself where nothing is bound to others."""
        if all(visible(edition, groups) for edition in self.editions):
            return self
        view = copy(self)
        view.texts = {each: text for each, text in self.texts.items() if visible(each, groups)}
        view.hidden = frozenset(each.sha256 for each in self.texts if each not in view.texts)
        return view

    def hides(self, sha256: str) -> bool:
        """Whether bytes are those of an edition that is not seen here."""
        return sha256 in self.hidden

    def in_force(self, on: date) -> Sequence[Edition]:
        """The editions in force on a day, by the same rule as the real library."""
        return in_force(self.texts, on)

    def text(self, edition: Edition) -> EditionText:
        """The stored text."""
        return self.texts[edition]

    def chunks(self, edition: Edition) -> Sequence[Chunk]:
        """One chunk for each heading and what follows it."""
        return chunks_of(edition, self.texts[edition])

    def sentences(self, edition: Edition) -> Sentences:
        """The sentences, parsed each time."""
        text = self.texts[edition]
        return parse(text, sections(text))

    def rarity(self, word: str) -> float:
        """Return Lucene's inverse document frequency over the chunks."""
        chunks = [set(tokens(chunk.text)) for chunk in self._searched(Filters())]
        holding = sum(word in one for one in chunks)
        return math.log1p((len(chunks) - holding + 0.5) / (holding + 0.5))

    def mended(self, question: str) -> str:
        """Return the question with each of the misspellings that a test set put right."""
        for said, meant in self.misspelt.items():
            question = question.replace(said, meant)
        return question

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return chunks by the share of the question's pairs that they hold, best first."""
        self.asked.append(question)
        wanted = set(pairs(self._with_names(question)))
        scored = [
            (len(wanted & set(pairs(chunk.context + chunk.text))) / max(1, len(wanted)), chunk)
            for chunk in self._searched(filters)
        ]
        scored.sort(key=lambda pair: -pair[0])
        return [
            Passage(
                chunk,
                self.texts[chunk.edition].pages_of(chunk.start, chunk.end),
                score,
                dict.fromkeys(LEGS, score),
            )
            for score, chunk in scored[:k]
            if score > 0
        ]

    def _with_names(self, question: str, *, said: bool = True) -> str:
        """Return the question and, as the real library does, the glossary's other names."""
        names = [name for match in self.glossary.expand(question) for name in match.others]
        return " ".join([question, *names] if said or not names else names)

    def _searched(self, filters: Filters) -> Iterable[Chunk]:
        held_then = counting(self.in_force, filters, date(2026, 4, 1))
        for held in self.texts if filters.editions else held_then:
            if filters.admit(held):
                yield from self.chunks(held)


class ScriptedModel:
    """A model that says what a test wrote down, in pieces, and remembers what it was sent.

    Each item of *replies* answers one request: a text, or an error to raise; a tuple of texts
    and an error fails in mid-reply.
    """

    name = "scripted"

    def __init__(
        self, replies: Sequence[str | ModelFailed | tuple[str, ModelFailed]], *, piece: int = 3
    ) -> None:
        """Take the replies in order; the last one is repeated."""
        self._replies = list(replies)
        self._piece = piece
        self.sent: list[tuple[Message, ...]] = []
        self.schemas: list[Mapping[str, Any]] = []

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the next reply whole."""
        return "".join(self.stream(messages))

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """Yield the next reply, a few characters at a time."""
        self.sent.append(tuple(messages))
        self.schemas.append(schema or {})
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, ModelFailed):
            raise reply
        text, failure = reply if isinstance(reply, tuple) else (reply, None)
        for at in range(0, len(text), self._piece):
            yield text[at : at + self._piece]
        if failure is not None:
            raise failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What the scripted server does with one request.

    *text* is streamed in pieces; with a *status* other than 200 that error is sent instead.
    *wait_s* passes before each piece; *cut* hangs up before the end; *raw* is sent as it is.
    *usage* is what the server says, to who asks, that prompt and reply used. So many *pings*, each
    after *wait_s*, come before the text: comments that say no more than that the server is there.
    """

    text: str = ""
    status: int = 200
    wait_s: float = 0.0
    cut: bool = False
    raw: bytes | None = None
    usage: tuple[int, int] | None = None
    pings: int = 0


class ModelServer:
    """An OpenAI-compatible server on 127.0.0.1 that follows a script, for tests over real HTTP."""

    def __init__(self, replies: Sequence[Reply]) -> None:  # noqa: C901 - a handler for each kind of reply
        """Answer requests with *replies* in order; the last one is repeated."""
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        script = list(replies)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                """Follow the script."""
                length = int(self.headers["Content-Length"])
                outer.requests.append(json.loads(self.rfile.read(length)))
                outer.keys.append(self.headers.get("Authorization", ""))
                reply = script.pop(0) if len(script) > 1 else script[0]
                self.close_connection = True
                with suppress(BrokenPipeError, ConnectionResetError):
                    self._answer(reply)

            def _answer(self, reply: Reply) -> None:
                if reply.status != HTTPStatus.OK:
                    body = json.dumps({"error": {"message": "scripted", "type": "scripted"}})
                    self.send_response(reply.status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body.encode())
                    return
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                    return
                for _ in range(reply.pings):
                    outer.stopped.wait(reply.wait_s)
                    self.wfile.write(b": ping\n\n")
                    self.wfile.flush()
                for at in range(0, len(reply.text), 7):
                    outer.stopped.wait(reply.wait_s)
                    self._event({"content": reply.text[at : at + 7]})
                if reply.cut:
                    return
                self._event({}, finish="stop")
                asked = outer.requests[-1].get("stream_options", {}).get("include_usage")
                if reply.usage and asked:
                    prompt, said = reply.usage
                    told = {"prompt_tokens": prompt, "completion_tokens": said}
                    self._event(None, usage={**told, "total_tokens": prompt + said})
                self.wfile.write(b"data: [DONE]\n\n")

            def _event(
                self,
                delta: dict[str, str] | None,
                finish: str | None = None,
                usage: dict[str, int] | None = None,
            ) -> None:
                choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
                piece = {
                    "id": "c1",
                    "object": "chat.completion.chunk",
                    "created": 0,
                    "model": "scripted",
                    "choices": [] if delta is None else choices,
                    "usage": usage,
                }
                self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
                self.wfile.flush()

        self.stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, whatever is still being answered."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
