"""The nearest vectors of a generation, by an exact scan of its mapped files and by a Chroma server.

Run it on a home and a question set; `chroma` and what it needs must be installed::

    python benchmarks/chroma.py --home FOLDER --questions SET [--ef 100 400]

A server is started on this machine, gets the vectors in one collection, is asked for the nearest
of each question, and is ended. A chunk counts as found when its exact cosine is at least that of
the last that the scan finds, so that copies of one text count alike.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.generations.manifests import embedded_of, folder_of, read_manifest
from index.generations.pointers import current
from index.search.fitted import Fitted
from ingest import arrays

NEAREST = 24
_BATCH = 5_000


def main() -> None:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path, required=True)
    asked.add_argument("--questions", type=Path, required=True)
    asked.add_argument("--ef", type=int, nargs="+", default=[100])
    given = asked.parse_args()
    folder = folder_of(given.home, str(current(given.home)))
    manifest = read_manifest(folder)
    files = [embedded_of(folder, edition) for edition in manifest.editions if edition.held]
    mapped = [arrays.mapped(path) for path in files if path.exists()]
    lines = given.questions.read_text("utf-8").splitlines()
    embedder = Fitted.load(folder / "embedder")
    wanted = [embedder.embed_question(json.loads(line)["question"]) for line in lines if line]
    exact, scan_ms = [], []
    for question in wanted:
        begun = time.perf_counter()
        cosines = np.concatenate([part.astype(np.float32) @ question for part in mapped])
        best = np.argpartition(-cosines, NEAREST)[:NEAREST]
        scan_ms.append(1000 * (time.perf_counter() - begun))
        exact.append((cosines, float(cosines[best].min())))
    vectors = np.concatenate([part.astype(np.float32) for part in mapped])
    told: dict[str, Any] = {
        "chunks": len(vectors),
        "questions": len(wanted),
        "scan ms, median": statistics.median(scan_ms),
        "mapped MB": sum(path.stat().st_size for path in files if path.exists()) / 1e6,
    }
    for ef in given.ef:
        told[f"ef {ef}"] = _asked(vectors, wanted, exact, ef)
    print(json.dumps(told, indent=1))


def _asked(vectors: Any, wanted: list[Any], exact: list[tuple[Any, float]], ef: int) -> Any:  # noqa: ANN401 - numbers
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    with tempfile.TemporaryDirectory() as kept:
        words = [str(program), "run", "--path", kept, "--host", "127.0.0.1", "--port", str(port)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=kept) as server:
            try:
                return _measured(_client(port), vectors, wanted, exact, ef) | {
                    "disk MB": sum(p.stat().st_size for p in Path(kept).rglob("*") if p.is_file())
                    / 1e6
                }
            finally:
                server.terminate()


def _client(port: int) -> Any:  # noqa: ANN401 - Chroma's
    until = time.monotonic() + 60
    while True:
        try:
            return chromadb.HttpClient(
                host="127.0.0.1", port=port, settings=Settings(anonymized_telemetry=False)
            )
        except ValueError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _measured(
    client: Any,  # noqa: ANN401 - Chroma's
    vectors: Any,  # noqa: ANN401
    wanted: list[Any],
    exact: list[tuple[Any, float]],
    ef: int,
) -> dict[str, float]:
    settings = {"hnsw": {"space": "ip", "ef_search": ef, "ef_construction": max(100, ef // 2)}}
    held = client.create_collection("generation", configuration=settings, embedding_function=None)
    begun = time.perf_counter()
    for at in range(0, len(vectors), _BATCH):
        some = vectors[at : at + _BATCH]
        held.add(ids=[str(at + n) for n in range(len(some))], embeddings=some)
    filled_s = time.perf_counter() - begun
    took, found = [], 0
    for question, (cosines, last) in zip(wanted, exact, strict=True):
        begun = time.perf_counter()
        told = held.query(query_embeddings=[question], n_results=NEAREST, include=[])
        took.append(1000 * (time.perf_counter() - begun))
        found += sum(float(cosines[int(one)]) >= last - 1e-6 for one in told["ids"][0])
    return {
        "filling s": filled_s,
        "query ms, median": statistics.median(took),
        "recall": found / (NEAREST * len(wanted)),
    }


if __name__ == "__main__":
    main()
