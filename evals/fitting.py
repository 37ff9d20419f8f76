"""The scorer's weights, fitted over several corpora and shown on each that was left out.

Two steps, so that a clean clone can make the weights anew without anybody's documents:

    python -m evals.fitting collect HOME QUESTIONS.jsonl CORPUS    # numbers into evals/signals/
    python -m evals.fitting fit                                    # bot/answering/weights.json

What is kept of a question are the signals of its candidates, hashed ids and folds; no text.
A question file has one JSON object a line: *id*, *question*, *lang* and, where the documents answer
it, *relevant* (file and page) with *quote* (spans that answer) or *value*. What CORPUS begins with,
up to a hyphen, names its documents: several sets of questions over the same ones (gov, gov-clerk) are
left out together.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from bot.answering.extractive import PASSAGES
from bot.answering.lines import Reader
from bot.answering.scoring import (
    LINES,
    PAGES,
    STANDING,
    WEIGHTS,
    Weights,
    page_rows,
    ranked,
    standing,
)
from bot.answering.scoring import about as about_of
from bot.answering.scoring import places as pages_of
from bot.answering.signals import NAMES, asked, candidates
from bot.asking.question import read as read_question
from bot.asking.reading import read
from evals.errors import BadRun
from index.passages import Filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.answering.candidates import Candidate
    from index.passages import Library

ROWS = Path(__file__).parent / "signals"
TARGET = Path(__file__).parent.parent / "bot" / "answering" / WEIGHTS

_KEPT = 10
"""Pages whose candidates are kept of a question: the first of the search, and the right ones."""

_LINE_PENALTY, _PAGE_PENALTY, _ANSWER_PENALTY = 10.0, 3.0, 120.0
"""How strongly weights are held to zero.

Each set of documents left out: with 20 and 40 in place of 10 for lines the right line came first in as
many of 1,251 questions, and in three fewer. With 2, 5, 10 and 30 for pages the right page came first
.860, .860, .857 and .853 over seven sets. For answers the area under the curve was, at 60, 120 and 240,
.844, .846 and .847 over six sets, and the loss least at 60 and 120."""

_FOR = frozenset({
    "words_own", "words_heads", "words_leaf", "words_path", "words_title", "words_line",
    "pairs_own", "pairs_heads", "pairs_above", "pairs_line", "things_own", "things_heads",
    "things_above", "things_line", "predicate", "density", "value", "value_unit",
    "value_head", "value_line", "figures", "period_own", "period_above", "town_own",
    "town_above", "town_front", "defines", "most", "modal", "reason", "who", "lists", "steps", "compares", "contact", "decides",
})  # fmt: skip
_AGAINST = frozenset({
    "words_rarest", "words_beside", "things_lost", "value_lacks", "period_lacks", "town_lacks",
    "contents", "cut", "scrap", "lead_in", "points_back", "cover", "label", "head",
})  # fmt: skip
"""Signals that can speak only for a line, and only against it; of the others fitting decides.

