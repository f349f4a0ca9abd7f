"""A problem part of whose mapping is decided already, and how each stage runs under that.

Fixed stages are not run: their part is the start's.  Where only some cells may move, the stages run and then every
HICANN and every bus that the move did not touch gets back what the start had there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import STAGES, Algorithm, Step
from mapper.warm_start.legality import legal_merging
from mapper.warm_start.merging import beside_inputs
from mapper.warm_start.pinned import inputs_that_stay, pinned
from mapper.warm_start.sources import inject_free, with_sources
from models.hardware.coordinates import N_HICANNS
from models.mapping import OUTPUT, Addresses, Mapping, Merging, nets_of

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptProblem(Problem):
    """An instance with a mapping of which something must stay.

    Attributes
    ----------
    start : Mapping
        The mapping to start from.
    n_fixed : int
        So many of the `STAGES`, from placement on, stay exactly as in ``start``.
    free : (n_cells,) bool
        Cells that may change place; with ``n_fixed > 0`` no neuron may.
    """

    start: Mapping
    n_fixed: int
    free: Bools

    @cached_property
    def size(self) -> NDArray[np.int16]:
        """Return the denmems that every cell takes, those of the start for neurons that stay, (n_cells,)."""
        staying = ~self.free & (self.start.placement.column >= 0)
        size: NDArray[np.int16] = np.where(staying, 2 * self.start.placement.width.astype(np.int16), super().size)
        return size

    def run(self, step: Step, algorithm: Algorithm, draft: Mapping, context: Context) -> Mapping:
        """Run one step on the mapping so far, or put the start's part in its place."""
        if STAGES.index(step.stage) < self.n_fixed:
            return self._restored(step.stage, draft)
        special = {
            "placement": self._place,
            "merging": self._merge,
            "addresses": self._address,
            "inputs": self._inject,
        }
        if step.stage in special:
            return special[step.stage](algorithm, draft, context, dict(step.options))
        return algorithm(self, draft, context, **step.options)

    def _restored(self, stage: str, draft: Mapping) -> Mapping:
        start, sources = self.start, np.flatnonzero(self.network.is_source)
        if stage == "placement":
            placement = with_sources(start, start, np.empty(0, np.int64)).placement
            return replace(self.blank_mapping(), placement=placement)
        if stage == "merging":
            return replace(draft, merging=_outputs(start.merging, np.ones(N_HICANNS, dtype=np.bool_)))
        if stage == "addresses":
            return replace(draft, addresses=self._addresses_of(~self.network.is_source, draft.addresses))
        if stage == "inputs":
            return with_sources(draft, start, sources)
        if stage == "rows":
            return replace(draft, rows=start.rows, synapses=start.synapses)
        return replace(draft, **{stage: getattr(start, stage)})

    def _addresses_of(self, cells: Bools, others: Addresses) -> Addresses:
        start = self.start.addresses
        return Addresses(np.where(cells, start.dnc, others.dnc), np.where(cells, start.address, others.address))

    @cached_property
    def _pinned(self) -> Problem:
        return pinned(self, self.start, self.free)

    def _place(self, algorithm: Algorithm, draft: Mapping, context: Context, options: dict[str, Any]) -> Mapping:
        placed = algorithm(self._pinned, draft, context, **options).placement
        before = self.start.placement.sequence
        neurons = ~self.network.is_source
        kept, moved = neurons & ~self.free, np.flatnonzero(neurons & self.free)
        sequence = np.where(kept, before, -1).astype(np.int32)
        rank = np.argsort(np.argsort(placed.sequence[moved], kind="stable"), kind="stable")
        sequence[moved] = int(sequence.max(initial=-1)) + 1 + rank
        return replace(draft, placement=replace(placed, sequence=sequence))

    def _untouched(self, draft: Mapping) -> Bools:
        """Return the HICANNs whose neurons lie as in the start and whose start mergers are legal, (384,)."""
        before, now = self.start.placement, draft.placement
        neurons = ~self.network.is_source
        moved = neurons & ((before.hicann != now.hicann) | (before.column != now.column))
        untouched = legal_merging(self, self.start)
        for hicann in (before.hicann[moved], now.hicann[moved]):
            untouched[hicann[hicann >= 0]] = False
        return untouched

    def _merge(self, algorithm: Algorithm, draft: Mapping, context: Context, options: dict[str, Any]) -> Mapping:
        new = algorithm(self, draft, context, **options).merging
        if self.n_fixed:
            return replace(draft, merging=new)
        untouched = self._untouched(draft)
        old = _outputs(self.start.merging, untouched)
        blocks = np.where(untouched[:, None], old.block_to_dnc, new.block_to_dnc)
        merged = Merging(blocks, np.where(untouched[:, None], old.mode, new.mode))
        inputs = inputs_that_stay(self.start, self.free)
        return replace(draft, merging=beside_inputs(self, draft.placement, merged, inputs, untouched))

    def _address(self, algorithm: Algorithm, draft: Mapping, context: Context, options: dict[str, Any]) -> Mapping:
        new = algorithm(self, draft, context, **options)
        if self.n_fixed:
            return new
        before, now = nets_of(self.start.placement, self.start.addresses), nets_of(new.placement, new.addresses)
        changed = np.zeros(8 * N_HICANNS, dtype=np.bool_)
        # sources that are not placed yet count as unchanged: they are on no neuron's bus
        differs = (before != now) & ((now >= 0) | ~self.network.is_source)
        for net in (before[differs], now[differs]):
            changed[net[net >= 0]] = True
        kept = now >= 0
        kept[kept] = ~changed[now[kept]]
        return replace(new, addresses=self._addresses_of(kept, new.addresses))

    def _inject(self, algorithm: Algorithm, draft: Mapping, context: Context, options: dict[str, Any]) -> Mapping:
        if self.free[self.network.is_source].all():
            return algorithm(self, draft, context, **options)
        return inject_free(self, draft, self.start, self.free, context)


def _outputs(merging: Merging, hicanns: Bools) -> Merging:
    """Return how the blocks of some HICANNs leave, without inputs."""
    blocks = np.where(hicanns[:, None], merging.block_to_dnc, np.int8(-1))
    mode = np.where(hicanns[:, None] & (merging.mode == OUTPUT), np.int8(OUTPUT), np.int8(0))
    return Merging(blocks, mode)


def keeps(problem: Problem, stage: str) -> bool:
    """Tell whether a stage of a problem is fixed."""
    return isinstance(problem, KeptProblem) and STAGES.index(stage) < problem.n_fixed


def moves(problem: Problem) -> bool:
    """Tell whether a problem asks for some of its cells to be placed anew around others."""
    return isinstance(problem, KeptProblem) and problem.n_fixed == 0
