"""Intervals and the paired test, against values worked out by hand."""

from __future__ import annotations

import pytest

from evals.significance import interval, sign_flip


def test_the_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    """Half right of 20 spreads more than half right of 2,000."""
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1000)

    assert few.low < 0.5 < few.high
    # The normal approximation: 0.5 ± 1.96 · 0.5 / √n.
    assert 0.28 == pytest.approx(few.low, abs=0.03)
    assert 0.478 == pytest.approx(many.low, abs=0.004)
    assert 0.522 == pytest.approx(many.high, abs=0.004)


def test_the_interval_repeats() -> None:
    """The same values and seed give the same ends; no value has none."""
    assert interval([0, 1, 1]) == interval([0, 1, 1])
    with pytest.raises(ValueError, match="no value"):
        interval([])


@pytest.mark.parametrize(
    "differences,expected",
    [
        pytest.param([], 1.0, id="nothing"),
        pytest.param([0.0, 0.0], 1.0, id="no difference"),
        pytest.param([1, 1, 1, 1, 1], 2 / 32, id="five wins of five"),
        pytest.param([1, -1], 1.0, id="one each"),
        pytest.param([1, 1, 1, -1], 10 / 16, id="three to one"),
        pytest.param([0, 1, 1, 1, -1, 0], 10 / 16, id="ties do not count"),
        pytest.param([2, 1], 2 / 4, id="sizes count"),
    ],
)
def test_few_differences_are_counted_exactly(differences: list[float], expected: float) -> None:
    """All sign patterns are counted, on both sides."""
    assert expected == pytest.approx(sign_flip(differences))


def test_many_differences_are_sampled_near_the_truth() -> None:
    """Fifteen wins to five: the binomial says 0.0414."""
    assert 0.0414 == pytest.approx(sign_flip([1.0] * 15 + [-1.0] * 5), abs=0.008)


def test_the_sampled_probability_is_never_zero() -> None:
    """The observed pattern is one of those counted."""
    assert 0 < sign_flip([1.0] * 200) < 0.001
