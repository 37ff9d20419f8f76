"""What the command line makes of its settings and options, on one bundled digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from tebiki.command_line import app
from tebiki.commands import output
from tests import tiny_models
from tests.fakes import ModelServer, Reply

DIGEST = Path(__file__).parents[2] / "corpus" / "starter" / "kosei-digest.pdf"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one PDF."""
    folder = tmp_path_factory.mktemp("one") / "corpus"
    folder.mkdir()
    shutil.copy(DIGEST, folder / "kosei.pdf")
    return folder


@pytest.fixture(scope="module")
def indexed(corpus: Path) -> Path:
    """The folder as it is indexed without any setting: to copy."""
    home = corpus.with_name("home")
    run(corpus, home, "refresh")
    return home


@pytest.fixture
def home(indexed: Path, tmp_path: Path) -> Path:
    """A home of one's own."""
    return Path(shutil.copytree(indexed, tmp_path / "home"))


def run(
    corpus: Path, home: Path, *words: str, code: int = 0, setting: Mapping[str, str] | None = None
) -> Result:
    """Run a command and return what came of it; any exit code but *code* fails."""
    result = CliRunner().invoke(
        app, ["--home", str(home), "--corpus", str(corpus), *words], env=setting
    )
    assert code == result.exit_code, result.output
    return result


def test_a_configured_reranker_orders_the_search(corpus: Path, home: Path, tmp_path: Path) -> None:
    """TEBIKI_RERANKER needs no new index, and each passage says what the model thought of it."""
    setting = {"TEBIKI_RERANKER": str(tiny_models.reranker(tmp_path))}
    question = ("search", "全体手順書の構成", "-k", "3", "--json")

    found = json.loads(run(corpus, home, *question, setting=setting).stdout)["passages"]

    thought = [passage["legs"]["reranker"] for passage in found]
    assert 3 == len(thought)
    assert sorted(thought, reverse=True) == thought


def test_a_reranker_that_cannot_be_loaded_stops_the_refresh(
    corpus: Path, home: Path, tmp_path: Path
) -> None:
    """It is named with its setting, even where nothing else changed; no search does without it."""
    (tmp_path / "empty").mkdir()
    setting = {"TEBIKI_RERANKER": str(tmp_path / "empty")}

    refreshed = run(corpus, home, "refresh", code=4, setting=setting)
    searched = run(corpus, home, "search", "全体手順書", code=4, setting=setting)

    assert "ModelMissing" in refreshed.stderr
    assert "unset TEBIKI_RERANKER" in refreshed.stderr
    assert "unset TEBIKI_RERANKER" in searched.stderr


def test_an_embedder_that_was_replaced_in_place_asks_for_a_refresh(
    corpus: Path, tmp_path: Path
) -> None:
    """Vectors of the old weights are not compared with a question's of the new."""
    home, folder = tmp_path / "home", tiny_models.embedder(tmp_path)
    setting = {"TEBIKI_EMBEDDING": str(folder)}
    run(corpus, home, "refresh", setting=setting)
    run(corpus, home, "search", "全体手順書", setting=setting)
    shutil.rmtree(folder)
    (tmp_path / "other").mkdir()
    tiny_models.embedder(tmp_path / "other").rename(folder)

    refused = run(corpus, home, "search", "全体手順書", code=4, setting=setting)
    again = run(corpus, home, "refresh", "--dry-run", setting=setting)

    assert "tebiki refresh" in refused.stderr
    assert "the embedder changed" in again.stdout


