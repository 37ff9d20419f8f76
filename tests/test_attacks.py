"""What somebody may try from outside, over 127.0.0.1: none of it opens, stops or forges anything."""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import FrameType

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Mount, Route

from api import access as access_module
from api.access import Access, decide
from api.admin import Office
from api.app import create_app
from api.keys import Keys, Scope
from api.problems import Refused
from api.request_source import source_of
from api.schemas.answers import WireAnswer
from api.signed_links import SignedLinks
from bot.answering.extractive import Extractive
from bot.asking.question import LONGEST
from bot.ledger import erasing, exporting
from bot.ledger.approved import ApprovedAnswers, Approving
from bot.ledger.audit import Audit
from bot.ledger.ledger import Ledger, open_ledger
from bot.ledger.record import Recorded, SentRecord
from bot.ledger.tables import answers
from index.refresh.reports import RefreshReport
from ingest.catalog import catalog
from ingest.catalog.fetching import is_public
from ingest.errors import BrokenCatalog
from tebiki.commands import connections
from tebiki.commands.connections import OneLine, Prompt
from tests.patterns import patterns, worst_for
from tests.served import CORPUS, ListedLibrary, small

CITY = "https://www.city.example.lg.jp"
ASKED = {"question": "年次有給休暇は何日ですか"}
EDITION = "/v1/documents/leave-digest/editions/2026%E5%B9%B4%E7%89%88"
LONG, DIGITS = "a" * 5_000, "9" * 5_000


