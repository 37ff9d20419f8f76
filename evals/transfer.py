"""Judged pages carried over to the editions that two indexes hold: a question outlives a revision.

A judgement names a page of one edition. When that edition is superseded, or its file now lies
elsewhere, the question is still asked: of each index with the page of the edition in force there
that says the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath

from evals.questions import Judgement, Question, QuestionSet
from index.errors import IndexingError
from index.passages import Library
from ingest.catalog.editions import Edition
from ingest.translations import Bilingual

_UNIT = 3
# Different pages of a manual share a tenth of their triples, revisions of one page over a half;
# a page that was cut in two leaves a half on each side.
_SAME = 0.3
_NEARLY_BEST = 0.6


@dataclass(frozen=True, slots=True)
class Carried:
    """The same questions, in the same order, with the pages that answer them on either side.

    *notes* say how many of the sets' questions are not asked, and why.
    """

    before: QuestionSet
    after: QuestionSet
    notes: tuple[Bilingual, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """One index, what is in force there, and the triples of the pages that were compared."""

    library: Library
    in_force: dict[str, Edition]
    pages: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)

    def holds(self, edition: Edition) -> bool:
        return edition in self.library.editions and edition.held

    def units(self, edition: Edition) -> tuple[frozenset[str], ...]:
        """Return the triples of each page's text; none where the text cannot be read."""
        if edition.key not in self.pages:
            try:
                pages = self.library.text(edition).pages
            except IndexingError:
                pages = ()
            self.pages[edition.key] = tuple(_units(page.text) for page in pages)
        return self.pages[edition.key]


def carried(sets: Sequence[QuestionSet], before: Library, after: Library, today: date) -> Carried:
    """Return the questions that both indexes can be asked; an id used twice names its set."""
    sides = tuple(
        _Side(one, {e.document.id: e for e in one.in_force(today)}) for one in (before, after)
    )
    asked: dict[str, tuple[Question, Question]] = {}
    missed: dict[str, list[Question]] = {"unheld": [], "gone": [], "new": []}
    total = 0
    for at, held in enumerate(sets):
        for question in held:
            if not question.judgements:
                continue
            total += 1
            name = question.id if at == 0 else f"{held.name}/{question.id}"
            was, now = (_on(question, side, sides) for side in sides)
            if was and now:
                asked[name] = (
                    replace(question, id=name, judgements=was),
                    replace(question, id=name, judgements=now),
                )
            else:
                missed["gone" if was else "new" if now else "unheld"].append(question)
    title = "+".join(held.name for held in sets)
    return Carried(
        QuestionSet(title, tuple(was for was, _ in asked.values())),
        QuestionSet(title, tuple(now for _, now in asked.values())),
        _notes(missed, total, len(asked)),
    )


def _on(question: Question, side: _Side, sides: Sequence[_Side]) -> tuple[Judgement, ...]:
    """Return the judgements as pages of what is in force on a side; none where none is."""
    found: list[Judgement] = []
    for judgement in question.judgements:
        source = _judged(judgement, sides)
        document = judgement.document or (source.document.id if source else "")
        target = side.in_force.get(document)
        if target is not None:
            pages = _followed(judgement.pages, source, target, side, sides)
            found.append(Judgement(document, target.label, pages=pages, grade=judgement.grade))
    return tuple(found)


def _judged(judgement: Judgement, sides: Sequence[_Side]) -> Edition | None:
    """Return the edition whose pages a judgement counts, if either side knows it."""
    known = [e for side in sides for e in (*side.in_force.values(), *side.library.editions)]
    held = [edition for edition in known if edition.held]
    if judgement.file:
        name = PurePosixPath(judgement.file)
        exactly = (e for e in held if PurePosixPath(str(e.path)) == name)
        by_name = (e for e in held if PurePosixPath(str(e.path)).name == name.name)
        return next(exactly, None) or next(by_name, None)
    of_work = [e for e in held if e.document.id == judgement.document]
    return next((e for e in of_work if judgement.edition in ("", e.label)), None)


def _followed(
    pages: Sequence[int],
    source: Edition | None,
    target: Edition,
    side: _Side,
    sides: Sequence[_Side],
) -> tuple[int, ...]:
    """Return the target's pages that say what the source's pages say.

    A page that has no counterpart keeps its number: what is gone is not found there, and that
    is a loss, whatever number it is given.
    """
    if source is None or source.sha256 == target.sha256:
        return tuple(pages)
    origin = next((one for one in sides if one.holds(source)), side)
    old, new = origin.units(source), side.units(target)
    found: list[int] = []
    for page in pages:
        said = old[page - 1] if page <= len(old) else frozenset()
        shares = [len(said & units) / max(len(said), 1) for units in new]
        best = max(shares, default=0.0)
        same = [at for at, share in enumerate(shares, 1) if share >= best * _NEARLY_BEST]
        found.extend(same if best >= _SAME else [page])
    return tuple(dict.fromkeys(found))


def _units(text: str) -> frozenset[str]:
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return frozenset(plain[at : at + _UNIT] for at in range(len(plain) - _UNIT + 1))


def _notes(missed: dict[str, list[Question]], total: int, asked: int) -> tuple[Bilingual, ...]:
    """Say what was not asked of the rest; nothing where no question fits the documents at all."""
    if not asked:
        return ()
    said = {
        "unheld": ("their documents are in neither index", "その文書がどちらの索引にもない"),
        "gone": ("their documents are no longer in force", "その文書が効力を失った"),
        "new": ("their documents were not in force before", "その文書がこれまで効力を持たなかった"),
    }
    notes: list[Bilingual] = []
    for why, questions in missed.items():
        en, ja = said[why]
        one = questions[0].text if questions and why != "unheld" else ""
        if questions:
            notes.append(
                Bilingual(
                    f"{len(questions)} of {total} questions were not asked, because {en}"
                    + (f", such as “{one}”." if one else "."),
                    f"質問{total}件のうち{len(questions)}件は、{ja}ため確かめていません"
                    + (f"（たとえば「{one}」）。" if one else "。"),
                )
            )
    return tuple(notes)
