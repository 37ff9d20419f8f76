"""The keys of the HTTP interface on the admin page: made, looked through, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import Field

from api.keys import Key, Keys, Scope, UnknownKey
from api.problems import Refused
from api.schemas.wire import Asked, Day, Wire
from bot.ledger.audit import Deed

Group = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class KeyRequest(Asked):
    """A key to be made: whose it is, what it may do, and the first day on which it opens nothing.

    *groups* are those whose documents it sees beside the ones that are open to all.
    """

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    scope: Scope = Scope.ASK
    expires: Day | None = None
    groups: Annotated[list[Group], Field(max_length=100)] = Field(default_factory=list)


class WireKey(Wire):
    """What is known of a key. *used* is the day on which it was used last."""

    id: str
    name: str
    scope: Scope
    created: date
    expires: date | None
    used: date | None
    groups: list[str]

    @classmethod
    def of(cls, key: Key, used: date | None) -> WireKey:
        """Translate."""
        return cls(
            id=key.id, name=key.name, scope=key.scope, created=key.created, expires=key.expires,
            used=used, groups=list(key.groups),
        )  # fmt: skip


class KeysResponse(Wire):
    """Every key, oldest first, also those that have expired."""

    keys: list[WireKey]


class MadeResponse(WireKey):
    """A key that was made; *secret* is the key itself, and cannot be had again."""

    secret: str


def install(
    app: FastAPI,
    keys: Keys,
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes; *noted* records what a request did."""

    @app.get("/v1/admin/keys", responses=responses, tags=["admin"])
    def listed() -> KeysResponse:
        """List the keys with what they may do, their end and their last use."""
        used = keys.used()
        return KeysResponse(keys=[WireKey.of(key, used.get(key.id)) for key in keys.all()])

    @app.post("/v1/admin/keys", status_code=201, responses=responses, tags=["admin"])
    def make(request: Request, asked: KeyRequest) -> MadeResponse:
        """Make a key; it is shown this once."""
        groups = [group.strip() for group in asked.groups]
        name = asked.name.strip()
        made, secret = keys.create(name, asked.scope, expires=asked.expires, groups=groups)
        what = {"id": made.id, "name": made.name, "scope": str(made.scope), "groups": made.groups}
        noted(request, Deed.KEY_MADE, **what, expires=made.expires)
        return MadeResponse(**WireKey.of(made, None).model_dump(), secret=secret)

    @app.delete("/v1/admin/keys/{name}", status_code=204, responses=responses, tags=["admin"])
    def revoke(request: Request, name: str) -> None:
        """Take a key back; it opens nothing from now on."""
        try:
            gone = keys.revoke(name)
        except UnknownKey as unknown:
            raise Refused(
                HTTPStatus.NOT_FOUND, "その鍵はありません。", "There is no such key."
            ) from unknown
        noted(request, Deed.KEY_REVOKED, id=gone.id, name=gone.name)
