"""What is handed to administrators: units, container, proxy; each held to what the program takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from tebiki.command_line import _commands, app
from tebiki.settings import NAMES

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("tebiki*.service"))
FILES = [path for path in DEPLOY.rglob("*") if path.is_file()]
GUIDES = [DEPLOY.parent / "README.ja.md", *sorted((DEPLOY.parent / "docs").rglob("*.md"))]


def _options(command: Any) -> set[str]:  # noqa: ANN401 - of the click that Typer carries
    own = {name for each in command.params for name in each.opts}
    below = (_options(one) for one in getattr(command, "commands", {}).values())
    return own.union({"--home", "--corpus", "--help"}, *below)


KNOWN = {
    name: _options(command)
    for name, command in vars(typer.main.get_command(app))["commands"].items()
}


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_unit_is_understood_and_hardened(unit: Path, tmp_path: Path) -> None:
    """Systemd finds nothing wrong with it, and calls its exposure OK (below 2 of 10)."""
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/opt/tebiki/bin/tebiki", "/bin/true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")

    def analysed(*words: str) -> str:
        done = subprocess.run(
            ["systemd-analyze", *words, f"./{unit.name}"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "" == analysed("verify", "--man=no")
    exposure = re.search(
        r"exposure level for \S+: ([\d.]+)", analysed("security", "--offline=true")
    )
    assert exposure is not None
    assert float(exposure[1]) < 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_named_is_there(path: Path) -> None:
    """Each setting and each command that a file names is one of Tebiki's."""
    text = path.read_text(encoding="utf-8")

    settings = set(re.findall(r"\bTEBIKI_[A-Z_]+[A-Z]", text))
    commands = set(re.findall(r"/tebiki/bin/tebiki (\w+)", text))

    assert set() == settings - set(NAMES)
    assert set() == commands - set(_commands)


def test_container_installs_as_make_serve_does() -> None:
    """From the lock files, as a user that is not root, with nothing of the checkout left out."""
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    composed = yaml.safe_load((DEPLOY / "container" / "compose.yml").read_text(encoding="utf-8"))

    steps = re.findall(r"^([A-Z]+) ", text, re.MULTILINE)
    assert "make install" in text
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert {"tebiki", "postgres"} == set(composed["services"])
    build = composed["services"]["tebiki"]["build"]
    root = (DEPLOY / "container" / build["context"]).resolve()
    assert (root / build["dockerfile"]).samefile(DEPLOY / "container" / "Containerfile")
    assert all(port.startswith("127.0.0.1:") for port in composed["services"]["tebiki"]["ports"])


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guide_names_what_there_is(path: Path) -> None:
    """Each command and option of Tebiki's, each setting, each target of make and each link."""
    text = path.read_text(encoding="utf-8")
    makefile = (DEPLOY.parent / "Makefile").read_text(encoding="utf-8")

    lines = re.findall(r"(?:^|[`/ ])tebiki ([a-z]+)((?: [^`\n|&（、。]*)?)", text, re.MULTILINE)
    named = [(command, rest) for command, rest in lines if command in KNOWN or "--" in rest]
    targets = set(re.findall(r"(?:^|[`$] ?)make ([a-z-]+)\b", text, re.MULTILINE))
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)

    assert [] == [command for command, _ in named if command not in KNOWN]
    assert {} == {
        command: unknown
        for command, rest in named
        if (unknown := set(re.findall(r"(?<= )--[a-z][a-z-]+", rest)) - KNOWN[command])
    }
    assert set() == set(re.findall(r"\bTEBIKI_[A-Z_]+[A-Z]", text)) - set(NAMES)
    assert [] == [link for link in links if not (path.parent / link).exists()]
    if path.parent.name == "ja":
        assert [] == [target for target in targets if f"\n{target}:" not in makefile]
