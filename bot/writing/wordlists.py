"""The lists of words that the check of claims reads, from `claims.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.language.words import meanings


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """Return the lists as they stand in the file."""
    return tomllib.loads((Path(__file__).parent / "claims.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def wording() -> frozenset[str]:
    """Return the words that a wording may add: both languages."""
    listed = table()["wording"]
    held = frozenset(table()["context"]["heavy"])
    return frozenset(map(same, [*listed["japanese"], *listed["english"]])) - held


@lru_cache(maxsize=1)
def light() -> frozenset[str]:
    """Return the verbs of which a mood is not made, but of what stands before them."""
    return frozenset(map(same, table()["wording"]["light"]))


@lru_cache(maxsize=1)
def _groups() -> dict[str, str]:
    """Return for each listed word the first of its group; of several the last, as they stand."""
    return {form: group[0] for group in table()["same"]["groups"] for form in _forms(group)}


@lru_cache(maxsize=1)
def _together() -> dict[str, frozenset[int]]:
    """Return for each listed word all the groups that it stands in, by number."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(table()["same"]["groups"]):
        for form in _forms(group):
            found.setdefault(same(form), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _forms(group: Sequence[str]) -> list[str]:
    return [form for word in group for form in (word, _skeleton(word))]


def same(word: str) -> str:
    """Return the word that stands for all that say the same as *word*."""
    bare = _skeleton(word)
    groups = _groups()
    return groups.get(word) or groups.get(bare) or groups.get(_verb(bare), _verb(bare))


def _verb(word: str) -> str:
    """Return the verb that a noun of one Chinese character and one letter is made of: 遅れる of 遅れ."""
    if len(word) != _STEM or not "一" <= word[0] <= "龥":
        return word
    if word[1] in _ENDS:
        return word[0] + _ENDS[word[1]]
    return f"{word}る" if word[1] in "えけげせてねべめれ" else word


_STEM = 2
_ENDS = dict(zip("きぎしちにびみり", "くぐすつぬぶむる", strict=True)) | {"い": "う"}


@lru_cache(maxsize=16_384)
def synonymous(one: str, other: str) -> bool:
    """Whether two words say the same: in the lists, or by the dictionary where they are no rivals."""
    if one == other:
        return True
    if len(one) < _SHORTEST or len(other) < _SHORTEST or other in rivals().get(one, ()):
        return False
    groups = _together()
    return bool(
        groups.get(one, frozenset()) & groups.get(other, frozenset())
        or meanings(one) & meanings(other)
        or _of_one_stem(one, other)
    )


def _of_one_stem(one: str, other: str) -> bool:
    """Whether two native verbs are what is done and what happens: 高める and 高まる, 決める and 決まる."""
    return one[0] == other[0] and all(_NATIVE_VERB.match(word) for word in (one, other))


_NATIVE_VERB = re.compile(r"[一-龥][ぁ-ん]{0,2}[うくぐすつぬぶむる]$")


_SHORTEST = 2
"""Letters below which a word has too many meanings for the dictionary's groups."""


@lru_cache(maxsize=1)
def rivals() -> dict[str, frozenset[str]]:
    """Return for each word its opposites and those that an office keeps apart from it."""
    found = {word: set(others) for word, others in opposites().items()}
    for group in table()["apart"]["groups"]:
        names = {same(word) for word in group}
        for word in names:
            found.setdefault(word, set()).update(names - {word})
    return {word: frozenset(others) for word, others in found.items()}


def _skeleton(word: str) -> str:
    """Return 切捨 for 切り捨て, 切捨て and 切り捨てる: several Chinese characters alone."""
    kanji = "".join(letter for letter in word if "一" <= letter <= "龥")
    kana = [letter for letter in word if "ぁ" <= letter <= "ん"]
    return kanji if len(kanji) > 1 and kana and len(kanji) + len(kana) == len(word) else word


@lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Return for each word those that say its opposite."""
    found: dict[str, set[str]] = {}
    listed = table()["opposites"]
    for one, other in [*listed["pairs"], *listed["english"]]:
        found.setdefault(same(one), set()).add(same(other))
        found.setdefault(same(other), set()).add(same(one))
    return {word: frozenset(others) for word, others in found.items()}


@lru_cache(maxsize=1)
def actors() -> tuple[str, ...]:
    """Return with what the names of people and bodies end."""
    return tuple(table()["actors"]["endings"])
