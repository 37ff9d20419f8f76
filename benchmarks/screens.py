"""Take the screenshots of the web in docs/ anew, over the bundled corpus.

    python benchmarks/screens.py HOME [--to docs]

HOME is an indexed home of its own: some months of questions are recorded in it, so that the admin
page has something to show.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fastapi import FastAPI, Response
from playwright.sync_api import Browser, Page, sync_playwright

from bot.asking.question import read
from bot.ledger.ledger import open_ledger
from evals import questions
from tebiki.building import Parts, build
from tebiki.places import BUNDLED
from tebiki.serving import web
from tebiki.settings import settings
from tests.axe import WAIT_MS
from tests.conftest import system_package
from tests.served import serving

ASKED = "CIO補佐官を特別職非常勤職員として任用するには"
DAY_S = 24 * 3600
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


def remember(home: Path, parts: Parts) -> None:
    """Record questions of the last thirty days, some of them unanswerable, some found wanting."""
    dice = random.Random(7)  # noqa: S311 - the same picture every time
    asked = [question.text for question in questions.load("starter")]
    missing = ["育児休業の給与はどうなりますか", "会計年度任用職員の休暇は何日ですか"]
    now = [time.time()]
    ledger = open_ledger(home)
    if ledger.entries():
        return
    ledger._clock = lambda: now[0]  # noqa: SLF001 - the past has to be written somehow
    began = now[0]
    for day in range(29, -1, -1):
        for _ in range(dice.randint(1, 7)):
            now[0] = began - day * DAY_S - dice.randint(0, 3600)
            text = dice.choice(missing if dice.random() < 0.15 else asked)  # noqa: PLR2004 - a share
            answer = parts.answerer.answer(read(text))
            ledger.keep(answer, origin="web")
            if answer.declined and dice.random() < 0.3:  # noqa: PLR2004 - likewise
                ledger.rate(answer.id, "down", "条例の条文が知りたい")


@contextmanager
def town_hall(server: str, port: int) -> Iterator[str]:
    """Serve a page that embeds the widget of *server*."""
    site = FastAPI()

    @site.get("/")
    def show() -> Response:
        return Response(
            f"""<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>庁内ポータル</title>
            <style>body {{ font: 16px/1.8 sans-serif; margin: 3rem auto; max-width: 44rem }}</style>
            </head><body><h1>庁内ポータル</h1><h2>お知らせ</h2>
            <p>今年度の情報システム標準化の予定を掲載しました。</p><h2>様式</h2>
            <p>休暇の申請、旅費の請求、物品の購入</p>
            <script src="{server}/widget.js" data-title="手引きに質問" defer></script>
            </body></html>""",
            media_type="text/html",
        )

    with serving(site, port) as address:
        yield address


def ask(page: Page, question: str = ASKED) -> None:
    """Ask on the chat page and wait for the whole answer."""
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    page.locator(".answer .tools").last.wait_for()


def take(browser: Browser, address: str, site: str, word: str, to: Path) -> None:
    """Take every picture; *word* opens the admin page."""

    def opened(where: str, **how: object) -> Page:
        settings = {"viewport": DESK, "locale": "ja-JP", **how}
        page = browser.new_context(**settings).new_page()  # type: ignore[arg-type] # Playwright's
        page.set_default_timeout(WAIT_MS)
        page.goto(where)
        return page

    page = opened(address)
    ask(page)
    page.locator(".place").first.click()
    page.locator("#viewer .sheet img").wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=to / "page.png")
    phone = opened(address, viewport=PHONE)
    ask(phone)
    phone.locator(".place").first.click()
    phone.locator("#viewer .sheet img").wait_for()
    phone.wait_for_timeout(500)
    phone.screenshot(path=to / "phone.png")

    href = page.evaluate("fetch('/v1/suggestions').then(() => location.origin)")
    cited = page.request.post(f"{address}/v1/answers", data={"question": ASKED}).json()
    view = opened(href + cited["citations"][0]["view_url"])
    view.locator(".sheet img").wait_for()
    view.wait_for_timeout(500)
    view.screenshot(path=to / "viewer.png")

    widget = opened(site, viewport={"width": 1100, "height": 760})
    widget.locator("tebiki-widget .opener").click()
    widget.locator("tebiki-widget textarea").fill(ASKED)
    widget.keyboard.press("Enter")
    widget.locator("tebiki-widget .brief").wait_for()
    widget.wait_for_timeout(500)
    widget.screenshot(path=to / "widget.png")

    admin = opened(f"{address}/admin#once={word}")
    admin.locator("#missing table").wait_for()
    admin.locator("#file").set_input_files(
        {
            "name": "kosei.pdf",
            "mimeType": "application/pdf",
            # Other bytes than those of the corpus, so that it is not refused as known.
            "buffer": (BUNDLED / "starter" / "kosei-digest.pdf").read_bytes() + b"\n%\n",
        }
    )
    admin.locator(".entry").wait_for()
    admin.screenshot(path=to / "admin.png", full_page=True)


def main() -> None:
    """Serve, look, and keep what is seen."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("home", type=Path)
    given.add_argument("--to", type=Path, default=BUNDLED.parent / "docs")
    chosen = given.parse_args()
    with serving(FastAPI()) as free:  # a port for the town hall, which Tebiki must know first
        port = int(free.rpartition(":")[2])
    origin = f"http://127.0.0.1:{port}"
    parts = build(settings({"TEBIKI_ORIGINS": origin}, chosen.home))
    remember(chosen.home, parts)
    app = web(parts)
    with (
        serving(app) as address,
        town_hall(address, port) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=system_package("chromium"), args=["--no-sandbox", "--lang=ja"]
        )
        take(browser, address, site, app.state.access.sessions.word(), chosen.to)
        browser.close()


if __name__ == "__main__":
    main()
