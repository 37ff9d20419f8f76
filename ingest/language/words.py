"""The words of Japanese and English text as search sees them: Sudachi's short units and stems.

Every text is looked at in the spelling of `spelling.normalise`.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from itertools import pairwise
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from snowballstemmer import stemmer
from sudachipy import Dictionary, SplitMode

from ingest.language.spelling import CJK, normalise
from ingest.language.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sudachipy import Tokenizer

TOKENIZER_VERSION = "sudachi-core-A-6"
"""Part of a generation's recipe: tokens of another version do not match its index."""

_LATIN = re.compile(r"[a-z][a-z0-9]*(?:[&+'][a-z0-9]+)*")
_PAIR_RUN = re.compile(rf"[{CJK}]+|[a-z]+|\d+(?:\.\d+)*")
_JAPANESE = re.compile(rf"[{CJK}]")
# Also pronouns (どこ, これ), adnominals (どの, その) and exclamations: they name nothing.
_DROPPED = frozenset(
    {"助詞", "助動詞", "補助記号", "空白", "記号", "代名詞", "連体詞", "感動詞", "接続詞"}
)
# Sudachi refuses more than 49,149 bytes in one call.
_SUDACHI_CHARACTERS = 12_000

# So many characters on either side decide where a name begins and ends.
_SURROUNDING = 20

_STOP_JAPANESE = frozenset(table("words")["stop"]["japanese"])
_STOP_ENGLISH = frozenset(table("words")["stop"]["english"])


def tokens(text: str) -> list[str]:
    """Return the words of *text* in order: Sudachi short units and English stems.

    Japanese words come in Sudachi's normalised form (取組, 取組み and 取り組み are one), English
    words lower-cased and stemmed. Particles, punctuation and words that only carry a question
    (教えて, what, the) are left out.
    """
    return list(_tokens(text))


@lru_cache(maxsize=2_048)
def _tokens(text: str) -> tuple[str, ...]:
    # An answer looks at the words of the same passages several times, and the same words are kept
    # of many lines: each once.
    return tuple(intern(word) for line in _pieces(normalise(text)) for word in _words(line))


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


def english(text: str) -> list[tuple[str, str]]:
    """Return the words of *text* in Latin letters in order, each with its stem, as `tokens` has it."""
    words = _LATIN.findall(normalise(text))
    return [(word, _stem(word)) for word in words if word not in _STOP_ENGLISH]


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


@lru_cache(maxsize=8_192)
def meanings(word: str) -> frozenset[int]:
    """Return the groups of synonyms that Sudachi's dictionary puts a single word in; often none."""
    found = _tokenizer().tokenize(word[:_LONGEST_WORD], SplitMode.A)
    return frozenset(found[0].synonym_group_ids()) if len(found) == 1 else frozenset()


_LONGEST_WORD = 24


def meant(text: str, *, parts: bool = False) -> dict[str, frozenset[int]]:
    """Return the words of *text* that Sudachi's dictionary knows synonyms of, each with its groups.

    Long units where it knows them (助成金), else the short ones that they are made of, with *parts*
    both; in one spelling, in order.
    """
    found: dict[str, frozenset[int]] = {}
    for line in _pieces(normalise(text)):
        for unit in _tokenizer().tokenize(line, SplitMode.C):
            known = bool(unit.synonym_group_ids())
            for one in [unit] * known + list(unit.split(SplitMode.A)) * (parts or not known):
                groups = one.synonym_group_ids()
                part = one.part_of_speech()
                if groups and part[0] not in _DROPPED and part[1] != "数詞":
                    found.setdefault(one.normalized_form(), frozenset(groups))
    return found


class Morpheme(NamedTuple):
    """A short unit with its grammar: as written, as the dictionary has it, in one spelling.

    *part* to *third* are Sudachi's first three classes; *potential* tells 越せる from 越す.
    *begin* and *end* are offsets into the text as given.
    """

    surface: str
    lemma: str
    form: str
    part: str
    detail: str
    third: str
    potential: bool
    begin: int
    end: int


@lru_cache(maxsize=2_048)
def morphemes(text: str) -> tuple[Morpheme, ...]:
    """Return the short units of one line of *text*, grammar included, nothing left out."""
    found: list[Morpheme] = []
    for unit in _tokenizer().tokenize(text[:_SUDACHI_CHARACTERS], SplitMode.A):
        part, detail, third, _, kind, _ = unit.part_of_speech()
        lemma, form = unit.dictionary_form(), unit.normalized_form()
        found.append(
            Morpheme(
                unit.surface(), lemma, form, part, detail, third,
                part == "動詞" and kind.startswith("下一段") and lemma[:-2] == form[:-1] and lemma != form,
                unit.begin(), unit.end(),
            )
        )  # fmt: skip
    return tuple(found)
