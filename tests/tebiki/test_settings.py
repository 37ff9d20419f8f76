"""What the settings make of the environment and .env, and what they say of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.writing.model import Configured
from tebiki import places
from tebiki.command_line import app
from tebiki.settings import NAMES, BadSettings, read, said, settings

ROOT = Path(__file__).parents[2]


def wrong(environment: dict[str, str]) -> str:
    """Return what is said of settings that cannot be used."""
    with pytest.raises(BadSettings) as raised:
        settings(environment)
    return str(raised.value)


def test_every_setting_has_its_line_in_the_example() -> None:
    """.env.example and the settings name the same names, in the same order."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert sorted(NAMES) == sorted(set(re.findall(r"^#?(TEBIKI_\w+)=", example, re.MULTILINE)))


def test_the_defaults_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    """Whoever takes the marks away from every line that has a value changes nothing."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    file = tmp_path / ".env"
    bare = [line[1:] for line in lines if re.match(r"#TEBIKI_(?!SHARED)", line)]
    file.write_text("\n".join(line for line in bare if not line.endswith("=")), encoding="utf-8")

    assert settings({}) == settings({}, file=file)


def test_a_language_model_is_set_by_its_names() -> None:
    """Everything a model needs has a name in the environment."""
    model = settings(
        {
            "TEBIKI_LLM": "openai-like",
            "TEBIKI_LLM_MODEL": "m",
            "TEBIKI_LLM_ADDRESS": "http://127.0.0.1:1/v1",
            "TEBIKI_LLM_KEY": "k",
            "TEBIKI_LLM_TIMEOUT_S": "5",
            "TEBIKI_LLM_TOKENS": "100",
            "TEBIKI_LLM_TOKENS_A_DAY": "50000",
        }
    ).model

    assert model == Configured(
        "openai-like",
        "m",
        "http://127.0.0.1:1/v1",
        "k",
        timeout_s=5.0,
        tokens=100,
        tokens_a_day=50_000,
    )


def test_nothing_set_means_no_model_and_masking() -> None:
    """The defaults send nothing anywhere; a setting of nothing is none."""
    plain = settings({"TEBIKI_LLM": " ", "TEBIKI_LLM_TOKENS_A_DAY": ""})

    assert (None, "mask", "mask") == (plain.model, plain.guard_model, plain.guard_record)
    assert 0 == plain.llm_tokens_a_day


@pytest.mark.parametrize(
    "environment, sentence",
    [
        (
            {"TEBIKI_LLM": "gpt"},
            'TEBIKI_LLM is "gpt"; it may be openai-like, anthropic or ollama.',
        ),
        (
            {"TEBIKI_LLM": "ollama"},
            "TEBIKI_LLM is ollama, but TEBIKI_LLM_MODEL names no model.",
        ),
        (
            {"TEBIKI_LLM": "openai-like", "TEBIKI_LLM_MODEL": "m"},
            "TEBIKI_LLM_ADDRESS is not set",
        ),
        ({"TEBIKI_LLM_TIMEOUT_S": "soon"}, '_TIMEOUT_S is "soon"; it may be a number above 0.'),
        ({"TEBIKI_LLM_DEADLINE_S": "nan"}, '_DEADLINE_S is "nan"; it may be a number above 0.'),
        ({"TEBIKI_LLM_TOKENS_A_DAY": "-1"}, "it may be a whole number; 0 means no bound."),
        ({"TEBIKI_GUARD_RECORD": "perhaps"}, "it may be mask, refuse or allow."),
        ({"TEBIKI_LEDGER_PLAIN_IDS": "perhaps"}, "it may be 1 or 0."),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_can(
    environment: dict[str, str], sentence: str
) -> None:
    """One line says where it stands, what it is, and what it may be."""
    told = wrong(environment)

    assert sentence in told
    assert 1 == len(told.splitlines())


def test_all_that_is_wrong_in_a_file_is_told_once_with_its_line(tmp_path: Path) -> None:
    """Lines count from 1; blank lines, notes and the mark of Windows' editors are no trouble."""
    file = tmp_path / ".env"
    file.write_text(
        "\ufeffTEBIKI_LLM_TOKENS=many\n\n# a note\n\nexport TEBIKI_GUARD_MODEL='hide'\n",
        encoding="utf-8",
    )

    with pytest.raises(BadSettings) as raised:
        settings({}, file=file)

    assert [
        f'{file}, line 1: TEBIKI_LLM_TOKENS is "many"; it may be a whole number above 0.',
        f'{file}, line 5: TEBIKI_GUARD_MODEL is "hide"; it may be mask, refuse or allow.',
    ] == str(raised.value).splitlines()


def test_a_name_in_the_file_that_is_none_ends_the_command(tmp_path: Path) -> None:
    """A misspelt bound would not bound: the nearest right name is offered, others are left alone."""
    file = tmp_path / ".env"
    file.write_text("OTHER=1\nTEBIKI_GUARD_MODLE=refuse\nTEBIKI_QQQ=1\nfoo bar\nTEBIKI_LLM\n")

    with pytest.raises(BadSettings) as raised:
        settings({}, file=file)

    assert [
        f"{file}, line 2: TEBIKI_GUARD_MODLE is no setting. Is TEBIKI_GUARD_MODEL meant?",
        f"{file}, line 3: TEBIKI_QQQ is no setting. .env.example lists every setting.",
        f'{file}, line 4: it is not like "NAME=value".',
        f'{file}, line 5: it is not like "NAME=value".',
    ] == str(raised.value).splitlines()


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    """A .env that an editor saved as Shift JIS says what to do."""
    file = tmp_path / ".env"
    file.write_bytes("# 設定\nTEBIKI_HOME=var\n".encode("cp932"))

    with pytest.raises(BadSettings, match="not UTF-8"):
        settings({}, file=file)


