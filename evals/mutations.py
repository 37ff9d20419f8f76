"""False sentences made of true ones, one change each, to measure the check of claims with.

Each mutator changes what a sentence says and nothing else: its negation, its mood, a unit, a
bound, a number, who acts, an opposite, an exception, a clause that is added, or how much of
something is meant. What a mutator cannot change it leaves alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.language.numbers import Bound, Figure, Kind, figures
from ingest.language.spelling import is_japanese


@dataclass(frozen=True, slots=True)
class Mutant:
    """A false sentence, the true one it was made of, and the kind of change."""

    said: str
    source: str
    kind: str


_Swap = tuple[tuple[str, str], ...]
_NEGATED: _Swap = (
    ("しなければならない", "する必要はない"), ("してはならない", "することができる"), ("することができる", "することができない"),
    ("することはできない", "することができる"), ("必要がある", "必要はない"), ("必要である", "不要である"), ("ものとする。", "ものとはしない。"),
    ("している。", "していない。"), ("しない。", "する。"), ("である。", "ではない。"), ("行う。", "行わない。"), ("する。", "しない。"),
    ("います。", "いません。"), ("します。", "しません。"), ("です。", "ではありません。"), ("ません。", "ます。"), ("できる。", "できない。"),
    (" must ", " need not "), (" shall ", " shall not "), (" may ", " may not "), (" is ", " is not "), (" are ", " are not "), (" can ", " cannot "),
)  # fmt: skip
_MOODS: _Swap = (
    ("しなければならない", "することができる"), ("しなければならない", "することが望ましい"), ("することができる", "しなければならない"),
    ("望ましい", "必要である"), ("必要がある", "ことが望ましい"), ("よう努めるものとする", "なければならない"), ("予定である", "ことが決まっている"),
    ("ことがある。", "。"), ("ものとする。", "ことができる。"), ("する。", "することができる。"), ("目指す", "義務付ける"), (" must ", " may "), (" may ", " must "),
    (" shall ", " may "), (" should ", " must "), (" can ", " must "),
)  # fmt: skip
_UNITS: _Swap = (
    ("日以内", "か月以内"), ("か月", "年"), ("年以内", "か月以内"), ("時間", "分"), ("万円", "億円"), ("億円", "万円"), ("千円", "万円"), ("人", "団体"),
    ("件", "人"), ("%", "件"), ("パーセント", "件"), ("週間", "日間"), ("キロメートル", "メートル"), ("回", "人"), (" days", " months"), (" years", " days"),
)  # fmt: skip
_BOUNDS: _Swap = (
    ("以上", "以下"), ("以内", "以上"), ("以下", "以上"), ("未満", "を超える"), ("を超える", "に満たない"), ("までに", "以降に"), ("少なくとも", "多くとも"), ("最大", "最低"),
    ("以降", "以前"), ("以前", "以後"), ("約", "ちょうど"), ("at least", "at most"), ("within", "after"), ("more than", "less than"),
)  # fmt: skip
_OPPOSITES: _Swap = (
    ("増加", "減少"), ("減少", "増加"), ("開始", "終了"), ("終了", "開始"), ("事前", "事後"), ("前に", "後に"), ("公開", "非公開"), ("有料", "無料"), ("無料", "有料"), ("含む", "除く"),
    ("除く", "含む"), ("延長", "短縮"), ("拡大", "縮小"), ("収入", "支出"), ("歳入", "歳出"), ("国内", "国外"), ("上昇", "低下"), ("向上", "低下"), ("常勤", "非常勤"), ("一般", "特別"),
    ("before", "after"), ("includes", "excludes"), ("allowed", "prohibited"),
)  # fmt: skip
_QUANTIFIERS: _Swap = (
    ("一部", "全て"), ("すべて", "一部"), ("全て", "一部"), ("のみ", "も"), ("だけ", "も"), ("等", "のみ"), ("原則として", "例外なく"), ("原則", "必ず"), ("など", "だけ"), ("some ", "all "), ("only ", ""),
)  # fmt: skip
_ADDED = {
    True: ("、市町村長が認めるときはこの限りでない", "、違反したときは罰金に処する", "、費用は国が全額を負担する", "、三年ごとに見直す"),
    False: (" and the fee is doubled", " unless the mayor objects", " for ten years"),
}  # fmt: skip
_CONDITIONS = {
    True: ("議会の議決がある場合に限り、", "本人の請求があるときは、"),
    False: ("If the mayor agrees, ",),
}
_EXCEPTION = re.compile(
    r"[^、。]{1,24}(?:を除き|を除いて)、|（[^（）]{1,30}を除く。?）|原則として、?|ただし、[^。]+。"
)
_ACTORS = re.compile(
    r"(?:[一-龥]{1,8}(?:市|町|村|県|国|省|庁|会|長|者|員|課|館)|国|県|市)(?=[はがにへ]|から)"
)


def mutants(sentences: Sequence[str]) -> Iterator[Mutant]:
    """Yield what each mutator makes of each sentence; of two that follow, also merged halves."""
    for source in sentences:
        for kind, mutate in _MUTATORS.items():
            for said in mutate(source):
                if said != source:
                    yield Mutant(said, source, kind)
    for one, other in itertools.pairwise(sentences):
        if is_japanese(one) and one.find("、") >= _SHORTEST and "、" in other:
            said = one.split("、", 1)[0] + "、" + other.split("、", 1)[1]
            yield Mutant(said, f"{one}\n{other}", "merged")


def _swaps(table: _Swap) -> Callable[[str], Iterator[str]]:
    def mutate(source: str) -> Iterator[str]:
        for old, new in table:
            if old in source:
                head, _, tail = source.rpartition(old)
                yield head + new + tail
                return

    return mutate


def _numbers(source: str) -> Iterator[str]:
    """Yield the sentence with its first figure changed."""
    for one in _plain(source):
        digits = re.search(r"\d+", source[one.start : one.end])
        if digits:
            at = one.start + digits.start()
            yield f"{source[:at]}{int(digits[0]) + 1}{source[one.start + digits.end() :]}"
            return


def _swapped_numbers(source: str) -> Iterator[str]:
    """Yield the sentence with two of its figures in each other's place."""
    found = _plain(source)
    for one, two in itertools.pairwise(found):
        first, second = source[one.start : one.end], source[two.start : two.end]
        if first != second and one.kind is two.kind and one.unit == two.unit:
            yield (
                source[: one.start]
                + second
                + source[one.end : two.start]
                + first
                + source[two.end :]
            )
            return


