"""What is measured, question by question: small values that print as people write them.

A measure looks at a question and at what came back for it, and says a number, more being
better, or None where the question is not one it judges. What came back may be nothing at all:
that scores 0, never None, so that a system cannot gain by staying silent.

Rankings of pages are scored by ir-measures; what is ours is about answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evals.errors import MeasuresMissing
from evals.questions import Place, Question


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for one question.

    *places* are distinct pages, best first: found by a search, or cited by an answer. *quotes*
    are the citations' quotations in order, and *verified* says of each (and then of each that a
    declined answer shows as nearest) whether it stands where it claims to stand.
    """

    places: tuple[Place, ...] = ()
    quotes: tuple[str, ...] = ()
    verified: tuple[bool, ...] = ()
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A name as people write it ("Success@5"), what it means, and how it is worked out."""

    name: str
    meaning: str
    of: Callable[[Question, Outcome], float | None]

    def __str__(self) -> str:
        return self.name


def distinct(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places in order, each once."""
    return tuple(dict.fromkeys(places))


def normalise(text: str) -> str:
    """Return the text as facts are compared: NFKC, without whitespace, case folded."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def holds(fact: Sequence[str], quotes: Sequence[str]) -> bool:
    """Whether each string of the fact occurs in one of the quotes; "|" parts alternatives."""
    texts = [normalise(quote) for quote in quotes]
    return all(
        any(normalise(choice) in text for choice in said.split("|") for text in texts)
        for said in fact
    )


def _ranked(name: str) -> Callable[[Question, Outcome], float | None]:
    """Return a function that lets ir-measures score the places of an answerable question."""

    def of(question: Question, outcome: Outcome) -> float | None:
        if not question.judgements:
            return None
        try:
            import ir_measures
        except ImportError as problem:
            raise MeasuresMissing from problem
        grades = {
            page: held.grade for held in reversed(question.judgements) for page in held.names()
        }
        found = dict.fromkeys(question.name_of(place) for place in outcome.places)
        # Falling scores, because equal ones would be put in order by name.
        run = {page: -float(rank) for rank, page in enumerate(found)}
        measure = ir_measures.parse_measure(name)
        [scored] = ir_measures.iter_calc(
            [measure], {question.id: grades}, {question.id: run} if run else {}
        )
        return float(scored.value)

    return of


def _cited_page(cutoff: int) -> Callable[[Question, Outcome], float | None]:
    def of(question: Question, outcome: Outcome) -> float | None:
        if not question.judgements:
            return None
        if outcome.declined:
            return 0.0
        cited = outcome.places[:cutoff]
        return float(any(held.holds(place) for held in question.judgements for place in cited))

    return of


def _quote_verified(question: Question, outcome: Outcome) -> float | None:  # noqa: ARG001 - one shape for all
    if outcome.declined and not outcome.verified:
        return None
    return sum(outcome.verified) / len(outcome.verified) if outcome.verified else 0.0


def _facts_covered(question: Question, outcome: Outcome) -> float | None:
    if not question.facts:
        return None
    quotes = () if outcome.declined else outcome.quotes
    return sum(holds(fact, quotes) for fact in question.facts) / len(question.facts)


_TERMS = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[a-z]+|[ァ-ヶー]+|[㐀-鿿々]+")


def _reference_covered(question: Question, outcome: Outcome) -> float | None:
    if not question.answer:
        return None
    asked = normalise(question.text)
    terms = dict.fromkeys(_TERMS.findall(normalise(question.answer)))
    needed = [term for term in terms if term not in asked]
    if not needed:
        return None
    said = "" if outcome.declined else "\0".join(map(normalise, outcome.quotes))
    return sum(_share_of(term, said) for term in needed) / len(needed)


def _share_of(term: str, said: str) -> float:
    """Return which share of a term's character pairs is said; a number counts whole or not."""
    if term in said:
        return 1.0
    pairs = {term[at : at + 2] for at in range(len(term) - 1)}
    if not pairs or term[0].isdigit():
        return 0.0
    return sum(pair in said for pair in pairs) / len(pairs)


def _answered_rightly(question: Question, outcome: Outcome) -> float | None:
    return float(not outcome.declined and bool(outcome.places)) if question.answerable else None


def _declined_rightly(question: Question, outcome: Outcome) -> float | None:
    return None if question.answerable else float(outcome.declined)


RETRIEVAL = (
    *(
        Measure(
            f"Success@{cutoff}",
            f"a judged page is among the first {cutoff} distinct pages"
            " (TREC's success; some papers call it recall or hit rate)",
            _ranked(f"Success@{cutoff}"),
        )
        for cutoff in (1, 3, 5, 10)
    ),
    Measure("RR@10", "1 / the rank of the first judged page, 0 below rank 10", _ranked("RR@10")),
    Measure(
        "nDCG@10",
        "discounted gain of all judged pages among the first 10, as a share of the best order's",
        _ranked("nDCG@10"),
    ),
)
"""What a ranking of pages is measured by, on questions with judgements."""

ANSWERS = (
    *(
        Measure(
            f"CitedPage@{cutoff}",
            f"a judged page is among the first {cutoff} distinct pages that the answer cites",
            _cited_page(cutoff),
        )
        for cutoff in (1, 3)
    ),
    Measure(
        "FactsCovered",
        "the share of the listed facts that stand in the quotations",
        _facts_covered,
    ),
    Measure(
        "ReferenceCovered",
        "the share of what the reference answer adds to the question (words by their character"
        " pairs, whole numbers) that stands in the quotations",
        _reference_covered,
    ),
    Measure(
        "QuoteVerified",
        "the share of quotations that equal the stored text between their offsets and begin on"
        " the page they name",
        _quote_verified,
    ),
    Measure(
        "AnsweredRightly", "an answerable question is answered with a citation", _answered_rightly
    ),
    Measure("DeclinedRightly", "an unanswerable question is declined", _declined_rightly),
)
"""What answers are measured by."""


def score(measures: Iterable[Measure], question: Question, outcome: Outcome) -> dict[str, float]:
    """Return each measure's value by name; measures that do not judge the question are absent."""
    values = {str(measure): measure.of(question, outcome) for measure in measures}
    return {name: value for name, value in values.items() if value is not None}
