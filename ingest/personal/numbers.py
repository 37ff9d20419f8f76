"""Numbers that belong to somebody: told by a check digit, by the word before them, or by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

from ingest.language.tables import one_of
from ingest.personal.kinds import Finding, Kind
from ingest.personal.words import GAP, counted, listed, stepped, words

_CHAIN = re.compile(rf"\d+(?:[{GAP}]{{1,3}}\d+)*")
_MY_NUMBER, _RESIDENT_CODE = 12, 11
_CARD = range(14, 20)
_REACH = 32
"""Characters before a number in which a word may say what the number is."""

_LETTERED = (
    (
        Kind.RESIDENCE_CARD,
        re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\s?\d{8}\s?[A-Za-z]{2}(?![A-Za-z0-9])"),
    ),
    (Kind.PASSPORT, re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\s?\d{7}(?![A-Za-z0-9])")),
)
_VEHICLE = re.compile(
    r"[一-龥ぁ-んァ-ヶ]{1,4}\s?\d{2,3}\s?[ぁ-ん]\s?(?:\d{1,2}[-‐−ー]\d{2}|[・.]{1,3}\d{1,3})(?!\d)"
)
_SYMBOL = re.compile(
    rf"記号[^\d\n]{{0,6}}(\d{{1,8}})[^\d\n]{{0,8}}番号[^\d\n]{{0,6}}(\d{{1,8}}(?:[{GAP}]\d{{1,4}})?)"
)
_VALUE = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]{{0,4}}\s?\d[A-Za-z0-9]*(?:[{GAP}]{{1,2}}\d[A-Za-z0-9]*)*"
)

_public = partial(listed, "numbers", "public")


@dataclass(frozen=True, slots=True)
class _Group:
    start: int
    end: int
    digits: str


def find(text: str) -> Iterator[Finding]:
    """Yield the numbers of *text* that belong to somebody; *text* is plain, its digits as well."""
    for kind, form in _LETTERED:
        for match in form.finditer(text):
            yield Finding(match.start(), match.end(), kind)
    for match in _VEHICLE.finditer(text):
        yield Finding(match.start(), match.end(), Kind.VEHICLE)
    for match in _SYMBOL.finditer(text):
        yield Finding(match.start(1), match.end(2), Kind.INSURED)
    for match in _CHAIN.finditer(text):
        # A card's first twelve digits may be an Individual Number by chance: the longer counts.
        yield from sorted(_in_chain(text, match), key=lambda each: each.start - each.end)
    yield from _said(text)


def _in_chain(text: str, match: re.Match[str]) -> Iterator[Finding]:
    groups = [
        _Group(match.start() + each.start(), match.start() + each.end(), each[0])
        for each in re.finditer(r"\d+", match[0])
    ]
    said = _kind_said(text, groups[0].start)
    for at, first in enumerate(groups):
        yield from _inside(text, first, said)
        digits = ""
        for last in range(at, len(groups)):
            digits += groups[last].digits
            if len(digits) >= _CARD.stop:
                break
            taken = groups[at : last + 1]
            whole = len(taken) == len(groups)
            if (kind := _checked(text, taken, digits, said, whole=whole)) is not None:
                yield Finding(first.start, groups[last].end, kind)


def _checked(
    text: str, groups: Sequence[_Group], digits: str, said: Kind | None, *, whole: bool
) -> Kind | None:
    """Return what a word or a check digit says that groups of digits are together."""
    length = len(digits)
    if (said, length) in {(Kind.MY_NUMBER, _MY_NUMBER), (Kind.RESIDENT_CODE, _RESIDENT_CODE)} or (
        said is Kind.CARD and length in _CARD
    ):
        return said
    if is_my_number(digits) and _together(text, groups, whole=whole):
        return Kind.MY_NUMBER
    if is_resident_code(digits) and len(groups) == 1 and digits[0] != "0":
        return Kind.RESIDENT_CODE
    even = _even(groups) or (whole and _is_amex(groups))
    if length in _CARD and is_card(digits) and even and not _is_moment(groups):
        return Kind.CARD
    return None


def _inside(text: str, group: _Group, said: Kind | None) -> Iterator[Finding]:
    """Yield a longer run of digits in which an Individual Number stands."""
    digits = group.digits
    if len(digits) <= _MY_NUMBER or _is_public(text, group):
        return
    if len(digits) in _CARD and (said is Kind.CARD or is_card(digits)):
        return
    if any(is_my_number(digits[at : at + 12]) for at in range(len(digits) - 11)):
        yield Finding(group.start, group.end, Kind.MY_NUMBER)


def _is_public(text: str, group: _Group) -> bool:
    """Whether thirteen digits are a number of a body or a book, or fourteen a moment."""
    before = text[max(0, group.start - 12) : group.start]
    if len(group.digits) == 13:
        return before.endswith("T") or _public().search(before) is not None
    return len(group.digits) == 14 and _is_moment([group])


def _together(text: str, groups: Sequence[_Group], *, whole: bool) -> bool:
    """Whether groups of digits may be one number: cut evenly, and neither ticks nor an amount."""
    if len(groups) == 1:
        return True
    numbers = [group.digits for group in groups]
    between = {text[a.end : b.start] for a, b in pairwise(groups)}
    if stepped(numbers) or _is_moment(groups):
        return False
    if _even(groups):
        triplets = len(numbers[0]) == 3
        if triplets and between == {","}:
            return counted().match(text, groups[-1].end) is None
        return not (triplets and between == {"."} and all(int(each) < 256 for each in numbers))
    return whole and len(between) == 1 and all(len(each) > 1 for each in numbers)


def _even(groups: Sequence[_Group]) -> bool:
    *rest, last = [len(group.digits) for group in groups]
    return len(set(rest)) <= 1 and (not rest or last <= rest[0])


def _is_amex(groups: Sequence[_Group]) -> bool:
    return [len(group.digits) for group in groups] == [4, 6, 5]


def _is_moment(groups: Sequence[_Group]) -> bool:
    """Whether digits begin with a year and a month: 2026-11-30 12:34, 20261130123456."""
    digits = "".join(group.digits for group in groups)
    year, month = (
        (groups[0].digits, groups[1].digits) if len(groups) > 1 else (digits[:4], digits[4:6])
    )
    return len(year) == 4 and 1900 <= int(year) < 2100 and 1 <= int(month) <= 12


def _said(text: str) -> Iterator[Finding]:
    """Yield what a word before it says to be somebody's number, whatever its digits."""
    if _labels().search(text) is None:
        return
    for match in _VALUE.finditer(text):
        digits = sum(character.isdecimal() for character in match[0])
        kind = _kind_said(text, match.start(), digits)
        unit = counted().match(text, match.end())
        if kind is not None and (unit is None or unit[0] == "号"):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            yield Finding(start, match.end(), kind)


