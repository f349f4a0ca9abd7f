"""Inject some spike sources beside others that stay where they are.

The DNC mergers of the sources that stay take no others.  To the injector of `mapper.inputs` they look like a neuron
block that leaves on the merger of its own number, which is how the merger tree sees an input, too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.inputs.injection import Injector, Slice
from mapper.inputs.neighbours import Neighbours
from mapper.placement.manual import runs
from mapper.problem import Problem
from models.errors import ResourceExhausted
from models.hardware.coordinates import FPGA_OF
from models.mapping import INPUT, OUTPUT, Addresses, Mapping, Merging

Bools = NDArray[np.bool_]


class _Resumed(Injector):
    """An injector that counts the rates of the sources that stay."""

    def __init__(self, problem: Problem, draft: Mapping, context: Context, kept: NDArray[np.int64]) -> None:
        super().__init__(problem, draft, context, "high_first", merged_gaps=False, working_buses=True)
        hicann, rate = draft.placement.hicann[kept], self._rate[kept]
        np.add.at(self._used_hicann, hicann, rate)
        np.add.at(self._used_fpga, FPGA_OF[hicann], rate)


def inject_free(problem: Problem, draft: Mapping, start: Mapping, free: Bools, context: Context) -> Mapping:
    """Put the sources that are not free back as in ``start`` and inject the others near their targets.

    Raises
    ------
    ResourceExhausted
        If there is no room for all sources.
    """
    kept = np.flatnonzero(problem.network.is_source & ~free & (start.placement.hicann >= 0))
    draft = with_sources(draft, start, kept)
    closed = draft.merging.mode == INPUT
    blocks = np.where(closed, np.arange(8, dtype=np.int8), draft.merging.block_to_dnc)
    mode = np.where(closed, np.int8(OUTPUT), draft.merging.mode)
    injector = _Resumed(problem, replace(draft, merging=Merging(blocks, mode)), context, kept)
    _insert_all(problem, draft, injector, free)
    found = injector.result(draft)
    return found


def with_sources(draft: Mapping, start: Mapping, cells: NDArray[np.int64]) -> Mapping:
    """Return a draft in which the given sources, and no others, enter as in ``start``."""
    placement, addresses, merging = draft.placement, draft.addresses, draft.merging
    hicann, sequence = placement.hicann.copy(), placement.sequence.copy()
    dnc, address = addresses.dnc.copy(), addresses.address.copy()
    mode = np.where(merging.mode == INPUT, np.int8(0), merging.mode)
    sources = placement.column < 0
    for array in (hicann, sequence, dnc, address):
        array[sources] = -1
    hicann[cells], sequence[cells] = start.placement.hicann[cells], start.placement.sequence[cells]
    dnc[cells], address[cells] = start.addresses.dnc[cells], start.addresses.address[cells]
    sending = cells[dnc[cells] >= 0]
    mode[hicann[sending], dnc[sending]] = INPUT
    return replace(
        draft,
        placement=replace(placement, hicann=hicann, sequence=sequence),
        merging=Merging(merging.block_to_dnc, mode),
        addresses=Addresses(dnc, address),
    )


def _insert_all(problem: Problem, draft: Mapping, injector: Injector, free: Bools) -> None:
    """Inject the free sources: those with a placement request first, then those with the most target HICANNs."""
    shared = {view.population for view in problem.instance.shared_buses}
    wanted: dict[int, tuple[int, ...]] = {}
    for request in problem.instance.placement:
        if request.hicanns:
            wanted.update(dict.fromkeys(problem.network.cells(request.view).tolist(), request.hicanns))
    neighbours = Neighbours(np.flatnonzero(problem.wafer.linked))
    jobs = []
    for number, population in enumerate(problem.network.populations):
        first, last = (int(c) for c in problem.network.offsets[number : number + 2])
        mine = np.arange(first, last)[problem.network.is_source[first:last] & free[first:last]]
        homes = {wanted.get(int(cell)) for cell in mine}
        limit = None if population.name in shared else problem.limits.calibrated_chain_length
        for home in sorted(homes, key=lambda home: home or ()):
            cells = np.array([cell for cell in mine if wanted.get(int(cell)) == home], dtype=np.int32)
            jobs.append((population.name, cells, home, _targets(problem, draft, cells), limit))
    for name, cells, home, targets, limit in sorted(jobs, key=lambda job: (job[2] is None, -len(job[3]))):
        if home is None and len(targets) == 0:
            continue
        order = list(home) if home is not None else neighbours.by_distance(targets).tolist()
        stack = [Slice(*run) for run in runs(cells)][::-1]
        for hicann in order:
            injector.insert(hicann, stack, limit)
            if not stack:
                break
        if stack:
            raise ResourceExhausted(
                f"out of resources for external inputs: no room for {sum(s.count for s in stack)} sources of {name} "
                "beside those that stay; name more populations in remap"
            )


def _targets(problem: Problem, draft: Mapping, cells: NDArray[np.int32]) -> NDArray[np.int16]:
    """Return the HICANNs with any target neuron of the cells, ascending."""
    hicann = np.unique(draft.placement.hicann[problem.synapses.post[problem.synapses_from(cells)]])
    return hicann[hicann >= 0]
