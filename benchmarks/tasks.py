"""Twelve things that a clerk does with an answer, by keyboard and by mouse: steps and seconds.

    python benchmarks/tasks.py [--home HOME]

Over the bundled corpus and a manual of two editions, refreshed into HOME (one that is there
already is used as it is; without, it is made and thrown away). Each task is done in Chromium and
must show what it is for. A step is a key, a click, a choice, or a text that is typed. The seconds
are a person's, reckoned from the acts by the keystroke-level model (Card, Moran and Newell, 1980:
a key 0.28, pointing 1.1, a button 0.2, a decision 1.35 before each task), two keys for each
Japanese letter. What the machine took is measured in the run by mouse.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from bot.asking.question import read
from tebiki.building import build
from tebiki.places import BUNDLED
from tebiki.serving import web
from tebiki.settings import settings
from tests.axe import WAIT_MS
from tests.conftest import system_package
from tests.ingest.catalog.test_editions_held import CATALOG, FIRST, SECOND, put, run
from tests.served import serving

KEY_S, POINT_S, BUTTON_S, DECIDE_S = 0.28, 1.1, 0.2, 1.35
KEYS_A_LETTER = 2
FARTHEST = 80
"""Tab presses after which a control counts as out of reach."""

STOPS = """(node) => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
  const from = document.activeElement;
  const passed = all.filter((each) => each === from || each.compareDocumentPosition(from) & 4).length;
  return [all.indexOf(node) + 1 - passed, all.length];
}"""
"""How many stops of the Tab key lie before a control, and how many there are."""
ASKED = "CIO補佐官を特別職非常勤職員として任用するには"
HOLDS = "地方公務員法の規定は適用されない"


@dataclass
class Hand:
    """One way of doing things; it counts what it does."""

    page: Page
    keyboard: bool
    steps: int = 0
    seconds: float = 0.0

    def key(self, name: str) -> None:
        """Press one key."""
        self.page.keyboard.press(name)
        self.steps += 1
        self.seconds += KEY_S

    def type(self, text: str) -> None:
        """Type into what has the focus: one step."""
        self.page.keyboard.insert_text(text)
        self.steps += 1
        self.seconds += KEY_S * KEYS_A_LETTER * len(text)

    def reach(self, control: Locator) -> None:
        """Bring the focus to *control* by Tab, or the pointer to it."""
        control.wait_for()
        if not self.keyboard:
            self.seconds += POINT_S
            return
        ahead, stops = control.evaluate(STOPS)
        back = ahead % stops > stops / 2  # from the last stop Tab leads to the first
        for _ in range(FARTHEST):
            if control.evaluate("(node) => node === document.activeElement"):
                return
            self.key("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{control} is not reached by the keyboard")

    def press(self, control: Locator) -> None:
        """Use a button or a link."""
        self.reach(control)
        if self.keyboard:
            self.key("Enter")
        else:
            control.click()
            self.steps += 1
            self.seconds += BUTTON_S

    def enter(self, box: Locator) -> None:
        """Put the cursor into a box; Enter would make a line there."""
        if self.keyboard:
            self.reach(box)
        else:
            self.press(box)

    def choose(self, box: Locator, value: str) -> None:
        """Choose in a list: by its first letter, or by pointing twice."""
        self.reach(box)
        box.select_option(value)
        self.steps += 1 if self.keyboard else 2
        self.seconds += KEY_S if self.keyboard else POINT_S + 2 * BUTTON_S

    def ask(self, question: str) -> None:
        """Put a question; the box has the focus when a page opens and after an answer."""
        box = self.page.locator("#question")
        turns = self.page.locator(".turn").count()
        if not box.evaluate("(node) => node === document.activeElement"):
            self.enter(box)
        self.type(question)
        self.key("Enter")
        expect(self.page.locator(".turn")).to_have_count(turns + 1)
        expect(self.page.locator("#talk")).to_have_attribute("aria-busy", "false")


@dataclass
class Clerk:
    """Who does the tasks, one after the other in one browser."""

    context: BrowserContext
    address: str
    keyboard: bool
    hand: Hand = field(init=False)

    def __post_init__(self) -> None:
        self.open("/")

    def open(self, path: str) -> Page:
        """Open a page of its own, as on another day."""
        page = self.context.new_page()
        page.goto(self.address + path)
        self.hand = Hand(page, self.keyboard)
        return page

    @property
    def answer(self) -> Locator:
        """The last answer."""
        return self.hand.page.locator(".answer").last

    def find(self) -> None:
        """Find what holds."""
        self.hand.ask(ASKED)
        expect(self.answer).to_contain_text(HOLDS)

    def check(self) -> None:
        """Check it on its page, where it is marked."""
        self.hand.press(self.answer.locator(".marker").first)
        expect(self.hand.page.locator("#viewer .sheet img")).to_be_visible()
        expect(self.hand.page.locator("#viewer .title")).to_be_focused()

    def read_on(self) -> None:
        """Read the next page, and return to the quotation."""
        page = self.hand.page
        here = page.locator("#viewer .count").inner_text()
        if self.keyboard:
            self.hand.key("ArrowRight")
        else:
            self.hand.press(page.get_by_role("button", name="次のページ"))
        expect(page.locator("#viewer .count")).not_to_have_text(here)
        self.hand.press(page.get_by_role("button", name="引用箇所へ戻る"))
        expect(page.locator("#viewer .count")).to_contain_text(here.split("\n")[0])
        self.hand.key("Escape")
        expect(page.locator("#viewer")).not_to_be_visible()

    def others(self) -> None:
        """Look at what else was found."""
        self.hand.press(self.answer.locator(".further summary"))
        self.hand.press(self.answer.locator(".further .marker").first)
        expect(self.hand.page.locator(".which")).to_contain_text("引用 2/")
        self.hand.key("Escape")

    def copy(self) -> None:
        """Copy it with its sources into a decision document."""
        self.hand.press(self.answer.get_by_role("button", name="出典つきでコピー"))
        expect(self.answer.locator(".said")).to_have_text("コピーしました")
        copied = self.hand.page.evaluate("navigator.clipboard.readText()")
        assert HOLDS in copied  # noqa: S101 - what the task is for

    def attach(self) -> None:
        """Save the evidence sheet to attach."""
        self.hand.press(self.answer.locator(".keep summary"))
        with self.hand.page.expect_download() as saved:
            self.hand.press(self.answer.get_by_role("link", name="根拠資料（PDF）"))
        sheet = Path(saved.value.path()).read_bytes()
        assert sheet.startswith(b"%PDF")  # noqa: S101 - likewise

    def pass_on(self) -> None:
        """Pass on the answer's address; who opens it sees the same."""
        if not self.answer.locator(".ways").is_visible():
            self.hand.press(self.answer.locator(".keep summary"))
        self.hand.press(self.answer.get_by_role("button", name="この回答のリンクをコピー"))
        expect(self.answer.locator(".said")).to_have_text("コピーしました")
        other = self.context.new_page()
        other.goto(self.hand.page.evaluate("navigator.clipboard.readText()"))
        expect(other.locator(".answer")).to_contain_text(HOLDS)
        other.close()

    def go_on(self) -> None:
        """Ask further about the same."""
        self.hand.ask("その期間は？")
        expect(self.answer.locator(".prose")).not_to_be_empty()

    def bound(self) -> None:
        """Ask one document only."""
        page = self.hand.page
        self.hand.press(page.locator("#filter"))
        self.hand.choose(page.locator("#bounds select").first, "leave")
        self.hand.ask("年次休暇は何日ですか")
        expect(self.answer).to_contain_text("二十日")
        self.hand.press(page.locator("#bounded button"))

    def changed(self) -> None:
        """Ask what changed in a manual, and open the page that says it now."""
        self.hand.ask("休暇の手引きは、改定で何が変わりましたか")
        expect(self.answer).to_contain_text("七日")
        self.hand.press(self.answer.locator(".marker").first)
        expect(self.hand.page.locator("#viewer .sheet img")).to_be_visible()
        self.hand.key("Escape")

    def draft(self) -> None:
        """Check a sentence of one's own against the manuals."""
        page = self.hand.page
        self.hand.press(page.get_by_role("link", name="下書き照合"))
        page.locator("#text").wait_for()
        self.hand.enter(page.locator("#text"))
        self.hand.type("CIO補佐官には地方公務員法が適用される。")
        self.hand.press(page.get_by_role("button", name="照合する"))
        expect(page.locator("#found strong").first).to_have_text(re.compile("食い違い|一部のみ"))

    def tomorrow(self) -> None:
        """Come back tomorrow and open yesterday's answer."""
        page = self.open("/")
        self.hand.press(page.locator("#open-history"))
        self.hand.press(page.locator(".kept .open").first)
        expect(page.locator(".answer").first).to_contain_text(HOLDS)


