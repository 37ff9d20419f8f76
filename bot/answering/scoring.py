"""The fitted scorer: which page comes first, which of its lines, and whether that line answers.

All three are linear in named signals: a conditional logit over the found pages, one over the lines
of a page, and a logistic regression. `weights.json` holds what the signals are worth, what they
were fitted on and how they do on a corpus that was left out; `python -m evals.fitting` makes it
anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.signals import LEGS, NAMES
from bot.answers import Certainty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.asking.intent import Intent

WEIGHTS = "weights.json"

LEG_NAMES = tuple(f"{leg.replace('-', '_')}_leg" for leg in LEGS)

LINES = tuple(
    name
    for name in NAMES
    if name not in {"rank", "page_rank", "foreign", "town_front", "words_page", *LEG_NAMES}
)
"""What tells one line of a page from another."""

_MOST = {
    "value_unit": ("value_unit",), "pairs": ("pairs_own",), "words_line": ("words_line",),
    "value_line": ("value_line",), "things": ("things_own", "things_heads"),
    "defines": ("defines",), "pairs_held": ("pairs_own", "pairs_heads", "pairs_above"),
    "title": ("words_title",),
    "words": (
        "words_own", "words_heads", "words_leaf", "words_path", "words_title", "words_near",
        "words_page",
    ),
    **{name: (name,) for name in LEG_NAMES},
}  # fmt: skip
"""What of a page's lines counts by the most that one of them tells, as a sum of signals."""

PAGES = ("searched_first", "best_line", "best_lines", "lines", *_MOST)
"""What tells one page from another, in the order of a row: whether the search put it first, its best
line and its best three, how many lines it has (their logarithm), and the most that a line of it tells."""

_BEST = 3
_OVER = ("words_own", "words_heads", "words_leaf", "words_path", "words_title")
_SEEN = _MOST["words"]

_UNTOLD = frozenset({
    "rank", "page_rank", "length", "lines", "item", "scrap", "cut", "row", "heading", "foreign",
    "words_leg", "words_near", "words_rarest",
})  # fmt: skip
"""What tells nothing of whether a line answers: what some documents liked and others did not.

With these, the page's share, the distance to other lines and how long the question is, the area
under the curve was, each set of documents left out, .851 on clerk (.854 without), .766 on gov (.772),
.857 on jorei (.885), .842 on other (.871) and .815 on strange (.821); some of it is the town's that
the first page names."""

STANDING = (
    "score", "page_margin", "line_share", "held", "held_section",
    "held_title", "held_page",
    "lost_page", "things_held", "things_seen", "pairs_seen", "most_words", "most_title",
    "most_page", "most_things", "any_unit", "any_value", "any_defines", "things", "periods",
    "towns", "no_kind", "english", *(f"top_{name}" for name in NAMES if name not in _UNTOLD),
)  # fmt: skip
"""What tells whether the first candidate answers, in the order of a row."""

_TOLD = np.array([[float(name in names) for names in _MOST.values()] for name in NAMES])
"""Sums signals as `_MOST` says, shape (len(NAMES), len(_MOST))."""

_FEW = 5


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal is worth: of lines, of pages, for answering; and from what share on it holds."""

    lines: tuple[float, ...]
    pages: tuple[float, ...]
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
        lines: Mapping[str, float] = told["lines"]  # type: ignore[assignment]
        pages: Mapping[str, float] = told["pages"]  # type: ignore[assignment]
        answers: Mapping[str, float] = told["answers"]  # type: ignore[assignment]
        bounds: Mapping[str, float] = told["bounds"]  # type: ignore[assignment]
        return cls(
            tuple(lines.get(name, 0.0) for name in NAMES),
            tuple(pages.get(name, 0.0) for name in PAGES),
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


def places(rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of each candidate's page, shape (candidates,), from 0 in the search's order."""
    found: NDArray[np.int64] = np.rint(np.expm1(rows[:, NAMES.index("page_rank")])).astype(np.int64)
    return found


