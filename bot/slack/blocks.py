"""From an answer to Slack's blocks: pure, and within Slack's limits whatever the answer holds.

Text of documents and of models goes into `markdown` blocks (in `mrkdwn`, bold fails beside
Japanese characters) with everything that could notify people or lead elsewhere made harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.answers import named_source
from bot.slack.elements import (
    Block,
    button,
    context,
    harmless,
    markdown_block,
    note,
    notes,
    one_line,
    option,
    plain,
    plain_text,
    shortened,
)
from bot.slack.gist import gist
from bot.slack.words import say
from bot.telling.phrases import made
from bot.telling.quotations import escaped
from index.revisions.following import State
from ingest.catalog.editions import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Answer, Citation
    from index.revisions.following import Followed
    from ingest.catalog.editions import Edition

QUIET = 36
"""Characters of a notice that stand under an answer; all of it comes on request."""

FULL = 6_500
"""Characters of an answer shown in full; Slack takes 12,000 in all markdown of a message."""

LISTED = 10
"""Citations in the list under an answer."""

LINE = 500
"""Characters of one line of that list: ten of them and a full answer stay under 12,000."""

SAID = 150
"""Characters of a quotation beside what it says now."""

PAGES = 3
"""Citations whose page can be had by a button."""

NOTICES = 5
"""Notices under a whole answer."""

MENU = 10
"""Questions that a menu offers."""

OPTION = 150
"""Characters that the value of a menu's option may have."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: *blocks*, and *text* for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def message(
    answer: Answer,
    *,
    key: str,
    public_url: str = "",
    full: bool = False,
    shareable: bool = False,
    shows_pages: bool = True,
    repeats_question: bool = False,
) -> Rendered:
    """Return an answer as a message.

    Args:
        answer: what is shown.
        key: the question's key, which "more" needs to keep the message's metadata.
        public_url: where the web pages are, for links to the cited page; none when "".
        full: show all of the text instead of its beginning.
        shareable: offer to show it to the channel (it is shown to the asker alone).
        shows_pages: offer images of the cited pages, of which only PDFs have any.
        repeats_question: begin with the question, where it stands nowhere above.
    """
    language = answer.language
    body, cited, cut = _whole(answer) if full else gist(answer)
    blocks: list[Block] = []
    if repeats_question:
        blocks.append(note(say(language, "asked", question=answer.question.text)))
    blocks.append(markdown_block(body))
    told = [each for each in answer.notices if each]
    if full:
        blocks.extend(_sources(answer, cited, public_url, cut=cut))
        blocks.extend(note(each) for each in told[:NOTICES])
        quiet = []
    else:
        blocks.extend(_source_lines(answer, cited, public_url))
        most = QUIET if language == "ja" else 2 * QUIET  # half as wide
        quiet = [each[: most - 1] + "…" if len(each) > most else each for each in told[:1]]
        cut = cut or quiet != told
    actions: list[Block] = []
    if cut and not full:
        actions.append(
            button("more", say(language, "more"), f"{answer.id}|{key}{'|q' * repeats_question}")
        )
    if shows_pages:
        actions.extend(
            button(
                f"page:{each.marker}",
                say(language, "show-page", marker=each.marker),
                f"{answer.id}|{each.marker}",
            )
            for each in [one for one in cited if one.paged][: PAGES if full else 1]
        )
    actions.extend(_offers(answer, shareable=shareable, full=full))
    if actions:
        blocks.append({"type": "actions", "elements": actions})
    # A greeting is nothing to rate or to look up.
    if answer.declined or answer.citations:
        blocks.append(_feedback(answer.id, language))
        blocks.append(notes([*quiet, made(answer), say(language, "answer-id", id=answer.id)]))
    return Rendered(plain(body)[:300], tuple(blocks))


def _sources(
    answer: Answer, cited: Sequence[Citation], public_url: str, *, cut: bool
) -> list[Block]:
    """Return the list of sources under a whole answer, and that it is cut where it is."""
    language = answer.language
    made = [note(say(language, "cut"))] if cut else []
    if cited:
        head = say(language, "nearest" if answer.declined else "citations")
        lines = [citation_line(each, language, public_url) for each in cited[:LISTED]]
        made.append(markdown_block(f"**{head}**\n" + "\n".join(lines)))
    return made


