"""Install Tebiki from the bundle that this file lies in, beside the version that is there.

It needs Python and nothing else: no pip, no network, no package of the system. Everything is
compared with the hashes of the bundle first, and where ssh-keygen and a list of signers are at
hand, the hashes with their signature. Then the new version is installed into a folder of its own
and tried, and only then one link is moved to it; "--back" moves it back.

閉じたネットワークにTebikiを入れます。必要なのはPythonだけです。
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MANIFEST, SIGNATURE, SIGNERS = "manifest.json", "manifest.json.sig", "signers"
DICTIONARY, OCR = "dictionary", "ocr"
NAMESPACE, WHO = "tebiki", "tebiki"
KEPT = 3
"""So many versions stay: the current one, the one before, and one more."""

JAPANESE = next(
    (v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), ""
).startswith("ja")

LAUNCHER = """#!/bin/sh
# Settings are in {prefix}/data/tebiki/.env, what Tebiki writes in {prefix}/data/tebiki/var.
XDG_DATA_HOME="${{XDG_DATA_HOME:-{prefix}/data}}"
export XDG_DATA_HOME
exec "{prefix}/current/venv/bin/{program}" "$@"
"""


class Refused(Exception):
    """The bundle cannot be installed; nothing that was there has changed."""


def say(en: str, ja: str) -> None:
    """Print a line in the language of the terminal."""
    print(ja if JAPANESE else en, flush=True)


def refused(en: str, ja: str) -> Refused:
    """Return the error in the language of the terminal."""
    return Refused(ja if JAPANESE else en)


def verified(bundle: Path, signers: Path | None) -> dict[str, Any]:
    """Return the manifest after every file was compared with it, and it with its signature."""
    try:
        raw = (bundle / MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(raw)
        files = dict(manifest["files"])
    except (OSError, ValueError, KeyError) as problem:
        raise refused(
            f"{bundle}: this is no bundle, or it was not unpacked whole ({problem}).",
            f"{bundle}: Tebikiの配布ファイルではないか、展開が途中です（{problem}）。",
        ) from problem
    if signers is not None:
        check_signature(bundle, raw, signers)
    here = {
        path.relative_to(bundle).as_posix()
        for path in bundle.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } - {MANIFEST, SIGNATURE}
    wrong = sorted(
        name
        for name in here | set(files)
        if name not in files or digest(bundle / name) != files[name]
    )
    if wrong:
        raise refused(
            f"{len(wrong)} files are damaged, missing or strange ({wrong[0]}). Copy the bundle again.",
            f"{len(wrong)}件のファイルが壊れているか、足りないか、余分です（{wrong[0]}）。もう一度コピーしてください。",
        )
    return manifest


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, empty where there is none."""
    told = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while some := file.read(1 << 20):
                told.update(some)
    except OSError:
        return ""
    return told.hexdigest()


def check_signature(bundle: Path, raw: bytes, signers: Path) -> None:
    """Compare the manifest with its signature by one of the signers."""
    if shutil.which("ssh-keygen") is None:
        raise refused(
            "The signature cannot be checked: ssh-keygen is not installed (openssh-client).",
            "署名を確かめられません。ssh-keygen（openssh-client）がありません。",
        )
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", WHO, "-n", NAMESPACE]
    command += ["-s", str(bundle / SIGNATURE)]
    done = subprocess.run(command, input=raw, capture_output=True, check=False)
    if done.returncode:
        raise refused(
            f"The signature is missing or not by one of {signers}. Nothing was changed.",
            f"署名がないか、{signers} の署名者のものではありません。何も変えていません。",
        )


def fits(manifest: dict[str, Any]) -> None:
    """Refuse a Python or machine that the wheels are not for."""
    have = f"{sys.version_info[0]}.{sys.version_info[1]}"
    machine = os.uname().machine
    if manifest["python"] != have or manifest["machine"] not in (machine, "any"):
        raise refused(
            f"This bundle is for Python {manifest['python']} on {manifest['machine']}; this is Python "
            f"{have} on {machine}. Start install.sh with the right one (PYTHON=python3.11), or ask "
            "for another bundle.",
            f"この配布ファイルはPython {manifest['python']}（{manifest['machine']}）用ですが、ここは"
            f"Python {have}（{machine}）です。PYTHON=python3.11 のように指定するか、合うものを求めてください。",
        )


def install(bundle: Path, prefix: Path, manifest: dict[str, Any]) -> str:
    """Install into a folder of its own, try it, and return its name."""
    name = f"{manifest['version']}-{digest(bundle / MANIFEST)[:8]}"
    folder = prefix / "versions" / name
    if (folder / MANIFEST).is_file():
        return name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say(f"Installing {name} into {folder}", f"{name} を {folder} に入れています")
    try:
        run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")])
        python = folder / "venv" / "bin" / "python"
        (pip,) = (bundle / "pip").glob("pip-*.whl")
        command = [
            str(python),
            f"{pip}/pip",
            "install",
            "--no-index",
            "--no-deps",
            "--no-cache-dir",
        ]
        command += ["--require-hashes", "--quiet", "--disable-pip-version-check"]
        command += ["--find-links", str(bundle / "wheels"), "-r", str(bundle / "requirements.txt")]
        run(command)
        run([str(python), "-c", manifest["try"]])
    except Refused:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    places = {extra: folder / extra for extra in ("corpus", "models", "debs")}
    # Where the program looks for them.
    places[DICTIONARY] = folder / "venv" / "share" / "tebiki"
    places[OCR] = places[DICTIONARY] / "ppocr"
    for extra, place in places.items():
        if (bundle / extra).is_dir():
            shutil.copytree(bundle / extra, place, dirs_exist_ok=True)
    for record in ("sbom.json", MANIFEST):  # the manifest last: it makes the folder complete
        shutil.copy2(bundle / record, folder / record)
    return name