def page_rows(
    rows: NDArray[np.float64], scores: NDArray[np.float64], place: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the signals of pages from 0 on, shape (pages, len(PAGES)); *scores* are the lines'."""
    found = np.zeros((int(place.max()) + 1, len(PAGES)))
    told = rows @ _TOLD
    first = rows[:, NAMES.index("rank")] == 0
    for number in range(len(found)):
        own = place == number
        if not own.any():
            continue
        ranked = np.sort(scores[own])[::-1]
        found[number] = [
            float(first[own].any()), ranked[0], ranked[:_BEST].mean(), math.log(len(ranked)),
            *told[own].max(axis=0),
        ]  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class Ranked:
    """The candidates of a question, ordered; each array has the shape (candidates,).

    *lines* are the lines' scores, *place* the number of their page; *pages* are the pages' scores.
    *mass* is how likely each is the one among those of its page, *share* among all.
    """

    lines: NDArray[np.float64]
    place: NDArray[np.int64]
    pages: NDArray[np.float64]
    mass: NDArray[np.float64]
    share: NDArray[np.float64]

    @cached_property
    def first(self) -> int:
        """The best line of the best page."""
        return int(np.lexsort((-self.lines, -self.pages[self.place]))[0])

    @cached_property
    def order(self) -> list[int]:
        """All, best first: behind the first one by their share."""
        first = self.first
        behind = np.argsort(-self.share, kind="stable").tolist()
        return [first, *(at for at in behind if at != first)]


def ranked(rows: NDArray[np.float64], fitted: Weights) -> Ranked:
    """Order candidates by their signals, shape (candidates, len(NAMES)), at least one."""
    lines: NDArray[np.float64] = rows @ np.array(fitted.lines)
    place = places(rows)
    pages: NDArray[np.float64] = page_rows(rows, lines, place) @ np.array(fitted.pages)
    return _shared(lines, place, pages)


def _shared(
    lines: NDArray[np.float64], place: NDArray[np.int64], pages: NDArray[np.float64]
) -> Ranked:
    there = np.unique(place)
    powers = np.exp(pages[there] - pages[there].max())
    page_share = np.zeros(len(pages))
    page_share[there] = powers / powers.sum()
    top = np.full(len(pages), -np.inf)
    np.maximum.at(top, place, lines)
    mass = np.exp(lines - top[place])
    whole = np.zeros(len(pages))
    np.add.at(whole, place, mass)
    mass = mass / whole[place]
    return Ranked(lines, place, pages, mass, mass * page_share[place])


ABOUT = ("things", "periods", "towns", "no_kind", "english")
"""What a question is by itself, in the order of `about`."""


def about(intent: Intent) -> NDArray[np.float64]:
    """Return what a question is by itself, shape (len(ABOUT),)."""
    bounds = intent.conditions
    return np.array([
        float(len(intent.subjects)), float(len(bounds.periods)), float(len(bounds.towns)),
        float(not intent.wanted), float(intent.language == "en"),
    ])  # fmt: skip


def standing(
    question: NDArray[np.float64], rows: NDArray[np.float64], given: Ranked
) -> NDArray[np.float64]:
    """Return what tells whether the first candidate answers, shape (len(STANDING),).

    *question* is what it is by itself, *rows* are the candidates' signals.
    """
    best = given.first
    page = given.place[best]
    top = dict(zip(NAMES, rows[best].tolist(), strict=True))
    by_score = np.argsort(-given.lines, kind="stable")
    there = np.unique(given.place)
    others = given.pages[there[there != page]]
    held = top["words_own"] + top["words_heads"]
    section = held + top["words_leaf"]
    title = section + top["words_path"] + top["words_title"]
    whole = title + top["words_near"] + top["words_page"]

    def most(*names: str) -> float:
        return float(rows[:, [NAMES.index(name) for name in names]].sum(axis=1).max())

    few = rows[by_score[:_FEW]]
    found = {
        "score": given.lines[best],
        "page_margin": given.pages[page] - (others.max() if len(others) else given.pages[page]),
        "line_share": given.mass[best],
        "held": held, "held_section": section, "held_title": title, "held_page": whole,
        "lost_page": 1 - whole, "things_held": top["things_own"] + top["things_heads"],
        "things_seen": top["things_own"] + top["things_heads"] + top["things_above"],
        "pairs_seen": top["pairs_own"] + top["pairs_heads"],
        "most_words": most("words_own"), "most_title": most(*_OVER), "most_page": most(*_SEEN),
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
