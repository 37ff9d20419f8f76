"""Fit the weights of index/confidence.py and say how they do on questions they were not fitted to.

    python benchmarks/confidence.py HOME [SET HOME_OF_ITS_CORPUS] …

HOME holds the index of the bundled corpus. Beside the unanswerable questions of the bundled set,
answerable ones are made unanswerable by hiding what answers them: of the bundled set the judged
pages, of any other set the judged documents. Each fold of the questions is scored by weights that
were fitted to the other four. The weights are drawn towards what they are expected to be, because
few questions tell about each of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bot.answering.declining import unheld
from bot.answering.ranking import find
from evals import questions
from evals.runs import as_asked
from index.confidence import Confidence, Signs
from index.generations.generation import Generation
from index.passages import Passage
from tebiki.building import build
from tebiki.settings import settings

EXPECTED = Signs(
    covered=2.0,
    together=2.0,
    thing_missing=-1.0,
    unknown=-1.5,
    joint_missing=-1.0,
    name_missing=-1.5,
    figure_missing=-2.0,
    kind_missing=-4.0,
    kind_apart=-1.5,
    stands_out=0.5,
)
PULL = 0.002
FOLDS, ROUNDS = 5, 4
ANSWERED = 0.955
"""Which share of the bundled answerable questions must be answered."""

WEIGHT = {"asked": 1.0, "unanswerable": 4.0, "hidden": 0.05, "other": 0.5, "other hidden": 0.15}
"""How much a question of each origin counts: what is hidden may still be answered elsewhere."""

_PASSAGES, _DEEP = 24, 1_500

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A question with its signs, whether it is answerable, and whether names alone decline it."""

    origin: str
    name: str
    signs: tuple[float, ...]
    answerable: bool
    unheld: bool = False


def _cases(generation: Generation, set_name: str, *, bundled: bool) -> Iterator[Case]:
    confidence: Confidence = generation._confidence  # noqa: SLF001 - the signs are its business only
    for question in questions.load(set_name):
        asked = as_asked(question)
        said = generation.mended(asked.standalone)
        found = generation.retrieve(said, k=_PASSAGES, filters=asked.filters)
        evidences = find(said, found, generation, language=asked.language)
        lost = bool(evidences.spans and unheld(asked, evidences, generation))
        origin = ("asked" if question.answerable else "unanswerable") if bundled else "other"
        signs = confidence.signs(said, found)
        if signs is not None:
            yield Case(origin, question.id, astuple(signs), question.answerable, lost)
        if question.answerable:
            deep = generation.retrieve(said, k=_DEEP, filters=asked.filters)
            left = [hit for hit in deep if not _answers(hit, question, pages=bundled)][:_PASSAGES]
            signs = confidence.signs(said, left)
            if signs is not None:
                name = "hidden" if bundled else "other hidden"
                yield Case(name, question.id, astuple(signs), answerable=False)


def _answers(hit: Passage, question: questions.Question, *, pages: bool) -> bool:
    """Whether a passage stands on a judged page, or, without *pages*, in a judged document."""
    edition = hit.chunk.edition
    for held in question.judgements:
        same = held.document == edition.document.id or (
            held.file and Path(held.file).name == Path(edition.path or "").name
        )
        if same and (not pages or set(held.pages) & set(hit.pages)):
            return True
    return False


def _fit(signs: Floats, right: Floats, weights: Floats) -> Floats:
    """Return weights and, last, the bias that make right answers likely."""
    drawn = np.array(astuple(EXPECTED))
    sign = np.where(right > 0, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sign * (signs @ at[:-1] + at[-1])
        away = -(weights * sign / (1 + np.exp(margin))) / weights.sum()
        value = (weights * np.logaddexp(0, -margin)).sum() / weights.sum()
        pulled = at[:-1] - drawn
        slope = np.append(signs.T @ away + PULL * pulled, away.sum())
        return float(value + PULL / 2 * (pulled**2).sum()), slope

    found: Floats = minimize(loss, np.append(drawn, 0.0), jac=True, method="L-BFGS-B").x
    return found


def _auc(better: Floats, worse: Floats) -> float:
    above = better[:, None] > worse
    return float(above.mean() + 0.5 * (better[:, None] == worse).mean())


def main(arguments: Sequence[str]) -> None:
    """Print what held-out questions score, and the weights fitted to all."""
    home, *others = arguments
    cases = list(_cases(_opened(home), "starter", bundled=True))
    for where, its_home in zip(others[::2], others[1::2], strict=True):
        cases += _cases(_opened(its_home), where, bundled=False)
    signs = np.array([case.signs for case in cases])
    right = np.array([float(case.answerable) for case in cases])
    weights = np.array([WEIGHT[case.origin] for case in cases])
    origin = np.array([case.origin for case in cases])
    names = sorted({case.name for case in cases})
    chance = np.random.default_rng(7)
    scores = np.zeros(len(cases))
    for _ in range(ROUNDS):
        fold_of = {name: at % FOLDS for at, name in enumerate(chance.permutation(names))}
        folds = np.array([fold_of[case.name] for case in cases])
        for fold in range(FOLDS):
            rest = folds != fold
            fitted = _fit(signs[rest], right[rest], weights[rest])
            scores[~rest] += (signs[~rest] @ fitted[:-1] + fitted[-1]) / ROUNDS
    lost = np.array([case.unheld for case in cases])
    print("held out, confidence alone:", _summary(scores, origin))
    print("held out, with missing names:", _summary(np.where(lost, -99.0, scores), origin))
    fitted = _fit(signs, right, weights)
    plain = np.where(lost, -99.0, signs @ fitted[:-1])
    bias = -float(np.quantile(plain[origin == "asked"], 1 - ANSWERED))
    for field, weight in zip(fields(Signs), fitted[:-1], strict=True):
        print(f"    {field.name}={weight:.2f},")
    print(f"BIAS = {bias:.2f}")


def _summary(scores: Floats, origin: NDArray[np.str_]) -> str:
    asked, none = scores[origin == "asked"], scores[origin == "unanswerable"]
    bar = np.quantile(asked, 1 - ANSWERED)
    said = f"AUC {_auc(asked, none):.3f}, declined {(none < bar).mean():.3f} at {ANSWERED} answered"
    other, hidden = scores[origin == "other"], scores[origin == "other hidden"]
    if len(other):
        said += f"; other sets: AUC {_auc(other, hidden):.3f}, answered {(other >= bar).mean():.3f}"
    return said


def _opened(home: str) -> Generation:
    return build(settings({}, Path(home))).generation()


if __name__ == "__main__":
    main(sys.argv[1:])
