"""What a placement is expected to lose: the tables behind `mapper.kernels.placement`.

For every bus and target HICANN the half rows are counted that full service needs (the most that any neuron wants, per
decoder group, input side and STP mode), from them the drivers of the chain, what the chain limit loses, and per
HICANN what the least useful drivers beyond its capacity would have served.  Every (bus, HICANN) pair takes a share of
the horizontal lines of layer 1, which grows with the distance; the routes with fewest synapses beyond their capacity
are lost.  Routes and drivers have a small price besides.

Approximations: decoder groups are filled 15 sources after the other as `mapper.addresses.high_first` does; buses are
those of a given merging, or runs of 1, 2, 4 or 8 neuron blocks; sources that are not injected yet share virtual buses
at no distance; half rows of neurons of odd width are counted like those of even width.

Sources: marocco ``SynapseDriverRequirements`` for the half rows; chain limit and drivers of the instance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.placement import Buses, Net, State, Touched, fill_state
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS, X
from models.hardware.layer1 import N_HLINES
from models.hardware.mergers import ADDRESSES
from models.hardware.neurons import N_BLOCKS
from models.hardware.synapses import TARGETS
from models.mapping import Mapping, Placement, nets_of

Ints = NDArray[np.int64]

#: Share of the drivers that packing can be expected to use, as in `mapper.search`.
_PACKING = 0.95
#: Price of a driver [synapses]; only breaks ties between placements without loss.
_DRIVER_PRICE = 0.02
#: Price of all routes on a full layer 1 relative to all synapses; breaks ties like that of a driver.
_ROUTE_PRICE = 0.02
#: Horizontal segments of a route [1/1000], and more per HICANN to the east or west: trees share trunks.  Fits what
#: negotiated routing needed for 12 near and for 12 random targets of a source on a whole wafer.
_USAGE, _USAGE_PER_STEP = 170, 190
#: Share of the horizontal segments that routing can be expected to use, from the same runs.
_USABLE = 0.45
#: Addresses of a decoder group.
_GROUP = 15
#: Half rows that are told apart; no more than 14 drivers can be reached through one switch.
_MOST_LEVELS = 56
#: Synapses by which drivers are classed: quarters of a power of two.
_BIN_OF = (4 * np.log2(np.maximum(1, np.arange(4096)))).astype(np.int64)
#: Bytes that the tables may take.
_MOST_BYTES = 1 << 30
#: Buses of sources that are not injected yet are numbered from here on.
_NOWHERE = N_HICANNS * N_BLOCKS


@dataclass(frozen=True, slots=True)
class LoadModel:
    """A placement's tables and cost.

    Attributes
    ----------
    homes : (n_homes,) int64
        HICANNs with neurons, ascending.
    home_of_bus : (n_buses,) int64
        Home of every bus, -1 if it has none.
    net, buses, state, touched : tables
        See `mapper.kernels.placement`.
    cost : float
        Expected loss and prices when the tables were made [synapses].
    """

    homes: Ints
    home_of_bus: Ints
    net: Net
    buses: Buses
    state: State
    touched: Touched
    cost: float

    @property
    def lost(self) -> float:
        """Return the expected loss without prices [synapses]."""
        state = self.state
        return float(state.beyond.sum() + state.overflow.sum() + state.congestion[0] + state.silent[0])

    @property
    def routes(self) -> int:
        """Return the number of (bus, HICANN) pairs."""
        return int(np.count_nonzero(self.state.total))

    @property
    def drivers(self) -> Ints:
        """Return the drivers that the pairs of every home want, (n_homes,)."""
        return np.asarray(self.state.drivers.sum(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Units:
    """Bus and decoder group of every cell's place, and what of the network they carry.

    Attributes
    ----------
    net, group : (n_cells,) int64
        Net of the place (numbers from 3072 on are virtual), -1 without bus; decoder group 0..3.
    """

    net: Ints
    group: Ints


def regular_buses(problem: Problem, blocks_per_bus: int) -> Ints:
    """Return the bus of every block if each carried so many neighbouring blocks, -1 if none can be driven, (384, 8)."""
    bus = np.broadcast_to(np.arange(N_BLOCKS) // blocks_per_bus, (N_HICANNS, N_BLOCKS))
    return np.where(problem.wafer.can_leave, bus, -1)


def units_of(problem: Problem, placement: Placement, bus_of_block: Ints, inputs: Mapping | None = None) -> Units:
    """Return the units of all places.

    Parameters
    ----------
    bus_of_block : (384, 8) int64
        Bus 0..7 of every neuron block, -1: it is silent.
    inputs : Mapping, optional
        Where spike sources are injected; without it they share virtual buses.
    """
    net = np.full(problem.n_cells, -1, dtype=np.int64)
    placed = placement.column >= 0
    hicann = placement.hicann[placed].astype(np.int64)
    bus = bus_of_block[hicann, placement.block[placed]]
    net[placed] = np.where(bus >= 0, N_BLOCKS * hicann + bus, -1)
    sources = np.flatnonzero(problem.network.is_source)
    net[sources] = _NOWHERE + np.arange(len(sources)) // len(ADDRESSES)
    order = np.lexsort((placement.sequence, net))
    rank = np.arange(len(net)) - np.searchsorted(net[order], net[order])
    group = np.empty_like(net)
    group[order] = np.minimum(rank // _GROUP, 3)
    if inputs is not None:
        injected = nets_of(inputs.placement, inputs.addresses)
        known = problem.network.is_source & (injected >= 0)
        net[known] = injected[known]
        group[known] = inputs.addresses.address[known] >> 4
    return Units(net, group)


def load_model(problem: Problem, placement: Placement, units: Units, usage_price: float) -> LoadModel:
    """Return the tables of a placement.

    Parameters
    ----------
    units : Units
        Buses and decoder groups of the places.
    usage_price : float
        Price of a unit of layer 1 [synapses], see `price_of_usage`; costs at different prices do not compare.

    Raises
    ------
    MemoryError
        If the tables would take more than 1 GiB.
    """
    homes = placement.hicanns_with_neurons.astype(np.int64)
    home_of = np.full(problem.n_cells, -1, dtype=np.int64)
    placed = placement.column >= 0
    home_of[placed] = np.searchsorted(homes, placement.hicann[placed])
    used = units.net >= 0
    keys, unit = np.unique(np.where(used, units.net * 4 + units.group, -1), return_inverse=True)
    unit_of = unit.astype(np.int64) - int(not used.all())
    nets, bus_of_unit = np.unique(keys[keys >= 0] // 4, return_inverse=True)
    hicann_of_bus = np.where(nets < _NOWHERE, nets // N_BLOCKS, -1)
    net, kind_of = _network(problem, placement)
    n_kinds = int(kind_of.max(initial=0)) + 1
    n_levels = min(4 * problem.limits.driver_chain_length, _MOST_LEVELS) + 1
    shape = (len(homes), len(bus_of_unit), len(nets), n_kinds, n_levels)
    state = _empty_state(problem, unit_of, home_of, shape)
    buses = Buses(
        bus_of_unit.astype(np.int64),
        np.searchsorted(bus_of_unit, np.arange(len(nets) + 1)),
        kind_of,
        2 if (placement.width[placed] == 1).any() else 1,
        _PACKING * problem.wafer.drivers[homes].sum(axis=1),
        _usage(hicann_of_bus[:, None], homes[None, :]),
        _layer1(problem),
        usage_price,
        _DRIVER_PRICE,
        _BIN_OF,
    )
    touched = _untouched(shape, state.share.shape[2])
    cost = float(fill_state(net, buses, state, touched))
    home_of_bus = np.where(np.isin(hicann_of_bus, homes), np.searchsorted(homes, hicann_of_bus), -1)
    return LoadModel(homes, home_of_bus, net, buses, state, touched, cost)


def price_of_usage(problem: Problem, placement: Placement, units: Units) -> float:
    """Return what a unit of layer 1 shall cost, which is little while it is as empty as a placement leaves it."""
    synapses = problem.synapses
    net = units.net[synapses.pre]
    sent = net >= 0
    pair = np.unique(net[sent] * N_HICANNS + placement.hicann[synapses.post[sent]])
    usage = _usage(np.where(pair // N_HICANNS < _NOWHERE, pair // (N_HICANNS * N_BLOCKS), -1), pair % N_HICANNS)
    used, there_is = float(usage.sum()), _layer1(problem)
    return _ROUTE_PRICE * len(synapses) / max(used, 1.0) * min(1.0, used / there_is)


def _layer1(problem: Problem) -> float:
    return 1000.0 * _USABLE * N_HLINES * max(1, int(problem.wafer.hicanns.sum()))


def _usage(sender: Ints, target: Ints) -> Ints:
    """Return what a route takes [1/1000 horizontal segments]; sender -1 is at no distance."""
    step = np.abs(X[sender].astype(np.int64) - X[target])
    return np.asarray(_USAGE + _USAGE_PER_STEP * np.where(sender >= 0, step, 0), dtype=np.int64)


def _network(problem: Problem, placement: Placement) -> tuple[Net, Ints]:
    """Return the synapse lists and the number of every (STP mode, input side)."""
    synapses = problem.synapses
    side_of = np.zeros((5, 4), dtype=np.int64)
    for n, parities in TARGETS.items():
        for left_right in parities[::-1]:
            for number in (1, 0):
                side_of[n, left_right[number]] = number
    side = side_of[problem.network.receptor_count[synapses.post], synapses.receptor]
    key = synapses.stp.astype(np.int64) * 2 + side
    present = np.unique(key)
    kind_of = np.full(6, -1, dtype=np.int64)
    kind_of[present] = np.arange(len(present))
    kind = kind_of[key].astype(np.int8)
    (out_start, out), (in_start, into) = problem.outgoing, problem.incoming
    room = np.maximum(1, placement.width.astype(np.int64) // 2)
    net = Net(out_start, synapses.post[out], kind[out], in_start, synapses.pre[into], kind[into], room)
    return net, kind_of.reshape(3, 2)


def _empty_state(problem: Problem, unit_of: Ints, home_of: Ints, shape: tuple[int, int, int, int, int]) -> State:
    n_homes, n_units, n_buses, n_kinds, n_levels = shape
    chain = problem.limits.driver_chain_length
    size = 2 * problem.n_cells * n_units * n_kinds
    size += n_homes * (n_units * n_kinds * (4 * n_levels + 2) + n_buses * 4 * (chain + 2))
    if size > _MOST_BYTES:
        raise MemoryError(f"the tables of the placement would take {size >> 20} MiB (at most {_MOST_BYTES >> 20})")
    return State(
        unit_of,
        home_of,
        np.zeros((problem.n_cells, n_units, n_kinds), np.uint16),
        np.zeros((n_homes, n_units, n_kinds, n_levels), np.int32),
        np.zeros((n_homes, n_units, n_kinds), np.int16),
        np.zeros((n_homes, n_buses), np.int32),
        np.zeros((n_homes, n_buses, chain), np.int32),
        np.zeros((n_homes, n_buses), np.int32),
        np.zeros((n_homes, int(_BIN_OF[-1]) + 1), np.int64),
        np.zeros((n_homes, int(_BIN_OF[-1]) + 1), np.int64),
        np.zeros(n_homes),
        np.zeros(int(_BIN_OF[-1]) + 1, np.int64),
        np.zeros(int(_BIN_OF[-1]) + 1, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
    )


def _untouched(shape: tuple[int, int, int, int, int], chain: int) -> Touched:
    n_homes, _, n_buses, _, _ = shape
    pairs = n_homes * n_buses
    return Touched(
        np.zeros(2, np.int64),
        np.zeros((n_homes, n_buses), np.bool_),
        np.zeros(pairs, np.int32),
        np.zeros(pairs, np.int32),
        np.zeros(pairs, np.int32),
        np.zeros(pairs, np.int32),
        np.zeros((pairs, chain), np.int32),
        np.zeros(pairs, np.int32),
        np.zeros(n_homes, np.bool_),
        np.zeros(n_homes, np.int64),
        np.zeros(n_homes),
    )
