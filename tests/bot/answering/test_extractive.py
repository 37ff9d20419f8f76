"""Answers made of quotations: what they show, in what order, and when they decline."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.answering.extractive import Extractive
from bot.answering.readings import Readings
from bot.answers import Answer, Citation, Delta, Turn
from bot.asking.question import read
from bot.writing.checking import stands
from index.passages import Filters
from index.search.glossary import Glossary, Term
from ingest.catalog import catalog
from ingest.catalog.editions import Edition, Kind, Original
from ingest.pages import EditionText
from ingest.pdf import documents
from tests.fakes import FakeLibrary, edition, edition_text

STAFFING = edition_text(
    "# 外部人材の活用\n"
    "町は、外部の専門家を任用することができる。任用に当たっては、次の点に留意する。\n"
    "・特別職として任用する場合、一般の服務規定は適用されない。\n"
    "・規程で服務の規律を定める必要がある。\n"
    "なお、報酬は条例で定める。\n"
    "# 補助金\n"
    "移行の補助金は令和2年度の予算に計上された。上限額は団体ごとに異なる。",
    "# 問い合わせ\n移行については、推進室（電話03-1234-5678）に問い合わせる。",
    labels=["1", "2"],
)
DIGEST = edition(
    "staffing-digest",
    title="手順書の要約",
    kind=Kind.DIGEST,
    digest_of=Original("staffing", "1.0", "全体手順書【第1.0版】"),
)


def library(*more: tuple[Edition, EditionText], glossary: Glossary | None = None) -> FakeLibrary:
    """Return a library of the text above and whatever else a test adds."""
    return FakeLibrary({DIGEST: STAFFING, **dict(more)}, glossary=glossary or Glossary())


def ask(text: str, held: FakeLibrary | None = None, **filters: object) -> Answer:
    """Ask the extractive answerer."""
    shelf = held or library()
    answerer = Extractive(lambda: shelf, today=lambda: date(2026, 4, 1))
    return answerer.answer(read(text, filters=Filters(**filters)))  # type: ignore[arg-type]


def test_answer_quotes_the_sentence_that_answers() -> None:
    """The sentence with the date stands first, word for word, with its page."""
    answer = ask("移行の補助金はいつの予算ですか")

    assert answer.declined is None
    assert "extractive" == answer.mode
    first = answer.citations[0]
    assert "移行の補助金は令和2年度の予算に計上された。" in first.quote
    assert (first.page, first.page_label, first.section) == (1, "1", ("補助金",))
    assert "「移行の補助金は令和2年度の予算に計上された。" in answer.text


def test_list_comes_with_its_lead_in_and_its_exception() -> None:
    """A reader who sees an item also sees the sentence that announces it and the なお after it."""
    quote = ask("特別職として専門家を任用するには").citations[0].quote

    assert "次の点に留意する。" in quote
    assert "適用されない。" in quote
    assert "規律を定める必要がある。" in quote
    assert "なお、報酬は条例で定める。" in quote


def test_quotation_does_not_run_into_the_next_heading() -> None:
    """A heading belongs to what follows it."""
    for citation in ask("特別職として専門家を任用するには").citations:
        assert not citation.quote.endswith("補助金")


def test_a_list_ends_at_a_heading_that_looks_like_an_item() -> None:
    """Slides mark their headings like items; the title in the section tree tells them apart."""
    text = edition_text(
        "# ・任用の注意\n任用には注意が要る。",
        "・職員の研修を行う。\n・任用の注意\n・服務の規律を要綱で定める必要がある。",
    )

    answer = ask("服務の規律は何で定める必要があるか", FakeLibrary({edition(): text}))

    assert answer.citations[0].quote.endswith("服務の規律を要綱で定める必要がある。")
    assert not any("研修" in one.quote for one in answer.citations)


def test_every_citation_stands_in_the_stored_text() -> None:
    """Quote, offsets, pages and label agree with the library, whatever was asked."""
    held = library()
    for text in ("補助金はいつ", "電話番号は", "服務の規律は何で定めるか", "専門家の報酬は"):
        answer = ask(text, held)
        nearest = answer.declined.nearest if answer.declined else ()
        assert [*answer.citations, *nearest]
        assert all(stands(one, held) for one in [*answer.citations, *nearest])


def test_markers_count_from_one_in_the_order_of_the_text() -> None:
    """Each citation is named in the text, and nothing else is."""
    answer = ask("移行の補助金と専門家の任用について")

    markers = [citation.marker for citation in answer.citations]
    assert list(range(1, len(markers) + 1)) == markers
    places = [answer.text.index(f"」[{marker}]") for marker in markers]
    assert sorted(places) == places


def test_digest_is_named_as_a_digest() -> None:
    """The asker is told that the official work is another one."""
    assert any(
        "『全体手順書【第1.0版】』の要約" in notice for notice in ask("補助金はいつ").notices
    )


def test_two_documents_are_kept_apart() -> None:
    """All quotations of one document stand together, under its own line."""
    other = edition_text("# 補助金\n移行の補助金の申請は秋に始まる。")
    held = library((edition("guide", title="別の手引き"), other))

    answer = ask("移行の補助金について", held)

    answers = answer.text.split("**あわせて")[0]
    documents = [
        citation.edition.document.id
        for citation in answer.citations
        if f"[{citation.marker}]" in answers
    ]
    assert {"staffing-digest", "guide"} == set(documents)
    assert sum(
        1 for before, after in zip(["", *documents], documents, strict=False) if before != after
    ) == len(list(dict.fromkeys(documents)))


def test_same_sentence_in_two_documents_is_quoted_once() -> None:
    """A digest that says what the manual says adds nothing."""
    twin = edition("guide", title="別の手引き")
    held = library((twin, STAFFING))

    quotes = [citation.quote for citation in ask("移行の補助金はいつの予算か", held).citations]

    assert len(set(quotes)) == len(quotes)


def test_question_about_something_else_is_declined_with_what_is_near() -> None:
    """Declining names the question, the nearest statement and whom to ask, all cited."""
    answer = ask("火星への移住の補助金の受付窓口の混雑の程度は")

    assert () == answer.citations
    assert answer.declined is not None
    assert "not-found" == answer.declined.reason
    assert "火星への移住" in answer.declined.message
    assert any("03-1234-5678" in citation.quote for citation in answer.declined.nearest)
    assert "03-1234-5678" in answer.text


@pytest.mark.parametrize(
    "text, missing",
    [
        ("高岡市が書かない窓口を開いたのはいつですか", "高岡市"),
        ("What did Takaoka City open?", "Takaoka"),
        ("福島県北山市が書かない窓口を開いたのはいつですか", "「福島県北山市」"),
        ("北海道高岡市は窓口を開きましたか", "「北海道高岡市」"),
        ("東京都高岡市は窓口を開きましたか", "「東京都高岡市」"),
        ("第2.0版では北山市の窓口はどうなりましたか", "第2.0版"),
    ],
)
def test_another_town_or_edition_is_no_answer(text: str, missing: str) -> None:
    """A name that no quotation holds is declined, and the message says which."""
    japanese = "# 窓口\n北山市は、令和3年度に書かない窓口を開いた。北山市の窓口は一つである。"
    english = "# Counters\nKitayama City opened a counter without forms. What did it open?"
    held = FakeLibrary(
        {
            edition("cases"): edition_text(japanese),
            edition("english", language="en"): edition_text(english),
        }
    )
    held.sure = 1.0

    answer = ask(text, held)

    assert answer.declined is not None
    assert missing in answer.declined.message


@pytest.mark.parametrize(
    "text",
    [
        "北山市が書かない窓口を開いたのはいつですか",
        "隣の町や各市町村の窓口は",
        "第1.0版で窓口はどうか",
    ],
)
def test_town_and_edition_that_are_held_raise_no_doubt(text: str) -> None:
    """The right name, no name at all, or the edition itself are answered."""
    japanese = "# 窓口\n北山市は、令和3年度に書かない窓口を開いた。各市町村の窓口も同じである。"
    held = FakeLibrary({edition("cases"): edition_text(japanese)})
    held.sure = 1.0

    assert ask(text, held).declined is None


def test_unsure_library_declines() -> None:
    """Below a confidence of one half nothing is claimed, however similar the words."""
    held = library()
    held.sure = 0.49

    assert ask("移行の補助金はいつの予算ですか", held).declined is not None


def test_nothing_found_is_declined_without_quotations() -> None:
    """A question that shares no character with the corpus still gets a sentence."""
    held = FakeLibrary({})

    answer = ask("補助金は", held)

    assert answer.declined is not None
    assert () == answer.declined.nearest
    assert "近い記載もありませんでした" in answer.text


def test_english_question_is_framed_in_english_and_quoted_as_it_stands() -> None:
    """The frame follows the asker, the quotation the source; the glossary bridges them."""
    glossary = Glossary(
        [
            Term("補助金", en=("subsidy",)),
            Term("移行", en=("migration",)),
            Term("予算", en=("budget",)),
        ]
    )

    answer = ask("In which budget was the migration subsidy?", library(glossary=glossary))

    assert "documents say" in answer.text
    assert "“移行の補助金は令和2年度の予算に計上された。" in answer.text
    assert any("digest of" in notice for notice in answer.notices)
    assert any("language of the source" in notice for notice in answer.notices)


def test_case_is_framed_as_a_case() -> None:
    """What one town did is no rule, and the answer says so."""
    case = edition("cases", title="事例集", kind=Kind.CASE)
    held = library((case, edition_text("# 北町\n北町は、書かない窓口を開いた。")))

    answer = ask("書かない窓口を開いた町はどこですか", held)

    assert case == answer.citations[0].edition
    assert any("他団体の事例" in notice for notice in answer.notices)


def test_edition_in_force_on_the_day_asked_about_is_used() -> None:
    """An as-of day in the filters chooses the edition, and the answer records that day."""
    old = edition("rule", label="1", in_force_from=date(2020, 4, 1))
    new = edition("rule", label="2", in_force_from=date(2024, 4, 1))
    held = FakeLibrary(
        {
            old: edition_text("# 期限\n届出の期限は十日とする。"),
            new: edition_text("# 期限\n届出の期限は二十日とする。"),
        }
    )

    then = ask("届出の期限は", held, as_of=date(2021, 1, 1))
    now = ask("届出の期限は", held)

    assert "十日とする" in then.citations[0].quote
    assert "1" == then.citations[0].edition.label
    assert "2" == now.citations[0].edition.label
    assert date(2021, 1, 1) == then.asked_on
    assert then.citations[0].in_force


def test_day_that_was_asked_for_stands_on_top() -> None:
    """When the quotations name one day only, it comes first, with the marker of its evidence."""
    answer = ask("移行の補助金はいつの予算ですか")

    assert answer.text.startswith("**令和2年度**（次の記載による）[1]\n")


def test_two_days_are_not_made_one() -> None:
    """Where quotations name several days, none is singled out."""
    text = edition_text(
        "# 期限\n届出の期限は令和3年度とする。ただし町の届出の期限は令和5年度とする。"
    )

    answer = ask("届出の期限はいつか", FakeLibrary({edition("rule"): text}))

    assert "令和3年度" in answer.text
    assert not answer.text.startswith("**令和")


def test_what_a_lead_in_announces_is_quoted_however_it_is_set() -> None:
    """Slides set a list's items like headings or plain lines; a lead-in alone says nothing."""
    slide = edition_text(
        "# 取引\n不当な行為に当たる場合の考え方は以下のとおりである。\n# ア．当たり得る行為の例\n"
        "取引先を制限すること。\n仕入れの数量を強制すること。\n# イ．その他\n契約の期間は別に定める。"
    )

    answer = ask("不当な行為に当たる場合の考え方は", FakeLibrary({edition("slide"): slide}))

    assert "仕入れの数量を強制すること。" in answer.citations[0].quote
    assert "イ．その他" not in answer.citations[0].quote


