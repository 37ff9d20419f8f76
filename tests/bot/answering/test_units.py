"""What is quoted for the line that answers: whole, and nothing that only announces."""

from __future__ import annotations

import pytest

from bot.answering.candidates import runs
from bot.answering.lines import Reader
from bot.answering.signals import asked
from bot.answering.units import unit
from bot.asking.reading import read
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

GUIDE = edition("guide", title="申請の手引き")


def quoted(question: str, text: str) -> str:
    """Return what is quoted for the first line of a page that holds the question's words."""
    library = FakeLibrary({GUIDE: edition_text(text)})
    passages = library.retrieve(question, k=1, filters=Filters())
    reader = Reader()
    first = next(one for one in runs(passages, library, reader).found if len(one.lines) == 1)
    whole = unit(first, [(first, 1.0)], asked(read(question), library), library, reader)
    return "\n".join(line.text for line in whole.lines)


@pytest.mark.parametrize(
    "bound",
    ["（最大100文字まで）", "※図は除く。", "例）申請の理由", "ただし、図は除く。"],
)
def test_what_bounds_a_line_closes_its_quotation(bound: str) -> None:
    """A bracket, a remark, an example or a proviso behind it is part of what it says."""
    text = f"理由の欄には、申請の理由を入力する。\n{bound}\n別の欄は、空けておく。"

    assert quoted("理由の欄", text) == f"理由の欄には、申請の理由を入力する。\n{bound}"


def test_next_item_of_a_list_closes_nothing() -> None:
    """(2) begins with a bracket and bounds nothing of (1)."""
    text = "（１）理由の欄には、申請の理由を入力する。\n（２）氏名の欄は、空けておく。"

    assert "氏名" not in quoted("理由の欄", text)


def test_quotation_does_not_end_on_a_numbered_title() -> None:
    """What only names the next step tells nothing of it."""
    text = "ステップ２　補助の額は、経費から収入を引いた額とする。\nステップ３　額の確定\n次に、率を掛ける。"

    assert "額の確定" not in quoted("補助の額", text).splitlines()[-1]
