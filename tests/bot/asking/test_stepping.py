"""「その次は？」: which section a follow-up steps to."""

from __future__ import annotations

import pytest

from bot.answering.going_on import beside
from bot.answers import Turn

SECTIONS = [
    ("第2章 作業",),
    ("第2章 作業", "１．計画立案フェーズ（①〜④）"),
    ("第2章 作業", "２．システム選定フェーズ（⑤〜⑫）"),
    ("第2章 作業", "３．移行フェーズ（⑬〜⑰）"),
    ("第3章 用語",),
]
ASKED = Turn("システム選定フェーズの作業は何ですか")


@pytest.mark.parametrize(
    "text, earlier, meant",
    [
        pytest.param("その次は？", (), "移行フェーズの作業は何ですか", id="next"),
        pytest.param("では、次のフェーズは", (), "移行フェーズの作業は何ですか", id="next phase"),
        pytest.param("And the next one?", (), "移行フェーズの作業は何ですか", id="english"),
        pytest.param("その前のフェーズは？", (), "計画立案フェーズの作業は何ですか", id="before"),
        pytest.param(
            "その前は？", ("その次は？",), "システム選定フェーズの作業は何ですか", id="and back"
        ),
    ],
)
def test_a_step_asks_the_same_about_the_neighbour(
    text: str, earlier: tuple[str, ...], meant: str
) -> None:
    """The earlier question is asked again with the name of the section beside."""
    history = [ASKED, *(Turn(one) for one in earlier)]

    assert meant == beside(text, history, [SECTIONS])


@pytest.mark.parametrize(
    "text, history",
    [
        pytest.param("その費用は？", [ASKED], id="no step"),
        pytest.param("次の条件に当たる場合の手続は何か", [ASKED], id="a condition that follows"),
        pytest.param("その次は？", [], id="nothing before"),
        pytest.param("その次は？", [Turn("補助金の上限は")], id="no section was named"),
        pytest.param("その次は？", [Turn("移行フェーズの作業は")], id="nothing comes after"),
    ],
)
def test_what_is_no_step_is_left_alone(text: str, history: list[Turn]) -> None:
    """A question that steps nowhere stays as it was asked."""
    assert beside(text, history, [SECTIONS]) is None
