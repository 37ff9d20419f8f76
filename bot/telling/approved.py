"""How an approved answer is told: who answers for it and since when, its wording, what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from bot.telling.phrases import phrase
from bot.telling.quotations import escaped, quotation

if TYPE_CHECKING:
    from bot.answers import Approval, Citation


def approved_screen(
    wording: str,
    approval: Approval,
    citations: Sequence[Citation],
    language: str,
    cases: Collection[str],
) -> str:
    """Return the first screen: the badge, the wording with its marks, each quotation with its source."""
    marks = "".join(f"[{citation.marker}]" for citation in citations)
    said = "\n\n".join(filter(None, (escaped(line.strip()) for line in wording.splitlines())))
    pieces = [badge(approval, language), f"{said}{marks}"]
    pieces += [quotation(one, language, cases) for one in citations]
    return "\n\n".join(pieces)


def badge(approval: Approval, language: str) -> str:
    """Return the line that says who approved it, and on which day."""
    return phrase(language, "approved", by=escaped(approval.by), day=approval.day.isoformat())


def doubted(approval: Approval, language: str) -> str:
    """Return the sentence that says that there is an approved answer which is to be checked."""
    return phrase(
        language, "approved-doubted", by=escaped(approval.by), day=approval.day.isoformat()
    )
