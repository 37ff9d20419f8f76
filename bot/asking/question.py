"""What was asked: checked, cleaned of invisible characters, made whole, and its kind understood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.answers import Question, Turn
from bot.asking import days
from bot.asking.conversation import condense, may_stand_alone
from bot.asking.messages import questions_in
from bot.errors import BadQuestion
from index.passages import Filters
from ingest.language.spelling import is_japanese

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 2_000
"""Characters of a question; longer texts are pasted documents, not questions."""

_LAYOUT = frozenset("\n\r\t")
_SPACES = re.compile(r"\s+")


class Wants(StrEnum):
    """What shape of answer a question asks for; a question may ask for several."""

    DATE = "date"
    DEADLINE = "deadline"
    NUMBER = "number"
    PLACE = "place"
    STEPS = "steps"
    YES_NO = "yes-no"
    LIST = "list"
    MEANING = "meaning"
    CONTACT = "contact"


_SPOKEN: Mapping[Wants, tuple[str, ...]] = {
    Wants.DATE: (
        r"いつ|何年|何月|何日|期限|締め?切|時期|年度は",
        r"^\W*(?:and |so |but |by |since |until )*when\b|\bwhen (?:is|are|was|were|do|does|did|will|must)\b",
        r"what (?:date|year|month|day|target)|deadline|by what|(?:which|what|target) (?:fiscal )?year",
    ),
    Wants.DEADLINE: (
        r"いつまで|期限|締め?切|期日|何年度まで|何日まで|何月まで",
        r"deadline|by (?:when|what)|until when|due (?:date|by)",
    ),
    Wants.NUMBER: (
        r"いくつ|いくら|割合|金額|上限|費用は|額は|料金|件数",
        r"何(?:件|個|つ|人|名|回|割|％|%|手続|業務|事務|団体|種類|時間|日間|か月|ヶ月|番目|円|ページ)",
        r"何(?:条|g|グラム|社|箇所|か所|歳|倍)",
        r"how (?:many|much|often|long)|what (?:number|percentage|share|amount|rate)",
    ),
    Wants.PLACE: (
        r"(?:どこの|どの|どちらの|何という)(?:市|町|村|区|県|都道府県|市区?町村|自治体|団体)",
        r"(?:市|町|村|区|県|自治体|団体)は(?:どこ|ありますか|ある[？?]?$|どちら|\s*[？?]?$)|どこの(?:役所|役場)",
        r"(?:市|町|村|区|県|自治体)(?:の名前|を知りたい|を教えて|を挙げ|名)",
        r"(?:which|what) (?:\w+ )?(?:municipalit|cit|town|village|prefecture|local gov|ward)",
        r"who has done|where (?:has|have|did)",
    ),
    Wants.STEPS: (
        r"手順|流れ|進め方|やり方|方法|どうすれば|どうやって|どのように|するには|には(?:？|\?|$)",
        r"どうしたら|手続き?は|\bhow (?:do|does|can|should|to|would|must|is|are)\b",
        r"steps?\b|procedure|process",
    ),
    Wants.YES_NO: (
        r"(?:ます|です|でしょう|ない|いい|良い|よい|る|た|ん)(?:の)?(?:です)?か[。？?\s]*$",
        r"(?:いい|良い|よい|ある|ない|できる|なる|の)[？?]\s*$",
        r"^\s*(?:is|are|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    ),
    Wants.LIST: (
        r"すべて|全て|一覧|挙げ|列挙|どんな|どのような|何が(?:あり|必要)|それぞれ|内訳|種類|構成",
        r"項目|メリット|要件|条件|注意",
        r"\blist\b|what are|which .+ are|name the|kinds of|all the",
    ),
    Wants.MEANING: (
        r"と[はわ](?:何|なに|なん|どう|どの|？|\?|、|$)|って(?:何|なに|なん|要するに)|何のこと|意味|定義|違い",
        r"何の略|what (?:is|does) .+(?:mean|stand for)?|difference between|meaning of|define",
    ),
    Wants.CONTACT: (
        r"連絡先|問い?合わ?せ|問合せ|電話|メール|窓口はどこ|担当(?:課|部署|者|室)?(?:は|を(?:教え|知り)|どこ|名)|相談先",
        r"聞けば|\b(?:contact|phone|telephone|call|e-?mail|ask)\b",
    ),
}
_WANTS = {
    shape: re.compile("|".join(patterns), re.IGNORECASE) for shape, patterns in _SPOKEN.items()
}
_ASKS_WORD = re.compile(
    r"何|なに|なん(?:で|の)|どの|どう|どこ|どれ|どちら|どんな|いつ|いくつ|いくら|誰|だれ|なぜ"
    r"|\b(?:what|which|who|whom|when|where|why|how)\b",
    re.IGNORECASE,
)
"""A question with such a word does not ask for yes or no, however it ends."""


def read(
    text: str,
    *,
    filters: Filters | None = None,
    history: Sequence[Turn] = (),
    conversation: str = "",
) -> Question:
    """Take a question as somebody typed it.

    Characters that nobody sees (zero-width, direction marks, tags) are removed, runs of white
    space become one space. Greeting, name, thanks, signature and markup are no part of what is
    asked. A follow-up is made whole from *history*, oldest turn first. A day
    that it or what it follows names ("令和4年3月時点で") is taken out of what is searched and into
    the filters, unless they name a day already.

    Raises:
        BadQuestion: no words, more than `LONGEST` characters, or control characters.
    """
    if (length := length_of(text)) > LONGEST:
        message = (
            f"The question has {length:,} characters; at most {LONGEST:,} can be read. "
            f"Ask for the one thing you need to know."
        )
        raise BadQuestion(message)
    visible = _visible(text)
    cleaned = _SPACES.sub(" ", visible).strip()
    if not any(character.isalnum() for character in cleaned):
        message = "The question is empty. Type what you would like to know."
        raise BadQuestion(message)
    said = questions_in(visible)
    core = _SPACES.sub(" ", said.core).strip()
    chosen = filters or Filters()
    before = [Turn(questions_in(turn.question).core, turn.answer) for turn in history]
    named = days.carried(core, before) if chosen.as_of is None else None
    earlier = [Turn(days.timeless(turn.question), turn.answer) for turn in before]
    asked = days.timeless(core)
    standalone = condense(asked, earlier) or core
    return Question(
        text=cleaned,
        core=core,
        standalone=standalone,
        alone=asked if standalone != asked and may_stand_alone(asked) else "",
        language=language_of(core),
        filters=replace(chosen, as_of=named.day) if named else chosen,
        history=tuple(before),
        conversation=conversation,
        day_said=named.words if named else "",
        small_talk=said.small_talk,
    )


def length_of(text: str) -> int:
    """Return how many characters a text has, counted as they are compared: ﷺ stands for eighteen."""
    return max(len(text), len(unicodedata.normalize("NFKC", text[: LONGEST + 1])))


def clean(text: str) -> str:
    """Return *text* without invisible characters, its white space made single spaces.

    Raises:
        BadQuestion: control characters or lone surrogates, so it is not text.
    """
    return _SPACES.sub(" ", _visible(text)).strip()


def _visible(text: str) -> str:
    """Return *text* without invisible characters, its lines kept."""
    seen: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _LAYOUT:
            seen.append("\n" if character in "\n\r" else " ")
        elif category in {"Cc", "Cs"} or character == "\ufffd":
            message = (
                "The question contains characters that are not text, as if a file had been "
                "sent. Type the question as plain text."
            )
            raise BadQuestion(message)
        elif category not in {"Cf", "Co", "Cn"}:
            seen.append(character)
    return "".join(seen)


def language_of(text: str) -> str:
    """Return "ja" or "en", the language the answer should speak."""
    return "ja" if is_japanese(text) else "en"


def wants(text: str) -> frozenset[Wants]:
    """Return the shapes of answer that *text* asks for; empty when nothing gives it away."""
    plain = unicodedata.normalize("NFKC", text)
    found = {shape for shape, pattern in _WANTS.items() if pattern.search(plain)}
    if _ASKS_WORD.search(plain):
        found.discard(Wants.YES_NO)
    return frozenset(found)
