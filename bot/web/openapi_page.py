"""The description as a page to read, without a line of anybody else's."""

from html import escape
from typing import Any, Final

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "background:Canvas;color:CanvasText;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid color-mix(in srgb,CanvasText 20%,transparent)}"
)
CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(document: dict[str, Any]) -> str:
    """Return the document as HTML: each path with its parameters and the fields of its body."""
    schemas = document["components"]["schemas"]
    parts = [
        _operation(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<main><h1>{title}</h1>"
        '<p>The same for programs: <a href="openapi.json">openapi.json</a></p>'
        f"{''.join(parts)}</main></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    head = f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
    rows = [(one["name"], one["in"], "") for one in operation.get("parameters", ())]
    body = operation.get("requestBody")
    if body is not None:
        reference = body["content"]["application/json"]["schema"]["$ref"]
        schema = schemas[reference.rsplit("/", 1)[-1]]
        needed = schema.get("required", ())
        rows += [
            (name, "required" if name in needed else "", _kind(field))
            for name, field in schema.get("properties", {}).items()
        ]
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(where)}</td><td>{escape(kind)}</td></tr>"
        for name, where, kind in rows
    )
    table = f"<table><tbody>{cells}</tbody></table>" if cells else ""
    return f"<section>{head}<p>{escape(operation['summary'])}</p>{table}</section>"


def _kind(field: dict[str, Any]) -> str:
    """Say the type of a field in a few words."""
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {})) or 'anything'}"
    return str(field.get("type", "anything"))
