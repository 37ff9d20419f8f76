"""A model may make a follow-up whole, in words that were said, and nothing else."""

from __future__ import annotations

import pytest

from bot.answers import Turn
from bot.asking.question import read
from bot.errors import ModelFailed
from bot.guard import Guard
from bot.writing.rewriting import rewritten
from tests.fakes import ScriptedModel

BEFORE = (Turn("移行の補助金はいつの予算ですか", "令和2年度です。"),)
WHOLE = "移行の補助金の費用は誰が負担しますか"
FOLLOWING = read("その費用は誰が負担しますか", history=BEFORE)


def test_a_follow_up_becomes_the_models_question() -> None:
    """The model sees the earlier questions between fences, and its one line is searched."""
    model = ScriptedModel([WHOLE])

    assert WHOLE == rewritten(FOLLOWING, model, Guard())
    assert BEFORE[0].question in model.sent[0][1].text


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("移行の補助金の費用は3割を誰が負担しますか", id="a figure nobody said"),
        pytest.param("北見市の窓口改革の経緯と職員数を教えてください", id="another question"),
        pytest.param("移行の補助金の費用\nは誰が負担しますか", id="two lines"),
        pytest.param("Who bears the cost of the subsidy?", id="another language"),
        pytest.param("移行の補助金", id="the new question left out"),
        pytest.param("", id="nothing"),
        pytest.param(WHOLE * 30, id="no end"),
        pytest.param(ModelFailed("scripted", "it is down"), id="a failure"),
    ],
)
def test_whatever_else_it_writes_the_rules_stand(reply: str | ModelFailed) -> None:
    """The form made without a model is never worse than the model's nonsense."""
    assert FOLLOWING.standalone == rewritten(FOLLOWING, ScriptedModel([reply]), Guard())


def test_a_question_that_stands_alone_is_not_sent() -> None:
    """No model is asked where there is nothing to make whole."""
    model = ScriptedModel([WHOLE])
    asked = read("標準化の目標時期はいつですか", history=BEFORE)

    assert asked.standalone == rewritten(asked, model, Guard())
    assert [] == model.sent


def test_personal_data_keeps_the_conversation_in_the_house() -> None:
    """A conversation that names somebody is made whole by rules."""
    model = ScriptedModel([WHOLE])
    asked = read("その費用は誰が負担しますか", history=(Turn("田中太郎さんの転出届の補助金は"),))

    assert asked.standalone == rewritten(asked, model, Guard())
    assert [] == model.sent
