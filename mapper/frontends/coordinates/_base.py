"""Ranged numbers and grids, the two kinds of halco coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Any, ClassVar, Self, TypeVar

from mapper.frontends.errors import CoordinateError, TypeRejected

R = TypeVar("R", bound="Ranged")


class Ranged(int):
    """A number 0..size-1 with a type of its own: equal to plain numbers and to others of its type only.

    Raises
    ------
    CoordinateError
        If the number is out of range.
    TypeRejected
        If it is no integer.
    """

    size: ClassVar[int] = 1 << 31

    def __new__(cls, value: Any = 0) -> Self:
        """Return the coordinate with a number."""
        number = _integer(cls, value)
        if not 0 <= number < cls.size:
            raise CoordinateError(f"{cls.__name__} must be 0..{cls.size - 1} (got {number})")
        return super().__new__(cls, number)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ranged) and type(other) is not type(self):
            return False
        return int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __str__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    __repr__ = __str__

    def value(self) -> int:
        """Return the plain number."""
        return int(self)

    def toEnum(self) -> Enum:
        """Return the number as an Enum."""
        return Enum(int(self))

    def id(self) -> Enum:
        """Return the number as an Enum (name of 2017)."""
        return Enum(int(self))

    @classmethod
    def all(cls) -> Iterator[Self]:
        """Return all coordinates of the type in order."""
        return (cls(Enum(i)) for i in range(cls.size))


def _integer(kind: type[Ranged], value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise TypeRejected(f"{kind.__name__} takes integers (got {value!r})") from None


class Enum(Ranged):
    """The number of a coordinate."""


class X(Ranged):
    """Column."""


class Y(Ranged):
    """Row."""


class Grid(Ranged):
    """A place on a grid: by X and Y, or by its number, row by row."""

    width: ClassVar[int] = 1

    def __new__(cls, x: Any = 0, y: Any = None) -> Self:
        """Return the coordinate at (x, y), or the one with the number ``x``."""
        if isinstance(x, Y) or isinstance(y, X) or (y is None and isinstance(x, X)):
            raise TypeRejected(f"{cls.__name__} takes (X, Y) or an Enum (got {', '.join(map(str, (x, y)))})")
        return super().__new__(cls, x if y is None else cls._number(_integer(cls, x), _integer(cls, y)))

    @classmethod
    def _number(cls, x: int, y: int) -> int:
        height = cls.size // cls.width
        if not (0 <= x < cls.width and 0 <= y < height):
            raise CoordinateError(f"{cls.__name__} has X 0..{cls.width - 1}, Y 0..{height - 1} (got {x}, {y})")
        return y * cls.width + x

    def x(self) -> X:
        """Return the column."""
        return X(int(self) % self.width)

    def y(self) -> Y:
        """Return the row."""
        return Y(int(self) // self.width)

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.x()}, {self.y()})"

    __repr__ = __str__


def iter_all(kind: type[R]) -> Iterator[R]:
    """Return all coordinates of a type in order."""
    return kind.all()
