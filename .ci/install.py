"""Make .venv and fill it from the lock files; when that has been done, do nothing.

``python3 .ci/install.py`` installs what Tebiki needs to run, ``--models`` also what a model in
place of the fitted embedder needs, ``--dev`` also what tests and checks need. Standard library
only, and readable by an old Python, so that an old Python is told what is wanted instead of
failing on a word it does not know.

Models need torch, which comes first and apart from the rest. On Linux the Python index carries the CUDA build
of several GB; the CPU build lives on PyTorch's own index or in a local folder that pip has
been told of. So the CPU build is tried by its exact name and hash, with little patience for
an index that does not answer, and the ordinary build is the second choice.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / "tebiki-installed.txt"
ASKED_FOR = "tebiki-{}-asked-for.txt"
"""Says that something was fetched by the command of that name, or tried for, once."""

OLDEST_PYTHON = (3, 11)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"

MAIN_LOCK = ROOT / "requirements.lock"
MODELS_LOCK = ROOT / "requirements-models.lock"  # everything in the main lock, and models
DEV_LOCK = ROOT / "requirements-dev.lock"  # everything in both, and the tools
TORCH_LOCK = ROOT / "requirements-torch.lock"
TORCH_CPU_LOCK = ROOT / "requirements-torch-cpu.lock"
HOLDS = {MAIN_LOCK: (), MODELS_LOCK: (MAIN_LOCK,), DEV_LOCK: (MAIN_LOCK, MODELS_LOCK)}
"""What else each lock brings."""

# Measured with pip on Linux (x86-64, Python 3.11), in MB of downloads.
SIZES = {MAIN_LOCK: 249, MODELS_LOCK: 279}
TOLD_EVERY_S = 10
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class InstallFailed(Exception):
    """A step did not succeed; the message says which, and what can be done."""


def told(en: str, ja: str) -> str:
    """Return a sentence in the language of the terminal, as the command line does."""
    named = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return ja if next(filter(None, named), "").startswith("ja") else en


def too_old(version: tuple[int, ...], executable: str) -> str | None:
    """Return the sentence for a Python older than ours, or None when it will do."""
    if version[:2] >= OLDEST_PYTHON:
        return None
    wanted, found = (".".join(map(str, parts[:2])) for parts in (OLDEST_PYTHON, version))
    return told(
        f"Tebiki needs Python {wanted} or newer, and {executable} is Python {found}. "
        "Install a newer one and name it: make serve PYTHON=python3.12",
        f"TebikiにはPython {wanted}以上が必要ですが、{executable} はPython {found}です。"
        "新しいPythonを入れて、「make serve PYTHON=python3.12」のように指定してください。",
    )


def place() -> str:
    """Return what .venv was made for: another Python, machine or folder needs a new one."""
    return f"{sys.implementation.cache_tag} {platform.machine()} {VENV}"


def contents(lock: Path) -> str:
    """Return the fingerprint of what an installation from *lock* holds."""
    digest = hashlib.sha256()
    torch = () if lock == MAIN_LOCK else (TORCH_LOCK, TORCH_CPU_LOCK)
    for path in (lock, *torch, ROOT / "pyproject.toml"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{lock.name} {digest.hexdigest()}"


def stamped() -> list[str]:
    """Return the lines an earlier installation left: its place, then what it holds."""
    return STAMP.read_text(encoding="utf-8").splitlines() if STAMP.is_file() else []


def locked_torch() -> str:
    """Return the version of torch that both torch locks name, without "+cpu"."""
    pin = re.search(r"^torch==([^\s+]+)", TORCH_LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if pin is None:
        message = f"{TORCH_LOCK.name} names no torch. Run: git checkout {TORCH_LOCK.name}"
        raise InstallFailed(message)
    return pin.group(1)


def installed_torch() -> str | None:
    """Return the version of torch in .venv, "+cpu" included, or None."""
    if not VENV_PYTHON.exists():
        return None
    question = "import importlib.metadata as m; print(m.version('torch'))"
    answer = subprocess.run(
        [str(VENV_PYTHON), "-c", question], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def make_venv() -> None:
    """Make .venv, or make it anew when its Python is gone or is another one."""
    question = "import pip, sys; print(sys.implementation.cache_tag)"
    if VENV_PYTHON.exists():
        answer = subprocess.run(
            [str(VENV_PYTHON), "-c", question], capture_output=True, text=True, check=False
        )
        moved = bool(stamped()) and stamped()[0] != place()
        if answer.stdout.strip() == sys.implementation.cache_tag and not moved:
            return
    version = platform.python_version()
    print(
        told(
            f"Making {VENV.name} with Python {version}", f"{VENV.name} をPython {version}で作ります"
        ),
        flush=True,
    )
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        version = ".".join(map(str, sys.version_info[:2]))
        raise InstallFailed(
            told(
                f"{sys.executable} could not make a virtual environment in {VENV}. On Debian and "
                "Ubuntu the module for it is a package: "
                f"sudo apt-get install python{version}-venv\n",
                f"{sys.executable} で {VENV} に仮想環境を作れません（could not make a virtual "
                "environment）。DebianとUbuntuでは、パッケージを入れてください: "
                f"sudo apt-get install python{version}-venv\n",
            )
            + (made.stdout + made.stderr).strip()
        )


REFUSED = "CERTIFICATE_VERIFY_FAILED"
"""What pip says, in a warning and not in its error, where a device of the network re-signs TLS."""

SIZE = re.compile(r"\((\d+(?:\.\d+)?) (kB|MB|GB)\)")
IN_MB = {"kB": 0.001, "MB": 1.0, "GB": 1000.0}


def megabytes(line: str) -> float:
    """Return the size that pip says of a file it takes, in MB; 0 for any other line."""
    if not line.lstrip().startswith(("Downloading ", "Using cached ")):
        return 0.0
    said = SIZE.search(line)
    return float(said[1]) * IN_MB[said[2]] if said else 0.0


def how_far(packages: str, fetched_mb: float, whole_mb: float, seconds: float) -> str:
    """Say how far a fetch is, and about how long it still takes at the pace until now."""
    if not whole_mb or not fetched_mb:
        return told(
            f"  {packages} packages, {seconds:.0f} s",
            f"  パッケージ {packages}個、{seconds:.0f}秒",
        )
    left = max(0.0, whole_mb - fetched_mb) * seconds / fetched_mb
    come = min(fetched_mb, whole_mb)
    return told(
        f"  {packages} packages, {come:.0f} of {whole_mb:.0f} MB, "
        f"{seconds:.0f} s; about {left:.0f} s more, then unpacking",
        f"  パッケージ {packages}個、{come:.0f}/{whole_mb:.0f}MB、{seconds:.0f}秒。"
        f"あと約{left:.0f}秒、その後に展開します",
    )


def pip(
    *arguments: str, quietly: bool = False, packages: int = 0, whole_mb: float = 0
) -> subprocess.CompletedProcess[str]:
    """Run .venv's pip; its output is shown, or kept in the result when *quietly*.

    Of how many *packages* are fetched is told instead, where that is given, and with the
    *whole_mb* of them how long that still takes.
    """
    command = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += arguments
    if not packages:
        return subprocess.run(command, capture_output=quietly, text=True, check=False)
    begun = shown = time.monotonic()
    fetched, fetched_mb, warned = 0, 0.0, ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            now = time.monotonic()
            fetched += line.startswith("Collecting ")
            fetched_mb += megabytes(line)
            if line.startswith("WARNING: Retrying") and not warned:
                warned = line  # the first says why, long before pip gives up
                print(line, end="", file=sys.stderr, flush=True)
            elif line.startswith("ERROR"):
                print(line, end="", file=sys.stderr, flush=True)
            elif line.startswith("Installing collected"):
                shown = float("inf")  # nothing more is fetched
                after = f"{now - begun:.0f}"
                print(
                    told(
                        f"  all fetched after {after} s, unpacking",
                        f"  {after}秒で取得しました。展開しています",
                    ),
                    flush=True,
                )
            elif now - shown > TOLD_EVERY_S:
                some = told(f"{fetched} of {packages}", f"{fetched}/{packages}")
                print(how_far(some, fetched_mb, whole_mb, now - begun), flush=True)
                shown = now
    return subprocess.CompletedProcess(command, running.returncode, "", warned)


def install_locked(lock: Path) -> None:
    """Install exactly what *lock* names, each file checked against its hash."""
    named = re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    result = pip(
        *("install", "--progress-bar", "off", "--require-hashes", "--no-deps", "-r", str(lock)),
        packages=len(named),
        whole_mb=SIZES.get(lock, 0),
    )
    if result.returncode != 0 and REFUSED in result.stderr:
        raise InstallFailed(
            told(
                "A device of this network looks into HTTPS and signs with a certificate that pip does "
                "not know. Ask your network's administrator for it (a .crt file), then: "
                "sudo cp FILE.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates "
                f"&& export PIP_CERT={SYSTEM_CERTIFICATES}, and run the same command again.",
                "このネットワークでは、HTTPSを検査する機器が通信に署名し直していますが、その証明書をpipが"
                "知りません。ネットワークの管理者から証明書（.crtファイル）を受け取り、"
                "「sudo cp ファイル.crt /usr/local/share/ca-certificates/」「sudo update-ca-certificates」"
                f"「export PIP_CERT={SYSTEM_CERTIFICATES}」と入力してから、同じ命令をもう一度実行してください。",
            )
        )
    if result.returncode != 0:
        raise InstallFailed(
            told(
                f"pip could not install {lock.name}; its own words are above. Behind a proxy set "
                "HTTPS_PROXY (docs/ja/導入の手引き.md). "
                "What is already there stays: run the same command again to go on.",
                f"pip が {lock.name} を入れられませんでした（理由は上の行です）。プロキシを通る"
                "ネットワークでは HTTPS_PROXY を設定してください（導入の手引きの C）。"
                "入ったものは残るので、同じ命令をもう一度実行すれば続きから始まります。",
            )
        )


def install_torch() -> None:
    """Install the CPU build of torch where one is in reach, else the ordinary build."""
    if (installed_torch() or "").split("+")[0] == locked_torch():
        return
    print("Installing torch, the CPU build (about 190 MB)", flush=True)
    attempt = pip(
        *("install", "--require-hashes", "--no-deps", "--retries", "1", "--timeout", "10"),
        *("--extra-index-url", TORCH_CPU_INDEX, "-r", str(TORCH_CPU_LOCK)),
        quietly=True,
    )
    # On macOS the CPU lock asks for nothing, which succeeds and installs nothing.
    if attempt.returncode == 0 and installed_torch() is not None:
        return
    if attempt.returncode != 0:
        complaints = [line for line in attempt.stderr.splitlines() if line.startswith("ERROR")]
        print(f"No CPU build could be had ({' '.join(complaints[-1:])})", flush=True)
    print(
        "Installing torch from the Python index; on Linux that is the CUDA build, several GB",
        flush=True,
    )
    install_locked(TORCH_LOCK)


def install(lock: Path) -> None:
    """Bring .venv to what *lock* says and stamp it.

    Raises:
        InstallFailed: a step did not succeed; nothing is stamped, so the next run goes on.
    """
    already = stamped()
    if already[:1] == [place()] and contents(lock) in already and VENV_PYTHON.exists():
        return
    make_venv()
    STAMP.unlink(missing_ok=True)
    if lock != MAIN_LOCK:
        install_torch()
    size = SIZES.get(lock, 0)
    print(
        told(
            f"Installing {lock.name}: {size} MB the first time, a few minutes",
            f"{lock.name} を入れます。初回は{size}MBを取得し、数分かかります",
        ),
        flush=True,
    )
    install_locked(lock)
    project = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    if pip("install", *project).returncode != 0:
        raise InstallFailed("pip could not install Tebiki itself; its own words are above.")
    checked = pip("check", quietly=True)
    if checked.returncode != 0:
        raise InstallFailed(
            f"The installed packages do not fit together:\n{checked.stdout.strip()}\n"
            'After a change to pyproject.toml run "make lock"; otherwise remove .venv and start anew.'
        )
    held = [contents(each) for each in (lock, *HOLDS.get(lock, ()))]
    STAMP.write_text("\n".join([place(), *held]) + "\n", encoding="utf-8")


def fetch(what: str) -> None:
    """Fetch "dictionary" or "ocr", once; a failure is said and stops nothing."""
    asked_for = VENV / ASKED_FOR.format(what)
    if not asked_for.exists():
        subprocess.run([str(VENV_PYTHON), "-m", "tebiki", what], check=False)
        asked_for.touch()


def wanted(*, models: bool, dev: bool) -> Path:
    """Return the lock to install: whoever has torch, as all had once, keeps what goes with it."""
    if dev:
        return DEV_LOCK
    return MODELS_LOCK if models or installed_torch() else MAIN_LOCK


def main() -> int:
    """Install, and return the exit code: 0 when .venv is as the lock says, else 1."""
    parser = argparse.ArgumentParser(description="Make .venv and fill it from the lock files.")
    parser.add_argument("--models", action="store_true", help="also what models need")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    arguments = parser.parse_args()
    complaint = too_old(tuple(sys.version_info[:3]), sys.executable)
    if complaint is not None:
        print(complaint, file=sys.stderr)
        return 1
    try:
        install(wanted(models=arguments.models, dev=arguments.dev))
        fetch("ocr")
        if not arguments.dev:
            fetch("dictionary")
    except InstallFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
