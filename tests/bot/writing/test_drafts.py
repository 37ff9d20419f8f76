"""A text of one's own comes back sentence by sentence with what the documents say to it."""

from __future__ import annotations

from datetime import date

from bot.writing.checking import stands
from bot.writing.claims import Verdict
from bot.writing.drafts import CheckedSentence, check, sentences_of
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

TEXT = edition_text(
    "# 利用\n会議室は、平日の9時から17時まで利用することができる。館内での飲食は、してはならない。\n"
    "# 料金\n会議室の使用料は、1時間につき700円とする。"
)
HELD = edition(title="会館の手引き")


def checked(text: str) -> list[CheckedSentence]:
    """Check a text against the two sections."""
    library = FakeLibrary({HELD: TEXT})
    return list(check(text, library, filters=Filters(), on=date(2026, 4, 1)))


def test_each_sentence_has_its_verdict_and_quotations() -> None:
    """The four verdicts, in the order of the text, each with what it was held to."""
    found = checked(
        "会議室の使用料は1時間につき700円です。館内で飲食することができます。\n"
        "会議室の使用料は1時間につき700円で、暖房は無料です。\n駐車場は西側の門から入る。"
    )

    assert ["supported", "contradicted", "partial", "unfounded"] == [
        one.verdict.value for one in found
    ]
    assert "会議室の使用料は、1時間につき700円とする。" in {one.quote for one in found[0].citations}
    assert () == found[3].citations
    library = FakeLibrary({HELD: TEXT})
    assert all(stands(one, library) for sentence in found for one in sentence.citations)


def test_differing_figure_is_shown_from_both_sides() -> None:
    """The draft's 800円 and the source's 700円."""
    (found,) = checked("会議室の使用料は、1時間につき800円とする。")

    assert Verdict.CONTRADICTED == found.verdict
    (difference,) = found.differences
    assert ("number", "800円", "700円") == (difference.kind, difference.draft, difference.source)


def test_lines_are_sentences_and_marks_are_not_text() -> None:
    """Bullets and headings' marks are no part of what is checked."""
    assert ["使用料は700円です。", "会議室は9時に開く", "飲食はできない。"] == list(
        sentences_of("## 使用料は700円です。\n・会議室は9時に開く\n\n---\n- 飲食はできない。")
    )


BOARD = edition_text(
    "# 第４条\n４ 運営会の委員の定数は１２名以内とし、任期は３年とする。\n"
    "５ 運営会に、委員の互選によって、会長及び副会長各１名を置く。\n"
    "６ 補欠の委員の任期は、前任者の残りの任期とする。"
)


def against_board(text: str) -> CheckedSentence:
    """Check one sentence against the rules of a board."""
    (found,) = check(text, FakeLibrary({HELD: BOARD}), filters=Filters(), on=date(2026, 4, 1))
    return found


def test_figure_that_another_line_has_is_not_contradicted() -> None:
    """12名 stands beside the members in one line; 各1名 in the next is of someone else."""
    found = against_board("運営会の委員は12名以内、任期は3年です。")

    assert Verdict.CONTRADICTED != found.verdict


def test_value_of_the_very_same_that_is_no_figure_contradicts() -> None:
    """What a term is said to be is told against what the source makes of it."""
    found = against_board("補欠の委員の任期は2年です。")

    assert Verdict.CONTRADICTED == found.verdict
    assert any("前任者" in one.quote for one in found.citations)


def test_number_of_an_item_counts_nothing() -> None:
    """The 4 before an item is no figure of it."""
    found = against_board("運営会の委員の定数は12名以内で、任期は4年です。")

    assert Verdict.CONTRADICTED == found.verdict
    assert [("4年", "3年")] == [
        (one.draft, one.source.removeprefix("任期は")) for one in found.differences
    ]
