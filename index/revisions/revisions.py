"""What changed between two editions of a work: sections matched first, then their sentences.

Sections are told apart by their bare titles and by the sentences they share, so a section that
was moved, renumbered, renamed, split or merged is recognised. Within matched sections sentences
and table rows are aligned in order; what is left over is looked for in the whole document
before it counts as added or removed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from index.errors import EditionUnknown
from ingest.headings import sections
from ingest.language.sentences import is_whole
from ingest.parsing import parse
from ingest.sentences import Kind as StoredKind
from ingest.sentences import Sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

# Below this share of common characters two sentences are two sentences.
_ALIKE = 0.5
# Away from its place a sentence has to be more alike to count as the same one.
_ALIKE_ELSEWHERE = 0.8
# A section is (a part of) another if this share of its characters came from there.
_CAME_FROM = 0.5
_SHORTEST_MOVED = 6
_SHORTEST_BROKEN = 12
_LONGEST_HEADING = 40


class Kind(StrEnum):
    """What happened."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    RENUMBERED = "renumbered"
    RETITLED = "retitled"
    SPLIT = "split"
    MERGED = "merged"


class What(StrEnum):
    """What it happened to."""

    SECTION = "section"
    SENTENCE = "sentence"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of one edition: its text, its section, and the page (from 1) it begins on.

    *text* is ``EditionText.text[start:end]``; of a section that is changed as a whole, all of it.
    *label* is the number printed on the page, or None.
    """

    section: tuple[str, ...]
    text: str
    page: int
    label: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. *also* are the further parts of a split or merger."""

    kind: Kind
    what: What
    before: Spot | None
    after: Spot | None
    also: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """All changes from *old* to *new*, in the new edition's order; removals at their old place.

    *same* counts the sentences and rows that stayed as they were, wherever they stand.
    """

    old: Edition
    new: Edition
    changes: tuple[Change, ...]
    same: int

    def count(self, kind: Kind) -> int:
        """Return how many changes are of a kind."""
        return sum(change.kind is kind for change in self.changes)


def editions_of(
    editions: Iterable[Edition], document: str, old: str | None = None, new: str | None = None
) -> tuple[Edition, Edition]:
    """Return the two held editions of a document to compare, the earlier first.

    Without labels, the last two; with *old* alone, that one and the last.

    Raises:
        EditionUnknown: the document has no such held edition, or only one.
    """
    held = [e for e in editions if e.document.id == document and e.held]
    held.sort(key=_since)
    labels = tuple(e.label for e in held)
    for wanted in (old, new):
        if wanted is not None and wanted not in labels:
            raise EditionUnknown(document, labels, wanted)
    chosen_new = held[labels.index(new)] if new else (held[-1] if held else None)
    if old:
        chosen_old: Edition | None = held[labels.index(old)]
    else:
        earlier = held[: held.index(chosen_new)] if chosen_new else []
        chosen_old = earlier[-1] if earlier else None
    if chosen_old is None or chosen_new is None or chosen_old is chosen_new:
        raise EditionUnknown(document, labels)
    return chosen_old, chosen_new


def _since(edition: Edition) -> int:
    """Return the day from which an edition counts, as a number that sorts; 0 where unknown."""
    day = edition.in_force_from or edition.published
    return day.toordinal() if day else 0


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
    units, others = list(_units(before, first)), list(_units(after, second))
    apart = _apart(before, units, after, others), _apart(after, others, before, units)
    numbering = {head[0] for head in _section_heads(before) | _section_heads(after) if head}
    parts = _parts(before, apart[0], numbering), _parts(after, apart[1], numbering)
    return _Comparison(*parts, before, after).revision(old, new)


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """A sentence or a row. *plain* is what is compared: widths and white space do not count."""

    start: int
    end: int
    plain: str
    row: bool
    heading: bool = False


@dataclass(slots=True, eq=False)
class _Part:
    """A section: where it stands, its heading in parts, and what is said under it."""

    at: int
    path: tuple[str, ...]
    start: int
    end: int
    number: str
    title: str
    units: list[_Unit]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(unit.plain) for unit in self.units)


