"""Slack's Web API, called so that its limits are honoured and its errors are two: never, and not now."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.blocks import Rendered

log = logging.getLogger(__name__)

Made = TypeVar("Made")

PUBLIC_S = 60.0
"""How long a channel is known as public or private; its owner may change it."""

TRIES = 6
PATIENCE_S = 30.0
"""How long a thread waits for Slack; what Slack wants later than that goes back to the queue."""

OUTSIDE = {"not_in_channel", "channel_not_found"}
"""What Slack says where we are no member."""

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
        return self.patiently(lambda: self.once(method, arguments))

    def form(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method that reads no JSON (those that only read), patiently; raises as `call`."""
        return self.patiently(lambda: self._once(method, params=dict(arguments)))

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
        self.wait_for(method)
        try:
            reply = self.client.api_call(method, **given)  # type: ignore[arg-type]
        except SlackApiError as problem:
            raise self._told(method, problem) from problem
        except (SlackClientError, URLError, HTTPException, OSError, ValueError) as problem:
            raise SlackBusy(method, type(problem).__name__, 1.0) from problem
        return dict(reply.data) if isinstance(reply.data, dict) else {}

    def patiently(
        self, do: Callable[[], Made], *, done: Callable[[], Made | None] = lambda: None
    ) -> Made:
        """Do something until it is done, as long as patience lasts.

        What may not be done twice comes with *done*: asked after each fault, it returns what *do*
        would have returned, or None when it was not done.
        """
        for attempt in range(TRIES):
            try:
                return do()
            except SlackBusy as problem:
                if attempt == TRIES - 1 or problem.delay_s > PATIENCE_S:
                    raise
                self._sleep(problem.delay_s)
                made = done()
                if made is not None:
                    return made
        raise AssertionError  # the last attempt returned or raised

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

        def once() -> None:
            try:
                reply = hook.send(
                    text=rendered.text,
                    blocks=list(rendered.blocks) or None,
                    response_type="ephemeral",
                    replace_original=replace,
                )
            except (URLError, HTTPException, OSError) as problem:
                raise SlackBusy("response_url", type(problem).__name__, 1.0) from problem
            if reply.status_code == 429:  # noqa: PLR2004 - HTTP
                raise SlackBusy("response_url", "429", _retry_after(reply.headers))
            if reply.status_code >= 500:  # noqa: PLR2004 - HTTP
                raise SlackBusy("response_url", str(reply.status_code), 1.0)
            if reply.status_code != 200:  # noqa: PLR2004 - HTTP
                raise SlackRefused("response_url", reply.body[:80])

        self.patiently(once)

    def send(self, address: str, data: bytes) -> None:
        """Send a file's bytes to the address that Slack gave for them.

        Raises:
            SlackRefused, SlackBusy: it was not sent.
        """
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

    def wait_for(self, method: str) -> None:
        """Wait until Slack wants a method to be called again.

        Raises:
            SlackBusy: that is later than anybody here waits.
        """
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