def _swapped_actors(source: str) -> Iterator[str]:
    found = list(_ACTORS.finditer(source))
    for one, two in itertools.pairwise(found):
        if one[0] != two[0]:
            yield (
                source[: one.start()]
                + two[0]
                + source[one.end() : two.start()]
                + one[0]
                + source[two.end() :]
            )
            return


def _dropped(source: str) -> Iterator[str]:
    match = _EXCEPTION.search(source)
    if match and len(source) - len(match[0]) > _SHORTEST:
        yield source[: match.start()] + source[match.end() :]


def _added(source: str) -> Iterator[str]:
    ours = _ADDED[is_japanese(source)]
    bare = source.rstrip("。.")
    yield bare + ours[len(source) % len(ours)] + ("。" if is_japanese(source) else ".")


def _conditioned(source: str) -> Iterator[str]:
    ours = _CONDITIONS[is_japanese(source)]
    yield ours[len(source) % len(ours)] + source


def _dates(source: str) -> Iterator[str]:
    """Yield the sentence with its first day put off by a year, or a month."""
    for one in figures(source):
        if one.kind is Kind.DAY:
            said = source[one.start : one.end]
            digits = re.search(r"\d+(?=[年月])", said)
            if digits:
                at = one.start + digits.start()
                yield f"{source[:at]}{int(digits[0]) % 12 + 1}{source[one.start + digits.end() :]}"
                return


def _bounded(source: str) -> Iterator[str]:
    """Yield the sentence with a bound put behind a figure that has none."""
    for one in _plain(source):
        if one.kind in {Kind.MONEY, Kind.DURATION, Kind.PEOPLE} and not set(one.bounds) - {
            Bound.EACH
        }:
            yield f"{source[: one.end]}以上{source[one.end :]}"
            return


def _plain(source: str) -> list[Figure]:
    kinds = {Kind.ARTICLE, Kind.EDITION, Kind.ORDINAL, Kind.FREQUENCY, Kind.DAY}
    return [one for one in figures(source) if one.kind not in kinds]


_SHORTEST = 8
_MUTATORS: dict[str, Callable[[str], Iterator[str]]] = {
    "negation": _swaps(_NEGATED),
    "modality": _swaps(_MOODS),
    "unit": _swaps(_UNITS),
    "bound": _swaps(_BOUNDS),
    "added bound": _bounded,
    "number": _numbers,
    "swapped numbers": _swapped_numbers,
    "swapped actors": _swapped_actors,
    "opposite": _swaps(_OPPOSITES),
    "quantifier": _swaps(_QUANTIFIERS),
    "dropped exception": _dropped,
    "added clause": _added,
    "added condition": _conditioned,
    "date": _dates,
}
