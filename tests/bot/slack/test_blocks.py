"""Blocks: whatever an answer holds, Slack takes the message, and nobody is notified by it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import Answer, Certainty, Declined, Lead, Missing, Question, cite
from bot.ledger.ledger import Entry
from bot.slack import blocks, views
from bot.slack.blocks import message
from bot.slack.channels import ChannelSettings
from bot.slack.elements import harmless, plain, shortened
from bot.slack.gist import WIDTH, gist
from bot.slack.words import say
from bot.telling.quotations import Screen, first_screen
from ingest.catalog.editions import Kind
from ingest.pages import Place, PlaceKind
from tests.fakes import edition, edition_text
from tests.slack_server import check_blocks, check_message, check_view

HELD = edition("leave", label="第3版", title="休暇の[手引き]*")
TEXT = edition_text("年次有給休暇は、一年につき20日とする。", labels=["3"])


def answer(text: str = "20日です。[1]", *, language: str = "ja", cited: int = 1) -> Answer:
    """Return an answer with so many citations."""
    return Answer(
        id="a1",
        question=Question("休暇は？", "休暇は？", language),
        text=text,
        mode="extractive",
        citations=tuple(
            cite(n + 1, HELD, TEXT, 0, 20, section=("第1章", "休\n暇")) for n in range(cited)
        ),
        consulted=(),
        declined=None,
        generation="g1",
        recipe={},
        asked_on=date(2026, 5, 1),
    )


def shown(rendered: blocks.Rendered) -> str:
    """Return everything a message shows."""
    return json.dumps(rendered.blocks, ensure_ascii=False)


@given(
    text=st.text(max_size=20_000),
    notices=st.lists(st.text(max_size=4_000), max_size=12),
    questions=st.lists(st.text(min_size=1, max_size=3_000), max_size=8),
    cited=st.integers(0, 40),
    full=st.booleans(),
    language=st.sampled_from(["ja", "en"]),
)
def test_any_answer_fits_slacks_limits(
    text: str,
    notices: list[str],
    questions: list[str],
    cited: int,
    full: bool,  # noqa: FBT001
    language: str,
) -> None:
    """Lengths, counts and schemas hold for long, empty and odd answers alike."""
    odd = replace(
        answer(text, language=language, cited=cited),
        notices=tuple(notices),
        suggestions=tuple(questions),
        clarify=tuple(questions),
    )

    rendered = message(
        odd, key="C1:1.0", full=full, shareable=True, repeats_question=True, public_url="https://a"
    )

    check_message({"text": rendered.text, "blocks": list(rendered.blocks)})


def test_many_sources_with_long_names_and_a_long_answer_fit() -> None:
    """Ten sources whose names are as long as names get leave room for a full answer."""
    held = edition("文書" * 60, label="版" * 60, title="題[*]" * 100)
    cited = tuple(cite(n, held, TEXT, 0, 20, section=("節[*]" * 90,)) for n in range(1, 20))
    long = replace(answer("行\n" * 9_000), citations=cited)

    rendered = message(long, key="k", full=True, public_url="https://tebiki.example.lg.jp")

    check_message({"text": rendered.text, "blocks": list(rendered.blocks)})


def lines_of(rendered: blocks.Rendered) -> int:
    """Return how many lines Slack makes of a message, buttons and ratings apart."""
    told: list[str] = []
    for block in rendered.blocks:
        if block["type"] == "markdown":
            told += block["text"].splitlines()
        elif block["type"] == "context":
            said = [each["text"] for each in block["elements"]]
            told += said if block["elements"][0]["type"] == "mrkdwn" else [" ".join(said)]
    return sum(-(-len(said.strip("-* ")) // (WIDTH + 5)) for said in told)


def quoting(*said: str, certainty: Certainty = Certainty.ANSWERED, value: str = "") -> Answer:
    """Return an answer as it is told: the first line, and quotations with their sources."""
    texts = [edition_text(each, labels=["3"]) for each in said]
    cited = tuple(
        cite(at, HELD, text, 0, len(text.text), section=("第1章",))
        for at, text in enumerate(texts, start=1)
    )
    lead = Lead(said[0], 1, value)
    missing = (Missing("thing", "看護休暇"),)
    text = first_screen(Screen("ja", lead, cited, certainty, missing, (), ()))
    return replace(answer(text), citations=cited, certainty=certainty, lead=lead, missing=missing)


def test_channel_reads_the_first_line_and_its_source() -> None:
    """The quotation that answers is bold and keeps its mark; its source is context beneath."""
    rendered = message(quoting("休暇は20日とする。", "繰越しは翌年に限る。"), key="k")

    assert (
        "**「休暇は20日とする。」**[1]\n- 「繰越しは翌年に限る。」[2]" == rendered.blocks[0]["text"]
    )
    assert "context" == rendered.blocks[1]["type"]
    assert ["[1] 休暇の[手引き]＊（第3版）p.3 第1章", "[2] 休暇の[手引き]＊（第3版）p.3 第1章"] == [
        each["text"] for each in rendered.blocks[1]["elements"]
    ]
    assert "more" not in shown(rendered)


@pytest.mark.parametrize(
    "long",
    [
        quoting(*["休暇は、一年につき20日とする。" * 40] * 3),
        quoting("休暇は、一年につき20日とする。" * 40, value="20日"),
        quoting("休暇は、" * 100, certainty=Certainty.NEAR),
        replace(quoting("休暇は20日とする。" * 9), notices=("これは要約です。" * 40, "旧版です。")),
        answer("\n".join(f"- 第{number}条の記載です。[1]" for number in range(500))),
    ],
    ids=["three quotations", "a value", "near", "notices", "a list of a model"],
)
def test_channel_reads_seven_lines_and_three_buttons(long: Answer) -> None:
    """Whatever there is to say; the rest comes with 続きを読む."""
    for shareable in (False, True):
        rendered = message(long, key="k", shareable=shareable, public_url="")

        assert lines_of(rendered) <= 7
        (actions,) = [each["elements"] for each in rendered.blocks if each["type"] == "actions"]
        assert "more" == actions[0]["action_id"]
        assert len(actions) <= 3


def test_near_answer_is_not_bold_and_says_what_is_missing() -> None:
    """Nobody takes it for the answer."""
    rendered = message(quoting("休暇は20日とする。", certainty=Certainty.NEAR), key="k")

    said = rendered.blocks[0]["text"]
    assert said.startswith("「看護休暇」という語は、この引用にはありません。")
    assert "**" not in said


def test_whole_answer_holds_what_a_channel_did_not_read() -> None:
    """The quotations that follow, and every notice."""
    given = replace(
        quoting("休暇は20日とする。"),
        further_text="- 「繰越しは翌年に限る。」[2]",
        further=(cite(2, HELD, TEXT, 0, 5),),
        notices=("一つ目", "二つ目"),
    )

    whole = shown(message(given, key="k", full=True))

    assert "more" in shown(message(given, key="k"))
    assert all(said in whole for said in ("繰越しは翌年に限る。", "一つ目", "二つ目"))


def of_a_table(quote: str, lead: str, context: str) -> Answer:
    """Return an answer that quotes rows of a table under the heads of *context*."""
    given = quoting(quote)
    cited = (replace(given.citations[0], context=context),)
    text = first_screen(Screen("ja", Lead(lead, 1), cited, Certainty.ANSWERED, (), (), ()))
    return replace(given, citations=cited, lead=Lead(lead, 1), text=text)


def test_rows_that_answer_are_told_under_their_heads() -> None:
    """At most two, each cell behind its head; labels in an empty corner come first."""
    row = "果実酒\t720\t17.5"
    whole = of_a_table(f"清酒\t1,800\t18.8\n{row}", row, "品目 / 容量 / 負担率")
    corner = of_a_table("課税\t特級\t30％\n免税\t8％", "課税\t特級\t30％\n免税\t8％", "含有量")

    assert "- 「果実酒」 容量 720、負担率 17.5[1]" == gist(whole)[0]
    assert "- 「課税 特級」 含有量 30％[1]\n- 「免税」 含有量 8％[1]" == gist(corner)[0]


def test_number_of_a_row_does_not_name_it() -> None:
    """What stands beside it does, unless that is a figure."""
    named, figures = "36\t瀬戸市\t電子決裁", "(1)\t100\t200"

    assert (
        "- 「36 瀬戸市」 テーマ 電子決裁[1]"
        == gist(of_a_table(named, named, "番号 / 自治体 / テーマ"))[0]
    )
    assert (
        "- 「(1)」 前期 100、後期 200[1]"
        == gist(of_a_table(figures, figures, "区分 / 前期 / 後期"))[0]
    )


def test_channel_reads_what_answers_first() -> None:
    """A long quotation begins where it answers, and says that something stands before."""
    lead = "繰越しは翌年に限る。"
    given = quoting("休暇は、一年につき20日とする。\n" * 12 + lead)
    body, _, cut = gist(replace(given, lead=Lead(lead, 1)))

    assert (f"**「…{lead}」**[1]", True) == (body, cut)


def test_signs_of_an_icon_font_are_bullets() -> None:
    """Slack would draw boxes."""
    assert "• 休暇" in gist(quoting("\uf0b7 休暇"))[0]


def test_rows_whose_heads_do_not_fit_are_quoted_as_they_stand() -> None:
    """Which head a figure stands under is never guessed."""
    row = "100\t200\t300"

    assert "- 「100　200　300」" in gist(of_a_table(row, row, "金額 / 根拠"))[0].replace("**", "- ")


def test_each_question_of_a_message_has_its_line() -> None:
    """None is pushed out by a long quotation to the one before."""
    text = f"**期間は？**\n\n- 「{'休暇の期間。' * 40}」[1]\n\n**申請は？**\n\n**前日まで**[2]"
    body, _, cut = gist(answer(text, cited=2))

    assert cut
    assert ["**期間は？**", "- 「休暇の期間。", "**申請は？**", "**前日まで**[2]"] == [
        line.partition("休暇の期間。")[0] + "休暇の期間。" * line.startswith("-")
        for line in body.splitlines()
    ]


def test_a_greeting_is_not_rated() -> None:
    """Nothing was quoted, and nothing declined: no buttons, no number."""
    assert ["markdown"] == [
        each["type"] for each in message(answer("こんにちは。", cited=0), key="k").blocks
    ]


def test_quotation_that_is_cut_says_so_and_keeps_its_mark() -> None:
    """It ends in … within its brackets, also where a sign of Markdown was cut."""
    body, _, cut = gist(quoting("休暇\\*" * 90))

    assert cut
    assert body.endswith("…」[1]")
    assert r"\…" not in body


def test_quotation_that_fits_is_not_said_to_be_cut() -> None:
    """Its brackets and its mark do not count."""
    said = "休" * (3 * WIDTH)

    assert (f"- 「{said}」[1]", False) == gist(quoting(said))[::2]


def test_questions_to_ask_next_are_one_menu() -> None:
    """Several meanings come before suggestions; what is too long for Slack is left out."""
    asked = replace(
        answer(), clarify=("年次休暇？", "病気休暇？", "あ" * 200), suggestions=("次？",)
    )

    (menu,) = [
        each
        for block in message(asked, key="k").blocks
        if block["type"] == "actions"
        for each in block["elements"]
        if each["type"] == "static_select"
    ]

    assert ["年次休暇？", "病気休暇？"] == [each["value"] for each in menu["options"]]


@pytest.mark.parametrize(
    "text,most,expected",
    [
        ("短い", 10, ("短い", False)),
        ("あいう\nえお", 4, ("あいう", True)),
        ("あいうえお", 3, ("あいう…", True)),
    ],
    ids=["short", "two lines", "one long line"],
)
def test_text_is_cut_between_lines(text: str, most: int, expected: tuple[str, bool]) -> None:
    """A line that is longer than everything is cut, which nothing can help."""
    assert expected == shortened(text, most)


@pytest.mark.parametrize(
    "text",
    [
        "<!channel> 全員へ",
        "<@U1> さん",
        "<#C1|x>",
        "[見る](https://evil.example/?q=1)",
        "![見る](https://evil.example/?q=1)",
        "<https://evil.example|見る>",
    ],
)
def test_text_of_a_model_notifies_nobody_and_leads_nowhere(text: str) -> None:
    """Mentions, links and pictures in an answer come out as the characters they are."""
    made = harmless(text)

    assert "<" not in made.replace("\\<", "")
    assert "](" not in made
    assert "![" not in made.replace("!\\[", "")


def test_what_is_already_escaped_stays_as_it_is() -> None:
    """Quotations come escaped; a second backslash would be shown."""
    assert r"\<b\> \[2\] 3\*4" == harmless(r"\<b\> \[2\] 3\*4")


def test_notification_is_plain_text() -> None:
    """The text for notifications has no markup, and Slack reads no mention into it."""
    assert "休暇は [1] &lt;!channel&gt; A&amp;B" == plain("**休暇**は [1] \\<!channel\\> A&B")


def test_source_names_title_edition_and_printed_page() -> None:
    """As the town hall cites: 文書名（版）p.N, markup in the title shown as it is."""
    line = blocks.citation_line(answer().citations[0], "ja", "")

    assert r"- \[1\] 休暇の\[手引き\]\*（第3版）p.3 休 暇" == line


@pytest.mark.parametrize(
    "kind,in_force,badges",
    [
        (Kind.MANUAL, True, ""),
        (Kind.MANUAL, False, " `旧版`"),
        (Kind.DIGEST, True, " `要約`"),
        (Kind.CASE, False, " `旧版` `事例`"),
    ],
)
def test_badges_say_what_authority_a_source_has(kind: Kind, in_force: bool, badges: str) -> None:  # noqa: FBT001
    """Superseded editions, digests and cases are marked; a manual in force is not."""
    held = edition("x", title="題", kind=kind)
    citation = cite(1, held, TEXT, 0, 5, in_force=in_force)

    assert f"- \\[1\\] 題（1.0）p.3{badges}" == blocks.citation_line(citation, "ja", "")


def test_link_leads_to_the_viewer_with_the_quotation_marked() -> None:
    """The address is that of the web page's viewer, odd labels encoded."""
    link = blocks.viewer_link("https://t.example/", answer().citations[0])

    assert (
        "https://t.example/view?document=leave&edition=%E7%AC%AC3%E7%89%88"
        "&page=1&start=0&end=20" == link
    )


