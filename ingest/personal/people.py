"""Names of people: what a dictionary or a list of names knows, and what stands around a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial

from ingest.language.tables import one_of
from ingest.language.words import person_names, strangers
from ingest.personal.kinds import Finding, Kind
from ingest.personal.words import listed, names, words

_LOOK = 24
"""Characters before a name in which a word may say whose it is."""

_KANJI_BEFORE = re.compile(r"[一-龥々〆ヶ]{1,6}$")
_KANA_BEFORE = re.compile(r"(?:[ァ-ヶー]{1,12}[・･=＝ ]){0,3}[ァ-ヶー]{2,12}$|[ぁ-んー]{2,12}$")
_LATIN_BEFORE = re.compile(r"(?:[A-Z][A-Za-z'-]{0,20}[ .]{1,2}){0,3}[A-Z][A-Za-z'-]{1,20} ?$")
_KATAKANA = re.compile(
    r"(?<![ァ-ヶー])[ァ-ヶー]{2,12}(?:[・･=＝][ァ-ヶー]{1,12}){0,4}(?![ァ-ヶー])"
)
_LATIN = re.compile(
    r"(?<![A-Za-z])[A-Z][A-Za-z'-]{0,20}(?: [A-Z][A-Za-z'-]{0,20}){0,3}(?![A-Za-z])"
)
_TITLED = re.compile(r"\b(?:Mr|Ms|Mrs|Miss|Dr)\.? [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?")

_ENDS = r"(?![名式者々])(?=[^ぁ-ん]|$|[がはをにのとへもやでかだ]|から|まで|より|たち|って|宛)"
"""Behind an honorific: no longer word (氏名, 様式, さんぽ) goes on."""

_GIVEN = r"(?P<given>[ \u3000]?(?![がはをにとのもへや])[一-龥々ぁ-んァ-ヶー]{0,4}?)[ \u3000]?"
"""A given name that no dictionary knows may stand between a family name and the honorific."""

_honorific = partial(listed, "names", "honorifics", after=_ENDS)
_given_then_honorific = partial(listed, "names", "honorifics", before=_GIVEN, after=_ENDS)
_role_before = partial(listed, "names", "roles", after=r"(?:は|が|の|である|:|\s|\u3000){0,3}$")
_act = partial(listed, "names", "acts")
_staff = partial(listed, "names", "staff", after=r"の$")
_product = partial(listed, "names", "products", before=r"\s?")
_latin_role = partial(
    listed, "names", "latin-roles", before=r"\b", after=r"\.?\s$", flags=re.IGNORECASE
)
_latin_act = partial(listed, "names", "latin-acts", before=r",?\s", after=r"\b")


def find(text: str) -> Iterator[Finding]:
    """Yield names of people in a plain text: whole ones, and parts that something marks as such."""
    yield from _honored(text)
    yield from _known(text)
    yield from _after_roles(text)
    yield from _katakana(text)
    yield from _latin(text)


def _honored(text: str) -> Iterator[Finding]:
    """Yield what stands before さん, 様 and the like, unless it is nobody's name."""
    for match in _honorific().finditer(text):
        before = text[max(0, match.start() - _LOOK) : match.start()]
        said = before.rstrip(" \u3000")
        found = (
            _LATIN_BEFORE.search(said) or _KANA_BEFORE.search(said) or _KANJI_BEFORE.search(said)
        )
        if found is None or found[0] in words()["names"]["common"]:
            continue
        start = match.start() - len(before) + found.start()
        if _may_be_honored(found[0], match[0]) and not _speaks_for_an_office(text, start):
            yield Finding(start, start + len(found[0].rstrip()), Kind.NAME)


