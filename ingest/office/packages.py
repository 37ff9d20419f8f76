"""An Office file is a ZIP of XML: opened within bounds, its parts by name, its links resolved.

The standard library reads both. What packages for these formats leave out is what decides what a
document says (python-docx: tracked changes, footnotes, numbers that Word computes; openpyxl's
read-only mode: merged cells, hidden rows, numbers as shown), so their XML is walked here anyway.
Nothing outside the file is ever fetched, and no macro is looked at.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

# Expat bounds what entities grow to and fetches none; a document type is refused before that.
from xml.etree import ElementTree as ET

from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_MOST_PARTS = 20_000
_LARGEST_PART = 64 << 20
"""Bytes of a part that is read as a whole."""

_LARGEST_SHEET = 512 << 20
"""Bytes of a part that is read piece by piece."""

_PROLOG = 64 << 10
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT = "http://purl.oclc.org/ooxml/"
_USUAL = "http://schemas.openxmlformats.org/"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
"""The namespace of the links between parts."""


class Damaged(Exception):
    """A part is missing, too large or not what it should be; the message is a clause."""


class Package:
    """An open Office file. Names of parts have no leading slash."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        if len(archive.infolist()) > _MOST_PARTS:
            raise Damaged(f"it claims {len(archive.infolist()):,} parts")
        self._archive = archive
        # Some programs write the separator of Windows.
        self._names = {name.lower().replace("\\", "/"): name for name in archive.namelist()}

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Open a file.

        Raises:
            UnreadablePdf: it is locked with a password, cut short, or unpacks into too much.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                yield cls(archive)
        except (Damaged, ET.ParseError, zipfile.BadZipFile, zlib.error, EOFError) as problem:
            raise UnreadablePdf(
                str(path),
                f"its structure is damaged ({problem})",
                "Copy it again, or open it in its program and save it anew.",
            ) from problem
        except (NotImplementedError, RuntimeError) as problem:
            raise UnreadablePdf(
                str(path),
                f"a part of it is locked or packed in a way that is not read ({problem})",
                "Open it in its program and save it anew, without a password.",
            ) from problem

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def part(self, name: str) -> ET.Element:
        """Return a part as a tree.

        Raises:
            Damaged: it is missing, too large, or declares a document type.
        """
        with self._part(name, _LARGEST_PART) as file:
            return _usual(ET.parse(file).getroot())  # noqa: S314 - see the import

    def pieces(self, name: str, *ends: str) -> Iterator[ET.Element]:
        """Yield the elements of a part that have one of these names, each forgotten thereafter.

        Raises:
            Damaged: see `part`.
        """
        with self._part(name, _LARGEST_SHEET) as file:
            path: list[ET.Element] = []
            for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314 - see above
                if event == "start":
                    path.append(element)
                    continue
                path.pop()
                if element.tag.rpartition("}")[2] in ends:
                    yield _usual(element)
                    element.clear()
                    if path:
                        path[-1].remove(element)

    def links(self, name: str) -> dict[str, str]:
        """Return what a part links to, by id; what lies outside the file is left out."""
        folder, base = posixpath.split(name)
        found = f"{folder}/_rels/{base}.rels".lstrip("/")
        if found not in self:
            return {}
        return {
            each.get("Id", ""): _resolved(folder, each.get("Target", ""))
            for each in self.part(found).iter(_RELATIONS)
            if each.get("TargetMode") != "External"
        }

    def linked(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the parts of one kind (footnotes, styles …) that a part links to."""
        folder, base = posixpath.split(name)
        found = f"{folder}/_rels/{base}.rels".lstrip("/")
        if found not in self:
            return ()
        return tuple(
            target
            for each in self.part(found).iter(_RELATIONS)
            if each.get("Type", "").rpartition("/")[2] == kind
            and each.get("TargetMode") != "External"
            and (target := _resolved(folder, each.get("Target", ""))) in self
        )

    def main(self) -> str:
        """Return the name of the part that everything else hangs on.

        Raises:
            Damaged: there is none.
        """
        found = self.linked("", "officeDocument")
        if not found:
            raise Damaged("no document is in it")
        return found[0]

    def title(self) -> str:
        """Return the title that the file's properties name."""
        for name in self.linked("", "core-properties"):
            for each in self.part(name):
                if each.tag.endswith("}title"):
                    return " ".join((each.text or "").split())
        return ""

    @contextmanager
    def _part(self, name: str, largest: int) -> Iterator[IO[bytes]]:
        real = self._names.get(name.lower())
        if real is None:
            raise Damaged(f"{name} is missing")
        size = self._archive.getinfo(real).file_size
        if size > largest:
            raise Damaged(f"{name} unpacks into {size:,} bytes")
        with self._archive.open(real) as file:
            if _DOCTYPE.search(file.read(_PROLOG)):
                raise Damaged(f"{name} declares a document type, which no Office file does")
            file.seek(0)
            yield file


def is_locked(head: bytes, path: Path) -> bool:
    """Whether an Office file that begins with *head* is encrypted: then it is no ZIP."""
    if not head.startswith(b"\xd0\xcf\x11\xe0"):
        return False
    with path.open("rb") as file:
        return _ENCRYPTED in file.read(1 << 20) or _in_tail(file)


def _in_tail(file: IO[bytes]) -> bool:
    file.seek(0, 2)
    file.seek(max(0, file.tell() - (1 << 20)))
    return _ENCRYPTED in file.read()


def _resolved(folder: str, target: str) -> str:
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")


def _usual(root: ET.Element) -> ET.Element:
    """Return a tree with the names of the strict form of the standard made the usual ones."""
    if root.tag.startswith(f"{{{_STRICT}"):
        for each in root.iter():
            if _STRICT in each.tag:
                each.tag = _transitional(each.tag)
            for name in [name for name in each.attrib if _STRICT in name]:
                each.attrib[_transitional(name)] = each.attrib.pop(name)
    return root


def _transitional(name: str) -> str:
    namespace, _, local = name[1:].partition("}")
    path = namespace.removeprefix(_STRICT)
    year = "2006"
    room, _, rest = path.partition("/")
    usual = f"{_USUAL}{room}/{year}/{rest}" if rest else f"{_USUAL}{room}/{year}"
    return f"{{{usual}}}{local}"
