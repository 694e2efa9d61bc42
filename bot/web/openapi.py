"""The gateway's own description of its paths, from the models that check the bodies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot import __version__

OPENAPI: Final = "3.1.0"
SCHEMAS: Final = "#/components/schemas/{model}"
REFUSED: Final = {
    "401": "a bearer token is required",
    "422": "the body is wrong: `detail` lists every problem",
    "502": "no readable answer of Kling: it is unknown whether a task was created",
}


@dataclass(frozen=True, slots=True)
class Path:
    """A path that is served; `body` is what a POST takes."""

    method: str
    path: str
    summary: str
    body: type[BaseModel] | None = None
    query: tuple[str, ...] = ()


def describe(paths: Iterable[Path]) -> dict[str, Any]:
    """Return the document (OpenAPI 3.1). `{name}` in a path is a parameter."""
    served = list(paths)
    kinds = list(dict.fromkeys(one.body for one in served if one.body is not None))
    named, schemas = models_json_schema(
        [(kind, "validation") for kind in kinds], ref_template=SCHEMAS
    )
    document: dict[str, dict[str, Any]] = {}
    for one in served:
        document.setdefault(one.path, {})[one.method.lower()] = _operation(one, named)
    return {
        "openapi": OPENAPI,
        "info": {"title": "kling-discord gateway", "version": __version__},
        "security": [{"token": []}],
        "paths": document,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Path, named: Any) -> dict[str, Any]:
    in_path = [part.strip("{}") for part in one.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in in_path
    ] + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in one.query]
    operation: dict[str, Any] = {"summary": one.summary, "responses": _responses()}
    if parameters:
        operation["parameters"] = parameters
    if one.body is not None:
        schema = named[one.body, "validation"]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _responses() -> dict[str, Any]:
    plain = {"application/json": {"schema": {"type": "object"}}}
    refusals = {code: {"description": words} for code, words in REFUSED.items()}
    return {"200": {"description": "done", "content": plain}, **refusals}
