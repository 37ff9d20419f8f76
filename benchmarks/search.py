"""How long a search takes beside bm25s alone on the same tokens, and how much memory it holds.

    python benchmarks/search.py SET HOME [--askers 8] [--rounds 10]

SET is a question set as "tebiki eval" takes it, HOME the home that is searched. Each system runs
in a process of its own over the same chunks: Tebiki as it searches, and bm25s with its defaults
over the words that Tebiki cut, asked with the words of the question. Cutting the question counts
for both, and nothing cut in one round is remembered in the next. The rounds of the two take
turns, so that what else the machine does meets both. Threads give way as in "tebiki serve".

The askers ask at the same moment, and again when all have their answer; each waits from that
moment on. Askers who went on by themselves would measure something else: a thread that asks and
asks keeps the interpreter until it is told to give way, so with a search as short as that of
bm25s most took no longer than for one asker alone, and some 100 times that.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Barrier
from typing import IO, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals import questions
from index.generations.generation import Generation
from index.generations.manifests import folder_of, parts_of
from index.passages import Filters
from index.search import parts
from ingest.language import spelling, words
from tebiki.building import build
from tebiki.commands.serve import SWITCH_S
from tebiki.settings import settings

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
    held_words = [
        [*words.tokens(part.chunk.text), *words.tokens(part.chunk.context)]
        for edition in held
        for part in parts.load(edition, parts_of(folder, edition))
    ]
    index = bm25s.BM25()
    index.index(held_words, show_progress=False)
    return lambda question: index.retrieve(
        [words.tokens(question)], k=min(_K, len(held_words)), show_progress=False
    )


@dataclass(frozen=True, slots=True)
class Round:
    """What every search of a round took: each wait and the processor's time for all, in ms."""

    waited: list[float]
    busy: float
    memory_mb: float


def rounds(search: Search, asked: list[str], askers: int) -> Iterator[Round]:
    """Yield a round whenever the next one is taken."""
    begun = 0.0

    def ask() -> None:
        nonlocal begun
        begun = time.perf_counter()

    together = Barrier(askers, action=ask)

    def wait(questions: list[str]) -> list[float]:
        waited = []
        for question in questions:
            together.wait()
            search(question)
            waited.append((time.perf_counter() - begun) * 1000)
        return waited

    turns = len(asked) // askers
    shares = [asked[at * turns : (at + 1) * turns] for at in range(askers)]
    with ThreadPoolExecutor(max_workers=askers) as pool:
        while True:
            for cache in (words._tokens, spelling._normalised):  # noqa: SLF001 - nothing may be remembered
                cache.cache_clear()
            spent = time.process_time()
            waited = [one for share in pool.map(wait, shares) for one in share]
            busy = (time.process_time() - spent) * 1000
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTE
            yield Round(waited, busy, peak)


def serve(system: str, chosen: argparse.Namespace) -> None:
    """Print a round as JSON for each line that comes in."""
    generation = build(settings({}, chosen.home)).generation()
    search = ours(generation) if system == "tebiki" else bm25s_alone(generation, chosen.home)
    asked = [question.text for question in questions.load(chosen.set)]
    sys.setswitchinterval(SWITCH_S)
    for _, one in zip(sys.stdin, rounds(search, asked, chosen.askers), strict=False):
        print(json.dumps(asdict(one)), flush=True)


def asked_in_turn(count: int) -> dict[str, list[Round]]:
    """Return the rounds of each system, which take turns; the first ones only warm them up."""
    command = [sys.executable, __file__, *sys.argv[1:], "--system"]
    found: dict[str, list[Round]] = {system: [] for system in SYSTEMS}
    with ExitStack() as running:
        started = {
            system: running.enter_context(
                subprocess.Popen(
                    [*command, system], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for system in SYSTEMS
        }
        for _ in range(1 + count):
            for system, process in started.items():
                print(file=process.stdin, flush=True)
                told = cast("IO[str]", process.stdout).readline()
                found[system].append(Round(**json.loads(told)))
        for process in started.values():
            process.communicate()
    return {system: done[1:] for system, done in found.items()}


def main() -> None:
    """Measure both systems and print how they compare."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("set")
    given.add_argument("home", type=Path)
    given.add_argument("--askers", type=int, default=8)
    given.add_argument("--rounds", type=int, default=10)
    given.add_argument("--system", choices=SYSTEMS, help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.system:
        serve(chosen.system, chosen)
        return
    lines, medians, means = [], {}, {}
    for system, done in asked_in_turn(chosen.rounds).items():
        waited = [one for found in done for one in found.waited]
        medians[system], late = np.percentile(waited, [50, 99])
        means[system] = sum(found.busy for found in done) / len(waited)
        lines.append(
            f"{system}: median {medians[system]:.1f} ms, 99th percentile "
            f"{late / medians[system]:.1f} times that, {means[system]:.2f} ms of the processor, "
            f"{max(found.memory_mb for found in done):.0f} MB at most"
        )
    print(f"{chosen.askers} askers, {chosen.rounds} rounds")
    print(f"median: {medians['tebiki'] / medians['bm25s']:.1f} times that of bm25s alone")
    print(f"processor: {means['tebiki'] / means['bm25s']:.1f} times that of bm25s alone")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