@dataclass
class Town:
    """A served Tebiki: where it listens, what opens it, its record and its log."""

    address: str
    access: Access
    keys: dict[str, str]
    ledger: Ledger
    home: Path
    log: io.StringIO
    app: FastAPI

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self.address.rpartition(":")[2])

    def raw(self, request: bytes, *, timeout: float = 10) -> bytes:
        """Send bytes as they are; return what comes back until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
            return answer

    def status(self, request: bytes) -> int:
        """Return the status of the first answer to bytes, 0 when there is none."""
        found = re.match(rb"HTTP/1\.[01] (\d+)", self.raw(request))
        return int(found[1]) if found else 0


def owned() -> ListedLibrary:
    """Return the small library, whose manual somebody answers for."""
    library = small()
    library.texts = {
        replace(each, document=replace(each.document, owner="jinji")): text
        for each, text in library.texts.items()
    }
    return library


def nothing(*_: object) -> RefreshReport:
    """Stand for a refresh that nobody may start here."""
    raise RuntimeError("nobody was to start it")


@contextmanager
def town(home: Path, *, with_keys: bool = True, per_minute: int = 100_000) -> Iterator[Town]:
    """Serve what `tebiki serve` does, over a small library, on 127.0.0.1."""
    keys = Keys(home / "keys.json")
    secrets = {scope.value: keys.create(scope, scope)[1] for scope in Scope} if with_keys else {}
    if with_keys:
        secrets["expired"] = keys.create("old", Scope.ADMIN, expires=date(2020, 1, 1))[1]
        made, secrets["revoked"] = keys.create("gone", Scope.ADMIN)
        keys.revoke(made.id)
    ledger = open_ledger(home, plain_ids=True)
    access = decide("127.0.0.1", keys=keys, origins=(CITY,), per_minute=per_minute)
    access = Access(
        keys=keys, origins=(CITY,), hosts=access.hosts, per_minute=per_minute,
        links=SignedLinks(ledger.name), person=ledger.person,
    )  # fmt: skip
    audit = Audit(home)
    kept = ApprovedAnswers(lambda: ledger.database)
    office = Office(
        corpus=home / "corpus", refresh=nothing, roll_back=lambda _: "g1", generations=tuple,
        entries=lambda since: ledger.entries(since=since), uploads=home / "uploads",
        note=lambda deed, what, who, address: audit.note(deed, what, actor=who, address=address),
        keys=keys, approved=kept, erase=lambda which: (
            gone := erasing.erase(ledger, which), erasing.told(ledger, which, gone),
        ),
        export=lambda form, since, until, plain: exporting.exported(
            form, exporting.rows(ledger, since, until, plain=plain)
        ),
    )  # fmt: skip
    app = create_app(
        library=owned,
        answerer=Recorded(Approving(Extractive(owned), kept, owned), ledger, origin="web"),
        page_file=lambda held: CORPUS / (held.path or ""),
        record=SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of),
        access=access,
        office=office,
    )
    log = io.StringIO()
    lines = logging.StreamHandler(log)
    lines.setFormatter(OneLine("%(levelname)s %(message)s"))
    logging.getLogger("api").addHandler(lines)
    logging.getLogger("api").setLevel(logging.INFO)
    config = uvicorn.Config(
        app, port=0, http=Prompt, log_config=None, access_log=False, proxy_headers=False,
        server_header=False, ws="none", lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Town(f"http://127.0.0.1:{port}", access, secrets, ledger, home, log, app)
    finally:
        logging.getLogger("api").removeHandler(lines)
        server.should_exit = server.force_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that has keys."""
    with town(tmp_path_factory.mktemp("keyed")) as served:
        yield served


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town as it is after `make serve` on a new machine."""
    with town(tmp_path_factory.mktemp("fresh"), with_keys=False) as served:
        yield served


# Who may do what.

OPEN = {
    *("/", "/documents", "/check", "/view", "/widget.js", "/admin", "/web", "/healthz", "/readyz"),
    *("/openapi.json", "/v1/session"),
}  # fmt: skip
"""What is open to everybody; a route that is not named here wants a scope."""

ASKING = (
    *("/v1/answers", "/v1/feedback", "/v1/chat/", "/v1/responses", "/v1/models"),
    "/invoke",
)


OFFICES = (
    ("/v1/admin/questions", Scope.QUESTIONS),
    ("/v1/admin/missing.csv", Scope.QUESTIONS),
    ("/v1/admin/files/", Scope.CURATE),
    ("/v1/admin/editions", Scope.CURATE),
    ("/v1/admin/folder", Scope.CURATE),
    ("/v1/admin/index", Scope.CURATE),
    ("/v1/admin/refresh", Scope.CURATE),
    ("/v1/admin/rollback", Scope.CURATE),
    ("/v1/admin/approved", Scope.CURATE),
    ("/v1/admin/groups", Scope.CURATE),
)
"""What two roles may; a route of the admin page that is not named here is the administrator's."""


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and address of every route, its parameters filled in."""
    found = []
    for route in app.routes:
        if isinstance(route, Mount):
            found.append(("GET", route.path))
        elif isinstance(route, APIRoute | Route):
            path = re.sub(r"\{[^}]*number[^}]*\}", "1", route.path)
            path = re.sub(r"\{[^}]*\}", "x", path)
            found += [(method, path) for method in (route.methods or {"POST"}) - {"HEAD"}]
    return found


def wanted(path: str) -> Scope | None:
    """Return what a route must ask of its caller."""
    if path in OPEN:
        return None
    if path.startswith("/v1/admin"):
        return next((scope for begins, scope in OFFICES if path.startswith(begins)), Scope.ADMIN)
    return Scope.ASK if path.startswith(ASKING) else Scope.SEARCH


ROLES: dict[str, frozenset[Scope]] = {
    "nobody": frozenset(),
    "expired": frozenset(),
    "revoked": frozenset(),
    "search": Scope.SEARCH.implied,
    "ask": Scope.ASK.implied,
    "questions": frozenset({Scope.SEARCH, Scope.ASK, Scope.QUESTIONS}),
    "curate": frozenset({Scope.SEARCH, Scope.ASK, Scope.CURATE}),
    "admin": frozenset(Scope),
    "session": Scope.ADMIN.implied,
    "session through a proxy": frozenset(),
    "widget": Scope.ASK.implied,
}


def headers_of(role: str, served: Town) -> dict[str, str]:
    """Return what a caller of a role sends."""
    if role.startswith("session"):
        secret = served.access.sessions.exchange(served.access.sessions.word())
        relayed = {"X-Forwarded-For": "192.0.2.1"} if "proxy" in role else {}
        return {"Cookie": f"tebiki_key={secret}", **relayed}
    if role == "widget":
        return {"Origin": CITY}
    return {"Authorization": f"Bearer {served.keys[role]}"} if role != "nobody" else {}


@pytest.mark.parametrize("role", ROLES)
def test_every_route_asks_every_role_for_its_scope(
    keyed: Town, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix is made of the routes themselves, so that a new one cannot be forgotten."""
    # All roles call from one address, which would be told to wait.
    monkeypatch.setattr(access_module, "REFUSALS_PER_MINUTE", 10_000)
    headers, wrong = headers_of(role, keyed), []
    with httpx.Client(base_url=keyed.address, headers=headers, timeout=30) as client:
        for method, path in routes(keyed.app):
            if (method, path) in {("POST", "/v1/session"), ("DELETE", "/v1/session")}:
                continue  # by which one comes in and leaves
            status = client.request(method, path).status_code
            scope = wanted(path)
            may = scope is None or scope in ROLES[role]
            refused = status in {401, 403}
            if may == refused:
                wrong.append((method, path, status))

    assert [] == wrong
    assert len(routes(keyed.app)) > 25