def test_a_model_is_carried_in_one_file(corpus: Path, tmp_path: Path) -> None:
    """Pack it, unpack it, set the setting that is printed, refresh."""
    folder, archive = tiny_models.embedder(tmp_path), tmp_path / "model.zip"
    home, inside = tmp_path / "home", tmp_path / "inside"

    packed = run(corpus, home, "models", "pack", str(folder), str(archive))
    unpacked = run(corpus, home, "models", "unpack", str(archive), str(inside))
    run(corpus, home, "refresh", setting={"TEBIKI_EMBEDDING": str(inside)})

    assert f"set TEBIKI_EMBEDDING={inside}" in unpacked.stdout
    assert packed.stdout.splitlines()[-1] == unpacked.stdout.splitlines()[0]
    refused = run(corpus, home, "models", "unpack", str(archive), str(inside), code=4)
    assert "there already" in refused.stderr


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A catalog of the digest and that of the cases; indexed."""
    folder = tmp_path_factory.mktemp("shelf")
    for name in ("kosei-digest.pdf", "jirei-digest.pdf"):
        shutil.copy(DIGEST.with_name(name), folder / name)
    (folder / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    run(folder, folder / "home", "refresh")
    return folder, folder / "home"


CATALOG = """
[[documents]]
id = "kosei"
title = "構成"
kind = "manual"
[[documents.editions]]
label = "第1版"
path = "kosei-digest.pdf"
in_force_from = 2021-07-07

