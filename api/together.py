"""What several corpora say to one question as one answer: pure, from wire to wire."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from api.schemas.answers import WireAnswer, WireCitation, WireDeclined
from api.schemas.passages import MAX_PASSAGES, SearchResponse
from bot.telling.phrases import phrase
from bot.telling.quotations import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SURENESS = ("answered", "near", "declined")

_MOST = 5
"""Quotations of other corpora behind the answer, as many as of one."""


def answers_merged(parts: Mapping[str, WireAnswer], away: Sequence[str] = ()) -> WireAnswer:
    """Return what corpora answered, by name, as one answer: the likeliest, the others behind it.

    How likely each answers is told by the same fitted scorer, firmness first. The answer is kept and
    rated where the likeliest is. *away* are corpora that could not be asked.
    """
    ordered = sorted(parts.items(), key=lambda part: _rank(part[1]))
    (name, first), others = ordered[0], ordered[1:]
    notices = [*first.notices]
    if away:
        notices.append(phrase(first.language, "corpora-away", names="、".join(away)))
    if first.declined is not None:
        nearest = [near for _, each in ordered if each.declined for near in each.declined.nearest]
        declined = WireDeclined(
            reason=first.declined.reason,
            message=first.declined.message,
            nearest=[_marked(near, number) for number, near in enumerate(nearest[:_MOST], 1)],
        )
        return first.model_copy(update={"declined": declined, "corpus": name, "notices": notices})
    told = [_Part(other, answer) for other, answer in others if answer.declined is None]
    further, text = [*first.further], [first.further_text] if first.further_text else []
    number = len(first.citations) + len(further)
    left = _MOST
    for part in told:
        if len(part.answer.citations) > left:
            continue
        left -= len(part.answer.citations)
        text.append(part.told(number))
        further += [_marked(each, each.marker + number) for each in part.answer.citations]
        number += len(part.answer.citations)
    update = {"further": further, "further_text": "\n\n".join(text), "corpus": name}
    return first.model_copy(update={**update, "notices": notices})


def passages_merged(found: Sequence[SearchResponse], most: int = MAX_PASSAGES) -> SearchResponse:
    """Return the passages of several corpora, best first; of the same score as they were asked."""
    passages = sorted(
        (passage for each in found for passage in each.passages), key=lambda one: -one.score
    )
    return SearchResponse(
        passages=list(islice(passages, most)),
        read_as=next((each.read_as for each in found if each.read_as), None),
        took_ms=max(each.took_ms for each in found),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one corpus says behind the answer of another."""

    name: str
    answer: WireAnswer

    def told(self, before: int) -> str:
        """Return its first screen under its name, with *before* quotations numbered already."""
        text = self.answer.text
        for citation in reversed(self.answer.citations):
            text = text.replace(f"[{citation.marker}]", f"[{citation.marker + before}]")
        return f"**{escaped(self.name)}**\n\n{text}"


def _rank(answer: WireAnswer) -> tuple[int, float]:
    likely = 1.0 if answer.likely is None else answer.likely
    return _SURENESS.index(answer.certainty), -likely


def _marked(citation: WireCitation, marker: int) -> WireCitation:
    return citation.model_copy(update={"marker": marker})
