"""Map spiking networks onto the BrainScaleS-1 wafer with the least synapse loss, and prove how close that is.

>>> import mapper
>>> from models.instance import load_instance
>>> solution = mapper.solve(load_instance("instances/guidebook/instance.yaml"), "cpsat", time_limit=30)
>>> solution.lost, solution.bounds.any_placement.value  # doctest: +SKIP
(0, 0)

Names are resolved when first used, so that the command line starts without loading solvers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mapper.version import __version__

if TYPE_CHECKING:
    from mapper.context import Event
    from mapper.pipeline import solve
    from mapper.runs.sweep import compare
    from mapper.solvers import solver_names

__all__ = ["Event", "__version__", "compare", "solve", "solver_names"]

_HOMES = {
    "Event": ("mapper.context", "Event"),
    "compare": ("mapper.runs.sweep", "compare"),
    "solve": ("mapper.pipeline", "solve"),
    "solver_names": ("mapper.solvers", "solver_names"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mapper' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
