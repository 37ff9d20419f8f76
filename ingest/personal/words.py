"""The word lists beside this module, and patterns made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def words() -> dict[str, Any]:
    """Return what stands before, in and after personal data."""
    return tomllib.loads((_HERE / "words.toml").read_text("utf-8"))


@cache
def names(what: str) -> frozenset[str]:
    """Return a list of names: families, family_readings, given_readings, katakana and so on."""
    return frozenset(_names()[what].split())


@cache
def _names() -> dict[str, str]:
    return tomllib.loads((_HERE / "names.toml").read_text("utf-8"))


@cache
def listed(
    section: str, name: str, *, before: str = "", after: str = "", flags: int = 0
) -> re.Pattern[str]:
    """Return a pattern for any word of a list in `words`, with what stands *before* and *after* it."""
    return re.compile(before + one_of(words()[section][name]) + after, flags)


counted = partial(listed, "numbers", "counted", before=r"\s?")
"""What makes a number one of things: 件, 人, 円."""


def one_of(listed: Iterable[str]) -> str:
    """Return a pattern for any of these words, the longest first."""
    longest_first = sorted(listed, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word) for word in longest_first) + ")"
