"""The guard: what looks like personal data is masked before a text leaves the process.

It runs before anything goes to a language model, a log or the ledger. It prefers a false alarm
on a number that nobody needs to a leak, but leaves alone what manuals are full of: telephone
numbers that the corpus itself gives, numbers of laws, dates, amounts and postal codes of offices.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import BadSetting
from bot.telling.phrases import phrase
from index.errors import IndexingError
from ingest.japanese import person_names

if TYPE_CHECKING:
    from index.passages import Library


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


_PUBLISHED = frozenset({Kind.TELEPHONE, Kind.MAIL})
"""What a publisher gives out of itself."""


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
_HONORIFIC = re.compile(r"[ \u3000]?(?:さん|様|さま|氏|殿|くん|君|ちゃん)(?!式)")
_GIVEN = re.compile(
    r"[ \u3000]?(?![がはをにとのもへや])[一-龥々ぁ-んァ-ヶー]{0,4}?(?=[ \u3000]?(?:さん|様|さま|氏(?!名)|殿|くん|君|ちゃん))"
)
"""A given name that no dictionary knows, between a family name and the honorific."""

_NAMED_BEFORE = re.compile(
    r"(?:氏名|名前|申請者|世帯主|届出人|本人|相談者|滞納者|受給者|私)(?:は|が|の|：|:|\s|\u3000)*$"
)
_SAID_AFTER = re.compile(r"(?:と申し|という(?:者|方|人|住民)|と名乗)")
_LATIN_NAMES = (
    re.compile(r"\b(?:Mr|Ms|Mrs|Dr)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?"),
    re.compile(
        r"(?<=[Mm]y name is )[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?"
        r"|(?<=[Rr]esident )[A-Z][a-z]+ [A-Z][a-z]+|(?<=[Aa]pplicant )[A-Z][a-z]+ [A-Z][a-z]+"
        r"|\b[A-Z][a-z]+ [A-Z][a-z]+(?=,? (?:who )?(?:lives|living|resides|was born)\b)"
    ),
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

_COUNTED = re.compile(
    r"\s*(?:か所|箇所|ヶ所|回|時間|割|円|件|人|万|億|千|年|月|日|号|条|項|％|%|km|ページ|頁|団体|世帯)"
)


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
        if finding.kind in _PUBLISHED
    )


class Contacts:
    """The telephone numbers and addresses that the documents of the current generation give."""

    def __init__(self, library: Callable[[], Library]) -> None:
        """Take where the documents come from; nothing is read before it is asked for."""
        self._library = library
        self._held: tuple[str, frozenset[str]] = ("", frozenset())

    def __call__(self) -> frozenset[str]:
        """Return them; read once for each generation, empty where there is none."""
        try:
            library = self._library()
        except IndexingError:
            return frozenset()
        if self._held[0] != library.id:
            held = [edition for edition in library.editions if edition.held]
            texts = (chunk.text for edition in held for chunk in library.chunks(edition))
            self._held = (library.id, published(texts))
        return self._held[1]


@dataclass(frozen=True, slots=True)
class Guard:
    """What happens to personal data, by where a text is bound for.

    *model* is a language model's server; *record* is what stays: the ledger, and the log.
    *contacts* gives what the corpus itself publishes, which is nobody's secret.
    """

    model: Policy = Policy.MASK
    record: Policy = Policy.MASK
    contacts: Callable[[], Collection[str]] = frozenset

    def for_model(self, text: str, language: str = "ja") -> Guarded:
        """Return *text* as a language model's server may have it."""
        return self._applied(text, self.model, language)

    def for_record(self, text: str, language: str = "ja") -> Guarded:
        """Return *text* as it may be kept."""
        return self._applied(text, self.record, language)

    def findings(self, text: str) -> tuple[Finding, ...]:
        """Return what looks like personal data and is not published by the corpus."""
        found = find(text)
        if not any(one.kind in _PUBLISHED for one in found):
            return found
        return find(text, known=self.contacts())

    def _applied(self, text: str, policy: Policy, language: str) -> Guarded:
        findings = self.findings(text)
        if not findings or policy is Policy.ALLOW:
            return Guarded(text, True, findings, "")  # noqa: FBT003 - the field is named
        kinds = dict.fromkeys(SPOKEN[language][finding.kind] for finding in findings)
        named = ("、" if language == "ja" else ", ").join(kinds)
        if policy is Policy.REFUSE:
            notice = phrase(language, "refused", kinds=named)
            return Guarded("", False, findings, notice)  # noqa: FBT003 - likewise
        return Guarded(
            masked(text, findings, language),
            True,  # noqa: FBT003 - likewise
            findings,
            phrase(language, "guarded", kinds=named),
        )


def policies(environment: Mapping[str, str]) -> dict[str, Policy]:
    """Read TEBIKI_GUARD_MODEL and TEBIKI_GUARD_RECORD: mask (the default), refuse or allow.

    Raises:
        BadSetting: another word; the message names the setting.
    """
    found = {}
    for destination in ("model", "record"):
        name = f"TEBIKI_GUARD_{destination.upper()}"
        given = environment.get(name, "").strip() or Policy.MASK.value
        if given not in set(Policy):
            raise BadSetting(f'{name} is "{given}"; it may be {", ".join(Policy)}')
        found[destination] = Policy(given)
    return found


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
    for pattern in _LATIN_NAMES:
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), Kind.NAME)
    yield from _names(text)


def _names(text: str) -> Iterable[Finding]:
    """Yield names of people: whole ones, and parts that an honorific or 氏名は … mark as such."""
    for start, end, whole in person_names(text):
        given = _GIVEN.match(text, end)
        if given or _HONORIFIC.match(text, end):
            yield Finding(start, given.end() if given else end, Kind.NAME)
        elif whole or _NAMED_BEFORE.search(text[:start]) or _SAID_AFTER.match(text, end):
            yield Finding(start, end, Kind.NAME)


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
