"""The first screen of an answer, and what follows it: pure, from citations to Markdown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.answers import Answer, Certainty, Citation, Declined, Lead, Missing
from bot.telling.phrases import phrase
from bot.telling.quotations import escaped, notices, source
from ingest.language.sentences import shown

_LACKS = {"year": "lacks-year", "place": "lacks-place", "answer_type": "lacks-kind"}
_NAMED = 2
"""Things that are named as missing."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a first screen is made of; *left* is how many items of the first list are not shown."""

    language: str
    lead: Lead
    citations: tuple[Citation, ...]
    certainty: Certainty
    missing: tuple[Missing, ...]
    choices: tuple[str, ...]
    cases: Collection[str]
    left: int = 0


def first_screen(screen: Screen) -> str:
    """Return the first screen: the answer itself, what says it with its source, what adds to it."""
    language, lead = screen.language, screen.lead
    first, *others = screen.citations
    pieces: list[str] = []
    if screen.certainty is Certainty.NEAR:
        pieces.append(lacks(screen.missing, language))
    if lead.value:
        pieces.append(f"**{escaped(shown(lead.value))}**[{lead.marker}]")
    pieces.append(quotation(first, language, screen.cases))
    if screen.left:
        pieces.append(phrase(language, "left", count=screen.left))
    pieces += [quotation(one, language, screen.cases) for one in others]
    if screen.choices:
        asked = [f"- {escaped(choice)}" for choice in screen.choices]
        pieces.append("\n".join([phrase(language, "clarify"), "", *asked]))
    return "\n\n".join(pieces)


def further_screen(citations: Sequence[Citation], language: str, cases: Collection[str]) -> str:
    """Return what もっと見る opens: quotations with their sources, "" for none."""
    return "\n\n".join(quotation(one, language, cases) for one in citations)


def quotation(citation: Citation, language: str, cases: Collection[str]) -> str:
    """Return a quotation with its marker, column heads behind it and its source beneath."""
    said = quoted_line(citation.quote, citation.marker, language)
    if citation.context:
        said += phrase(language, "heads", heads=escaped(shown(citation.context)))
    return f"{said}\n{_source(citation, language, cases)}"


def quoted_line(said: str, marker: int, language: str) -> str:
    """Return a list line that shows a text word for word, with its marker."""
    left, right = ("「", "」") if language == "ja" else ("“", "”")
    return f"- {left}{escaped(shown(said))}{right}[{marker}]"


def _source(citation: Citation, language: str, cases: Collection[str]) -> str:
    return f"  {source(citation, language, cases)}"


def lacks(missing: Sequence[Missing], language: str) -> str:
    """Return the sentence that says what the quotation does not say."""
    for one in missing:
        if one.kind in _LACKS:
            return phrase(language, _LACKS[one.kind], said=escaped(one.text))
    things = [one.text for one in missing if one.kind == "thing"][:_NAMED]
    if not things:
        return phrase(language, "opening-unsure")
    named = "".join(f"「{thing}」" for thing in things)
    if language == "en":
        named = ", ".join(f"“{thing}”" for thing in things)
    return phrase(language, "lacks-thing", said=escaped(named))


def declining(blank: Answer, nearest: Sequence[Citation], cases: Collection[str]) -> Answer:
    """Return *blank* as a declined answer: one sentence, and the place that comes nearest."""
    language = blank.question.language
    message = phrase(
        language, "declined", question=escaped(blank.question.core or blank.question.text)
    )
    pieces = [message]
    if nearest:
        place = source(nearest[0], language, cases)
        pieces.append(phrase(language, "declined-nearest", place=place))
    else:
        pieces.append(phrase(language, "declined-empty"))
    return replace(
        blank,
        text="\n\n".join(pieces),
        declined=Declined("not-found", message, tuple(nearest)),
        certainty=Certainty.DECLINED,
        notices=(*blank.notices, *notices(nearest, language, cases)),
    )
