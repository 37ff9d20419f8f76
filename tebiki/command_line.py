"""The command line: which commands there are, and in which order its help lists them."""

from __future__ import annotations

from collections.abc import Callable

from tebiki.commands import (
    answers,
    approved,
    ask,
    backup,
    bundle,
    check,
    corpus,
    doctor,
    evaluation,
    fetching,
    generations,
    keys,
    models,
    record,
    refresh,
    serve,
    slack,
    status,
)
from tebiki.commands.options import Commands, common, speak_panels

app = Commands(
    help="Cited answers from the manuals that local governments work by.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
speak_panels()
app.callback()(common)
_commands: dict[str, Callable[..., None]] = {
    "refresh": refresh.refresh,
    "search": ask.search,
    "ask": ask.ask,
    "check": check.check,
    "serve": serve.serve,
    "status": status.status,
    "doctor": doctor.doctor,
    "backup": backup.backup,
    "restore": backup.restore,
    "bundle": bundle.bundle,
    "dictionary": fetching.dictionary,
    "ocr": fetching.ocr,
    "slack": slack.slack,
    "answer": answers.show_answer,
    "export": answers.export,
    "generations": generations.list_generations,
    "rollback": generations.rollback,
    "diff": generations.diff,
    "stale": answers.stale,
    "mcp": serve.mcp,
}
for _name, _command in _commands.items():
    app.command(_name)(_command)
app.add_typer(models.models_app, name="models")
app.add_typer(corpus.corpus_app, name="corpus")
app.add_typer(keys.keys, name="keys")
app.add_typer(approved.approved_app, name="approved")
app.add_typer(record.record_app, name="record")
app.add_typer(record.audit_app, name="audit")
app.add_typer(evaluation.evaluation, name="eval")


def main() -> None:
    """Run the command line."""
    app()