Left to itself a signal that is rare in some documents gets a large weight of the wrong sign: a line
cut off in its sentence had +3.6. With signs held the area under the curve of answers rises from .806
to .831 on clerk and from .841 to .854 on other, each left out; jorei stays (.821 and .822)."""

_FOR_ANSWERS = frozenset({
    "held", "held_section", "held_title", "held_page", "things_held", "things_seen", "pairs_seen",
    "page_margin", "line_share", "score", "any_value", "any_defines",
    "any_unit", *(f"top_{name}" for name in _FOR),
})  # fmt: skip
_AGAINST_ANSWERS = frozenset({
    "lost_page", "periods", "towns", *(f"top_{name}" for name in _AGAINST - {"words_beside"}),
})  # fmt: skip

_FIRM, _KEPT_UP = 0.73, 0.965
"""Shares of the answerable questions (in Japanese, out of fold) that are to be answered firmly, and
not to be declined: about as many as are firmly answered by the way that the others are not."""

_FOLDS = 5
_WORSE = 0.07
"""By how much a left-out corpus may fare worse than with the weights that are replaced."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The signals of one corpus.

    *rows* are those of all candidates, shape (n, len(NAMES)); *first* tells where each question's
    begin, *right* which candidates hold the answer, *page* which stand on a right page.
    *answerable*, *japanese* and *fold* are of each question.
    """

    corpus: str
    rows: NDArray[np.float64]
    first: NDArray[np.int64]
    right: NDArray[np.bool_]
    page: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    japanese: NDArray[np.bool_]
    fold: NDArray[np.int64]
    asked: NDArray[np.float64]

    @property
    def documents(self) -> str:
        """Which documents it asks: several sets of questions over the same are left out together."""
        return self.corpus.split("-", maxsplit=1)[0]

    def of(self, question: int) -> slice:
        """Return which rows are a question's."""
        last = self.first[question + 1] if question + 1 < len(self.first) else len(self.rows)
        return slice(int(self.first[question]), int(last))


def collect(library: Library, items: Iterable[Mapping[str, Any]], corpus: str) -> Rows:
    """Put questions to a library and return the signals of what may answer them."""
    reader = Reader()
    rows, first, right, page = [], [], [], []
    answerable, japanese, fold, about = [], [], [], []
    at = 0
    for item in items:
        question = read_question(item["question"])
        intent = read(question.standalone, language=question.language)
        passages = library.retrieve(
            library.mended(question.standalone), k=PASSAGES, filters=Filters(groups=None)
        )
        given = candidates(asked(intent, library), passages, library, reader)
        if not given.found:
            continue
        places = {(one["file"], one["page"]) for one in item.get("relevant", ())}
        on = np.array([(_file(one), one.first.stored.page) in places for one in given.found])
        holds = np.array([
            bool(on[number]) and answers(item, one) for number, one in enumerate(given.found)
        ])  # fmt: skip
        place = pages_of(given.rows)
        kept = np.flatnonzero((place < _KEPT) | np.isin(place, place[on]))
        rows.append(given.rows[kept])
        right.append(holds[kept])
        page.append(on[kept])
        first.append(at)
        at += len(kept)
        answerable.append(bool(places))
        japanese.append(question.language == "ja")
        name = min(places)[0] if places else _file(given.found[0])
        fold.append(int(hashlib.sha256(name.encode()).hexdigest(), 16) % _FOLDS)
        about.append(about_of(intent))
    return Rows(
        corpus, np.vstack(rows), np.array(first), np.concatenate(right), np.concatenate(page),
        np.array(answerable), np.array(japanese), np.array(fold), np.array(about),
    )  # fmt: skip


def _file(one: Candidate) -> str:
    return Path(one.first.edition.path or one.first.edition.key).name


def answers(item: Mapping[str, Any], one: Candidate) -> bool:
    """Whether a candidate on a right page shows every span of the quotation, or every value."""
    said = _plain(f"{one.text}\n{one.heads}")
    file, number = _file(one), one.first.stored.page
    spans = [q["text"] for q in item.get("quote", ()) if (q["file"], q["page"]) == (file, number)]
    if spans and all(_plain(span) in said for span in spans):
        return True
    values = item.get("value") or []
    values = [values] if isinstance(values, str) else values
    plain = [[_plain(form) for form in value.split("|")] for value in values]
    short = any(
        re.fullmatch(r"\d{1,3}(?:\.\d+)?%?|.{1,2}", form) for forms in plain for form in forms
    )
    return (
        bool(plain)
        and not short
        and all(
            any(re.search(rf"(?<!\d){re.escape(form)}(?!\d)", said) for form in forms)
            for forms in plain
        )
    )


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


def save(rows: Rows, folder: Path = ROWS) -> None:
    """Write the signals of a corpus, replacing those that were there."""
    folder.mkdir(exist_ok=True)
    np.savez_compressed(
        folder / f"{rows.corpus}.npz",
        names=np.array(NAMES),
        **{name: getattr(rows, name) for name in _PARTS if name != "rows"},
        rows=rows.rows.astype(np.float16),
    )


