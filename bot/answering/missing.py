"""What was asked and does not stand in the first quotation, said with the answer."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from bot.answering.articles import HEADED, heads
from bot.answering.lines import GAPS, Reader
from bot.answering.signals import fits, tells_contact
from bot.answers import Missing
from bot.asking.intent import VALUES, Kind
from bot.asking.reading import find_articles
from ingest.language.words import person_names

if TYPE_CHECKING:
    from bot.answering.candidates import Candidate
    from bot.answering.signals import Asked
    from bot.asking.intent import Article, Intent
    from index.passages import Library


_SPOKEN_OF = 0.34
"""Share of the rarity of what is asked about that a text has to say to be near it at all. Less is
said by the first candidate of 2 and 0 % of the answerable and 3 and 14 % of the other questions of
the two corpora that it was chosen on (bundled, jorei); of other 0 and 24 %, of clerk 4 and 25 %."""


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
    found: list[Missing] = [
        Missing("year", period.said)
        for period in intent.conditions.periods
        if period.said not in flat
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
    }
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


def speaks_of(question: Asked, candidate: Candidate, library: Library, reader: Reader) -> bool:
    """Whether a candidate, or what stands above it, says enough of what is asked about.

    The glossary's other names count, in either language; a question that names nothing is spoken of
    by whatever was found. Of an article nothing is said where nothing names it.
    """
    first = candidate.first
    above = [
        reader.above(text)
        for text in (
            candidate.heads,
            "\n".join(first.section),
            first.edition.document.title,
            first.edition.label,
        )
    ]
    words = frozenset[str]().union(
        *(line.words for line in candidate.lines), *(one.words for one in above)
    )
    flat = "".join([*(line.flat for line in candidate.lines), *(one.flat for one in above)])
    articles = {(one.article.kind, one.article.number) for one in find_articles(flat)}
    if any((one.kind, one.number) not in articles for one in _articles(question.intent)):
        return False
    words = words.union(*(one.said for one in question.names if one.stand_in(flat, words)))
    # Who asks or is asked for by name is no matter that a document speaks of, nor is whose it is,
    # nor a number.
    core, front = question.intent.core, reader.front(library, first.edition).flat
    people = {core[begin:end] for begin, end, _ in person_names(core)}
    towns = {town.name for town in question.intent.conditions.towns if town.name in front}
    subjects = {
        word
        for thing in question.intent.subjects
        if thing.said not in towns and not any(name in thing.said for name in people)
        for word in thing.words
        if not word.isdigit()
    }
    weights = {word: weight for word, weight in question.words.items() if word in subjects}
    said = sum(weight for word, weight in weights.items() if word in words)
    return said >= _SPOKEN_OF * sum(weights.values())
