"""Slack's Web API, called so that a message is posted once and a limit is honoured."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from itertools import islice
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.blocks import Rendered

log = logging.getLogger(__name__)

Made = TypeVar("Made")

EVENT = "tebiki_answer"
"""The type of our messages' metadata; its payload names the question that is answered."""

PUBLIC_S = 60.0
"""How long a channel is known as public or private; its owner may change it."""

TRIES = 6
PATIENCE_S = 30.0
"""How long a thread waits for Slack; what Slack wants later than that goes back to the queue."""

_PASSING = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
}


class SlackRefused(Exception):
    """Slack will not do this, now or later; *code* is its error."""

    def __init__(self, method: str, code: str) -> None:
        """Say which method, and Slack's word for why."""
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class SlackBusy(Exception):
    """Slack could not do this now; it may be tried again after *delay_s* seconds."""

    def __init__(self, method: str, reason: str, delay_s: float) -> None:
        """Say which method, why, and how long to wait."""
        super().__init__(f"{method}: {reason}")
        self.method = method
        self.delay_s = delay_s


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in a workspace: our user, our bot, the team, and the name people see."""

    user: str
    bot: str
    team: str
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a message of ours says about itself, for whoever reads the thread after a fault.

    *question* is the key of the question that is answered, *answer* the answer's id, *event* the
    id of the event that brought the question.
    """

    question: str
    answer: str = ""
    event: str = ""

    def metadata(self) -> dict[str, Any]:
        """Return it as Slack keeps it beside a message."""
        payload = {"question": self.question, "answer": self.answer, "event": self.event}
        return {"event_type": EVENT, "event_payload": payload}


