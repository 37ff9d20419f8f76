"""What comes in from Slack: events, commands and clicks, each written down, then acknowledged.

Bolt runs our listeners before it acknowledges (`process_before_response`), and they only write
to the ledger: what was acknowledged is in the queue, and what could not be written is sent again
by Slack. Everything that calls Slack happens afterwards, in threads of ours (`workers`,
`interactions`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.asking.question import language_of
from bot.errors import AnswerUnknown
from bot.slack import views
from bot.slack.channels import ChannelSettings
from bot.slack.events import Deleted, Edited, Said, looks_like_question, understand
from bot.slack.interactions import Wish, wish_of
from bot.slack.queue import Work

if TYPE_CHECKING:
    from bot.ledger.ledger import Ledger
    from bot.owners import Owners
    from bot.slack.following import Following
    from bot.slack.interactions import Interactions
    from bot.slack.queue import QuestionQueue
    from bot.slack.settings import Settings
    from bot.slack.web_api import Identity, WebApi
    from bot.slack.workers import Workers

log = logging.getLogger(__name__)

Body = dict[str, Any]

WHO_S = 1.0
"""How long an event waits until it is known who we are; then Slack has to send it again."""

KEPT = 5_000
"""Characters of a post that are kept; a question may have 2,000, and longer ones are told so."""


class Listeners:
    """Writes down what people said, typed and clicked; what is to be done follows from that."""

    def __init__(
        self,
        settings: Settings,
        calls: WebApi,
        queue: QuestionQueue,
        ledger: Ledger,
        *,
        workers: Workers,
        interactions: Interactions,
        following: Following,
        owners: Owners | None = None,
    ) -> None:
        """Write to *queue* and *ledger*; the others do what takes longer."""
        self._settings = settings
        self._calls = calls
        self._queue = queue
        self._ledger = ledger
        self._workers = workers
        self._interactions = interactions
        self._following = following
        self._owners = owners

    def bolt(self) -> App:
        """Return what hands Slack's requests to us, each before it is acknowledged."""
        app = App(
            # Without a token of its own: whose it is, `_authorize` says.
            client=WebClient(base_url=self._settings.api_url, retry_handlers=[]),
            signing_secret=self._settings.signing_secret,
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
        app.command(self._settings.command)(self._commanded)
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
            bot_token=self._settings.bot_token,
            bot_id=me.bot,
            bot_user_id=me.user,
        )

    def _me(self) -> Identity:
        """Return who we are, at once or not at all: somebody waits for an acknowledgement.

        Raises:
            SlackBusy: Slack has not said so yet.
        """
        return self._calls.known(within_s=WHO_S)

    def _nothing(self) -> None:
        """Acknowledge what Slack sends to every agent and we have no use for."""

    # What people say.

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
                    self._workers.ring(work, "")

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
        if self._queue.take(work, event=event, opens=True, most=self._settings.per_minute):
            self._workers.ring(work, said.user)

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
            most=self._settings.per_minute,
        ):
            if before.answer:
                self._ledger.withdraw(before.answer)
            self._workers.ring(before, edited.said.user)

    def _worded(self, work: Work, text: str) -> Work:
        """Return the work with its words, personal data masked."""
        guarded = self._ledger.guard.for_record(text[:KEPT], language_of(text))
        notices = (guarded.notice,) if guarded.notice else ()
        return replace(work, text=guarded.text, notices=notices)

    # What people open, type and click.

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
            command = self._settings.command
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
        if self._queue.take(work, most=self._settings.per_minute):
            self._workers.ring(work, user)

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
        if self._queue.take(work, opens=not hidden, most=self._settings.per_minute):
            self._workers.ring(work, user)
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
        if self._queue.take(work, most=self._settings.per_minute):
            self._workers.ring(work, user)
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
            self._workers.ring(work, user)
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
                # Whoever clicked has nothing to do with it when that fails: the log has it.
                self._interactions.soon(Wish(""), self._tell_owners, answer, self._person(user))
        ack()

    def _tell_owners(self, name: str, who: str) -> None:
        """Tell the owners of what an answer quotes that somebody found it wrong."""
        if self._owners is not None:
            answer = self._ledger.answer(name)
            shown = (*answer.citations, *(answer.declined.nearest if answer.declined else ()))
            cited = {each.edition.document.id for each in shown}
            self._owners.wrong(name, cited, who, "slack")

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