@pytest.mark.parametrize(
    "more",
    [b"", b"Via: 1.1 gateway\r\n", b"X-Real-IP: 192.0.2.1\r\n", b"Forwarded: for=192.0.2.1\r\n"],
    ids=["as nginx comes", "Via", "X-Real-IP", "Forwarded"],
)
def test_plain_reverse_proxy_opens_nothing(fresh: Town, more: bytes) -> None:
    """Whoever comes through it has to say who he is, from the first day on."""
    head = b" HTTP/1.0\r\nHost: 127.0.0.1\r\n" + more + b"Connection: close\r\n\r\n"

    assert 401 == fresh.status(b"GET /v1/admin" + head)
    assert 401 == fresh.status(b"GET /v1/documents" + head)
    assert 200 == fresh.status(b"GET /healthz" + head)


def test_silent_proxy_opens_no_office(fresh: Town) -> None:
    """One that cannot be told from a browser here gets what a browser here gets: questions."""
    head = f" HTTP/1.1\r\nHost: 127.0.0.1:{fresh.port}\r\nConnection: close\r\n\r\n".encode()

    assert 401 == fresh.status(b"GET /v1/admin" + head)
    assert 401 == fresh.status(b"GET /v1/admin/questions.csv" + head)
    assert 200 == fresh.status(b"GET /v1/documents" + head)
    assert 200 == httpx.post(f"{fresh.address}/v1/answers", json=ASKED).status_code


def test_pass_opens_its_own_file_only(keyed: Town) -> None:
    """Not with a second hash behind the first, not for another edition, not made up."""
    given = httpx.post(f"{keyed.address}/v1/answers", json=ASKED, headers={"Origin": CITY})
    page = keyed.address + given.json()["citations"][0]["page_url"]
    assert 200 == httpx.get(page).status_code
    made_up = keyed.address + EDITION + "/pages/1?pass=9999999999-pass/leave-digest/2026"

    assert 422 == httpx.get(f"{page}&sha256={'0' * 64}&sha256={'1' * 64}").status_code
    assert 422 == httpx.get(f"{page}&pass=x").status_code
    assert 403 == httpx.get(page.replace("2026%E5", "2025%E5")).status_code
    assert 403 == httpx.get(made_up).status_code
    assert 403 == httpx.get(re.sub(r"pass=\d+", f"pass={DIGITS}", page)).status_code


