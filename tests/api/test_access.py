"""The layers before the routes: origins, headers, request ids."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from starlette.types import Message

from api import gate
from api.access import PAGES, Access, Limits, Unprotected, decide
from api.admin import Office
from api.answer_records import AnswersInMemory, Remembered
from api.app import create_app
from api.gate import Gate
from api.keys import Keys, Scope
from api.problems import Refused, language_of
from api.request_source import source_of
from api.sessions import Sessions
from api.signed_links import SignedLinks
from bot.answering.extractive import Extractive
from bot.answers import Answer, Question
from bot.asking.question import read
from index.refresh.plan import Plan
from index.refresh.reports import RefreshReport
from tests.served import CORPUS, app_of, serving, small

CITY = "https://www.city.example.lg.jp"


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Return a client of the application, without a network."""
    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda held: CORPUS / (held.path or ""),
        access=Access(origins=(CITY,)),
    )
    with TestClient(app, base_url="http://127.0.0.1:8000") as made:
        yield made


def test_foreign_page_cannot_ask(client: TestClient) -> None:
    """A page on another site that posts to this server is refused, however simple its request."""
    response = client.post(
        "/v1/answers",
        json={"question": "年次有給休暇は何日ですか"},
        headers={"Origin": "https://evil.example"},
    )

    assert 403 == response.status_code
    assert "TEBIKI_ORIGINS" in response.json()["detail"]
    assert "access-control-allow-origin" not in response.headers


def test_own_page_can_ask(client: TestClient) -> None:
    """The page that this server serves sends its own origin."""
    response = client.get("/v1/documents", headers={"Origin": "http://127.0.0.1:8000"})

    assert 200 == response.status_code


def test_allowed_page_can_ask_and_read(client: TestClient) -> None:
    """A site that embeds the widget is told, also before the request, that it may read answers."""
    preflight = client.options(
        "/v1/answers",
        headers={"Origin": CITY, "Access-Control-Request-Method": "POST"},
    )
    response = client.get("/v1/documents", headers={"Origin": CITY})

    assert (204, CITY) == (
        preflight.status_code,
        preflight.headers["access-control-allow-origin"],
    )
    assert "content-type" in preflight.headers["access-control-allow-headers"]
    assert (200, CITY) == (response.status_code, response.headers["access-control-allow-origin"])


def test_null_origin_is_foreign(client: TestClient) -> None:
    """A sandboxed frame or a file sends "null", which is nobody we know."""
    assert 403 == client.get("/v1/documents", headers={"Origin": "null"}).status_code


@pytest.mark.parametrize("address", ["/", "/healthz", "/v1/none", "/web/chat.js"])
def test_every_response_carries_the_security_headers(client: TestClient, address: str) -> None:
    """Pages, data, errors and files alike forbid inline scripts, framing and sniffing."""
    headers = client.get(address).headers

    assert "script-src 'self';" in headers["content-security-policy"]
    assert "'unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "no-referrer" == headers["referrer-policy"]


def test_request_ids_differ(client: TestClient) -> None:
    """Two requests can be told apart in the log."""
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))

    assert first != second


