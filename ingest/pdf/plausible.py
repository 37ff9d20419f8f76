"""How plausible a page's text is: whether its characters, and its words, are what people write."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.language.words import known_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAR = 0.7
"""Below this a page counts as unread, and other engines are asked."""

_BASIC = 0x10000
_LETTER_RUN = 3
_MOSTLY_LATIN = 0.4
# Of the neighbouring letters on 52 pages in English 0.32 or more are among these pairs, of texts in
# eight other languages with Latin letters 0.21 or more; after a shift of the alphabet, as fonts
# without a character map give it, mostly below 0.1 and 0.21 at most (30 shifts).
_PAIRS = (
    "thheineranreonatenndtiesorteofedisitalarsttontngsehaasouioledevec"
    "omehiriroicneearacelichllbemasiomur"
)
_FEW_PAIRS, _ENOUGH_LETTERS, _SOME_LETTERS = 0.18, 200, 60
# In languages with marks (French, Czech, Vietnamese) at most 0.4 of the letters bear one and
# capitals begin words; a wrong map of a Japanese font gives strings of them, mixed with signs.
_SOME_MARKED, _MOST_MARKED, _LEAST_MARKED, _MOST_TURNS = 0.02, 0.5, 12, 0.2
_WORD = re.compile(r"[^\W\d_]+")
_STUCK = re.compile(r"[^\W\d_][¢-¦¨¬®-´¶¸-º¼-¾×÷†‡‰€™0-9][^\W\d_]")
_MARKED = re.compile(r"[À-ÖØ-öø-ɏḀ-ỿ]")


def _within(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    """For each code point of the basic plane, and one for all beyond it, whether a range has it."""
    table = np.zeros(_BASIC + 1, np.bool_)
    for first, end in ranges:
        table[first:end] = True
    return table


_VOWELS = _within(*((ord(letter), ord(letter) + 1) for letter in "aeiouyAEIOUY"))
_LATIN = _within((ord("A"), ord("Z") + 1), (ord("a"), ord("z") + 1))
_IS_MARKED = _within((0xC0, 0xD7), (0xD8, 0xF7), (0xF8, 0x250), (0x1E00, 0x1F00))
_KANJI = _within((0x4E00, 0xA000), (0xF900, 0xFB00), (0x2E80, 0x2FE0))
_FIRST_LEVEL_ENDS = 0x98

# Chinese characters in a row are words. Of those on 1,030 pages of government PDFs at least
# 0.63 stood in words of the dictionary, 0.92 at the median; after the 1,500 commonest were
# exchanged at random, at most 0.39, 0.06 at the median.
_ENOUGH_KNOWN = 0.5
_WORD_RUN = 3
_LONGEST_RUN = 40
_LEAST_SAMPLE = 40
_SAMPLE = 150
# A third of the sample is asked first: where most of it is known, so is enough of the whole.
_FEW, _SURELY_KNOWN = 3, 0.85
_ODD_ONES = 0.02
"""Share of unexpected characters up to which a page needs no other language to explain them."""


# The scripts of other languages; one range each is its letters, with their marks.
_SCRIPTS = (
    ((0x1100, 0x1200), (0x3130, 0x3190), (0xA960, 0xA980), (0xAC00, 0xD800)),  # Hangul
    ((0x0E00, 0x0E80),),  # Thai
    ((0x0400, 0x0530),),  # Cyrillic
    ((0x0600, 0x0780), (0xFB50, 0xFE00), (0xFE70, 0xFEFF)),  # Arabic
    ((0x0900, 0x0980),),  # Devanagari: Hindi, Nepali
    ((0x0980, 0x0A00),),  # Bengali
    ((0x0D80, 0x0E00),),  # Sinhala
    ((0x0E80, 0x0F00),),  # Lao
    ((0x1000, 0x10A0),),  # Burmese
    ((0x1780, 0x1800),),  # Khmer
    ((0x1800, 0x18B0),),  # Mongolian
    ((0x0590, 0x0600),),  # Hebrew
    ((0x0370, 0x0400), (0x1F00, 0x2000)),  # Greek
)
_ONE_SCRIPT = 0.9
# Particles, pronouns and the like, simplified and traditional. Of the Chinese characters on 1,043
# pages of Japanese government PDFs 0.013 are among them at the median, and 0.14 at most, beside
# kana; of those in leaflets in Chinese 0.14.
_CHINESE = np.array(
    sorted(
        map(
            ord,
            "的是了不们們个個这這那请請您你他她它为為吗嗎呢吧什么麼怎样樣没沒还還给給让讓把被"
            "对對从從说說跟很啊哪谁誰咱",
        )
    ),
    np.uint32,
)
_NEEDED = 0.08
_ONE_KANA = 0.02


@cache
def _expected() -> NDArray[np.bool_]:
    """For each code point of the basic plane, and one beyond, whether office documents use it.

    Kana, the kanji of JIS level 1 (what is left are rare names and what a broken font map
    gives), ASCII, and the punctuation, arrows and signs that slides are full of.
    """
    table = _within(
        (0x21, 0x7F), (0x2010, 0x2060), (0x2070, 0x2800), (0x2E80, 0x2FE0), (0x3000, 0x3400),
        (0xFE30, 0xFE50), (0xFF00, 0xFFF0),
    )  # fmt: skip
    for sign in "·×÷±°§¶©®¥²³¹µ¼½¾«»´¨":
        table[ord(sign)] = True
    table[0xC0:0x250] = table[0x300:0x370] = table[0x1E00:0x1F00] = True
    table[0x391:0x3CA] = True
    # Bullets of the Symbol and Wingdings fonts, which no mapping reaches.
    table[0xF020:0xF100] = True
    for first, last in ((0x4E00, 0xA000), (0xF900, 0xFB00)):
        for code in range(first, last):
            plain = unicodedata.normalize("NFKC", chr(code))
            try:
                coded = plain.encode("cp932")
            except UnicodeEncodeError:
                continue
            table[code] = coded[0] < _FIRST_LEVEL_ENDS
    return table


def score(codes: NDArray[np.uint32], unprintable: int = 0) -> float:
    """Return how plausible text of these code points is, from 0 to 1; 0 for no text.

    The share of expected characters. On a page of mostly Latin letters those count only in runs
    with a vowel among them somewhere. *unprintable* characters (controls, unmapped glyphs) were
    left out of *codes* and count as unexpected. Where that reaches the bar and there are enough
    Chinese characters to tell, it is lowered if they make no words: a wrong font map gives common
    characters too. A page in another language is as plausible as one in Japanese, unless some of
    its glyphs stand for nothing: leaflets for residents from abroad are part of the manuals.
    """
    count = len(codes) + unprintable
    if not len(codes):
        return 0.0
    good = _expected().take(codes, mode="clip")
    chinese = False
    odd_ones = np.count_nonzero(~good) > _ODD_ONES * len(codes)
    if odd_ones and not unprintable and not _lost(codes).any():
        good |= _foreign(codes)
        chinese = _is_chinese(codes)
        good |= chinese & _is_han(codes)
    latin = _LATIN.take(codes, mode="clip")
    if np.count_nonzero(latin) > _MOSTLY_LATIN * len(codes):
        edges = np.flatnonzero(np.diff(latin)) + 1
        begins = np.concatenate([[0], edges])
        vowels = np.add.reduceat(_VOWELS.take(codes, mode="clip"), begins)
        lengths = np.diff(np.append(begins, len(codes)))
        capitals = np.add.reduceat(codes < ord("a"), begins) == lengths
        odd = latin[begins] & (vowels == 0) & (lengths > _LETTER_RUN) & ~capitals
        good &= ~np.repeat(odd, lengths)
        if np.count_nonzero(latin) > _ENOUGH_LETTERS and _paired(codes, latin) < _FEW_PAIRS:
            good &= ~latin
    marked = np.count_nonzero(_IS_MARKED.take(codes, mode="clip"))
    if marked > max(_LEAST_MARKED, _SOME_MARKED * len(codes)):
        good &= ~_jumbled(codes)
        if np.count_nonzero(latin) > _SOME_LETTERS and _paired(codes, latin) < _FEW_PAIRS:
            good &= ~latin
    share = float(np.count_nonzero(good) / count)
    if share < BAR or chinese:
        return share
    sample = _sample(codes)
    if sum(map(len, sample)) < _LEAST_SAMPLE:
        return share
    if known_share("\n".join(sample[::_FEW])) >= _SURELY_KNOWN:
        return share
    return share * min(1.0, known_share("\n".join(sample)) / _ENOUGH_KNOWN)


def _paired(codes: NDArray[np.uint32], latin: NDArray[np.bool_]) -> float:
    """Which share of neighbouring Latin letters are pairs that languages are full of."""
    both = np.flatnonzero(latin[1:] & latin[:-1])
    first, second = (codes[both] | 0x20) - ord("a"), (codes[both + 1] | 0x20) - ord("a")
    return float(_common_pairs()[first, second].mean()) if len(both) else 1.0


@cache
def _common_pairs() -> NDArray[np.bool_]:
    table = np.zeros((26, 26), np.bool_)
    for first, second in zip(_PAIRS[::2], _PAIRS[1::2], strict=True):
        table[ord(first) - ord("a"), ord(second) - ord("a")] = True
    return table


def _jumbled(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters stand in strings that no language writes.

    Most letters of such a string bear marks, cases change within it, or signs and digits stand
    between its letters. White space was left out, so words run together.
    """
    text = codes.astype("<u4").tobytes().decode("utf-32-le", "replace")
    odd = np.zeros(len(codes), np.bool_)
    last = -1
    for match in _WORD.finditer(text):
        word = match.group()
        marks = len(_MARKED.findall(word))
        if not marks:
            continue
        turns = sum(one.islower() and other.isupper() for one, other in pairwise(word))
        stuck = _STUCK.search(text[max(0, match.start() - 2) : match.end() + 2])
        if marks > _MOST_MARKED * len(word) or turns > _MOST_TURNS * len(word) or stuck:
            odd[match.start() : match.end()] = True
            if 0 <= match.start() - last <= _LETTER_RUN:
                odd[last : match.start()] = True
            last = match.end()
    return odd


