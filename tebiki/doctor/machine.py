"""What the machine gives: settings, room, rights, a port, the time, and a way to servers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from ingest import private
from tebiki.closed import ways_out
from tebiki.doctor.findings import Finding, broken, look, ok
from tebiki.places import PROGRAM
from tebiki.settings import NAMES, PREFIX, Said, Settings

ROOM_MB = 300
"""What a refresh of a few hundred files needs besides twice the present index."""

_JAPAN = timedelta(hours=9)
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def of_settings(chosen: Settings, told: Mapping[str, Said]) -> Iterator[Finding]:
    """Say what is set and where; a secret only that it is."""
    if not told:
        yield ok("settings", "Nothing is set; defaults count.", "設定はなく、初期値のままです。")
    for name in NAMES:
        if one := told.get(name):
            hidden = not Settings.model_fields[name.removeprefix(PREFIX).lower()].repr
            value = "(…)" if hidden and one.value else one.value
            yield ok("settings", f"{name}={value} ({one.where})", f"{name}={value}（{one.where}）")
    for notice in chosen.notices:
        yield look(
            "settings", notice, notice,
            "Correct the name or remove it; .env.example lists every setting.",
            "名前を直すか、消してください。設定の一覧は .env.example にあります。",
        )  # fmt: skip


def of_home(chosen: Settings) -> Iterator[Finding]:
    """Say whether the home may be written, and whether others may read it."""
    home = chosen.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield broken(
            "home", f"{home} may not be written.", f"{home} に書き込めません。",
            f"Give it to who runs Tebiki (chown), or name another folder (TEBIKI_HOME): {there}",
            f"Tebikiを動かす利用者のものにする（chown）か、別の場所を TEBIKI_HOME に書いてください: {there}",
        )  # fmt: skip
        return
    yield ok("home", f"{home} may be written.", f"{home} に書き込めます。")
    if not home.is_dir():
        return
    if exposed := private.exposed(home, apart=chosen.corpus):
        yield look(
            "rights",
            f"{len(exposed)} files and folders can be read by others on this machine ({exposed[0]}).",
            f"ほかの利用者が読めるファイルとフォルダーが{len(exposed)}件あります（{exposed[0]}）。",
            f'Any other command of Tebiki\'s puts that right, or "chmod -R go= {home}".',
            f"Tebikiのほかのコマンドを実行すると直ります。または「chmod -R go= {home}」。",
        )  # fmt: skip
    else:
        yield ok("rights", "Only the owner can read it.", "所有者だけが読めます。")


def of_disk(chosen: Settings, held: int) -> Iterator[Finding]:
    """Say how much room there is, and how much a refresh of an index of *held* bytes takes."""
    home = chosen.home
    there = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free // 1_000_000
    needed = ROOM_MB + 2 * held // 1_000_000
    en, ja = f"{free:,} MB are free.", f"空きは {free:,} MB です。"
    make_en, make_ja = (
        f"Make room: a refresh takes up to about {needed:,} MB more for a while.",
        f"空きを作ってください。索引の更新には一時的に約 {needed:,} MB まで使います。",
    )
    if free * 10 < needed:
        yield broken("disk", en, ja, make_en, make_ja)
    elif free < needed:
        yield look("disk", en, ja, make_en, make_ja)
    else:
        yield ok("disk", en, ja)


def of_port(host: str, port: int) -> Iterator[Finding]:
    """Say whether "tebiki serve" could listen, or listens already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE and _is_tebiki(host, port):
            yield ok(
                "port",
                f"Tebiki answers on {host}:{port}.",
                f"{host}:{port} でTebikiが動いています。",
            )
            return
        why = problem.strerror or str(problem)
        yield broken(
            "port", f"{host}:{port} cannot be used ({why}).", f"{host}:{port} は使えません（{why}）。",
            'Another program listens there, or may not be disturbed: "tebiki serve --port 8080".',
            "別のプログラムが使っているか、使う権限がありません。「tebiki serve --port 8080」のように変えてください。",
        )  # fmt: skip
    else:
        yield ok("port", f"{host}:{port} is free.", f"{host}:{port} は空いています。")


