"""Read archives of boost::serialization in XML: a tree of elements that knows the line of each.

Documents are parsed while they are read and bounded in bytes, elements and depth.  Entities are refused, so nothing
outside the file is ever opened.  Of the attributes only class names, versions and references to objects matter;
``class_id`` and ``tracking_level`` serve boost's own reader.

Source of the format: boost::serialization, ``xml_iarchive``.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn
from xml.parsers import expat

from models.errors import MapperError, Problem

#: Largest file read, after decompression [bytes].
MAX_BYTES: Final = 256 * 2**20
#: Most elements in one file.
MAX_ELEMENTS: Final = 4_000_000
#: Deepest nesting; calibtic's files reach 18.
MAX_DEPTH: Final = 64

_CHUNK: Final = 2**16
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


class ArchiveError(MapperError, ValueError):
    """A file of the BrainScaleS software cannot be read.

    Attributes
    ----------
    problem : Problem
        ``file:line``, what is wrong with the value got, and the remedy.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def fail(where: str, message: str, hint: str = "") -> NoReturn:
    """Raise an `ArchiveError` at ``file:line``."""
    raise ArchiveError(Problem(where, "", message, hint))


@dataclass(slots=True, eq=False)
class Node:
    """One element.

    Attributes
    ----------
    tag : str
        Its name.
    line : int
        Line of its start tag, counted from 1.
    attributes : dict of str to str
        As they stand in the file.
    children : list of Node
        Its elements in order.
    text : str
        Its text, without surrounding white space.
    """

    tag: str
    line: int
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """A parsed file; all accessors raise `ArchiveError` with ``file:line``.

    Attributes
    ----------
    file : str
        Name as shown in errors.
    root : Node
        ``boost_serialization``.
    objects : dict of str to Node
        Elements by their ``object_id``.
    classes : dict of str to str
        Class names by ``class_id``; only polymorphic classes have one.
    """

    file: str
    root: Node
    objects: dict[str, Node]
    classes: dict[str, str]

    def where(self, node: Node) -> str:
        """Return ``file:line`` of an element."""
        return f"{self.file}:{node.line}"

    def child(self, node: Node, tag: str) -> Node:
        """Return the child with this tag, which must be there once."""
        found = [child for child in node.children if child.tag == tag]
        if len(found) != 1:
            inside = ", ".join(dict.fromkeys(child.tag for child in node.children)) or "nothing"
            what = f"<{tag}> is missing" if not found else f"<{tag}> stands {len(found)} times"
            fail(self.where(node), f"{what} in <{node.tag}> (got {inside})")
        return found[0]

    def optional(self, node: Node, tag: str) -> Node | None:
        """Return the child with this tag, or None."""
        return self.child(node, tag) if any(child.tag == tag for child in node.children) else None

    def items(self, node: Node) -> list[Node]:
        """Return the ``item`` elements of a container; their number must be its ``count``."""
        found = [child for child in node.children if child.tag == "item"]
        count = self.child(node, "count")
        if self.integer(count) != len(found):
            fail(self.where(count), f"<{node.tag}> holds {len(found)} items (got count {count.text})")
        return found

    def target(self, node: Node) -> Node | None:
        """Return the object that the shared pointer ``node`` points to, or None for a null pointer."""
        pointer = self.child(node, "px")
        if pointer.attributes.get("class_id") == "-1":
            return None
        reference = pointer.attributes.get("object_id_reference")
        if reference is None:
            return pointer
        if reference not in self.objects:
            fail(self.where(pointer), f"reference to an object that does not stand before it (got {reference!r})")
        return self.objects[reference]

    def class_name(self, node: Node) -> str:
        """Return the class of a polymorphic object."""
        number = node.attributes.get("class_id", node.attributes.get("class_id_reference", ""))
        name = node.attributes.get("class_name") or self.classes.get(number)
        if name is None:
            fail(self.where(node), f"<{node.tag}> has no class name (class_id {number!r})")
        return name

    def version(self, node: Node, newest: int) -> int:
        """Return the class version of an element, 0..newest; the newest if it does not say."""
        text = node.attributes.get("version", str(newest))
        if not (_INTEGER.fullmatch(text) and 0 <= int(text) <= newest):
            fail(self.where(node), f"unknown version of <{node.tag}> (got {text!r})", f"known are 0..{newest}")
        return int(text)

    def integer(self, node: Node, low: int = 0, high: int = 2**63 - 1) -> int:
        """Return the integer low..high that an element holds."""
        if not _INTEGER.fullmatch(node.text):
            fail(self.where(node), f"<{node.tag}> must be an integer (got {_short(node.text)})")
        value = int(node.text)
        if not low <= value <= high:
            fail(self.where(node), f"<{node.tag}> must be {low}..{high} (got {value})")
        return value

    def number(self, node: Node) -> float:
        """Return the finite number that an element holds."""
        try:
            value = float(node.text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            fail(self.where(node), f"<{node.tag}> must be a number (got {_short(node.text)})")
        return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def read_archive(path: Path) -> Archive:
    """Read an XML archive, plain or compressed by gzip (``.gz``).

    Raises
    ------
    ArchiveError
        With ``file:line`` if the file cannot be read, is not XML, has entities, is too large or is no archive.
    """
    builder = _Builder(str(path))
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            builder.feed(iter(lambda: stream.read(_CHUNK), b""))
    except (OSError, EOFError) as error:
        fail(str(path), getattr(error, "strerror", None) or str(error))
    root = builder.stack[0].children[0]
    if root.tag != "boost_serialization" or root.attributes.get("signature") != "serialization::archive":
        fail(f"{path}:{root.line}", f"no archive of boost::serialization (got <{root.tag}>)")
    return Archive(str(path), root, builder.objects, builder.classes)


class _Builder:
    """Builds the tree from expat's events."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.stack = [Node("", 0, {})]
        self.objects: dict[str, Node] = {}
        self.classes: dict[str, str] = {}
        self.count = 0
        self.texts: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.texts.append
        self.parser.EntityDeclHandler = self.entity
        self.parser.StartDoctypeDeclHandler = self.doctype

    def feed(self, chunks: Iterator[bytes]) -> None:
        size = 0
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    fail(self.where(), f"the file has more than {MAX_BYTES} bytes")
                self.parser.Parse(chunk, False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            inside = "".join(f"<{node.tag}>" for node in self.stack[-2:] if node.tag) or "the file"
            what = f"not well-formed XML in {inside} (got {expat.ErrorString(error.code)})"
            fail(f"{self.file}:{error.lineno}", what, "get a complete copy")

    def where(self) -> str:
        return f"{self.file}:{self.parser.CurrentLineNumber}"

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            fail(self.where(), f"more than {MAX_ELEMENTS} elements")
        if len(self.stack) > MAX_DEPTH:
            fail(self.where(), f"nested deeper than {MAX_DEPTH} elements")
        node = Node(tag, self.parser.CurrentLineNumber, attributes)
        if attributes:
            if "object_id" in attributes:
                self.objects[attributes["object_id"]] = node
            if "class_name" in attributes:
                self.classes.setdefault(attributes.get("class_id", ""), attributes["class_name"])
        self.stack[-1].children.append(node)
        self.stack.append(node)
        self.texts.clear()

    def end(self, _: str) -> None:
        self.stack.pop().text = "".join(self.texts).strip()
        self.texts.clear()

    def entity(self, name: str, *_: object) -> None:
        fail(self.where(), f"entities are not allowed (got {name!r})", "plain XML only")

    def doctype(self, name: str, system: str | None, public: str | None, subset: bool) -> None:
        if system or public or subset:
            fail(self.where(), f"a document type with a definition is not allowed (got {name!r})", "plain XML only")
