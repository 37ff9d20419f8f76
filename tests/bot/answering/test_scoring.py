"""The fitted scorer: its weights are complete, and its arithmetic is plain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.answering import scoring
from bot.answering.candidates import Candidate
from bot.answering.scoring import STANDING, Weights, certainty, order, probability, standing
from bot.answering.signals import NAMES, Candidates
from bot.answers import Certainty

FILE = Path(scoring.__file__).parent / "weights.json"


def made(**order_of: float) -> Weights:
    """Return weights in which only what is named counts."""
    told = {"order": order_of, "answers": {"bias": 0.0}, "bounds": {"answered": 0.7, "near": 0.2}}
    return Weights.of(told)


def test_weights_name_only_signals_that_there_are() -> None:
    """A renamed signal would lose its weight without a word."""
    told = json.loads(FILE.read_text(encoding="utf-8"))

    assert set(told["order"]) <= set(NAMES)
    assert set(told["answers"]) - {"bias"} <= set(STANDING)
    assert {"fitted_on", "left_out", "made_on", "bounds"} <= set(told)


def test_every_corpus_was_left_out_once() -> None:
    """What the file says of a corpus was measured without it."""
    told = json.loads(FILE.read_text(encoding="utf-8"))

    assert set(told["fitted_on"]) == set(told["left_out"])
    assert len(told["left_out"]) >= 2


def test_order_is_the_weighted_sum_of_signals() -> None:
    """Two candidates, one signal: 0.5 and 1 at a weight of 2 are 1 and 2."""
    rows = np.zeros((2, len(NAMES)))
    rows[:, NAMES.index("words_own")] = [0.5, 1.0]
    nothing: tuple[Candidate, ...] = ()

    assert [1.0, 2.0] == order(Candidates(nothing, rows), made(words_own=2.0)).tolist()


def test_standing_describes_the_best_candidate_and_its_margin() -> None:
    """The next one of another page is 1.5 behind."""
    rows = np.zeros((2, len(NAMES)))
    rows[0, NAMES.index("words_own")] = 0.8
    rows[1, NAMES.index("page_rank")] = 0.7
    scores = np.array([2.0, 0.5])

    found = dict(zip(STANDING, standing(np.zeros(6), rows, scores), strict=True))

    assert (2.0, 1.5, 0.8) == (found["score"], found["margin"], found["held"])


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
