"""`tebiki keys`: the keys that open the HTTP interface."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.translations import Bilingual
from tebiki.building import note
from tebiki.commands.options import Commands, Common
from tebiki.commands.output import err, print_json, say, spoken

if TYPE_CHECKING:
    from api.keys import Keys


keys = Commands(help="Keys that open the HTTP interface.", no_args_is_help=True)


def _keys(given: Common) -> Keys:
    from api.keys import Keys

    return Keys(given.settings().home / "keys.json")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is, for your own list.")],
    *,
    scope: Annotated[str, typer.Option(help="search, ask, questions, curate or admin.")] = "ask",
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it ends.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="A group whose documents it sees; may be repeated."),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", help="Another corpus of the home that it opens; may be repeated."),
    ] = None,
    given: Common,
) -> None:
    """Make a key and print it; it is shown this once."""
    from api.keys import Keys, Scope

    if scope not in {one.value for one in Scope}:
        raise typer.BadParameter("the scope is " + ", ".join(Scope), param_hint="--scope")
    made, secret = _keys(given).create(
        name, Scope(scope), expires=expires.date() if expires else None, groups=group or ()
    )
    what = {"id": made.id, "name": name, "scope": scope, "groups": made.groups}
    note(given.settings(), "KEY_MADE", **what, expires=made.expires)
    for other in given.others(also or ()):
        Keys(other.home / "keys.json").add(made)
        note(other, "KEY_MADE", **what, expires=made.expires)
    told = {"id": made.id, "name": name, "scope": str(made.scope), "secret": secret}
    given.tell(told, secret)
    err.print(spoken(f"Key {made.id} for {name}. It cannot be shown again."), markup=False)


@keys.command("list")
def list_keys(
    *,
    given: Common,
) -> None:
    """List the keys."""
    held, used = _keys(given).all(), _keys(given).used()
    if given.as_json:
        print_json(
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "scope": str(key.scope),
                    "created": str(key.created),
                    "expires": str(key.expires) if key.expires else None,
                    "used": str(used[key.id]) if key.id in used else None,
                    "groups": list(key.groups),
                }
                for key in held
            ]
        )
        return
    for key in held:
        groups = ", ".join(key.groups)
        told = [
            Bilingual(f"made {key.created}", f"作成 {key.created}"),
            Bilingual(f"until {key.expires}", f"期限 {key.expires}")
            if key.expires
            else Bilingual("without end", "期限なし"),
            Bilingual(f"last used {used[key.id]}", f"最終使用 {used[key.id]}")
            if key.id in used
            else Bilingual("never used", "未使用"),
            *([Bilingual(f"sees {groups}", f"見えるグループ {groups}")] if groups else []),
        ]
        say(f"{key.id}  {key.scope}  {key.name}  {', '.join(map(spoken, told))}")


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="The id that tebiki keys list shows.")],
    *,
    given: Common,
) -> None:
    """Take a key back; it opens nothing from now on."""
    gone = _keys(given).revoke(key)
    note(given.settings(), "KEY_REVOKED", id=gone.id, name=gone.name)
    told = {"id": gone.id, "name": gone.name}
    given.tell(told, f"{gone.id} ({gone.name}) opens nothing any more.")
