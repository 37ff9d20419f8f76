"""Where there is no network: verify, install, refresh, serve, ask, update, go back, as ".ci/bundle_check.py" does.

Tebiki's own wheel is the real one; what it needs is taken from this Python. "make bundle-check" walks
the same way with everything packed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from tebiki.bundling.packing import pack
from tests.tebiki.test_bundle import HERE, PIP, has_namespaces, small_wheel

ROOT = Path(__file__).parents[2]


def own_wheel(folder: Path) -> Path:
    """Build Tebiki's wheel as "make bundle" does."""
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    words += ["--no-deps", "--no-build-isolation", str(ROOT), "-w", str(folder)]
    subprocess.run(words, check=True, capture_output=True)
    return next(folder.glob("tebiki-*.whl"))


def later(wheel: Path, version: str) -> Path:
    """Return a wheel of the same files under another version."""
    before = wheel.name.split("-")[1]
    info = f"tebiki-{version}.dist-info"
    path = wheel.with_name(wheel.name.replace(before, version))
    with ZipFile(wheel) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            content, now = old.read(name), name.replace(f"tebiki-{before}.dist-info", info)
            if name.endswith("/METADATA"):
                content = content.replace(
                    f"\nVersion: {before}".encode(), f"\nVersion: {version}".encode()
                )
            if not name.endswith("/RECORD"):
                new.writestr(now, content)
        listed = [*new.namelist(), f"{info}/RECORD"]
        new.writestr(f"{info}/RECORD", "".join(f"{each},,\n" for each in listed))
    return path


@pytest.mark.timeout(900)  # nine commands, each from the start
@pytest.mark.skipif(PIP is None, reason="sudo apt-get install python3-venv")
@pytest.mark.skipif(not has_namespaces(), reason="no network namespaces for this user")
def test_a_bundle_lives_where_there_is_no_network(tmp_path: Path) -> None:
    """Each step succeeds, the same is cited after each, and the former version answers again."""
    assert PIP is not None
    wheel = own_wheel(tmp_path / "wheels")
    needed = small_wheel(tmp_path / "wheels", "needed", "1.0", "", beside={
        "needed.pth": f"{sysconfig.get_path('purelib')}\n"
    })  # fmt: skip
    bundles = [tmp_path / "first.tar", tmp_path / "second.tar"]
    for file, own in zip(bundles, (wheel, later(wheel, "99.0")), strict=True):
        pack(file, [own, needed], PIP, HERE)

    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "bundle_check.py", *bundles],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "no way out" in done.stdout
    assert "gone back, asked: the same" in done.stdout
    with ZipFile(wheel) as packed:
        inside = [name for name in packed.namelist() if name.startswith("corpus/")]
    assert inside
    assert [] == [name for name in inside if name.endswith(".py")]