def test_a_lead_in_that_nothing_follows_is_left_out() -> None:
    """A quotation does not end in a promise."""
    page = edition_text(
        "# 助成\n空き家の助成は市町村が行う。助成の対象は次の表のとおりである。",
        "# 表\n別の話である。",
    )

    quote = ask("空き家の助成は誰が行うか", FakeLibrary({edition("page"): page})).citations[0].quote

    assert quote == "空き家の助成は市町村が行う。"


def test_no_answer_begins_with_mere_figures() -> None:
    """The ticks and shares of a chart say nothing without their labels."""
    chart = edition_text(
        "# 普及の割合\n| 17.4%\t38.2%\t40.2%\n研修の普及の割合は企業の規模で異なる。"
    )

    answer = ask("研修の普及の割合は", FakeLibrary({edition("chart"): chart}))

    assert all("研修" in citation.quote for citation in answer.citations)


def test_a_quotation_is_filled_from_its_own_passage() -> None:
    """What stands beside an answer in its passage is quoted with it, and nothing of the next."""
    statement = (
        "移行の期限は、"
        + "、".join(["関係者と協議して定める計画により"] * 10)
        + "令和7年度末とする。"
    )
    more = "準備が整わない団体は、計画を作り直し、国と都道府県に相談したうえで、移行の時期を改めて定め、住民と議会に知らせ、次の年度の予算に計上する。"
    manual = edition_text(f"# 移行\n{statement}\n{more}\n# 広報\n広報紙は毎月発行する。")

    quote = ask("移行の期限はいつか", FakeLibrary({edition("m"): manual})).citations[0].quote

    assert quote == f"{statement}\n{more}"


