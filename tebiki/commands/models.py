"""`tebiki models`: a model carried into a closed network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tebiki.commands.options import Commands, Printed
from tebiki.commands.output import progress

models_app = Commands(
    help="Carry a model into a closed network: pack, unpack.", no_args_is_help=True
)


@models_app.command("pack")
def models_pack(
    model: Annotated[str, typer.Argument(help="The name or the folder of a model.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    given: Printed,
) -> None:
    """Write a sentence-transformers model into one file, with a hash of each of its parts."""
    with progress(show=not given.as_json) as told:
        from index.model_archive import pack

        made = pack(model, file, lambda share: told("packing", share))
    given.tell(
        {"file": str(file), "model": made.name, "kind": str(made.kind), "sha256": made.sha256},
        f"{file}: {made.name}, {made.kind}, {made.size / 1e6:.1f} MB\nsha256 {made.sha256}",
    )


@models_app.command("unpack")
def models_unpack(
    file: Annotated[Path, typer.Argument(help="A file that tebiki models pack wrote.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    *,
    given: Printed,
) -> None:
    """Write the model of such a file into a new folder, and check every part of it."""
    with progress(show=not given.as_json) as told:
        from index.model_archive import unpack
        from index.search.models import ModelKind

        made = unpack(file, folder, lambda share: told("unpacking", share))
    setting = "TEBIKI_RERANKER" if made.kind is ModelKind.RERANKER else "TEBIKI_EMBEDDING"
    given.tell(
        {"model": made.name, "setting": setting, "folder": str(folder.resolve())},
        f"sha256 {made.sha256}\n{made.name} is ready: set {setting}={folder.resolve()}",
    )
