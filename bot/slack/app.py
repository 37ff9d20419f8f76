"""Tebiki in a workspace: the parts put together, and the doors through which Slack comes in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_bolt import BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack import notices
from bot.slack.answering import Answering
from bot.slack.followers import Followers
from bot.slack.following import KIND, Following
from bot.slack.interactions import Interactions, PageImage
from bot.slack.listeners import Listeners
from bot.slack.messages import Messages
from bot.slack.people import People
from bot.slack.queue import QuestionQueue
from bot.slack.settings import Settings
from bot.slack.sight import Sight
from bot.slack.web_api import SlackBusy, SlackRefused, WebApi
from bot.slack.workers import Workers

if TYPE_CHECKING:
    from bot.answers import Answerer
    from bot.ledger.ledger import Ledger
    from bot.owners import Owners
    from index.passages import Library

log = logging.getLogger(__name__)


LEAVE_S = 5.0
"""How long the connection to Slack may take to end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to Slack over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Colleague:
    """Tebiki in one workspace, over Socket Mode, HTTP, or both; safe beside replicas of itself."""

    def __init__(
        self,
        settings: Settings,
        *,
        answerer: Answerer,
        library: Callable[[], Library],
        ledger: Ledger,
        page_image: PageImage | None = None,
        prompts: Callable[[str], Sequence[str]] = lambda _: (),
        refreshed: Callable[[], str] = lambda: "",
        owners: Owners | None = None,
    ) -> None:
        """Put the colleague together; nothing is called before `start`, `connect` or `handle`.

        Args:
            settings: tokens and manners.
            answerer: gives the answers; its own record of them is not needed.
            library: gives the current generation; raises IndexMissing when there is none.
            ledger: where answers, waiting questions and choices are kept.
            page_image: draws a cited page; without it no such button is shown.
            prompts: gives questions to begin with, in a language ("ja" or "en").
            refreshed: says when the index was made, for the home tab.
            owners: are told what readers found wrong; without them nobody is.
        """
        self.settings = settings
        self._ledger = ledger
        self._calls = calls = WebApi(settings.bot_token, settings.api_url)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._socket: SocketModeHandler | None = None
        self._started = False
        queue, messages, people = QuestionQueue(ledger.database), Messages(calls), People(calls)
        sight = Sight(calls, settings.groups)
        self._following = Following(
            calls,
            queue,
            ledger,
            Followers(ledger.database),
            library,
            public_url=settings.public_url,
            look_s=settings.look_s,
        )
        self._interactions = Interactions(
            calls,
            messages,
            queue,
            ledger,
            people,
            library=library,
            page_image=page_image,
            prompts=prompts,
            refreshed=refreshed,
            sight=sight,
            public_url=settings.public_url,
            command=settings.command,
        )
        self._answering = Answering(
            calls,
            messages,
            queue,
            ledger,
            people,
            answerer,
            documents=self._interactions.documents,
            sight=sight,
            public_url=settings.public_url,
            command=settings.command,
            streaming=settings.streaming,
            shows_pages=page_image is not None,
            others={KIND: self._following.rendered, notices.KIND: notices.rendered},
        )
        self._workers = Workers(
            queue, self._answering, threads=settings.threads, lease_s=settings.lease_s
        )
        self._listeners = Listeners(
            settings,
            calls,
            queue,
            ledger,
            workers=self._workers,
            interactions=self._interactions,
            following=self._following,
            owners=owners,
        )
        self._bolt = self._listeners.bolt()

    # Doors.

    def start(self) -> None:
        """Begin to answer what waits in the queue, and learn who we are; needs no Slack yet."""
        with self._lock:
            if not self._started:
                self._started = True
                self._workers.start()
                self._following.start()
                threading.Thread(target=self._introduce, name="slack-who", daemon=True).start()

    def _introduce(self) -> None:
        """Ask who we are until Slack says so; until then, what comes in is to be sent again."""
        delay = 1.0
        while not self._closing.is_set():
            try:
                self._calls.identity()
            except (SlackBusy, SlackRefused) as problem:
                log.warning("Slack does not say who we are: %s", problem)
                self._closing.wait(delay)
                delay = min(60.0, 2 * delay)
            else:
                return

    def connect(self) -> None:
        """Open a connection to Slack (Socket Mode) and stay; it is renewed when Slack ends it.

        Raises:
            SlackRefused: the tokens are wrong.
            SlackBusy: Slack cannot be reached.
        """
        self._calls.identity()
        self.start()
        self._socket = SocketModeHandler(self._bolt, self.settings.app_token, concurrency=20)
        delay = 1.0
        while True:
            try:
                self._socket.client.connect()
            except SlackApiError as problem:
                code = str(problem.response.get("error", ""))
                if problem.response.status_code == 200 and code != "internal_error":  # noqa: PLR2004 - HTTP
                    raise SlackRefused("apps.connections.open", code) from problem
            except (SlackClientError, OSError) as problem:
                log.warning("Slack cannot be reached (%s)", type(problem).__name__)
            else:
                if self._socket.client.is_connected():
                    return
            time.sleep(delay)
            delay = min(30.0, 2 * delay)

    def close(self) -> None:
        """Take nothing more in, finish what is being answered, leave the rest for later."""
        self._closing.set()
        if self._socket is not None:
            # slack_sdk 3.47 waits for ever when it is renewing its connection at this moment.
            leaving = threading.Thread(target=self._socket.client.close, daemon=True)
            leaving.start()
            leaving.join(LEAVE_S)
        self._following.close()
        self._workers.close()
        self._interactions.close()

    def handle(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take one request of Slack's over HTTP; it is signed, and refused when it is not.

        503 is answered when it could not be written down: Slack sends it again.
        """
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        if not self.settings.signing_secret:
            return Reply(404, plain, b"TEBIKI_SLACK_SIGNING_SECRET is not set.")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return Reply(400, plain, b"The body is not UTF-8.")
        self.start()
        request = BoltRequest(body=text, headers=dict(headers), mode="http")
        response = self._bolt.dispatch(request)
        said = {name: str(values[0]) for name, values in response.headers.items() if values}
        if response.status >= 500:  # noqa: PLR2004 - HTTP
            return Reply(503, plain, b"It could not be written down. Please send it again.")
        return Reply(response.status, {**plain, **said}, response.body.encode())
