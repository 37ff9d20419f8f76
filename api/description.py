"""What /openapi.json says beyond the routes: keys, problems, and examples of what goes to and fro."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from api.access import needed
from api.problems import MEDIA_TYPE
from api.schemas.wire import Problem

if TYPE_CHECKING:
    from typing import Any

    from fastapi import FastAPI

EXAMPLES = Path(__file__).parent / "examples.json"
"""One example of each response, by the name of its schema; made by asking the bundled corpus."""

OPERATIONS = Path(__file__).parent / "operations.toml"
"""The id and the summary of each operation, by its method and path."""

PARAMETERS: dict[str, object] = {
    "document": "zentai-digest",
    "label": "第1.0版対応",
    "number": 4,
    "start": 2157,
    "end": 2412,
    "old": "第1.0版",
    "new": "第2.0版",
    "days": 30,
}
"""An example of each parameter, by its name."""

KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": 'A key made with "tebiki keys create". None is needed on the machine that '
    "serves until there is one, nor by people whom a proxy has signed on.",
}


@cache
def examples() -> dict[str, Any]:
    """Return the examples by the name of their schema."""
    found: dict[str, Any] = json.loads(EXAMPLES.read_text("utf-8"))
    return found


@cache
def operations() -> dict[str, list[str]]:
    """Return id and summary by method and path."""
    found: dict[str, list[str]] = tomllib.loads(OPERATIONS.read_text("utf-8"))
    return found


def describe(app: FastAPI) -> None:
    """Let /openapi.json say that errors are problems, which key a route wants, and what comes."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = plain()
            schemas = made["components"]["schemas"]
            schemas.setdefault("Problem", Problem.model_json_schema())
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for name, example in examples().items():
                if name in schemas:
                    schemas[name].setdefault("examples", [example])
            made["components"]["securitySchemes"] = {"key": KEY}
            for path, found in made["paths"].items():
                for method, operation in found.items():
                    named = operations().get(f"{method.upper()} {path}")
                    if named:
                        operation["operationId"], operation["summary"] = named
                    _complete(path, operation)
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign] # FastAPI's own way to change it


def _complete(path: str, operation: dict[str, Any]) -> None:
    told = operation["responses"]
    told.setdefault("default", {"description": "Any other problem."})
    for status, response in told.items():
        if not status.startswith(("2", "3")):
            response["content"] = {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
            }
    for content in (
        each for response in told.values() for each in response.get("content", {}).values()
    ):
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if name in examples():
            content["example"] = examples()[name]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in PARAMETERS:
            parameter["example"] = PARAMETERS[parameter["name"]]
        elif parameter["name"] == "name" and path.startswith("/v1/answers/"):
            parameter["example"] = examples()["WireAnswer"]["id"]
    scope = needed(path)
    if scope is not None:
        # The empty one: where everybody here may do everything, no key is wanted.
        operation["security"] = [{"key": []}, {}]
        said = operation.get("description", "")
        operation["description"] = f"{said} (scope: {scope})".strip()
