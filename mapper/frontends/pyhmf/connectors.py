"""PyNN 0.7 connectors, which carry weights and delays, over the array connectors of `models.network`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import NotImplementedHere, ValueRejected
from mapper.frontends.pyhmf import distance
from mapper.frontends.pyhmf.distance import Geometry
from mapper.frontends.pyhmf.randomness import NumpyRNG, RandomDistribution
from mapper.frontends.pyhmf.structures import Space
from models.network import connectors as arrays
from models.network.connectors import Edges, Same
from models.network.streams import raw, stream

#: A number, a distribution, numbers, or an expression of the distance.
Weights = float | RandomDistribution | Sequence[float] | NDArray[Any] | str


class Connector:
    """Base of the connectors.

    Parameters
    ----------
    weights : Weights
        In uS: a number, a distribution, or one value per synapse in the order (pre, post), or a (pre, post) matrix, or
        an expression of the distance like ``"0.01 * exp(-d)"``.
    delays : Weights or None
        In ms, given like weights; None: none are asked for.  Those on the wafer follow from the routes.
    space : Space or None
        How distances are measured; None: with all axes.
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
        self.space: Space = space or Space()
        self.allow_self_connections = bool(allow_self_connections)

    @property
    def seed(self) -> int:
        """Seed of the random choices."""
        return self.rng.seed if self.rng else 0

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        raise NotImplementedHere(f"{type(self).__name__} cannot be mapped")

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections; the base class asks `rule`."""
        return self.rule().connect(n_pre, n_post, name, same)

    def connect(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the synapses with their weights.

        Raises
        ------
        ValueRejected
            If the rule cannot be carried out or the weights do not fit.
        """
        try:
            edges = self.pairs(n_pre, n_post, name, same, geometry)
        except ValueRejected:
            raise
        except ValueError as error:
            raise ValueRejected(str(error)) from None
        weight = edges.weight
        if weight is None:
            weight = self.spread(self.weights, edges.pre, edges.post, geometry)
        if np.any(weight < 0):
            raise ValueRejected(
                f"weights of conductance-based synapses must be 0 or more [uS] (got {float(weight.min()):g}): "
                "use target='inhibitory'"
            )
        return Edges(edges.pre, edges.post, weight)

    def spread(self, values: Any, pre: NDArray[Any], post: NDArray[Any], geometry: Geometry) -> NDArray[np.float32]:
        """Return one value per synapse, (n,), of numbers or of an expression of the distance.

        Raises
        ------
        ValueRejected
            If the values do not fit.
        """
        if isinstance(values, str):
            d = geometry.of_pairs(self.space, pre, post, distance.is_by_axis(values))
            values = distance.evaluate(values, d)
        return spread(values, pre, post, geometry.shape)


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
        raise NotImplementedHere(f"values that depend on the distance belong into the connector (got {values!r})")
    given = np.asarray(values, dtype=np.float32)
    if given.ndim == 0:
        return np.full(n, given, dtype=np.float32)
    if given.ndim == 2 and given.shape == shape:
        return np.asarray(given[pre, post], dtype=np.float32)
    if given.shape == (n,):
        return given.copy()
    raise ValueRejected(f"one value, {n} values or a matrix {shape} needed (got the shape {given.shape})")


class _SelfConnecting(Connector):
    """What may connect a cell with itself; that is what PyNN 0.7 asks for first."""

    def __init__(
        self,
        allow_self_connections: bool = True,
        weights: Weights = 0.0,
        delays: Any = None,
        space: Any = None,
        safe: bool = True,
        verbose: bool = False,
        rng: NumpyRNG | None = None,
    ) -> None:
        super().__init__(weights, delays, space, safe, verbose, rng, allow_self_connections)


class AllToAllConnector(_SelfConnecting):
    """Every pre cell to every post cell."""

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.AllToAll(self.allow_self_connections)


class OneToOneConnector(Connector):
    """Cell i to cell i."""

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.OneToOne()


