"""Cell parameters of a population: checking them, and their values cell by cell."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import Problem
from models.network.cells import CELL_TYPES, LIST_PARAMETERS, receptors
from models.network.streams import Normal, Uniform

#: Units of the parameters that cannot have every value, as PyNN has them.
_POSITIVE: Final = {
    "cm": "nF", "tau_m": "ms", "tau_syn_E": "ms", "tau_syn_I": "ms", "tau_syn": "ms", "tau_w": "ms",
}  # fmt: skip
_POPULATIONS: Final = "network.populations."
_NOT_NEGATIVE: Final = {
    "tau_refrac": "ms", "delta_T": "mV", "rate": "Hz", "start": "ms", "duration": "ms", "spike_times": "ms",
}  # fmt: skip


def parameter(population: str, size: int, cell: str, params: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """Return the value of a scalar parameter for each cell, (size,), in PyNN units.

    A distribution draws from the stream ``POPULATION/PARAMETER``.

    Raises
    ------
    KeyError
        If the cell type has no such parameter.
    """
    value = params.get(name, CELL_TYPES[cell].defaults[name])
    if isinstance(value, Normal | Uniform):
        return value.draw(size, f"{population}/{name}")
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)).copy()


def source_rates(population: str, size: int, cell: str, params: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the rate of each cell [Hz]: what a source sends, 0 for neurons, (size,)."""
    if cell == "SpikeSourcePoisson":
        return parameter(population, size, cell, params, "rate")
    if cell == "SpikeSourceArray":
        times = params.get("spike_times", ())
        if is_nested(times):
            return np.array([_rate(one) for one in times], dtype=np.float64)
        return np.full(size, _rate(times))
    return np.zeros(size)


def is_nested(times: Any) -> bool:
    """Return whether spike times are given cell by cell."""
    return isinstance(times, list | tuple | np.ndarray) and len(times) > 0 and np.ndim(times[0]) > 0


def _rate(times: Any) -> float:
    spikes = np.asarray(times, dtype=np.float64)
    if spikes.size < 2:
        return float(spikes.size)
    span = float(spikes.max() - spikes.min())
    return 1000.0 * (spikes.size - 1) / span if span > 0 else 1.0


def parameter_problems(path: str, size: int, cell: str, params: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a population's parameters."""
    defaults, sound = CELL_TYPES[cell].defaults, True
    for name, value in params.items():
        where = f"{path}.params.{name}"
        if name not in defaults:
            close = difflib.get_close_matches(name, list(defaults), 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(defaults)}"
            yield Problem("", where, f"{cell} has no parameter {name!r}", hint)
        elif isinstance(value, Normal | Uniform) and name in LIST_PARAMETERS:
            yield Problem("", where, f"{name} cannot be drawn from a distribution", "give a list")
        else:
            problems = list(_value_problems(where, path.removeprefix(_POPULATIONS), name, value, size))
            sound = sound and not problems
            yield from problems
    try:
        receptors(cell, params)
    except ValueError as error:
        yield Problem("", f"{path}.params", str(error))
    else:
        if sound:
            yield from _order_problems(path, size, cell, params)


def _value_problems(where: str, population: str, name: str, value: Any, size: int) -> Iterator[Problem]:
    """Yield what is wrong with one parameter, drawn from its distribution if it has one."""
    given = value
    if isinstance(value, Normal | Uniform):
        value = value.draw(size, f"{population}/{name}")
    elif name == "spike_times" and is_nested(value):
        if len(value) != size:
            yield Problem("", where, f"one list per cell: {size} lists needed (got {len(value)})")
        value = np.concatenate([np.empty(0), *(np.asarray(one, dtype=np.float64) for one in value)])
    elif name in LIST_PARAMETERS and np.ndim(value) != 1:
        yield Problem("", where, f"{name} must be a list of numbers (got {value!r})")
        return
    elif name not in LIST_PARAMETERS and np.shape(value) not in ((), (size,)):
        yield Problem("", where, f"one value or {size} values needed (got the shape {np.shape(value)})")
        return
    numbers = np.atleast_1d(np.asarray(value, dtype=np.float64))
    for rule, wrong in (
        ("a finite number", ~np.isfinite(numbers)),
        (f"positive [{_POSITIVE.get(name)}]", (name in _POSITIVE) & ~(numbers > 0)),
        (f"0 or more [{_NOT_NEGATIVE.get(name)}]", (name in _NOT_NEGATIVE) & ~(numbers >= 0)),
    ):
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            entry = f" at entry {at}" if np.ndim(value) else ""
            yield Problem("", where, f"{name} must be {rule} (got {numbers[at]:g}{entry})")
            return
    if name == "i_offset" and np.any(numbers != 0):
        hint = "remove it, or inject current through spike input"
        yield Problem("", where, f"the hardware has no constant current input: {name} must be 0 (got {given!r})", hint)


def _order_problems(path: str, size: int, cell: str, params: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield if a neuron would fire without end: its reset is not below what fires it."""
    fires = "v_spike" if "v_spike" in CELL_TYPES[cell].defaults else "v_thresh"
    given = [name for name in ("v_reset", fires) if name in params]
    if CELL_TYPES[cell].is_source or not given:
        return
    name = path.removeprefix(_POPULATIONS)
    high, low = (parameter(name, size, cell, params, which) for which in (fires, "v_reset"))
    wrong = np.flatnonzero(~(high > low))
    if len(wrong):
        at = int(wrong[0])
        message = f"{fires} must be above v_reset (got {high[at]:g} and {low[at]:g} mV for cell {at})"
        yield Problem("", f"{path}.params.{given[0]}", message)
