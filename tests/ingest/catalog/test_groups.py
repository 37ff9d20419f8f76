"""Who may see what, as the catalog says it, and as people correct it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.catalog import catalog, entries
from ingest.catalog.editions import visible
from ingest.errors import BrokenCatalog, MissingCorpus

ENTRY = """
[[documents]]
id = "{id}"
title = "{id}の手引き"
{more}
[[documents.editions]]
label = "1"
{path}
"""


def written(folder: Path, *parts: str) -> Path:
    """Write a catalog of parts into a corpus folder."""
    (folder / catalog.CATALOG).write_text("".join(parts), encoding="utf-8")
    return folder


def entry(name: str, more: str = "", path: str = "") -> str:
    """Return one document of a catalog."""
    return ENTRY.format(id=name, more=more, path=f'path = "{path}"' if path else "")


def groups_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the groups of each edition that the catalog lists."""
    return {e.key: e.groups for e in catalog.listed(folder / catalog.CATALOG)}


def test_document_folder_or_nobody_binds(tmp_path: Path) -> None:
    """A document's own groups win over its innermost folder's; an empty list opens it."""
    written(
        tmp_path,
        '[[folders]]\npath = "人事"\ngroups = ["人事課"]\n',
        '[[folders]]\npath = "人事/給与"\ngroups = ["給与係", "人事課長"]\n',
        entry("規程", path="人事/規程.pdf"),
        entry("手当", path="人事/給与/手当.pdf"),
        entry("案内", "groups = []", "人事/案内.pdf"),
        entry("名簿", 'groups = ["総務課"]', "名簿.pdf"),
        entry("人事異動", path="人事異動/1.pdf"),
    )

    assert {
        "規程@1": ("人事課",),
        "手当@1": ("給与係", "人事課長"),
        "案内@1": (),
        "名簿@1": ("総務課",),
        "人事異動@1": (),
    } == groups_of(tmp_path)


def test_edition_without_a_file_is_bound_as_its_document(tmp_path: Path) -> None:
    """Else its title would tell of what lies in the folder."""
    more = '\n[[documents.editions]]\nlabel = "2"\n'
    folder = '[[folders]]\npath = "人事"\ngroups = ["人事課"]\n'
    written(tmp_path, folder, entry("規程", path="人事/規程.pdf"), more)

    assert {"規程@1": ("人事課",), "規程@2": ("人事課",)} == groups_of(tmp_path)


def test_unlisted_file_is_bound_by_its_folder(tmp_path: Path) -> None:
    """It has no entry of its own."""
    (tmp_path / "人事").mkdir()
    (tmp_path / "人事" / "内規.txt").write_text("第１条　年次有給休暇は20日とする。", "utf-8")
    written(tmp_path, '[[folders]]\npath = "人事"\ngroups = ["人事課"]\n')

    (found,) = catalog.read(tmp_path).editions

    assert ("人事課",) == found.groups
    assert not visible(found, frozenset({"総務課"}))
    assert visible(found, frozenset({"総務課", "人事課"}))
    assert visible(found, None)


def test_open_digest_does_not_tell_the_title_of_a_bound_original(tmp_path: Path) -> None:
    """It keeps the id that its own entry says; a digest bound alike tells the title."""
    restates = 'kind = "digest"\ndigest_of = {{ document = "秘", edition = "1" }}\n'.replace(
        "{{", "{"
    ).replace("}}", "}")
    for name in ("要約", "秘", "内部要約"):
        (tmp_path / f"{name}.txt").write_text(f"{name}の文です。", "utf-8")
    written(
        tmp_path,
        entry("秘", 'groups = ["人事課", "総務課"]', "秘.txt"),
        entry("要約", restates, "要約.txt"),
        entry("内部要約", restates + 'groups = ["人事課"]', "内部要約.txt"),
    )

    works = {e.document.id: e.document for e in catalog.read(tmp_path).editions}
    told = [works[name].digest_of for name in ("要約", "内部要約")]

    assert ["秘", "秘の手引き"] == [original.title for original in told if original is not None]


@pytest.mark.parametrize(
    "said",
    ['groups = "人事課"', "groups = [1]", 'groups = [""]'],
    ids=["a text", "numbers", "an empty name"],
)
def test_groups_are_a_list_of_names(tmp_path: Path, said: str) -> None:
    """Anything else is refused by line: nobody may take a document for bound that is not."""
    written(tmp_path, entry("a", said))
    with pytest.raises(BrokenCatalog, match="list of names"):
        catalog.listed(tmp_path / catalog.CATALOG)


@pytest.mark.parametrize("path", ["", "../x", "/"])
def test_folder_lies_in_the_corpus(tmp_path: Path, path: str) -> None:
    """A path that leads out of it binds nothing."""
    written(tmp_path, f'[[folders]]\npath = "{path}"\ngroups = ["a"]\n')
    with pytest.raises(BrokenCatalog):
        catalog.listed(tmp_path / catalog.CATALOG)


def test_groups_and_owner_are_corrected(tmp_path: Path) -> None:
    """The rest of the file stays as it was written."""
    written(tmp_path, "# 手で書いた\n", entry("規程"))

    now = entries.correct(tmp_path, "規程", None, groups=["人事課"], owner="jinji@example.lg.jp")
    opened = entries.correct(tmp_path, "規程", None, groups=[])

    assert (("人事課",), "jinji@example.lg.jp") == (now.groups, now.document.owner)
    assert ((), "jinji@example.lg.jp") == (opened.groups, opened.document.owner)
    assert (tmp_path / catalog.CATALOG).read_text("utf-8").startswith("# 手で書いた")


@pytest.mark.parametrize("said", ["人事/", "./人事", "人事//", "/人事/."])
def test_folder_is_bound_and_opened(tmp_path: Path, said: str) -> None:
    """By its path, however that is typed; one that is not there is refused."""
    (tmp_path / "人事").mkdir()
    written(tmp_path, entry("規程", path="人事/規程.pdf"))

    assert "人事" == entries.bind_folder(tmp_path, said, ["人事課"])
    bound = groups_of(tmp_path)
    entries.bind_folder(tmp_path, "人事", [])

    assert {"規程@1": ("人事課",)} == bound
    assert {"規程@1": ()} == groups_of(tmp_path)
    for absent in ("総務", ".", "人事/..", "あ" * 300):
        with pytest.raises(MissingCorpus):
            entries.bind_folder(tmp_path, absent, ["総務課"])


def test_folder_that_the_catalog_spells_otherwise_is_bound(tmp_path: Path) -> None:
    """What a person wrote into the file counts as the paths of files name it."""
    (tmp_path / "人事").mkdir()
    written(tmp_path, entry("規程", path="人事/規程.pdf"))
    with (tmp_path / "catalog.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[folders]]\npath = "./人事"\ngroups = ["人事課"]\n')

    assert {"規程@1": ("人事課",)} == groups_of(tmp_path)


def test_two_who_edit_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each reads what the other wrote."""
    for name in ("人事", "総務"):
        (tmp_path / name).mkdir()
    written(tmp_path, entry("規程", path="人事/規程.pdf"), entry("要綱", path="総務/要綱.pdf"))

    with ThreadPoolExecutor() as pool:
        list(
            pool.map(
                lambda at: entries.bind_folder(tmp_path, ("人事", "総務")[at % 2], [f"{at}"]),
                range(20),
            )
        )

    assert all(groups_of(tmp_path).values())
