"""Japanese and English text as search sees it: one spelling for what people write many ways.

Nothing here touches what is shown or quoted; a quotation is always the page's own characters.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from snowballstemmer import stemmer
from sudachipy import Dictionary, SplitMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sudachipy import Tokenizer

TOKENIZER_VERSION = "sudachi-core-A-5"
"""Part of a generation's recipe: tokens of another version do not match its index."""

_ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
    "明治": 1867,
    "r": 2018,
    "h": 1988,
    "s": 1925,
}
_ERA_YEAR = re.compile(
    r"(?:(令和|平成|昭和|大正|明治)\s*|(?<![a-z0-9])([rhs])\s*\.?\s*(?=\d{1,2}\s*(?:年|[./]\d)))"
    r"(元|\d{1,2})\s*(?=年|[./]\d|$|[^\d])"
)
# R7 alone, as tables head their columns; other letters with a figure are mostly something else.
_REIWA = re.compile(r"(?<![a-z0-9.&/-])r\s?(\d{1,2})(?![a-z0-9.-])")
_FISCAL = re.compile(r"(?<![a-z0-9])fy\s?(?:(\d{4})|'?(\d{2}))(?!\d)")
_KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_KANJI_UNITS = {"十": 10, "百": 100, "千": 1000}
_DIGIT = "[〇一二三四五六七八九十百千]"
# After two and more numerals any of these makes a number of them.
_COUNTED = "件業務手続年月日人名条章項号回団体市町村自治県以割円％%歳箇カケヶヵか版つ倍社校台冊枚週時種段区分"
# A single numeral is part of many words (一部, 三重県, 十分, 千代田): it is a number before a
# counter that no such word goes on with, and after kana, a sign, or a word for "about".
_COUNTERS = (
    "業務|手続|事務|事業|団体|自治体|市区?町村|町村|都道府県|週間|時間|分間|分の|種類|項目|段階|区分|施設"
    "|世帯|事例|[かカケヶヵ箇](?:月|所(?!村)|国|年)|年(?!生)|月|日(?![町市月])|人(?![ひ一親暮称前立])"
    "|名|歳(?!市)|件|社(?!\\))|校|冊|枚|台(?!化)|割|[%％]|倍|つ|版|回|項(?!目)|条(?![市件例])|章"
    "|号(?![機車])|点(?![数検])"
)
_FREE = r"(?:(?<![一-龥々〇])|(?<=[約全計満他残の])|(?<=最大)|(?<=最低)|(?<=上限)|(?<=原則))"
_KANJI_NUMBER = re.compile(
    rf"(?<=第)[一二三四](?=四半期)"
    rf"|(?<=第){_DIGIT}+(?![者人線歩セ])"
    rf"|(?:(?<=令和)|(?<=平成)|(?<=昭和)|(?<=大正)|(?<=明治)){_DIGIT}+(?=年)"
    rf"|(?!〇+(?!{_DIGIT})){_DIGIT}{{2,}}(?=[{_COUNTED}万億兆])"
    rf"|{_FREE}[一二三四五六七八九十百千](?={_COUNTERS})"
    rf"|{_FREE}(?:[二三四五六七八九十百]円|[一二三五六七八九十百千](?=[万億兆]))(?!十)"
    rf"|{_FREE}[四](?=[万億兆](?!十))"
    rf"|(?<=分の){_DIGIT}"
)
_AFTER_DIGITS = re.compile(r"(\d+)([百千])(?=[万億兆円人件名社件世]|$|[^\w])")
_LITTLE_KA = re.compile(r"(?<=\d)[カケヶヵ箇](?=月|所|国|年)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# What NFKC leaves: radicals that fonts give instead of the character, and old forms, among them
# those that it gives itself (⼾ becomes 戶).
_RADICALS = str.maketrans(
    "⺒⺝⺟⺠⺧⺬⺶⺼⻁⻄⻅⻆⻊⻑⻒⻗⻘⻜⻝⻞⻡⻣⻤⻨⻩⻫⻭⻯⻲戶靑黑黃麥齒齊龜",
    "巳月母民牛示羊月虎西見角足長長雨青飛食食首骨鬼麦黄斉歯竜亀戸青黒黄麦歯斉亀",
)
# Different dashes, waves and middle dots stand for the same thing in real manuals.
_LOOKALIKES = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣", "-") | dict.fromkeys("〜～∼", "~") | {"･": "・", "\u00ad": None}
)
_SPACE = re.compile(r"\s+")
_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CJK_GAP = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_LATIN = re.compile(r"[a-z][a-z0-9]*(?:[&+'][a-z0-9]+)*")
_PAIR_RUN = re.compile(rf"[{_CJK}]+|[a-z]+|\d+(?:\.\d+)*")
# Also pronouns (どこ, これ), adnominals (どの, その) and exclamations: they name nothing.
_DROPPED = frozenset(
    {"助詞", "助動詞", "補助記号", "空白", "記号", "代名詞", "連体詞", "感動詞", "接続詞"}
)
_JAPANESE = re.compile(rf"[{_CJK}]")
_KANA_OR_KANJI = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_LETTER = re.compile("[A-Za-z]")
_JOINT = re.compile("[一-龥ァ-ヶーa-z]{2}")
# Sudachi refuses more than 49,149 bytes in one call.
_SUDACHI_CHARACTERS = 12_000

