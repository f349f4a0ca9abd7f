"""Everything that the PyNN backend offers, under PyNN's names."""

from __future__ import annotations

from typing import Any

from pyNN import errors, random, space
from pyNN.connectors import (
    AllToAllConnector,
    ArrayConnector,
    CloneConnector,
    CSAConnector,
    DisplacementDependentProbabilityConnector,
    DistanceDependentProbabilityConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
    OneToOneConnector,
    SmallWorldConnector,
)
from pyNN.network import Network
from pyNN.random import GSLRNG, NativeRNG, NumpyRNG, RandomDistribution
from pyNN.space import Space
from pyNN.standardmodels import cells, electrodes, synapses

from mapper.frontends.pyhmf.structures import ACSource, DCSource, NoisyCurrentSource, StepCurrentSource
from mapper.frontends.pynn.cells import (
    CELLS,
    EIF_cond_exp_isfa_ista,
    IF_cond_exp,
    SpikeSourceArray,
    SpikeSourcePoisson,
)
from mapper.frontends.pynn.control import (
    connect,
    create,
    end,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_time_step,
    initialize,
    num_processes,
    rank,
    record,
    record_gsyn,
    record_v,
    reset,
    run,
    run_for,
    run_until,
    set,
    setup,
)
from mapper.frontends.pynn.populations import Assembly, Population, PopulationView
from mapper.frontends.pynn.projections import Projection
from mapper.frontends.pynn.simulator import state
from mapper.frontends.pynn.synapses import StaticSynapse, TsodyksMarkramSynapse

__all__ = [
    "GSLRNG",
    "ACSource",
    "AllToAllConnector",
    "ArrayConnector",
    "Assembly",
    "CSAConnector",
    "CloneConnector",
    "DCSource",
    "DisplacementDependentProbabilityConnector",
    "DistanceDependentProbabilityConnector",
    "EIF_cond_exp_isfa_ista",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "IF_cond_exp",
    "IndexBasedProbabilityConnector",
    "NativeRNG",
    "Network",
    "NoisyCurrentSource",
    "NumpyRNG",
    "OneToOneConnector",
    "Population",
    "PopulationView",
    "Projection",
    "RandomDistribution",
    "SmallWorldConnector",
    "Space",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "StaticSynapse",
    "StepCurrentSource",
    "TsodyksMarkramSynapse",
    "connect",
    "create",
    "end",
    "errors",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_time_step",
    "initialize",
    "list_standard_models",
    "num_processes",
    "random",
    "rank",
    "record",
    "record_gsyn",
    "record_v",
    "reset",
    "run",
    "run_for",
    "run_until",
    "set",
    "setup",
    "space",
    "state",
]


def list_standard_models() -> list[str]:
    """Return the names of the cell types that a network may have."""
    return [kind.__name__ for kind in CELLS]


def of_last_mapping(name: str) -> Any:
    """Return ``mapping``, ``solution`` or ``loss`` of the last run: the decisions, all of the result, lost synapses.

    Raises
    ------
    NotMapped
        If nothing was mapped since setup().
    AttributeError
        If the name is none of these; it says so if other backends have it.
    """
    if name in ("mapping", "solution", "loss"):
        solution = state.mapping_now().solution
        return {"mapping": solution.mapping, "solution": solution, "loss": solution.lost}[name]
    if any(hasattr(models, name) for models in (cells, synapses, electrodes)) and not name.startswith("_"):
        raise AttributeError(
            f"{name} is not available: the wafer has {', '.join(list_standard_models())}, StaticSynapse and "
            "TsodyksMarkramSynapse"
        )
    raise AttributeError(f"module 'mapper.frontends.pynn' has no attribute {name!r}")