def _is_tebiki(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return bool(json.loads(connection.getresponse().read(1_000)).get("status") == "ok")
    except (OSError, HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def of_clock(made: str, *, now: datetime | None = None) -> Iterator[Finding]:
    """Say whether the clock can be right; *made* is when the index was (an ISO time, or "")."""
    here = (now or datetime.now(UTC)).astimezone()
    shown = f"{here:%Y-%m-%d %H:%M %Z}"
    if made and datetime.fromisoformat(made) > here + timedelta(minutes=5):
        yield broken(
            "clock", f"It is {shown} here, but the index was made {made}.",
            f"この機械では {shown} ですが、索引は {made} に作られています。",
            "Set the clock (timedatectl): which edition is in force depends on the day.",
            "時計を合わせてください（timedatectl）。どの版が有効かは日付で決まります。",
        )  # fmt: skip
    elif here.utcoffset() != _JAPAN:
        yield look(
            "clock", f"It is {shown} here, which is not the time of Japan.",
            f"この機械では {shown} で、日本の時刻ではありません。",
            'In Japan: "timedatectl set-timezone Asia/Tokyo"; editions begin at midnight here.',
            "「timedatectl set-timezone Asia/Tokyo」で直ります。版はこの機械の午前0時に切り替わります。",
        )  # fmt: skip
    else:
        yield ok("clock", f"It is {shown}.", f"{shown} です。")


def of_proxy(chosen: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Say through which proxy servers are reached, and whether it stands before those at hand."""
    lower = {name.lower(): value for name, value in environment.items()}
    set_ = {name: lower[name] for name in _PROXIES if lower.get(name)}
    spared = [
        one.strip().lstrip(".") for one in lower.get("no_proxy", "").split(",") if one.strip()
    ]
    if not set_:
        yield ok("proxy", "No proxy is set.", "プロキシの設定はありません。")
        return
    shown = ", ".join(f"{name}={_without_password(value)}" for name, value in set_.items())
    inside = [host for host in hosts_of(chosen) if _is_inside(host)]
    caught = [
        host
        for host in inside
        if "*" not in spared and not any(host.endswith(one) for one in spared)
    ]
    if caught:
        names = ",".join(caught)
        yield look(
            "proxy", f"{shown} also stands before {names}.", f"{shown} は {names} への通信にも使われます。",
            f"Add them to NO_PROXY: NO_PROXY={','.join([*spared, *caught])}",
            f"NO_PROXY に加えてください: NO_PROXY={','.join([*spared, *caught])}",
        )  # fmt: skip
    else:
        yield ok("proxy", shown, shown)


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def hosts_of(chosen: Settings) -> tuple[str, ...]:
    """Return the names of the servers that the settings name, each once."""
    addresses = (chosen.llm_address, chosen.database_url)
    found = (urlsplit(one).hostname for one in addresses if one)
    return tuple(dict.fromkeys(filter(None, found)))


def _is_inside(host: str) -> bool:
    """Whether a name looks like one of the own network: no dot, an address, or a local ending."""
    return "." not in host or host.replace(".", "").isdigit() or host.endswith((".local", ".lan"))


def of_ways_out(chosen: Settings) -> Iterator[Finding]:
    """Try in a process of its own that nothing is reached but what the settings name."""
    words = [
        sys.executable,
        "-c",
        "import tebiki.closed as c, tebiki.settings as s; c.shut(s.read())",
    ]
    environment = {**os.environ, "TEBIKI_HOME": str(chosen.home), "PYTHONPATH": str(PROGRAM)}
    done = subprocess.run(
        words, env=environment, cwd=Path.cwd(), capture_output=True, text=True, check=False
    )
    ways = ", ".join(f"{way.host} ({way.setting})" for way in ways_out(chosen))
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [""])[-1]
        yield broken(
            "ways-out", f"The guard over connections does not hold ({said}).",
            f"通信の制限が働いていません（{said}）。",
            "Serve from a network without a way out.", "外へ出られないネットワークで動かしてください。",
        )  # fmt: skip
    elif ways:
        yield ok(
            "ways-out", f"The server reaches {ways} and nothing else; that was tried.",
            f"サーバーの通信先は {ways} だけです（試しました）。",
        )  # fmt: skip
    else:
        yield ok(
            "ways-out", "The server reaches nothing outside; that was tried.",
            "サーバーは外へ通信しません（試しました）。",
        )  # fmt: skip


def reached(host: str, port: int, *, timeout_s: float = 2.0) -> str:
    """Return why a server cannot be connected to, empty where it can."""
    begun = time.monotonic()
    try:
        socket.create_connection((host, port), timeout=timeout_s).close()
    except OSError as problem:
        late = time.monotonic() - begun >= timeout_s
        return f"no answer within {timeout_s:.0f} s" if late else problem.strerror or str(problem)
    return ""


def size_of(folder: Path) -> int:
    """Return the bytes of the files under a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
