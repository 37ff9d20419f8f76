"""Take a bundle through its life where there is no network: install, refresh, serve, ask, update, back.

`python3 .ci/bundle_check.py tebiki.tar`: needs Linux with user namespaces (or root). Every step runs
in a network namespace that has nothing but its own loopback; times are told.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

QUESTION = "CIO補佐官を特別職非常勤職員として任用するには"
PORT = 8765


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
    server = subprocess.Popen([launcher, "serve", "--closed", "--port", str(PORT)])
    try:
        body = json.dumps({"question": QUESTION}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/v1/answers", body, {"Content-Type": "application/json"}
        )
        until = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return str(json.load(answer)["citations"][0]["quote"])
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise
                time.sleep(0.3)
    finally:
        server.terminate()
        server.wait(30)


def journey(bundle: Path, folder: Path) -> None:
    """Walk through all of it; runs where there is no network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    try:
        urllib.request.urlopen("http://192.0.2.1/", timeout=2)
    except OSError as problem:
        print(f"no way out: {problem}", flush=True)
    else:
        sys.exit("there is a way out of this namespace")
    prefix = folder / "opt"
    timed("unpack", "tar", "xf", bundle, "-C", folder)
    (stick,) = (path for path in folder.glob("tebiki-*") if path.is_dir())
    print(f"bundle: {bundle.stat().st_size / 1e6:.0f} MB", flush=True)
    timed("install", "sh", stick / "install.sh", "--prefix", prefix)
    launcher = prefix / "bin" / "tebiki"
    timed("refresh", launcher, "refresh")
    began = time.monotonic()
    print(
        f"answer: {asked(launcher)[:60]!r}, {time.monotonic() - began:.1f} s with start", flush=True
    )
    # An update: the same parts under another version.
    manifest = json.loads((stick / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] += "+next"
    (stick / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    print(timed("update", "sh", stick / "install.sh", "--prefix", prefix), flush=True)
    timed("refresh after it", launcher, "refresh")
    print(f"answer: {asked(launcher)[:20]!r}", flush=True)
    timed("back", "sh", stick / "install.sh", "--prefix", prefix, "--back")
    print(f"answer: {asked(launcher)[:20]!r}", flush=True)
    installed = sum(p.stat().st_size for p in (prefix / "versions").rglob("*") if p.is_file())
    print(f"two versions on disk: {installed / 1e6:.0f} MB", flush=True)


def main() -> None:
    """Start the journey in a namespace of its own."""
    if len(sys.argv) == 3:  # noqa: PLR2004 - inside
        journey(Path(sys.argv[1]), Path(sys.argv[2]))
        return
    bundle = Path(sys.argv[1]).resolve()
    folder = tempfile.mkdtemp(prefix="tebiki-closed-")
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
    try:
        inside = ["unshare", "--map-root-user", "--net", sys.executable, __file__, bundle, folder]
        sys.exit(
            subprocess.run([str(each) for each in inside], check=False, env=environment).returncode
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
