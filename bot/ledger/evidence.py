"""A whole answer as bytes and back: enough to print it word for word and to draw its pages."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answers import (
    Answer,
    Approval,
    Certainty,
    Citation,
    Declined,
    Lead,
    Missing,
    Question,
    SmallTalk,
)
from index.passages import Filters, Passage
from index.revisions.following import Followed, State
from ingest.catalog.editions import Document, Edition, Groups, Kind, Original
from ingest.chunks import Chunk
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = 2
"""Raised when the form changes; every earlier form stays readable."""


def packed(content: object) -> bytes:
    """Return JSON, compressed: the passages of one answer are some 20 kB of text."""
    said = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # surrogatepass: a page may hold half a surrogate pair, and a quotation keeps it.
    return zlib.compress(said.encode("utf-8", "surrogatepass"))


def unpacked(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what `packed` packed."""
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def dump(answer: Answer) -> bytes:
    """Return an answer as bytes; each edition it names is written once."""
    editions: dict[Edition, int] = {}

    def known(edition: Edition) -> int:
        return editions.setdefault(edition, len(editions))

    def citation(each: Citation) -> dict[str, Any]:
        return {
            "marker": each.marker,
            "edition": known(each.edition),
            "section": each.section,
            "page": each.page,
            "pages": each.pages,
            "page_label": each.page_label,
            "quote": each.quote,
            "start": each.start,
            "end": each.end,
            "in_force": each.in_force,
            "context": each.context,
            "place": each.place and asdict(each.place),
            "now": each.now
            and {
                "state": each.now.state,
                "edition": None if each.now.edition is None else known(each.now.edition),
                "text": each.now.text,
                "page": each.now.page,
                "label": each.now.label,
                "place": each.now.place and asdict(each.now.place),
                "start": each.now.start,
                "end": each.now.end,
            },
        }

    question = answer.question
    declined = answer.declined
    content = {
        "version": VERSION,
        "id": answer.id,
        "question": {
            "text": question.text,
            "standalone": question.standalone,
            "language": question.language,
            "filters": _filters(question.filters),
            "history": [[turn.question, turn.answer] for turn in question.history],
            "conversation": question.conversation,
            "notices": question.notices,
            "day_said": question.day_said,
            "core": question.core,
            "small_talk": question.small_talk,
            "alone": question.alone,
        },
        "text": answer.text,
        "mode": answer.mode,
        "citations": [citation(each) for each in answer.citations],
        "consulted": [
            {
                "edition": known(passage.chunk.edition),
                "section": passage.chunk.section,
                "text": passage.chunk.text,
                "start": passage.chunk.start,
                "end": passage.chunk.end,
                "context": passage.chunk.context,
                "pages": passage.pages,
                "score": float(passage.score),
                "legs": {name: float(value) for name, value in passage.legs.items()},
            }
            for passage in answer.consulted
        ],
        "declined": None
        if declined is None
        else {
            "reason": declined.reason,
            "message": declined.message,
            "nearest": [citation(each) for each in declined.nearest],
        },
        "generation": answer.generation,
        "recipe": dict(answer.recipe),
        "asked_on": answer.asked_on.isoformat(),
        "notices": answer.notices,
        "suggestions": answer.suggestions,
        "clarify": answer.clarify,
        "prompt": answer.prompt,
        "took_ms": answer.took_ms,
        "lead": answer.lead and [answer.lead.text, answer.lead.marker, answer.lead.value],
        "certainty": answer.certainty,
        "further": [citation(each) for each in answer.further],
        "further_text": answer.further_text,
        "missing": [[one.kind, one.text] for one in answer.missing],
        "approval": answer.approval
        and {**asdict(answer.approval), "day": answer.approval.day.isoformat()},
    }
    content["editions"] = [_edition(edition) for edition in editions]
    return packed(content)


def sources(data: bytes) -> list[str]:
    """Return document, edition and page of each quotation of what `dump` wrote; the rest stays as it is."""
    content = unpacked(data)
    cited = ((content["editions"][each["edition"]], each) for each in content["citations"])
    return [f"{e['document']['id']}@{e['label']} p.{each['page']}" for e, each in cited]


