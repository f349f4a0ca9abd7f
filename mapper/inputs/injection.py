"""Fills the free DNC mergers of a HICANN with spike sources, one after the other.

Source: marocco ``InputPlacement`` (insertPopulations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.pool import ORDERS
from mapper.context import Context
from mapper.merging.router import reaches
from mapper.problem import Problem
from mapper.requirements import drivers_of_bus
from models.hardware.coordinates import FPGA_OF, N_FPGAS, N_HICANNS
from models.hardware.mergers import is_realisable
from models.mapping import INPUT, OUTPUT, Addresses, Mapping, Merging, Placement

#: Rates are compared in events per second of hardware time.
Rates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive spike sources ``first .. first + count - 1``."""

    first: int
    count: int

    def split(self, count: int) -> tuple[Slice, Slice]:
        """Return the first ``count`` sources and the others."""
        return Slice(self.first, count), Slice(self.first + count, self.count - count)

    @property
    def cells(self) -> NDArray[np.int32]:
        """Return the cells, (count,)."""
        return np.arange(self.first, self.first + self.count, dtype=np.int32)


@dataclass(slots=True)
class _Bus:
    """Sources on one DNC merger, what they need, and whether they have any target."""

    cells: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    drivers: int = 0
    has_targets: bool = False


class _Outcome(Enum):
    AGAIN = auto()
    NEXT_MERGER = auto()
    NEXT_HICANN = auto()