def test_a_strange_name_in_the_environment_is_only_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may put names there, as Kubernetes does for a service called tebiki."""
    monkeypatch.setenv("TEBIKI_HOM", str(tmp_path))

    told = CliRunner().invoke(app, ["--home", str(tmp_path / "h"), "corpus", "list"])

    assert 0 == told.exit_code
    assert "The environment: TEBIKI_HOM is no setting. Is TEBIKI_HOME meant?" in told.stderr


def test_a_wrong_setting_ends_a_command_with_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 4, and one line on the error stream."""
    monkeypatch.setenv("TEBIKI_LLM_TIMEOUT_S", "soon")

    told = CliRunner().invoke(app, ["--home", str(tmp_path), "status"])

    assert (4, 1) == (told.exit_code, len(told.stderr.splitlines()))
    assert 'the environment: TEBIKI_LLM_TIMEOUT_S is "soon"' in told.stderr


def test_secrets_are_not_shown() -> None:
    """Who prints the settings, in a log or an error, prints no key."""
    keys = {name: "s3cret" for name in NAMES if name.endswith(("KEY", "TOKEN", "SECRET"))}

    assert 5 == len(keys)
    assert "s3cret" not in repr(settings({**keys, "TEBIKI_DATABASE_URL": "x://u:s3cret@h/d"}))


def test_the_environment_counts_before_the_file(tmp_path: Path) -> None:
    """Each setting knows where it comes from."""
    file = tmp_path / ".env"
    file.write_text("TEBIKI_RERANKER=a/b\nTEBIKI_PUBLIC_URL=http://x\n")

    told = said({"TEBIKI_RERANKER": "c/d"}, file)

    assert ("c/d", "the environment") == (
        told["TEBIKI_RERANKER"].value,
        told["TEBIKI_RERANKER"].where,
    )
    assert f"{file}, line 2" == told["TEBIKI_PUBLIC_URL"].where


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installation, seen from another working folder."""
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    checkout.mkdir()
    elsewhere.mkdir()
    (checkout / "pyproject.toml").touch()
    monkeypatch.setattr(places, "PROGRAM", checkout)
    monkeypatch.chdir(elsewhere)
    return checkout


def test_settings_and_home_are_the_same_from_every_folder(installed: Path) -> None:
    """.env and var lie in the checkout; a relative path in a setting starts there."""
    (installed / "models").mkdir()
    (installed / ".env").write_text(
        "TEBIKI_CORPUS=manuals\nTEBIKI_EMBEDDING=models\nTEBIKI_RERANKER=owner/name\n"
    )

    found = read()

    assert (installed / "var", installed / "manuals") == (found.home, found.corpus)
    assert (str(installed / "models"), "owner/name") == (found.embedding, found.reranker)
    assert () == found.notices


def test_a_relative_option_starts_where_it_is_typed(installed: Path) -> None:
    """And a home below ~ is the user's."""
    assert installed.parent / "elsewhere" / "h" == read(home=Path("h")).home
    assert Path.home() / "h" == settings({"TEBIKI_HOME": "~/h"}).home


def test_a_wheel_keeps_its_own_in_the_folder_for_data(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a checkout nothing is written beside the program."""
    (installed / "pyproject.toml").unlink()
    monkeypatch.setenv("XDG_DATA_HOME", str(installed.parent / "data"))

    assert installed.parent / "data" / "tebiki" / "var" == read().home


def test_what_an_earlier_version_left_in_the_working_folder_is_used(installed: Path) -> None:
    """Where the installation has none of its own; a sentence says so."""
    here = Path.cwd()
    (here / "var").mkdir()
    (here / "var" / "ledger.sqlite").touch()
    (here / ".env").write_text("TEBIKI_PUBLIC_URL=http://x\n")

    found = read()

    assert (here / "var", "http://x") == (found.home, found.public_url)
    assert [f"{here / '.env'} is used", f"{here / 'var'} is used"] == [
        notice.partition(",")[0] for notice in found.notices
    ]
    assert f"Move it to {installed / 'var'}" in found.notices[1]


def test_what_lies_in_the_working_folder_is_named_when_it_is_passed_over(installed: Path) -> None:
    """An installation's own counts before it; a folder that only is called var is nothing."""
    here = Path.cwd()
    (here / "var").mkdir()
    (here / ".env").write_text("TEBIKI_PUBLIC_URL=http://x\n")
    (installed / ".env").write_text("TEBIKI_PUBLIC_URL=http://y\n")

    found = read()

    assert (installed / "var", "http://y") == (found.home, found.public_url)
    assert (
        f"{here / '.env'} is passed over: this installation has its own, {installed / '.env'}.",
    ) == found.notices
