"""Facts about the lock files and about what .ci/install.py decides."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingest", "index", "bot", "api", "evals", "tebiki")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
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
    monkeypatch.setattr(module, "ASKED_FOR", str(tmp_path / "{}-asked-for"))
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


def test_there_are_five_locks() -> None:
    """The main lock, the one with models, the one with the tools too, and torch's two."""
    expected = ["-dev.lock", "-models.lock", "-torch-cpu.lock", "-torch.lock", ".lock"]

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


def test_each_lock_holds_the_one_before_it() -> None:
    """Installing models, then the tools, changes no version that Tebiki runs on."""
    main, models, dev = map(
        versions, ("requirements.lock", "requirements-models.lock", "requirements-dev.lock")
    )

    assert (set(), set()) == (main - models, models - dev)


def test_the_default_path_installs_no_model_library() -> None:
    """Torch and what uses it come with the extra; CUDA from torch's own lock or not at all."""
    cuda = re.compile(r"torch|triton|nvidia-.*|cuda-.*")
    models = re.compile(r"torch|transformers|sentence-transformers")

    assert [] == sorted(filter(models.fullmatch, names("requirements.lock")))
    assert [] == sorted(filter(cuda.fullmatch, names("requirements-dev.lock")))
    assert {"sentence-transformers", "transformers"} <= names("requirements-models.lock")


def test_the_torch_locks_name_one_version() -> None:
    """The CPU build and the ordinary build are the same torch, the one pyproject asks for."""
    models = PROJECT["project"]["optional-dependencies"]["models"]
    asked = {each for each in models if each.startswith("torch=")}

    assert 1 == len(asked)

    assert asked == {each for each in versions("requirements-torch.lock") if "torch=" in each}
    assert {f"{each}+cpu" for each in asked} == versions("requirements-torch-cpu.lock")


def test_every_dependency_is_locked() -> None:
    """A dependency added to pyproject without "make lock" is noticed here."""
    groups = PROJECT["dependency-groups"]
    wanted = declared(
        *PROJECT["project"]["dependencies"],
        *chain(*PROJECT["project"]["optional-dependencies"].values()),
        *groups["build"],
        *groups["dev"],
    )

    assert {"torch"} == wanted - names("requirements-dev.lock")


def declared(*requirements: str) -> set[str]:
    """Return the names of requirements as pyproject.toml writes them."""
    return {re.split(r"[\[><=!~ ]", each)[0].lower() for each in requirements}


def imported(*folders: str) -> dict[str, str]:
    """Return the distributions that Python files import, each with one module that it is for."""
    beside = {file.stem for file in (ROOT / "benchmarks").glob("*.py")}
    ours = {*sys.stdlib_module_names, *ROOMS, *beside, "tests"}
    held = packages_distributions()
    found: dict[str, str] = {}
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        if "peers" in file.parts:
            continue  # scripts with requirements of their own
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in modules:
                top = module.split(".")[0]
                if top == "llama_index":  # one name for many distributions
                    depth = 2 if module.startswith("llama_index.core") else 3
                    found["-".join(module.split(".")[:depth]).replace("_", "-")] = module
                elif top == "opentelemetry":  # likewise
                    part = module.split(".")[1:2]
                    rest = {"exporter": "exporter-otlp-proto-grpc", "sdk": "sdk"}
                    found[f"opentelemetry-{rest.get(''.join(part), 'api')}"] = module
                elif top not in ours:
                    found[re.sub(r"[-_.]+", "-", held[top][0]).lower()] = module
    return found


NOT_IMPORTED = {
    "anthropic": "only bounded: llama-index-llms-anthropic does not say which it needs",
    "sudachidict-core": "data: the dictionary that sudachipy reads",
    "websocket-client": "slack-bolt's Socket Mode asks for it",
    "torch": "sentence-transformers runs on it; named for its CPU build",
}
"""What is declared although no line of the product imports it, and why."""


def test_what_is_declared_is_imported_and_what_is_imported_is_declared() -> None:
    """Nothing rests on what another package happens to bring, and nothing is fetched for nothing."""
    project = PROJECT["project"]
    extras = chain(*project["optional-dependencies"].values())
    asked = declared(*project["dependencies"], *extras)
    used = imported(*ROOMS)

    assert {} == {name: used[name] for name in used.keys() - asked}
    assert NOT_IMPORTED.keys() == asked - used.keys()


def test_only_the_door_to_models_imports_the_extra() -> None:
    """The default path runs without it: index/search/models.py and the archive of models alone."""
    extra = declared(*PROJECT["project"]["optional-dependencies"]["models"])
    others = imported("ingest", "bot", "api", "evals", "tebiki", "index/generations")

    assert set() == extra & others.keys()