def _lost(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Private-use and replacement characters: where a font map is wrong or missing."""
    symbols = (codes >= 0xF020) & (codes < 0xF100)
    private = (codes >= 0xE000) & (codes < 0xF900) & ~symbols
    return np.asarray(private | (codes == 0xFFFD) | (codes >= 0xF0000))


def _foreign(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters are of the one foreign script that a page is mostly written in, if any.

    A wrong font map scatters characters over many scripts.
    """
    scripts = [
        np.logical_or.reduce([(codes >= first) & (codes < last) for first, last in ranges])
        for ranges in _SCRIPTS
    ]
    letters = max(scripts, key=np.count_nonzero)
    others = sum(int(np.count_nonzero(one)) for one in scripts) - int(np.count_nonzero(letters))
    coherent = others <= (1 - _ONE_SCRIPT) * int(np.count_nonzero(letters))
    return np.asarray(letters & coherent, np.bool_)


def _is_han(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return np.asarray((codes >= 0x3400) & (codes < 0xA000))


def _is_chinese(codes: NDArray[np.uint32]) -> bool:
    """Whether a page without kana is written with the characters that all Chinese text needs."""
    han = _is_han(codes)
    count = int(np.count_nonzero(han))
    kana = np.count_nonzero((codes >= 0x3041) & (codes < 0x3100))
    if count < _LEAST_SAMPLE or kana > _ONE_KANA * count:
        return False
    return bool(np.isin(codes[han], _CHINESE).mean() >= _NEEDED)


def _sample(codes: NDArray[np.uint32]) -> list[str]:
    """Runs of Chinese characters from all over the page, about `_SAMPLE` characters in all.

    Shorter runs are left out: a stem before kana is a single character in good text too.
    """
    chinese = _KANJI.take(codes, mode="clip")
    around = np.concatenate([[False], chinese, [False]])
    edges = np.flatnonzero(around[1:] != around[:-1])
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    long = lengths >= _WORD_RUN
    begins, lengths = begins[long], np.minimum(lengths[long], _LONGEST_RUN)
    step = 1 + int(lengths.sum()) // _SAMPLE
    runs = zip(begins[::step].tolist(), lengths[::step].tolist(), strict=True)
    text = codes.astype("<u4").tobytes().decode("utf-32-le", "replace")
    return [text[at : at + n] for at, n in runs]
