"""What an extractive answer costs beside its search, in processor time of one process.

    python benchmarks/answers.py HOME SET

Half of the questions warm the pages up; of the other half one question is searched for and
the next one answered, so that both meet words that were not cut before.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.answering.extractive import PASSAGES, Extractive
from evals import questions
from evals.runs import as_asked
from tebiki.building import build
from tebiki.settings import settings


def _took_ms(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1000


def main(home: str, of: str) -> None:
    """Print the median milliseconds of a search and of an answer, and their ratio."""
    generation = build(settings({}, Path(home))).generation()
    answerer = Extractive(lambda: generation)
    asked = [as_asked(question) for question in questions.load(of)]
    for question in asked[::2]:
        answerer.answer(question)
    searches: list[float] = []
    answers: list[float] = []
    for order, question in enumerate(asked[1::2]):
        if order % 2:
            answers.append(_took_ms(partial(answerer.answer, question)))
        else:
            search = partial(generation.retrieve, k=PASSAGES, filters=question.filters)
            searches.append(_took_ms(partial(search, question.standalone)))
    one, whole = statistics.median(searches), statistics.median(answers)
    print(f"search {one:.2f} ms, answer {whole:.2f} ms, ratio {whole / one:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
