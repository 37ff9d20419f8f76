"""What a Prometheus server reads at /metrics: counts, times and ages; no text of any question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.responses import Response
from starlette.routing import Route

from bot.answers import Answer, streamed

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from bot.answers import Answerer, Event, Question

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

PATH = "/metrics"

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 120)

GAUGES = {
    "index_age_seconds": "How long ago the current index was made.",
    "index_pages": "Pages in the current index.",
    "index_passages": "Passages in the current index.",
    "refresh_age_seconds": "How long ago the last refresh ended, whatever it found.",
    "unusable_files": "Files that the last refresh could not use.",
    "records_waiting": "Answers that wait to be recorded.",
    "model_resting": "1 while the model's server is left alone after failures.",
    "slack_waiting": "Questions in Slack that wait or are being answered.",
    "slack_failed": "Questions in Slack that were given up.",
}
"""What is looked at when somebody reads; one that cannot be known is left out."""


class Metrics:
    """The numbers of one server process."""

    def __init__(
        self, state: Callable[[], Mapping[str, float]] = lambda: MappingProxyType({})
    ) -> None:
        """Take what gives the present value of each of `GAUGES`."""
        self._state = state
        self.registry = CollectorRegistry()
        self._asked = Counter(
            "tebiki_questions", "Questions, by where they came in and how they ended.",
            ["door", "outcome", "mode"], registry=self.registry,
        )  # fmt: skip
        self._took = Histogram(
            "tebiki_answer_seconds",
            "Seconds to the first citation or text, to the whole answer, and of the model's words.",
            ["stage"], buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._now = Gauge("tebiki_answering", "Questions being answered.", registry=self.registry)
        self._failed = Counter(
            "tebiki_model_failures", "Replies that the model did not give, by kind.",
            ["kind"], registry=self.registry,
        )  # fmt: skip
        self._refreshed = Counter(
            "tebiki_refreshes", "Refreshes of this process, by how they ended.",
            ["outcome"], registry=self.registry,
        )  # fmt: skip
        self.registry.register(_Now(self._state))

    def answered(self, door: str, outcome: str, mode: str) -> None:
        """Count a question; *outcome* is answered, near, declined or failed."""
        self._asked.labels(door, outcome, mode).inc()

    def took(self, stage: str, seconds: float) -> None:
        """Note how long a stage took: first, whole, writing."""
        self._took.labels(stage).observe(seconds)

    def model(self, failure: str, seconds: float) -> None:
        """Note one reply of the model; *failure* is its kind, "" for none."""
        if failure:
            self._failed.labels(failure).inc()
        else:
            self.took("writing", seconds)

    def refreshed(self, outcome: str) -> None:
        """Count a refresh: published, unchanged, refused or failed."""
        self._refreshed.labels(outcome).inc()

    def exposed(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _Now:
    """What is looked at when somebody reads."""

    def __init__(self, state: Callable[[], Mapping[str, float]]) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what is known."""
        for name, value in self._state().items():
            yield GaugeMetricFamily(f"tebiki_{name}", GAUGES[name], value=value)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: names are known when they are read."""
        return []


class Measured:
    """An answerer whose questions are counted and timed."""

    def __init__(self, answerer: Answerer, metrics: Metrics, *, door: str) -> None:
        """Count for *metrics* what *answerer* answers at a door: web or slack."""
        self._answerer = answerer
        self._metrics = metrics
        self._door = door

    def answer(self, question: Question) -> Answer:
        """Return the answer."""
        *_, last = self._measured(lambda: iter((self._answerer.answer(question),)))
        return last  # type: ignore[return-value]  # the only event is the answer

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields."""
        yield from self._measured(lambda: streamed(self._answerer, question))

    def _measured(self, told: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        began = time.perf_counter()
        first = True
        answer: Answer | None = None
        with self._metrics._now.track_inprogress():  # noqa: SLF001 - one module
            try:
                for event in told():
                    if first:
                        self._metrics.took("first", time.perf_counter() - began)
                        first = False
                    if isinstance(event, Answer):
                        answer = event
                    yield event
            finally:
                # A reader who has gone closes the stream: that is no failure of ours.
                if answer is None:
                    self._metrics.answered(self._door, "failed", "")
                else:
                    self._metrics.took("whole", time.perf_counter() - began)
                    self._metrics.answered(self._door, str(answer.certainty), answer.mode)


def install(app: Starlette, metrics: Metrics) -> None:
    """Add /metrics. Who may search may read it, pages of other sites never."""

    def exposed(request: Request) -> Response:
        if request.headers.get("origin"):
            return Response(status_code=403)
        return Response(metrics.exposed(), media_type=MEDIA_TYPE)

    app.router.routes.append(Route(PATH, exposed, methods=["GET"]))