_PARTS = ("rows", "first", "right", "page", "answerable", "japanese", "fold", "asked")


def load(path: Path) -> Rows:
    """Read what `save` wrote.

    Raises:
        BadRun: the signals are others than today's, so that they have to be collected anew.
    """
    with np.load(path, allow_pickle=False) as stored:
        if tuple(stored["names"].tolist()) != NAMES:
            raise BadRun(str(path), "its signals are not today's; collect them again")
        parts = {name: stored[name] for name in _PARTS}
    parts["rows"] = parts["rows"].astype(np.float64)
    return Rows(path.stem, **parts)


_Group = tuple["NDArray[np.float64]", "NDArray[np.bool_]"]


_Bounds = Sequence[tuple[float | None, float | None]]


def _signs(names: Sequence[str], good: frozenset[str], bad: frozenset[str]) -> _Bounds:
    """Return between what the weight of each signal lies, None for no bound."""
    return [(0.0 if name in good else None, 0.0 if name in bad else None) for name in names]


def fit_choice(groups: Sequence[_Group], penalty: float, bounds: _Bounds) -> NDArray[np.float64]:
    """Fit a conditional logit (McFadden 1974) over the choices of each group.

    The likelihood is that of any right choice coming first; weights are held to zero in standard
    units, and within *bounds*. Groups without a right or a wrong choice tell nothing.
    """
    telling = [(rows, right) for rows, right in groups if right.any() and not right.all()]
    table = np.vstack([rows for rows, _ in telling])
    scale = table.std(axis=0) + 1e-6
    table = table / scale
    holds = np.concatenate([right for _, right in telling]).astype(np.float64)
    sizes = [len(right) for _, right in telling]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    of = np.repeat(np.arange(len(sizes)), sizes)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = table @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        whole = np.add.reduceat(powers, starts)
        good = np.add.reduceat(powers * holds, starts)
        slope = table.T @ (powers * holds / good[of] - powers / whole[of])
        return (
            float(-np.log(good / whole).sum() + penalty * weights @ weights),
            -slope + 2 * penalty * weights,
        )

    found = minimize(
        loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 400},
    )  # fmt: skip
    weights: NDArray[np.float64] = np.asarray(found.x) / scale
    return weights


def fit_order(given: Sequence[tuple[Rows, NDArray[np.bool_]]]) -> Weights:
    """Fit which line of a right page comes first, then which page does.

    *given* are corpora, each with the questions that count. What tells whether it answers is left
    at nothing.
    """
    line_columns = [NAMES.index(name) for name in LINES]
    asked_of = [
        (rows, rows.of(int(at)))
        for rows, chosen in given
        for at in np.flatnonzero(chosen & rows.answerable)
    ]
    groups: list[_Group] = []
    for rows, span in asked_of:
        table, right, place = rows.rows[span], rows.right[span], pages_of(rows.rows[span])
        for number in np.unique(place[rows.page[span]]):
            own = place == number
            groups.append((table[own][:, line_columns], right[own]))
    lines = np.zeros(len(NAMES))
    lines[line_columns] = fit_choice(groups, _LINE_PENALTY, _signs(LINES, _FOR, _AGAINST))
    groups = []
    for rows, span in asked_of:
        table, place = rows.rows[span], pages_of(rows.rows[span])
        there = np.unique(place)
        right = np.isin(there, place[rows.page[span]])
        groups.append((page_rows(table, table @ lines, place)[there], right))
    pages = fit_choice(groups, _PAGE_PENALTY, _signs(PAGES, frozenset(PAGES), frozenset()))
    nothing = (0.0,) * len(STANDING)
    return Weights(tuple(lines.tolist()), tuple(pages.tolist()), nothing, 0.0, 0.0, 0.0)


