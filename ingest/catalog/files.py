"""What lies in a corpus folder: the files to be read, and what is named and left out."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ingest import formats
from ingest.errors import UnreadablePdf
from ingest.formats import ending as _ending

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_DOCUMENTS = frozenset(
    {".jtd", ".xdw", ".xps"}
    | {".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""Endings of what people take for a manual and Tebiki does not read."""

_ARCHIVES = frozenset({".7z", ".cab", ".gz", ".lha", ".lzh", ".rar", ".tar", ".tgz", ".zip"})

_SILENT = frozenset({".css", ".db", ".ini", ".js", ".py", ".tmp", ".toml", ".typ"})
"""Endings of settings, programs and what an operating system leaves behind: no documents."""

_NAMED = 5
"""How many of the files that were left out are named in a notice."""

_LONGEST_ID = 80


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a folder. *readable* are relative to it, with forward slashes, in order.

    *unusable* are files that cannot even be named or followed, *left_out* everything else that
    may be taken for a document, by why it is left out: old (for LibreOffice), document, archive or
    unknown.
    """

    readable: tuple[str, ...]
    unusable: tuple[UnreadablePdf, ...]
    left_out: dict[str, tuple[str, ...]]


def lying_in(folder: Path, listed: Collection[object]) -> Files:
    """Return what lies below a folder, hidden things left out.

    A link that leads nowhere is unusable unless it is *listed*: then it is named as that. A file
    beside a PDF of its name is what the PDF was made from, and is read only where it is listed.
    """
    read, known = formats.endings(), set(listed)
    readable: list[str] = []
    unusable: list[UnreadablePdf] = []
    others: dict[str, list[str]] = {why: [] for why in _NOTICES}
    names = sorted(_below(folder))
    stems = {_stem(name) for name in names if _ending(name) == ".pdf"}
    for name in names:
        path, pdf = folder / name, _ending(name) == formats.PDF
        wanted = pdf or name in known or (_stem(name) not in stems and not _describes(name))
        ours = wanted and _ending(name) in read
        if ours and not _is_utf8(name):
            unusable.append(_unnameable(name))
        elif ours and path.is_file():
            readable.append(name)
        elif ours and not path.exists() and name not in known:
            unusable.append(_dangling(name))
        elif (
            not ours
            and not pdf
            and path.is_file()
            and _stem(name) not in stems
            and (why := _why(name))
        ):
            others[why].append(shown(name))
    left_out = {why: tuple(found) for why, found in others.items() if found}
    return Files(tuple(readable), tuple(unusable), left_out)


def _below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if not any(part.startswith((".", "~$")) for part in name.parts):
            yield name.as_posix()


def _stem(name: str) -> str:
    """Return a name without its ending: a Word file beside a PDF of its name is its source."""
    ending = _ending(name)
    return name[: -len(ending)] if ending else name


def name_of(name: str) -> str:
    """Return a file's own name, without its folder and ending, its marks on their letters."""
    return unicodedata.normalize("NFC", _stem(name).rpartition("/")[2])


def _is_utf8(name: str) -> bool:
    return shown(name) == name


def shown(name: str) -> str:
    r"""Return a file's name as it can be written down: bytes that are no UTF-8 come as \x8a."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _describes(name: str) -> bool:
    """Whether a file is about the folder it lies in."""
    return PurePosixPath(name).stem.upper() in {"README", "LICENSE"}


def _why(name: str) -> str:
    """Say why a file is left out, "" where nobody takes it for a document."""
    ending = _ending(name)
    if ending in _SILENT or _describes(name):
        return ""
    if ending in formats.known():
        return "old"
    if ending in _DOCUMENTS:
        return "document"
    return "archive" if ending in _ARCHIVES else "unknown"


def _unnameable(name: str) -> UnreadablePdf:
    advice = "Give it another name."
    try:
        guess = os.fsencode(name).decode("cp932")
    except UnicodeDecodeError:
        reason = "its name is not written in UTF-8, so it cannot be quoted"
        return UnreadablePdf(shown(name), reason, advice)
    return UnreadablePdf(
        shown(name),
        f"its name is not written in UTF-8 (in Shift_JIS it is {guess}), so it cannot be quoted",
        advice,
    )


def _dangling(name: str) -> UnreadablePdf:
    return UnreadablePdf(
        name,
        "it is a link, and what it leads to is not there",
        "Copy the file itself into the folder, or remove the link.",
    )


_NOTICES = {
    "old": (
        "{} is read where LibreOffice is installed, and was left out: save it in a newer format.",
        "{} files are read where LibreOffice is installed, and were left out ({}): save them anew.",
    ),
    "document": (
        "{} cannot be read here and was left out: save it as a PDF to have it indexed.",
        "{} files cannot be read here and were left out ({}): save them as PDFs to have them indexed.",
    ),
    "archive": (
        "{} is an archive and was left out: unpack it to have the files in it indexed.",
        "{} files are archives and were left out ({}): unpack them to have the files in them indexed.",
    ),
    "unknown": (
        "{} is of a kind that Tebiki does not read and was left out.",
        "{} files are of kinds that Tebiki does not read and were left out ({}).",
    ),
}


def notices(files: Files) -> list[str]:
    """Say in a sentence for each reason what was left out."""
    return [
        _NOTICES[why][0].format(*names)
        if len(names) == 1
        else _NOTICES[why][1].format(len(names), some(names))
        for why, names in files.left_out.items()
    ]


def some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f", … +{more}" if more > 0 else "")


def id_of(path: str, taken: Collection[str] = ()) -> str:
    """Return the id of the document in a file that no catalog lists; pure.

    It depends on the file's own path alone: "令和6年度/手引き.pdf" is 令和6年度--手引き whatever
    lies beside it, and 手引き.docx keeps its ending. Where characters had to go, or the id is *taken* by another, a hash of the
    path tells it apart from a path that would otherwise give the same id.
    """
    name = unicodedata.normalize("NFC", path)
    name = name[: -len(formats.PDF)] if _ending(name) == formats.PDF else name
    parts = name.split("/")
    cleaned = "--".join(filter(None, (_cleaned(part) for part in parts)))
    whole = cleaned.split("--") == parts and len(cleaned) <= _LONGEST_ID
    if whole and cleaned not in taken:
        return cleaned
    told = sha256(os.fsencode(path)).hexdigest()
    return f"{cleaned[:_LONGEST_ID]}-{told[:6]}".lstrip("-.")


def _cleaned(part: str) -> str:
    """Return a folder's or file's name of letters, digits, ".", "_" and single "-"."""
    kept = (c if c.isalnum() or c in "._-" else "-" for c in part)
    return "-".join(filter(None, "".join(kept).split("-"))).strip(".")
