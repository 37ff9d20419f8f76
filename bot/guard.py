"""The guard: what looks like personal data is masked before a text leaves the process.

It runs before anything goes to a language model, a log or the ledger; `ingest.personal` finds. It
prefers a false alarm on a number that nobody needs to a leak, but leaves alone what manuals are
full of: telephone numbers that the corpus itself gives, numbers of laws, dates and amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.telling.phrases import phrase
from index.errors import IndexingError
from ingest.personal.finding import PUBLISHED, find, published
from ingest.personal.kinds import Finding, Kind
from ingest.translations import Bilingual

if TYPE_CHECKING:
    from index.passages import Library


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
        Kind.LICENCE: "運転免許証の番号",
        Kind.PASSPORT: "旅券番号",
        Kind.RESIDENCE_CARD: "在留カードの番号",
        Kind.PENSION: "基礎年金番号",
        Kind.INSURED: "被保険者の番号",
        Kind.DOCUMENT: "証明書等の番号",
        Kind.VEHICLE: "車両番号",
        Kind.BIRTH: "生年月日",
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
        Kind.LICENCE: "driving licence number",
        Kind.PASSPORT: "passport number",
        Kind.RESIDENCE_CARD: "residence card number",
        Kind.PENSION: "pension number",
        Kind.INSURED: "insurance number",
        Kind.DOCUMENT: "document number",
        Kind.VEHICLE: "vehicle number",
        Kind.BIRTH: "date of birth",
        Kind.TELEPHONE: "telephone number",
        Kind.MAIL: "mail address",
        Kind.ADDRESS: "address",
        Kind.NAME: "name",
    },
}


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
            # What only some may see must not show by what is not masked for others.
            open_to_all = library.seen_by(frozenset())
            held = [edition for edition in open_to_all.editions if edition.held]
            texts = (chunk.text for edition in held for chunk in open_to_all.chunks(edition))
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
        if not any(one.kind in PUBLISHED for one in found):
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


def remark(name: str, pages: Mapping[int, Sequence[Kind]]) -> Bilingual:
    """Return what the owner of the documents is told of one that holds people's data."""
    kinds = dict.fromkeys(kind for found in pages.values() for kind in found)
    numbers = ", ".join(map(str, list(pages)[:_PAGES])) + (" …" if len(pages) > _PAGES else "")
    ja, en = ("、".join(SPOKEN["ja"][k] for k in kinds), ", ".join(SPOKEN["en"][k] for k in kinds))
    return Bilingual(
        f"{name}: page {numbers} looks as if it held personal data ({en}). Whoever may ask can "
        "read it: take the document out, or black it out, unless it is to be public.",
        f"「{name}」の{numbers}ページに、個人情報({ja})と思われるものがあります。質問できる人は誰でも"
        "読めるため、公開してよいものでなければ、文書を外すか、黒塗りにしてください。",
    )


_PAGES = 10
"""So many pages are named; the others are said to be there."""


def masked(text: str, findings: Iterable[Finding], language: str = "ja") -> str:
    """Return *text* with each finding replaced by its kind in brackets."""
    pieces: list[str] = []
    at = 0
    for finding in findings:
        pieces += [text[at : finding.start], f"［{SPOKEN[language][finding.kind]}］"]
        at = finding.end
    return "".join([*pieces, text[at:]])
