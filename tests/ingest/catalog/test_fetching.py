"""Official addresses: what is fetched, what is refused, and that nothing is ever overwritten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.catalog import catalog
from ingest.catalog.fetching import Bounds, Outcome, Seen, added, fetch, fetch_all
from ingest.errors import FetchFailed
from tests.pdfs import Sheet, made

TODAY = date(2026, 4, 1)
HERE = Bounds(private=True, seconds=10.0)


def _pdf(*lines: str) -> bytes:
    sheet = Sheet()
    for at, line in enumerate(lines):
        sheet.say(line, 60, 700 - 40 * at, 24 if at == 0 else 12)
    return made([sheet])


FIRST = _pdf("窓口業務の要領", "第1.0版", "令和3年7月7日")
SECOND = _pdf("窓口業務の要領", "第2.0版", "令和4年3月31日")


@dataclass
class Site:
    """A publisher's server on this machine: what it has at each path, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    announce: int = 0
    drip: bool = False
    drip_headers: bool = False
    address: str = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one small server
        """Return the class that answers."""
        site = self
        stopped = self.stopped = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """Answer as the site is set up."""
                etag = self.headers.get("If-None-Match", "")
                site.asked.append((self.path, etag))
                if site.drip_headers:
                    self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100)
                    return
                if self.path in site.moved:
                    self.send_response(302)
                    self.send_header("Location", site.moved[self.path])
                    self.end_headers()
                    return
                content = site.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                tag = f'"{hash(content)}"'
                self.send_response(304 if etag == tag else 200)
                self.send_header("ETag", tag)
                if etag != tag:
                    self.send_header("Content-Length", str(len(content) + site.announce))
                self.end_headers()
                if etag != tag:
                    self._send(content)

            def _send(self, content: bytes) -> None:
                if site.drip:
                    self._drip(content)
                    return
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(content)

            def _drip(self, content: bytes) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):
                    for byte in range(len(content)):
                        self.wfile.write(content[byte : byte + 1])
                        self.wfile.flush()
                        if stopped.wait(0.05):
                            return

        return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that holds the first edition."""
    held = Site({"/1.pdf": FIRST})
    server = ThreadingHTTPServer(("127.0.0.1", 0), held.handler())
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield held
    held.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def corpus(tmp_path: Path, site: Site) -> Path:
    """A corpus that lists an official work by its address."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / catalog.CATALOG).write_text(
        f"""# by hand
[[documents]]
id = "manual"
title = "窓口業務の要領"
publisher = "総務省"
kind = "manual"

[[documents.editions]]
label = "第1.0版"   # as printed
published = 2021-07-07
url = "{site.address}/1.pdf"
""",
        encoding="utf-8",
    )
    return folder


def _fetched(corpus: Path, bounds: Bounds = HERE) -> tuple[Outcome, ...]:
    return fetch_all(corpus, corpus.parent / "home", TODAY, bounds=bounds)


def test_a_listed_work_that_is_not_held_comes_in(corpus: Path) -> None:
    """The file is entered where the catalog lists the edition; comments stay."""
    outcomes = _fetched(corpus)

    (edition,) = catalog.read(corpus).editions
    assert ("manual@第1.0版", True) == (edition.key, edition.held)
    assert [edition.key] == [e.key for e in added(outcomes)]
    assert FIRST == (corpus / str(edition.path)).read_bytes()
    assert "# as printed" in (corpus / catalog.CATALOG).read_text(encoding="utf-8")


def test_dates_that_the_catalog_lacks_are_those_of_the_file(corpus: Path) -> None:
    """Otherwise the edition would count as older than every other one."""
    path = corpus / catalog.CATALOG
    text = path.read_text(encoding="utf-8").replace("published = 2021-07-07\n", "")
    path.write_text(text, encoding="utf-8")

    _fetched(corpus)

    (edition,) = catalog.read(corpus).editions
    assert date(2021, 7, 7) == edition.in_force_from == edition.published


def test_what_has_not_changed_is_not_sent_again(corpus: Path, site: Site) -> None:
    """The second time the server is told what is held, and answers in a line."""
    _fetched(corpus)
    outcomes = _fetched(corpus)

    assert ([("/1.pdf", "")], True) == (site.asked[:1], bool(site.asked[1][1]))
    assert ((), None) == (added(outcomes), outcomes[0].problem)


def test_a_changed_file_becomes_a_new_edition(corpus: Path, site: Site) -> None:
    """The former stays, with its bytes; the new one is in force from the day it names."""
    _fetched(corpus)
    site.files["/1.pdf"] = SECOND

    _fetched(corpus)

    held = catalog.read(corpus)
    assert [("第1.0版", None), ("第2.0版", date(2022, 3, 31))] == [
        (e.label, e.in_force_from) for e in held.editions
    ]  # fmt: skip
    assert [FIRST, SECOND] == [(corpus / str(e.path)).read_bytes() for e in held.editions]
    assert ((), ()) == (held.problems, held.notices)


