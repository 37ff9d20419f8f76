"""How the check of claims does: on false sentences made by machine, and on sentences by hand.

Of every sentence it is known whether its sources say it. Shown is what the check finds nothing
to object to; how many true ones would be shown at a looser setting, and how many false ones with
them, is told by the number of differences that are let pass.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.writing.claims import Stated, Verdict, compare
from evals.errors import BadQuestionSet
from evals.mutations import mutants
from ingest.language.sentences import shown
from ingest.sentences import Kind

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from index.passages import Library

LOOSENESS = (0.02, 0.05, 0.1)
"""Shares of false sentences at which is told how many of the true ones are kept."""

_SHORTEST, _LONGEST = 20, 160
"""Characters of the sentences that mutants are made of."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, what it is held to, whether that says it, and what was done to it."""

    said: str
    sources: tuple[str, ...]
    true: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, the verdict on it, and how many differences were found."""

    pair: Pair
    verdict: Verdict
    differences: int

    @property
    def shown(self) -> bool:
        """Whether it would be shown as supported."""
        return self.verdict is Verdict.SUPPORTED


def load(path: Path) -> list[Pair]:
    """Return the pairs of a file: one a line with said, sources, true and kind.

    Raises:
        BadQuestionSet: a line is none.
    """
    found: list[Pair] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            held = json.loads(line)
            sources = tuple(map(str, held["sources"]))
            found.append(
                Pair(str(held["said"]), sources, held["true"] is True, str(held.get("kind", "")))
            )
        except (ValueError, KeyError, TypeError) as problem:
            reason = f"no sentence with said, sources and true ({problem})"
            raise BadQuestionSet(str(path), reason, number) from problem
    return found


def sentences_of(library: Library, on: date, *, most: int) -> list[str]:
    """Return up to *most* sentences of what is in force, the same ones on every run."""
    chance = random.Random(7)  # noqa: S311
    found: list[str] = []
    for edition in library.in_force(on):
        text = library.text(edition).text
        for unit in library.sentences(edition):
            said = " ".join(shown(text[unit.start : unit.end]).split())
            ends = said.endswith(("。", "."))
            if unit.kind is Kind.STATEMENT and ends and _SHORTEST <= len(said) <= _LONGEST:
                found.append(said)
    chosen = list(dict.fromkeys(found))
    chance.shuffle(chosen)
    return chosen[:most]


def made(sentences: Sequence[str]) -> Iterator[Pair]:
    """Yield each sentence as it stands and all that the mutators make of it."""
    for one in sentences:
        yield Pair(one, (one,), true=True, kind="word for word")
    for changed in mutants(sentences):
        yield Pair(changed.said, tuple(changed.source.split("\n")), true=False, kind=changed.kind)


def judged(pairs: Iterable[Pair]) -> list[Judged]:
    """Return the pairs with what the check finds."""
    told: list[Judged] = []
    for pair in pairs:
        found = compare(pair.said, [Stated(one) for one in pair.sources])
        told.append(Judged(pair, found.verdict, len(found.differences)))
    return told


def kept_at(told: Sequence[Judged], share: float) -> float | None:
    """Return the share of true sentences that is kept where at most *share* of the false is shown.

    None where even the strictest setting, no difference at all, shows more of them.
    """
    true = [one for one in told if one.pair.true]
    false = [one for one in told if not one.pair.true]
    kept: float | None = None
    for most in range(1 + max((one.differences for one in told), default=0)):
        if sum(_passes(one, most) for one in false) > share * len(false):
            break
        kept = sum(_passes(one, most) for one in true) / max(1, len(true))
    return kept


def _passes(one: Judged, most: int) -> bool:
    return one.shown or 0 < one.differences <= most


def markdown(told: Sequence[Judged], *, name: str) -> str:
    """Return the figures as a page of Markdown."""
    true = [one for one in told if one.pair.true]
    false = [one for one in told if not one.pair.true]
    lines = [
        f"# The check of claims: {name}",
        "",
        f"- true sentences shown: {_of(true)}",
        f"- false sentences shown as supported: {_of(false)}",
        f"- false sentences contradicted: {_share(_contradicted(false), len(false))}",
        f"- true sentences contradicted: {_share(_contradicted(true), len(true))}",
    ]
    for share in LOOSENESS:
        kept = kept_at(told, share)
        held = "none, more are shown at the strictest setting" if kept is None else f"{kept:.2f}"
        lines.append(f"- true kept where at most {share:.0%} of the false are shown: {held}")
    lines += ["", "| Kind | Sentences | Shown |", "|---|---|---|"]
    for kind in sorted({(one.pair.true, one.pair.kind) for one in told}, reverse=True):
        of_kind = [one for one in told if (one.pair.true, one.pair.kind) == kind]
        said = "true" if kind[0] else "false"
        lines.append(f"| {said}: {kind[1]} | {len(of_kind)} | {sum(o.shown for o in of_kind)} |")
    return "\n".join(lines) + "\n"


def as_json(told: Sequence[Judged], *, name: str) -> str:
    """Return each sentence with its verdict, and the figures."""
    return json.dumps(
        {
            "name": name,
            "kept_at": {f"{share}": kept_at(told, share) for share in LOOSENESS},
            "sentences": [
                {
                    "said": one.pair.said,
                    "sources": one.pair.sources,
                    "true": one.pair.true,
                    "kind": one.pair.kind,
                    "verdict": one.verdict.value,
                    "differences": one.differences,
                }
                for one in told
            ],
        },
        ensure_ascii=False,
    )


def _of(told: Sequence[Judged]) -> str:
    return _share(sum(one.shown for one in told), len(told))


def _contradicted(told: Sequence[Judged]) -> int:
    return sum(one.verdict is Verdict.CONTRADICTED for one in told)


def _share(count: int, all_of: int) -> str:
    return f"{count} of {all_of} ({count / all_of:.3f})" if all_of else "none there"
