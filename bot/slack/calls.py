"""Slack's Web API, called so that a message is posted once and a limit is honoured."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.blocks import Rendered

log = logging.getLogger(__name__)

EVENT = "tebiki_answer"
"""The type of our messages' metadata; its payload names the question that is answered."""

TRIES = 6
PATIENCE_S = 30.0
"""How long a thread waits for Slack; what Slack wants later than that goes back to the desk."""

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


class Calls:
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
        self._lock = threading.Lock()

    def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that may safely be called twice, patiently.

        Raises:
            SlackRefused: for good.
            SlackBusy: for the moment.
        """
        for attempt in range(TRIES):
            try:
                return self.once(method, arguments)
            except SlackBusy as problem:
                if attempt == TRIES - 1 or problem.delay_s > PATIENCE_S:
                    raise
                self._sleep(problem.delay_s)
        raise AssertionError  # the last attempt returned or raised

    def once(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method once. After `SlackBusy` nobody knows whether it was done.

        Raises:
            SlackRefused: for good.
            SlackBusy: for the moment.
        """
        self._wait_for(method)
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            reply = self.client.api_call(method, json=given)
        except SlackApiError as problem:
            raise self._told(method, problem) from problem
        except (SlackClientError, URLError, HTTPException, OSError, ValueError) as problem:
            raise SlackBusy(method, type(problem).__name__, 1.0) from problem
        return dict(reply.data) if isinstance(reply.data, dict) else {}

    def form(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that reads no JSON (those that only read), patiently."""
        for attempt in range(TRIES):
            self._wait_for(method)
            try:
                reply = self.client.api_call(method, params=dict(arguments))
                return dict(reply.data) if isinstance(reply.data, dict) else {}
            except SlackApiError as problem:
                told = self._told(method, problem)
                if isinstance(told, SlackRefused):
                    raise told from problem
                busy = told
            except (SlackClientError, URLError, HTTPException, OSError, ValueError) as problem:
                busy = SlackBusy(method, type(problem).__name__, 1.0)
            if attempt == TRIES - 1 or busy.delay_s > PATIENCE_S:
                raise busy
            self._sleep(busy.delay_s)
        raise AssertionError  # the last attempt returned or raised

    def post(
        self,
        rendered: Rendered,
        *,
        channel: str,
        thread: str,
        key: str,
        answer: str,
        since: str,
        still: Callable[[], bool],
    ) -> str:
        """Post a message that answers question *key*, once; return its ts.

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
            "blocks": list(rendered.blocks),
            "metadata": metadata(key, answer),
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
                found = self.posted(channel=channel, thread=thread, key=key, since=since)
                if found:
                    return found
        raise AssertionError  # the last attempt returned or raised

    def posted(self, *, channel: str, thread: str, key: str, since: str) -> str:
        """Return the ts of the message that answers question *key*, "" when there is none.

        Raises:
            SlackBusy: the thread cannot be read now.
        """
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
                log.warning("cannot look for an earlier answer: %s", problem)
                return ""
            for each in page.get("messages", ()):
                about = each.get("metadata") or {}
                told = about.get("event_payload") or {}
                if about.get("event_type") == EVENT and told.get("question") == key:
                    return str(each["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return ""
            arguments["cursor"] = cursor

    def update(self, rendered: Rendered, *, channel: str, ts: str, key: str, answer: str) -> None:
        """Replace a message of ours.

        Raises:
            SlackRefused: it is gone, say (``message_not_found``).
            SlackBusy: not now.
        """
        self.call(
            "chat.update",
            {
                "channel": channel,
                "ts": ts,
                "text": rendered.text,
                "blocks": list(rendered.blocks),
                "metadata": metadata(key, answer),
            },
        )

    def upload(
        self, png: bytes, *, channel: str, thread: str | None, filename: str, title: str
    ) -> None:
        """Upload a picture into a thread.

        Raises:
            SlackRefused, SlackBusy: it was not uploaded.
        """
        method = "files.completeUploadExternal"
        for attempt in range(TRIES):
            try:
                self.client.files_upload_v2(
                    channel=channel,
                    thread_ts=thread,
                    filename=filename,
                    title=title,
                    alt_txt=title,
                    content=png,
                )
            except SlackApiError as problem:
                told = self._told(method, problem)
                if isinstance(told, SlackRefused):
                    raise told from problem
                busy = told
            except (SlackClientError, URLError, HTTPException, OSError, ValueError) as problem:
                busy = SlackBusy(method, type(problem).__name__, 1.0)
            else:
                return
            if attempt == TRIES - 1 or busy.delay_s > PATIENCE_S:
                raise busy
            self._sleep(busy.delay_s)

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
                    blocks=list(rendered.blocks),
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


def metadata(key: str, answer: str) -> dict[str, Any]:
    """Return the metadata that says which question a message answers."""
    return {"event_type": EVENT, "event_payload": {"question": key, "answer": answer}}


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
