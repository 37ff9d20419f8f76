"""From the queue to the thread: each waiting question is answered once, whatever breaks between."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.answers import Answer, Delta, streamed
from bot.asking.question import LONGEST, language_of, read
from bot.errors import AnswerUnknown, BadQuestion
from bot.ledger.errors import LedgerUnavailable
from bot.slack import blocks
from bot.slack.stream import Stream
from bot.slack.web_api import Mark, SlackBusy, SlackRefused
from bot.slack.words import say
from index.errors import IndexMissing
from index.passages import Filters

if TYPE_CHECKING:
    from bot.answers import Answerer, Question
    from bot.ledger.ledger import Ledger
    from bot.slack.blocks import Rendered
    from bot.slack.people import People
    from bot.slack.queue import QuestionQueue, Work
    from bot.slack.sight import Sight
    from bot.slack.web_api import WebApi

log = logging.getLogger(__name__)

MOST_BUGS = 5
"""How often a question is tried again after an error that nobody foresaw."""

GIVE_UP_S = 3 * 3600
"""When Slack has taken nothing of an answer for so long, its question is closed as failed."""

OUTSIDE = {"not_in_channel", "channel_not_found"}
"""What Slack says where we are no member."""


class Answering:
    """Worker threads at one queue.

    Several processes may have their own. Each question is leased; while a worker is alive its
    leases are renewed, and when the process dies they run out and another worker takes over,
    looking in the thread first whether the answer is already there.
    """

    def __init__(
        self,
        calls: WebApi,
        queue: QuestionQueue,
        ledger: Ledger,
        people: People,
        answerer: Answerer,
        *,
        documents: Callable[[frozenset[str], Sequence[str]], tuple[str, ...]],
        sight: Sight,
        public_url: str = "",
        command: str = "/tebiki",
        streaming: bool = False,
        shows_pages: bool = True,
        threads: int = 4,
        lease_s: float = 30.0,
        others: Mapping[str, Callable[[Work], Rendered | None]] = MappingProxyType({}),
    ) -> None:
        """Answer with *answerer* what waits in *queue*, and record it in *ledger*.

        Args:
            calls: Slack's methods.
            queue: where questions wait.
            ledger: where answers are recorded and conversations continue.
            people: whose language is which.
            answerer: gives the answers, in pieces where it can.
            documents: gives, for groups and what a channel chose, the ids that are searched.
            sight: says whose documents are seen where.
            public_url: where the web pages are; "" for none.
            command: the slash command, for the help.
            streaming: show an answer while it is written.
            shows_pages: whether images of pages can be had.
            threads: how many questions are answered at once.
            lease_s: after how many seconds a dead process's questions fall to another.
            others: what renders work of another kind than a question; None posts nothing.
        """
        self._calls = calls
        self._queue = queue
        self._ledger = ledger
        self._answerer = answerer
        self._people = people
        self._documents = documents
        self._sight = sight
        self._public_url = public_url
        self._command = command
        self._streaming = streaming
        self._shows_pages = shows_pages
        self._threads = threads
        self._lease_s = lease_s
        self._others = others
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._users: dict[str, str] = {}
        self._at_work: set[str] = set()
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
        """Finish what is being answered, leave the rest in the queue."""
        self._closing.set()
        with self._rung:
            self._rung.notify_all()
        for thread in self._running:
            thread.join(within_s)
        self._running.clear()

    def ring(self, work: Work, user: str) -> None:
        """Say that a question was put in the queue; *user* is remembered until it is answered.

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
            if self._queue.age(work) > GIVE_UP_S:
                self._give_up(work, problem)
            else:
                self._queue.postpone(work, self._owner, delay_s=delay, problem=str(problem))
        except SlackRefused as problem:
            self._give_up(work, problem)

    def _give_up(self, work: Work, problem: Exception) -> None:
        """Close a question as failed, and tell the asker so in plain words if that can be done."""
        name = self._name(work)
        log.error("question %s (answer %s) failed: %s", work.key, name, problem)
        posted = "" if work.deleted else self._apologise(work, problem, name)
        self._finish(work, posted, problem=str(problem))

    def _apologise(self, work: Work, problem: Exception, name: str) -> str:
        """Say that there is no answer, without blocks; return the message's ts if it is one."""
        language = language_of(work.text)
        if isinstance(problem, SlackRefused) and problem.code in OUTSIDE:
            text = say(language, "invite", name=self._calls.identity().name)
        else:
            text = say(language, "failed", id=name)
        words = blocks.words(text)
        try:
            if work.reply_to:
                self._calls.respond(work.reply_to, words)
            elif self._is_ephemeral(work):
                self._whisper(work, words)
            else:
                # Where the thread may not be read, a sentence more is better than none.
                unreadable = isinstance(problem, SlackRefused) and "conversations" in problem.method
                return self._post(work, words, look=not unreadable)
        except (SlackBusy, SlackRefused) as again:
            log.error("the asker of question %s could not be told: %s", work.key, again)  # noqa: TRY400 - no traceback helps
        return ""

    def _work(self) -> None:
        while not self._closing.is_set():
            bells = self._bells
            try:
                work = self._queue.claim(self._owner, lease_s=self._lease_s)
                if work is not None:
                    self._try(work)
                    continue
            except LedgerUnavailable:
                log.exception("the ledger failed; the questions stay in the queue")
            with self._rung:
                if bells == self._bells and not self._closing.is_set():
                    # Replicas and postponed questions ring no bell here.
                    self._rung.wait(timeout=min(1.0, self._lease_s / 2))

    def _try(self, work: Work) -> None:
        with self._held(work):
            self._tried(work)

    @contextmanager
    def _held(self, work: Work) -> Iterator[None]:
        """Keep the lease on a question alive while it is worked at, however that ends."""
        with self._users_lock:
            self._at_work.add(work.key)
        try:
            yield
        finally:
            with self._users_lock:
                self._at_work.discard(work.key)

    def _tried(self, work: Work) -> None:
        try:
            self.carry_out(work)
        except LedgerUnavailable:  # nothing can be written down: another try when the lease ends
            raise
        except Exception as problem:  # a bug of ours must neither lose a question nor end a worker
            log.exception("question %s could not be handled", work.key)
            if work.attempts < MOST_BUGS:
                delay = 2.0**work.attempts
                self._queue.postpone(work, self._owner, delay_s=delay, problem=repr(problem))
            else:
                self._give_up(work, problem)

    def _stay_alive(self) -> None:
        beats = 0
        while not self._closing.wait(self._lease_s / 4):
            try:
                with self._users_lock:
                    keys = tuple(self._at_work)
                self._queue.renew(self._owner, lease_s=self._lease_s, keys=keys)
                beats += 1
                if beats % 1000 == 1:
                    self._queue.tidy()
            except LedgerUnavailable:
                log.exception("leases could not be renewed")

    # A question.

    def _answer(self, work: Work) -> None:
        self._forget(work)
        rendered, fine = self._rendered(work)
        posted = ""
        if rendered is None:
            pass  # there is nothing to tell any more
        elif work.hidden or (work.reply_to and not fine):
            # What goes wrong with a share or a shortcut concerns who clicked, not the channel.
            self._calls.respond(work.reply_to, rendered)
        elif self._is_ephemeral(work):
            self._whisper(work, rendered)
        else:
            posted = self._post(work, rendered)
        self._finish(work, posted)

    def _finish(self, work: Work, posted: str = "", *, problem: str = "") -> None:
        if self._queue.finish(work, self._owner, posted=posted, problem=problem):
            with self._users_lock:
                self._users.pop(work.key, None)

    def _name(self, work: Work) -> str:
        """Return the id of the answer to this wording of a question, the same at every try."""
        if work.kind == "share" or work.kind in self._others:
            return work.answer
        return self._ledger.name("answer", work.key, str(work.version))[:16]

    def _mark(self, work: Work) -> Mark:
        return Mark(work.key, self._name(work), work.event)

    def _forget(self, work: Work) -> None:
        """Erase what was answered to earlier wordings of a question."""
        for version in range(work.version):
            self._ledger.withdraw(self._name(replace(work, version=version)))

    def _rendered(self, work: Work) -> tuple[Rendered | None, bool]:
        """Return the message, None for none, and whether it is what was asked for."""
        if work.kind in self._others:
            return self._others[work.kind](work), True
        if work.limited:
            return blocks.sentence(say(language_of(work.text), "limited")), False
        if not work.text and not work.answer:
            if work.notices:  # refused by the guard, which leaves no words of it
                return blocks.sentence(work.notices[0]), True
            language = self._people.language(self._user(work))
            name = self._calls.identity().name
            return blocks.help_message(language, name=name, command=self._command), True
        try:
            return self._message(work, self._answer_to(work)), True
        except (SlackBusy, SlackRefused, LedgerUnavailable):
            raise
        except Exception as problem:  # noqa: BLE001 - whatever fails, the asker gets a sentence
            return blocks.sentence(self._excuse(work, problem)), False

    def _answer_to(self, work: Work) -> Answer:
        """Return the answer, the recorded one if there is one."""
        if work.answer:
            return self._ledger.answer(work.answer)
        question = self._question(work)
        self._show_status(work, question.language)
        if self._streaming and work.thread and not work.hidden and not self._is_ephemeral(work):
            answer = self._streamed(work, question)
        else:
            answer = self._answerer.answer(question)
        answer = replace(answer, id=self._name(work))
        self._keep(work, answer)
        return answer

    def _excuse(self, work: Work, problem: Exception) -> str:
        """Return the sentence for the asker; the log has what we must look into under its id."""
        language = language_of(work.text)
        if isinstance(problem, BadQuestion):
            return say(language, "too-long" if len(work.text) > LONGEST else "not-text")
        if isinstance(problem, AnswerUnknown):
            return say(language, "answer-gone")
        name = self._name(work)
        log.error("question %s: answer %s failed", work.key, name, exc_info=problem)
        return say(language, "no-index" if isinstance(problem, IndexMissing) else "failed", id=name)

    def _question(self, work: Work) -> Question:
        chosen, notices = self._queue.channels.settings(work.channel).documents, work.notices
        personal = self._sight.by_person and work.channel.startswith("D")
        groups = self._sight.of(work.channel, self._user(work) if personal else "")
        searched = self._documents(groups, chosen) if chosen else ()
        if chosen and not searched:
            # Nothing would ever be found, and nobody would know why.
            notices = (*notices, say(language_of(work.text), "documents-gone"))
        question = read(
            work.text,
            filters=Filters(documents=searched, groups=groups),
            history=self._ledger.turns(work.conversation),
            conversation=work.conversation,
        )
        return replace(question, notices=(*question.notices, *notices))

    def _keep(self, work: Work, answer: Answer) -> None:
        """Record an answer before it is shown, so that another try shows the same."""
        self._ledger.keep(answer, origin="slack", asker=work.asker, private=self._is_private(work))
        if not self._ledger.counts_only:  # else another try has to answer anew
            self._queue.note(work, answer=answer.id)  # edited meanwhile: the next try erases it

    def _is_private(self, work: Work) -> bool:
        """Whether the question stays out of reports; a channel is asked for when in doubt."""
        if not work.private or work.hidden or not work.channel.startswith("C"):
            return work.private
        return not self._calls.is_public(work.channel)

    def _message(self, work: Work, answer: Answer) -> Rendered:
        return blocks.message(
            answer,
            key=work.key,
            public_url=self._public_url,
            shows_pages=self._shows_pages,
            shareable=work.hidden or self._is_ephemeral(work),
            repeats_question=work.hidden or work.kind in {"button", "share"},
        )

    # Ways to show it.

    def _post(self, work: Work, rendered: Rendered, *, look: bool | None = None) -> str:
        """Post the message, or update the one that is there; return its ts, "" if not ours to.

        The thread is looked through for it when this is not the first try, or as *look* says.
        """
        posted = self._place(work, look=work.attempts > 0 if look is None else look)
        mark = self._mark(work)

        def still() -> bool:
            # Edited, taken back or in other hands: whoever comes next knows better.
            return self._queue.holds(work, self._owner)

        if posted and not still():
            return posted
        if posted:
            try:
                self._calls.update(rendered, channel=work.channel, ts=posted, mark=mark)
            except SlackRefused as problem:
                if problem.code not in {"message_not_found", "cant_update_message"}:
                    raise
            else:
                return posted
        return self._calls.post(
            rendered,
            channel=work.channel,
            thread=work.thread,
            mark=mark,
            since=work.ts,
            still=still,
        )

    def _place(self, work: Work, *, look: bool) -> str:
        """Return the ts of the message that is there for a question, "" when there is none.

        Without *look* only what was noted counts.
        """
        known = self._queue.find(work.key)
        if known is not None and known.posted:
            return known.posted
        return self._posted(work) if look else ""

    def _posted(self, work: Work) -> str:
        """Return the ts of the message that the thread holds for a question, "" for none.

        A message that is streamed says not whose it is, and a thread may hold the beginnings of
        several questions: the first to occupy one has it.
        """
        return self._calls.posted(
            channel=work.channel,
            thread=work.thread,
            key=work.key,
            since=work.ts,
            adopt=lambda ts: self._streaming and self._queue.occupy(work, ts),
        )

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
                "blocks": list(rendered.blocks) or None,
            },
        )

    def _is_ephemeral(self, work: Work) -> bool:
        if work.limited:
            return not work.channel.startswith("D")
        return work.kind == "message" and self._queue.channels.settings(work.channel).ephemeral

    def _user(self, work: Work) -> str:
        """Return who asked: remembered, or else read from the question's message; "" if neither."""
        with self._users_lock:
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
                    "loading_messages": say(language, "loading").splitlines(),
                },
            )
        except (SlackBusy, SlackRefused) as problem:
            log.debug("no status: %s", problem)

    def _streamed(self, work: Work, question: Question) -> Answer:
        """Return the answer, shown while it is written; the verified answer replaces that.

        Where a message is there already (an edit, or an earlier process began it), it is left
        for the finished answer.
        """
        user = self._user(work)
        begun = self._place(work, look=work.attempts > 0)
        stream: Stream | None = None
        if not begun and user and self._queue.holds(work, self._owner):
            stream = Stream(
                self._calls,
                channel=work.channel,
                thread=work.thread,
                user=user,
                mark=self._mark(work),
                look=lambda: self._posted(work),
                begun=lambda ts: self._queue.occupy(work, ts),
            )
        answer: Answer | None = None
        try:
            for event in streamed(self._answerer, question):
                if isinstance(event, Answer):
                    answer = event
                elif isinstance(event, Delta) and stream is not None:
                    stream.add(event.text)
        finally:
            if stream is not None:
                stream.close()
        if answer is None:
            message = f"question {work.key}: the stream ended without an answer"
            raise RuntimeError(message)
        return answer

    # Taking back.

    def _take_back(self, work: Work) -> None:
        self._forget(work)
        if work.answer:
            self._ledger.withdraw(work.answer)
        for version in range(work.version):
            for copy in self._queue.shared(self._name(replace(work, version=version))):
                self._delete(copy.channel, copy.posted)
        self._delete(work.channel, work.posted or self._posted(work))
        self._finish(work)

    def _delete(self, channel: str, posted: str) -> None:
        if not posted:
            return
        try:
            self._calls.call("chat.delete", {"channel": channel, "ts": posted})
        except SlackRefused as problem:
            if problem.code != "message_not_found":
                raise
