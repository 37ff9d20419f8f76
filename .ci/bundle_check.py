"""Take a bundle through its life where there is no network: verify, install, serve, ask, update, back.

`python3 .ci/bundle_check.py tebiki.tar [next.tar]`: needs Linux with user namespaces (or root). Every
step runs in a network namespace that has nothing but its own loopback; sizes and times are told.
Without a second bundle the first is the update as well, under another version.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

INSIDE = "--inside"
QUESTION = "CIO補佐官を特別職非常勤職員として任用するには"


def timed(name: str, *command: str | Path) -> str:
    """Run a step and say how long it took."""
    began = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def asked(launcher: Path) -> str:
    """Serve, ask over HTTP, and return what was cited first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.monotonic()
    server = subprocess.Popen(
        [launcher, "serve", "--closed", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        body = json.dumps({"question": QUESTION}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/answers", body, {"Content-Type": "application/json"}
        )
        until = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    quote = str(json.load(answer)["citations"][0]["quote"])
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise
                time.sleep(0.3)
            else:
                took_s = time.monotonic() - began
                print(f"serve and ask: {took_s:.1f} s, {quote[:40]!r}", flush=True)
                return quote
    finally:
        server.terminate()
        server.wait(30)


def unpacked(bundle: Path, folder: Path) -> Path:
    """Unpack a bundle and return the folder that was in it."""
    folder.mkdir()
    timed("unpack", "tar", "xf", bundle, "-C", folder)
    (stick,) = folder.iterdir()
    return stick


def renamed(stick: Path) -> Path:
    """Make an update of a bundle: the same parts under another version."""
    manifest = json.loads((stick / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] += "+next"
    (stick / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return stick


def bytes_in(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def journey(folder: Path, bundle: Path, update: Path | None) -> None:
    """Walk through all of it; runs where there is no network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    try:
        urllib.request.urlopen("http://192.0.2.1/", timeout=2)
    except OSError as problem:
        print(f"no way out: {problem}", flush=True)
    else:
        sys.exit("there is a way out of this namespace")
    prefix = folder / "opt"
    launcher = prefix / "bin" / "tebiki"
    stick = unpacked(bundle, folder / "first")
    to, there = ("--prefix", prefix), prefix / "versions"
    timed("verify", "sh", stick / "install.sh", "--check", *to)
    timed("install", "sh", stick / "install.sh", *to)
    first = prefix.joinpath("current").readlink()
    packed, installed = bundle.stat().st_size, bytes_in(there)
    print(
        f"bundle {packed / 1e6:.0f} MB, installed {installed / 1e6:.0f} MB: "
        f"{installed / packed:.1f} ×", flush=True,
    )  # fmt: skip
    timed("refresh", launcher, "refresh")
    said = asked(launcher)

    newer = unpacked(update, folder / "second") if update else renamed(stick)
    timed("update", "sh", newer / "install.sh", *to)
    second, both = prefix.joinpath("current").readlink(), bytes_in(there)
    print(f"both versions: {both / 1e6:.0f} MB: {both / installed:.1f} × one", flush=True)
    timed("refresh after it", launcher, "refresh")
    said_after = asked(launcher)
    timed("back", "sh", newer / "install.sh", *to, "--back")
    returned, said_then = prefix.joinpath("current").readlink(), asked(launcher)

    kept = len(list((prefix / "backups").iterdir()))
    if not first == returned != second or not said == said_after == said_then or kept != 1:
        sys.exit(
            f"{first}, then {second}, then {returned}, with {kept} backups:\n"
            f"{said!r}\n{said_after!r}\n{said_then!r}"
        )
    print("verified, installed, asked, updated, asked, gone back, asked: the same", flush=True)


def main() -> None:
    """Start the journey in a namespace of its own."""
    if sys.argv[1] == INSIDE:
        folder_, bundle, *update = map(Path, sys.argv[2:])
        journey(folder_, bundle, update[0] if update else None)
        return
    bundles = [Path(name).resolve() for name in sys.argv[1:]]
    folder = tempfile.mkdtemp(prefix="tebiki-closed-")
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
    try:
        inside = ["unshare", "--map-root-user", "--net", sys.executable, __file__, INSIDE, folder]
        inside += bundles
        sys.exit(
            subprocess.run([str(each) for each in inside], check=False, env=environment).returncode
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