def test_keys_are_not_guessed(keyed: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries an address waits; a key that opens still opens."""
    monkeypatch.setattr(access_module, "REFUSALS_PER_MINUTE", 3)
    keyed.access.limits._left.clear()  # noqa: SLF001 - other tests were refused, too
    tried = [
        httpx.post(f"{keyed.address}/v1/session", json={"key": f"tbk_{at}"}) for at in range(5)
    ]

    assert 429 == tried[-1].status_code
    good = {"Authorization": f"Bearer {keyed.keys['ask']}"}
    assert 200 == httpx.get(f"{keyed.address}/v1/documents", headers=good).status_code
    keyed.access.limits._left.clear()  # noqa: SLF001 - likewise


def test_widget_has_a_limit_for_all_its_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many addresses together ask no more than a key that many share."""
    monkeypatch.setattr(access_module, "SHARED", 1)
    with town(tmp_path, per_minute=2) as served:
        headers = {"Origin": CITY}
        asked = [
            httpx.post(f"{served.address}/v1/search", json=ASKED, headers=headers) for _ in range(2)
        ]
        served.access.limits._left.pop("widget 127.0.0.1")  # noqa: SLF001 - another address
        last = httpx.post(f"{served.address}/v1/search", json=ASKED, headers=headers)

    assert [200, 200, 429] == [each.status_code for each in (*asked, last)]


# Pages of others.


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_rebound_name_is_turned_away(fresh: Town, host: str) -> None:
    """A name of the internet that points here makes no page of ours."""
    response = httpx.get(f"{fresh.address}/v1/documents", headers={"Host": host})

    assert 421 == response.status_code


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", CITY + ".evil"]
)
def test_foreign_page_neither_asks_nor_reads(fresh: Town, origin: str) -> None:
    """Whatever it sends, it is refused, and told nothing that a browser would let it read."""
    for method, path in (
        ("POST", "/v1/answers"),
        ("GET", "/v1/documents"),
        ("OPTIONS", "/v1/answers"),
    ):
        response = httpx.request(
            method, fresh.address + path, headers={"Origin": origin}, json=ASKED
        )
        assert "access-control-allow-origin" not in response.headers
        assert 403 == response.status_code, (method, path)


