"""What Prometheus reads: its own parser takes it, the sums are right, and no question is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.access import Access
from api.app import create_app
from api.keys import Keys, Scope
from api.metrics import GAUGES, Measured, Metrics
from bot.answering.extractive import Extractive
from bot.answers import Answer, Question
from bot.asking.question import read
from bot.errors import ModelFailed
from bot.writing.breaker import Sparing
from bot.writing.model import Message
from tebiki.building import build
from tebiki.serving import web
from tebiki.settings import settings
from tests.fakes import ScriptedModel
from tests.served import CORPUS, small

DEPLOY = CORPUS.parent / "deploy" / "prometheus"
ASKED = "年次有給休暇は何日ですか"

Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def values(content: str) -> Values:
    """Return every sample by its name and labels, as Prometheus' own parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(content)
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    """Numbers with one present value."""
    return Metrics(lambda: {"index_pages": 45})


@pytest.fixture
def client(metrics: Metrics) -> Iterator[TestClient]:
    """A served library whose questions are counted."""
    app = create_app(
        library=small,
        answerer=Measured(Extractive(small), metrics, door="web"),
        page_file=lambda held: CORPUS / (held.path or ""),
        measured=metrics,
    )
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5)) as made:
        yield made


def test_questions_are_counted_by_how_they_ended(client: TestClient) -> None:
    """One answered, one as a stream, one declined; each timed; and the present value beside."""
    client.post("/v1/answers", json={"question": ASKED})
    client.post("/v1/answers", json={"question": ASKED}, headers={"Accept": "text/event-stream"})
    client.post("/v1/answers", json={"question": "火星の天気の見通しは"})

    answer = client.get("/metrics")
    found = values(answer.text)

    asked = {
        dict(labels)["outcome"]: value
        for (name, labels), value in found.items()
        if name == "tebiki_questions_total"
    }
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 3 == sum(asked.values())
    assert 1 == asked["declined"]
    assert 3 == found["tebiki_answer_seconds_count", (("stage", "whole"),)]
    assert 3 == found["tebiki_answer_seconds_count", (("stage", "first"),)]
    assert 45 == found["tebiki_index_pages", ()]
    assert 0 == found["tebiki_answering", ()]


def test_no_word_of_a_question_is_told(client: TestClient) -> None:
    """Nor of an answer: names and numbers alone."""
    client.post("/v1/answers", json={"question": ASKED})

    told = client.get("/metrics").text

    assert "tebiki_questions_total" in told
    assert told.isascii()
    assert set(re.findall(r'(\w+)="', told)) <= {"door", "outcome", "mode", "stage", "le", "kind"}


def test_who_may_not_search_reads_no_numbers(metrics: Metrics, tmp_path: Path) -> None:
    """Where keys are asked for, a key of the smallest scope opens it; a page elsewhere gets none."""
    keys = Keys(tmp_path / "keys.json")
    _, secret = keys.create("prometheus", Scope.SEARCH)
    site = "https://www.city.example.lg.jp"
    app = create_app(
        library=small, answerer=Extractive(small), page_file=lambda _: CORPUS, measured=metrics,
        access=Access(required=True, keys=keys, origins=(site,)),
    )  # fmt: skip
    client = TestClient(app, base_url="http://127.0.0.1")

    shut = client.get("/metrics")
    opened = client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    elsewhere = client.get("/metrics", headers={"Origin": site})

    assert (401, 200, 403) == (shut.status_code, opened.status_code, elsewhere.status_code)


def test_an_answer_that_failed_is_counted(metrics: Metrics) -> None:
    """It raised; the number says so and the error travels."""

    class Failing:
        def answer(self, question: Question) -> Answer:
            raise RuntimeError("no index")

    with pytest.raises(RuntimeError, match="no index"):
        Measured(Failing(), metrics, door="slack").answer(read(ASKED))

    found = values(metrics.exposed().decode())
    assert (
        1
        == found["tebiki_questions_total", (("door", "slack"), ("mode", ""), ("outcome", "failed"))]
    )


def test_failures_of_the_model_are_counted_by_kind(metrics: Metrics, tmp_path: Path) -> None:
    """One reply came; one failed; while the server rests the next is told at once."""
    failure = ModelFailed("m", "no answer", "slow")

    def reply(model: ScriptedModel) -> Sparing:
        return Sparing(model, tmp_path, told=metrics.model)

    reply(ScriptedModel(["はい"])).complete([Message("user", "a")])

    class Slow(ScriptedModel):
        def stream(self, *_: object, **__: object) -> Iterator[str]:
            raise failure
            yield ""

    for _ in range(2):
        with pytest.raises(ModelFailed):
            reply(Slow([""])).complete([Message("user", "a")])

    found = values(metrics.exposed().decode())
    assert 1 == found["tebiki_answer_seconds_count", (("stage", "writing"),)]
    assert 1 == found["tebiki_model_failures_total", (("kind", "slow"),)]
    assert 1 == found["tebiki_model_failures_total", (("kind", "resting"),)]


def test_served_application_tells_its_numbers(tmp_path: Path) -> None:
    """As "tebiki serve" puts it together, without an index yet."""
    app = web(build(settings({}, tmp_path / "home", CORPUS)))
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5))

    found = values(client.get("/metrics").text)

    assert 0 == found["tebiki_records_waiting", ()]


def _expressions() -> Iterator[str]:
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from re.findall(r"expr: (.*)", (DEPLOY / "alerts.yml").read_text(encoding="utf-8"))


def test_dashboard_and_alerts_name_numbers_that_there_are(metrics: Metrics) -> None:
    """No panel is empty for a name that was misspelt."""
    metrics.answered("web", "answered", "extractive")
    metrics.took("first", 1)
    metrics.model("slow", 1)
    metrics.refreshed("published")
    told = {name for name, _ in values(metrics.exposed().decode())}
    known = told | {f"tebiki_{name}" for name in GAUGES}

    named = {name for each in _expressions() for name in re.findall(r"tebiki_\w+", each)}

    assert len(named) > 8
    assert set() == named - known
