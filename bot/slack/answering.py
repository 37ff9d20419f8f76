"""From the desk to the thread: each waiting question is answered once, whatever breaks between."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.answers import Answer, Delta
from bot.errors import AnswerUnknown, BadQuestion
from bot.ledger.errors import LedgerUnavailable
from bot.question import LONGEST, language_of, read
from bot.slack import blocks
from bot.slack.calls import SlackBusy, SlackRefused
from bot.slack.words import say
from index.errors import IndexMissing
from index.passages import Filters

if TYPE_CHECKING:
    from bot.answers import Answerer, Question
    from bot.ledger.desk import Desk, Work
    from bot.ledger.ledger import Ledger
    from bot.slack.blocks import Rendered
    from bot.slack.calls import Calls

log = logging.getLogger(__name__)

STREAMED = 11_000
"""Characters that a stream shows; Slack takes 12,000. The finished message replaces them."""

MOST_BUGS = 5
"""How often a question is tried again after an error that nobody foresaw."""

GIVE_UP_S = 3 * 3600
"""When Slack has taken nothing of an answer for so long, its question is closed as failed."""


class Answering:
    """Worker threads at one desk.

    Several processes may have their own. Each question is leased; while a worker is alive its
    leases are renewed, and when the process dies they run out and another worker takes over,
    looking in the thread first whether the answer is already there.
    """

    def __init__(
        self,
        calls: Calls,
        desk: Desk,
        ledger: Ledger,
        answerer: Answerer,
        *,
        team: Callable[[], str],
        public_url: str = "",
        command: str = "/tebiki",
        streaming: bool = False,
        shows_pages: bool = True,
        threads: int = 4,
        lease_s: float = 30.0,
        others: Mapping[str, Callable[[Work], Rendered | None]] = MappingProxyType({}),
    ) -> None:
        """Answer with *answerer* what waits at *desk*, and record it in *ledger*.

        Args:
            calls: Slack's methods.
            desk: where questions wait.
            ledger: where answers are recorded and conversations continue.
            answerer: gives the answers; with *streaming* it has a method `stream` as well.
            team: gives the id of the workspace.
            public_url: where the web pages are; "" for none.
            command: the slash command, for the help.
            streaming: show an answer while it is written.
            shows_pages: whether images of pages can be had.
            threads: how many questions are answered at once.
            lease_s: after how many seconds a dead process's questions fall to another.
            others: what renders work of another kind than a question; None posts nothing.
        """
        self._calls = calls
        self._desk = desk
        self._ledger = ledger
        self._answerer = answerer
        self._team = team
        self._public_url = public_url
        self._command = command
        self._streaming = streaming
        self._shows_pages = shows_pages
        self._threads = threads
        self._lease_s = lease_s
        self._others = others
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._users: dict[str, str] = {}
        self._users_lock = threading.Lock()
        self._rung = threading.Condition()
        self._bells = 0
        self._closing = threading.Event()
        self._running: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to work, also on what an earlier process left."""
        jobs = [self._work] * self._threads + [self._stay_alive]
        for number, job in enumerate(jobs):
            thread = threading.Thread(target=job, name=f"slack-{number}", daemon=True)
            thread.start()
            self._running.append(thread)

    def close(self, *, within_s: float = 10.0) -> None:
        """Finish what is being answered, leave the rest on the desk."""
        self._closing.set()
        with self._rung:
            self._rung.notify_all()
        for thread in self._running:
            thread.join(within_s)
        self._running.clear()

    def ring(self, work: Work, user: str) -> None:
        """Say that a question was put on the desk; *user* is remembered until it is answered.

        User ids are in memory only. After a restart the one that is needed is read from the
        question's message.
        """
        with self._users_lock:
            self._users[work.key] = user
        with self._rung:
            self._bells += 1
            self._rung.notify()

    def carry_out(self, work: Work) -> None:
        """Answer a claimed question, answer it anew, or take its answer back."""
        try:
            if work.deleted:
                self._take_back(work)
            else:
                self._answer(work)
        except SlackBusy as problem:
            delay = max(problem.delay_s, min(60.0, 2.0**work.attempts))
            if self._desk.age(work) > GIVE_UP_S:
                self._give_up(work, problem)
            else:
                self._desk.postpone(work, self._owner, delay_s=delay, problem=str(problem))
        except SlackRefused as problem:
            self._give_up(work, problem)

    def _give_up(self, work: Work, problem: Exception) -> None:
        log.error("question %s could not be answered: %s", work.key, problem)
        self._desk.finish(work, self._owner, problem=str(problem))

    def _work(self) -> None:
        while not self._closing.is_set():
            bells = self._bells
            try:
                work = self._desk.claim(self._owner, lease_s=self._lease_s)
                if work is not None:
                    self._try(work)
                    continue
            except LedgerUnavailable:
                log.exception("the ledger failed; the questions stay on the desk")
            with self._rung:
                if bells == self._bells and not self._closing.is_set():
                    # Replicas and postponed questions ring no bell here.
                    self._rung.wait(timeout=min(1.0, self._lease_s / 2))

    def _try(self, work: Work) -> None:
        try:
            self.carry_out(work)
        except LedgerUnavailable:
            raise
        except Exception as problem:  # a bug of ours must neither lose a question nor end a worker
            log.exception("question %s could not be handled", work.key)
            if work.attempts < MOST_BUGS:
                delay = 2.0**work.attempts
                self._desk.postpone(work, self._owner, delay_s=delay, problem=repr(problem))
            else:
                self._give_up(work, problem)

    def _stay_alive(self) -> None:
        beats = 0
        while not self._closing.wait(self._lease_s / 4):
            try:
                self._desk.renew(self._owner, lease_s=self._lease_s)
                beats += 1
                if beats % 1000 == 1:
                    self._desk.tidy()
            except LedgerUnavailable:
                log.exception("leases could not be renewed")

    # A question.

    def _answer(self, work: Work) -> None:
        rendered, answer = self._rendered(work)
        posted = ""
        if rendered is None:
            pass  # it was streamed to its end
        elif work.reply_to:
            self._respond(work, rendered)
        elif self._is_ephemeral(work):
            self._whisper(work, rendered)
        else:
            posted = self._post(work, rendered, answer)
        self._finish(work, posted)

    def _finish(self, work: Work, posted: str = "") -> None:
        if self._desk.finish(work, self._owner, posted=posted):
            with self._users_lock:
                self._users.pop(work.key, None)

    def _rendered(self, work: Work) -> tuple[Rendered | None, str]:
        """Return the message and the answer's id; no message when it was streamed."""
        if work.kind in self._others:
            return self._others[work.kind](work), work.answer
        if work.kind == "limited":
            return blocks.sentence(say(language_of(work.text), "limited")), ""
        if not work.text and not work.answer:
            if work.notices:  # refused by the guard, which leaves no words of it
                return blocks.sentence(work.notices[0]), ""
            return blocks.help_message("ja", name="Tebiki", command=self._command), ""
        try:
            answer = self._answer_to(work)
        except (SlackBusy, SlackRefused, LedgerUnavailable):
            raise
        except Exception as problem:  # noqa: BLE001 - whatever fails, the asker gets a sentence
            return blocks.sentence(self._excuse(work, problem)), ""
        return (None, "") if answer is None else (self._message(work, answer), answer.id)

    def _answer_to(self, work: Work) -> Answer | None:
        """Return the answer, the recorded one if there is one; None when it was streamed."""
        if work.answer:
            return self._ledger.answer(work.answer)
        question = self._question(work)
        if self._streaming and work.thread and not work.reply_to and not self._is_ephemeral(work):
            self._stream(work, question)
            return None
        self._show_status(work, question.language)
        answer = self._answerer.answer(question)
        self._keep(work, answer)
        return answer

    def _excuse(self, work: Work, problem: Exception) -> str:
        """Return the sentence for the asker; what we must look into gets a number in the log."""
        language = language_of(work.text)
        if isinstance(problem, BadQuestion):
            return say(language, "too-long" if len(work.text) > LONGEST else "not-text")
        if isinstance(problem, AnswerUnknown):
            return say(language, "answer-gone")
        number = secrets.token_hex(4)
        log.error("question %s failed as no. %s", work.key, number, exc_info=problem)
        name = "no-index" if isinstance(problem, IndexMissing) else "failed"
        return say(language, name, id=number)

    def _question(self, work: Work) -> Question:
        settings = self._desk.settings(work.channel)
        question = read(
            work.text,
            filters=Filters(documents=settings.documents),
            history=self._ledger.turns(work.conversation),
            conversation=work.conversation,
        )
        return replace(question, notices=(*question.notices, *work.notices))

    def _keep(self, work: Work, answer: Answer) -> None:
        """Record an answer before it is shown, so that another try shows the same."""
        self._ledger.keep(answer, origin="slack", asker=work.asker, private=work.private)
        self._desk.note(work, answer=answer.id)

    def _message(self, work: Work, answer: Answer) -> Rendered:
        return blocks.message(
            answer,
            key=work.key,
            public_url=self._public_url,
            shows_pages=self._shows_pages,
            shareable=bool(work.reply_to) or self._is_ephemeral(work),
            repeats_question=work.kind in {"button", "share"} or bool(work.reply_to),
        )

    # Ways to show it.

    def _post(self, work: Work, rendered: Rendered, answer: str) -> str:
        """Post the message, or update the one that is there; return its ts, "" if not ours to."""
        posted = work.posted or (self._posted(work) if work.attempts else "")
        if posted:
            try:
                self._calls.update(
                    rendered, channel=work.channel, ts=posted, key=work.key, answer=answer
                )
            except SlackRefused as problem:
                if problem.code not in {"message_not_found", "cant_update_message"}:
                    raise
            else:
                return posted
        return self._calls.post(
            rendered,
            channel=work.channel,
            thread=work.thread,
            key=work.key,
            answer=answer,
            since=work.ts,
            # Edited, taken back or in other hands: whoever comes next knows better.
            still=lambda: self._desk.holds(work, self._owner),
        )

    def _posted(self, work: Work) -> str:
        return self._calls.posted(
            channel=work.channel, thread=work.thread, key=work.key, since=work.ts
        )

    def _respond(self, work: Work, rendered: Rendered) -> None:
        self._calls.respond(work.reply_to, rendered)

    def _whisper(self, work: Work, rendered: Rendered) -> None:
        user = self._user(work)
        if not user:
            raise SlackRefused("chat.postEphemeral", "the asker is not known any more")
        self._calls.call(
            "chat.postEphemeral",
            {
                "channel": work.channel,
                "user": user,
                "thread_ts": work.thread if work.thread != work.ts else None,
                "text": rendered.text,
                "blocks": list(rendered.blocks),
            },
        )

    def _is_ephemeral(self, work: Work) -> bool:
        if work.kind == "limited":
            return not work.channel.startswith("D")
        return work.kind == "message" and self._desk.settings(work.channel).ephemeral

    def _user(self, work: Work) -> str:
        """Return who asked: remembered, or else read from the question's message."""
        with self._users_lock:
            known = self._users.get(work.key, "")
        if known:
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

    def _show_status(self, work: Work, language: str) -> None:
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
                },
            )
        except (SlackBusy, SlackRefused) as problem:
            log.debug("no status: %s", problem)

    def _stream(self, work: Work, question: Question) -> None:
        """Show an answer while it is written; what stays at the end is the verified answer."""
        posted = work.posted or (self._posted(work) if work.attempts else "")
        stream = None
        if not posted and self._desk.holds(work, self._owner):
            stream = self._calls.client.chat_stream(
                channel=work.channel,
                thread_ts=work.thread,
                recipient_team_id=self._team(),
                recipient_user_id=self._user(work) or None,
            )
        answer: Answer | None = None
        shown, alive = 0, stream is not None
        try:
            for event in self._answerer.stream(question):  # type: ignore[attr-defined]
                if isinstance(event, Answer):
                    answer = event
                elif isinstance(event, Delta) and stream is not None and alive:
                    text = blocks.harmless(event.text)
                    shown += len(text)
                    alive = shown < STREAMED and self._append(stream, text)
                    if stream.ts and stream.ts != posted:
                        posted = stream.ts
                        self._desk.note(work, posted=posted)
        finally:
            if stream is not None and stream.ts:
                self._stop(stream)
        if answer is None:
            message = f"question {work.key}: the stream ended without an answer"
            raise RuntimeError(message)
        self._keep(work, answer)
        posted = self._post(replace(work, posted=posted), self._message(work, answer), answer.id)
        self._desk.note(work, posted=posted)

    def _append(self, stream: object, text: str) -> bool:
        """Show more of the text; False when the stream died (Slack ends it after minutes)."""
        try:
            stream.append(markdown_text=text)  # type: ignore[attr-defined]
        except (SlackApiError, SlackClientError, OSError) as problem:
            log.info("a stream died (%s); the message is updated instead", type(problem).__name__)
            return False
        return True

    def _stop(self, stream: object) -> None:
        try:
            stream.stop()  # type: ignore[attr-defined]
        except (SlackApiError, SlackClientError, OSError) as problem:
            log.info("a stream could not be stopped (%s)", type(problem).__name__)

    # Taking back.

    def _take_back(self, work: Work) -> None:
        posted = work.posted or self._posted(work)
        if posted:
            try:
                self._calls.call("chat.delete", {"channel": work.channel, "ts": posted})
            except SlackRefused as problem:
                if problem.code != "message_not_found":
                    raise
        if work.answer:
            self._ledger.withdraw(work.answer)
        self._finish(work)
