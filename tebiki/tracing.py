"""Traces for OpenTelemetry: how long each step of a question took, and no word of it.

A trace is an answer; in it are its searches and the replies of the language model. Where
TEBIKI_TRACES names no collector nothing of this is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import trace

from bot.answers import Answer, streamed
from tebiki.settings import BadSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Answerer, Event, Question
    from index.passages import Filters, Library, Passage
    from ingest.catalog.editions import Groups


def collected_at(endpoint: str) -> trace.Tracer:
    """Return a tracer whose spans go to the collector at an address such as http://127.0.0.1:4317.

    Raises:
        BadSettings: the extra that sends them is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as problem:
        raise BadSettings(
            'TEBIKI_TRACES is set, but OpenTelemetry is not installed ("pip install '
            'tebiki[traces]").'
        ) from problem
    provider = TracerProvider(resource=Resource.create({"service.name": "tebiki"}))
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("tebiki")


class Traces:
    """Stands around the parts of an application and times what they do."""

    def __init__(self, tracer: trace.Tracer) -> None:
        """Hand spans to *tracer*."""
        self._tracer = tracer
        self._searched: _Searched | None = None

    def library(self, shelf: Callable[[], Library]) -> Callable[[], Library]:
        """Return what gives the current generation, each of its searches a span."""

        def current() -> Library:
            library = shelf()
            if self._searched is None or self._searched.library is not library:
                self._searched = _Searched(library, self._tracer)
            return cast("Library", self._searched)

        return current

    def answerer(self, inner: Answerer) -> Answerer:
        """Return an answerer whose every answer is a span."""
        return _Answering(inner, self._tracer)

    def replied(self, failure: str, seconds: float) -> None:
        """Note a reply of the language model; *failure* is its kind, "" for none."""
        now = time.time_ns()
        span = self._tracer.start_span("model", start_time=now - int(seconds * 1e9))
        span.set_attribute("failure", failure)
        span.end(now)


_SIGHTS = 16
"""Views of a generation that are kept wrapped; another one is wrapped again."""


class _Searched:
    """A library whose searches are timed; in everything else it is that library."""

    def __init__(self, library: Library, tracer: trace.Tracer) -> None:
        self.library = library
        self._tracer = tracer
        self._seen: tuple[_Searched, ...] = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the library has
        return getattr(self.library, name)

    def seen_by(self, groups: Groups) -> Library:
        seen = self.library.seen_by(groups)
        if seen is self.library:
            return cast("Library", self)
        for kept in self._seen:
            if kept.library is seen:
                return cast("Library", kept)
        self._seen = (_Searched(seen, self._tracer), *self._seen[: _SIGHTS - 1])
        return cast("Library", self._seen[0])

    def retrieve(self, question: str, *, k: int, filters: Filters) -> Sequence[Passage]:
        with _current(self._tracer.start_span("search"), ends=True) as span:
            found = self.library.retrieve(question, k=k, filters=filters)
            span.set_attribute("passages", len(found))
        return found


class _Answering:
    """An answerer that is timed from the question to the whole answer."""

    def __init__(self, answerer: Answerer, tracer: trace.Tracer) -> None:
        self._answerer = answerer
        self._tracer = tracer

    def answer(self, question: Question) -> Answer:
        """Return the answer."""
        with _current(self._tracer.start_span("answer"), ends=True) as span:
            answer = self._answerer.answer(question)
            _note(span, answer)
        return answer

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields; the span is current only while it works."""
        span = self._tracer.start_span("answer")
        try:
            with _current(span):
                events = streamed(self._answerer, question)
            while True:
                with _current(span):
                    event = next(events, None)
                if event is None:
                    return
                if isinstance(event, Answer):
                    _note(span, event)
                yield event
        finally:
            span.end()


def _current(span: trace.Span, *, ends: bool = False) -> AbstractContextManager[trace.Span]:
    """Make a span current while the block runs; what an error says may be what was asked."""
    return trace.use_span(
        span, end_on_exit=ends, record_exception=False, set_status_on_exception=False
    )


def _note(span: trace.Span, answer: Answer) -> None:
    span.set_attributes(
        {
            "language": answer.question.language,
            "mode": answer.mode,
            "certainty": str(answer.certainty),
            "citations": len(answer.citations),
            "generation": answer.generation,
        }
    )
