"""Kana in Latin letters, as English texts write the names of places."""

from __future__ import annotations

import pytest

from ingest.language.places import Kind, municipalities
from ingest.language.readings import romaji


@pytest.mark.parametrize(
    "kana, expected",
    [
        ("きたみ", "Kitami"),
        ("おおつ", "Otsu"),
        ("とうきょう", "Tokyo"),
        ("さっぽろ", "Sapporo"),
        ("まっちゃ", "Matcha"),
        ("にいがた", "Niigata"),
        ("しんじゅく", "Shinjuku"),
        ("ちがさき", "Chigasaki"),
    ],
)
def test_romaji(kana: str, expected: str) -> None:
    """Long vowels are written short, doubled consonants twice."""
    assert expected == romaji(kana)


def test_every_municipality_has_an_english_name() -> None:
    """In Latin letters only, with a capital, and without 市, 町 or 村."""
    for one in municipalities():
        assert one.english.isascii(), one
        assert one.english[:1].isupper(), one
        assert one.kind is Kind.PREFECTURE or " " not in one.english, one
