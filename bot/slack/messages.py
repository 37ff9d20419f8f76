"""Our messages in Slack: each is posted once, found again after a fault, and replaced or ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.slack.blocks import Rendered
from bot.slack.web_api import SlackBusy, SlackRefused, WebApi

EVENT = "tebiki_answer"
"""The type of our messages' metadata; its payload names the question that is answered."""


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


class Messages:
    """Posts and files of ours; shared by threads."""

    def __init__(self, calls: WebApi) -> None:
        """Speak by *calls*."""
        self._calls = calls

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

        def try_it() -> str:
            self._calls.wait_for("chat.postMessage")
            return str(self._calls.once("chat.postMessage", arguments)["ts"]) if still() else ""

        def there() -> str | None:
            key = mark.question
            return self.posted(channel=channel, thread=thread, key=key, since=since) or None

        return self._calls.patiently(try_it, done=there)

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
        me = self._calls.identity()
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
                page = self._calls.form(method, arguments)
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
                self._calls.once("chat.update", arguments)
            except SlackRefused as problem:
                if problem.code != "streaming_state_conflict":
                    raise
                self.stop(channel=channel, ts=ts, mark=mark)
                raise SlackBusy("chat.update", problem.code, 1.0) from problem

        self._calls.patiently(try_it)

    # A message that grows.

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
            "recipient_team_id": self._calls.identity().team,
            "recipient_user_id": user or None,
            "markdown_text": text,
        }

        def try_it() -> str:
            try:
                return str(self._calls.once("chat.startStream", arguments)["ts"])
            except SlackBusy:
                found = look()
                if found:
                    return found
                raise

        return self._calls.patiently(try_it)

    def may_grow(self, ts: str) -> bool:
        """Whether Slack takes more of a message now, or a new one where *ts* is ""."""
        return not self._calls.rests("chat.appendStream" if ts else "chat.startStream")

    def grow(self, text: str, *, channel: str, ts: str) -> None:
        """Show more of a message that grows.

        Raises:
            SlackRefused: Slack has ended it.
            SlackBusy: not now.
        """
        given = {"channel": channel, "ts": ts, "markdown_text": text}
        self._calls.once("chat.appendStream", given)

    def stop(self, *, channel: str, ts: str, mark: Mark) -> None:
        """End a message that grows; one that Slack has ended is none.

        Raises:
            SlackRefused, SlackBusy: it may still be open.
        """
        try:
            self._calls.call(
                "chat.stopStream", {"channel": channel, "ts": ts, "metadata": mark.metadata()}
            )
        except SlackRefused as problem:
            if problem.code != "message_not_in_streaming_state":
                raise

    # Files.

    def upload(
        self, png: bytes, *, channel: str, thread: str | None, filename: str, title: str
    ) -> None:
        """Upload a picture into a thread, once.

        Raises:
            SlackRefused, SlackBusy: it was not uploaded.
        """
        given = self._calls.form(
            "files.getUploadURLExternal",
            {"filename": filename, "length": len(png), "alt_txt": title[:1_000]},
        )
        self._calls.patiently(lambda: self._calls.send(str(given["upload_url"]), png))
        name = str(given["file_id"])
        arguments = {
            "files": [{"id": name, "title": title}],
            "channel_id": channel,
            "thread_ts": thread,
        }

        def complete() -> bool:
            self._calls.once("files.completeUploadExternal", arguments)
            return True

        self._calls.patiently(
            complete, done=lambda: self._shows(name, channel, thread or "") or None
        )

    def _shows(self, file: str, channel: str, thread: str) -> bool:
        """Whether a file is among what was said in a thread, or lately in a channel."""
        try:
            said = islice(self._messages(channel, thread, "0"), 1_000)
            return any(each["id"] == file for one in said for each in one.get("files") or ())
        except SlackRefused:
            return False
