"""What is kept of an answer: without the asker's personal data, as bytes and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter

from bot.answers import Answer, Missing, Turn
from bot.guard import SPOKEN, Guard, Policy
from ingest.language.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 3
"""Raised when the form changes; every earlier form stays readable."""


def packed(content: object) -> bytes:
    """Return JSON, compressed: the passages of one answer are some 20 kB of text."""
    said = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # surrogatepass: a page may hold half a surrogate pair, and a quotation keeps it.
    return zlib.compress(said.encode("utf-8", "surrogatepass"))


def unpacked(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what `packed` packed."""
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


_ANSWER = TypeAdapter(Answer)


def dump(answer: Answer) -> bytes:
    """Return an answer as bytes."""
    # Scores come from numpy: the fallback makes numbers of them.
    content = _ANSWER.dump_python(answer, mode="json", fallback=float, warnings=False)
    return packed({"version": VERSION, "answer": content})


def load(data: bytes) -> Answer:
    """Return the answer that `dump` wrote, equal in every part, or what an earlier version did."""
    return _ANSWER.validate_python(_content(data))


def sources(data: bytes) -> list[str]:
    """Return document, edition and page of each quotation of what `dump` wrote; the rest stays as it is."""
    cited = ((each["edition"], each["page"]) for each in _content(data)["citations"])
    return [f"{e['document']['id']}@{e['label']} p.{page}" for e, page in cited]


def _content(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = unpacked(data)
    written: dict[str, Any] = content.get("answer", {})
    return written if content["version"] >= VERSION else _of_yesterday(content)


def _of_yesterday(content: dict[str, Any]) -> dict[str, Any]:
    """Return what versions 1 and 2 wrote (an edition once, short tuples) in today's form."""
    editions = [_edition(each) for each in content["editions"]]

    def citation(each: dict[str, Any]) -> dict[str, Any]:
        now = each.get("now")
        if now and now["edition"] is not None:
            now = {**now, "edition": editions[now["edition"]]}
        return {**each, "edition": editions[each["edition"]], "now": now}

    def citations(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [citation(each) for each in listed]

    asked, declined, lead = content["question"], content["declined"], content.get("lead")
    return {
        **content,
        "question": {
            **asked,
            "history": [_named(("question", "answer"), turn) for turn in asked["history"]],
        },
        "citations": citations(content["citations"]),
        "further": citations(content.get("further", ())),
        "consulted": [
            {**each, "chunk": {**each, "edition": editions[each["edition"]]}}
            for each in content["consulted"]
        ],
        "declined": declined and {**declined, "nearest": citations(declined["nearest"])},
        "lead": _named(("text", "marker", "value"), lead) if lead else None,
        "missing": [_named(("kind", "text"), one) for one in content.get("missing", ())],
    }


def _edition(edition: dict[str, Any]) -> dict[str, Any]:
    document = edition["document"]
    names = ("document", "edition", "title", "publisher", "url")
    original = document["digest_of"]
    return {
        **edition,
        "document": {**document, "digest_of": original and _named(names, original)},
    }


def _named(names: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Return values by their names; later names may be missing."""
    return dict(zip(names, values, strict=False))


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
