"""`tebiki serve` itself, in a process of its own: proxies, keys, and what it writes to the log."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread

import httpx
import pytest
from typer.testing import CliRunner

from api.keys import Keys, Scope
from tebiki.command_line import app
from tebiki.commands.output import UNUSABLE

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A running server: its address, a client of it, and the lines it has written."""

    address: str
    client: httpx.Client
    lines: list[str]


@contextmanager
def served(home: Path, **settings: str) -> Iterator[Served]:
    """Run the command with *settings* until the block ends; the home holds no index."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tebiki", "serve", "--port", "0", "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = process.stderr
    lines: list[str] = []
    found = re.search(r"http://\S+", told.readline())
    listening = Thread(target=lambda: lines.extend(told), daemon=True)
    listening.start()
    try:
        assert found is not None, lines
        with httpx.Client(base_url=found[0], timeout=30) as client:
            yield Served(found[0], client, lines)
    finally:
        process.terminate()
        process.wait(10)
        listening.join(10)
        told.close()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server behind a proxy on the same machine that signs people on."""
    home = tmp_path_factory.mktemp("proxied")
    with served(home, TEBIKI_USER_HEADER="X-User", TEBIKI_PROXIES="127.0.0.1") as running:
        yield running


PERSON = {"X-User": "yamada", "X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}


def test_signed_on_person_is_let_in_through_a_proxy_on_this_machine(proxied: Served) -> None:
    """The proxy names the caller's address as well, which must not make it a stranger."""
    answers = [
        proxied.client.get("/v1/documents", headers=headers).status_code
        for headers in (PERSON, {"X-Forwarded-For": "10.1.2.3"}, {})
    ]

    assert [503, 401, 401] == answers  # 503: let in, and there is no index


def test_header_of_a_proxy_elsewhere_cannot_be_claimed_from_here(tmp_path: Path) -> None:
    """Who connects from this machine and names the proxy's address is not the proxy."""
    with served(tmp_path, TEBIKI_USER_HEADER="X-User", TEBIKI_PROXIES="10.0.0.5") as running:
        claimed = {"X-User": "yamada", "X-Forwarded-For": "10.0.0.5"}

        assert 401 == running.client.get("/v1/documents", headers=claimed).status_code


def test_first_key_shuts_the_door_on_loopback_too(tmp_path: Path) -> None:
    """Everybody here until then; afterwards a key, also under the name that a proxy passes on."""
    with served(tmp_path) as running:
        assert 503 == running.client.get("/v1/documents").status_code
        relayed = {"X-Forwarded-For": "10.1.2.3"}
        assert 401 == running.client.get("/v1/documents", headers=relayed).status_code

        _, secret = Keys(tmp_path / "keys.json").create("窓口", Scope.ASK)

        assert 401 == running.client.get("/v1/documents").status_code
        named = {"Host": "tebiki.example", "Authorization": f"Bearer {secret}"}
        assert 503 == running.client.get("/v1/documents", headers=named).status_code


def test_cookie_is_secure_where_the_proxy_says_https(tmp_path: Path) -> None:
    """Over plain HTTP in the town hall's network it cannot be; over TLS it must."""
    _, secret = Keys(tmp_path / "keys.json").create("窓口", Scope.ASK)
    with served(tmp_path, TEBIKI_PROXIES="127.0.0.1") as running:
        cookies = [
            running.client.post("/v1/session", json={"key": secret}, headers=headers).headers[
                "set-cookie"
            ]
            for headers in (PERSON, {"X-Forwarded-Proto": "http"})
        ]

    assert [True, False] == ["secure" in each.lower() for each in cookies]


def test_request_id_stands_in_the_log(proxied: Served) -> None:
    """The number that an asker hands on leads to a line with the address and the status."""
    name = proxied.client.get("/v1/documents", headers=PERSON).headers["x-request-id"]
    proxied.client.get("/healthz")

    until = time.monotonic() + 10
    while time.monotonic() < until:
        if any(f"{name} GET /v1/documents 503" in line for line in proxied.lines):
            break
        time.sleep(0.02)  # the line goes through a pipe of its own
    else:
        pytest.fail(f"{name} stands in none of {proxied.lines}")


def test_port_that_is_taken_is_told_before_anything_else(tmp_path: Path) -> None:
    """No address is announced where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = CliRunner().invoke(app, ["serve", "--port", port, "--home", str(tmp_path)])

    assert UNUSABLE == said.exit_code
    assert "Nothing is served" in said.output
    assert "http://" not in said.output


def test_address_without_protection_is_refused_before_anything_else(tmp_path: Path) -> None:
    """A key that has expired protects nothing, and no address is announced."""
    Keys(tmp_path / "keys.json").create("old", Scope.ASK, expires=date(2020, 1, 1))

    said = CliRunner().invoke(
        app,
        ["serve", "--host", "0.0.0.0", "--home", str(tmp_path)],  # noqa: S104 - refused
    )

    assert UNUSABLE == said.exit_code
    assert "tebiki keys create" in said.output
    assert "Tebiki: http" not in said.output
