"""Several corpora in one home: where they lie, what they share, and what each has of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.access import Unprotected
from api.keys import Keys, Scope
from tebiki.command_line import app
from tebiki.serving import together
from tebiki.settings import BadSettings, Settings, named_in, of_corpus, settings
from tests.fakes import edition
from tests.shelves import TODAY, Desk, warmed

QUESTION = "調整手当は月額いくらですか"
YEN = {"main": "11111", "mizu": "22222", "人事課": "33333"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a corpus of its own and two named ones; not to be written in."""
    folder = tmp_path_factory.mktemp("homes")
    home = folder / "home"
    for name, yen in YEN.items():
        desk = Desk(tmp_path_factory.mktemp("desk"))
        desk.put(edition("kitei"), f"# 調整手当\n調整手当は、月額{yen}円とする。")
        desk.refresh()
        shutil.copytree(desk.home, home if name == "main" else home / "corpora" / name)
    (home / "corpora" / ".lost").mkdir()
    return home


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(home, tmp_path / "home")


def whole(home: Path, **said: str) -> Settings:
    """Return the settings of an installation."""
    return settings({f"TEBIKI_{name.upper()}": value for name, value in said.items()}, home)


def test_own_corpus_of_a_home_is_the_first(own: Path) -> None:
    """It was there before; without it the first by name is."""
    before = named_in(own)
    (own / "current").unlink()

    assert (("main", "mizu", "人事課"), ("mizu", "人事課")) == (before, named_in(own))


def test_home_without_named_corpora_is_one(tmp_path: Path) -> None:
    """As it always was."""
    (tmp_path / "current").touch()

    assert () == named_in(tmp_path)


def test_named_corpus_takes_over_what_is_not_its_own(tmp_path: Path) -> None:
    """A model is shared; where things are kept, and Slack, are not."""
    model = {"llm": "ollama", "llm_model": "m", "proxies": "10.0.0.1"}
    kept = {"database_url": "postgresql://x/y", "slack_bot_token": "xoxb-1"}
    found = of_corpus(whole(tmp_path, public_url="https://t.example/", **model, **kept), "mizu")

    own = tmp_path / "corpora" / "mizu"
    assert ("ollama", ("10.0.0.1",)) == (found.llm, found.proxies)
    assert (own, own / "documents", "https://t.example/c/mizu") == (
        found.home, found.corpus, found.public_url
    )  # fmt: skip
    assert ("", "") == (found.database_url, found.slack_bot_token)


def test_file_in_its_home_says_what_is_otherwise(tmp_path: Path) -> None:
    """A relative path starts there."""
    own = tmp_path / "corpora" / "mizu"
    own.mkdir(parents=True)
    (own / ".env").write_text("TEBIKI_CORPUS=pdfs\nTEBIKI_SLACK_BOT_TOKEN=xoxb-2\n")
    found = of_corpus(whole(tmp_path, slack_bot_token="xoxb-1"), "mizu")  # noqa: S106 - a made up one

    assert (own / "pdfs", "xoxb-2") == (found.corpus, found.slack_bot_token)


@pytest.mark.parametrize("name", ["..", "a/b", "", "*", "a,b", "-x", "x" * 41])
def test_what_cannot_name_a_folder_names_no_corpus(tmp_path: Path, name: str) -> None:
    """Nor the whole of them."""
    with pytest.raises(BadSettings, match="cannot name a corpus"):
        of_corpus(whole(tmp_path), name)


def test_mistake_in_its_file_is_named_with_its_line(tmp_path: Path) -> None:
    """As one of the installation's is."""
    own = tmp_path / "corpora" / "mizu"
    own.mkdir(parents=True)
    (own / ".env").write_text("TEBIKI_OCR=perhaps\n")

    with pytest.raises(BadSettings, match=r"mizu/\.env, line 1: TEBIKI_OCR"):
        of_corpus(whole(tmp_path), "mizu")


@pytest.mark.parametrize("name", YEN)
def test_command_answers_from_the_corpus_that_is_named(own: Path, name: str) -> None:
    """Whatever the home answers itself."""
    given = ["--home", str(own), "--corpus-name", name, "ask", QUESTION]
    told = CliRunner().invoke(app, given)

    assert [YEN[name]] == [yen for yen in YEN.values() if yen in told.output]


def test_server_answers_for_each_corpus(own: Path) -> None:
    """From its own index, into its own record."""
    all_of = {name: of_corpus(whole(own), name) for name in named_in(own)}
    with TestClient(together(all_of), base_url="http://127.0.0.1") as client:
        given = {
            name: client.post("/v1/answers", json={"question": QUESTION, "corpus": name}).json()
            for name in ("", *YEN)
        }
        offered = client.get("/v1/session").json()["corpora"]

    assert ["main", "mizu", "人事課"] == offered
    assert [YEN[name or "main"] in answer["text"] for name, answer in given.items()] == [True] * 4
    assert [True] * 3 == [(each.home / "ledger.sqlite").exists() for each in all_of.values()]


def test_server_reads_early_what_a_first_question_would_wait_for(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The English dictionary of each corpus, before anybody asks; here the file is gone by then."""
    file = own / "edict"
    file.write_text("手当 [てあて] /(n) allowance/(P)/\n", encoding="euc_jp")
    monkeypatch.setattr("index.search.dictionary.KEPT", file)
    all_of = {name: of_corpus(whole(own), name) for name in named_in(own)}
    served = together(all_of)
    with TestClient(served, base_url="http://127.0.0.1") as client:
        for name in YEN:  # opens each, and asks nothing
            client.get("/v1/session", params={"corpus": name})
        warmed()
        file.unlink()
        found = {
            name: client.post("/v1/search", json={"question": "allowance", "corpus": name}).json()
            for name in YEN
        }

    said = {name: given["passages"][0]["text"] for name, given in found.items()}
    assert [True] * 3 == [YEN[name] in text for name, text in said.items()]


def test_corpus_without_a_key_is_not_served_to_others(own: Path) -> None:
    """Not even beside those that have one."""
    Keys(own / "keys.json").create("one", Scope.ASK)
    all_of = {name: of_corpus(whole(own), name) for name in named_in(own)}

    with pytest.raises(Unprotected):
        together(all_of, "0.0.0.0")  # noqa: S104 - nothing listens


def test_key_may_open_several_corpora(own: Path) -> None:
    """One secret; its list is each corpus's own, and it is taken back in each."""
    given = ["--home", str(own), "keys", "create", "both", "--also", "mizu"]
    secret = CliRunner().invoke(app, given).stdout.strip()
    found = [
        Keys(folder / "keys.json").find(secret, on=TODAY)
        for folder in (own, own / "corpora" / "mizu", own / "corpora" / "人事課")
    ]

    assert [True, True, False] == [key is not None for key in found]


def test_key_for_what_is_no_corpus_is_not_made(own: Path) -> None:
    """Neither there nor here."""
    given = ["--home", str(own), "keys", "create", "both", "--also", "nonesuch"]
    told = CliRunner().invoke(app, given)

    assert 0 != told.exit_code
    assert not (own / "corpora" / "nonesuch").exists()