# So many characters on either side decide where a name begins and ends.
_SURROUNDING = 20

# Words that carry a question, not its subject: found everywhere, they only add noise.
_STOP_JAPANESE = frozenset(
    [
        "為る",
        "居る",
        "有る",
        "成る",
        "下さる",
        "出来る",
        "こと",
        "物",
        "為",
        "因る",
        "於く",
        "教える",
        "何",
        "何故",
        "幾ら",
        "幾",
        "如何",
        "どう",
        "よう",
        "御座る",
        "頂く",
        "言う",
        "等",
        "及び",
        "又は",
        "説明",
        "具体",
        "挙げる",
        "述べる",
        "知る",
        "欲しい",
        "うち",
        "所",
        "付く",
    ]
)
_STOP_ENGLISH = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "me",
        "might",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "ours",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "about",
        "also",
        "there's",
        "what's",
        "tell",
        "please",
        "explain",
        "let",
        "want",
        "need",
        "must",
        "one",
    ]
)


def normalise(text: str) -> str:
    """Return *text* in one spelling: widths, eras, Chinese numerals, dashes, case.

    令和七年度, R7年度 and FY2025 are 2025年度, 十七業務 is 17業務, 百万円 100万円 and ＣＩＯ cio;
    一部, 第三者 and 三重県 stay, for those are words. Offsets are not kept, so the result is for
    comparing and counting only.
    """
    return _normalised(text) if len(text) <= _SHORT else _respelt(text)


def _respelt(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_RADICALS).translate(_LOOKALIKES)
    text = _THOUSANDS.sub("", _CJK_GAP.sub("", text.casefold()))
    text = _AFTER_DIGITS.sub(_multiplied, text)
    text = _KANJI_NUMBER.sub(_western_number, text)
    text = _LITTLE_KA.sub("か", text)
    text = _ERA_YEAR.sub(_western_year, text)
    text = _REIWA.sub(lambda found: str(_ERAS["r"] + int(found.group(1))), text)
    return _FISCAL.sub(lambda found: f"{found.group(1) or '20' + found.group(2)}年度", text)


# A question is looked at from many sides, and so are the names in a glossary.
_SHORT = 200
_normalised = lru_cache(maxsize=8_192)(_respelt)


def _western_number(found: re.Match[str]) -> str:
    digits = found.group().rstrip("円")
    return f"{_kanji_value(digits)}{found.group()[len(digits) :]}"


def _multiplied(found: re.Match[str]) -> str:
    """Read 2千 as 2000."""
    return str(int(found.group(1)) * _KANJI_UNITS[found.group(2)])


def _western_year(found: re.Match[str]) -> str:
    era = found.group(1) or found.group(2)
    year = 1 if found.group(3) == "元" else int(found.group(3))
    return str(_ERAS[era] + year)


def _kanji_value(digits: str) -> int:
    """Read 十七 as 17 and 二〇二五 as 2025."""
    if not any(unit in digits for unit in _KANJI_UNITS):
        return int("".join(str(_KANJI_DIGITS[digit]) for digit in digits))
    total, pending = 0, 0
    for digit in digits:
        if digit in _KANJI_UNITS:
            total += max(pending, 1) * _KANJI_UNITS[digit]
            pending = 0
        else:
            pending = _KANJI_DIGITS[digit]
    return total + pending


