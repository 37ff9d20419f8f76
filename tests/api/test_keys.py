"""API keys: made once, kept as hashes, ended by day or by hand."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from api.keys import Keys, Scope, UnknownKey

TODAY = date(2026, 4, 1)


def test_key_opens_until_the_day_it_expires(tmp_path: Path) -> None:
    """*expires* is the first day on which the key is worth nothing."""
    keys = Keys(tmp_path / "keys.json")
    made, secret = keys.create("窓口", Scope.ASK, expires=TODAY)

    assert made == keys.find(secret, on=date(2026, 3, 31))
    assert keys.find(secret, on=TODAY) is None


def test_key_itself_is_never_kept(tmp_path: Path) -> None:
    """The file holds a hash, and only its owner can read it."""
    path = tmp_path / "home" / "keys.json"
    _, secret = Keys(path).create("窓口", Scope.ASK)

    assert secret not in path.read_text("utf-8")
    assert secret.rpartition("_")[2] not in path.read_text("utf-8")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert ["keys.json"] == [each.name for each in path.parent.iterdir()]


def test_almost_the_key_opens_nothing(tmp_path: Path) -> None:
    """One character less, more or other is no key; nor is the id."""
    keys = Keys(tmp_path / "keys.json")
    made, secret = keys.create("窓口", Scope.ASK)

    for other in (secret[:-1], secret + "x", secret.swapcase(), made.id, made.digest, ""):
        assert keys.find(other, on=TODAY) is None


def test_other_process_sees_what_changed(tmp_path: Path) -> None:
    """A server that is running honours a new key at once, and a revoked one no longer."""
    server, command = Keys(tmp_path / "keys.json"), Keys(tmp_path / "keys.json")
    assert () == server.all()

    made, secret = command.create("窓口", Scope.SEARCH)
    assert made == server.find(secret, on=TODAY)
    command.create("another", Scope.ADMIN)
    assert ["窓口", "another"] == [key.name for key in server.all()]

    assert made == command.revoke(made.id)
    assert server.find(secret, on=TODAY) is None


def test_unknown_key_cannot_be_revoked(tmp_path: Path) -> None:
    """The sentence names the command that lists them."""
    with pytest.raises(UnknownKey, match="tebiki keys list"):
        Keys(tmp_path / "keys.json").revoke("none")


def test_scopes_hold_those_below() -> None:
    """Who may ask may search; two offices may ask, and not what the other may; one may do all."""
    assert {Scope.SEARCH} == Scope.SEARCH.implied
    assert {Scope.SEARCH, Scope.ASK} == Scope.ASK.implied
    assert {Scope.SEARCH, Scope.ASK, Scope.QUESTIONS} == Scope.QUESTIONS.implied
    assert {Scope.SEARCH, Scope.ASK, Scope.CURATE} == Scope.CURATE.implied
    assert set(Scope) == Scope.ADMIN.implied


def test_key_says_on_which_day_it_was_used_last(tmp_path: Path) -> None:
    """For every process, and without a write for each request; a refusal is no use."""
    keys = Keys(tmp_path / "keys.json")
    made, secret = keys.create("one", Scope.ASK, expires=date(2030, 1, 1))
    keys.find(secret, on=date(2031, 1, 1))
    assert {} == keys.used()

    for day in (5, 6, 6):
        keys.find(secret, on=date(2026, 4, day))

    assert {made.id: date(2026, 4, 6)} == Keys(tmp_path / "keys.json").used()
    (tmp_path / "keys-used.json").write_text("[", "utf-8")
    assert {} == keys.used()
    assert made == keys.find(secret, on=date(2026, 4, 7))
