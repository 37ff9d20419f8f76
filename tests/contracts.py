"""What every library and every answerer promises, so that a fake promises it too."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bot.asking.question import read
from bot.writing.checking import stands
from index.passages import Filters

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import Answerer
    from index.passages import Library


def keeps_library_promises(library: Library, question: str, on: date) -> None:
    """Check that passages are slices of held texts, best first, at most *k*, filtered as asked."""
    passages = library.retrieve(question, k=5, filters=Filters(as_of=on))
    current = {edition.key for edition in library.in_force(on)}

    assert 0 < len(passages) <= 5
    assert all(before.score >= after.score for before, after in pairwise(passages))
    for passage in passages:
        chunk = passage.chunk
        text = library.text(chunk.edition)
        assert chunk.edition.key in current
        assert text.text[chunk.start : chunk.end] == chunk.text
        assert text.pages_of(chunk.start, chunk.end) == tuple(passage.pages)
        assert chunk in library.chunks(chunk.edition)
        held = library.sentences(chunk.edition)
        inside = [held[at] for at in held.within(chunk.start, chunk.end)]
        assert all(one.start < chunk.end and chunk.start < one.end for one in inside)
        assert any(map(str.isalnum, chunk.text)) == bool(inside)
    one = passages[0].chunk.edition.document.id
    only = library.retrieve(question, k=5, filters=Filters(as_of=on, documents=(one,)))
    assert {one} == {passage.chunk.edition.document.id for passage in only}
    assert {edition.key for edition in library.editions} >= current


def keeps_answerer_promises(answerer: Answerer, library: Library, question: str) -> None:
    """Check that an answer cites what stands, or declines and cites nothing."""
    answer = answerer.answer(read(question))

    assert library.id == answer.generation
    assert "" != answer.id
    assert "" != answer.text.strip()
    assert (answer.declined is None) == bool(answer.citations)
    assert list(range(1, len(answer.citations) + 1)) == [one.marker for one in answer.citations]
    nearest = answer.declined.nearest if answer.declined else ()
    assert all(stands(citation, library) for citation in (*answer.citations, *nearest))
    assert all(f"[{one.marker}]" in answer.text for one in answer.citations)
