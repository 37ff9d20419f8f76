"""Answers to 「第1.0版と第2.0版で何が変わった」: the changes between two editions, cited on both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from bot.answering.understanding import heard
from bot.answers import Answer, Citation, Declined, Question, blank, cite
from bot.asking.conversation import without_day
from bot.telling.phrases import phrase
from bot.telling.quotations import cases_in, escaped, notices
from index.revisions.changes import Kind, What
from index.revisions.redline import sentence
from ingest.catalog.editions import in_force
from ingest.language.spelling import normalise
from ingest.language.words import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from index.passages import Library
    from index.revisions.changes import Change, Revision, Spot
    from index.revisions.matching import Comparisons
    from index.revisions.redline import Language
    from ingest.catalog.editions import Edition

SHOWN = 8
"""Changes that one answer tells; who wants all of them reads the page or the command's output."""

LOOKED_INTO = 5
"""Works whose editions are compared when the question names a topic and no work."""

_NAMED, _TOUCHED = 0.5, 0.5
"""Share of a title's words that names the work; of a topic's words that a change must speak of."""

_ASKS = re.compile(
    r"(?:何|なに|どこ|どの(?:点|部分|箇所|よう)|どう)[^。？?]{0,10}?"
    r"(?:変わ|変更|改ま|改め|違|異な|改[定訂正]|見直|加わ|追加|削除)"
    r"|(?:変更|改[定訂正]|見直し|相違|修正|追加)(?:の?(?:点|箇所|か所|内容|部分|事項|履歴))"
    r"|変わった(?:の|点|ところ|箇所|こと|部分)|新旧対照|差分|違い(?:は|を|$|[？?])"
    r"|\bwhat(?:'s| is| has| have| was| were| are)?\b[^.?]{0,30}"
    r"\b(?:changed|changes?|new|different|differences|revised|updated|added|removed)\b"
    r"|\b(?:changes|differences?) (?:between|from|in|since)\b|\bhow (?:do|does|did)\b.*\bdiffer"
    r"|\bchanged (?:between|from|since|in)\b",
    re.IGNORECASE,
)
_REVISION = re.compile(
    r"改[定訂正]|(?<![出])版(?![画木権])|前回|バージョン|\b(?:edition|version|revision|revised|update)s?\b"
    r"|\bv\.?\d",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:第\s?)?(?P<a>\d+(?:\.\d+)*)\s?(?:年度?)?\s?版|\b(?:version|edition|ver\.?|v\.?)\s?(?P<b>\d+(?:\.\d+)*)"
    r"|(?<![\d.])(?P<c>\d+\.\d+)(?=\s?(?:版|と|から|と比べ|→|and\b|to\b))"
    r"|(?:と|から|→|\band|\bto)\s?(?P<d>\d+\.\d+)(?![\d.%])",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_FROM = re.compile(r"\s?(?:版)?\s?(?:から|以降|以後|より後|→)")
_SINCE_DAY = ("から", "以降", "以後", "以来")
_SINCE = re.compile(r"(?:since|from)\s+(?:the\s+)?(?:version|edition|v\.?)?\s*$", re.IGNORECASE)
_SAID = (
    "何が変わりましたか 変更 改定 改訂 改正 見直し 修正 追加 削除 相違 違い 差分 新旧対照 履歴 箇所 内容 部分 事項 点 版 "
    "前回 前の 今回 旧版 新版 最新 以前 現行 どこ 比べる 比較 間 について 違います 教える まとめる 主 文書 手引き バージョン 加わる 異なる 改める "
    "what changed changes different differ difference new old edition version revision revised "
    "update updated between since last latest previous added removed manual document tell compare main"
)
"""Words in which changes are asked for; what is left of a question is its topic."""

