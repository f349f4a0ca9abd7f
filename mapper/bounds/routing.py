"""Lagrangian bounds on what one phase of layer 1 can deliver.

Given a value for every (net, HICANN) pair, let every resource r have a price p_r >= 0: on every HICANN the even
HLine, the odd HLine (capacity 1 each) and the VLines of the phase together (capacity: how many work, at most 8).
Every set of legal trees satisfies

    value delivered <= sum over r of p_r capacity_r + sum over nets of max over trees (values - prices paid).

A legal tree pays for every segment that it enters, and `mapper.kernels.steiner_bound` bounds its profit from above
on a graph that has every legal tree: a HICANN's lines of one resource are one node entered by a hop and one entered
through the crossbar, joined to whatever any working line of them is joined to; with the default limits on crossbar
switches a line entered through the crossbar only hops on.  A HICANN is served from its own VLines or those of
its west or east neighbour.

The sending line of a net is free for the net itself and priced like any other line for all others: a net that sends
nothing leaves its line to others, hence it counts max(profit, price of the line).  The price follows the profit of
the net; as long as it is no higher, nothing is given away.

Prices: first the trivial bound (all prices 0), then a sweep over one price for all HLines, then subgradient steps
from the best of them.  Every bound met is valid; the least counts.

Sources: the phases and the graph from halco l1.cpp; M. L. Fisher, Management Science 1981 (Lagrangian relaxation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.steiner_bound import ArcGraph, Ascent, new_ascent, price_all
from mapper.kernels.trees import PhaseGraph
from mapper.routing.phases import Phase
from models.hardware import Limits
from models.hardware.coordinates import EAST, N_HICANNS, NEIGHBOUR, WEST
from models.hardware.layer1 import N_LINES

Ints = NDArray[np.int64]

#: Prices and prizes are integers in this fraction of a synapse.
SCALE: Final = 64
#: Prices of the sweep in mean values of a pair; the best lie within on all loads tried.
_SWEEP: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
#: Terminals raise their dual variables in turns of this share of a mean value; smaller turns prove hardly more.
_TURN: Final = 0.25
#: Share of Polyak's step at the beginning, and at the end if no step helps.
_STEP: Final = 0.3
_LAST_STEP: Final = 0.02
#: Price of a net's sending line in its last profit: less than 1 because profits fall while prices rise; 0.95 proves
#: up to 2 points less.
_ROOT_SHARE: Final = 0.5
#: Steps after which the trivial bound must have been beaten: nearly feasible phases stay there.
_PATIENCE: Final = 15
#: Resources of a HICANN: even HLine, odd HLine, VLines.
_KINDS: Final = 3
_VLINES: Final = 2


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: evaluations of the Lagrangian, and arcs looked at."""

    evaluations: int
    arcs: int = 1 << 60


@dataclass(frozen=True, slots=True)
class PricingGraph:
    """The graph on which trees of a phase are priced.

    Nodes ``2 r`` and ``2 r + 1`` are resource ``r = 3 hicann + kind`` entered by a hop and through the crossbar;
    the last 384 nodes are the HICANNs to be served.

    Attributes
    ----------
    arcs : ArcGraph
        By heads.
    out_start, out_head, out_arc : arrays of int32
        The same arcs by tails.
    capacity : (1152,) int64
        Working lines of every resource.
    """

    arcs: ArcGraph
    out_start: NDArray[np.int32]
    out_head: NDArray[np.int32]
    out_arc: NDArray[np.int32]
    capacity: Ints


