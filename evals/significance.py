"""How far a figure may be an accident of the questions: intervals and a paired test.

Both resample with a fixed seed, so that a report printed twice is the same report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
"""Enough that the second decimal of an interval's ends does not move with the seed."""

_EXACT_UP_TO = 12


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which two values the mean lies in 95 of 100 resamples."""

    low: float
    high: float


def interval(values: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the 95 % percentile bootstrap interval of the mean.

    Efron (1979). The trap: the interval of a set in which every question scores the same has
    no width, however few questions it has.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        message = "no value has no interval"
        raise ValueError(message)
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(sample), (RESAMPLES, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), [2.5, 97.5])
    return Interval(float(low), float(high))


def sign_flip(differences: Sequence[float], *, seed: int = 0) -> float:
    """Return how probable a mean difference at least this far from 0 is if nothing changed.

    Fisher's paired randomisation test, two-sided: under "nothing changed" each question's
    difference could as well have had the other sign. Up to 12 differing questions all sign
    patterns are counted, above that 10,000 are drawn (and the observed one counted among them,
    so that the answer is never 0). Without any difference the answer is 1.
    """
    moved = np.asarray([value for value in differences if value != 0], dtype=np.float64)
    if not len(moved):
        return 1.0
    observed = abs(moved.sum()) - 1e-12
    sums = np.abs(_signs(len(moved), seed) @ moved)
    if len(moved) <= _EXACT_UP_TO:
        return float(np.mean(sums >= observed))
    return float((1 + np.count_nonzero(sums >= observed)) / (1 + len(sums)))


def _signs(count: int, seed: int) -> NDArray[np.float64]:
    """Return sign patterns, shape (patterns, count): all of them where they are few."""
    if count <= _EXACT_UP_TO:
        bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    else:
        bits = np.random.default_rng(seed).integers(0, 2, (RESAMPLES, count))
    return np.where(bits == 1, np.float64(1), np.float64(-1))
