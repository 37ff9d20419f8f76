"""Watching a folder: when a refresh follows a change, and when it waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from index.refresh.watching import fingerprint, watch


def _looks(corpus: Path, *steps: Callable[[], object], failing: bool = False) -> list[int]:
    """Watch while each step happens between two looks; return at which looks it refreshed."""
    look = 0
    refreshed: list[int] = []

    def wait(_: float) -> None:
        nonlocal look
        if look < len(steps):
            steps[look]()
        look += 1

    def refresh() -> bool:
        refreshed.append(look)
        return not failing

    watch(corpus, refresh, wait=wait, going=lambda: look <= len(steps))
    return refreshed


def _nothing() -> None:
    """Let a look pass."""


def test_it_refreshes_at_the_start_and_then_not_without_a_change(tmp_path: Path) -> None:
    """A quiet folder costs nothing."""
    assert [0] == _looks(tmp_path, _nothing, _nothing, _nothing)


def test_a_change_is_taken_up_once_it_has_settled(tmp_path: Path) -> None:
    """A file that grows between two looks is still being copied."""
    file = tmp_path / "a.pdf"

    assert [0, 3] == _looks(
        tmp_path,
        lambda: file.write_bytes(b"a"),
        lambda: file.write_bytes(b"ab"),
        _nothing,
        _nothing,
    )


def test_a_removed_and_a_renamed_file_are_changes(tmp_path: Path) -> None:
    """The set of names counts, not only the bytes."""
    file = tmp_path / "a.pdf"
    file.write_bytes(b"a")

    assert [0, 2, 4] == _looks(
        tmp_path, lambda: file.rename(tmp_path / "b.pdf"), _nothing,
        (tmp_path / "b.pdf").unlink, _nothing,
    )  # fmt: skip


def test_hidden_files_are_no_change(tmp_path: Path) -> None:
    """Drafts of the catalog and what desktop programs leave do not set off a refresh."""
    before = fingerprint(tmp_path)
    (tmp_path / ".catalog.toml.1").write_text("", encoding="utf-8")

    assert before == fingerprint(tmp_path)


def test_what_failed_is_tried_again_after_longer_and_longer_waits(tmp_path: Path) -> None:
    """Nobody has to touch a file because the disk was full for a minute."""
    assert [0, 6, 18, 42] == _looks(tmp_path, *[_nothing] * 60, failing=True)


def test_a_change_is_taken_up_though_the_next_try_is_far(tmp_path: Path) -> None:
    """Somebody corrects the catalog: that is tried at once, and waits begin anew."""
    file = tmp_path / "a.pdf"

    assert [0, 6, 10, 16] == _looks(
        tmp_path, *[_nothing] * 8, lambda: file.write_bytes(b"a"), *[_nothing] * 8, failing=True
    )
