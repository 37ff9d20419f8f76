"""Every answer says what it is, at every door that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.openai import sources
from api.schemas.answers import WireAnswer
from bot.answers import Answer
from bot.slack import blocks
from bot.telling import evidence_pdf, evidence_sheet
from bot.telling.phrases import made
from bot.telling.terminal import lines
from tests.bot.ledger.test_ledger import answer

WRITTEN = replace(answer(), declined=None, approval=None, recipe={"model": "openai-like:gemma"})
QUOTED = replace(WRITTEN, mode="extractive")
DECLINED = replace(answer(), approval=None, mode="extractive")


def on_the_sheet(given: Answer) -> str:
    """Return the evidence sheet."""
    return evidence_sheet.markdown(given, ())


@pytest.mark.parametrize(
    "given", [WRITTEN, QUOTED, DECLINED], ids=["written", "quoted", "declined"]
)
def test_every_door_says_what_an_answer_is(given: Answer) -> None:
    """The wire, the terminal, Slack, a chat program, the evidence sheet."""
    said = made(given)
    wire = WireAnswer.of(given)

    assert said == wire.made.notice
    assert said in [part for line in lines(given) for part in line.text.split("\n")]
    assert said in str(blocks.message(given, key="k").blocks)
    assert said in sources(wire, "")
    assert said in on_the_sheet(given)


def test_made_names_the_model_and_asks_for_a_check() -> None:
    """Without one it says that there was none."""
    assert ("machine", "openai-like:gemma", False) == tuple(
        WireAnswer.of(WRITTEN).made.model_dump().values()
    )[:3]
    assert "openai-like:gemma" in made(WRITTEN)
    assert "言語モデルを使わず" in made(QUOTED)
    assert WireAnswer.of(QUOTED).made.model is None
    assert all("確かめてください" in made(each) for each in (WRITTEN, QUOTED, DECLINED))


def test_answer_sent_by_an_earlier_version_is_still_read() -> None:
    """It did not say so; nothing is made up for it."""
    told = WireAnswer.of(QUOTED).model_dump(mode="json")
    del told["made"]

    assert "" == WireAnswer.model_validate(told).made.notice


def test_sheet_has_fields_for_whoever_checked_it() -> None:
    """Empty, in both forms."""
    for field in ("確認した人", "所属", "確認した日", "確認の結果", "備考"):
        assert f"| {field} |  |" in on_the_sheet(QUOTED)
    assert evidence_pdf.pdf(QUOTED, ()).startswith(b"%PDF")