class Injector:
    """What has been injected where so far.

    Parameters
    ----------
    problem, draft : Problem, Mapping
        The instance and the mapping of its neurons.
    context : Context
        Gets warnings.
    address_strategy : str
        Key of `mapper.addresses.pool.ORDERS`.
    merged_gaps : bool
        Whether a silent block between two merged ones may take input, which the silicon allows and marocco does not.
    working_buses : bool
        Whether only DNC mergers are used whose bus can be driven; marocco looks at the DNC merger alone.
    """

    def __init__(
        self,
        problem: Problem,
        draft: Mapping,
        context: Context,
        address_strategy: str,
        merged_gaps: bool,
        working_buses: bool,
    ) -> None:
        self._problem = problem
        self._context = context
        limit = problem.limits.sources_per_bus
        self._order = ORDERS[address_strategy][:limit]
        self._block_to_dnc = draft.merging.block_to_dnc
        self._mode = draft.merging.mode.copy()
        self._gaps = np.zeros((N_HICANNS, 8), np.bool_) if merged_gaps else _merged_gaps(self._block_to_dnc)
        self._placement = draft.placement
        self._rate: Rates = problem.network.rates * problem.limits.speedup
        self._used_hicann, self._used_fpga = np.zeros(N_HICANNS), np.zeros(N_FPGAS)
        self._buses: dict[tuple[int, int], _Bus] = {}
        self._placed: list[NDArray[np.int32]] = []
        self._dncs = problem.wafer.can_inject if working_buses else problem.wafer.working("dncmergers")

    def insert(self, hicann: int, stack: list[Slice], chain_limit: int | None) -> None:
        """Put as many sources as possible into a HICANN; what does not fit stays on the stack.

        Parameters
        ----------
        stack : list of Slice
            Taken from the end; changed.
        chain_limit : int or None
            Most drivers that a bus may need on a HICANN; None: no limit.
        """
        for dnc in range(7, -1, -1):
            outcome = _Outcome.AGAIN
            while stack and outcome is _Outcome.AGAIN and self._open(hicann, dnc):
                outcome = self._offer(hicann, dnc, stack, chain_limit)
            if not stack or outcome is _Outcome.NEXT_HICANN:
                return

    def result(self, draft: Mapping) -> Mapping:
        """Return the mapping with the sources added."""
        hicann, sequence = draft.placement.hicann.copy(), draft.placement.sequence.copy()
        dnc, address = draft.addresses.dnc.copy(), draft.addresses.address.copy()
        mode = draft.merging.mode.copy()
        for (h, d), bus in self._buses.items():
            hicann[bus.cells] = h
            dnc[bus.cells] = d
            address[bus.cells] = self._order[: len(bus.cells)]
            if len(bus.cells):
                mode[h, d] = INPUT
        placed = np.concatenate([np.empty(0, np.int32), *self._placed])
        sequence[placed] = np.arange(len(placed)) + int(sequence.max(initial=-1)) + 1
        return Mapping(
            Placement(hicann, draft.placement.column, draft.placement.width, sequence),
            Merging(draft.merging.block_to_dnc, mode),
            Addresses(dnc, address),
            draft.routing,
            draft.drivers,
            draft.rows,
            draft.synapses,
        )

    def _open(self, hicann: int, dnc: int) -> bool:
        """Tell whether a DNC merger takes (more) input."""
        if self._mode[hicann, dnc] == INPUT:
            return True
        if self._mode[hicann, dnc] == OUTPUT or self._gaps[hicann, dnc] or self._block_to_dnc[hicann, dnc] >= 0:
            return False
        nodes = self._problem.wafer.merger_nodes[hicann]
        if not reaches(dnc, dnc, nodes.tolist(), self._dncs[hicann].tolist()):
            return False
        active = self._block_to_dnc[hicann].tolist()
        for other in np.flatnonzero(self._mode[hicann] == INPUT).tolist():
            active[other] = other
        active[dnc] = dnc
        return is_realisable(active)

    def _offer(self, hicann: int, dnc: int, stack: list[Slice], chain_limit: int | None) -> _Outcome:
        """Try one slice on one DNC merger."""
        bus = self._buses.get((hicann, dnc), _Bus())
        room = len(self._order) - len(bus.cells)
        full = bus.has_targets and chain_limit is not None and bus.drivers >= chain_limit
        if room == 0 or (full and stack[-1].count > 1):
            return _Outcome.NEXT_MERGER
        offered = stack.pop()
        count = self._affordable(hicann, offered, min(offered.count, room))
        if count == 0:
            stack.append(offered)
            return _Outcome.NEXT_HICANN
        rest, part = offered.split(offered.count - count)
        if rest.count:
            stack.append(rest)
        cells = np.concatenate([bus.cells, part.cells])
        drivers, targets = drivers_of_bus(self._problem, self._placement, cells, self._order[: len(cells)])
        if chain_limit is not None and drivers > chain_limit:
            if count > 1:
                stack.extend(part.split((count + 1) // 2))
                return _Outcome.AGAIN
            if len(bus.cells):
                stack.append(part)
                return _Outcome.NEXT_MERGER
            self._context.emit(
                "warning",
                "inputs",
                f"source {part.first} alone needs {drivers} drivers, but {chain_limit} are allowed",
            )
            self._take(hicann, dnc, part, _Bus(cells, drivers, True), book=False)
            return _Outcome.NEXT_MERGER
        self._take(hicann, dnc, part, _Bus(cells, drivers, len(targets) > 0), book=True)
        return _Outcome.AGAIN

    def _take(self, hicann: int, dnc: int, part: Slice, bus: _Bus, book: bool) -> None:
        self._buses[hicann, dnc] = bus
        self._mode[hicann, dnc] = INPUT
        self._placed.append(part.cells)
        if book:
            rate = float(self._rate[part.cells].sum())
            self._used_hicann[hicann] += rate
            self._used_fpga[FPGA_OF[hicann]] += rate

    def _affordable(self, hicann: int, offered: Slice, count: int) -> int:
        """Return how many sources from the end of a slice, at most ``count``, the input rates allow."""
        limits = self._problem.limits
        if not limits.consider_firing_rate:
            return count
        share = limits.bandwidth_utilization
        left = min(
            share * limits.input_rate_per_hicann - self._used_hicann[hicann],
            share * limits.input_rate_per_fpga - self._used_fpga[FPGA_OF[hicann]],
        )
        rates = np.cumsum(self._rate[offered.cells[::-1][:count]])
        return int(np.count_nonzero(rates < left))


def _merged_gaps(block_to_dnc: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return the silent blocks that marocco's merging swallowed with their neighbours, (384, 8).

    These are the blocks between two on one DNC merger; left of a merger that carries more than its own block, also
    the silent blocks in between.
    """
    gaps = np.zeros(block_to_dnc.shape, np.bool_)
    for hicann in np.flatnonzero((block_to_dnc >= 0).any(axis=1)):
        blocks = block_to_dnc[hicann].tolist()
        for dnc in {d for d in blocks if d >= 0}:
            first, last = _claimed(dnc, [b for b, d in enumerate(blocks) if d == dnc])
            gaps[hicann, first : last + 1] |= block_to_dnc[hicann, first : last + 1] < 0
    return gaps


def _claimed(dnc: int, blocks: Sequence[int]) -> tuple[int, int]:
    """Return the first and last block that a merger with these occupied blocks claimed."""
    first, last = min(*blocks, dnc), max(*blocks, dnc)
    return (4 if dnc == 5 and last > 5 else first), last
