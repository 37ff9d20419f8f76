"""The audit stream: who changed what, when and from where, in lines that hang together by hash.

One JSON object a line, with names like those of the Open Cybersecurity Schema Framework. Each
line holds the hash of the one before, so that a line that was taken out or changed shows. A tail
that was cut off shows by the last hash, which lies beside the file, is printed by
"tebiki audit head" for backups, and goes to syslog where one is named.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from bot.errors import BotError

FILE, HEAD = "audit.jsonl", "audit.head"

BEGINNING = "0" * 64
"""What the first line of all holds in place of the hash of the one before."""

_END = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
_BLOCK = 65_536

log = logging.getLogger(__name__)


class Deed(Enum):
    """What is recorded: its class and activity, as OCSF numbers and names them, and to what."""

    STARTED = (6002, "Application Lifecycle", 3, "Start", "service")
    KEY_MADE = (3004, "Entity Management", 1, "Create", "key")
    KEY_REVOKED = (3004, "Entity Management", 4, "Delete", "key")
    DOCUMENT_ADDED = (3004, "Entity Management", 1, "Create", "document")
    DOCUMENT_CORRECTED = (3004, "Entity Management", 3, "Update", "document")
    DOCUMENT_WITHDRAWN = (3004, "Entity Management", 4, "Delete", "document")
    SET_ASIDE = (3004, "Entity Management", 3, "Update", "open question")
    REFRESHED = (3004, "Entity Management", 3, "Update", "index")
    OVERRIDDEN = (3004, "Entity Management", 99, "Override", "gate")
    ROLLED_BACK = (3004, "Entity Management", 99, "Roll back", "index")
    EXPORTED = (3004, "Entity Management", 2, "Read", "record")
    ERASED = (3004, "Entity Management", 4, "Delete", "record")
    APPROVED = (3004, "Entity Management", 1, "Create", "approved answer")
    APPROVAL_ENDED = (3004, "Entity Management", 4, "Delete", "approved answer")
    APPROVAL_DOUBTED = (3004, "Entity Management", 99, "To be checked", "approved answer")
    REPORTED = (3004, "Entity Management", 99, "Wrong answer reported", "document")
    TRIMMED = (3004, "Entity Management", 4, "Delete", "audit")


class AuditUnavailable(BotError):
    """The audit stream cannot be written: what was done is done, and is not in it."""

    def __init__(self, path: Path, reason: str) -> None:
        """Say which file failed and how."""
        super().__init__(
            f"{path}: the audit stream cannot be written ({reason}). What was asked for is done, "
            "but is not recorded there. Check that the folder can be written and has room."
        )
        self.path = path


class BrokenChain(BotError):
    """The audit stream is not as it was written. *line* counts from 1, 0 where no line is meant."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        """Say where it does not hang together."""
        where = f"{path}, line {line}" if line else str(path)
        super().__init__(
            f"{where}: {reason}. The audit stream was changed by something else than Tebiki. Keep "
            "the file, and compare it with a backup and with what syslog received."
        )
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Head:
    """The last line: its number in the whole stream, from 1, and its hash."""

    sequence: int = 0
    hash: str = BEGINNING


class Audit:
    """The audit stream of one home; shared by threads and processes."""

    def __init__(
        self,
        home: Path,
        *,
        send: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Write into *home*, and *send* each line to where somebody else keeps it, too."""
        self.path = home / FILE
        self._head = home / HEAD
        self._send = send
        self._clock = clock

    def note(
        self, deed: Deed, what: Mapping[str, object], *, actor: str = "", address: str = ""
    ) -> None:
        """Record a deed: by whom (as the record names people), from which address, and *what*.

        Raises:
            AuditUnavailable: the file cannot be written.
        """
        try:
            with self._locked() as file:
                line = self._append(file, deed, what, actor, address)
        except OSError as problem:
            raise AuditUnavailable(self.path, problem.strerror or str(problem)) from problem
        try:
            self._send(line.decode())
        except OSError as problem:
            log.warning("the audit stream could not be sent to syslog: %s", problem)

    def head(self) -> Head:
        """Return the last line's number and hash; those of no line where there is none yet."""
        try:
            with self.path.open("rb") as file:
                return _last(file)[0]
        except FileNotFoundError:
            return Head()

    def copy(self, folder: Path) -> Head:
        """Copy the stream as it is at one moment into a folder; return its last line's hash."""
        if not self.path.exists():
            return Head()
        with self._locked() as file:
            for path in (self.path, self._head):
                if path.exists():
                    shutil.copyfile(path, folder / path.name)
            return _last(file)[0]

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines as they were written, oldest first; none where there is no stream."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def verify(self, known: str = "") -> Head:
        """See that every line is as it was written and follows the one before.

        *known* is a hash that was the last at some time, from a backup or syslog; the one beside
        the file is looked for as well.

        Raises:
            BrokenChain: a line was changed, taken out or put in, or the tail is cut off.
        """
        wanted = {each: "" for each in (known, self._noted()) if each and each != BEGINNING}
        before, sequence, began, trimmed = BEGINNING, 0, "", set[str]()
        try:
            with self.path.open("rb") as file:
                for number, raw in enumerate(file, 1):
                    line, digest = self._read(number, raw)
                    if number == 1:
                        began = before = str(line.get("prev_hash"))
                        sequence = line["metadata"]["sequence"] - 1
                    if line.get("prev_hash") != before:
                        raise BrokenChain(self.path, number, "it does not follow the line before")
                    sequence += 1
                    if line["metadata"]["sequence"] != sequence:
                        raise BrokenChain(self.path, number, "its number does not follow")
                    if line["entity"]["type"] == "audit":
                        trimmed.add(str(line["entity"]["data"].get("last_hash")))
                    wanted.pop(digest, None)
                    before = digest
        except FileNotFoundError:
            pass
        if began not in {"", BEGINNING} and began not in trimmed:
            raise BrokenChain(self.path, 1, "lines before it are gone")
        wanted = {each: "" for each in wanted if each not in trimmed}
        if wanted:
            raise BrokenChain(self.path, 0, f"no line has the hash {next(iter(wanted))}")
        return Head(sequence, before)

    def trim(self, before: float, *, actor: str = "") -> int:
        """Drop lines older than a time (seconds since 1970), which a new line says; return how many.

        Raises:
            AuditUnavailable: the file cannot be written.
        """
        try:
            with self._locked() as file:
                file.seek(0)
                kept: list[bytes] = []
                dropped, last = 0, b""
                for line in file:
                    if not kept and json.loads(line)["time"] < before * 1000:
                        dropped, last = dropped + 1, line
                    else:
                        kept.append(line)
                if not dropped:
                    return 0
                what = {"lines": dropped, "last_hash": _hash_of(last)}
                self._append(file, Deed.TRIMMED, what, actor, "")
                file.seek(0)
                rest = file.readlines()[dropped:]
                # In place: whoever waits for the lock has this very file open.
                file.seek(0)
                file.truncate()
                file.write(b"".join(rest))
                _flush(file)
                return dropped
        except OSError as problem:
            raise AuditUnavailable(self.path, problem.strerror or str(problem)) from problem

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _append(
        self, file: IO[bytes], deed: Deed, what: Mapping[str, object], actor: str, address: str
    ) -> bytes:
        last, end = _last(file)
        if end != file.seek(0, os.SEEK_END):
            log.warning("%s: half a line at its end was never finished, and is dropped", self.path)
            file.truncate(end)
        line = _line(deed, what, actor, address, self._clock(), last)
        file.write(line)
        _flush(file)
        self._head.write_text(f"{last.sequence + 1} {_hash_of(line)}\n", "ascii")
        return line

    def _noted(self) -> str:
        """Return the hash that lies beside the file, "" where there is none."""
        try:
            return self._head.read_text("ascii").split()[1]
        except (OSError, ValueError, IndexError):
            return ""

    def _read(self, number: int, raw: bytes) -> tuple[dict[str, Any], str]:
        raw = raw.removesuffix(b"\n")
        digest = _hash_of(raw)
        if digest != sha256(_END.sub(b"}", raw)).hexdigest():
            raise BrokenChain(self.path, number, "it is not as it was written")
        try:
            line: dict[str, Any] = json.loads(raw)
            said = (line["metadata"]["sequence"], line["entity"]["type"], line["entity"]["data"])
        except (ValueError, KeyError, TypeError) as problem:
            raise BrokenChain(self.path, number, "it is no line of ours") from problem
        if not isinstance(said[0], int) or not isinstance(said[2], dict):
            raise BrokenChain(self.path, number, "it is no line of ours")
        return line, digest


