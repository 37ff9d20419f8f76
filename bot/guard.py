"""The guard: what looks like personal data is masked before a text leaves the process.

It runs before anything goes to a language model, a log or the ledger. It prefers a false alarm
on a number that nobody needs to a leak, but leaves alone what manuals are full of: telephone
numbers that the corpus itself gives, numbers of laws, dates, amounts and postal codes of offices.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.phrases import phrase


class Kind(StrEnum):
    """What a masked text looked like."""

    MY_NUMBER = "my-number"
    RESIDENT_CODE = "resident-code"
    CARD = "card"
    BANK = "bank"
    TELEPHONE = "telephone"
    MAIL = "mail"
    ADDRESS = "address"
    NAME = "name"


class Policy(StrEnum):
    """What happens to a text that holds personal data and is bound for some destination."""

    MASK = "mask"
    REFUSE = "refuse"
    ALLOW = "allow"


SPOKEN: Mapping[str, Mapping[Kind, str]] = {
    "ja": {
        Kind.MY_NUMBER: "マイナンバー",
        Kind.RESIDENT_CODE: "住民票コード",
        Kind.CARD: "カード番号",
        Kind.BANK: "口座番号",
        Kind.TELEPHONE: "電話番号",
        Kind.MAIL: "メールアドレス",
        Kind.ADDRESS: "住所",
        Kind.NAME: "氏名",
    },
    "en": {
        Kind.MY_NUMBER: "My Number",
        Kind.RESIDENT_CODE: "resident code",
        Kind.CARD: "card number",
        Kind.BANK: "account number",
        Kind.TELEPHONE: "telephone number",
        Kind.MAIL: "mail address",
        Kind.ADDRESS: "address",
        Kind.NAME: "name",
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of a text that looks like personal data; offsets into the text as given."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Guarded:
    """A text after the guard. *allowed* is false when policy forbids it to leave at all.

    *text* is what may leave: masked, unchanged, or "" when refused. *notice* is a sentence to
    the asker, "" when nothing was found or done.
    """

    text: str
    allowed: bool
    findings: tuple[Finding, ...]
    notice: str


class Refused(Exception):
    """Policy forbids a text to leave; *notice* is meant for the asker."""

    def __init__(self, notice: str) -> None:
        """Carry the sentence to the asker."""
        super().__init__(notice)
        self.notice = notice


_GAP = r"[-ー‐−–—・ \u3000]?"
_DIGIT_RUN = re.compile(r"(?<![\d.])(?:\d{3,6}(?:[-ー‐−–—・ \u3000]\d{3,6}){1,4}|\d{11,19})(?!\d)")
_MAIL = re.compile(r"[A-Za-z0-9][\w.+%-]*\s?@\s?[A-Za-z0-9-]+(?:\s?\.\s?[A-Za-z0-9-]+)+")
_TELEPHONE = re.compile(
    rf"(?<![\d-])(?:\+81{_GAP}(?:\(0\))?{_GAP}\d{{1,4}}|\(0\d{{1,4}}\)|0\d{{1,4}})"
    rf"[-ー‐−–—・ \u3000()]{{0,2}}\d{{1,4}}[-ー‐−–—・ \u3000()]{{1,2}}\d{{3,4}}(?![\d-])|"
    rf"(?<![\d-])0[5789]0{_GAP}\d{{4}}{_GAP}\d{{4}}(?![\d-])|(?<![\d-])0\d{{9}}(?![\d-])"
)
_PREFECTURE = (
    "北海道|(?:京都|大阪)府|東京都|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川"
    "|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知"
    "|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県"
)
_KANJI = "一二三四五六七八九十"
_HOUSE = (
    rf"(?:[\d{_KANJI}]+丁目(?:\s?[\d{_KANJI}]+(?:番地?|[-ー‐−–—の]))?(?:\s?[\d{_KANJI}]+号?)?"
    rf"|[\d{_KANJI}]+番地?(?:の?[\d{_KANJI}]+)?(?:号)?|\d+[-ー‐−–—]\d+(?:[-ー‐−–—]\d+)?)"
)
_ADDRESS = re.compile(
    rf"(?:〒?\s?\d{{3}}[-ー‐−–—]\d{{4}}\s*)?(?:{_PREFECTURE})?"
    rf"(?:[一-龥ぁ-んァ-ヶ々]{{1,6}}[市区町村郡]){{1,3}}[一-龥ぁ-んァ-ヶ々ー]{{0,10}}?\s?{_HOUSE}"
    r"(?:\s?[一-龥ァ-ヶA-Za-zー]{2,12}\s?\d{2,4}号室?)?"
)
_ENGLISH_ADDRESS = re.compile(
    r"\b\d{1,4}(?:-\d{1,4}){1,2},?\s+[A-Z][a-z]+(?:[ -]?[a-z]+)?(?:-(?:cho|machi|ku|shi))?,\s+[A-Z][a-z]+(?:-(?:ku|shi|cho))?"
)
_FAMILY = (
    "佐藤|鈴木|高橋|田中|伊藤|渡辺|渡邊|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|林|斎藤|斉藤|齋藤"
    "|清水|山崎|阿部|森|池田|橋本|山下|石川|中島|前田|藤田|小川|後藤|岡田|長谷川|村上|近藤|石井|坂本|遠藤|青木"
    "|藤井|西村|福田|太田|三浦|藤原|岡本|松田|中川|中野|原田|小野|田村|竹内|金子|和田|中山|石田|上田|森田|原"
    "|柴田|酒井|工藤|横山|宮崎|宮本|内田|高木|安藤|谷口|大野|丸山|今井|河野|藤本|村田|武田|上野|杉山|増田|小島"
    "|大塚|平野|菅原|千葉|久保|松井|岩崎|野口|木下|佐野|菊地|菊池|野村|新井|渡部|古川|桜井|北村|水野|安田"
)
_GIVEN = r"[一-龥々ぁ-んァ-ヶー]"
_HONORIFIC = r"(?:さん|様|さま|氏|殿|くん|君|ちゃん)"
_NAMES = (
    re.compile(rf"(?:{_FAMILY})(?:[\s　]?{_GIVEN}{{1,3}}?)?(?={_HONORIFIC})"),
    re.compile(
        rf"(?:{_FAMILY})[ \u3000][一-龥々ぁ-んァ-ヶー]{{1,4}}(?=[\s、。,（(はがをのにと]|$)"
    ),
    re.compile(
        r"(?:(?:(?<=氏名)|(?<=名前)|(?<=申請者)|(?<=世帯主)|(?<=届出人)|(?<=本人))(?:は|が|：|:|\s|　)+)"
        r"(?!どこ|誰|だれ|いつ|何|なに|必要|不要|どの|どう|変更|以外|次の)[一-龥々]{1,3}[\s　]?[一-龥々ぁ-んァ-ヶ]{1,4}"
        r"(?=[、。\s　,（(です]|と申|$)"
    ),
    re.compile(r"[ァ-ヶー]{2,6}[\s　][ァ-ヶー]{2,6}(?=さん|様|さま|氏|殿)"),
    re.compile(r"\b(?:Mr|Ms|Mrs|Dr)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?"),
    re.compile(r"(?<=[Mm]y name is )[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?"),
)
_BANK = re.compile(
    r"(?:普通|当座|貯蓄|口座(?:番号)?|account(?: (?:number|no\.?))?)\s*(?:預金)?\s*(?:は|：|:|が|is|#)?\s*"
    r"(?P<number>\d{3}[-\s]?\d{4}|\d{7,8})(?!\d)"
    r"|記号\s*(?:は|：|:)?\s*(?P<sign>\d{5})[-\s、,]*(?:番号)?\s*(?:は|：|:)?\s*(?P<post>\d{6,8})",
    re.IGNORECASE,
)
_SAID_BEFORE = {
    Kind.MY_NUMBER: re.compile(
        r"マイナンバー|個人番号|my\s?number|individual number", re.IGNORECASE
    ),
    Kind.RESIDENT_CODE: re.compile(
        r"住民票コード|住基コード|resident (?:record )?code", re.IGNORECASE
    ),
}
_REACH = 24
"""Characters before a number in which a word may say what the number is."""

_NOT_PERSONAL = re.compile(
    r"(?:第|令和|平成|昭和|西暦|法人番号|法律|政令|省令|号外|文書番号|約|計|予算)[^\d]{0,6}$"
)
_TRIPLET = 3
"""Groups of three digits are the ticks of a chart or an amount, not a personal number."""

_COUNTED = re.compile(r"\s*(?:円|件|人|万|億|千|年|月|日|号|条|項|％|%|km|ページ|頁|団体|世帯)")


def find(text: str, *, known: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return what looks like personal data in *text*, in order, without overlaps.

    *known* are texts that may appear because the corpus itself publishes them (telephone
    numbers of offices); they are compared by their digits and letters.
    """
    plain = _same_length(text)
    public = {_bare(item) for item in known}
    found: list[Finding] = []
    for finding in _candidates(plain):
        if _bare(plain[finding.start : finding.end]) in public:
            continue
        if any(finding.start < other.end and other.start < finding.end for other in found):
            continue
        found.append(finding)
    return tuple(sorted(found, key=lambda finding: finding.start))


