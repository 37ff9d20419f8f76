"""What is done about a click, a command or a visit once it is acknowledged."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.errors import AnswerUnknown
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.ledger import unknown
from bot.slack import blocks, views
from bot.slack.messages import Mark, Messages
from bot.slack.web_api import OUTSIDE, SlackBusy, SlackRefused, WebApi
from bot.slack.words import say
from index.errors import IndexMissing
from index.passages import all_seen
from ingest.catalog.editions import lies_in

if TYPE_CHECKING:
    from bot.answers import Answer
    from bot.ledger.ledger import Ledger
    from bot.slack.elements import Block
    from bot.slack.people import People
    from bot.slack.queue import QuestionQueue
    from bot.slack.sight import Sight
    from index.passages import Library
    from ingest.catalog.editions import Edition

log = logging.getLogger(__name__)

Body = dict[str, Any]

PageImage = Callable[["Edition", int, int, int], bytes]
"""Draws a page as PNG: edition, page (from 1), start and end of what is marked."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants something, and the address that came with it, through which they are told.

    *about* is the id of the answer it is about, "" for none.
    """

    user: str
    address: str = ""
    about: str = ""


class Interactions:
    """Threads for what may take its time, and others for forms, which must be open in 3 s."""

    def __init__(
        self,
        calls: WebApi,
        messages: Messages,
        queue: QuestionQueue,
        ledger: Ledger,
        people: People,
        *,
        library: Callable[[], Library],
        page_image: PageImage | None,
        prompts: Callable[[str], Sequence[str]],
        refreshed: Callable[[], str],
        sight: Sight,
        public_url: str,
        command: str,
    ) -> None:
        """Take what `bot.slack.app.Colleague` takes."""
        self._calls = calls
        self._messages = messages
        self._queue = queue
        self._ledger = ledger
        self._people = people
        self._library = library
        self._page_image = page_image
        self._prompts = prompts
        self._refreshed = refreshed
        self._sight = sight
        self._public_url = public_url
        self._command = command
        self._later = ThreadPoolExecutor(4, thread_name_prefix="slack-later")
        self._forms = ThreadPoolExecutor(4, thread_name_prefix="slack-forms")

    def soon(self, wish: Wish, do: Callable[..., None], *arguments: object) -> None:
        """Do something after the acknowledgement; who wished it is told when it fails."""
        self._later.submit(self._done, wish, do, arguments)

    def at_once(self, wish: Wish, do: Callable[..., None], *arguments: object) -> None:
        """Do something that Slack allows within three seconds only, and nothing slow before it."""
        self._forms.submit(self._done, wish, do, arguments)

    def close(self) -> None:
        """Finish what was begun."""
        self._forms.shutdown(wait=True)
        self._later.shutdown(wait=True)

    def _done(self, wish: Wish, do: Callable[..., None], arguments: Sequence[object]) -> None:
        try:
            do(*arguments)
        except Exception as problem:  # an interaction that fails ends no thread
            number = wish.about or secrets.token_hex(8)
            expected = (SlackBusy, SlackRefused, LedgerUnavailable, IndexMissing)
            name = getattr(do, "__name__", str(do))
            if isinstance(problem, expected):
                log.warning("no. %s: %s: %s", number, name, problem)
            else:
                log.exception("no. %s: %s failed", number, name)
            self._sorry(wish, problem, number)

    def _sorry(self, wish: Wish, problem: Exception, number: str) -> None:
        """Tell who wished something that it failed, where Slack gave an address for that."""
        language = self._people.known(wish.user) or "ja"
        if isinstance(problem, SlackRefused) and problem.code in OUTSIDE:
            text = say(language, "invite", name=self._calls.identity().name)
        elif isinstance(problem, IndexMissing):
            text = say(language, "no-index", id=number)
        else:
            text = say(language, "click-failed", id=number)
        try:
            if wish.address:
                self._calls.respond(wish.address, blocks.words(text))
        except (SlackBusy, SlackRefused) as again:
            log.warning("no. %s: who asked could not be told: %s", number, again)

    # What is done.

    def show_home(self, user: str, person: str) -> None:
        """Draw the home tab."""
        editions, generation = self._known(self._sight.of("", user))
        view = views.home(
            self._people.language(user),
            editions=editions,
            generation=generation,
            refreshed=self._refreshed() if generation else "",
            recent=self._ledger.recent(person),
            command=self._command,
            public_url=self._public_url,
        )
        self._calls.call("views.publish", {"user_id": user, "view": view})

    def documents(self, groups: frozenset[str], chosen: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of the works in force that *groups* see and a channel chose.

        It chose by id, or by folder, which ends in a slash. None without an index.
        """
        found = (
            edition.document.id
            for edition in self._known(groups)[0]
            if edition.document.id in chosen
            or any(lies_in(edition, name[:-1]) for name in chosen if name.endswith("/"))
        )
        return tuple(dict.fromkeys(found))

    def _known(self, groups: frozenset[str]) -> tuple[Sequence[Edition], str]:
        """Return the editions in force that *groups* see and the generation's name; nothing without an index."""
        try:
            library = self._library().seen_by(groups)
        except IndexMissing:
            return (), ""
        today = date.today()  # noqa: DTZ011 - editions come into force by the local calendar
        return library.in_force(today), library.id

    def suggest(self, user: str, channel: str) -> None:
        """Suggest questions to begin with."""
        language = self._people.language(user)
        prompts = views.prompts(self._prompts(language))
        if prompts:
            # With a thread_ts the call is accepted and shows nothing.
            self._calls.call(
                "assistant.threads.setSuggestedPrompts",
                {"channel_id": channel, "title": say(language, "prompts"), "prompts": prompts},
            )

    def open_settings(self, user: str, channel: str, trigger: str) -> None:
        """Open the form that says how Tebiki behaves in a channel."""
        chosen = self._queue.channels.settings(channel)
        editions = self._known(self._sight.of(channel, user))[0]
        self._open(
            user,
            trigger,
            lambda language: views.settings_modal(
                language, channel=channel, chosen=chosen, editions=editions
            ),
        )

    def ask_why(self, user: str, answer: str, trigger: str) -> None:
        """Open the form that asks what was not helpful."""
        self._open(user, trigger, lambda language: views.reason_modal(language, answer))

    def _open(self, user: str, trigger: str, view: Callable[[str], Block]) -> None:
        """Open a form in the language that is known, and mend that when it was another."""
        shown = self._people.known(user) or "ja"
        opened = self._calls.once("views.open", {"trigger_id": trigger, "view": view(shown)})
        language = self._people.language(user)
        if language != shown:
            name = opened.get("view", {}).get("id")
            self._calls.call("views.update", {"view_id": name, "view": view(language)})

    def show_more(self, body: Body) -> None:
        """Show all of an answer in the message that showed its beginning."""
        name, key, *repeats = str(body["actions"][0]["value"]).split("|")
        box = body["container"]
        try:
            answer = self._answer(name, box, wish_of(body))
        except AnswerUnknown:
            self.tell(wish_of(body), "answer-gone")
            return
        hidden = bool(box.get("is_ephemeral"))
        rendered = blocks.message(
            answer,
            key=key,
            public_url=self._public_url,
            full=True,
            shareable=hidden,
            shows_pages=self._page_image is not None,
            repeats_question=bool(repeats),
        )
        if hidden:
            self._calls.respond(str(body["response_url"]), rendered, replace=True)
            return
        work = self._queue.find(key)
        mark = Mark(key, name, work.event if work else "")
        self._messages.update(rendered, channel=box["channel_id"], ts=box["message_ts"], mark=mark)

    def show_page(self, body: Body) -> None:
        """Upload the cited page, the quotation marked, into the thread of the answer."""
        name, marker = str(body["actions"][0]["value"]).split("|", 1)
        box, wish = body["container"], wish_of(body)
        try:
            answer = self._answer(name, box, wish)
        except AnswerUnknown:
            self.tell(wish, "answer-gone")
            return
        cited = answer.declined.nearest if answer.declined else (*answer.citations, *answer.further)
        citation = next(each for each in cited if str(each.marker) == marker)
        try:
            png = self._page_image(  # type: ignore[misc]
                citation.edition, citation.page, citation.start, citation.end
            )
        except Exception:
            log.exception("page %s of %s cannot be drawn", citation.page, citation.edition.key)
            self.tell(wish, "page-failed", id=name)
            return
        channel, thread = str(box["channel_id"]), box.get("thread_ts") or box["message_ts"]
        if box.get("is_ephemeral"):  # for their eyes only: into their own messages
            told = self._calls.call("conversations.open", {"users": wish.user})
            channel, thread = told["channel"]["id"], None
        self._messages.upload(
            png,
            channel=channel,
            thread=thread,
            filename=f"{citation.edition.document.id}-p{citation.page}.png",
            title=citation.named(self._people.language(wish.user)),
        )

    def _answer(self, name: str, box: Body, wish: Wish) -> Answer:
        """Return a recorded answer, where what it was made from may be seen.

        Raises:
            AnswerUnknown: it is not recorded, or has become somebody else's business.
        """
        answer = self._ledger.answer(name)
        groups = self._sight.of(str(box["channel_id"]), wish.user)
        try:
            if all_seen(answer.editions, self._library(), groups):
                return answer
        except IndexMissing:
            pass  # nobody can say who may see it
        raise unknown(name)

    def help(self, wish: Wish) -> None:
        """Say what one can do here, in the language of who asks."""
        language, name = self._people.language(wish.user), self._calls.identity().name
        rendered = blocks.help_message(language, name=name, command=self._command)
        self._calls.respond(wish.address, rendered)

    def tell(self, wish: Wish, name: str, **values: object) -> None:
        """Say a sentence to one person, through the address that came with their click."""
        if wish.address:
            said = say(self._people.language(wish.user), name, **values)
            self._calls.respond(wish.address, blocks.sentence(said))

    def whisper(self, channel: str, user: str, name: str) -> None:
        """Say a sentence to one person in a channel, or in their messages where we are not in it."""
        language = self._people.language(user)
        sentence = blocks.sentence(say(language, name))
        given = {"text": sentence.text, "blocks": list(sentence.blocks)}
        try:
            self._calls.call("chat.postEphemeral", {"channel": channel, "user": user, **given})
        except SlackRefused as problem:
            if problem.code not in OUTSIDE:
                raise
            told = self._calls.call("conversations.open", {"users": user})
            text = say(language, "invite", name=self._calls.identity().name)
            self._calls.call("chat.postMessage", {"channel": told["channel"]["id"], "text": text})


def wish_of(body: Body) -> Wish:
    """Return who clicked or typed, and where they can be told something."""
    actions = body.get("actions") or [{}]
    value = str(actions[0].get("value") or "")
    user = body["user"]["id"] if "user" in body else body["user_id"]
    about, parted, _ = value.partition("|")
    return Wish(str(user), str(body.get("response_url", "")), about if parted else "")