def test_the_meaning_of_a_name_leads() -> None:
    """A row of the glossary stands before sentences that only use the name."""
    work, terms = edition_text(
        "# 作業\nPIAを行う。PIAの結果を公表する。",
        "# 用語\n| RFI\t情報提供依頼\n| PIA\t特定個人情報保護評価",
    ).pages
    headed = tuple(replace(block, context="用語 / 意味") for block in terms.blocks)
    manual = EditionText((work, replace(terms, blocks=headed)))

    quote = ask("PIAとは何ですか", FakeLibrary({edition("m"): manual})).citations[0].quote

    assert quote == "PIA\t特定個人情報保護評価"


def test_who_asks_for_a_number_to_call_gets_one_first() -> None:
    """A passage that speaks of numbers is no telephone number."""
    manual = edition_text(
        "# 番号\n手順書の電話番号を変換する。電話番号は要らない。",
        "# 連絡先\n手順書の問い合わせは企画室（03-1234-5678）にする。",
    )

    answer = ask("手順書の問い合わせの電話番号は", FakeLibrary({edition("m"): manual}))

    assert "03-1234-5678" in answer.citations[0].quote


def test_a_number_in_words_is_the_figure_asked_for() -> None:
    """「次の二点」 answers how many there are."""
    manual = edition_text(
        "# 任用\n専門家の任用に当たっては、次の二点に注意する。\n・服務を定める。\n・兼業を確かめる。"
    )

    answer = ask("専門家の任用で注意する点はいくつありますか", FakeLibrary({edition("m"): manual}))

    assert answer.text.startswith("**二点**")


