"""HICANNs by distance from a point, equal distances in the order in which a k-d tree meets them.

On a grid many distances are equal, and which HICANN comes first decides where inputs go.  marocco leaves this to
nanoflann; the tree here is built and searched by the same rules, so that equal distances come out in the same order:

* a box is cut in the middle of its longest side (of equally long ones: the one over which the points spread more),
  but not outside of its points and not more unevenly than the points on the cut allow;
* points change sides by exchanges of the outermost misplaced pairs;
* boxes with at most ten points are not cut;
* a search enters the nearer half first.

Sources: marocco ``neighbors.h``; Muja and Lowe, FLANN (k-d tree), nanoflann for the rules above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import X, Y

#: Points in a box that is not cut any more (nanoflann's default).
_LEAF_SIZE = 10
#: Sides count as equally long within this share.
_TOLERANCE = 1e-5

Box = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A cut across ``axis``; the halves' points end at ``below`` and begin at ``above``."""

    axis: int
    below: int
    above: int
    halves: tuple[_Node, _Node]


#: HICANNs of a box that is not cut, or a cut.
_Node = tuple[int, ...] | _Cut


class Neighbours:
    """Search tree over HICANNs.

    Parameters
    ----------
    hicanns : (n,) integers
        HICANNs to find, ascending; at least one.
    """

    def __init__(self, hicanns: NDArray[np.int64]) -> None:
        x, y = X[hicanns], Y[hicanns]
        box = ((float(x.min()), float(x.max())), (float(y.min()), float(y.max())))
        self._root = _build([int(h) for h in hicanns], box)

    def by_distance(self, targets: NDArray[np.int16]) -> NDArray[np.int64]:
        """Return all HICANNs, nearest to the mean position of ``targets`` first, (n,)."""
        point = (float(X[targets].mean()), float(Y[targets].mean()))
        met = np.array(list(_visit(self._root, point)), dtype=np.int64)
        # times the number of targets, distances are whole numbers and equal ones really equal
        x, y = (len(targets) * axis[met].astype(np.int64) - int(axis[targets].sum()) for axis in (X, Y))
        return met[np.argsort(x * x + y * y, kind="stable")]


def _at(hicann: int, axis: int) -> int:
    return int((X, Y)[axis][hicann])


def _build(points: list[int], box: Box) -> _Node:
    if len(points) <= _LEAF_SIZE:
        return tuple(points)
    axis, value = _cut(points, box)
    lower = _exchange(points, lambda p: _at(p, axis) < value)
    rest = points[lower:]
    upper = lower + _exchange(rest, lambda p: _at(p, axis) <= value)
    points[lower:] = rest
    size = min(max(len(points) // 2, lower), upper)
    low, high = points[:size], points[size:]
    return _Cut(
        axis,
        max(_at(p, axis) for p in low),
        min(_at(p, axis) for p in high),
        (_build(low, _with(box, axis, high=value)), _build(high, _with(box, axis, low=value))),
    )


def _cut(points: list[int], box: Box) -> tuple[int, float]:
    """Return the axis across which a box is cut, and where."""
    length = [high - low for low, high in box]
    ends = [(min(_at(p, axis) for p in points), max(_at(p, axis) for p in points)) for axis in (0, 1)]
    long = [axis for axis in (0, 1) if length[axis] > (1 - _TOLERANCE) * max(length)]
    axis = max(long, key=lambda a: ends[a][1] - ends[a][0])
    return axis, float(np.clip(sum(box[axis]) / 2, *ends[axis]))


def _exchange(points: list[int], belongs_left: Callable[[int], bool]) -> int:
    """Bring all points that belong left to the front by exchanging outermost misplaced pairs; return how many."""
    left, right = 0, len(points) - 1
    while True:
        while left <= right and belongs_left(points[left]):
            left += 1
        while left <= right and not belongs_left(points[right]):
            right -= 1
        if left >= right:
            return left
        points[left], points[right] = points[right], points[left]
        left, right = left + 1, right - 1


def _with(box: Box, axis: int, low: float | None = None, high: float | None = None) -> Box:
    side = (box[axis][0] if low is None else low, box[axis][1] if high is None else high)
    return (side, box[1]) if axis == 0 else (box[0], side)


def _visit(node: _Node, point: tuple[float, float]) -> Iterator[int]:
    if not isinstance(node, _Cut):
        yield from node
        return
    at = point[node.axis]
    low, high = node.halves
    nearer = (low, high) if (at - node.below) + (at - node.above) < 0 else (high, low)
    for half in nearer:
        yield from _visit(half, point)
