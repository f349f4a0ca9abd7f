"""Positions of cells and distances between them, for connectors that depend on them; currents are refused.

Positions say nothing about the wafer: the mapper decides where cells are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import NotImplementedHere, ValueRejected
from mapper.frontends.pyhmf.randomness import NumpyRNG

Positions = NDArray[np.float64]

_AXES: Final[dict[str | None, tuple[int, ...]]] = {
    None: (0, 1, 2), "x": (0,), "y": (1,), "z": (2,), "xy": (0, 1), "yz": (1, 2), "xz": (0, 2), "xyz": (0, 1, 2),
    "yx": (0, 1), "zy": (1, 2), "zx": (0, 2),
}  # fmt: skip


class Structure:
    """A rule for the positions of cells."""

    def generate_positions(self, n: int) -> Positions:
        """Return the positions of ``n`` cells, (3, n)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Line(Structure):
    """Cells on a line along x, ``dx`` apart."""

    dx: float = 1.0
    x0: float = 0.0
    y: float = 0.0
    z: float = 0.0

    def generate_positions(self, n: int) -> Positions:
        """Return the positions of ``n`` cells, (3, n)."""
        return np.stack([self.x0 + self.dx * np.arange(n), np.full(n, self.y), np.full(n, self.z)])


@dataclass(frozen=True, slots=True)
class Grid2D(Structure):
    """Cells on a plane, column by column: y runs fastest.

    Attributes
    ----------
    aspect_ratio : float
        Cells along x over cells along y.
    dx, dy, x0, y0, z : float
        Distances and origin.
    fill_order : ``sequential`` or ``random``
        Which cell gets which place.
    rng : NumpyRNG or None
        Of the random order; None: seed 0.
    """

    aspect_ratio: float = 1.0
    dx: float = 1.0
    dy: float = 1.0
    x0: float = 0.0
    y0: float = 0.0
    z: float = 0.0
    fill_order: Literal["sequential", "random"] = "sequential"
    rng: NumpyRNG | None = None

    def calculate_size(self, n: int) -> tuple[int, int]:
        """Return the cells along x and y.

        Raises
        ------
        ValueRejected
            If ``n`` cells do not fill the grid.
        """
        nx = max(round(math.sqrt(n * self.aspect_ratio)), 1)
        if n % nx:
            raise ValueRejected(f"{n} cells do not fill a grid of aspect ratio {self.aspect_ratio:g}: {nx} columns")
        return nx, n // nx

    def generate_positions(self, n: int) -> Positions:
        """Return the positions of ``n`` cells, (3, n)."""
        nx, ny = self.calculate_size(n)
        x, y = np.meshgrid(self.x0 + self.dx * np.arange(nx), self.y0 + self.dy * np.arange(ny), indexing="ij")
        return _filled(np.stack([x.ravel(), y.ravel(), np.full(n, self.z)]), self.fill_order, self.rng)


@dataclass(frozen=True, slots=True)
class Grid3D(Structure):
    """Cells in a lattice: z runs fastest, then y.

    Attributes
    ----------
    aspect_ratioXY, aspect_ratioXZ : float
        Cells along x over cells along y, and over cells along z.
    """

    aspect_ratioXY: float = 1.0
    aspect_ratioXZ: float = 1.0
    dx: float = 1.0
    dy: float = 1.0
    dz: float = 1.0
    x0: float = 0.0
    y0: float = 0.0
    z0: float = 0.0
    fill_order: Literal["sequential", "random"] = "sequential"
    rng: NumpyRNG | None = None

    def calculate_size(self, n: int) -> tuple[int, int, int]:
        """Return the cells along x, y and z.

        Raises
        ------
        ValueRejected
            If ``n`` cells do not fill the lattice.
        """
        nx = round(math.cbrt(n * self.aspect_ratioXY * self.aspect_ratioXZ))
        ny, nz = round(nx / self.aspect_ratioXY), round(nx / self.aspect_ratioXZ)
        if nx * ny * nz != n:
            raise ValueRejected(f"{n} cells do not fill a lattice of these aspect ratios: {nx} x {ny} x {nz}")
        return nx, ny, nz

    def generate_positions(self, n: int) -> Positions:
        """Return the positions of ``n`` cells, (3, n)."""
        nx, ny, nz = self.calculate_size(n)
        axes = (
            self.x0 + self.dx * np.arange(nx),
            self.y0 + self.dy * np.arange(ny),
            self.z0 + self.dz * np.arange(nz),
        )
        grids = np.meshgrid(*axes, indexing="ij")
        return _filled(np.stack([axis.ravel() for axis in grids]), self.fill_order, self.rng)


