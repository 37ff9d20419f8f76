"""The kinds of thing a question can ask for, and what a text must hold to give one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells that something is asked for, and what in a text gives it; both after `normalise`.

    *near* is true where it answers only beside what is asked about: towns stand everywhere.
    """

    asked: re.Pattern[str]
    given: re.Pattern[str]
    near: bool = False


_COSTS = r"費用|(?:負担|経費)(?!を?(?:減|軽|削|抑|節)|[がの]?(?:軽|減|増))|支払|予算|財源|措置|補助|有料|無料|無償|\bcosts?\b|\bpays?\b|borne|subsid|budget|financ|charge|expens"

_DAY_ASKED = (
    r"いつ|何時(?!間)|(?<!無)期限(?:は|を教え)|時期(?:は|を教え)|何月|何年度|^when\b(?! in the\b)|deadline|what date"
    r"|by what|what year|target year"
)
_TOWN_ASKED = (
    r"(?:どこの|どの|どちらの|何という)(?:市|町|村|区|県|都道府県|市区?町村|自治体|団体)"
    r"|(?:市|町|村|区|県|自治体|団体)は(?:どこ|ありますか|ある[？?]?$|どちら)"
    r"|(?:which|what) (?:\w+ )?(?:municipalit|cit|town|village|prefecture|local gov|ward)"
)
_TOWN = (
    r"(?<![一-龥])(?!都道府|市[区町]|[市町村区県各同本当全他両]|政令|中核|指定|近隣|自治)"
    r"[一-龥ヶ]{1,5}(?:都|道|府|県|市|町|村|区)(?![町村区長民])|\b[a-z]+ (?:city|town|village|prefecture)"
)
_FIRM_ASKED = (
    r"(?:会社|企業|業者|事業者|ベンダー?)(?:名)?(?:は|って|を)?(?:どこ|どれ|教え|何)|何という(?:会社|企業|業者)"
    r"|どの(?:会社|企業|ベンダ)|製品名|商品名|(?:which|what) (?:\w+ )?(?:vendors?|compan(?:y|ies)|firms?|products?)"
)

# What `normalise` leaves, for no counted word follows the number.
_NEXT_MANY = r"次の[二三四五六七八九十百]+(?:つ|点|である|です|で、|に)"

