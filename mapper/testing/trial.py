"""Run a solver once on one instance and keep all that it reported, said and raised."""

from __future__ import annotations

import contextlib
import io
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import Search
from models.instance import Instance
from models.mapping import Mapping, to_arrays

Arrays = dict[str, NDArray[Any]]


class _TooLate(BaseException):
    """Ends a solver that reports after the suite has given it up."""


@dataclass
class Trial:
    """What a solver did with an instance.

    Attributes
    ----------
    instance : Instance
        What it had to map.
    reported : list of Mapping
        What it reported, in order.
    taken : list of dict
        The arrays of each as they were when it was reported.
    error : Exception or None
        What it raised.
    output : str
        What it printed.
    seconds : float
        How long it took; infinity if the suite gave it up [s].
    """

    instance: Instance
    reported: list[Mapping] = field(default_factory=list)
    taken: list[Arrays] = field(default_factory=list)
    error: Exception | None = None
    output: str = ""
    seconds: float = float("inf")

    @property
    def best(self) -> Mapping | None:
        """Return the mapping that `mapper.solve` would keep."""
        return min(self.reported, key=lambda mapping: mapping.lost, default=None)

    @property
    def best_arrays(self) -> Arrays:
        """Return its arrays as they were when it was reported."""
        lost = [mapping.lost for mapping in self.reported]
        return self.taken[lost.index(min(lost))]

    def run(
        self,
        search: Search,
        context: Context,
        patience: float | None = None,
        settings: dict[str, str] | None = None,
        start: Mapping | None = None,
        stop_at_first: bool = False,
    ) -> Trial:
        """Run the solver, in a thread of its own and for some seconds at most if a patience is given."""
        given_up = threading.Event()

        def report(mapping: Mapping) -> bool:
            if given_up.is_set():
                raise _TooLate
            self.reported.append(mapping)
            self.taken.append(copies(mapping))
            if stop_at_first:
                context.stop.set()
            return context.stop.is_set()

        def job() -> None:
            begun = time.monotonic()
            try:
                search(Problem(self.instance), context, report, {} if settings is None else settings, start)
            except Exception as error:
                self.error = error
            except _TooLate:
                return
            self.seconds = time.monotonic() - begun

        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if patience is None:
                job()
            else:
                thread = threading.Thread(target=job, daemon=True)
                thread.start()
                thread.join(patience)
                given_up.set()
        self.output = printed.getvalue()
        return self


def copies(mapping: Mapping) -> Arrays:
    """Return copies of the arrays of a mapping."""
    return {name: array.copy() for name, array in to_arrays(mapping, "mapping").items()}


def differing(before: Arrays, now: Arrays) -> list[str]:
    """Return the names of the arrays that are not the same."""
    return [name for name, array in before.items() if not np.array_equal(array, now[name])]


def snapshot(instance: Instance) -> Arrays:
    """Return copies of the arrays of an instance that every solver reads."""
    network, wafer = instance.network, instance.wafer
    arrays = {
        f"synapses.{name}": getattr(network.synapses, name)
        for name in ("pre", "post", "projection", "weight", "projection_receptor", "projection_stp")
    }
    arrays |= {f"network.{name}": getattr(network, name) for name in ("population_of", "is_source", "receptor_count")}
    arrays |= {
        f"wafer.{name}": getattr(wafer, name)
        for name in ("hicanns", "denmems", "drivers", "rows", "synapse_switches", "segments", "repeaters")
    }
    return {name: array.copy() for name, array in arrays.items()}