_NUMBER = re.compile(
    r"(?:第\s?[0-9一二三四五六七八九十百]+\s?[部編章節条項](?:の[0-9一二三四五六七八九十]+)?"
    r"|[0-9]{1,3}(?:\s?[.\-‐−]\s?[0-9]{1,3})*\s?[.、)]?(?=\s|[^0-9年月日%])"
    r"|[(][0-9一二三四五六七八九十]{1,3}[)]|[IVX]{1,4}[.、 ]|[ア-ン][.、)]|[■◆●▌□◇○])\s*"
)
# What follows a title in a sentence of which it is only the first word.
_GOES_ON = re.compile(r"[のはをにがとでもへや、・及]|など|から|まで|より|する|した|して|され")


def _plain(said: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", said))


def _numbered(title: str) -> tuple[str, str]:
    """Take a heading apart: its number as compared, and its bare title."""
    plain = unicodedata.normalize("NFKC", title).strip()
    number = _NUMBER.match(plain)
    if number is None or number.end() == len(plain):
        return "", _plain(plain)
    return _plain(number.group()), _plain(plain[number.end() :])


def _head(plain: str) -> tuple[str, str] | None:
    """Return how a heading is numbered (0.0 for 6.2) and its title; None without a number."""
    number, title = _numbered(plain)
    return (re.sub("[0-9]+", "0", number), title) if number and title else None


def _way(plain: str) -> str:
    head = _head(plain)
    return head[0] if head else ""


def _section_heads(text: EditionText) -> set[tuple[str, str] | None]:
    return {_head(_plain(section.path[-1])) for section in sections(text) if section.path}


def _apart(
    text: EditionText, units: list[_Unit], other: EditionText, others: list[_Unit]
) -> list[_Unit]:
    """Tear headings off the sentences they were read with, where *other* has them by themselves.

    A heading set hardly larger than the text may be read as the beginning of a paragraph in one
    edition, and as a heading in the next, because of what stands around it.
    """
    heads = _section_heads(other) | {_head(unit.plain) for unit in others if unit.heading}
    titles = sorted((head[1] for head in heads if head), key=len, reverse=True)
    there = {unit.plain for unit in others}
    found: list[_Unit] = []
    for unit in units:
        head = None if unit.row or unit.heading or unit.plain in there else _head(unit.plain)
        title = next(
            (t for t in titles if head and head[1].startswith(t) and (head[0], t) in heads), ""
        )
        rest = head[1][len(title) :] if head and title else ""
        if not rest or _GOES_ON.match(rest):
            found.append(unit)
            continue
        said = unit.plain[: len(unit.plain) - len(rest)]
        end = next(
            at for at in range(unit.start, unit.end) if _plain(text.text[unit.start : at]) == said
        )
        found.append(_Unit(unit.start, end, said, row=False, heading=True))
        found.append(_Unit(end, unit.end, rest, row=False))
    return found


def _parts(text: EditionText, units: list[_Unit], numbering: set[str]) -> list[_Part]:
    """Return the sections of a text, and what stands under a heading numbered as theirs are."""
    found: list[_Part] = []
    starts = [unit.start for unit in units]
    for section in sections(text):
        own = units[bisect_left(starts, section.start) : bisect_left(starts, section.end)]
        if section.path and own:
            own = _without_heading(own, section.path[-1])
        ats = [at for at, unit in enumerate(own) if unit.heading and _way(unit.plain) in numbering]
        until = [own[at].start for at in ats] + [section.end]
        _add(found, section.path, (section.start, until[0]), own[: ats[0]] if ats else own)
        for order, at in enumerate(ats):
            heading = text.text[own[at].start : own[at].end].strip()
            path = (*_above(section.path, heading), heading)
            inside = own[at + 1 : ats[order + 1] if order + 1 < len(ats) else len(own)]
            _add(found, path, (own[at].start, until[order + 1]), inside)
    return found


def _add(
    found: list[_Part], path: tuple[str, ...], span: tuple[int, int], own: list[_Unit]
) -> None:
    kept = [unit for unit in own if any(c.isalnum() for c in unit.plain)]
    if path or kept:
        number, title = _numbered(path[-1]) if path else ("", "")
        found.append(_Part(len(found), path, *span, number, title, kept))


def _above(path: tuple[str, ...], heading: str) -> tuple[str, ...]:
    """Return the sections that a heading found in another one's text stands under."""
    return path[:-1] if path and _way(_plain(heading)) == _way(_plain(path[-1])) else path


def _without_heading(own: list[_Unit], heading: str) -> list[_Unit]:
    """Leave out the units that are the heading itself, which may run over two blocks."""
    wanted, seen, at = _plain(heading), "", 0
    while at < len(own) and wanted.startswith(seen + own[at].plain):
        seen += own[at].plain
        at += 1
    return own[at:] if seen == wanted else own[max(at, 1) :]


def _units(text: EditionText, found: Sentences) -> Iterator[_Unit]:
    """Yield sentences and rows in order; a sentence that a page break cuts is one."""
    waiting: _Unit | None = None
    for order, one in enumerate(found):
        start = one.start
        if waiting is not None:
            if one.kind is StoredKind.STATEMENT:
                start = waiting.start
            else:
                yield waiting
        said = _plain(text.text[start : one.end])
        row = one.kind in {StoredKind.ROW, StoredKind.HEAD}
        block = found.in_block(order)
        alone = one.kind is StoredKind.ITEM and len(block) == 1
        heading = one.kind is StoredKind.HEADING or (alone and _looks_like_heading(said))
        unit = _Unit(start, one.end, said, row, heading)
        last = order + 1 == len(found) or found.column("page")[order + 1] != one.page
        whole = text.text[found[block[0]].start : one.end]
        waiting = unit if last and not (row or heading) and _goes_on(whole) else None
        if waiting is None:
            yield unit
    if waiting is not None:
        yield waiting


def _looks_like_heading(plain: str) -> bool:
    """Whether an item of a list is a heading by its number (such as 6.2) and breaks off as one."""
    return len(plain) <= _LONGEST_HEADING and _way(plain).count("0") > 1 and not is_whole(plain)


def _goes_on(said: str) -> bool:
    """Whether the last lines of a page break off in a sentence, rather than being a title."""
    return len(said) >= _SHORTEST_BROKEN and not is_whole(said)


class _Comparison:
    """Matches what two editions share, and tells what is left."""

    def __init__(
        self, old: list[_Part], new: list[_Part], before: EditionText, after: EditionText
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

    def _match_by(self, key: Callable[[_Part], object]) -> None:
        """Match what is the same under *key*, in order."""
        there: dict[object, list[_Part]] = defaultdict(list)
        for part in self._new:
            there[key(part)].append(part)
        for part in self._old:
            if others := there.get(key(part)):
                near = min(others, key=lambda other: abs(other.at - part.at))
                others.remove(near)
                self._join(part, near)

    def _join(self, old: _Part, new: _Part) -> None:
        self._to_new[old.at], self._to_old[new.at] = new.at, old.at

    def _match_scored(
        self, scores: Callable[[list[_Part], list[_Part]], Iterator[tuple[float, int, int]]],
        least: float,
    ) -> None:  # fmt: skip
        """Match the pairs that score best, one after the other."""
        old = [part for part in self._old if part.at not in self._to_new]
        new = [part for part in self._new if part.at not in self._to_old]
        found = sorted(scores(old, new), key=lambda s: (-s[0], abs(s[1] - s[2]), s[1]))
        for score, a, b in found:
            if score >= least and a not in self._to_new and b not in self._to_old:
                self._join(self._old[a], self._new[b])

    def _shared(self, old: list[_Part], new: list[_Part]) -> Iterator[tuple[float, int, int]]:
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
    def _parent(part: _Part) -> str:
        return _numbered(part.path[-2])[1] if len(part.path) > 1 else ""

    @staticmethod
    def _alike(old: list[_Part], new: list[_Part]) -> Iterator[tuple[float, int, int]]:
        """Score pairs by the character pairs of their titles and texts."""
        there = [(part.at, _bigrams(_beginning(part))) for part in new]
        for part in old:
            here = _bigrams(_beginning(part))
            for at, other in there:
                yield _dice(here, other), part.at, at

    @staticmethod
    def _scattered(
        loose: list[_Part], others: list[_Part], matched: dict[int, int]
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
        self, kind: Kind, old: _Part | None, new: _Part | None, *also: Spot
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
        gone: list[tuple[_Unit, _Part]] = []
        come: list[tuple[_Unit, _Part]] = []
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
        self, old: list[tuple[_Unit, _Part]], new: list[tuple[_Unit, _Part]]
    ) -> tuple[list[tuple[_Unit, _Part]], list[tuple[_Unit, _Part]]]:
        """Align the sentences of matched sections; return what found no partner on each side."""
        gone: list[tuple[_Unit, _Part]] = []
        come: list[tuple[_Unit, _Part]] = []
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
        self, old: list[tuple[_Unit, _Part]], new: list[tuple[_Unit, _Part]]
    ) -> tuple[list[tuple[_Unit, _Part]], list[tuple[_Unit, _Part]]]:
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
        self, gone: list[tuple[_Unit, _Part]], come: list[tuple[_Unit, _Part]]
    ) -> tuple[list[tuple[_Unit, _Part]], list[tuple[_Unit, _Part]]]:
        """Find what only went to another place, as it was or reworded; return the rest."""
        there: dict[str, list[int]] = defaultdict(list)
        for at, (unit, _) in enumerate(come):
            there[unit.plain].append(at)
        taken: set[int] = set()
        lost: list[tuple[_Unit, _Part]] = []
        for unit, part in gone:
            if len(unit.plain) >= _SHORTEST_MOVED and there.get(unit.plain):
                at = there[unit.plain].pop(0)
                taken.add(at)
                self._same += 1
                self._tell_unit(Kind.MOVED, (unit, part), come[at])
            else:
                lost.append((unit, part))
        left: list[tuple[_Unit, _Part]] = []
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
        self, kind: Kind, old: tuple[_Unit, _Part] | None, new: tuple[_Unit, _Part] | None
    ) -> None:  # fmt: skip
        either = new or old
        assert either is not None  # noqa: S101 - a change has at least one side
        self._tell(
            kind,
            What.ROW if either[0].row else What.SENTENCE,
            _spot(self._before, old[0], old[1].path) if old else None,
            _spot(self._after, new[0], new[1].path) if new else None,
        )

    def _spot_old(self, part: _Part) -> Spot:
        return _spot(self._before, part, part.path)

    def _spot_new(self, part: _Part) -> Spot:
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


def _said(parts: Iterable[_Part]) -> list[tuple[_Unit, _Part]]:
    ordered = sorted(parts, key=lambda part: part.at)
    return [(unit, part) for part in ordered for unit in part.units]


def _spot(text: EditionText, held: _Unit | _Part, path: tuple[str, ...]) -> Spot:
    page = text.page_at(held.start)
    said = text.text[held.start : held.end]
    return Spot(path, said, page.number, page.label, held.start, held.end)


def _beginning(part: _Part) -> str:
    return part.title + "".join(unit.plain for unit in part.units)[:2_000]


@lru_cache(maxsize=20_000)
def _bigrams(said: str) -> frozenset[str]:
    return frozenset(said[at : at + 2] for at in range(len(said) - 1))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _ratio(one: _Unit, other: _Unit, least: float = _ALIKE) -> float:
    """Return the share of common characters, from 0 to 1; 0 where it cannot reach *least*.

    Longer sentences that share few character pairs are not looked at: comparing every sentence
    with every other would take minutes for two documents of a hundred pages.
    """
    if (
        min(len(one.plain), len(other.plain)) >= _SHORTEST_BROKEN
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