@pytest.mark.parametrize(
    "path", ["/", "/admin", "/view", "/healthz", "/none", "/v1/admin", "/web/chat.js"]
)
def test_every_answer_forbids_scripts_frames_and_sniffing(fresh: Town, path: str) -> None:
    """Also a refusal and an error."""
    headers = httpx.get(fresh.address + path).headers

    assert "script-src 'self';" in headers["content-security-policy"]
    assert "'unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    ["/web/../access.py", "/web/..%2faccess.py", "/web/%2e%2e/access.py", "/web//etc/passwd"],
)
def test_no_path_leads_out_of_the_web_folder(fresh: Town, path: str) -> None:
    """Dots and slashes, written out or not, find nothing."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert fresh.status(head.encode()) in {401, 404}


# What costs or breaks.


@pytest.mark.parametrize(
    "method,path,body",
    [
        ("GET", f"/v1/documents/{LONG}/editions/{LONG}/file", None),
        ("GET", f"{EDITION}/pages/{DIGITS}", None),
        ("GET", f"{EDITION}/pages/{'9' * 30}/image", None),
        ("GET", f"{EDITION}/pages/1?start={DIGITS}", None),
        ("GET", "/v1/documents/%00/editions/%00/pages/1", None),
        ("GET", f"/v1/answers/{LONG}", None),
        ("GET", f"/v1/admin/questions?days={DIGITS}", None),
        ("PUT", f"/v1/admin/files/{LONG}.pdf", None),
        ("PUT", f"/v1/admin/files/{'長' * 100}.pdf", None),
        ("POST", "/v1/search", {**ASKED, "k": 10**400}),
        ("POST", "/v1/answers", {**ASKED, "filters": {"as_of": 0}}),
        ("POST", "/v1/answers", {**ASKED, "filters": {"as_of": "0"}}),
        ("POST", "/v1/admin/editions/dates", {"document": "a", "edition": "b", "published": 0}),
        ("POST", "/v1/answers", {**ASKED, "conversation": LONG}),
        ("POST", "/v1/answers", {"question": "市" * (LONGEST + 1)}),
        ("POST", "/v1/answers", {"question": "\ufdfa" * LONGEST}),
        ("POST", "/v1/admin/editions", {"upload": "../.."}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_nothing_sent_is_a_500(keyed: Town, method: str, path: str, body: object) -> None:
    """Long names, huge numbers and days that are none are refused in words."""
    headers = {"Authorization": f"Bearer {keyed.keys['admin']}"}
    response = httpx.request(method, keyed.address + path, headers=headers, json=body)

    assert 400 <= response.status_code < 500, response.text[:200]


@pytest.mark.parametrize(
    "content",
    [
        b'{"question":"x","k":' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"question":NaN}',
    ],
    ids=["digits", "brackets", "bytes", "NaN"],
)
def test_no_body_is_a_500(fresh: Town, content: bytes) -> None:
    """What is no JSON that we can read is refused as such."""
    json_type = {"Content-Type": "application/json"}
    response = httpx.post(f"{fresh.address}/v1/search", content=content, headers=json_type)

    assert response.status_code in {400, 422}


@pytest.mark.parametrize(
    "question",
    [
        "市" * LONGEST,
        "1-" * (LONGEST // 2),
        "の" * LONGEST,
        "マイナンバー" * 300,
        "第1条" * 600,
        "a@" * 900,
    ],
    ids=lambda question: question[:6],
)
def test_cost_of_a_question_is_bounded(fresh: Town, question: str) -> None:
    """The longest question of one piece over and over is answered like any other."""
    began = time.process_time()  # the server is in this process
    response = httpx.post(f"{fresh.address}/v1/answers", json={"question": question}, timeout=60)

    assert 200 == response.status_code
    assert time.process_time() - began < 4


READ = (
    "bot",
    "api",
    "index.passages",
    "index.search",
    "ingest.language",
    "ingest.personal",
    "ingest.commands",
)


LAID_OUT = (
    "ingest.pdf",
    "ingest.personal",
    "ingest.catalog",
    "ingest.headings",
    "ingest.sentences",
    "ingest.chunks",
)


class TooSlow(Exception):
    """A pattern that does not come to its end."""


@pytest.mark.parametrize(
    "packages", [pytest.param(READ, id="questions"), pytest.param(LAID_OUT, id="documents")]
)
def test_every_pattern_that_reads_what_others_wrote_is_bounded(packages: tuple[str, ...]) -> None:
    """Each is given what it takes, over and over; none takes a power of it."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, give_up)
    slow = []
    try:
        for name, pattern in patterns(*packages).items():
            for text in worst_for(pattern, 500):
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)
                try:
                    for _ in pattern.finditer(text):
                        pass
                    if packages is LAID_OUT:
                        pattern.fullmatch(text)
                except TooSlow:
                    slow.append((name, text[:12]))
                    break
                finally:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)

    assert [] == slow


