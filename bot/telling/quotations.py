"""Quotations and the first screen: what an answer shows, from citations to Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bot.answers import Answer, Certainty, Citation, Declined, Lead, Missing
from bot.telling.phrases import phrase
from ingest.catalog.editions import Kind
from ingest.language.sentences import shown, split

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.answers import Citation
    from index.passages import Library

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


_FREE = (
    r"必要(?:は|が)な|義務(?:では|は)な|なくてもよい|ことが(?:でき|可能)|こともでき|て(?:も)?よい|でもよい|妨げられない|妨げない"
    r"|任意|\bmay\b|\boptional|\bnot required|\bneed not\b|(?:not|n't) (?:have|need) to\b"
)
_DUTY = (
    r"なければなら|必要(?:が|で)あ|義務(?:がある|付け|づけ|を負)|ものとする|てはならない|\bmust\b|\bshall\b"
    r"|(?<!not )\brequired to\b|(?<!not )(?<!n't )\b(?:has|have|needs?) to\b"
)
_ADVICE = r"望ましい|推奨|べきであ|べきです|奨励|\bshould\b|\brecommended\b|\bdesirable\b|\badvisable\b|\bencouraged\b|\bbe considered\b"
_BINDS = tuple(
    (name, re.compile(said, re.IGNORECASE))
    for name, said in (("duty", _DUTY), ("advice", _ADVICE), ("free", _FREE))
)

_MARKDOWN = re.compile(r"([\\`*\[\]<>~|&$!#]|(?<![^\W_])_|_(?![^\W_]))")


def escaped(text: str) -> str:
    """Return *text* so that Markdown shows every character of it and acts on none.

    A quotation that holds ``[2]`` or ``![x](http://…)`` is neither a marker nor a picture.
    """
    return _MARKDOWN.sub(r"\\\1", text)


def binding(said: str) -> tuple[str, ...]:
    """Return how a statement binds by its own words: "duty", "advice", "free", in that order."""
    return tuple(name for name, pattern in _BINDS if pattern.search(said))


def quoted(
    citation: Citation, parts: Sequence[tuple[int, int]], language: str, *, case: bool = False
) -> str:
    """Return list lines that show a citation's quotation, one for each of its *parts*.

    *parts* are (start, end) offsets that cover the citation. Taken together, without white
    space, the lines show exactly the characters of `Citation.quote`. Behind each stands whether
    it says a duty, advice or a choice, and in which of its sentences where not all say it alike;
    but for a *case*, which binds nobody.
    """
    left, right = ("「", "」") if language == "ja" else ("“", "”")
    lines = []
    for start, end in parts:
        piece = citation.quote[start - citation.start : end - citation.start]
        line = f"- {left}{escaped(shown(piece))}{right}[{citation.marker}]"
        if not case:
            line += _bound(piece, language)
        lines.append(line)
    if citation.context:
        lines[-1] += phrase(language, "heads", heads=escaped(shown(citation.context)))
    return "\n".join(lines)


def _bound(said: str, language: str) -> str:
    """Return the tag that says how a statement binds, "" when it does not."""
    sentences: dict[tuple[str, ...], list[str]] = {}
    for number, sentence in enumerate(split(said), start=1):
        sentences.setdefault(binding(sentence), []).append(str(number))
    named = {
        names: "・".join(phrase(language, f"binding-{one}") for one in names)
        for names in sentences
        if names
    }
    if not named:
        return ""
    if len(sentences) == 1:
        return phrase(language, "binding", named=next(iter(named.values())))
    counted = [
        phrase(
            language,
            "binding-one" if len(sentences[names]) == 1 else "binding-several",
            numbers=("・" if language == "ja" else ", ").join(sentences[names]),
            named=said_so,
        )
        for names, said_so in named.items()
    ]
    return phrase(language, "binding", named=("、" if language == "ja" else "; ").join(counted))


def cases_in(library: Library) -> frozenset[str]:
    """Return the ids of the documents that tell cases: collections of them, and their digests."""
    kinds = {edition.document.id: edition.document.kind for edition in library.editions}
    return frozenset(
        edition.document.id
        for edition in library.editions
        if edition.document.kind is Kind.CASE
        or (
            edition.document.digest_of is not None
            and kinds.get(edition.document.digest_of.document) is Kind.CASE
        )
    )


def source(citation: Citation, language: str, cases: Collection[str] = ()) -> str:
    """Return the line that names where a quotation stands and what authority it has.

    *cases* are the ids of documents that tell cases, as `cases_in` gives them.
    """
    document = citation.edition.document
    said = [citation.edition.label]
    if document.kind is Kind.DIGEST:
        said.append(phrase(language, "digest"))
    if document.id in cases:
        said.append(phrase(language, "case"))
    if not citation.in_force:
        said.append(phrase(language, "superseded"))
    page = escaped(citation.where(language, section=False))
    section = escaped(shown(citation.headed))
    return phrase(
        language,
        "source-section" if section else "source",
        title=escaped(document.title),
        edition=escaped("、".join(said) if language == "ja" else ", ".join(said)),
        page=page,
        section=section,
    )


def body(
    citations: Sequence[Citation],
    parts: Mapping[int, Sequence[tuple[int, int]]],
    language: str,
    cases: Collection[str] = (),
) -> str:
    """Return the quotations as Markdown: under each source its quotations, documents apart.

    *parts* maps a marker to the spans of its citation. The order of *citations* is kept.
    """
    blocks: list[str] = []
    for head, group in groupby(citations, key=lambda one: source(one, language, cases)):
        lines = [
            quoted(
                citation,
                parts[citation.marker],
                language,
                case=citation.edition.document.id in cases,
            )
            for citation in group
        ]
        blocks.append("\n".join([head, "", *lines]))
    return "\n\n".join(blocks)


def notices(citations: Sequence[Citation], language: str, cases: Collection[str] = ()) -> list[str]:
    """Return what the asker must know about the cited documents: digests, cases, old editions."""
    said: dict[str, None] = {}
    for citation in citations:
        document = citation.edition.document
        if document.digest_of is not None:
            said[
                phrase(
                    language,
                    "notice-digest",
                    title=document.title,
                    original=document.digest_of.title,
                )
            ] = None
        if document.id in cases:
            said[phrase(language, "notice-case", title=document.title)] = None
        if not citation.in_force:
            said[
                phrase(
                    language,
                    "notice-superseded",
                    title=document.title,
                    edition=citation.edition.label,
                )
            ] = None
    if citations and all(one.edition.document.language != language for one in citations):
        said[phrase(language, "notice-language")] = None
    return list(said)
