"""The description in /openapi.json, tried with whatever it allows and what it forbids."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.access import Access
from api.app import create_app
from api.description import operations
from api.keys import Keys, Scope
from bot.answering.extractive import Extractive
from tests.api.test_admin import Desk
from tests.served import CORPUS, small

# With an admin page, so that its routes are tried as well; its corpus is an empty folder.
DESK = Desk(Path(tempfile.mkdtemp(prefix="tebiki-openapi-")))
DESK.let_go.set()
for folder in (DESK.corpus, DESK.uploads):
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
KEYS = Keys(DESK.corpus / "keys.json")
ADMIN = {"Authorization": f"Bearer {KEYS.create('admin', Scope.ADMIN)[1]}"}
APP = create_app(
    library=small,
    answerer=Extractive(small),
    page_file=lambda held: CORPUS / (held.path or ""),
    access=Access(keys=KEYS),
    office=DESK.office,
    sheet=lambda name, form: f"{name} {form}".encode(),
)


@schemathesis.serializer("application/pdf")
def as_bytes(_: object, value: object) -> bytes:
    """Send whatever was made up as the bytes of a file."""
    return value if isinstance(value, bytes) else repr(value).encode("utf-8", "replace")


schema = schemathesis.openapi.from_asgi("/openapi.json", APP)


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_every_operation_keeps_its_promises(case: Case[Any]) -> None:
    """No request makes a 5xx, and every response has a described status, type and shape."""
    case.call_and_validate(
        base_url="http://127.0.0.1",
        headers=ADMIN,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


def test_every_operation_is_named_by_a_person() -> None:
    """The list names each operation there is, and no other; no id stands for two."""
    made = APP.openapi()["paths"]
    there = {f"{method.upper()} {path}" for path, each in made.items() for method in each}
    named = operations()

    assert there == set(named)
    assert len(named) == len({name for name, _ in named.values()})
    assert "askQuestion" == made["/v1/answers"]["post"]["operationId"]
