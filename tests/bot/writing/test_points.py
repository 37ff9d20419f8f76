"""A model's reply is read as points, in JSON or in text, however it arrives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.points import Point, Points, read


def test_json_gives_its_points() -> None:
    """Wording and numbers are taken as they are."""
    reply = json.dumps({"points": [{"sentences": [3, 1], "wording": "一つ。"}]})

    assert (Point("一つ。", (3, 1)),) == read(reply)
    assert (Point("一つ。", (3, 1)),) == read(f"```json\n{reply}\n```")


def test_broken_json_gives_what_was_whole() -> None:
    """Half an object is nothing."""
    reply = '{"points": [{"sentences": [1], "wording": "一つ。"}, {"sentences": [2], "wor'

    assert (Point("一つ。", (1,)),) == read(reply)


@pytest.mark.parametrize("marker", ["[1]", "［１］", "【1】", "[^1]", " [1]"])
def test_text_gives_a_point_a_sentence(marker: str) -> None:
    """Markers on either side of the full stop, in the usual spellings, number its sentences."""
    assert (Point("一つ。", (1,)), Point("二つ。", (2, 3))) == read(
        f"- 一つ{marker}。\n二つ。[2][3]"
    )


@pytest.mark.parametrize("reply", ["[]", "{}", '{"points": 5}', '{"a": {"wording": 1}}', "```", ""])
def test_what_is_no_reply_has_no_points(reply: str) -> None:
    """Nothing is made up."""
    assert () == read(reply)


@given(st.text(alphabet='ab。.「」 \n[1]】{}":', max_size=40), st.integers(1, 5))
def test_points_do_not_depend_on_how_a_reply_arrives(text: str, size: int) -> None:
    """In one piece or in many, the same is read."""
    points = Points()
    found = [one for at in range(0, len(text), size) for one in points.feed(text[at : at + size])]
    found.extend(points.rest())

    assert list(read(text)) == found
