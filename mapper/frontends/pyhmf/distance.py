"""Connectors that look at the positions of cells, and expressions of the distance ``d``.

Random choices take raw words in the order (pre, post), as in `models.network.connectors`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import ValueRejected
from mapper.frontends.pyhmf.structures import Positions, Space
from models.network.connectors import Same
from models.network.streams import raw, stream, unit

#: What an expression may use besides ``d``.
_FUNCTIONS: Final = {
    name: getattr(np, name)
    for name in (
        "abs", "arccos", "arcsin", "arctan", "cos", "cosh", "exp", "floor", "log", "log10", "maximum", "minimum",
        "sign", "sin", "sinh", "sqrt", "tan", "tanh", "where", "pi", "e",
    )
}  # fmt: skip
#: Pairs of cells looked at together.
_CHUNK: Final = 1 << 20
_TWO53: Final = float(1 << 53)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where the cells of a projection are, computed when somebody asks.

    Attributes
    ----------
    shape : (int, int)
        Number of pre and post cells.
    pre_positions, post_positions : callable
        Return positions, (3, n_pre) and (3, n_post).
    """

    shape: tuple[int, int]
    pre_positions: Callable[[], Positions]
    post_positions: Callable[[], Positions]

    def of_pairs(self, space: Space, pre: NDArray[Any], post: NDArray[Any], along_axes: bool = False) -> Any:
        """Return the distances of pairs of cells, (n,), or along each axis, (axes, n)."""
        measure = space.differences if along_axes else space.distances
        return measure(self.pre_positions()[:, pre], self.post_positions()[:, post])

    def of_rows(self, space: Space, start: int, stop: int, along_axes: bool = False) -> Any:
        """Return the distances of some pre cells to all post cells, (rows, n_post), or along axes."""
        measure = space.differences if along_axes else space.distances
        return measure(self.pre_positions()[:, start:stop, None], self.post_positions()[:, None, :])


def evaluate(expression: str, d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of an expression like ``exp(-d)`` or ``d[0] < 2``, in the shape of a distance.

    Raises
    ------
    ValueRejected
        If it cannot be computed.
    """
    shape = d.shape[1:] if is_by_axis(expression) else d.shape
    try:
        value = eval(compile(expression, "<distance>", "eval"), {"__builtins__": {}}, {**_FUNCTIONS, "d": d})
        return np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
    except Exception as error:
        raise ValueRejected(f"{expression!r} is no expression of the distance d: {error}") from None


def is_by_axis(expression: str) -> bool:
    """Return whether an expression uses distances along axes, ``d[0]``."""
    return "d[" in expression


def by_probability(
    expression: str, geometry: Geometry, space: Space, seed: int, name: str, same: Same | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of cells, each connected with the probability that an expression gives; ``same`` is left out.

    One word per pair; values of the expression below 0 count as 0, above 1 as 1.
    """
    bits, n_post = stream(seed, name), geometry.shape[1]
    found = [np.empty((2, 0), np.int64)]
    for start, stop in _blocks(geometry):
        d = geometry.of_rows(space, start, stop, is_by_axis(expression))
        p = np.nan_to_num(np.clip(evaluate(expression, d), 0.0, 1.0))
        words = raw(bits, p.size).reshape(p.shape) >> np.uint64(11)
        hit = words < np.floor(p * _TWO53).astype(np.uint64)
        found.append(_pairs(_without_self(hit, start, same, n_post), start))
    pre, post = np.concatenate(found, axis=1)
    return pre, post


def by_number(
    n: int, expression: str, geometry: Geometry, space: Space, seed: int, name: str, same: Same | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs with ``n`` distinct post cells of each pre cell, chosen with weights that an expression gives.

    Weighted sampling without replacement by the largest keys log(u) / weight (Efraimidis and Spirakis 2006).

    Raises
    ------
    ValueRejected
        If a pre cell has less than ``n`` post cells of positive weight.
    """
    bits, n_post = stream(seed, name), geometry.shape[1]
    pre, post = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start, stop in _blocks(geometry):
        d = geometry.of_rows(space, start, stop, is_by_axis(expression))
        value = evaluate(expression, d)
        weight = np.where(_without_self(value > 0, start, same, n_post), value, 0.0)
        short = np.flatnonzero(np.count_nonzero(weight, axis=1) < n)
        if len(short):
            room = int(np.count_nonzero(weight[short[0]]))
            raise ValueRejected(
                f"cannot choose {n} post cells for pre cell {start + int(short[0])}: {room} are possible"
            )
        u = unit(bits, weight.size).reshape(weight.shape)
        key = np.full(weight.shape, -np.inf)
        np.divide(np.log(np.maximum(u, 1 / _TWO53)), weight, out=key, where=weight > 0)
        chosen = np.sort(np.argsort(-key, axis=1, kind="stable")[:, :n], axis=1)
        pre.append(np.repeat(np.arange(start, stop), n))
        post.append(chosen.ravel())
    return np.concatenate(pre), np.concatenate(post)


def small_world(
    degree: float, rewiring: float, geometry: Geometry, space: Space, seed: int, name: str, same: Same | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs: each pre cell to all post cells nearer than ``degree``, some of them moved to other post cells.

    Every pair is moved with the probability ``rewiring`` to a post cell, drawn with equal chances among those that
    its pre cell is not connected to (Watts and Strogatz 1998).
    """
    bits, n_post = stream(seed, name), geometry.shape[1]
    found = [np.empty((2, 0), np.int64)]
    for start, stop in _blocks(geometry):
        near = _without_self(geometry.of_rows(space, start, stop) < degree, start, same, n_post)
        free = _without_self(np.ones_like(near), start, same, n_post) & ~near
        moved = near & (unit(bits, near.size).reshape(near.shape) < rewiring)
        number = np.minimum(np.count_nonzero(moved, axis=1), np.count_nonzero(free, axis=1))
        key = np.where(free, unit(bits, near.size).reshape(near.shape), 2.0)
        rank = np.argsort(np.argsort(key, axis=1, kind="stable"), axis=1)
        leaves = moved & (np.cumsum(moved, axis=1) <= number[:, None])
        found.append(_pairs((near & ~leaves) | (free & (rank < number[:, None])), start))
    pre, post = np.concatenate(found, axis=1)
    return pre, post


def _pairs(hit: NDArray[np.bool_], start: int) -> NDArray[np.int64]:
    """Return the pairs in rows of the matrix (pre, post) that begin at a pre cell, (2, n)."""
    row, post = hit.nonzero()
    return np.stack([row + start, post]).astype(np.int64)


def _blocks(geometry: Geometry) -> list[tuple[int, int]]:
    """Return ranges of pre cells whose pairs fit into memory."""
    n_pre, n_post = geometry.shape
    step = max(_CHUNK // max(n_post, 1), 1)
    return [(start, min(start + step, n_pre)) for start in range(0, n_pre, step)]


def _without_self(hit: NDArray[np.bool_], start: int, same: Same | None, n_post: int) -> NDArray[np.bool_]:
    """Drop self-connections from rows of the matrix (pre, post); ``same`` None keeps them."""
    if same is None or same is False:
        return hit
    own = np.arange(n_post) if same is True else np.asarray(same)
    kept = hit.copy()
    inside = np.flatnonzero((own >= start) & (own < start + len(hit)))
    kept[own[inside] - start, inside] = False
    return kept
