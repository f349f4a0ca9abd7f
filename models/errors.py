"""Errors that a user can cause: each says what was wrong, shows the offending value and names the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class MapperError(Exception):
    """Base of all errors that hicann-mapper raises on purpose."""


class LimitError(MapperError, ValueError):
    """A limit is outside the range that the hardware or the software allows."""


class DefectError(MapperError, ValueError):
    """A blacklist names something that does not exist."""


class OptionError(MapperError, ValueError):
    """An option of an algorithm has a value that it cannot have."""


class PlacementError(MapperError, RuntimeError):
    """A manual placement cannot be implemented."""


class ResourceExhausted(MapperError, RuntimeError):
    """The wafer has no room for what must be placed; no mapping exists."""


class FormatError(MapperError, ValueError):
    """A solution file is damaged or of another format."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file.

    Attributes
    ----------
    where : str
        ``file:line:col``.
    path : str
        Dotted path inside the document.
    message, hint : str
        What is wrong (with the value got) and the remedy.
    """

    where: str
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        parts = [self.where, self.path, self.message]
        line = ": ".join(part for part in parts if part)
        return f"{line} - {self.hint}" if self.hint else line


class InstanceError(MapperError, ValueError):
    """An instance file has errors; all of them are collected, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MeaningError(InstanceError):
    """An instance file is well formed, but what it says cannot be."""
