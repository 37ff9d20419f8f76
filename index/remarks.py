"""Sentences for people that know themselves in Japanese and in English."""

from __future__ import annotations

from typing import Self


class Remark(str):
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
    return sentence.ja if isinstance(sentence, Remark) and language == "ja" else str(sentence)