def pricing_graph(phase: Phase, limits: Limits, facing: bool) -> PricingGraph:
    """Return the pricing graph of a phase; ``facing``: HICANNs are served from their neighbours' VLines, too."""
    graph = phase.graph
    resource = resources(phase)
    tails, heads = _line_arcs(
        graph, resource, max(limits.crossbar_switches_per_hline, limits.crossbar_switches_per_vline)
    )
    n_lines = 2 * _KINDS * N_HICANNS
    for direction in (-1, EAST, WEST) if facing else (-1,):
        hicann = np.arange(N_HICANNS) if direction < 0 else NEIGHBOUR[:, direction].astype(np.int64)
        served = np.flatnonzero(hicann >= 0)
        vlines = 2 * (_KINDS * hicann[served] + _VLINES)
        tails = np.concatenate([tails, vlines, vlines + 1])
        heads = np.concatenate([heads, served + n_lines, served + n_lines])
    n = n_lines + N_HICANNS
    tails, heads = np.divmod(np.unique(tails * n + heads), n)
    by_head = np.argsort(heads, kind="stable")
    of_node = np.append(np.repeat(np.arange(_KINDS * N_HICANNS), 2), np.full(N_HICANNS, -1))
    arcs = ArcGraph(_starts(heads, n), tails[by_head].astype(np.int32), of_node.astype(np.int32))
    place = np.empty(len(heads), dtype=np.int32)
    place[by_head] = np.arange(len(heads))
    linked = (graph.neighbour >= 0).any(axis=1)
    capacity = np.bincount(resource[linked], minlength=_KINDS * N_HICANNS).astype(np.int64)
    return PricingGraph(arcs, _starts(tails, n), heads.astype(np.int32), place, capacity)


def resources(phase: Phase) -> Ints:
    """Return the resource of every segment of a phase, (n,)."""
    kind = np.where(phase.graph.group >= 0, _VLINES, phase.segment % N_LINES % 2)
    resource: Ints = _KINDS * phase.graph.hicann.astype(np.int64) + kind
    return resource


def _line_arcs(graph: PhaseGraph, resource: Ints, switches: int) -> tuple[Ints, Ints]:
    """Return (tails, heads): what hops and crossbar switches join, with repetitions."""
    segment, place = np.nonzero(graph.neighbour >= 0)
    other = graph.neighbour[segment, place]
    here, there, hop = resource[segment], resource[other], place < 2
    tails = [2 * here[hop], 2 * here[hop] + 1, 2 * here[~hop]]
    heads = [2 * there[hop], 2 * there[hop], 2 * there[~hop] + 1]
    if switches > 1:
        tails.append(2 * here[~hop] + 1)
        heads.append(2 * there[~hop] + 1)
    return np.concatenate(tails).astype(np.int64), np.concatenate(heads).astype(np.int64)


def _starts(ends: Ints, n: int) -> NDArray[np.int32]:
    start = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
    return start


