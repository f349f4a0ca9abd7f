"""A JSON Schema as Markdown: one table per object."""

from __future__ import annotations

import json
from typing import Any

from mapper_docs.commands import plain

_NAMES = {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "null"}
_BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))


def reference(schema: dict[str, Any]) -> str:
    """Return the chapter of a schema: the document first, then every object that it refers to."""
    parts = [f"## The document\n\n{_table(schema)}"]
    for name, definition in schema["$defs"].items():
        if definition.get("type") == "object" or "properties" in definition:
            parts.append(f"## {_title(name)}\n\n{plain(definition.get('description', ''))}\n\n{_table(definition)}")
        else:
            parts.append(f"## {_title(name)}\n\n{plain(definition.get('description', ''))} {_kind(definition)}")
    return "\n\n".join(parts)


def objects(schema: dict[str, Any]) -> list[str]:
    """Return the titles of all objects, as they stand in the headings."""
    return [_title(name) for name in schema["$defs"]]


def _title(name: str) -> str:
    return name.removesuffix("Doc")


def _table(definition: dict[str, Any]) -> str:
    required = definition.get("required", ())
    lines = ["| key | value | default |", "|---|---|---|"]
    for key, value in definition.get("properties", {}).items():
        default = "required" if key in required else _default(value)
        meaning = value.get("description", "")
        about = _kind(value) + (f": {plain(meaning)}" if meaning else "")
        lines.append(f"| `{key}` | {about} | {default} |")
    return "\n".join(lines)


def _default(value: dict[str, Any]) -> str:
    if value.get("default") is None or isinstance(value["default"], dict):
        return ""
    return f"`{json.dumps(value['default'])}`"


def _kind(value: dict[str, Any]) -> str:
    """Return the type of a value in words, with links to objects."""
    if "$ref" in value:
        title = _title(value["$ref"].rpartition("/")[2])
        return f"[{title}](#{title.lower()})"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    several = value.get("anyOf") or value.get("oneOf")
    if several:
        kinds = [_kind(one) for one in several if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if value.get("type") == "array":
        return "list of " + _kind(value.get("items", {}))
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return "names: " + _kind(inner) if isinstance(inner, dict) else "mapping"
    bounds = ", ".join(f"{sign} {value[key]}" for key, sign in _BOUNDS if key in value)
    name = _NAMES.get(str(value.get("type")), "anything")
    if "pattern" in value:
        bounds = f"`{value['pattern']}`".replace("|", "\\|")
    return f"{name} {bounds}".strip()