def published(texts: Iterable[str]) -> frozenset[str]:
    """Return the telephone numbers and mail addresses in *texts* that a publisher gave out."""
    return frozenset(
        text[finding.start : finding.end]
        for text in texts
        for finding in find(text)
        if finding.kind in {Kind.TELEPHONE, Kind.MAIL}
    )


def guard(
    text: str,
    policy: Policy = Policy.MASK,
    *,
    language: str = "ja",
    known: Iterable[str] = (),
) -> Guarded:
    """Return *text* as it may leave under *policy*, with a notice that says what was done."""
    findings = find(text, known=known)
    if not findings or policy is Policy.ALLOW:
        return Guarded(text, True, findings, "")  # noqa: FBT003 - the field is named
    kinds = dict.fromkeys(SPOKEN[language][finding.kind] for finding in findings)
    named = ("、" if language == "ja" else ", ").join(kinds)
    if policy is Policy.REFUSE:
        return Guarded("", False, findings, phrase(language, "refused", kinds=named))  # noqa: FBT003
    return Guarded(
        masked(text, findings, language),
        True,  # noqa: FBT003
        findings,
        phrase(language, "guarded", kinds=named),
    )


def masked(text: str, findings: Iterable[Finding], language: str = "ja") -> str:
    """Return *text* with each finding replaced by its kind in brackets."""
    pieces: list[str] = []
    at = 0
    for finding in findings:
        pieces += [text[at : finding.start], f"［{SPOKEN[language][finding.kind]}］"]
        at = finding.end
    return "".join([*pieces, text[at:]])


