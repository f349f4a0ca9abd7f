"""Pydantic's errors in the user's words: where, what was wrong, what was given, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from models.errors import Problem
from models.instance.loader import Document, Path_, dotted
from models.instance.scalars import Doc
from models.instance.schema import InstanceDoc, field_names

_field_names = cache(field_names)


def schema_problems(
    document: Document, errors: Iterable[Mapping[str, Any]], model: type[Doc] = InstanceDoc
) -> list[Problem]:
    """Return one problem for each of pydantic's errors; unknown keys are compared with those of the model."""
    return [_problem(document, error, model) for error in errors]


def _problem(document: Document, error: Mapping[str, Any], model: type[Doc]) -> Problem:
    kind, loc = str(error["type"]), tuple(error["loc"])
    path = document_path(document.data, loc)
    if kind == "extra_forbidden":
        path = path if path and path[-1] == loc[-1] else (*path, loc[-1])
        return Problem(document.where(path, key=True), dotted(path), f"unknown key {loc[-1]!r}", _close(loc[-1], model))
    if kind == "missing":
        hint = f"add {loc[-1]}: to it"
        return Problem(document.where(path, key=True), dotted(path), f"{loc[-1]!r} is missing", hint)
    on_key = bool(loc) and loc[-1] == "[key]"
    message, hint = _words(kind, error)
    if "(got " not in message:
        message += f" (got {_shown(error['input'])})"
    return Problem(document.where(path, key=on_key), dotted(path), message, hint)


def _words(kind: str, error: Mapping[str, Any]) -> tuple[str, str]:
    """Return message and hint of an error about a value."""
    context, given = error.get("ctx") or {}, error["input"]
    if kind == "union_tag_not_found":
        return "'kind' is missing", "say which kind it is: {kind: ..}"
    if kind == "union_tag_invalid":
        known = [tag.strip("' ") for tag in str(context["expected_tags"]).split(",")]
        return f"unknown kind {context['tag']!r}", suggestion(str(context["tag"]), known)
    if kind == "literal_error":
        known = [name.strip("' ") for name in str(context["expected"]).replace(" or ", ",").split(",")]
        if not isinstance(given, str) and str(given) in known:
            return f"must be text, {' | '.join(known)}", "quote it"
        return f"must be {' | '.join(known)}", suggestion(str(given), known, list_all=False)
    if kind in ("too_short", "too_long"):
        bound = "at least" if kind == "too_short" else "at most"
        return f"must have {bound} {context.get('min_length', context.get('max_length'))} entries", ""
    types = {
        "int_type": "an integer",
        "float_type": "a number",
        "string_type": "text",
        "bool_type": "true or false",
    }
    if kind in types:
        hint = "quote it" if kind == "string_type" else ""
        if isinstance(given, str) and _is_number(given):
            hint = "remove the quotes"
        return f"must be {types[kind]}", hint
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return message, ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def suggestion(word: str, known: Iterable[str], list_all: bool = True) -> str:
    """Return a hint that names the closest known word, or all of them."""
    names = [name for name in known if name != word]
    close = difflib.get_close_matches(word, names, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(names)}" if names and list_all else ""


def _close(key: Any, model: type[Doc]) -> str:
    return suggestion(str(key), sorted(_field_names(model)), list_all=False)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(str, value))}" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def document_path(data: Any, loc: Path_) -> Path_:
    """Return the part of pydantic's location that exists in the document; union tags are no part of it."""
    path: list[str | int] = []
    for part in loc:
        if not _has(data, part):
            continue
        data = data[part]
        path.append(part)
    return tuple(path)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data
