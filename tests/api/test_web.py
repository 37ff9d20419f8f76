"""The pages in a real browser: asking, checking, and everybody being able to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from api.access import Access
from api.keys import Keys, Scope
from bot.answering.editions import AcrossEditions
from bot.answering.extractive import Extractive
from bot.answers import Answer, Certainty, Citation, Delta, Event, Lead, Missing, Question, cite
from bot.telling.quotations import Screen, first_screen
from ingest.pdf import documents
from tests.axe import WAIT_MS, violations
from tests.conftest import system_package
from tests.fakes import edition, edition_text
from tests.ingest.catalog.test_editions_held import FIRST, SECOND, put
from tests.served import (
    DIGEST,
    OLDER,
    PAGES,
    ListedLibrary,
    app_of,
    bundled,
    serving,
    small,
)

pytestmark = pytest.mark.needs("chromium")

ASKED = "CIO補佐官を特別職非常勤職員として任用するには"
HOLDS = "地方公務員法の規定は適用されない"
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return where the bundled corpus is served."""
    with serving(app_of(bundled())) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox"]
        )
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opener]:
    """Return a function that opens a page; the test fails on an error in its console."""
    contexts = []
    complaints: list[str] = []

    def open_page(
        path: str = "/", *, base: str = address, wide: int = 1400, high: int = 900, **how: object
    ) -> Page:
        given: dict[str, Any] = {"locale": "ja-JP", **how}
        context = browser.new_context(viewport={"width": wide, "height": high}, **given)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        if base != address:  # the small library has no files to draw
            page.route(
                "**/pages/*/image?*",
                lambda route: route.fulfill(content_type="image/svg+xml", body=BLANK),
            )
        page.on("request", lambda request: _stays_here(request, base, complaints))
        page.goto(base + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [] == complaints


def _stays_here(request: Request, base: str, complaints: list[str]) -> None:
    if not request.url.startswith((base, "data:", "blob:")):
        complaints.append(f"the page asked {request.url}")


def ask(page: Page, question: str = ASKED) -> None:
    """Type a question, send it, and wait for the whole answer."""
    before = page.locator(".turn").count()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    expect(page.locator(".turn")).to_have_count(before + 1)
    expect(page.locator(".turn").last.locator(".tools")).to_be_visible()


def test_answer_shows_quotations_markers_and_sources(opened: Opener) -> None:
    """The sentence that answers stands there with a marker, and its source beneath."""
    page = opened()
    ask(page)

    answer = page.locator(".answer")
    expect(answer.locator(".prose")).to_contain_text(HOLDS)
    assert 0 < answer.locator("button.marker").count()
    expect(answer.locator(".place .work").first).to_contain_text("自治体DX全体手順書の要約")
    expect(answer.locator(".place .badge").first).to_have_text("要約")
    expect(answer.locator(".place .page").first).to_contain_text("p.")
    expect(page.locator("#live")).to_contain_text("回答が届きました。")
    expect(page.locator("#live")).to_contain_text(HOLDS)


TABLE = "区分\t金額\t根拠\n通勤\t5,000円\t第3条\n住居\t28,000円\t第4条\n扶養\t6,500円\t第5条"
LONG = "年次有給休暇は、一年につき20日とする。" * 12


class Changed:
    """The answerer of the small library, whose answer a test changes."""

    def __init__(self, change: Callable[[Answer, Callable[[int, str], Citation]], Answer]) -> None:
        self.change = change

    def answer(self, question: Question) -> Answer:
        """Answer, and change it; quotations are made of any text."""
        given = Extractive(small).answer(question)

        def quoting(marker: int, said: str) -> Citation:
            made = cite(marker, DIGEST, edition_text(said), 0, len(said), section=("休暇",))
            return replace(made, context="区分 / 金額 / 根拠" if "\t" in said else "")

        return self.change(given, quoting)


def shown_as(certainty: Certainty, *quotes: str) -> Changed:
    """Return an answerer whose answer quotes *quotes*, the first of which leads."""

    def change(given: Answer, quoting: Callable[[int, str], Citation]) -> Answer:
        citations = tuple(quoting(at, said) for at, said in enumerate(quotes, start=1))
        lead = Lead(quotes[0], 1)
        missing = (Missing("thing", "看護休暇"),)
        return replace(
            given,
            text=first_screen(Screen("ja", lead, citations, certainty, missing, (), ())),
            citations=citations,
            lead=lead,
            declined=None,
            certainty=certainty,
            missing=missing,
            further=(),
            further_text="",
        )

    return Changed(change)


@pytest.mark.parametrize("wide", [1280, 390])
def test_first_screen_holds_the_answer_and_its_sources(opened: Opener, wide: int) -> None:
    """Three quotations, the longest there are, a table among them, and what one can do with them."""
    answerer = shown_as(Certainty.ANSWERED, LONG[:240], TABLE, LONG)
    with serving(app_of(small(), answerer=answerer)) as base:
        page = opened(base=base, wide=wide)
        page.set_viewport_size({"width": wide, "height": 800 if wide > 500 else 844})
        ask(page, "年次有給休暇は何日ですか")

        bottom, box = page.evaluate(
            "['.answer .tools', '#ask'].map((each) =>"
            " document.querySelector(each).getBoundingClientRect())"
            ".map((each, at) => at ? each.top : each.bottom)"
        )
        assert bottom <= box
        expect(page.locator(".quoted .place")).to_have_count(3)


def test_quotation_is_shown_word_for_word(opened: Opener) -> None:
    """Only white space differs, and one click shows what a short view left out."""
    said = "休暇は次のとおりとする。\n・年次休暇\n・病気休暇\nただし、臨時の職員を\n除く。" * 5
    with serving(app_of(small(), answerer=shown_as(Certainty.ANSWERED, said, LONG))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")
        for at, wanted in enumerate((said, LONG)):
            block = page.locator(".quoted").nth(at)
            assert "".join(wanted.split()) == "".join(
                (block.locator(".verbatim").text_content() or "").split()
            )
            before = block.locator(".verbatim").bounding_box()
            block.get_by_role("button", name="全文").click()
            after = block.locator(".verbatim").bounding_box()
            assert before is not None
            assert after is not None
            assert before["height"] < after["height"]


def test_table_is_shown_as_a_table_under_its_heads(opened: Opener) -> None:
    """Rows that answer are tinted; the others come with one click."""

    def change(given: Answer, quoting: Callable[[int, str], Citation]) -> Answer:
        citation = quoting(1, TABLE)
        lead = Lead("住居\t28,000円\t第4条", 1)
        text = first_screen(Screen("ja", lead, (citation,), Certainty.ANSWERED, (), (), ()))
        return replace(given, text=text, citations=(citation,), lead=lead)

    with serving(app_of(small(), answerer=Changed(change))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        table = page.locator(".quoted table")
        assert ["区分", "金額", "根拠"] == table.locator("th").all_text_contents()
        assert ["住居", "28,000円", "第4条"] == table.locator("td:visible").all_text_contents()
        page.get_by_role("button", name="全文").click()
        expect(table.locator("tbody tr:visible")).to_have_count(3)


def tabular(quote: str, lead: str, context: str) -> Changed:
    """Return an answerer whose answer quotes rows of a table under the heads of *context*."""

    def change(given: Answer, quoting: Callable[[int, str], Citation]) -> Answer:
        citation = replace(quoting(1, quote), context=context)
        said = Lead(lead, 1)
        text = first_screen(Screen("ja", said, (citation,), Certainty.ANSWERED, (), (), ()))
        return replace(given, text=text, citations=(citation,), lead=said, further=())

    return Changed(change)


@pytest.mark.parametrize(
    "quote,context,heads,rows",
    [
        (
            "課税\t特級\t30％\t7.2\n課税\t標準\t25％\t7.2\n免税\t8％\t0.1",
            "含有量 / 税率",
            ["", "", "含有量", "税率"],
            [
                ["課税", "特級", "30％", "7.2"],
                ["課税", "標準", "25％", "7.2"],
                ["免税", "8％", "0.1"],
            ],
        ),
        (
            "区分\t市街地\t住宅地\n地域\n指定都市\t100\t200\n町村\t―\t300",
            "区分 / 区分 / 市街地 / 住宅地",
            ["区分", "市街地", "住宅地"],
            [["地域"], ["指定都市", "100", "200"], ["町村", "―", "300"]],
        ),
    ],
    ids=["labels in an empty corner", "a corner head of two halves"],
)
def test_rows_stand_under_the_heads_that_name_them(
    opened: Opener, quote: str, context: str, heads: list[str], rows: list[list[str]]
) -> None:
    """Labels without a head leave the corner empty, and a shorter row lacks a label, not a figure."""
    with serving(app_of(small(), answerer=tabular(quote, quote, context))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        table = page.locator(".quoted table")
        assert heads == table.locator("thead tr > *").all_text_contents()
        assert rows == [
            each.locator("td").all_text_contents() for each in table.locator("tbody tr").all()
        ]
        last = table.locator("tbody tr").last.locator("td").last
        assert heads[-1] == last.get_attribute("data-head")


def test_a_figure_without_a_head_keeps_the_heads_apart(opened: Opener) -> None:
    """Which column a head names is not known where the first one holds figures: no guess is drawn."""
    quote = "100\t200\t300\n400\t500\t600"
    with serving(app_of(small(), answerer=tabular(quote, quote, "金額 / 根拠"))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        expect(page.locator(".quoted th")).to_have_count(0)
        expect(page.locator(".quoted .within")).to_have_text("金額 / 根拠")


def test_one_row_stands_as_a_list_on_a_telephone(opened: Opener) -> None:
    """Each cell beside its head: nothing of the row that answers lies off the screen."""
    row = "果実酒\t720\t11.0\t770\t64.80\t70.00\t17.5"
    heads = "品目区分 / 容量 / アルコール分 / 小売価格 / 酒税額 / 消費税額 / 負担率"
    with serving(app_of(small(), answerer=tabular(row, row, heads))) as base:
        page = opened(base=base, wide=390)
        ask(page, "年次有給休暇は何日ですか")

        last = page.locator(".quoted td").last
        expect(last).to_be_in_viewport(ratio=1)
        assert '"負担率"' == last.evaluate("each => getComputedStyle(each, '::before').content")


def test_what_runs_over_many_lines_is_not_large(opened: Opener) -> None:
    """Labels of a chart, a whole list: none of their lines is the answer."""
    said = "13.59\n・無回答を除くベース\n・図表9の変化\n・前回の調査"
    with serving(app_of(small(), answerer=shown_as(Certainty.ANSWERED, said))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        expect(page.locator(".quoted p")).to_have_count(4)
        expect(page.locator(".verbatim .lead")).to_have_count(0)


@pytest.mark.parametrize("wide", [1280, 390])
def test_what_answers_is_seen_first(opened: Opener, wide: int) -> None:
    """Of a long quotation whatever stands before it comes with one click; the rest is quieter."""
    lead = "なお、繰り越した休暇は、翌年の末日まで使うことができる。"
    quote = f"{LONG[:200]}\n{lead}\nこの場合において、届出は要しない。"
    with serving(app_of(small(), answerer=tabular(quote, lead, ""))) as base:
        page = opened(base=base, wide=wide)
        ask(page, "年次有給休暇は何日ですか")

        block = page.locator(".quoted").first
        large = block.locator(".lead.brief")
        expect(large).to_have_text(lead)
        expect(large).to_be_in_viewport(ratio=1)
        assert "inline" == large.evaluate("each => getComputedStyle(each).display")
        assert [lead, "この場合において、届出は要しない。"] == block.locator(
            "p:visible"
        ).all_text_contents()
        colours = [
            block.locator("p").nth(at).locator(inside).evaluate("e => getComputedStyle(e).color")
            for at, inside in ((1, ".lead"), (2, "xpath=."))
        ]
        assert colours[0] != colours[1]
        block.get_by_role("button", name="全文").click()
        expect(block.locator("p:visible")).to_have_count(3)


def test_each_of_two_tables_stands_under_its_own_heads(opened: Opener) -> None:
    """The heads of both are told one after the other; one table shows its own as a row."""
    quote = "標準化\t令和7年度\n第4章\n対象\t支援\t文書\n移行\t補助金\t手順書"
    context = "取組み / 時期 / 対象 / 支援 / 文書"
    with serving(app_of(small(), answerer=tabular(quote, "移行\t補助金\t手順書", context))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        tables = [
            [row.locator("> *").all_text_contents() for row in table.locator("tr").all()]
            for table in page.locator(".quoted table").all()
        ]
        assert [
            [["取組み", "時期"], ["標準化", "令和7年度"]],
            [["対象", "支援", "文書"], ["移行", "補助金", "手順書"]],
        ] == tables


def test_three_columns_fit_on_a_telephone(opened: Opener) -> None:
    """What the last of them says is not off the screen."""
    rows = "\n".join(
        f"({n})\t対象となる事務\t標準化対象事務は、現時点で17事務である。" for n in (1, 2)
    )
    with serving(app_of(small(), answerer=tabular(rows, rows, "番号 / 特徴 / 内容"))) as base:
        page = opened(base=base, wide=390)
        ask(page, "年次有給休暇は何日ですか")

        expect(page.locator(".quoted td").nth(2)).to_be_in_viewport(ratio=1)


def test_a_long_question_leaves_room_for_its_answer(opened: Opener) -> None:
    """Three lines of it are shown, the rest at a click."""
    page = opened(wide=390)
    ask(page, "お世話になっております。" * 10 + ASKED)
    said = page.locator(".asked .words")
    before = said.bounding_box()
    page.locator(".asked").get_by_role("button", name="全文").click()
    after = said.bounding_box()

    assert before is not None
    assert after is not None
    assert before["height"] < 90 < after["height"]


def test_near_and_declined_look_different_and_say_what_is_missing(opened: Opener) -> None:
    """A near answer leads with a warning and prints nothing large; a refusal names the words."""
    with serving(app_of(small(), answerer=shown_as(Certainty.NEAR, LONG[:100]))) as base:
        page = opened(base=base)
        ask(page, "看護休暇は何日ですか")

        expect(page.locator(".standing.near")).to_contain_text("近い記載")
        expect(page.locator(".standing.near")).to_contain_text("「看護休暇」という語は")
        expect(page.locator(".prose > :first-child.standing")).to_have_count(1)
        expect(page.locator(".verbatim .lead.brief")).to_have_count(0)
    with serving(app_of(small(), answerer=shown_as(Certainty.ANSWERED, LONG[:100]))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        expect(page.locator(".standing")).to_have_count(0)
        expect(page.locator(".verbatim .lead")).to_have_count(1)
    page = opened()
    ask(page, "火星の基地の賃料はいくら？")

    expect(page.locator(".standing.declined")).to_contain_text("記載なし")
    expect(page.locator(".lacking .word").first).to_be_visible()
    expect(page.locator(".verbatim .lead")).to_have_count(0)


def test_a_superseded_source_leads_to_the_page_in_force(opened: Opener, tmp_path: Path) -> None:
    """It wears the badge, says what holds now, and a click opens that page, marked."""
    held = {}
    for label, since, pages in (("第1.0版", 2021, FIRST), ("第2.0版", 2023, SECOND)):
        put(tmp_path, f"{label}.pdf", pages)
        named = edition("leave", label=label, title="休暇の手引き", in_force_from=date(since, 4, 1))
        path = tmp_path / f"{label}.pdf"
        held[replace(named, path=str(path))] = documents.read(path)
    library = ListedLibrary(held)
    answerer = AcrossEditions(Extractive(lambda: library), lambda: library)
    with serving(app_of(library, answerer=answerer)) as base:
        page = opened(base=base)
        ask(page, "令和4年3月時点で診断書はいつまでに出すか")

        source = page.locator(".quoted").first
        expect(source.locator(".badge")).to_have_text("旧版")
        expect(source.locator(".now")).to_contain_text("診断書は七日以内に総務課に出す。")
        expect(page.locator(".remarks").first).to_contain_text("2022年3月31日")
        source.get_by_role("button", name="現行版（第2.0版） p.4").click()
        expect(page.locator("#viewer-title")).to_have_text("休暇の手引き（第2.0版）")
        expect(page.locator(".count")).to_contain_text("p.4")
        expect(page.locator(".frame img")).to_be_visible()


def test_click_opens_the_page_with_the_quotation_marked(opened: Opener) -> None:
    """The page image is tinted where the quotation stands, as seen on the screen."""
    page = opened()
    ask(page)
    with page.expect_response(
        lambda response: "/image" not in response.url and "/pages/" in response.url
    ) as reply:
        page.locator("button.marker").first.click()
    image = page.locator("#viewer .sheet img")
    expect(image).to_be_visible()

    shown = reply.value.json()
    assert HOLDS in shown["text"]
    tinted = page.evaluate(
        """async (boxes) => {
          const image = document.querySelector("#viewer .sheet img");
          const canvas = document.createElement("canvas");
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          const at = canvas.getContext("2d"); at.drawImage(image, 0, 0);
          const yellow = ([r, g, b]) => r > 150 && g > 110 && b < 120;
          return boxes.map((box) => {
            let count = 0;
            for (let step = 0; step < 20; step += 1) {
              const x = (box.left + (box.width * (step + 0.5)) / 20) * canvas.width;
              const y = (box.top + box.height * 0.06) * canvas.height;
              count += yellow(at.getImageData(x, y, 1, 1).data) ? 1 : 0;
            }
            return count / 20;
          });
        }""",
        shown["boxes"],
    )
    assert tinted
    assert all(share > 0.7 for share in tinted), tinted
    expect(page.locator("#viewer .title")).to_be_focused()
    assert "#page=" in (page.locator("#viewer a.link").get_attribute("href") or "")


TALK = (
    ASKED,
    "マイナポータルからの申請受付に必要な整備事項は？",
    "BPRとは何ですか",
    "標準化の目標時期はいつですか",
    "ガバメントクラウドの利用料は誰が負担しますか",
)

SEEN = """([line, boxes]) => {
  const [sheet, frame, at] = [".sheet", ".frame", "#viewer"].map((each) =>
    document.querySelector(each === "#viewer" ? each : `#viewer ${each}`).getBoundingClientRect());
  const top = sheet.top + boxes[0].top * sheet.height;
  return {
    page: frame.top <= top && top + boxes[0].height * sheet.height <= frame.bottom,
    line: line.right <= at.left || line.bottom <= at.top || at.bottom <= line.top,
  };
}"""
"""Whether the quotation on the page can be seen, and the clicked line beside it."""


@pytest.mark.parametrize("wide", [1400, 800, 390])
def test_a_click_on_a_mark_moves_nothing(opened: Opener, wide: int) -> None:
    """The clicked line stays where it is, to the pixel, wherever on the screen; both are seen."""
    page = opened(wide=wide, reduced_motion="reduce")
    for turn, asked in enumerate(TALK):
        ask(page, asked)
        answer = page.locator(".answer").last
        for rest in answer.locator("details.further summary").all():
            rest.click()
        marks = answer.locator("button.marker")
        assert marks.count()
        for at in range(marks.count()):
            mark = marks.nth(at)
            block = ("center", "start", "end")[(turn + at) % 3]
            mark.evaluate(
                "(each, block) => each.scrollIntoView({ block, behavior: 'instant' })", block
            )
            before = mark.bounding_box()
            with page.expect_response(re.compile(r"/pages/\d+\?")) as reply:
                mark.click()
            expect(page.locator("#viewer .title")).to_be_focused()
            expect(page.locator("#viewer")).not_to_have_class(re.compile("busy"))
            assert before == mark.bounding_box()
            line = mark.evaluate("each => each.getBoundingClientRect().toJSON()")
            seen = page.evaluate(SEEN, [line, reply.value.json()["boxes"]])
            assert {"page": True, "line": True} == seen
            page.keyboard.press("Escape")
            expect(page.locator("#viewer")).not_to_be_visible()
            assert before == mark.bounding_box()
            expect(mark).to_be_focused()


def test_a_card_shows_the_passage_before_any_click(opened: Opener) -> None:
    """With the pointer on a mark or the keyboard's focus; Escape takes it away."""
    page = opened()
    ask(page)
    page.locator("button.marker").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text(HOLDS)
    expect(page.get_by_role("tooltip")).to_contain_text("自治体DX全体手順書の要約")
    assert 0 == violations(page)
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_have_count(0)

    page.locator("details.further summary").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("button.marker:focus")).to_have_count(1)
    expect(page.get_by_role("tooltip")).to_contain_text(HOLDS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_have_count(0)


def test_n_and_p_lead_from_quotation_to_quotation(opened: Opener) -> None:
    """The next citation of the answer is shown and counted, and closing returns to its mark."""
    page = opened()
    ask(page)
    page.locator("button.marker").first.click()
    expect(page.locator(".which")).to_contain_text("引用 1/")
    page.keyboard.press("n")
    expect(page.locator(".which")).to_contain_text("引用 2/")
    expect(page.locator('.place[data-marker="2"]')).to_have_attribute("aria-current", "true")
    page.keyboard.press("p")
    expect(page.locator(".which")).to_contain_text("引用 1/")
    page.keyboard.press("n")
    page.keyboard.press("Escape")

    expect(page.locator('.place[data-marker="2"]')).to_be_focused()


def test_text_of_the_page_can_be_selected_where_it_stands(opened: Opener) -> None:
    """Over the picture lies the page's text, piece by piece, within the page."""
    page = opened()
    ask(page)
    page.locator("button.marker").first.click()
    piece = page.locator(".layer span", has_text=HOLDS).first
    expect(piece).to_be_visible()
    # Both at once: what was opened by itself is drawn anew by the click.
    box, sheet = page.evaluate(
        """said => {
          const piece = [...document.querySelectorAll(".layer span")].find((one) => one.textContent.includes(said));
          return [piece, piece.closest(".sheet")].map((each) => each.getBoundingClientRect().toJSON());
        }""",
        HOLDS,
    )

    assert sheet["y"] <= box["y"] < box["y"] + box["height"] <= sheet["y"] + sheet["height"] + 1
    assert 0 < box["width"] <= sheet["width"]


def test_pages_can_be_turned_and_the_way_back_found(opened: Opener) -> None:
    """Next and previous show the neighbours; a link leads back to the quotation."""
    page = opened()
    ask(page)
    page.locator(".place").first.click()
    count = page.locator("#viewer .count small")
    expect(count).to_contain_text("/")
    cited = count.inner_text()

    page.get_by_role("button", name="次のページ").click()
    expect(count).not_to_have_text(cited)
    page.get_by_role("button", name="引用箇所へ戻る").click()

    expect(count).to_have_text(cited)


def test_page_can_be_made_larger_in_steps(opened: Opener) -> None:
    """By buttons and by + and -; the text lies where the picture has it, and goes no further."""
    page = opened()
    ask(page)
    page.locator(".place").first.click()
    sheet = page.locator("#viewer .sheet")
    expect(sheet.locator("img")).to_be_visible()
    before = sheet.evaluate("sheet => sheet.offsetWidth")
    expect(page.get_by_role("button", name="縮小（-）")).to_be_disabled()
    page.keyboard.press("+")
    expect(sheet).to_have_attribute("style", "width: 150%;")
    assert 1.4 * before < sheet.evaluate("sheet => sheet.offsetWidth")
    for percent in (200, 300):
        page.get_by_role("button", name="拡大（+）").click()
        expect(sheet).to_have_attribute("style", f"width: {percent}%;")
    expect(page.get_by_role("button", name="拡大（+）")).to_be_disabled()
    assert sheet.evaluate("sheet => sheet.offsetWidth == sheet.querySelector('.layer').offsetWidth")
    page.keyboard.press("-")
    expect(sheet).to_have_attribute("style", "width: 200%;")


def test_keyboard_alone_suffices(opened: Opener) -> None:
    """Enter asks; Tab reaches the marker; Enter opens the page; Escape closes it and goes back."""
    page = opened()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(ASKED)
    page.keyboard.press("Enter")
    expect(page.locator(".tools")).to_be_visible()

    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('button.marker')"):
            break
    marker = page.locator("button.marker:focus")
    expect(marker).to_have_count(1)
    name = marker.get_attribute("aria-label")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .sheet img")).to_be_visible()
    first = page.locator("#viewer .count").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer .count")).not_to_have_text(first)
    page.keyboard.press("Escape")

    expect(page.locator("#viewer")).not_to_be_visible()
    assert name == page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_enter_that_chooses_a_word_does_not_send(opened: Opener) -> None:
    """While an input method is composing, Enter belongs to it."""
    page = opened()
    page.locator("#question").fill("きゅうか")
    page.evaluate(
        """document.querySelector("#question").dispatchEvent(
             new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }))"""
    )
    page.locator("#question").press("Shift+Enter")

    assert 0 == page.locator(".turn").count()
    assert "きゅうか\n" == page.locator("#question").input_value()


def test_follow_up_brings_the_earlier_turns(opened: Opener) -> None:
    """The second question is sent with the first, and shown below it."""
    page = opened()
    ask(page)
    with page.expect_request("**/v1/answers") as sent:
        ask(page, "その標準化の目標時期はいつですか")

    body = json.loads(sent.value.post_data or "")
    assert [ASKED] == [turn["question"] for turn in body["history"]]
    assert HOLDS in body["history"][0]["answer"]
    assert 2 == page.locator(".turn").count()


def test_feedback_is_sent_and_acknowledged(opened: Opener) -> None:
    """A click on "helpful" reaches the server and the reader is told."""
    page = opened()
    ask(page)
    with page.expect_response("**/v1/feedback") as reply:
        page.get_by_role("button", name="役に立った").click()

    assert 201 == reply.value.status
    expect(page.locator(".said")).to_have_text("ありがとうございます。記録しました。")
    expect(page.get_by_role("button", name="役に立った")).to_have_attribute("aria-pressed", "true")


def test_reason_for_a_bad_rating_can_be_given(opened: Opener) -> None:
    """Who found an answer unhelpful is asked what was missing, and need not say."""
    page = opened()
    ask(page)
    page.get_by_role("button", name="役に立たなかった").click()
    page.get_by_label("足りなかったこと").fill("様式がない")
    assert 0 == violations(page)
    with page.expect_request("**/v1/feedback") as sent:
        page.get_by_role("button", name="伝える").click()

    body = json.loads(sent.value.post_data or "")
    assert ("down", "様式がない") == (body["rating"], body["comment"])
    expect(page.locator(".reason")).to_have_count(0)


def test_copy_carries_the_citations_of_a_town_hall(opened: Opener) -> None:
    """What is copied ends with 文書名（版）p.N for each marker."""
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    page.get_by_role("button", name="出典つきでコピー").click()
    expect(page.locator(".said")).to_have_text("コピーしました")

    copied = page.evaluate("navigator.clipboard.readText()")
    assert HOLDS in copied
    assert "\n[1] 自治体DX全体手順書の要約（" in copied
    assert "）p." in copied.rpartition("出典")[2]


def test_copy_keeps_tables_bold_and_links_for_a_word_processor(opened: Opener) -> None:
    """Beside the plain text lies the same as HTML, with the addresses of the cited pages."""
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    page.get_by_role("button", name="出典つきでコピー").click()
    expect(page.locator(".said")).to_have_text("コピーしました")

    rich = page.evaluate(
        "navigator.clipboard.read().then(([it]) => it.getType('text/html')).then(it => it.text())"
    )
    assert HOLDS in rich
    assert "<strong>" in rich
    assert "/view?document=zentai-digest" in rich
    assert "<button" not in rich


def test_an_answer_can_be_kept_and_passed_on(opened: Opener) -> None:
    """Sheets to attach and the answer's address lie behind one button; Escape closes it."""
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    page.locator(".keep summary").click()
    sheets = page.locator(".ways a")

    expect(sheets.nth(0)).to_have_attribute("href", re.compile(r"/evidence\?form=pdf$"))
    expect(sheets.nth(1)).to_have_attribute("href", re.compile(r"/evidence\?form=docx$"))
    page.keyboard.press("Escape")
    expect(page.locator(".ways")).to_be_hidden()
    page.locator(".keep summary").click()
    page.locator(".ways button").first.click()
    expect(page.locator(".said")).to_have_text("コピーしました")
    assert page.url == page.evaluate("navigator.clipboard.readText()")


def test_copy_works_over_plain_http(opened: Opener) -> None:
    """A browser has no clipboard for pages of http://LAN; what is copied is the same."""
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(
        "window.read = () => clipboard.readText(); window.clipboard = navigator.clipboard"
    )
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ask(page)
    copy = page.get_by_role("button", name="出典つきでコピー")
    copy.click()
    expect(page.locator(".said")).to_have_text("コピーしました")

    copied = page.evaluate("read()")
    assert HOLDS in copied
    assert "\n[1] 自治体DX全体手順書の要約（" in copied
    assert 0 == page.locator(".tools textarea").count()
    expect(copy).to_be_focused()


def test_english_interface_stays_chosen(opened: Opener) -> None:
    """The switch changes the words, the page's language, and lasts over a reload."""
    page = opened()
    page.get_by_role("button", name="Switch to English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Ask the manuals")
    assert "en" == page.evaluate("document.documentElement.lang")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask the manuals")
    ask(page, "How are CIO aides employed?")
    expect(page.get_by_role("button", name="Copy with sources")).to_be_visible()


def test_browser_in_english_is_met_in_english(opened: Opener) -> None:
    """Who has not chosen gets the browser's language."""
    page = opened(locale="en-GB")

    expect(page.get_by_role("heading", level=1)).to_have_text("Ask the manuals")


def test_history_comes_back_after_a_reload(opened: Opener) -> None:
    """A conversation is kept in the browser, can be opened again, and can be removed."""
    page = opened()
    ask(page)
    page.goto(page.url.partition("?")[0])
    expect(page.locator(".turn")).to_have_count(0)
    page.get_by_role("button", name="履歴").click()
    page.locator(".kept .open").click()
    expect(page.locator(".answer .prose")).to_contain_text(HOLDS)

    page.get_by_role("button", name="履歴").click()
    page.get_by_role("button", name="履歴をすべて消す").click()

    expect(page.locator("#history")).to_contain_text("まだ質問がありません。")
    assert page.evaluate("localStorage.getItem('tebiki.conversations')") is None


def test_a_reloaded_conversation_begins_with_its_last_question(opened: Opener) -> None:
    """Right beneath the head of the page, however high the answers above it turn out to be."""
    page = opened()
    ask(page)
    ask(page, "BPRとは何ですか")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)

    expect(page.locator(".asked").last).to_be_in_viewport(ratio=1)
    head, asked = page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>"
        " requestAnimationFrame(() => done([['.top', 'bottom'], ['.turn:last-child .asked', 'top']]"
        ".map(([each, edge]) => document.querySelector(each).getBoundingClientRect()[edge]))))))"
    )
    assert head <= asked < head + 40


def test_paper_shows_the_whole_answer_and_no_link_to_the_box(opened: Opener) -> None:
    """What is cut on the screen is whole on paper; what only leads about the page is not there."""
    page = opened(wide=390)
    ask(page, "お世話になっております。" * 10 + ASKED)
    page.emulate_media(media="print")

    expect(
        page.locator(":is(.skip, .ask, .tools, .further:not([open]))").locator("visible=true")
    ).to_have_count(0)
    assert page.evaluate(
        "[...document.querySelectorAll('.short')].every((e) => e.scrollHeight <= e.clientHeight + 2)"
    )


def test_address_of_an_answer_shows_it_again(opened: Opener) -> None:
    """After a reload the whole conversation, in another browser the answer; else it is said."""
    page = opened()
    ask(page)
    ask(page, "BPRとは何ですか")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)

    where = page.url.removeprefix(page.url.split("/?")[0])
    other = opened(where)
    expect(other.locator(".turn")).to_have_count(1)
    expect(other.locator(".asked")).to_contain_text("BPRとは何ですか")
    other.locator("#new-talk").click()
    assert "?" not in other.url


@pytest.mark.parametrize("wide", [1350, 412])
def test_nothing_moves_where_an_address_opens_an_answer(opened: Opener, wide: int) -> None:
    """The empty page is not drawn first, however long the script takes."""
    page = opened()
    ask(page)
    where = page.url.removeprefix(page.url.split("/?")[0])
    other = opened("/documents", wide=wide)

    def late(route: Route) -> None:
        other.wait_for_timeout(500)
        route.continue_()

    other.route("**/web/chat.js", late)
    other.goto(page.url.split("/?")[0] + where)
    expect(other.locator(".tools")).to_be_visible()
    expect(other.locator("#question")).to_be_focused()
    moved = other.evaluate(
        "new Promise((told) => new PerformanceObserver((list) => told(list.getEntries()"
        ".reduce((all, each) => all + each.value, 0))).observe({type: 'layout-shift', buffered: true})"
        " || setTimeout(() => told(0), 500))"
    )

    assert moved < 0.1


def test_new_question_starts_over(opened: Opener) -> None:
    """The welcome comes back, and the next question brings no earlier turns."""
    page = opened()
    ask(page)
    page.get_by_role("button", name="新しい質問").click()

    expect(page.locator("#suggestions")).to_be_visible()
    with page.expect_request("**/v1/answers") as sent:
        ask(page)
    assert [] == json.loads(sent.value.post_data or "")["history"]


def test_filters_bound_a_question_and_are_remembered(opened: Opener) -> None:
    """What is chosen beside the box goes with the question, stands above the answer, and stays."""
    page = opened()
    expect(page.locator("#suggestions")).to_be_visible()
    page.locator("#filter").click()
    page.locator("#bounds select").first.select_option("zentai-digest")
    page.locator("#bounds input[type=date]").fill("2026-04-01")
    with page.expect_request("**/v1/answers") as sent:
        ask(page)

    bounds = {"documents": ["zentai-digest"], "as_of": "2026-04-01"}
    assert bounds == json.loads(sent.value.post_data or "")["filters"]
    expect(page.locator(".turn .bounded")).to_have_text("自治体DX全体手順書の要約、2026/04/01時点")
    page.goto(page.url.split("?")[0])
    expect(page.locator("#bounded")).to_contain_text("自治体DX全体手順書の要約")
    page.locator("#bounded button").click()
    expect(page.locator("#bounded")).to_be_hidden()


def test_names_are_offered_while_one_types(opened: Opener) -> None:
    """A title or a term goes on from the last letters; nothing that is typed is sent anywhere."""
    page = opened()
    expect(page.locator("#suggestions")).to_be_visible()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - it sets attributes

    page.locator("#question").press_sequentially("教えて、自治体DX全")
    expect(page.locator("#typing li").first).to_have_text("自治体DX全体手順書の要約")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#question")).to_have_value("教えて、自治体DX全体手順書の要約")
    expect(page.locator("#typing")).to_be_hidden()
    assert [] == sent


def test_what_is_read_scrolls_while_one_types(opened: Opener) -> None:
    """Page down in the question box moves the answers, which scroll between the head and the box."""
    page = opened(reduced_motion="reduce")
    ask(page)
    ask(page, "BPRとは何ですか")
    page.keyboard.press("PageUp")

    expect(page.locator(".asked").first).to_be_in_viewport()
    page.keyboard.press("PageDown")
    expect(page.locator(".asked").last).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0


def test_a_greeting_has_nothing_to_rate(opened: Opener) -> None:
    """Who says hello is greeted and offered questions; there is no quotation to copy or to judge."""
    library = small()
    answerer = AcrossEditions(Extractive(lambda: library), lambda: library)
    with serving(app_of(library, answerer=answerer)) as base:
        page = opened(base=base)
        expect(page.locator("#suggestions")).to_be_visible()
        page.locator("#question").fill("こんにちは")
        page.locator("#question").press("Enter")

        expect(page.locator(".answer .choice").first).to_be_visible()
        expect(page.locator(".answer :is(.tools, .made)")).to_have_count(0)


def test_paragraphs_of_a_quotation_stay_apart(opened: Opener) -> None:
    """What ends a sentence ends its line, and what answers is large across it."""
    page = opened()
    ask(page)
    paragraphs = page.locator(".quoted").first.locator("p")

    expect(paragraphs.nth(1)).to_have_text(re.compile("^【注意1"))
    expect(paragraphs.locator("strong.lead")).to_have_count(2)


def test_suggested_question_is_asked_with_one_click(opened: Opener) -> None:
    """Somebody who knows nothing yet clicks and sees how an answer looks."""
    page = opened()
    page.locator("#suggestions .choice").first.click()

    expect(page.locator(".answer .tools")).to_be_visible()


def test_declined_answer_shows_what_is_near(opened: Opener) -> None:
    """There is no copy of an answer that does not exist, but the nearest pages can be opened."""
    page = opened()
    ask(page, "明日の天気はどうなりますか")

    expect(page.locator(".answer .prose")).to_contain_text("見つかりませんでした")
    expect(page.get_by_role("button", name="出典つきでコピー")).to_have_count(0)


def test_digest_offers_to_add_the_official_edition(opened: Opener) -> None:
    """Below a digest stands the official work, and how its PDF comes into the corpus."""
    page = opened()
    ask(page)
    page.locator(".remarks summary").click()
    expect(page.locator(".original").first).to_contain_text("正式な文書：『自治体DX全体手順書』")
    page.locator(".original .link").first.click()

    expect(page.locator("#official")).to_contain_text("tebiki refresh")
    expect(page.locator("#official")).to_contain_text("自治体DX全体手順書")
    page.keyboard.press("Escape")
    expect(page.locator("#official")).not_to_be_visible()


@pytest.mark.parametrize(
    "typed,said",
    [("", "質問を入力してください。"), ("あ" * 2001, "2,000文字以内")],
    ids=["nothing", "too much"],
)
def test_question_that_cannot_be_asked_is_explained(opened: Opener, typed: str, said: str) -> None:
    """The sentence stands at the box and what was typed stays there."""
    page = opened()
    page.locator("#question").fill(typed)
    page.locator("#send").click()

    expect(page.locator("#wrong")).to_contain_text(said)
    assert typed == page.locator("#question").input_value()
    assert 0 == page.locator(".turn").count()


def test_telephone_width_has_no_sideways_scrolling(opened: Opener) -> None:
    """At 320 pixels every screen fits, and the page comes as a sheet beneath what was clicked."""
    page = opened(wide=320)
    fits = "document.documentElement.scrollWidth <= 320"
    assert page.evaluate(fits)
    ask(page)
    assert page.evaluate(fits)
    place = page.locator(".place").first
    place.click()
    expect(page.locator("#viewer .sheet img")).to_be_visible()

    box, clicked = page.locator("#viewer").bounding_box(), place.bounding_box()
    assert box is not None
    assert clicked is not None
    assert (0, 320) == (box["x"], box["width"])
    assert clicked["y"] + clicked["height"] < box["y"] < 550
    assert 900 == box["y"] + box["height"]
    page.goto(page.url.partition("?")[0] + "documents")
    expect(page.locator(".card").first).to_be_visible()
    assert page.evaluate(fits)


def test_a_page_is_light(opened: Opener) -> None:
    """All that is loaded to ask a question, without its answers, is at most 150 kB as it stands."""
    page = opened()
    expect(page.locator("#suggestions")).to_be_visible()
    sizes = page.evaluate(
        "performance.getEntries().filter((one) => one.decodedBodySize && !one.name.includes('/v1/'))"
        ".map((one) => one.decodedBodySize)"
    )

    assert 15 < len(sizes)
    assert sum(sizes) <= 150_000


def test_dark_mode_follows_the_system(opened: Opener) -> None:
    """The ground is dark and the ink is light where the system asks for it."""
    page = opened(color_scheme="dark")
    ground, ink = page.evaluate(
        """[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]
             .map((value) => value.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0))"""
    )

    assert ground < 120
    assert 600 < ink


def test_documents_page_lists_and_searches(opened: Opener) -> None:
    """Editions in force and works not held are told apart; a hit opens its page, marked."""
    page = opened("/documents")
    expect(page.locator(".badge.inForce").first).to_have_text("施行中")
    expect(page.locator(".badge.notHeld").first).to_have_text("未収録")
    page.locator("#words").fill("ガバメントクラウド")
    page.locator("#words").press("Enter")
    expect(page.locator(".hit").first).to_contain_text("ガバメントクラウド")
    expect(page.locator(".hit .why").first).to_contain_text("一致：ガバメントクラウド")
    page.locator(".hit").first.click()

    expect(page.locator(".viewer .sheet img")).to_be_visible()
    assert "start=" in (page.locator(".sheet img").get_attribute("src") or "")


def test_documents_page_says_what_was_searched(opened: Opener) -> None:
    """A misspelt name is put right there as well, and the page says so."""
    library = small()
    library.misspelt = {"有級休暇": "有給休暇"}
    with serving(app_of(library)) as base:
        page = opened("/documents", base=base)
        page.locator("#words").fill("有級休暇")
        page.locator("#words").press("Enter")

        expect(page.get_by_text("「有給休暇」と読み替えて探しました。")).to_be_visible()
        expect(page.locator(".hit").first).to_contain_text("有給休暇")


def test_documents_page_shows_what_changed(opened: Opener) -> None:
    """Where two editions are held the change is a sentence that leads to its page; axe."""
    old = edition_text(PAGES[0].replace("20日", "10日"), PAGES[1])
    library = ListedLibrary({OLDER: old, DIGEST: edition_text(*PAGES)})
    with serving(app_of(library)) as base:
        page = opened("/documents", base=base)
        page.locator("summary", has_text="変更点").click()
        change = page.get_by_role("link", name="に変わりました")
        expect(change).to_have_count(1)
        assert 0 == violations(page)

        assert "start=" in (change.get_attribute("href") or "")


def test_page_asks_for_the_key_once(browser: Browser, tmp_path: Path) -> None:
    """Where a key is needed the page asks for it; after that it works, also after a reload."""
    keys = Keys(tmp_path / "keys.json")
    _, secret = keys.create("窓口", Scope.ASK)
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    with serving(app_of(small(), access=Access(required=True, keys=keys))) as base:
        page.goto(base)
        page.locator("#key").fill("tbk_0_wrong")
        page.get_by_role("button", name="使いはじめる").click()
        expect(page.get_by_role("alert").last).to_contain_text("その鍵は使えません")
        assert 0 == violations(page)
        page.locator("#key").fill(secret)
        page.get_by_role("button", name="使いはじめる").click()
        expect(page.locator("#suggestions")).to_be_visible()
        page.reload()
        expect(page.locator("#suggestions")).to_be_visible()
        ask(page, "年次有給休暇は何日ですか")
    context.close()


class Told:
    """An answerer that says what a test puts into its mouth."""

    def __init__(self, text: str) -> None:
        self.text = text

    def answer(self, question: Question) -> Answer:
        return replace(Extractive(small).answer(question), text=self.text)


def test_hostile_text_stays_text(opened: Opener) -> None:
    """Links, images and markup in an answer are shown as characters: nothing is loaded or opened."""
    text = (
        "![x](https://evil.example/?q=1) [here](https://evil.example) "
        '<img src=x onerror="alert(1)"> <a href="javascript:alert(1)">a</a> **太字** [1] [99]'
    )
    with serving(app_of(small(), answerer=Told(text))) as base:
        page = opened(base=base)
        ask(page, "年次有給休暇は何日ですか")

        prose = page.locator(".answer .prose")
        assert 0 == prose.locator("img, a, script").count()
        expect(prose).to_contain_text(
            "![x](https://evil.example/?q=1) [here](https://evil.example)"
        )
        expect(prose.locator("strong")).to_have_text("太字")
        expect(prose.locator("> p button.marker")).to_have_count(1)
        expect(prose).to_contain_text("[99]")


class Halting:
    """An answerer that tells half a sentence and then waits to be released."""

    def __init__(self) -> None:
        self.release = threading.Event()

    def answer(self, question: Question) -> Answer:
        return Extractive(small).answer(question)

    def stream(self, question: Question) -> Iterator[Event]:
        yield Delta("途中まで書いた文")
        self.release.wait(20)
        yield Delta("。")
        yield self.answer(question)


def test_half_an_answer_is_never_left_standing(opened: Opener, browser: Browser) -> None:
    """When the server goes away in mid-answer the half is removed; asking again then works."""
    halting = Halting()
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    with serving(app_of(small(), answerer=halting)) as base:
        page.goto(base)
        page.locator("#question").fill("年次有給休暇は何日ですか")
        page.locator("#question").press("Enter")
        expect(page.locator(".unfinished")).to_contain_text("途中まで書いた文")
        port = int(base.rpartition(":")[2])
    halting.release.set()

    expect(page.locator(".failure")).to_contain_text("サーバーとの接続が切れました")
    expect(page.locator(".answer")).not_to_contain_text("途中まで書いた文")
    with serving(app_of(small()), port=port):
        page.get_by_role("button", name="もう一度たずねる").click()
        expect(page.locator(".answer .prose")).to_contain_text("20日とする")
    context.close()


def test_asking_can_be_stopped(opened: Opener) -> None:
    """The send button stops a running answer; nothing of it stays."""
    halting = Halting()
    with serving(app_of(small(), answerer=halting)) as base:
        page = opened(base=base)
        page.locator("#question").fill("年次有給休暇は何日ですか")
        page.locator("#question").press("Enter")
        expect(page.locator(".unfinished")).to_be_visible()
        page.locator("#send").click()
        expect(page.locator(".failure")).to_contain_text("中止しました。")
        halting.release.set()


SCREENS = (
    "welcome",
    "answer",
    "viewer",
    "declined",
    "failed",
    "history",
    "official",
    "documents",
    "view",
    "filters",
    "check",
)


def besides(opened: Opener, screen: str, **how: object) -> Page:
    """Open a page that is not the one where questions are asked."""
    page = opened("/check" if screen == "check" else "/documents", **how)
    if screen == "check":
        page.locator("textarea").fill("CIO補佐官には地方公務員法が適用される。")
        page.locator("main form button").first.click()
        expect(page.locator("main p strong").first).to_be_visible()
        return page
    page.locator("#words").fill("ガバメントクラウド")
    page.locator("#words").press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    if screen == "view":
        page.locator(".hit").first.click()
        expect(page.locator(".sheet img")).to_be_visible()
    return page


def show(opened: Opener, screen: str, **how: object) -> Page:
    """Open one of the screens, ready to be looked at."""
    if screen in {"documents", "view", "check"}:
        return besides(opened, screen, **how)
    page = opened(**how)
    expect(page.locator("#suggestions")).to_be_visible()
    if screen == "filters":
        page.locator("#filter").click()
        page.locator("#question").press_sequentially("自治体DX全")
        page.keyboard.press("ArrowDown")
        return page
    if screen == "failed":
        page.route(
            "**/v1/answers",
            lambda route: route.fulfill(
                content_type="text/event-stream",
                body='event: error\ndata: {"status": 503, "detail": "今はお答えできません。"}\n\n',
            ),
        )
        page.locator("#question").fill(ASKED)
        page.locator("#question").press("Enter")
        expect(page.locator(".failure")).to_be_visible()
    elif screen == "declined":
        ask(page, "明日の天気はどうなりますか")
    elif screen != "welcome":
        ask(page)
    if screen == "viewer":
        page.locator(".place").first.click()
        expect(page.locator(".sheet img")).to_be_visible()
    elif screen == "history":
        page.locator("#open-history").click()
    elif screen == "official":
        page.locator(".remarks summary").click()
        page.locator(".original .link").first.click()
    return page


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"wide": 360, "high": 740, "locale": "en-US"}, id="telephone-english"),
    ],
)
@pytest.mark.parametrize("screen", SCREENS)
def test_screen_has_no_accessibility_violation(
    opened: Opener, screen: str, how: dict[str, Any]
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA nor its best practices."""
    assert 0 == violations(show(opened, screen, **how))
