"""How plausible a page's text is: whether its characters, and its words, are what people write."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ingest import japanese

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAR = 0.7
"""Below this a page counts as unread, and other engines are asked."""

_BASIC = 0x10000
_LETTER_RUN = 3
_MOSTLY_LATIN = 0.4
_VOWELS = np.isin(np.arange(_BASIC), [ord(letter) for letter in "aeiouyAEIOUY"])
_FIRST_LEVEL_ENDS = 0x98

# Chinese characters in a row are words. Of those on 1,030 pages of government PDFs at least
# 0.63 stood in words of the dictionary, 0.92 at the median; after the 1,500 commonest were
# exchanged at random, at most 0.39, 0.06 at the median.
_ENOUGH_KNOWN = 0.5
_WORD_RUN = 3
_LONGEST_RUN = 40
_LEAST_SAMPLE = 40
_SAMPLE = 150


@cache
def _expected() -> NDArray[np.bool_]:
    """For each code point of the basic plane, whether Japanese office documents use it.

    Kana, the kanji of JIS level 1 (what is left are rare names and what a broken font map
    gives), ASCII, and the punctuation, arrows and signs that slides are full of.
    """
    table = np.zeros(_BASIC, np.bool_)
    table[0x21:0x7F] = True
    for first, last in ((0x2010, 0x2060), (0x2070, 0x2800), (0x2E80, 0x2FE0), (0x3000, 0x3400)):
        table[first:last] = True
    table[0xFE30:0xFE50] = table[0xFF00:0xFFF0] = True
    for sign in "·×÷±°§¶©®¥²³¹µ¼½¾«»´¨":
        table[ord(sign)] = True
    table[0xC0:0x180] = True
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
    characters too.
    """
    count = len(codes) + unprintable
    if not len(codes):
        return 0.0
    within = np.minimum(codes, _BASIC - 1)
    good = _expected()[within] & (codes < _BASIC)
    latin = ((codes | 0x20) >= ord("a")) & ((codes | 0x20) <= ord("z")) & (codes < 0x80)
    if latin.mean() > _MOSTLY_LATIN:
        edges = np.flatnonzero(np.diff(latin)) + 1
        begins = np.concatenate([[0], edges])
        vowels = np.add.reduceat(_VOWELS[within], begins)
        lengths = np.diff(np.append(begins, len(codes)))
        capitals = np.add.reduceat(codes < ord("a"), begins) == lengths
        odd = latin[begins] & (vowels == 0) & (lengths > _LETTER_RUN) & ~capitals
        good &= ~np.repeat(odd, lengths)
    share = float(good.sum() / count)
    if share < BAR:
        return share
    sample = _sample(codes)
    if len(sample) < _LEAST_SAMPLE:
        return share
    return share * min(1.0, japanese.known_share(sample) / _ENOUGH_KNOWN)


def _sample(codes: NDArray[np.uint32]) -> str:
    """Runs of Chinese characters from all over the page, a line each, about `_SAMPLE` in all.

    Shorter runs are left out: a stem before kana is a single character in good text too.
    """
    chinese = ((codes >= 0x4E00) & (codes < 0xA000)) | ((codes >= 0xF900) & (codes < 0xFB00))
    chinese |= (codes >= 0x2E80) & (codes < 0x2FE0)
    edges = np.flatnonzero(np.diff(chinese, prepend=False, append=False))
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    long = lengths >= _WORD_RUN
    begins, lengths = begins[long], np.minimum(lengths[long], _LONGEST_RUN)
    step = 1 + int(lengths.sum()) // _SAMPLE
    runs = zip(begins[::step].tolist(), lengths[::step].tolist(), strict=True)
    return "\n".join("".join(map(chr, codes[at : at + n].tolist())) for at, n in runs)