def tokens(text: str) -> list[str]:
    """Return the words of *text* in order: Sudachi short units and English stems.

    Japanese words come in Sudachi's normalised form (取組, 取組み and 取り組み are one), English
    words lower-cased and stemmed. Particles, punctuation and words that only carry a question
    (教えて, what, the) are left out.
    """
    return list(_tokens(text))


@lru_cache(maxsize=8_192)
def _tokens(text: str) -> tuple[str, ...]:
    # An answer looks at the words of the same passages several times.
    return tuple(word for line in _pieces(normalise(text)) for word in _words(line))


def pairs(text: str) -> list[str]:
    """Return the character pairs of *text* in order; Latin words and numbers stay whole.

    A run of Japanese characters of length n gives n-1 pairs, and one of length 1 itself.
    Middle dots and spaces do not break a run.
    """
    found: list[str] = []
    for run in _PAIR_RUN.findall(normalise(text).replace("・", "")):
        if _JAPANESE.match(run) is None:
            if run not in _STOP_ENGLISH:
                found.append(_stem(run) if run.isalpha() else run)
        elif len(run) == 1:
            found.append(run)
        else:
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
    return found


def phrases(words: Sequence[str]) -> list[str]:
    """Return each two words that follow each other, joined by a space, in order."""
    return [f"{word} {following}" for word, following in pairwise(words)]


def loanwords(text: str) -> list[str]:
    """Return the Japanese words that English words of *text* have become (cloud → クラウド)."""
    found: list[str] = []
    for word in _LATIN.findall(normalise(text)):
        if word in _STOP_ENGLISH:
            continue
        found.extend(
            unit.normalized_form()
            for unit in _tokenizer().tokenize(word, SplitMode.A)
            if _JAPANESE.match(unit.normalized_form())
        )
    return found


def proper_nouns(text: str) -> list[str]:
    """Return the names of places, people and bodies in Japanese *text*, as `tokens` spells them."""
    return [
        unit.form
        for unit in units(text)
        if unit.detail == "固有名詞"
        and _JAPANESE.search(unit.surface)
        and unit.surface not in _ERAS
    ]


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the words of *text* let the name from *start* to *end* stand for itself.

    津市 does in 三重県津市 and in 津市民, but not in 大津市 or in 津市場. *text* is normalised.
    """
    first, last = start, end
    while first and start - first < _SURROUNDING and _JAPANESE.match(text[first - 1]):
        first -= 1
    while last < len(text) and last - end < _SURROUNDING and _JAPANESE.match(text[last]):
        last += 1
    begins = False
    for unit in _tokenizer().tokenize(text[first:last], SplitMode.A):
        where, until = first + int(unit.begin()), first + int(unit.end())
        begins = begins or where == start
        if where < end <= until:
            return begins and (until == end or where > start)
    return False


def person_names(text: str) -> list[tuple[int, int, bool]]:
    """Return (start, end, whole) of each run of personal names in Japanese *text*, in order.

    The offsets are into *text* as given; *whole* tells whether a family name is followed by a
    given name. Names of places and bodies are told apart as far as the dictionary knows them.
    """
    found: list[tuple[int, int, bool]] = []
    base = 0
    for line in text.splitlines(keepends=True):
        kinds: list[str] = []
        start = end = 0
        # Long units: 佐世保市 is a place, though its first part is also a name.
        for unit in _tokenizer().tokenize(line[:_SUDACHI_CHARACTERS], SplitMode.C):
            part = unit.part_of_speech()
            if part[2] == "人名" and _JAPANESE.search(unit.surface()):
                start = start if kinds else unit.begin()
                end = unit.end()
                kinds.append(part[3])
            elif kinds and not unit.surface().isspace():
                found.append((base + start, base + end, _is_whole(kinds)))
                kinds = []
        if kinds:
            found.append((base + start, base + end, _is_whole(kinds)))
        base += len(line)
    return found


def _is_whole(kinds: Sequence[str]) -> bool:
    return any(pair == ("姓", "名") for pair in pairwise(kinds))


def nouns(text: str) -> set[str]:
    """Return the words of Japanese *text* that name something, as `tokens` spells them."""
    return {
        unit.form for unit in units(text) if unit.part == "名詞" and _JAPANESE.search(unit.surface)
    }


def joints(text: str) -> list[str]:
    """Return the two characters at which each two words of a compound noun meet, in order.

    特定移行支援システム has 定移, 行支 and 援シ: a text that knows the compound has them too,
    while one that only has its words may not.
    """
    words = units(text)
    return [
        joint
        for before, after in pairwise(words)
        if before.end == after.begin
        and before.part == "名詞"
        and before.detail != "数詞"
        and after.part in {"名詞", "接尾辞"}
        and _JOINT.fullmatch(joint := before.surface[-1:] + after.surface[:1])
    ]


def strangers(text: str) -> list[str]:
    """Return the words of *text* that Sudachi's dictionary does not hold, as they are written."""
    return [
        unit.surface()
        for line in _pieces(normalise(text))
        for unit in _tokenizer().tokenize(line, SplitMode.A)
        if unit.is_oov()
    ]


