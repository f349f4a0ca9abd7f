"""Projections of the PyNN 0.7 dialect: synapses as arrays from the moment the projection is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends import session as sessions
from mapper.frontends.errors import NotImplementedHere, TypeRejected, ValueRejected
from mapper.frontends.pyhmf.connectors import Connector
from mapper.frontends.pyhmf.distance import Geometry
from mapper.frontends.pyhmf.plasticity import SynapseDynamics
from mapper.frontends.pyhmf.recorded import Cells
from models.network.connectors import Edges


class Projection:
    """Synapses from one group of cells to another.

    Parameters
    ----------
    presynaptic_population, postsynaptic_population : Population, PopulationView or Assembly
        Cells on either side.
    method : Connector
        Which pairs, with weights.
    source : any
        Accepted.
    target : str or None
        ``excitatory`` (default), ``inhibitory``, or the number of a receptor.
    synapse_dynamics : SynapseDynamics or None
        Short-term plasticity.
    rng : NumpyRNG or None
        Gives the seed if the connector has none.
    """

    def __init__(
        self,
        presynaptic_population: Cells,
        postsynaptic_population: Cells,
        method: Connector,
        source: Any = None,
        target: str | None = None,
        synapse_dynamics: SynapseDynamics | None = None,
        label: str | None = None,
        rng: Any = None,
    ) -> None:
        for side in (presynaptic_population, postsynaptic_population):
            if not isinstance(side, Cells):
                raise TypeRejected(f"a population, view or assembly is needed (got {side!r})")
        if not isinstance(method, Connector):
            raise TypeRejected(f"a connector is needed, e.g. AllToAllConnector() (got {method!r})")
        self._session = session = sessions.current()
        self.pre, self.post, self.method = presynaptic_population, postsynaptic_population, method
        self.target = "excitatory" if target is None else str(target)
        self.synapse_dynamics = synapse_dynamics
        self.number = len(session.projections)
        self.label = f"projection{self.number}" if label is None else str(label)
        if rng is not None and method.rng is None:
            method.rng = rng
        self.edges = self._connected()
        self._delays: NDArray[np.float32] | None = None
        if method.delays is not None:
            self.setDelays(method.delays)
        session.projections.append(self)
        session.changes += 1

    def _connected(self) -> Edges:
        pre, post = self.pre.cell_numbers(), self.post.cell_numbers()
        place = np.full(int(max(pre.max(initial=0), post.max(initial=0))) + 1, -1, dtype=np.int64)
        place[pre] = np.arange(len(pre))
        return self.method.connect(len(pre), len(post), f"projection{self.number}", place[post], self.geometry())

    def geometry(self) -> Geometry:
        """Return where the cells are."""
        return Geometry(self.shape, self.pre.cell_positions, self.post.cell_positions)

    # --- size and form

    def __len__(self) -> int:
        return len(self.edges)

    def __getitem__(self, i: Any) -> Any:
        """Refuse, as pyhmf does."""
        raise NotImplementedHere("single connections are not implemented (nor are they in pyhmf): use getConnections()")

    def size(self, gather: bool = True) -> int:
        """Return the number of synapses."""
        return len(self.edges)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of pre and post cells."""
        return len(self.pre.cell_numbers()), len(self.post.cell_numbers())

    def euter_id(self) -> int:
        """Return the number of the projection in the session."""
        return self.number

    def describe(self, template: Any = None, engine: Any = None) -> str:
        """Return one line about the projection."""
        return str(self)

    def __str__(self) -> str:
        pre, post = self.shape
        return f"Projection ( PyAssembly ({pre}) -> PyAssembly ({post}))"

    __repr__ = __str__

    # --- weights and delays

    @property
    def weights(self) -> NDArray[np.float32]:
        """Weight of each synapse [uS], (n,)."""
        assert self.edges.weight is not None
        return self.edges.weight

    def getWeights(self, format: str = "list", gather: bool = True) -> Any:
        """Return the weights [uS]: a list by (pre, post), or with ``format='array'`` a matrix, NaN: no synapse."""
        return self._formatted(self.weights, format)

    def setWeights(self, w: Any) -> None:
        """Set the weights [uS] from a number, one value per synapse, or a (pre, post) matrix."""
        weight = self.method.spread(w, self.edges.pre, self.edges.post, self.geometry())
        if np.any(weight < 0):
            raise ValueRejected(f"weights must be 0 or more [uS] (got {float(weight.min()):g})")
        self.edges = Edges(self.edges.pre, self.edges.post, weight)
        self._session.changes += 1

    def randomizeWeights(self, rand_distr: Any) -> None:
        """Draw the weights."""
        self.setWeights(rand_distr)

    def getDelays(self, format: str = "list", gather: bool = True) -> Any:
        """Return the delays that were asked for [ms], the shortest if none were; the wafer's are of the routes."""
        delays = np.full(len(self), self._session.min_delay, np.float32) if self._delays is None else self._delays
        return self._formatted(delays, format)

    def setDelays(self, d: Any) -> None:
        """Ask for delays [ms]; the emulator follows them if ``marocco.delays`` is ``requested``.

        Raises
        ------
        ValueRejected
            If there are as many as neither synapses nor pairs, or one is no finite number.
        """
        if d is not None:
            d = self.method.spread(d, self.edges.pre, self.edges.post, self.geometry())
            if not np.isfinite(d).all():
                raise ValueRejected(f"delays of {self.label} must be finite [ms] (got {d[~np.isfinite(d)][0]:g})")
        self._delays = d
        self._session.changes += 1

    @property
    def delays(self) -> NDArray[np.float32] | None:
        """Delay of each synapse [ms], (n,); None: nobody asked for any."""
        return self._delays

    def _formatted(self, values: NDArray[np.float32], form: str) -> Any:
        if form == "list":
            return values.astype(np.float64).tolist()
        if form != "array":
            raise ValueRejected(f"format must be 'list' or 'array' (got {form!r})")
        matrix = np.full(self.shape, np.nan)
        matrix[self.edges.pre, self.edges.post] = values
        return matrix

    def getConnections(self, gather: bool = True) -> list[tuple[int, int, float, float]]:
        """Return (pre, post, weight, delay) of every synapse by local index."""
        pre, post = self.edges.pre.tolist(), self.edges.post.tolist()
        return list(zip(pre, post, self.getWeights(), self.getDelays(), strict=True))

    def saveConnections(self, file: str | Path, gather: bool = True, compatible_output: bool = True) -> None:
        """Write ``pre post weight delay`` of every synapse as text."""
        np.savetxt(file, np.array(self.getConnections(), dtype=np.float64).reshape(-1, 4), fmt="%g", delimiter="\t")

    def printDelays(self, file: str | Path, format: str = "list", gather: bool = True) -> None:
        """Write the delays that were asked for as text."""
        np.savetxt(file, np.atleast_1d(self.getDelays(format)), fmt="%g")

    def randomizeDelays(self, rand_distr: Any) -> None:
        """Draw the delays; they cannot be programmed."""
        self.setDelays(rand_distr)

    def weightHistogram(
        self, min: float | None = None, max: float | None = None, nbins: int = 10
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the number of weights in each bin, (nbins,), and the borders of the bins [uS], (nbins + 1,)."""
        weights = self.weights.astype(np.float64)
        low = float(weights.min(initial=0.0)) if min is None else min
        high = float(weights.max(initial=0.0)) if max is None else max
        counts, borders = np.histogram(weights, nbins, (low, high))
        return counts, borders

    def printWeights(self, file: str | Path, format: str = "list", gather: bool = True) -> None:
        """Write the weights as text."""
        np.savetxt(file, np.atleast_1d(self.getWeights(format)), fmt="%g")

    def getSynapseDynamics(self, parameter_name: str, format: str = "list", gather: bool = True) -> Any:
        """Refuse, as pyhmf does."""
        raise NotImplementedHere("getSynapseDynamics() is not implemented (nor is it in pyhmf)")