@contextmanager
def prompt(seconds: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait less for a head than in an office."""
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", seconds)
    yield


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: loc",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT",
    ],
    ids=["nothing", "half a head", "half a second head"],
)
def test_half_sent_head_ends_the_connection(
    fresh: Town, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    """However slowly it drips, and also behind a request that was answered."""
    assert 20 == connections.HEAD_TIMEOUT_S
    # Where nobody closed it, waiting for more would end in a TimeoutError.
    with (
        prompt(1.0, monkeypatch),
        socket.create_connection(("127.0.0.1", fresh.port), 120) as connection,
        suppress(ConnectionResetError),
    ):
        connection.sendall(first)
        while connection.recv(4096):
            pass


def test_two_lengths_or_hosts_are_refused(fresh: Town) -> None:
    """A request that two servers would read differently is read by neither."""
    post = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    body = b'{"question":"x"}'
    both = post + b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    huge = post + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n" + body

    assert fresh.status(both) in {0, 400}
    assert fresh.status(huge) in {0, 400, 413}


# What stays.


def test_no_line_of_the_log_is_forged(fresh: Town) -> None:
    """A line end or an escape in an address is written out."""
    before = fresh.log.getvalue()
    httpx.get(f"{fresh.address}/x%0a2026-11-30%20WARNING%20all%20is%20well%1b[2K%e2%80%a8end")
    added = fresh.log.getvalue()[len(before) :]

    assert 1 == added.count("\n")
    assert "\x1b" not in added
    assert "\u2028" not in added
    assert "INFO" == added[:4]


def test_error_that_quotes_what_was_sent_stays_on_its_line() -> None:
    """Also what another logger hands on."""
    record = logging.LogRecord("api", 30, "", 0, "%s", ("a\nINFO forged\x1b[31m\x85b",), None)

    assert "a\\x0aINFO forged\\x1b[31m\\x85b" == OneLine("%(message)s").format(record)


def test_personal_data_is_in_no_file_of_the_home(fresh: Town) -> None:
    """Nor in the log: what was asked is masked before it is kept."""
    secrets = ("123456789018", "小鳥遊", "090-2345-6789", "AB12345678CD")
    question = f"小鳥遊さん（{secrets[0]}、{secrets[2]}、在留カード{secrets[3]}）の年次有給休暇は何日ですか"
    given = httpx.post(f"{fresh.address}/v1/answers", json={"question": question})
    again = httpx.get(f"{fresh.address}/v1/answers/{given.json()['id']}")

    assert 200 == again.status_code
    assert "［マイナンバー］" in json.dumps(again.json(), ensure_ascii=False)
    kept = b"".join(path.read_bytes() for path in fresh.home.rglob("*") if path.is_file())
    assert not [each for each in secrets if each.encode() in kept or each in fresh.log.getvalue()]
    assert not [each for each in secrets if each in again.text]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("192.0.0.9", "192.0.0.170", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1"),
        *("2001::1", "2001:10::1", "100::1"),
    ],
)  # fmt: skip
def test_no_address_is_fetched_that_leads_inside(address: str) -> None:
    """Private, shared, reserved, many machines at once, or a detour to any of them."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "202.214.194.138", "2001:4860:4860::8888", "2400:4000::1"]
)
def test_addresses_of_the_internet_are_fetched(address: str) -> None:
    """The others are public."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x", "http://"]
)
def test_catalog_takes_no_address_but_of_the_web(tmp_path: Path, url: str) -> None:
    """A page makes a link of it."""
    path = tmp_path / catalog.CATALOG
    path.write_text(
        '[[documents]]\nid = "a"\ntitle = "手引き"\npublisher = "総務部"\nkind = "manual"\n'
        f'[[documents.editions]]\nlabel = "1"\nurl = "{url}"\n',
        "utf-8",
    )

    with pytest.raises(BrokenCatalog, match="must begin with https"):
        catalog.listed(path)


def who_asked(served: Town, name: str) -> str:
    """Return whom the record names for an answer."""
    with served.ledger.database.read() as connection:
        return str(connection.execute(sa.select(answers.c.asker).filter_by(id=name)).scalar())


@pytest.mark.parametrize(
    "role,who",
    [("ask", "key ask"), ("admin", "key admin"), ("session", "session"), ("widget", "")],
    ids=str,
)
@pytest.mark.parametrize(
    "path,body",
    [
        ("/v1/answers", ASKED),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": ASKED["question"]}]}),
    ],
    ids=["answers", "chat"],
)
def test_record_and_log_say_who_asked(
    keyed: Town, role: str, who: str, path: str, body: object
) -> None:
    """The name of the key, at every door; of readers of a public page there is none."""
    before = len(keyed.log.getvalue())
    given = httpx.post(keyed.address + path, json=body, headers=headers_of(role, keyed)).json()

    assert who == who_asked(keyed, (given.get("tebiki") or given)["id"])
    while not (said := keyed.log.getvalue()[before:]):
        time.sleep(0.01)  # the line is written behind the reply
    assert said.rstrip().endswith(f"ms {who or '-'}")


def test_who_asks_is_a_hash_unless_plain_names_are_kept(tmp_path: Path) -> None:
    """The same setting as for Slack's users, the same key of the hashes."""
    said = {
        plain: open_ledger(tmp_path, plain_ids=plain).person("tanaka") for plain in (False, True)
    }

    assert "tanaka" == said[True]
    assert re.fullmatch("[0-9a-f]{32}", said[False])