def test_an_item_that_says_no_is_quoted_without_its_list() -> None:
    """Who asks for yes or no is not made to look for it among neighbours."""
    manual = edition_text(
        "# 仕組み\n次のとおり運用する。\n・人材は事前に登録する。\n・国は職業紹介を行わない。\n"
        "・市町村は独自に募集する。"
    )

    quote = ask("国は職業紹介を行いますか", FakeLibrary({edition("m"): manual})).citations[0].quote

    assert quote == "国は職業紹介を行わない。"


def test_a_quotation_does_not_begin_by_pointing_back() -> None:
    """「その結果」 is quoted with the sentence that says of what."""
    manual = edition_text(
        "# 名寄せ\n同じ概念の表記を同義語として整理する作業を名寄せという。\n"
        "その結果としてできる同義語の一覧が用語辞書である。" + "別の手順は次章で説明する。" * 40
    )

    quote = ask("用語辞書とは何か", FakeLibrary({edition("m"): manual})).citations[0].quote

    assert quote.startswith("同じ概念の表記を")


def test_the_end_of_a_passage_is_not_left_behind() -> None:
    """What is left of a passage comes along where it is short."""
    lines = "\n".join(f"{at}番目の区分は{'別表に定める' * 5}による。" for at in range(1, 10))
    manual = edition_text(
        f"# 区分\n対象となる事業者は次に述べる者である。\n{lines}\n個人の事業者も法人の事業者と同じ扱いとする。"
    )

    answer = ask("対象となる事業者は誰か", FakeLibrary({edition("m"): manual}))

    assert answer.citations[0].quote.endswith("同じ扱いとする。")


