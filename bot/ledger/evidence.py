"""A whole answer as bytes and back: enough to print it word for word and to draw its pages."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from bot.answers import Answer

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
