"""Where the answer to a question goes: into its thread once, or before its asker's eyes alone."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from bot.slack.stream import Stream
from bot.slack.web_api import SlackBusy, SlackRefused
from bot.slack.words import say

if TYPE_CHECKING:
    from bot.slack.blocks import Rendered
    from bot.slack.messages import Mark, Messages
    from bot.slack.queue import QuestionQueue, Work
    from bot.slack.web_api import WebApi

log = logging.getLogger(__name__)


class Delivery:
    """Shows answers, each in one message, however often that is tried; shared by threads."""

    def __init__(
        self,
        calls: WebApi,
        messages: Messages,
        queue: QuestionQueue,
        owner: str,
        *,
        streaming: bool,
    ) -> None:
        """Deliver what *owner* has leased from *queue*; *streaming*: also while it is written."""
        self._calls = calls
        self._messages = messages
        self._queue = queue
        self._owner = owner
        self._streaming = streaming
        self._users: dict[str, str] = {}
        self._lock = threading.Lock()

    # Who asked.

    def asked_by(self, work: Work, user: str) -> None:
        """Remember who asked, until the question is done.

        User ids are in memory only. After a restart the one that is needed is read from the
        question's message.
        """
        with self._lock:
            self._users[work.key] = user

    def user(self, work: Work) -> str:
        """Return who asked: remembered, or else read from the question's message; "" if neither."""
        with self._lock:
            known = self._users.get(work.key, "")
        if known or work.kind != "message":  # other kinds stand at messages of other people
            return known
        page = self._calls.form(
            "conversations.replies",
            {
                "channel": work.channel,
                "ts": work.thread,
                "oldest": work.ts,
                "latest": work.ts,
                "inclusive": "true",
                "limit": 10,
            },
        )
        found = [each for each in page.get("messages", ()) if each.get("ts") == work.ts]
        return str(found[0].get("user", "")) if found else ""

    def done(self, work: Work) -> None:
        """Forget who asked a question."""
        with self._lock:
            self._users.pop(work.key, None)

    def is_ephemeral(self, work: Work) -> bool:
        """Whether only the asker sees what is said in the channel."""
        if work.limited:
            return not work.channel.startswith("D")
        return work.kind == "message" and self._queue.channels.settings(work.channel).ephemeral

    # Ways to show it.

    def show(
        self,
        work: Work,
        rendered: Rendered,
        mark: Mark,
        *,
        by_reply: bool,
        look: bool | None = None,
    ) -> str:
        """Show something *by_reply* to the click or command, or else where the question is.

        Returns:
            The ts of the message that all can see, "" when there is none of ours.
        """
        if by_reply:
            self._calls.respond(work.reply_to, rendered)
        elif self.is_ephemeral(work):
            self._whisper(work, rendered)
        else:
            return self.post(work, rendered, mark, look=look)
        return ""

    def post(self, work: Work, rendered: Rendered, mark: Mark, *, look: bool | None = None) -> str:
        """Post the message, or update the one that is there; return its ts, "" if not ours to.

        The thread is looked through for it when this is not the first try, or as *look* says.
        """
        posted = self.place(work, look=work.attempts > 0 if look is None else look)

        def still() -> bool:
            # Edited, taken back or in other hands: whoever comes next knows better.
            return self._queue.holds(work, self._owner)

        if posted and not still():
            return posted
        if posted:
            try:
                self._messages.update(rendered, channel=work.channel, ts=posted, mark=mark)
            except SlackRefused as problem:
                if problem.code not in {"message_not_found", "cant_update_message"}:
                    raise
            else:
                return posted
        return self._messages.post(
            rendered,
            channel=work.channel,
            thread=work.thread,
            mark=mark,
            since=work.ts,
            still=still,
        )

    def place(self, work: Work, *, look: bool) -> str:
        """Return the ts of the message that is there for a question, "" when there is none.

        Without *look* only what was noted counts.
        """
        known = self._queue.find(work.key)
        if known is not None and known.posted:
            return known.posted
        return self.posted(work) if look else ""

    def posted(self, work: Work) -> str:
        """Return the ts of the message that the thread holds for a question, "" for none.

        A message that is streamed says not whose it is, and a thread may hold the beginnings of
        several questions: the first to occupy one has it.
        """
        return self._messages.posted(
            channel=work.channel,
            thread=work.thread,
            key=work.key,
            since=work.ts,
            adopt=lambda ts: self._streaming and self._queue.occupy(work, ts),
        )

    def _whisper(self, work: Work, rendered: Rendered) -> None:
        user = self.user(work)
        if not user:
            raise SlackRefused("chat.postEphemeral", "the asker is not known any more")
        self._calls.call(
            "chat.postEphemeral",
            {
                "channel": work.channel,
                "user": user,
                "thread_ts": work.thread if work.thread != work.ts else None,
                "text": rendered.text,
                "blocks": list(rendered.blocks) or None,
            },
        )

    def show_status(self, work: Work, language: str) -> None:
        """Say in a direct message that we are at work; it is no harm when that fails."""
        if not work.channel.startswith("D") or not work.thread:
            return
        try:
            self._calls.once(
                "assistant.threads.setStatus",
                {
                    "channel_id": work.channel,
                    "thread_ts": work.thread,
                    "status": say(language, "status"),
                    "loading_messages": say(language, "loading").splitlines(),
                },
            )
        except (SlackBusy, SlackRefused) as problem:
            log.debug("no status: %s", problem)

    def growing(self, work: Work, mark: Mark) -> Stream | None:
        """Return a message that grows while its answer is written, None where there is to be none.

        Where a message is there already (an edit, or an earlier process began it), it is left
        for the finished answer.
        """
        user = self.user(work)
        begun = self.place(work, look=work.attempts > 0)
        if begun or not user or not self._queue.holds(work, self._owner):
            return None
        return Stream(
            self._messages,
            channel=work.channel,
            thread=work.thread,
            user=user,
            mark=mark,
            look=lambda: self.posted(work),
            begun=lambda ts: self._queue.occupy(work, ts),
        )

    def delete(self, channel: str, posted: str) -> None:
        """Delete a message of ours; "" is none, and one that is gone is gone."""
        if not posted:
            return
        try:
            self._calls.call("chat.delete", {"channel": channel, "ts": posted})
        except SlackRefused as problem:
            if problem.code != "message_not_found":
                raise
