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