def load(data: bytes) -> Answer:
    """Return the answer that `dump` wrote, equal in every part."""
    from bot.answers import Turn

    content = unpacked(data)
    editions = [_read_edition(each) for each in content["editions"]]

    def citation(each: Mapping[str, Any]) -> Citation:
        return Citation(
            marker=each["marker"],
            edition=editions[each["edition"]],
            section=tuple(each["section"]),
            page=each["page"],
            pages=tuple(each["pages"]),
            page_label=each["page_label"],
            quote=each["quote"],
            start=each["start"],
            end=each["end"],
            in_force=each["in_force"],
            context=each["context"],
            now=now(each["now"]) if each.get("now") else None,
            place=_read_place(each.get("place")),
        )

    def now(each: Mapping[str, Any]) -> Followed:
        return Followed(
            State(each["state"]),
            None if each["edition"] is None else editions[each["edition"]],
            each["text"],
            each["page"],
            each["label"],
            each["start"],
            each["end"],
            _read_place(each.get("place")),
        )

    asked = content["question"]
    declined = content["declined"]
    return Answer(
        id=content["id"],
        question=Question(
            text=asked["text"],
            standalone=asked["standalone"],
            language=asked["language"],
            filters=_read_filters(asked["filters"]),
            history=tuple(Turn(*turn) for turn in asked["history"]),
            conversation=asked["conversation"],
            notices=tuple(asked["notices"]),
            day_said=asked.get("day_said", ""),
            core=asked.get("core", ""),
            alone=asked.get("alone", ""),
            small_talk=SmallTalk(asked["small_talk"]) if asked.get("small_talk") else None,
        ),
        text=content["text"],
        mode=content["mode"],
        citations=tuple(citation(each) for each in content["citations"]),
        consulted=tuple(
            Passage(
                Chunk(
                    edition=editions[each["edition"]],
                    section=tuple(each["section"]),
                    text=each["text"],
                    start=each["start"],
                    end=each["end"],
                    context=each["context"],
                ),
                pages=tuple(each["pages"]),
                score=each["score"],
                legs=each["legs"],
            )
            for each in content["consulted"]
        ),
        declined=None
        if declined is None
        else Declined(
            declined["reason"],
            declined["message"],
            tuple(citation(each) for each in declined["nearest"]),
        ),
        generation=content["generation"],
        recipe=content["recipe"],
        asked_on=date.fromisoformat(content["asked_on"]),
        notices=tuple(content["notices"]),
        suggestions=tuple(content["suggestions"]),
        clarify=tuple(content["clarify"]),
        prompt=content["prompt"],
        took_ms=content["took_ms"],
        lead=Lead(*content["lead"]) if content.get("lead") else None,
        certainty=Certainty(content.get("certainty", Certainty.ANSWERED)),
        further=tuple(citation(each) for each in content.get("further", ())),
        further_text=content.get("further_text", ""),
        missing=tuple(Missing(*one) for one in content.get("missing", ())),
        approval=_approval(content.get("approval")),
    )


def _approval(kept: Mapping[str, str] | None) -> Approval | None:
    if kept is None:
        return None
    return Approval(kept["id"], kept["by"], date.fromisoformat(kept["day"]), kept["owner"])


def _edition(edition: Edition) -> dict[str, Any]:
    document = edition.document
    original = document.digest_of
    return {
        "document": {
            "id": document.id,
            "title": document.title,
            "publisher": document.publisher,
            "kind": document.kind,
            "language": document.language,
            "owner": document.owner,
            "digest_of": None
            if original is None
            else [
                original.document,
                original.edition,
                original.title,
                original.publisher,
                original.url,
            ],
        },
        "label": edition.label,
        "published": _day(edition.published),
        "in_force_from": _day(edition.in_force_from),
        "withdrawn_on": _day(edition.withdrawn_on),
        "path": edition.path,
        "sha256": edition.sha256,
        "url": edition.url,
        "groups": edition.groups,
    }


def _read_place(kept: Mapping[str, str] | None) -> Place | None:
    return Place(PlaceKind(kept["kind"]), kept["label"], kept["range"]) if kept else None


def _read_edition(content: Mapping[str, Any]) -> Edition:
    document = content["document"]
    return Edition(
        Document(
            document["id"],
            document["title"],
            document["publisher"],
            Kind(document["kind"]),
            document["language"],
            None if document["digest_of"] is None else Original(*document["digest_of"]),
            document.get("owner", ""),
        ),
        content["label"],
        published=_read_day(content["published"]),
        in_force_from=_read_day(content["in_force_from"]),
        withdrawn_on=_read_day(content["withdrawn_on"]),
        path=content["path"],
        sha256=content["sha256"],
        url=content["url"],
        groups=tuple(content.get("groups", ())),
    )


def _filters(filters: Filters) -> dict[str, Any]:
    return {
        "documents": filters.documents,
        "kinds": filters.kinds,
        "editions": filters.editions,
        "language": filters.language,
        "municipality": filters.municipality,
        "as_of": _day(filters.as_of),
        "folders": filters.folders,
        "groups": None if filters.groups is None else sorted(filters.groups),
    }


def _read_filters(content: Mapping[str, Any]) -> Filters:
    return Filters(
        documents=tuple(content["documents"]),
        kinds=tuple(Kind(each) for each in content["kinds"]),
        editions=tuple(content["editions"]),
        language=content["language"],
        municipality=content["municipality"],
        as_of=_read_day(content["as_of"]),
        folders=tuple(content.get("folders", ())),
        groups=_read_groups(content.get("groups", ())),
    )


def _read_groups(kept: Sequence[str] | None) -> Groups:
    return None if kept is None else frozenset(kept)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
