"""Prefectures and municipalities as texts name them: 北海道北見市, 府中市（広島県）, Kitami City.

Every municipality of Japan is known with its prefecture and reading; two that share a name are
both kept as what may be meant. A name that no list has (緑野市, ○○町) is found by its look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from ingest.language.readings import romaji
from ingest.language.spelling import aligned, folded
from ingest.language.tables import table
from ingest.language.words import stands_alone


class Kind(StrEnum):
    """What a place is; WARD is a special ward of Tokyo or a ward of a designated city."""

    PREFECTURE = "prefecture"
    CITY = "city"
    WARD = "ward"
    TOWN = "town"
    VILLAGE = "village"


_KINDS = {
    "市": Kind.CITY, "区": Kind.WARD, "町": Kind.TOWN, "村": Kind.VILLAGE, "都": Kind.PREFECTURE,
    "道": Kind.PREFECTURE, "府": Kind.PREFECTURE, "県": Kind.PREFECTURE,
}  # fmt: skip
_ENGLISH_KINDS = {
    "City": Kind.CITY, "Ward": Kind.WARD, "Town": Kind.TOWN, "Village": Kind.VILLAGE,
    "Prefecture": Kind.PREFECTURE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Municipality:
    """A prefecture or municipality as it is listed.

    *name* is without the prefecture; *city* is the one whose ward it is, else "". *reading* is in
    kana with what the place is (きたみし), *english* in Latin letters without it (Kitami). A
    prefecture is its own *prefecture*.
    """

    name: str
    kind: Kind
    prefecture: str
    city: str
    reading: str
    english: str


@dataclass(frozen=True, slots=True)
class Place:
    """A prefecture or municipality where a text names it.

    The span covers the prefecture and the county said with it. *name* is the name as listed, else
    as written. *prefectures* are those that may be meant, one where the text says which; empty
    where nobody knows. *listed* is false for a name that is in no list.
    """

    start: int
    end: int
    name: str
    kind: Kind
    prefectures: tuple[str, ...] = ()
    listed: bool = True


@cache
def municipalities() -> tuple[Municipality, ...]:
    """Return every prefecture and municipality, prefectures first, from north to south."""
    found: list[Municipality] = []
    towns: list[Municipality] = []
    for prefecture, told in table("municipalities").items():
        found.append(
            Municipality(
                prefecture, Kind.PREFECTURE, prefecture, "", told["reading"], told["english"]
            )
        )
        for line in told["names"].split("\n"):
            if line:
                name, reading = line.split(" ")
                city, _, ward = name.rpartition("・")
                read = reading.rpartition("・")[2]
                towns.append(
                    Municipality(
                        ward,
                        _KINDS[ward[-1]],
                        prefecture,
                        city,
                        read,
                        romaji(_stem_read(read, ward)),
                    )
                )
    return (*found, *towns)


PREFECTURES: tuple[str, ...] = tuple(table("municipalities"))
"""The 47 prefectures, from north to south."""

_ENDS_READ = {
    "市": ("し",), "区": ("く",), "町": ("ちょう", "まち"), "村": ("そん", "むら"), "県": ("けん",),
    "府": ("ふ",), "都": ("と",), "道": ("どう",),
}  # fmt: skip


def _stem_read(read: str, name: str) -> str:
    """Return a reading without 市, 町, 村 or 区."""
    ending = next((end for end in _ENDS_READ[name[-1]] if read.endswith(end)), "")
    return read.removesuffix(ending) if len(read) > len(ending) else read


def named(name: str) -> tuple[Municipality, ...]:
    """Return the places that go by *name*: 北見市, 北見, きたみ, Kitami, Kitami City; else none."""
    plain = _key(folded(name))
    found = _by_name().get(plain)
    if found is None:
        latin = re.sub(
            r"[\s-]+(?:city|town|village|ward|prefecture|shi|cho|machi|mura|ku)$", "", plain
        )
        found = _by_name().get(latin, ())
    return found


@cache
def _by_name() -> dict[str, tuple[Municipality, ...]]:
    found: dict[str, list[Municipality]] = {}
    for one in municipalities():
        stem = re.sub("[都府県市区町村]$", "", one.name)
        names = {one.name, one.city + one.name, one.english.lower(), one.reading}
        if len(stem) > 1 and one.kind is not Kind.WARD:
            names |= {stem, _stem_read(one.reading, one.name)}
        for name in names:
            found.setdefault(_key(folded(name)), []).append(one)
    return {name: tuple(ones) for name, ones in found.items()}


@cache
def _listed() -> dict[str, tuple[Municipality, ...]]:
    """Return the places by their whole names, with and without the city of a ward, as compared."""
    found: dict[str, list[Municipality]] = {}
    for one in municipalities():
        for name in {one.name, one.city + one.name}:
            found.setdefault(_key(folded(name)), []).append(one)
    return {name: tuple(ones) for name, ones in found.items()}


def _key(plain: str) -> str:
    """Return a name as it is compared: 茅ヶ崎, 茅ケ崎 and 茅が崎 are one."""
    return plain.translate(_LITTLE_KE)


_LITTLE_KE = str.maketrans("ケが", "ヶヶ")
_LONGEST = 11
"""Characters of the longest name, that of a ward with its city."""

_END = re.compile("[市区町村都道府県]")
_JAPANESE = "一-龥々ヶァ-ヴー"
_BEFORE = re.compile(rf"[{_JAPANESE}]")
_COUNTY = re.compile(rf"[{_JAPANESE}ぁ-ん]{{1,4}}郡")
_IN_BRACKETS = re.compile(rf"\s?\((?P<prefecture>{'|'.join(PREFECTURES)})\)")
_UNLISTED = re.compile(
    rf"(?<![{_JAPANESE}A-Za-z○◯])"
    r"(?P<stem>[一-龥々ヶ]{1,4}?|[一-龥]{0,2}[ァ-ヴー]{2,8}[一-龥]{0,2}"
    r"|(?:^|(?<=[\s、。・「『(]))[ぁ-ん]{2,5}[一-龥]{0,2}|[A-Z]|[○◯〇]{1,3})"
    r"(?P<kind>[市町村区県])(?![市区町村場分間別画割道])",
    re.MULTILINE,
)
_LEFT_OPEN = re.compile("[A-Z○◯〇]{1,3}")
_ENGLISH = re.compile(
    r"\b(?P<name>[A-Z][a-z]+(?:-[A-Za-z]+)?)[ -](?P<kind>City|Town|Village|Ward|Prefecture)\b"
    r"|\b(?P<of>City|Town|Village|Prefecture) of (?P<name2>[A-Z][a-z]+)"
)


def places(text: str) -> tuple[Place, ...]:
    """Return the prefectures and municipalities that *text* names, in order, without overlaps."""
    plain = aligned(text)
    found = _by_list(plain.text)
    found += _by_look(plain.text, found)
    found += _in_english(plain.text)
    found.sort(key=lambda one: one.start)
    return tuple(
        _as_written(replace(one, start=plain.places[one.start], end=plain.places[one.end]), text)
        for one in found
    )


def _as_written(place: Place, text: str) -> Place:
    """Return a place by the name it is written with, where two names are folded to one.

    鹿嶋市 lies in 茨城県 and 鹿島市 in 佐賀県.
    """
    ones = _listed().get(_key(folded(place.name)), ()) if place.listed else ()
    if len({one.name for one in ones}) < 2:
        return place
    said = text[place.start : place.end]
    exact = [one for one in ones if said.endswith(one.name)]
    held = tuple(one.prefecture for one in exact or ones if one.prefecture in place.prefectures)
    return replace(place, name=(exact or ones)[0].name, prefectures=held or place.prefectures)


def _by_list(plain: str) -> list[Place]:
    """Return the listed places: the longest name that ends at each 市, 町, 村, 区 or 県."""
    said = _key(plain)
    found: list[Place] = []
    for match in _END.finditer(said):
        one = _ending_at(said, plain, match.end(), found[-1].end if found else 0)
        if one is None:
            continue
        last = found[-1] if found else None
        if last is not None and one.start < last.end:
            # 四日市 has ended where 四日市市 goes on; a city where its ward follows.
            found[-1] = replace(one, start=min(last.start, one.start))
        elif last is not None and _holds(last, one, said[last.end : one.start]):
            found[-1] = _within(one, last)
        else:
            found.append(one)
    return found


def _holds(last: Place, one: Place, between: str) -> bool:
    """Whether a prefecture or city is said before what lies in it, as one name."""
    if last.kind is Kind.PREFECTURE:
        return one.kind is not Kind.PREFECTURE and (
            not between or _COUNTY.fullmatch(between) is not None
        )
    return last.kind is Kind.CITY and one.kind is Kind.WARD and not between


def _within(one: Place, around: Place) -> Place:
    """Return a place said with the prefecture or city that it lies in."""
    kept = tuple(name for name in one.prefectures if name in around.prefectures)
    name = around.name + one.name if around.kind is Kind.CITY else one.name
    return replace(one, start=around.start, name=name, prefectures=kept or around.prefectures)


def _ending_at(said: str, plain: str, end: int, taken: int) -> Place | None:
    """Return the listed place with the longest name that ends at *end*, None when none does."""
    for start in range(max(0, end - _LONGEST), end - 1):
        ones = _listed().get(said[start:end])
        if ones is None or not _whole(said, plain, (start, end), taken):
            continue
        prefectures = tuple(dict.fromkeys(one.prefecture for one in ones))
        bracket = _IN_BRACKETS.match(plain, end)
        if bracket is not None and bracket["prefecture"] in prefectures:
            prefectures = (bracket["prefecture"],)
        first = ones[0]
        name = first.name if end - start == len(first.name) else first.city + first.name
        return Place(start, end, name, first.kind, prefectures)
    return None


def _whole(said: str, plain: str, span: tuple[int, int], taken: int) -> bool:
    """Whether a listed name is no piece of a longer word: 津市 in 大津市, 津市 in 津市場."""
    start, end = span
    follows = said[end : end + 1]
    joined = _BEFORE.match(said[start - 1 : start]) is not None and start != taken
    joined = joined and not said.endswith("郡", 0, start)
    goes_on = _BEFORE.match(follows) is not None and follows not in table("places")["may_follow"]
    return not (joined or goes_on) or stands_alone(plain, start, end)


def _by_look(plain: str, found: list[Place]) -> list[Place]:
    """Return what looks like the name of a municipality and is in no list."""
    known = table("places")
    names = frozenset(known["not_names"])
    looks: list[Place] = []
    for match in _UNLISTED.finditer(plain):
        stem, kind = match["stem"], match["kind"]
        if (
            any(one.start < match.end() and match.start() < one.end for one in found)
            or stem in names
            or stem[-1] in known["not_before"]
            or (kind in "区県" and not _LEFT_OPEN.fullmatch(stem))
        ):
            continue
        before = next((one for one in found if one.end == match.start()), None)
        held = before.prefectures if before and before.kind is Kind.PREFECTURE else ()
        looks.append(Place(match.start(), match.end(), match[0], _KINDS[kind], held, listed=False))
    return looks


def _in_english(plain: str) -> list[Place]:
    found: list[Place] = []
    for match in _ENGLISH.finditer(plain):
        said, kind = match["name"] or match["name2"], _ENGLISH_KINDS[match["kind"] or match["of"]]
        ones = [
            one
            for one in named(said)
            if (one.kind is kind) or Kind.PREFECTURE not in {one.kind, kind}
        ]
        if not ones and said in table("places")["not_names_english"]:
            continue
        prefectures = tuple(dict.fromkeys(one.prefecture for one in ones))
        name = ones[0].name if ones else said
        kind = ones[0].kind if ones else kind
        found.append(Place(match.start(), match.end(), name, kind, prefectures, listed=bool(ones)))
    return found
