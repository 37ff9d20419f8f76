"""Telling those who chose so when what an answer quoted has changed, each change once."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answering.editions import overtaken
from bot.errors import AnswerUnknown
from bot.ledger.errors import LedgerUnavailable
from bot.slack import blocks
from bot.slack.queue import Work
from bot.slack.words import say
from index.errors import IndexingError
from index.passages import all_seen

if TYPE_CHECKING:
    from bot.answers import Answer, Citation
    from bot.ledger.ledger import Ledger
    from bot.slack.blocks import Rendered
    from bot.slack.followers import Follower, Followers
    from bot.slack.queue import QuestionQueue
    from bot.slack.web_api import WebApi
    from index.passages import Library
    from index.revisions.following import Followed

log = logging.getLogger(__name__)

Body = dict[str, Any]

KIND = "revised"
"""How the queue names the work of telling somebody."""

LOOK_S = 5.0
"""How often it is asked whether the index, or the day, is another."""


class Following:
    """Watches the index for those who follow an answer.

    When it changes (or a day begins, on which an edition may come into force), each followed
    answer is compared with it. What changed is put in the queue under a name that it has in every
    process, so that replicas tell it once between them, whatever breaks; it goes into the
    follower's direct messages and nowhere else.
    """

    def __init__(
        self,
        calls: WebApi,
        queue: QuestionQueue,
        ledger: Ledger,
        followers: Followers,
        library: Callable[[], Library],
        *,
        public_url: str = "",
        today: Callable[[], date] = date.today,
        look_s: float = LOOK_S,
    ) -> None:
        """Watch *library*; tell by way of *queue*, whose workers call `rendered`."""
        self._calls = calls
        self._queue = queue
        self._ledger = ledger
        self._followers = followers
        self._library = library
        self._public_url = public_url
        self._today = today
        self._look_s = look_s
        self._looked = ""
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch, also for what changed while nobody did."""
        self._thread = threading.Thread(target=self._watch, name="slack-following", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(10)

    def begin(self, body: Body) -> None:
        """Put whoever clicked on the list, and say so to them alone.

        Raises:
            SlackBusy, SlackRefused, LedgerUnavailable: nothing was done, or not told.
        """
        action = body["actions"][0]
        name, address = str(action["value"]), str(body["response_url"])
        try:
            answer = self._ledger.answer(name)
        except AnswerUnknown:
            self._calls.respond(address, blocks.sentence(say("ja", "answer-gone")))
            return
        self._followers.follow(name, self._direct(body), str(action["action_ts"]))
        self._calls.respond(address, blocks.followed(answer))
        self._looked = ""  # it may have been overtaken between the answer and the click

    def end(self, body: Body) -> None:
        """Take whoever clicked off the list, and say so to them alone.

        Raises:
            SlackBusy, SlackRefused, LedgerUnavailable: nothing was done, or not told.
        """
        name, language = str(body["actions"][0]["value"]).split("|", 1)
        self._followers.leave(name, self._direct(body))
        said = blocks.sentence(say(language, "unfollowed"))
        self._calls.respond(str(body["response_url"]), said)

    def _direct(self, body: Body) -> str:
        """Return the direct messages with whoever clicked."""
        told = self._calls.call("conversations.open", {"users": str(body["user"]["id"])})
        return str(told["channel"]["id"])

    def _watch(self) -> None:
        while not self._closing.is_set():
            try:
                self.look()
            except (IndexingError, LedgerUnavailable) as problem:
                log.warning("followed answers could not be compared: %s", problem)
            except Exception:  # a bug of ours must not end the watch
                log.exception("followed answers could not be compared")
            self._closing.wait(self._look_s)

    def look(self) -> None:
        """Compare what is followed with the present index, unless that was done already.

        Raises:
            IndexMissing: there is none.
            LedgerUnavailable: the list cannot be read; nothing is lost.
        """
        library = self._library()
        against = f"{library.id}@{self._today()}"
        if against == self._looked:
            return
        self._looked = against
        try:
            for follower in self._followers.due(against):
                if self._library().id != library.id:  # another replica may be further already
                    self._looked = ""
                    return
                self._compare(follower, library, against)
        except BaseException:
            self._looked = ""
            raise

    def _compare(self, follower: Follower, library: Library, against: str) -> None:
        """Compare one answer, and tell in the same transaction: who comes second tells nothing."""
        answer = self._ledger.answer(follower.answer)  # whole, or it had no button
        told = outcome(self._overtaken(answer, library))
        news = Work(
            f"{KIND}:{answer.id}:{follower.channel}:{library.id}:{told[:12]}",
            KIND,
            follower.channel,
            "",
            follower.since,
            private=True,
            answer=answer.id,
        )
        self._followers.looked(
            follower,
            against,
            told,
            news=(lambda connection: self._queue.add(connection, news))
            if told not in {"", follower.told}
            else None,
        )

    def _overtaken(self, answer: Answer, library: Library) -> tuple[tuple[Citation, Followed], ...]:
        """Return what changed, as those see it who asked; nothing of what they may see no more."""
        groups = answer.question.filters.groups
        if not all_seen(answer.editions, library, groups):
            return ()
        return overtaken(answer, library.seen_by(groups), self._today())

    def rendered(self, work: Work) -> Rendered | None:
        """Return the message for a follower; None when there is nothing to tell any more."""
        try:
            answer = self._ledger.answer(work.answer)
        except AnswerUnknown:
            return None
        found = self._overtaken(answer, self._library())
        return blocks.revised(answer, found, public_url=self._public_url) if found else None


def outcome(found: tuple[tuple[Citation, Followed], ...]) -> str:
    """Return a name for what became of an answer's sources, "" when all stand."""
    if not found:
        return ""
    said = "\0".join(f"{citation.marker} {now.state} {now.text}" for citation, now in found)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
