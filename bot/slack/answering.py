"""From the queue to the thread: each waiting question is answered once, whatever breaks between."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.answers import Answer, Delta, streamed
from bot.asking.question import LONGEST, language_of, read
from bot.errors import AnswerUnknown, BadQuestion
from bot.ledger.errors import LedgerUnavailable
from bot.slack import blocks, notices
from bot.slack.delivery import Delivery
from bot.slack.messages import Mark
from bot.slack.web_api import OUTSIDE, SlackBusy, SlackRefused
from bot.slack.words import say
from index.errors import IndexMissing
from index.passages import Filters

if TYPE_CHECKING:
    from bot.answers import Answerer, Question
    from bot.ledger.ledger import Ledger
    from bot.slack.blocks import Rendered
    from bot.slack.messages import Messages
    from bot.slack.people import People
    from bot.slack.queue import QuestionQueue, Work
    from bot.slack.sight import Sight
    from bot.slack.web_api import WebApi

log = logging.getLogger(__name__)

GIVE_UP_S = 3 * 3600
"""When Slack has taken nothing of an answer for so long, its question is closed as failed."""


class Answering:
    """Carries out what was claimed from the queue: answers it, again after an edit, or takes back."""

    def __init__(
        self,
        calls: WebApi,
        messages: Messages,
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
        others: Mapping[str, Callable[[Work], Rendered | None]] = MappingProxyType({}),
    ) -> None:
        """Answer with *answerer* what waits in *queue*, and record it in *ledger*.

        Args:
            calls: Slack's methods.
            messages: how something is said.
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
        self._others = others
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._delivery = Delivery(calls, messages, queue, self.owner, streaming=streaming)

    def asked_by(self, work: Work, user: str) -> None:
        """Remember who asked, until the question is done."""
        self._delivery.asked_by(work, user)

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
                self.give_up(work, problem)
            else:
                self._queue.postpone(work, self.owner, delay_s=delay, problem=str(problem))
        except SlackRefused as problem:
            self.give_up(work, problem)

    def give_up(self, work: Work, problem: Exception) -> None:
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
        # Where the thread may not be read, a sentence more is better than none.
        unreadable = isinstance(problem, SlackRefused) and "conversations" in problem.method
        try:
            return self._delivery.show(
                work,
                words,
                self._mark(work),
                by_reply=bool(work.reply_to),
                look=not unreadable,
            )
        except (SlackBusy, SlackRefused) as again:
            log.error("the asker of question %s could not be told: %s", work.key, again)  # noqa: TRY400 - no traceback helps
        return ""

    # A question.

    def _answer(self, work: Work) -> None:
        work = replace(work, channel=notices.place_of(self._calls, work.channel))
        self._forget(work)
        rendered, fine = self._rendered(work)
        posted = ""
        if rendered is not None:  # else there is nothing to tell any more
            # What goes wrong with a share or a shortcut concerns who clicked, not the channel.
            by_reply = work.hidden or bool(work.reply_to and not fine)
            posted = self._delivery.show(work, rendered, self._mark(work), by_reply=by_reply)
        self._finish(work, posted)

    def _finish(self, work: Work, posted: str = "", *, problem: str = "") -> None:
        if self._queue.finish(work, self.owner, posted=posted, problem=problem):
            self._delivery.done(work)

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
            language = self._people.language(self._delivery.user(work))
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
        self._delivery.show_status(work, question.language)
        if (
            self._streaming
            and work.thread
            and not work.hidden
            and not self._delivery.is_ephemeral(work)
        ):
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
        groups = self._sight.of(work.channel, self._delivery.user(work) if personal else "")
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
            shareable=work.hidden or self._delivery.is_ephemeral(work),
            repeats_question=work.hidden or work.kind in {"button", "share"},
        )

    def _streamed(self, work: Work, question: Question) -> Answer:
        """Return the answer, shown while it is written; the verified answer replaces that."""
        stream = self._delivery.growing(work, self._mark(work))
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
                self._delivery.delete(copy.channel, copy.posted)
        self._delivery.delete(work.channel, work.posted or self._delivery.posted(work))
        self._finish(work)
