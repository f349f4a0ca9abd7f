"""Merging of several HICANNs at once: logic-based Benders decomposition over windows.

`driver_aware` chooses the map of every HICANN at given prices of drivers; where several maps must change together,
prices alone do not find them.  Here the maps of a window of HICANNs are chosen jointly, all others are kept.

Master (CP-SAT)
    Variables: x[s, m] in {0, 1}, HICANN s of the window has map m; theta[h], synapses served on target HICANN h.
    Constraints: (one) sum_m x[s, m] = 1; (cut) theta[h] <= price D_h + rest_h + sum_{s, m} phi[s, m, h] x[s, m] for
    every price found so far.
    Objective: maximise sum_h theta[h] less a small price of routes.
    The present maps are the complete hint.
Sub-problem
    Given all maps, the D_h drivers of h go to the largest marginal gains of the buses that arrive: exact, because
    service curves are concave.  The gain of the first driver not granted is the dual price of drivers on h.
Cut
    phi[s, m, h] = sum over the buses of map m of max_k (curve(k) - price k), rest_h the same of HICANNs outside of the
    window: the Lagrangian relaxation of the drivers on h, so an upper bound of what is served for every choice of maps,
    and equal to it for the maps and the price of the sub-problem.
End
    When the master's bound is what is served, the window is optimal (up to the price of routes).

Source: J. N. Hooker and G. Ottosson, Logic-based Benders decomposition, 2003; driver model as in `mapper.estimate`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.pool import assign
from mapper.bus import BusModel, high_first_groups
from mapper.context import BudgetExhausted, Context
from mapper.cpsat import run_solver
from mapper.estimate import PACKING, estimate
from mapper.merging.driver_aware import driver_aware
from mapper.merging.maps import Host, hosts, legal_maps, put
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.errors import OptionError
from models.hardware.coordinates import N_HICANNS
from models.mapping import Mapping

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Variables of the maps by HICANN.
Maps = dict[int, list["cp_model.IntVar"]]

#: Cuts of one window after which its best maps are taken, and seconds of one master.
_ROUNDS: Final = 6
_SECONDS: Final = 2.0
#: Windows that ten seconds allow.
_WINDOWS: Final = 40
#: Price of a route [synapses]: decides between maps that serve the same.
_ROUTE_PRICE: Final = 0.01
#: The master counts in thousandths of a synapse.
_SCALE: Final = 1000


@dataclass(frozen=True, slots=True)
class Option:
    """A map that a HICANN may have: its buses as pairs with target HICANNs, ``curve[i]`` served on ``home[i]``."""

    chosen: tuple[int, ...]
    home: Ints
    curve: Ints

    def worth(self, price: Floats) -> Floats:
        """Return what its buses are worth on every HICANN at prices of drivers, (384,)."""
        return _worth(self.home, self.curve, price)


@dataclass(frozen=True, slots=True)
class Supply:
    """What the sub-problem says: synapses served on every HICANN, and the price of a driver there, both (384,)."""

    served: Floats
    price: Floats


def benders(problem: Problem, draft: Mapping, context: Context, *, window: int = 6) -> Mapping:
    """Merge like `driver_aware`, then choose the maps of windows of HICANNs jointly where drivers are short.

    Parameters
    ----------
    window : int
        HICANNs whose maps are chosen together.

    Raises
    ------
    OptionError
        If a window has no HICANN.
    PlacementError, BudgetExhausted
        As in `driver_aware`.
    """
    if window < 1:
        raise OptionError(f"window must be at least 1 (got {window})")
    merged = driver_aware(problem, draft, context)
    if not estimate(problem, assign(problem, merged, "high_first")).prices.any():
        return merged
    try:
        options = _all_options(problem, merged, context)
    except BudgetExhausted:
        return merged
    present = {s: _index(found, merged, s) for s, found in options.items()}
    room = np.floor(PACKING * problem.wafer.drivers.sum(axis=1))
    for _ in range(context.work(_WINDOWS)):
        chosen = _window(options, present, room, window)
        if context.over or not chosen:
            break
        better = solve_window(options, present, room, chosen, context)
        if better == present:
            break
        present = better
    merging = replace(merged.merging, block_to_dnc=merged.merging.block_to_dnc.copy(), mode=merged.merging.mode.copy())
    for s, found in options.items():
        put(merging, s, found[present[s]].chosen)
    return replace(merged, merging=merging)


def _all_options(problem: Problem, merged: Mapping, context: Context) -> dict[int, list[Option]]:
    model = BusModel(problem, merged.placement, drivers_per_route(problem.limits))
    found = {}
    for host in hosts(problem, merged.placement):
        if context.over:
            raise BudgetExhausted("merging: the budget ended before all maps were priced")
        found[host.hicann] = options_of(problem, host, model)
    return found


def options_of(problem: Problem, host: Host, model: BusModel) -> list[Option]:
    """Return the maps of a HICANN, the first one of those that merge the same blocks."""
    curves: dict[tuple[int, ...], tuple[Ints, Ints]] = {}
    found: dict[frozenset[tuple[int, ...]], Option] = {}
    for chosen, buses in legal_maps(problem, host):
        parts = [tuple(blocks) for blocks in buses.values()]
        if frozenset(parts) in found or any(
            len(host.on_bus(blocks)) > problem.limits.sources_per_bus for blocks in parts
        ):
            continue
        for blocks in parts:
            if blocks not in curves:
                cells = host.on_bus(blocks)
                curves[blocks] = model.curves(cells, high_first_groups(len(cells)))
        home = np.concatenate([curves[blocks][0] for blocks in parts]) if parts else np.empty(0, np.int64)
        empty = np.empty((0, model.chain_length + 1), np.int64)
        curve = np.concatenate([curves[blocks][1] for blocks in parts]) if parts else empty
        found[frozenset(parts)] = Option(chosen, home, curve)
    return list(found.values())


def _index(found: list[Option], merged: Mapping, hicann: int) -> int:
    """Return the option that merges the same blocks as the draft does."""
    row = merged.merging.block_to_dnc[hicann]
    wanted = {tuple(np.flatnonzero(row == d).tolist()) for d in set(row.tolist()) - {-1}}
    for i, option in enumerate(found):
        chosen = np.array(option.chosen)
        if {tuple(np.flatnonzero(chosen == d).tolist()) for d in set(chosen.tolist()) - {-1}} == wanted:
            return i
    raise AssertionError(f"HICANN {hicann}: the map {row.tolist()} is no legal one")


def supply(options: list[Option], room: Floats) -> Supply:
    """Return what the drivers serve when they go to the largest marginal gains, and their dual prices."""
    home = np.concatenate([option.home for option in options])
    gain = np.diff(np.concatenate([option.curve for option in options]), axis=1)
    at = np.repeat(home, gain.shape[1])
    order = np.lexsort((-gain.ravel(), at))
    gains, at = gain.ravel()[order], at[order]
    first = np.searchsorted(at, np.arange(N_HICANNS + 1))
    rank = np.arange(len(at)) - first[at]
    served = np.bincount(at, weights=gains * (rank < room[at]), minlength=N_HICANNS).astype(np.float64)
    price = np.zeros(N_HICANNS)
    short = np.flatnonzero(np.diff(first) > room)
    price[short] = gains[first[short] + room[short].astype(np.int64)]
    return Supply(served, price)


def _worth(home: Ints, curve: Ints, price: Floats) -> Floats:
    drivers = np.arange(curve.shape[1])
    best = (curve - price[home][:, None] * drivers).max(axis=1, initial=0.0) if len(home) else np.empty(0)
    return np.bincount(home, weights=best, minlength=N_HICANNS).astype(np.float64)


def _window(options: dict[int, list[Option]], present: dict[int, int], room: Floats, size: int) -> list[int]:
    """Return the HICANNs that would gain most by another map at the present prices; none if no one would."""
    price = supply([options[s][i] for s, i in present.items()], room).price
    gains = []
    for s, i in present.items():
        worth = [float(option.worth(price).sum()) for option in options[s]]
        gains.append((max(worth) - worth[i], -s))
    ranked = sorted(gains, reverse=True)[:size]
    return [-s for gain, s in ranked] if ranked and ranked[0][0] > 0.5 else []


def solve_window(
    options: dict[int, list[Option]], present: dict[int, int], room: Floats, window: list[int], context: Context
) -> dict[int, int]:
    """Return the maps of all HICANNs with those of the window chosen jointly; never worse than the present ones."""
    outside = [options[s][i] for s, i in present.items() if s not in window]
    best, most = present, _value(options, present, room)
    trial, cuts = present, list[Floats]()
    for _ in range(_ROUNDS):
        cuts.append(supply([options[s][i] for s, i in trial.items()], room).price)
        solved = _master(options, best, room, window, outside, cuts, context)
        if solved is None:
            break
        trial, bound = solved
        value = _value(options, trial, room)
        if value > most:
            best, most = trial, value
        if bound <= most + 0.5 or context.over:
            break
    return best


def _value(options: dict[int, list[Option]], maps: dict[int, int], room: Floats) -> float:
    """Return the synapses served less the price of routes."""
    chosen = [options[s][i] for s, i in maps.items()]
    return float(supply(chosen, room).served.sum()) - _ROUTE_PRICE * sum(len(option.home) for option in chosen)


def _master(
    options: dict[int, list[Option]], hint: dict[int, int], room: Floats, window: list[int], outside: list[Option],
    cuts: list[Floats], context: Context,
) -> tuple[dict[int, int], float] | None:  # fmt: skip
    """Return the maps that the cuts allow to serve most, and the bound on what any can; None if none was found."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = add_one(model, {s: len(options[s]) for s in window}, hint)
    reached = np.unique(np.concatenate([option.home for s in window for option in options[s]]))
    served = {int(h): model.new_int_var(0, 1 << 50, f"served{h}") for h in reached}
    for price in cuts:
        constant = price * room + sum((option.worth(price) for option in outside), np.zeros(N_HICANNS))
        worth = {s: [option.worth(price) for option in options[s]] for s in window}
        add_cut(model, x, served, constant, worth)
    routes = sum(
        round(_SCALE * _ROUTE_PRICE * len(options[s][m].home)) * x[s][m] for s in window for m in range(len(x[s]))
    )
    model.maximize(sum(served.values()) - routes)
    solver = run_solver(model, context.part(0.2), min(_SECONDS, max(0.1, 0.2 * context.remaining)))
    if solver is None:
        return None
    maps = dict(hint)
    for s in window:
        maps[s] = next(m for m, variable in enumerate(x[s]) if solver.value(variable))
    untouched = np.ones(N_HICANNS, dtype=np.bool_)
    untouched[reached] = False
    elsewhere = float(supply(outside, room).served[untouched].sum()) if outside else 0.0
    kept = _ROUTE_PRICE * sum(len(option.home) for option in outside)
    return maps, solver.best_objective_bound / _SCALE + elsewhere - kept


