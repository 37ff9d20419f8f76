"""The word lists beside these modules, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """Return the word list *name*, such as "units", as its TOML file gives it."""
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def alternatives(words: list[str]) -> str:
    """Return *words* as the inside of a pattern's group, longest first; each may be a pattern."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