def test_signed_on_person_is_who_asks(keyed: Town) -> None:
    """Named by the proxy's header, and by nobody else's."""
    access = replace(keyed.access, user_header="X-User", proxies=("127.0.0.1",))
    told = {"x-forwarded-for": "192.0.2.7", "x-user": "tanaka"}
    headers = Headers(told)
    by_proxy = source_of("127.0.0.1", "http", headers, access.proxies, version="1.1")
    by_hand = source_of("192.0.2.7", "http", headers, access.proxies, version="1.1")
    request = {"method": "GET", "path": "/v1/documents", "query": "", "headers": headers}

    caller = access.admit(**request, source=by_proxy, on=date(2026, 11, 30))  # type: ignore[arg-type]
    assert "tanaka" == access.known_as(caller)
    with pytest.raises(Refused):
        access.admit(**request, source=by_hand, on=date(2026, 11, 30))  # type: ignore[arg-type]


def test_erased_person_is_in_no_file_of_the_home(tmp_path: Path) -> None:
    """Asked, followed up, rated and exported; then erased while the server goes on."""
    told = "分限処分の年次有給休暇"
    with town(tmp_path) as served:
        ask, admin = (headers_of(role, served) for role in ("ask", "admin"))
        with httpx.Client(base_url=served.address, headers=ask) as client:
            body = {"question": f"{told}は何日ですか", "conversation": "c"}
            given = client.post("/v1/answers", json=body).json()
            client.post("/v1/answers", json={"question": "その期限は？", "conversation": "c"})
            rated = {"answer": given["id"], "rating": "down", "comment": told}
            client.post("/v1/feedback", json=rated)
        with httpx.Client(base_url=served.address, headers=admin) as client:
            days = {"since": "2020-01-01", "until": "2100-01-01", "form": "json"}
            exported = client.get("/v1/admin/record/export", params=days)
            nothing_said = client.post("/v1/admin/record/erase", json={})
            gone = client.post("/v1/admin/record/erase", json={"person": "key ask"})
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        log = served.log.getvalue()
        deeds = [
            (line["activity_name"], line["actor"]["user"]["name"])
            for line in Audit(tmp_path).lines()
        ]

    assert told in exported.text
    assert 422 == nothing_said.status_code
    assert {"answers": 2, "follow_ups": 0, "remains": []} == gone.json()
    assert told.encode() not in kept
    assert told not in log
    assert [
        ("Wrong answer reported", "key ask"),
        ("Read", "key admin"),
        ("Delete", "key admin"),
    ] == deeds
    assert 3 == Audit(tmp_path).verify().sequence


def test_key_is_made_used_shown_and_revoked_over_http(tmp_path: Path) -> None:
    """By an administrator only; its use is shown, the key itself never again."""
    with town(tmp_path) as served:
        url, admin = f"{served.address}/v1/admin/keys", headers_of("admin", served)
        made = httpx.post(url, json={"name": "窓口", "scope": "curate"}, headers=admin).json()
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        seen = [
            httpx.get(f"{served.address}/v1/admin/{path}", headers=bearer).status_code
            for path in ("index", "questions", "keys")
        ]
        (listed,) = [
            key for key in httpx.get(url, headers=admin).json()["keys"] if key["id"] == made["id"]
        ]
        gone = [httpx.delete(f"{url}/{made['id']}", headers=admin).status_code for _ in range(2)]
        after = httpx.get(f"{served.address}/v1/admin/index", headers=bearer).status_code

    assert [200, 403, 403] == seen
    assert ("窓口", "curate") == (listed["name"], listed["scope"])
    assert listed["used"]
    assert made["secret"] not in str(listed)
    assert [204, 404] == gone
    assert 401 == after
    assert ["Create", "Delete"] == [line["activity_name"] for line in Audit(tmp_path).lines()]


