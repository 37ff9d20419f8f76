"""How many askers `tebiki serve` bears, beside a bare endpoint that calls bm25s over the same chunks.

    python benchmarks/asking.py SET HOME [--askers 50] [--seconds 60] [--pages 20]

SET is a question set as "tebiki eval" takes it, HOME an indexed home (its record of answers
grows). On loopback, one after the other and never together: the bare endpoint, /v1/search and
/v1/answers, each asked by so many askers at once for so many seconds, every asker putting the
next question when it has its answer. Then, with --pages, the time from a key press in Chromium
until the first words of an answer are on the screen, so many times, with nobody else asking.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
from fastapi import Body, FastAPI

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals import questions

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0
"""An answer that takes longer is an error."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: *took_ms* of every answer, *errors* by what they were, and how long."""

    took_ms: Sequence[float]
    errors: Sequence[str]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took_ms) / self.seconds

    def percentile(self, share: int) -> float:
        """Return the milliseconds that so many of a hundred answers stay under."""
        return float(np.percentile(self.took_ms, share))


def bare(home: Path) -> FastAPI:
    """Return an application with one route: the question's words, bm25s, the best ten chunks."""
    import bm25s

    from index.generations.manifests import folder_of, parts_of
    from index.search import parts
    from ingest.language.words import tokens
    from tebiki.building import build
    from tebiki.settings import settings

    generation = build(settings({}, home)).generation()
    folder = folder_of(home, generation.id)
    held = [
        part
        for edition in generation.editions
        if edition.held
        for part in parts.load(edition, parts_of(folder, edition))
    ]
    index = bm25s.BM25()
    index.index([list(part.all_words) for part in held], show_progress=False)
    texts = [part.chunk.text for part in held]
    app = FastAPI()

    @app.post("/")
    def search(question: Annotated[str, Body(embed=True)]) -> list[dict[str, object]]:
        found, scores = index.retrieve(
            [tokens(question)], k=min(10, len(texts)), show_progress=False
        )
        return [
            {"text": texts[at], "score": float(score)}
            for at, score in zip(found[0], scores[0], strict=True)
        ]

    return app


@contextmanager
def running(*command: str | Path) -> Iterator[str]:
    """Run a server until the block ends; the value is the address that it tells on its way up."""
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    try:
        for line in process.stderr:
            if found := re.search(r"http://[\d.]+:\d+", line):
                break
        else:
            message = f"{command} ended without telling an address"
            raise RuntimeError(message)
        # Nobody reads its log from here on, so it must not fill the pipe.
        with subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL) as drain:
            yield found[0]
            process.terminate()
            process.wait(30)
            drain.wait(30)
    finally:
        process.kill()
        process.wait(30)


async def load(address: str, asked: Sequence[str], askers: int, seconds: float) -> Load:
    """Let askers ask for so many seconds; what is under way at the end is waited for and counts."""
    took: list[float] = []
    errors: list[str] = []
    turn = itertools.count()
    limits = httpx.Limits(max_connections=askers, max_keepalive_connections=askers)
    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=limits) as client:
        await asyncio.gather(
            *(client.post(address, json={"question": asked[0]}) for _ in range(min(askers, 5)))
        )
        began = time.perf_counter()

        async def one() -> None:
            while time.perf_counter() < began + seconds:
                question = asked[next(turn) % len(asked)]
                sent = time.perf_counter()
                try:
                    response = await client.post(address, json={"question": question})
                except httpx.HTTPError as error:
                    errors.append(type(error).__name__)
                    continue
                if response.status_code == httpx.codes.OK:
                    took.append((time.perf_counter() - sent) * 1000)
                else:
                    errors.append(str(response.status_code))

        await asyncio.gather(*(one() for _ in range(askers)))
        return Load(took, errors, time.perf_counter() - began)


FIRST_WORDS = """(question) => new Promise((done) => {
  const box = document.querySelector("#question");
  const turns = document.querySelectorAll(".turn").length;
  box.value = question;
  const began = performance.now();
  const seen = new MutationObserver(() => {
    const turn = document.querySelectorAll(".turn")[turns];
    if (!turn?.querySelector(".prose")?.textContent.trim()) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  });
  seen.observe(document.querySelector("#talk"), { childList: true, subtree: true });
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
})"""


def first_words(address: str, asked: Sequence[str]) -> list[float]:
    """Return the milliseconds from the key press to painted words, for each question."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import system_package

    took = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(locale="ja-JP").new_page()
        page.goto(address)
        for question in asked:
            took.append(float(page.evaluate(FIRST_WORDS, question)))
            page.locator(".turn").last.locator(".tools").wait_for()
            page.locator("#new-talk").click()
        browser.close()
    return took


def main() -> None:
    """Measure and print a table of ratios to the bare endpoint, and the figures as JSON."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("set")
    given.add_argument("home", type=Path)
    given.add_argument("--askers", type=int, default=50)
    given.add_argument("--seconds", type=float, default=60.0)
    given.add_argument("--pages", type=int, default=0)
    given.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.bare:
        from tebiki.commands.serve import listen

        listen(bare(chosen.home), "127.0.0.1", 0)
        return
    asked = [question.text for question in questions.load(chosen.set)]
    plain = [__file__, chosen.set, chosen.home, "--bare"]
    ours = ["-m", "tebiki", "serve", "--port", "0", "--home", chosen.home]
    found: dict[str, Load] = {}
    for name, command, path in (
        ("bare bm25s", plain, "/"),
        ("/v1/search", ours, "/v1/search"),
        ("/v1/answers", ours, "/v1/answers"),
    ):
        with running(*command) as address:
            found[name] = asyncio.run(load(address + path, asked, chosen.askers, chosen.seconds))
    base = found["bare bm25s"]
    print(f"{chosen.askers} askers for {chosen.seconds:g} s each, {len(asked)} questions in turn\n")
    print("| | errors | answers/s | p50 | p95 | p99 |\n|---|---|---|---|---|---|")
    for name, one in found.items():
        times = " | ".join(
            f"{one.percentile(share) / base.percentile(share):.1f} ×" for share in (50, 95, 99)
        )
        print(f"| {name} | {len(one.errors)} | {one.rate / base.rate:.2f} × | {times} |")
    figures: dict[str, object] = {
        name: {
            "answers": len(one.took_ms),
            "errors": sorted(set(one.errors)),
            "per_second": round(one.rate, 1),
            **{f"p{share}_ms": round(one.percentile(share), 1) for share in (50, 95, 99)},
        }
        for name, one in found.items()
    }
    if chosen.pages:
        with running(*plain) as address:
            alone = asyncio.run(load(address + "/", asked, 1, 5.0))
        with running(*ours) as address:
            seen = first_words(address, asked[: chosen.pages])
        shown = float(np.median(seen))
        print(
            f"\nFirst words on the screen: median {shown / alone.percentile(50):.1f} × one question "
            "to the bare endpoint with nobody else asking"
        )
        figures["first_words_ms"] = [round(each, 1) for each in sorted(seen)]
        figures["bare_alone_ms"] = round(alone.percentile(50), 1)
    print("\n" + json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