def test_a_corrected_file_of_the_same_name_counts_from_today(corpus: Path, site: Site) -> None:
    """Its cover is the old one, so the label gets a number and the day is that of the fetch."""
    _fetched(corpus)
    site.files["/1.pdf"] = _pdf("窓口業務の要領", "第1.0版", "令和3年7月7日", "正誤を反映")

    _fetched(corpus)

    new = catalog.read(corpus).editions[1]
    assert ("第1.0版 (2)", TODAY) == (new.label, new.in_force_from)


def test_the_same_bytes_from_a_forgetful_server_are_nothing_new(corpus: Path) -> None:
    """Without a record of the last fetch the bytes decide."""
    _fetched(corpus)
    (corpus.parent / "home" / "fetched.json").write_text("{", encoding="utf-8")

    assert () == added(_fetched(corpus))
    assert 1 == len(catalog.read(corpus).editions)


def test_a_redirection_is_followed(corpus: Path, site: Site) -> None:
    """Publishers rearrange their sites."""
    site.files["/new.pdf"] = site.files.pop("/1.pdf")
    site.moved["/1.pdf"] = "/new.pdf"

    assert 1 == len(added(_fetched(corpus)))


REFUSED = {
    "the file is gone": ({}, {}, "404"),
    "a page instead of a file": ({"/1.pdf": b"<html>moved</html>"}, {}, "not a PDF"),
    "a damaged file": ({"/1.pdf": b"%PDF-1.7\nnothing more"}, {}, "not a usable PDF"),
    "a circle": ({}, {"/1.pdf": "/1.pdf"}, "redirected more than 5 times"),
    "a redirection to a file here": ({}, {"/1.pdf": "file:///etc/passwd"}, "http://"),
    "a redirection to nowhere": ({}, {"/1.pdf": "http://:80/"}, "http://"),
    "a name and password": ({}, {"/1.pdf": "http://a:b@127.0.0.1/"}, "name or password"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_not_the_file_is_refused(
    corpus: Path, site: Site, case: tuple[dict[str, bytes], dict[str, str], str]
) -> None:
    """The address is named with the reason, nothing is listed, no file stays behind."""
    site.files, site.moved, reason = case

    (outcome,) = _fetched(corpus)

    assert isinstance(outcome.problem, FetchFailed)
    assert (True, outcome.listed.url) == (reason in str(outcome.problem), outcome.problem.url)
    assert [] == [*corpus.rglob("*.pdf"), *(corpus.parent / "home").rglob("*.pdf")]


def test_an_address_of_this_network_is_refused_unless_allowed(corpus: Path) -> None:
    """Otherwise a catalog, or a redirection, could read what only this machine can reach."""
    (outcome,) = _fetched(corpus, Bounds())

    assert "127.0.0.1, which is no public address" in str(outcome.problem)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1%eth0", "100.64.0.1"]
)
def test_a_name_that_leads_into_a_private_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Loopback, link-local (where clouds keep their secrets), shared and private ranges."""

    def look_up(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        public = (2, 1, 6, "", ("8.8.8.8", 80))
        return [public, (2, 1, 6, "", (address, 80))]

    monkeypatch.setattr("ingest.catalog.fetching.socket.getaddrinfo", look_up)

    with pytest.raises(FetchFailed, match="no public address"):
        fetch("http://manual.example/a.pdf", tmp_path / "a.pdf", seen=Seen(), bounds=Bounds())


def test_a_file_that_is_too_large_is_refused(corpus: Path, site: Site) -> None:
    """By what the server announces, before it is sent."""
    site.announce = 3_000_000

    (outcome,) = _fetched(corpus, Bounds(size_mb=2, private=True))

    assert "larger than 2 MB" in str(outcome.problem)


def test_a_file_that_breaks_off_is_refused(corpus: Path, site: Site) -> None:
    """Half a file is no edition."""
    site.announce = 1_000

    (outcome,) = _fetched(corpus)

    assert "broke off" in str(outcome.problem) or "IncompleteRead" in str(outcome.problem)


@pytest.mark.parametrize("what", ["drip", "drip_headers"])
def test_a_server_that_drips_is_left_in_time(corpus: Path, site: Site, what: str) -> None:
    """The bound is on the whole fetch, not on the silence between two bytes."""
    setattr(site, what, True)

    (outcome,) = _fetched(corpus, Bounds(seconds=0.5, private=True))

    assert "took too long" in str(outcome.problem)


def test_one_address_that_fails_does_not_keep_the_others(corpus: Path, site: Site) -> None:
    """Each address has its own outcome."""
    more = (corpus / catalog.CATALOG).read_text(encoding="utf-8")
    more += more.replace('"manual"', '"gone"', 1).replace("/1.pdf", "/gone.pdf")
    (corpus / catalog.CATALOG).write_text(more, encoding="utf-8")

    outcomes = _fetched(corpus)

    assert [True, False] == [outcome.problem is None for outcome in outcomes]
    assert 1 == len(added(outcomes))
