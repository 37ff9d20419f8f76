"""What checking a model's answer costs: processor time, as a share of what the model took to write it.

    python benchmarks/verification.py [HOME]

Each bundled question gets a draft of six sentences taken from its passages, every third one with
a changed figure, and is checked sentence by sentence as it would be while it streams in. The
model is taken to need two seconds for it. HOME holds an index; without it one is made.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.answering.extractive import PASSAGES
from bot.asking.question import read
from bot.writing.checking import Checker
from bot.writing.lines import lines_of
from bot.writing.points import Point
from evals import questions
from tebiki.building import build
from tebiki.refreshing import refreshed
from tebiki.settings import settings

MODEL_S = 2.0
_SENTENCES = 6


def main(home: Path) -> None:
    """Measure and print."""
    generation = build(settings({}, home)).generation()
    today = datetime.now(UTC).date()
    took: list[float] = []
    for question in questions.load("starter"):
        asked = read(question.text)
        passages = generation.retrieve(asked.standalone, k=PASSAGES, filters=asked.filters)
        lines = lines_of(passages, generation)
        said = [line for line in lines if line.text.strip()][:_SENTENCES]
        points = [
            Point(f"{' '.join(line.text.split())}{'99' if at % 3 == 2 else ''}", (line.number,))  # noqa: PLR2004 - every third
            for at, line in enumerate(said)
        ]
        begun = time.process_time()
        checker = Checker(lines, generation, language=asked.language, on=today)
        for point in points:
            checker.check(point)
        took.append(time.process_time() - begun)
    median, worst = np.percentile(took, [50, 99])
    print(f"{len(took)} drafts of up to {_SENTENCES} sentences")
    print(
        f"median {median / MODEL_S:.2%} of a {MODEL_S:g} s answer, 99th percentile {worst / MODEL_S:.2%}"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            refreshed(settings({}, Path(folder)), lambda _step, _share: None)
            main(Path(folder))