def _source_lines(answer: Answer, cited: Sequence[Citation], public_url: str) -> list[Block]:
    language = answer.language
    head = f"{say(language, 'nearest')}: " if answer.declined else ""
    lines = [head + source_line(each, language, public_url) for each in cited]
    return [context(lines)] if lines else []


def _offers(answer: Answer, *, shareable: bool, full: bool) -> list[Block]:
    """Return what else can be done with an answer: share it, follow it, ask on."""
    language = answer.language
    made = []
    if shareable:
        made.append(button("share", say(language, "share"), answer.id))
    if answer.citations and not answer.declined and (full or not shareable):
        made.append(button("follow", say(language, "follow"), answer.id))
    head = say(language, "clarify" if answer.clarify else "next")
    return made + _menu(answer.clarify or answer.suggestions, head)


def _whole(answer: Answer) -> tuple[str, tuple[Citation, ...], bool]:
    """Return all of an answer, what it cites, and whether even that had to be cut."""
    if answer.declined:
        body, cut = shortened(harmless(answer.declined.message), FULL)
        return body, answer.declined.nearest, cut
    text = "\n\n".join(filter(None, (answer.text, answer.further_text)))
    body, cut = shortened(harmless(text), FULL)
    cited = (*answer.citations, *answer.further)
    return body, tuple(each for each in cited if f"[{each.marker}]" in body) or cited, cut


def sentence(text: str) -> Rendered:
    """Return one sentence of ours as a message."""
    return Rendered(plain(text), (markdown_block(text),))


def followed(answer: Answer) -> Rendered:
    """Return what somebody reads who wants to be told of changes, with a way out."""
    language = answer.language
    said = say(language, "followed")
    stop = button("unfollow", say(language, "unfollow"), f"{answer.id}|{language}")
    return Rendered(plain(said), (markdown_block(said), {"type": "actions", "elements": [stop]}))


def revised(
    answer: Answer, found: Sequence[tuple[Citation, Followed]], *, public_url: str = ""
) -> Rendered:
    """Return the news that sources of an answer changed: what they said and what holds now."""
    language = answer.language
    head = say(language, "revised")
    lines = []
    for citation, now in found[:LISTED]:
        present = _present(replace(citation, now=now), language, public_url)
        lines.append(
            f"{citation_line(replace(citation, now=None), language, public_url)}\n"
            f"  「{escaped(one_line(citation.quote)[:SAID])}」{present}"
            + (f"\n  「{escaped(one_line(now.text)[:SAID])}」" if now.text else "")
        )
    text, _ = shortened("\n".join(lines), FULL)
    actions = [
        button("ask:0", say(language, "ask-again"), answer.question.text),
        button("unfollow", say(language, "unfollow"), f"{answer.id}|{language}"),
    ]
    return Rendered(
        head,
        (
            markdown_block(f"**{head}**"),
            note(say(language, "asked", question=answer.question.text)),
            markdown_block(text),
            {"type": "actions", "elements": actions},
            note(say(language, "answer-id", id=answer.id)),
        ),
    )


def words(text: str) -> Rendered:
    """Return one sentence without blocks, for when Slack takes nothing else."""
    return Rendered(plain(text), ())


def help_message(language: str, *, name: str, command: str) -> Rendered:
    """Return what one can do here."""
    return sentence(say(language, "help", name=name, command=command))


def citation_line(citation: Citation, language: str, public_url: str) -> str:
    """Return one line of the list of sources: marker, title, edition, page, badges, section."""
    document = citation.edition.document
    page = citation.where(language, section=False)
    name = escaped(named_source(document.title[:80], citation.edition.label[:40], page, language))
    link = viewer_link(public_url, citation) if public_url else ""
    if link and len(name) + len(link) < LINE - 200:
        name = f"[{name}]({link})"
    marks = "".join(f" `{badge}`" for badge in badges(citation, language))
    now = _present(citation, language, public_url)
    section = f" {escaped(one_line(citation.headed)[:60])}" if citation.section else ""
    line = f"- \\[{citation.marker}\\] {name}{marks}{section}"
    return f"{line}{now}" if len(line) + len(now) <= LINE else line


