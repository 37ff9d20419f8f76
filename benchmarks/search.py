"""How long a search takes beside bm25s alone on the same tokens, and how much memory it holds.

    python benchmarks/search.py SET HOME [--askers 8] [--rounds 3]

SET is a question set as "tebiki eval" takes it, HOME the home that is searched. Each system runs
in a process of its own over the same chunks: Tebiki as it searches, and bm25s with its defaults
over the words that Tebiki cut, asked with the words of the question. Cutting the question counts
for both, and nothing cut in one round is remembered in the next.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tebiki
from evals import questions
from index import parts
from index.generations import Generation, folder_of, parts_of
from index.passages import Filters
from ingest import japanese

SYSTEMS = ("bm25s", "tebiki")
_K = 10
_KILOBYTE = 1024

Search = Callable[[str], object]


def ours(generation: Generation) -> Search:
    """Return Tebiki's search."""
    return lambda question: generation.retrieve(question, k=_K, filters=Filters())


def bm25s_alone(generation: Generation, home: Path) -> Search:
    """Return bm25s over the words of the same chunks."""
    import bm25s

    folder = folder_of(home, generation.id)
    held = [edition for edition in generation.editions if edition.held]
    words = [
        list(part.all_words)
        for edition in held
        for part in parts.load(edition, parts_of(folder, edition))
    ]
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    return lambda question: index.retrieve(
        [japanese.tokens(question)], k=min(_K, len(words)), show_progress=False
    )


def measured(search: Search, asked: list[str], askers: int, rounds: int) -> dict[str, float]:
    """Return the median and the 99th percentile in ms over all rounds, and the peak in MB."""
    took: list[float] = []

    def one(question: str) -> float:
        begun = time.perf_counter()
        search(question)
        return (time.perf_counter() - begun) * 1000

    for question in asked[:20]:
        search(question)
    for _ in range(rounds):
        japanese._tokens.cache_clear()  # noqa: SLF001 - nothing may be remembered
        with ThreadPoolExecutor(max_workers=askers) as pool:
            took += pool.map(one, asked)
    median, late = np.percentile(took, [50, 99])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTE
    return {"median": float(median), "late": float(late), "memory_mb": float(peak)}


def main() -> None:
    """Measure both systems, one after the other, and print a table."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("set")
    given.add_argument("home", type=Path)
    given.add_argument("--askers", type=int, default=8)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--system", choices=SYSTEMS, help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.system:
        generation = tebiki.build(tebiki.settings({}, chosen.home)).generation()
        search = (
            ours(generation) if chosen.system == "tebiki" else bm25s_alone(generation, chosen.home)
        )
        asked = [question.text for question in questions.load(chosen.set)]
        print(json.dumps(measured(search, asked, chosen.askers, chosen.rounds)))
        return
    found = {}
    for system in SYSTEMS:
        command = [sys.executable, __file__, *sys.argv[1:], "--system", system]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[system] = json.loads(told.splitlines()[-1])
    plain, full = found["bm25s"], found["tebiki"]
    print(f"{chosen.askers} askers, {chosen.rounds} rounds")
    print(f"median: {full['median'] / plain['median']:.1f} times that of bm25s alone")
    for system, one in found.items():
        print(
            f"{system}: 99th percentile {one['late'] / one['median']:.1f} times its median, "
            f"{one['memory_mb']:.0f} MB at most"
        )


if __name__ == "__main__":
    main()
