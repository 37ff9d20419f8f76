"""Personal data taken out of what is kept: of the question, and wherever the answer repeats it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar, cast

from bot.answers import Answer, Missing, Turn
from bot.guard import SPOKEN, Guard, Policy
from ingest.language.spelling import normalise

_UNRECORDED = "［記録しません］"
"""Stands for a question that is not to be kept."""


def masked(answer: Answer, guard: Guard) -> Answer:
    """Return *answer* with the asker's personal data masked wherever it repeats the question.

    The text of the answer is touched only where it is not a quotation of a document. Where
    *guard* refuses such a record, none of the question's words stay.
    """
    question = answer.question
    asked = (
        question.text,
        question.core,
        question.standalone,
        *(turn.question for turn in question.history),
    )
    if guard.record is Policy.REFUSE:
        words = {text: _UNRECORDED for text in asked if guard.findings(text)}
    else:
        words = {
            said: mark for text in asked for said, mark in marks_in(text, guard, answer.language)
        }
    if not words:
        return answer

    def hide(text: str) -> str:
        return _replaced(text, words.items())

    quoted = [citation.quote for citation in answer.citations]
    unquoted = [(w, m) for w, m in words.items() if not any(w in quote for quote in quoted)]
    return replace(
        answer,
        question=replace(
            question,
            text=hide(question.text),
            core=hide(question.core),
            alone=hide(question.alone),
            standalone=hide(question.standalone),
            history=tuple(Turn(hide(t.question), hide(t.answer)) for t in question.history),
        ),
        text=_replaced(answer.text, unquoted),
        declined=None
        if answer.declined is None
        else replace(answer.declined, message=hide(answer.declined.message)),
        notices=tuple(hide(notice) for notice in answer.notices),
        missing=tuple(_hidden(missing, words) for missing in answer.missing),
        suggestions=tuple(hide(suggestion) for suggestion in answer.suggestions),
        clarify=tuple(hide(choice) for choice in answer.clarify),
    )


def _hidden(missing: Missing, words: Mapping[str, str]) -> Missing:
    """Return what an answer lacks without personal data; it is spelt as words are compared."""
    text = normalise(missing.text)
    for said, mark in words.items():
        if (plain := normalise(said)) in text:
            text = text.replace(plain, mark)
        elif text in plain:
            return replace(missing, text=mark)
    return missing if text == normalise(missing.text) else replace(missing, text=text)


def marks_in(text: str, guard: Guard, language: str) -> list[tuple[str, str]]:
    """Return what is to be masked in a text that is kept, with what stands in its place."""
    if guard.record is Policy.ALLOW:
        return []
    return [
        (text[found.start : found.end], f"［{SPOKEN[language][found.kind]}］")
        for found in guard.findings(text)
    ]


Json = TypeVar("Json")


def hidden(content: Json, marks: Sequence[tuple[str, str]]) -> Json:
    """Return JSON with *marks* in place of what they stand for, wherever a text repeats it."""
    if isinstance(content, str):
        return cast("Json", _replaced(content, marks))
    if isinstance(content, dict):
        return cast("Json", {name: hidden(value, marks) for name, value in content.items()})
    if isinstance(content, list):
        return cast("Json", [hidden(value, marks) for value in content])
    return content


def _replaced(text: str, words: Iterable[tuple[str, str]]) -> str:
    for said, mark in sorted(words, key=lambda pair: -len(pair[0])):
        text = text.replace(said, mark)
    return text
