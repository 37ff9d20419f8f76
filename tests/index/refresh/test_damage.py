"""Damage to what is stored: whatever happens to whatever file, it is named, and it heals."""

from __future__ import annotations

import json
import random
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import GenerationBroken, HomeUnusable
from index.generations.manifests import folder_of, hashed, read_manifest, write_manifest
from index.generations.pointers import current, listed, roll_back
from index.passages import Filters
from tests.fakes import edition
from tests.shelves import Desk

ONLY_TO_REFRESH = ("tallies/",)
GLOSSARY = """\
[[term]]
ja = "標準化"
also = ["共通化"]
"""
DUE = "標準化の期限は令和7年度である。"


def _cut(path: Path) -> None:
    _put(path, path.read_bytes()[: path.stat().st_size // 2])


def _noise(path: Path) -> None:
    content = bytearray(path.read_bytes() or b" ")
    chance = random.Random(path.name)  # noqa: S311 - noise that can be repeated, not a secret
    for _ in range(max(4, len(content) // 50)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    _put(path, bytes(content))


def _empty(path: Path) -> None:
    _put(path, b"")


def _put(path: Path, content: bytes) -> None:
    # A new file, as copies have: generations share theirs by links.
    path.unlink()
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": _cut, "noise": _noise, "empty": _empty, "gone": Path.unlink,
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with a generation of two editions, and one before it."""
    made = Desk(tmp_path)
    (made.corpus / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    made.put(edition("manual"), DUE, "補助金の対象は移行費である。")
    made.refresh()
    made.put(edition("cases"), "酒田市はワークショップを開いた。")
    made.refresh()
    return made


def _says(desk: Desk) -> str:
    generation = desk.shelf()()
    (found,) = generation.retrieve("標準化の期限", k=1, filters=Filters())
    for held in generation.editions:
        assert generation.text(held).text
        assert generation.sentences(held)
        assert generation.chunks(held)
    return found.chunk.text.strip()


def _trouble(desk: Desk) -> str:
    """Return what is said against the current generation; nothing where it answers rightly."""
    try:
        assert DUE == _says(desk)
    except GenerationBroken as problem:
        return str(problem)
    return ""


def _files(desk: Desk) -> list[str]:
    folder = folder_of(desk.home, str(current(desk.home)))
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_heals(desk: Desk, damage: str) -> None:
    """Each file in turn: never a stranger's error, never another answer; a refresh mends it."""
    whole = desk.home.rename(desk.home.with_name("whole"))
    names = [path.relative_to(whole / "generations" / "g000002").as_posix()
             for path in sorted((whole / "generations" / "g000002").rglob("*")) if path.is_file()]  # fmt: skip
    assert {"manifest.json", "glossary.toml", "words/keys.npy", "page-pairs/scores.npy"} < set(
        names
    )
    named = []
    for name in names:
        shutil.copytree(whole, desk.home)
        DAMAGES[damage](folder_of(desk.home, "g000002") / name)
        if "tebiki refresh" in _trouble(desk):
            named.append(name)
            if damage == "cut":
                assert desk.refresh().published, name
                assert DUE == _says(desk), name
        elif name.startswith(ONLY_TO_REFRESH):
            named.append(name)
            assert name in desk.refresh().plan.reasons[0]
            assert "" == _trouble(desk), name
        shutil.rmtree(desk.home)

    assert [] == [n for n in names if n not in named]


def test_a_refresh_takes_nothing_over_that_is_damaged(desk: Desk) -> None:
    """Texts and parts are shared by links, so damage in place is in every generation."""
    folder = folder_of(desk.home, "g000002")
    held = read_manifest(folder).editions[0]
    for path in (
        folder / "parts" / f"{held.sha256}.jsonl",
        folder / "texts" / f"{held.sha256}.npz",
    ):
        path.write_bytes(path.read_bytes()[:-20])
    desk.read.clear()

    report = desk.refresh()

    assert ["manual-1.0.pdf"] == desk.read
    assert "files of g000002 are damaged or missing" in report.plan.reasons[0]
    assert DUE == _says(desk)
    roll_back(desk.home, "g000001")
    assert "damaged or missing" in _trouble(desk)


def test_a_generation_without_hashes_still_opens(desk: Desk) -> None:
    """One that an earlier version made; what cannot be opened of it is named all the same."""
    folder = folder_of(desk.home, "g000002")
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del content["files"]
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    assert DUE == _says(desk)

    _empty(folder / "pairs" / "scores.npy")

    with pytest.raises(GenerationBroken, match="cannot be opened"):
        _says(desk)


def test_a_folder_without_a_manifest_is_in_nobodys_way(desk: Desk) -> None:
    """It is no generation; the next one gets a name of its own, and it goes."""
    (folder_of(desk.home, "g000002") / "manifest.json").unlink()

    assert desk.refresh().published

    assert DUE == _says(desk)
    assert {"g000001", str(current(desk.home))} == set(listed(desk.home))


def test_the_hashes_are_those_of_the_files(desk: Desk) -> None:
    """All but the manifest itself."""
    folder = folder_of(desk.home, "g000002")

    assert hashed(folder) == read_manifest(folder).files
    assert {"manifest.json"} == set(_files(desk)) - set(hashed(folder))
    write_manifest(read_manifest(folder), folder)
    assert DUE == _says(desk)


def test_a_disk_that_really_fills_up_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses files above a size, as a full disk does, at each file in turn."""
    monkeypatch.setattr("index.refresh.draft.DRIFT", 0.0)
    names = _files(desk)
    folder = folder_of(desk.home, str(current(desk.home)))
    sizes = sorted({(folder / name).stat().st_size for name in names}, reverse=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    desk.put(edition("plan"), "推進計画の期間を定める。")
    refused = 0
    for size in sizes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(size - 1, 0), before[1]))
        try:
            desk.refresh()
        except HomeUnusable as problem:
            refused += "What was there before stays as it is" in str(problem)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert DUE == _says(desk)
        assert "g000002" == current(desk.home)

    assert (len(sizes), True) == (refused, desk.refresh().published)
    assert [] == list((desk.home / "generations").glob(".*"))
    assert {".pdf"} == {path.suffix for path in (desk.home / "pdfs").iterdir()}
