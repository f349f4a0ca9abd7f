"""Where the keys of a TOML file stand, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Final

Path_ = tuple[str | int, ...]

_SPACE: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_BETWEEN: Final = re.compile(r"[ \t]*(\.?)[ \t]*")
_TEXT: Final = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_BARE: Final = re.compile(r"[^,\]}#\n]+")


def key_places(text: str) -> dict[Path_, tuple[int, int]]:
    """Return line and column, from 1, of the first mention of every key of a text that `tomllib` accepts."""
    return _Scan(text).places


class _Scan:
    """One pass over a valid document."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.places: dict[Path_, tuple[int, int]] = {}
        self.tables: dict[Path_, int] = {}
        prefix: Path_ = ()
        while self._skip() < len(text):
            if text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    def _skip(self) -> int:
        """Go on to the next thing that is neither space nor comment."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"no TOML at character {self.at}")
        self.at = match.end()
        return match

    def _key(self, prefix: Path_) -> Path_:
        """Read a dotted key; the tables in front of its last part are at the same line."""
        while True:
            begin = self.at
            word = self._take(_KEY)[0]
            prefix = (*self._last(prefix), next(iter(tomllib.loads(f"{word} = 0"))))
            self.places.setdefault(prefix, self._place(begin))
            if not self._take(_BETWEEN)[1]:
                return prefix

    def _last(self, path: Path_) -> Path_:
        """Return a path with the newest element of the array of tables that it names."""
        return (*path, self.tables[path]) if path in self.tables else path

    def _header(self) -> Path_:
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        self._skip()
        path = self._key(())
        self._skip()
        self.at += 2 if is_array else 1
        if is_array:
            self.tables[path] = self.tables.get(path, -1) + 1
        return self._last(path)

    def _pair(self, prefix: Path_) -> None:
        path = self._key(prefix)
        self.at += 1  # =
        self._skip()
        self._value(path)

    def _value(self, path: Path_) -> None:
        first = self.text[self.at]
        if first in "\"'":
            self._take(_TEXT)
        elif first == "[":
            self._several(lambda i: self._value((*path, i)), "]")
        elif first == "{":
            self._several(lambda _: self._pair(path), "}")
        else:
            self._take(_BARE)

    def _several(self, one: Callable[[int], None], end: str) -> None:
        self.at += 1
        i = 0
        while self.text[self._skip()] != end:
            if self.text[self.at] == ",":
                self.at += 1
                continue
            one(i)
            i += 1
        self.at += 1

    def _place(self, at: int) -> tuple[int, int]:
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
