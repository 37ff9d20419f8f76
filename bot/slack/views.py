"""The home tab and the forms: pure, and within Slack's limits whatever is held.

Views take no `markdown` blocks, only messages do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.slack.elements import (
    BUTTON,
    SECTION,
    VALUE,
    Block,
    note,
    one_line,
    option,
    plain_text,
)
from bot.slack.words import say
from index.passages import folders_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from bot.ledger.ledger import Entry
    from bot.slack.channels import ChannelSettings
    from ingest.catalog.editions import Edition

LIST, LISTED_DOCUMENTS = 25, 300
"""Items in one list of a view, and documents that the home tab names; it says how many more."""

VIEW = 30_000
"""Characters of documents' names in the home tab; Slack takes some 250,000 of everything."""

CHOICES = 100
"""Options that a menu, or a group in it, may have; and groups."""


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
            blocks.append(note(f"{more} {page}".rstrip()))
        blocks.append(
            note(say(language, "home-refreshed", generation=generation, refreshed=refreshed))
        )
    else:
        blocks.append(_section(say(language, "home-none")))
    blocks.append({"type": "divider"})
    blocks.append(_section_head(language, "recent"))
    if recent:
        blocks.append(_list([one_line(entry.question)[:200] for entry in recent]))
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
        "title": plain_text(say(language, "reason-title")),
        "submit": plain_text(say(language, "send")),
        "close": plain_text(say(language, "cancel")),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "optional": True,
                "label": plain_text(say(language, "reason-label")),
                "hint": plain_text(say(language, "reason-hint")),
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
    titles = {f"{folder}/": f"{folder}/" for folder in folders_of(editions)}
    titles |= {edition.document.id: edition.document.title for edition in editions}
    documents = [option(title, name) for name, title in titles.items()][: CHOICES * CHOICES]
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
                "label": plain_text(say(language, "settings-documents")),
                "element": menu,
            }
        )
    if gone:
        blocks.append(note(say(language, "settings-gone", count=gone)))
    return {
        "type": "modal",
        "callback_id": "settings",
        "private_metadata": channel,
        "title": plain_text(say(language, "settings-title")),
        "submit": plain_text(say(language, "save")),
        "close": plain_text(say(language, "cancel")),
        "blocks": blocks,
    }


def prompts(questions: Iterable[str]) -> list[dict[str, str]]:
    """Return up to four suggested prompts; Slack takes no more."""
    return [{"title": each[:BUTTON], "message": each[:VALUE]} for each in list(questions)[:4]]


def chosen_settings(values: Mapping[str, Any]) -> tuple[bool, bool, tuple[str, ...]]:
    """Return what somebody chose in the settings form: automatic, ephemeral, documents."""
    documents = values.get("documents", {}).get("documents", {}).get("selected_options") or ()
    return (
        values["when"]["when"]["selected_option"]["value"] == "automatic",
        values["who"]["who"]["selected_option"]["value"] == "ephemeral",
        tuple(option["value"] for option in documents),
    )


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


def _section(text: str) -> Block:
    return {"type": "section", "text": plain_text(text[:SECTION])}


def _section_head(language: str, name: str) -> Block:
    return {"type": "header", "text": plain_text(say(language, f"home-{name}")[:150])}


def _options(options: Sequence[Block]) -> Block:
    """Return what a menu offers; Slack takes a hundred options, and so many groups of them."""
    if len(options) <= CHOICES:
        return {"options": list(options)}
    groups = [options[at : at + CHOICES] for at in range(0, len(options), CHOICES)]
    return {
        "option_groups": [
            {
                "label": plain_text(f"{at * CHOICES + 1} – {at * CHOICES + len(group)}"),
                "options": group,
            }
            for at, group in enumerate(groups)
        ]
    }


def _choice(language: str, name: str, values: Sequence[str], chosen: str) -> Block:
    options = [option(say(language, f"settings-{value}"), value) for value in values]
    return {
        "type": "input",
        "block_id": name,
        "label": plain_text(say(language, f"settings-{name}")),
        "element": {
            "type": "radio_buttons",
            "action_id": name,
            "options": options,
            "initial_option": options[list(values).index(chosen)],
        },
    }
