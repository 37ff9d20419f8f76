"""A bundle is gathered on a machine with a network, and packed into one file."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tebiki.bundling import sbom
from tebiki.bundling.install import MANIFEST, NAMESPACE, SIGNATURE
from tebiki.places import PROGRAM

INSTALLER = Path(__file__).with_name("install.py")
LOCK = PROGRAM / "requirements.lock"
PLATFORMS = {
    "x86_64": ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64",
               "manylinux2014_x86_64", "linux_x86_64"),
    "aarch64": ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64",
                "manylinux2014_aarch64", "linux_aarch64"),
}  # fmt: skip
"""Which wheels a machine takes, the newest kind first; Debian 12 and newer take the first."""

_TRY = "import tebiki.serving, tebiki.command_line, ingest.language.words as w; w.tokens('転出届')"
_SHELL = '#!/bin/sh\nexec "${PYTHON:-python3}" "$(dirname "$0")/install.py" "$@"\n'


class NotBundled(Exception):
    """The bundle was not made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """The machine that a bundle is for: *python* like "3.11", *machine* x86_64 or aarch64."""

    python: str = f"{sys.version_info[0]}.{sys.version_info[1]}"
    machine: str = field(default_factory=platform.machine)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: where, of which version, how large, and of how many wheels."""

    file: Path
    version: str
    size: int
    wheels: int
    sha256: str


def gather(folder: Path, target: Target, told: Callable[[str], None]) -> tuple[list[Path], Path]:
    """Fetch the locked wheels for a machine, build Tebiki's own, and return all of them and pip's.

    Raises:
        NotBundled: this is no checkout, or pip could not do it.
    """
    if not LOCK.is_file():
        raise NotBundled(f'{PROGRAM} is no checkout of Tebiki; run "make bundle" in one.')
    if target.machine not in PLATFORMS:
        raise NotBundled(
            f"There is no bundle for {target.machine}, only for {', '.join(PLATFORMS)}."
        )
    wheels, own, pip = folder / "wheels", folder / "own", folder / "pip"
    named = folder / "requirements.lock"
    named.write_text(locked_for(LOCK.read_text(encoding="utf-8"), target), encoding="utf-8")
    told("fetching the locked packages")
    kinds = [word for kind in PLATFORMS[target.machine] for word in ("--platform", kind)]
    wanted = ("--only-binary=:all:", "--no-deps", "--python-version", target.python, *kinds)
    _pip("download", "--require-hashes", *wanted, "-r", str(named), "-d", str(wheels))
    _pip("download", "--no-deps", "pip", "-d", str(pip))
    told("building Tebiki")
    _pip("wheel", "--no-deps", "--no-build-isolation", str(PROGRAM), "-w", str(own))
    return [*sorted(wheels.glob("*.whl")), *own.glob("*.whl")], next(pip.glob("pip-*.whl"))


def locked_for(lock: str, target: Target) -> str:
    """Return what of a lock file a machine needs: markers are decided for that one, not this one."""
    from packaging.markers import Marker

    there = {
        "python_version": target.python, "python_full_version": f"{target.python}.99",
        "sys_platform": "linux", "os_name": "posix", "platform_system": "Linux",
        "platform_machine": target.machine, "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }  # fmt: skip
    kept: list[str] = []
    for entry in re.findall(r"^[\w.-]+==(?:.*\\\n)*.*\n?", lock, re.MULTILINE):
        head, _, rest = entry.partition("\n")
        pin, _, marker = head.removesuffix("\\").partition(";")
        if not marker.strip() or Marker(marker.strip()).evaluate(there):
            kept.append(f"{pin.strip()} \\\n{rest}")
    return "".join(kept)


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotBundled(f"pip {words[0]}: {' '.join(said[-2:]) or done.stderr[-500:]}")


def pack(
    file: Path,
    wheels: Sequence[Path],
    pip: Path,
    target: Target,
    *,
    extras: Mapping[str, Iterable[Path]] = {},
    key: Path | None = None,
    programs: Sequence[str] = ("tebiki",),
    attempt: str = _TRY,
) -> Bundle:
    """Write a bundle of some wheels in one step; *extras* maps corpus, models, debs to files.

    *key* signs it (``ssh-keygen -Y sign``); *attempt* is what a new installation must be able to do.

    Raises:
        NotBundled: Tebiki's own wheel is not among them, or it could not be signed.
    """
    found = [sbom.wheel(path) for path in wheels]
    own = next((one for one in found if one.name.lower() == "tebiki"), None)
    if own is None:
        raise NotBundled("Tebiki's own wheel is not among the packages.")
    created = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory(prefix="tebiki-bundle-") as made:
        root = Path(made)
        for folder, files in {"wheels": wheels, "pip": [pip], **extras}.items():
            (root / folder).mkdir()
            for path in files:
                copy = shutil.copytree if path.is_dir() else shutil.copy2
                copy(path, root / folder / path.name)
        pins = (f"{one.name}=={one.version} --hash=sha256:{one.digest}\n" for one in found)
        (root / "requirements.txt").write_text("".join(sorted(pins)), encoding="utf-8")
        listing = sbom.listed(found, version=own.version, created=created)
        (root / "sbom.json").write_text(json.dumps(listing, indent=1), encoding="utf-8")
        shutil.copy2(INSTALLER, root / "install.py")
        (root / "install.sh").write_text(_SHELL, encoding="utf-8")
        (root / "install.sh").chmod(0o755)
        manifest = {
            "version": own.version, "created": created, "python": target.python,
            "machine": target.machine, "programs": list(programs), "try": attempt,
            "files": {p.relative_to(root).as_posix(): _hash(p) for p in sorted(root.rglob("*")) if p.is_file()},
        }  # fmt: skip
        (root / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        if key is not None:
            _sign(root / MANIFEST, key)
        name = f"tebiki-{own.version}"
        draft = file.with_name(f".{file.name}.draft")
        with tarfile.open(draft, "w") as packed:
            packed.add(root, name)
        draft.replace(file)
    return Bundle(file, own.version, file.stat().st_size, len(found), _hash(file))


def _sign(manifest: Path, key: Path) -> None:
    words = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(manifest)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as problem:
        raise NotBundled("ssh-keygen is not installed: apt-get install openssh-client") from problem
    if done.returncode or not manifest.with_name(SIGNATURE).is_file():
        raise NotBundled(f"{key}: {done.stderr.strip()}")


def _hash(path: Path) -> str:
    told = sha256()
    with path.open("rb") as file:
        while some := file.read(1 << 20):
            told.update(some)
    return told.hexdigest()
