"""What a channel reads of an answer: the first line and a quotation or two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.answers import Certainty
from bot.slack.elements import harmless, shortened
from bot.slack.words import say
from bot.telling.quotations import escaped

if TYPE_CHECKING:
    from bot.answers import Answer, Citation

SHORT = 700
"""Characters of Markdown of an answer that are shown at first, however many lines they make."""

WIDTH, LINES = 45, 4
"""Characters of a line as Slack breaks it, and how many lines of an answer a channel reads."""

SOURCES = 2
"""Sources under what a channel reads."""

_QUOTED = re.compile(r"- ([「“])(.*)([」”]\[\d{1,3}\])")


def gist(answer: Answer) -> tuple[str, tuple[Citation, ...], bool]:
    """Return what a channel reads of an answer, what that cites, and whether there is more.

    At most `LINES` lines as Slack breaks them: the first line in bold, and a quotation or two,
    each cut where it is long. Sources stand beneath as context.
    """
    if answer.declined:
        lacking = dict.fromkeys(each.text for each in answer.missing if each.text)
        said = harmless(answer.declined.message)
        if lacking and answer.declined.nearest:
            words = escaped("、".join(lacking)[:WIDTH])
            said += f"\n{say(answer.language, 'lacking', words=words)}"
        body, cut = shortened(said, SHORT)
        return body, answer.declined.nearest[:SOURCES], cut
    told = [
        line.rstrip()
        for line in answer.text.splitlines()
        if line.strip() and not line.startswith("  ")
    ]
    shown: list[str] = []
    room, cut = LINES, bool(answer.further)
    for at, line in enumerate(told):
        most = min(room, 3 if at == 0 else 2) * WIDTH
        if room <= 0:
            cut = True
            break
        short = _cut(line, most)
        cut = cut or short != line
        room -= max(1, -(-len(short) // WIDTH))
        lead = not shown and answer.certainty is Certainty.ANSWERED
        shown.append(_bold(short) if lead else short)
    body, cut_again = shortened(harmless("\n".join(shown)), SHORT)
    cited = tuple(each for each in answer.citations if f"[{each.marker}]" in body)
    return body, (cited or answer.citations)[:SOURCES], cut or cut_again


def _cut(line: str, most: int) -> str:
    """Return a line of Markdown within a length, a quotation with its mark still behind it."""
    if len(line) <= most:
        return line
    quoted = _QUOTED.match(line)
    if quoted is None:
        return line[:most].rstrip("\\* ") + "…"
    opening, words, closing = quoted.groups()
    if len(words) <= most:
        return line
    return f"- {opening}{words[:most].rstrip(chr(92))}…{closing}"


def _bold(line: str) -> str:
    """Return a line in bold; one that has bold in it has it already."""
    found = _QUOTED.match(line)
    if "**" in line or found is None:
        return line
    opening, words, closing = found.groups()
    return f"**{opening}{words}{closing[0]}**{closing[1:]}"
