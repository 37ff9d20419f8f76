"""What a Japanese sentence makes of its verbs, and what it limits, by phrases in dictionary forms.

The phrases stand in `claims.toml` as they are said; politeness and conjugation are left out on
both sides, so that しなければなりません is found as しなければならない.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.writing import wordlists
from ingest.language.words import Morpheme, morphemes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLAIN, NEGATIVE = "rule", "no"
"""The mood of a sentence that says no more than that it is so; that of a plain denial."""

_MODIFIED = frozenset({"な", "に"})
"""What makes an attribute or adverb of a word that tells a mood elsewhere (必要な, 任意に)."""

_PREDICATIVE = frozenset(
    {"が", "は", "も", "で", "と", "、", "。", "し", "さ", "する", "できる", "」", ")"}
)
"""What may follow a noun that tells a mood (推奨する, 必要だ, 可能と)."""

_AS_FAR = frozenset({"限り", "範囲", "かぎり"})
"""What 可能な before it only measures."""

_TOUCHING = 2
"""Words up to which a denial belongs to the mood before it."""


_ENDING = frozenset({"直す"})
"""Auxiliary verbs that make another verb of the one before them: 見直す."""


def compounds(units: Sequence[Morpheme]) -> list[Morpheme]:
    """Return the units with compound verbs whole: 取り消す, 繰り越す."""
    found: list[Morpheme] = []
    for unit in units:
        last = found[-1] if found else None
        if (
            last is not None
            and last.part == unit.part == "動詞"
            and (unit.detail == "一般" or unit.lemma in _ENDING)
            and last.end == unit.begin
            and last.surface != last.lemma
        ):
            found[-1] = unit._replace(
                surface=last.surface + unit.surface,
                lemma=last.surface + unit.lemma,
                form=last.surface + unit.form,
                begin=last.begin,
            )
        else:
            found.append(unit)
    return found


_ONE_FORM = {
    "ぬ": "ない",
    "ず": "ない",
    "無い": "ない",
    "ん": "ない",
    "ござる": "ある",
    "御座る": "ある",
}


def _lemma(unit: Morpheme) -> str:
    return _ONE_FORM.get(unit.lemma, unit.lemma)


def lemmas(text: str) -> tuple[str, ...]:
    """Return the dictionary forms of a phrase, politeness left out."""
    return tuple(_lemma(unit) for unit in compounds(morphemes(text)) if not _polite(unit))


def _polite(unit: Morpheme) -> bool:
    return unit.lemma in {"ます", "です", "だ"} or (
        unit.part == "補助記号" and unit.surface in "、。,."
    )


@lru_cache(maxsize=1)
def _mood_phrases() -> dict[str, dict[tuple[str, ...], str]]:
    """Return for the first word of each phrase its wholes, in dictionary forms, and their mood."""
    return _by_first(wordlists.table()["moods"]["japanese"])


@lru_cache(maxsize=1)
def _limit_phrases() -> dict[str, dict[tuple[str, ...], str]]:
    return _by_first(wordlists.table()["limits"]["japanese"])


def _by_first(classes: dict[str, list[str]]) -> dict[str, dict[tuple[str, ...], str]]:
    found: dict[str, dict[tuple[str, ...], str]] = {}
    for name, phrases in classes.items():
        for phrase in phrases:
            words = lemmas(phrase)
            if len(words) > 1 and words[0] == "する":
                words = words[1:]
            found.setdefault(words[0], {}).setdefault(words, name)
    return found


def _matches(
    units: Sequence[Morpheme], phrases: dict[str, dict[tuple[str, ...], str]]
) -> Iterator[tuple[int, int, str]]:
    """Yield (first, end, class) of the longest phrases, in order, without overlaps."""
    kept = [
        at for at, unit in enumerate(units) if not _polite(unit) and not _denied_politely(units, at)
    ]
    said = [_lemma(units[at]) for at in kept]
    at = 0
    while at < len(kept):
        best: tuple[str, ...] = ()
        for words in phrases.get(said[at], ()):
            if len(words) > len(best) and tuple(said[at : at + len(words)]) == words:
                best = words
        if best:
            yield kept[at], kept[at + len(best) - 1] + 1, phrases[said[at]][best]
        at += max(1, len(best))


def _denied_politely(units: Sequence[Morpheme], at: int) -> bool:
    """Whether a unit is the あり of ありません, which is ない."""
    behind = [_lemma(unit) for unit in units[at : at + 3]]
    return behind[1:] == ["ます", "ない"] and behind[0] == "ある"


def _with_past(units: Sequence[Morpheme], end: int) -> int:
    while end < len(units) and units[end].lemma in {"た", "ます"}:
        end += 1
    return end


def _is_attribute(units: Sequence[Morpheme], start: int, end: int) -> bool:
    """Whether a word that tells a mood elsewhere is part of a noun here, or says how or which."""
    before = units[start - 1] if start else None
    if units[end - 1].lemma == "べし" and end < len(units) and units[end].part == "名詞":
        return units[end].surface not in {"こと", "もの", "旨"}
    if units[start].lemma == "認める":
        seen = any(unit.lemma == "た" for unit in units[end : end + 1])  # 上昇が認められた
        return before is not None and (before.surface == "と" or seen)
    if end - start > 1 or units[start].part not in {"名詞", "形状詞"}:
        return False
    if before is not None and before.part == "接頭辞":
        return True
    if before is not None and before.surface == "が" and units[end : end + 1]:
        return units[end].surface != "な" and _modifies(units, end)  # 提出が必要な書類
    return end < len(units) and _modifies(units, end)


def _modifies(units: Sequence[Morpheme], end: int) -> bool:
    """Whether what stands behind a word makes it tell how or which."""
    behind = units[end]
    if behind.surface == "な" and units[end - 1].lemma == "可能" and end + 1 < len(units):
        return units[end + 1].surface in _AS_FAR
    if behind.surface in _MODIFIED:
        return True
    if behind.surface == "の" and end + 1 < len(units) and units[end + 1].surface == "ため":
        return False
    return behind.surface not in _PREDICATIVE and behind.lemma not in {"だ", "です"}


def moods_of(units: Sequence[Morpheme]) -> list[tuple[int, int, str]]:
    """Return the moods of a sentence as (first, end, name); a denial is one of them."""
    found: list[tuple[int, int, str]] = []
    covered: set[int] = set()
    for start, end, name in _matches(units, _mood_phrases()):
        if name == "idiom":
            covered.update(range(start, end))
        elif not _is_attribute(units, start, end):
            found.append((start, _with_past(units, end), name))
    covered |= {at for start, end, _ in found for at in range(start, end)}
    only = False
    for at, unit in enumerate(units):
        only |= unit.surface == "しか"
        if at in covered:
            continue
        behind = units[at + 1] if at + 1 < len(units) else None
        if _lemma(unit) == "ない" and unit.part in {"助動詞", "形容詞"}:
            if only:
                only = False  # 一部しか完了しない, as 一部だけ完了する
                continue
            past = behind is not None and behind.lemma == "た"
            found.append((at, at + 1 + past, NEGATIVE))
        elif unit.part == "動詞" and unit.potential:
            found.append((at, at + 1, "may"))
    found = [(*one[:2], "maybe" if _asks(units, one[1]) else one[2]) for one in found]
    last = [at for at, unit in enumerate(units) if unit.part != "補助記号"][-2:]
    orders = len(last) > 1 and units[last[1]].surface == "こと" and last[1] not in covered
    if orders and units[last[0]].part in {"動詞", "助動詞"} and units[last[0]].lemma != "た":
        found.append((last[1], last[1] + 1, "order"))
    found.sort()
    return _joined(units, found)


def _asks(units: Sequence[Morpheme], end: int) -> bool:
    """Whether a denial that ends here only asks: 必要ではないか."""
    behind = units[end] if end < len(units) else None
    asks = behind is not None and behind.surface == "か" and behind.detail == "終助詞"
    return asks and _lemma(units[end - 1]) == "ない"


def _joined(
    units: Sequence[Morpheme], found: list[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    """Join a mood and the denial that stands right behind it: できる and ない are must_not."""
    joined: list[tuple[int, int, str]] = []
    denied = {
        "may": "must_not",
        "must": "need_not",
        "must_not": "may",
        "need_not": "must",
        "maybe": NEGATIVE,
        PLAIN: NEGATIVE,
    }
    for start, end, name in found:
        last = joined[-1] if joined else None
        if last and (last[2], name) == ("must", "maybe") and start - last[1] <= _TOUCHING:
            joined[-1] = (last[0], end, name)  # 必要となる場合がある, as 必要な場合がある
            continue
        if last and name == NEGATIVE and start - last[1] <= _TOUCHING and last[2] in denied:
            between = {units[at].part for at in range(last[1], start)}
            if between <= {"助動詞", "助詞"}:
                joined[-1] = (last[0], end, denied[last[2]])
                continue
        if (
            last
            and name in {PLAIN, "maybe"}
            and start <= last[1] + 2
            and last[2] != PLAIN
            and name == PLAIN
        ):
            joined[-1] = (last[0], end, last[2])
            continue
        joined.append((start, end, name))
    return joined


def limits_of(units: Sequence[Morpheme]) -> Iterator[tuple[str, str]]:
    """Yield what a sentence limits, and the words that say so."""
    for start, end, name in _matches(units, _limit_phrases()):
        said = "".join(unit.surface for unit in units[start:end])
        if (
            said == "ても"
            and start
            and units[start - 1].surface in {"つい", "おい", "とっ", "対し"}
        ):
            continue
        if (
            said in {"でも", "ても"}
            and end < len(units)
            and units[end].surface
            in {
                "よい",
                "良い",
                "差し支え",
                "差し",
                "かまわ",
                "構わ",
                "いい",
                "可",
                "問題",
                "足り",
                "よく",
            }
        ):
            continue
        asks = name == "all" and said.startswith("ど")
        if asks and not any(unit.surface in {"も", "でも", "ても"} for unit in units[end:]):
            continue
        attribute = name == "principle" and end < len(units) and units[end].surface == "な"
        if name != "idiom" and not attribute:
            yield name, said