def test_an_answer_that_may_miss_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little above the line at which it declines, it puts nothing on top that sounds sure."""
    held = library()
    monkeypatch.setattr(held, "confidence", lambda *_: 0.55)

    answer = ask("移行の補助金はいつの予算ですか", held)

    assert answer.declined is None
    assert answer.text.startswith("お尋ねにそのまま答える記載ではないかもしれません")


def test_a_cover_is_told_from_the_text() -> None:
    """What stands under the document's own title says what it is and counts less."""
    title = "オンライン化の手順書"
    held = edition("manual", title=title)
    text = edition_text(f"# {title}\nこの文書は要約である。", "# 作業\n体制を構築する。")
    shelf = FakeLibrary({held: text})
    readings = Readings()

    assert readings.page(shelf, held, 1).cover.any()
    assert not readings.page(shelf, held, 2).cover.any()


def test_row_is_quoted_without_its_table() -> None:
    """Who asks for one town sees its row, and the column heads beside it, not quoted."""
    table = edition_text(
        "# 事例\n次の表のとおりである。\n| 1\t北町\t書かない窓口を開いた。\n| 2\t南町\t空き家を貸した。\n"
        "| 3\t西町\t祭りを配信した。"
    )

    answer = ask("空き家を貸した町はどこですか", FakeLibrary({edition("cases"): table}))

    assert "2\t南町\t空き家を貸した。" == answer.citations[0].quote
    assert "「2\u3000南町\u3000空き家を貸した。」[1]" in answer.text


def test_sections_beside_the_cited_one_are_suggested() -> None:
    """What to ask next is taken from the document, not invented."""
    answer = ask("移行の補助金はいつの予算ですか")

    assert "「問い合わせ」には何が書かれていますか" in answer.suggestions
    assert not any("補助金" in suggestion for suggestion in answer.suggestions)


def test_suggestions_leave_the_marks_of_a_heading_out() -> None:
    """A bullet, a number or a bracketed word before a title is no part of a question."""
    text = edition_text(
        "# ○補助金\n移行の補助金は令和2年度の予算に計上された。\n# 【参考】申請の手順\n申請は三段階で行う。"
    )

    answer = ask("移行の補助金はいつの予算ですか", FakeLibrary({edition(): text}))

    assert ["「申請の手順」には何が書かれていますか"] == list(answer.suggestions)


def test_misspelt_name_is_put_right_and_said_so() -> None:
    """A slip of the hand is read as the name beside it, in the search as in the notice."""
    held = FakeLibrary({DIGEST: STAFFING}, misspelt={"専問家": "専門家"})

    answer = ask("外部の専問家を任用できますか", held)

    assert ["外部の専門家を任用できますか"] == held.asked
    assert ("「外部の専門家を任用できますか」とのお尋ねと読みました。",) == answer.notices[:1]


def test_vague_question_is_asked_back_once() -> None:
    """Two works that fit equally well become choices; who was just asked is not asked again."""
    held = FakeLibrary(
        {
            edition("leave", title="休暇の手引き"): edition_text(
                "# 期限\n届出の期限は十日前とする。"
            ),
            edition("travel", title="出張の手引き"): edition_text(
                "# 期限\n精算の期限は十二日後とする。"
            ),
        }
    )
    first = Extractive(lambda: held).answer(read("期限は"))

    again = Extractive(lambda: held).answer(read("期限は", history=[Turn("期限は", first.text)]))

    assert {"『休暇の手引き』について: 期限は", "『出張の手引き』について: 期限は"} == set(
        first.clarify
    )
    assert "どれについてのお尋ね" in first.text
    assert () == again.clarify


