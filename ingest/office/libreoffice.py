"""Old Office files become new ones, and any of them a PDF: by LibreOffice, in a bounded process.

Nothing else of ours starts it. It has a profile of its own that is thrown away, in which macros
are off and no link is followed; where the system allows it, it has no network either.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Iterator

BECOMES = {
    ".doc": ".docx", ".rtf": ".docx", ".odt": ".docx",
    ".xls": ".xlsx", ".ods": ".xlsx",
    ".ppt": ".pptx", ".odp": ".pptx",
}  # fmt: skip
"""What is converted, and what it becomes: its own readers then read that."""

TIMEOUT_S = 100
"""How long one file may take; less than reading a file may (`ingest.reading_processes.TIMEOUT_S`)."""

MEMORY_MB = 2_048
"""How much address space it may use; a text of one line takes 0.9 GB of it (7.4, Debian 12)."""

_LARGEST_MB = 512
"""How large a file it may write."""

_GRACE_S = 10.0
_LIMITED = 'ulimit -v "$1" && ulimit -f "$2" && shift 2 && exec "$@"'
_MISSING = "files of this kind are read where LibreOffice is installed, and here it is not"
_INSTALL = (
    "Save it in the newer format (.docx, .xlsx, .pptx) or as a PDF, or have LibreOffice installed "
    "(libreoffice-writer, -calc and -impress)."
)
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""


def installed() -> bool:
    """Whether LibreOffice can be started here."""
    return _program() is not None


def missing(path: str) -> UnreadablePdf:
    """Return why a file that only LibreOffice reads is not read here, and what helps."""
    return UnreadablePdf(path, _MISSING, _INSTALL)


@contextmanager
def converted(path: Path, old: str) -> Iterator[Path]:
    """Give a file of the kind *old* (.doc) in the newer format, for as long as the block lasts.

    Raises:
        UnreadablePdf: LibreOffice is not installed, cannot open the file, or takes too long.
    """
    with _made(path, old, BECOMES[old]) as made:
        yield made


@contextmanager
def printed(path: Path, kind: str) -> Iterator[Path]:
    """Give a file of the *kind* (.docx) as the PDF that it is printed as, likewise.

    Raises:
        UnreadablePdf: as `converted`.
    """
    with _made(path, kind, ".pdf") as made:
        yield made


@contextmanager
def _made(path: Path, old: str, wanted: str) -> Iterator[Path]:
    program = _program()
    if program is None:
        raise missing(str(path))
    with tempfile.TemporaryDirectory(prefix="tebiki-office-") as folder:
        profile, out = Path(folder, "profile"), Path(folder, "out")
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        # A name of our own, in a folder of its own: nothing that it names lies beside it.
        source = Path(folder, f"file{old}")
        shutil.copyfile(path, source)
        command = [
            "timeout", "--signal=KILL", str(TIMEOUT_S), program,
            f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore",
            "--nolockcheck", "--nodefault", "--convert-to", wanted[1:], "--outdir", str(out),
            str(source),
        ]  # fmt: skip
        _run(path, command, Path(folder))
        made = out / f"file{wanted}"
        if not made.is_file():
            raise UnreadablePdf(
                str(path),
                "LibreOffice could not open it: it is damaged or locked with a password",
                "Open it in its program and save it in the newer format, without a password.",
            )
        yield made


def _run(path: Path, command: list[str], folder: Path) -> None:
    """Run a command within bounds; what it has to say is not kept."""
    limits = [str(MEMORY_MB << 10), str(_LARGEST_MB << 11)]
    alone = ["unshare", "-rn"] if _can_be_alone() else []
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:9")
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", _LIMITED, "sh", *limits, *alone, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **nowhere, "HOME": str(folder), "TMPDIR": str(folder)},
            timeout=TIMEOUT_S + _GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        late = True
    else:
        late = done.returncode in {124, 137, -9}
    if late:
        raise UnreadablePdf(
            str(path),
            f"LibreOffice did not convert it within {TIMEOUT_S} s",
            "Save it in the newer format, or split it into parts.",
        )


def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


@cache
def _can_be_alone() -> bool:
    """Whether a process can be started here that has no network."""
    found = shutil.which("unshare")
    if found is None:
        return False
    try:
        tried = subprocess.run([found, "-rn", "true"], capture_output=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0