def known_share(text: str) -> float:
    """Return which share of *text* stands in words of two or more characters that are known.

    From 0 to 1; known is what Sudachi's dictionary holds. A single Chinese character is nearly
    always a word there, so those say nothing. Line breaks part words and do not count.
    """
    known = count = 0
    for line in _pieces(unicodedata.normalize("NFKC", text)):
        count += len(line)
        known += _known(line)
    return known / count if count else 0.0


@lru_cache(maxsize=20_000)
def _known(line: str) -> int:
    """How many characters of a line stand in known words of two or more; files repeat theirs."""
    # Long units: whether a word splits further does not matter, and they are cheaper.
    units = _tokenizer().tokenize(line, SplitMode.C)
    return sum(length for unit in units if (length := len(unit)) > 1 and not unit.is_oov())


class Unit(NamedTuple):
    """A short unit: how it is written and spelt, its part of speech, and where it stands.

    *part*, *detail* and *use* are Sudachi's (名詞, 普通名詞, サ変可能); the offsets are into the
    normalised text.
    """

    surface: str
    form: str
    part: str
    detail: str
    use: str
    begin: int
    end: int


@lru_cache(maxsize=64)
def units(text: str) -> tuple[Unit, ...]:
    """Return the short units of *text*; a question is asked for them several times at once."""
    found: list[Unit] = []
    base = 0
    for line in _pieces(normalise(text)):
        for unit in _tokenizer().tokenize(line, SplitMode.A):
            part, detail, use, *_ = unit.part_of_speech()
            found.append(
                Unit(
                    unit.surface(),
                    unit.normalized_form(),
                    part,
                    detail,
                    use,
                    base + unit.begin(),
                    base + unit.end(),
                )
            )
        base += len(line) + 1
    return tuple(found)


def is_japanese(text: str) -> bool:
    """Whether *text* is written in Japanese: it has kana, or more than a few Chinese characters."""
    own = len(_KANA_OR_KANJI.findall(text))
    return own > 0 and own * 2 >= len(_LETTER.findall(text)) / 2


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for at in range(0, len(line), _SUDACHI_CHARACTERS):
            yield line[at : at + _SUDACHI_CHARACTERS]


def _words(line: str) -> Iterator[str]:
    at = 0
    for found in _LATIN.finditer(line):
        yield from _japanese_words(line[at : found.start()])
        word = found.group()
        if word not in _STOP_ENGLISH:
            yield _stem(word)
        at = found.end()
    yield from _japanese_words(line[at:])


def _japanese_words(text: str) -> Iterator[str]:
    if not text or text.isspace():
        return
    for unit in _tokenizer().tokenize(text, SplitMode.A):
        part = unit.part_of_speech()
        if part[0] in _DROPPED:
            continue
        # Sudachi writes 1.0 as 1, which would make two editions one.
        form = unit.surface() if part[1] == "数詞" else unit.normalized_form()
        if form not in _STOP_JAPANESE and not form.isspace():
            yield form


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_english().stemWord(word))


_mine = threading.local()


def _english() -> stemmer:
    """Return this thread's stemmer; it keeps state between calls."""
    if not hasattr(_mine, "stemmer"):
        _mine.stemmer = stemmer("english")
    return _mine.stemmer


def _tokenizer() -> Tokenizer:
    """Return this thread's tokenizer: one shared by threads raises "already in use"."""
    if not hasattr(_mine, "tokenizer"):
        _mine.tokenizer = _dictionary().tokenizer()
    found: Tokenizer = _mine.tokenizer
    return found


_dictionary_lock = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Dictionary:
    return Dictionary()


def _dictionary() -> Dictionary:
    with _dictionary_lock:
        return _load()