def _in_three_editions() -> FakeLibrary:
    return FakeLibrary(
        {
            edition("rule", label=f"第{n}版", in_force_from=date(2018 + 2 * n, 4, 1)): edition_text(
                f"# 期限\n届出の期限は{days}日とする。"
            )
            for n, days in ((1, "十"), (2, "二十"), (3, "三十"))
        }
    )


def _of_towns() -> FakeLibrary:
    said = "# 南の例\n南町は、書かない窓口を開いた。\n# 北の例\n北町は、書かない窓口を春に始めた。"
    return FakeLibrary({edition("cases", kind=Kind.CASE): edition_text(said)})


def _in_sections() -> FakeLibrary:
    said = "# (1) 転入\n転入する人は委任状を窓口に出す。\n# (2) 証明\n証明には本人の委任状が要る。"
    return FakeLibrary({edition("rules"): edition_text(said)})


@pytest.mark.parametrize(
    "held, question, filters, parts",
    [
        (
            _in_three_editions(),
            "届出の期限は",
            {"editions": ("第1版", "第2版")},
            {"第1版": "届出の期限は十日とする。", "第2版": "届出の期限は二十日とする。"},
        ),
        (
            _of_towns(),
            "書かない窓口",
            {},
            {
                "南町": "南町は、書かない窓口を開いた。",
                "北町": "北町は、書かない窓口を春に始めた。",
            },
        ),
        (
            _in_sections(),
            "委任状",
            {},
            {"転入": "転入する人は委任状を窓口に出す。", "証明": "証明には本人の委任状が要る。"},
        ),
    ],
    ids=["edition", "municipality", "section"],
)
def test_parts_that_fit_equally_well_are_asked_back_once_and_can_be_chosen(
    held: FakeLibrary, question: str, filters: dict[str, tuple[str, ...]], parts: dict[str, str]
) -> None:
    """Each choice, asked as it stands under the same filters, is answered by its part first."""
    first = ask(question, held, **filters)

    assert {f"「{part}」について: {question}" for part in parts} == set(first.clarify)
    assert all(choice in first.text for choice in first.clarify)
    asked_again = read(question, history=[Turn(question, first.text)], filters=Filters(**filters))  # type: ignore[arg-type]
    assert () == Extractive(lambda: held).answer(asked_again).clarify
    for part, said in parts.items():
        chosen = ask(f"「{part}」について: {question}", held, **filters)
        assert chosen.declined is None
        assert said == chosen.citations[0].quote
        assert () == chosen.clarify


def test_a_chosen_edition_is_the_only_one_quoted() -> None:
    """The filter that held both gives way to the one that was chosen; the current one needs none."""
    held = _in_three_editions()

    old = ask("「第2版」について: 届出の期限は", held, editions=("第1版", "第2版"))
    current = ask("「第3版」について: 届出の期限は", held)

    assert ["第2版"] == [one.edition.label for one in old.citations]
    assert ["第3版"] == [one.edition.label for one in current.citations]


def test_a_choice_of_few_words_is_not_asked_back() -> None:
    """An English choice can be as short as a vague question; who chose is not asked again."""
    said = "# Fee\nThe permit has a fee of ten.\n# Term\nThe permit has a fee for each term."
    held = FakeLibrary({edition("rules", language="en"): edition_text(said)})

    first = ask("permit", held)

    assert {"About Fee: permit", "About Term: permit"} == set(first.clarify)
    for choice in first.clarify:
        assert () == ask(choice, held).clarify


def test_superseded_edition_that_the_question_names_is_searched() -> None:
    """Naming 第1版 finds it although 第2版 is in force, and the answer says it is superseded."""
    held = FakeLibrary(
        {
            edition("rule", label="第1版", in_force_from=date(2020, 4, 1)): edition_text(
                "# 期限\n届出の期限は十日とする。"
            ),
            edition("rule", label="第2版", in_force_from=date(2024, 4, 1)): edition_text(
                "# 期限\n届出の期限は二十日とする。"
            ),
        }
    )

    answer = ask("第1版で届出の期限は何日でしたか", held)

    assert "第1版" == answer.citations[0].edition.label
    assert not answer.citations[0].in_force
    assert any("効力のある版ではありません" in notice for notice in answer.notices)