@pytest.fixture(scope="module")
def shelf_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with a corpus folder of its own, in which a catalog lists what is held."""
    home = tmp_path_factory.mktemp("departments")
    (home / "corpus" / "人事").mkdir(parents=True)
    (home / "corpus" / "人事" / "規程.txt").write_text(
        "第１条　年次有給休暇は20日とする。", "utf-8"
    )
    (home / "corpus" / catalog.CATALOG).write_text(
        '[[documents]]\nid = "rules"\ntitle = "規程"\n[[documents.editions]]\nlabel = "1"\n'
        'path = "人事/規程.txt"\n',
        "utf-8",
    )
    with town(home) as served:
        yield served


def test_groups_are_bound_over_http(shelf_of: Town) -> None:
    """A document, a folder, and back again; each is in the audit stream."""
    url, curate = f"{shelf_of.address}/v1/admin/groups", headers_of("curate", shelf_of)

    def bound(**asked: object) -> tuple[list[str], str]:
        told = httpx.post(url, json=asked, headers=curate).json()
        (document,) = told["documents"]
        return document["groups"], document["owner"]

    before = httpx.get(url, headers=curate).json()
    assert (["人事"], ["人事"]) == (before["folders"], before["documents"][0]["folders"])
    assert (["人事課"], "") == bound(folder="人事", groups=["人事課"])
    assert (["秘書課"], "a@b") == bound(document="rules", groups=["秘書課"], owner="a@b")
    assert ([], "a@b") == bound(document="rules", groups=[])
    bad: tuple[dict[str, object], ...] = (
        {"groups": []},
        {"folder": "x", "document": "y", "groups": []},
    )
    for wrong in bad:
        assert 422 == httpx.post(url, json=wrong, headers=curate).status_code
    for absent in ({"folder": "無い"}, {"document": "無い"}, {"folder": "../人事"}):
        assert 404 == httpx.post(url, json={**absent, "groups": []}, headers=curate).status_code
    assert 3 == sum(line["activity_name"] == "Update" for line in Audit(shelf_of.home).lines())


def test_answer_is_approved_listed_and_taken_back_over_http(keyed: Town) -> None:
    """On a quotation that stands, by whoever looks after documents; then it leads."""
    url, curate = f"{keyed.address}/v1/admin/approved", headers_of("curate", keyed)
    asked = {
        "question": ASKED["question"], "wording": "年20日です。", "by": "人事課",
        "quotations": [{"document": "leave-digest", "quote": "年次有給休暇は、一年につき20日とする。"}],
    }  # fmt: skip
    false = {**asked, "quotations": [{"document": "leave-digest", "quote": "30日とする。"}]}

    refused = httpx.post(url, json=false, headers=curate)
    made = httpx.post(url, json=asked, headers=curate).json()
    listed = httpx.get(url, headers=curate).json()["approved"]
    table = httpx.get(f"{url}/list", params={"form": "xlsx"}, headers=curate).content
    again = httpx.put(f"{url}/list", content=table, headers=curate).json()
    nonsense = httpx.put(f"{url}/list", content=b"PK", headers=curate)
    told = httpx.post(f"{keyed.address}/v1/answers", json=ASKED, headers=headers_of("ask", keyed))
    gone = [httpx.delete(f"{url}/{made['id']}", headers=curate).status_code for _ in range(2)]

    assert 422 == refused.status_code
    assert [made["id"]] == [one["id"] for one in listed]
    assert {"kept": 1, "refused": []} == again
    assert 422 == nonsense.status_code
    assert {"id": made["id"], "by": "人事課"}.items() <= told.json()["approved"].items()
    assert [204, 404] == gone


def test_wrong_answer_is_reported_to_the_owner_of_what_it_quotes(keyed: Town) -> None:
    """Who, which answer and which documents, and no word of what was asked."""
    ask = headers_of("ask", keyed)
    given = httpx.post(f"{keyed.address}/v1/answers", json=ASKED, headers=ask).json()
    rated = {"answer": given["id"], "rating": "down", "comment": "違います"}
    assert 201 == httpx.post(f"{keyed.address}/v1/feedback", json=rated, headers=ask).status_code

    lines = [line for line in Audit(keyed.home).lines() if "report" in line["activity_name"]]
    assert {"answer": given["id"], "owner": "jinji", "documents": ["leave-digest"]}.items() <= (
        lines[-1]["entity"]["data"].items()
    )
    assert "休暇" not in json.dumps(lines, ensure_ascii=False)
