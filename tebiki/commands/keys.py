"""`tebiki keys`: the keys that open the HTTP interface."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tebiki.commands.options import CorpusOption, HomeOption, JsonOption, chosen_by
from tebiki.commands.output import err, out, print_json, tell, told_as_words

if TYPE_CHECKING:
    from api.keys import Keys


keys = typer.Typer(help="Keys that open the HTTP interface.", no_args_is_help=True)


def _keys(context: typer.Context, home: Path | None, corpus: Path | None) -> Keys:
    from api.keys import Keys

    return Keys(chosen_by(context, home, corpus).home / "keys.json")


@keys.command("create")
def create_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is, for your own list.")],
    *,
    scope: Annotated[str, typer.Option(help="ask, search or admin.")] = "ask",
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it ends.")
    ] = None,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it; it is shown this once."""
    from api.keys import Scope

    if scope not in {one.value for one in Scope}:
        raise typer.BadParameter("the scope is ask, search or admin", param_hint="--scope")
    made, secret = _keys(context, home, corpus).create(
        name, Scope(scope), expires=expires.date() if expires else None
    )
    told = {"id": made.id, "name": name, "scope": str(made.scope), "secret": secret}
    tell(told, secret, as_json=as_json)
    err.print(f"Key {made.id} for {name}. It cannot be shown again.", markup=False)


@keys.command("list")
def list_keys(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys."""
    if as_json:
        held = _keys(context, home, corpus).all()
        print_json(
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "scope": str(key.scope),
                    "created": str(key.created),
                    "expires": str(key.expires) if key.expires else None,
                }
                for key in held
            ]
        )
        return
    for key in _keys(context, home, corpus).all():
        until = f"until {key.expires}" if key.expires else "without end"
        out.print(f"{key.id}  {key.scope}  {key.name}  made {key.created}, {until}", markup=False)


@keys.command("revoke")
def revoke_key(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The id that tebiki keys list shows.")],
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a key back; it opens nothing from now on."""
    with told_as_words():
        gone = _keys(context, home, corpus).revoke(key)
        told = {"id": gone.id, "name": gone.name}
        tell(told, f"{gone.id} ({gone.name}) opens nothing any more.", as_json=as_json)
