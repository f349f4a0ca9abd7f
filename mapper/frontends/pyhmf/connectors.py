"""PyNN 0.7 connectors, which carry weights and delays, over the array connectors of `models.network`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import NotImplementedHere, ValueRejected
from mapper.frontends.pyhmf.randomness import NumpyRNG, RandomDistribution
from models.network import connectors as arrays
from models.network.connectors import Edges, Same

Weights = float | RandomDistribution | Sequence[float] | NDArray[Any]


class Connector:
    """Base of the connectors.

    Parameters
    ----------
    weights : Weights
        In uS: a number, a distribution, or one value per synapse in the order (pre, post), or a (pre, post) matrix.
    delays : any
        Accepted; delays on the wafer follow from the routes.
    rng : NumpyRNG or None
        Gives the seed of random connectors.
    """

    def __init__(
        self,
        weights: Weights = 0.0,
        delays: Any = None,
        space: Any = None,
        safe: bool = True,
        verbose: bool = False,
        rng: NumpyRNG | None = None,
        allow_self_connections: bool = True,
    ) -> None:
        self.weights, self.delays, self.rng = weights, delays, rng
        self.allow_self_connections = bool(allow_self_connections)

    @property
    def seed(self) -> int:
        """Seed of the random choices."""
        return self.rng.seed if self.rng else 0

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        raise NotImplementedHere(f"{type(self).__name__} cannot be mapped")

    def connect(self, n_pre: int, n_post: int, name: str, same: Same) -> Edges:
        """Return the synapses with their weights.

        Raises
        ------
        ValueRejected
            If the rule cannot be carried out or the weights do not fit.
        """
        try:
            edges = self.rule().connect(n_pre, n_post, name, same)
        except ValueError as error:
            raise ValueRejected(str(error)) from None
        weight = edges.weight
        if weight is None:
            weight = spread(self.weights, edges.pre, edges.post, (n_pre, n_post))
        if np.any(weight < 0):
            raise ValueRejected(
                f"weights of conductance-based synapses must be 0 or more [uS] (got {float(weight.min()):g}): "
                "use target='inhibitory'"
            )
        return Edges(edges.pre, edges.post, weight)


def spread(values: Any, pre: NDArray[Any], post: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return one value per synapse, (n,).

    Raises
    ------
    ValueRejected
        If there are neither n values nor a matrix of the shape (pre, post).
    """
    n = len(pre)
    if isinstance(values, RandomDistribution):
        values = np.atleast_1d(values.next(n)) if n else np.empty(0)
    if isinstance(values, str):
        raise NotImplementedHere(f"weights that depend on the distance are not supported (got {values!r})")
    given = np.asarray(values, dtype=np.float32)
    if given.ndim == 0:
        return np.full(n, given, dtype=np.float32)
    if given.ndim == 2 and given.shape == shape:
        return np.asarray(given[pre, post], dtype=np.float32)
    if given.shape == (n,):
        return given.copy()
    raise ValueRejected(f"one value, {n} values or a matrix {shape} needed (got the shape {given.shape})")


class AllToAllConnector(Connector):
    """Every pre cell to every post cell."""

    def __init__(
        self, allow_self_connections: bool = True, weights: Weights = 0.0, delays: Any = None, **other: Any
    ) -> None:
        super().__init__(weights, delays, allow_self_connections=allow_self_connections, **other)

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.AllToAll(self.allow_self_connections)


class OneToOneConnector(Connector):
    """Cell i to cell i."""

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.OneToOne()


class FixedProbabilityConnector(Connector):
    """Each pair with a probability."""

    def __init__(
        self,
        p_connect: float,
        allow_self_connections: bool = True,
        weights: Weights = 0.0,
        delays: Any = None,
        **other: Any,
    ) -> None:
        super().__init__(weights, delays, allow_self_connections=allow_self_connections, **other)
        self.p_connect = float(p_connect)

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.FixedProbability(self.p_connect, self.seed, self.allow_self_connections)


class _FixedNumber(Connector):
    def __init__(
        self,
        n: int | RandomDistribution,
        allow_self_connections: bool = True,
        weights: Weights = 0.0,
        delays: Any = None,
        **other: Any,
    ) -> None:
        super().__init__(weights, delays, allow_self_connections=allow_self_connections, **other)
        if isinstance(n, RandomDistribution):
            raise NotImplementedHere(f"{type(self).__name__} needs a fixed number (got a distribution)")
        self.n = int(n)


class FixedNumberPreConnector(_FixedNumber):
    """Each post cell from ``n`` distinct pre cells."""

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.FixedNumberPre(self.n, self.seed, self.allow_self_connections)


class FixedNumberPostConnector(_FixedNumber):
    """Each pre cell to ``n`` distinct post cells."""

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.FixedNumberPost(self.n, self.seed, self.allow_self_connections)


class FromListConnector(Connector):
    """The given synapses.

    Parameters
    ----------
    conn_list : list of (pre, post, weight, delay)
        Local indices, weight [uS], delay [ms].
    """

    def __init__(self, conn_list: Any, safe: bool = True, verbose: bool = False) -> None:
        table = np.asarray(conn_list, dtype=np.float64)
        table = table.reshape(-1, 4) if table.size == 0 else table
        if table.ndim != 2 or table.shape[1] not in (3, 4):
            raise ValueRejected(f"a list of (pre, post, weight, delay) is needed (got the shape {table.shape})")
        super().__init__(table[:, 2], table[:, 3] if table.shape[1] == 4 else None)
        self._table = table

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        pairs = self._table[:, :2].astype(np.int64)
        return arrays.FromArrays(pairs[:, 0], pairs[:, 1], self._table[:, 2])


class DistanceDependentProbabilityConnector(Connector):
    """Connections by distance; cells have no positions here."""

    def __init__(self, d_expression: str = "", *arguments: Any, **other: Any) -> None:
        super().__init__()
