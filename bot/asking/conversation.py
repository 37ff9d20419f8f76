"""Earlier turns, and the follow-up that only makes sense after them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.language.words import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Turn

REMEMBERED = 6
"""Turns that count; what was asked before them is forgotten."""

_LONGEST = 600

_BEGINS = re.compile(
    r"\s*(?:その(?!他)|それ(?!ぞれ)|この|これ|そこ|ここ|そちら|こちら|そんな|そういう|そう(?:する|なる|いう)|同じ|上記|前述"
    r"|先ほど|さっき|では|じゃあ?|だったら|なら(?:ば)?[、,]|なぜ|どうして|ほかに|他に|ほかの|他の|あと[、はに]|また[、,]"
    r"|ちなみに|逆に|例えば|たとえば|具体的には|もっと|詳しく|続き|一方|しかし|でも)"
    r"|\s*(?:and|but|or|so|then|also|what about|how about|what else|why\b|else|more|in that case)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"(?:その(?!他)|それ(?!ぞれ)|この|これ|そこ|同じ)|の(?:ほう|方)(?:は|の|も|だと|で)"
    r"|^[^はが]+?(?:では|の場合(?:は|だと|には)?|だと|なら(?:ば)?)(?:どう(?:です|なり|なる|でしょう)\w*)?[？?。\s]*$"
    r"|\b(?:it|its|they|them|their|that one|this one|these|those|there|the same|the others?)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"もっと|詳し|詳細|続き|ほかにも|他にも|すべて見|全部見|\b(?:more|details?|go on|continue|the rest)\b",
    re.IGNORECASE,
)
_MORE_WORDS = re.compile(
    r"もっと|もう少し|さらに|詳し[くい](?:こと|説明|内容)?|詳細|続き|ほかにも|他にも|すべて|全部|説明(?:して)?|見せて|見たい|知りたい"
    r"|ある|読み?たい|ください|お願い(?:します)?|\b(?:more|details?|detailed|go on|continue|rest|show|tell|give|please|in|any|is|there)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"\s*(?:[『「][^』」]+[』」]について\s*[:：]|About [^:：]+[:：])", re.IGNORECASE
)
_FEW = 3
"""Words of its own up to which a question that points back somewhere inside still follows up."""

# Words that ask about some property of a thing that was named before, as `tokens` gives them:
# dictionary forms, English ones as stems.
_PROPERTIES = frozenset(
    [
        "費用",
        "金額",
        "額",
        "料金",
        "経費",
        "期限",
        "期間",
        "時期",
        "期日",
        "対象",
        "条件",
        "要件",
        "手続き",
        "方法",
        "手順",
        "理由",
        "根拠",
        "目的",
        "内容",
        "効果",
        "結果",
        "連絡",
        "先",
        "電話",
        "番号",
        "担当",
        "部署",
        "窓口",
        "場所",
        "例",
        "事例",
        "様式",
        "書類",
        "書式",
        "人数",
        "数",
        "件数",
        "全部",
        "予算",
        "導入",
        "罰則",
        "例外",
        "注意",
        "点",
        "留意",
        "意味",
        "違い",
        "関係",
        "役割",
        "責任",
        "主体",
        "負担",
        "割合",
        "上限",
        "下限",
        "必要",
        "場合",
        "後",
        "前",
        "次",
        "最後",
        "最初",
        "他",
        "全て",
        "詳細",
        "書く",
        "出す",
        "掛かる",
        "行う",
        "使う",
        "決める",
        "定める",
        "要る",
        "払う",
        "貰う",
        "受ける",
        "変わる",
        "始める",
        "終わる",
        "cost",
        "fee",
        "date",
        "reason",
        "contact",
        "phone",
        "number",
        "form",
        "detail",
        "step",
        "方",
        "問い合わせ",
        "pay",
        "long",
        "mani",
        "much",
        "often",
        "call",
        "say",
        "happen",
        "next",
        "last",
        "first",
        "聞く",
        "良い",
        "人",
        "相談",
        "宛て先",
        "提出",
        "雛形",
        "記入",
        "締め切り",
        "頻度",
        "回",
        "年",
        "月",
        "日",
        "箇月",
        "位",
        "課",
        "問う",
        "合わせる",
        "メール",
        "アドレス",
        "法令",
        "法律",
        "条文",
        "義務",
        "必須",
        "任意",
        "有効",
        "決裁",
        "承認",
        "メリット",
        "デメリット",
        "利点",
        "欠点",
        "始まる",
        "終える",
        "進める",
        "上げる",
        "遣る",
        "行く",
        "condit",
        "deadlin",
        "exampl",
        "purpos",
        "decid",
        "mandatori",
        "requir",
        "option",
        "respons",
        "until",
        "start",
        "end",
        "email",
        "address",
    ]
)


def wants_more(text: str) -> bool:
    """Whether a text only asks for more of the last answer, and for nothing else."""
    return _MORE.search(text) is not None and not tokens(_MORE_WORDS.sub(" ", text))


def times_more(text: str, history: Sequence[Turn]) -> int:
    """Return how often in a row more was asked for, *text* included; 0 when it asks anew."""
    if not history or not wants_more(text):
        return 0
    times = 1
    for turn in reversed(history):
        if not wants_more(turn.question):
            break
        times += 1
    return times


def condense(text: str, history: Sequence[Turn]) -> str:
    """Return a question that can be understood alone: a follow-up gets what it follows put first.

    By rules, without a model: a question follows up when it points back (その, それ, and …, it)
    or names nothing of its own, only some property (費用は？). What it follows is the last
    question of *history* that stood alone and, where they differ, the one just before. Who only
    asks for more asks the same once more.
    """
    whole = text
    base = before = ""
    for asked in [*(turn.question for turn in history[-REMEMBERED:]), text]:
        if base and wants_more(asked):
            continue
        if base and follows_up(asked):
            parts = dict.fromkeys(part for part in (base, before, asked) if part)
            whole = " ".join(parts)
        else:
            base = whole = asked
        before = asked
    return whole if len(whole) <= _LONGEST or whole == text else f"{base} {text}"[-_LONGEST:]


def is_choice(text: str) -> bool:
    """Whether a text is a choice that was offered ("「第1版」について: 期限は"), as it was offered."""
    return _CHOICE.match(text) is not None


def follows_up(text: str) -> bool:
    """Whether a question makes sense only after another one."""
    if is_choice(text):
        return False
    if _BEGINS.match(text):
        return True
    own = [word for word in tokens(text) if word not in _PROPERTIES and not word.isdigit()]
    return not own or (len(own) <= _FEW and _POINTS_BACK.search(text) is not None)