def standings(rows: Rows, order: Weights) -> NDArray[np.float64]:
    """Return what tells whether the first candidate answers, a row for each question."""
    found = []
    for at in range(len(rows.first)):
        table = rows.rows[rows.of(at)]
        found.append(standing(rows.asked[at], table, ranked(table, order)))
    return np.array(found)


def fit_answers(
    table: NDArray[np.float64], answerable: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Fit whether the first candidate answers: logistic regression held to zero in standard units.

    Both kinds of question weigh the same; the signs of weights are held where they are known.
    """
    middle, scale = table.mean(axis=0), table.std(axis=0) + 1e-6
    rows, sign = (table - middle) / scale, np.where(answerable, 1.0, -1.0)
    weigh = len(sign) / (2 * np.where(answerable, answerable.sum(), (~answerable).sum()))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (rows @ weights[:-1] + weights[-1])
        slope = -weigh * sign / (1 + np.exp(np.clip(margin, -50, 50)))
        held = weights[:-1]
        return (
            float(weigh @ np.logaddexp(0, -margin) + _ANSWER_PENALTY * held @ held / 2),
            np.append(rows.T @ slope + _ANSWER_PENALTY * held, slope.sum()),
        )

    bounds = [*_signs(STANDING, _FOR_ANSWERS, _AGAINST_ANSWERS), (None, None)]
    found = minimize(
        loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 600},
    )  # fmt: skip
    weights: NDArray[np.float64] = np.asarray(found.x[:-1]) / scale
    return weights, float(found.x[-1] - weights @ middle)


def fit(given: Sequence[tuple[Rows, NDArray[np.bool_]]]) -> Weights:
    """Fit all models on the questions of several corpora that count.

    The one that tells whether it answers sees the order on questions that it was not fitted on.
    """
    tables, answerable = [], []
    for fold in range(_FOLDS):
        inner = [(rows, chosen & (rows.fold != fold)) for rows, chosen in given]
        order = fit_order(inner)
        for rows, chosen in given:
            taken = chosen & (rows.fold == fold)
            if taken.any():
                tables.append(standings(rows, order)[taken])
                answerable.append(rows.answerable[taken])
    answers_by, bias = fit_answers(np.vstack(tables), np.concatenate(answerable))
    return replace(fit_order(given), answers=tuple(answers_by.tolist()), bias=bias)


def probabilities(rows: Rows, fitted: Weights) -> NDArray[np.float64]:
    """Return for each question how likely its first candidate answers."""
    total = fitted.bias + standings(rows, fitted) @ np.array(fitted.answers)
    found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(total, -50, 50)))
    return found


def figures(
    rows: Rows, chosen: NDArray[np.bool_], fitted: Weights, bounds: tuple[float, float]
) -> dict[str, float]:
    """Return how weights do on the questions that count, in Japanese where it is of the answer.

    right_first: the first candidate holds the answer; right_page: it stands on a right page. firm,
    declined: shares of the answerable; not_firm, declined_rightly: of the others. What no question
    tells is left out.
    """
    sure = probabilities(rows, fitted)
    best = np.array([
        int(rows.first[at]) + ranked(rows.rows[rows.of(at)], fitted).first
        for at in range(len(rows.first))
    ])  # fmt: skip
    good = chosen & rows.answerable & rows.japanese
    bad = chosen & ~rows.answerable
    firm, near = bounds

    shares = {
        "right_first": (rows.right[best], good & rows.right.any()),
        "right_page": (rows.page[best], good),
        "firm": (sure >= firm, good), "declined": (sure < near, good),
        "not_firm": (sure < firm, bad), "declined_rightly": (sure < near, bad),
    }  # fmt: skip
    return {
        "answerable": int(good.sum()),
        "unanswerable": int(bad.sum()),
        **{
            name: round(float(of[among].mean()), 3)
            for name, (of, among) in shares.items()
            if among.any()
        },
    }


def crossed(given: Sequence[Rows]) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
    """Return out-of-fold probabilities of each corpus, and its figures when it is left out whole."""
    every = [np.ones(len(rows.first), np.bool_) for rows in given]
    sure = {rows.corpus: np.zeros(len(rows.first)) for rows in given}
    for fold in range(_FOLDS):
        fitted = fit([(rows, rows.fold != fold) for rows in given])
        for rows in given:
            taken = rows.fold == fold
            sure[rows.corpus][taken] = probabilities(rows, fitted)[taken]
    bounds = bounds_of(given, sure)
    out: dict[str, Any] = {}
    pairs = list(zip(given, every, strict=True))
    for documents in dict.fromkeys(rows.documents for rows in given):
        others = [pair for pair in pairs if pair[0].documents != documents]
        if others:
            fitted = fit(others)
            for left, all_of in pairs:
                if left.documents == documents:
                    out[left.corpus] = figures(left, all_of, fitted, bounds)
    return sure, out


def bounds_of(
    given: Sequence[Rows], sure: Mapping[str, NDArray[np.float64]]
) -> tuple[float, float]:
    """Return from what probability on an answer is firm, and from what on it is not declined."""
    good = np.concatenate([sure[rows.corpus][rows.answerable & rows.japanese] for rows in given])
    return (
        round(float(np.quantile(good, 1 - _FIRM)), 3),
        round(float(np.quantile(good, 1 - _KEPT_UP)), 3),
    )


def told(given: Sequence[Rows]) -> dict[str, Any]:
    """Return what `weights.json` holds for these corpora."""
    sure, out = crossed(given)
    every = [(rows, np.ones(len(rows.first), np.bool_)) for rows in given]
    fitted = fit(every)
    bounds = bounds_of(given, sure)
    return {
        "fitted_on": {rows.corpus: len(rows.first) for rows in given},
        "made_on": date.today().isoformat(),  # noqa: DTZ011 - a day for people
        "left_out": out,
        "bounds": {"answered": bounds[0], "near": bounds[1]},
        "pages": _named(PAGES, fitted.pages),
        "lines": _named(NAMES, fitted.lines),
        "answers": {"bias": round(fitted.bias, 4), **_named(STANDING, fitted.answers)},
    }


def _named(names: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    return {
        name: round(float(weight), 4)
        for name, weight in zip(names, weights, strict=True)
        if abs(weight) >= 5e-5  # noqa: PLR2004 - what rounds to nothing
    }


def write(content: Mapping[str, Any], target: Path = TARGET) -> None:
    """Write weights, unless they do worse on a left-out corpus than those that are there.

    Raises:
        BadRun: they do.
    """
    if target.exists():
        before = json.loads(target.read_text(encoding="utf-8")).get("left_out", {})
        for corpus, now in content["left_out"].items():
            then = before.get(corpus, {})
            for name in ("right_first", "right_page", "not_firm"):
                if name in then and now[name] < then[name] - _WORSE:
                    reason = f"{name} on {corpus}, left out, falls from {then[name]} to {now[name]}"
                    raise BadRun(str(target), f"{reason}; the former weights stay")
    target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str], library_of: Callable[[Path], Library]) -> None:
    """Collect signals or fit weights, as the words on the command line say."""
    if arguments[:1] == ["collect"]:
        home, corpus, *paths = arguments[1:]
        items = [
            json.loads(line)
            for path in paths
            for line in Path(path).read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
        save(collect(library_of(Path(home)), items, corpus))
        return
    content = told([load(path) for path in sorted(ROWS.glob("*.npz"))])
    write(content)
    for corpus, found in content["left_out"].items():
        print(corpus, "left out:", found)  # noqa: T201 - a command that reports


def _open(home: Path) -> Library:
    from index.generations.shelf import Shelf
    from index.search.fitted import Fitted as Embedder

    return Shelf(home, lambda _, folder: Embedder.load(folder / "embedder"))()


if __name__ == "__main__":
    main(sys.argv[1:], _open)
