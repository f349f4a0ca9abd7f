"""Small instances that between them touch every kind of constraint; each is mapped within seconds."""

from __future__ import annotations

import numpy as np

from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance, PlacementRequest
from models.network import Network, View, network_from_edges

#: Shares of broken components: several times those of a real wafer, so that small networks meet some.
_BROKEN = {
    "neurons": 0.02,
    "drivers": 0.05,
    "vbuses": 0.05,
    "hbuses": 0.02,
    "synapses": 0.002,
    "hicanns": 0.1,
}


def small_instances() -> tuple[Instance, ...]:
    """Return the instances that `check_solver` uses."""
    return (
        Instance("one-hicann", _random(40, 0, 0.2, 1)),
        _overloaded(),
        Instance(
            "blacklisted",
            _random(150, 20, 0.1, 6),
            wafer=Wafer(random_defects(6, _BROKEN)),
            limits=Limits(neuron_size=2),
        ),
        _placed_by_hand(),
    )


def too_large() -> Instance:
    """Return an instance that no solver can map: 200 neurons of 4 denmems on one HICANN of 512."""
    return Instance("too-large", _random(200, 0, 0.05, 7), wafer=Wafer(region=frozenset({280})))


def _overloaded() -> Instance:
    """Return 500 neurons that all project onto 24 of them, which have 448 rows: at least 24 x 52 are lost."""
    pre, post = (ends.ravel() for ends in np.meshgrid(np.arange(500), np.arange(24)))
    network = network_from_edges(pre, post, neurons=500)
    return Instance("overloaded", network, wafer=Wafer(region=frozenset(range(12))), limits=Limits(neuron_size=2))


def _placed_by_hand() -> Instance:
    """Return neurons on a HICANN, on a neuron block, on denmems, and of another size, by request."""
    requests = (
        PlacementRequest(View("neuron", range(10)), hicanns=(100,)),
        PlacementRequest(View("neuron", range(10, 16)), blocks=((101, 3),)),
        PlacementRequest(View("neuron", (20, 17)), neurons=((102, 8, 4), (102, 40, 4))),
        PlacementRequest(View("neuron", range(30, 34)), size=8),
        PlacementRequest(View("source", range(5)), hicanns=(104,)),
    )
    return Instance("placed-by-hand", _random(100, 10, 0.1, 8), placement=requests)


def _random(neurons: int, sources: int, p: float, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons + sources, neurons)) < p)
    return network_from_edges(pre, post, neurons=neurons, sources=sources, inhibitory=rng.random(len(pre)) < 0.2)