def _same_length(text: str) -> str:
    """Return *text* with full-width letters and digits made plain, every offset kept."""
    return "".join(
        narrow if len(narrow := unicodedata.normalize("NFKC", character)) == 1 else character
        for character in text
    )


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()


def _candidates(text: str) -> Iterable[Finding]:
    """Yield what each pattern finds, the most certain kinds first."""
    for match in _MAIL.finditer(text):
        yield Finding(match.start(), match.end(), Kind.MAIL)
    yield from _numbers(text)
    for match in _BANK.finditer(text):
        start = match.start("number") if match["number"] else match.start("sign")
        yield Finding(start, match.end(), Kind.BANK)
    for match in _TELEPHONE.finditer(text):
        digits = _digits(match[0])
        if 9 <= len(digits) <= 13:  # noqa: PLR2004 - with or without +81
            yield Finding(match.start(), match.end(), Kind.TELEPHONE)
    for pattern in (_ADDRESS, _ENGLISH_ADDRESS):
        for match in pattern.finditer(text):
            if not _COUNTED.match(text, match.end()):
                yield Finding(match.start(), match.end(), Kind.ADDRESS)
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), Kind.NAME)


def _numbers(text: str) -> Iterable[Finding]:
    """Yield long numbers whose check digit, or the word before them, says what they are."""
    checks: tuple[tuple[Kind, int, Callable[[str], bool]], ...] = (
        (Kind.MY_NUMBER, 12, is_my_number),
        (Kind.RESIDENT_CODE, 11, is_resident_code),
    )
    for match in _DIGIT_RUN.finditer(text):
        digits = _digits(match[0])
        before = text[max(0, match.start() - _REACH) : match.start()]
        if _NOT_PERSONAL.search(before):
            continue
        for kind, length, checks_out in checks:
            said = _SAID_BEFORE[kind].search(before) is not None
            telephone = digits.startswith("0") and _TELEPHONE.fullmatch(match[0]) is not None
            groups = re.split(r"[^\d]", match[0])
            usual = len(groups) == 1 or len(set(map(len, groups[:-1]))) == 1
            certain = usual and len(groups[0]) != _TRIPLET and checks_out(digits)
            if len(digits) == length and (said or (certain and not telephone)):
                yield Finding(match.start(), match.end(), kind)
        if 14 <= len(digits) <= 19 and is_card(digits):  # noqa: PLR2004 - ISO/IEC 7812
            yield Finding(match.start(), match.end(), Kind.CARD)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def is_my_number(digits: str) -> bool:
    """Whether 12 digits end in the check digit of an Individual Number.

    Ministry order 2014 no. 85, article 5: 11 minus the remainder by 11 of the sum of the
    digits, from the right, times 2 to 7 and then 2 to 6; a remainder of 0 or 1 gives 0.
    """
    weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]
    return len(digits) == 12 and _modulo_11(digits, weights)  # noqa: PLR2004 - by law


def is_resident_code(digits: str) -> bool:
    """Whether 11 digits end in the check digit of a 住民票コード (same rule, 10 digits)."""
    weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5]
    return len(digits) == 11 and _modulo_11(digits, weights)  # noqa: PLR2004 - by law


def _modulo_11(digits: str, weights: Iterable[int]) -> bool:
    rest = sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)


def is_card(digits: str) -> bool:
    """Whether a number passes the Luhn check of payment cards (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, character in enumerate(reversed(digits)):
        value = int(character) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the digits of a product
    return total % 10 == 0 and digits[0] in "3456"
