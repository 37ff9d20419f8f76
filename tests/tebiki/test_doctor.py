"""Homes that are well, and homes that are broken in one way each: the doctor says which and what to do."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException
from typer.testing import CliRunner

from api.keys import Keys, Scope
from tebiki.command_line import app
from tebiki.doctor import findings, machine, services
from tebiki.settings import Said, settings
from tests.mail_server import mail_server
from tests.served import app_of, serving, small

DIGEST = Path(__file__).parents[2] / "corpus" / "starter" / "kosei-digest.pdf"
TODAY = datetime.now(UTC).date()


@dataclass
class House:
    """A home, its corpus, and what the doctor finds there."""

    folder: Path
    setting: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    def manifest(self) -> Path:
        return next((self.home / "generations").glob("g*/manifest.json"))

    def examined(self, *words: str, language: str = "en_GB.UTF-8") -> tuple[int, dict[str, Any]]:
        where = ["--home", str(self.home), "--corpus", str(self.corpus), "doctor", "--port", "0"]
        told = CliRunner().invoke(
            app, [*where, "--json", *words], env={"LC_ALL": language, **self.setting}
        )
        return told.exit_code, json.loads(told.stdout)

    def wrong(self) -> dict[str, str]:
        """Return what is not well, by topic."""
        return wrong_in(self.examined()[1])


def wrong_in(told: dict[str, Any]) -> dict[str, str]:
    """Return what is not well of what was told, by topic."""
    return {
        one["about"]: f"{one['state']}: {one['what']} {one['todo']}"
        for one in told["findings"]
        if one["state"] != "ok"
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of one PDF and its home, indexed once."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "corpus").mkdir()
    shutil.copy(DIGEST, folder / "corpus" / "kosei.pdf")
    where = ["--home", str(folder / "home"), "--corpus", str(folder / "corpus")]
    assert 0 == CliRunner().invoke(app, [*where, "refresh"]).exit_code
    return folder


@pytest.fixture
def house(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A copy to break, on a machine in Japan without a proxy."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "edict").touch()
    monkeypatch.setattr("index.search.dictionary.KEPT", tmp_path / "edict")
    shutil.copytree(built, tmp_path / "house")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield House(tmp_path / "house")
    time.tzset()


@pytest.mark.needs("tesseract")
def test_nothing_is_wrong_with_a_good_home(house: House) -> None:
    """Every topic is told, each as well, and the exit code is 0."""
    code, told = house.examined()

    assert {} == wrong_in(told)
    assert (0, "ok") == (code, told["state"])
    assert set(findings.TOPICS) == {one["about"] for one in told["findings"]}


def _cut_manifest(house: House) -> None:
    house.manifest().write_bytes(house.manifest().read_bytes()[:200])


def _lose_pointer(house: House) -> None:
    (house.home / "current").unlink()


def _change_text(house: House) -> None:
    text = next((house.home / "generations").glob("g*/texts/*.npz"))
    text.write_bytes(text.read_bytes() + b"x")


def _lose_pdf(house: House) -> None:
    next((house.home / "pdfs").glob("*.pdf")).unlink()


def _lose_vectors(house: House) -> None:
    shutil.rmtree(next((house.home / "generations").glob("g*/embedded")))


def _damage_ledger(house: House) -> None:
    # Whoever made the home may hold its record open still: the log beside it has every page.
    for log in house.home.glob("ledger.sqlite-*"):
        log.unlink()
    (house.home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)


def _damage_keys(house: House) -> None:
    (house.home / "keys.json").write_text("[{", encoding="utf-8")


def _end_keys(house: House) -> None:
    keys = Keys(house.home / "keys.json")
    keys.create("yamada", Scope.ASK, expires=TODAY - timedelta(days=3))


def _lose_corpus(house: House) -> None:
    shutil.rmtree(house.corpus)


def _add_file(house: House) -> None:
    shutil.copy(DIGEST.with_name("jirei-digest.pdf"), house.corpus / "new.pdf")


def _open_to_all(house: House) -> None:
    (house.home / "current").chmod(0o644)


def _remove_index(house: House) -> None:
    shutil.rmtree(house.home / "generations")
    (house.home / "current").unlink()


def _made_tomorrow(house: House) -> None:
    told = json.loads(house.manifest().read_text(encoding="utf-8"))
    told["created"] = (datetime.now(UTC) + timedelta(days=400)).isoformat(timespec="seconds")
    house.manifest().write_text(json.dumps(told), encoding="utf-8")


def _other_recipe(house: House) -> None:
    told = json.loads(house.manifest().read_text(encoding="utf-8"))
    told["recipe"]["tokenizer"] = "another"
    house.manifest().write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize(
    "break_it, about, state, todo",
    [
        pytest.param(_cut_manifest, "index", "broken", "tebiki refresh", id="a manifest cut short"),
        pytest.param(_lose_pointer, "index", "broken", "tebiki rollback", id="no pointer"),
        pytest.param(_remove_index, "index", "broken", "tebiki refresh", id="no index"),
        pytest.param(_change_text, "damage", "broken", "tebiki refresh", id="a changed byte"),
        pytest.param(_lose_pdf, "damage", "broken", "tebiki refresh", id="a lost PDF"),
        pytest.param(_lose_vectors, "damage", "broken", "tebiki refresh", id="lost vectors"),
        pytest.param(_damage_ledger, "ledger", "broken", "tebiki restore", id="a damaged record"),
        pytest.param(_damage_keys, "keys", "broken", "backup", id="a damaged list of keys"),
        pytest.param(_end_keys, "keys", "broken", "keys create", id="keys that have ended"),
        pytest.param(_lose_corpus, "corpus", "broken", "TEBIKI_CORPUS", id="a corpus that is away"),
        pytest.param(_add_file, "corpus", "look", "tebiki refresh", id="a file that came since"),
        pytest.param(_open_to_all, "rights", "look", "chmod", id="a home that others can read"),
        pytest.param(_made_tomorrow, "clock", "broken", "timedatectl", id="a clock that runs behind"),
        pytest.param(_other_recipe, "recipe", "look", "tebiki refresh", id="an older recipe"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_with_what_to_do(
    house: House, break_it: Callable[[House], None], about: str, state: str, todo: str
) -> None:
    """The topic, how bad it is, and the command that mends it; the home is not changed."""
    break_it(house)
    before = {path: path.lstat().st_mode for path in house.home.rglob("*")}

    code, told = house.examined()
    wrong = wrong_in(told)

    assert wrong[about].startswith(state)
    assert todo in wrong[about]
    assert {"look": 1, "broken": 4}[state] == code
    assert state == told["state"]
    known = {path for path in before if "-wal" not in path.name}
    assert known <= set(house.home.rglob("*"))
    assert all(before[path] == path.lstat().st_mode for path in known)


@pytest.mark.parametrize(
    "setting, about, said",
    [
        ({"TEBIKI_LLM": "openai"}, "settings", "may be openai-like, anthropic or ollama"),
        ({"TEBIKI_HOEM": "x"}, "settings", "Is TEBIKI_HOME meant?"),
        ({"TEBIKI_EMBEDDING": "nobody/nothing"}, "embedding", "models"),
        ({"TEBIKI_CHROMA_URL": "http://127.0.0.1:1/x"}, "settings", "what the Chroma server holds stays"),
        ({"TEBIKI_SHARED": "/mnt/x"}, "settings", "TEBIKI_DATABASE_URL is not"),
        ({"TEBIKI_SHARED": "s3://x", "TEBIKI_DATABASE_URL": "postgresql://x/y"}, "settings", "full path"),
        (
            {"TEBIKI_SHARED": "/mnt/x", "TEBIKI_DATABASE_URL": "postgresql://a:geheim@127.0.0.1:1/x"},
            "shared",
            "127.0.0.1/x",
        ),
        ({"TEBIKI_DATABASE_URL": "postgresql://a:geheim@127.0.0.1:1/x"}, "ledger", "127.0.0.1:1"),
        (
            {"TEBIKI_MAIL_SERVER": "smtp://a:geheim@127.0.0.1:1", "TEBIKI_MAIL_FROM": "t@example.jp"},
            "mail",
            "127.0.0.1 takes no mail",
        ),
        ({"TEBIKI_MAIL_SERVER": "mail.lan"}, "settings", "smtp://mail.example.lg.jp"),
        (
            {"TEBIKI_LLM": "ollama", "TEBIKI_LLM_MODEL": "m", "TEBIKI_LLM_ADDRESS": "http://127.0.0.1:1"},
            "model",
            "127.0.0.1:1 does not answer",
        ),
    ],
    ids=["a value that cannot be", "a misspelt name", "a model that is absent", "a setting that is gone",
         "no database to share by", "no place to share", "nothing shared",
         "no PostgreSQL", "no mail server", "no address of one", "no model server"],
)  # fmt: skip
def test_what_is_set_wrongly_is_named(
    house: House, setting: Mapping[str, str], about: str, said: str
) -> None:
    """Each with where it was set or what does not answer, and without its password."""
    house.setting = dict(setting)

    _, told = house.examined()

    assert said in wrong_in(told)[about]
    assert "geheim" not in str(told)


def test_a_model_that_the_server_does_not_have_is_named(tmp_path: Path) -> None:
    """The server answers, and lists another; or it has that one; or it refuses the key."""
    listing = FastAPI()

    @listing.get("/v1/models")
    def models(authorization: Annotated[str, Header()] = "") -> dict[str, list[dict[str, str]]]:
        if authorization != "Bearer right":
            raise HTTPException(401)
        return {"data": [{"id": "present"}]}

    def found(name: str, key: str) -> findings.Finding:
        given = {"LLM": "openai-like", "LLM_MODEL": name, "LLM_KEY": key, "LLM_ADDRESS": address}
        named = {f"TEBIKI_{setting}": value for setting, value in given.items()}
        return next(services.of_model(settings(named, tmp_path)))

    with serving(listing) as served:
        address = f"{served}/v1"
        absent, present = found("absent", "right"), found("present", "right")
        refused = found("present", "wrong")

    assert ("look", "ok", "broken") == (absent.state, present.state, refused.state)
    assert "present" in absent.what
    assert "TEBIKI_LLM_KEY" in refused.todo


def test_a_mail_server_that_takes_mail_is_well(tmp_path: Path) -> None:
    """It is asked, and no mail is sent."""
    with mail_server() as server:
        given = {"TEBIKI_MAIL_SERVER": server.address, "TEBIKI_MAIL_FROM": "t@example.lg.jp"}
        (found,) = services.of_mail(settings(given, tmp_path))

    assert ("ok", []) == (found.state, server.mails)


def test_a_secret_is_told_as_set_and_no_more() -> None:
    """Where it is set may be known, what it is may not."""
    chosen = settings({"TEBIKI_LEDGER_KEY": "geheim"})

    said = [
        one.what
        for one in machine.of_settings(chosen, {"TEBIKI_LEDGER_KEY": Said("geheim", "here")})
    ]

    assert ["TEBIKI_LEDGER_KEY=(…) (here)"] == said


def test_the_doctor_speaks_japanese(house: House) -> None:
    """By the locale of the terminal."""
    _remove_index(house)

    code, told = house.examined(language="ja_JP.UTF-8")

    (found,) = [one for one in told["findings"] if one["about"] == "index"]
    assert 4 == code
    assert f"{house.home} に索引がありません。" == found["what"]
    assert "「tebiki refresh」を実行してください。" == found["todo"]


def test_a_port_that_another_program_holds_is_named() -> None:
    """A free one is free, one that Tebiki holds is its own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        (taken,) = machine.of_port("127.0.0.1", other.getsockname()[1])
    (free,) = machine.of_port("127.0.0.1", 0)
    with serving(app_of(small())) as address:
        (ours,) = machine.of_port("127.0.0.1", int(address.rpartition(":")[2]))

    assert ("broken", "ok", "ok") == (taken.state, free.state, ours.state)
    assert "Tebiki answers" in ours.what


