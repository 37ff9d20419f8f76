"""The answer to a question for an article: that one, of the document that is meant, whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.answers import Answer, Lead, blank, cite
from bot.asking.intent import Article, Kind
from bot.asking.reading import read
from bot.telling.phrases import phrase
from bot.telling.quotations import body, cases_in, notices
from ingest.language.numerals import NUMERAL, value
from ingest.language.spelling import aligned
from ingest.language.words import tokens

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import Question
    from index.passages import Library
    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

_N = rf"(?:\d+|{NUMERAL}+)"
_HEAD = re.compile(
    rf"^[ \t]*(?:第\s?(?P<article>{_N})\s?条(?P<branch>(?:\s?の\s?{_N})*)(?=[\s(]|[^\s\d(のをにはがとでからまで、。,又及若並前第項])"
    rf"|(?P<rest>附\s*則)(?=\s|$)"
    rf"|(?P<table>別表|別記|別紙)\s?(?:第?\s?(?P<t>{_N})(?P<tb>(?:の{_N})*))?(?=[\s(]|$)"
    rf"|(?:別記)?(?:様式\s?第?\s?(?P<f1>{_N})\s?号?(?P<fb1>(?:の{_N})*)|第\s?(?P<f2>{_N})\s?号\s?様式(?P<fb2>(?:の{_N})*))(?=[\s(]|$))",
    re.MULTILINE,
)
HEADED = frozenset({"条", "附則", "別表", "別記", "別紙", "様式"})
"""The kinds of which `heads` tells where they begin."""

_CAPTION = re.compile(r"[ \t]*[(（][^()（）\n]{1,40}[)）][ \t]*\n$")
_PARAGRAPH = re.compile(r"^[ \t]*(\d{1,3})(?=[ \t])", re.MULTILINE)
_ITEM = re.compile(rf"^[ \t]*(?:\((\d{{1,3}})\)|({NUMERAL}{{1,5}})(?=[ \t]))", re.MULTILINE)
_LONGEST = 4_000
"""Characters of one article that are quoted at most; tables and forms go on for pages."""

_OPENING = 400
"""Characters at a document's beginning in which its title stands."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a numbered part of a rule begins; *caption* is where its （見出し） does."""

    article: Article
    start: int
    caption: int


def article_of(question: Question, library: Library, on: date) -> Answer | None:
    """Return the article that a question asks for, None when it asks for none or none is plain.

    The document is the one that the question names, by more words of its beginning and then of its
    title than any other's, or the only one that has the article.
    """
    intent = read(question.standalone)
    told = Kind.ARTICLE in intent.kinds and len(intent.articles) == 1
    if not told or question.filters.municipality is not None:
        return None
    wanted = intent.articles[0]
    words = set(tokens(wanted.work)) | {word for thing in intent.subjects for word in thing.words}
    found = [
        (_named(edition, library.text(edition), words), edition, span)
        for edition in library.in_force(on)
        if edition.held and question.filters.admit(edition)
        for span in [_span(library.text(edition), wanted)]
        if span is not None
    ]
    best = max((named for named, *_ in found), default=(0, 0))
    meant = [one for one in found if one[0] == best]
    if len(meant) != 1 or (wanted.work and not best[0]):
        return None
    _, edition, span = meant[0]
    return _answer(
        question, library, edition, _within(library.text(edition).text, span, wanted), on
    )


def _named(edition: Edition, text: EditionText, words: set[str]) -> tuple[int, int]:
    """Return how many words that a question says beside the article begin the document, and title it."""
    title = words & set(tokens(edition.document.title))
    return len(title | (words & set(tokens(text.text[:_OPENING])))), len(title)


def _answer(
    question: Question, library: Library, edition: Edition, span: tuple[int, int], on: date
) -> Answer:
    text = library.text(edition)
    parts = _sentences(library, edition, span)
    start, end = span[0], parts[-1][1]
    citation = cite(
        1,
        edition,
        text,
        start,
        end,
        section=next(
            (one.section for one in library.chunks(edition) if one.start <= start < one.end), ()
        ),
        in_force=edition in set(library.in_force(on)),
    )
    cases = cases_in(library)
    language = question.language
    lead = (
        parts[1]
        if len(parts) > 1 and _CAPTION.fullmatch(f"{text.text[slice(*parts[0])]}\n")
        else parts[0]
    )
    told = [phrase(language, "opening"), body([citation], {1: parts}, language, cases)]
    return replace(
        blank(question, library, on),
        text="\n\n".join(told),
        citations=(citation,),
        lead=Lead(text.text[slice(*lead)].strip(), 1),
        notices=(*question.notices, *notices([citation], language, cases)),
    )


