"""The fitted scorer: its weights are complete, and its arithmetic is plain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.answering import scoring
from bot.answering.scoring import (
    ABOUT,
    PAGES,
    STANDING,
    Weights,
    certainty,
    page_rows,
    probability,
    ranked,
    standing,
)
from bot.answering.signals import NAMES
from bot.answers import Certainty

FILE = Path(scoring.__file__).parent / "weights.json"


def made(pages: dict[str, float] | None = None, **lines: float) -> Weights:
    """Return weights in which only what is named counts."""
    bounds = {"answered": 0.7, "near": 0.2}
    told = {"lines": lines, "pages": pages or {}, "answers": {"bias": 0.0}, "bounds": bounds}
    return Weights.of(told)


def rows_of(**columns: list[float]) -> np.typing.NDArray[np.float64]:
    """Return candidates' signals: what is named, and nothing else. *place* is the page's number."""
    count = len(next(iter(columns.values())))
    rows = np.zeros((count, len(NAMES)))
    for name, values in columns.items():
        if name == "place":
            rows[:, NAMES.index("page_rank")] = np.log1p(values)
        else:
            rows[:, NAMES.index(name)] = values
    return rows


def test_weights_name_only_signals_that_there_are() -> None:
    """A renamed signal would lose its weight without a word."""
    told = json.loads(FILE.read_text(encoding="utf-8"))

    assert set(told["lines"]) <= set(NAMES)
    assert set(told["pages"]) <= set(PAGES)
    assert set(told["answers"]) - {"bias"} <= set(STANDING)
    assert {"fitted_on", "left_out", "made_on", "bounds"} <= set(told)


def test_every_corpus_was_left_out_once() -> None:
    """What the file says of a corpus was measured without it."""
    told = json.loads(FILE.read_text(encoding="utf-8"))

    assert set(told["fitted_on"]) == set(told["left_out"])
    assert len(told["left_out"]) >= 2


def test_lines_are_ordered_by_the_weighted_sum_of_signals() -> None:
    """Two candidates, one signal: 0.5 and 1 at a weight of 2 are 1 and 2."""
    found = ranked(rows_of(words_own=[0.5, 1.0]), made(words_own=2.0))

    assert [1.0, 2.0] == found.lines.tolist()
    assert [1, 0] == found.order


def test_the_page_comes_first_and_then_its_line() -> None:
    """A better line of a worse page waits: the search put page 0 first, and that counts 3."""
    rows = rows_of(words_own=[0.5, 0.4, 1.0], place=[0, 0, 1], rank=[0.0, 0.0, 0.7])

    found = ranked(rows, made({"searched_first": 3.0}, words_own=1.0))

    assert 0 == found.first
    assert [0, 0, 1] == found.place.tolist()
    assert [3.0, 0.0] == found.pages.tolist()


def test_a_line_has_a_share_of_its_page_and_of_all() -> None:
    """Two lines of one page score alike: half of the page each, which is three quarters of all."""
    rows = rows_of(words_own=[1.0, 1.0, 1.0], place=[0, 0, 1], rank=[0.0, 0.0, 0.7])

    found = ranked(rows, made({"searched_first": float(np.log(3))}, words_own=1.0))

    assert pytest.approx([0.5, 0.5, 1.0]) == found.mass.tolist()
    assert pytest.approx([0.375, 0.375, 0.25]) == found.share.tolist()


def test_a_page_is_as_good_as_its_best_lines() -> None:
    """Its best line, the mean of its best three, and the logarithm of how many there are."""
    rows = rows_of(words_own=[0.1, 0.2, 0.3, 0.4], place=[0, 0, 0, 0], rank=[1.0] * 4)

    (row,) = page_rows(rows, np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4, dtype=np.int64))

    found = dict(zip(PAGES, row.tolist(), strict=True))
    assert (0.0, 4.0, 3.0) == tuple(found[n] for n in ("searched_first", "best_line", "best_lines"))
    assert pytest.approx(np.log(4)) == found["lines"]
    assert pytest.approx(0.4) == found["words"]


def test_standing_describes_the_best_candidate_and_its_page() -> None:
    """The next page is 1.5 behind."""
    rows = rows_of(words_own=[0.8, 0.5], place=[0, 1], rank=[0.0, 0.7])
    given = ranked(rows, made({"searched_first": 1.5}, words_own=2.5))

    found = dict(zip(STANDING, standing(np.zeros(len(ABOUT)), rows, given), strict=True))

    assert pytest.approx((2.0, 1.5, 0.8)) == (found["score"], found["page_margin"], found["held"])


@pytest.mark.parametrize(
    "share, said",
    [(0.7, Certainty.ANSWERED), (0.69, Certainty.NEAR), (0.2, Certainty.NEAR), (0.19, Certainty.DECLINED)],
)  # fmt: skip
def test_bounds_part_three_outcomes(share: float, said: Certainty) -> None:
    """From 0.7 on firm, from 0.2 on near."""
    assert said is certainty(share, made())


def test_without_evidence_the_probability_is_even() -> None:
    """A bias of 0 and signals that are worth nothing."""
    assert pytest.approx(0.5) == probability(np.ones(len(STANDING)), made())
