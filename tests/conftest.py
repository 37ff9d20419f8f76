"""What every test stands on: no network, no settings of the person who runs it.

A test that uses a program or a font of the system says so, and skips where it is missing,
with the line that would install it::

    @pytest.mark.needs("chromium")
    def test_the_page_shows_the_quotation(chromium: Path) -> None: ...

With TESTS_NO_SKIPS=1, as in .ci/run, a skipped test counts as failed.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from ingest.pdf import ocr_engines

if TYPE_CHECKING:
    from tests.slack_office import Office

# Read before any library is imported: models come from the disk or not at all.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"


def _keep_in_memory(folder: Path, *, room: int = 6 * 2**30) -> None:
    """Make homes in *folder* where it is memory with *room*: nothing waits for a disk there.

    What a killed process wrote outlives it there too; no test takes the power away.
    """
    if "TMPDIR" in os.environ or not os.access(folder, os.W_OK):
        return
    held = os.statvfs(folder)
    if held.f_bavail * held.f_frsize >= room and not held.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None


_keep_in_memory(Path("/dev/shm"))  # noqa: S108 - pytest makes a folder of its own in it

AddressInfo = tuple[
    socket.AddressFamily,
    socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]

NO_SKIPS = os.environ.get("TESTS_NO_SKIPS") == "1"

# Examples are the same on every run, so that the gate never fails by chance, and a slow
# machine is not a wrong one.
hypothesis.settings.register_profile("tebiki", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("tebiki")


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """Something that apt brings, or *brought* by a line: how to find it, and what to ask for."""

    apt: str
    find: Callable[[], Path | None]
    brought: str = ""

    @property
    def advice(self) -> str:
        """The line that would make the skipped test run."""
        return self.brought or f"sudo apt-get install {self.apt}"


def _program(*names: str) -> Path | None:
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def _japanese_tesseract() -> Path | None:
    program = _program("tesseract")
    if program is None:
        return None
    listing = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False)
    return program if {"jpn", "jpn_vert"} <= set(listing.stdout.split()) else None


def _postgresql_programs() -> Path | None:
    """Return the folder of initdb and pg_ctl; Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    found = debian[-1] if debian else _program("initdb")
    return found.parent if found else None


def _noto_cjk() -> Path | None:
    return next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"), None)


NETWORKS = Path(sys.prefix, "share", "tebiki", "ppocr")

SYSTEM_PACKAGES = {
    "chromium": SystemPackage(
        "chromium", lambda: _program("chromium", "chromium-browser", "google-chrome")
    ),
    "dpkg": SystemPackage("dpkg", lambda: _program("dpkg-deb")),
    "fonts": SystemPackage("fonts-noto-cjk", _noto_cjk),
    "ppocr": SystemPackage("", lambda: NETWORKS if NETWORKS.is_dir() else None, "make install-dev"),
    "postgresql": SystemPackage("postgresql", _postgresql_programs),
    "ssh-keygen": SystemPackage("openssh-client", lambda: _program("ssh-keygen")),
    "systemd": SystemPackage("systemd", lambda: _program("systemd-analyze")),
    "tesseract": SystemPackage(
        "tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert", _japanese_tesseract
    ),
}


@cache
def system_package(name: str) -> Path | None:
    """Return where *name* is on this machine, or None where it is not installed."""
    return SYSTEM_PACKAGES[name].find()


def _required(name: str) -> Path:
    path = system_package(name)
    if path is None:
        pytest.skip(SYSTEM_PACKAGES[name].advice)
    return path


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose system packages are missing, before its fixtures are made."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            _required(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # the hook's own name
    call: pytest.CallInfo[None],
) -> Generator[None, Any, Any]:
    """Turn a skip into a failure where everything is meant to run."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in {call.when}: {report.longrepr[2]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Turn the skip of a whole module into a failure where everything is meant to run."""
    report = yield
    if NO_SKIPS and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped as a whole: {report.longrepr[2]}"
    return report


@pytest.fixture
def chromium() -> Path:
    """Return the browser's program."""
    return _required("chromium")


@pytest.fixture
def ppocr(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let PP-OCR be installed, and return where."""
    monkeypatch.setattr("ingest.pdf.ppocr.KEPT", NETWORKS)
    return _required("ppocr")


@pytest.fixture
def postgresql() -> Path:
    """Return the folder with initdb, pg_ctl and postgres."""
    return _required("postgresql")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Run Debian's PostgreSQL on a socket of its own; the value is a URL without a database."""
    programs = system_package("postgresql")
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="tebiki-pg-"))
    # PostgreSQL refuses to run as root, as which the gate runs in a container.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def run(program: str, *arguments: str | Path) -> None:
        command = [*as_user, programs / program, "-D", data, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run("initdb", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/DATABASE?host={folder}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


class NetworkUsed(BaseException):
    """A test reached for the network; no ``except Exception`` on the way may hide that."""

    def __init__(self, host: object) -> None:
        super().__init__(f"A test may not reach {host}: use a fake or a server on 127.0.0.1.")


def _is_here(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost", "testserver"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Let sockets reach this machine only."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: tuple[str, int] | str) -> None:
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            raise NetworkUsed(address[0])
        connect(self, address)

    def look_up_here(host: str | bytes | None, *rest: int, **named: int) -> Sequence[AddressInfo]:
        if not _is_here(host):
            raise NetworkUsed(host)
        return look_up(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_networks() -> Iterator[None]:
    """Let PP-OCR be missing, also where homes are made for many tests: `ppocr` brings it back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.pdf.ppocr.KEPT", Path("/nowhere/ppocr"))
        yield


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the settings of the person who runs the tests, and what was fetched beside it."""
    ocr_engines.want(ocr_engines.AUTO)
    for place in ("INSTALLED", "KEPT"):
        monkeypatch.setattr(f"index.search.dictionary.{place}", Path("/nowhere/edict"))
    for name in [name for name in os.environ if name.startswith("TEBIKI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def bundled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled corpus as `tebiki refresh` indexes it: to copy, never to write in."""
    from typer.testing import CliRunner

    from tebiki.command_line import app

    home = tmp_path_factory.mktemp("bundled") / "home"
    told = CliRunner().invoke(app, ["--home", str(home), "refresh"])
    assert 0 == told.exit_code, told.output
    return home


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Return an empty office with a small Slack."""
    from tests.slack_office import opened

    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with opened(tmp_path) as found:
        yield found
