"""A small Slack on 127.0.0.1: its Web API over HTTP and Socket Mode over a real websocket.

It checks what Slack checks (tokens, scopes, membership, required arguments, block schemas and
limits, triggers that expire, rate limits that hold), keeps the messages, sends events again that
were not acknowledged, and can be told to fail.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bot.slack.check import listed

ME, BOT, TEAM = "U0TEBIKI", "B0TEBIKI", "T0TOWN"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-test", "xapp-test", "signing-secret"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure: an HTTP status, before or *after* the thing was done, or Slack's own *error*."""

    status: int = 500
    after: bool = False
    retry_after: int = 1
    error: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Web API that arrived here, and the status it got."""

    method: str
    arguments: Json
    status: int
    at: float


SCOPES = {
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "chat.appendStream": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "{}:history",
    "conversations.info": "{}:read",
    "conversations.open": "im:write",
    "conversations.replies": "{}:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "usergroups.users.list": "usergroups:read",
    "users.conversations": "channels:read",
    "users.info": "users:read",
}
"""The scope that a method wants; {} is the kind of channel it is called for."""

TRIGGER_S = 3.0
"""How long a trigger opens a form."""


@dataclass
class Envelope:
    """One delivery over the websocket, until it is acknowledged; *sent* and *through* in pairs."""

    id: str
    body: Json
    again: bool = True
    made: float = field(default_factory=time.monotonic)
    sent: list[float] = field(default_factory=list)
    through: list[ServerConnection] = field(default_factory=list)
    acknowledged: float = 0.0
    reply: Json | None = None


class Refused(Exception):
    """The Web API says ok: false."""


class FakeSlack:
    """One workspace; every public method may be called from any thread."""

    def __init__(self, *, redeliver_s: float = 3.0) -> None:
        self.calls: list[Call] = []
        self.messages: dict[str, list[Json]] = {}
        self.ephemeral: list[Json] = []
        self.responses: list[Json] = []
        self.views: list[Json] = []
        self.homes: dict[str, Json] = {}
        self.files: list[Json] = []
        self.statuses: list[Json] = []
        self.prompts: list[Json] = []
        self.envelopes: dict[str, Envelope] = {}
        self.locales: dict[str, str] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.fault: Callable[[str, Json], Fault | None] = lambda _method, _arguments: None
        self.scopes = ",".join(listed("bot"))
        self.private: set[str] = set()
        self.outside: set[str] = set()
        self.limited: list[Call] = []
        self._until: dict[str, float] = {}
        self._triggers: dict[str, float] = {}
        self._closed: dict[ServerConnection, float] = {}
        self.channels: list[Json] = []
        self.opened = 0
        self.unready: set[str] = set()
        self._uploads: dict[str, bytes] = {}
        self._streams: dict[str, str] = {}
        self._redeliver_s = redeliver_s
        self._ts = 1_700_000_000.0
        self._lock = threading.RLock()
        self._connections: list[ServerConnection] = []
        self._closing = threading.Event()

    # Running.

    @contextmanager
    def running(self) -> Iterator[FakeSlack]:
        """Serve while the block runs."""
        handler = type("Handler", (_Handler,), {"slack": self})
        web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        web.daemon_threads = True
        sockets = serve(self._connection, "127.0.0.1", 0)
        self.web = f"http://127.0.0.1:{web.server_address[1]}"
        self.socket = f"ws://127.0.0.1:{sockets.socket.getsockname()[1]}"
        jobs = [lambda: web.serve_forever(0.05), sockets.serve_forever, self._redeliver]
        threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._closing.set()
            for connection in list(self._connections):
                connection.close()
            sockets.shutdown()
            web.shutdown()
            web.server_close()
            for thread in threads:
                thread.join(5)

    @property
    def api_url(self) -> str:
        """The address that stands for https://slack.com/api/."""
        return f"{self.web}/api/"

    def drop_connections(self) -> None:
        """Close every websocket, as Slack does every few hours."""
        for connection in list(self._connections):
            connection.close()

    # People.

    def kind(self, channel: str) -> str:
        """Return what Slack calls a channel's kind; a private channel may have an id in C too."""
        if channel in self.private:
            return "group"
        return {"D": "im", "G": "group"}.get(channel[0], "channel")

    def place(self, channel: str) -> Json:
        """Return a channel as clicks tell it: of a private one not its name."""
        name = {"im": "directmessage", "group": "privategroup"}.get(self.kind(channel), "general")
        return {"id": channel, "name": name}

    def waits(self, envelope: Envelope) -> list[float]:
        """Return how long each sending of a delivery went without acknowledgement.

        Until it was acknowledged, or until its connection closed: the process was gone then.
        """
        now = time.monotonic()
        return [
            max(0.0, min(envelope.acknowledged or now, self._closed.get(through, now)) - at)
            for at, through in zip(envelope.sent, envelope.through, strict=True)
        ]

    def say(
        self,
        user: str,
        text: str,
        *,
        channel: str = "C1",
        thread: str = "",
        times: int = 1,
        mentions: bool | None = None,
    ) -> str:
        """Let somebody post; its events are delivered, each *times* times. Return the ts."""
        kind = self.kind(channel)
        ts = self.next_ts()
        message: Json = {"type": "message", "user": user, "text": text, "ts": ts}
        if thread:
            message["thread_ts"] = thread
        with self._lock:
            self.messages.setdefault(channel, []).append(message)
        event = {**message, "channel": channel, "channel_type": kind}
        named = f"<@{ME}>" in text if mentions is None else mentions
        self.event(event, times=times)
        if named and kind != "im":
            self.event({**message, "type": "app_mention", "channel": channel}, times=times)
        return ts

    def edit(self, channel: str, ts: str, text: str) -> None:
        """Let the author change a post."""
        before = dict(self.message(channel, ts))
        edited = {"user": before["user"], "ts": self.next_ts()}
        with self._lock:
            self.message(channel, ts).update(text=text, edited=edited)
            now = dict(self.message(channel, ts))
        self.event(
            {
                "type": "message",
                "subtype": "message_changed",
                "channel": channel,
                "channel_type": self.kind(channel),
                "message": now,
                "previous_message": before,
                "ts": self.next_ts(),
            }
        )

    def delete(self, channel: str, ts: str) -> None:
        """Let the author delete a post; where it has replies, a tombstone stays in its place."""
        with self._lock:
            before = dict(self.message(channel, ts))
            at = self.messages[channel].index(before)
            if any(m.get("thread_ts") == ts != m["ts"] for m in self.messages[channel]):
                stone = {
                    "type": "message",
                    "subtype": "tombstone",
                    "user": "USLACKBOT",
                    "text": "This message was deleted.",
                    "hidden": True,
                    "ts": ts,
                    "thread_ts": ts,
                }
                self.messages[channel][at] = stone
            else:
                stone = {}
                del self.messages[channel][at]
        if stone:
            self.event(
                {
                    "type": "message",
                    "subtype": "message_changed",
                    "hidden": True,
                    "channel": channel,
                    "channel_type": self.kind(channel),
                    "message": stone,
                    "previous_message": before,
                    "ts": self.next_ts(),
                }
            )
            return
        self.event(
            {
                "type": "message",
                "subtype": "message_deleted",
                "channel": channel,
                "channel_type": self.kind(channel),
                "deleted_ts": ts,
                "previous_message": before,
                "ts": self.next_ts(),
            }
        )

    def command(self, user: str, text: str, *, channel: str = "C1") -> Envelope:
        """Let somebody type /tebiki."""
        ts = self.next_ts()
        return self.deliver(
            {
                "command": "/tebiki",
                "text": text,
                "user_id": user,
                "channel_id": channel,
                "team_id": TEAM,
                "trigger_id": f"trigger.{ts}",
                "response_url": f"{self.web}/hooks/{ts}",
            },
            kind="slash_commands",
        )

    def click(
        self,
        user: str,
        action: str,
        value: str,
        *,
        channel: str = "C1",
        ts: str,
        thread: str = "",
        ephemeral: bool = False,
        kind: str = "button",
    ) -> Envelope:
        """Let somebody click on a message of ours."""
        now = self.next_ts()
        box = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": ephemeral,
            **({"thread_ts": thread} if thread else {}),
        }
        return self.deliver(
            {
                "type": "block_actions",
                "user": {"id": user, "team_id": TEAM},
                "team": {"id": TEAM},
                "channel": self.place(channel),
                "container": box,
                "trigger_id": f"trigger.{now}",
                "response_url": f"{self.web}/hooks/{now}",
                "actions": [
                    {
                        "type": kind,
                        "action_id": action,
                        "block_id": "b",
                        "value": value,
                        "action_ts": now,
                    }
                ],
            },
            kind="interactive",
        )

    def shortcut(self, user: str, channel: str, ts: str) -> Envelope:
        """Let somebody choose our shortcut on a message."""
        now = self.next_ts()
        return self.deliver(
            {
                "type": "message_action",
                "callback_id": "answer_this",
                "user": {"id": user, "team_id": TEAM},
                "team": {"id": TEAM},
                "channel": self.place(channel),
                "message": dict(self.message(channel, ts)),
                "message_ts": ts,
                "trigger_id": f"trigger.{now}",
                "response_url": f"{self.web}/hooks/{now}",
            },
            kind="interactive",
        )

    def submit(self, user: str, view: Json, values: Json) -> Envelope:
        """Let somebody send a form."""
        return self.deliver(
            {
                "type": "view_submission",
                "user": {"id": user, "team_id": TEAM},
                "team": {"id": TEAM},
                "view": {**view, "id": "V1", "state": {"values": values}},
            },
            kind="interactive",
        )

    def message(self, channel: str, ts: str) -> Json:
        """Return a message that is there."""
        with self._lock:
            return next(m for m in self.messages.get(channel, ()) if m["ts"] == ts)

    def ours(self, channel: str = "C1", thread: str = "") -> list[Json]:
        """Return what Tebiki posted in a channel, or in one thread of it, in order."""
        with self._lock:
            return [
                dict(m)
                for m in self.messages.get(channel, ())
                if m.get("bot_id") == BOT
                and "files" not in m
                and (not thread or m.get("thread_ts") == thread)
            ]

    def called(self, method: str) -> list[Json]:
        """Return the arguments of the calls of a method that were carried out."""
        with self._lock:
            return [c.arguments for c in self.calls if c.method == method and c.status == 200]

    def next_ts(self) -> str:
        """Return a ts later than every other."""
        with self._lock:
            self._ts += 1
            return f"{self._ts:.6f}"

    # Deliveries.

    def event(self, event: Json, *, times: int = 1) -> list[Envelope]:
        """Deliver one event, *times* times with the same event id."""
        name = f"Ev{self.next_ts()}"
        return [self.deliver(self.wrapped(event, name)) for _ in range(times)]

    @staticmethod
    def wrapped(event: Json, name: str) -> Json:
        """Return an event as the Events API sends it."""
        return {"type": "event_callback", "event_id": name, "team_id": TEAM, "event": event}

    def deliver(self, body: Json, *, kind: str = "events_api") -> Envelope:
        """Send something over the websocket until it is acknowledged."""
        with self._lock:
            if "trigger_id" in body:
                self._triggers[body["trigger_id"]] = time.monotonic()
            name = f"env-{len(self.envelopes)}"
            envelope = Envelope(name, {"type": kind, "payload": body}, again=kind == "events_api")
            self.envelopes[name] = envelope
        self._send(envelope)
        return envelope

    def signed(
        self,
        url: str,
        body: bytes,
        *,
        kind: str = "application/json",
        secret: str = SECRET,
        at: float | None = None,
        retry: int = 0,
    ) -> tuple[int, str]:
        """Send something over HTTP with a signature, as the Events API does."""
        stamp = str(int(time.time() if at is None else at))
        said = f"v0:{stamp}:".encode() + body
        signature = "v0=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
            **({"X-Slack-Retry-Num": str(retry)} if retry else {}),
        }
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - http on loopback
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - http on loopback
            return reply.status, reply.read().decode()

    def _send(self, envelope: Envelope) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in reversed(connections):
            try:
                connection.send(json.dumps({**envelope.body, "envelope_id": envelope.id}))
            except ConnectionClosed:
                continue
            envelope.sent.append(time.monotonic())
            envelope.through.append(connection)
            return

    def _connection(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        with self._lock:
            self._connections.append(connection)
            waiting = [e for e in self.envelopes.values() if not e.acknowledged and not e.sent]
        for envelope in waiting:
            self._send(envelope)
        try:
            for said in connection:
                if not str(said).startswith("{"):
                    continue
                told = json.loads(said)
                envelope = self.envelopes[told["envelope_id"]]
                envelope.acknowledged = envelope.acknowledged or time.monotonic()
                envelope.reply = told.get("payload")
                if envelope.reply and "blocks" in envelope.reply:
                    check_message(envelope.reply)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._closed[connection] = time.monotonic()
                self._connections.remove(connection)

    def _redeliver(self) -> None:
        while not self._closing.wait(0.05):
            now = time.monotonic()
            with self._lock:
                late = [
                    e
                    for e in self.envelopes.values()
                    if not e.acknowledged
                    # one that was just made is being sent
                    and (
                        now - e.made > 1.0
                        if not e.sent
                        else (e.again and now - e.sent[-1] > self._redeliver_s)
                    )
                ]
            for envelope in late:
                self._send(envelope)

    # The Web API.

    def carry_out(
        self, method: str, arguments: Json, token: str
    ) -> tuple[int, Json, Mapping[str, str]]:
        """Do what a call says; return status, body and headers."""
        rest = self._until.get(method, 0.0) - time.monotonic()
        if rest > 0:  # a limit holds until its time is over
            with self._lock:
                self.limited.append(Call(method, arguments, 429, time.monotonic()))
            told = {"ok": False, "error": "ratelimited"}
            return 429, told, {"Retry-After": str(math.ceil(rest))}
        fault = self.fault(method, arguments)
        status: int = 200
        headers: dict[str, str] = {}
        body: Json = {"ok": True}
        if fault is None or fault.after:
            try:
                with self._lock:
                    body.update(self._do(method, arguments, token))
            except Refused as problem:
                body = {"ok": False, "error": str(problem)}
        if fault is not None:
            status = fault.status
            body = {"ok": False, "error": fault.error or "internal_error"}
            if status == 429:
                body["error"] = "ratelimited"
                self._until[method] = time.monotonic() + fault.retry_after
                headers["Retry-After"] = str(fault.retry_after)
        with self._lock:
            self.calls.append(Call(method, arguments, status, time.monotonic()))
        return status, body, headers

    def _do(self, method: str, given: Json, token: str) -> Json:
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            raise Refused("invalid_auth")
        channel = str(given.get("channel") or given.get("channel_id") or "")
        kind = {"im": "im", "group": "groups"}.get(self.kind(channel or "C"), "channels")
        scope = SCOPES.get(method, "").format(kind)
        if scope and scope not in self.scopes.split(","):
            raise Refused("missing_scope")
        if channel in self.outside and method != "conversations.info":
            raise Refused("not_in_channel")
        if method in self.unready:
            raise Refused("missing_scope")
        name = "_" + method.replace(".", "_").lower()
        handler = getattr(self, name, None)
        if handler is None:
            raise Refused("unknown_method")
        done: Json = handler(given)
        return done

    def _auth_test(self, given: Json) -> Json:
        return {"user_id": ME, "bot_id": BOT, "team_id": TEAM, "user": "tebiki", "team": "町役場"}

    def _apps_connections_open(self, given: Json) -> Json:
        self.opened += 1
        return {"url": f"{self.socket}/link?ticket={self.opened}"}

    def _chat_postmessage(self, given: Json) -> Json:
        _need(given, "channel")
        check_message(given)
        ts = self.next_ts()
        kept: Json = {
            "type": "message",
            "user": ME,
            "bot_id": BOT,
            "ts": ts,
            **{k: given[k] for k in ("text", "blocks", "metadata", "thread_ts") if k in given},
        }
        self.messages.setdefault(given["channel"], []).append(kept)
        return {"ts": ts, "channel": given["channel"]}

    def _chat_postephemeral(self, given: Json) -> Json:
        _need(given, "channel", "user")
        check_message(given)
        self.ephemeral.append(given)
        return {"message_ts": self.next_ts()}

    def _chat_update(self, given: Json) -> Json:
        _need(given, "channel", "ts")
        check_message(given)
        message = self._mine(given)
        if self._streams.get(given["ts"]) == "open":
            raise Refused("streaming_state_conflict")
        message.update({k: given[k] for k in ("text", "blocks", "metadata") if k in given})
        return {"ts": given["ts"]}

    def _chat_delete(self, given: Json) -> Json:
        _need(given, "channel", "ts")
        gone = self._mine(given)
        self.messages[given["channel"]].remove(gone)
        return {}

    def _mine(self, given: Json) -> Json:
        for message in self.messages.get(given["channel"], ()):
            if message["ts"] == given["ts"]:
                if message.get("bot_id") != BOT:
                    raise Refused("cant_update_message")
                return message
        raise Refused("message_not_found")

    def _conversations_replies(self, given: Json) -> Json:
        _need(given, "channel", "ts")
        found = [
            m
            for m in self.messages.get(given["channel"], ())
            if given["ts"] in {m["ts"], m.get("thread_ts")}
        ]
        if not found:
            raise Refused("thread_not_found")
        return self._page(found, given)

    def _conversations_history(self, given: Json) -> Json:
        _need(given, "channel")
        found = [m for m in self.messages.get(given["channel"], ()) if not m.get("thread_ts")]
        return self._page(found[::-1], given)

    def _conversations_info(self, given: Json) -> Json:
        _need(given, "channel")
        kind = self.kind(given["channel"])
        return {
            "channel": {
                "id": given["channel"],
                "is_channel": kind == "channel",
                "is_private": kind == "group",
                "is_im": kind == "im",
            }
        }

    @staticmethod
    def _page(found: list[Json], given: Json) -> Json:
        """Return one page of two messages, so that whoever reads a thread must page."""
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or 1e12)
        found = [m for m in found if oldest <= float(m["ts"]) <= latest]
        at = int(given.get("cursor") or 0)
        metadata = str(given.get("include_all_metadata", "")).lower() in {"true", "1"}
        shown = [
            {k: v for k, v in m.items() if metadata or k != "metadata"} for m in found[at : at + 2]
        ]
        more = str(at + 2) if at + 2 < len(found) else ""
        return {"messages": shown, "response_metadata": {"next_cursor": more}}

    def _conversations_open(self, given: Json) -> Json:
        _need(given, "users")
        return {"channel": {"id": f"D{given['users']}"}}

    def _users_conversations(self, given: Json) -> Json:
        at = int(given.get("cursor") or 0)
        shown = self.channels[at : at + int(given.get("limit") or 100)]
        more = str(at + len(shown)) if at + len(shown) < len(self.channels) else ""
        return {"channels": shown, "response_metadata": {"next_cursor": more}}

    def _usergroups_users_list(self, given: Json) -> Json:
        _need(given, "usergroup")
        if given["usergroup"] not in self.usergroups:
            raise Refused("no_such_subteam")
        return {"users": self.usergroups[given["usergroup"]]}

    def _users_info(self, given: Json) -> Json:
        _need(given, "user")
        return {"user": {"id": given["user"], "locale": self.locales.get(given["user"], "ja-JP")}}

    def _views_open(self, given: Json) -> Json:
        _need(given, "trigger_id", "view")
        begun = self._triggers.pop(given["trigger_id"], None)
        if begun is None:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() - begun > TRIGGER_S:
            raise Refused("expired_trigger_id")
        check_view(given["view"])
        self.views.append(given["view"])
        return {"view": {**given["view"], "id": f"V{len(self.views) - 1}"}}

    def _views_update(self, given: Json) -> Json:
        _need(given, "view_id", "view")
        check_view(given["view"])
        self.views[int(given["view_id"][1:])] = given["view"]
        return {}

    def _views_publish(self, given: Json) -> Json:
        _need(given, "user_id", "view")
        check_view(given["view"])
        self.homes[given["user_id"]] = given["view"]
        return {}

    def _assistant_threads_setstatus(self, given: Json) -> Json:
        _need(given, "channel_id", "thread_ts", "status")
        said = given.get("loading_messages") or []
        if len(said) > 10 or not all(said):
            raise Refused("invalid_arguments")
        self.statuses.append(given)
        return {}

    def _assistant_threads_setsuggestedprompts(self, given: Json) -> Json:
        _need(given, "channel_id", "prompts")
        if not 1 <= len(given["prompts"]) <= 4:
            raise Refused("invalid_arguments")
        for prompt in given["prompts"]:
            if not 1 <= len(prompt["title"]) <= 75 or not 1 <= len(prompt["message"]) <= 2_000:
                raise Refused("invalid_arguments")
        self.prompts.append(given)
        return {}

    def _chat_startstream(self, given: Json) -> Json:
        _need(given, "channel", "thread_ts")
        if not given["channel"].startswith("D"):
            _need(given, "recipient_team_id", "recipient_user_id")
        ts = self.next_ts()
        text = given.get("markdown_text") or _chunked(given)
        self.messages.setdefault(given["channel"], []).append(
            {
                "type": "message",
                "user": ME,
                "bot_id": BOT,
                "ts": ts,
                "thread_ts": given["thread_ts"],
                "text": text,
            }
        )
        self._streams[ts] = "open"
        return {"ts": ts}

    def _chat_appendstream(self, given: Json) -> Json:
        _need(given, "channel", "ts")
        if self._streams.get(given["ts"]) != "open":
            raise Refused("message_not_in_streaming_state")
        message = self._mine(given)
        message["text"] += given.get("markdown_text") or _chunked(given)
        if len(message["text"]) > 12_000:
            raise Refused("msg_too_long")
        return {}

    def _chat_stopstream(self, given: Json) -> Json:
        _need(given, "channel", "ts")
        if self._streams.get(given["ts"]) != "open":
            raise Refused("message_not_in_streaming_state")
        self._streams[given["ts"]] = "stopped"
        message = self._mine(given)
        message["text"] += given.get("markdown_text") or _chunked(given)
        message.update({k: given[k] for k in ("metadata",) if k in given})
        return {}

    def end_streams(self) -> None:
        """End every stream, as Slack does after some minutes."""
        self._streams = dict.fromkeys(self._streams, "ended")

    def _files_getuploadurlexternal(self, given: Json) -> Json:
        _need(given, "filename", "length")
        name = f"F{self.next_ts()}"
        self._uploads[name] = b""
        return {"file_id": name, "upload_url": f"{self.web}/upload/{name}"}

    def _files_completeuploadexternal(self, given: Json) -> Json:
        _need(given, "files")
        files = given["files"]
        files = json.loads(files) if isinstance(files, str) else files
        if any(each["id"] not in self._uploads for each in files):
            raise Refused("file_not_found")
        for each in files:
            data = self._uploads[each["id"]]  # the same again is shown again
            self.files.append({**given, "title": each.get("title"), "data": data})
        shared = {
            "type": "message",
            "subtype": "file_share",
            "user": ME,
            "bot_id": BOT,
            "ts": self.next_ts(),
            "files": [{"id": each["id"]} for each in files],
            **({"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {}),
        }
        self.messages.setdefault(given["channel_id"], []).append(shared)
        return {"files": []}

    def upload(self, name: str, data: bytes) -> None:
        """Keep the bytes of a file."""
        self._uploads[name] = data

    def hooked(self, address: str, body: Json) -> None:
        """Take a message through a response_url."""
        check_message(body)
        self.responses.append({**body, "address": address})


def _chunked(given: Json) -> str:
    chunks = given.get("chunks") or []
    chunks = json.loads(chunks) if isinstance(chunks, str) else chunks
    return "".join(chunk.get("text", "") for chunk in chunks)


def _need(given: Json, *names: str) -> None:
    for name in names:
        if not given.get(name):
            raise Refused(f"missing_argument_{name}")


# Block Kit, as far as Tebiki uses it. https://docs.slack.dev/reference/block-kit

_LIMITS = {"button": (75, 2_000), "option": (75, 150)}


def check_message(given: Json) -> None:
    """Refuse a message that Slack would refuse."""
    blocks = given.get("blocks") or []
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    if not given.get("text") and not blocks:
        raise Refused("no_text")
    if len(given.get("text", "")) > 40_000:
        raise Refused("msg_too_long")
    check_blocks(blocks, most=50, surface="message")
    about = given.get("metadata")
    if about is not None and not (about["event_type"] and isinstance(about["event_payload"], dict)):
        raise Refused("invalid_metadata_format")


def check_view(view: Json) -> None:
    """Refuse a modal or home tab that Slack would refuse."""
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            _text(view[name], 24)
        _holds(len(view.get("private_metadata", "")) <= 3_000, "private_metadata")
    check_blocks(view["blocks"], most=100, surface=view["type"])
    _holds(len(json.dumps(view)) <= 250_000, "view")


_MESSAGES_ONLY = {"markdown", "context_actions", "table", "task_card", "plan"}


def check_blocks(blocks: list[Json], *, most: int, surface: str = "message") -> None:
    """Refuse blocks that Slack would refuse on a *surface*: a message, a modal or a home.

    Raises:
        Refused: invalid_blocks, with what is wrong.
    """
    _holds(len(blocks) <= most, f"{len(blocks)} blocks")
    markdown = sum(len(b["text"]) for b in blocks if b["type"] == "markdown")
    _holds(markdown <= 12_000, f"{markdown} characters of markdown")
    for block in blocks:
        _holds(block["type"] in _BLOCKS, block["type"])
        only = block["type"] in _MESSAGES_ONLY and surface != "message"
        _holds(not only, f"{block['type']} in a {surface}")
        _BLOCKS[block["type"]](block)


def _holds(right: object, what: str) -> None:
    if not right:
        raise Refused(f"invalid_blocks: {what}")


def _text(text: Json, most: int) -> None:
    _holds(text["type"] in {"plain_text", "mrkdwn"}, "text type")
    _holds(1 <= len(text["text"]) <= most, f"text of {len(text['text'])}")


def _options(options: list[Json]) -> None:
    _holds(1 <= len(options) <= 100, f"{len(options)} options")
    for option in options:
        _text(option["text"], _LIMITS["option"][0])
        _holds(1 <= len(option["value"]) <= _LIMITS["option"][1], "option value")
    _holds(len({option["value"] for option in options}) == len(options), "options alike")


def _button(element: Json) -> None:
    _text(element["text"], _LIMITS["button"][0])
    _holds(len(element.get("value", "")) <= _LIMITS["button"][1], "button value")
    _holds(1 <= len(element["action_id"]) <= 255, "action_id")


def _actions(block: Json) -> None:
    _holds(1 <= len(block["elements"]) <= 25, "elements")
    for element in block["elements"]:
        if element["type"] == "static_select":
            _text(element["placeholder"], 150)
            _options(element["options"])
        else:
            _holds(element["type"] == "button", element["type"])
            _button(element)
    names = [element["action_id"] for element in block["elements"]]
    _holds(len(set(names)) == len(names), "action ids alike")


def _context(block: Json) -> None:
    _holds(1 <= len(block["elements"]) <= 10, "elements")
    for element in block["elements"]:
        _text(element, 2_000)


def _context_actions(block: Json) -> None:
    _holds(1 <= len(block["elements"]) <= 5, "elements")
    for element in block["elements"]:
        _holds(element["type"] == "feedback_buttons", element["type"])
        for side in ("positive_button", "negative_button"):
            _text(element[side]["text"], 75)
            _holds(len(element[side]["value"]) <= 2_000, "value")


def _input(block: Json) -> None:
    _text(block["label"], 2_000)
    if "hint" in block:
        _text(block["hint"], 2_000)
    element = block["element"]
    kind = element["type"]
    _holds(kind in {"plain_text_input", "radio_buttons", "multi_static_select"}, kind)
    if kind == "plain_text_input":
        _holds(element.get("max_length", 3_000) <= 3_000, "max_length")
        return
    groups = element.get("option_groups")
    if groups is not None:
        _holds(kind == "multi_static_select" and 1 <= len(groups) <= 100, "option groups")
        _holds("options" not in element, "options beside groups")
        for group in groups:
            _text(group["label"], 75)
            _options(group["options"])
    options = [option for group in groups or [element] for option in group["options"]]
    if groups is None:
        _options(options)
    _holds(kind != "radio_buttons" or len(options) <= 10, "radio buttons")
    first = element.get("initial_options") or [element.get("initial_option")]
    _holds(all(option is None or option in options for option in first), "initial")
    _holds(element.get("initial_options") != [], "initial_options is empty")


def _rich_text(block: Json) -> None:
    _holds(block["elements"], "rich text without elements")
    for element in block["elements"]:
        kind = element["type"]
        _holds(kind in {"rich_text_section", "rich_text_list"}, kind)
        sections = element["elements"] if kind == "rich_text_list" else [element]
        _holds(kind != "rich_text_list" or element["style"] in {"bullet", "ordered"}, "style")
        for section in sections:
            _holds(section["type"] == "rich_text_section", section["type"])
            for run in section["elements"]:
                _holds(run["type"] == "text" and run["text"], "rich text run")


_BLOCKS: dict[str, Callable[[Json], None]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "divider": lambda _block: None,
    "header": lambda block: _text(block["text"], 150),
    "input": _input,
    "markdown": lambda block: _holds(1 <= len(block["text"]) <= 12_000, "markdown"),
    "rich_text": _rich_text,
    "section": lambda block: _text(block["text"], 3_000),
}


class _Handler(BaseHTTPRequestHandler):
    slack: FakeSlack

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlparse(self.path).path
        if path.startswith("/upload/"):
            self.slack.upload(path.rsplit("/", 1)[1], data)
            self._reply(200, b"OK", {})
            return
        if path.startswith("/hooks/"):
            self._hook(path, data)
            return
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            arguments = json.loads(data or b"{}")
        else:
            arguments = {k: v[0] for k, v in parse_qs(data.decode()).items()}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        method = path.removeprefix("/api/")
        status, body, headers = self.slack.carry_out(method, arguments, token)
        if self.slack.scopes:
            headers = {**headers, "X-OAuth-Scopes": self.slack.scopes}
        self._reply(status, json.dumps(body).encode(), headers)

    def _hook(self, path: str, data: bytes) -> None:
        body = json.loads(data)
        fault = self.slack.fault("response_url", body)
        if fault is not None:
            self._reply(fault.status, b"no", {"Retry-After": str(fault.retry_after)})
            return
        try:
            self.slack.hooked(path, body)
        except Refused as problem:
            self._reply(400, str(problem).encode(), {})
            return
        self._reply(200, b"ok", {})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
