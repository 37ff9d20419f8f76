"""A model as one file: what goes in comes out, and nothing else ever does."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from index.errors import ArchiveUnusable, ModelMissing
from index.model_archive import pack, unpack
from index.search.models import ModelKind, SentenceTransformerEmbedder, files_of, prefixes_of
from tests import tiny_models


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny embedder in a folder whose name says which prefixes it was trained with."""
    folder = tmp_path_factory.mktemp("models")
    return tiny_models.embedder(folder).rename(folder / "ruri-v3-tiny")


@pytest.fixture
def packed(model: Path, tmp_path: Path) -> Path:
    """That model as one file."""
    pack(str(model), tmp_path / "ruri.tebiki-model")
    return tmp_path / "ruri.tebiki-model"


def _made(packed: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], listed: object) -> Path:
    """Write an archive as somebody else might."""
    said = {"version": 1, "name": "m", "kind": "embedder", "prefixes": ["", ""], "files": listed}
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(said))
    return packed


def _listed(**files: bytes) -> dict[str, object]:
    return {
        name: {"size": len(content), "sha256": sha256(content).hexdigest()}
        for name, content in files.items()
    }


def test_a_model_comes_out_as_it_went_in(model: Path, packed: Path, tmp_path: Path) -> None:
    """Every file byte for byte, the kind, and the prefixes whatever the new folder is called."""
    told: list[float] = []

    out = unpack(packed, tmp_path / "inside" / "embedding", told.append)

    folder = tmp_path / "inside" / "embedding"
    before = {name: path.read_bytes() for name, path in files_of(model)}
    after = {name: path.read_bytes() for name, path in files_of(folder)}
    after.pop("tebiki-model.json")
    assert before == after
    assert ("ruri-v3-tiny", ModelKind.EMBEDDER) == (out.name, out.kind)
    assert sha256(packed.read_bytes()).hexdigest() == out.sha256
    assert ("検索クエリ: ", "検索文書: ") == prefixes_of(str(folder))
    assert sorted(told) == told
    assert 1.0 == told[-1]


def test_an_unpacked_model_embeds_as_before(model: Path, packed: Path, tmp_path: Path) -> None:
    """TEBIKI_EMBEDDING=FOLDER is all it takes."""
    unpack(packed, tmp_path / "embedding")

    before = SentenceTransformerEmbedder(str(model)).embed_passages(["a b", "c"])
    after = SentenceTransformerEmbedder(str(tmp_path / "embedding")).embed_passages(["a b", "c"])

    np.testing.assert_array_equal(before, after)


def test_the_same_model_makes_the_same_archive(model: Path, packed: Path, tmp_path: Path) -> None:
    """So that two people can compare what they packed."""
    pack(str(model), tmp_path / "again")

    assert packed.read_bytes() == (tmp_path / "again").read_bytes()


def test_a_reranker_keeps_its_kind(tmp_path: Path) -> None:
    """The manifest says what the model is for."""
    made = pack(str(tiny_models.reranker(tmp_path)), tmp_path / "packed")

    assert ModelKind.RERANKER == made.kind == unpack(tmp_path / "packed", tmp_path / "out").kind


def test_nothing_is_overwritten(model: Path, packed: Path, tmp_path: Path) -> None:
    """Neither an archive nor a folder, be it empty or a link to nowhere."""
    before = packed.read_bytes()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(ArchiveUnusable, match="there already"):
        pack(str(model), packed)
    for name in ("empty", "link"):
        with pytest.raises(ArchiveUnusable, match="there already"):
            unpack(packed, tmp_path / name)

    assert before == packed.read_bytes()


def test_a_folder_without_a_model_is_not_packed(tmp_path: Path) -> None:
    """A wrong path is told at once, not in the closed network."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("拝啓", encoding="utf-8")

    with pytest.raises(ModelMissing, match="holds no"):
        pack(str(tmp_path / "letters"), tmp_path / "packed")

    assert not (tmp_path / "packed").exists()


def test_a_model_that_is_nowhere_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network, a name that is not on this machine is an error."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(ModelMissing, match="nowhere/no-model"):
        pack("nowhere/no-model", tmp_path / "packed")


def _cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _altered(content: bytes) -> bytes:
    """Change the last byte of the weights, and the archive's own check of them with it."""
    at = content.index(b"__metadata__") if b"__metadata__" in content else len(content) // 3
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [_cut_short, _altered, lambda _: b"", lambda _: b"not an archive", lambda c: c[1000:]],
    ids=["cut short", "one bit other", "empty", "a letter", "without its head"],
)
def test_a_damaged_parcel_leaves_nothing(
    damage: Callable[[bytes], bytes], packed: Path, tmp_path: Path
) -> None:
    """Not a folder, not half of one; the file is named."""
    (tmp_path / "damaged").write_bytes(damage(packed.read_bytes()))
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ArchiveUnusable) as caught:
        unpack(tmp_path / "damaged", tmp_path / "out")

    assert "damaged" in str(caught.value)
    assert before == sorted(tmp_path.rglob("*"))


def test_a_file_that_is_not_as_listed_is_named(tmp_path: Path) -> None:
    """The archive is whole, but the file is another one."""
    packed = _made(
        tmp_path / "packed", ("files/config.json", b"{ }"), listed=_listed(**{"config.json": b"{}"})
    )

    with pytest.raises(ArchiveUnusable, match=r"config\.json is not as it was packed"):
        unpack(packed, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def _link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "name, entry",
    [
        pytest.param("../out.txt", "files/../out.txt", id="a path that leads out"),
        pytest.param("/etc/x", "files//etc/x", id="a path from the root"),
        pytest.param("..\\x", "files/..\\x", id="a path that leads out on Windows"),
        pytest.param("C:x", "files/C:x", id="a drive"),
        pytest.param("x", _link("files/x"), id="a link"),
        pytest.param("x/", "files/x/", id="a folder"),
        pytest.param("./x", "files/./x", id="a path said twice"),
    ],
)
def test_what_leads_out_is_not_unpacked(
    name: str, entry: str | zipfile.ZipInfo, tmp_path: Path
) -> None:
    """However well it is listed, nothing is written anywhere."""
    packed = _made(tmp_path / "packed", (entry, b"evil"), listed=_listed(**{name: b"evil"}))
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ArchiveUnusable, match="no file of a model"):
        unpack(packed, tmp_path / "out")

    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param({}, id="a file that is not listed"),
        pytest.param(_listed(x=b"x", y=b"y"), id="a listed file that is not there"),
        pytest.param({"x": {"size": "much"}}, id="a size that is no number"),
        pytest.param([], id="no list of files"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(listed: object, tmp_path: Path) -> None:
    """The files and the list say the same, or nothing is unpacked."""
    packed = _made(tmp_path / "packed", ("files/x", b"x"), listed=listed)

    with pytest.raises(ArchiveUnusable):
        unpack(packed, tmp_path / "out")

    assert not (tmp_path / "out").exists()
