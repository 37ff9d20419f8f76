"""The smallest parts of Slack's blocks, and Markdown that can harm nobody in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]

BUTTON, VALUE, SECTION, NOTICE = 75, 2_000, 3_000, 1_900
"""Slack's limits: a button's label and value, a section's text; and ours for a notice."""


_REFERENCE = re.compile(r"(?<!\\)<(?=[!@#a-zA-Z/])")
_LINK = re.compile(r"(?<!\\)\]\(")
_ICON = re.compile(r"[\ue000-\uf8ff]")
_PICTURE = re.compile(r"(?<!\\)!\[")


def harmless(text: str) -> str:
    """Return Markdown that notifies nobody and leads nowhere: no mention, link or picture.

    Answers hold no links; what looks like one came from a document or a model. A sign of an icon
    font, such as the bullets of Wingdings, is a bullet: Slack would draw a box.
    """
    text = _ICON.sub("•", text)
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


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def plain_text(text: str) -> Block:
    """Return text that is shown as it is; Slack takes none that is empty."""
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def markdown_block(text: str) -> Block:
    """Return a block of Markdown, which only messages take."""
    return {"type": "markdown", "text": text or " "}


def note(text: str) -> Block:
    """Return a quiet line."""
    return {"type": "context", "elements": [plain_text(text[:NOTICE])]}


def notes(texts: Sequence[str]) -> Block:
    """Return several quiet texts on one line."""
    return {"type": "context", "elements": [plain_text(text[:NOTICE]) for text in texts]}


def context(lines: Sequence[str]) -> Block:
    """Return quiet lines of mrkdwn, in which links may stand."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": line, "verbatim": True} for line in lines],
    }


def button(action: str, label: str, value: str) -> Block:
    """Return a button; a long label is cut."""
    return {
        "type": "button",
        "action_id": action,
        "text": plain_text(label if len(label) <= BUTTON else label[: BUTTON - 1] + "…"),
        "value": value[:VALUE],
    }


def option(label: str, value: str) -> Block:
    """Return an option of a menu."""
    return {"text": plain_text(label[:BUTTON]), "value": value[:150]}
