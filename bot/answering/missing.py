"""What was asked and does not stand in the first quotation, said with the answer."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from bot.answering.articles import HEADED, heads
from bot.answering.lines import GAPS, Reader, dated
from bot.answering.signals import fits, tells_contact
from bot.answers import Missing
from bot.asking.intent import VALUES, Kind
from bot.asking.reading import find_articles
from ingest.language.spelling import normalise

if TYPE_CHECKING:
    from bot.answering.candidates import Candidate
    from bot.answering.lines import Above, Line
    from bot.answering.signals import Asked
    from bot.asking.intent import Article, Intent
    from index.passages import Library
    from ingest.catalog.editions import Edition


def lacking(
    question: Asked, candidate: Candidate, library: Library, reader: Reader
) -> tuple[Missing, ...]:
    """Return the years, places, things and the kind of answer that a candidate does not hold.

    A name that its column heads, its section's path or its document's title hold counts as held;
    names are compared across languages only by what the glossary or the dictionary gives for them.
    A town is held where the document's first page names it: whose it is stands there.
    """
    first = candidate.first
    intent = question.intent
    document = first.edition.document
    above = [
        reader.above(text)
        for text in (
            candidate.heads,
            "\n".join(first.section),
            document.title,
            document.publisher,
            first.edition.label,
        )
    ]
    words = frozenset[str]().union(
        *(line.words for line in candidate.lines), *(a.words for a in above)
    )
    flat = "".join([*(line.flat for line in candidate.lines), *(one.flat for one in above)])
    texts: list[Line | Above] = [*candidate.lines, *above]
    found: list[Missing] = [
        Missing("year", period.said)
        for period in intent.conditions.periods
        if first.edition.key not in question.then and not any(dated(period, text) for text in texts)
    ]
    if document.language != intent.language:
        known = words.union(*(one.said for one in question.names if one.stand_in(flat, words)))
        # Of a kind that keeps an answer from being firm: what no name tells may be elsewhere.
        found += [
            Missing("answer_type", _typed(intent.core, thing.said))
            for thing in intent.subjects
            if not known.issuperset(thing.words)
        ]
        return tuple(found)
    found += [
        Missing("place", town.name)
        for town in intent.conditions.towns
        if town.name not in flat + reader.front(library, first.edition).flat
    ]
    for thing in intent.subjects:
        said = GAPS.sub("", thing.said) in flat or set(thing.words) <= words
        if not said and not any(thing.said == town.name for town in intent.conditions.towns):
            found.append(Missing("thing", _typed(intent.core, thing.said)))
    # Another text may name it (第6条の2 of another law); it is held where it begins.
    begin = {
        (head.article.kind, head.article.number)
        for text in (*first.section, *(line.text for line in candidate.lines))
        for head in heads(text)
    } | _called(first.edition)
    found += [
        Missing("answer_type", article.said)
        for article in _articles(intent)
        if (article.kind, article.number) not in begin
    ]
    wanted = [want for want in intent.wanted if want.kind in VALUES]
    if wanted and not any(
        fits(intent, figure) for line in candidate.lines for figure in line.figures
    ):
        found.append(Missing("answer_type", wanted[0].said or wanted[0].kind.value))
    if Kind.CONTACT in intent.kinds and not any(
        tells_contact(line.plain) for line in candidate.lines
    ):
        found.append(Missing("answer_type", "連絡先"))
    return tuple(found)


def _articles(intent: Intent) -> list[Article]:
    """Return the articles that a question wants to see, none where it wants something of them."""
    if intent.kinds[:1] != (Kind.ARTICLE,):
        return []
    return [article for article in intent.articles if article.kind in HEADED]


def _typed(core: str, said: str) -> str:
    """Return a thing as it was typed, in its own width and case, where it can be found."""
    plain = unicodedata.normalize("NFKC", core).casefold()
    at = plain.find(said)
    return core[at : at + len(said)] if at >= 0 and len(plain) == len(core) else said


def _called(edition: Edition) -> set[tuple[str, tuple[int, ...]]]:
    """Return the numbers that a document is called by: a form is often a file of its own."""
    said = normalise(f"{edition.document.title}\n{edition.label}\n{edition.path or ''}")
    return {(one.article.kind, one.article.number) for one in find_articles(said)}