TASKS: tuple[tuple[str, Callable[[Clerk], None]], ...] = (
    ("find what holds", Clerk.find),
    ("check it on its page", Clerk.check),
    ("read the next page and return", Clerk.read_on),
    ("look at what else was found", Clerk.others),
    ("copy it into a decision document", Clerk.copy),
    ("save the evidence sheet", Clerk.attach),
    ("pass on its address", Clerk.pass_on),
    ("ask further", Clerk.go_on),
    ("ask one document only", Clerk.bound),
    ("ask what changed and see the page", Clerk.changed),
    ("check a sentence of one's own", Clerk.draft),
    ("come back tomorrow", Clerk.tomorrow),
)


def done(clerk: Clerk) -> list[tuple[int, float, float]]:
    """Do every task; return its steps, a person's seconds and the machine's."""
    found = []
    for _, task in TASKS:
        hand, began = clerk.hand, time.monotonic()
        steps, seconds = hand.steps, hand.seconds
        task(clerk)
        if clerk.hand is not hand:  # on a page of its own
            steps, seconds = 0, 0.0
        took = time.monotonic() - began
        hand = clerk.hand
        found.append((hand.steps - steps, hand.seconds - seconds + DECIDE_S, took))
    return found


def stocked(home: Path, folder: Path) -> None:
    """Refresh the bundled corpus and a manual of two editions into *home*."""
    corpus = folder / "corpus"
    shutil.copytree(BUNDLED, corpus)
    with (corpus / "catalog.toml").open("a", encoding="utf-8") as listed:
        listed.write("\n" + CATALOG)
    put(corpus, "leave-1.pdf", FIRST)
    put(corpus, "leave-2.pdf", SECOND)
    run("--home", home, "--corpus", corpus, "refresh")


def main() -> None:
    """Print a row for each task."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--home", type=Path)
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = chosen.home or Path(folder) / "home"
        if not (home / "current").exists():
            stocked(home, home.parent)
        parts = build(settings({"TEBIKI_CORPUS": str(home.parent / "corpus")}, home))
        parts.answerer.answer(read("標準化とは何ですか"))  # opens the index: not the clerk's time
        with serving(web(parts)) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=system_package("chromium"), args=["--no-sandbox"]
            )
            rows = []
            for keyboard in (True, False):
                context = browser.new_context(
                    locale="ja-JP",
                    viewport={"width": 1280, "height": 800},
                    permissions=["clipboard-read", "clipboard-write"],
                )
                context.set_default_timeout(WAIT_MS)
                rows.append(done(Clerk(context, address, keyboard)))
                context.close()
            browser.close()
    print("| Task | by keyboard: steps | seconds | by mouse: steps | seconds | the machine |")
    print("|---|---:|---:|---:|---:|---:|")
    for (name, _), *ways in zip(TASKS, *rows, strict=True):
        told = " | ".join(f"{steps} | {own:.0f}" for steps, own, _ in ways)
        print(f"| {name} | {told} | {ways[-1][2]:.1f} |")


if __name__ == "__main__":
    main()