def source_line(citation: Citation, language: str, public_url: str) -> str:
    """Return a source as mrkdwn for a context block: marker, name, badges, section, what holds now."""
    document = citation.edition.document
    page = citation.where(language, section=False)
    name = _linked(
        named_source(document.title[:40], citation.edition.label[:20], page[:20], language),
        viewer_link(public_url, citation) if public_url else "",
    )
    marks = "".join(f" [{badge}]" for badge in badges(citation, language))
    section = _plain_mrkdwn(one_line(citation.section[-1])[:20]) if citation.section else ""
    said = f"[{citation.marker}] {name}{marks} {section}".rstrip()
    now, link = _now(citation, language, public_url)
    return f"{said} → {_linked(now, link)}" if now else said


def _linked(name: str, link: str) -> str:
    return f"<{link}|{_plain_mrkdwn(name)}>" if link else _plain_mrkdwn(name)


def _plain_mrkdwn(text: str) -> str:
    """Return text in which mrkdwn sees no markup: its own signs get a wide twin."""
    twins = text.translate(_TWINS)
    return twins.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_TWINS = str.maketrans({"*": "＊", "_": "＿", "~": "～", "`": "｀", "|": "｜"})


def badges(citation: Citation, language: str) -> list[str]:
    """Return what a reader must know of a source: superseded, a digest, a case."""
    kind = citation.edition.document.kind
    return [
        say(language, badge)
        for badge, holds in (
            ("superseded", citation.superseded),
            ("digest", kind is Kind.DIGEST),
            ("case", kind is Kind.CASE),
        )
        if holds
    ]


def _present(citation: Citation, language: str, public_url: str) -> str:
    """Return where a superseded citation stands today, "" for one that is in force."""
    name, link = _now(citation, language, public_url)
    name = escaped(name)
    return f" → [{name}]({link})" if link else f" → {name}" if name else ""


def _now(citation: Citation, language: str, public_url: str) -> tuple[str, str]:
    """Return what holds now of a superseded citation, and the address where it stands."""
    now = citation.now
    if now is None:
        return "", ""
    if now.edition is None:
        return say(language, "now-none"), ""
    edition = now.edition.label[:40]
    if now.state is State.GONE:
        return say(language, "now-gone", edition=edition), ""
    page = now.where(language)
    name = say(language, f"now-{now.state}", edition=edition, page=page)
    return name, _view(public_url, now.edition, now.page, now.start, now.end) if public_url else ""


def viewer_link(public_url: str, citation: Citation) -> str:
    """Return the address of the page viewer with the quotation marked (see api/viewer.py)."""
    return _view(public_url, citation.edition, citation.page, citation.start, citation.end)


def _view(public_url: str, edition: Edition, page: int, start: int, end: int) -> str:
    return (
        f"{public_url.rstrip('/')}/view?document={quote(edition.document.id, safe='')}"
        f"&edition={quote(edition.label, safe='')}&page={page}&start={start}&end={end}"
    )


def _menu(questions: Sequence[str], head: str) -> list[Block]:
    """Return a menu of questions one may ask next; what is too long for Slack is left out."""
    fitting = [each for each in dict.fromkeys(questions) if 0 < len(each) <= OPTION][:MENU]
    if not fitting:
        return []
    return [
        {
            "type": "static_select",
            "action_id": "ask:0",
            "placeholder": plain_text(head),
            "options": [option(each, each) for each in fitting],
        }
    ]


def _feedback(answer: str, language: str) -> Block:
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {
                    "text": plain_text(say(language, "helpful")),
                    "value": f"up|{answer}",
                    "accessibility_label": say(language, "helpful"),
                },
                "negative_button": {
                    "text": plain_text(say(language, "not-helpful")),
                    "value": f"down|{answer}",
                    "accessibility_label": say(language, "not-helpful"),
                },
            }
        ],
    }
