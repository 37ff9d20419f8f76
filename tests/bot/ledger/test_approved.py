"""Answers that a department wrote or approved: first where they are asked for, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from api.schemas.answers import WireAnswer
from bot.answering.extractive import Extractive
from bot.answers import Answer, Question
from bot.asking.question import read
from bot.ledger.approved import (
    Approved,
    ApprovedAnswers,
    Approving,
    NotQuoted,
    Quotation,
    checked,
    verified,
)
from bot.ledger.approved_lists import HEADS, exported, imported
from bot.ledger.database import Database
from bot.ledger.evidence import dump, load
from bot.slack.gist import gist
from bot.telling.evidence_sheet import markdown
from index.passages import Filters
from ingest.catalog.editions import Kind
from ingest.errors import UnreadablePdf
from tests.bot.ledger.test_ledger import where
from tests.fakes import FakeLibrary, edition, edition_text

__all__ = ["where"]

TODAY = date(2026, 4, 1)
ASKED = "年次有給休暇は何日ですか"
QUOTE = "年次有給休暇は、一年につき20日とする。"
OLD = edition("leave", label="1", title="休暇の手引き", in_force_from=date(2025, 4, 1))
NEW = edition("leave", label="2", title="休暇の手引き", in_force_from=date(2026, 4, 1))
HELD = Quotation("leave", "1", QUOTE, str(OLD.sha256))
ONE = Approved(
    "a1", ASKED, "一般職の年次有給休暇は年20日です。", (HELD,), "総務部 人事課", date(2026, 3, 1),
    likes=("有休は年に何日取れますか",), owner="jinji@example.lg.jp",
)  # fmt: skip


def library(said: str = QUOTE, *, groups: tuple[str, ...] = ()) -> FakeLibrary:
    """Return a manual that says something of leave since April 2026, and the one before."""
    text = "# 年次有給休暇\n{}\n# 繰越し\n使わなかった年次有給休暇は、翌年に繰り越すことができる。"
    held = {OLD: edition_text(text.format(QUOTE)), NEW: edition_text(text.format(said))}
    return FakeLibrary({replace(e, groups=groups): t for e, t in held.items()})


@pytest.fixture
def kept(where: Path | str) -> Iterator[ApprovedAnswers]:
    """Either database with one approved answer."""
    database = Database(where)
    found = ApprovedAnswers(lambda: database)
    found.put(ONE)
    yield found
    database.close()


def answer(
    kept: ApprovedAnswers, held: FakeLibrary, asked: str = ASKED, filters: Filters | None = None
) -> Answer:
    """Return what is answered."""
    approving = Approving(
        Extractive(lambda: held, today=lambda: TODAY), kept, lambda: held, today=lambda: TODAY
    )
    return approving.answer(read(asked, filters=filters))


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        "すみません、年次有給休暇は何日でしょうか？",
        "有休は年に何日取れますか",
        "有休は年に何日取れますか。教えてください",
    ],
)
def test_approved_answer_leads_with_its_badge_and_what_it_rests_on(
    kept: ApprovedAnswers, asked: str
) -> None:
    """To the very question and its likes; its quotation is cited as it stands today."""
    found = answer(kept, library(), asked)
    lines = found.text.split("\n\n")

    assert "approved" == found.mode
    assert "**承認済みの回答**（総務部 人事課、2026-03-01）" == lines[0]
    assert "一般職の年次有給休暇は年20日です。[1]" == lines[1]
    assert f"「{QUOTE}」[1]" in lines[2]
    assert [("leave@2", QUOTE)] == [(c.edition.key, c.quote) for c in found.citations]


def test_every_door_tells_whose_it_is(kept: ApprovedAnswers) -> None:
    """The wire, Slack, the stream, the record and the evidence sheet have one answer."""
    found = answer(kept, library())
    wire = WireAnswer.of(found)
    approving = Approving(Extractive(library), kept, library, today=lambda: TODAY)
    *_, last = approving.stream(read(ASKED))

    assert wire.approved is not None
    assert ("総務部 人事課", date(2026, 3, 1)) == (wire.approved.by, wire.approved.day)
    assert "総務部 人事課が2026-03-01に承認した" in wire.made.notice
    assert "承認済みの回答" in gist(found)[0]
    assert found == load(dump(found))
    assert isinstance(last, Answer)
    assert found.text == last.text
    assert "総務部 人事課" in markdown(found, ())


@pytest.mark.parametrize(
    "asked",
    [
        "会計年度任用職員の年次有給休暇は何日ですか",
        "年次有給休暇は何時間ですか",
        "有給休暇について",
        "こんにちは",
    ],
)
def test_other_questions_are_answered_from_the_documents(kept: ApprovedAnswers, asked: str) -> None:
    """However near they are."""
    assert answer(kept, library(), asked).approval is None


@pytest.mark.parametrize(
    "filters",
    [Filters(as_of=date(2025, 5, 1)), Filters(documents=("other",)), Filters(editions=("1",))],
    ids=["another day", "another document", "another edition"],
)
def test_bounds_of_the_question_hold(kept: ApprovedAnswers, filters: Filters) -> None:
    """What is asked about a former day or of other documents was not approved."""
    assert answer(kept, library(), filters=filters).approval is None


def test_changed_passage_takes_the_lead_away_and_is_told_once(kept: ApprovedAnswers) -> None:
    """The reader is told that there is one to be checked; its owner is named, and once only."""
    held = library("年次有給休暇は、一年につき25日とする。")

    found = answer(kept, held)
    marked = list(checked(kept, held, TODAY))
    again = list(checked(kept, held, TODAY))

    assert found.approval is None
    assert found.notices[0].startswith(
        "要確認: この質問には総務部 人事課が2026-03-01に承認した回答"
    )
    assert "25日" in found.text
    assert ["jinji@example.lg.jp"] == [one.owner for one in marked]
    assert "leave@1" in marked[0].doubt
    assert [] == again


@pytest.mark.parametrize("filters", [Filters(documents=("other",)), Filters(kinds=(Kind.CASE,))])
def test_notice_of_a_changed_passage_keeps_to_what_is_asked_of(
    kept: ApprovedAnswers, filters: Filters
) -> None:
    """Whoever asks of other documents is not told of one that has to be checked."""
    held = library("年次有給休暇は、一年につき25日とする。")

    assert "総務部" not in str(answer(kept, held, filters=filters).notices)


def test_what_was_taken_back_meanwhile_stays_away(kept: ApprovedAnswers) -> None:
    """A refresh looks at what it read before, and brings nothing back and nothing old."""
    (one,) = kept.all()
    kept.put(replace(one, wording="一年に25日です。"))

    assert not kept.doubt(one, "leave@1")
    assert "一年に25日です。" == kept.all()[0].wording

    kept.remove(one.id)
    assert not kept.doubt(one, "leave@1")
    assert () == kept.all()


def test_mark_stays_until_it_is_approved_again(kept: ApprovedAnswers) -> None:
    """Also when the words come back, with a rollback say."""
    list(checked(kept, library("年次有給休暇は、一年につき25日とする。"), TODAY))
    assert answer(kept, library()).approval is None

    kept.put(ONE)
    assert answer(kept, library()).approval is not None


def test_what_one_may_not_see_is_not_approved_for_one(kept: ApprovedAnswers) -> None:
    """Neither the answer nor that there is one, before and after its passage changed."""
    for said in (QUOTE, "年次有給休暇は、一年につき25日とする。"):
        held = library(said, groups=("人事課",))
        found = answer(kept, held)
        assert found.approval is None
        assert "人事課" not in f"{found.text} {found.notices}"
    seen = answer(kept, library(groups=("人事課",)), filters=Filters(groups=frozenset({"人事課"})))
    assert seen.approval is not None


@pytest.mark.parametrize(
    "quotation",
    [
        Quotation("leave", "", "年次有給休暇は、一年につき30日とする。"),
        Quotation("other", "", QUOTE),
        Quotation("leave", "", "  "),
    ],
    ids=["other words", "another document", "nothing"],
)
def test_quotation_that_does_not_stand_is_refused(quotation: Quotation) -> None:
    """Nothing is approved on what no document says."""
    with pytest.raises(NotQuoted):
        verified(library(), [quotation], TODAY)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_list_comes_back_as_it_went_out(kept: ApprovedAnswers, form: str) -> None:
    """With another wording for the one that is there, and no formula anywhere."""
    kept.put(replace(ONE, id="a2", question="=1+1は何日ですか", wording="-5日"))
    content = exported(form, kept.all())  # type: ignore[arg-type]

    told, refused = imported(content, kept, library(), TODAY)

    assert [] == refused
    assert {"a1", "a2"} == {one.id for one in told}
    (first,) = [one for one in told if one.id == "a1"]
    assert replace(ONE, quotations=first.quotations) == first
    assert ("leave", "2", QUOTE) == (
        first.quotations[0].document, first.quotations[0].edition, first.quotations[0].quote,
    )  # fmt: skip
    assert "=1+1は何日ですか" == next(one.question for one in told if one.id == "a2")
    if form == "csv":
        assert "\r\n=" not in content.decode("utf-8-sig")
        assert ",=" not in content.decode("utf-8-sig")


def test_rows_that_do_not_hold_are_left_out_by_number(kept: ApprovedAnswers) -> None:
    """The others are kept; Shift_JIS as Excel saves it is read as well."""
    rows = [
        ",".join(HEADS[:8]),
        f",届は何日前ですか,,10日前です。,leave,{QUOTE},人事課,",
        ",届は何円ですか,,無料です。,leave,ない文,人事課,",
        f",,,空です。,leave,{QUOTE},人事課,",
        f",届は誰ですか,,市長です。,leave,{QUOTE},人事課,令和8年",
    ]

    told, refused = imported("\r\n".join(rows).encode("cp932"), kept, library(), TODAY)

    assert ["届は何日前ですか"] == [one.question for one in told]
    assert [3, 4, 5] == [each.row for each in refused]
    assert TODAY == told[0].day


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2", b"PK\x03\x04nothing", b"\xff\xfe\x81"])
def test_file_that_is_no_such_list_is_refused(kept: ApprovedAnswers, content: bytes) -> None:
    """As a whole; nothing of it is kept."""
    with pytest.raises(UnreadablePdf):
        imported(content, kept, library(), TODAY)
    assert ["a1"] == [one.id for one in kept.all()]


def test_latest_of_two_leads(kept: ApprovedAnswers) -> None:
    """And the one before again, when it is taken back."""
    later = kept.put(replace(ONE, id="", wording="21日です。", day=date(2026, 3, 2)))
    assert "21日です。" in answer(kept, library()).text

    assert kept.remove(later.id)
    assert not kept.remove(later.id)
    assert "年20日です。" in answer(kept, library()).text


def test_unreadable_record_stops_no_answer() -> None:
    """The documents answer."""

    def broken() -> Answer:
        raise OSError("no such disk")

    held = library()
    approving = Approving(
        Extractive(lambda: held, today=lambda: TODAY), ApprovedAnswers(broken),  # type: ignore[arg-type]
        lambda: held, today=lambda: TODAY,
    )  # fmt: skip

    assert "20日" in approving.answer(Question(ASKED, ASKED)).text
