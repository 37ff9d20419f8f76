"""`tebiki eval`: retrieval and answers measured, and two runs compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tebiki.building import build, configured_embedder, tokens_of
from tebiki.commands.options import CorpusOption, HomeOption, JsonOption, chosen_by
from tebiki.commands.output import LEFT_OUT, err, progress, tell, told_as_words, write

if TYPE_CHECKING:
    from evals.runs import Run


evaluation = typer.Typer(help="Measure retrieval and answers.", no_args_is_help=True)


SetOption = Annotated[
    str, typer.Option("--set", help="A bundled set (starter, frozen) or the path of one.")
]


HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the report as a page.")]


JunitOption = Annotated[Path | None, typer.Option("--junit", help="Write a JUnit file.")]


BaselineOption = Annotated[
    Path | None,
    typer.Option("--baseline", help="A run that --json wrote: end with 1 where this one is worse."),
]


@evaluation.command("retrieval")
def eval_retrieval(
    context: typer.Context,
    *,
    where: SetOption = "starter",
    home: HomeOption = None,
    corpus: CorpusOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    baseline: BaselineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how often a right page is found, and how high."""
    with told_as_words():
        from evals import questions, runs

        parts = build(chosen_by(context, home, corpus))
        with progress(show=not as_json) as told:
            run = runs.retrieval(
                parts.generation(),
                questions.load(where),
                told=lambda done, all_of: told("asking", done / all_of),
            )
        _say_run(run, html, junit, baseline, as_json=as_json)


@evaluation.command("answers")
def eval_answers(
    context: typer.Context,
    *,
    where: SetOption = "starter",
    home: HomeOption = None,
    corpus: CorpusOption = None,
    html: HtmlOption = None,
    junit: JunitOption = None,
    baseline: BaselineOption = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the configured language model judge too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure what answers cite, cover and decline."""
    with told_as_words():
        from evals import questions, runs

        chosen = chosen_by(context, home, corpus)
        parts = build(chosen)
        asked = questions.load(where)
        with progress(show=not as_json) as told:
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
        _say_run(run, html, junit, baseline, as_json=as_json)


@evaluation.command("compare")
def eval_compare(
    before: Annotated[Path, typer.Argument(help="A run that --json wrote.")],
    after: Annotated[Path, typer.Argument(help="The run to compare with it.")],
    *,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question."""
    with told_as_words():
        from evals import report, runs, webpage
        from evals.comparison import compare

        held = compare(runs.load(before), runs.load(after))
        if html is not None:
            write(html, webpage.comparison_page(held))
        sys.stdout.write(
            report.comparison_json(held) if as_json else report.comparison_markdown(held)
        )


@evaluation.command("shelve")
def eval_shelve(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A BEIR folder (corpus, queries, qrels).")],
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index a BEIR folder's corpus into a home of its own, to measure on its questions."""
    with told_as_words():
        chosen = chosen_by(context, home, corpus)
        from evals.beir import shelve

        if not (folder / "corpus.jsonl").is_file():
            raise typer.BadParameter(f"{folder} holds no corpus.jsonl", param_hint="FOLDER")
        with progress(show=not as_json) as told:
            shelve(folder, chosen.home, embedder=configured_embedder(chosen), progress=told)
        tell(
            {"set": str(folder), "home": str(chosen.home)},
            f"Indexed. Next: tebiki eval retrieval --set {folder} --home {chosen.home}",
            as_json=as_json,
        )


def _say_run(
    run: Run, html: Path | None, junit: Path | None, baseline: Path | None, *, as_json: bool
) -> None:
    """Write what was asked for; compared with a baseline, a fall beyond noise ends with 1."""
    from evals import gate, report, runs, webpage

    verdict = gate.decide(runs.load(baseline), run) if baseline else None
    if html is not None:
        write(html, webpage.page(run))
    if junit is not None:
        write(junit, report.junit(run, verdict))
    sys.stdout.write(run.to_json() + "\n" if as_json else report.markdown(run))
    if verdict is not None:
        err.print(report.verdict_markdown(verdict), markup=False)
        if not verdict.allowed:
            raise typer.Exit(LEFT_OUT)
