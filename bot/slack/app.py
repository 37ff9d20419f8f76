"""Slack's events, commands and clicks come in here; each is written down, then acknowledged.

Bolt runs our listeners before it acknowledges (`process_before_response`), and they only write
to the ledger: what was acknowledged is on the desk, and what could not be written is sent again
by Slack. Everything that calls Slack happens afterwards, in threads of ours.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import AnswerUnknown
from bot.ledger.desk import ChannelSettings, Desk, Work
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.followers import Followers
from bot.question import language_of
from bot.slack import blocks
from bot.slack.answering import Answering
from bot.slack.calls import Calls, SlackBusy, SlackRefused
from bot.slack.events import Deleted, Edited, Said, looks_like_question, understand
from bot.slack.following import KIND, LOOK_S, Following
from bot.slack.words import say
from index.errors import IndexMissing

if TYPE_CHECKING:
    from bot.answers import Answerer
    from bot.ledger.ledger import Ledger
    from index.passages import Library
    from ingest.editions import Edition

log = logging.getLogger(__name__)

Body = dict[str, Any]

KEPT = 5_000
"""Characters of a post that are kept; a question may have 2,000, and longer ones are told so."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two workspaces.

    *bot_token* (``xoxb-``) is always needed; *app_token* (``xapp-``) for Socket Mode;
    *signing_secret* for events over HTTP. *public_url* is where the web pages are, for links.
    *per_minute* bounds the questions of one person. *streaming*: the answerer has a method
    `stream`, and answers are shown while they are written.
    """

    bot_token: str
    app_token: str = ""
    signing_secret: str = ""
    public_url: str = ""
    api_url: str = "https://slack.com/api/"
    command: str = "/tebiki"
    per_minute: int = 10
    streaming: bool = False
    threads: int = 4
    lease_s: float = 30.0
    look_s: float = LOOK_S


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to Slack over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in a workspace: our user, our bot, the team, and the name people see."""

    user: str
    bot: str
    team: str
    name: str


