"""Slack's events, commands and clicks come in here; each is written down, then acknowledged.

Bolt runs our listeners before it acknowledges (`process_before_response`), and they only write
to the ledger: what was acknowledged is in the queue, and what could not be written is sent again
by Slack. Everything that calls Slack happens afterwards, in threads of ours (`answering`,
`interactions`).
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.asking.question import language_of
from bot.errors import AnswerUnknown
from bot.slack import views
from bot.slack.answering import Answering
from bot.slack.channels import ChannelSettings
from bot.slack.events import Deleted, Edited, Said, looks_like_question, understand
from bot.slack.followers import Followers
from bot.slack.following import KIND, LOOK_S, Following
from bot.slack.interactions import Interactions, PageImage, Wish, wish_of
from bot.slack.people import People
from bot.slack.queue import QuestionQueue, Work
from bot.slack.sight import Sight
from bot.slack.web_api import Identity, SlackBusy, SlackRefused, WebApi

if TYPE_CHECKING:
    from bot.answers import Answerer
    from bot.ledger.ledger import Ledger
    from index.passages import Library

log = logging.getLogger(__name__)

Body = dict[str, Any]

WHO_S = 1.0
"""How long an event waits until it is known who we are; then Slack has to send it again."""

KEPT = 5_000
"""Characters of a post that are kept; a question may have 2,000, and longer ones are told so."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two workspaces.

    *bot_token* (``xoxb-``) is always needed; *app_token* (``xapp-``) for Socket Mode;
    *signing_secret* for events over HTTP. *public_url* is where the web pages are, for links.
    *per_minute* bounds the questions of one person. *streaming*: answers are shown while they
    are written. *groups* are those whose documents a channel (``C…``) or, in direct messages, a
    user group (``S…``) sees.
    """

    bot_token: str
    app_token: str = ""
    signing_secret: str = ""
    public_url: str = ""
    api_url: str = "https://slack.com/api/"
    command: str = "/tebiki"
    per_minute: int = 10
    streaming: bool = False
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    threads: int = 4
    lease_s: float = 30.0
    look_s: float = LOOK_S


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to Slack over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def create(
    settings: Settings,
    *,
    answerer: Answerer,
    library: Callable[[], Library],
    ledger: Ledger,
    page_image: PageImage | None = None,
    prompts: Callable[[str], Sequence[str]] = lambda _: (),
    refreshed: Callable[[], str] = lambda: "",
) -> Colleague:
    """Put the colleague together; nothing is called before `start`, `connect` or `handle`.

    Args:
        settings: tokens and manners.
        answerer: gives the answers; its own record of them is not needed.
        library: gives the current generation; raises IndexMissing when there is none.
        ledger: where answers, waiting questions and choices are kept.
        page_image: draws a cited page; without it no such button is shown.
        prompts: gives questions to begin with, in a language ("ja" or "en").
        refreshed: says when the index was made, for the home tab.
    """
    return Colleague(settings, answerer, library, ledger, page_image, prompts, refreshed)


class Colleague:
    """Tebiki in one workspace, over Socket Mode, HTTP, or both; safe beside replicas of itself."""

    def __init__(
        self,
        settings: Settings,
        answerer: Answerer,
        library: Callable[[], Library],
        ledger: Ledger,
        page_image: PageImage | None,
        prompts: Callable[[str], Sequence[str]],
        refreshed: Callable[[], str],
    ) -> None:
        """See `create`."""
        self.settings = settings
        self._ledger = ledger
        self._queue = QuestionQueue(ledger.database)
        self._calls = WebApi(settings.bot_token, settings.api_url)
        self._people = People(self._calls)
        sight = Sight(self._calls, settings.groups)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._socket: SocketModeHandler | None = None
        self._started = False
        self._following = Following(
            self._calls,
            self._queue,
            ledger,
            Followers(ledger.database),
            library,
            public_url=settings.public_url,
            look_s=settings.look_s,
        )
        self._interactions = Interactions(
            self._calls,
            self._queue,
            ledger,
            self._people,
            library=library,
            page_image=page_image,
            prompts=prompts,
            refreshed=refreshed,
            sight=sight,
            public_url=settings.public_url,
            command=settings.command,
        )
        self._answering = Answering(
            self._calls,
            self._queue,
            ledger,
            self._people,
            answerer,
            documents=self._interactions.documents,
            sight=sight,
            public_url=settings.public_url,
            command=settings.command,
            streaming=settings.streaming,
            shows_pages=page_image is not None,
            threads=settings.threads,
            lease_s=settings.lease_s,
            others={KIND: self._following.rendered},
        )
        self._bolt = self._listening()

    # Doors.

    def start(self) -> None:
        """Begin to answer what waits in the queue, and learn who we are; needs no Slack yet."""
        with self._lock:
            if not self._started:
                self._started = True
                self._answering.start()
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
            self._socket.client.close()
        self._following.close()
        self._answering.close()
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

    def _me(self) -> Identity:
        """Return who we are, at once or not at all: somebody waits for an acknowledgement.

        Raises:
            SlackBusy: Slack has not said so yet.
        """
        return self._calls.known(within_s=WHO_S)

    # What comes in.

    def _listening(self) -> App:
        app = App(
            # Without a token of its own: whose it is, `_authorize` says.
            client=WebClient(base_url=self.settings.api_url, retry_handlers=[]),
            signing_secret=self.settings.signing_secret,
            # Bolt looks at the names of the arguments, and would take self for one.
            authorize=lambda: self._authorize(),  # noqa: PLW0108
            request_verification_enabled=True,
            ignoring_self_events_enabled=False,  # `understand` does so, with edits in mind
            process_before_response=True,
            raise_error_for_unhandled_request=False,
        )
        app.event("app_mention")(self._heard)
        app.event("message")(self._heard)
        app.event("app_home_opened")(self._visited)
        for event in ("assistant_thread_started", "assistant_thread_context_changed"):
            app.event(event)(self._nothing)
        app.command(self.settings.command)(self._commanded)
        app.shortcut("answer_this")(self._pointed_at)
        app.action("feedback")(self._rated)
        app.action("more")(self._asked_for_more)
        app.action("share")(self._shared)
        app.action("follow")(self._followed)
        app.action("unfollow")(self._unfollowed)
        app.action(re.compile(r"page:\d+"))(self._asked_for_page)
        app.action(re.compile(r"ask:\d+"))(self._asked_by_button)
        app.view("reason")(self._reasoned)
        app.view("settings")(self._chose)
        return app

    def _authorize(self) -> AuthorizeResult:
        me = self._me()
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team,
            bot_token=self.settings.bot_token,
            bot_id=me.bot,
            bot_user_id=me.user,
        )

    def _nothing(self) -> None:
        """Acknowledge what Slack sends to every agent and we have no use for."""

    def _heard(self, body: Body, event: Body) -> None:
        """Somebody said, changed or deleted something."""
        heard = understand(event, me=self._me().user)
        name = str(body.get("event_id", ""))
        match heard:
            case Said():
                self._said(heard, name)
            case Edited():
                self._edited(heard, name)
            case Deleted():
                work = Work(f"{heard.channel}:{heard.ts}", "message", heard.channel, "", heard.ts)
                if self._queue.take_back(work, event=name):
                    self._answering.ring(work, "")

    def _said(self, said: Said, event: str, *, edited: str = "") -> None:
        asker = self._person(said.user)
        if not self._is_for_us(said, asker):
            return
        work = self._worded(
            Work(
                said.key,
                "message",
                said.channel,
                said.thread,
                said.ts,
                asker=asker,
                private=said.private,
                conversation=self._conversation(said.channel, said.thread),
                edited=edited,
            ),
            said.text,
        )
        if self._queue.take(work, event=event, opens=True, most=self.settings.per_minute):
            self._answering.ring(work, said.user)

    def _is_for_us(self, said: Said, asker: str) -> bool:
        """Whether we should answer. Two people who talk to each other are left alone."""
        if said.direct or said.mentioned:
            return True
        if said.reply:
            thread = self._queue.channels.thread(said.channel, said.thread)
            if thread is None or not thread.open:
                return False
            if thread.asker == asker and not said.others:
                return True
            self._queue.channels.leave(said.channel, said.thread)
            return False
        return (
            not said.others
            and self._queue.channels.settings(said.channel).automatic
            and looks_like_question(said.text)
        )

    def _edited(self, edited: Edited, event: str) -> None:
        """Somebody changed their words; where the question has not come, this is the question."""
        before = self._queue.find(edited.said.key)
        if before is None:
            if edited.soon:
                self._said(edited.said, event, edited=edited.at)
            return
        worded = self._worded(before, edited.said.text)
        if self._queue.revise(
            before.key,
            event=event,
            edited=edited.at,
            text=worded.text,
            notices=worded.notices,
            most=self.settings.per_minute,
        ):
            if before.answer:
                self._ledger.withdraw(before.answer)
            self._answering.ring(before, edited.said.user)

    def _worded(self, work: Work, text: str) -> Work:
        """Return the work with its words, personal data masked."""
        guarded = self._ledger.guard.for_record(text[:KEPT], language_of(text))
        notices = (guarded.notice,) if guarded.notice else ()
        return replace(work, text=guarded.text, notices=notices)

    def _visited(self, event: Body) -> None:
        """Somebody opened our page: the home tab is drawn, or questions are suggested."""
        user = str(event["user"])
        if event.get("tab") == "messages":
            self._interactions.soon(
                Wish(user), self._interactions.suggest, user, str(event["channel"])
            )
        else:
            person = self._person(user)
            self._interactions.soon(Wish(user), self._interactions.show_home, user, person)

    def _commanded(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody typed the slash command."""
        text = str(body.get("text", "")).strip()
        channel, user, wish = str(body["channel_id"]), str(body["user_id"]), wish_of(body)
        interactions = self._interactions
        if text in {"", "help", "ヘルプ", "?", "？"}:
            interactions.soon(wish, interactions.help, wish)
        elif text not in {"settings", "設定"}:
            self._asked_by_command(body, text)
        elif channel.startswith("D"):
            command = self.settings.command
            interactions.soon(
                wish, lambda: interactions.tell(wish, "settings-here", command=command)
            )
        else:
            trigger = str(body["trigger_id"])
            interactions.at_once(wish, interactions.open_settings, user, channel, trigger)
        ack()

    def _asked_by_command(self, body: Body, text: str) -> None:
        channel, user = str(body["channel_id"]), str(body["user_id"])
        work = self._worded(
            Work(
                f"command:{body['trigger_id']}",
                "command",
                channel,
                "",
                "",
                asker=self._person(user),
                private=True,  # nobody else sees it
                conversation=self._conversation(channel, f"command:{user}"),
                reply_to=str(body["response_url"]),
                hidden=True,
            ),
            text,
        )
        if self._queue.take(work, most=self.settings.per_minute):
            self._answering.ring(work, user)

    def _pointed_at(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody chose "answer this question" on a message."""
        message, channel = body["message"], str(body["channel"]["id"])
        user, wish, interactions = str(body["user"]["id"]), wish_of(body), self._interactions
        said = understand({**message, "channel": channel}, me=self._me().user)
        if not isinstance(said, Said) or not said.text:
            interactions.soon(wish, interactions.tell, wish, "no-question")
            ack()
            return
        asker = self._person(user)
        hidden = self._queue.channels.settings(channel).ephemeral
        work = self._worded(
            Work(
                # What only one person sees, another may ask for as well.
                f"{said.key}:{self._ledger.name(asker)[:8]}" if hidden else said.key,
                "shortcut",
                channel,
                said.thread,
                said.ts,
                asker=asker,
                private=True,  # until the channel says otherwise
                conversation=self._conversation(channel, said.thread),
                reply_to=wish.address,
                hidden=hidden,
            ),
            said.text,
        )
        if self._queue.take(work, opens=not hidden, most=self.settings.per_minute):
            self._answering.ring(work, user)
        else:
            interactions.soon(wish, interactions.tell, wish, "already")
        ack()

    def _asked_by_button(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody chose a suggested question or one of several meanings."""
        action, box = body["actions"][0], body.get("container", {})
        channel, user = str(box.get("channel_id", "")), str(body["user"]["id"])
        ts = str(box.get("message_ts", ""))
        thread = str(box.get("thread_ts") or ts)
        work = self._worded(
            Work(
                f"{channel}:{ts}:{action['action_ts']}",
                "button",
                channel,
                thread,
                ts,
                asker=self._person(user),
                private=True,  # until the channel says otherwise
                conversation=self._conversation(channel, thread),
                reply_to=str(body.get("response_url", "")),
                hidden=bool(box.get("is_ephemeral")),
            ),
            str(action.get("value") or action["selected_option"]["value"]),
        )
        if self._queue.take(work, most=self.settings.per_minute):
            self._answering.ring(work, user)
        ack()

    def _shared(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody wants all of the channel to see their answer."""
        action, box = body["actions"][0], body.get("container", {})
        channel, user = str(box.get("channel_id", "")), str(body["user"]["id"])
        work = Work(
            f"share:{channel}:{action['value']}",
            "share",
            channel,
            str(box.get("thread_ts") or ""),
            str(action["action_ts"]),
            private=True,
            answer=str(action["value"]),
            reply_to=str(body.get("response_url", "")),
        )
        if self._queue.take(work):
            self._answering.ring(work, user)
        ack()

    def _rated(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody found an answer helpful, or not: then we ask why."""
        rating, answer = str(body["actions"][0]["value"]).split("|", 1)
        user, wish = str(body["user"]["id"]), replace(wish_of(body), about=answer)
        try:
            self._ledger.rate(answer, rating, rater=self._person(user))
        except AnswerUnknown:
            self._interactions.soon(wish, self._interactions.tell, wish, "answer-gone")
        else:
            if rating == "down":
                trigger = str(body["trigger_id"])
                self._interactions.at_once(wish, self._interactions.ask_why, user, answer, trigger)
        ack()

    def _reasoned(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody said what was not helpful."""
        view = body["view"]
        said = view["state"]["values"]["reason"]["reason"].get("value") or ""
        rater = self._person(str(body["user"]["id"]))
        try:
            self._ledger.rate(str(view["private_metadata"]), "down", said, rater=rater)
        except AnswerUnknown:
            log.info("a reason came for an answer that is not on record")
        ack()

    def _chose(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody saved how we behave in a channel."""
        automatic, ephemeral, documents = views.chosen_settings(body["view"]["state"]["values"])
        channel, user = str(body["view"]["private_metadata"]), str(body["user"]["id"])
        self._queue.channels.choose(
            channel,
            ChannelSettings(automatic=automatic, ephemeral=ephemeral, documents=documents),
        )
        self._interactions.soon(
            Wish(user), self._interactions.whisper, channel, user, "settings-saved"
        )
        ack()

    def _asked_for_more(self, ack: Callable[..., Any], body: Body) -> None:
        self._interactions.soon(wish_of(body), self._interactions.show_more, body)
        ack()

    def _asked_for_page(self, ack: Callable[..., Any], body: Body) -> None:
        self._interactions.soon(wish_of(body), self._interactions.show_page, body)
        ack()

    def _followed(self, ack: Callable[..., Any], body: Body) -> None:
        self._interactions.soon(wish_of(body), self._following.begin, body)
        ack()

    def _unfollowed(self, ack: Callable[..., Any], body: Body) -> None:
        self._interactions.soon(wish_of(body), self._following.end, body)
        ack()

    # People and places.

    def _person(self, user: str) -> str:
        return self._ledger.person(self._me().team, user)

    def _conversation(self, channel: str, thread: str) -> str:
        return self._ledger.name("conversation", self._me().team, channel, thread)
