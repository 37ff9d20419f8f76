"""No connection is made but to this machine and to what a setting names: tried, and over a journey."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.slack.app import Colleague
from tebiki.closed import Guard, NotClosed, WayOut, WayOutClosed, may_be_closed, ways_out
from tebiki.command_line import app
from tebiki.settings import Settings, settings

ROOT = Path(__file__).parents[2]
PUBLIC = "203.0.113.5"


def test_default_installation_names_nobody() -> None:
    """Without a setting there is no way out at all."""
    assert () == ways_out(settings({}))


def test_what_is_named_is_a_way_out_with_its_setting() -> None:
    """What is on this machine is none; the usual address of a kind of model counts."""
    chosen = settings(
        {
            "TEBIKI_LLM": "anthropic",
            "TEBIKI_LLM_MODEL": "m",
            "TEBIKI_DATABASE_URL": "postgresql://u:p@db.example.lg.jp/t",
            "TEBIKI_SLACK_BOT_TOKEN": "xoxb-1",
            "TEBIKI_MAIL_SERVER": "smtps://u:p@mail.example.lg.jp",
            "TEBIKI_MAIL_FROM": "tebiki@example.lg.jp",
        }
    )

    assert {
        WayOut("api.anthropic.com", "TEBIKI_LLM_ADDRESS"),
        WayOut("db.example.lg.jp", "TEBIKI_DATABASE_URL"),
        WayOut("slack.com", "TEBIKI_SLACK_BOT_TOKEN"),
        WayOut("mail.example.lg.jp", "TEBIKI_MAIL_SERVER"),
    } == set(ways_out(chosen))


@pytest.mark.parametrize(
    "host, lets",
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("model.lan", True),
        ("wss-primary.slack.com", True),
        ("slack.com.evil.example", False),
        ("notslack.com", False),
        (PUBLIC, False),
        ("::ffff:203.0.113.5", False),
        ("example.com", False),
    ],
)
def test_guard_lets_through_what_is_named(host: str, *, lets: bool) -> None:
    """By name, or by the address that the name was found to stand for."""
    guard = Guard(["model.lan", "slack.com"])

    assert lets == guard.lets(host)
    guard.note([PUBLIC])
    assert guard.lets(PUBLIC)


@pytest.mark.parametrize(
    "event, args",
    [
        ("socket.connect", (None, (PUBLIC, 80))),
        ("socket.connect", (None, ("2001:db8::1", 80, 0, 0))),
        ("socket.sendto", (None, (PUBLIC, 53))),
        ("socket.getaddrinfo", ("example.com", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (b"example.com", 80, 0, 0, 0)),
        ("socket.gethostbyname", ("example.com",)),
    ],
)
def test_guard_refuses_before_anything_is_sent(event: str, args: tuple[object, ...]) -> None:
    """Each way to reach somebody is told of before it is gone."""
    with pytest.raises(WayOutClosed):
        Guard([]).heard(event, args)


def test_guard_leaves_this_machine_alone() -> None:
    """Sockets in the file system, servers here, and events of another kind."""
    guard = Guard([])

    for event, args in (
        ("socket.connect", (None, "/run/socket")),
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("open", ("/etc/passwd", "r", 0)),
    ):
        guard.heard(event, args)

    assert [] == guard.refused


@pytest.mark.parametrize(
    "setting",
    [
        {"TEBIKI_LLM": "openai-like", "TEBIKI_LLM_MODEL": "m", "TEBIKI_LLM_ADDRESS": "http://8.8.8.8/v1"},
        {"TEBIKI_DATABASE_URL": "postgresql://u@8.8.8.8/t"},
        {"TEBIKI_EMBEDDING": "nobody/nothing"},
        {"TEBIKI_ENTAILMENT": "nobody/nothing"},
    ],
    ids=["a model server", "a database", "a model to be fetched", "a veto to be fetched"],
)  # fmt: skip
def test_closed_refuses_settings_that_lead_outside(setting: dict[str, str]) -> None:
    """The setting is named."""
    with pytest.raises(
        NotClosed, match=next(n for n in setting if n[7:10] in {"LLM", "DAT", "EMB", "ENT"})
    ):
        may_be_closed(settings(setting))


def test_closed_allows_ones_own_network() -> None:
    """A model server in the next room is no way out."""
    may_be_closed(settings({"TEBIKI_DATABASE_URL": "postgresql://u:p@10.1.2.3/x"}))


JOURNEY = """
import json, sys, socket, threading, time, urllib.request
from tebiki.closed import shut
from tebiki.settings import settings
from pathlib import Path
home, corpus = map(Path, sys.argv[1:])
chosen = settings({}, home, corpus)
guard = shut(chosen)
from tebiki.refreshing import refreshed
from tebiki.building import build
from tebiki.serving import web
import uvicorn
assert refreshed(chosen, lambda *_: None).published
server = uvicorn.Server(uvicorn.Config(web(build(chosen)), port=0, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started: time.sleep(.05)
address = "http://127.0.0.1:%d" % server.servers[0].sockets[0].getsockname()[1]
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(address + path, data, {"Content-Type": "application/json"})
    return urllib.request.urlopen(asked).read()
answer = json.loads(ask("/v1/answers", {"question": "全体手順書の構成は"}))
assert answer["citations"], answer
ask("/v1/check", {"text": "全体手順書は構成を示す。"})
cited = answer["citations"][0]
from urllib.parse import quote
edition = "/v1/documents/%s/editions/%s" % (quote(cited["document"]), quote(cited["edition"]))
ask(edition + "/pages/%d/image" % cited["pages"][0])
ask("/"), ask("/v1/documents"), ask("/v1/search", {"question": "構成"})
assert guard.refused == [], guard.refused
for reach in (lambda: socket.create_connection(("192.0.2.1", 80), 1), lambda: socket.getaddrinfo("example.com", 80)):
    try: reach()
    except OSError as problem: assert "no setting" in str(problem), problem
    else: raise SystemExit("it got out")
print("closed", guard.refused)
"""


def test_whole_journey_reaches_nobody(tmp_path: Path) -> None:
    """Refresh, serve, ask, check, a page's picture: nothing is even tried; what is tried is refused."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.pdf").write_bytes((ROOT / "corpus/starter/kosei-digest.pdf").read_bytes())

    done = subprocess.run(
        [sys.executable, "-c", JOURNEY, tmp_path / "home", corpus],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip

    assert "closed ['192.0.2.1', 'example.com']\n" == done.stdout, done.stderr


@pytest.mark.parametrize("command", ["slack", "mcp"])
def test_slack_and_mcp_stand_behind_the_guard(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shut before a connection to Slack is opened, or an agent listened to."""
    steps: list[str] = []

    def shut(chosen: Settings) -> None:
        steps.append("shut")
        raise NotClosed("The guard over connections does not hold here.")

    monkeypatch.setattr(f"tebiki.commands.{'serve' if command == 'mcp' else command}.shut", shut)
    monkeypatch.setattr(Colleague, "connect", lambda _: steps.append("open"))
    monkeypatch.setattr("api.mcp.serve", lambda _: steps.append("open"))
    setting = {"TEBIKI_SLACK_BOT_TOKEN": "xoxb-1", "TEBIKI_SLACK_APP_TOKEN": "xapp-1"}

    told = CliRunner().invoke(app, ["--home", str(tmp_path), command], env=setting)

    assert (["shut"], 4) == (steps, told.exit_code)
    assert "does not hold" in told.output


def test_a_guard_that_does_not_hold_is_found_out() -> None:
    """The self-test tries to get out itself: without the hook it does not count as refused."""
    from tebiki import closed

    calls: list[object] = []

    class Open(socket.socket):
        def connect(self, address: object) -> None:
            calls.append(address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Open)
        patch.setattr(socket, "getaddrinfo", lambda *_: [])
        with pytest.raises(NotClosed, match="does not hold"):
            closed.tried(Guard([]))

    assert 2 == len(calls)
