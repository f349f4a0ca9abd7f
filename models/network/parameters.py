"""Cell parameters of a population: checking them, and their values cell by cell."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import Problem
from models.network.cells import CELL_TYPES, LIST_PARAMETERS, receptors
from models.network.streams import Normal, Uniform


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
    defaults = CELL_TYPES[cell].defaults
    for name, value in params.items():
        where = f"{path}.params.{name}"
        if name not in defaults:
            close = difflib.get_close_matches(name, list(defaults), 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(defaults)}"
            yield Problem("", where, f"{cell} has no parameter {name!r}", hint)
        elif isinstance(value, Normal | Uniform):
            if name in LIST_PARAMETERS:
                yield Problem("", where, f"{name} cannot be drawn from a distribution", "give a list")
        else:
            yield from _value_problems(where, name, value, size)
    try:
        receptors(cell, params)
    except ValueError as error:
        yield Problem("", f"{path}.params", str(error))


def _value_problems(where: str, name: str, value: Any, size: int) -> Iterator[Problem]:
    if name == "spike_times" and is_nested(value):
        if len(value) != size:
            yield Problem("", where, f"one list per cell: {size} lists needed (got {len(value)})")
        value = np.concatenate([np.empty(0), *(np.asarray(one, dtype=np.float64) for one in value)])
    elif name in LIST_PARAMETERS and np.ndim(value) != 1:
        yield Problem("", where, f"{name} must be a list of numbers (got {value!r})")
        return
    elif name not in LIST_PARAMETERS and np.shape(value) not in ((), (size,)):
        yield Problem("", where, f"one value or {size} values needed (got the shape {np.shape(value)})")
        return
    numbers = np.asarray(value, dtype=np.float64)
    if not np.isfinite(numbers).all():
        yield Problem("", where, "the value is not a finite number")
    elif name == "i_offset" and np.any(numbers != 0):
        hint = "remove it, or inject current through spike input"
        yield Problem("", where, f"the hardware has no constant current input: {name} must be 0 (got {value!r})", hint)
    elif name == "rate" and np.any(numbers < 0):
        yield Problem("", where, f"a rate cannot be negative (got {value!r})")