def test_follow_up_says_how_it_was_understood() -> None:
    """The asker sees the question that was searched."""
    held = library()

    answer = Extractive(lambda: held).answer(
        read("それはいつの予算？", history=[Turn("移行の補助金とは")])
    )

    assert any("移行の補助金はいつの予算" in notice for notice in answer.notices)
    assert "令和2年度" in answer.citations[0].quote


@pytest.mark.parametrize("text", ["補助金はいつの予算ですか", "火星に行くには"])
def test_stream_tells_the_same_answer(text: str) -> None:
    """The pieces make the text, a citation comes before the line that names it, the answer last."""
    held = library()
    events = list(Extractive(lambda: held).stream(read(text)))

    *told, last = events
    assert isinstance(last, Answer)
    assert last.text == "".join(one.text for one in told if isinstance(one, Delta))
    assert list(last.citations) == [one for one in told if isinstance(one, Citation)]
    for citation in last.citations:
        before = told[: told.index(citation)]
        assert not any(
            f"[{citation.marker}]" in one.text for one in before if isinstance(one, Delta)
        )


def test_answer_is_made_from_one_generation() -> None:
    """The library is asked for once, so a refresh in mid-answer changes nothing."""
    held = library()
    calls: list[int] = []

    def current() -> FakeLibrary:
        calls.append(1)
        return held

    answer = Extractive(current).answer(read("補助金はいつの予算ですか"))

    assert [1] == calls
    assert "g-test" == answer.generation
    assert {"embedder": "none"} == answer.recipe


@cache
def starter() -> FakeLibrary:
    """Return the bundled documents as they are read from their PDFs."""
    corpus = Path(__file__).parents[3] / "corpus"
    return FakeLibrary(
        {
            held: documents.read(corpus / held.path)
            for held in catalog.read(corpus).editions
            if held.path is not None
        }
    )


@pytest.mark.parametrize(
    "text",
    [
        "CIO補佐官を特別職非常勤職員として任用するには",
        "標準化の対象事務",
        "オンライン化の31手続",
        "書かない窓口の市",
        "問合せ先の電話番号",
        "補助金の名称",
        "How do we hire a CIO aide?",
        "What is the target year?",
        "火星への移住",
    ],
)
def test_every_citation_over_the_bundled_corpus_stands(text: str) -> None:
    """Over real PDFs too, a quotation is the stored text and shown without a changed character."""
    held = starter()
    answer = Extractive(lambda: held).answer(read(text))
    cited = [*answer.citations, *(answer.declined.nearest if answer.declined else ())]

    assert [] != cited
    for citation in cited:
        assert stands(citation, held)
    plain = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "".join(answer.text.split()))
    for line in re.findall(r"^- [「“](.*)[」”]\[\d+\]", answer.text, re.MULTILINE):
        shown = "".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line).split())
        assert shown in plain
        assert any(shown in "".join(citation.quote.split()) for citation in cited)


def _rules() -> FakeLibrary:
    """Return eight rules of one subject, so that an answer cannot show all."""
    said = "".join(
        f"# 第{n}節\n窓口の職員は第{n}の届出を{'甲乙丙丁戊己庚辛'[n - 1]}課に出す。\n"
        for n in range(1, 9)
    )
    return FakeLibrary({edition("rules"): edition_text(said)})


def test_more_gives_only_what_was_not_shown() -> None:
    """Each time other statements come; when none is left, that is said."""
    held = _rules()
    history: list[Turn] = []
    seen: set[str] = set()
    rounds = 0
    while True:
        text = "もっと詳しく" if history else "窓口の職員の届出はどの課に出すか"
        answer = Extractive(lambda: held).answer(read(text, history=history))
        quotes = {citation.quote for citation in answer.citations}
        if not quotes:
            break
        assert not seen & quotes
        seen |= quotes
        history.append(Turn(text, answer.text))
        rounds += 1

    assert rounds >= 2
    assert "ほかに近い記載はありません" in answer.text
    assert answer.declined is not None