PageImage = Callable[["Edition", int, int, int], bytes]
"""Draws a page as PNG: edition, page (from 1), start and end of what is marked."""


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
        self._library = library
        self._ledger = ledger
        self._page_image = page_image
        self._prompts = prompts
        self._refreshed = refreshed
        self._desk = Desk(ledger.database)
        self._calls = Calls(settings.bot_token, settings.api_url)
        self._identity: Identity | None = None
        self._lock = threading.Lock()
        self._locales: dict[str, str] = {}
        self._later = ThreadPoolExecutor(4, thread_name_prefix="slack-later")
        self._socket: SocketModeHandler | None = None
        self._started = False
        self._following = Following(
            self._calls,
            self._desk,
            ledger,
            Followers(ledger.database),
            library,
            public_url=settings.public_url,
            look_s=settings.look_s,
        )
        self._answering = Answering(
            self._calls,
            self._desk,
            ledger,
            answerer,
            team=lambda: self.identity().team,
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
        """Begin to answer what waits on the desk."""
        with self._lock:
            if not self._started:
                self._started = True
                self._answering.start()
                self._following.start()

    def connect(self) -> None:
        """Open a connection to Slack (Socket Mode) and stay; it is renewed when Slack ends it.

        Raises:
            SlackRefused: the tokens are wrong.
            SlackBusy: Slack cannot be reached.
        """
        self.identity()
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
        if self._socket is not None:
            self._socket.client.close()
        self._following.close()
        self._answering.close()
        self._later.shutdown(wait=True)

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
        return Reply(response.status, {**plain, **said}, response.body.encode())

    def identity(self) -> Identity:
        """Return who we are; asked once.

        Raises:
            SlackRefused: the token is wrong.
            SlackBusy: Slack cannot be reached.
        """
        with self._lock:
            if self._identity is None:
                told = self._calls.call("auth.test", {})
                self._identity = Identity(
                    told["user_id"], told.get("bot_id", ""), told["team_id"], told["user"]
                )
            return self._identity

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
        me = self.identity()
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
        heard = understand(event, me=self.identity().user)
        name = str(body.get("event_id", ""))
        match heard:
            case Said():
                self._said(heard, name)
            case Edited():
                self._edited(heard, name)
            case Deleted():
                work = Work(f"{heard.channel}:{heard.ts}", "message", heard.channel, "", heard.ts)
                if self._desk.take_back(work, event=name):
                    self._answering.ring(work, "")

    def _said(self, said: Said, event: str) -> None:
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
            ),
            said.text,
        )
        if self._desk.take(work, event=event, opens=True):
            self._answering.ring(work, said.user)

    def _is_for_us(self, said: Said, asker: str) -> bool:
        """Whether we should answer. Two people who talk to each other are left alone."""
        if said.direct or said.mentioned:
            return True
        if said.reply:
            thread = self._desk.thread(said.channel, said.thread)
            if thread is None or not thread.open:
                return False
            if thread.asker == asker and not said.others:
                return True
            self._desk.leave(said.channel, said.thread)
            return False
        return (
            not said.others
            and self._desk.settings(said.channel).automatic
            and looks_like_question(said.text)
        )

    def _edited(self, edited: Edited, event: str) -> None:
        key = f"{edited.channel}:{edited.ts}"
        before = self._desk.find(key)
        if before is None:
            return
        worded = self._worded(before, edited.text)
        if self._desk.revise(
            key, event=event, edited=edited.edited, text=worded.text, notices=worded.notices
        ):
            if before.answer:
                self._ledger.withdraw(before.answer)
            self._answering.ring(before, "")

    def _worded(self, work: Work, text: str) -> Work:
        """Return the work with its words, personal data masked; too many questions are declined."""
        language = language_of(text)
        guarded = self._ledger.guard.for_record(text[:KEPT], language)
        lately = self._desk.asked_lately(work.asker, within_s=60) if work.asker else 0
        return replace(
            work,
            kind="limited" if lately >= self.settings.per_minute else work.kind,
            text=guarded.text,
            notices=(guarded.notice,) if guarded.notice else (),
        )

    def _visited(self, event: Body) -> None:
        """Somebody opened our page: the home tab is drawn, or questions are suggested."""
        user = str(event["user"])
        if event.get("tab") == "messages":
            self._soon(self._suggest, user, str(event["channel"]))
        else:
            self._soon(self._show_home, user)

    def _commanded(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody typed the slash command."""
        text = str(body.get("text", "")).strip()
        channel, user = str(body["channel_id"]), str(body["user_id"])
        if text in {"settings", "設定"}:
            if channel.startswith("D"):
                ack(say(self._locale(user), "settings-here", command=self.settings.command))
                return
            self._soon(self._open_settings, user, channel, str(body["trigger_id"]))
            ack()
            return
        if text in {"", "help", "ヘルプ", "?", "？"}:
            language = "en" if text == "help" else "ja"
            rendered = blocks.help_message(
                language, name=self.identity().name, command=self.settings.command
            )
            ack(text=rendered.text, blocks=list(rendered.blocks), response_type="ephemeral")
            return
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
            ),
            text,
        )
        if self._desk.take(work):
            self._answering.ring(work, user)
        ack()

    def _pointed_at(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody chose "answer this question" on a message."""
        message, channel = body["message"], str(body["channel"]["id"])
        user = str(body["user"]["id"])
        said = understand({**message, "channel": channel}, me=self.identity().user)
        if isinstance(said, Said) and said.text:
            work = self._worded(
                Work(
                    said.key,
                    "shortcut",
                    channel,
                    said.thread,
                    said.ts,
                    asker=self._person(user),
                    private=_is_private(body),
                    conversation=self._conversation(channel, said.thread),
                ),
                said.text,
            )
            if self._desk.take(work, opens=True):
                self._answering.ring(work, user)
            else:
                self._soon(self._tell, str(body.get("response_url", "")), user, "already")
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
                private=_is_private(body),
                conversation=self._conversation(channel, thread),
                reply_to=str(body["response_url"]) if box.get("is_ephemeral") else "",
            ),
            str(action["value"]),
        )
        if self._desk.take(work):
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
            private=_is_private(body),
            answer=str(action["value"]),
        )
        if self._desk.take(work):
            self._answering.ring(work, user)
        ack()

    def _rated(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody found an answer helpful, or not: then we ask why."""
        rating, answer = str(body["actions"][0]["value"]).split("|", 1)
        user = str(body["user"]["id"])
        try:
            self._ledger.rate(answer, rating, rater=self._person(user))
        except AnswerUnknown:
            self._soon(self._tell, str(body.get("response_url", "")), user, "answer-gone")
        else:
            if rating == "down":
                self._soon(self._ask_why, user, answer, str(body["trigger_id"]))
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
        automatic, ephemeral, documents = blocks.chosen_settings(body["view"]["state"]["values"])
        channel = str(body["view"]["private_metadata"])
        self._desk.choose(
            channel,
            ChannelSettings(automatic=automatic, ephemeral=ephemeral, documents=documents),
        )
        self._soon(self._whisper, channel, str(body["user"]["id"]), "settings-saved")
        ack()

    def _asked_for_more(self, ack: Callable[..., Any], body: Body) -> None:
        self._soon(self._show_more, body)
        ack()

    def _asked_for_page(self, ack: Callable[..., Any], body: Body) -> None:
        self._soon(self._show_page, body)
        ack()

    def _followed(self, ack: Callable[..., Any], body: Body) -> None:
        self._soon(self._following.begin, body)
        ack()

    def _unfollowed(self, ack: Callable[..., Any], body: Body) -> None:
        self._soon(self._following.end, body)
        ack()

    # What is done about it, after it was acknowledged.

    def _soon(self, do: Callable[..., None], *arguments: object) -> None:
        """Do something after the acknowledgement; what fails is logged and lost, a click is not."""

        def run() -> None:
            try:
                do(*arguments)
            except (SlackBusy, SlackRefused, LedgerUnavailable, IndexMissing) as problem:
                log.warning("%s: %s", do.__name__, problem)
            except Exception:
                log.exception("%s failed", do.__name__)

        self._later.submit(run)

    def _show_home(self, user: str) -> None:
        language = self._locale(user)
        editions, generation = self._known()
        view = blocks.home(
            language,
            editions=editions,
            generation=generation,
            refreshed=self._refreshed() if generation else "",
            recent=self._ledger.recent(self._person(user)),
            command=self.settings.command,
            public_url=self.settings.public_url,
        )
        self._calls.call("views.publish", {"user_id": user, "view": view})

    def _known(self) -> tuple[Sequence[Edition], str]:
        """Return the editions in force and the generation's name; nothing without an index."""
        try:
            library = self._library()
        except IndexMissing:
            return (), ""
        today = date.today()  # noqa: DTZ011 - editions come into force by the local calendar
        return library.in_force(today), library.id

    def _suggest(self, user: str, channel: str) -> None:
        language = self._locale(user)
        prompts = blocks.prompts(self._prompts(language))
        if prompts:
            # With a thread_ts the call is accepted and shows nothing.
            self._calls.call(
                "assistant.threads.setSuggestedPrompts",
                {"channel_id": channel, "title": say(language, "prompts"), "prompts": prompts},
            )

    def _open_settings(self, user: str, channel: str, trigger: str) -> None:
        view = blocks.settings_modal(
            self._locale(user),
            channel=channel,
            chosen=self._desk.settings(channel),
            editions=self._known()[0],
        )
        self._calls.call("views.open", {"trigger_id": trigger, "view": view})

    def _ask_why(self, user: str, answer: str, trigger: str) -> None:
        view = blocks.reason_modal(self._locale(user), answer)
        self._calls.call("views.open", {"trigger_id": trigger, "view": view})

    def _show_more(self, body: Body) -> None:
        name, key = str(body["actions"][0]["value"]).split("|", 1)
        box = body["container"]
        try:
            answer = self._ledger.answer(name)
        except AnswerUnknown:
            self._tell(str(body["response_url"]), str(body["user"]["id"]), "answer-gone")
            return
        hidden = bool(box.get("is_ephemeral"))
        rendered = blocks.message(
            answer,
            key=key,
            public_url=self.settings.public_url,
            full=True,
            shareable=hidden,
            shows_pages=self._page_image is not None,
        )
        if hidden:
            self._calls.respond(str(body["response_url"]), rendered, replace=True)
        else:
            self._calls.update(
                rendered, channel=box["channel_id"], ts=box["message_ts"], key=key, answer=name
            )

    def _show_page(self, body: Body) -> None:
        """Upload the cited page, the quotation marked, into the thread of the answer."""
        name, marker = str(body["actions"][0]["value"]).split("|", 1)
        box, user = body["container"], str(body["user"]["id"])
        try:
            answer = self._ledger.answer(name)
        except AnswerUnknown:
            self._tell(str(body["response_url"]), user, "answer-gone")
            return
        cited = answer.declined.nearest if answer.declined else answer.citations
        citation = next(each for each in cited if str(each.marker) == marker)
        try:
            png = self._page_image(  # type: ignore[misc]
                citation.edition, citation.page, citation.start, citation.end
            )
        except Exception:
            log.exception("page %s of %s cannot be drawn", citation.page, citation.edition.key)
            self._tell(str(body["response_url"]), user, "page-failed", id=name)
            return
        channel, thread = str(box["channel_id"]), box.get("thread_ts") or box["message_ts"]
        if box.get("is_ephemeral"):  # for their eyes only: into their own messages
            told = self._calls.call("conversations.open", {"users": user})
            channel, thread = told["channel"]["id"], None
        title = f"{citation.edition.document.title}（{citation.edition.label}）p.{citation.page}"
        self._calls.upload(
            png,
            channel=channel,
            thread=thread,
            filename=f"{citation.edition.document.id}-p{citation.page}.png",
            title=title,
        )

    def _tell(self, address: str, user: str, name: str, **values: object) -> None:
        """Say a sentence to one person, through the address that came with their click."""
        if address:
            sentence = blocks.sentence(say(self._locale(user), name, **values))
            self._calls.respond(address, sentence)

    def _whisper(self, channel: str, user: str, name: str) -> None:
        sentence = blocks.sentence(say(self._locale(user), name))
        self._calls.call(
            "chat.postEphemeral",
            {
                "channel": channel,
                "user": user,
                "text": sentence.text,
                "blocks": list(sentence.blocks),
            },
        )

    # People and places.

    def _person(self, user: str) -> str:
        return self._ledger.person(self.identity().team, user)

    def _conversation(self, channel: str, thread: str) -> str:
        return self._ledger.person("conversation", self.identity().team, channel, thread)

    def _locale(self, user: str) -> str:
        """Return the language somebody has set in Slack, "ja" where it cannot be known."""
        known = self._locales.get(user)
        if known is None:
            try:
                told = self._calls.form("users.info", {"user": user, "include_locale": "true"})
                locale = str(told.get("user", {}).get("locale") or "ja")
            except (SlackBusy, SlackRefused):
                return "ja"
            known = self._locales[user] = "ja" if locale.startswith("ja") else "en"
        return known


def _is_private(body: Body) -> bool:
    """Whether a click or shortcut came from where not everybody may read.

    Slack names direct messages and private groups so; of a private channel it tells the name.
    """
    channel = body.get("channel") or {}
    name = str(channel.get("name", ""))
    return str(channel.get("id", "D")).startswith(("D", "G")) or name in {
        "directmessage",
        "privategroup",
    }