def _sentences(
    library: Library, edition: Edition, span: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    """Return the sentences of an article; what stands in the margins of its pages is none."""
    held = library.sentences(edition)
    said = [held[at] for at in held.within(*span)]
    text = library.text(edition).text
    inside = [
        (one.start, one.end)
        for one in said
        if span[0] <= one.start
        and one.end <= span[1]
        and any(letter.isalpha() for letter in text[one.start : one.end])
    ]
    return tuple(inside) or (span,)


def _span(text: EditionText, wanted: Article) -> tuple[int, int] | None:
    """Return where an article stands in a text, its caption with it: the longest if told twice.

    A table of contents lists it too, and there it is a line.
    """
    said = heads(text.text)
    spans: list[tuple[int, int]] = []
    after = False
    for at, head in enumerate(said):
        after = after or head.article.kind == "附則"
        same = (head.article.kind, head.article.number) == (wanted.kind, wanted.number)
        if not same or (wanted.kind == "条" and after != wanted.supplementary):
            continue
        end = said[at + 1].caption if at + 1 < len(said) else len(text.text)
        if wanted.kind != "条":
            # 附則 holds articles of its own, a table whatever follows.
            others = (one.caption for one in said[at + 1 :] if one.article.kind != "条")
            end = next(others, len(text.text))
        spans.append((head.caption, _cut(text.text, head.caption, end)))
    return max(spans, key=lambda span: span[1] - span[0], default=None)


def _within(text: str, span: tuple[int, int], wanted: Article) -> tuple[int, int]:
    """Return where the paragraph and the item of an article stand, the whole where they do not."""
    plain = aligned(text[slice(*span)])
    start, end = 0, len(plain.text)
    for number, mark in ((wanted.paragraph, _PARAGRAPH), (next(iter(wanted.item), 0), _ITEM)):
        if not number:
            continue
        at = {
            int(value(one[one.lastindex or 0])): one.start()
            for one in mark.finditer(plain.text, start, end)
        }
        # The first paragraph of an article bears its number only in 附則.
        begun = at.get(number, start if (number, mark) == (1, _PARAGRAPH) else None)
        if begun is None:
            return span
        start, end = begun, min((one for one in at.values() if one > begun), default=end)
    first, last = plain.span(start, end)
    part = text[span[0] + first : span[0] + last].rstrip()
    line = part.rfind("\n") + 1
    if line and _CAPTION.fullmatch(f"{part[line:]}\n"):  # that of what follows
        part = part[:line].rstrip()
    return span[0] + first, span[0] + first + len(part)


def _cut(text: str, start: int, end: int) -> int:
    """Return the end of an article without white space, and not beyond what is quoted at most."""
    if end - start > _LONGEST:
        end = max(text.rfind("\n", start, start + _LONGEST), start + 1)
    return start + len(text[start:end].rstrip())


@lru_cache(maxsize=64)
def heads(text: str) -> Sequence[Head]:
    """Return where the articles, supplements, tables and forms of a rule begin, in order."""
    plain = aligned(text)
    found: list[Head] = []
    for match in _HEAD.finditer(plain.text):
        start, _ = plain.span(match.start(), match.end())
        start += len(text[start:]) - len(text[start:].lstrip(" \t\u3000\n"))
        line = text.rfind("\n", 0, start) + 1
        above = text.rfind("\n", 0, max(line - 1, 0)) + 1
        captioned = match["article"] is not None and _CAPTION.fullmatch(text[above:line])
        found.append(Head(_article(match), start, above if captioned else start))
    return tuple(found)


def _article(match: re.Match[str]) -> Article:
    if match["article"]:
        return Article("条", _numbers(match["article"], match["branch"]))
    if match["rest"]:
        return Article("附則", supplementary=True)
    if match["table"]:
        return Article(match["table"], _numbers(match["t"], match["tb"]))
    return Article("様式", _numbers(match["f1"] or match["f2"], match["fb1"] or match["fb2"]))


def _numbers(number: str | None, branch: str | None) -> tuple[int, ...]:
    if not number:
        return ()
    said = [number, *(one for one in re.split(r"\s?の\s?", branch or "") if one)]
    return tuple(int(value(one.strip())) for one in said)
