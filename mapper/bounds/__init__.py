"""Lower bounds on the number of lost synapses, each with what it holds for.

`bound_any_placement` holds for every mapping of the instance, `bound_this_placement` for every mapping that places
the neurons the same way, `bound_these_buses` for every mapping that also merges and addresses them the same way.
``docs/bounds.md`` explains the mathematics.
"""

from __future__ import annotations

from mapper.bounds.any_placement import bound_any_placement
from mapper.bounds.these_buses import bound_these_buses
from mapper.bounds.this_placement import bound_this_placement

__all__ = ["bound_any_placement", "bound_these_buses", "bound_this_placement"]
