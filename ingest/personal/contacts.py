"""Where somebody is reached or lives: telephones, mail, addresses; and when somebody was born."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ingest.personal.kinds import Finding, Kind
from ingest.personal.words import GAP, counted, listed, number

_AT = r"(?:\s?@\s?|\s(?:アット|アットマーク)\s|\s?[(\[（【<]\s?(?:at|アット|アットマーク|@)\s?[)\]）】>]\s?)"
_DOT = r"(?:\s?[.。．]\s?|\s?[(\[（【]\s?(?:dot|ドット)\s?[)\]）】]\s?)"
_MAIL = re.compile(
    rf"(?<![A-Za-z0-9.+%-])[A-Za-z0-9][A-Za-z0-9_.+%-]{{0,63}}{_AT}[A-Za-z0-9-]{{1,63}}(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{1,5}}"
    rf"|[^\s@、。「」()はがをにへもと]{{1,20}}{_AT}[^\s@、。「」()はがをにへもと.]{{1,30}}(?:\.[^\s@、。「」()はがをにへもと.]{{1,30}}){{0,3}}\.[A-Za-z]{{2,12}}",
    re.IGNORECASE,
)

_TELEPHONE_GAP = GAP.replace(r"\s", r" \t\u3000\xa0の").replace(",、", "")
_TELEPHONE = re.compile(rf"\+?\(?\d+(?:[{_TELEPHONE_GAP}()]{{1,3}}\d+)*")
_FIXED, _MOBILE = 10, 11
_LONGEST_GROUPS = 11
_MOBILE_BEGINS = ("050", "060", "070", "080", "090", "0800")
_SHORT = re.compile(r"\d{1,4}[-‐−ー.]\d{3,4}(?![\d-])|\d{6,11}(?!\d)")
_NEAR = 14
"""Characters beside a telephone number in which an office may be named."""

_TOWN = r"(?:[一-龥々ヶケノ]{1,6}|[ぁ-ん]{2,5}|[ァ-ヶー]{2,6})[市区町村郡]"
_PREFECTURE = r"(?:北海道|東京都|(?:京都|大阪)府|[一-龥]{2,3}県)"
_N = r"(?:\d{1,5}|[一二三四五六七八九十]{1,3})"
_HYPHEN = r"[-‐‑–—−ーの]"
_FULL = rf"{_N}丁目\s?{_N}(?:番地?|{_HYPHEN})(?:\s?の?{_N}号?)?|{_N}(?:番|街区)\s?{_N}号|{_N}番地(?:の?{_N})?"
_SAPPORO = rf"{_N}条(?:西|東|南|北)?\s?{_N}丁目(?:\s?{_N}(?:番地?|{_HYPHEN}){_N}?号?)?"
_BLOCK = rf"\d{{1,5}}{_HYPHEN}\d{{1,4}}(?:{_HYPHEN}\d{{1,4}}){{0,2}}|[一二三四五六七八九十]{{1,3}}の[一二三四五六七八九十]{{1,3}}の[一二三四五六七八九十]{{1,3}}"
_DISTRICT = rf"(?:大字|字)[一-龥ぁ-んァ-ヶ々]{{1,10}}\s?\d{{1,5}}(?:番地?)?(?:{_HYPHEN}\d{{1,4}})?"
_KYOTO = rf"(?:上る|下る|上ル|下ル|東入る?|西入る?|東入ル|西入ル)[一-龥々ヶぁ-んァ-ヶ]{{0,10}}\s?\d{{1,5}}(?:番地?)?(?:{_HYPHEN}\d{{1,4}})?"
_HOUSE = re.compile(
    rf"(?P<sure>{_FULL}|{_SAPPORO}|{_DISTRICT}|{_KYOTO})|(?P<block>{_BLOCK})|(?P<part>{_N}丁目)|(?P<bare>\d{{1,5}}(?![\d年月日]))"
)
_ROOM = re.compile(r"\s?(?:[一-龥ァ-ヶA-Za-zー]{2,12}\s?)?\d{2,4}号室?")
_BEFORE_HOUSE = re.compile(
    rf"(?:〒?\s?\d{{3}}[-‐−ー]\d{{4}}\s{{0,2}})?(?:{_PREFECTURE})?(?P<towns>(?:{_TOWN}){{1,3}})(?P<rest>[一-龥ぁ-んァ-ヶ々ー\d\s]{{0,16}})$"
)
_STREET = re.compile(r"[一-龥々ヶァ-ヶ]{1,8}\s?$")
_LOOK_BACK = 44
_POST = re.compile(r"〒\s?\d{3}[-‐−ー]?\d{4}(?!\d)")
_ENGLISH_ADDRESS = re.compile(
    r"\b\d{1,4}(?:-\d{1,4}){1,2},?\s[A-Z][a-z]{1,20}(?:[ -]?[a-z]{1,20})?(?:-(?:cho|machi|ku|shi))?,\s[A-Z][a-z]{1,20}(?:-(?:ku|shi|cho))?"
)

_Y = r"(?:(?:明治|大正|昭和|平成|令和|[明大昭平令](?=\d)|[MTSHR])\s?(?:元|\d{1,2}|[一二三四五六七八九十]{1,4})|(?:19|20)\d{2}|[一二]\s?[〇九八][〇一二三四五六七八九]{2})"
_M = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = re.compile(
    rf"(?<![\dA-Za-z]){_Y}\s?[年./-]\s?(?P<month>{_M})\s?[月./-]\s?(?P<day>{_M})日?(?!\d)"
    r"|(?<!\d)(?:19|20)\d{6}(?!\d)"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d{2}"
    r"|\b\d{1,2}(?:st|nd|rd|th)?\s(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?,?\s(?:19|20)\d{2}"
)

_office = partial(listed, "telephones", "offices")
_telephone_words = partial(listed, "telephones", "before", after=r"(?:番号)?[はがの]?[\s:：.]{0,3}")
_office_behind = partial(
    listed, "addresses", "offices", before=r"\s{0,2}[一-龥ァ-ヶー\d]{0,12}?", after="(?!の)"
)
_lived_in = partial(listed, "addresses", "lived-in", before=r"\s?")
_address_words = partial(
    listed, "addresses", "before", after=r"(?:[はがの:：]|\s){0,3}(?=[^\s、。]{0,20}\s?$)"
)
_born_before = partial(listed, "births", "before", after=r"[^\d、。\n]{0,6}$", flags=re.IGNORECASE)
_born_after = partial(listed, "births", "after")


def find_mail(text: str) -> Iterator[Finding]:
    """Yield the mail addresses of a plain text."""
    for match in _MAIL.finditer(text):
        yield Finding(match.start(), match.end(), Kind.MAIL)


def find_telephones(text: str, *, offices: bool = False) -> Iterator[Finding]:
    """Yield telephone numbers of a plain text whose digits are plain, too.

    Those that an office is named beside are left out, unless *offices* are wanted as well.
    """
    for chain in _TELEPHONE.finditer(text):
        groups = [
            (chain.start() + each.start(), chain.start() + each.end())
            for each in re.finditer(r"\d+", chain[0])
        ]
        for at, (start, _) in enumerate(groups):
            end = _telephone_end(text, groups[at : at + _LONGEST_GROUPS])
            if end is not None and (offices or not _is_offices(text, start, end)):
                bracket = ")" in text[start:end] and text[start - 1 : start] == "("
                sign = text[start - 1 - bracket : start - bracket] == "+"
                yield Finding(start - bracket - sign, end, Kind.TELEPHONE)
    for label in _telephone_words().finditer(text):
        match = _SHORT.match(text, label.end())
        if match and (offices or not _is_offices(text, match.start(), match.end())):
            yield Finding(match.start(), match.end(), Kind.TELEPHONE)


def _telephone_end(text: str, groups: list[tuple[int, int]]) -> int | None:
    """Return where a telephone number ends that begins with the first group, if one does."""
    first = groups[0][0]
    abroad = (
        text[first : first + 2] == "81" and text[max(0, first - 2) : first].strip("(")[-1:] == "+"
    )
    if text[first] != "0" and not abroad:
        return None
    if re.match(r"\d[.,]", text[max(0, first - 2) : first]):
        return None  # the end of 10.05
    lengths = {end - start for start, end in groups}
    if groups[0][1] - first == 1 and lengths != {1}:
        return None
    digits = ""
    for start, end in groups:
        digits += text[start:end]
        national = "0" + digits[2:].removeprefix("0") if abroad else digits
        wanted = _MOBILE if national.startswith(_MOBILE_BEGINS) else _FIXED
        if len(national) == wanted:
            return end
        if len(national) > wanted:
            return None
    return None


def _is_offices(text: str, start: int, end: int) -> bool:
    """Whether an office's name stands beside a number that is no mobile one."""
    digits = "".join(character for character in text[start:end] if character.isdecimal())
    if digits.startswith(_MOBILE_BEGINS) or digits.startswith(("8190", "8180", "8170")):
        return False
    return (
        _office().search(text[max(0, start - _NEAR) : start]) is not None
        or _office().search(text[end : end + _NEAR]) is not None
    )