_DIGITS = re.compile(r"[\d一二三四五六七八九十百千〇]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for changes: the editions and the topic it names, as far as it does.

    *numbers* are those of editions, in their order. *since* is true when the one edition that is
    named is the earlier. *topic* are the words that are left. *of_editions*: it speaks of
    editions or of a revision, and not of anything that may change.
    """

    numbers: tuple[str, ...]
    since: bool
    topic: tuple[str, ...]
    of_editions: bool


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(tokens(_SAID))


def understood(question: Question) -> Asked | None:
    """Return what a question for changes asks, None when it is no such question."""
    plain = normalise(question.core)
    if not _ASKS.search(plain):
        return None
    found = list(_NUMBERED.finditer(plain))
    numbers = tuple(dict.fromkeys(_number(match) for match in found))
    since = bool(found) and bool(
        _FROM.match(plain, found[0].end()) or _SINCE.search(plain[: found[0].start()])
    )
    rest = _NUMBERED.sub(" ", normalise(without_day(question.standalone)))
    topic = tuple(dict.fromkeys(word for word in tokens(rest) if word not in _ordinary()))
    since_day = bool(question.day_said) and any(word in plain for word in _SINCE_DAY)
    of_editions = bool(numbers) or since_day or bool(_REVISION.search(plain))
    return Asked(numbers, since, topic, of_editions)


def changes_of(
    question: Question, library: Library, comparisons: Comparisons, today: date
) -> Answer | None:
    """Return the answer to a question for changes; None when it is to be answered otherwise.

    A work that the question names, or whose editions it names, is answered for in any case: if
    need be with the words that there is only one edition, or that no change touches the topic.
    """
    asked = understood(question)
    if asked is None:
        return None
    works = _works(question, library)
    if not asked.of_editions:  # what a reform changes is told in the documents, not by comparing
        said = normalise(question.standalone)
        works = {
            name: held
            for name, held in works.items()
            if len(held) > 1 and normalise(held[-1].document.title) in said
        }
    chosen, sure = _chosen(asked, works, question)
    if not chosen and asked.of_editions and _of_another_year(question, works):
        sure = True
    topic = _topic(asked, works[chosen[0]][0]) if sure and chosen else asked.topic
    if len(chosen) > 1:
        near = _nearest(question, chosen, library, works) if topic else _latest(chosen, works)
        chosen = near if topic and not sure else [*near, *(n for n in chosen if n not in near)]
    for name in chosen[:LOOKED_INTO]:
        pair = _pair(works[name], asked, question, today)
        if pair is None:
            continue
        revision = comparisons.between(library, *pair)
        touched = _touching(revision, topic, library, question)
        if touched:
            return _told(question, revision, touched, library, today, chosen, works)
        if sure:
            return _none(question, revision, topic, library, today)
    return _apart(question, [works[name] for name in chosen], library, today) if sure else None


def _chosen(
    asked: Asked, works: dict[str, list[Edition]], question: Question
) -> tuple[list[str], bool]:
    """Return the works that may be meant, and whether it is certain that one of them is."""
    named = _titled(asked, works, normalise(question.standalone))
    if named is not None:
        return [named], True
    if asked.numbers:
        counts = {name: len(_labelled(held, asked.numbers)) for name, held in works.items()}
        most = max(counts.values(), default=0)
        return ([name for name, count in counts.items() if count == most] if most else []), True
    revised = [name for name, held in works.items() if len(held) > 1]
    return revised, len(revised) < 2 and not asked.topic  # noqa: PLR2004 - no choice


def _of_another_year(question: Question, works: dict[str, list[Edition]]) -> bool:
    """Whether a revision of a year is asked about in which nothing that is held was made."""
    years = years_in(question.core)
    made = " ".join(
        f"{edition.label} {edition.published} {edition.in_force_from} {edition.document.title}"
        for held in works.values()
        for edition in held
    )
    return bool(years) and not years & years_in(made)


def years_in(text: str) -> set[str]:
    """Return the years that *text* names, in western counting."""
    return set(_YEAR.findall(normalise(text)))


def _number(match: re.Match[str]) -> str:
    said = next(one for one in match.groups() if one)
    return _bare(said)


def _bare(number: str) -> str:
    """Return 1 for 1.0: an edition is said either way."""
    return re.sub(r"(?:\.0+)+$", "", number)


def _works(question: Question, library: Library) -> dict[str, list[Edition]]:
    """Return the held editions that the question's filters allow, by work, earliest first."""
    # Of the editions that are named both sides are compared, in whatever language.
    wanted = replace(question.filters, editions=(), language=None)
    found: dict[str, list[Edition]] = {}
    for edition in library.editions:
        if edition.held and wanted.admit(edition):
            found.setdefault(edition.document.id, []).append(edition)
    for held in found.values():
        held.sort(key=lambda one: str(one.in_force_from or one.published or ""))
    return found


def _titled(asked: Asked, works: dict[str, list[Edition]], said: str) -> str | None:
    """Return the work whose title the question names best, None when it names none.

    One word of a title is more often a topic: 休暇 names no 休暇の手引き.
    """
    shares: dict[str, float] = {}
    for name, held in works.items():
        title = set(tokens(held[-1].document.title)) - _ordinary()
        common = title & set(asked.topic)
        share = len(common) / len(title) if len(common) > 1 else 0.0
        if normalise(held[-1].document.title) in said:
            share = 2.0
        if share >= _NAMED:
            shares[name] = share
    return max(shares, key=lambda name: (shares[name], len(works[name]))) if shares else None


def _topic(asked: Asked, edition: Edition) -> tuple[str, ...]:
    """Return the words of the topic without those that name the work."""
    title = set(tokens(edition.document.title))
    return tuple(word for word in asked.topic if word not in title)


def _labelled(held: Iterable[Edition], numbers: Sequence[str]) -> list[Edition]:
    """Return the editions that have one of the numbers in their label."""
    return [edition for edition in held if _numbers_of(edition) & set(numbers)]


def _numbers_of(edition: Edition) -> set[str]:
    said = {_number(match) for match in _NUMBERED.finditer(normalise(edition.label))}
    whole = normalise(edition.label)
    return said | ({_bare(whole)} if re.fullmatch(r"\d+(?:\.\d+)*", whole) else set())


def _nearest(
    question: Question, chosen: Sequence[str], library: Library, works: dict[str, list[Edition]]
) -> list[str]:
    """Return the works in which the question's words are found, nearest first."""
    labels = tuple({edition.label for name in chosen for edition in works[name]})
    if not labels:
        return []
    filters = replace(question.filters, documents=tuple(chosen), editions=labels)
    hits = library.retrieve(question.standalone, k=24, filters=filters)
    return list(dict.fromkeys(hit.chunk.edition.document.id for hit in hits))


def _latest(chosen: Sequence[str], works: dict[str, list[Edition]]) -> list[str]:
    """Return the works, the one that was revised last before the others."""
    return sorted(
        chosen,
        key=lambda name: str(works[name][-1].in_force_from or works[name][-1].published or ""),
        reverse=True,
    )


def _pair(
    held: Sequence[Edition], asked: Asked, question: Question, today: date
) -> tuple[Edition, Edition] | None:
    """Return the two editions to compare, the earlier first; the last two when none is named.

    Asked about since a day, what was in force on it is compared with what is in force now.
    """
    if asked.numbers:
        named = _labelled(held, asked.numbers)
        if len(named) > 1:
            return named[0], named[-1]
        if len(asked.numbers) > 1 or not named:
            return None
        at = held.index(named[0])
        if asked.since or at == 0:
            return (named[0], held[-1]) if at < len(held) - 1 else None
        return held[at - 1], named[0]
    day = question.filters.as_of
    if day is not None:
        ends = (*in_force(held, day), *in_force(held, today))
        if len(set(ends)) > 1:
            return ends[0], ends[1]
    return (held[-2], held[-1]) if len(held) > 1 else None


def _touching(
    revision: Revision, topic: Sequence[str], library: Library, question: Question
) -> tuple[Change, ...]:
    """Return the changes that speak of the topic, all when there is none, in their order."""
    if not topic:
        return revision.changes
    names = {
        normalise(other)
        for match in library.glossary.expand(question.standalone)
        if set(tokens(match.said)) & set(topic)
        for other in match.others
    }
    found = []
    for change in revision.changes:
        said = _said(change)
        words = set(tokens(said))
        share = sum(word in words for word in topic) / len(topic)
        if share >= _TOUCHED or any(name in normalise(said) for name in names):
            found.append(change)
    return tuple(found)


def _said(change: Change) -> str:
    """Return what a change is about: its words on both sides and the headings above them."""
    spots = [spot for spot in (change.before, change.after, *change.also) if spot is not None]
    whole = change.what is not What.SECTION or change.kind in {Kind.ADDED, Kind.REMOVED}
    return "\n".join("\n".join((*spot.section[-2:], spot.text if whole else "")) for spot in spots)


def _weight(change: Change) -> int:
    """Return 0 for a sentence whose figures changed, 1 for other words, 2 for places and names."""
    if change.what is What.SECTION and change.kind not in {Kind.ADDED, Kind.REMOVED}:
        return 2
    if change.kind is Kind.MOVED:
        return 2
    if change.kind is Kind.CHANGED and change.before and change.after:
        before = _DIGITS.findall(change.before.text)
        return int(before == _DIGITS.findall(change.after.text))
    return 1


def _told(
    question: Question,
    revision: Revision,
    touched: Sequence[Change],
    library: Library,
    today: date,
    chosen: Sequence[str],
    works: dict[str, list[Edition]],
) -> Answer:
    """Return the weightiest of the changes as sentences, each cited on both sides."""
    language = question.language
    weighty = sorted(range(len(touched)), key=lambda at: (_weight(touched[at]), at))[:SHOWN]
    valid = set(library.in_force(today))
    citations: list[Citation] = []

    def cited(edition: Edition, spot: Spot | None, what: What) -> str:
        if spot is None:
            return ""
        start, end = _quoted(spot, what)
        citations.append(
            cite(
                len(citations) + 1,
                edition,
                library.text(edition),
                start,
                end,
                section=spot.section,
                in_force=edition in valid,
            )
        )
        return f"[{len(citations)}]"

    spoken: Language = "en" if language == "en" else "ja"
    lines = []
    for at in sorted(weighty):
        change = touched[at]
        also = revision.old if change.kind is Kind.MERGED else revision.new
        markers = cited(revision.old, change.before, change.what)
        markers += cited(revision.new, change.after, change.what)
        markers += "".join(cited(also, spot, change.what) for spot in change.also)
        lines.append(f"- {escaped(sentence(change, spoken))}{markers}")
    names = _names(revision)
    name = "changes-all" if len(lines) == len(revision.changes) else "changes-some"
    head = phrase(language, name, **names, shown=len(lines), count=len(revision.changes))
    rest = len(revision.changes) - len(lines)
    told = [phrase(language, "notice-changes", **names, count=rest)] if rest else []
    others = [works[other][-1].document.title for other in chosen if other != names["id"]]
    return replace(
        blank(question, library, today),
        text="\n\n".join([escaped(head), "\n".join(lines)]),
        citations=tuple(citations),
        notices=(
            *heard(question),
            *told,
            *notices(
                [c for c in citations if c.edition == revision.new], language, cases_in(library)
            ),
        ),
        clarify=tuple(
            phrase(language, "choice", title=title, question=question.core)
            for title in others[: LOOKED_INTO - 1]
        ),
    )


def _quoted(spot: Spot, what: What) -> tuple[int, int]:
    """Return what of a spot is quoted: a sentence whole, of a section its first line."""
    begin = spot.start + len(spot.text) - len(spot.text.lstrip())
    if what is not What.SECTION:
        return begin, spot.end
    line = spot.text.strip().split("\n", 1)[0]
    return begin, begin + len(line)


def _apart(
    question: Question, works: Sequence[Sequence[Edition]], library: Library, today: date
) -> Answer:
    """Say that there are no two such editions to compare, and which editions there are."""
    language = question.language
    join = "、" if language == "ja" else ", "
    if len(works) != 1:
        said = phrase(language, "changes-nowhere")
    else:
        (held,) = works
        labels = join.join(edition.label for edition in held)
        name = "changes-one" if len(held) == 1 else "changes-not-held"
        said = phrase(language, name, title=held[-1].document.title, editions=labels)
    return _declined(question, said, library, today)


def _none(
    question: Question, revision: Revision, topic: Sequence[str], library: Library, today: date
) -> Answer:
    """Say that nothing changed, or nothing that speaks of the topic."""
    name = "changes-untouched" if revision.changes else "changes-none"
    said = phrase(
        question.language,
        name,
        **_names(revision),
        count=len(revision.changes),
        topic=("」「" if question.language == "ja" else ", ").join(topic),
    )
    return _declined(question, said, library, today)


def _declined(question: Question, said: str, library: Library, today: date) -> Answer:
    said = escaped(said)
    return replace(
        blank(question, library, today),
        text=said,
        declined=Declined("not-found", said),
        notices=heard(question),
    )


def _names(revision: Revision) -> dict[str, str]:
    document = revision.new.document
    return {
        "id": document.id,
        "title": document.title,
        "old": revision.old.label,
        "new": revision.new.label,
    }
