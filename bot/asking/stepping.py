"""「その次は？」: a follow-up about the section next to the one that was asked about."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from bot.asking.conversation import condense
from ingest.language.marks import unmarked
from ingest.language.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.answers import Turn

_ONWARD = re.compile(
    r"\s?(?:では|じゃあ?|それで|さらに)?[、,]?\s?(?:その)?次(?:の[^はがをでに、。？?]{1,10})?(?:は|って|について|[？?]|$).{0,8}$"
    r"|\s?(?:and\s|then\s|so\s)?(?:what (?:is|about|comes)\s)?(?:the\s)?next(?:\s\w+)?\s?[？?]?$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\s?(?:では|じゃあ?|それで|さらに)?[、,]?\s?(?:その|一つ)前(?:の[^はがをでに、。？?]{1,10})?(?:は|って|について|[？?]|$).{0,8}$"
    r"|\s?(?:and\s|then\s|so\s)?(?:what (?:is|about|comes)\s)?(?:the\s)?previous(?:\s\w+)?\s?[？?]?$",
    re.IGNORECASE,
)
_REMARK = re.compile(r"[(][^()]*[)]$")
_SHORTEST = 3
"""Characters from which on a title in a question tells which section is meant."""

Path = tuple[str, ...]


def beside(text: str, history: Sequence[Turn], documents: Iterable[Sequence[Path]]) -> str | None:
    """Return the question that a 「その次は？」 stands for, or None when *text* is no such thing.

    It is the earlier question with the title of a section that it names replaced by that of the
    section after it (or before it, for 「その前は？」) under the same heading. *documents* are the
    section paths of each document in reading order; the longest title that is named counts.
    """
    asked = [turn.question for turn in history] + [text]
    moves = [steps(one) for one in takewhile(steps, reversed(asked))]
    before = history[: len(asked) - len(moves)]
    if not moves or not before:
        return None
    earlier = normalise(condense(before[-1].question, before[:-1]))
    named = [
        (len(name), name, paths, at)
        for paths in documents
        for at, path in enumerate(paths)
        if path and len(name := _plain(path[-1])) >= _SHORTEST and name in earlier
    ]
    if not named:
        return None
    _, name, paths, at = max(named, key=lambda one: one[0])
    parent = paths[at][:-1]
    siblings = [path for path in paths if path and path[:-1] == parent]
    order = siblings.index(paths[at]) + sum(moves)
    if not 0 <= order < len(siblings):
        return None
    return earlier.replace(name, _plain(siblings[order][-1]))


def steps(text: str) -> int:
    """Return 1 for a question about what comes next, -1 about what comes before, else 0."""
    return 1 if _ONWARD.match(text) else -1 if _BACK.match(text) else 0


def _plain(title: str) -> str:
    """Return a title as a question would name it: without its number and what is in brackets."""
    return _REMARK.sub("", normalise(unmarked(" ".join(title.split())))).strip()
