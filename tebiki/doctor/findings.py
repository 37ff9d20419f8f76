"""What was looked at, how it is, and what to do about it; in Japanese and English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.translations import Bilingual, in_language

State = Literal["ok", "look", "broken"]

TOPICS = {
    "settings": "設定",
    "home": "保存先",
    "rights": "読み取りの権限",
    "disk": "ディスク",
    "port": "ポート",
    "clock": "時計",
    "proxy": "プロキシ",
    "ways-out": "外への通信",
    "ocr": "画像の文字",
    "dictionary": "辞書",
    "english": "英語の質問",
    "index": "索引",
    "recipe": "索引の作り方",
    "damage": "索引の傷み",
    "corpus": "文書のフォルダー",
    "ledger": "回答の記録",
    "keys": "鍵",
    "embedding": "検索モデル",
    "model": "言語モデル",
    "shared": "共有",
    "slack": "Slack",
    "mail": "メール",
}
"""What is looked at, in the order in which it is told; each with its name in Japanese."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. *about* is a topic; *todo* is empty where nothing is to be done."""

    about: str
    state: State
    what: str
    todo: str = ""

    def said(self, language: str) -> str:
        """Return what was found, in "ja" or "en"."""
        return in_language(self.what, language)

    def advice(self, language: str) -> str:
        """Return what to do about it, empty for nothing."""
        return in_language(self.todo, language)


def topic(about: str, language: str) -> str:
    """Return what a topic is called."""
    return TOPICS[about] if language == "ja" else about.replace("-", " ")


def ok(about: str, en: str, ja: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(about, "ok", Bilingual(en, ja))


def look(about: str, en: str, ja: str, todo_en: str, todo_ja: str) -> Finding:
    """Say that somebody should look at something; answers come all the same."""
    return Finding(about, "look", Bilingual(en, ja), Bilingual(todo_en, todo_ja))


def broken(about: str, en: str, ja: str, todo_en: str, todo_ja: str) -> Finding:
    """Say that something does not work until somebody mends it."""
    return Finding(about, "broken", Bilingual(en, ja), Bilingual(todo_en, todo_ja))


def told(about: str, look_at: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a look finds; one that fails itself is a finding too, and hides no other."""
    try:
        yield from look_at()
    except Exception as problem:  # noqa: BLE001 - whatever is wrong is what is asked for
        said = f"{type(problem).__name__}: {problem}"
        yield Finding(about, "broken", in_language(said, "en"))


def worst(findings: Iterable[Finding]) -> State:
    """Return the worst state among *findings*, "ok" for none."""
    states = {one.state for one in findings}
    return "broken" if "broken" in states else "look" if "look" in states else "ok"
