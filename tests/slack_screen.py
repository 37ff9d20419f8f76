"""Draws what was posted in the small Slack, roughly as Slack shows it.

``python -m tests.slack_screen docs/slack.png`` asks about the bundled corpus, draws the thread
and writes the picture, and beside it (slack-home.png) that of the home tab; it needs Debian's
chromium and fonts-noto-cjk.
"""

from __future__ import annotations

import html
import re
import sys
import tempfile
import time
from pathlib import Path

from bot.answering.extractive import Extractive
from bot.ledger.ledger import open_ledger
from bot.slack.app import Colleague
from bot.slack.settings import Settings
from tests.served import bundled
from tests.slack_server import APP_TOKEN, BOT_TOKEN, ME, SECRET, FakeSlack, Json

STYLE = """
body { font: 15px/1.46 "Noto Sans CJK JP", sans-serif; color: #1d1c1d; margin: 0; width: 760px; }
.message { display: grid; grid-template-columns: 36px 1fr; gap: 8px; padding: 10px 20px; }
.face { width: 36px; height: 36px; border-radius: 6px; background: #0017c1; color: #fff;
  text-align: center; line-height: 36px; font-weight: 700; }
.face.person { background: #8a8d91; }
b { font-weight: 700; } .name { font-weight: 900; } a { color: #1264a3; text-decoration: none; }
p, ul { margin: 4px 0; } ul { padding-left: 22px; }
code { background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px; color: #c01343;
  font-size: 12px; padding: 1px 4px; }
.tab { padding: 10px 20px; } h2 { font-size: 18px; margin: 12px 0 4px; }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0; }
.context { color: #616061; font-size: 13px; margin: 4px 0; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; }
.actions span { border: 1px solid #bbb; border-radius: 6px; padding: 4px 12px; font-weight: 700;
  font-size: 13px; }
"""


def page(shown: str) -> str:
    """Return what is shown as one HTML page."""
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{shown}'


def _message(message: Json) -> str:
    ours = "bot_id" in message
    face, name = ("手", "tebiki") if ours else ("職", "職員")
    if ours:
        body = "".join(_block(block) for block in message["blocks"])
    else:
        body = f"<p>{html.escape(message['text'].replace(f'<@{ME}>', '@tebiki'))}</p>"
    kind = "" if ours else " person"
    return (
        f'<div class="message"><div class="face{kind}">{face}</div>'
        f'<div><span class="name">{name}</span>{body}</div></div>'
    )


def _mrkdwn(text: str) -> str:
    return re.sub(r"<([^|>]*)\|([^>]*)>", r'<a href="\1">\2</a>', text)


def _block(block: Json) -> str:
    match block["type"]:
        case "markdown":
            return _markdown(block["text"])
        case "divider":
            return "<hr>"
        case "header" | "section" as kind:
            tag = {"header": "h2", "section": "p"}[kind]
            return f"<{tag}>{html.escape(block['text']['text'])}</{tag}>"
        case "rich_text":
            return "".join(_rich(each) for each in block["elements"])
        case "context":
            said = "<br>".join(
                _mrkdwn(each["text"]) if each["type"] == "mrkdwn" else html.escape(each["text"])
                for each in block["elements"]
            )
            return f'<div class="context">{said}</div>'
        case "actions":
            labels = [
                html.escape(
                    each["text"]["text"] if "text" in each else each["placeholder"]["text"] + " ▾"
                )
                for each in block["elements"]
            ]
        case "context_actions":
            element = block["elements"][0]
            labels = [
                f"{mark} {element[side]['text']['text']}"
                for mark, side in (("↑", "positive_button"), ("↓", "negative_button"))
            ]
        case other:
            labels = [f"({other})"]
    return '<div class="actions">' + "".join(f"<span>{each}</span>" for each in labels) + "</div>"


def _rich(element: Json) -> str:
    """Return a list or a paragraph of rich text as HTML."""
    if element["type"] == "rich_text_list":
        return "<ul>" + "".join(f"<li>{_runs(each)}</li>" for each in element["elements"]) + "</ul>"
    return f"<p>{_runs(element)}</p>"


def _runs(section: Json) -> str:
    shown = [(html.escape(run["text"]), run.get("style", {})) for run in section["elements"]]
    return "".join(f"<code>{text}</code>" if style.get("code") else text for text, style in shown)


def _markdown(text: str) -> str:
    """Return Markdown as HTML, as far as our answers use it."""
    found: list[str] = []
    for line in text.splitlines():
        item = line.startswith("- ")
        body = html.escape(line[2:] if item else line)
        kept = re.sub(r"\\([!-/:-@\[-`{-~])", lambda m: f"&#{ord(m[1])};", body)
        kept = re.sub(r"\[((?:[^\]\[]|\[[^\]]*\])*)\]\(([^)]*)\)", r'<a href="\2">\1</a>', kept)
        kept = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", kept)
        kept = re.sub(r"`([^`]+)`", r"<code>\1</code>", kept)
        found.append(f"<ul><li>{kept}</li></ul>" if item else f"<p>{kept}</p>" if kept else "")
    return "".join(found).replace("</ul><ul>", "")


def thread(questions: list[str]) -> tuple[list[Json], Json]:
    """Ask in one thread about the bundled corpus; return its messages and the home tab."""
    library = bundled()
    with FakeSlack().running() as slack, tempfile.TemporaryDirectory() as home:
        colleague = Colleague(
            Settings(
                BOT_TOKEN,
                APP_TOKEN,
                SECRET,
                public_url="https://tebiki.example.lg.jp",
                api_url=slack.api_url,
            ),
            answerer=Extractive(lambda: library),
            library=lambda: library,
            ledger=open_ledger(Path(home)),
            page_image=lambda *_: b"",
            refreshed=lambda: "2026-11-23",
        )
        colleague.connect()
        first = ""
        for count, question in enumerate(questions, start=1):
            ts = slack.say("U1", f"<@{ME}> {question}", thread=first)
            first = first or ts
            end = time.monotonic() + 120
            while len(slack.ours("C1", first)) < count:
                if time.monotonic() > end:
                    message = f"no answer to {question}"
                    raise TimeoutError(message)
                time.sleep(0.1)
        slack.event({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"})
        while "U1" not in slack.homes:
            time.sleep(0.1)
        colleague.close()
        return list(slack.messages["C1"]), slack.homes["U1"]


def main() -> None:
    """Write the picture."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import system_package

    said, home = thread(
        sys.argv[2:] or ["CIO補佐官を特別職非常勤職員として任用するときの注意点は？"]
    )
    tab = f'<div class="tab">{"".join(_block(block) for block in home["blocks"])}</div>'
    path = Path(sys.argv[1])
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=str(system_package("chromium")))
        sheet = browser.new_page(viewport={"width": 760, "height": 200})
        sheet.set_content(page("".join(_message(each) for each in said)))
        sheet.screenshot(path=path, full_page=True)
        sheet.set_content(page(tab))
        sheet.screenshot(path=path.with_stem(f"{path.stem}-home"), full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
