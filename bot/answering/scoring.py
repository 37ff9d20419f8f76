"""The fitted scorer: which candidate comes first, and whether the first of them answers.

Both are linear in named signals. `weights.json` holds what they are worth, what they were fitted
on and how they do on a corpus that was left out; `python -m evals.fitting` makes it anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.signals import NAMES, Candidates
from bot.answers import Certainty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.asking.intent import Intent

WEIGHTS = "weights.json"

STANDING = (
    "score", "margin", "above_others", "held", "held_section", "held_title", "held_page",
    "lost_page", "things_held", "things_seen", "pairs_seen", "most_words", "most_title",
    "most_page", "most_things", "any_unit", "any_value", "any_defines", "things", "periods",
    "towns", "no_kind", "length_asked", "english",
    *(f"top_{name}" for name in NAMES if name not in {"rank", "page_rank", "length", "lines"}),
)  # fmt: skip
"""What tells whether the first candidate answers, in the order of a row."""

_OTHERS = 20
_FEW = 5


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal is worth: for the order, for answering, and from what share on it holds."""

    order: tuple[float, ...]
    answers: tuple[float, ...]
    bias: float
    answered: float
    near: float

    @classmethod
    def of(cls, told: Mapping[str, object]) -> Weights:
        """Read what `weights.json` holds; a signal that it does not name is worth nothing.

        Raises:
            KeyError: a part is missing.
        """
        order: Mapping[str, float] = told["order"]  # type: ignore[assignment]
        answers: Mapping[str, float] = told["answers"]  # type: ignore[assignment]
        bounds: Mapping[str, float] = told["bounds"]  # type: ignore[assignment]
        return cls(
            tuple(order.get(name, 0.0) for name in NAMES),
            tuple(answers.get(name, 0.0) for name in STANDING),
            answers["bias"],
            bounds["answered"],
            bounds["near"],
        )


@cache
def weights() -> Weights:
    """Return the fitted weights that come with the product."""
    said = files(__package__).joinpath(WEIGHTS).read_text(encoding="utf-8")
    return Weights.of(json.loads(said))


def order(given: Candidates, fitted: Weights) -> NDArray[np.float64]:
    """Return the score of each candidate, shape (candidates,); higher is better."""
    found: NDArray[np.float64] = given.rows @ np.array(fitted.order)
    return found


ABOUT = ("things", "periods", "towns", "no_kind", "length_asked", "english")
"""What a question is by itself, in the order of `about`."""


def about(intent: Intent) -> NDArray[np.float64]:
    """Return what a question is by itself, shape (len(ABOUT),)."""
    bounds = intent.conditions
    return np.array([
        float(len(intent.subjects)), float(len(bounds.periods)), float(len(bounds.towns)),
        float(not intent.wanted), len(intent.core) / 50, float(intent.language == "en"),
    ])  # fmt: skip


def standing(
    question: NDArray[np.float64], rows: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what tells whether the best candidate answers, shape (len(STANDING),).

    *question* is what it is by itself, *rows* are the candidates' signals.
    """
    ranked = np.argsort(-scores, kind="stable")
    best = ranked[0]
    top = dict(zip(NAMES, rows[best].tolist(), strict=True))
    # The next one of another page: runs of the same lines score alike.
    page = NAMES.index("page_rank")
    beyond = ranked[rows[ranked, page] != rows[best, page]]
    second = scores[beyond[0]] if len(beyond) else scores[best]
    held = top["words_own"] + top["words_heads"]
    section = held + top["words_leaf"]
    title = section + top["words_path"] + top["words_title"]
    whole = title + top["words_near"] + top["words_page"]

    def most(*names: str) -> float:
        return float(rows[:, [NAMES.index(name) for name in names]].sum(axis=1).max())

    few = rows[ranked[:_FEW]]
    over = ("words_own", "words_heads", "words_leaf", "words_path", "words_title")
    found = {
        "score": scores[best], "margin": scores[best] - second,
        "above_others": scores[best] - scores[ranked[:_OTHERS]].mean(),
        "held": held, "held_section": section, "held_title": title, "held_page": whole,
        "lost_page": 1 - whole, "things_held": top["things_own"] + top["things_heads"],
        "things_seen": top["things_own"] + top["things_heads"] + top["things_above"],
        "pairs_seen": top["pairs_own"] + top["pairs_heads"],
        "most_words": most("words_own"), "most_title": most(*over),
        "most_page": most(*over, "words_near", "words_page"),
        "most_things": most("things_own"), "any_unit": most("value_unit"),
        "any_value": float(few[:, NAMES.index("value")].max()),
        "any_defines": float(few[:, NAMES.index("defines")].max()),
        **dict(zip(ABOUT, question.tolist(), strict=True)),
        **{f"top_{name}": value for name, value in top.items()},
    }  # fmt: skip
    return np.array([found[name] for name in STANDING])


def probability(row: Sequence[float] | NDArray[np.float64], fitted: Weights) -> float:
    """Return how likely the best candidate answers, from 0 to 1."""
    total = fitted.bias + float(np.dot(fitted.answers, row))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def certainty(probable: float, fitted: Weights) -> Certainty:
    """Return how firmly that is."""
    if probable >= fitted.answered:
        return Certainty.ANSWERED
    return Certainty.NEAR if probable >= fitted.near else Certainty.DECLINED
