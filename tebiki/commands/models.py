"""`tebiki models`: a model carried into a closed network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tebiki.commands.options import JsonOption
from tebiki.commands.output import progress, tell, told_as_words

models_app = typer.Typer(
    help="Carry a model into a closed network: pack, unpack.", no_args_is_help=True
)


@models_app.command("pack")
def models_pack(
    model: Annotated[str, typer.Argument(help="The name or the folder of a model.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a sentence-transformers model into one file, with a hash of each of its parts."""
    with told_as_words(), progress(show=not as_json) as told:
        from index.model_archive import pack

        made = pack(model, file, lambda share: told("packing", share))
    tell(
        {"file": str(file), "model": made.name, "kind": str(made.kind), "sha256": made.sha256},
        f"{file}: {made.name}, {made.kind}, {made.size / 1e6:.1f} MB\nsha256 {made.sha256}",
        as_json=as_json,
    )


@models_app.command("unpack")
def models_unpack(
    file: Annotated[Path, typer.Argument(help="A file that tebiki models pack wrote.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the model of such a file into a new folder, and check every part of it."""
    with told_as_words(), progress(show=not as_json) as told:
        from index.model_archive import unpack
        from index.search.models import ModelKind

        made = unpack(file, folder, lambda share: told("unpacking", share))
    setting = "TEBIKI_RERANKER" if made.kind is ModelKind.RERANKER else "TEBIKI_EMBEDDING"
    tell(
        {"model": made.name, "setting": setting, "folder": str(folder.resolve())},
        f"sha256 {made.sha256}\n{made.name} is ready: set {setting}={folder.resolve()}",
        as_json=as_json,
    )
