"""Traces tell how long the steps of a question took, and nothing of what was asked."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.answering.extractive import Extractive
from bot.answers import Answer
from bot.asking.question import read
from tebiki import tracing
from tebiki.closed import WayOut, ways_out
from tebiki.settings import BadSettings, settings
from tebiki.tracing import Traces
from tests.served import small

ASKED = "年次有給休暇は何日ですか"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Where spans end."""
    return InMemorySpanExporter()


@pytest.fixture
def traces(spans: InMemorySpanExporter) -> Traces:
    """What makes them."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Traces(provider.get_tracer("tebiki"))


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Return the last span of each name."""
    return {span.name: span for span in spans.get_finished_spans()}


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_is_a_span_with_its_searches_inside(
    traces: Traces, spans: InMemorySpanExporter, *, streamed: bool
) -> None:
    """Also where it is told in pieces; no word of the question or the answer is in any of them."""
    held = small()
    library = traces.library(lambda: held)
    answerer = traces.answerer(Extractive(library))

    if streamed:
        *_, answer = answerer.stream(read(ASKED))  # type: ignore[attr-defined]
    else:
        answer = answerer.answer(read(ASKED))

    assert isinstance(answer, Answer)
    found = by_name(spans)
    assert {"answer", "search"} == set(found)
    assert found["search"].parent is not None
    assert found["answer"].context.span_id == found["search"].parent.span_id
    assert found["answer"].attributes is not None
    assert "answered" == found["answer"].attributes["certainty"]
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "休暇" not in told.encode().decode("unicode_escape")
    assert library() is library()


def test_a_reply_of_the_model_is_a_span_of_its_length(
    traces: Traces, spans: InMemorySpanExporter
) -> None:
    """It began so many seconds ago; its kind of failure is told."""
    traces.replied("slow", 1.5)

    (span,) = spans.get_finished_spans()
    assert span.end_time is not None
    assert span.start_time is not None
    assert 1_500_000_000 == span.end_time - span.start_time
    assert {"failure": "slow"} == dict(span.attributes or {})


def test_an_answer_that_fails_ends_its_span(traces: Traces, spans: InMemorySpanExporter) -> None:
    """The error is what it was, and nothing of what it says is in the span."""

    class Failing:
        def answer(self, question: object) -> Answer:
            raise LookupError(ASKED)

    with pytest.raises(LookupError):
        list(traces.answerer(Failing()).stream(read(ASKED)))  # type: ignore[attr-defined]
    with pytest.raises(LookupError):
        traces.answerer(Failing()).answer(read(ASKED))

    assert ["answer"] * 2 == [span.name for span in spans.get_finished_spans()]
    assert "休暇" not in "".join(
        span.to_json(indent=0).encode().decode("unicode_escape")
        for span in spans.get_finished_spans()
    )


def test_collector_is_a_way_out_that_is_named() -> None:
    """What stands on this machine is none."""
    there = settings({"TEBIKI_TRACES": "http://traces.example.lg.jp:4317"})

    assert (WayOut("traces.example.lg.jp", "TEBIKI_TRACES"),) == ways_out(there)
    assert () == ways_out(settings({"TEBIKI_TRACES": "http://127.0.0.1:4317"}))


def test_an_extra_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it."""
    name = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
    monkeypatch.setitem(__import__("sys").modules, name, None)

    with pytest.raises(BadSettings, match=r"tebiki\[traces\]"):
        tracing.collected_at("http://127.0.0.1:4317")
