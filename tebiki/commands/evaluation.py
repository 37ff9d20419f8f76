"""`tebiki eval`: retrieval and answers measured, and two runs compared."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tebiki.building import build, configured_embedder, tokens_of
from tebiki.commands.options import Commands, Common, Printed
from tebiki.commands.output import LEFT_OUT, err, progress, write

if TYPE_CHECKING:
    from evals.runs import Run


evaluation = Commands(help="Measure retrieval and answers.", no_args_is_help=True)

HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")]


@dataclass(frozen=True)
class Measured(Common):
    """What is measured, and what is written of it."""

    asked: Annotated[
        str, typer.Option("--set", help="A bundled set (starter, frozen) or the path of one.")
    ] = "starter"
    html: HtmlOption = None
    junit: Annotated[Path | None, typer.Option("--junit", help="Write a JUnit file.")] = None
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", help="A run that --json wrote: end with 1 where this one is worse."
        ),
    ] = None

    def say(self, run: Run) -> None:
        """Write what was asked for; compared with a baseline, a fall beyond noise ends with 1."""
        from evals import gate, report, runs, webpage

        verdict = gate.decide(runs.load(self.baseline), run) if self.baseline else None
        if self.html is not None:
            write(self.html, webpage.page(run))
        if self.junit is not None:
            write(self.junit, report.junit(run, verdict))
        sys.stdout.write(run.to_json() + "\n" if self.as_json else report.markdown(run))
        if verdict is not None:
            err.print(report.verdict_markdown(verdict), markup=False)
            if not verdict.allowed:
                raise typer.Exit(LEFT_OUT)


@evaluation.command("retrieval")
def eval_retrieval(
    *,
    given: Measured,
) -> None:
    """Measure how often a right page is found, and how high."""
    from evals import questions, runs

    parts = build(given.settings())
    with progress(show=not given.as_json) as told:
        run = runs.retrieval(
            parts.generation(),
            questions.load(given.asked),
            told=lambda done, all_of: told("asking", done / all_of),
        )
    given.say(run)


@evaluation.command("answers")
def eval_answers(
    *,
    given: Measured,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the configured language model judge too.")
    ] = False,
) -> None:
    """Measure what answers cite, cover and decline."""
    from evals import questions, runs

    chosen = given.settings()
    parts = build(chosen)
    asked = questions.load(given.asked)
    with progress(show=not given.as_json) as told:
        run = runs.answers(
            parts.answerer,
            parts.generation(),
            asked,
            told=lambda done, all_of: told("asking", done / all_of),
        )
        if judge:
            from bot.writing.model import open_model
            from evals.judge import judged

            if chosen.model is None:
                raise typer.BadParameter("TEBIKI_LLM is not set", param_hint="--judge")
            run = judged(run, asked, open_model(chosen.model, tokens_of(chosen)))
    given.say(run)


@evaluation.command("claims")
def eval_claims(
    *,
    given: Common,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--set", help="Sentences by hand: JSON lines with said, sources, true and kind."
        ),
    ] = None,
    sentences: Annotated[
        int, typer.Option("--sentences", min=1, help="Of the corpus, to be made false by machine.")
    ] = 200,
) -> None:
    """Measure how many false sentences the check of claims shows, and how many true it keeps."""
    from evals import claims

    if pairs is not None:
        name, held = str(pairs), claims.load(pairs)
    else:
        parts = build(given.settings())
        day = date.today()  # noqa: DTZ011 - editions come into force by the local calendar
        chosen = claims.sentences_of(parts.generation(), day, most=sentences)
        name, held = f"{len(chosen)} sentences of the corpus", list(claims.made(chosen))
    told = claims.judged(held)
    sys.stdout.write(
        claims.as_json(told, name=name) + "\n"
        if given.as_json
        else claims.markdown(told, name=name)
    )


@evaluation.command("compare")
def eval_compare(
    before: Annotated[Path, typer.Argument(help="A run that --json wrote.")],
    after: Annotated[Path, typer.Argument(help="The run to compare with it.")],
    *,
    html: HtmlOption = None,
    given: Printed,
) -> None:
    """Compare two runs question by question."""
    from evals import report, runs, webpage
    from evals.comparison import compare

    held = compare(runs.load(before), runs.load(after))
    if html is not None:
        write(html, webpage.comparison_page(held))
    sys.stdout.write(
        report.comparison_json(held) if given.as_json else report.comparison_markdown(held)
    )


@evaluation.command("shelve")
def eval_shelve(
    folder: Annotated[Path, typer.Argument(help="A BEIR folder (corpus, queries, qrels).")],
    *,
    given: Common,
) -> None:
    """Index a BEIR folder's corpus into a home of its own, to measure on its questions."""
    chosen = given.settings()
    from evals.beir import shelve

    if not (folder / "corpus.jsonl").is_file():
        raise typer.BadParameter(f"{folder} holds no corpus.jsonl", param_hint="FOLDER")
    with progress(show=not given.as_json) as told:
        shelve(folder, chosen.home, embedder=configured_embedder(chosen), progress=told)
    given.tell(
        {"set": str(folder), "home": str(chosen.home)},
        f"Indexed. Next: tebiki eval retrieval --set {folder} --home {chosen.home}",
    )
