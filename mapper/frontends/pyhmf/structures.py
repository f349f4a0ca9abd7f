"""Structures and current sources of the dialect: positions are accepted and mean nothing, currents are refused."""

from __future__ import annotations

from typing import Any

from mapper.frontends.errors import NotImplementedHere


class Structure:
    """Positions of cells; the mapper decides where cells are on the wafer."""

    def __init__(self, *arguments: Any, **parameters: Any) -> None:
        self.parameters = parameters


class Line(Structure):
    """Cells on a line."""


class Grid2D(Structure):
    """Cells on a plane."""


class Grid3D(Structure):
    """Cells in a lattice."""


class RandomStructure(Structure):
    """Cells at random positions."""


class CurrentSource:
    """A current; it can be made, but not injected."""

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    def inject_into(self, cells: Any) -> None:
        """Refuse: there is no current input."""
        raise NotImplementedHere(
            f"{type(self).__name__} cannot be injected: currents are not emulated; use spike input"
        )


class DCSource(CurrentSource):
    """A constant current."""


class StepCurrentSource(CurrentSource):
    """A current in steps."""


class ACSource(CurrentSource):
    """A sinusoidal current."""


class NoisyCurrentSource(CurrentSource):
    """White noise."""
