"""An answer as lines for a terminal: what it says, its sources, and what to ask next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.telling.phrases import made
from index.revisions.following import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.answers import Answer, Citation


@dataclass(frozen=True, slots=True)
class Line:
    """A line to print unbroken; *quiet* where it stands beside the answer."""

    text: str
    quiet: bool = False


def lines(answer: Answer) -> Iterator[Line]:
    """Yield everything an answer holds, in the order in which it is read."""
    yield Line(answer.text)
    if answer.notices:
        yield Line("")
    for notice in answer.notices:
        yield Line(notice, quiet=True)
    shown = answer.declined.nearest if answer.declined else answer.citations
    if shown:
        yield Line("")
    for citation in shown:
        yield Line(
            f"[{citation.marker}] {citation.named('ja', section=not citation.section)}"
            + (f"  旧版{_present(citation)}" if citation.superseded else "")
            + (f"  {' › '.join(citation.section)}" if citation.section else "")
        )
    if answer.suggestions:
        yield Line("")
    for suggestion in answer.suggestions:
        yield Line(f"→ {suggestion}")
    yield Line(f"\n{made(answer)}\n{answer.id}", quiet=True)


def _present(citation: Citation) -> str:
    """Return where a superseded citation stands today, as words beside it."""
    now = citation.now
    if now is None:
        return ""
    if now.edition is None:
        return " → いまは効力のある版がありません"
    if now.state is State.GONE:
        return f" → 現行{now.edition.label}にはありません"
    said = "" if now.state is not State.CHANGED else f"「{' '.join(now.text.split())}」"
    return f" → 現行{now.edition.label} {now.where('ja')}{said}"
