"""What a channel reads of an answer: the first line and a quotation or two."""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from bot.answers import Certainty
from bot.slack.elements import harmless, shortened
from bot.slack.words import say
from bot.telling.quotations import escaped
from ingest.language.sentences import shown as words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Answer, Citation

SHORT = 700
"""Characters of Markdown of an answer that are shown at first, however many lines they make."""

WIDTH, LINES = 45, 4
"""Characters of a line as Slack breaks it, and how many lines of an answer a channel reads."""

SOURCES = 2
"""Sources under what a channel reads."""

LARGE = 80
"""Characters of a first line that are in bold: a longer one would be nothing but bold."""

ROWS = 2
"""Rows of a table that a channel reads, each cell behind its head."""

BEGINNING = 20
"""Characters by which the first line is found in its quotation, where lines are joined otherwise."""

LABELS = 2
"""Columns that may stand under an empty corner."""

_QUOTED = re.compile(r"- ([「“])(.*)([」”]\[(\d{1,3})\])")
_ASKED = re.compile(r"\*\*[^*]+\*\*")


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
    if sum(_ASKED.fullmatch(line) is not None for line in told) > 1:
        shown, room, cut = _in_turn(told), 0, True
        told = []
    for at, line in enumerate(told):
        rows = _rows(answer, line) if room > 1 else []
        if rows:
            shown += rows[:ROWS]
            room -= sum(-(-len(row) // WIDTH) for row in rows[:ROWS])
            cut = True
            continue
        most = min(room, 3 if at == 0 else 2) * WIDTH
        if room <= 0:
            cut = True
            break
        short = _cut(_from_lead(answer, line), most)
        cut = cut or short != line
        room -= max(1, -(-len(short) // WIDTH))
        lead = not shown and answer.certainty is Certainty.ANSWERED
        shown.append(_bold(short) if lead else short)
    body, cut_again = shortened(harmless("\n".join(shown)), SHORT)
    cited = tuple(each for each in answer.citations if f"[{each.marker}]" in body)
    return body, (cited or answer.citations)[:SOURCES], cut or cut_again


def _from_lead(answer: Answer, line: str) -> str:
    """Return a quotation from where it answers on, where more than a line stands before that."""
    quoted, lead = _QUOTED.match(line), answer.lead
    if quoted is None or lead is None or quoted.group(4) != str(lead.marker):
        return line
    opening, words, closing, _ = quoted.groups()
    said = escaped(words_of(lead.text))
    at = max(words.find(said), words.find(said[:BEGINNING]))
    return f"- {opening}…{words[at:]}{closing}" if at > WIDTH else line


def _in_turn(told: Sequence[str]) -> list[str]:
    """Return each question of a message with the first line of what is said to it."""
    shown: list[str] = []
    for before, line in pairwise(("", *told)):
        if _ASKED.fullmatch(line):
            shown.append(line)
        elif _ASKED.fullmatch(before):
            shown.append(_cut(line, WIDTH))
    return shown


def _rows(answer: Answer, line: str) -> list[str]:
    """Return the rows that a line quotes, each cell behind its head; none where that is no table."""
    found = _QUOTED.match(line)
    cited = {str(each.marker): each for each in answer.citations}
    citation = cited.get(found.group(4)) if found else None
    if citation is None or not citation.context:
        return []
    lead = answer.lead
    quote = lead.text if lead is not None and lead.marker == citation.marker else citation.quote
    heads = [head for head, _ in groupby(citation.context.split(" / "))]
    rows = [row.split("\t") for row in quote.splitlines() if "\t" in row]
    named = [_named(row, heads) for row in rows if row != heads]
    return [f"- {row}[{citation.marker}]" for row in named] if all(named) else []


def _named(cells: Sequence[str], heads: Sequence[str]) -> str:
    """Return a row as its labels and what stands under each head; "" where they do not fit."""
    labels = len(cells) - len(heads)
    if not 0 <= labels <= LABELS or any(cell[:1].isdigit() for cell in cells[:labels]):
        return ""
    # A number alone names no row; what begins with a figure does not either.
    numbered = len(cells) > LABELS and not any(map(str.isalpha, cells[0]))
    first = max(1 + (numbered and not cells[1][:1].isdigit()), labels)
    said = escaped(" ".join(cells[:first]))
    under = zip(heads[first - labels :], cells[first:], strict=True)
    return f"「{said}」 " + "、".join(escaped(f"{head} {cell}") for head, cell in under)


def _cut(line: str, most: int) -> str:
    """Return a line of Markdown within a length, a quotation with its mark still behind it."""
    if len(line) <= most:
        return line
    quoted = _QUOTED.match(line)
    if quoted is None:
        return line[:most].rstrip("\\* ") + "…"
    opening, words, closing, _ = quoted.groups()
    if len(words) <= most:
        return line
    return f"- {opening}{words[:most].rstrip(chr(92))}…{closing}"


def _bold(line: str) -> str:
    """Return a line in bold; one that has bold in it has it already."""
    found = _QUOTED.match(line)
    if "**" in line or found is None or len(line) > LARGE:
        return line
    opening, words, closing, _ = found.groups()
    return f"**{opening}{words}{closing[0]}**{closing[1:]}"
