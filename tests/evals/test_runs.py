"""Runs: a small set put to small libraries, and the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest

from bot.answers import Answer, Citation, Declined, cite
from bot.answers import Question as Asked
from evals import runs
from evals.errors import BadRun
from evals.questions import Judgement, Question, QuestionSet
from index.passages import Filters, Passage
from ingest.chunks import Chunk
from tests.fakes import FakeLibrary, edition, edition_text

LEAVE = edition("leave")
TEXT = edition_text(
    "# 休暇\n年次休暇は20日です。", "# 繰越\n繰越は5日までです。", "# 病気\n診断書を出す。"
)
SHELF = FakeLibrary({LEAVE: TEXT})


def asks(*questions: Question) -> QuestionSet:
    """Return a set of questions."""
    return QuestionSet("small", questions, "abc")


def judged(name: str, text: str, *pages: int) -> Question:
    """Return a question that pages of the leave manual answer."""
    return Question(name, text, judgements=(Judgement("leave", "1.0", pages=pages),))


def test_retrieval_scores_the_page_that_is_found() -> None:
    """The page of the best passage is the first place, and the run says what was searched."""
    run = runs.retrieval(SHELF, asks(judged("a", "繰越は何日", 2), judged("b", "繰越は何日", 1)))

    first, second = run.results
    assert "leave@1.0 p.2" == first.found()[0]
    assert (1,) == first.ranks
    assert {"Success@1": 1.0, "RR@10": 1.0} == {
        name: first.scores[name] for name in ("Success@1", "RR@10")
    }
    assert 0.0 == second.scores["Success@1"]
    assert ("retrieval", "small", "abc", "g-test") == (
        run.what,
        run.set,
        run.set_sha256,
        run.generation,
    )


def test_a_misspelt_name_is_searched_as_what_was_meant() -> None:
    """As the bot and POST /v1/search do."""
    held = FakeLibrary({LEAVE: TEXT}, misspelt={"操越": "繰越"})

    runs.retrieval(held, asks(judged("a", "操越は何日", 2)))

    assert {"繰越は何日"} == set(held.asked)


class Spanning(FakeLibrary):
    """Finds one passage that spans pages 2 and 3, then one on page 2, then page 1."""

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        chunk = Chunk(LEAVE, (), "x", 0, 1)
        spans: Sequence[tuple[int, ...]] = ((2, 3), (2,), (1,))
        return [Passage(chunk, pages, 1.0) for pages in spans]


def test_a_passage_that_spans_pages_counts_as_each_of_them() -> None:
    """Pages are distinct and in order: 2, 3, 1."""
    run = runs.retrieval(Spanning({LEAVE: TEXT}), asks(judged("a", "何", 1)))

    assert [2, 3, 1] == [place.page for place in run.results[0].places]
    assert (3,) == run.results[0].ranks
    assert 1 / 3 == pytest.approx(run.results[0].scores["RR@10"])


def test_only_ten_distinct_pages_are_kept() -> None:
    """The eleventh page is beyond every cutoff."""

    class Long(FakeLibrary):
        def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
            chunk = Chunk(LEAVE, (), "x", 0, 1)
            return [Passage(chunk, (number,), 1.0) for number in range(1, k + 1)]

    run = runs.retrieval(Long({LEAVE: TEXT}), asks(judged("a", "何", 11)))

    assert 10 == len(run.results[0].places)
    assert 0.0 == run.results[0].scores["Success@10"]


def test_eight_askers_ask_at_once() -> None:
    """With eight askers eight searches are under way together, and the order stays."""
    together = Barrier(8, timeout=20)

    class Meeting(FakeLibrary):
        def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
            if question != "最初":
                together.wait()
            return []

    questions = [replace(judged(f"q{n}", "何ですか", 1), tags=(str(n),)) for n in range(8)]
    warm_up = judged("first", "最初", 1)

    run = runs.retrieval(Meeting({LEAVE: TEXT}), asks(warm_up, *questions), askers=9)

    assert ["first", *(f"q{n}" for n in range(8))] == [held.id for held in run.results]


def test_progress_is_told_after_each_question() -> None:
    """The last call says that all are done."""
    told: list[tuple[int, int]] = []

    runs.retrieval(
        SHELF,
        asks(judged("a", "休暇", 1), judged("b", "繰越", 2)),
        told=lambda done, of: told.append((done, of)),
    )

    assert [(1, 2), (2, 2)] == told


class Scripted:
    """Answers each question with the citations given for it, and declines the others."""

    def __init__(self, said: dict[str, tuple[Citation, ...]]) -> None:
        self.said = said
        self.asked: list[Asked] = []

    def answer(self, question: Asked) -> Answer:
        self.asked.append(question)
        citations = self.said.get(question.text, ())
        return Answer(
            id="a",
            question=question,
            text="".join(f"「{held.quote}」[{held.marker}]" for held in citations),
            mode="extractive",
            citations=citations,
            consulted=(),
            declined=None if citations else Declined("not-found", "見つかりませんでした。"),
            generation="g-test",
            recipe={},
            asked_on=date(2026, 4, 1),
            prompt="",
        )


def quoting(page: int, words: str, marker: int = 1) -> Citation:
    """Cite words where they stand on a page."""
    start = TEXT.text.index(words, TEXT.start_of(page))
    return cite(marker, LEAVE, TEXT, start, start + len(words))


def test_answers_are_scored_by_what_they_cite_and_quote() -> None:
    """Cited page, facts and quotations are right; the unanswerable question is declined."""
    answerer = Scripted({"休暇は何日": (quoting(1, "年次休暇は20日です。"),)})
    leave = replace(judged("a", "休暇は何日", 1), facts=(("20日",), ("5日",)))
    fees = Question("n", "料金は", unanswerable="not there")

    run = runs.answers(answerer, SHELF, asks(leave, fees))

    assert {
        "CitedPage@1": 1.0,
        "CitedPage@3": 1.0,
        "FactsCovered": 0.5,
        "QuoteVerified": 1.0,
        "AnsweredRightly": 1.0,
    } == run.results[0].scores
    assert {"DeclinedRightly": 1.0} == run.results[1].scores
    assert ("not-found", "見つかりませんでした。") == (
        run.results[1].declined,
        run.results[1].text,
    )
    assert "extractive" == run.mode


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(replace(quoting(1, "20日"), quote="30日"), id="other words"),
        pytest.param(replace(quoting(1, "20日"), page=2), id="another page"),
        pytest.param(replace(quoting(1, "20日"), end=10_000), id="beyond the text"),
        pytest.param(replace(quoting(1, "20日"), start=-3), id="before the text"),
        pytest.param(
            replace(
                quoting(1, "20日"),
                start=TEXT.text.index("20日") - len(TEXT.text),
                end=TEXT.text.index("20日") + 3 - len(TEXT.text),
            ),
            id="counted from the end",
        ),
    ],
)
def test_a_quotation_that_does_not_stand_where_it_claims_is_found_out(held: Citation) -> None:
    """Words, offsets and page are all checked in the stored text."""
    assert runs.stands(quoting(1, "20日"), SHELF)
    assert not runs.stands(held, SHELF)


def test_a_follow_up_brings_its_earlier_questions() -> None:
    """The bot reads a follow-up with the questions before it, oldest first."""
    answerer = Scripted({})
    asked = replace(judged("a", "何日ですか", 1), previous=("休暇について", "年次休暇は"))

    runs.answers(answerer, SHELF, asks(asked))

    assert ["休暇について", "年次休暇は"] == [turn.question for turn in answerer.asked[-1].history]


def test_a_run_survives_being_written_and_read(tmp_path: Path) -> None:
    """Read back, the record equals the run; its name is the file's when it had none."""
    run = runs.answers(
        Scripted({"休暇は何日": (quoting(1, "20日"),)}), SHELF, asks(judged("a", "休暇は何日", 1))
    )
    path = tmp_path / "before.json"
    path.write_text(run.to_json(), "utf-8")

    assert replace(run, name="before") == runs.load(path)


def test_a_slim_run_keeps_the_scores_only() -> None:
    """What answers said and how long they took is left out; scores and ranks stay."""
    run = runs.answers(
        Scripted({"休暇は何日": (quoting(1, "20日"),)}), SHELF, asks(judged("a", "休暇は何日", 1))
    )

    [slim] = run.slim().results

    assert ("", (), (), 0.0) == (slim.text, slim.quotes, slim.places, slim.took_ms)
    assert run.results[0].scores == slim.scores
    assert (1,) == slim.ranks


@pytest.mark.parametrize(
    "content,said",
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param("{", "not a run", id="broken JSON"),
        pytest.param('{"what": "retrieval"}', "not a run", id="another shape"),
    ],
)
def test_a_record_that_is_no_run_is_named(tmp_path: Path, content: str | None, said: str) -> None:
    """The error names the file and how to make a good one."""
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(BadRun, match=said) as raised:
        runs.load(path)

    assert str(path) == raised.value.path
    assert "tebiki eval" in str(raised.value)