def test_declined_answer_shows_its_message_and_what_is_nearest() -> None:
    """The nearest statements are called that, and can be looked at."""
    declined = replace(
        answer("", cited=0), declined=Declined("not-found", "ありません。", answer().citations)
    )

    rendered = message(declined, key="k")

    assert "ありません。" == rendered.blocks[0]["text"]
    assert rendered.blocks[1]["elements"][0]["text"].startswith("近い記載: [1] ")
    assert "page:1" in shown(rendered)


def test_no_buttons_for_pages_where_they_cannot_be_drawn() -> None:
    """A button that could only fail is not shown."""
    assert "page:" not in shown(message(answer(), key="k", shows_pages=False))
    sheet = Place(PlaceKind.SHEET, "手数料", "B4:D9")
    without = replace(answer(), citations=(replace(answer().citations[0], place=sheet),))
    assert "page:" not in shown(message(without, key="k"))


def entry(question: str) -> Entry:
    """Return a line of the record."""
    return Entry("a", 0.0, "slack", question, "ja", "extractive", "", "g", 1.0)


@pytest.mark.parametrize("count", [0, 1, 400], ids=["nothing", "one", "many"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_home_tab_fits_whatever_is_held(count: int, language: str) -> None:
    """No document, one, or hundreds with long titles."""
    held = [edition(f"d{n}", title="とても長い題名" * 10) for n in range(count)]

    view = views.home(
        language,
        editions=held,
        generation="g1",
        refreshed="2026-11-23",
        recent=[entry("長い質問" * 400)] * min(count, 5),
        command="/tebiki",
    )

    check_view(view)


def test_home_tab_names_every_document_or_says_how_many_more() -> None:
    """Nothing is left out in silence."""

    def home(count: int) -> str:
        held = [edition(f"d{n}", title=f"手引き{n}号") for n in range(count)]
        view = views.home(
            "ja",
            editions=held,
            generation="g1",
            refreshed="2026-11-23",
            recent=[],
            command="/tebiki",
            public_url="https://t.example/",
        )
        return json.dumps(view, ensure_ascii=False)

    all_, some = home(300), home(320)
    assert all(f"手引き{n}号" in all_ for n in range(300))
    assert "ほかに" not in all_
    assert "ほかに 20 件あります。 https://t.example/documents" in some


@pytest.mark.parametrize("count", [0, 1, 250], ids=["nothing", "one", "many"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_forms_fit_whatever_is_held(count: int, language: str) -> None:
    """The forms keep Slack's limits in both languages."""
    held = [edition(f"d{n}", title="とても長い題名" * 20) for n in range(count)]
    chosen = ChannelSettings(automatic=True, ephemeral=True, documents=("d0", "gone"))

    view = views.settings_modal(language, channel="C1", chosen=chosen, editions=held)

    check_view(view)
    check_view(views.reason_modal(language, "a1"))
    assert "automatic" == view["blocks"][0]["element"]["initial_option"]["value"]
    said = view["blocks"][-1]["elements"][0]["text"]
    assert f"{1 if count else 2} " in said  # "gone", and "d0" where nothing is held
    if count:
        menu = view["blocks"][2]["element"]
        assert ["d0"] == [option["value"] for option in menu["initial_options"]]
        groups = menu.get("option_groups", [menu])
        offered = [option["value"] for group in groups for option in group["options"]]
        assert [f"d{n}" for n in range(count)] == offered


def test_chosen_settings_are_read_from_the_form() -> None:
    """What Slack sends back, with no document chosen."""
    values: dict[str, Any] = {
        "when": {"when": {"selected_option": {"value": "mention"}}},
        "who": {"who": {"selected_option": {"value": "ephemeral"}}},
        "documents": {"documents": {"selected_options": []}},
    }

    assert (False, True, ()) == views.chosen_settings(values)


def test_at_most_four_prompts_within_their_lengths() -> None:
    """Slack refuses a fifth."""
    made = views.prompts(["長" * 3_000] * 9)

    assert 4 == len(made)
    assert (75, 2_000) == (len(made[0]["title"]), len(made[0]["message"]))


def test_both_languages_say_everything() -> None:
    """Every sentence exists in Japanese and in English, with the same blanks."""
    from string import Formatter

    from bot.slack.words import _EN, _JA

    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert set(_JA) == set(_EN)
    assert {name: blanks(text) for name, text in _JA.items()} == {
        name: blanks(text) for name, text in _EN.items()
    }
    assert "回答番号 7" == say("ja", "answer-id", id=7)


def test_the_fake_refuses_what_slack_refuses() -> None:
    """A checker that accepts everything would prove nothing."""
    from tests.slack_server import Refused

    wrong: list[list[dict[str, Any]]] = [
        [{"type": "markdown", "text": ""}],
        [{"type": "markdown", "text": "x" * 6_001}] * 2,
        [{"type": "divider"}] * 51,
        [{"type": "actions", "elements": []}],
        [{"type": "context", "elements": [{"type": "plain_text", "text": ""}]}],
        [{"type": "unknown"}],
    ]
    for each in wrong:
        with pytest.raises(Refused):
            check_blocks(each, most=50)
    for surface in ("home", "modal"):
        with pytest.raises(Refused, match=f"markdown in a {surface}"):
            check_blocks([{"type": "markdown", "text": "x"}], most=50, surface=surface)