@pytest.mark.parametrize(
    "free_mb, state", [(10, "broken"), (100, "look"), (100_000, "ok")], ids=str
)
def test_room_is_measured_against_what_a_refresh_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, state: str
) -> None:
    """Twice the present index and something to spare."""
    usage = type("Usage", (), {"free": free_mb * 1_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)

    (found,) = machine.of_disk(settings({}, tmp_path), 10_000_000)

    assert state == found.state


def test_a_proxy_before_a_server_at_hand_is_named() -> None:
    """Whatever the case of the variable; one that is spared is well."""
    chosen = settings({"TEBIKI_DATABASE_URL": "postgresql://postgres/x"})

    (caught,) = machine.of_proxy(chosen, {"HTTPS_PROXY": "http://u:p@proxy:3128"})
    (spared,) = machine.of_proxy(
        chosen, {"https_proxy": "http://proxy:3128", "NO_PROXY": "postgres"}
    )

    assert "look" == caught.state
    assert "NO_PROXY=postgres" in caught.todo
    assert "u:p" not in caught.what
    assert "ok" == spared.state


def test_a_look_that_fails_hides_no_other() -> None:
    """It is a finding itself."""

    def fails() -> Iterator[findings.Finding]:
        raise RuntimeError("the moon is full")

    (found,) = findings.told("disk", fails)

    assert ("broken", "RuntimeError: the moon is full") == (found.state, found.what)