class Pricing:
    """Evaluates the Lagrangian of one phase.

    Parameters
    ----------
    phase : Phase
        The nets; their values are not used.
    value : (n_pairs,) float64
        What serving every pair is worth at most [synapses].
    limits : Limits
        Limits in force.
    facing : bool
        Whether HICANNs may be served from their neighbours' VLines.
    """

    def __init__(self, phase: Phase, value: NDArray[np.float64], limits: Limits, facing: bool = False) -> None:
        self._graph = pricing_graph(phase, limits, facing)
        self._own = resources(phase)[phase.nets.root]
        self._root = (2 * self._own).astype(np.int64)
        self._first = phase.nets.first
        self._terminal = phase.nets.target.astype(np.int64) + 2 * _KINDS * N_HICANNS
        # rounding up keeps the bound valid
        self._prize = np.ceil(np.maximum(value, 0.0) * SCALE).astype(np.int64)
        self._ascent: Ascent = new_ascent(self._graph.arcs)
        self._quantum = max(1, int(_TURN * self.mean))
        self._count = np.zeros(len(self._graph.arcs.resource), dtype=np.int64)
        self._usage = np.zeros(len(self.capacity), dtype=np.int64)
        self._profit = np.add.reduceat(np.append(self._prize, 0), self._first[:-1])
        self._profit[np.diff(self._first) == 0] = 0

    @property
    def capacity(self) -> Ints:
        """Return the capacity of every resource, (1152,)."""
        return self._graph.capacity

    @property
    def n_nets(self) -> int:
        """Return the number of nets."""
        return len(self._root)

    @property
    def trivial(self) -> int:
        """Return the value of all pairs together [1 / SCALE synapses]."""
        return int(self._prize.sum())

    @property
    def mean(self) -> float:
        """Return the mean value of a pair that is worth anything [1 / SCALE synapses]."""
        worth = self._prize[self._prize > 0]
        return float(worth.mean()) if len(worth) else 0.0

    @property
    def work(self) -> int:
        """Return how many arcs have been looked at."""
        return int(self._ascent.counter[1])

    def evaluate(self, price: Ints) -> tuple[int, Ints]:
        """Return the bound at prices, and how much more of every resource is used than there is, (1152,).

        The prices of the nets' own sending lines are replaced by a share of the nets' last profits.
        """
        price = price.copy()
        price[self._own] = (_ROOT_SHARE * self._profit).astype(np.int64)
        g = self._graph
        profit = np.zeros(self.n_nets, dtype=np.int64)
        price_all(
            g.arcs, g.out_start, g.out_head, g.out_arc, price, self._root, self._first, self._terminal, self._prize,
            self._quantum, self._ascent, self._count, profit, self._usage,
        )  # fmt: skip
        others = price * self.capacity
        others[self._own] = 0
        bound = int(others.sum()) + int(np.maximum(profit, price[self._own]).sum())
        self._profit = profit
        over = self._usage - self.capacity
        over[self._own] = 0
        return bound, over


def delivery_bound(
    phase: Phase,
    value: NDArray[np.float64],
    limits: Limits,
    delivered: float,
    effort: Effort,
    facing: bool = False,
) -> tuple[float, int]:
    """Return the most that any legal trees of a phase can deliver [synapses], and the arcs looked at.

    Parameters
    ----------
    phase : Phase
        The nets and where they want to go.
    value : (n_pairs,) float64
        What serving every pair is worth at most.
    limits : Limits
        Limits in force.
    delivered : float
        What known trees deliver; only steers the steps.
    effort : Effort
        When to stop.
    facing : bool
        Whether HICANNs may be served from their neighbours' VLines, as the hardware allows.
    """
    pricing = Pricing(phase, value, limits, facing)
    best, start = pricing.trivial, np.zeros(len(pricing.capacity), dtype=np.int64)
    hline = np.arange(len(start)) % _KINDS != _VLINES
    worse, tried = 0, 0
    for share in _SWEEP[: effort.evaluations // 2]:
        uniform = np.where(hline, int(share * pricing.mean), 0)
        bound, _ = pricing.evaluate(uniform)
        tried += 1
        if bound < best:
            best, start, worse = bound, uniform, 0
        else:
            worse += 1
        # the bound is convex in the price
        if worse == 2 or pricing.work > effort.arcs // 2:
            break
    best = _descend(pricing, start, best, delivered * SCALE, Effort(effort.evaluations - tried, effort.arcs))
    return best / SCALE, pricing.work


def _descend(pricing: Pricing, start: Ints, best: int, target: float, effort: Effort) -> int:
    """Return the least bound met by subgradient steps from prices; steps that do not help shrink the next ones."""
    price, factor = start.astype(np.float64), _STEP
    trivial = best == pricing.trivial
    shrink = (_LAST_STEP / _STEP) ** (1.0 / max(1, effort.evaluations))
    for step in range(effort.evaluations):
        bound, over = pricing.evaluate(np.round(price).astype(np.int64))
        if bound < best:
            best = bound
        else:
            factor *= shrink
        direction = np.where((price > 0) | (over > 0), over, 0).astype(np.float64)
        norm = float(direction @ direction)
        hopeless = trivial and step >= _PATIENCE and best == pricing.trivial
        if norm == 0 or best <= target or hopeless or pricing.work > effort.arcs:
            break
        price = np.maximum(0.0, price + factor * (bound - target) / norm * direction)
    return best
