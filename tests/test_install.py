"""Facts about the lock files and about what .ci/install.py decides."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Return .ci/install.py as a module whose .venv is an empty folder elsewhere."""
    spec = importlib.util.spec_from_file_location("install", ROOT / ".ci" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path)
    monkeypatch.setattr(module, "VENV_PYTHON", tmp_path / "python")
    monkeypatch.setattr(module, "STAMP", tmp_path / "stamp")
    return module


def requirements(name: str) -> dict[str, list[str]]:
    """Return the pins of a lock file ("numpy==2.4.6 ; marker") and the hashes of each."""
    pins: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        text = line.strip().removesuffix("\\").strip()
        if text.startswith("--hash="):
            pins[next(reversed(pins))].append(text)
        elif text and not text.startswith("#"):
            pins[text] = []
    return pins


def versions(name: str) -> set[str]:
    """Return what a lock file installs somewhere: {"numpy==2.4.6", …}."""
    return {pin.split(";")[0].strip() for pin in requirements(name)}


def names(name: str) -> set[str]:
    """Return the packages of a lock file, without versions."""
    return {version.split("==")[0] for version in versions(name)}


def test_there_are_four_locks() -> None:
    """The main lock, the one with the tools, and torch's two."""
    expected = ["-dev.lock", "-torch-cpu.lock", "-torch.lock", ".lock"]

    assert expected == [name.removeprefix("requirements") for name in LOCKS]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_hashes(lock: str) -> None:
    """Each fetched file is checked against a hash, so none may be without."""
    loose = [
        pin
        for pin, hashes in requirements(lock).items()
        if not re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)?", pin)
        or not all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes)
        or not hashes
    ]

    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_to_fetch_from(lock: str) -> None:
    """Whoever mirrors packages configures pip; a lock names what, never where."""
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"https?://\S+|^-\S+|file:\S+| @ ", text, re.MULTILINE) == []


def test_the_tools_lock_holds_the_main_lock() -> None:
    """Installing the tools changes no version that Tebiki runs on."""
    assert versions("requirements.lock") - versions("requirements-dev.lock") == set()


def test_the_main_locks_bring_no_torch_and_no_cuda() -> None:
    """The CUDA libraries come with torch, from torch's own lock or not at all."""
    cuda = re.compile(r"torch|triton|nvidia-.*|cuda-.*")
    both = names("requirements.lock") | names("requirements-dev.lock")

    assert sorted(filter(cuda.fullmatch, both)) == []


def test_the_torch_locks_name_one_version() -> None:
    """The CPU build and the ordinary build are the same torch, the one pyproject asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {each for each in project["dependencies"] if each.startswith("torch=")}

    assert asked == {each for each in versions("requirements-torch.lock") if "torch=" in each}
    assert {f"{each}+cpu" for each in asked} == versions("requirements-torch-cpu.lock")


def test_every_dependency_is_locked() -> None:
    """A dependency added to pyproject without "make lock" is noticed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        re.split(r"[\[><=!~]", each)[0]
        for each in [*project["project"]["dependencies"], *groups["build"], *groups["dev"]]
    }

    assert wanted - names("requirements-dev.lock") == {"torch"}


def test_an_old_python_is_told_what_is_wanted(installer: ModuleType) -> None:
    """The sentence names the Python found, the oldest that will do and the way out."""
    sentence = installer.too_old((3, 10, 12), "/usr/bin/python3")

    assert "Tebiki needs Python 3.11 or newer, and /usr/bin/python3 is Python 3.10." in sentence
    assert "make serve PYTHON=python3.12" in sentence


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 2), (4, 0, 0)])
def test_a_new_enough_python_is_taken(installer: ModuleType, version: tuple[int, ...]) -> None:
    """3.11 is the floor and there is no ceiling."""
    assert installer.too_old(version, "python3") is None


class Pip:
    """Stands for .venv's pip: remembers what was asked and fails where told to."""

    def __init__(self, failing: str = "", torch: str | None = None) -> None:
        self.failing = failing
        self.torch = torch
        self.asked: list[str] = []

    def __call__(self, *arguments: str, quietly: bool = False) -> subprocess.CompletedProcess[str]:
        """Install torch when a torch lock is asked for, unless that one fails."""
        asked = Path(arguments[-1]).name
        self.asked.append(asked)
        failed = asked == self.failing
        if "torch" in asked and not failed:
            self.torch = "2.13.0+cpu" if "cpu" in asked else "2.13.0"
        words = "WARNING: slow\nERROR: No matching distribution found for torch==2.13.0+cpu"
        return subprocess.CompletedProcess([], int(failed), "", words if failed else "")


def with_pip(installer: ModuleType, monkeypatch: pytest.MonkeyPatch, pip: Pip) -> Pip:
    """Let the installer use *pip* and believe what it says of torch."""
    monkeypatch.setattr(installer, "pip", pip)
    monkeypatch.setattr(installer, "installed_torch", lambda: pip.torch)
    return pip


def test_the_cpu_build_is_enough(installer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the CPU build can be had, the CUDA libraries are never asked for."""
    pip = with_pip(installer, monkeypatch, Pip())

    installer.install_torch()

    assert ["requirements-torch-cpu.lock"] == pip.asked


def test_the_ordinary_build_comes_second(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the CPU build cannot be had, torch is installed all the same, and it is said."""
    pip = with_pip(installer, monkeypatch, Pip(failing="requirements-torch-cpu.lock"))

    installer.install_torch()

    assert ["requirements-torch-cpu.lock", "requirements-torch.lock"] == pip.asked
    said = capsys.readouterr().out
    assert "No matching distribution found for torch==2.13.0+cpu" in said
    assert "the CUDA build, several GB" in said


def test_a_torch_that_is_there_stays(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ordinary torch of the locked version is not replaced by the CPU build."""
    pip = with_pip(installer, monkeypatch, Pip(torch="2.13.0"))

    installer.install_torch()

    assert [] == pip.asked


def test_a_failed_installation_leaves_no_stamp(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run goes on instead of believing that all is there."""
    with_pip(installer, monkeypatch, Pip(failing="requirements.lock"))
    monkeypatch.setattr(installer, "make_venv", lambda: None)

    with pytest.raises(installer.InstallFailed, match=r"could not install requirements\.lock"):
        installer.install(installer.MAIN_LOCK)

    assert not installer.STAMP.exists()


def test_a_second_run_asks_pip_for_nothing(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the tools there, what Tebiki runs on is there too."""
    pip = with_pip(installer, monkeypatch, Pip())
    monkeypatch.setattr(installer, "make_venv", lambda: None)
    installer.VENV_PYTHON.touch()
    installer.install(installer.DEV_LOCK)
    pip.asked.clear()

    installer.install(installer.DEV_LOCK)
    installer.install(installer.MAIN_LOCK)

    assert [] == pip.asked


def test_another_lock_is_installed_anew(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stamp is only good for the lock it was written for."""
    pip = with_pip(installer, monkeypatch, Pip())
    monkeypatch.setattr(installer, "make_venv", lambda: None)
    installer.VENV_PYTHON.touch()
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==2.4.6\n", encoding="utf-8")
    installer.install(lock)
    lock.write_text("numpy==2.4.7\n", encoding="utf-8")
    pip.asked.clear()

    installer.install(lock)

    assert "requirements.lock" in pip.asked
