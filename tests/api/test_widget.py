"""The widget on somebody else's page, under that page's own strict policy."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response
from playwright.sync_api import Page, expect, sync_playwright

from api.access import Access
from api.app import create_app
from api.pages import WEB
from bot.answering.extractive import Extractive
from index.passages import Library
from tests.axe import WAIT_MS, violations
from tests.conftest import system_package
from tests.served import CORPUS, bundled, serving, small

PARTS = (
    "widget.js",
    "panel.js",
    "quotation.js",
    "answer.js",
    "ask.js",
    "card.js",
    "elements.js",
    "markdown.js",
    "words.js",
    "colours.css",
    "answer.css",
    "panel.css",
    "icon.svg",
)


def town_hall(server: list[str]) -> FastAPI:
    """Return a site that embeds the widget of *server*, and allows it no more than it must."""
    site = FastAPI()

    @site.get("/")
    def show() -> Response:
        (tebiki,) = server
        page = f"""<!doctype html><html lang="ja"><head><meta charset="utf-8">
          <title>市役所</title></head><body><main><h1>市役所</h1></main>
          <script src="{tebiki}/widget.js" data-title="手引きに質問" defer></script></body></html>"""
        policy = (
            f"default-src 'none'; script-src {tebiki}; connect-src {tebiki}; img-src {tebiki}; "
            "style-src 'none'; frame-ancestors 'none'; base-uri 'none'"
        )
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})

    @site.get("/favicon.ico")
    def nothing() -> Response:
        return Response(status_code=204)

    return site


@contextmanager
def embedded(
    *, allowed: bool = True, required: bool = False, library: Library | None = None, **how: object
) -> Iterator[tuple[Page, list[str]]]:
    """Open the town hall's page; the list holds what its console complains of."""
    held = library or small()
    given: dict[str, Any] = {"locale": "ja-JP", **how}
    server: list[str] = []
    with serving(town_hall(server)) as site:
        app = create_app(
            library=lambda: held,
            answerer=Extractive(lambda: held),
            page_file=lambda edition: CORPUS / (edition.path or ""),
            access=Access(origins=(site,) if allowed else (), required=required),
        )
        with serving(app) as tebiki, sync_playwright() as playwright:
            server.append(tebiki)
            browser = playwright.chromium.launch(
                executable_path=system_package("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_context(**given).new_page()
            page.set_default_timeout(WAIT_MS)
            complaints: list[str] = []
            page.on(
                "console",
                lambda said: complaints.append(said.text) if said.type == "error" else None,
            )
            page.goto(site)
            expect(page.locator("tebiki-widget .opener")).to_be_visible()
            yield page, complaints
            browser.close()


@pytest.mark.needs("chromium")
def test_widget_answers_on_a_foreign_page_under_a_strict_policy() -> None:
    """The page allows our scripts and our server, nothing inline: the answer is there, cited."""
    with embedded() as (page, complaints):
        before = page.evaluate("Object.keys(window).length")
        page.get_by_role("button", name="手引きに質問").click()
        page.get_by_role("textbox", name="質問").fill("年次有給休暇は一年に何日ですか")
        page.keyboard.press("Enter")
        expect(page.locator("tebiki-widget .prose")).to_contain_text("20日とする")
        expect(page.locator("tebiki-widget .quoted").first).to_contain_text("休暇の手引きの要約")
        with page.context.expect_page() as opened:
            page.locator("tebiki-widget button.marker").first.click()
        assert "/view?document=leave-digest" in opened.value.url

        assert 0 == page.evaluate("Object.keys(window).length") - before
        assert "static" == page.evaluate("getComputedStyle(document.querySelector('h1')).position")
        assert 0 == violations(page)
        page.keyboard.press("Escape")
        assert [] == complaints


@pytest.mark.needs("chromium")
def test_widget_takes_the_colours_of_the_page() -> None:
    """A variable on the element wins over ours."""
    with embedded() as (page, _):
        page.evaluate(
            "document.querySelector('tebiki-widget').style.setProperty('--tebiki-key', '#00695c')"
        )
        opener = page.locator("tebiki-widget .opener")
        expect(opener).to_have_css("background-color", "rgb(0, 105, 92)")


@pytest.mark.needs("chromium")
def test_widget_shows_one_quotation_and_two_buttons() -> None:
    """In 380 pixels: what answers with its source, the page, and the rest when it is asked for."""
    with embedded(library=bundled()) as (page, _):
        page.locator("tebiki-widget .opener").click()
        page.locator("tebiki-widget textarea").fill("CIO補佐官を特別職非常勤職員として任用するには")
        page.keyboard.press("Enter")
        answer = page.locator("tebiki-widget .answer")

        expect(answer.locator(".brief button")).to_have_text(["ページを見る", "もっと見る"])
        expect(answer.locator(".quoted")).to_have_count(1)
        expect(answer.locator(".tools, .further")).to_have_count(0)
        assert 380 == page.locator("tebiki-widget .panel").evaluate("panel => panel.offsetWidth")
        answer.get_by_role("button", name="もっと見る").click()
        expect(answer.locator(".tools")).to_be_visible()


@pytest.mark.needs("chromium")
def test_widget_is_made_the_site_s_own_by_attributes() -> None:
    """Name, colour and logo stand in the page's tag; a colour that is none changes nothing."""
    with embedded() as (page, _):
        page.evaluate(
            """() => { document.querySelector("tebiki-widget").remove();
              for (const colour of ["#00695c", "url(x)"]) {
                const made = document.createElement("tebiki-widget");
                Object.assign(made.dataset, {
                  base: document.querySelector("script").src.replace("/widget.js", ""),
                  title: "市民課に質問", colour, logo: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" });
                document.body.append(made); } }"""
        )
        openers = page.locator("tebiki-widget .opener")

        expect(openers.first).to_have_text("市民課に質問")
        expect(openers.first).to_have_css("background-color", "rgb(0, 105, 92)")
        expect(openers.last).to_have_css("background-color", "rgb(0, 23, 193)")
        assert "data:image/gif" in (openers.first.locator("img").get_attribute("src") or "")


@pytest.mark.needs("chromium")
def test_widget_on_a_page_that_is_not_allowed_says_so() -> None:
    """A site that was not added can show the button, but its questions are refused."""
    with embedded(allowed=False) as (page, _):
        page.get_by_role("button", name="手引きに質問").click()
        page.get_by_role("textbox", name="質問").fill("年次有給休暇は何日ですか")
        page.keyboard.press("Enter")

        expect(page.locator("tebiki-widget .failure")).to_be_visible()


@pytest.mark.needs("chromium")
def test_widget_s_sources_open_where_others_need_a_key() -> None:
    """Whoever was told a citation may look at its page and the next, and at nothing else."""
    with embedded(required=True, library=bundled()) as (page, complaints):
        page.get_by_role("button", name="手引きに質問").click()
        page.get_by_role("textbox", name="質問").fill("CIO補佐官の任用")
        page.keyboard.press("Enter")
        expect(page.locator("tebiki-widget button.marker").first).to_be_visible()
        with page.context.expect_page() as opened:
            page.locator("tebiki-widget button.marker").first.click()
        view = opened.value
        view.set_default_timeout(WAIT_MS)
        expect(view.locator(".sheet img")).to_be_visible()
        before = view.locator(".count strong").inner_text()
        view.get_by_role("button", name="次のページ").click()
        expect(view.locator(".count strong")).not_to_have_text(before)
        expect(view.locator(".sheet img")).to_be_visible()
        file = view.locator("a.link").get_attribute("href") or ""
        origin = view.url.partition("/view")[0]
        assert 200 == view.request.get(origin + file).status
        assert 401 == view.request.get(f"{origin}/v1/documents").status
        assert 403 == view.request.get(origin + file.replace("pass=", "pass=1")).status
        assert [] == complaints


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"viewport": {"width": 360, "height": 700}}, id="telephone"),
        pytest.param({"locale": "en-US"}, id="english"),
    ],
)
def test_widget_can_be_used_by_everybody(how: dict[str, Any]) -> None:
    """No violation in an answer, a declined one and one that failed; it fits the screen."""
    with embedded(**how) as (page, _):
        if how.get("locale"):
            page.evaluate(
                """() => { document.querySelector("tebiki-widget").remove();
                  document.documentElement.lang = "en";
                  const made = document.createElement("tebiki-widget");
                  made.dataset.base = document.querySelector("script").src.replace("/widget.js", "");
                  document.body.append(made); }"""
            )
        page.locator("tebiki-widget .opener").click()
        box = page.locator("tebiki-widget textarea")
        for question in ("年次有給休暇は何日ですか", "火星の首都はどこですか"):
            box.fill(question)
            page.keyboard.press("Enter")
            expect(page.locator("tebiki-widget .asked").last).to_have_text(question)
            shown = page.locator("tebiki-widget .answer").last.locator(".brief, .tools")
            expect(shown.first).to_be_visible()
        assert 0 == violations(page)
        page.locator("tebiki-widget .brief button").nth(1).click()
        page.locator("tebiki-widget [data-rating=down]").first.click()
        expect(page.locator("tebiki-widget .reason")).to_be_visible()
        assert 0 == violations(page)
        page.route("**/v1/answers", lambda route: route.abort())
        box.fill("年次有給休暇は何日ですか")
        page.keyboard.press("Enter")
        expect(page.locator("tebiki-widget .failure")).to_be_visible()
        assert 0 == violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.needs("chromium")
