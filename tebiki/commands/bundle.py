"""`tebiki bundle`: everything for a closed network in one file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tebiki.commands.options import Printed
from tebiki.commands.output import err, spoken


def bundle(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    python: Annotated[str, typer.Option(help="The Python over there, like 3.11.")] = "",
    machine: Annotated[str, typer.Option(help="The machine over there: x86_64, aarch64.")] = "",
    documents: Annotated[
        Path | None, typer.Option("--documents", help="A folder of PDFs to take along.")
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option("--model", help='A file of "tebiki models pack"; may be repeated.'),
    ] = None,
    deb: Annotated[
        list[Path] | None,
        typer.Option("--deb", help="A Debian package (tesseract); may be repeated."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Sign with this SSH key (ssh-keygen -Y).")
    ] = None,
    given: Printed,
) -> None:
    """Write one file that installs Tebiki where there is no network, and updates it there."""
    from index.search.dictionary import at_hand
    from tebiki import ocr
    from tebiki.bundling.install import DICTIONARY, OCR
    from tebiki.bundling.packing import Target, gather, pack

    here = Target()
    target = Target(python or here.python, machine or here.machine)
    dictionary = at_hand()
    if dictionary is None:
        err.print(
            spoken('Without the dictionary for English questions: "tebiki dictionary" fetches it.'),
            style="yellow", markup=False,
        )  # fmt: skip
    networks = ocr.at_hand()
    if networks is None:
        err.print(
            spoken('Without what reads scans: "tebiki ocr" fetches it.'),
            style="yellow", markup=False,
        )  # fmt: skip
    extras = {
        "corpus": [documents] if documents else [],
        "models": model or [],
        "debs": deb or [],
        DICTIONARY: [dictionary] if dictionary else [],
        OCR: sorted(networks.iterdir()) if networks else [],
    }
    with tempfile.TemporaryDirectory(prefix="tebiki-gathered-") as folder:
        wheels, pip = gather(
            Path(folder), target, lambda step: err.print(f"{spoken(step)} …", markup=False)
        )
        made = pack(
            file, wheels, pip, target,
            extras={name: paths for name, paths in extras.items() if paths}, key=key,
        )  # fmt: skip
    given.tell(
        {"file": str(made.file), "version": made.version, "bytes": made.size,
         "packages": made.wheels, "sha256": made.sha256},
        f"{made.file}: Tebiki {made.version} for Python {target.python} on {target.machine}, "
        f"{made.wheels} packages, {made.size / 1e6:.0f} MB\nsha256 {made.sha256}",
    )  # fmt: skip
