"""API keys: made by "tebiki keys", kept as hashes, with scopes and an end."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import cast

from ingest.atomic_files import replacing

PREFIX = "tbk"
"""What every key begins with, so that one that was pasted somewhere is recognised."""


class Scope(StrEnum):
    """What a caller may do: search, ask, look at what was asked, look after documents, all.

    Who may ask may also search; who looks at questions or after documents may ask, and not what
    the other may; who administers may do everything.
    """

    SEARCH = "search"
    ASK = "ask"
    QUESTIONS = "questions"
    CURATE = "curate"
    ADMIN = "admin"

    @property
    def implied(self) -> frozenset[Scope]:
        """This scope and those below it."""
        if self is Scope.ADMIN:
            return frozenset(Scope)
        return frozenset({Scope.SEARCH, self} if self is Scope.SEARCH else {*_ASKING, self})


_ASKING = (Scope.SEARCH, Scope.ASK)


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; the key itself is shown once and never kept.

    *digest* is the SHA-256 of the whole key, in hex: a key has 256 random bits, so a slow hash
    would add nothing. *expires* is the first day on which it no longer opens anything. *groups* are
    those whose documents it sees beside the ones that are open to all.
    """

    id: str
    name: str
    scope: Scope
    created: date
    expires: date | None
    digest: str
    groups: tuple[str, ...] = ()

    def opens(self, on: date) -> bool:
        """Whether it still opens anything on that day."""
        return self.expires is None or on < self.expires


class BrokenKeys(Exception):
    """The list of keys cannot be read; until it is mended no key opens anything."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(
            f"{path}: the list of keys cannot be read ({reason}). No key opens anything, and "
            "nothing is open without one. Put the file back from a backup, or remove it and make "
            'new keys with "tebiki keys create".'
        )
        self.path = path
        self.reason = reason


class UnknownKey(LookupError):
    """There is no key with that id."""

    def __init__(self, name: str) -> None:
        """Name what was looked for and how to see what there is."""
        super().__init__(f'There is no key "{name}". "tebiki keys list" shows those there are.')


class Keys:
    """The keys of one home, in one small file that is replaced as a whole.

    Safe to share by threads; a key that another process makes or revokes counts from the next
    request on.
    """

    def __init__(self, path: Path) -> None:
        """Keep keys in *path*; the file appears with the first key."""
        self.path = path
        self._lock = Lock()
        self._stamp: tuple[int, int] | None = None
        self._held: tuple[Key, ...] = ()
        self._uses = path.with_name(f"{path.stem}-used.json")
        self._noted: dict[str, date] = {}

    def all(self) -> tuple[Key, ...]:
        """Return every key, oldest first, also those that have expired.

        Raises:
            BrokenKeys: the list cannot be read; so do the methods below.
        """
        with self._lock:
            return self._read()

    @property
    def kept(self) -> bool:
        """Whether a key was ever made here: the list is there, be it empty or unreadable."""
        return self.path.exists()

    def create(
        self,
        name: str,
        scope: Scope,
        *,
        expires: date | None = None,
        groups: Iterable[str] = (),
    ) -> tuple[Key, str]:
        """Make a key; the second value is the key itself, which cannot be had again."""
        short = secrets.token_hex(4)
        secret = f"{PREFIX}_{short}_{secrets.token_urlsafe(32)}"
        made = Key(
            short,
            name,
            scope,
            datetime.now(UTC).date(),
            expires,
            _digest(secret),
            tuple(dict.fromkeys(groups)),
        )
        self.add(made)
        return made, secret

    def add(self, made: Key) -> None:
        """Let a key that was made elsewhere open this as well."""
        with self._lock:
            self._write((*self._read(), made))

    def revoke(self, name: str) -> Key:
        """Remove a key by its id; it opens nothing from now on.

        Raises:
            UnknownKey: there is none with that id.
        """
        with self._lock:
            held = self._read()
            gone = next((key for key in held if key.id == name), None)
            if gone is None:
                raise UnknownKey(name)
            self._write(key for key in held if key is not gone)
        return gone

    def find(self, secret: str, *, on: date) -> Key | None:
        """Return the key that *secret* is, unless it has expired by that day; it was used then."""
        digest = _digest(secret)
        for key in self.all():
            if hmac.compare_digest(key.digest, digest):
                if not key.opens(on):
                    return None
                self._note_use(key, on)
                return key
        return None

    def used(self) -> dict[str, date]:
        """Return by id on which day each key was used last; one that never was is not there."""
        try:
            told = json.loads(self._uses.read_text("utf-8"))
            return {str(name): date.fromisoformat(day) for name, day in told.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}  # what it holds is only for looking at

    def _note_use(self, key: Key, on: date) -> None:
        """Write down the day, once a day for each key; that it cannot be stops nobody."""
        with self._lock:
            if self._noted.get(key.id) == on:
                return
            self._noted[key.id] = on
            known = {each.id for each in self._held}
            days = {name: day for name, day in self.used().items() if name in known}
            if days.get(key.id, date.min) < on:
                days[key.id] = on
                with suppress(OSError):
                    self._replace(self._uses, days)

    def _read(self) -> tuple[Key, ...]:
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._held = _keys(json.loads(self.path.read_text("utf-8")))
                self._stamp = stamp
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as problem:
            raise BrokenKeys(self.path, str(problem)) from problem
        return self._held

    def _write(self, keys: Iterable[Key]) -> None:
        self._replace(self.path, [asdict(key) for key in keys])
        self._stamp = None

    @staticmethod
    def _replace(path: Path, content: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        said = json.dumps(content, ensure_ascii=False, indent=1, default=date.isoformat)
        with replacing(path) as draft:
            draft.touch(0o600)  # only its owner can read it
            draft.write_text(said, encoding="utf-8")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _keys(entries: object) -> tuple[Key, ...]:
    """Return what the file holds.

    Raises:
        ValueError: it is not a list of keys.
    """
    try:
        return tuple(_key(entry) for entry in cast("list[dict[str, str]]", entries))
    except (KeyError, TypeError) as problem:
        raise ValueError("it is not a list of keys") from problem


def _key(entry: dict[str, str]) -> Key:
    expires = entry["expires"]
    return Key(
        entry["id"],
        entry["name"],
        Scope(entry["scope"]),
        date.fromisoformat(entry["created"]),
        date.fromisoformat(expires) if expires else None,
        entry["digest"],
        tuple(map(str, cast("list[str]", entry.get("groups", ())))),
    )
