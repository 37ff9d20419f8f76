"""Written aside, then put in place: old or new, never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.atomic_files import remove_drafts, replacing


def test_file_is_the_old_one_until_the_block_ends(tmp_path: Path) -> None:
    """Whoever reads meanwhile sees what was there before."""
    path = tmp_path / "state.json"
    path.write_text("old", encoding="utf-8")

    with replacing(path) as draft:
        draft.write_text("new", encoding="utf-8")
        assert "old" == path.read_text(encoding="utf-8")

    assert "new" == path.read_text(encoding="utf-8")
    assert [path] == list(tmp_path.iterdir())


def test_file_stays_when_writing_fails(tmp_path: Path) -> None:
    """And nothing of the attempt is left."""
    path = tmp_path / "state.json"
    path.write_text("old", encoding="utf-8")

    def half() -> None:
        with replacing(path) as draft:
            draft.write_text("ne", encoding="utf-8")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        half()

    assert ("old", [path]) == (path.read_text(encoding="utf-8"), list(tmp_path.iterdir()))


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """A file that somebody named like a draft in another way stays."""
    for name in (".state.json.0a1b2c3d.draft", ".my.draft", "a.draft"):
        (tmp_path / name).write_text("x", encoding="utf-8")

    remove_drafts(tmp_path)

    assert {".my.draft", "a.draft"} == {path.name for path in tmp_path.iterdir()}