def test_what_a_follow_up_asks_anew_must_be_there() -> None:
    """The first question is answered; who pays is told nowhere."""
    held = library()
    asked: list[str] = []

    def sure(question: str, _passages: object) -> float:
        asked.append(question)
        return 0.1 if question == "その費用は誰が負担？" else 1.0

    held.confidence = sure  # type: ignore[assignment, method-assign]

    answer = Extractive(lambda: held).answer(
        read("その費用は誰が負担？", history=[Turn("専門家の任用は何に留意するか")])
    )

    assert answer.declined is not None
    assert "その費用は誰が負担？" in asked


def test_steps_lead_where_steps_are_asked_for() -> None:
    """A row that only names where the steps are stands behind them."""
    manual = edition_text(
        "# 文書\n| 移行作業の手順\t移行手順書\n# 作業\n移行の手順は次の三つである。\n"
        "・①調査を行う。\n・②計画を作る。\n・③移行を行う。"
    )

    answer = ask("移行作業の手順は", FakeLibrary({edition("manual"): manual}))

    assert "①調査を行う。" in answer.citations[0].quote


@pytest.mark.parametrize(
    "town",
    [
        "千葉県市川市",
        "東京都町田市",
        "三重県四日市市",
        "東京都東村山市",
        "新潟県十日町市",
        "岐阜県山県市",
    ],
)
def test_the_town_of_one_case_is_named_whole_and_without_its_neighbours(town: str) -> None:
    """Names that hold 市, 町 or 村 are not cut; a list of cases is not quoted around one."""
    text = edition_text(
        "# 事例\n・庁内の研修の実施【山形県酒田市】\n"
        f"・書かない窓口の実現【{town}】\n・議事録作成の支援【大阪府東大阪市】"
    )

    answer = ask("書かない窓口を実現した自治体は？", FakeLibrary({edition(): text}))

    assert answer.text.startswith(f"**{town}**")
    assert f"書かない窓口の実現【{town}】" == answer.citations[0].quote


def test_towns_stand_on_top_where_towns_are_asked_for() -> None:
    """The names come first, with the marker of the row they were read from."""
    table = edition_text("# 事例\n| 1\t北町\t書かない窓口を開いた。\n| 2\t南町\t空き家を貸した。")

    answer = ask("空き家を貸した町はどこですか", FakeLibrary({edition("cases"): table}))

    assert answer.text.startswith("**南町**（次の記載による）[1]")


def test_a_rule_stands_before_a_case_where_duty_is_asked() -> None:
    """What others did does not say whether it must be done."""
    case = edition("cases", title="事例集", kind=Kind.CASE)
    held = library(
        (case, edition_text("# 在宅\n在宅勤務の導入を進めた。")),
        (edition("rule"), edition_text("# 在宅\n在宅勤務の導入は任意である。")),
    )

    answer = ask("在宅勤務の導入は義務ですか", held)

    assert "rule" == answer.citations[0].edition.document.id


@pytest.mark.parametrize(
    "question, first",
    [
        ("相談担当と各課の関係は", "密接に"),
        ("相談担当を置いた町は？", "北町は"),
    ],
    ids=["a rule", "a town"],
)
def test_a_rule_stands_before_the_rows_of_a_list_of_cases(question: str, first: str) -> None:
    """What one town did leads only where cases or towns are asked for."""
    cases = "# 相談の事例\n| 番号\t町\t内容\n| 1\t北町\t北町は、相談担当を置いて各課とまとめた。"
    text = edition_text(cases, "# 体制\n相談担当を置いた後、各課は密接に連携する。")

    answer = ask(question, FakeLibrary({edition("manual"): text}))

    assert first in answer.citations[0].quote


def test_a_quoted_title_narrows_the_search_to_its_work() -> None:
    """What was offered as a choice can be asked as it stands."""
    held = library(
        (edition("guide", title="別の手引き"), edition_text("# 補助金\n補助金は秋に始まる。"))
    )

    answer = ask("『別の手引き』について: 補助金は", held)

    assert {"guide"} == {citation.edition.document.id for citation in answer.citations}
