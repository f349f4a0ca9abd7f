"""Projections of the PyNN backend: what PyNN's connectors make, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.errors import ConnectionError as BadConnection
from pyNN.space import Space

from mapper.frontends.errors import NotImplementedHere
from mapper.frontends.pynn import simulator
from mapper.frontends.pynn.connections import Connection, Connections
from mapper.frontends.pynn.populations import parts
from mapper.frontends.pynn.simulator import Change, state
from mapper.frontends.pynn.synapses import StaticSynapse, check_synapse_type

#: How values of several connections between the same two cells become one, beside ``first`` and ``last``.
_TOGETHER: Final = {"sum": np.add, "min": np.minimum, "max": np.maximum}


class Projection(common.Projection):  # type: ignore[misc]
    """Connections from one group of cells to another; the arguments are PyNN's.

    Attributes
    ----------
    connections : Connections
        In the order in which the connector made them.
    number : int
        Place in ``state.projections``.

    Raises
    ------
    TypeRejected
        If the wafer has no such synapses.
    pyNN.errors.ConnectionError
        If a weight is negative or not finite, or a group is of a network that setup() has forgotten.
    """

    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_population: Any,
        postsynaptic_population: Any,
        connector: Any,
        synapse_type: Any = None,
        source: Any = None,
        receptor_type: str | None = None,
        space: Any = None,
        label: str | None = None,
    ) -> None:
        check_synapse_type(synapse_type)
        super().__init__(
            presynaptic_population,
            postsynaptic_population,
            connector,
            synapse_type,
            source,
            receptor_type,
            Space() if space is None else space,
            label,
        )
        for group in (self.pre, self.post):
            if any(state.populations[p.number : p.number + 1] != [p] for p, _ in parts(group)):
                raise BadConnection(f"{group.label} was created before setup(): create it after")
        self.connections = Connections(tuple(self.synapse_type.get_native_names()))
        connector.connect(self)
        _check_weights(self.connections.columns["weight"], self.label)
        self.number = len(state.projections)
        state.projections.append(self)
        state.changed(Change.NETWORK)

    def _convergent_connect(
        self,
        presynaptic_indices: Any,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        if location_selector is not None:
            raise NotImplementedHere("location_selector: a neuron of the wafer is one compartment")
        self.connections.add(np.asarray(presynaptic_indices), int(postsynaptic_index), connection_parameters)

    def __len__(self) -> int:
        return len(self.connections)

    def __getitem__(self, i: int) -> Connection:
        """Return a connection."""
        return self.connections[i]

    # --- parameters of the connections

    def _set_attributes(self, parameter_space: Any) -> None:
        columns = self.connections.columns
        for name, value in parameter_space.items():
            values = np.asarray(value.evaluate(simplify=True), dtype=np.float64)
            if values.ndim:
                values = values[columns["presynaptic_index"], columns["postsynaptic_index"]]
            if name == "weight":
                _check_weights(values, self.label)
            columns[name][:] = values
        state.changed(Change.ANALOG)

    def _set_initial_value_array(self, variable: str, initial_value: Any) -> None:
        if np.any(np.asarray(initial_value.evaluate(simplify=True)) != 0):
            state.notices.warn(f"initialize({variable}=...) of {self.label} is ignored: synapse drivers start at rest")

    def _get_attributes_as_list(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        return list(zip(*(self.connections.columns[name].tolist() for name in names), strict=True))

    def _get_attributes_as_arrays(
        self, names: Sequence[str], multiple_synapses: str = "sum"
    ) -> list[NDArray[np.float64]]:
        return [self.matrix(self.connections.columns[name], multiple_synapses) for name in names]

    def matrix(self, values: NDArray[Any], multiple_synapses: str = "sum") -> NDArray[np.float64]:
        """Return one value per connection as a matrix (pre, post), NaN where there is no connection.

        Parameters
        ----------
        values : (n,)
            In the order of the connections, e.g. `realised`.
        multiple_synapses : str
            What several connections between two cells become: ``sum``, ``first``, ``last``, ``min`` or ``max``.
        """
        pre, post = (self.connections.columns[f"{side}synaptic_index"] for side in ("pre", "post"))
        place = pre * self.shape[1] + post
        if multiple_synapses == "last":
            kept = len(place) - 1 - np.unique(place[::-1], return_index=True)[1]
        else:
            kept = np.unique(place, return_index=True)[1]
        matrix = np.full(self.shape, np.nan)
        matrix[pre[kept], post[kept]] = values[kept]
        if multiple_synapses in _TOGETHER and len(kept) < len(place):
            further = np.delete(np.arange(len(place)), kept)
            _TOGETHER[multiple_synapses].at(matrix, (pre[further], post[further]), values[further])
        return matrix

    # --- what the wafer makes of it

    @property
    def realised(self) -> NDArray[np.float64]:
        """Weight of each connection on the wafer [uS], decoded from the last configuration, (n,); 0: lost.

        With short-term plasticity it is the weight whose first pulse the wafer gives.
        """
        return state.mapping_now().of_projection(self.number, "weight", 0.0)

    @property
    def realised_delays(self) -> NDArray[np.float64]:
        """Delay of each connection in the emulation [ms], (n,): of its route or as requested; NaN: lost."""
        return state.mapping_now().of_projection(self.number, "delay", np.nan)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Which connections of a weight above 0 the wafer has not, (n,)."""
        return state.mapping_now().lost(self.number)


def _check_weights(weight: NDArray[np.float64], label: str) -> None:
    bad = np.atleast_1d(weight)[~(np.isfinite(weight) & (weight >= 0)).ravel()]
    if len(bad):
        raise BadConnection(
            f"weights of {label} must be 0 or more [uS] (got {bad[0]:g}): conductances are positive, inhibition is "
            "receptor_type='inhibitory'"
        )