def test_what_the_tests_import_is_declared() -> None:
    """By the product or by the tools."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    extras = chain(*project["optional-dependencies"].values())
    used = imported("tests", "benchmarks", ".ci")

    asked = declared(*project["dependencies"], *extras, *groups["dev"], *groups["build"])
    assert {} == {name: used[name] for name in used.keys() - asked}


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

    def __call__(
        self, *arguments: str, quietly: bool = False, packages: int = 0, whole_mb: float = 0
    ) -> subprocess.CompletedProcess[str]:
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


def test_the_default_path_asks_for_no_torch(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is installed with models, and with the tools, which test them."""
    pip = with_pip(installer, monkeypatch, Pip())
    monkeypatch.setattr(installer, "make_venv", lambda: None)

    installer.install(installer.MAIN_LOCK)
    plain = [name for name in pip.asked if "torch" in name]
    installer.install(installer.MODELS_LOCK)
    models = [name for name in pip.asked if "torch" in name]

    assert ([], ["requirements-torch-cpu.lock"]) == (plain, models)


@pytest.mark.parametrize(
    "models, dev, torch, lock",
    [
        pytest.param(False, False, None, "requirements.lock", id="the default"),
        pytest.param(True, False, None, "requirements-models.lock", id="models asked for"),
        pytest.param(False, False, "2.13.0", "requirements-models.lock", id="models held before"),
        pytest.param(False, True, None, "requirements-dev.lock", id="the tools"),
    ],
)
def test_who_has_models_keeps_them(
    installer: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    models: bool,  # noqa: FBT001 - a case of the table
    dev: bool,  # noqa: FBT001 - likewise
    torch: str | None,
    lock: str,
) -> None:
    """An update of an installation that has torch, as all once had, takes no model from anybody."""
    with_pip(installer, monkeypatch, Pip(torch=torch))

    assert lock == installer.wanted(models=models, dev=dev).name


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


def test_the_dictionary_is_asked_for_once_and_stops_nothing(
    installer: ModuleType, tmp_path: Path
) -> None:
    """On a machine without a way to it, every later start would wait in vain."""
    asked = tmp_path / "asked"
    installer.VENV_PYTHON.write_text(f"#!/bin/sh\necho $* >> {asked}\nexit 4\n", encoding="utf-8")
    installer.VENV_PYTHON.chmod(0o755)

    installer.fetch("dictionary")
    installer.fetch("dictionary")

    assert "-m tebiki dictionary\n" == asked.read_text(encoding="utf-8")


def test_what_pip_does_is_told_while_it_does_it(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many of how many packages are fetched; pip's exit code comes back."""
    pip = installer.VENV_PYTHON
    pip.write_text(
        "#!/bin/sh\necho Collecting a\necho WARNING of a mirror >&2\necho Collecting b\n"
        "echo ERROR: no hash >&2\nexit 3"
    )
    pip.chmod(0o755)
    monkeypatch.setattr(installer, "TOLD_EVERY_S", -1)

    result = installer.pip("install", packages=2)

    assert 3 == result.returncode
    out, err = capsys.readouterr()
    assert ["  1 of 2 packages, 0 s", "  2 of 2 packages, 0 s"] == sorted(set(out.splitlines()))
    assert "ERROR: no hash\n" == err


def test_a_network_that_signs_anew_is_told_as_such(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error of pip names a package that is not to be had; its first warning says why, and is shown."""
    pip = installer.VENV_PYTHON
    why = "WARNING: Retrying (Retry(total=%s)): SSLError([SSL: CERTIFICATE_VERIFY_FAILED])"
    pip.write_text(
        f"#!/bin/sh\necho Collecting a\necho '{why % 4}'\necho '{why % 3}'\n"
        "echo 'ERROR: No matching distribution found for a==1' >&2\nexit 1\n"
    )
    pip.chmod(0o755)

    with pytest.raises(installer.InstallFailed, match=r"update-ca-certificates.*PIP_CERT"):
        installer.install_locked(installer.MAIN_LOCK)

    assert [why % 4, "ERROR: No matching distribution found for a==1"] == (
        capsys.readouterr().err.splitlines()
    )


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


@pytest.mark.parametrize(
    "line, size",
    [
        ("  Downloading numpy-2.4-cp311.whl (16.9 MB)\n", 16.9),
        ("Using cached tqdm-4.whl (78 kB)\n", 0.078),
        ("  Downloading torch.whl (1.1 GB)", 1100.0),
        ("Collecting a (from b) (3 MB)", 0.0),
        ("  Downloading a.whl", 0.0),
    ],
)
def test_what_pip_says_of_a_file_is_understood(
    installer: ModuleType, line: str, size: float
) -> None:
    """Its size, in MB."""
    assert size == pytest.approx(installer.megabytes(line))


def test_how_long_it_still_takes_is_told(installer: ModuleType) -> None:
    """100 of 300 MB came in 20 s, so 200 MB take 40 s; without a size only how far it is."""
    assert (
        "  50 of 170 packages, 100 of 300 MB, 20 s; about 40 s more, then unpacking"
        == installer.how_far("50 of 170", 100, 300, 20)
    )
    assert "  50 of 170 packages, 20 s" == installer.how_far("50 of 170", 100, 0, 20)
    assert "about 0 s more" in installer.how_far("170 of 170", 310, 300, 20)
