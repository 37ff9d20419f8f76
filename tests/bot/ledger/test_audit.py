"""The audit stream hangs together, and shows where it no longer does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.ledger.audit import BEGINNING, Audit, AuditUnavailable, BrokenChain, Deed, Head, to_syslog


def filled(home: Path, count: int = 5, **more: object) -> Audit:
    """Return a stream with so many keys made, one a second."""
    now = iter(range(1, 1000))
    audit = Audit(home, clock=lambda: float(next(now)), **more)  # type: ignore[arg-type]
    for number in range(count):
        audit.note(Deed.KEY_MADE, {"id": f"k{number}"}, actor="key 総務課", address="192.0.2.7")
    return audit


def test_line_says_who_when_from_where_and_what(tmp_path: Path) -> None:
    """By OCSF's names."""
    (line,) = filled(tmp_path, 1).lines()

    assert 1000 == line["time"]
    assert ("Entity Management", 300401) == (line["class_name"], line["type_uid"])
    assert "key 総務課" == line["actor"]["user"]["name"]
    assert "192.0.2.7" == line["src_endpoint"]["ip"]
    assert {"type": "key", "data": {"id": "k0"}} == line["entity"]
    assert BEGINNING == line["prev_hash"]


def test_whole_stream_verifies_to_its_head(tmp_path: Path) -> None:
    """Also one that nobody has written to."""
    assert Head(0, BEGINNING) == Audit(tmp_path).verify()
    audit = filled(tmp_path)

    assert audit.head() == audit.verify()
    assert 5 == audit.head().sequence


def changed(lines: list[bytes]) -> list[bytes]:
    """Put another key in."""
    return [lines[0], lines[1].replace(b"k1", b"k9"), *lines[2:]]


@pytest.mark.parametrize(
    "forge,line",
    [
        (changed, 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: lines[:3], 0),
        (lambda lines: [*lines, lines[-1]], 6),
        (lambda lines: [*lines, b'{"made":"up"}\n'], 6),
        (lambda _: [], 0),
    ],
    ids=[
        *("a word is another", "one is out", "two change places", "the first is out"),
        *("the tail is cut", "one is there twice", "one is made up", "all are gone"),
    ],
)
def test_forged_stream_does_not_verify(
    tmp_path: Path, forge: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    """The error names the line."""
    audit = filled(tmp_path)
    audit.path.write_bytes(b"".join(forge(audit.path.read_bytes().splitlines(keepends=True))))

    with pytest.raises(BrokenChain) as broken:
        audit.verify()

    assert line == broken.value.line


def test_hash_from_a_backup_shows_a_tail_cut_with_its_head(tmp_path: Path) -> None:
    """Whoever cuts the file and the hash beside it cannot cut the backup."""
    audit = filled(tmp_path)
    head = audit.head()
    audit.path.unlink()
    (tmp_path / "audit.head").unlink()
    filled(tmp_path, 3)

    assert 3 == audit.verify().sequence
    with pytest.raises(BrokenChain, match=head.hash):
        audit.verify(head.hash)


def test_head_of_long_ago_still_verifies(tmp_path: Path) -> None:
    """The stream went on since the backup."""
    audit = filled(tmp_path)
    head = audit.head()
    audit.note(Deed.ROLLED_BACK, {"generation": "g1"})

    assert 6 == audit.verify(head.hash).sequence


def test_threads_and_streams_of_other_processes_write_one_chain(tmp_path: Path) -> None:
    """Each has the file open by itself."""

    def write() -> None:
        for _ in range(10):
            Audit(tmp_path).note(Deed.EXPORTED, {})

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 40 == Audit(tmp_path).verify().sequence


def test_half_a_line_from_a_crash_is_dropped(tmp_path: Path) -> None:
    """It was never said to be recorded."""
    audit = filled(tmp_path, 2)
    with audit.path.open("ab") as file:
        file.write(b'{"time":3')

    audit.note(Deed.REFRESHED, {})

    assert 3 == audit.verify().sequence


def test_line_breaks_and_broken_letters_stay_in_their_line(tmp_path: Path) -> None:
    """Nothing that was typed forges a line."""
    audit = filled(tmp_path, 1)
    audit.note(Deed.OVERRIDDEN, {"reason": "x\n{}\u2028\ud800\0" + "長" * 70_000})
    audit.note(Deed.REFRESHED, {})

    assert 3 == audit.verify().sequence


def test_old_lines_go_without_a_hole_in_the_chain(tmp_path: Path) -> None:
    """A line says how many went, and up to which hash."""
    audit = filled(tmp_path)
    third = [line["hash"] for line in audit.lines()][2]

    assert 3 == audit.trim(4.0)

    *_, told = audit.lines()
    assert {"lines": 3, "last_hash": third} == told["entity"]["data"]
    assert 6 == audit.verify(third).sequence
    assert [4, 5, 6] == [line["metadata"]["sequence"] for line in audit.lines()]
    audit.note(Deed.REFRESHED, {})
    assert 7 == audit.verify().sequence


def test_each_line_goes_to_syslog_with_its_hash(tmp_path: Path) -> None:
    """By UDP here; one that is not there is no reason to stop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        audit = filled(tmp_path, 1, send=to_syslog(f"127.0.0.1:{server.getsockname()[1]}"))
        told = server.recv(65_536)

    assert audit.head().hash.encode() in told
    filled(tmp_path, 1, send=to_syslog(str(tmp_path / "no-socket")))
    assert 2 == audit.verify().sequence


def test_stream_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In words, with the file."""
    (tmp_path / "audit.jsonl").mkdir()

    with pytest.raises(AuditUnavailable, match=r"audit\.jsonl"):
        filled(tmp_path)


def test_lines_are_json_for_whoever_collects_them(tmp_path: Path) -> None:
    """One object a line, and nothing else."""
    audit = filled(tmp_path)

    assert 5 == len([json.loads(line) for line in audit.path.read_text("utf-8").splitlines()])