def run(command: list[str]) -> None:
    """Run a step; its words are shown where it fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise refused(
            "A step failed; its words are above. The version that was there is still the current one.",
            "途中で失敗しました（上の表示）。これまでの版はそのままです。",
        )


def pointed(prefix: Path, link: str) -> str:
    """Return the name of the version that a link names, empty where there is none."""
    try:
        return (prefix / link).readlink().name
    except OSError:
        return ""


def point(prefix: Path, link: str, name: str) -> None:
    """Let a link name a version, in one step."""
    draft = prefix / f".{link}.{os.getpid()}"
    draft.symlink_to(Path("versions") / name)
    draft.replace(prefix / link)


def switch(prefix: Path, name: str) -> None:
    """Make a version the current one, and remember the one before."""
    before = pointed(prefix, "current")
    if before == name:
        return
    if before:
        point(prefix, "previous", before)
    point(prefix, "current", name)


def keep_copy(prefix: Path) -> None:
    """Back the home up with the version that is there, before another one touches it."""
    launcher = prefix / "bin" / "tebiki"
    if not launcher.is_file() or not (prefix / "data" / "tebiki" / "var" / "current").exists():
        return
    folder = prefix / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{pointed(prefix, 'current')}-{time.strftime('%Y%m%d-%H%M%S')}.tar"
    done = subprocess.run([str(launcher), "backup", str(file)], capture_output=True, check=False)
    if done.returncode:
        say(
            "The version that is there could not back the home up.",
            "これまでの版ではバックアップできませんでした。",
        )
    else:
        say(f"The home is backed up in {file}", f"保存先のバックアップ: {file}")


def launchers(prefix: Path, programs: list[str]) -> None:
    """Write the commands that start whichever version is current."""
    (prefix / "bin").mkdir(exist_ok=True)
    (prefix / "data" / "tebiki").mkdir(parents=True, exist_ok=True)
    for program in programs:
        path = prefix / "bin" / program
        path.write_text(LAUNCHER.format(prefix=prefix, program=program), encoding="utf-8")
        path.chmod(0o755)


def tidy(prefix: Path) -> None:
    """Remove versions before the newest, never the current one or the one before."""
    held = sorted((prefix / "versions").iterdir(), key=lambda path: path.stat().st_mtime)
    needed = {pointed(prefix, "current"), pointed(prefix, "previous")}
    for folder in held[:-KEPT]:
        if folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def back(prefix: Path) -> None:
    """Make the version before the current one again."""
    before = pointed(prefix, "previous")
    if not before or not (prefix / "versions" / before / MANIFEST).is_file():
        raise refused("There is no version before this one.", "前の版はありません。")
    switch(prefix, before)
    say(
        f"{before} is current again. Restart the service.",
        f"{before} に戻しました。サービスを再起動してください。",
    )


def main() -> int:
    """Install or go back; return the exit code."""
    usual = "/opt/tebiki" if os.geteuid() == 0 else str(Path.home() / ".local/opt/tebiki")
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--prefix", type=Path, default=Path(usual), help=f"where ({usual})")
    parser.add_argument("--back", action="store_true", help="make the former version current again")
    parser.add_argument("--signers", type=Path, help="allowed signers, as ssh-keygen -Y takes them")
    parser.add_argument("--check", action="store_true", help="only verify the bundle")
    parser.add_argument("--no-backup", action="store_true", help="do not back the home up first")
    given = parser.parse_args()
    prefix, bundle = given.prefix.absolute(), Path(__file__).resolve().parent
    # Who signed the first bundle signs the next: that list is kept.
    kept = prefix / SIGNERS
    signers = given.signers or (kept if kept.is_file() else None)
    try:
        if given.back:
            back(prefix)
            return 0
        manifest = verified(bundle, signers)
        fits(manifest)
        if given.check:
            say(
                f"{manifest['version']}: every file is as it was packed.",
                f"{manifest['version']}: すべて正常です。",
            )
            return 0
        name = install(bundle, prefix, manifest)
        if not given.no_backup and pointed(prefix, "current") not in ("", name):
            keep_copy(prefix)
        if given.signers:
            shutil.copyfile(given.signers, kept)
        switch(prefix, name)
        launchers(prefix, manifest["programs"])
        tidy(prefix)
    except (Refused, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    say(
        f"{name} is current: {prefix}/bin/tebiki. The former version stays beside it (--back).",
        f"{name} を使えます: {prefix}/bin/tebiki 。前の版は残してあります（--back で戻ります）。",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