def test_widget_understands_a_follow_up() -> None:
    """The second question goes out with the conversation's name and without its turns."""
    with embedded(required=True) as (page, _):
        page.get_by_role("button", name="手引きに質問").click()
        box = page.get_by_role("textbox", name="質問")
        names = []
        for count, question in enumerate(("年次有給休暇は何日ですか", "その繰越しは？"), 1):
            box.fill(question)
            with page.expect_request("**/v1/answers") as sent:
                page.keyboard.press("Enter")
            expect(page.locator("tebiki-widget .brief")).to_have_count(count)
            body = json.loads(sent.value.post_data or "")
            assert "history" not in body
            names.append(body["conversation"])

        assert names[0] == names[1]
        assert 32 == len(names[0])


def test_widget_is_under_40_kilobytes() -> None:
    """Everything the widget loads, each file compressed by itself as a server sends it."""
    assert sum(len(gzip.compress((WEB / name).read_bytes())) for name in PARTS) < 40_000


def test_list_of_the_widget_s_parts_is_complete() -> None:
    """No part imports or loads a file that the weighing above left out."""
    for name in PARTS:
        text = Path(WEB / name).read_text()
        for line in text.splitlines():
            if line.startswith("import ") or " from " in line:
                wanted = line.split('"')[1].removeprefix("./") if '"' in line else ""
                assert not wanted.endswith(".js") or wanted in PARTS, (name, wanted)
