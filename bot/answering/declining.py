"""Saying that the documents do not answer: why, what is nearest, and whom to ask."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.answering.figures import CONTACT
from bot.answering.relevance import plain
from bot.answers import Answer, Citation, Declined, Question, cite
from bot.asking.conversation import follows_up, wants_more
from bot.asking.days import timeless
from bot.asking.stepping import steps
from bot.telling.phrases import phrase
from bot.telling.quotations import body, cases_in, escaped, notices
from ingest.japanese import normalise, tokens
from ingest.splitting import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.answering.ranking import Evidences
    from index.passages import Library, Passage

SURE_ENOUGH = 0.5
"""Confidence below which a question is declined; the index calibrates its scores to it."""

_NEWLY_SURE = 0.2
"""The same for what a follow-up asks anew."""

_NEAREST = 2
_TOWN = re.compile(
    r"(?P<prefecture>北海道|東京都|(?:京都|大阪)府|(?:[一-龥]{2}|神奈川|和歌山|鹿児島)県)?"
    r"(?P<town>(?P<name>[一-龥ヶケ々]{2,4}?)(?:市|町|村|県))(?=[のはがでにをとやも、。？?]|$|役所|役場|民)"
)
_NO_NAME = re.compile(
    r"[本各同他当何両全隣自其某近旧新元]$|市区|市町|区町|都道府|政令|中核|特例|指定|都$|地方|合併|過疎|離島|小規模"
    r"|周辺|構成|参加|先行|対象|関係|人口|自分|団体|加盟|田園|観光|城下|農山漁"
)
_ENGLISH_TOWN = re.compile(r"\b(?P<name>[A-Z][a-z]+) (?:City|Town|Village|Prefecture|Ward)\b")
_EDITION = re.compile(r"(?:第\s?)?(?P<number>\d+(?:\.\d+)?)\s?版")
_CONTACT_QUESTION = "連絡先 問い合わせ先 電話番号 担当"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a question is declined: *reason* as in `Declined`, and the *words* that were not found."""

    reason: str
    words: tuple[str, ...] = ()


def doubts(
    question: Question,
    passages: Sequence[Passage],
    evidences: Evidences,
    library: Library,
    confidence: float,
) -> Doubt | None:
    """Return why the passages do not answer the question, or None when they seem to.

    *confidence* is the library's that they do.
    """
    if not passages or not evidences.spans:
        return Doubt("not-found")
    missing = unheld(question, evidences, library)
    if missing or confidence < SURE_ENOUGH:
        return Doubt("not-found", missing)
    # A passage about what was asked before holds most of the words and may not answer what is
    # asked now; on its own the new part is short, so that less is asked of it.
    new = timeless(question.core) if follows(question) else ""
    if tokens(new) and library.confidence(new, passages) < _NEWLY_SURE:
        return Doubt("not-found")
    return None


def follows(question: Question) -> bool:
    """Whether a question was made whole from earlier ones and asks something of its own."""
    return (
        bool(question.history)
        and question.standalone != question.core
        and follows_up(question.core)
        and not wants_more(question.core)
        and not steps(question.core)
    )


def unheld(question: Question, evidences: Evidences, library: Library) -> tuple[str, ...]:
    """Return the towns and edition numbers that the question names and no evidence does.

    What a neighbouring town does, or what another edition says, is no answer. Names are not
    compared across languages.
    """
    texts: list[str] = []
    for span in evidences.spans:
        document = span.edition.document
        if document.language != question.language:
            return ()
        said = library.text(span.edition).text[span.start : span.end]
        original = document.digest_of.edition if document.digest_of else ""
        context = (
            f"{span.passage.chunk.context}\n{document.title}\n{span.edition.label}\n{original}"
        )
        texts.append(plain(f"{said}\n{context}"))
    held = "\n".join(texts)
    asked = unicodedata.normalize("NFKC", question.core)
    towns = _towns(asked)
    editions = [
        match[0]
        for match in _EDITION.finditer(asked)
        if re.search(rf"(?<![\d.]){re.escape(match['number'])}(?![\d.])", held) is None
    ]
    missing = [
        "".join(parts)
        for parts in towns
        if not any(all(plain(part) in text for part in parts) for text in texts)
    ]
    return tuple(dict.fromkeys(missing + editions))


def _towns(asked: str) -> list[tuple[str, ...]]:
    """Return the towns that a question names, each with its prefecture where that is said."""
    japanese = [
        tuple(part for part in (match["prefecture"], match["town"]) if part)
        for match in _TOWN.finditer(asked)
        if not _NO_NAME.search(match["name"])
    ]
    return japanese + [(match["name"],) for match in _ENGLISH_TOWN.finditer(asked)]


def decline(
    blank: Answer,
    doubt: Doubt,
    citations: Sequence[Citation],
    parts: Mapping[int, Sequence[tuple[int, int]]],
    library: Library,
) -> Answer:
    """Return *blank* as a declined answer: what was looked for, what is nearest, whom to ask.

    The nearest statements and the contacts are verified citations in `Declined.nearest`; the
    answer itself cites nothing, because it claims nothing. The notices of *blank* come first.
    """
    language = blank.question.language
    nearest = list(citations[:_NEAREST])
    cases = cases_in(library)
    asked = escaped(blank.question.core)
    message = phrase(language, "declined", question=asked)
    if doubt.words:
        words = "、".join(f"「{word}」" for word in doubt.words)
        if language == "en":
            words = ", ".join(f"“{word}”" for word in doubt.words)
        message += (" " if language == "en" else "") + phrase(
            language, "declined-missing", words=escaped(words)
        )
    pieces = [message]
    if nearest:
        pieces += [phrase(language, "declined-nearest"), body(nearest, parts, language, cases)]
    else:
        pieces.append(phrase(language, "declined-empty"))
    contacts, contact_parts = _contacts(blank, library, len(nearest))
    if contacts:
        pieces += [
            phrase(language, "declined-contact"),
            body(contacts, contact_parts, language, cases),
        ]
    return replace(
        blank,
        text="\n\n".join(pieces),
        declined=Declined(doubt.reason, message, (*nearest, *contacts)),
        notices=(*blank.notices, *notices([*nearest, *contacts], language, cases)),
    )


def _contacts(
    blank: Answer, library: Library, after: int
) -> tuple[list[Citation], dict[int, list[tuple[int, int]]]]:
    """Find up to two sentences with a telephone number or address, cited from *after* on."""
    found: list[Citation] = []
    parts: dict[int, list[tuple[int, int]]] = {}
    asked = f"{_CONTACT_QUESTION} {blank.question.standalone}"
    valid = set(library.in_force(blank.asked_on))
    for hit in library.retrieve(asked, k=4, filters=blank.question.filters):
        edition = hit.chunk.edition
        text = library.text(edition)
        for number in hit.pages:
            for unit in sentences(text, number):
                inside = hit.chunk.start <= unit.start < hit.chunk.end
                said = text.text[unit.start : unit.end]
                if not inside or not CONTACT.search(normalise(said)):
                    continue
                if any(one.edition == edition and one.start == unit.start for one in found):
                    continue
                marker = after + len(found) + 1
                found.append(
                    cite(
                        marker,
                        edition,
                        text,
                        unit.start,
                        unit.end,
                        section=hit.chunk.section,
                        in_force=edition in valid,
                        context=unit.context,
                    )
                )
                parts[marker] = [(unit.start, unit.end)]
                if len(found) == _NEAREST:
                    return found, parts
    return found, parts