def _may_be_honored(said: str, honorific: str) -> bool:
    """Whether a word before さん and the like may be a name that no dictionary knows."""
    if re.match(r"[A-Z]", said):
        return not said.isupper() or " " in said
    if re.match(r"[ァ-ヶー]", said):
        return (
            said.split("・", maxsplit=1)[0] in names("katakana")
            or bool(strangers(said))
            or _reads_as_name(said)
        )
    if re.match(r"[ぁ-んー]", said):
        return any(said.endswith(each) for each in _hiragana_names(said))
    if said in names("families") or said[:1] in names("chinese_and_korean"):
        return True
    if honorific in {"様", "氏", "殿", "君"}:
        return False  # they end many words that are no names; known names are found all the same
    return len(said) <= 4 and not said.endswith(tuple(words()["names"]["nobody"]))


def _hiragana_names(said: str) -> Iterator[str]:
    """Yield the ends of a run of hiragana that read as a family or a given name."""
    for at in range(max(0, len(said) - 8), len(said) - 1):
        end = said[at:]
        if len(end) > 2 and (end in names("family_readings") or end in names("given_readings")):
            yield end


def _known(text: str) -> Iterator[Finding]:
    """Yield what the dictionary knows as a name, where something says that a person is meant."""
    for start, end, whole in person_names(text):
        honorific = _given_then_honorific().match(text, end)
        if honorific:
            if text[start:end] not in words()["names"]["common"] and not _speaks_for_an_office(
                text, start
            ):
                yield Finding(start, honorific.end("given"), Kind.NAME)
        elif (
            whole
            or _role_before().search(text[max(0, start - _LOOK) : start])
            or _act().match(text, end)
        ):
            yield Finding(start, end, Kind.NAME)


def _after_roles(text: str) -> Iterator[Finding]:
    """Yield a family name of the list behind 住民の, 申請者は and the like, with what follows it."""
    for match in _role_then_name().finditer(text):
        given = re.compile(r"[ \u3000]?[一-龥々]{1,3}(?=[はがをのにとへ、。\s]|$)").match(
            text, match.end()
        )
        yield Finding(match.start("name"), given.end() if given else match.end(), Kind.NAME)


def _katakana(text: str) -> Iterator[Finding]:
    """Yield names in katakana: Japanese ones by their reading, foreign ones by their parts."""
    for match in _KATAKANA.finditer(text):
        parts = re.split(r"[・･=＝]", match[0])
        foreign = len(parts) > 1 and (
            parts[0] in names("katakana") or sum(part in names("katakana") for part in parts) > 1
        )
        if (
            foreign
            or _reads_as_name(match[0])
            or (
                parts[0] in names("katakana")
                and (
                    _role_before().search(text[max(0, match.start() - _LOOK) : match.start()])
                    or _act().match(text, match.end())
                )
            )
        ):
            yield Finding(match.start(), match.end(), Kind.NAME)


def _reads_as_name(said: str) -> bool:
    """Whether katakana read as a family name and a given name, cut anywhere."""
    reading = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in said)
    return any(
        reading[:at] in names("family_readings") and reading[at:] in names("given_readings")
        for at in range(2, len(reading) - 1)
    )


def _latin(text: str) -> Iterator[Finding]:
    for match in _TITLED.finditer(text):
        if not _product().match(text, match.end()):
            yield Finding(match.start(), match.end(), Kind.NAME)
    for match in _LATIN.finditer(text):
        parts = [part.lower() for part in match[0].split()]
        known = [part in names("latin_given") or part in names("latin_families") for part in parts]
        before = text[max(0, match.start() - _LOOK) : match.start()]
        marked = _latin_role().search(before) or _latin_act().match(text, match.end())
        if (len(parts) > 1 and (sum(known) > 1 or (any(known) and marked))) or (
            marked and len(parts) > 1 and not match[0].isupper()
        ):
            yield Finding(match.start(), match.end(), Kind.NAME)


def _speaks_for_an_office(text: str, start: int) -> bool:
    """Whether 「デジタル庁の」 stands before a name: who works there is asked about as such."""
    return _staff().search(text[max(0, start - _LOOK) : start]) is not None


@cache
def _role_then_name() -> re.Pattern[str]:
    families = one_of(name for name in names("families") if len(name) > 1)
    return re.compile(
        rf"{one_of(words()['names']['roles'])}(?:は|が|の|である|:|\s|\u3000){{1,3}}(?P<name>{families})(?![市区町村県])"
    )
