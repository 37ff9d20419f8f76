"""A text of one's own and what the documents say to each of its sentences, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field

from api.schemas.answers import WireCitation
from api.schemas.passages import WireFilters
from api.schemas.wire import Asked, Wire
from bot.writing.drafts import LONGEST

if TYPE_CHECKING:
    from bot.writing.drafts import CheckedSentence


class CheckRequest(Asked):
    """A text of one's own that is to be held to the documents, sentence by sentence."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "標準化対象事務は20業務である。"}]}
    )
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    filters: WireFilters = WireFilters()
    language: Literal["ja", "en"] | None = None


class WireDifference(Wire):
    """One thing that a draft says otherwise than its source, or that one of them lacks ("")."""

    kind: str
    draft: str
    source: str


class WireCheckedSentence(Wire):
    """A sentence of a draft: what the documents say to it, what differs, and where it stands."""

    text: str
    verdict: Literal["supported", "contradicted", "partial", "unfounded"]
    differences: list[WireDifference]
    citations: list[WireCitation]

    @classmethod
    def of(cls, checked: CheckedSentence) -> WireCheckedSentence:
        """Translate."""
        return cls(
            text=checked.text,
            verdict=checked.verdict.value,
            differences=[
                WireDifference(kind=one.kind, draft=one.draft, source=one.source)
                for one in checked.differences
            ],
            citations=[WireCitation.of(one) for one in checked.citations],
        )


class CheckResponse(Wire):
    """A draft's sentences in order, held to the editions in force on *as_of*."""

    sentences: list[WireCheckedSentence]
    as_of: date
    generation: str
