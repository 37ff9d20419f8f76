"""From an answer to Slack's blocks: pure, and within Slack's limits whatever the answer holds.

Text of documents and of models goes into `markdown` blocks (in `mrkdwn`, bold fails beside
Japanese characters) with everything that could notify people or lead elsewhere made harmless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from bot.slack.words import say
from bot.telling.quotations import escaped
from index.revisions.following import State
from ingest.catalog.editions import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.answers import Answer, Citation
    from bot.ledger.ledger import Entry
    from bot.slack.queue import ChannelSettings
    from index.revisions.following import Followed
    from ingest.catalog.editions import Edition

Block: TypeAlias = dict[str, Any]

SHORT = 700
"""Characters of an answer that are shown at first; the rest comes on request."""

LIST, LISTED_DOCUMENTS = 25, 300
"""Items in one list of a view, and documents that the home tab names; it says how many more."""

VIEW = 30_000
"""Characters of documents' names in the home tab; Slack takes some 250,000 of everything."""

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

BUTTON, VALUE, SECTION, NOTICE = 75, 2_000, 3_000, 1_900
"""Slack's limits: a button's label and value, a section's text; and ours for a notice."""

CHOICES = 100
"""Options that a menu, or a group in it, may have; and groups."""


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
        shows_pages: offer images of the cited pages.
        repeats_question: begin with the question, where it stands nowhere above.
    """
    language = answer.language
    said = answer.declined.message if answer.declined else answer.text
    cited = answer.declined.nearest if answer.declined else answer.citations
    body, cut = shortened(harmless(said), FULL if full else SHORT)
    if cut and not answer.declined:  # sources of what is not shown yet come with it
        cited = tuple(each for each in cited if f"[{each.marker}]" in body) or cited
    blocks: list[Block] = []
    if repeats_question:
        blocks.append(_note(say(language, "asked", question=answer.question.text)))
    blocks.append(_markdown(body))
    if cut and full:
        blocks.append(_note(say(language, "cut")))
    if cited:
        head = say(language, "nearest" if answer.declined else "citations")
        lines = [citation_line(each, language, public_url) for each in cited[:LISTED]]
        blocks.append(_markdown(f"**{head}**\n" + "\n".join(lines)))
    blocks.extend(_note(notice) for notice in answer.notices[:5] if notice)
    actions: list[Block] = []
    if cut and not full:
        actions.append(
            _button("more", say(language, "more"), f"{answer.id}|{key}{'|q' * repeats_question}")
        )
    if shows_pages:
        actions.extend(
            _button(
                f"page:{each.marker}",
                say(language, "show-page", marker=each.marker),
                f"{answer.id}|{each.marker}",
            )
            for each in cited[:PAGES]
        )
    if shareable:
        actions.append(_button("share", say(language, "share"), answer.id))
    if answer.citations and not answer.declined:
        actions.append(_button("follow", say(language, "follow"), answer.id))
    if actions:
        blocks.append({"type": "actions", "elements": actions})
    blocks.extend(_questions(answer.clarify, say(language, "clarify")))
    blocks.extend(_questions(answer.suggestions, say(language, "next")))
    blocks.append(_feedback(answer.id, language))
    blocks.append(_note(say(language, "answer-id", id=answer.id)))
    return Rendered(plain(body)[:300], tuple(blocks))


def sentence(text: str) -> Rendered:
    """Return one sentence of ours as a message."""
    return Rendered(plain(text), (_markdown(text),))


def followed(answer: Answer) -> Rendered:
    """Return what somebody reads who wants to be told of changes, with a way out."""
    language = answer.language
    said = say(language, "followed")
    stop = _button("unfollow", say(language, "unfollow"), f"{answer.id}|{language}")
    return Rendered(plain(said), (_markdown(said), {"type": "actions", "elements": [stop]}))


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
            f"  「{escaped(_line(citation.quote)[:SAID])}」{present}"
            + (f"\n  「{escaped(_line(now.text)[:SAID])}」" if now.text else "")
        )
    text, _ = shortened("\n".join(lines), FULL)
    actions = [
        _button("ask:0", say(language, "ask-again"), answer.question.text),
        _button("unfollow", say(language, "unfollow"), f"{answer.id}|{language}"),
    ]
    return Rendered(
        head,
        (
            _markdown(f"**{head}**"),
            _note(say(language, "asked", question=answer.question.text)),
            _markdown(text),
            {"type": "actions", "elements": actions},
            _note(say(language, "answer-id", id=answer.id)),
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
    page = say(language, "page", page=citation.page_label or citation.page)
    edition = (
        f"（{citation.edition.label}）" if language == "ja" else f" ({citation.edition.label}) "
    )
    name = escaped(f"{document.title[:80]}{edition[:40]}{page}")
    link = viewer_link(public_url, citation) if public_url else ""
    if link and len(name) + len(link) < LINE - 200:
        name = f"[{name}]({link})"
    badges = [
        say(language, badge)
        for badge, holds in (
            ("superseded", citation.superseded),
            ("digest", document.kind is Kind.DIGEST),
            ("case", document.kind is Kind.CASE),
        )
        if holds
    ]
    marks = "".join(f" `{badge}`" for badge in badges)
    now = _present(citation, language, public_url)
    section = f" {escaped(_line(citation.section[-1])[:60])}" if citation.section else ""
    line = f"- \\[{citation.marker}\\] {name}{marks}{section}"
    return f"{line}{now}" if len(line) + len(now) <= LINE else line


def _present(citation: Citation, language: str, public_url: str) -> str:
    """Return where a superseded citation stands today, "" for one that is in force."""
    now = citation.now
    if now is None:
        return ""
    if now.edition is None:
        return f" → {say(language, 'now-none')}"
    edition = now.edition.label[:40]
    if now.state is State.GONE:
        return f" → {escaped(say(language, 'now-gone', edition=edition))}"
    page = say(language, "page", page=now.label or now.page)
    name = escaped(say(language, f"now-{now.state}", edition=edition, page=page))
    if not public_url:
        return f" → {name}"
    return f" → [{name}]({_view(public_url, now.edition, now.page, now.start, now.end)})"


def viewer_link(public_url: str, citation: Citation) -> str:
    """Return the address of the page viewer with the quotation marked (see api/viewer.py)."""
    return _view(public_url, citation.edition, citation.page, citation.start, citation.end)


def _view(public_url: str, edition: Edition, page: int, start: int, end: int) -> str:
    return (
        f"{public_url.rstrip('/')}/view?document={quote(edition.document.id, safe='')}"
        f"&edition={quote(edition.label, safe='')}&page={page}&start={start}&end={end}"
    )


def home(
    language: str,
    *,
    editions: Sequence[Edition],
    generation: str,
    refreshed: str,
    recent: Sequence[Entry],
    command: str,
    public_url: str = "",
) -> Block:
    """Return the home tab: what is held and in force, since when, and one's own questions.

    Views take no `markdown` blocks, only messages do.
    """
    blocks: list[Block] = [_section(say(language, "about")), _section_head(language, "documents")]
    lines = _within([f"{held.document.title} （{held.label}）" for held in editions], VIEW)
    if lines:
        blocks.extend(_list(lines[at : at + LIST]) for at in range(0, len(lines), LIST))
        if len(lines) < len(editions):
            more = say(language, "home-more", count=len(editions) - len(lines))
            page = f"{public_url.rstrip('/')}/documents" if public_url else ""
            blocks.append(_note(f"{more} {page}".rstrip()))
        blocks.append(
            _note(say(language, "home-refreshed", generation=generation, refreshed=refreshed))
        )
    else:
        blocks.append(_section(say(language, "home-none")))
    blocks.append({"type": "divider"})
    blocks.append(_section_head(language, "recent"))
    if recent:
        blocks.append(_list([_line(entry.question)[:200] for entry in recent]))
    else:
        blocks.append(_section(say(language, "home-no-recent")))
    blocks.append({"type": "divider"})
    blocks.append(_rich(say(language, "help", name="tebiki", command=command)))
    return {"type": "home", "blocks": blocks}


def reason_modal(language: str, answer: str) -> Block:
    """Return the form that asks what was not helpful."""
    return {
        "type": "modal",
        "callback_id": "reason",
        "private_metadata": answer,
        "title": _text(say(language, "reason-title")),
        "submit": _text(say(language, "send")),
        "close": _text(say(language, "cancel")),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "optional": True,
                "label": _text(say(language, "reason-label")),
                "hint": _text(say(language, "reason-hint")),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "reason",
                    "multiline": True,
                    "max_length": 1_000,
                },
            }
        ],
    }


def settings_modal(
    language: str, *, channel: str, chosen: ChannelSettings, editions: Sequence[Edition]
) -> Block:
    """Return the form that says how Tebiki behaves in one channel."""
    when = ("mention", "automatic")
    who = ("visible", "ephemeral")
    titles = {edition.document.id: edition.document.title for edition in editions}
    documents = [_option(title, name) for name, title in titles.items()][: CHOICES * CHOICES]
    known = [option for option in documents if option["value"] in chosen.documents]
    menu: Block = {
        "type": "multi_static_select",
        "action_id": "documents",
        **_options(documents),
        **({"initial_options": known[:CHOICES]} if known else {}),
    }
    gone = sum(name not in titles for name in chosen.documents)
    blocks = [
        _choice(language, "when", when, when[chosen.automatic]),
        _choice(language, "who", who, who[chosen.ephemeral]),
    ]
    if documents:
        blocks.append(
            {
                "type": "input",
                "block_id": "documents",
                "optional": True,
                "label": _text(say(language, "settings-documents")),
                "element": menu,
            }
        )
    if gone:
        blocks.append(_note(say(language, "settings-gone", count=gone)))
    return {
        "type": "modal",
        "callback_id": "settings",
        "private_metadata": channel,
        "title": _text(say(language, "settings-title")),
        "submit": _text(say(language, "save")),
        "close": _text(say(language, "cancel")),
        "blocks": blocks,
    }


def prompts(questions: Iterable[str]) -> list[dict[str, str]]:
    """Return up to four suggested prompts; Slack takes no more."""
    return [{"title": each[:BUTTON], "message": each[:VALUE]} for each in list(questions)[:4]]


_REFERENCE = re.compile(r"(?<!\\)<(?=[!@#a-zA-Z/])")
_LINK = re.compile(r"(?<!\\)\]\(")
_PICTURE = re.compile(r"(?<!\\)!\[")


def harmless(text: str) -> str:
    """Return Markdown that notifies nobody and leads nowhere: no mention, link or picture.

    Answers hold no links; what looks like one came from a document or a model.
    """
    text = _PICTURE.sub("!\\\\[", text)
    text = _LINK.sub("]\\\\(", text)
    return _REFERENCE.sub("\\\\<", text)


def shortened(text: str, most: int) -> tuple[str, bool]:
    """Return whole lines of *text* up to *most* characters, and whether something was cut."""
    if len(text) <= most:
        return text, False
    end = text.rfind("\n", 0, most)
    if end < most // 3:  # one very long line: better its beginning than nothing
        return text[:most].rstrip("\\") + "…", True
    return text[:end].rstrip(), True


_MARKUP = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]")


def plain(text: str) -> str:
    """Return Markdown as plain text that Slack reads no mention or link into."""
    bare = _MARKUP.sub(lambda found: found[1] or "", text)
    return bare.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    return " ".join(text.split())


def _within(lines: Sequence[str], most: int) -> list[str]:
    """Return as many of the first lines as a view may list."""
    found: list[str] = []
    for line in lines[:LISTED_DOCUMENTS]:
        most -= len(line)
        if most < 0:
            break
        found.append(line)
    return found


def _list(lines: Sequence[str]) -> Block:
    """Return a bulleted list of plain texts, as views take it."""
    return {"type": "rich_text", "elements": [_items([[_run(line)] for line in lines])]}


def _rich(text: str) -> Block:
    """Return our own Markdown (paragraphs, bullets, code) as rich text, as views take it."""
    made: list[Block] = []
    for line in filter(None, text.splitlines()):
        bullet = line.startswith("- ")
        parts = re.split(r"`([^`]*)`", line.removeprefix("- "))
        runs = [_run(part, code=at % 2 == 1) for at, part in enumerate(parts) if part]
        if bullet and made and made[-1]["type"] == "rich_text_list":
            made[-1]["elements"].extend(_items([runs])["elements"])
        else:
            made.append(_items([runs]) if bullet else _runs(runs))
    return {"type": "rich_text", "elements": made}


def _items(items: Sequence[Sequence[Block]]) -> Block:
    return {
        "type": "rich_text_list",
        "style": "bullet",
        "elements": [_runs(runs) for runs in items],
    }


def _runs(runs: Sequence[Block]) -> Block:
    return {"type": "rich_text_section", "elements": list(runs)}


def _run(text: str, *, code: bool = False) -> Block:
    return {"type": "text", "text": text or " ", **({"style": {"code": True}} if code else {})}


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def _markdown(text: str) -> Block:
    return {"type": "markdown", "text": text or " "}


def _section(text: str) -> Block:
    return {"type": "section", "text": _text(text[:SECTION])}


def _section_head(language: str, name: str) -> Block:
    return {"type": "header", "text": _text(say(language, f"home-{name}")[:150])}


def _note(text: str) -> Block:
    return {"type": "context", "elements": [_text(text[:NOTICE])]}


def _button(action: str, label: str, value: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": _text(label if len(label) <= BUTTON else label[: BUTTON - 1] + "…"),
        "value": value[:VALUE],
    }


def _questions(questions: Sequence[str], head: str) -> list[Block]:
    if not questions:
        return []
    buttons = [_button(f"ask:{at}", each, each) for at, each in enumerate(questions[:5])]
    return [_note(head), {"type": "actions", "elements": buttons}]


def _feedback(answer: str, language: str) -> Block:
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {
                    "text": _text(say(language, "helpful")),
                    "value": f"up|{answer}",
                    "accessibility_label": say(language, "helpful"),
                },
                "negative_button": {
                    "text": _text(say(language, "not-helpful")),
                    "value": f"down|{answer}",
                    "accessibility_label": say(language, "not-helpful"),
                },
            }
        ],
    }


def _options(options: Sequence[Block]) -> Block:
    """Return what a menu offers; Slack takes a hundred options, and so many groups of them."""
    if len(options) <= CHOICES:
        return {"options": list(options)}
    groups = [options[at : at + CHOICES] for at in range(0, len(options), CHOICES)]
    return {
        "option_groups": [
            {"label": _text(f"{at * CHOICES + 1} – {at * CHOICES + len(group)}"), "options": group}
            for at, group in enumerate(groups)
        ]
    }


def _option(label: str, value: str) -> Block:
    return {"text": _text(label[:BUTTON]), "value": value[:150]}


def _choice(language: str, name: str, values: Sequence[str], chosen: str) -> Block:
    options = [_option(say(language, f"settings-{value}"), value) for value in values]
    return {
        "type": "input",
        "block_id": name,
        "label": _text(say(language, f"settings-{name}")),
        "element": {
            "type": "radio_buttons",
            "action_id": name,
            "options": options,
            "initial_option": options[list(values).index(chosen)],
        },
    }


def chosen_settings(values: Mapping[str, Any]) -> tuple[bool, bool, tuple[str, ...]]:
    """Return what somebody chose in the settings form: automatic, ephemeral, documents."""
    documents = values.get("documents", {}).get("documents", {}).get("selected_options") or ()
    return (
        values["when"]["when"]["selected_option"]["value"] == "automatic",
        values["who"]["who"]["selected_option"]["value"] == "ephemeral",
        tuple(option["value"] for option in documents),
    )
