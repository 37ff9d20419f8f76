"""How a talk goes on: asked back, what to ask next, what to begin with, 「その次は？」."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from bot.asking.conversation import condense, is_choice
from bot.telling.phrases import phrase
from ingest.language.marks import unmarked
from ingest.language.sentences import shown
from ingest.language.spelling import normalise
from ingest.language.tables import table
from ingest.language.words import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.answering.candidates import Candidate
    from bot.answers import Answer, Question, Turn
    from index.passages import Library, Passage

_VAGUE = 2
"""Words up to which a question is vague."""

_RIVALS, _CHOICES = 2, 4
"""From how many rivals on it is asked back, and how many are offered."""


def choices(question: Question, words: int, rivals: Sequence[Candidate]) -> tuple[str, ...]:
    """Return questions to choose from, none where the question of so many *words* is plain.

    The choices are works, editions of one work or its sections, in this order. At most one
    question is asked back: never to somebody who has just been asked, or who chose.
    """
    if is_choice(question.core) or question.filters.documents or words > _VAGUE:
        return ()
    language = question.language
    if question.history and phrase(language, "clarify") in question.history[-1].answer:
        return ()
    mine = [one for one in rivals if one.first.edition.document.language == language]
    titles = dict.fromkeys(one.first.edition.document.title for one in mine)
    if len(titles) >= _RIVALS:
        return tuple(
            phrase(language, "choice", title=title, question=question.standalone)
            for title in list(titles)[:_CHOICES]
        )
    ways = (
        dict.fromkeys(one.first.edition.label for one in mine),
        dict.fromkeys(unmarked(shown(one.first.section[-1])) for one in mine if one.first.section),
    )
    parts = next((way for way in ways if len(way) >= _RIVALS), {})
    return tuple(
        phrase(language, "choice-part", part=part, question=question.standalone)
        for part in list(parts)[:_CHOICES]
    )


_MOST = 3
_TRIED = 6
"""Searches at most for the three, of some 10 ms each."""
_AMONG = 2
"""How far up the section asked about has to be found for its question to be offered."""


def questions_next(answer: Answer, library: Library) -> tuple[str, ...]:
    """Return up to three questions about sections that were found and are not quoted yet.

    They are sections of the document that answers first, those nearer to the question before the
    others. Each was looked for in the same bounds and leads to its section.
    """
    if not answer.citations or answer.citations[0].edition.document.language != answer.language:
        return ()
    filters = replace(answer.question.filters, language=None)
    found: list[str] = []
    for question, near in list(_near(answer))[:_TRIED]:
        best = library.retrieve(question, k=_AMONG, filters=filters)
        if any(_place(each) == _place(near) for each in best):
            found.append(question)
        if len(found) == _MOST:
            break
    return tuple(found)


def _near(answer: Answer) -> Iterator[tuple[str, Passage]]:
    first = answer.citations[0].edition
    shown = {each.section[-1:] for each in answer.citations if each.edition == first}
    asked = {answer.question.core, answer.question.standalone}
    for passage in answer.consulted:
        section = passage.chunk.section
        if passage.chunk.edition != first or section[-1:] in shown or not section:
            continue
        shown.add(section[-1:])
        title = askable(section[-1])
        question = question_about(title, answer.language, figures=False) if title else ""
        if question and question not in asked:
            asked.add(question)
            yield question, passage


def _place(passage: Passage) -> tuple[str, tuple[str, ...]]:
    return passage.chunk.edition.key, passage.chunk.section


_FORMS = table("bot/asking/starters")
_KINDS: dict[str, str] = {
    normalise(word): kind
    for kind, words in table("bot/asking/wants")["heads"].items()
    for word in words
}
_LONGEST = max(map(len, _KINDS))
_HEADINGS = table("bot/asking/starters")["headings"]
_ASIDE = re.compile(r"[（(][^（）()]*[)）]\s*$")
_JAPANESE = re.compile(r"[ぁ-んァ-ヴ一-龠]")
_NAMING = frozenset({"名詞", "接尾辞", "代名詞"})
_SHORTEST, _LONGEST_HEADING = 3, 28
"""Characters of a heading that says by itself what it is about, and that one reads at a glance."""


def askable(heading: str) -> str:
    """Return what of a heading can be asked about by its words alone, "" where it cannot.

    >>> askable("（３）「広告」等について"), askable("の場合）"), askable("3.1 空き店舗が増えました")
    ('「広告」等', '', '')
    """
    said = _ASIDE.sub("", unmarked(" ".join(heading.split()))).strip()
    for left, right in _HEADINGS["brackets"]:
        if said.startswith(left) and said.find(right) == len(said) - 1:
            said = said[1:-1].strip()
        if said.count(left) != said.count(right):
            return ""
    for tail in _HEADINGS["tails"]:
        said = said.removesuffix(tail)
    plain = normalise(said)
    if not _SHORTEST <= len(said) <= _LONGEST_HEADING:
        return ""
    if any(word in plain for word in _HEADINGS["empty"]):
        return ""
    if 2 * sum(each.isdigit() for each in said) > len(said):
        return ""
    if not _JAPANESE.search(said) or said.endswith(("か", "？", "?", "とは")):
        return said
    words = units(said)
    return said if words and words[-1].part in _NAMING else ""


def question_about(heading: str, language: str, *, figures: bool = True) -> str:
    """Return what somebody would ask to read what stands under a heading.

    Without *figures* it asks for no figure: whether one stands there is not known.

    >>> question_about("住居手当の月額", "ja")
    '住居手当の月額はいくらですか'
    """
    heading = heading.rstrip("。．. ")
    if language != "ja":
        return str(_FORMS["english"]["whole"].format(heading=heading))
    if heading.endswith(("か", "？", "?")):
        return heading
    if heading.endswith("とは"):
        return f"{heading}何ですか"
    forms = _FORMS["japanese"]
    kind = _kind(heading)
    if not figures and kind in _FORMS["figures"]:
        kind = "whole"
    return str(forms.get(kind, forms["whole"]).format(heading=heading))


def calls_for_an_answer(heading: str) -> bool:
    """Whether a heading ends in a word that says what kind of answer stands under it."""
    return heading.endswith("とは") or _kind(heading) in _FORMS["japanese"]


def _kind(heading: str) -> str:
    plain = normalise(heading)
    for length in range(min(_LONGEST, len(plain) - 1), 1, -1):
        kind = _KINDS.get(plain[-length:])
        if kind is not None:
            return kind
    return ""


_ONWARD = re.compile(
    r"\s?(?:では|じゃあ?|それで|さらに)?[、,]?\s?(?:その)?次(?:の[^はがをでに、。？?]{1,10})?(?:は|って|について|[？?]|$).{0,8}$"
    r"|\s?(?:and\s|then\s|so\s)?(?:what (?:is|about|comes)\s)?(?:the\s)?next(?:\s\w+)?\s?[？?]?$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\s?(?:では|じゃあ?|それで|さらに)?[、,]?\s?(?:その|一つ)前(?:の[^はがをでに、。？?]{1,10})?(?:は|って|について|[？?]|$).{0,8}$"
    r"|\s?(?:and\s|then\s|so\s)?(?:what (?:is|about|comes)\s)?(?:the\s)?previous(?:\s\w+)?\s?[？?]?$",
    re.IGNORECASE,
)
_SHORTEST_TITLE = 3
"""Characters from which on a title in a question tells which section is meant."""

Path = tuple[str, ...]


def beside(text: str, history: Sequence[Turn], documents: Iterable[Sequence[Path]]) -> str | None:
    """Return the question that a 「その次は？」 stands for, or None when *text* is no such thing.

    It is the earlier question with the title of a section that it names replaced by that of the
    section after it (or before it, for 「その前は？」) under the same heading. *documents* are the
    section paths of each document in reading order; the longest title that is named counts.
    """
    asked = [turn.question for turn in history] + [text]
    moves = [steps(one) for one in takewhile(steps, reversed(asked))]
    before = history[: len(asked) - len(moves)]
    if not moves or not before:
        return None
    earlier = normalise(condense(before[-1].question, before[:-1]))
    named = [
        (len(name), name, paths, at)
        for paths in documents
        for at, path in enumerate(paths)
        if path and len(name := _plain(path[-1])) >= _SHORTEST_TITLE and name in earlier
    ]
    if not named:
        return None
    _, name, paths, at = max(named, key=lambda one: one[0])
    parent = paths[at][:-1]
    siblings = [path for path in paths if path and path[:-1] == parent]
    order = siblings.index(paths[at]) + sum(moves)
    if not 0 <= order < len(siblings):
        return None
    return earlier.replace(name, _plain(siblings[order][-1]))


def steps(text: str) -> int:
    """Return 1 for a question about what comes next, -1 about what comes before, else 0."""
    return 1 if _ONWARD.match(text) else -1 if _BACK.match(text) else 0


def _plain(title: str) -> str:
    """Return a title as a question would name it: without its number and what is in brackets."""
    return _ASIDE.sub("", normalise(unmarked(" ".join(title.split())))).strip()
