"""What changed between two editions of a work: sections matched first, then their sentences.

Sections are told apart by their bare titles and by the sentences they share, so a section that
was moved, renumbered, renamed, split or merged is recognised. Within matched sections sentences
and table rows are aligned in order; what is left over is looked for in the whole document
before it counts as added or removed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict, defaultdict
from difflib import SequenceMatcher
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from index.revisions.changes import Change, Kind, Revision, Spot, What
from index.revisions.units import (
    SHORTEST_BROKEN,
    Part,
    Unit,
    numbered,
    parts_of,
    section_heads,
    torn_off,
    units_of,
)
from ingest.headings import sections
from ingest.parsing import parse
from ingest.sentences import Sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from index.passages import Library
    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

# Below this share of common characters two sentences are two sentences.
_ALIKE = 0.5
# Away from its place a sentence has to be more alike to count as the same one.
_ALIKE_ELSEWHERE = 0.8
# A section is (a part of) another if this share of its characters came from there.
_CAME_FROM = 0.5
_SHORTEST_MOVED = 6


def compare(
    old: Edition,
    before: EditionText,
    new: Edition,
    after: EditionText,
    held: tuple[Sentences, Sentences] | None = None,
) -> Revision:
    """Compare two editions; pure, and the same for the same texts.

    *held* are the stored sentences of both; without them they are cut from the texts.
    """
    first, second = held or (parse(before, sections(before)), parse(after, sections(after)))
    units, others = list(units_of(before, first)), list(units_of(after, second))
    apart = torn_off(before, units, after, others), torn_off(after, others, before, units)
    numbering = {head[0] for head in section_heads(before) | section_heads(after) if head}
    parts = parts_of(before, apart[0], numbering), parts_of(after, apart[1], numbering)
    return _Comparison(*parts, before, after).revision(old, new)


class _Comparison:
    """Matches what two editions share, and tells what is left."""

    def __init__(
        self, old: list[Part], new: list[Part], before: EditionText, after: EditionText
    ) -> None:
        self._old, self._new = old, new
        self._before, self._after = before, after
        self._to_new: dict[int, int] = {}
        self._to_old: dict[int, int] = {}
        self._changes: list[tuple[float, Change]] = []
        self._same = 0

    def revision(self, old: Edition, new: Edition) -> Revision:
        self._match()
        into = self._scattered(self._new, self._old, self._to_old)
        merged = self._scattered(self._old, self._new, self._to_new)
        self._tell_sections(into, merged)
        self._tell_sentences(into, merged)
        ordered = sorted(self._changes, key=lambda pair: pair[0])
        return Revision(old, new, tuple(change for _, change in ordered), self._same)

    # Sections

    def _match(self) -> None:
        self._match_by(lambda part: (part.title, tuple(u.plain for u in part.units)))
        self._match_scored(self._shared, 0.5)
        self._match_scored(self._alike, 0.55)

    def _match_by(self, key: Callable[[Part], object]) -> None:
        """Match what is the same under *key*, in order."""
        there: dict[object, list[Part]] = defaultdict(list)
        for part in self._new:
            there[key(part)].append(part)
        for part in self._old:
            if others := there.get(key(part)):
                near = min(others, key=lambda other: abs(other.at - part.at))
                others.remove(near)
                self._join(part, near)

    def _join(self, old: Part, new: Part) -> None:
        self._to_new[old.at], self._to_old[new.at] = new.at, old.at

    def _match_scored(
        self, scores: Callable[[list[Part], list[Part]], Iterator[tuple[float, int, int]]],
        least: float,
    ) -> None:  # fmt: skip
        """Match the pairs that score best, one after the other."""
        old = [part for part in self._old if part.at not in self._to_new]
        new = [part for part in self._new if part.at not in self._to_old]
        found = sorted(scores(old, new), key=lambda s: (-s[0], abs(s[1] - s[2]), s[1]))
        for score, a, b in found:
            if score >= least and a not in self._to_new and b not in self._to_old:
                self._join(self._old[a], self._new[b])

    def _shared(self, old: list[Part], new: list[Part]) -> Iterator[tuple[float, int, int]]:
        """Score pairs by their titles and by the sentences that stand in both."""
        common: Counter[tuple[int, int]] = Counter()
        holds: dict[str, set[int]] = defaultdict(set)
        for part in new:
            for unit in part.units:
                holds[unit.plain].add(part.at)
        for part in old:
            for unit in part.units:
                for at in holds.get(unit.plain, ()):
                    common[part.at, at] += len(unit.plain)
        titled: dict[str, list[int]] = defaultdict(list)
        for part in new:
            titled[part.title].append(part.at)
        alone = Counter(part.title for part in (*old, *new))
        pairs = set(common) | {(p.at, at) for p in old for at in titled.get(p.title, ())}
        for a, b in pairs:
            one, other = self._old[a], self._new[b]
            body = common[a, b] / max(one.size, other.size, 1)
            same_title = one.title == other.title
            beside = self._parent(one) == self._parent(other)
            unique = same_title and alone[one.title] == 2  # noqa: PLR2004 - one on each side
            yield body + 0.3 * same_title + 0.1 * beside + 0.15 * unique, a, b

    @staticmethod
    def _parent(part: Part) -> str:
        return numbered(part.path[-2])[1] if len(part.path) > 1 else ""

    @staticmethod
    def _alike(old: list[Part], new: list[Part]) -> Iterator[tuple[float, int, int]]:
        """Score pairs by the character pairs of their titles and texts."""
        there = [(part.at, _bigrams(_beginning(part))) for part in new]
        for part in old:
            here = _bigrams(_beginning(part))
            for at, other in there:
                yield _dice(here, other), part.at, at

    @staticmethod
    def _scattered(
        loose: list[Part], others: list[Part], matched: dict[int, int]
    ) -> dict[int, int]:
        """Return for unmatched sections the one on the other side that most of them came from."""
        home: dict[str, int] = {}
        for part in others:
            for unit in part.units:
                home.setdefault(unit.plain, part.at)
        found: dict[int, int] = {}
        for part in loose:
            if part.at in matched or not part.units:
                continue
            came: Counter[int] = Counter()
            for unit in part.units:
                if unit.plain in home:
                    came[home[unit.plain]] += len(unit.plain)
            if came and (best := came.most_common(1)[0])[1] >= _CAME_FROM * part.size:
                found[part.at] = best[0]
        return found

    def _tell_sections(self, into: dict[int, int], merged: dict[int, int]) -> None:
        order = [(a, self._to_new[a]) for a in sorted(self._to_new)]
        still = _longest_rise([b for _, b in order])
        for at, (a, b) in enumerate(order):
            one, other = self._old[a], self._new[b]
            if at not in still:
                self._tell_section(Kind.MOVED, one, other)
            elif one.number != other.number and (
                one.title == other.title or (one.number and other.number)
            ):
                self._tell_section(Kind.RENUMBERED, one, other)
            if one.title != other.title:
                self._tell_section(Kind.RETITLED, one, other)
        self._tell_new(into)
        self._tell_gone(merged)

    def _tell_new(self, into: dict[int, int]) -> None:
        for part in self._new:
            source = into.get(part.at)
            if source in self._to_new:
                kept = self._new[self._to_new[source]]
                self._tell_section(Kind.SPLIT, self._old[source], kept, self._spot_new(part))
            elif part.at not in self._to_old:
                self._tell_section(Kind.ADDED, None, part)

    def _tell_gone(self, merged: dict[int, int]) -> None:
        for part in self._old:
            target = merged.get(part.at)
            if target in self._to_old:
                kept = self._old[self._to_old[target]]
                self._tell_section(Kind.MERGED, kept, self._new[target], self._spot_old(part))
            elif part.at not in self._to_new:
                self._tell_section(Kind.REMOVED, part, None)

    def _tell_section(
        self, kind: Kind, old: Part | None, new: Part | None, *also: Spot
    ) -> None:  # fmt: skip
        self._tell(
            kind,
            What.SECTION,
            self._spot_old(old) if old else None,
            self._spot_new(new) if new else None,
            also,
        )

    # Sentences

    def _tell_sentences(self, into: dict[int, int], merged: dict[int, int]) -> None:
        gone: list[tuple[Unit, Part]] = []
        come: list[tuple[Unit, Part]] = []
        for a, b in self._to_new.items():
            olds = [self._old[a], *(self._old[x] for x, y in merged.items() if y == b)]
            news = [self._new[b], *(self._new[x] for x, y in into.items() if y == a)]
            lost, found = self._aligned(_said(olds), _said(news))
            gone += lost
            come += found
        whole_old = {p.at for p in self._old if p.at not in self._to_new and p.at not in merged}
        whole_new = {p.at for p in self._new if p.at not in self._to_old and p.at not in into}
        gone += [(unit, self._old[at]) for at in whole_old for unit in self._old[at].units]
        come += [(unit, self._new[at]) for at in whole_new for unit in self._new[at].units]
        gone, come = self._elsewhere(gone, come)
        for unit, part in gone:
            if part.at not in whole_old:
                self._tell_unit(Kind.REMOVED, (unit, part), None)
        for unit, part in come:
            if part.at not in whole_new:
                self._tell_unit(Kind.ADDED, None, (unit, part))

    def _aligned(
        self, old: list[tuple[Unit, Part]], new: list[tuple[Unit, Part]]
    ) -> tuple[list[tuple[Unit, Part]], list[tuple[Unit, Part]]]:
        """Align the sentences of matched sections; return what found no partner on each side."""
        gone: list[tuple[Unit, Part]] = []
        come: list[tuple[Unit, Part]] = []
        matcher = SequenceMatcher(
            None, [u.plain for u, _ in old], [u.plain for u, _ in new], autojunk=False
        )
        for kind, a0, a1, b0, b1 in matcher.get_opcodes():
            if kind == "equal":
                self._same += a1 - a0
                continue
            lost, found = self._paired(old[a0:a1], new[b0:b1])
            gone += lost
            come += found
        return gone, come

    def _paired(
        self, old: list[tuple[Unit, Part]], new: list[tuple[Unit, Part]]
    ) -> tuple[list[tuple[Unit, Part]], list[tuple[Unit, Part]]]:
        """Pair what stands at one place and is alike; return the rest."""
        scored = sorted(
            (
                (_ratio(a[0], b[0]), i, j)
                for i, a in enumerate(old)
                for j, b in enumerate(new)
                if a[0].row == b[0].row
            ),
            key=lambda s: (-s[0], abs(s[1] - s[2]), s[1]),
        )
        left_old, left_new = set(range(len(old))), set(range(len(new)))
        for score, i, j in scored:
            if score >= _ALIKE and i in left_old and j in left_new:
                left_old.remove(i)
                left_new.remove(j)
                self._tell_unit(Kind.CHANGED, old[i], new[j])
        return [old[i] for i in sorted(left_old)], [new[j] for j in sorted(left_new)]

    def _elsewhere(
        self, gone: list[tuple[Unit, Part]], come: list[tuple[Unit, Part]]
    ) -> tuple[list[tuple[Unit, Part]], list[tuple[Unit, Part]]]:
        """Find what only went to another place, as it was or reworded; return the rest."""
        there: dict[str, list[int]] = defaultdict(list)
        for at, (unit, _) in enumerate(come):
            there[unit.plain].append(at)
        taken: set[int] = set()
        lost: list[tuple[Unit, Part]] = []
        for unit, part in gone:
            if len(unit.plain) >= _SHORTEST_MOVED and there.get(unit.plain):
                at = there[unit.plain].pop(0)
                taken.add(at)
                self._same += 1
                self._tell_unit(Kind.MOVED, (unit, part), come[at])
            else:
                lost.append((unit, part))
        left: list[tuple[Unit, Part]] = []
        for one in lost:
            best = max(
                (
                    (_ratio(one[0], other[0], _ALIKE_ELSEWHERE), -at)
                    for at, other in enumerate(come)
                    if at not in taken and one[0].row == other[0].row
                ),
                default=(0.0, 0),
            )
            if best[0] >= _ALIKE_ELSEWHERE:
                taken.add(-best[1])
                self._tell_unit(Kind.CHANGED, one, come[-best[1]])
            else:
                left.append(one)
        return left, [unit for at, unit in enumerate(come) if at not in taken]

    # Telling

    def _tell_unit(
        self, kind: Kind, old: tuple[Unit, Part] | None, new: tuple[Unit, Part] | None
    ) -> None:  # fmt: skip
        either = new or old
        assert either is not None  # noqa: S101 - a change has at least one side
        self._tell(
            kind,
            What.ROW if either[0].row else What.SENTENCE,
            _spot(self._before, old[0], old[1].path) if old else None,
            _spot(self._after, new[0], new[1].path) if new else None,
        )

    def _spot_old(self, part: Part) -> Spot:
        return _spot(self._before, part, part.path)

    def _spot_new(self, part: Part) -> Spot:
        return _spot(self._after, part, part.path)

    def _tell(
        self, kind: Kind, what: What, before: Spot | None, after: Spot | None,
        also: tuple[Spot, ...] = (),
    ) -> None:  # fmt: skip
        if after is not None:
            place = after.start / max(len(self._after.text), 1)
        else:
            place = before.start / max(len(self._before.text), 1) if before else 0.0
        self._changes.append((place, Change(kind, what, before, after, also)))


def _said(parts: Iterable[Part]) -> list[tuple[Unit, Part]]:
    ordered = sorted(parts, key=lambda part: part.at)
    return [(unit, part) for part in ordered for unit in part.units]


def _spot(text: EditionText, held: Unit | Part, path: tuple[str, ...]) -> Spot:
    page = text.page_at(held.start)
    said = text.text[held.start : held.end]
    place = text.place(held.start, held.end, path)
    return Spot(path, said, page.number, page.label, held.start, held.end, place)


def _beginning(part: Part) -> str:
    return part.title + "".join(unit.plain for unit in part.units)[:2_000]


@lru_cache(maxsize=20_000)
def _bigrams(said: str) -> frozenset[str]:
    return frozenset(said[at : at + 2] for at in range(len(said) - 1))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _ratio(one: Unit, other: Unit, least: float = _ALIKE) -> float:
    """Return the share of common characters, from 0 to 1; 0 where it cannot reach *least*.

    Longer sentences that share few character pairs are not looked at: comparing every sentence
    with every other would take minutes for two documents of a hundred pages.
    """
    if (
        min(len(one.plain), len(other.plain)) >= SHORTEST_BROKEN
        and _dice(_bigrams(one.plain), _bigrams(other.plain)) < least / 2
    ):
        return 0.0
    matcher = SequenceMatcher(None, one.plain, other.plain, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    return matcher.ratio()


def _longest_rise(values: Sequence[int]) -> set[int]:
    """Return the positions of a longest rising subsequence: what kept its order."""
    ends: list[int] = []
    at_end: list[int] = []
    before: list[int] = []
    for at, value in enumerate(values):
        place = bisect_left(ends, value)
        if place == len(ends):
            ends.append(value)
            at_end.append(at)
        else:
            ends[place], at_end[place] = value, at
        before.append(at_end[place - 1] if place else -1)
    found: set[int] = set()
    at = at_end[-1] if at_end else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


_KEPT = 16
"""How many comparisons are kept; one of two long manuals takes seconds to make."""


class Comparisons:
    """Compares editions of a generation, each pair once, and one pair at a time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, str, str], Revision] = OrderedDict()

    def between(self, library: Library, old: Edition, new: Edition) -> Revision:
        """Return what changed from *old* to *new*, both held in *library*."""
        name = (library.id, old.key, new.key)
        with self._lock:
            found = self._made.pop(name, None)
            if found is None:
                held = library.sentences(old), library.sentences(new)
                found = compare(old, library.text(old), new, library.text(new), held)
            self._made[name] = found
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return found
