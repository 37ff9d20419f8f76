"""An answer as a terminal shows it."""

from __future__ import annotations

import pytest

from bot.answers import Answer, Citation
from bot.asking.question import read
from bot.telling.phrases import phrase
from bot.telling.terminal import Line, lines
from index.revisions.following import Followed, State
from tests.fakes import edition
from tests.shelves import TODAY

NEW = edition("leave", label="第2.0版")


def _answer(now: Followed | None = None) -> Answer:
    citation = Citation(
        1, edition("leave", label="第1.0版"), ("休暇", "繰越し"), 3, (3,), "2", "二十日", 0, 3,
        in_force=now is None, now=now,
    )  # fmt: skip
    return Answer(
        "a1", read("繰越しは何日か"), "二十日[1]", "extractive", (citation,), (), None, "g1", {},
        TODAY, notices=("令和4年3月31日の時点です。",), suggestions=("要件は？",),
    )  # fmt: skip


def test_what_is_beside_the_answer_is_quiet() -> None:
    """The answer first, then notices, sources by the printed page, what to ask next, and its id."""
    assert [
        Line("二十日[1]"),
        Line(""),
        Line("令和4年3月31日の時点です。", quiet=True),
        Line(""),
        Line("[1] leave（第1.0版）p.2  休暇 › 繰越し"),
        Line(""),
        Line("→ 要件は？"),
        Line(f"\n{phrase('ja', 'made-quoted')}\na1", quiet=True),
    ] == list(lines(_answer()))


@pytest.mark.parametrize(
    "now, said",
    [
        pytest.param(
            Followed(State.CHANGED, NEW, "四十日", 3, "2", 5, 9), " → 現行第2.0版 p.2「四十日」",
            id="changed",
        ),
        pytest.param(Followed(State.MOVED, NEW, "二十日", 4), " → 現行第2.0版 p.4", id="moved"),
        pytest.param(Followed(State.GONE, NEW), " → 現行第2.0版にはありません", id="gone"),
        pytest.param(Followed(State.GONE), " → いまは効力のある版がありません", id="withdrawn"),
    ],
)  # fmt: skip
def test_a_superseded_source_says_where_it_stands_today(now: Followed, said: str) -> None:
    """Beside its own page, which stays the one that was quoted."""
    (source,) = (line.text for line in lines(_answer(now)) if line.text.startswith("[1]"))

    assert f"[1] leave（第1.0版）p.2  旧版{said}  休暇 › 繰越し" == source