def find_addresses(text: str) -> Iterator[Finding]:
    """Yield where somebody may live: a house or a block of a town, not a town or a quarter of one."""
    for match in _POST.finditer(text):
        if not _is_offices(text, match.start(), match.end()):
            yield Finding(match.start(), match.end(), Kind.ADDRESS)
    for match in _ENGLISH_ADDRESS.finditer(text):
        yield Finding(match.start(), match.end(), Kind.ADDRESS)
    at = 0
    while (house := _HOUSE.search(text, at)) is not None:
        at = house.end()
        if (start := _address_start(text, house)) is not None:
            room = _ROOM.match(text, house.end())
            at = room.end() if room else house.end()
            if not (_office().match(text, at) or _office_behind().match(text, at)):
                yield Finding(start, at, Kind.ADDRESS)


def _address_start(text: str, house: re.Match[str]) -> int | None:
    if counted().match(text, house.end()) and house["sure"] is None:
        return None
    window = text[max(0, house.start() - _LOOK_BACK) : house.start()]
    lived = _lived_in().match(text, house.end()) is not None
    town = _BEFORE_HOUSE.search(window)
    if town is not None:
        named = bool(town["rest"].strip()) or len(re.findall("[市区町村郡]", town["towns"])) > 1
        sure = house["sure"] or lived or (house["block"] and (named or house[0].count("-") > 1))
        if sure or (house["bare"] and _address_words().search(window)):
            return house.start() - len(window) + town.start()
        return None
    if house["bare"]:
        return None
    label = _address_words().search(window)
    street = _STREET.search(window)
    if label or (street and (lived or (house["sure"] and "号" in house[0] and "丁目" in house[0]))):
        begins = label.end() if label else street.start()  # type: ignore[union-attr]
        return house.start() - len(window) + begins
    return house.start() if house["sure"] and re.match(r"[上下東西]", house[0]) else None


def find_births(text: str) -> Iterator[Finding]:
    """Yield dates on which somebody was born, by the words around them."""
    for match in _DATE.finditer(text):
        after = text[match.end() : match.end() + 4].lstrip(" にの(（")
        before = text[max(0, match.start() - 24) : match.start()]
        if not (_born_after().match(after) or _born_before().search(before)):
            continue
        month, day = match["month"], match["day"]
        if month is None or ((number(month) or 99) <= 12 and (number(day) or 99) <= 31):
            yield Finding(match.start(), match.end(), Kind.BIRTH)
