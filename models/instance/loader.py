"""Strict YAML: the core schema of YAML 1.2, no duplicate keys, and the place of every value in the file.

PyYAML's own loader reads ``1e-3`` as text, ``no`` as false, ``010`` as 8 and lets a second key overwrite
the first.  Here the documents are built from PyYAML's parse events, so that every value keeps its mark and
hostile files (aliases that explode, bottomless nesting) are refused while they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from models.errors import InstanceError, Problem

#: Largest file read [bytes]; connectivity belongs into npz files.
MAX_BYTES: Final = 16 * 2**20
#: Most values in one document, aliases counted each time they are used.
MAX_VALUES: Final = 1_000_000
#: Deepest nesting of lists and mappings.
MAX_DEPTH: Final = 32

Path_ = tuple[str | int, ...]
_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL: Final = re.compile(r"~|null|Null|NULL|")
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INF: Final = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN: Final = re.compile(r"\.(nan|NaN|NAN)")
_TAGS: Final = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:map": dict,
    "tag:yaml.org,2002:seq": list,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes
    ----------
    file : str
        Name of the file as shown in errors.
    data : object
        Dictionaries, lists, strings, integers, floats, booleans and None.
    values, keys : mapping of path to (line, column)
        Where each value and each key stands, counted from 1.
    """

    file: str
    data: Any
    values: dict[Path_, tuple[int, int]]
    keys: dict[Path_, tuple[int, int]]

    def where(self, path: Path_, key: bool = False) -> str:
        """Return ``file:line:col`` of a path, or of its nearest ancestor that stands in the file."""
        table = self.keys if key else self.values
        if path in table:
            return place(self.file, *table[path])
        for end in range(len(path), -1, -1):
            found = self.keys.get(path[:end]) or self.values.get(path[:end])
            if found:
                return place(self.file, *found)
        return self.file


def place(file: str, line: int, column: int) -> str:
    """Return ``file:line:col``."""
    return f"{file}:{line}:{column}"


def dotted(path: Path_) -> str:
    """Return a path as ``network.projections.ee.pre[1]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def load_yaml(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InstanceError
        With ``file:line:col`` if the file is missing, too large, not YAML, or has a key twice.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            hint = "put connectivity into an npz file: connector {kind: file, path: ...}"
            raise _error(str(path), f"the file has {size} bytes, more than {MAX_BYTES}", hint)
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _error(str(path), f"not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise _error(str(path), error.strerror or str(error)) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, file: str) -> Document:
    """Parse YAML text; ``file`` is its name in errors.

    Raises
    ------
    InstanceError
        With the place of the fault.
    """
    builder = _Builder(file, iter(()))
    try:
        builder.events = iter(yaml.parse(text, Loader=_Loader))
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = file if mark is None else place(file, mark.line + 1, mark.column + 1)
        raise _error(where, error.problem or "not YAML") from None
    except yaml.YAMLError as error:
        raise _error(_reader_place(text, file, error), f"not YAML: {str(error).splitlines()[0]}") from None
    if builder.problems:
        raise InstanceError(builder.problems)
    return Document(file, data, builder.values, builder.keys)


def _error(where: str, message: str, hint: str = "") -> InstanceError:
    return InstanceError([Problem(where, "", message, hint)])


def _reader_place(text: str, file: str, error: Exception) -> str:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return file
    before = text[:position]
    return place(file, before.count("\n") + 1, position - before.rfind("\n"))


@dataclass(slots=True)
class _Builder:
    """Builds the document from parse events."""

    file: str
    events: Iterator[Any]
    values: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    count: int = 0

    def document(self) -> Any:
        next(self.events)  # stream start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        data = self.value(next(self.events), ())
        next(self.events)  # document end
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise self.error(following, "a second document starts here", "one document per file")
        return data

    def error(self, event: Any, message: str, hint: str = "") -> InstanceError:
        line, column = _mark(event)
        return InstanceError([*self.problems, Problem(place(self.file, line, column), "", message, hint)])

    def value(self, event: Any, path: Path_) -> Any:
        self.values[path] = _mark(event)
        self.grow(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if len(path) >= MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels")
        before = self.count
        if isinstance(event, yaml.ScalarEvent):
            data: Any = self.scalar(event, path)
        elif event.tag not in (None, "!", *_TAGS):
            raise self.error(event, f"tag {event.tag!r} is not allowed", "plain YAML only")
        elif isinstance(event, yaml.MappingStartEvent):
            data = self.mapping(path)
        else:
            data = self.sequence(path)
        if event.anchor:
            self.anchors[event.anchor] = (data, self.count - before + 1)
        return data

    def grow(self, event: Any, by: int) -> None:
        self.count += by
        if self.count > MAX_VALUES:
            raise self.error(event, f"more than {MAX_VALUES} values", "put large data into an npz file")

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise self.error(event, f"alias *{event.anchor} has no anchor &{event.anchor} before it")
        data, size = self.anchors[event.anchor]
        self.grow(event, size)
        return data

    def sequence(self, path: Path_) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path_) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event)
            here, inner = _mark(event), (*path, key)
            if key in data:
                message = f"key {key!r} stands twice (first on line {self.keys[inner][0]})"
                self.problems.append(Problem(place(self.file, *here), dotted(path), message))
            else:
                self.keys[inner] = here
            data[key] = self.value(next(self.events), inner)
        return data

    def key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.error(event, "a key must be text")
        return str(event.value)

    def scalar(self, event: Any, path: Path_) -> Any:
        if event.tag not in (None, "!"):
            kind = _TAGS.get(event.tag)
            if kind not in (str, int, float):
                raise self.error(event, f"tag {event.tag!r} is not allowed", "plain YAML only")
            try:
                return kind(event.value)
            except ValueError:
                raise self.error(event, f"{event.value!r} is no {kind.__name__}") from None
        if not event.implicit[0]:
            return event.value
        try:
            return core_scalar(event.value)
        except ValueError:
            message = f"number too long ({len(event.value)} characters)"
            self.problems.append(Problem(place(self.file, *_mark(event)), dotted(path), message))
            return 0


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def core_scalar(text: str) -> Any:
    """Return a plain scalar as the core schema of YAML 1.2 reads it: null, bool, int, float or text.

    Raises
    ------
    ValueError
        If an integer has too many digits.
    """
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INF.fullmatch(text):
        return float("-inf" if text.startswith("-") else "inf")
    return float("nan") if _NAN.fullmatch(text) else text
