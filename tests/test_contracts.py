"""The fakes keep the promises of what they stand for; other tests may rely on them."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.extractive import Extractive
from bot.writing.generative import Generative
from tests.contracts import keeps_answerer_promises, keeps_library_promises
from tests.fakes import FakeLibrary, ScriptedModel, edition, edition_text

TODAY = date(2026, 4, 1)


def library() -> FakeLibrary:
    """Return a library with a superseded edition."""
    return FakeLibrary(
        {
            edition("rule", label="1", in_force_from=date(2020, 4, 1)): edition_text(
                "# 期限\n届出の期限は十日とする。"
            ),
            edition("rule", label="2", in_force_from=date(2024, 4, 1)): edition_text(
                "# 期限\n届出の期限は二十日とする。", "# 窓口\n届出は窓口でする。"
            ),
            edition("guide"): edition_text("# 案内\n届出の期限を守る。"),
        }
    )


def test_fake_library_is_a_library() -> None:
    """It serves slices of its texts, in force on the day, best first."""
    keeps_library_promises(library(), "届出の期限", TODAY)


@pytest.mark.parametrize("question", ["届出の期限は", "火星の天気の見通しは"])
@pytest.mark.parametrize(
    "reply", ["届出の期限は二十日とする[1]。", "でたらめ[9]"], ids=["supported", "invented"]
)
def test_every_answerer_answers_alike(question: str, reply: str) -> None:
    """With or without a model, an answer cites what stands or declines."""
    held = library()
    plain = Extractive(lambda: held, today=lambda: TODAY)

    keeps_answerer_promises(plain, held, question)
    keeps_answerer_promises(Generative(lambda: held, ScriptedModel([reply]), plain), held, question)
