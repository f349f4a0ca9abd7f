"""How long PyNN's connectors take for about a million connections, by backend.

    python benchmarks/pynn_connectors.py [mapper.frontends.pynn | pyNN.mock]

The time is that of ``Projection(...)``; what remains is PyNN's own drawing of pairs, target by target.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np


def main(backend: str) -> None:
    """Print a line for each connector and for the common ways to read and set weights."""
    sim: Any = import_module(backend)
    sim.setup()
    large, small = sim.Population(3200, sim.IF_cond_exp()), sim.Population(1000, sim.IF_cond_exp())
    rng = sim.NumpyRNG(seed=1)
    pairs = np.argwhere(np.random.default_rng(1).random((3200, 3200)) < 0.1)
    listed = np.column_stack([pairs, np.full(len(pairs), 0.004), np.full(len(pairs), 1.0)])
    uniform = sim.RandomDistribution("uniform", (0.001, 0.004), rng=rng)
    projections: list[Any] = []

    def connect(cells: Any, connector: Any, weight: Any = 0.004) -> Callable[[], Any]:
        synapse = sim.StaticSynapse(weight=weight, delay=1.0)
        return lambda: projections.append(sim.Projection(cells, cells, connector, synapse))

    tasks = {
        "FixedProbability 3200², p = 0.1": connect(large, sim.FixedProbabilityConnector(0.1, rng=rng)),
        "the same, random weights": connect(large, sim.FixedProbabilityConnector(0.1, rng=rng), uniform),
        "AllToAll 1000²": connect(small, sim.AllToAllConnector()),
        "FixedNumberPre 3200 × 312": connect(large, sim.FixedNumberPreConnector(312, rng=rng)),
        "FixedNumberPost 3200 × 312": connect(large, sim.FixedNumberPostConnector(312, rng=rng)),
        "FromList": connect(large, sim.FromListConnector(listed)),
    }
    for name, task in tasks.items():
        begin = time.perf_counter()
        task()
        print(f"{name}: {len(projections[-1])} connections in {time.perf_counter() - begin:.2f} s", flush=True)
    for form in ("array", "list"):
        begin = time.perf_counter()
        projections[0].get("weight", format=form)
        print(f"get('weight', {form!r}): {time.perf_counter() - begin:.2f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "mapper.frontends.pynn")
