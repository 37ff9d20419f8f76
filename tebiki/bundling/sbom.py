"""What a bundle is made of, as a CycloneDX list for whoever has to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel, and what its metadata says of it."""

    path: Path
    name: str
    version: str
    licence: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return sha256(self.path.read_bytes()).hexdigest()


def wheel(path: Path) -> Wheel:
    """Read a wheel's metadata.

    Raises:
        LookupError: it holds none.
    """
    with ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        if not names:
            raise LookupError(f"{path}: a wheel without metadata")
        told = HeaderParser().parsestr(packed.read(names[0]).decode("utf-8", "replace"))
    named = [
        one.rpartition("::")[2].strip()
        for one in told.get_all("Classifier", [])
        if one.startswith("License ::")
    ]
    licence = told.get("License-Expression") or "; ".join(named) or told.get("License") or ""
    first = licence.strip().splitlines()[:1]
    return Wheel(path, told["Name"], told["Version"], first[0] if first else "")


def listed(wheels: Iterable[Wheel], *, version: str, created: str) -> dict[str, object]:
    """Return the list: Tebiki at its head, then each package with version, licence and hash."""
    parts = sorted(wheels, key=lambda one: one.name.lower())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "component": {"type": "application", "name": "tebiki", "version": version,
                          "bom-ref": f"pkg:pypi/tebiki@{version}"},
        },
        "components": [_component(one) for one in parts if one.name.lower() != "tebiki"],
    }  # fmt: skip


def _component(one: Wheel) -> dict[str, object]:
    name = one.name.lower().replace("_", "-")
    address = f"pkg:pypi/{name}@{one.version}"
    licences = [{"license": {"name": one.licence}}] if one.licence else []
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": one.version,
        "purl": address,
        "licenses": licences,
        "hashes": [{"alg": "SHA-256", "content": one.digest}],
    }
