"""Where a quotation stands today: unchanged, elsewhere, reworded or gone."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.catalog.editions import Edition
from ingest.language.sentences import split
from ingest.pages import Place, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from index.passages import Library
    from ingest.pages import EditionText
    from ingest.sentences import Sentences

# A sentence with fewer characters in common is another sentence.
_ALIKE = 0.6
_LOOKED_AT = 5


class State(StrEnum):
    """What became of a quotation."""

    STANDS = "stands"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a quotation stands in what is in force.

    STANDS: its edition is in force with this text. MOVED: another edition says the same, at
    *page* (from 1; *label* is the printed number or None). CHANGED: that edition says *text*
    instead. GONE: nothing like it is there, or the document is no longer in force; then
    *edition* is the one in force, or None.
    """

    state: State
    edition: Edition | None = None
    text: str = ""
    page: int = 0
    label: str | None = None
    start: int = 0
    end: int = 0
    place: Place | None = field(default=None, compare=False)  # follows from the offsets

    def where(self, language: str) -> str:
        """Return its place in words."""
        place = self.place or Place(PlaceKind.PAGE, self.label or str(self.page))
        return place.named(language)


def follow(library: Library, edition: Edition, quote: str, on: date) -> Followed:
    """Return where a quotation from *edition* stands in what is in force on a day; pure."""
    valid = library.in_force(on)
    # The same bytes are the same edition, whatever id a file without a catalog had then.
    same_bytes = (e for e in valid if e.sha256 and e.sha256 == edition.sha256)
    same_work = (e for e in valid if e.document.id == edition.document.id)
    now = next(same_bytes, None) or next(same_work, None)
    if now is None:
        return Followed(State.GONE)
    text = library.text(now)
    found = _exactly(text, quote)
    if found is not None:
        same = now.sha256 == edition.sha256
        return _at(State.STANDS if same else State.MOVED, now, text, *found)
    near = _nearest(text, library.sentences(now), quote)
    if near is None:
        return Followed(State.GONE, now)
    return _at(State.CHANGED, now, text, *near)


def _at(state: State, edition: Edition, text: EditionText, start: int, end: int) -> Followed:
    page = text.page_at(start)
    said, place = text.text[start:end], text.place(start, end)
    return Followed(state, edition, said, page.number, page.label, start, end, place)


def _exactly(text: EditionText, quote: str) -> tuple[int, int] | None:
    """Find a quotation, white space and widths aside."""
    wanted, _ = _plain(quote)
    said, places = _whole(text.text)
    at = said.find(wanted) if wanted else -1
    return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)


@lru_cache(maxsize=16)
def _whole(said: str) -> tuple[str, list[int]]:
    """Return `_plain` of an edition's text; several quotations of one answer are looked for."""
    return _plain(said)


def _plain(said: str) -> tuple[str, list[int]]:
    """Return the text without white space and widths, and where each character came from."""
    found: list[str] = []
    places: list[int] = []
    for at, character in enumerate(said):
        for one in unicodedata.normalize("NFKC", character):
            if not one.isspace():
                found.append(one)
                places.append(at)
    return "".join(found), places


def _nearest(text: EditionText, held: Sentences, quote: str) -> tuple[int, int] | None:
    """Find the sentences most like a quotation, if any are like it at all."""
    wanted, _ = _plain(quote)
    several = range(1, max(1, len(split(quote))) + 2)
    pairs = Counter(wanted[at : at + 2] for at in range(len(wanted) - 1))
    ranked = sorted(
        ((-sum((pairs & Counter(_pairs(said))).values()), start, end, said)
         for start, end, said in _runs(_blocks(text, held), several)),
    )[:_LOOKED_AT]  # fmt: skip
    best = max(
        ((SequenceMatcher(None, wanted, said, autojunk=False).ratio(), -start, end)
         for _, start, end, said in ranked),
        default=(0.0, 0, 0),
    )  # fmt: skip
    return (-best[1], best[2]) if best[0] >= _ALIKE else None


def _pairs(said: str) -> Iterator[str]:
    return (said[at : at + 2] for at in range(len(said) - 1))


def _runs(
    blocks: Sequence[tuple[int, int, str]], several: Iterable[int]
) -> Iterator[tuple[int, int, str]]:
    """Yield the runs of so many sentences that follow one another."""
    for count in several:
        for at in range(len(blocks) - count + 1):
            run = blocks[at : at + count]
            yield run[0][0], run[-1][1], "".join(said for _, _, said in run)


def _blocks(text: EditionText, held: Sentences) -> tuple[tuple[int, int, str], ...]:
    """Return the sentences of an edition: where they stand, and what is compared."""
    return tuple((one.start, one.end, _plain(text.text[one.start : one.end])[0]) for one in held)
