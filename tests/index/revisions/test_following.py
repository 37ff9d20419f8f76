"""What became of a sentence that an earlier answer quoted."""

from __future__ import annotations

from datetime import date

import pytest

from index.revisions.following import Followed, State, follow
from tests.fakes import FakeLibrary, edition, edition_text

OLD = edition(label="1", in_force_from=date(2021, 7, 7))
NEW = edition(label="2", in_force_from=date(2022, 4, 1))
BEFORE = edition_text(
    "申請の期限は十月末日とする。", "相談は情報課が受け付ける。庁舎は五時に閉じる。"
)
AFTER = edition_text(
    "この版から第２章を加えた。", "相談は情報課が 受け付ける。申請の期限は九月末日とする。"
)
LIBRARY = FakeLibrary({OLD: BEFORE, NEW: AFTER})
TODAY = date(2026, 4, 1)


def test_what_is_in_force_unchanged_stands() -> None:
    """The edition is the one that was quoted."""
    assert (
        State.STANDS is follow(LIBRARY, OLD, "申請の期限は十月末日とする。", date(2022, 3, 1)).state
    )


def test_a_sentence_of_the_new_edition_is_found_at_its_new_page() -> None:
    """White space apart it is the same; the place is the present one."""
    found = follow(LIBRARY, OLD, "相談は情報課が受け付ける。", TODAY)

    assert Followed(State.MOVED, NEW, "相談は情報課が 受け付ける。", 2, None, 14, 28) == found
    assert AFTER.text[found.start : found.end] == found.text


def test_a_reworded_sentence_is_shown_as_it_is_now() -> None:
    """Whoever was told October reads September."""
    found = follow(LIBRARY, OLD, "申請の期限は十月末日とする。", TODAY)

    assert (State.CHANGED, "申請の期限は九月末日とする。", 2) == (
        found.state,
        found.text,
        found.page,
    )


def test_a_sentence_that_is_no_longer_there_is_gone() -> None:
    """Nothing that merely looks a little like it is offered instead."""
    assert Followed(State.GONE, NEW) == follow(LIBRARY, OLD, "庁舎は五時に閉じる。", TODAY)


def test_two_sentences_of_which_one_changed_are_found_together() -> None:
    """Compared with one sentence alone they would be nothing alike."""
    before = "申請は窓口で受け付ける。申請の期限は十月末日とする。"
    after = edition_text(
        "# 申請\n申請は窓口で受け付ける。申請の期限は九月末日とする。\n相談は情報課。"
    )
    library = FakeLibrary({OLD: edition_text(before), NEW: after})

    found = follow(library, OLD, before, TODAY)

    assert (State.CHANGED, "申請は窓口で受け付ける。申請の期限は九月末日とする。") == (
        found.state,
        found.text,
    )


@pytest.mark.parametrize("day", [date(2020, 1, 1)])
def test_a_document_out_of_force_has_no_present_place(day: date) -> None:
    """There is no edition to point to."""
    assert Followed(State.GONE) == follow(LIBRARY, OLD, "相談は情報課が受け付ける。", day)
