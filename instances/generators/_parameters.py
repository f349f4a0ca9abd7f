"""What a family of networks is: its parameters, their checks, and the function that builds it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from models.errors import MapperError

if TYPE_CHECKING:
    from instances.generators._draft import Draft

Value = bool | int | float | str
_BOOLS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_KINDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


class GeneratorError(MapperError, ValueError):
    """A family or a parameter does not exist, or a value is out of its range."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a family.

    Attributes
    ----------
    name, meaning : str
        Name and what it is, with its unit.
    default : bool, int, float or str
        Value if none is given; its type is the type of the parameter.
    least, most : float or None
        Range of a number, both ends included.
    """

    name: str
    default: Value
    meaning: str
    least: float | None = None
    most: float | None = None

    def value(self, given: Any) -> Value:
        """Return a given value, or its text, as the parameter's type.

        Raises
        ------
        GeneratorError
            If it is of another type or out of range.
        """
        value = self._typed(given)
        if value is None or (isinstance(value, float) and value != value):
            raise GeneratorError(f"{self.name} must be {_KINDS[type(self.default)]} (got {given!r})")
        low, high = self.least, self.most
        if not isinstance(value, str) and ((low is not None and value < low) or (high is not None and value > high)):
            raise GeneratorError(f"{self.name} must be {self.range_text} (got {given})")
        return value

    @property
    def range_text(self) -> str:
        """Return the range in words, "" without one."""
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        return "" if self.least is None else f"{self.least:g} or more"

    def _typed(self, given: Any) -> Value | None:
        kind = type(self.default)
        if isinstance(given, str):
            return self._parsed(given)
        if kind is float and isinstance(given, int | float) and not isinstance(given, bool):
            return float(given)
        if kind is int and isinstance(given, float) and given.is_integer():
            return int(given)
        return given if type(given) is kind else None

    def _parsed(self, text: str) -> Value | None:
        kind = type(self.default)
        if kind is bool:
            return _BOOLS.get(text.strip().lower())
        if kind is str:
            return text
        try:
            return kind(text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Family:
    """A family of networks.

    Attributes
    ----------
    name, summary : str
        Name and one line about it.
    parameters : tuple of Parameter
        In the order in which they stand in the instance's name.
    build : callable
        Gets the checked values and the seed, and returns the draft of the network.
    source : str
        Publication or program that it follows.
    neuron_size : int
        Denmems per neuron if nobody asks for another number.
    named_by : tuple of str
        Parameters that stand in the name of an instance even at their default.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Mapping[str, Any], int], Draft] = field(repr=False)
    source: str = ""
    neuron_size: int = 4
    named_by: tuple[str, ...] = ()

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters, defaults where nothing is given.

        Raises
        ------
        GeneratorError
            If a parameter does not exist or a value cannot be.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise GeneratorError(f"{self.name} has no parameter {name!r}{hint(name, known)}")
        return {name: p.value(given[name]) if name in given else p.default for name, p in known.items()}

    def stem(self, values: Mapping[str, Any]) -> str:
        """Return the first part of an instance's name: the family and what is not at its default."""
        parts = [
            f"{p.name.replace('_', '')}{_shown(values[p.name])}"
            for p in self.parameters
            if p.name in self.named_by or values[p.name] != p.default
        ]
        return "-".join([self.name, *parts])


def hint(name: str, known: Iterable[str]) -> str:
    """Return a suggestion for a name that is almost right, else all that there are."""
    names = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(names), n=1)
    return f" - did you mean {names[close[0]]!r}?" if close else f": there are {', '.join(names.values())}"


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value).replace(" ", "")