[[documents]]
id = "cases"
title = "事例"
kind = "case"
[[documents.editions]]
label = "第2版"
path = "jirei-digest.pdf"
in_force_from = 2022-04-01
"""


@pytest.mark.parametrize(
    "expected, options",
    [
        ({"kosei", "cases"}, ("--document", "kosei", "--document", "cases")),
        ({"cases"}, ("--document", "cases")),
        ({"kosei", "cases"}, ("--kind", "manual", "--kind", "case")),
        ({"kosei"}, ("--kind", "manual")),
        ({"cases"}, ("--edition", "第2版")),
        ({"kosei"}, ("--as-of", "2021-08-01")),
        ({"kosei", "cases"}, ("--language", "ja")),
        (set(), ("--language", "en")),
        ({"cases"}, ("--municipality", "北見市")),
    ],
)
def test_search_keeps_its_filters(
    expected: set[str], options: tuple[str, ...], shelf: tuple[Path, Path]
) -> None:
    """Each option leaves only what it names; one that is repeated names several."""
    question = ("search", "自治体のDXの手順書と事例", "-k", "40", "--json")

    found = json.loads(run(*shelf, *question, *options).stdout)["passages"]

    assert expected == {passage["document"] for passage in found}


def test_search_says_why_a_passage_came(shelf: tuple[Path, Path]) -> None:
    """The words it holds beneath each passage, for people and for programs alike."""
    question = ("search", "ガバメントクラウドとは", "-k", "1")

    (found,) = json.loads(run(*shelf, *question, "--json").stdout)["passages"]

    assert "ガバメントクラウド" in found["matched"]["words"]
    assert "\n(ガバメントクラウド" in run(*shelf, *question).stdout


def test_search_says_as_what_a_misspelt_name_was_read(shelf: tuple[Path, Path]) -> None:
    """On the error stream for people, so that what is piped on holds passages only."""
    found = json.loads(run(*shelf, "search", "ガバメントクラウトとは", "--json").stdout)
    told = run(*shelf, "search", "ガバメントクラウトとは")
    plain = run(*shelf, "search", "ガバメントクラウドとは")

    assert "ガバメントクラウドとは" == found["read_as"]
    assert "Searched for: ガバメントクラウドとは" in told.stderr
    assert "Searched for" not in plain.stderr
    assert plain.stdout == told.stdout


def test_ask_keeps_its_filters(shelf: tuple[Path, Path]) -> None:
    """The same options for a whole answer."""
    question = ("ask", "北見市は何をしましたか", "--json")

    cited = json.loads(run(*shelf, *question, "--kind", "case").stdout)["citations"]
    none = json.loads(run(*shelf, *question, "--document", "kosei").stdout)["citations"]

    assert {"cases"} == {one["document"] for one in cited}
    assert [] == [one for one in none if one["document"] != "kosei"]


@pytest.mark.parametrize("command", ["search", "ask"])
@pytest.mark.parametrize(
    "known, options",
    [
        ("kosei, cases", ("--document", "case")),
        ("manual, case", ("--kind", "law")),
        ("第1版", ("--document", "kosei", "--edition", "第2版")),
    ],
)
def test_an_unknown_filter_is_wrong_usage(
    known: str, options: tuple[str, ...], command: str, shelf: tuple[Path, Path]
) -> None:
    """Exit code 2 and a sentence that lists what there is, not an empty list."""
    told = run(*shelf, command, "北見市", *options, code=2)

    assert f"There are: {known}." in told.stderr


def test_status_tells_what_of_the_models_day_is_used(corpus: Path, home: Path) -> None:
    """Two processes and one count: an answer of one is in the status of the other."""
    with ModelServer([Reply("NO_ANSWER", usage=(1_200, 34))]) as server:
        setting = {
            "TEBIKI_LLM": "openai-like",
            "TEBIKI_LLM_MODEL": "tiny",
            "TEBIKI_LLM_ADDRESS": server.address,
            "TEBIKI_LLM_TOKENS_A_DAY": "50000",
        }
        run(corpus, home, "ask", "全体手順書の連絡先は", setting=setting)

    printed = run(corpus, home, "status", setting=setting).stdout
    told = json.loads(run(corpus, home, "status", "--json", setting=setting).stdout)["model"]
    plain = json.loads(run(corpus, home, "status", "--json").stdout)["model"]

    assert 1 == len(server.requests)
    assert "language model openai-like/tiny: 1,234 of today's 50,000 tokens used" in printed
    assert {
        "name": "openai-like/tiny", "tokens_a_day": 50_000, "tokens_today": 1_234, "left_alone": None,
    } == told  # fmt: skip
    assert plain is None


TALKS_ON = {"serve", "mcp", "slack"}
"""Commands that go on until they are ended, and print nothing for a program."""

NO_HOME = {"bundle", "dictionary", "ocr", "models pack", "models unpack", "eval compare"}
"""Commands that work on files alone."""


def _commands(group: Any, *before: str) -> Iterator[tuple[str, set[str]]]:  # noqa: ANN401 - click's
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *before, name)
        else:
            options = {option for one in command.params for option in one.opts}
            yield " ".join((*before, name)), options


def test_every_command_takes_the_same_options() -> None:
    """Home and corpus may stand behind any subcommand, and a program may read what it prints."""
    found = dict(_commands(typer.main.get_command(app)))

    assert len(found) > 25
    assert set() == {name for name, has in found.items() if "--home" not in has} - NO_HOME
    assert set() == {name for name, has in found.items() if "--corpus" not in has} - NO_HOME
    assert set() == {name for name, has in found.items() if "--json" not in has} - TALKS_ON


def test_keys_are_made_listed_and_revoked_for_a_program(tmp_path: Path) -> None:
    """What is printed is JSON; the secret is in it once."""

    def told(*words: str) -> Any:  # noqa: ANN401 - JSON
        result = CliRunner().invoke(app, ["keys", *words, "--home", str(tmp_path), "--json"])
        assert 0 == result.exit_code, result.output
        return json.loads(result.stdout)

    made = told("create", "窓口", "--scope", "search")
    (listed,) = told("list")
    gone = told("revoke", made["id"])

    assert ("窓口", "search") == (made["name"], made["scope"])
    assert made["secret"] not in str(listed)
    assert (made["id"], "窓口") == (listed["id"], gone["name"])
    assert [] == told("list")


@pytest.mark.parametrize("module, name", [(module, name) for module, name, _ in output.CODES])
def test_every_error_with_an_exit_code_is_one(module: str, name: str) -> None:
    """An error that is renamed would end a command with a traceback."""
    assert issubclass(getattr(import_module(module), name), Exception)


def test_a_model_that_cannot_be_had_stops_the_server(tmp_path: Path) -> None:
    """Before it listens, and not with the first question."""
    setting = {"TEBIKI_EMBEDDING": "owner/nowhere", "HF_HUB_OFFLINE": "1"}

    told = run(tmp_path, tmp_path / "home", "serve", "--port", "0", code=4, setting=setting)

    assert "owner/nowhere: there is no such folder" in told.stderr