def _kind_said(text: str, start: int, digits: int = 12) -> Kind | None:
    """Return what the words right before a number call it; few digits want the word 番号, too."""
    before = text[max(0, start - _REACH) : start]
    labels = list(_labels().finditer(before))
    if not labels:
        return None
    found = labels[-1]  # the nearest counts
    between = before[found.end() :]
    kind = Kind(found.lastgroup.replace("_", "-"))  # type: ignore[union-attr]
    if not _between().fullmatch(between) or digits < 4:
        return None
    if digits < 6 and not re.search(r"番号|記号|第|No|no", found[0] + between):
        return None
    return kind


@cache
def _labels() -> re.Pattern[str]:
    kinds = words()["numbers"]
    named = [
        f"(?P<{kind.value.replace('-', '_')}>{one_of(kinds[kind.value])})"
        for kind in Kind
        if kind.value in kinds
    ]
    return re.compile("|".join(named), re.IGNORECASE)


@cache
def _between() -> re.Pattern[str]:
    """What may stand between the word and its number; alternatives that share no first character."""
    allowed = one_of(words()["numbers"]["between"])
    return re.compile(rf"(?:{allowed}|[\s:：=#「『(（\[【、,.。;-])*+", re.IGNORECASE)


def is_my_number(digits: str) -> bool:
    """Whether 12 digits end in the check digit of an Individual Number.

    Ministry order 2014 no. 85, article 5: 11 minus the remainder by 11 of the sum of the
    digits, from the right, times 2 to 7 and then 2 to 6; a remainder of 0 or 1 gives 0.
    """
    return len(digits) == 12 and _modulo_11(digits, (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6))


def is_resident_code(digits: str) -> bool:
    """Whether 11 digits end in the check digit of a 住民票コード (same rule, 10 digits)."""
    return len(digits) == 11 and _modulo_11(digits, (2, 3, 4, 5, 6, 7, 2, 3, 4, 5))


def _modulo_11(digits: str, weights: Sequence[int]) -> bool:
    rest = sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)


def is_card(digits: str) -> bool:
    """Whether a number passes the Luhn check of payment cards (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, character in enumerate(reversed(digits)):
        value = int(character) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and digits[0] in "3456"
