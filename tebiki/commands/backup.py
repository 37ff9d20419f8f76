"""`tebiki backup` and `tebiki restore`: a home in one file, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tebiki.commands.options import Common


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, on another disk at best.")],
    *,
    keys: Annotated[
        bool, typer.Option("--keys", help="Take along the keys; then keep the file safe.")
    ] = False,
    given: Common,
) -> None:
    """Write the home into one file while it goes on answering; check it with "restore --check"."""
    from tebiki.backup import back_up

    listing = back_up(given.settings(), file, keys=keys)
    size = file.stat().st_size
    given.tell(
        {"file": str(file), "bytes": size, **_told(asdict(listing))},
        f"{file}: {listing.generation}, {len(listing.files)} files, {size / 1e6:.1f} MB"
        f"{'' if keys else ', without keys (--keys)'}.",
    )


def restore(
    file: Annotated[Path, typer.Argument(help='A file that "tebiki backup" wrote.')],
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare every file with its hash.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep the home that is there beside the restored one.")
    ] = False,
    given: Common,
) -> None:
    """Put a backup back as the home, after every file in it was checked."""
    from tebiki.backup import check as checked
    from tebiki.backup import restore as put_back

    if check:
        listing = checked(file)
        given.tell(
            _told(asdict(listing)), f"{file} is whole: {listing.generation} of {listing.created}."
        )
        return
    chosen = given.settings()
    listing = put_back(chosen, file, replace=replace)
    given.tell(
        {"home": str(chosen.home), **_told(asdict(listing))},
        f"{chosen.home} is as it was at {listing.created}: {listing.generation}.",
    )


def _told(listing: dict[str, object]) -> dict[str, object]:
    """Return what a program is told of a backup: not every file."""
    files = listing.pop("files")
    return {**listing, "files": len(files) if isinstance(files, dict) else 0}