def _line(
    deed: Deed, what: Mapping[str, object], actor: str, address: str, now: float, last: Head
) -> bytes:
    class_uid, class_name, activity_id, activity, entity = deed.value
    said = {
        "time": int(now * 1000),
        "class_uid": class_uid,
        "class_name": class_name,
        "activity_id": activity_id,
        "activity_name": activity,
        "type_uid": class_uid * 100 + activity_id,
        "severity_id": 1,
        "metadata": {
            "version": "1.3.0",
            "product": {"name": "Tebiki"},
            "sequence": last.sequence + 1,
        },
        "actor": {"user": {"name": actor}},
        "src_endpoint": {"ip": address},
        "entity": {"type": entity, "data": dict(what)},
        "prev_hash": last.hash,
    }
    raw = json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=str)
    written = raw.encode("utf-8", "backslashreplace")
    return written[:-1] + f',"hash":"{sha256(written).hexdigest()}"}}\n'.encode()


def _hash_of(line: bytes) -> str:
    """Return the hash that a line says of itself, "" where it says none."""
    found = _END.search(line.removesuffix(b"\n"))
    return found[1].decode() if found else ""


def _last(file: IO[bytes]) -> tuple[Head, int]:
    """Return the last whole line's number and hash, and where it ends."""
    size = file.seek(0, os.SEEK_END)
    tail, at = b"", size
    while at and tail.count(b"\n") < 2:  # noqa: PLR2004 - the ends of the last line and the one before
        at = max(0, at - _BLOCK)
        file.seek(at)
        tail = file.read(size - at)
    whole, ends, _half = tail.rpartition(b"\n")
    if not ends:
        return Head(), 0
    line = whole.rpartition(b"\n")[2]
    try:
        return Head(int(json.loads(line)["metadata"]["sequence"]), _hash_of(line)), at + len(
            whole
        ) + 1
    except (ValueError, KeyError, TypeError):
        # What is no line of ours shows in `verify`; what comes after it hangs on what it says.
        return Head(0, _hash_of(line) or BEGINNING), at + len(whole) + 1


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def to_syslog(where: str) -> Callable[[str], None]:
    """Return what sends a line to a syslog: "/dev/log" or another socket, or "host:port" by UDP."""
    if not where:
        return lambda _: None

    def send(line: str) -> None:
        from logging.handlers import SysLogHandler

        host, _, port = where.rpartition(":")
        address = (host, int(port)) if host and port.isdecimal() else where
        handler = SysLogHandler(address, SysLogHandler.LOG_AUTH)
        handler.handleError = _raised  # type: ignore[assignment,method-assign]
        try:
            handler.emit(logging.LogRecord("tebiki", logging.INFO, "", 0, line.strip(), None, None))
        finally:
            handler.close()

    return send


def _raised(_record: logging.LogRecord) -> None:
    raise  # noqa: PLE0704 - called where the error is being handled
