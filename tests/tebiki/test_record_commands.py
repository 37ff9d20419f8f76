"""What the command line writes into the audit stream, and what it says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.asking.question import read
from bot.ledger.audit import Audit
from bot.ledger.database import Database
from index.errors import IndexMissing
from tebiki import building
from tebiki.settings import settings, shown
from tests.bot.ledger.test_ledger import answer
from tests.tebiki.test_corpus_commands import Desk, desk, pdf

__all__ = ["desk"]


def deeds(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what the stream says was done, oldest first."""
    return [
        (f"{line['activity_name']} {line['entity']['type']}", line["entity"]["data"])
        for line in Audit(home).lines()
    ]


def test_what_changes_something_is_in_the_audit_stream(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whom, and from the command line; what only looks is not."""
    monkeypatch.setattr(building, "account", lambda: "tanaka")
    made = json.loads(desk.does("keys", "create", "窓口", "--json").stdout)
    desk.does("keys", "revoke", made["id"])
    file = pdf(desk.folder / "a.pdf", "窓口業務の要領", "第1.0版", "令和3年7月7日", "受付は九時。")
    desk.does("corpus", "add", file, "--yes")
    desk.does("corpus", "correct", "madoguchi@第1.0版", "--published", "2021-07-08")
    desk.does("refresh")
    desk.does("corpus", "list")
    desk.does("corpus", "withdraw", "madoguchi@第1.0版", "--on", "2026-12-01")

    told = deeds(desk.home)
    assert [
        "Create key",
        "Delete key",
        "Create document",
        "Update document",
        "Update index",
        "Delete document",
    ] == [what for what, _ in told]
    key = {"id": made["id"], "name": "窓口", "scope": "ask", "groups": [], "expires": None}
    assert key == told[0][1]
    assert made["secret"] not in Audit(desk.home).path.read_text("utf-8")
    assert ["madoguchi@第1.0版"] == told[4][1]["added"]
    (first, *_) = Audit(desk.home).lines()
    assert ("tanaka", "command line") == (
        first["actor"]["user"]["name"],
        first["src_endpoint"]["ip"],
    )


def test_stream_is_verified_against_a_hash_that_was_kept(desk: Desk) -> None:
    """As "audit head" printed it, number and all; a line that changed is named."""
    desk.does("keys", "create", "窓口")
    kept = desk.does("audit", "head").stdout.strip()
    desk.does("keys", "create", "総務")

    assert "2 lines" in desk.does("audit", "verify", kept).stdout
    path = Audit(desk.home).path
    path.write_text(path.read_text("utf-8").replace("窓口", "出口"), "utf-8")
    assert "line 1" in desk.does("audit", "verify", code=4).output


def test_settings_are_shown_without_their_secrets(tmp_path: Path) -> None:
    """Nor is the password within an address."""
    told = shown(
        settings(
            {
                "TEBIKI_HOME": str(tmp_path),
                "TEBIKI_LLM": "openai-like",
                "TEBIKI_LLM_MODEL": "m",
                "TEBIKI_LLM_ADDRESS": "http://me:word@127.0.0.1/v1",
                "TEBIKI_LLM_KEY": "secret",
                "TEBIKI_DATABASE_URL": "postgresql://me:word@host/db",
            }
        )
    )

    assert ("set", "set", "127.0.0.1/v1") == (
        told["llm_key"],
        told["database_url"],
        told["llm_address"],
    )
    assert "word" not in str(told)
    assert "me:" not in str(told)


def test_record_is_exported_and_erased(desk: Desk) -> None:
    """Both are in the audit stream; of the person only a hash."""
    building.ledger_of(settings({"TEBIKI_HOME": str(desk.home)})).keep(
        answer(text="休暇は何日？"), asker="hash"
    )

    table = desk.does("record", "export", "--since", "2020-01-01").stdout
    kept = json.loads(desk.does("record", "erase", "--person", "hash", "--yes", "--json").stdout)
    after = desk.does("record", "export", "--since", "2020-01-01", "--format", "json").stdout

    assert "休暇は何日？" in table
    assert {"answers": 1, "follow_ups": 0} == kept
    assert [] == json.loads(after)
    assert ["Read record", "Delete record", "Read record"] == [what for what, _ in deeds(desk.home)]
    assert "hash" not in str(deeds(desk.home)[1][1])
    desk.does("record", "erase", "--yes", code=2)


def test_record_lets_go_of_what_the_setting_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number for all, or one for each kind."""
    building.ledger_of(settings({"TEBIKI_HOME": str(desk.home)})).keep(answer(), at=0.0)
    monkeypatch.setenv("TEBIKI_KEEP_DAYS", "30")

    assert {"answers": 1, "questions": 1} == json.loads(
        desk.does("record", "tidy", "--json").stdout
    )


@pytest.mark.parametrize("said", ["thoughts=3", "answers=0", "answers", "-1"])
def test_days_that_cannot_be_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """With the setting and what it may be."""
    monkeypatch.setenv("TEBIKI_KEEP_DAYS", said)

    assert "TEBIKI_KEEP_DAYS" in desk.does("record", "tidy", code=4).output


def test_database_of_the_record_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the ledger, the approved answers and the count of tokens together."""
    opened: list[Path | str] = []
    begin = Database.__init__

    def noted(self: Database, where: Path | str, *, patient: bool = False) -> None:
        opened.append(where)
        begin(self, where, patient=patient)

    monkeypatch.setattr(Database, "__init__", noted)
    model = {
        "TEBIKI_LLM": "openai-like", "TEBIKI_LLM_MODEL": "m", "TEBIKI_LLM_TOKENS_A_DAY": "9",
        "TEBIKI_LLM_ADDRESS": "http://127.0.0.1:9/v1",
    }  # fmt: skip
    parts = building.build(settings(model, home=tmp_path))

    ledger = parts.ledger()
    with pytest.raises(IndexMissing):  # once the approved answers were looked through
        parts.answerer.answer(read("休暇は何日ですか"))
    tokens = building.tokens_of(parts.settings, parts.record)
    assert tokens is not None
    tokens.used()
    ledger.database.close()

    assert 1 == len(opened)
