"""What fifty small corpora in one server cost beside one: memory, and the first answer of each.

    python benchmarks/corpora.py --home HOME --question QUESTION --work FOLDER [--times 1 50]

*home* is that of one small corpus; it is copied as often as asked for, so that no two share a file.
For each size, in a process of its own: every corpus is opened and asked the question once, over
HTTP without a socket. Memory is that of the process ("own": what nobody else could use).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from growth import resident


def copied(home: Path, work: Path, times: int) -> Path:
    """Return a home with as many named corpora, each a copy of *home*."""
    whole = work / f"corpora-{times}"
    for number in range(times):
        target = whole / "corpora" / f"c{number:03}"
        if not target.exists():
            shutil.copytree(home, target, ignore=shutil.ignore_patterns("keys*", "ledger*", "pdfs"))
    return whole


def served(whole: Path, question: str) -> dict[str, Any]:
    """Open and ask each corpus once; tell seconds of the processor and megabytes."""
    from fastapi.testclient import TestClient

    from tebiki.serving import together
    from tebiki.settings import named_in, of_corpus, settings

    chosen = settings({}, whole)
    names = named_in(whole)
    began = time.process_time()
    with TestClient(
        together({name: of_corpus(chosen, name) for name in names}), base_url="http://127.0.0.1"
    ) as client:
        took = []
        for name in names:
            before = time.process_time()
            client.post("/v1/answers", json={"question": question, "corpus": name})
            took.append(time.process_time() - before)
        held = resident()
        again = time.process_time()
        client.post("/v1/answers", json={"question": question, "corpus": names[-1]})
        last = time.process_time() - again
    took.sort()
    return {
        "corpora": len(names),
        "resident_mb": held["Rss"],
        "own_mb": held["Private_Dirty"],
        "first_answer_cpu_s": round(took[len(took) // 2], 3),
        "answer_cpu_s": round(last, 3),
        "all_cpu_s": round(time.process_time() - began, 1),
    }


def main() -> None:
    """Measure each size and print them with their ratios."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--home", type=Path, required=True)
    asked.add_argument("--question", required=True)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--times", type=int, nargs="+", default=[1, 50])
    asked.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.step:
        print(json.dumps(served(copied(given.home, given.work, given.times[0]), given.question)))
        return
    command = [sys.executable, __file__, "--home", given.home, "--question", given.question,
               "--work", given.work, "--step", "--times"]  # fmt: skip
    told = [
        json.loads(subprocess.run([*command, str(n)], stdout=subprocess.PIPE, check=True).stdout)
        for n in given.times
    ]
    first, last = told[0], told[-1]
    ratios = {name: round(last[name] / first[name], 2) for name in first if name != "corpora"}
    print(json.dumps({"measured": told, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
