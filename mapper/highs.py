"""How far the integer solver HiGHS may go: by the clock for people, by nodes under a deterministic budget."""

from __future__ import annotations

from typing import Any, Final

from mapper.context import Context

#: Branch-and-bound nodes of one model: the linear relaxations are almost always tight, so few are needed.
_MOST_NODES: Final = 500
#: Least seconds that make sense for one model.
_LEAST_SECONDS: Final = 0.1


def milp_options(context: Context, most_seconds: float, share: float = 1.0) -> Any:
    """Return the options of `scipy.optimize.milp` for one model.

    Parameters
    ----------
    most_seconds : float
        Seconds that the model may take at most.
    share : float
        Share of the remaining time that it may take.
    """
    options: dict[str, Any] = {"mip_rel_gap": 0.0, "node_limit": _MOST_NODES}
    if context.det_limit is None:
        options["time_limit"] = float(min(most_seconds, max(_LEAST_SECONDS, share * context.remaining)))
    return options
