"""A bundle: what is in it is checked, installed beside the former version, and taken back in one step.

The wheels are small ones made here; "make bundle" packs the real ones and "make bundle-check" takes
them through a network namespace without a way out; test_bundle_journey.py does so with small ones.
"""

from __future__ import annotations

import ensurepip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from tebiki.bundling.install import DICTIONARY
from tebiki.bundling.packing import NotBundled, Target, locked_for, pack

PIP = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"), None)
HERE = Target(machine=os.uname().machine)


def small_wheel(
    folder: Path,
    name: str,
    version: str,
    code: str,
    *,
    program: str = "",
    beside: Mapping[str, str] = {},
) -> Path:
    """Make a wheel of one module and what lies *beside* it.

    With *program* it has a command that calls its main().
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        **beside,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if program:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{program} = {name}:main\n"
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    with ZipFile(path, "w") as packed:
        for inside, content in files.items():
            packed.writestr(inside, content)
    return path


@dataclass
class Office:
    """A machine without a network: where bundles arrive, and where Tebiki is installed."""

    folder: Path

    @property
    def prefix(self) -> Path:
        return self.folder / "opt"

    def bundle(
        self, version: str, *, code: str = "", key: Path | None = None, dictionary: str = ""
    ) -> Path:
        """Pack a small Tebiki and return where it was unpacked."""
        assert PIP is not None
        main = code or f"import helper\ndef main():\n    print('tebiki {version}', helper.WORD)\n"
        wheels = [
            small_wheel(self.folder / version, "tebiki", version, main, program="tebiki"),
            small_wheel(self.folder / version, "helper", "1.0", "WORD = 'helps'\n"),
        ]
        held = self.folder / version / "edict"
        held.write_text(dictionary, encoding="utf-8")
        made = pack(
            self.folder / f"{version}.tar", wheels, PIP, HERE, key=key, attempt="import tebiki",
            extras={DICTIONARY: [held]} if dictionary else {},
        )  # fmt: skip
        unpacked = self.folder / f"stick-{version}"
        with tarfile.open(made.file) as packed:
            packed.extractall(unpacked, filter="data")
        return unpacked / f"tebiki-{version}"

    def installs(self, bundle: Path, *words: str, code: int = 0) -> str:
        """Run the installer where there is no network; any exit code but *code* fails."""
        command = ["sh", str(bundle / "install.sh"), "--prefix", str(self.prefix), *words]
        if has_namespaces():
            command = ["unshare", "--map-root-user", "--net", *command]
        environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "LANG": "C.UTF-8"}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=self.folder
        )
        assert code == done.returncode, done.stdout + done.stderr
        return done.stdout + done.stderr

    def says(self) -> str:
        """Return what the installed program prints."""
        done = subprocess.run(
            [self.prefix / "bin" / "tebiki"], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def has_namespaces() -> bool:
    """Whether a program can be run where there is no network."""
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An empty machine."""
    if PIP is None:
        pytest.skip("sudo apt-get install python3-venv")
    return Office(tmp_path)


def test_install_update_and_back(office: Office) -> None:
    """Each version in a folder of its own; one link says which is current; both stay."""
    first, second = office.bundle("1.0"), office.bundle("2.0")

    office.installs(first)
    before = office.says()
    office.installs(second)
    updated = office.says()
    office.installs(second, "--back")
    returned = office.says()
    office.installs(second)

    assert ("tebiki 1.0 helps", "tebiki 2.0 helps", "tebiki 1.0 helps") == (
        before, updated, returned,
    )  # fmt: skip
    assert "tebiki 2.0 helps" == office.says()
    assert 2 == len(list((office.prefix / "versions").iterdir()))


def test_the_dictionary_arrives_where_the_program_looks_for_it(office: Office) -> None:
    """Beside its Python, as `index.search.dictionary.KEPT` has it."""
    code = "import pathlib, sys\ndef main():\n    print(pathlib.Path(sys.prefix, 'share', 'tebiki', 'edict').read_text())\n"

    office.installs(office.bundle("1.0", code=code, dictionary="words"))

    assert "words" == office.says()