class WebApi:
    """The methods that Tebiki uses; shared by threads.

    When Slack says 429, every thread leaves that method alone until Retry-After has passed.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        timeout_s: int = 15,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call *api_url* with a bot token (``xoxb-``)."""
        # No retries of the SDK's own: after a lost reply it would post a message again.
        self.client = WebClient(token, base_url=api_url, timeout=timeout_s, retry_handlers=[])
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._until: dict[str, float] = {}
        self._public: dict[str, tuple[float, bool]] = {}
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._asking = threading.Lock()
        self._introduced = threading.Event()

    def identity(self) -> Identity:
        """Return who we are; asked once.

        Raises:
            SlackRefused: the token is wrong.
            SlackBusy: Slack cannot be reached.
        """
        with self._asking:
            if self._identity is None:
                told = self.call("auth.test", {})
                self._identity = Identity(
                    told["user_id"], told.get("bot_id", ""), told["team_id"], told["user"]
                )
                self._introduced.set()
            return self._identity

    def known(self, *, within_s: float) -> Identity:
        """Return who we are, as soon as another thread has asked.

        Raises:
            SlackBusy: it is not known after *within_s* seconds.
        """
        if not self._introduced.wait(within_s) or self._identity is None:
            raise SlackBusy("auth.test", "not answered yet", 1.0)
        return self._identity

    def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that may safely be called twice, patiently.

        Raises:
            SlackRefused: for good.
            SlackBusy: for the moment.
        """
        return self._patiently(lambda: self.once(method, arguments))

    def form(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that reads no JSON (those that only read), patiently; raises as `call`."""
        return self._patiently(lambda: self._once(method, params=dict(arguments)))

    def once(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method once. After `SlackBusy` nobody knows whether it was done.

        Raises:
            SlackRefused: for good.
            SlackBusy: for the moment.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        return self._once(method, json=given)

    def rests(self, method: str) -> bool:
        """Whether Slack wants a method to be left alone for now."""
        with self._lock:
            return self._until.get(method, 0.0) > time.monotonic()

    def _once(self, method: str, **given: dict[str, Any]) -> dict[str, Any]:
        self._wait_for(method)
        try:
            reply = self.client.api_call(method, **given)  # type: ignore[arg-type]
        except SlackApiError as problem:
            raise self._told(method, problem) from problem
        except (SlackClientError, URLError, HTTPException, OSError, ValueError) as problem:
            raise SlackBusy(method, type(problem).__name__, 1.0) from problem
        return dict(reply.data) if isinstance(reply.data, dict) else {}

    def _patiently(self, do: Callable[[], Made]) -> Made:
        """Do what may safely be done twice until it is done, as long as patience lasts."""
        for attempt in range(TRIES):
            try:
                return do()
            except SlackBusy as problem:
                if attempt == TRIES - 1 or problem.delay_s > PATIENCE_S:
                    raise
                self._sleep(problem.delay_s)
        raise AssertionError  # the last attempt returned or raised

    def post(
        self,
        rendered: Rendered,
        *,
        channel: str,
        thread: str,
        mark: Mark,
        since: str,
        still: Callable[[], bool],
    ) -> str:
        """Post a message that answers a question, once; return its ts.

        When Slack's reply is lost or says that something broke, the thread is read before
        anything is posted again: the message may be there. Before each try *still* is asked
        whether it is ours to post; "" is returned when it no longer is.

        Raises:
            SlackRefused, SlackBusy: it was not posted, or nobody knows (then `posted` tells).
        """
        arguments = {
            "channel": channel,
            "thread_ts": thread or None,
            "text": rendered.text,
            "blocks": list(rendered.blocks) or None,
            "metadata": mark.metadata(),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        for attempt in range(TRIES):
            self._wait_for("chat.postMessage")
            if not still():
                return ""
            try:
                return str(self.once("chat.postMessage", arguments)["ts"])
            except SlackBusy as problem:
                if attempt == TRIES - 1 or problem.delay_s > PATIENCE_S:
                    raise
                self._sleep(problem.delay_s)
                found = self.posted(channel=channel, thread=thread, key=mark.question, since=since)
                if found:
                    return found
        raise AssertionError  # the last attempt returned or raised

    def posted(
        self,
        *,
        channel: str,
        thread: str,
        key: str,
        since: str,
        adopt: Callable[[str], bool] = lambda _: False,
    ) -> str:
        """Return the ts of the message that answers question *key*, "" when there is none.

        A message that is being streamed says nowhere what it answers. Where none is marked with
        the question, *adopt* is offered those of ours without a mark, until it takes one.

        Raises:
            SlackRefused: the thread may not be read, so that nobody knows.
            SlackBusy: the thread cannot be read now.
        """
        unmarked: list[str] = []
        for each in self._messages(channel, thread, since):
            about = each.get("metadata") or {}
            told = about.get("event_payload") or {}
            if about.get("event_type") == EVENT and told.get("question") == key:
                return str(each["ts"])
            if not about and self._is_ours(each):
                unmarked.append(str(each["ts"]))
        return next((ts for ts in unmarked if adopt(ts)), "")

    def _is_ours(self, message: Mapping[str, Any]) -> bool:
        """Whether we said this; what we upload is no answer."""
        me = self.identity()
        ours = message.get("user") == me.user or (me.bot and message.get("bot_id") == me.bot)
        return bool(ours) and not message.get("files")

    def _messages(self, channel: str, thread: str, since: str) -> Iterator[Mapping[str, Any]]:
        """Yield what was said in a thread since then, or in a channel; none where it is gone."""
        method = "conversations.replies" if thread else "conversations.history"
        arguments: dict[str, Any] = {
            "channel": channel,
            "oldest": since,
            "limit": 200,
            "include_all_metadata": "true",
            **({"ts": thread} if thread else {}),
        }
        while True:
            try:
                page = self.form(method, arguments)
            except SlackRefused as problem:
                if problem.code in {"thread_not_found", "message_not_found"}:
                    return
                raise
            yield from page.get("messages", ())
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments["cursor"] = cursor

    def update(self, rendered: Rendered, *, channel: str, ts: str, mark: Mark) -> None:
        """Replace a message of ours; one that is still being streamed is ended first.

        Raises:
            SlackRefused: it is gone, say (``message_not_found``).
            SlackBusy: not now.
        """
        arguments = {
            "channel": channel,
            "ts": ts,
            "text": rendered.text,
            "blocks": list(rendered.blocks),
            "metadata": mark.metadata(),
        }

        def try_it() -> None:
            try:
                self.once("chat.update", arguments)
            except SlackRefused as problem:
                if problem.code != "streaming_state_conflict":
                    raise
                self.stop(channel=channel, ts=ts, mark=mark)
                raise SlackBusy("chat.update", problem.code, 1.0) from problem

        self._patiently(try_it)

    # Streams.

    def begin(
        self, text: str, *, channel: str, thread: str, user: str, look: Callable[[], str]
    ) -> str:
        """Begin a message that grows while it is written; return its ts.

        When Slack's reply is lost, *look* is asked for the message that may be there.

        Raises:
            SlackRefused, SlackBusy: it was not begun.
        """
        arguments = {
            "channel": channel,
            "thread_ts": thread,
            "recipient_team_id": self.identity().team,
            "recipient_user_id": user or None,
            "markdown_text": text,
        }

        def try_it() -> str:
            try:
                return str(self.once("chat.startStream", arguments)["ts"])
            except SlackBusy:
                found = look()
                if found:
                    return found
                raise

        return self._patiently(try_it)

    def stop(self, *, channel: str, ts: str, mark: Mark) -> None:
        """End a message that grows; one that Slack has ended is none.

        Raises:
            SlackRefused, SlackBusy: it may still be open.
        """
        try:
            self.call(
                "chat.stopStream", {"channel": channel, "ts": ts, "metadata": mark.metadata()}
            )
        except SlackRefused as problem:
            if problem.code != "message_not_in_streaming_state":
                raise

    # Files, and what only one person sees.

    def upload(
        self, png: bytes, *, channel: str, thread: str | None, filename: str, title: str
    ) -> None:
        """Upload a picture into a thread, once.

        Raises:
            SlackRefused, SlackBusy: it was not uploaded.
        """
        given = self.form(
            "files.getUploadURLExternal",
            {"filename": filename, "length": len(png), "alt_txt": title[:1_000]},
        )
        self._patiently(lambda: self._send(str(given["upload_url"]), png))
        name = str(given["file_id"])
        arguments = {
            "files": [{"id": name, "title": title}],
            "channel_id": channel,
            "thread_ts": thread,
        }
        for attempt in range(TRIES):
            try:
                self.once("files.completeUploadExternal", arguments)
            except SlackBusy as problem:
                if attempt == TRIES - 1 or problem.delay_s > PATIENCE_S:
                    raise
                self._sleep(problem.delay_s)
                if self._shows(name, channel, thread or ""):
                    return
            else:
                return

    def _send(self, address: str, data: bytes) -> None:
        """Send a file's bytes to the address that Slack gave for them."""
        request = Request(address, data, {"Content-Type": "application/octet-stream"})  # noqa: S310 - Slack's own address
        try:
            with urlopen(request, timeout=self._timeout_s):  # noqa: S310 - Slack's own address
                return
        except HTTPError as problem:
            if problem.code < 500:  # noqa: PLR2004 - HTTP
                raise SlackRefused("upload", str(problem.code)) from problem
            raise SlackBusy("upload", str(problem.code), 1.0) from problem
        except (URLError, HTTPException, OSError) as problem:
            raise SlackBusy("upload", type(problem).__name__, 1.0) from problem

    def _shows(self, file: str, channel: str, thread: str) -> bool:
        """Whether a file is among what was said in a thread, or lately in a channel."""
        try:
            said = islice(self._messages(channel, thread, "0"), 1_000)
            return any(each["id"] == file for one in said for each in one.get("files") or ())
        except SlackRefused:
            return False

    def is_public(self, channel: str) -> bool:
        """Whether everybody of the workspace may read a channel; False where Slack does not say."""
        now = time.monotonic()
        with self._lock:
            until, public = self._public.get(channel, (0.0, False))
        if now < until:
            return public
        try:
            told = self.form("conversations.info", {"channel": channel}).get("channel", {})
        except (SlackBusy, SlackRefused) as problem:
            log.warning("channel taken for a private one: %s", problem)
            return False
        kinds = ("is_private", "is_im", "is_mpim")
        public = bool(told.get("is_channel")) and not any(told.get(kind) for kind in kinds)
        with self._lock:
            self._public[channel] = (now + PUBLIC_S, public)
        return public

    def respond(self, address: str, rendered: Rendered, *, replace: bool = False) -> None:
        """Answer through the address that came with a command or a click; for its user alone.

        Raises:
            SlackRefused: the address was used up or is older than half an hour.
            SlackBusy: not now.
        """
        hook = WebhookClient(address, timeout=self._timeout_s, retry_handlers=[])
        for attempt in range(TRIES):
            delay, reason = 1.0, ""
            try:
                reply = hook.send(
                    text=rendered.text,
                    blocks=list(rendered.blocks) or None,
                    response_type="ephemeral",
                    replace_original=replace,
                )
            except (URLError, HTTPException, OSError) as problem:
                reason = type(problem).__name__
            else:
                if reply.status_code == 200:  # noqa: PLR2004 - HTTP
                    return
                reason = str(reply.status_code)
                if reply.status_code == 429:  # noqa: PLR2004 - HTTP
                    delay = _retry_after(reply.headers)
                elif reply.status_code < 500:  # noqa: PLR2004 - HTTP
                    raise SlackRefused("response_url", reply.body[:80])
            if attempt == TRIES - 1 or delay > PATIENCE_S:
                raise SlackBusy("response_url", reason, delay)
            self._sleep(delay)

    def _told(self, method: str, problem: SlackApiError) -> SlackRefused | SlackBusy:
        """Return Slack's refusal as ours; after a 429 the method is left alone for a while."""
        reply = problem.response
        status = getattr(reply, "status_code", 0)
        code = _code(reply)
        if status == 429 or code in {"ratelimited", "rate_limited"}:  # noqa: PLR2004 - HTTP
            delay = _retry_after(getattr(reply, "headers", {}))
            with self._lock:
                self._until[method] = time.monotonic() + delay
            return SlackBusy(method, "ratelimited", delay)
        if status >= 500 or code in _PASSING:  # noqa: PLR2004 - HTTP
            return SlackBusy(method, code or str(status), 1.0)
        return SlackRefused(method, code or str(status))

    def _wait_for(self, method: str) -> None:
        with self._lock:
            delay = self._until.get(method, 0.0) - time.monotonic()
        if delay > PATIENCE_S:
            raise SlackBusy(method, "ratelimited", delay)
        if delay > 0:
            self._sleep(delay)


def _code(reply: object) -> str:
    data = getattr(reply, "data", None)
    if isinstance(data, (bytes, str)):
        try:
            data = json.loads(data)
        except ValueError:
            return ""
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _retry_after(headers: Mapping[str, Any]) -> float:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            first = value[0] if isinstance(value, list) else value
            try:
                return max(0.1, float(first))
            except ValueError:
                break
    return 1.0