# The first kind that a question asks for counts, so the narrow ones stand first.
_KINDS = (
    (r"いくら|金額|予算額|月額|年額|単価|料金|how much|\bcosts?\b|\bpa(?:id|y)\b|\bprice|salary|\bfees?\b",
     r"\d\s*(?:[千万億兆百]+)?円|\d yen|yen \d|\d\s*(?:million|billion)"),
    (r"何(?:人|名)|人数|how many (?:people|staff|persons|employees|experts|members|officials)",
     r"\d+\s*(?:人|名)|\d+ (?:people|staff|persons|employees|experts|members|officials)"),
    (r"何時間|how many hours|\bhours\b", r"\d\s*時間|\d hours?"),
    (r"何週間|how many weeks", r"\d\s*週|\d weeks?"),
    (r"何日|how many days", r"(?<![月\d])\d{1,3}\s*日|\d days?"),
    (r"何(?:か|カ|ヶ|箇)?月(?!.*日)|how many months", r"\d\s*(?:か|カ|ヶ|箇)月|\d months?|\d+月"),
    (r"何年(?!度)|how many years|how long",
     r"(?<!\d)\d{1,2}\s*年(?!度)|\d years?|\d\s*(?:か|カ|ヶ|箇)月|\d\s*日間"),
    (r"何歳|年齢は|年齢制限|how old|\bage\b", r"\d\s*歳|\d years"),
    (r"何(?:%|パーセント|割)|割合|補助率|措置率|(?:交付|普及|達成)率|percent|what share|what rate",
     r"\d\s*(?:%|パーセント|割)|分の\d|\d/\d|\d percent"),
    (r"何件|件数", rf"\d\s*(?:件|事務|業務|手続|団体|種類|項目)|{_NEXT_MANY}"),
    (r"電話番号|電話(?:は|を教え)|\btel\b|telephone|phone number", r"\d{2,5}-\d{1,4}-\d{3,4}"),
    (r"fax|ファックス|ファクス", r"fax|ファックス|ファクス"),
    (r"メールアドレス|e-?mail address", r"\w@\w"),
    (r"\burl\b|ダウンロード|download|ホームページのアドレス", r"https?:|www\.|ダウンロード|download"),
    (r"罰則|罰金|ペナルティ|penalt|\bfine[sd]?\b", r"罰|過料|科す|科せ|処分|penalt|\bfine[sd]?\b|sanction"),
    (r"ひな形|ひな型|テンプレート|\btemplate\b", r"ひな形|ひな型|雛|テンプレート|別添|別紙|template"),
    (r"スペック|動作環境|推奨環境|\bspecs?\b|hardware requirement",
     r"スペック|動作環境|推奨環境|cpu|メモリ|\d\s*(?:gb|tb|ghz|コア)|\bspecs?\b"),
    (_DAY_ASKED, r"\d{4}年|\d+月|\d年度|\d{4}|年度末|頃|\d日"),
    (_TOWN_ASKED, _TOWN),
    (_FIRM_ASKED, r"株式会社|\(株\)|\b(?:inc|ltd|corp|co)\b|社製|製品名|商品名"),
    (r"費用|負担|支払|経費|誰が払|who (?:pays|bears)", _COSTS),
)  # fmt: skip
KINDS = tuple(
    Kind(re.compile(asked), re.compile(given), near=asked is _TOWN_ASKED) for asked, given in _KINDS
)

_TOPIC = re.compile(
    r"^[「『]?(.{2,24}?)[」』]?(?:とは|とわ(?=何|なに|なん)|って(?:何|なに|なん)|というのは|の意味|の定義|は何のこと)"
    r"|^(?:what (?:is|are)|define|what does) (?:an? |the )?(.{2,40}?)(?: mean)?\??$"
)
_GLOSSARY = r"用語|語句|意味|定義|説明|\bterms?\b|meaning|definition"
# A mark behind a name says that a note tells about it.
_FOLLOWS = r"[」』]?(?:とは|は|\(|※|\*\d| is | are | means)"
_PRECEDES = r"(?:である|という|、|: ?|\(|いわゆる[「『]?)"


def asked_for(question: str) -> int | None:
    """Return the place in `KINDS` of what a question (normalised) asks for, None when of no kind."""
    return next((at for at, kind in enumerate(KINDS) if kind.asked.search(question)), None)


def subject(question: str) -> str | None:
    """Return the name whose meaning a question (normalised) asks, or None when it asks none."""
    found = _TOPIC.search(question)
    return (found[1] or found[2]).strip() if found else None


def definition(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds a line that says what one of *names* is.

    A line is its text, a line feed and its column heads. It begins with the name and goes on to
    tell, or tells first (…である「name」); or it is the row of a glossary: the name in its first
    cell, under such heads.
    """
    name = f"(?:{'|'.join(map(re.escape, names))})"
    return re.compile(
        rf"^\W*{name}(?:[(（][^()（）]*[)）])?[」』]?"
        rf"(?:とは|は(?!、?次)|[:：=＝]| is | are | means| stands |\t.*\n.*{_GLOSSARY})"
        rf"|(?:である|という|いわゆる)[、「『]*{name}",
        re.IGNORECASE,
    )


def topic(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of *names* (normalised), which all name one thing.

    Its group "told" takes part where a text says what a name means or what the thing does.
    """
    name = f"(?:{'|'.join(map(re.escape, names))})"
    return re.compile(f"(?P<told>{name}{_FOLLOWS}|{_PRECEDES}{name})|{name}")
