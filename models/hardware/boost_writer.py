"""Write archives of boost::serialization in XML, with the class and object numbers that boost's reader expects.

A class is numbered when it occurs first; there stand its ``class_id``, ``tracking_level`` and ``version``.  Objects
that something points to are numbered too.  So equal content has equal bytes.

Source of the format: boost::serialization, ``xml_oarchive``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape


class ArchiveWriter:
    """Collects the lines of one archive.

    Parameters
    ----------
    version : int
        Version of the archive format, of the boost library that wrote it.
    """

    def __init__(self, version: int) -> None:
        self._lines = [
            '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>',
            "<!DOCTYPE boost_serialization>",
            f'<boost_serialization signature="serialization::archive" version="{version}">',
        ]
        self._classes: dict[str, int] = {}
        self._shown: set[str] = set()
        self._objects = 0
        self._depth = 0

    def register(self, kind: str) -> int:
        """Return the number of a class, a new one if it has none; its attributes are not shown here."""
        return self._classes.setdefault(kind, len(self._classes))

    def _class(self, kind: str, version: int, tracked: bool, name: str = "") -> str:
        """Return the attributes of a class, which stand where it occurs first."""
        number = self.register(kind)
        if kind in self._shown:
            return ""
        self._shown.add(kind)
        return f' class_id="{number}"{name} tracking_level="{int(tracked)}" version="{version}"'

    @contextmanager
    def element(self, tag: str, kind: str = "", version: int = 0, tracked: bool = False) -> Iterator[str]:
        """Open an element for a value of class ``kind`` (none for containers without class information).

        Yields
        ------
        str
            Its object number, empty unless ``tracked``.
        """
        attributes = self._class(kind, version, tracked) if kind else ""
        number = self._number() if tracked else ""
        attributes += f' object_id="{number}"' if tracked else ""
        with self._nested(tag, attributes):
            yield number

    @contextmanager
    def pointer(self, kind: str, version: int = 0, polymorphic: bool = False) -> Iterator[str]:
        """Open the ``px`` of a shared pointer to a new object of class ``kind``; yields its object number."""
        name = f' class_name="{kind}"' if polymorphic else ""
        attributes = self._class(kind, version, tracked=True, name=name)
        attributes = attributes or f' class_id_reference="{self._classes[kind]}"'
        number = self._number()
        with self._nested("px", f'{attributes} object_id="{number}"'):
            yield number

    def reference(self, kind: str, number: str) -> None:
        """Write the ``px`` of a shared pointer to an object that was written before."""
        self._line(f'<px class_id_reference="{self._classes[kind]}" object_id_reference="{number}"></px>')

    def null(self) -> None:
        """Write the ``px`` of a null pointer."""
        self._line('<px class_id="-1"></px>')

    def value(self, tag: str, value: int | float | str) -> None:
        """Write a plain value; floats with 17 digits, which is exact."""
        text = f"{value:.17g}" if isinstance(value, float) else escape(str(value))
        self._line(f"<{tag}>{text}</{tag}>")

    def empty(self, tag: str, kind: str = "") -> None:
        """Write an empty object."""
        attributes = self._class(kind, 0, tracked=False) if kind else ""
        self._line(f"<{tag}{attributes}></{tag}>")

    def text(self) -> str:
        """Return the archive."""
        return "\n".join([*self._lines, "</boost_serialization>", "", ""])

    def _number(self) -> str:
        self._objects += 1
        return f"_{self._objects - 1}"

    def _line(self, text: str) -> None:
        self._lines.append("\t" * self._depth + text)

    @contextmanager
    def _nested(self, tag: str, attributes: str) -> Iterator[None]:
        self._line(f"<{tag}{attributes}>")
        self._depth += 1
        yield
        self._depth -= 1
        self._line(f"</{tag}>")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
