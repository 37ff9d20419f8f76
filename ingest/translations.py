"""Sentences for people, in Japanese too.

What is raised, printed and recorded is in English. A sentence that is put together where it is
said knows its Japanese itself (`Bilingual`); one that is always said with the same words is
looked up in ``translations.toml``, also after it was recorded or came from another process.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Self


class Bilingual(str):
    """A sentence in English, as a command prints and a manifest records it; *ja* is in Japanese."""

    __slots__ = ("ja",)
    ja: str

    def __new__(cls, en: str, ja: str) -> Self:
        """Say the same twice."""
        made = super().__new__(cls, en)
        made.ja = ja
        return made


def in_language(sentence: str, language: str) -> str:
    """Return a sentence in "ja" or "en", as it is where it is known in one language only."""
    if language != "ja":
        return str(sentence)
    if isinstance(sentence, Bilingual):
        return sentence.ja
    if sentence in known():
        return known()[sentence]
    for pattern, japanese in _patterns():
        if found := pattern.fullmatch(sentence):
            return japanese.format(*found.groups())
    return sentence


@cache
def known() -> dict[str, str]:
    """Return the sentences of the table; {} stands for what differs from case to case."""
    path = Path(__file__).with_suffix(".toml")
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))["sentences"])


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), japanese)
        for english, japanese in known().items()
        if "{}" in english
    )