@pytest.mark.parametrize("change", ["changed", "missing", "added"])
def test_a_bundle_that_is_not_as_packed_is_refused(office: Office, change: str) -> None:
    """One byte, a file less or a file more: it is named, and nothing is installed."""
    bundle = office.bundle("1.0")
    target = next((bundle / "wheels").glob("helper-*.whl"))
    if change == "changed":
        target.write_bytes(target.read_bytes() + b"x")
    elif change == "missing":
        target.unlink()
    else:
        (bundle / "wheels" / "evil-1.0-py3-none-any.whl").write_bytes(b"")

    said = office.installs(bundle, code=1)

    assert "wheels/" in said
    assert not office.prefix.exists()


def test_a_version_that_does_not_work_is_not_switched_to(office: Office) -> None:
    """It is tried before the link moves; what is left of it is removed."""
    office.installs(office.bundle("1.0"))

    office.installs(office.bundle("2.0", code="raise SystemExit('broken')\n"), code=1)

    assert "tebiki 1.0 helps" == office.says()
    assert 1 == len(list((office.prefix / "versions").iterdir()))


@pytest.mark.needs("ssh-keygen")
def test_who_signed_the_first_bundle_signs_the_next(office: Office, tmp_path: Path) -> None:
    """The list of signers is kept: another's bundle, or an unsigned one, is refused from then on."""
    keys = [tmp_path / "ours", tmp_path / "theirs"]
    for key in keys:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    ours, theirs = keys
    public = ours.with_suffix(".pub").read_text(encoding="utf-8")
    signers = tmp_path / "signers"
    signers.write_text(f"tebiki {public}", encoding="utf-8")

    office.installs(office.bundle("1.0", key=ours), "--signers", str(signers))
    office.installs(office.bundle("2.0", key=theirs), code=1)
    office.installs(office.bundle("3.0"), code=1)
    office.installs(office.bundle("4.0", key=ours))

    assert "tebiki 4.0 helps" == office.says()


def test_another_python_is_told_what_is_wanted(office: Office) -> None:
    """Before anything is installed."""
    bundle = office.bundle("1.0")
    told = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    told["python"] = "2.7"
    (bundle / "manifest.json").write_text(json.dumps(told), encoding="utf-8")

    said = office.installs(bundle, code=1)

    assert "Python 2.7" in said
    assert not (office.prefix / "versions").exists()


def test_list_of_parts_names_each_package_with_licence_and_hash(office: Office) -> None:
    """In CycloneDX, as those who must know what runs take it."""
    bundle = office.bundle("1.0")
    listing = json.loads((bundle / "sbom.json").read_text(encoding="utf-8"))
    wheel = next((bundle / "wheels").glob("helper-*.whl"))

    (part,) = listing["components"]

    assert ("CycloneDX", "1.6") == (listing["bomFormat"], listing["specVersion"])
    assert "pkg:pypi/helper@1.0" == part["purl"]
    assert [{"license": {"name": "MIT"}}] == part["licenses"]
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == part["hashes"][0]["content"]


def test_lock_is_read_for_the_machine_over_there() -> None:
    """What another Python or machine needs is taken, what it does not need is left out."""
    lock = (
        "# a comment\n"
        'a==1 ; python_full_version < "3.12" \\\n    --hash=sha256:01\n'
        'b==2 ; platform_machine == "aarch64" \\\n    --hash=sha256:02 \\\n    --hash=sha256:03\n'
        'c==3 ; sys_platform == "win32" \\\n    --hash=sha256:04\n'
        "d==4 \\\n    --hash=sha256:05\n"
    )

    here = locked_for(lock, Target("3.11", "x86_64"))
    there = locked_for(lock, Target("3.13", "aarch64"))

    assert "a==1 \\\n    --hash=sha256:01\nd==4 \\\n    --hash=sha256:05\n" == here
    assert (
        "b==2 \\\n    --hash=sha256:02 \\\n    --hash=sha256:03\nd==4 \\\n    --hash=sha256:05\n"
        == there
    )


def test_bundle_without_tebiki_is_none(tmp_path: Path) -> None:
    """The wheels alone install nothing."""
    helper = small_wheel(tmp_path, "helper", "1.0", "")

    with pytest.raises(NotBundled, match="Tebiki's own wheel"):
        pack(tmp_path / "x.tar", [helper], helper, HERE)
