"""Questions to ask next: about what the documents say beside the answer, and only what they find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.asking.starters import askable, question_about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.answers import Answer
    from index.passages import Library, Passage

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