def _filled(positions: Positions, order: str, rng: NumpyRNG | None) -> Positions:
    if order not in ("sequential", "random"):
        raise ValueRejected(f"fill_order must be 'sequential' or 'random' (got {order!r})")
    if order == "sequential":
        return positions
    chosen: Positions = positions[:, (rng or NumpyRNG(0)).permutation(np.arange(positions.shape[1]))]
    return chosen


@dataclass(frozen=True, slots=True)
class Cuboid:
    """A box around the origin: width along x, height along y, depth along z."""

    width: float
    height: float
    depth: float

    def sample(self, n: int, rng: NumpyRNG) -> Positions:
        """Return ``n`` points in it, (3, n)."""
        sides = np.array([[self.width], [self.height], [self.depth]])
        points: Positions = sides * (np.reshape(rng.next(3 * n), (3, n)) - 0.5)
        return points


@dataclass(frozen=True, slots=True)
class Sphere:
    """A ball around the origin."""

    radius: float

    def sample(self, n: int, rng: NumpyRNG) -> Positions:
        """Return ``n`` points in it, (3, n)."""
        u, v, w = np.reshape(rng.next(3 * n), (3, n))
        z, phi, r = 2 * u - 1, 2 * np.pi * v, self.radius * np.cbrt(w)
        flat = np.sqrt(1 - z * z)
        points: Positions = r * np.stack([flat * np.cos(phi), flat * np.sin(phi), z])
        return points


@dataclass(frozen=True, slots=True)
class RandomStructure(Structure):
    """Cells at random places inside a boundary."""

    boundary: Cuboid | Sphere
    origin: Sequence[float] = (0.0, 0.0, 0.0)
    rng: NumpyRNG | None = None

    def generate_positions(self, n: int) -> Positions:
        """Return the positions of ``n`` cells, (3, n)."""
        return np.reshape(self.origin, (3, 1)) + self.boundary.sample(n, self.rng or NumpyRNG(0))


@dataclass(frozen=True, slots=True)
class Space:
    """How distances are measured.

    Attributes
    ----------
    axes : str or None
        Which count, e.g. ``xy``; None: all.
    scale_factor, offset : float
        Positions of post cells are shifted and then multiplied.
    periodic_boundaries : three of (low, high) or None, or None
        Ranges after which an axis begins anew.
    """

    axes: str | None = None
    scale_factor: float = 1.0
    offset: float | Sequence[float] = 0.0
    periodic_boundaries: Sequence[tuple[float, float] | None] | None = None

    def differences(self, pre: Positions, post: Positions) -> Positions:
        """Return the distance along each axis that counts, (axes, ...), of positions (3, ...).

        Raises
        ------
        ValueRejected
            If there are no such axes.
        """
        if self.axes not in _AXES:
            raise ValueRejected(f"axes must be x, y, z or several of them (got {self.axes!r})")
        shift = np.reshape(np.broadcast_to(self.offset, (3,)), (3,) + (1,) * (post.ndim - 1))
        found = np.abs(pre - self.scale_factor * (post + shift))
        for axis, limits in enumerate(self.periodic_boundaries or ()):
            if limits is not None:
                found[axis] = np.minimum(found[axis], limits[1] - limits[0] - found[axis])
        chosen: Positions = found[list(_AXES[self.axes])]
        return chosen

    def distances(self, pre: Positions, post: Positions) -> NDArray[np.float64]:
        """Return Euclidean distances of positions (3, ...)."""
        found: NDArray[np.float64] = np.sqrt(np.sum(self.differences(pre, post) ** 2, axis=0))
        return found


class CurrentSource:
    """A current; it can be made, but not injected."""

    def __init__(self, *values: Any, **parameters: Any) -> None:
        self.values, self.parameters = values, parameters

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
