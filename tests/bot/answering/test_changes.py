"""What changed between two editions, asked in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.answering.changes import SHOWN, understood
from bot.answering.editions import AcrossEditions
from bot.answering.extractive import Extractive
from bot.answers import Answer, Citation, Turn
from bot.asking.question import read
from bot.writing.checking import stands
from bot.writing.generative import Generative
from index.passages import Filters
from tests.fakes import FakeLibrary, ScriptedModel, edition, edition_text
from tests.index.revisions.test_revisions import AFTER, BEFORE

OLD = edition("rules", title="電子化の要領", label="第1.0版", in_force_from=date(2021, 7, 7))
NEW = edition("rules", title="電子化の要領", label="第2.0版", in_force_from=date(2022, 4, 1))
LEAVE = edition("leave", title="休暇の手引き", label="第1.0版", in_force_from=date(2021, 4, 1))
PHONE = edition("phone", title="電話応対集", label="令和3年版", in_force_from=date(2021, 4, 1))
PHONE_NEW = edition("phone", title="電話応対集", label="令和5年版", in_force_from=date(2023, 4, 1))
LIBRARY = FakeLibrary(
    {
        OLD: edition_text(*BEFORE),
        NEW: edition_text(*AFTER),
        LEAVE: edition_text("# 繰越し\n年次休暇の繰越しは二十日までとする。"),
        PHONE: edition_text("# 取次ぎ\n電話は三回以内に取る。", labels=["5"]),
        PHONE_NEW: edition_text("# 取次ぎ\n電話は二回以内に取る。", labels=["6"]),
    }
)
TODAY = date(2026, 4, 1)


def ask(text: str, library: FakeLibrary = LIBRARY, **how: object) -> Answer:
    """Answer a question on the three works."""
    inner = Extractive(lambda: library, today=lambda: TODAY)
    answerer = AcrossEditions(inner, lambda: library, today=lambda: TODAY)
    return answerer.answer(read(text, **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text, numbers, since, topic",
    [
        ("第1.0版と第2.0版で何が変わった", ("1", "2"), False, ()),
        ("what changed between 1.0 and 2.0?", ("1", "2"), False, ()),
        ("改定で何が変わりましたか", (), False, ()),
        ("１．０版から２．０版で変わったところを教えて", ("1", "2"), True, ()),
        ("第2.1版の変更点は", ("2.1",), False, ()),
        ("第1.0版から何が変わりましたか", ("1",), True, ()),
        ("What has changed since version 1.0?", ("1",), True, ()),
        ("What is new in edition 2?", ("2",), False, ()),
        ("令和3年版と令和5年版の違いは？", ("2021", "2023"), False, ()),
        ("前の版とどこが違いますか", (), False, ()),
        ("改訂で補助金はどう変わったか", (), False, ("補助", "金")),
        ("第1.0版と第2.0版で違約金はどのように変更されたか", ("1", "2"), False, ("違約", "金")),
    ],
)
def test_question_for_changes_is_understood(
    text: str, numbers: tuple[str, ...], since: bool, topic: tuple[str, ...]  # noqa: FBT001
) -> None:  # fmt: skip
    """The editions in any spelling, which of two is meant, and what it is about."""
    asked = understood(read(text))

    assert asked is not None
    assert (numbers, since, topic, True) == (
        asked.numbers, asked.since, asked.topic, asked.of_editions,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "年次休暇の繰越しは何日までですか",
        "第2.0版では補助金はいくらですか",
        "What does version 2.0 say about leave?",
        "住所が変わったときの手続は",
    ],
)
def test_other_questions_ask_for_no_changes(text: str) -> None:
    """Naming an edition, or something that changes, is not enough."""
    assert understood(read(text)) is None


def test_changes_are_told_with_verified_citations_on_both_sides() -> None:
    """Eight of the forty, each with the old and the new page; where the rest is stands below."""
    answer = ask("第1.0版と第2.0版で電子化の要領は何が変わった")

    lines = [line for line in answer.text.splitlines() if line.startswith("- ")]
    assert SHOWN == len(lines)
    assert (
        "- 「情報課は一時間以内に影響の範囲を確かめる。」（旧 p.2）が"
        "「情報課は三十分以内に影響の範囲を確かめる。」（新 p.2）に変わりました。[11][12]"
    ) in lines
    assert "40件の変更のうち8件" in answer.text
    assert "tebiki diff rules 第1.0版 第2.0版" in answer.notices[0]
    assert "32件" in answer.notices[0]
    assert [OLD, NEW] * SHOWN == [citation.edition for citation in answer.citations]
    assert all(stands(citation, LIBRARY) for citation in answer.citations)
    assert not any(citation.now for citation in answer.citations)
    assert [False, True] * SHOWN == [citation.in_force for citation in answer.citations]


def test_two_superseded_editions_point_to_the_one_in_force() -> None:
    """What changed from the first to the second was changed again by the third."""
    third = replace(NEW, label="第3.0版", in_force_from=date(2024, 4, 1))
    library = FakeLibrary({**LIBRARY.texts, third: edition_text("# 体制\n本部は年に一回開く。")})

    answer = ask("電子化の要領は第1.0版と第2.0版で何が変わった", library)

    assert {OLD, NEW} == {citation.edition for citation in answer.citations}
    assert all(citation.now and citation.now.edition == third for citation in answer.citations)


def test_a_topic_leaves_only_the_changes_that_touch_it() -> None:
    """Two of the forty speak of subsidies."""
    answer = ask("電子化の要領の第1.0版から第2.0版への変更点のうち、補助金について教えて")

    quotes = [citation.quote for citation in answer.citations]
    assert [
        "国の補助金は十月末日までに申請する。", "国の補助金は九月末日までに申請する。",
        "補助金の対象は機器の購入費に限る。", "補助金の対象は機器の購入費及び設定の委託費に限る。",
    ] == quotes  # fmt: skip


def test_a_work_is_found_by_its_topic_when_none_is_named() -> None:
    """Of two works that were revised, the one that speaks of it; printed page numbers count."""
    answer = ask("改定で電話は何回以内に取ることに変わりましたか")

    assert [(PHONE, "5"), (PHONE_NEW, "6")] == [
        (citation.edition, citation.page_label) for citation in answer.citations
    ]
    assert "（旧 p.5）" in answer.text


def test_the_latest_revision_is_told_and_the_others_offered() -> None:
    """Nothing says which work is meant; a click asks about the other."""
    answer = ask("改定で何が変わりましたか")

    assert {"phone"} == {citation.edition.document.id for citation in answer.citations}
    (other,) = answer.clarify
    assert {"rules"} == {one.edition.document.id for one in ask(other).citations}


def test_english_is_answered_in_english() -> None:
    """The quotations stay Japanese, and that is said."""
    answer = ask("What changed in version 2.0?")

    assert answer.text.startswith("From 第1.0版 to 第2.0版, “電子化の要領” changed as follows")
    assert "became" in answer.text
    assert any("language of the source" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    "text, said",
    [
        ("休暇の手引きは改定で何が変わりましたか", "登録されている版は第1.0版だけ"),
        ("電子化の要領は第2.0版と第3.0版で何が変わった", "登録されている版は第1.0版、第2.0版です"),
        ("第7版と第8版で何が変わった", "比べられる二つの版を登録している文書がない"),
        ("Of the 休暇の手引き, what changed between 1.0 and 2.0?", "第1.0版"),
        ("電子化の要領の改定で、懲戒処分の規定は何が変わりましたか", "触れるものはありません"),
    ],
)
def test_what_cannot_be_compared_is_said(text: str, said: str) -> None:
    """Which editions there are, or that no change touches the topic; nothing is cited."""
    answer = ask(text)

    assert answer.declined is not None
    assert said in answer.declined.message
    assert ((), ()) == (answer.citations, answer.declined.nearest)


def test_without_any_revised_work_it_is_said_that_nothing_can_be_compared() -> None:
    """Whatever else the only edition says."""
    text = edition_text("# 繰越し\n年次休暇の繰越しは二十日までとする。")

    answer = ask("改定で何が変わりましたか", FakeLibrary({LEAVE: text}))

    assert answer.declined is not None
    assert "比べられる二つの版を登録している文書がない" in answer.declined.message


def test_equal_editions_are_said_to_be_equal() -> None:
    """A reprint changed nothing."""
    text = edition_text("# 取次ぎ\n電話は三回以内に取る。")

    answer = ask("令和3年版と令和5年版の違いは？", FakeLibrary({PHONE: text, PHONE_NEW: text}))

    assert answer.declined is not None
    assert "違いは見つかりませんでした" in answer.declined.message


def test_a_manual_that_tells_its_own_revision_is_quoted() -> None:
    """One edition is held, and it says what it changed: that is the answer, with a notice."""
    text = edition_text("# 改定の履歴\n第2.0版の改定では、休暇の繰越しの上限を変更した。")
    held = replace(LEAVE, label="第2.0版")

    answer = ask(
        "休暇の手引きの第2.0版の改定で繰越しは何が変わりましたか", FakeLibrary({held: text})
    )

    assert answer.declined is None
    assert ["第2.0版の改定では、休暇の繰越しの上限を変更した。"] == [
        c.quote for c in answer.citations
    ]
    assert any("登録されている版は第2.0版だけ" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    "asked", ["2025年4月の改定の変更点は", "令和7年の改定で何が変わりましたか"]
)
def test_a_revision_of_a_year_that_nothing_tells_of_is_not_answered(asked: str) -> None:
    """That later revisions are left out is no account of them."""
    text = edition_text("# 繰越し\n繰越しは二十日までとする。その後の改定の内容は反映していない。")

    answer = ask(asked, FakeLibrary({LEAVE: text}))

    assert answer.declined is not None
    assert "比べられる二つの版を登録している文書がない" in answer.declined.message


def test_what_a_reform_changes_is_looked_up_in_the_manuals() -> None:
    """It is no question about editions: what the manual says is quoted, or the nearest to it."""
    answer = ask("繰越しの改正で年次休暇の繰越しは何日に変わりますか")

    found = answer.citations or (answer.declined.nearest if answer.declined else ())
    assert [LEAVE] == [citation.edition for citation in found]


def test_since_a_day_compares_with_what_was_in_force_then() -> None:
    """In 2021 it was the first edition."""
    answer = ask("令和3年12月時点から電子化の要領は何が変わりましたか")

    assert {OLD, NEW} == {citation.edition for citation in answer.citations}
    assert ask("2022年5月時点から電子化の要領は何が変わりましたか").text == answer.text


def test_a_follow_up_asks_about_what_was_spoken_of() -> None:
    """「何が変わりましたか」 after a question on subsidies."""
    answer = ask(
        "それは改定で何が変わりましたか",
        history=[Turn("電子化の要領で補助金の申請はいつまでですか")],
    )

    assert answer.declined is None
    assert all("補助金" in citation.quote for citation in answer.citations)


def test_filters_bound_the_works_that_are_compared() -> None:
    """A channel may be bound to one work."""
    answer = ask("改定で何が変わりましたか", filters=Filters(documents=("rules",)))

    assert {"rules"} == {citation.edition.document.id for citation in answer.citations}


def test_with_a_model_the_changes_are_told_all_the_same() -> None:
    """The model is not asked; a stream gives each citation before its line, at last the answer."""
    model = ScriptedModel(["無い[1]。"])
    plain = Extractive(lambda: LIBRARY, today=lambda: TODAY)
    written = Generative(lambda: LIBRARY, model, plain)
    answerer = AcrossEditions(written, lambda: LIBRARY, today=lambda: TODAY)

    events = list(answerer.stream(read("第1.0版と第2.0版で電子化の要領は何が変わった")))

    assert [] == model.sent
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert list(answer.citations) == [event for event in events if isinstance(event, Citation)]