class FixedProbabilityConnector(_SelfConnecting):
    """Each pair with a probability."""

    def __init__(self, p_connect: float, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self.p_connect = float(p_connect)

    def rule(self) -> arrays.Connector:
        """Return which pairs are connected."""
        return arrays.FixedProbability(self.p_connect, self.seed, self.allow_self_connections)


class _FixedNumber(_SelfConnecting):
    def __init__(self, n: int | RandomDistribution, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self.n: int | RandomDistribution = n if isinstance(n, RandomDistribution) else int(n)

    def drawn(self, n: RandomDistribution, rows: int, others: int, name: str, own: Any) -> tuple[Any, Any]:
        """Return (row, partner) with a number of partners of its own for each row; ``own`` is never one's partner."""
        numbers = np.rint(np.atleast_1d(n.next(rows))).astype(np.int64) if rows else np.empty(0, np.int64)
        words = raw(stream(self.seed, name), rows * others).reshape(rows, others)
        if not self.allow_self_connections:
            itself = np.flatnonzero(own >= 0)
            words[itself, own[itself]] = np.iinfo(np.uint64).max
        room = others - (own >= 0) * (not self.allow_self_connections)
        if np.any((numbers < 0) | (numbers > room)):
            worst = int(np.argmax(np.maximum(-numbers, numbers - room)))
            raise ValueRejected(f"cannot choose {numbers[worst]} distinct cells out of {int(room[worst])}")
        rank = np.argsort(np.argsort(words, axis=1, kind="stable"), axis=1)
        row, partner = (rank < numbers[:, None]).nonzero()
        return row, partner


class FixedNumberPreConnector(_FixedNumber):
    """Each post cell from ``n`` distinct pre cells; a distribution draws ``n`` for each."""

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        if not isinstance(self.n, RandomDistribution):
            rule = arrays.FixedNumberPre(self.n, self.seed, self.allow_self_connections)
            return rule.connect(n_pre, n_post, name, same)
        post, pre = self.drawn(self.n, n_post, n_pre, name, np.asarray(same))
        return arrays.FromArrays(pre, post).connect(n_pre, n_post, name)


class FixedNumberPostConnector(_FixedNumber):
    """Each pre cell to ``n`` distinct post cells; a distribution draws ``n`` for each."""

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        if not isinstance(self.n, RandomDistribution):
            rule = arrays.FixedNumberPost(self.n, self.seed, self.allow_self_connections)
            return rule.connect(n_pre, n_post, name, same)
        own, target = np.full(n_pre, -1), np.asarray(same)
        own[target[target >= 0]] = np.flatnonzero(target >= 0)
        pre, post = self.drawn(self.n, n_pre, n_post, name, own)
        return arrays.FromArrays(pre, post).connect(n_pre, n_post, name)


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
        super().__init__(table[:, 2])
        self._table = table

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        pre, post = self._table[:, :2].astype(np.int64).T
        delay = self._table[:, 3] if self._table.shape[1] == 4 else None
        edges = arrays.FromArrays(pre, post, self._table[:, 2], delay).connect(n_pre, n_post, name)
        self.delays = edges.delay
        return edges


class FromFileConnector(FromListConnector):
    """The synapses of a text file: ``pre post weight delay`` in every line, as `Projection.saveConnections` writes.

    Raises
    ------
    ValueRejected
        If the file has other lines.
    """

    def __init__(self, file: str | Path, distributed: bool = False, safe: bool = True, verbose: bool = False) -> None:
        try:
            table = np.loadtxt(file, ndmin=2)
        except ValueError as error:
            raise ValueRejected(f"{file}: lines must be: pre post weight delay ({error})") from None
        super().__init__(table, safe, verbose)


class DistanceDependentProbabilityConnector(_SelfConnecting):
    """Each pair with a probability that depends on its distance.

    Parameters
    ----------
    d_expression : str
        Of the distance ``d``, e.g. ``"exp(-d)"`` or ``"d < 3"``; ``d[0]`` is the distance along the first axis.
    n_connections : int or None
        Post cells of each pre cell, chosen with these weights; None: coin flips.
    """

    def __init__(self, d_expression: str, *others: Any, n_connections: int | None = None, **named: Any) -> None:
        super().__init__(*others, **named)
        self.d_expression, self.n_connections = str(d_expression), n_connections

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        skip = None if self.allow_self_connections else same
        if self.n_connections is None:
            pre, post = distance.by_probability(self.d_expression, geometry, self.space, self.seed, name, skip)
        else:
            n = int(self.n_connections)
            pre, post = distance.by_number(n, self.d_expression, geometry, self.space, self.seed, name, skip)
        return Edges(pre.astype(np.uint32), post.astype(np.uint32))


class SmallWorldConnector(_SelfConnecting):
    """Cells nearer than ``degree``; each connection is moved elsewhere with the probability ``rewiring``."""

    def __init__(self, degree: float, rewiring: float, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self.degree, self.rewiring = float(degree), float(rewiring)
        if not 0 <= self.rewiring <= 1:
            raise ValueRejected(f"rewiring is a probability, 0..1 (got {rewiring!r})")

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        skip = None if self.allow_self_connections else same
        pre, post = distance.small_world(self.degree, self.rewiring, geometry, self.space, self.seed, name, skip)
        return Edges(pre.astype(np.uint32), post.astype(np.uint32))
