"""Requests that a chat program makes for itself: a title, tags, follow-ups, search words.

They are no question to the manuals: they are answered at once, from what they bring, and
recorded nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest.language.tables import table

LONGEST_TITLE = 30
LISTS = {"tags", "follow_ups", "queries", "tool_calls"}


@dataclass(frozen=True, slots=True)
class Chore:
    """What a program wants: the *key* of it, *said* by the person first, as *json* or as words."""

    key: str
    said: str
    json: bool

    def done(self) -> str:
        """Return the reply: a title is what was asked first, a list is empty."""
        words = " ".join(self.said.split())
        title = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1] + "…"
        value: Any = [] if self.key in LISTS else title if self.key == "title" else ""
        if self.json:
            return json.dumps({self.key: value}, ensure_ascii=False)
        return value if isinstance(value, str) else ""


def chore(system: str, messages: Sequence[str]) -> Chore | None:
    """Return the chore that a conversation ends in, None when a person asks.

    Args:
        system: what the program tells the model.
        messages: what the person said, oldest first.
    """
    last = messages[-1] if messages else ""
    listed = table("api/chores")
    for text in (last, system):
        low = f"\n{text.lower()}"
        if not _any(listed["makes"], low) or not _any(listed["transcript"], low):
            continue
        for wanted in listed["wanted"]:
            if _any(wanted["named"], low):
                said = _first_said(text, listed["said"]) or (
                    messages[0] if len(messages) > 1 else ""
                )
                return Chore(wanted["key"], said, "json" in low)
    return None


def _first_said(text: str, signs: Sequence[str]) -> str:
    """Return the first line of what the person said in a transcript, "" when it has none."""
    low = f"\n{text.lower()}"
    found = [(low.find(sign), len(sign)) for sign in signs if sign in low]
    if not found:
        return ""
    at, long = min(found)
    rest = f"\n{text}"[at + long :].strip().strip('"').strip()
    return rest.partition("\n")[0].strip().strip('"')


def _any(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)
