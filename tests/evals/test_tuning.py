"""Weights chosen on one half of the questions and tried on the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.questions import Judgement, Question
from evals.tuning import Sounded, chosen, figures, halves, sound
from index.generations.generation import WEIGHTS, Generation
from index.passages import Filters, Passage
from index.search.hybrid import Scope, Sounding
from index.search.parts import Part
from ingest.chunks import Chunk
from tests.fakes import edition
from tests.searched import in_memory
from tests.shelves import Desk

PAGES = {
    "leave": "# 休暇\n年次有給休暇は二十日とする。",
    "travel": "# 出張\n出張の届は三日前までに出す。",
    "salary": "# 給与\n給与は毎月二十一日に支給する。",
}


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    """Three documents of one page."""
    desk = Desk(tmp_path)
    for name, text in PAGES.items():
        desk.put(edition(name), text)
    desk.refresh()
    return desk.shelf()()


def _asked(name: str, text: str) -> Question:
    return Question(id=f"q-{name}", text=text, judgements=(Judgement(document=name, pages=(1,)),))


def test_a_sounding_ranks_as_the_search_does(generation: Generation) -> None:
    """What is tuned is what is served."""
    asked = [_asked("leave", "有給休暇の日数"), _asked("salary", "出張の届はいつまでか")]

    ranks = [one.rank(WEIGHTS) for one in sound(generation, asked)]

    for question, rank in zip(asked, ranks, strict=True):
        found = generation.retrieve(question.text, k=10, filters=Filters())
        names = [p.chunk.edition.document.id for p in found]
        wanted = question.judgements[0].document
        assert rank == (names.index(wanted) + 1 if wanted in names else None)
    assert 1 == ranks[0]


def test_figures_count_the_rank_of_the_first_judged_page(generation: Generation) -> None:
    """One question at 1 and one at 3, worked out by hand."""
    order = [p.chunk.edition.document.id for p in _ordered(generation, [3.0, 2.0, 1.0])]
    one = Sounded(generation, _asked(order[0], "休暇"), _sounding([3.0, 2.0, 1.0]))
    other = Sounded(generation, _asked(order[2], "休暇"), _sounding([3.0, 2.0, 1.0]))

    found = figures([one, other], {"good": 1.0, "document": 0.0})

    assert {"Success@1": 0.5, "Success@3": 1.0, "Success@5": 1.0, "Success@10": 1.0} == {
        name: value for name, value in found.items() if name != "RR@10"
    }
    assert pytest.approx((1 + 1 / 3) / 2) == found["RR@10"]


def test_the_leg_that_finds_more_gets_more_weight(generation: Generation) -> None:
    """Beginning with a weight under which the wrong page comes first."""
    start = {"good": 1.0, "bad": 1.5, "document": 0.0}
    last = _ordered(generation, [3.0, 2.0, 1.0])[2].chunk.edition.document.id
    sounding = Sounding(
        _scope(),
        {"good": np.array([0.0, 0.5, 1.0]), "bad": np.array([1.0, 0.5, 0.0])},
    )  # fmt: skip
    asked = [Sounded(generation, _asked(last, "休暇"), sounding)]

    best = chosen([asked], start)

    assert 3 == asked[0].rank(start)
    assert 1 == asked[0].rank(best)


def test_halves_share_no_question_and_leave_none_out(generation: Generation) -> None:
    """The same seed cuts alike, another one otherwise."""
    asked = [Sounded(generation, _asked("leave", f"休暇 {at}"), None) for at in range(9)]

    (first,), (second,) = halves([asked], seed=1)

    texts = [one.question.text for one in (*first, *second)]
    assert sorted(one.question.text for one in asked) == sorted(texts)
    assert (4, 5) == (len(first), len(second))
    assert ([first], [second]) == halves([asked], seed=1)
    assert ([first], [second]) != halves([asked], seed=2)


def _sounding(scores: list[float]) -> Sounding:
    return Sounding(_scope(), {"good": np.array(scores)})


def _scope() -> Scope:
    """Three chunks, each of a document of its own."""
    chunks = [Chunk(edition(name), (), name, 0, 1) for name in ("a", "b", "c")]
    return Scope(in_memory([Part(chunk, (1,)) for chunk in chunks]), np.arange(3))


def _ordered(generation: Generation, scores: list[float]) -> list[Passage]:
    best = _sounding(scores).best({"good": 1.0, "document": 0.0}, 3)
    return generation.hybrid.passages(best)
