"""Driver allocation by annealing: the set packing model of `mapper.drivers.set_packing` in milliseconds a side.

On full sides of a random network (75 lines, 172 drivers wanted of 112) it serves 0.1 % less than the proven optimum, in
a tenth of a second instead of one to three.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.drivers.set_packing import set_packing
from mapper.drivers.sides import Packer, plain
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.mapping import Mapping

#: Moves for every line that arrives.
_EFFORT = 200


def annealed(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every arriving VLine a chain so that nearly as many synapses as possible are served, side by side.

    One chain per bus and HICANN: where the limits allow several, or VLines of adjacent HICANNs arrive, `set_packing`
    decides.
    """
    if drivers_per_route(problem.limits) > problem.limits.driver_chain_length or not plain(draft.routing):
        return set_packing(problem, draft, context)
    wanted = demand(problem, draft.placement, draft.addresses)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    curve = service_curves(tables, wanted, problem.limits.driver_chain_length)
    routing = draft.routing
    arrival = np.stack([routing.arrival_net, routing.arrival_hicann, routing.arrival_segment], axis=1).astype(np.int64)
    packer, late = Packer(problem), lambda: context.over
    seed = int(context.rng("drivers/annealed").integers(1 << 31))
    return replace(draft, drivers=packer.drivers(packer.pack(wanted, curve, arrival, {}, seed, _EFFORT, late)))
