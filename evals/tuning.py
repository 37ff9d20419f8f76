"""Which weights of the legs hold: chosen on one half of the questions, tried on the other.

    python -m evals.tuning --set starter var --set path/to/questions path/to/home

Each `--set` takes a question set and the home whose current generation is searched; all count
alike, however many questions they have. Every weight is varied by itself, twice in turn, and
kept where the first half gains; what the second half then says is what is printed, beside the
weights as they are.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from evals import questions, runs
from evals.questions import Question
from index.generations.generation import WEIGHTS, Generation
from index.generations.shelf import Shelf
from index.search.fitted import Fitted
from index.search.hybrid import Sounding

FACTORS = (0.0, 0.5, 0.75, 1.5, 2.0)
"""What each weight is multiplied by, one after the other."""

SEEDS = 5
_FOUND_WITHIN = 10
_PASSAGES = 40
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sounded:
    """A question with what every leg of a generation said of it."""

    library: Generation
    question: Question
    sounding: Sounding | None

    def rank(self, weights: Weights) -> int | None:
        """Return where the first judged page stands, from 1; None where not among ten pages."""
        if self.sounding is None:
            return None
        found = self.library.hybrid.passages(self.sounding.best(weights, _PASSAGES))
        names = dict.fromkeys(map(self.question.name_of, runs.places_of(found)))
        places = enumerate(list(names)[:_FOUND_WITHIN], start=1)
        return next((at for at, name in places if name in self.question.expected), None)


def sound(library: Generation, asked: Sequence[Question]) -> list[Sounded]:
    """Ask every leg each question that has judged pages."""
    read = ((question, runs.as_asked(question)) for question in asked if question.judgements)
    return [
        Sounded(
            library, question, library.hybrid.sound(library.mended(taken.standalone), taken.filters)
        )
        for question, taken in read
    ]


def figures(asked: Sequence[Sounded], weights: Weights) -> dict[str, float]:
    """Return Success@1, @3, @5, @10 and RR@10."""
    ranks = [one.rank(weights) for one in asked]
    found = {
        f"Success@{k}": mean(rank is not None and rank <= k for rank in ranks)
        for k in (1, 3, 5, _FOUND_WITHIN)
    }
    return {**found, f"RR@{_FOUND_WITHIN}": mean(1 / rank if rank else 0.0 for rank in ranks)}


def chosen(halves: Sequence[Sequence[Sounded]], weights: Weights) -> dict[str, float]:
    """Return the weights that serve these questions best, starting from *weights*."""

    def worth(tried: Weights) -> float:
        return mean(mean(figures(half, tried).values()) for half in halves)

    best, top = dict(weights), worth(weights)
    for name in (*weights, *weights):
        for factor in FACTORS:
            tried = {**best, name: weights[name] * factor}
            if (reached := worth(tried)) > top + 1e-9:
                best, top = tried, reached
    return best


def halves(
    sets: Sequence[Sequence[Sounded]], seed: int
) -> tuple[list[list[Sounded]], list[list[Sounded]]]:
    """Cut every set in two at random; the same seed cuts alike."""
    shuffler = random.Random(seed)  # noqa: S311 - no secret
    first, second = [], []
    for one in sets:
        mixed = shuffler.sample(list(one), len(one))
        first.append(mixed[: len(mixed) // 2])
        second.append(mixed[len(mixed) // 2 :])
    return first, second


def report(names: Sequence[str], sets: Sequence[Sequence[Sounded]]) -> Iterator[str]:
    """Yield the lines of a Markdown page, a section for each random half."""
    for seed in range(SEEDS):
        first, second = halves(sets, seed)
        best = chosen(first, WEIGHTS)
        told = ", ".join(f"{name} {value:g}" for name, value in best.items())
        yield from ("", f"## Halves {seed + 1}", "", f"Chosen on the first halves: {told}.", "")
        measures = list(figures(second[0], WEIGHTS))
        yield f"| Second half of | {' | '.join(measures)} |"
        yield f"| --- |{' ---: |' * len(measures)}"
        for name, half in zip(names, second, strict=True):
            before, after = figures(half, WEIGHTS), figures(half, best)
            cells = (f"{before[m]:.3f} → {after[m]:.3f}" for m in measures)
            yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Sound every set that was named and print the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", nargs=2, action="append", required=True, metavar=("SET", "HOME"))
    given = parser.parse_args().set
    sets, names = [], []
    for where, home in given:
        library = Shelf(Path(home), lambda _recipe, folder: Fitted.load(folder / "embedder"))()
        asked = questions.load(where)
        names.append(asked.name)
        sets.append(sound(library, tuple(asked)))
    sys.stdout.write("# Weights of the legs\n")
    for line in report(names, sets):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
