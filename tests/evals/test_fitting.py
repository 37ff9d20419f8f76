"""Fitting: the committed signals give the committed weights, and worse ones are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.answering.scoring import ABOUT, PAGES
from bot.answering.signals import NAMES
from evals import fitting
from evals.errors import BadRun
from evals.fitting import Rows, fit_order, load, save, write


def made(corpus: str = "town", questions: int = 30) -> Rows:
    """Return questions of three candidates each; the right one says more, and another page less."""
    random = np.random.default_rng(3)
    rows = random.normal(0, 0.1, (3 * questions, len(NAMES)))
    rows[::3, NAMES.index("words_own")] += 1.0
    rows[:, NAMES.index("page_rank")] = np.tile(np.log1p([0, 0, 1]), questions)
    right = np.tile([True, False, False], questions)
    page = np.tile([True, True, False], questions)
    return Rows(
        corpus, rows, np.arange(questions) * 3, right, page,
        np.ones(questions, bool), np.ones(questions, bool), np.arange(questions) % 5,
        np.zeros((questions, len(ABOUT))),
    )  # fmt: skip


def test_the_order_learns_what_tells_right_from_wrong() -> None:
    """The one signal that differs gets the largest weight, and a positive one."""
    given = made()

    weights = fit_order([(given, np.ones(30, bool))]).lines * given.rows.std(axis=0)

    assert "words_own" == NAMES[int(np.argmax(weights))]


def test_signal_that_can_only_speak_for_a_line_never_speaks_against_it() -> None:
    """Chance sets it on wrong lines alone; its weight stays at nothing."""
    given = made()
    given.rows[1::3, NAMES.index("contact")] = 1.0

    weights = fit_order([(given, np.ones(30, bool))]).lines

    assert 0 == weights[NAMES.index("contact")]


def test_questions_over_the_same_documents_are_left_out_together() -> None:
    """Two sets of questions of one town tell as much of each other."""
    random = np.random.default_rng(5)
    given = [made("town-clerk"), made("town"), made("port")]
    for one in given:
        one.answerable[random.random(30) < 0.3] = False

    _, out = fitting.crossed(given)

    alone = fitting.fit([(given[2], np.ones(30, bool))])
    every = np.ones(30, bool)
    sure, _ = fitting.crossed(given)
    bounds = fitting.bounds_of(given, sure)
    assert fitting.figures(given[0], every, alone, bounds) == out["town-clerk"]


def test_signals_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """Half precision is enough for signals between 0 and 1."""
    given = made()

    save(given, tmp_path)
    found = load(tmp_path / "town.npz")

    assert np.allclose(given.rows, found.rows, atol=2e-3)
    assert given.right.tolist() == found.right.tolist()


def test_signals_of_another_day_are_refused(tmp_path: Path) -> None:
    """A column that was renamed since would be read as another."""
    save(made(), tmp_path)
    path = tmp_path / "town.npz"
    with np.load(path) as stored:
        parts = {name: stored[name] for name in stored.files}
    np.savez_compressed(path, **{**parts, "names": parts["names"][::-1]})

    with pytest.raises(BadRun, match="collect them again"):
        load(path)


def test_weights_that_do_worse_on_a_left_out_corpus_are_not_written(tmp_path: Path) -> None:
    """The former ones stay as they were."""
    target = tmp_path / "weights.json"
    good = {"left_out": {"town": {"right_first": 0.8, "right_page": 0.9, "not_firm": 0.8}}}
    bad = {"left_out": {"town": {"right_first": 0.6, "right_page": 0.9, "not_firm": 0.8}}}
    write(good, target)

    with pytest.raises(BadRun, match=r"right_first on town, left out, falls from 0\.8 to 0\.6"):
        write(bad, target)

    assert good == json.loads(target.read_text(encoding="utf-8"))


def test_the_committed_signals_give_the_committed_weights() -> None:
    """Whoever has a clone can make the file anew, without anybody's documents."""
    told = json.loads(fitting.TARGET.read_text(encoding="utf-8"))
    given = [load(path) for path in sorted(fitting.ROWS.glob("*.npz"))]

    weights = fit_order([(rows, np.ones(len(rows.first), bool)) for rows in given])

    lines = [told["lines"].get(name, 0.0) for name in NAMES]
    pages = [told["pages"].get(name, 0.0) for name in PAGES]
    assert np.allclose(lines, weights.lines, atol=0.05)
    assert np.allclose(pages, weights.pages, atol=0.05)