def add_one(model: cp_model.CpModel, sizes: dict[int, int], hint: dict[int, int]) -> Maps:
    """Constraint (one): every HICANN has one of its maps, ``sizes`` of which there are; the present ones are hinted."""
    x = {s: [model.new_bool_var(f"x{s}_{m}") for m in range(n)] for s, n in sizes.items()}
    for s, row in x.items():
        model.add_exactly_one(row)
        for m, variable in enumerate(row):
            model.add_hint(variable, m == hint[s])
    return x


def add_cut(
    model: cp_model.CpModel,
    x: Maps,
    served: dict[int, cp_model.IntVar],
    constant: Floats,
    worth: dict[int, list[Floats]],
) -> None:
    """Constraint (cut): a target serves no more than drivers and other HICANNs' buses pay, plus the maps' worth.

    Parameters
    ----------
    served : dict
        Thousandths of a synapse served, by target HICANN.
    constant : (384,)
        ``price D_h + rest_h`` [synapses].
    worth : dict
        ``phi`` [synapses] by HICANN and map, (384,) each.
    """
    for h, variable in served.items():
        terms = [(int(np.ceil(_SCALE * phi[h])), x[s][m]) for s, row in worth.items() for m, phi in enumerate(row)]
        limit = int(np.ceil(_SCALE * constant[h]))
        model.add(variable <= limit + sum(factor * chosen for factor, chosen in terms if factor))
