"""What looks like personal data in a text, and the pages of a document that hold some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ingest.personal import contacts, numbers, people
from ingest.personal.kinds import CERTAIN, Finding, Kind
from ingest.personal.words import digits_plain, plain, words

PUBLISHED = frozenset({Kind.TELEPHONE, Kind.MAIL})
"""What a publisher gives out of itself."""

_MANY = 5
"""So many names, addresses, mobile telephones or mail addresses make a page a list of people."""


def find(text: str, *, known: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return what looks like personal data in *text*, in order, without overlaps.

    *known* are texts that may appear because the corpus itself publishes them (telephone
    numbers of offices); they are compared by their digits and letters. Where two findings
    overlap, one of the more certain kind covers both, so that nothing of either is left.
    """
    made_plain = plain(text)
    public = {_bare(item) for item in known}
    found: list[Finding] = []
    for finding in _candidates(made_plain):
        if finding.end <= finding.start or _bare(made_plain[finding.start : finding.end]) in public:
            continue
        found = _with(found, finding)
    return tuple(sorted(found, key=lambda finding: finding.start))


def published(texts: Iterable[str]) -> frozenset[str]:
    """Return the telephone numbers and mail addresses in *texts* that a publisher gave out."""
    found: set[str] = set()
    for text in texts:
        made_plain = plain(text)
        telephones = contacts.find_telephones(digits_plain(made_plain), offices=True)
        for finding in (*contacts.find_mail(made_plain), *telephones):
            found.add(text[finding.start : finding.end])
    return frozenset(found)


def personal_pages(pages: Iterable[str]) -> dict[int, tuple[Kind, ...]]:
    """Return the pages (from 1) that look as if they held people's data, with what kinds.

    A page does with a single number that is somebody's own, or a date of birth; names,
    addresses and telephones only where there are several: every manual names its authors.
    """
    found: dict[int, tuple[Kind, ...]] = {}
    for at, text in enumerate(pages, start=1):
        made_plain = plain(text)
        counted = digits_plain(made_plain)
        certain = [*contacts.find_births(made_plain), *numbers.find(counted)]
        kinds = [
            finding.kind
            for finding in certain
            if finding.kind in CERTAIN and _stands_alone(counted, finding)
        ]
        if not kinds:
            kinds = _people_of(made_plain, counted)
        if kinds:
            found[at] = tuple(dict.fromkeys(kinds))
    return found


def _stands_alone(text: str, finding: Finding) -> bool:
    """Whether a number is more than figures of a table that happen to check out together."""
    if finding.kind not in {Kind.MY_NUMBER, Kind.RESIDENT_CODE, Kind.CARD}:
        return True
    before, after = (
        text[max(0, finding.start - 3) : finding.start],
        text[finding.end : finding.end + 3],
    )
    figures = any(character.isdecimal() or character in ",." for character in before + after)
    return not figures and _AS_PRINTED.fullmatch(text[finding.start : finding.end]) is not None


_AS_PRINTED = re.compile(r"\d{11,16}|\d{4}([- ])\d{4}\1\d{4}(?:\1\d{4})?")


def _people_of(text: str, counted: str) -> list[Kind]:
    """Return the kinds on a page that lists people, none for another; names are looked for last."""
    marked = any(word in text for word in words()["marks"]["registers"])
    reached = [
        *contacts.find_mail(text),
        *contacts.find_telephones(counted),
        *contacts.find_addresses(text),
    ]
    if not marked and len(reached) < _MANY:
        return []
    kinds = [finding.kind for finding in (*reached, *people.find(text))]
    return kinds if len(kinds) >= (_MANY if marked else 3 * _MANY) else []


def _with(found: list[Finding], finding: Finding) -> list[Finding]:
    """Return *found* with one more, which goes into those it overlaps."""
    apart, start, end, kind = [], finding.start, finding.end, finding.kind
    for other in found:
        if start < other.end and other.start < end:
            start, end, kind = min(start, other.start), max(end, other.end), other.kind
        else:
            apart.append(other)
    return [*apart, Finding(start, end, kind)]


def _candidates(text: str) -> Iterator[Finding]:
    """Yield what each finder finds, the most certain kinds first."""
    counted = digits_plain(text)
    yield from contacts.find_mail(text)
    yield from contacts.find_births(text)
    yield from numbers.find(counted)
    yield from contacts.find_telephones(counted)
    yield from contacts.find_addresses(text)
    yield from people.find(text)


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()