@pytest.mark.parametrize(
    "header,expected",
    [
        (None, "ja"),
        ("", "ja"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("ja,en;q=0.5", "ja"),
        ("en;q=0.2, ja;q=0.8", "ja"),
        ("fr, en;q=0.3", "en"),
        ("fr", "ja"),
        ("*;q=, en;q=nonsense, ja;q=0.1", "ja"),
    ],
)
def test_language_of_accept_language(header: str | None, expected: str) -> None:
    """The language with the greatest weight is spoken; Japanese where nothing is said."""
    assert expected == language_of(header)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Return an empty store of keys."""
    return Keys(tmp_path / "keys.json")


def protected(access: Access, address: str = "192.0.2.7") -> TestClient:
    """Return a client at *address* of an application that asks what *access* says."""
    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda held: CORPUS / (held.path or ""),
        access=access,
    )
    return TestClient(app, base_url="http://tebiki.example", client=(address, 50000))


def test_public_address_needs_protection(keys: Keys) -> None:
    """Without a key or a proxy the server does not start, and says what to set."""
    for host in ("0.0.0.0", "192.0.2.1", "::", "tebiki.example"):  # noqa: S104 - what is refused
        with pytest.raises(Unprotected, match="tebiki keys create") as raised:
            decide(host, keys=keys)
        assert "TEBIKI_USER_HEADER" in str(raised.value)
    with pytest.raises(Unprotected):
        decide("0.0.0.0", keys=keys, user_header="X-User")  # noqa: S104 - anybody could send it

    assert not decide("127.0.0.1", keys=keys).required
    assert decide("0.0.0.0", keys=keys, user_header="X-User", proxies=["10.0.0.1"]).required  # noqa: S104
    keys.create("one", Scope.ASK)
    assert decide("0.0.0.0", keys=keys).required  # noqa: S104


def test_key_opens_what_its_scope_says(keys: Keys) -> None:
    """Search does not ask, ask does both; without a key there is a 401 that says how."""
    secrets = {scope: keys.create(scope, scope)[1] for scope in Scope}
    with protected(Access(required=True, keys=keys)) as client:

        def statuses(secret: str | None) -> list[int]:
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            asked = {"question": "年次有給休暇は何日ですか"}
            return [
                client.post("/v1/search", json=asked, headers=headers).status_code,
                client.post("/v1/answers", json=asked, headers=headers).status_code,
                client.post("/v1/chat/completions", json={}, headers=headers).status_code,
                client.get("/v1/admin", headers=headers).status_code,
            ]

        assert [401, 401, 401, 401] == statuses(None)
        assert [401, 401, 401, 401] == statuses("tbk_0_wrong")
        assert [200, 403, 403, 403] == statuses(secrets[Scope.SEARCH])
        assert [200, 200, 422, 403] == statuses(secrets[Scope.ASK])
        assert [200, 200, 422, 404] == statuses(secrets[Scope.ADMIN])
        refused = client.get("/v1/documents")
        assert "Bearer" == refused.headers["www-authenticate"]
        assert "鍵" in refused.json()["detail"]
        assert [200, 200, 200] == [
            client.get(address).status_code for address in ("/", "/healthz", "/web/chat.js")
        ]


def test_browser_keeps_the_key_in_a_cookie(keys: Keys) -> None:
    """Who typed the key once is let in; a wrong key sets nothing; leaving forgets it."""
    _, secret = keys.create("窓口", Scope.ASK)
    with protected(Access(required=True, keys=keys)) as client:
        assert 401 == client.post("/v1/session", json={"key": "wrong"}).status_code
        assert 401 == client.get("/v1/documents").status_code

        entered = client.post("/v1/session", json={"key": secret})

        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert 200 == client.get("/v1/documents").status_code
        client.delete("/v1/session")
        assert 401 == client.get("/v1/documents").status_code


def test_signed_on_person_is_believed_from_the_proxy_only(keys: Keys) -> None:
    """The header opens when the proxy sends it, and nothing when anybody else does."""
    access = Access(required=True, keys=keys, user_header="X-User", proxies=("10.0.0.0/24",))
    person = {"X-User": "yamada"}

    with protected(access, "10.0.0.9") as proxy, protected(access, "192.0.2.7") as stranger:
        assert 200 == proxy.get("/v1/documents", headers=person).status_code
        assert 401 == proxy.get("/v1/documents").status_code
        assert 401 == stranger.get("/v1/documents", headers=person).status_code


@pytest.mark.parametrize(
    "sent,groups",
    [
        ([("x-groups", "人事課, 総務課;秘書")], {"人事課", "総務課", "秘書"}),
        ([("x-groups", "")], set()),
        ([("x-groups", "人事課"), ("x-groups", "総務課")], set()),
        ([], set()),
    ],
    ids=["several", "none", "twice", "no header"],
)
@pytest.mark.parametrize("peer", ["10.0.0.9", "192.0.2.7"])
def test_groups_are_believed_from_the_proxy_only(
    keys: Keys, sent: list[tuple[str, str]], groups: set[str], peer: str
) -> None:
    """One header, of a person whom the same proxy names; whoever else sends it has no groups."""
    access = Access(
        required=True, keys=keys, user_header="X-User", group_header="X-Groups",
        proxies=("10.0.0.0/24",),
    )  # fmt: skip
    raw = [(name.encode(), value.encode()) for name, value in [("x-user", "yamada"), *sent]]
    headers = Headers(raw=raw)
    source = source_of(peer, "http", headers, access.proxies)
    request = {"method": "GET", "path": "/v1/documents", "query": "", "headers": headers}
    day = date(2026, 11, 30)

    if peer == "10.0.0.9":
        caller = access.admit(**request, source=source, on=day)  # type: ignore[arg-type]
        assert caller is not None
        assert groups == caller.groups
    else:
        with pytest.raises(Refused):
            access.admit(**request, source=source, on=day)  # type: ignore[arg-type]


def test_refused_caller_is_named_in_the_log(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    """Whose key was for less than he tried, and who asked too often."""
    _, secret = keys.create("窓口", Scope.SEARCH)
    bearer = {"Authorization": f"Bearer {secret}"}
    with protected(Access(required=True, keys=keys)) as client, caplog.at_level("INFO", "api"):
        assert 403 == client.post("/v1/answers", json={"question": "x"}, headers=bearer).status_code

    assert caplog.messages[-1].endswith("ms key 窓口")


def test_widget_of_an_allowed_site_may_ask_but_not_administer(keys: Keys) -> None:
    """A widget on a public page is public, and no more than that."""
    access = Access(required=True, keys=keys, origins=(CITY,))
    with protected(access) as client:
        asked = {"question": "年次有給休暇は何日ですか"}
        origin = {"Origin": CITY}
        assert 200 == client.post("/v1/answers", json=asked, headers=origin).status_code
        assert 403 == client.get("/v1/admin", headers=origin).status_code


def test_citation_told_to_an_allowed_site_opens_without_a_key(keys: Keys) -> None:
    """Until the next day, for the edition that was cited and no other; JSON and stream alike."""
    now = [1_000_000.0]
    links = SignedLinks(clock=lambda: now[0])
    access = Access(required=True, keys=keys, origins=(CITY,), links=links)
    asked = {"question": "年次有給休暇は何日ですか"}
    with protected(access) as client:
        given = client.post("/v1/answers", json=asked, headers={"Origin": CITY})
        streamed = client.post(
            "/v1/answers", json=asked, headers={"Origin": CITY, "Accept": "text/event-stream"}
        ).text
        cited = given.json()["citations"][0]
        page = client.get(cited["page_url"])

        assert 200 == page.status_code
        assert "pass=" in page.json()["image_url"]
        assert 404 == client.get(page.json()["image_url"]).status_code  # no file, but let in
        assert cited["page_url"] in streamed.partition("event: done")[0]
        assert cited["page_url"] in streamed.partition("event: done")[2]
        other = cited["page_url"].replace("2026%E5%B9%B4", "2025%E5%B9%B4")
        assert other != cited["page_url"]
        assert 403 == client.get(other).status_code
        assert 401 == client.get(cited["page_url"].partition("?")[0]).status_code
        now[0] += 24 * 3600 + 1
        late = client.get(cited["page_url"])
        assert 403 == late.status_code
        assert "有効期間" in late.json()["detail"]


def test_own_page_s_citations_carry_no_pass(keys: Keys) -> None:
    """Who has a key needs none, and what is recorded never has one."""
    _, secret = keys.create("one", Scope.ASK)
    access = Access(required=True, keys=keys, origins=(CITY,))
    with protected(access) as client:
        key = {"Authorization": f"Bearer {secret}"}
        asked = {"question": "年次有給休暇は何日ですか"}
        own = client.post("/v1/answers", json=asked, headers=key)
        told = client.post("/v1/answers", json=asked, headers={"Origin": CITY}).json()

        assert "pass=" not in own.text
        assert "pass=" not in client.get(f"/v1/answers/{told['id']}", headers=key).text
        widget = client.get(f"/v1/answers/{told['id']}", headers={"Origin": CITY})
        assert "pass=" in widget.text


def test_questions_a_minute_are_bounded_by_caller(keys: Keys) -> None:
    """The third question of two a minute is a 429 with a time to wait; others are not held up."""
    secrets = [keys.create(name, Scope.ASK)[1] for name in ("one", "two")]
    with protected(Access(required=True, keys=keys, per_minute=2)) as client:

        def ask(secret: str) -> tuple[int, int]:
            asked = client.post(
                "/v1/answers",
                json={"question": "年次有給休暇は何日ですか"},
                headers={"Authorization": f"Bearer {secret}"},
            )
            return asked.status_code, int(asked.headers.get("retry-after", 0))

        assert [(200, 0), (200, 0)] == [ask(secrets[0]) for _ in range(2)]
        status, wait_s = ask(secrets[0])
        assert 429 == status
        assert 1 <= wait_s <= 30
        assert (200, 0) == ask(secrets[1])


def test_bucket_fills_evenly() -> None:
    """At two a minute an empty bucket holds one question again after thirty seconds."""
    limits = Limits()
    assert [0, 0] == [limits.wait_s("a", 2, 100.0) for _ in range(2)]

    assert 30.0 == limits.wait_s("a", 2, 100.0)
    assert 10.0 == pytest.approx(limits.wait_s("a", 2, 120.0))
    assert 0 == limits.wait_s("a", 2, 130.0)


def test_loopback_answers_to_its_own_names_only(keys: Keys) -> None:
    """A name of the internet that points at 127.0.0.1 is turned away."""
    access = decide("127.0.0.1", keys=keys)
    with protected(access) as client:
        rebound = client.get("/v1/documents", headers={"Host": "evil.example:8000"})
        assert 421 == rebound.status_code
        for host in ("127.0.0.1:8000", "localhost", "[::1]:8000", "localhost:9"):
            assert 200 == client.get("/v1/documents", headers={"Host": host}).status_code, host


HERE = ("127.0.0.1", 50000)


def home_app(access: Access) -> FastAPI:
    """Return an application with an admin page that nobody has to refresh."""
    office = Office(
        corpus=CORPUS,
        refresh=lambda _told, _accept: RefreshReport(Plan(), "g2", published=True),
        roll_back=lambda _: "g1",
        generations=tuple,
        entries=lambda _: (),
        uploads=CORPUS,
    )
    return create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda held: CORPUS / (held.path or ""),
        access=access,
        office=office,
    )


def test_nobody_administers_for_being_at_this_machine(keys: Keys) -> None:
    """What nginx sends as it comes is what a browser here would: it opens questions, never the office."""
    app = home_app(decide("127.0.0.1", keys=keys))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as client:
        assert 200 == client.get("/v1/documents").status_code
        assert 200 == client.post("/v1/answers", json={"question": "休暇は何日？"}).status_code
        refused = client.get("/v1/admin")
        assert 401 == refused.status_code
        assert "tebiki serve" in refused.json()["detail"]
        assert 401 == client.post("/v1/admin/rollback", json={}).status_code
        session = client.get("/v1/session").json()
        assert (False, []) == (session["admin"], session["offices"])


def test_link_opens_one_session_at_this_machine(keys: Keys) -> None:
    """Once, for whoever is here; not twice, not from elsewhere, and not after it was ended."""
    now = [1_000_000.0]
    access = replace(decide("127.0.0.1", keys=keys), sessions=Sessions(clock=lambda: now[0]))
    app = home_app(access)
    word = {"key": access.sessions.word()}
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as client:
        through_proxy = client.post("/v1/session", json=word, headers={"Via": "1.1 gateway"})
        assert 401 == through_proxy.status_code
        assert 204 == client.post("/v1/session", json=word).status_code
        assert 200 == client.get("/v1/admin").status_code
        assert client.get("/v1/session").json()["admin"]
        for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"Via": "1.1 x"}, {"Host": "evil.test"}):
            assert client.get("/v1/admin", headers=headers).status_code in {401, 421}
        cookie = dict(client.cookies)
        assert 401 == client.post("/v1/session", json=word).status_code
        client.delete("/v1/session")
        client.cookies.update(cookie)
        assert 401 == client.get("/v1/admin").status_code

        late = {"key": access.sessions.word()}
        now[0] += 3601
        assert 401 == client.post("/v1/session", json=late).status_code


@pytest.mark.parametrize(
    "headers,version",
    [
        pytest.param({}, "1.0", id="nginx as it comes"),
        pytest.param({"Via": "1.1 gateway"}, "1.1", id="Via"),
        pytest.param({"X-Real-IP": "192.0.2.1"}, "1.1", id="X-Real-IP"),
        pytest.param({"CF-Connecting-IP": "192.0.2.1"}, "1.1", id="a network in front"),
    ],
)
def test_proxies_are_known_by_what_they_send(headers: dict[str, str], version: str) -> None:
    """Whoever comes through one is not at this machine, however near the proxy stands."""
    found = source_of("127.0.0.1", "http", Headers(headers), (), version=version)

    assert found.relayed
    assert not found.local


def test_taking_the_last_key_away_opens_nothing(keys: Keys) -> None:
    """Once there was a key, its list keeps the door shut: empty, revoked, or unreadable."""
    made, secret = keys.create("one", Scope.ADMIN)
    app = home_app(decide("127.0.0.1", keys=keys))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as client:
        bearer = {"Authorization": f"Bearer {secret}"}
        assert 200 == client.get("/v1/admin", headers=bearer).status_code
        keys.revoke(made.id)
        assert [401, 401] == [
            client.get(each, headers=bearer).status_code for each in ("/v1/admin", "/v1/documents")
        ]
        for content in ("[]", "", "{", '{"a": 1}', "[1]", "null", "[" * 100_000):
            keys.path.write_text(content, "utf-8")
            assert 401 == client.get("/v1/documents").status_code, content[:9]
            told = client.get("/v1/documents", headers=bearer)
            assert (401 if content == "[]" else 503) == told.status_code, content[:9]


@pytest.mark.parametrize(
    "address",
    [
        "/v1/suggestions?language=ja&language=en",
        "/v1/documents/leave-digest/editions/2026年版/pages/1?start=1&start=2",
        "/v1/none?a=&a=",
        "/?%61=1&a=2",
    ],
)
def test_parameter_given_twice_is_refused(client: TestClient, address: str) -> None:
    """Who checks it might read another than who uses it; that holds for every address."""
    response = client.get(address)

    assert 422 == response.status_code
    assert "2回以上" in response.json()["detail"]


def test_pass_for_one_file_opens_no_other(keys: Keys) -> None:
    """The hash that was checked is the one that is used, and a forged end is no end."""
    access = Access(required=True, keys=keys, origins=(CITY,))
    with protected(access) as client:
        asked = {"question": "年次有給休暇は何日ですか"}
        given = client.post("/v1/answers", json=asked, headers={"Origin": CITY}).json()
        good = given["citations"][0]["file_url"].partition("#")[0]
        assert client.get(good).status_code != 401
        for more in (f"&sha256={'0' * 64}", "&sha256=", f"&pass={'9' * 5000}-{'0' * 32}"):
            assert client.get(good + more).status_code in {401, 403, 422}, more[:20]
        endless = re.sub(r"pass=\d+", "pass=" + "9" * 5000, good)
        assert 403 == client.get(endless).status_code


def test_two_names_of_one_person_are_nobody(keys: Keys) -> None:
    """A proxy that adds its header to the caller's leaves two; neither is believed."""
    access = Access(required=True, keys=keys, user_header="X-User", proxies=("10.0.0.9",))
    with protected(access, "10.0.0.9") as client:
        twice = [("X-User", "mayor"), ("X-User", "yamada")]
        assert 401 == client.get("/v1/documents", headers=twice).status_code


def test_head_is_answered_where_get_is(client: TestClient) -> None:
    """Monitors ask with HEAD: the same status and headers, and no body."""
    for address in ("/", "/healthz", "/v1/documents"):
        response = client.head(address)

        assert (200, b"") == (response.status_code, response.content), address


@pytest.mark.parametrize(
    "headers,address,scheme,relayed",
    [
        pytest.param({}, "10.0.0.5", "http", True, id="a proxy that says nothing"),
        pytest.param(
            {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https"},
            "192.0.2.9", "https", True, id="one proxy",
        ),
        pytest.param(
            {"X-Forwarded-For": "203.0.113.1, 192.0.2.9, 10.0.0.6"},
            "192.0.2.9", "http", True, id="a made-up address before a chain of two",
        ),
        pytest.param(
            {"X-Forwarded-For": "[2001:db8::1]:4711"}, "2001:db8::1", "http", True, id="IPv6",
        ),
        pytest.param(
            {"X-Forwarded-For": "unknown", "X-Forwarded-Proto": "gopher"},
            "10.0.0.5", "http", True, id="nonsense",
        ),
    ],
)  # fmt: skip
def test_proxy_tells_whom_it_speaks_for(
    headers: dict[str, str], address: str, scheme: str, *, relayed: bool
) -> None:
    """The last address of the chain that is no proxy of ours is the caller's."""
    found = source_of("10.0.0.5", "http", Headers(headers), ["10.0.0.0/24"])

    assert (address, scheme, relayed) == (found.address, found.scheme, found.relayed)
    assert not found.local


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host"])
def test_what_a_stranger_hands_on_changes_nothing_but_that_it_is_not_local(header: str) -> None:
    """An untrusted proxy on this machine is believed in one thing only: that it is a proxy."""
    found = source_of("127.0.0.1", "http", Headers({header: "for=127.0.0.1"}), ["10.0.0.0/24"])

    assert ("127.0.0.1", "http", False, False) == (
        found.address,
        found.scheme,
        found.trusted,
        found.local,
    )


def test_strangers_who_keep_trying_are_told_to_wait(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many refusals a minute an address hears 429; a key that opens still opens."""
    monkeypatch.setattr("api.access.REFUSALS_PER_MINUTE", 3)
    _, secret = keys.create("one", Scope.ASK)
    with protected(Access(required=True, keys=keys)) as client:
        wrong = {"Authorization": "Bearer tbk_0_wrong"}
        assert [401, 401, 401, 429] == [
            client.get("/v1/documents", headers=wrong).status_code for _ in range(4)
        ]
        assert 429 == client.post("/v1/session", json={"key": "wrong"}).status_code
        right = {"Authorization": f"Bearer {secret}"}
        assert 200 == client.get("/v1/documents", headers=right).status_code


def test_key_that_many_share_is_counted_by_address(keys: Keys) -> None:
    """One colleague's questions do not hold up another's; ten times as many hold up the key."""
    _, secret = keys.create("窓口", Scope.ASK)
    access = Access(required=True, keys=keys, per_minute=1)
    asked = {"question": "年次有給休暇は何日ですか"}
    key = {"Authorization": f"Bearer {secret}"}

    def statuses(address: str, times: int = 1) -> list[int]:
        with protected(access, address) as client:
            return [
                client.post("/v1/search", json=asked, headers=key).status_code for _ in range(times)
            ]

    assert [200, 429] == statuses("192.0.2.1", 2)
    assert [[200]] * 9 == [statuses(f"192.0.2.{number}") for number in range(2, 11)]
    assert [429] == statuses("192.0.2.11")


def test_page_images_are_bounded_by_address(keys: Keys) -> None:
    """Drawing costs more than reading: an address has five times as many pages as questions."""
    _, secret = keys.create("one", Scope.SEARCH)
    with protected(Access(required=True, keys=keys, per_minute=1)) as client:
        key = {"Authorization": f"Bearer {secret}"}
        page = "/v1/documents/leave-digest/editions/2026年版/pages/1/image"
        statuses = [client.get(page, headers=key).status_code for _ in range(PAGES + 1)]

    assert [404] * PAGES + [429] == statuses  # 404: the small library has no files


def test_evidence_sheet_counts_like_a_question(keys: Keys) -> None:
    """Its pages are drawn: whoever asks for sheets has no more of them than of answers."""
    _, secret = keys.create("one", Scope.ASK)
    key = {"Authorization": f"Bearer {secret}"}
    access = Access(required=True, keys=keys, per_minute=1)
    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda _: CORPUS,
        sheet=lambda *_: b"%PDF",
        access=access,
    )
    with TestClient(app) as client:
        statuses = [
            client.get("/v1/answers/none/evidence", headers=key).status_code for _ in range(2)
        ]

    assert [404, 429] == statuses


class Trickle:
    """A body of a few bytes, each just in time for whoever counts the pauses only."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self) -> Message:
        await anyio.sleep(0.06)
        self.sent += 1
        return {"type": "http.request", "body": b" ", "more_body": True}


def test_body_that_trickles_is_refused_when_its_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time counts for the whole body, as the sentence says, not for each part of it."""
    monkeypatch.setattr(gate, "BODY_TIMEOUT_S", 0.2)
    trickle = Trickle()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/answers",
        "raw_path": b"/v1/answers",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    anyio.run(app_of(small()), scope, trickle, send)

    assert 408 == sent[0]["status"]
    assert "0.2秒" in json.loads(sent[1]["body"])["detail"]
    assert trickle.sent < 10


class Slow:
    """An answerer that thinks until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def answer(self, question: Question) -> Answer:
        self.let_go.wait(10)
        return Extractive(small).answer(question)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_answer_that_takes_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    """The asker hears of it in time, as a problem or as the stream's last event."""
    slow = Slow()
    monkeypatch.setattr(Gate.__init__, "__kwdefaults__", {"answer_timeout_s": 0.3})
    app = create_app(library=small, answerer=slow, page_file=lambda _: CORPUS)
    with serving(app) as address:
        response = httpx.post(
            f"{address}/v1/answers",
            json={"question": "年次有給休暇は何日ですか"},
            headers={"Accept": accept},
        )
        slow.let_go.set()

    assert "0.3秒以内に回答できませんでした" in response.text
    if accept == "application/json":
        assert 504 == response.status_code
    else:
        assert response.text.rpartition("event: ")[2].startswith("error\n")


def test_evidence_sheet_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing its pages has the deadline of an answer."""
    let_go = threading.Event()
    record = AnswersInMemory()
    given = Remembered(Extractive(small), record).answer(read("年次有給休暇は何日ですか"))
    monkeypatch.setattr(Gate.__init__, "__kwdefaults__", {"answer_timeout_s": 0.1})
    app = create_app(
        library=small,
        answerer=Extractive(small),
        record=record,
        page_file=lambda _: CORPUS,
        sheet=lambda *_: b"%PDF" if let_go.wait(10) else b"",
    )
    with serving(app) as address:
        response = httpx.get(f"{address}/v1/answers/{given.id}/evidence")
        let_go.set()

    assert 504 == response.status_code
